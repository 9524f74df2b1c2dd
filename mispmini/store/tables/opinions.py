"""What others say about an event: sightings, and proposals to change it (MODEL §7.7, §7.8)."""

from peewee import BigIntegerField, BlobField, BooleanField, CharField, ForeignKeyField, IntegerField, TextField

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.events import Attribute, Event
from mispmini.store.tables.links import Server
from mispmini.store.tables.people import Organisation


class Sighting(NumberedTable):
    """A sighting of an attribute; `org` None is nobody's. It never changes."""

    uuid = BlobField(unique=True)
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE")
    attribute = ForeignKeyField(Attribute, lazy_load=False, on_delete="CASCADE")
    org = ForeignKeyField(Organisation, lazy_load=False, null=True)
    user_id = IntegerField(null=True)
    date_sighting = IntegerField(index=True)
    source = TextField(default="")
    type = IntegerField(default=0)


class SightingsTaken(NumberedTable):
    """Up to which sighting_timestamp of a partner's event its sightings were taken over one link."""

    server = ForeignKeyField(Server, lazy_load=False, on_delete="CASCADE", index=False)
    event_uuid = CharField(36)
    sighting_timestamp = IntegerField()

    class Meta:
        indexes = ((("server", "event_uuid"), True),)


class Proposal(NumberedTable):
    """A change that is proposed: of the attribute `old`, or a new one. `uuid` is that of `old` if there is one."""

    uuid = BlobField(index=True)
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE")
    old = ForeignKeyField(Attribute, lazy_load=False, null=True, on_delete="CASCADE")
    org = ForeignKeyField(Organisation, lazy_load=False, null=True)
    user_id = IntegerField(null=True)
    email = TextField(null=True)
    received_from = IntegerField(null=True)
    type_id = IntegerField()
    category_id = IntegerField()
    value1 = TextField()
    value2 = TextField(null=True)
    to_ids = BooleanField()
    comment = TextField(default="")
    timestamp = IntegerField(index=True)
    deleted = BooleanField(default=False)
    proposal_to_delete = BooleanField(default=False)
    disable_correlation = BooleanField(default=False)
    first_seen = BigIntegerField(null=True)
    last_seen = BigIntegerField(null=True)


class ProposalFile(Table):
    """Where the file of a pending proposal lies, in the same folder as those of attributes."""

    proposal = ForeignKeyField(Proposal, primary_key=True, lazy_load=False, on_delete="CASCADE")
    sha256 = CharField(64, index=True)
    size = BigIntegerField()


OPINIONS: tuple[type[Table], ...] = (Sighting, SightingsTaken, Proposal, ProposalFile)
