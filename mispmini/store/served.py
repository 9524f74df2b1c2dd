"""Which partner read which version of an event here (RULES §10.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.store.database import writing
from mispmini.store.sql import execute, execute_many, row, rows

KEEP_SECONDS = 2 * 365 * 86400


@dataclass(frozen=True, slots=True)
class Reading:
    """A partner's organisation read one version (timestamp) of an event, by one of its keys."""

    event_uuid: str
    org_id: int
    timestamp: int
    authkey_id: int | None
    time: int


def note_readings(versions: Sequence[tuple[str, int]], *, org_id: int, authkey_id: int | None) -> None:
    """Keep one row per event (uuid, timestamp), partner and version; repeats write nothing."""
    fresh = [version for version in versions if not _is_noted(*version, org_id)]
    if fresh:
        with writing(quiet=True):
            execute_many(
                "INSERT INTO served (event_uuid, org_id, timestamp, authkey_id, time) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(uuid, org_id, timestamp, authkey_id, clock.now()) for uuid, timestamp in fresh],
            )


def list_readings(event_uuid: str) -> list[Reading]:
    """Who read an event, newest first."""
    found = rows(
        "SELECT event_uuid, org_id, timestamp, authkey_id, time FROM served WHERE event_uuid = ? ORDER BY id DESC",
        (event_uuid,),
    )
    return [Reading(*r) for r in found]


def forget_old_readings() -> None:
    """Drop what is older than two years, inside a writing()."""
    execute("DELETE FROM served WHERE time < ?", (clock.now() - KEEP_SECONDS,))


def _is_noted(event_uuid: str, timestamp: int, org_id: int) -> bool:
    text = "SELECT 1 FROM served WHERE event_uuid = ? AND org_id = ? AND timestamp = ?"
    return row(text, (event_uuid, org_id, timestamp)) is not None
