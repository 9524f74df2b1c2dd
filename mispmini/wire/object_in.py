"""Objects and their references as they come in (MODEL §7.4)."""

from collections.abc import Iterable

from mispmini.domain import sentences
from mispmini.domain.distribution import is_element_level
from mispmini.domain.drafts import AttributeDraft, Dropped, ObjectDraft, ReferenceDraft
from mispmini.domain.errors import Invalid
from mispmini.wire.analyst_data_in import embedded_items
from mispmini.wire.attribute_in import MOST_ATTRIBUTES, check_seen_order, read_attribute, refuse_so_many
from mispmini.wire.door import unwrap
from mispmini.wire.known_keys import OBJECT_KEYS, unknown_keys
from mispmini.wire.scalars import Fields, Record, as_record, listed
from mispmini.wire.scalars import uuid as read_uuid
from mispmini.wire.sharing_group_in import embedded_group
from mispmini.wire.tag_in import dropped_for


def read_object(body: object, *, from_partner: bool) -> ObjectDraft:
    """The object of objects/add and edit: bare, wrapped, or with its attributes beside it (API §9.4).

    Raises Invalid by field, and for the first attribute that cannot be read.
    """
    record = _with_siblings(unwrap(body, "request"))
    dropped: list[Dropped] = []
    draft = object_draft(record, dropped, from_partner=from_partner)
    if dropped:
        raise Invalid({dropped[0].kind: [text for texts in dropped[0].errors.values() for text in texts]})
    return draft


def object_draft(value: object, dropped: list[Dropped], *, from_partner: bool) -> ObjectDraft:
    """An object inside an event; its unreadable attributes and references go to `dropped`, it stays."""
    record = as_record(value)
    if record is None:
        raise Invalid({"Object": [sentences.RECORD]})
    fields = Fields(record)
    uuid = fields.uuid("uuid")
    draft = ObjectDraft(
        name=fields.text("name") or None,
        meta_category=fields.text("meta-category") or None,
        description=fields.text("description"),
        template_uuid=fields.uuid("template_uuid"),
        template_version=_version(fields),
        uuid=uuid,
        timestamp=fields.epoch("timestamp"),
        distribution=fields.choice("distribution", is_element_level, sentence=sentences.ELEMENT_DISTRIBUTION),
        sharing_group_id=fields.reference_id("sharing_group_id"),
        sharing_group=embedded_group(fields),
        comment=fields.text("comment"),
        deleted=fields.flag("deleted"),
        first_seen=fields.seen("first_seen"),
        last_seen=fields.seen("last_seen"),
        attributes=attribute_drafts(record.get("Attribute"), dropped, from_partner=from_partner),
        references=_references(record.get("ObjectReference"), dropped),
        extra=unknown_keys(record, OBJECT_KEYS, from_partner=from_partner),
        analyst_data=embedded_items(record, "Object", uuid),
    )
    check_seen_order(fields, draft.first_seen, draft.last_seen)
    fields.check()
    return draft


def attribute_drafts(value: object, dropped: list[Dropped], *, from_partner: bool) -> tuple[AttributeDraft, ...]:
    """The attributes of an event or object; unreadable ones go to `dropped` (API §10.1 row 10)."""
    drafts: list[AttributeDraft] = []
    items = listed(value)
    if len(items) > MOST_ATTRIBUTES:
        refuse_so_many()
    for item in items:
        try:
            drafts.append(read_attribute(item, from_partner=from_partner, dropped=dropped))
        except Invalid as error:
            dropped.append(dropped_for("Attribute", item, error))
    return tuple(drafts)


def read_reference(body: object) -> tuple[str, ReferenceDraft]:
    """The body of objectReferences/add: the owning object's uuid or id, and the reference."""
    record = as_record(unwrap(body, "ObjectReference"))
    if record is None:
        raise Invalid({"ObjectReference": [sentences.RECORD]})
    fields = Fields(record)
    owner = fields.text("object_uuid") or fields.text("source_uuid") or fields.text("object_id")
    if not owner:
        fields.refuse("object_uuid", sentences.NOT_EMPTY)
    fields.check()
    return owner or "", _reference(record)


def _with_siblings(body: object) -> object:
    record = as_record(body)
    inner = None if record is None else as_record(record.get("Object"))
    if record is None or inner is None:
        return body
    beside = {key: record[key] for key in ("Attribute", "ObjectReference") if key in record}
    return {**beside, **inner}


def _version(fields: Fields) -> int | None:
    """A natural number; 0 is 1 (MODEL §7.4)."""
    version = fields.choice("template_version", lambda number: number >= 0, sentence=sentences.NUMBER)
    return None if version is None else max(version, 1)


def _references(value: object, dropped: list[Dropped]) -> tuple[ReferenceDraft, ...]:
    return tuple(_readable_references(listed(value), dropped))


def _readable_references(items: Iterable[object], dropped: list[Dropped]) -> Iterable[ReferenceDraft]:
    for item in items:
        try:
            yield _reference(as_record(item) or {})
        except Invalid as error:
            dropped.append(dropped_for("ObjectReference", item, error))


def _reference(record: Record) -> ReferenceDraft:
    fields = Fields(record)
    target = fields.uuid("referenced_uuid") or _copied_target(record)
    if target is None:
        fields.refuse("referenced_uuid", sentences.UUID)
    draft = ReferenceDraft(
        referenced_uuid=target or "",
        relationship_type=fields.text("relationship_type") or "",
        uuid=fields.uuid("uuid"),
        comment=fields.text("comment") or "",
        timestamp=fields.epoch("timestamp"),
        deleted=fields.flag("deleted") or False,
    )
    fields.check()
    return draft


def _copied_target(record: Record) -> str | None:
    """The uuid in the copy of the target that MISP sends along."""
    for kind in ("Object", "Attribute"):
        if found := read_uuid((as_record(record.get(kind)) or {}).get("uuid")):
            return found
    return None
