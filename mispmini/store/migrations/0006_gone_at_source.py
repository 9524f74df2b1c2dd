"""What a link makes of elements that its source no longer shows (RULES §2), and a way to the events that extend one."""

from peewee import *


def up(migrator, db):
    """Add column and index; a link without a policy marks."""
    migrator.migrate(
        migrator.add_column("server", "gone_policy", CharField(max_length=8, null=True)),
        migrator.add_index("event", ("extends_uuid",)),
    )
