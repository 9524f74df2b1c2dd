"""Alarms: what the last look at a subject said, and since when."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the table."""
    class Alarm(Model):
        id = NeverReusedId()
        kind = CharField(24)
        subject = TextField(default='')
        org_id = IntegerField(null=True)
        reason = TextField(default='')
        since = IntegerField()
        looked = IntegerField()
        good = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'alarm'
            indexes = ((('kind', 'subject'), True),)

    db.create_tables([Alarm])
