"""Fetches a feed, or caches what it holds for look-ups; what became of it stands in its row."""

import logging
from collections.abc import Iterator

from mispmini.domain import clock
from mispmini.domain.errors import MispminiError, NotFound, SaveFailed
from mispmini.domain.feeds import FeedRecord, FeedVerb, SourceFormat, value_digest
from mispmini.store import feeds as store
from mispmini.store.database import writing
from mispmini.sync.feeds.events import fetch_events
from mispmini.sync.feeds.lists import fetch_values, values_of
from mispmini.sync.feeds.source import FeedSource, open_feed
from mispmini.sync.links import Outbound, Progress, go_on, only_one_on
from mispmini.sync.remote import RemoteFailure
from mispmini.wire.event_in import read_event
from mispmini.wire.feed_in import read_hashes

_log = logging.getLogger(__name__)


def run_feed(feed_id: int, verb: FeedVerb, outbound: Outbound, *, progress: Progress = go_on) -> str:
    """Fetch or cache one feed; the sentence that says how it ended. Raises NotFound, SaveFailed, AlreadyRunning."""
    feed = store.find_any_feed(feed_id)
    if feed is None:
        raise NotFound("Invalid feed.")
    with only_one_on(feed.id, kind="feed"):
        try:
            with open_feed(feed, outbound) as source:
                sentence = _fetched(source, progress) if verb is FeedVerb.FETCH else _cached(source, progress)
        except (RemoteFailure, MispminiError) as error:
            _note(feed, _told(error), verb)
            raise SaveFailed(verb.value, "Feed", _told(error), subject_id=feed.id) from error
        _note(feed, sentence, verb)
    return sentence


def _fetched(source: FeedSource, progress: Progress) -> str:
    if source.feed.source_format is SourceFormat.MISP:
        taken = fetch_events(source, progress)
        return f"Feed fetched. {taken.added} events added, {taken.updated} updated, {taken.failed} failed."
    taken = fetch_values(source, progress)
    return f"Feed fetched. {taken.added} values added, {taken.updated} removed."


def _cached(source: FeedSource, progress: Progress) -> str:
    found = list(_digests(source, progress))
    with writing():
        count = store.replace_cache(source.feed.id, found)
    return f"Feed cached. {count} values."


def _digests(source: FeedSource, progress: Progress) -> Iterator[tuple[bytes, str | None]]:
    if source.feed.source_format is not SourceFormat.MISP:
        for value in values_of(source.feed, source.text()):
            yield from ((value_digest(part), None) for part in value.value.split("|"))
        return
    hashes = source.hashes()
    if hashes is not None:
        yield from read_hashes(hashes)
        return
    entries = source.manifest()
    for done, entry in enumerate(entries, 1):
        yield from _digests_of_event(source, entry.uuid)
        if not progress(done, len(entries)):
            return


def _digests_of_event(source: FeedSource, uuid: str) -> Iterator[tuple[bytes, str | None]]:
    try:
        draft = read_event(source.event(uuid), from_partner=True)
    except MispminiError as error:
        _log.warning("Event %s of feed %s cannot be read: %s", uuid, source.feed.id, error.sentence)
        return
    for attribute in (*draft.attributes, *(a for item in draft.objects for a in item.attributes)):
        yield from ((value_digest(part), uuid) for part in (attribute.value or "").split("|") if part)


def _note(feed: FeedRecord, sentence: str, verb: FeedVerb) -> None:
    times = {"last_fetch": clock.now()} if verb is FeedVerb.FETCH else {}
    with writing(quiet=True):
        store.update_feed(feed.id, {"last_result": sentence, **times})


def _told(error: Exception) -> str:
    if isinstance(error, SaveFailed):
        return str(error.errors)
    return error.sentence if isinstance(error, MispminiError) else str(error)
