"""Notes, opinions and relationships, and the uuids that may not come back (MODEL §7.11)."""

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.events import Event
from mispmini.store.tables.groups import SharingGroup
from mispmini.store.tables.people import Organisation


class AnalystItem(NumberedTable):
    """One of them. `event` and the three numbers say where stands here what has the uuid that it is about, and of what
    is said about a note where that stands. None: that thing is not here, not in an event, or not the author's to read.

    `related_event` holds what a relationship points to, if that is here.
    """

    kind = CharField(12)
    uuid = CharField(36, unique=True)
    object_uuid = CharField(36, index=True)
    object_type = CharField(20)
    authors = TextField(default="")
    org = ForeignKeyField(Organisation, lazy_load=False)
    orgc = ForeignKeyField(Organisation, lazy_load=False)
    created = IntegerField()
    modified = IntegerField()
    distribution = IntegerField()
    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, null=True)
    locked = BooleanField(default=False)
    received_from = IntegerField(null=True)
    text = TextField(default="")
    language = TextField(null=True)
    opinion = IntegerField(null=True)
    relationship_type = TextField(null=True)
    related_uuid = CharField(36, null=True, index=True)
    related_type = CharField(20, null=True)
    event = ForeignKeyField(Event, lazy_load=False, null=True, on_delete="CASCADE")
    attribute_id = IntegerField(null=True)
    object_id = IntegerField(null=True)
    report_id = IntegerField(null=True)
    related_event = ForeignKeyField(Event, lazy_load=False, null=True, on_delete="SET NULL", backref="related_items")


class AnalystBlock(NumberedTable):
    """A uuid that was deleted here: it does not come back with the next pull."""

    uuid = CharField(36, unique=True)
    created = IntegerField()
    analyst_data_info = TextField(default="")
    analyst_data_orgc = TextField(default="")
    comment = TextField(default="")


ANALYST_DATA: tuple[type[Table], ...] = (AnalystItem, AnalystBlock)
