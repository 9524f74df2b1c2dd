"""What a reader of an event must know of how it came (RULES §1, §4)."""

from peewee import CharField, ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.events import Event


class EventNotice(NumberedTable):
    """One notice of a kind per event; `org_id` is the partner's organisation, `detail` a JSON object of texts."""

    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE", index=False)
    kind = CharField(16)
    org_id = IntegerField(null=True)
    detail = TextField()
    time = IntegerField()

    class Meta:
        indexes = ((("event", "kind"), True),)


NOTICES: tuple[type[Table], ...] = (EventNotice,)
