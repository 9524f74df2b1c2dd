"""Once a week each link's two indexes are compared by themselves (RULES §10.9)."""

import logging
import threading
from functools import partial

from mispmini.domain import clock
from mispmini.domain.errors import Busy, SaveFailed
from mispmini.domain.servers import LinkedServer
from mispmini.jobs.crew import Crew
from mispmini.store import servers
from mispmini.sync.comparing import compare_with
from mispmini.sync.links import Outbound

EVERY_SECONDS = 7 * 86400
AFTER_FAILURE_SECONDS = 6 * 3600
STOP_SECONDS = 3.0
_log = logging.getLogger(__name__)


class Comparer:
    """One link at a time: nobody waits for it."""

    def __init__(self, outbound: Outbound, stopping: threading.Event) -> None:
        self._outbound = outbound
        self._stopping = stopping
        self._crew = Crew("compare", 1)
        self._tried: dict[int, int] = {}

    def start_due(self) -> None:
        """Start the one that waits longest, unless one is at work; one that failed has to wait for hours."""
        now = clock.now()
        due = servers.servers_due_for_comparison(now - EVERY_SECONDS)
        due = [server for server in due if self._tried.get(server.id, 0) <= now - AFTER_FAILURE_SECONDS]
        if due:
            longest = min(due, key=lambda server: server.last_compared or server.created)
            if self._crew.start(longest.id, partial(self._compare, longest)):
                self._tried[longest.id] = now

    def wait(self) -> None:
        """Give it a moment to end."""
        self._crew.wait(STOP_SECONDS)

    def _compare(self, server: LinkedServer) -> None:
        try:
            compare_with(server, self._outbound, progress=lambda _done, _total: not self._stopping.is_set())
        except SaveFailed as failure:
            _log.info("The comparison with server %s failed: %s", server.id, failure.errors)
        except Busy as busy:
            _log.info("The comparison with server %s waits: %s", server.id, busy.sentence)
