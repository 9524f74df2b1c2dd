"""What a feed holds, looked at without taking it: its events with a verdict each, or the values of its list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.feeds import FeedRecord, ManifestEntry, SourceFormat
from mispmini.domain.ids import canonical_uuid
from mispmini.sync.feeds.choosing import WOULD_COME, FeedVerdict, judge
from mispmini.sync.feeds.lists import FeedValue, kept_values, values_of
from mispmini.sync.feeds.source import FeedSource, open_feed
from mispmini.sync.links import Outbound
from mispmini.sync.remote import RemoteFailure

PAGE_SIZE = 60


@dataclass(frozen=True, slots=True)
class FeedPreview:
    """One page of what a feed holds. A MISP feed has `entries` with their verdicts, a list has `values`.

    `total` and `coming` count all of it: what is there, and what a fetch would take.
    """

    entries: tuple[ManifestEntry, ...] = ()
    verdicts: tuple[FeedVerdict, ...] = ()
    values: tuple[FeedValue, ...] = ()
    known: frozenset[tuple[str, str]] = frozenset()
    total: int = 0
    coming: int = 0


def preview_feed(feed: FeedRecord, outbound: Outbound, *, page: int = 1, limit: int = PAGE_SIZE) -> FeedPreview:
    """A page of a feed, newest events first. Raises SaveFailed with what went wrong there."""
    try:
        with open_feed(feed, outbound) as source:
            return (
                _events(source, page, limit) if feed.source_format is SourceFormat.MISP else _list(source, page, limit)
            )
    except RemoteFailure as failure:
        raise _failed(feed, failure) from failure


def preview_event(feed: FeedRecord, outbound: Outbound, uuid: str) -> Mapping[str, Any]:
    """One event of a MISP feed as it tells of it. Raises NotFound, SaveFailed."""
    known = canonical_uuid(uuid)
    if known is None or feed.source_format is not SourceFormat.MISP:
        raise NotFound("Invalid event")
    try:
        with open_feed(feed, outbound) as source:
            document = source.event(known)
    except RemoteFailure as failure:
        raise _failed(feed, failure) from failure
    event = document.get("Event") if isinstance(document, dict) else None
    if not isinstance(event, dict):
        raise NotFound("Invalid event")
    return {"Event": event}


def _events(source: FeedSource, page: int, limit: int) -> FeedPreview:
    entries = sorted(source.manifest(), key=lambda entry: -entry.timestamp)
    verdicts = judge(source.feed, entries)
    start = (page - 1) * limit
    return FeedPreview(
        entries=tuple(entries[start : start + limit]),
        verdicts=tuple(verdicts[start : start + limit]),
        total=len(entries),
        coming=sum(verdict in WOULD_COME for verdict in verdicts),
    )


def _list(source: FeedSource, page: int, limit: int) -> FeedPreview:
    found = values_of(source.feed, source.text())
    known = frozenset(kept_values(source.feed))
    start = (page - 1) * limit
    coming = sum((value.type, value.value) not in known for value in found)
    return FeedPreview(values=tuple(found[start : start + limit]), known=known, total=len(found), coming=coming)


def _failed(feed: FeedRecord, failure: RemoteFailure) -> SaveFailed:
    return SaveFailed("preview", "Feed", str(failure), subject_id=feed.id)
