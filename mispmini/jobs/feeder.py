"""Fetches of feeds that are due; what is due stands in the feed's row, so that a restart catches up."""

import logging
from functools import partial
from threading import Event

from mispmini.domain import clock
from mispmini.domain.errors import Busy, SaveFailed
from mispmini.domain.feeds import FeedVerb
from mispmini.jobs.crew import Crew
from mispmini.store import feeds
from mispmini.store.database import writing
from mispmini.sync.feeds.work import run_feed
from mispmini.sync.links import Outbound

FEEDS_AT_ONCE = 2
STOP_SECONDS = 3.0
_log = logging.getLogger(__name__)


class Feeder:
    """The scheduler's fetches of feeds; one that still runs is not started again."""

    def __init__(self, outbound: Outbound, stopping: Event) -> None:
        self._outbound = outbound
        self._stopping = stopping
        self._crew = Crew("feed", FEEDS_AT_ONCE)

    def start_due(self) -> None:
        """Start every fetch that is due."""
        for feed in feeds.feeds_due(clock.now()):
            if self._crew.has_room:
                with writing(quiet=True):
                    feeds.update_feed(feed.id, {"next_fetch": clock.now() + (feed.fetch_interval or 0)})
                self._crew.start(feed.id, partial(self._fetch, feed.id, is_cached=feed.caching_enabled))

    def wait(self) -> None:
        """Give fetches a moment to end after the event under way."""
        self._crew.wait(STOP_SECONDS)

    def _fetch(self, feed_id: int, *, is_cached: bool) -> None:
        for verb in (FeedVerb.FETCH, FeedVerb.CACHE)[: 1 + is_cached]:
            try:
                run_feed(feed_id, verb, self._outbound, progress=lambda _done, _total: not self._stopping.is_set())
            except SaveFailed as failure:
                _log.info("Feed %s failed: %s", feed_id, failure.errors)
            except Busy as busy:
                _log.info("Feed %s waits: %s", feed_id, busy.sentence)
