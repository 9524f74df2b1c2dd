"""What partners hold, by MD5 of the value: the caches of links (PROTOCOL §4.9, RULES §10.7)."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.store.servers import update_server
from mispmini.store.sql import execute, execute_many, marks, row, rows

_BATCH = 500


class ServerHit(NamedTuple):
    """A link whose partner holds a value, and the event it stands in there."""

    digest: bytes
    server_id: int
    server_name: str
    event_uuid: str | None
    server_url: str


def begin_cache(server_id: int) -> None:
    """Forget what was kept of a partner, inside a writing()."""
    execute("DELETE FROM server_value WHERE server_id = ?", (server_id,))


def add_to_cache(server_id: int, found: Iterable[tuple[bytes, str | None]]) -> None:
    """Keep more of it: MD5 and the event's uuid there, inside a writing()."""
    execute_many(
        "INSERT INTO server_value (server_id, digest, event_uuid) VALUES (?, ?, ?)",
        [(server_id, digest, uuid) for digest, uuid in dict.fromkeys(found)],
    )


def end_cache(server_id: int) -> None:
    """The cache is whole, as of now, inside a writing()."""
    update_server(server_id, {"cache_timestamp": clock.now()})


def any_cached() -> bool:
    """Whether anything is kept of any partner."""
    return row("SELECT 1 FROM server_value LIMIT 1", ()) is not None


def count_cached(server_id: int) -> int:
    """How many values are kept of a partner."""
    found = row("SELECT count(*) FROM server_value WHERE server_id = ?", (server_id,))
    return 0 if found is None else int(found[0])


def server_hits(digests: Sequence[bytes]) -> list[ServerHit]:
    """Which partners hold these digests, as far as their caches are kept up."""
    hits: list[ServerHit] = []
    for start in range(0, len(digests), _BATCH):
        batch = digests[start : start + _BATCH]
        found = rows(
            "SELECT server_value.digest, server.id, server.name, server_value.event_uuid, server.url FROM server_value"
            f" JOIN server ON server.id = server_value.server_id WHERE server_value.digest IN ({marks(batch)})"
            " AND server.caching_enabled ORDER BY server.priority, server.id, server_value.id",
            batch,
        )
        hits += [ServerHit(bytes(r[0]), *r[1:]) for r in found]
    return hits
