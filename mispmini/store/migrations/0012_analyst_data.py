"""Notes, opinions and relationships, with triggers that raise an event's revision; the uuids of deleted ones."""

from peewee import *
from mispmini.store.revisions import item_triggers
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables."""
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

    class AnalystItem(Model):
        id = NeverReusedId()
        kind = CharField(max_length=12)
        uuid = CharField(max_length=36, unique=True)
        object_uuid = CharField(max_length=36, index=True)
        object_type = CharField(max_length=20)
        authors = TextField(default='')
        org = ForeignKeyField(Organisation)
        orgc = ForeignKeyField(Organisation)
        created = IntegerField()
        modified = IntegerField()
        distribution = IntegerField()
        sharing_group = ForeignKeyField(SharingGroup, null=True)
        locked = BooleanField(default=False)
        received_from = IntegerField(null=True)
        text = TextField(default='')
        language = TextField(null=True)
        opinion = IntegerField(null=True)
        relationship_type = TextField(null=True)
        related_uuid = CharField(max_length=36, null=True, index=True)
        related_type = CharField(max_length=20, null=True)
        event = ForeignKeyField(Event, null=True, on_delete='CASCADE')
        attribute_id = IntegerField(null=True)
        object_id = IntegerField(null=True)
        report_id = IntegerField(null=True)
        related_event = ForeignKeyField(Event, null=True, on_delete='SET NULL', backref='related_items')
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'analyst_item'

    class AnalystBlock(Model):
        id = NeverReusedId()
        uuid = CharField(max_length=36, unique=True)
        created = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'analyst_block'

    db.create_tables([AnalystItem, AnalystBlock])
    for statement in item_triggers():
        db.execute_sql(statement)
