"""Writes events, and finds what the verbs must know before they write. Raw SQL on hot paths (SPEED §3)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mispmini.domain.clock import is_ahead, now
from mispmini.domain.distribution import ELEMENT_SEEN_BY_ALL_HERE
from mispmini.store.analyst_data import settle_in
from mispmini.store.sql import execute, marks, row, rows, scalar


class NewEvent(NamedTuple):
    """The columns an event is made with."""

    id: int
    uuid: str
    org_id: int
    orgc_id: int
    user_id: int | None
    date: str
    info: str
    timestamp: int
    published: bool
    publish_timestamp: int
    threat_level_id: int
    analysis: int
    distribution: int
    sharing_group_id: int | None
    attribute_count: int
    locked: bool
    disable_correlation: bool
    extends_uuid: str
    received_from: int | None
    in_our_name: bool
    restricted: int
    extra: str | None


_FIXED = {"rev": 0, "sighting_timestamp": 0, "review": 0}
_COLUMNS = ", ".join((*NewEvent._fields, *_FIXED))
_INSERT = f"INSERT INTO event ({_COLUMNS}) VALUES ({marks((*NewEvent._fields, *_FIXED))})"


def insert_event(event: NewEvent) -> None:
    """Add an event, inside a writing()."""
    execute(_INSERT, (*event, *_FIXED.values()))


class EventStanding(NamedTuple):
    """Whose an event is and how it stands: what every verb judges by."""

    id: int
    uuid: str
    org_id: int
    orgc_id: int
    user_id: int | None
    timestamp: int
    published: bool
    publish_timestamp: int
    distribution: int
    sharing_group_id: int | None
    locked: bool
    protected: bool | None
    received_from: int | None
    info: str
    prev_timestamp: int | None
    review: bool
    published_as: int | None

    @property
    def is_out(self) -> bool:
        """Whether this very version was published: partners may hold it."""
        return self.published_as == self.timestamp


_NARROW = f"distribution NOT IN ({', '.join(str(int(level)) for level in ELEMENT_SEEN_BY_ALL_HERE)})"
_COUNTS = (
    f"SELECT coalesce(sum(NOT deleted), 0), coalesce(sum({_NARROW}), 0)"
    + "".join(
        f" + (SELECT count(*) FROM {table} WHERE event_id = ? AND {_NARROW})" for table in ("object", "event_report")
    )
    + " FROM attribute WHERE event_id = ?"
)
_STANDING = ", ".join(EventStanding._fields)

TAKEN = (
    "(event.trashed IS NULL OR EXISTS (SELECT 1 FROM event_blocklist WHERE event_blocklist.event_uuid = event.uuid))"
)
"""On `event`: its uuid is not free. One in the trash that is no longer blocked gives way to what arrives."""


def event_standing(event_id: int) -> EventStanding:
    """The standing of an event known to be here."""
    found = row(f"SELECT {_STANDING} FROM event WHERE id = ?", (event_id,))
    assert found is not None, "the caller found the event in this transaction"
    return EventStanding._make(found)


def find_any_event(uuid: str) -> EventStanding | None:
    """The event with this uuid whoever asks, trashed ones too: its uuid is taken."""
    found = row(f"SELECT {_STANDING} FROM event WHERE uuid = ?", (uuid,))
    return None if found is None else EventStanding._make(found)


def update_event(event_id: int, columns: Mapping[str, object]) -> None:
    """Write some columns and raise the revision, inside a writing(). Names come from code, never from a request."""
    names = ", ".join(f"{name} = ?" for name in columns)
    execute(f"UPDATE event SET {names}, rev = rev + 1 WHERE id = ?", (*columns.values(), event_id))


def recount(event_id: int) -> int:
    """Count an event's live attributes and its elements that not everybody here sees; returns the live ones."""
    live, restricted = rows(_COUNTS, (event_id,) * 3)[0]
    update_event(event_id, {"attribute_count": live, "restricted": restricted})
    settle_in(event_id)
    return int(live)


def count_any_attributes(event_id: int) -> int:
    """How many live attributes an event has, whoever may see them."""
    return int(scalar("SELECT attribute_count FROM event WHERE id = ?", (event_id,)))


def mark_changed(event_id: int, timestamp: int) -> None:
    """An element changed: the event is newer and no longer published (MODEL §7.12)."""
    update_event(event_id, {"timestamp": timestamp, "published": False})


def trash_event(event_id: int) -> None:
    """Hide an event from everybody; its uuid stays taken until it is purged or restored (RULES §2)."""
    update_event(event_id, {"trashed": now()})


def wanted_for_push(offered: Sequence[tuple[str, int]]) -> list[str]:
    """Of the offered (uuid, timestamp) those a receiver wants: unknown ones, and newer ones of locked events.

    PROTOCOL §3.3; no visibility and no blocklist by design: one in the trash is unknown, and refused when it comes
    (recording 27).
    """
    stored: dict[str, tuple[int, bool]] = {}
    for start in range(0, len(offered), 500):
        batch = [uuid for uuid, _ in offered[start : start + 500]]
        found = rows(
            f"SELECT uuid, timestamp, locked FROM event WHERE uuid IN ({marks(batch)}) AND trashed IS NULL", batch
        )
        stored.update((uuid, (timestamp, locked)) for uuid, timestamp, locked in found)
    return [uuid for uuid, timestamp in offered if uuid not in stored or _is_older(*stored[uuid], timestamp)]


def _is_older(timestamp: int, locked: bool, offered: int) -> bool:
    """Whether a version here gives way to the one offered: any, if it is of the future (RULES §6)."""
    return locked and (timestamp < offered or (is_ahead(timestamp) and timestamp != offered))
