"""What a partner cannot store, the timestamp of its copy, and promises that wait for readings of that copy."""

from peewee import *


def up(migrator, db):
    """Make the columns."""
    migrator.migrate(
        migrator.add_column('server', 'unstorable', TextField(null=True)),
        migrator.add_column('ledger', 'there', IntegerField(null=True)),
        migrator.add_column('outbox', 'watch', TextField(null=True)),
        migrator.add_column('outbox', 'whole', BooleanField(default=False)),
    )
