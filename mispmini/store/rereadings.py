"""Which pulled events are read again, as their partner may still have been writing them (RULES §11)."""

from collections.abc import Collection
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.servers import LinkedServer
from mispmini.store.servers import servers_where
from mispmini.store.sql import Predicate, execute, execute_many, row, rows

MOST_READINGS = 5
AGAIN_SECONDS = 15 * 60


class Rereading(NamedTuple):
    """An event that was read `readings` times, the last time with this digest; `due` by itself (epoch seconds), None
    when the last of all readings was another one still."""

    digest: str
    readings: int
    due: int | None


def find_rereading(server_id: int, event_uuid: str) -> Rereading | None:
    """What is known of an event whose readings did not agree yet."""
    text = "SELECT digest, readings, due FROM rereading WHERE server_id = ? AND event_uuid = ?"
    found = row(text, (server_id, event_uuid))
    return None if found is None else Rereading._make(found)


def to_read_again(server_id: int) -> dict[str, str]:
    """By uuid the digest of the last reading of what the next run reads again."""
    found = rows(
        "SELECT event_uuid, digest FROM rereading WHERE server_id = ? AND due IS NOT NULL ORDER BY id", (server_id,)
    )
    return dict(found)


def servers_due(now: int) -> list[LinkedServer]:
    """Links that pull and have something to be read again by itself."""
    due = "id IN (SELECT server_id FROM rereading WHERE due <= ?)"
    return servers_where(Predicate(f"pull AND NOT paused AND {due}", (now,)))


def put_off(server_id: int) -> None:
    """What is due is under way, or is due again in a while, inside a writing()."""
    now = clock.now()
    text = "UPDATE rereading SET due = ? WHERE server_id = ? AND due <= ?"
    execute(text, (now + AGAIN_SECONDS, server_id, now))


def note_reading(server_id: int, event_uuid: str, digest: str, readings: int) -> None:
    """An event was read so many times and is to be read again, unless that was the last time; inside a writing()."""
    due = clock.now() + AGAIN_SECONDS if readings < MOST_READINGS else None
    execute(
        "INSERT INTO rereading (server_id, event_uuid, digest, readings, due) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (server_id, event_uuid) DO UPDATE SET digest = excluded.digest, readings = excluded.readings,"
        " due = excluded.due",
        (server_id, event_uuid, digest, readings, due),
    )


def forget_readings(server_id: int, event_uuids: Collection[str]) -> None:
    """Two readings agreed, or no further one is wanted, inside a writing()."""
    text = "DELETE FROM rereading WHERE server_id = ? AND event_uuid = ?"
    execute_many(text, [(server_id, uuid) for uuid in event_uuids])
