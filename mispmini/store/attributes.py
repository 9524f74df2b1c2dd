"""Writes attributes with their value hashes, and finds single ones. Raw SQL: the hottest path there is (SPEED §2.1)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple, TypeVar

from mispmini.domain.errors import NotFound, Refused
from mispmini.domain.graphs import AttributeRow
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_bytes, uuid_text
from mispmini.domain.viewer import Viewer
from mispmini.store.graphs import ATTRIBUTE_COLUMNS, attribute_rows, whole_attributes
from mispmini.store.sql import Predicate, execute, execute_many, in_batches, marks, row, rows
from mispmini.store.visibility import (
    attribute_readable_by,
    attribute_visible_to,
    deleted_visible_to,
    event_readable_by,
    event_visible_to,
)

Uuid = TypeVar("Uuid", bound=bytes | str)
INVALID_ATTRIBUTE = "Invalid attribute"


class StoredAttribute(NamedTuple):
    """An attribute as the table holds it: numbers for type and category, 16 bytes for the uuid."""

    id: int
    event_id: int
    object_id: int | None
    object_relation: str | None
    type_id: int
    category_id: int
    value1: str
    value2: str | None
    to_ids: bool
    uuid: bytes
    timestamp: int
    distribution: int
    sharing_group_id: int | None
    comment: str
    deleted: bool
    disable_correlation: bool
    first_seen: int | None
    last_seen: int | None
    extra: str | None


_COLUMNS = ", ".join(StoredAttribute._fields)
_INSERT = f"INSERT INTO attribute ({_COLUMNS}, gone_at_source) VALUES ({marks(StoredAttribute._fields)}, 0)"
_CHANGEABLE = StoredAttribute._fields[2:9] + StoredAttribute._fields[10:]
_UPDATE = f"UPDATE attribute SET {', '.join(f'{name} = ?' for name in _CHANGEABLE)} WHERE id = ?"
_HASH = "INSERT OR IGNORE INTO value_hash (h, event_id, attribute_id) VALUES (?, ?, ?)"


def uuids_in_event(event_uuid: str) -> set[str]:
    """The uuids of all attributes of an event, deleted ones too; for sync alone."""
    text = "SELECT attribute.uuid FROM attribute JOIN event ON event.id = attribute.event_id WHERE event.uuid = ?"
    return {uuid_text(r[0]) for r in rows(text, (event_uuid,))}


def value_hash(part: str) -> int:
    """The signed 64-bit hash of a value part, the same for every case (SPEED §2.3)."""
    return int.from_bytes(blake2b(part.lower().encode(), digest_size=8).digest(), "big", signed=True)


def _hashes(attributes: Iterable[StoredAttribute]) -> list[tuple[int, int, int]]:
    return [
        (value_hash(part), attribute.event_id, attribute.id)
        for attribute in attributes
        for part in (attribute.value1, attribute.value2)
        if part
    ]


def insert_attributes(attributes: Sequence[StoredAttribute]) -> None:
    """Add attributes, inside a writing()."""
    execute_many(_INSERT, attributes)
    execute_many(_HASH, _hashes(attributes))


def update_attributes(attributes: Sequence[StoredAttribute]) -> None:
    """Write the changeable columns of attributes known by id, inside a writing(). The uuid never changes."""
    for batch in in_batches([a.id for a in attributes]):
        forget_values(batch)
    execute_many(_UPDATE, [(*a[2:9], *a[10:], a.id) for a in attributes])
    execute_many(_HASH, _hashes(attributes))


def remove_attribute(attribute_id: int) -> None:
    """Remove the row for good, inside a writing()."""
    forget_values([attribute_id])
    execute("DELETE FROM attribute WHERE id = ?", (attribute_id,))


def forget_values(ids: Sequence[int]) -> None:
    """Take stored attributes out of exact search and correlation, inside a writing(); some hundred a call."""
    stored = rows(f"SELECT event_id, id, value1, value2 FROM attribute WHERE id IN ({marks(ids)})", ids)
    execute_many(
        "DELETE FROM value_hash WHERE h = ? AND event_id = ? AND attribute_id = ?",
        [(value_hash(part), event, number) for event, number, *parts in stored for part in parts if part],
    )


class Known(NamedTuple):
    """What a merge needs to know of an attribute that is here."""

    id: int
    timestamp: int
    object_id: int | None


def known_attributes(event_id: int) -> dict[bytes, Known]:
    """Every attribute of an event by uuid, deleted ones too."""
    found = rows("SELECT uuid, id, timestamp, object_id FROM attribute WHERE event_id = ?", (event_id,))
    return {uuid: Known(*rest) for uuid, *rest in found}


def live_values(event_id: int) -> set[tuple[int, int, str, str | None]]:
    """(type, category, value1, value2) of an event's live attributes outside of objects: these may not repeat."""
    found = rows(
        "SELECT type_id, category_id, value1, value2 FROM attribute"
        " WHERE event_id = ? AND object_id IS NULL AND NOT deleted",
        (event_id,),
    )
    return set(found)


def similar_attribute(event_id: int, type_id: int, category_id: int, value1: str, value2: str | None) -> int | None:
    """The id of the live attribute outside of objects with this type, category and value, if the event has one."""
    found = row(
        "SELECT id FROM attribute WHERE event_id = ? AND object_id IS NULL AND NOT deleted"
        " AND type_id = ? AND category_id = ? AND value1 = ? AND coalesce(value2, '') = ?",
        (event_id, type_id, category_id, value1, value2 or ""),
    )
    return None if found is None else int(found[0])


def uuids_elsewhere(table: str, uuids: Sequence[Uuid], event_id: int) -> set[Uuid]:
    """Which of these uuids belong to another event; `table` comes from code."""
    found: set[Uuid] = set()
    for batch in in_batches(uuids):
        found |= {
            r[0]
            for r in rows(
                f"SELECT uuid FROM {table} WHERE uuid IN ({marks(batch)}) AND event_id != ?", (*batch, event_id)
            )
        }
    return found


def attributes_by_id(ids: Sequence[int]) -> dict[int, AttributeRow]:
    """Attributes by id, whoever asks: for verbs that have judged the event."""
    found: dict[int, AttributeRow] = {}
    for batch in in_batches(ids):
        selected = rows(f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute WHERE id IN ({marks(batch)})", batch)
        found.update((a.id, a) for a in attribute_rows(selected))
    return found


class CountedBy(StrEnum):
    """What attributes are counted by."""

    TYPE = "type"
    CATEGORY = "category"


def counts_of_attributes(viewer: Viewer, column: CountedBy) -> dict[str, int]:
    """Live attributes that the viewer reads, by type or category."""
    shown = event_readable_by(viewer) & attribute_readable_by(viewer)
    found = rows(
        f"SELECT word.name, count(*) FROM attribute JOIN event ON event.id = attribute.event_id"
        f" JOIN attribute_{column} AS word ON word.id = attribute.{column}_id"
        f" WHERE NOT attribute.deleted AND ({shown.text}) GROUP BY word.name",
        shown.params,
    )
    return {str(name): int(count) for name, count in found}


def newest_attributes(viewer: Viewer, *, limit: int, offset: int) -> list[AttributeRow]:
    """A page of live attributes that the viewer reads, of the newest event first."""
    shown = event_readable_by(viewer) & attribute_readable_by(viewer)
    found = rows(
        f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
        f" WHERE NOT attribute.deleted AND ({shown.text}) ORDER BY attribute.event_id DESC, attribute.id DESC"
        " LIMIT ? OFFSET ?",
        (*shown.params, limit, offset),
    )
    return list(whole_attributes(found))


def find_attribute(viewer: Viewer, ref: str) -> AttributeRow:
    """A visible attribute by id or uuid, deleted ones for those who may have them.

    Raises Refused, which MISP answers as 405, if absent or invisible.
    """
    return _find(ref, event_visible_to(viewer) & attribute_visible_to(viewer) & deleted_visible_to(viewer, "attribute"))


def find_readable_attribute(viewer: Viewer, ref: str) -> AttributeRow:
    """As find_attribute, within what a partner's link lets it read."""
    readable = event_readable_by(viewer) & attribute_readable_by(viewer)
    return _find(ref, readable & deleted_visible_to(viewer, "attribute"))


def _find(ref: str, condition: Predicate) -> AttributeRow:
    named = attribute_reference(ref)
    if named is None:
        raise Refused(INVALID_ATTRIBUTE)
    found = row(
        f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
        f" WHERE {named.text} AND ({condition.text})",
        (*named.params, *condition.params),
    )
    if found is None:
        raise Refused(INVALID_ATTRIBUTE)
    return next(attribute_rows([found]))


def find_attribute_or_404(viewer: Viewer, ref: str) -> AttributeRow:
    """As find_attribute, where MISP answers 404: delete, tag."""
    try:
        return find_attribute(viewer, ref)
    except Refused as refusal:
        raise NotFound(refusal.sentence) from None


def find_readable_attribute_or_404(viewer: Viewer, ref: str) -> AttributeRow:
    """As find_readable_attribute, where absent is 404: downloads."""
    try:
        return find_readable_attribute(viewer, ref)
    except Refused as refusal:
        raise NotFound(refusal.sentence) from None


def attribute_reference(ref: str) -> Predicate | None:
    """A condition for an attribute's id or uuid; None if it is neither."""
    if is_row_number(ref):
        return Predicate("attribute.id = ?", (int(ref),))
    uuid = canonical_uuid(ref)
    return None if uuid is None else Predicate("attribute.uuid = ?", (uuid_bytes(uuid),))


def touch_attribute(attribute_id: int, timestamp: int) -> None:
    """A global tag came or went: the attribute is newer, and so is its object, or partners skip both."""
    newer = "CASE WHEN timestamp < ? THEN ? ELSE timestamp + 1 END"
    execute(f"UPDATE attribute SET timestamp = {newer} WHERE id = ?", (timestamp, timestamp, attribute_id))
    touch_object_of(attribute_id, timestamp)


def touch_object_of(attribute_id: int, timestamp: int) -> None:
    """An attribute changed: its object is newer, or partners skip both (API §10.2 row 9)."""
    execute(
        "UPDATE object SET timestamp = max(timestamp + 1, ?) WHERE id = (SELECT object_id FROM attribute WHERE id = ?)",
        (timestamp, attribute_id),
    )
