"""Requests to take over an event, values that do not correlate; the table of common values was never used."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables, drop the unused one."""
    class Organisation(Model):
        class Meta:
            database = db
            table_name = 'organisation'

    class SharingGroup(Model):
        class Meta:
            database = db
            table_name = 'sharing_group'

    class Event(Model):
        class Meta:
            database = db
            table_name = 'event'

    class EventDelegation(Model):
        id = NeverReusedId()
        event = ForeignKeyField(Event, unique=True, on_delete='CASCADE')
        org = ForeignKeyField(Organisation)
        requester_org = ForeignKeyField(Organisation, backref='requests')
        message = TextField(default='')
        distribution = IntegerField(null=True)
        sharing_group = ForeignKeyField(SharingGroup, null=True, on_delete='SET NULL')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event_delegation'

    class CorrelationExclusion(Model):
        id = NeverReusedId()
        value = TextField(unique=True)
        comment = TextField(default='')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'correlation_exclusion'

    db.create_tables([EventDelegation, CorrelationExclusion])
    db.execute_sql('DROP TABLE over_hash')
