"""Events that were deleted here: hidden at once, kept for an undo, removed for good later (RULES §2)."""

from collections.abc import Sequence, Set
from typing import NamedTuple, TypeVar

from mispmini.domain.errors import NotFound
from mispmini.domain.ids import canonical_uuid, is_row_number, new_uuid, uuid_bytes
from mispmini.domain.viewer import Viewer
from mispmini.store.attributes import forget_values, uuids_elsewhere
from mispmini.store.events import TAKEN, EventStanding, event_standing, update_event
from mispmini.store.sql import TRUE, Predicate, Row, execute, in_batches, marks, row, rows

NOT_IN_TRASH = "Invalid event"
_BATCH = 1_000
Uuid = TypeVar("Uuid", bound=bytes | str)


class Trashed(NamedTuple):
    """A deleted event; `deleted` is epoch seconds."""

    id: int
    uuid: str
    info: str
    creator: str
    deleted: int


def find_any_trashed(ref: str) -> EventStanding:
    """A trashed event by id or uuid, whoever asks. Raises NotFound."""
    uuid = canonical_uuid(ref)
    is_number = is_row_number(ref)
    named = Predicate("uuid = ?", (uuid,)) if uuid else Predicate("id = ?", (int(ref) if is_number else 0,))
    found = row(f"SELECT id FROM event WHERE {named.text} AND trashed IS NOT NULL", named.params)
    if found is None:
        raise NotFound(NOT_IN_TRASH)
    return event_standing(found[0])


def is_trashed(event_id: int) -> bool:
    """Whether an event is in the trash."""
    return row("SELECT 1 FROM event WHERE id = ? AND trashed IS NOT NULL", (event_id,)) is not None


def trashed_among(uuids: Sequence[str]) -> frozenset[str]:
    """Which of these events are in the trash, whoever asks; at most some hundred a call."""
    found = rows(f"SELECT uuid FROM event WHERE uuid IN ({marks(uuids)}) AND trashed IS NOT NULL", uuids)
    return frozenset(r[0] for r in found)


def take_out_of_trash(event_id: int) -> None:
    """Show an event again, inside a writing()."""
    update_event(event_id, {"trashed": None})


def newest_trashed(viewer: Viewer, *, limit: int) -> list[Trashed]:
    """Events in the trash that the viewer's organisation created or its account stored, a site admin's are all; the
    newest first. Whether the viewer may restore one is not judged here."""
    own = Predicate("event.orgc_id = ? OR event.user_id = ?", (viewer.org_id, viewer.user_id))
    mine = TRUE if viewer.is_site_admin else own
    found = rows(
        "SELECT event.id, event.uuid, event.info, organisation.name, event.trashed FROM event"
        f" JOIN organisation ON organisation.id = event.orgc_id WHERE event.trashed IS NOT NULL AND ({mine.text})"
        " ORDER BY event.trashed DESC, event.id DESC LIMIT ?",
        (*mine.params, limit),
    )
    return [Trashed._make(r) for r in found]


def trashed_before(moment: int, *, limit: int) -> list[int]:
    """Ids of events that were deleted before `moment` (epoch seconds), the oldest first."""
    found = rows("SELECT id FROM event WHERE trashed < ? ORDER BY trashed, id LIMIT ?", (moment, limit))
    return [r[0] for r in found]


def trashed_of(org_id: int) -> list[int]:
    """Ids of deleted events that this organisation owned or had created."""
    found = rows("SELECT id FROM event WHERE ? IN (org_id, orgc_id) AND trashed IS NOT NULL", (org_id,))
    return [r[0] for r in found]


def purge_event(event_id: int) -> None:
    """Remove a trashed event with all its parts, inside a writing(); files of its own are swept later."""
    ids = [r[0] for r in rows("SELECT id FROM attribute WHERE event_id = ?", (event_id,))]
    for batch in in_batches(ids, _BATCH):
        forget_values(batch)
    execute("DELETE FROM event WHERE id = ? AND trashed IS NOT NULL", (event_id,))


def uuids_of_others(table: str, uuids: Sequence[Uuid], event_id: int) -> set[Uuid]:
    """Which of these uuids belong to another event, inside a writing(); they are never moved (TRUST §2.2 row 9).

    The uuid of an element in the trash may come again. An event of the same owner, or one that is let in again, takes
    the element's place; before anybody else it gives only its uuid up, so that an undo still brings all of it.
    """
    elsewhere = uuids_elsewhere(table, uuids, event_id)
    return elsewhere - _given_up(table, elsewhere, event_id) if elsewhere else elsewhere


def _given_up(table: str, uuids: Set[Uuid], event_id: int) -> set[Uuid]:
    held: list[Row] = []
    for batch in in_batches(list(uuids)):
        held += rows(
            f"SELECT {table}.id, {table}.uuid, event.org_id = taker.org_id OR NOT {TAKEN} FROM {table}"
            f" JOIN event ON event.id = {table}.event_id JOIN event AS taker ON taker.id = ?"
            f" WHERE {table}.uuid IN ({marks(batch)}) AND event.trashed IS NOT NULL",
            (event_id, *batch),
        )
    _remove(table, [number for number, _, is_replaced in held if is_replaced])
    for number, uuid, is_replaced in held:
        if not is_replaced:
            fresh = new_uuid()
            kept = fresh if isinstance(uuid, str) else uuid_bytes(fresh)
            execute(f"UPDATE {table} SET uuid = ? WHERE id = ?", (kept, number))
    return {r[1] for r in held}


def _remove(table: str, ids: Sequence[int]) -> None:
    for part in in_batches(ids):
        if table == "object":
            held = rows(f"SELECT id FROM attribute WHERE object_id IN ({marks(part)})", part)
            _remove("attribute", [r[0] for r in held])
        if table == "attribute":
            forget_values(part)
        execute(f"DELETE FROM {table} WHERE id IN ({marks(part)})", part)
