"""How long one request may read inside SQLite, so that a search cannot hold up the others. What writes is never cut."""

import math
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

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


class Allowance:
    """Of one thread: seconds for each batch (0: no limit), what is left of them, and when that ends."""

    __slots__ = ("ends", "left", "seconds")

    def __init__(self) -> None:
        self.seconds = self.left = 0.0
        self.ends = math.inf

    def begin(self) -> None:
        """SQLite works from now on."""
        if self.seconds:
            self.ends = time.monotonic() + self.left

    def end(self) -> None:
        """It does not work any more."""
        if self.seconds:
            self.left = self.ends - time.monotonic()
        self.ends = math.inf

    def is_over(self) -> bool:
        """Whether SQLite should stop."""
        return time.monotonic() > self.ends


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.allowance = Allowance()


of_thread = _OfThread()


def watch() -> None:
    """Have this thread's new connection look at the clock."""
    _untyped.connection().set_progress_handler(of_thread.allowance.is_over, _STEPS)


def limit_reading(seconds: float) -> None:
    """From now on this thread's reads may take so long together; 0 for as long as they like."""
    own = of_thread.allowance
    own.seconds = own.left = seconds


def anew_each(batches: Iterable[T]) -> Iterator[T]:
    """Batches that are read one after the other: what comes after the first one has the whole time again."""
    for batch in batches:
        yield batch
        own = of_thread.allowance
        own.left = own.seconds


@contextmanager
def lifted(*, for_good: bool) -> Iterator[None]:
    """Without a limit, for the block or to the end of the request."""
    own = of_thread.allowance
    seconds, own.seconds = own.seconds, 0.0
    try:
        yield
    finally:
        if not for_good:
            own.seconds = seconds


def refuse(error: Exception) -> None:
    """What SQLite says to a search as a refusal: raises OutOfTime, or BadRequest for too long a text to search for."""
    if str(error) == "interrupted":
        of_thread.allowance.seconds = 0.0  # the refusal is told without a limit
        raise OutOfTime(TOOK_TOO_LONG) from error
    if "pattern too complex" in str(error):
        raise BadRequest(TERM_TOO_LONG) from error
