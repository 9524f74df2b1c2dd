"""Reads what a search found: attributes by id, their objects, and what a tag cuts from events."""

from collections.abc import Collection, Sequence

from mispmini.domain.filters import Deleted, SearchFilters, is_pattern
from mispmini.domain.graphs import AttributeRow, ObjectRow
from mispmini.domain.viewer import Viewer
from mispmini.store.gone import gone_in_events
from mispmini.store.graphs import ATTRIBUTE_COLUMNS, OBJECT_COLUMNS, whole_attributes, whole_objects
from mispmini.store.search.attribute_conditions import attributes_carrying
from mispmini.store.search.matching import all_of, one_of, within
from mispmini.store.search.naming import find_tag_ids
from mispmini.store.search.scope import Reach
from mispmini.store.sql import Predicate, marks, rows


def load_attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[AttributeRow]:
    """The attributes of a search by id, in this order; some hundred a call.

    What became invisible since they were found is left out, and what only shares the hash of a wanted value.
    """
    reach = Reach.of(viewer, filters.deleted)
    shown = all_of([one_of("attribute.id", ids), reach.events(), reach.attributes()])
    found = rows(
        f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id WHERE {shown.text}",
        shown.params,
    )
    wanted = _exact_values(filters)
    by_id = {row.id: row for row in whole_attributes(found) if wanted is None or _has_one(row, wanted)}
    return [by_id[number] for number in ids if number in by_id]


def load_values(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[tuple[str, int]]:
    """Whole values of attributes with the ids of their events, in this order, as `load_attributes` shows them."""
    reach = Reach.of(viewer, filters.deleted)
    shown = all_of([one_of("attribute.id", ids), reach.events(), reach.attributes()])
    found = rows(
        "SELECT attribute.id, attribute.value1, attribute.value2, attribute.event_id FROM attribute"
        f" JOIN event ON event.id = attribute.event_id WHERE {shown.text}",
        shown.params,
    )
    wanted = _exact_values(filters)
    values = {
        number: (first if second is None else f"{first}|{second}", event_id)
        for number, first, second, event_id in found
        if wanted is None or first.lower() in wanted or (second is not None and second.lower() in wanted)
    }
    return [values[number] for number in ids if number in values]


def _exact_values(filters: SearchFilters) -> frozenset[str] | None:
    """The values of which one must be there, folded; None where patterns are asked for, or nothing is."""
    values = filters.value.any
    if not values or any(map(is_pattern, values)):
        return None
    return frozenset(value.lower() for value in values)


def _has_one(row: AttributeRow, wanted: Collection[str]) -> bool:
    return row.value1.lower() in wanted or (row.value2 is not None and row.value2.lower() in wanted)


def attribute_counts(event_ids: Sequence[int]) -> dict[int, int]:
    """How many attributes these events hold, for whoever plans to read them."""
    found = rows(f"SELECT id, attribute_count FROM event WHERE id IN ({marks(event_ids)})", tuple(event_ids))
    return dict(found)


def load_objects(ids: Collection[int]) -> dict[int, ObjectRow]:
    """Objects by id, for attributes that are visible, which their objects are then too (MODEL §6.3)."""
    if not ids:
        return {}
    wanted = tuple(ids)
    found = rows(f"SELECT {OBJECT_COLUMNS} FROM object WHERE id IN ({marks(wanted)})", wanted)
    return {obj.id: obj for obj in whole_objects(found)}


def load_found_objects(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[ObjectRow]:
    """The objects of a search by id, in this order; what became invisible since they were found is left out."""
    reach = Reach.of(viewer, filters.deleted)
    shown = all_of([one_of("object.id", ids), reach.events(), reach.objects()])
    found = rows(
        f"SELECT object.id FROM object JOIN event ON event.id = object.event_id WHERE {shown.text}", shown.params
    )
    by_id = load_objects([r[0] for r in found])
    return [by_id[number] for number in ids if number in by_id]


def attributes_of_objects(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> dict[int, list[AttributeRow]]:
    """What these objects hold, oldest first, as far as the viewer may see it and the search is for it."""
    reach = Reach.of(viewer, Deleted.LIVE if filters.deleted is Deleted.LIVE else Deleted.BOTH)
    shown = all_of([one_of("attribute.object_id", ids), reach.events(), reach.attributes()])
    found = rows(
        f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
        f" WHERE {shown.text} ORDER BY attribute.id",
        shown.params,
    )
    held: dict[int, list[AttributeRow]] = {}
    for row in whole_attributes(found):
        held.setdefault(row.object_id or 0, []).append(row)
    return held


def contested_among(attribute_ids: Sequence[int]) -> set[int]:
    """Which of these attributes somebody proposes to delete or to take out of detection; some hundred a call."""
    found = rows(
        f"SELECT old_id FROM proposal WHERE old_id IN ({marks(attribute_ids)})"
        " AND NOT deleted AND (proposal_to_delete OR NOT to_ids)",
        tuple(attribute_ids),
    )
    return {r[0] for r in found}


def cut_attribute_ids(viewer: Viewer, event_ids: Sequence[int], filters: SearchFilters) -> set[int]:
    """Attributes of these events that carry a tag which the search does not want (API §8.4); in an export also those
    that their source no longer shows (RULES §2)."""
    gone = gone_in_events(event_ids) if filters.return_format != "json" else set()
    unwanted = find_tag_ids(filters.tags.none) if filters.tags.none else []
    if not unwanted:
        return gone
    tagged = within("attribute_id", attributes_carrying(Reach.of(viewer), unwanted))
    cut: Predicate = all_of([one_of("event_id", event_ids), tagged])
    return gone | {r[0] for r in rows(f"SELECT attribute_id FROM attribute_tag WHERE {cut.text}", cut.params)}
