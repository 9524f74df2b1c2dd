"""Budgets of CPU that hold on a fast machine and on a slow one: work is measured beside a loop that only counts."""

import time
from collections.abc import Callable

_TURNS = 10


def rounds_worth(work: Callable[[], object]) -> float:
    """How many rounds of an empty loop the work costs, in thousands; the least of ten turns, taken in turn with it."""
    turns = [(_seconds(work), _seconds(_counted)) for _ in range(_TURNS)]
    return 100 * min(worked for worked, _ in turns) / min(counted for _, counted in turns)


def _counted() -> None:
    for _ in range(100_000):
        pass


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
