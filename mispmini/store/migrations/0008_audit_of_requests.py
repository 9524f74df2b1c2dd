"""The audit log tells of requests: which one, how it came, who it was when it came, and the event it was about."""

from peewee import *


def up(migrator, db):
    """Add what a row says of its request."""
    migrator.migrate(
        migrator.add_column("audit", "event_id", IntegerField(null=True)),
        migrator.add_column("audit", "email", TextField(null=True)),
        migrator.add_column("audit", "org_name", TextField(null=True)),
        migrator.add_column("audit", "how", CharField(12, null=True)),
        migrator.add_column("audit", "request", CharField(16, null=True)),
        migrator.add_column("audit", "session_id", IntegerField(null=True)),
        migrator.add_index("audit", ("event_id",)),
        migrator.add_index("audit", ("model", "model_id")),
    )
