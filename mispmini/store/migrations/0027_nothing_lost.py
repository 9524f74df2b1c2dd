"""What a pull reads again, when tags were taken off, and the tags of reports."""

from peewee import *
from mispmini.domain import clock
from mispmini.store.revisions import report_tag_triggers
from mispmini.store.tables.base import NeverReusedId

def up(migrator, db):
    """Make the tables and columns; what was taken off before counts from now."""
    class Server(Model):
        class Meta:
            database = db
            table_name = 'server'

    class EventReport(Model):
        class Meta:
            database = db
            table_name = 'event_report'

    class Tag(Model):
        class Meta:
            database = db
            table_name = 'tag'

    class Rereading(Model):
        id = NeverReusedId()
        server = ForeignKeyField(Server, on_delete='CASCADE', index=False)
        event_uuid = CharField(max_length=36)
        digest = CharField(max_length=64)
        readings = IntegerField()
        due = IntegerField(null=True, index=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'rereading'
            indexes = ((('server', 'event_uuid'), True),)

    class EventReportTag(Model):
        id = NeverReusedId()
        event_report = ForeignKeyField(EventReport, on_delete='CASCADE', index=False)
        event_id = IntegerField(index=True)
        tag = ForeignKeyField(Tag, on_delete='CASCADE', index=False)
        local = BooleanField(default=False)
        relationship_type = TextField(null=True)
        deleted = BooleanField(default=False)
        removed = IntegerField(null=True)
        class Meta:
            database = db
            legacy_table_names = False
            table_name = 'event_report_tag'
            indexes = ((('event_report', 'tag'), True), (('tag', 'event_id'), False))

    migrator.migrate(
        migrator.add_column('event_tag', 'removed', IntegerField(null=True)),
        migrator.add_column('attribute_tag', 'removed', IntegerField(null=True)),
    )
    for table in ('event_tag', 'attribute_tag'):
        db.execute_sql(f'UPDATE {table} SET removed = ? WHERE deleted', (clock.now(),))
    db.create_tables([Rereading, EventReportTag])
    for statement in report_tag_triggers():
        db.execute_sql(statement)
