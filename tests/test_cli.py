"""The command line: verbs, exit codes, and running beside a serving process."""
