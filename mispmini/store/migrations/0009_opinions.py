"""Sightings, what was taken of a partner's, and proposals."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables."""
    class Organisation(Model):
        class Meta:
            database = db
            table_name = 'organisation'

    class Event(Model):
        class Meta:
            database = db
            table_name = 'event'

    class Attribute(Model):
        class Meta:
            database = db
            table_name = 'attribute'

    class Server(Model):
        class Meta:
            database = db
            table_name = 'server'

    class Sighting(Model):
        id = NeverReusedId()
        uuid = BlobField(unique=True)
        event = ForeignKeyField(Event, on_delete='CASCADE')
        attribute = ForeignKeyField(Attribute, on_delete='CASCADE')
        org = ForeignKeyField(Organisation, null=True)
        user_id = IntegerField(null=True)
        date_sighting = IntegerField(index=True)
        source = TextField(default='')
        type = IntegerField(default=0)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'sighting'

    class SightingsTaken(Model):
        id = NeverReusedId()
        server = ForeignKeyField(Server, on_delete='CASCADE', index=False)
        event_uuid = CharField(max_length=36)
        sighting_timestamp = IntegerField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'sightings_taken'
            indexes = ((('server', 'event_uuid'), True),)

    class Proposal(Model):
        id = NeverReusedId()
        uuid = BlobField(index=True)
        event = ForeignKeyField(Event, on_delete='CASCADE')
        old = ForeignKeyField(Attribute, null=True, on_delete='CASCADE')
        org = ForeignKeyField(Organisation, null=True)
        user_id = IntegerField(null=True)
        email = TextField(null=True)
        received_from = IntegerField(null=True)
        type_id = IntegerField()
        category_id = IntegerField()
        value1 = TextField()
        value2 = TextField(null=True)
        to_ids = BooleanField()
        comment = TextField(default='')
        timestamp = IntegerField(index=True)
        deleted = BooleanField(default=False)
        proposal_to_delete = BooleanField(default=False)
        disable_correlation = BooleanField(default=False)
        first_seen = BigIntegerField(null=True)
        last_seen = BigIntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'proposal'

    db.create_tables([Sighting, SightingsTaken, Proposal])
