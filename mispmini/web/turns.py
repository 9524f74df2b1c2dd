"""Searches take turns: half of the threads may be at them, for so long each, that all else is answered meanwhile."""

import logging
import threading
from collections.abc import Callable, Generator, Iterable
from functools import partial, wraps
from itertools import chain
from typing import ParamSpec

from flask import Flask, current_app, g, request

from mispmini.domain.errors import Busy, OutOfTime
from mispmini.domain.instance_settings import InstanceSettings
from mispmini.services.searching import limit_reading
from mispmini.web.answer import Answer
from mispmini.web.asking import asked
from mispmini.web.who import viewer_or_none

P = ParamSpec("P")
ALL_TAKEN = "As many searches as may run at a time are running. Please try again in a moment."
WAIT_SECONDS = 5.0
_MOST_WAITING = 100
_LONGEST_TOLD = 500
_READS = frozenset({"GET", "HEAD"})
_log = logging.getLogger(__name__)


def _nobody(_by: int) -> None:
    """There is no server whose threads could be more or fewer."""


class Turns:
    """The searches that may run at a time, and those that wait; `lend` makes the server's threads so many more.

    Whoever waits holds a thread, and another one does its work until then.
    """

    def __init__(self, threads: int, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self.wait_seconds = wait_seconds
        self.lend: Callable[[int], None] = _nobody
        self._free = threading.Semaphore(max(1, threads // 2))
        self._seats = threading.Semaphore(_MOST_WAITING)

    def take(self) -> None:
        """Begin, within five seconds. Raises Busy."""
        if not (self._free.acquire(blocking=False) or self._waited()):
            raise Busy(ALL_TAKEN)

    def give_back(self) -> None:
        """Let the next one begin."""
        self._free.release()

    def _waited(self) -> bool:
        if not self._seats.acquire(blocking=False):
            return False
        self.lend(1)
        try:
            return self._free.acquire(timeout=self.wait_seconds)
        finally:
            self.lend(-1)
            self._seats.release()


def init(app: Flask, threads: int) -> None:
    """Have what only reads end in time, and searches take turns."""
    app.extensions["turns"] = Turns(threads)
    app.before_request(_begin)


def searches(view: Callable[P, Answer]) -> Callable[P, Answer]:
    """A view that is a search or an export, whoever asks."""

    @wraps(view)
    def waiting(*args: P.args, **kwargs: P.kwargs) -> Answer:
        return in_turn(partial(view, *args, **kwargs))

    return waiting


def in_turn(search: Callable[[], Answer]) -> Answer:
    """What a search answers; it has its turn until the last piece is sent. Raises Busy, OutOfTime."""
    turns: Turns = current_app.extensions["turns"]
    turns.take()
    is_sent = False
    try:
        limit_reading(_seconds())
        answer = search()
        if answer.is_streamed and request.method != "HEAD":
            is_sent = True
            _send(answer, turns)
    except OutOfTime as error:
        if not is_sent:
            _note(error, _what())
        raise
    finally:
        if not is_sent:
            turns.give_back()
    return answer


def _send(answer: Answer, turns: Turns) -> None:
    """What goes wrong before the first piece is a refusal; after it the answer breaks off, which clients notice."""
    pieces = _pieces(answer.iter_encoded(), turns, _what())
    answer.response = chain((next(pieces, b""),), pieces)
    answer.call_on_close(pieces.close)


def _pieces(pieces: Iterable[bytes], turns: Turns, what: str) -> Generator[bytes]:
    try:
        yield from pieces
    except Exception as error:  # whatever it is, the answer has begun and is never ended
        _note(error, what)
        raise
    finally:
        turns.give_back()


def _what() -> str:
    """Who searches for what, for the log."""
    viewer = viewer_or_none()
    who = None if viewer is None else viewer.user_id
    return f"user {who}: {request.method} {request.path} {asked().parameters()!r}"[:_LONGEST_TOLD]


def _note(error: Exception, what: str) -> None:
    _log.warning("A search was broken off (%s) for %s", error, what)


def _begin() -> None:
    limit_reading(_seconds() if request.method in _READS else 0)


def _seconds() -> float:
    settings: InstanceSettings | None = g.get("instance_settings")
    return 0 if settings is None else settings.search_seconds
