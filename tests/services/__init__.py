"""Tests of the verbs, on a real SQLite file."""
