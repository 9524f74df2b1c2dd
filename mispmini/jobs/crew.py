"""Threads for work that may hang: one task per key at a time, each thread with a connection of its own."""

import logging
import threading
import time
from collections.abc import Callable

from mispmini.domain.errors import Busy
from mispmini.store.database import own_connection

_log = logging.getLogger(__name__)


class Crew:
    """At most `size` tasks at once. Threads are daemons: a partner that hangs never keeps the process from ending.

    `has_room_again` is told when a task ends after another one found no room.
    """

    def __init__(self, name: str, size: int, *, has_room_again: Callable[[], None] = lambda: None) -> None:
        self._name = name
        self._size = size
        self._has_room_again = has_room_again
        self._turned_away = False
        self._lock = threading.Lock()
        self._at_work: dict[int, threading.Thread] = {}

    @property
    def has_room(self) -> bool:
        """Whether another task could start now."""
        with self._lock:
            return len(self._at_work) < self._size

    def start(self, key: int, task: Callable[[], object]) -> bool:
        """Start a task unless one of this key is at work or there is no room; says whether it started."""
        with self._lock:
            if key in self._at_work:
                return False
            if len(self._at_work) >= self._size:
                self._turned_away = True
                return False
            name = f"{self._name}-{key}"
            thread = threading.Thread(target=self._work, args=(key, task), name=name, daemon=True)
            self._at_work[key] = thread
            thread.start()
            return True

    def wait(self, seconds: float) -> None:
        """Give those at work at most so long to end."""
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = list(self._at_work.values())
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, key: int, task: Callable[[], object]) -> None:
        try:
            with own_connection():
                task()
        except Exception:  # the last one who could tell: a thread that dies silently looks like a queue that hangs
            _log.exception("A task of %s failed", self._name)
        finally:
            with self._lock:
                del self._at_work[key]
                turned_away, self._turned_away = self._turned_away, False
            if turned_away:
                self._has_room_again()


def repeat(step: Callable[[], None], stopping: threading.Event, *, name: str, pause: float) -> None:
    """Do a step again and again, on a connection of its own, until told to stop.

    A step that fails is logged and done again after `pause` seconds: nobody else would start this thread anew.
    """
    with own_connection():
        while not stopping.is_set():
            try:
                step()
            except Busy:
                _log.warning("The database was busy; %s waits", name)
            except Exception:
                _log.exception("%s stumbled", name)
                stopping.wait(pause)
