"""What the last comparison of a link's two indexes found (RULES §10.9). Only site admins see it."""

from collections.abc import Sequence
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.comparisons import Difference, DifferenceKind
from mispmini.domain.receipts import Direction
from mispmini.store.servers import update_server
from mispmini.store.sql import execute, execute_many, row, rows


class FoundDifference(NamedTuple):
    """A difference with the event as it stands here; it may not be here."""

    difference: Difference
    event_id: int | None
    event_info: str | None


def replace_differences(server_id: int, found: Sequence[Difference]) -> None:
    """Keep these instead of those of the last time, inside a writing()."""
    execute("DELETE FROM difference WHERE server_id = ?", (server_id,))
    execute_many(
        "INSERT INTO difference (server_id, direction, event_uuid, kind, detail) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(server_id, item.direction, item.event_uuid, item.kind, item.detail) for item in found],
    )
    update_server(server_id, {"last_compared": clock.now()})


def list_differences(server_id: int, limit: int) -> list[FoundDifference]:
    """What differs on a link, what goes out before what comes in."""
    found = rows(
        "SELECT direction, event_uuid, kind, detail, event.id, event.info FROM difference"
        " LEFT JOIN event ON event.uuid = difference.event_uuid AND event.trashed IS NULL"
        " WHERE server_id = ? ORDER BY direction DESC, kind, difference.id LIMIT ?",
        (server_id, limit),
    )
    return [FoundDifference(Difference(Direction(r[0]), r[1], DifferenceKind(r[2]), r[3]), r[4], r[5]) for r in found]


def count_differences(server_id: int) -> int:
    """How many events differ on a link."""
    found = row("SELECT count(*) FROM difference WHERE server_id = ?", (server_id,))
    return 0 if found is None else int(found[0])
