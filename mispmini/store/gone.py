"""Marks on elements that their source no longer shows (RULES §2): they stay, and are left out of exports."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from mispmini.domain.ids import uuid_text
from mispmini.store.sql import Predicate, execute_many, marks, rows

NOT_GONE = Predicate("NOT attribute.gone_at_source")
"""On `attribute`: its source still shows it."""


class LiveElement(NamedTuple):
    """A live attribute or object of an event; `object_id` is what an attribute is in."""

    id: int
    uuid: bytes
    object_id: int | None
    gone: bool


def live_attributes(event_id: int) -> list[LiveElement]:
    """The attributes of an event that are not deleted."""
    found = rows(
        "SELECT id, uuid, object_id, gone_at_source FROM attribute WHERE event_id = ? AND NOT deleted", (event_id,)
    )
    return [LiveElement(r[0], r[1], r[2], bool(r[3])) for r in found]


def live_objects(event_id: int) -> list[LiveElement]:
    """The objects of an event that are not deleted."""
    found = rows("SELECT id, uuid, gone_at_source FROM object WHERE event_id = ? AND NOT deleted", (event_id,))
    return [LiveElement(r[0], r[1], None, bool(r[2])) for r in found]


def global_tags(event_id: int) -> list[tuple[str | None, str]]:
    """The tags of an event and of its live attributes that are not local: the attribute's uuid, None for the event's
    own, and the name."""
    of_event = rows(
        "SELECT tag.name FROM event_tag AS link JOIN tag ON tag.id = link.tag_id"
        " WHERE link.event_id = ? AND NOT link.deleted AND NOT link.local",
        (event_id,),
    )
    of_attributes = rows(
        "SELECT attribute.uuid, tag.name FROM attribute_tag AS link JOIN tag ON tag.id = link.tag_id"
        " JOIN attribute ON attribute.id = link.attribute_id"
        " WHERE link.event_id = ? AND NOT link.deleted AND NOT link.local AND NOT attribute.deleted",
        (event_id,),
    )
    return [(None, name) for (name,) in of_event] + [(uuid_text(uuid), name) for uuid, name in of_attributes]


def note_gone(event_id: int, shown: Collection[bytes], *, marks_missing: bool) -> None:
    """Take the mark off what is shown (by uuid), and with `marks_missing` put it on what is not. Inside a writing()."""
    for table, elements in (("attribute", live_attributes(event_id)), ("object", live_objects(event_id))):
        back = [(False, one.id) for one in elements if one.gone and one.uuid in shown]
        missing = [(True, one.id) for one in elements if not one.gone and one.uuid not in shown]
        changes = back + missing if marks_missing else back
        execute_many(f"UPDATE {table} SET gone_at_source = ? WHERE id = ?", changes)


def gone_among(attribute_ids: Sequence[int]) -> set[int]:
    """Which of these attributes carry the mark, for pages; some hundred a call."""
    return _gone("id", attribute_ids)


def objects_gone_among(object_ids: Sequence[int]) -> set[int]:
    """Which of these objects carry the mark, for pages; some hundred a call."""
    found = rows(f"SELECT id FROM object WHERE id IN ({marks(object_ids)}) AND gone_at_source", tuple(object_ids))
    return {r[0] for r in found}


def gone_in_events(event_ids: Sequence[int]) -> set[int]:
    """The attributes of these events that carry the mark; some hundred events a call."""
    return _gone("event_id", event_ids)


def _gone(column: str, ids: Sequence[int]) -> set[int]:
    found = rows(f"SELECT id FROM attribute WHERE {column} IN ({marks(ids)}) AND gone_at_source", tuple(ids))
    return {r[0] for r in found}
