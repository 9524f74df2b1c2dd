"""Events that one organisation offers to another, and values that are kept out of correlation (MODEL §6.3, §7.16)."""

from peewee import ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.events import Event
from mispmini.store.tables.groups import SharingGroup
from mispmini.store.tables.people import Organisation


class EventDelegation(NumberedTable):
    """A request that `org` take over an event; a distribution of None leaves it to who accepts."""

    event = ForeignKeyField(Event, lazy_load=False, unique=True, on_delete="CASCADE")
    org = ForeignKeyField(Organisation, lazy_load=False)
    requester_org = ForeignKeyField(Organisation, lazy_load=False, backref="requests")
    message = TextField(default="")
    distribution = IntegerField(null=True)
    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, null=True, on_delete="SET NULL")


class CorrelationExclusion(NumberedTable):
    """A value that does not correlate; a `%` at either end stands for anything."""

    value = TextField(unique=True)
    comment = TextField(default="")


HANDING_OVER: tuple[type[Table], ...] = (EventDelegation, CorrelationExclusion)
