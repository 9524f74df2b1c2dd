"""Sightings: finders, which know the policy, and writers. Raw SQL: an event may have very many (SPEED §3)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.errors import NotFound
from mispmini.domain.graphs import AttributeRow
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_bytes, uuid_text
from mispmini.domain.opinions import SightingContext, SightingFilters, SightingRow, SightingType
from mispmini.domain.viewer import Viewer
from mispmini.store.events import update_event
from mispmini.store.graphs import ATTRIBUTE_COLUMNS, whole_attributes
from mispmini.store.search.attribute_conditions import has_value
from mispmini.store.search.matching import all_of, any_of, none_of, one_of, spans, text_matches
from mispmini.store.search.naming import find_organisation_ids_in_any_case
from mispmini.store.settings import load_settings
from mispmini.store.sql import TRUE, Predicate, Row, execute, execute_many, marks, rows, scalar
from mispmini.store.visibility import (
    attribute_readable_by,
    event_readable_by,
    event_visible_to,
    known_at_partner,
    sighting_visible_to,
)

NO_SIGHTING = "Invalid sighting"
_SELECT = (
    "SELECT sighting.id, sighting.attribute_id, sighting.event_id, sighting.org_id, sighting.date_sighting,"
    " sighting.uuid, sighting.source, sighting.type, attribute.uuid, event.uuid, attribute.value1, attribute.value2"
)
_FROM = (
    " FROM sighting JOIN attribute ON attribute.id = sighting.attribute_id JOIN event ON event.id = sighting.event_id"
)


class NewSighting(NamedTuple):
    """The columns a sighting is made with."""

    uuid: bytes
    event_id: int
    attribute_id: int
    org_id: int | None
    user_id: int | None
    date_sighting: int
    source: str
    type: int


_INSERT = f"INSERT INTO sighting ({', '.join(NewSighting._fields)}) VALUES ({marks(NewSighting._fields)})"


def _reached(viewer: Viewer) -> Predicate:
    """On a sighting with its attribute and event: all three may be read, and the attribute is alive."""
    readable = event_readable_by(viewer) & attribute_readable_by(viewer) & Predicate("NOT attribute.deleted")
    return readable & sighting_visible_to(viewer)


def _found(viewer: Viewer, condition: Predicate) -> list[SightingRow]:
    found = rows(f"{_SELECT}{_FROM} WHERE {condition.text} ORDER BY sighting.id", condition.params)
    hidden = load_settings().sightings_anonymise and not viewer.is_site_admin
    return [_sighting(r, viewer.org_id if hidden else None) for r in found]


def _sighting(r: Row, only_org: int | None) -> SightingRow:
    """`only_org` is the one organisation that may be named; None for any."""
    value = r[10] if r[11] is None else f"{r[10]}|{r[11]}"
    org_id = r[3] if only_org is None or r[3] == only_org else None
    return SightingRow._make((*r[:3], org_id, r[4], uuid_text(r[5]), r[6], r[7], uuid_text(r[8]), r[9], value))


def sightings_of_events(viewer: Viewer, event_ids: Sequence[int]) -> dict[int, list[SightingRow]]:
    """Sightings of events whose attributes the caller has made sure of, by attribute."""
    grouped: dict[int, list[SightingRow]] = {}
    for row in _found(viewer, one_of("sighting.event_id", event_ids) & sighting_visible_to(viewer)):
        grouped.setdefault(row.attribute_id, []).append(row)
    return grouped


def sightings_of_attributes(viewer: Viewer, attribute_ids: Sequence[int]) -> dict[int, list[SightingRow]]:
    """The same for some attributes; at most some hundred a call."""
    grouped: dict[int, list[SightingRow]] = {}
    for row in _found(viewer, one_of("sighting.attribute_id", attribute_ids) & sighting_visible_to(viewer)):
        grouped.setdefault(row.attribute_id, []).append(row)
    return grouped


def find_sighting_ids(viewer: Viewer, filters: SightingFilters) -> list[int]:
    """Ids of the sightings found, oldest first, one page of them if there is a limit."""
    found = all_of([_reached(viewer), *_conditions(filters)])
    text, params = f"SELECT sighting.id{_FROM} WHERE {found.text} ORDER BY sighting.id", found.params
    if filters.limit is not None:
        text += " LIMIT ? OFFSET ?"
        params = (*params, filters.limit, filters.limit * ((filters.page or 1) - 1))
    return [r[0] for r in rows(text, params)]


def load_sightings(viewer: Viewer, ids: Sequence[int]) -> list[SightingRow]:
    """Sightings by id, those that became invisible left out; at most some hundred a call."""
    return _found(viewer, one_of("sighting.id", ids) & _reached(viewer))


def _conditions(filters: SightingFilters) -> list[Predicate]:
    wanted, none = filters.org.any + filters.org.all, filters.org.none
    return [
        _named(filters),
        one_of("sighting.type", filters.type) if filters.type else TRUE,
        spans("sighting.date_sighting", filters.seen),
        one_of("sighting.org_id", find_organisation_ids_in_any_case(wanted)) if wanted else TRUE,
        none_of(one_of("coalesce(sighting.org_id, 0)", find_organisation_ids_in_any_case(none))) if none else TRUE,
        text_matches("sighting.source", filters.source) if filters.source else TRUE,
    ]


def _named(filters: SightingFilters) -> Predicate:
    if filters.context is SightingContext.INSTANCE or not (filters.ids or filters.uuids):
        return TRUE
    if filters.context is SightingContext.EVENT:
        return any_of([one_of("event.id", filters.ids), one_of("event.uuid", filters.uuids)])
    uuids = [uuid_bytes(uuid) for uuid in filters.uuids]
    return any_of([one_of("attribute.id", filters.ids), one_of("attribute.uuid", uuids)])


def find_sighting(viewer: Viewer, ref: str) -> SightingRow:
    """A visible sighting by id or uuid. Raises NotFound."""
    uuid = canonical_uuid(ref)
    if uuid is not None:
        named = Predicate("sighting.uuid = ?", (uuid_bytes(uuid),))
    elif is_row_number(ref):
        named = Predicate("sighting.id = ?", (int(ref),))
    else:
        raise NotFound(NO_SIGHTING)
    for found in _found(viewer, named & _reached(viewer)):
        return found
    raise NotFound(NO_SIGHTING)


def attributes_of_values(viewer: Viewer, values: Sequence[str]) -> list[AttributeRow]:
    """Live readable attributes of which one half of the value is one of these, or the whole of a simple one."""
    wanted = frozenset(value.lower() for value in values)
    readable = event_readable_by(viewer) & attribute_readable_by(viewer) & Predicate("NOT attribute.deleted")
    condition = has_value(sorted(wanted)) & readable
    found = rows(
        f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
        f" WHERE {condition.text} ORDER BY attribute.id",
        condition.params,
    )
    return [a for a in whole_attributes(found) if a.value1.lower() in wanted or (a.value2 or "").lower() in wanted]


def insert_sightings(sightings: Sequence[NewSighting], *, with_event: bool = False) -> None:
    """Add sightings, inside a writing(); an organisation's earlier expiration of an attribute gives way to a new one.

    Their events are marked, so that pulling partners see that there is something new (API §10.2 row 17); those that
    came `with_event` travel with it.
    """
    expired = {(s.attribute_id, s.org_id) for s in sightings if s.type == SightingType.EXPIRATION}
    for attribute_id, org_id in expired:
        execute(
            "DELETE FROM sighting WHERE attribute_id = ? AND type = ? AND coalesce(org_id, 0) = ?",
            (attribute_id, int(SightingType.EXPIRATION), org_id or 0),
        )
    execute_many(_INSERT, sightings)
    for event_id in () if with_event else sorted({sighting.event_id for sighting in sightings}):
        mark_sighted(event_id)


def mark_sighted(event_id: int) -> None:
    """The event's sightings changed: its sighting_timestamp moves, inside a writing()."""
    stored = scalar("SELECT sighting_timestamp FROM event WHERE id = ?", (event_id,))
    update_event(event_id, {"sighting_timestamp": clock.later_than(stored or 0)})


def delete_sighting(sighting_id: int) -> None:
    """Remove a sighting, inside a writing()."""
    execute("DELETE FROM sighting WHERE id = ?", (sighting_id,))


def known_uuids(uuids: Sequence[str], event_id: int | None = None) -> set[str]:
    """Which of these sightings are here, of one event or of any; the only ones that a push need not bring."""
    found: set[str] = set()
    of_event = TRUE if event_id is None else Predicate("event_id = ?", (event_id,))
    for start in range(0, len(uuids), 500):
        batch = one_of("uuid", [uuid_bytes(uuid) for uuid in uuids[start : start + 500]]) & of_event
        found |= {uuid_text(r[0]) for r in rows(f"SELECT uuid FROM sighting WHERE {batch.text}", batch.params)}
    return found


def attributes_by_uuid(viewer: Viewer, event_id: int, uuids: Sequence[str]) -> dict[str, int]:
    """Ids of an event's attributes by uuid, those that the viewer sees."""
    found: dict[str, int] = {}
    visible = event_visible_to(viewer) & attribute_readable_by(viewer)
    for start in range(0, len(uuids), 500):
        batch = [uuid_bytes(uuid) for uuid in uuids[start : start + 500]]
        condition = Predicate("event.id = ?", (event_id,)) & one_of("attribute.uuid", batch) & visible
        for uuid, number in rows(
            "SELECT attribute.uuid, attribute.id FROM attribute JOIN event ON event.id = attribute.event_id"
            f" WHERE {condition.text}",
            condition.params,
        ):
            found[uuid_text(uuid)] = number
    return found


def sightings_for_partner(partner: Viewer, event_id: int) -> list[SightingRow]:
    """What goes to a partner: what anybody of its organisation may see by the policy, on attributes that it has."""
    condition = Predicate("sighting.event_id = ? AND NOT attribute.deleted", (event_id,)) & sighting_visible_to(partner)
    return _found(partner, condition & known_at_partner(partner))


def events_with_sightings(event_uuids: Sequence[str]) -> list[tuple[int, str, int]]:
    """Of these events those that have sightings, oldest first: id, uuid, sighting_timestamp."""
    found: list[tuple[int, str, int]] = []
    for start in range(0, len(event_uuids), 500):
        batch = event_uuids[start : start + 500]
        found += [
            (r[0], r[1], r[2])
            for r in rows(
                f"SELECT id, uuid, sighting_timestamp FROM event WHERE uuid IN ({marks(batch)}) AND trashed IS NULL"
                " AND EXISTS (SELECT 1 FROM sighting WHERE sighting.event_id = event.id)",
                batch,
            )
        ]
    return sorted(found)


def taken_until(server_id: int, event_uuids: Sequence[str]) -> dict[str, int]:
    """By event that is here: up to which sighting_timestamp its sightings were taken over a link.

    Before the first time it is our own sighting_timestamp, as a MISP judges (PROTOCOL §4.6).
    """
    found: dict[str, int] = {}
    for start in range(0, len(event_uuids), 500):
        batch = event_uuids[start : start + 500]
        found |= dict(
            rows(
                "SELECT event.uuid, coalesce(taken.sighting_timestamp, event.sighting_timestamp) FROM event"
                " LEFT JOIN sightings_taken AS taken ON taken.event_uuid = event.uuid AND taken.server_id = ?"
                f" WHERE event.uuid IN ({marks(batch)}) AND event.trashed IS NULL",
                (server_id, *batch),
            )
        )
    return found


def note_taken(server_id: int, taken: Iterable[tuple[str, int]]) -> None:
    """Remember what was taken over a link: events with their sighting_timestamp there, inside a writing()."""
    known = list(taken)
    execute_many(
        "DELETE FROM sightings_taken WHERE server_id = ? AND event_uuid = ?", [(server_id, uuid) for uuid, _ in known]
    )
    execute_many(
        "INSERT INTO sightings_taken (server_id, event_uuid, sighting_timestamp) VALUES (?, ?, ?)",
        [(server_id, uuid, timestamp) for uuid, timestamp in known],
    )
