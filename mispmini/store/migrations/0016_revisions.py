"""Triggers that raise an event's revision."""

from mispmini.store.revisions import triggers


def up(migrator, db):
    """Make them."""
    for statement in triggers():
        db.execute_sql(statement)
