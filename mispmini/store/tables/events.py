"""Events and their parts (MODEL §7; SPEED §3). Hot rows are written by raw statements with explicit ids."""

from peewee import (
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from mispmini.store.tables.base import NumberedTable, Table
from mispmini.store.tables.groups import SharingGroup
from mispmini.store.tables.people import Organisation


class Event(Table):
    """An event. `trashed` is when it was deleted here; `restricted` counts elements not for all here;
    `rev` is raised by every change; `published_as` is the timestamp it was last published with; `received_from` is the
    remote organisation of the link that first delivered it."""

    id = IntegerField(primary_key=True)
    uuid = CharField(36, unique=True)
    org = ForeignKeyField(Organisation, lazy_load=False)
    orgc = ForeignKeyField(Organisation, lazy_load=False, backref="created_events", index=False)
    user_id = IntegerField(null=True)
    date = CharField(10)
    info = TextField()
    timestamp = IntegerField(index=True)
    published = BooleanField(default=False)
    publish_timestamp = IntegerField(default=0, index=True)
    sighting_timestamp = IntegerField(default=0)
    threat_level_id = IntegerField()
    analysis = IntegerField()
    distribution = IntegerField()
    sharing_group = ForeignKeyField(SharingGroup, lazy_load=False, null=True)
    attribute_count = IntegerField(default=0)
    locked = BooleanField(default=False)
    disable_correlation = BooleanField(default=False)
    extends_uuid = CharField(36, default="", index=True)
    protected = BooleanField(null=True)
    received_from = IntegerField(null=True)
    prev_timestamp = IntegerField(null=True)
    review = BooleanField(default=False)
    in_our_name = BooleanField(default=False)
    restricted = IntegerField(default=0)
    rev = BigIntegerField(default=0)
    trashed = IntegerField(null=True)
    extra = TextField(null=True)
    published_as = IntegerField(null=True)

    class Meta:
        indexes = ((("orgc", "timestamp"), False),)


class AttributeType(NumberedTable):
    """A type's name; `known` is false for one that came by sync and is not ours (RULES §7)."""

    name = TextField(unique=True)
    known = BooleanField()


class AttributeCategory(NumberedTable):
    """A category's name; `known` as above."""

    name = TextField(unique=True)
    known = BooleanField()


class MispObject(Table):
    """A MISP object."""

    id = IntegerField(primary_key=True)
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE")
    uuid = BlobField(unique=True)
    name = TextField()
    meta_category = TextField()
    description = TextField(default="")
    template_uuid = CharField(36, default="")
    template_version = IntegerField(default=1)
    timestamp = IntegerField()
    distribution = IntegerField()
    sharing_group_id = IntegerField(null=True)
    comment = TextField(default="")
    deleted = BooleanField(default=False)
    gone_at_source = BooleanField(default=False)
    first_seen = BigIntegerField(null=True)
    last_seen = BigIntegerField(null=True)
    extra = TextField(null=True)

    class Meta:
        table_name = "object"


class Attribute(Table):
    """An attribute; `h1`, `h2` are hashes of its value parts, found through value_hash."""

    id = IntegerField(primary_key=True)
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE")
    object_id = IntegerField(null=True)
    object_relation = TextField(null=True)
    type_id = IntegerField()
    category_id = IntegerField()
    value1 = TextField()
    value2 = TextField(null=True)
    to_ids = BooleanField()
    uuid = BlobField(unique=True)
    timestamp = IntegerField(index=True)
    distribution = IntegerField()
    sharing_group_id = IntegerField(null=True)
    comment = TextField(default="")
    deleted = BooleanField(default=False)
    gone_at_source = BooleanField(default=False)
    disable_correlation = BooleanField(default=False)
    first_seen = BigIntegerField(null=True)
    last_seen = BigIntegerField(null=True)
    extra = TextField(null=True)

    class Meta:
        indexes = ((("type_id", "timestamp"), False),)


class ValueHash(Table):
    """The first 8 bytes of BLAKE2b of a lower-cased value part: exact search and correlation."""

    h = BigIntegerField()
    event_id = IntegerField()
    attribute_id = IntegerField()

    class Meta:
        primary_key = CompositeKey("h", "event_id", "attribute_id")
        without_rowid = True


class ObjectReference(Table):
    """A reference of an object to an attribute (`referenced_type` 0) or object (1) of its event."""

    id = IntegerField(primary_key=True)
    uuid = BlobField(unique=True)
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE")
    object_id = IntegerField(index=True)
    referenced_id = IntegerField()
    referenced_type = IntegerField()
    referenced_uuid = BlobField()
    relationship_type = TextField()
    comment = TextField(default="")
    timestamp = IntegerField()
    deleted = BooleanField(default=False)


class EventReport(Table):
    """A Markdown report."""

    id = IntegerField(primary_key=True)
    uuid = CharField(36, unique=True)
    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE")
    name = TextField()
    content = TextField(default="")
    distribution = IntegerField()
    sharing_group_id = IntegerField(null=True)
    timestamp = IntegerField()
    deleted = BooleanField(default=False)


class Attachment(Table):
    """Where an attribute's file lies: attachments/<aa>/<sha256> in the data folder."""

    attribute = ForeignKeyField(Attribute, primary_key=True, lazy_load=False, on_delete="CASCADE")
    sha256 = CharField(64, index=True)
    size = BigIntegerField()


class Tag(NumberedTable):
    """A tag; `folded_name` is its identity (MODEL §7.5), the first spelling is kept."""

    name = TextField()
    folded_name = TextField(unique=True)
    colour = CharField(7)
    exportable = BooleanField(default=True)
    org_id = IntegerField(null=True)
    user_id = IntegerField(null=True)
    hide_tag = BooleanField(default=False)
    numerical_value = IntegerField(null=True)
    is_galaxy = BooleanField(default=False)
    is_custom_galaxy = BooleanField(default=False)
    local_only = BooleanField(default=False)


class EventTag(NumberedTable):
    """A tag on an event; `deleted` keeps it as a tombstone that partners get, for a year from `removed` (RULES §8)."""

    event = ForeignKeyField(Event, lazy_load=False, on_delete="CASCADE", index=False)
    tag = ForeignKeyField(Tag, lazy_load=False, on_delete="CASCADE", index=False)
    local = BooleanField(default=False)
    relationship_type = TextField(null=True)
    deleted = BooleanField(default=False)
    removed = IntegerField(null=True)

    class Meta:
        indexes = ((("event", "tag"), True), (("tag", "event"), False))


class AttributeTag(NumberedTable):
    """A tag on an attribute, as EventTag."""

    attribute = ForeignKeyField(Attribute, lazy_load=False, on_delete="CASCADE", index=False)
    event_id = IntegerField(index=True)
    tag = ForeignKeyField(Tag, lazy_load=False, on_delete="CASCADE", index=False)
    local = BooleanField(default=False)
    relationship_type = TextField(null=True)
    deleted = BooleanField(default=False)
    removed = IntegerField(null=True)

    class Meta:
        indexes = ((("attribute", "tag"), True), (("tag", "event_id"), False))


class EventReportTag(NumberedTable):
    """A tag on a report, as EventTag."""

    event_report = ForeignKeyField(EventReport, lazy_load=False, on_delete="CASCADE", index=False)
    event_id = IntegerField(index=True)
    tag = ForeignKeyField(Tag, lazy_load=False, on_delete="CASCADE", index=False)
    local = BooleanField(default=False)
    relationship_type = TextField(null=True)
    deleted = BooleanField(default=False)
    removed = IntegerField(null=True)

    class Meta:
        indexes = ((("event_report", "tag"), True), (("tag", "event_id"), False))


EVENTS: tuple[type[Table], ...] = (
    Event, AttributeType, AttributeCategory, MispObject, Attribute, ValueHash, ObjectReference,
    EventReport, Attachment, Tag, EventTag, AttributeTag, EventReportTag,
)  # fmt: skip
