"""The instance's allow-list: expressions for values that no search answers."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the table."""
    class Allowedlist(Model):
        id = NeverReusedId()
        name = TextField(unique=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'allowedlist'

    db.create_tables([Allowedlist])
