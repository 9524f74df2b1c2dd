"""Feeds in and out: sources that need no account, and our own published events as one."""
