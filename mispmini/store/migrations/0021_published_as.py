"""Which version of an event was published last; the seconds of an older database tell it as well as they can."""

from peewee import *
from mispmini.store.revisions import publishing_triggers

def up(migrator, db):
    """Add the column, fill it, make the triggers that keep it."""
    migrator.migrate(migrator.add_column('event', 'published_as', IntegerField(null=True)))
    db.execute_sql(
        "UPDATE event SET published_as = CASE WHEN published OR publish_timestamp >= timestamp THEN timestamp"
        " ELSE publish_timestamp END WHERE published OR publish_timestamp > 0"
    )
    for statement in publishing_triggers():
        db.execute_sql(statement)
