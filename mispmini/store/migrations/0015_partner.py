"""What partners hold by digest, and what comparing both indexes found."""

from peewee import *
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables, and the columns that say when they were filled."""
    class Server(Model):
        class Meta:
            database = db
            table_name = 'server'

    class ServerValue(Model):
        id = NeverReusedId()
        server = ForeignKeyField(Server, on_delete='CASCADE')
        digest = BlobField(index=True)
        event_uuid = CharField(max_length=36, null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'server_value'

    class Difference(Model):
        id = NeverReusedId()
        server = ForeignKeyField(Server, on_delete='CASCADE', index=False)
        direction = CharField(max_length=4)
        event_uuid = CharField(max_length=36)
        kind = CharField(max_length=8)
        detail = TextField()
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'difference'
            indexes = ((('server', 'direction', 'event_uuid'), True),)

    migrator.migrate(
        migrator.add_column('server', 'cache_timestamp', IntegerField(null=True)),
        migrator.add_column('server', 'last_compared', IntegerField(null=True)),
    )
    db.create_tables([ServerValue, Difference])
