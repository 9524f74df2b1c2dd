"""Room for large bodies: those that are read at one time together take no more memory than one may (TRUST §2.2)."""

import threading

from flask import Flask, g

from mispmini.domain.errors import Busy

FULL = "Other large requests are being read. Please try again in a moment."
WAIT_SECONDS = 10.0
_ALL = 384 * 1024 * 1024


class Room:
    """So many bytes; whoever asks for more than is left waits until others are done."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._freed = threading.Condition()

    def take(self, size: int) -> int:
        """How much was given: all of it to whoever asks for more than there is. Raises Busy after WAIT_SECONDS."""
        size = min(size, self._size)
        with self._freed:
            if not self._freed.wait_for(lambda: self._left >= size, WAIT_SECONDS):
                raise Busy(FULL)
            self._left -= size
        return size

    def give_back(self, size: int) -> None:
        """Let others in."""
        with self._freed:
            self._left += size
            self._freed.notify_all()


_room = Room(_ALL)


def init(app: Flask) -> None:
    """Give back at the end of each request what it took."""
    app.teardown_request(lambda _error: _room.give_back(g.pop("room", 0)))


def take(size: int) -> None:
    """Take room until this request ends. Raises Busy."""
    g.room = g.get("room", 0) + _room.take(size)


def is_taken() -> bool:
    """Whether this request has a large body."""
    return "room" in g
