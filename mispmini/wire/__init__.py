"""MISP's JSON in and out: pure functions, no queries."""
