"""Keeps the outbox's promises: one thread per link with something due, so that one that hangs delays nobody."""

import logging
import threading
from functools import partial

from mispmini.domain import clock
from mispmini.jobs.crew import Crew, repeat
from mispmini.store import outbox
from mispmini.sync.delivering import Patience, deliver_due
from mispmini.sync.links import AlreadyRunning, Outbound

LINKS_AT_ONCE = 8
POLL_SECONDS = 1.0
STOP_SECONDS = 3.0
_log = logging.getLogger(__name__)


class OutboxRunner:
    """Woken at once by a promise made in this process, and every second for those of others."""

    def __init__(self, outbound: Outbound, patience: Patience) -> None:
        self._outbound = outbound
        self._patience = patience
        self._crew = Crew("push", LINKS_AT_ONCE, has_room_again=outbox.wake)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the event under way, or without waiting for a partner that hangs."""
        self._stopping.set()
        outbox.wake()
        self._thread.join(STOP_SECONDS)
        self._crew.wait(STOP_SECONDS)

    def _loop(self) -> None:
        repeat(self._step, self._stopping, name="The outbox runner", pause=POLL_SECONDS)

    def _step(self) -> None:
        self._send_out()
        outbox.wait_for_news(POLL_SECONDS)

    def _send_out(self) -> None:
        for server_id in outbox.servers_with_due_rows(clock.now()):
            self._crew.start(server_id, partial(self._deliver, server_id))

    def _deliver(self, server_id: int) -> None:
        try:
            deliver_due(server_id, self._outbound, patience=self._patience, is_stopping=self._stopping.is_set)
        except AlreadyRunning:
            _log.info("Server %s is being worked by another process", server_id)
