"""Feeds: finders and writers; what their caches hold, and which events they delivered. Only site admins change them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from mispmini.domain import clock
from mispmini.domain.feeds import FeedRecord, SourceFormat
from mispmini.store.damage import must_be, readable
from mispmini.store.sql import Predicate, Row, execute, execute_many, marks, rows, scalar
from mispmini.store.tables.feeds import Feed

_NAMES = tuple(item.name for item in fields(FeedRecord))
_FLAGS = frozenset(item.name for item in fields(FeedRecord) if item.type is bool)
_SELECT = f"SELECT {', '.join(f'feed.{name}' for name in _NAMES)} FROM feed"
_BATCH = 500


def list_any_feeds() -> list[FeedRecord]:
    """Every feed, oldest first."""
    return _feeds(Predicate("1 = 1"))


def find_any_feed(feed_id: int) -> FeedRecord | None:
    """A feed by id."""
    return next(iter(_feeds(Predicate("id = ?", (feed_id,)))), None)


def find_any_feed_at(url: str) -> FeedRecord | None:
    """A feed by its address."""
    return next(iter(_feeds(Predicate("url = ?", (url,)))), None)


def feeds_due(now: int) -> list[FeedRecord]:
    """Enabled feeds whose scheduled fetch is due."""
    return _feeds(Predicate("enabled AND fetch_interval > 0 AND next_fetch <= ?", (now,)))


def insert_feed(values: Mapping[str, object]) -> int:
    """Add a feed by column names, inside a writing(); returns its id."""
    return int(Feed.insert(dict(values)).execute())


def update_feed(feed_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a feed, inside a writing(). Names come from code, never from a request."""
    Feed.update(dict(values)).where(Feed.id == feed_id).execute()


def delete_feed(feed_id: int) -> None:
    """Remove a feed with its cache, inside a writing(); events stay."""
    execute("DELETE FROM feed WHERE id = ?", (feed_id,))


def replace_cache(feed_id: int, found: Iterable[tuple[bytes, str | None]]) -> int:
    """Keep these (MD5, event uuid) as what a feed holds, inside a writing(); how many there are."""
    kept = dict.fromkeys(found)
    execute("DELETE FROM feed_value WHERE feed_id = ?", (feed_id,))
    execute_many(
        "INSERT INTO feed_value (feed_id, digest, event_uuid) VALUES (?, ?, ?)",
        [(feed_id, digest, uuid) for digest, uuid in kept],
    )
    update_feed(feed_id, {"cache_timestamp": clock.now(), "cached_elements": len(kept)})
    return len(kept)


def hits_of(digests: Sequence[bytes], *, hidden_too: bool) -> list[tuple[bytes, int, str | None]]:
    """Which caches hold these digests: digest, feed's id, event's uuid there. `hidden_too`: of feeds that are not
    for everybody as well."""
    shown = "" if hidden_too else " AND feed.lookup_visible"
    found: list[tuple[bytes, int, str | None]] = []
    for start in range(0, len(digests), _BATCH):
        batch = digests[start : start + _BATCH]
        found += [
            (bytes(r[0]), r[1], r[2])
            for r in rows(
                "SELECT feed_value.digest, feed_value.feed_id, feed_value.event_uuid FROM feed_value"
                f" JOIN feed ON feed.id = feed_value.feed_id WHERE feed_value.digest IN ({marks(batch)})"
                f" AND feed.caching_enabled{shown} ORDER BY feed_value.feed_id, feed_value.id",
                batch,
            )
        ]
    return found


def any_cached() -> bool:
    """Whether anything is kept of any feed."""
    return bool(rows("SELECT 1 FROM feed WHERE cached_elements > 0 AND caching_enabled LIMIT 1"))


def overlaps() -> list[tuple[int, int, int]]:
    """Pairs of feeds whose caches share values, and how many: (one, other, count)."""
    found = rows(
        "SELECT mine.feed_id, theirs.feed_id, count(DISTINCT mine.digest) FROM feed_value AS mine"
        " JOIN feed_value AS theirs ON theirs.digest = mine.digest AND theirs.feed_id != mine.feed_id"
        " GROUP BY mine.feed_id, theirs.feed_id ORDER BY mine.feed_id, theirs.feed_id"
    )
    return [(r[0], r[1], r[2]) for r in found]


def note_delivery(feed_id: int, event_id: int) -> None:
    """Remember that a feed delivered an event, inside a writing()."""
    execute(
        "INSERT INTO feed_event (feed_id, event_id) VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING",
        (feed_id, event_id),
    )


def delivered_uuids(feed_id: int) -> set[str]:
    """Uuids of the events that a feed delivered and that are here."""
    text = "SELECT event.uuid FROM feed_event JOIN event ON event.id = feed_event.event_id WHERE feed_event.feed_id = ?"
    return {r[0] for r in rows(text, (feed_id,))}


def is_event_here(event_id: int) -> bool:
    """Whether an event stands here and not in the trash."""
    return scalar("SELECT 1 FROM event WHERE id = ? AND trashed IS NULL", (event_id,)) is not None


def _feeds(where: Predicate) -> list[FeedRecord]:
    return list(readable("feed", rows(f"{_SELECT} WHERE {where.text} ORDER BY id", where.params), _feed))


def _feed(r: Row) -> FeedRecord:
    values: dict[str, Any] = dict(zip(_NAMES, r, strict=True))
    values |= {name: bool(values[name]) for name in _FLAGS}
    values["allow_internal"] = tuple(json.loads(values["allow_internal"] or "[]"))
    values["source_format"] = SourceFormat(values["source_format"])
    for name in ("rules", "settings"):
        must_be(dict, values[name])
    return FeedRecord(**values)
