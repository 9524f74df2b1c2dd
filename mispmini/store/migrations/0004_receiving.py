"""Who first delivered a group, what was refused of groups, what an event's reader must know, and partners' clocks."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Add the columns and tables; a group that an account delivered was first delivered by its organisation."""
    class SharingGroup(Model):
        class Meta:
            database = db
            table_name = 'sharing_group'

    class Event(Model):
        class Meta:
            database = db
            table_name = 'event'

    class RefusedGroupChange(Model):
        id = NeverReusedId()
        sharing_group = ForeignKeyField(SharingGroup, on_delete='CASCADE', index=False)
        org_id = IntegerField()
        user_id = IntegerField(null=True)
        server_id = IntegerField(null=True)
        change = TextField()
        time = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'refused_group_change'
            indexes = ((('sharing_group', 'org_id'), True),)

    class EventNotice(Model):
        id = NeverReusedId()
        event = ForeignKeyField(Event, on_delete='CASCADE', index=False)
        kind = CharField(max_length=16)
        org_id = IntegerField(null=True)
        detail = TextField()
        time = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event_notice'
            indexes = ((('event', 'kind'), True),)

    migrator.migrate(
        migrator.add_column('sharing_group', 'received_from', IntegerField(null=True)),
        migrator.add_column('server', 'clock_skew', IntegerField(null=True)),
    )
    db.create_tables([RefusedGroupChange, EventNotice])
    db.execute_sql(
        'UPDATE sharing_group SET received_from = (SELECT org_id FROM "user" WHERE "user".id = sync_user_id)'
        ' WHERE sync_user_id IS NOT NULL'
    )
