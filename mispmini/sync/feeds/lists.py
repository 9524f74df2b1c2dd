"""Feeds that are lists of values: CSV and free text, each value recognised as MODEL §7.17 says."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.feeds import FeedRecord, ListSettings, SourceFormat
from mispmini.domain.freetext import Candidate, find_candidates
from mispmini.domain.freetext.candidates import types_saved_as
from mispmini.domain.graphs import AttributeRow
from mispmini.domain.origin import Origin, Way
from mispmini.domain.validation import InvalidValue, normal_form
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event, edit_event
from mispmini.store import feeds as store
from mispmini.store.database import reading, writing
from mispmini.store.graphs import load_event
from mispmini.store.tags import tag_names
from mispmini.sync.feeds.events import Taken, house_viewer, publish_if_wished
from mispmini.sync.feeds.source import FeedSource
from mispmini.sync.links import Progress
from mispmini.sync.remote import Cause, RemoteFailure
from mispmini.wire.feed_in import NO_SETTINGS

MOST_VALUES = 200_000
_LONGEST_LINE = 10_000
_AT_ONCE = 2_000
_COMPLETED, _UNDEFINED = 2, 4


@dataclass(frozen=True, slots=True)
class FeedValue:
    """A value of a list, in its normal form."""

    type: str
    value: str
    to_ids: bool

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same as another."""
        return self.type, self.value


def values_of(feed: FeedRecord, text: str) -> list[FeedValue]:
    """The values of a list, each once, in the order of the list. Raises RemoteFailure above 200,000, SaveFailed."""
    settings = _settings(feed)
    lines = (line for line in text.splitlines() if line.strip() and len(line) <= _LONGEST_LINE)
    kept = (line for line in lines if settings.exclude is None or not settings.exclude.found_in(line))
    pieces = _cells(kept, settings) if feed.source_format is SourceFormat.CSV else kept
    found: dict[tuple[str, str], FeedValue] = {}
    for piece in pieces:
        for candidate in find_candidates(piece):
            for value in _as_stored(candidate, feed):
                found.setdefault(value.key, value)
        if len(found) > MOST_VALUES:
            raise RemoteFailure(Cause.TOO_BIG, f"the list holds more than {MOST_VALUES} values")
    return list(found.values())


def _settings(feed: FeedRecord) -> ListSettings:
    """What was saved before may hold an expression that is not understood here any more. Raises SaveFailed."""
    try:
        return ListSettings.from_text(feed.settings)
    except ValueError as error:
        raise SaveFailed("read", "Feed", NO_SETTINGS.format(error), subject_id=feed.id) from None


def _cells(lines: Iterable[str], settings: ListSettings) -> Iterator[str]:
    """The cells of the columns asked for; without any, of all."""
    for line in lines:
        try:
            row = next(csv.reader([line], delimiter=settings.delimiter, skipinitialspace=True), [])
        except csv.Error:
            continue
        wanted = settings.columns or range(1, len(row) + 1)
        yield from (row[number - 1] for number in wanted if number <= len(row))


def _as_stored(candidate: Candidate, feed: FeedRecord) -> Iterator[FeedValue]:
    to_ids = False if feed.override_ids else True if feed.force_to_ids else candidate.to_ids
    for name in types_saved_as(candidate.default_type):
        try:
            yield FeedValue(name, normal_form(name, candidate.value), to_ids)
        except InvalidValue:
            continue


def kept_values(feed: FeedRecord) -> dict[tuple[str, str], AttributeRow]:
    """What the feed's own event holds now, by type and value; empty if it has none."""
    if not feed.fixed_event or feed.event_id is None or not store.is_event_here(feed.event_id):
        return {}
    with reading():
        graph = load_event(Viewer.everything(), str(feed.event_id))
    return {(row.type, row.value): row for row in graph.attributes if row.object_id is None}


def fetch_values(source: FeedSource, progress: Progress) -> Taken:
    """Bring the feed's event up to its list, or make a new event of it. Raises RemoteFailure."""
    feed, viewer = source.feed, house_viewer(source.feed)
    wanted = values_of(feed, source.text())
    here = kept_values(feed)
    fresh = [value for value in wanted if value.key not in here]
    gone = _gone(here, wanted) if feed.delta_merge and wanted else []
    if not (fresh or gone):
        return Taken()
    event_id = _event_of(feed, viewer)
    drafts = [*(_draft(value) for value in fresh), *gone]
    for start in range(0, len(drafts), _AT_ONCE):
        part = EventDraft(attributes=tuple(drafts[start : start + _AT_ONCE]), published=False)
        edit_event(viewer, str(event_id), part, Origin(Way.LOCAL, viewer.org_id))
        if not progress(min(start + _AT_ONCE, len(drafts)), len(drafts)):
            break
    publish_if_wished(feed, viewer, event_id)
    return Taken(added=len(fresh), updated=len(gone))


def _gone(here: dict[tuple[str, str], AttributeRow], wanted: Iterable[FeedValue]) -> list[AttributeDraft]:
    """What the list has no more, deleted softly so that partners hear of it."""
    left = here.keys() - {value.key for value in wanted}
    rows = (here[key] for key in sorted(left))
    return [AttributeDraft(type=row.type, value=row.value, uuid=row.uuid, deleted=True) for row in rows]


def _draft(value: FeedValue) -> AttributeDraft:
    return AttributeDraft(type=value.type, value=value.value, to_ids=value.to_ids)


def _event_of(feed: FeedRecord, viewer: Viewer) -> int:
    """The feed's event, made if it has none that stands here; or a new one for each fetch."""
    if feed.fixed_event and feed.event_id is not None and store.is_event_here(feed.event_id):
        return feed.event_id
    names = tag_names([feed.tag_id]) if feed.tag_id else {}
    draft = EventDraft(
        info=f"{feed.name} feed",
        date=clock.today(),
        analysis=_COMPLETED,
        threat_level_id=_UNDEFINED,
        distribution=feed.distribution,
        sharing_group_id=feed.sharing_group_id,
        tags=tuple(TagDraft(name) for name in names.values()),
    )
    with writing():
        event_id = add_event(viewer, draft, Origin(Way.LOCAL, viewer.org_id)).event_id
        if feed.fixed_event:
            store.update_feed(feed.id, {"event_id": event_id})
    return event_id
