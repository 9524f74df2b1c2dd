"""How long one request may read inside SQLite, so that a search cannot hold up the others. What writes is never cut."""

import math
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from sqlite3 import Error
from types import TracebackType
from typing import Any, TypeVar

from peewee import PeeweeException

from mispmini.domain.errors import BadRequest, OutOfTime
from mispmini.store.tables.base import database

TERM_TOO_LONG = "A search term is too long."
TOOK_TOO_LONG = (
    "The search took too long and was stopped. Narrow it: by dates, by whole values instead of parts of them,"
    " by fewer values, or by limit and page."
)
_STEPS = 1_000  # of SQLite's machine between two looks at the clock: a tenth of a millisecond
_untyped: Any = database
T = TypeVar("T")


class _Allowance(threading.local):
    """Of one thread: seconds for each batch (0: no limit), what is left of them, and when that ends."""

    seconds = 0.0
    left = 0.0
    ends = math.inf


_own = _Allowance()


def limit_reading(seconds: float) -> None:
    """From now on this thread's reads may take so long together; 0 for as long as they like."""
    _own.seconds = _own.left = seconds
    _own.ends = math.inf
    _untyped.connection().set_progress_handler(_is_over if seconds else None, _STEPS)


def anew_each(batches: Iterable[T]) -> Iterator[T]:
    """Batches that are read one after the other: what comes after the first one has the whole time again."""
    for batch in batches:
        yield batch
        _own.left = _own.seconds


@contextmanager
def lifted(*, for_good: bool) -> Iterator[None]:
    """Without a limit, for the block or to the end of the request."""
    seconds, ends = _own.seconds, _own.ends
    _own.seconds, _own.ends = 0.0, math.inf
    try:
        yield
    finally:
        if not for_good:
            _own.seconds, _own.ends = seconds, ends


class Reading:
    """Around one statement: its time counts, and what SQLite says to a search becomes a refusal.

    Raises OutOfTime, and BadRequest when a text to search for is longer than SQLite takes.
    """

    __slots__ = ("_ends",)

    def __enter__(self) -> None:
        self._ends = _own.ends
        if _own.seconds:
            _own.ends = time.monotonic() + _own.left

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if _own.seconds:
            _own.left = _own.ends - time.monotonic()
            _own.ends = self._ends
        if isinstance(error, Error | PeeweeException):
            _refuse(error)


def _is_over() -> bool:
    return time.monotonic() > _own.ends


def _refuse(error: Exception) -> None:
    if str(error) == "interrupted":
        _own.seconds = 0.0  # the refusal is told without a limit
        raise OutOfTime(TOOK_TOO_LONG) from error
    if "pattern too complex" in str(error):
        raise BadRequest(TERM_TOO_LONG) from error
