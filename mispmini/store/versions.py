"""Which version of which event stands here: what push offers and pull compares. All-seeing, for sync alone."""

from collections.abc import Sequence
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.store.events import TAKEN
from mispmini.store.sql import marks, rows

_BATCH = 500


class LocalVersion(NamedTuple):
    """An event as it stands here; a trashed one counts as blocked."""

    timestamp: int
    locked: bool
    trashed: bool
    published: bool

    def is_older_than(self, timestamp: int) -> bool:
        """Whether another version is worth asking for: any other, if this one is of the future (RULES §6)."""
        return self.timestamp < timestamp or (clock.is_ahead(self.timestamp) and self.timestamp != timestamp)


def versions_by_id(event_ids: Sequence[int]) -> list[tuple[str, int]]:
    """(uuid, timestamp) of events; at most some thousand a call."""
    found = rows(f"SELECT uuid, timestamp FROM event WHERE id IN ({marks(event_ids)})", event_ids)
    return [(r[0], r[1]) for r in found]


def published_event_ids(levels: Sequence[int], *, above: int = 0) -> list[int]:
    """Ids of published events with one of these distribution levels and a higher id than `above`, oldest first."""
    found = rows(
        f"SELECT id FROM event WHERE published AND trashed IS NULL AND id > ? AND distribution IN ({marks(levels)})"
        " ORDER BY id",
        (above, *levels),
    )
    return [r[0] for r in found]


def local_versions(uuids: Sequence[str]) -> dict[str, LocalVersion]:
    """Those of these events that are here, by uuid."""
    here: dict[str, LocalVersion] = {}
    for start in range(0, len(uuids), _BATCH):
        batch = uuids[start : start + _BATCH]
        found = rows(
            "SELECT uuid, timestamp, locked, trashed IS NOT NULL, published FROM event"
            f" WHERE uuid IN ({marks(batch)}) AND {TAKEN}",
            batch,
        )
        here.update((r[0], LocalVersion(r[1], *map(bool, r[2:]))) for r in found)
    return here


def local_counts(uuids: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Timestamp and number of attributes of those of these events that are here, by uuid."""
    here: dict[str, tuple[int, int]] = {}
    for start in range(0, len(uuids), _BATCH):
        batch = uuids[start : start + _BATCH]
        text = f"SELECT uuid, timestamp, attribute_count FROM event WHERE uuid IN ({marks(batch)}) AND trashed IS NULL"
        here.update((r[0], (r[1], r[2])) for r in rows(text, batch))
    return here


def blocked_among(uuids: Sequence[str], orgc_uuids: Sequence[str]) -> tuple[set[str], set[str]]:
    """Which of these events and of these creators' organisations are on a blocklist."""
    return (
        _listed("SELECT event_uuid FROM event_blocklist WHERE event_uuid", uuids),
        _listed("SELECT org_uuid FROM org_blocklist WHERE org_uuid", orgc_uuids),
    )


def blocked_organisations() -> list[str]:
    """Uuids of the organisations from which nothing is taken."""
    return [r[0] for r in rows("SELECT org_uuid FROM org_blocklist ORDER BY org_uuid")]


def _listed(query: str, values: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(values), _BATCH):
        batch = values[start : start + _BATCH]
        found.update(r[0] for r in rows(f"{query} IN ({marks(batch)})", batch))
    return found
