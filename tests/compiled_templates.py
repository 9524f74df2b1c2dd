"""Templates that one process of a test run has compiled, for all others: a server that shows every page needs a second.

Servers that start cold compile their own.
"""

from importlib.metadata import version

from flask import Flask
from jinja2 import FileSystemBytecodeCache


def share_compiled_templates() -> None:
    """From now on in this process, and in what it forks; Jinja compares the source."""
    kept = FileSystemBytecodeCache(pattern=f"mispmini-{version('jinja2')}-%s")
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": kept}
