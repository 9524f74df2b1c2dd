"""Which partner read which version of an event here (RULES §10.2).

A pull reads thousands of events, one a request: a transaction for each would cost as much as the event's own text. So
the first note is written at once, and those of the second after it together (ADR 0007).
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.errors import Busy, OutOfSpace
from mispmini.store.database import writing
from mispmini.store.sql import execute, execute_many, row, rows
from mispmini.store.tables.base import database

KEEP_SECONDS = 2 * 365 * 86400
_TOGETHER_SECONDS = 1.0
MOST_WAITING = 1_000
MOST_HELD = 20_000


class Reading(NamedTuple):
    """A partner's organisation read one version (timestamp) of an event, by one of its keys."""

    event_uuid: str
    org_id: int
    timestamp: int
    authkey_id: int | None
    time: int


@dataclass(slots=True)
class _Waiting:
    """Readings that are not written yet, of the database file that is open."""

    path: str = ""
    readings: list[Reading] = field(default_factory=list)
    written_at: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def add(self, fresh: Sequence[Reading]) -> bool:
        """Take more; whether it is time to write."""
        with self.lock:
            if self.path != database.database:
                self.path, self.readings, self.written_at = database.database, [], 0.0
            self.readings.extend(fresh)
            del self.readings[:-MOST_HELD]
            rested = time.monotonic() - self.written_at >= _TOGETHER_SECONDS
            return rested or len(self.readings) >= MOST_WAITING

    def take(self) -> list[Reading]:
        """All of them, for writing."""
        with self.lock:
            if self.path != database.database or not self.readings:
                return []
            taken, self.readings, self.written_at = self.readings, [], time.monotonic()
            return taken


_waiting = _Waiting()


def note_readings(versions: Sequence[tuple[str, int]], *, org_id: int, authkey_id: int | None) -> None:
    """Keep one row per event (uuid, timestamp), partner and version, within a second; repeats write nothing.

    While the database takes no write they wait, the newest 20,000 of them: who reads need not hear of it (TRUST F9).
    """
    now = clock.now()
    if _waiting.add([Reading(uuid, org_id, timestamp, authkey_id, now) for uuid, timestamp in versions]):
        with suppress(Busy, OutOfSpace):
            write_readings()


def write_readings() -> None:
    """Write what waits, but never inside of another transaction, which could take it back.

    Nothing is lost when the database is busy. Raises Busy, OutOfSpace.
    """
    if database.in_transaction():
        return
    taken = _waiting.take()
    try:
        if fresh := [reading for reading in taken if not _is_noted(reading)]:
            with writing(quiet=True):
                execute_many(
                    "INSERT INTO served (event_uuid, org_id, timestamp, authkey_id, time) VALUES (?, ?, ?, ?, ?)"
                    " ON CONFLICT DO NOTHING",
                    fresh,
                )
    except BaseException:
        _waiting.add(taken)
        raise


def list_readings(event_uuid: str) -> list[Reading]:
    """Who read an event, newest first; those that wait too, if they can be written."""
    with suppress(Busy, OutOfSpace):
        write_readings()
    found = rows(
        "SELECT event_uuid, org_id, timestamp, authkey_id, time FROM served WHERE event_uuid = ? ORDER BY id DESC",
        (event_uuid,),
    )
    return [Reading(*r) for r in found]


def forget_old_readings() -> None:
    """Drop what is older than two years, inside a writing()."""
    execute("DELETE FROM served WHERE time < ?", (clock.now() - KEEP_SECONDS,))


def _is_noted(reading: Reading) -> bool:
    text = "SELECT 1 FROM served WHERE event_uuid = ? AND org_id = ? AND timestamp = ?"
    return row(text, (reading.event_uuid, reading.org_id, reading.timestamp)) is not None
