"""Waits for what jobs do in their own time, with an end."""

import time
from collections.abc import Callable


def eventually(happened: Callable[[], object], *, seconds: float = 10.0) -> float:
    """Look until it has happened; how long that took. AssertionError when it does not happen in time."""
    begun = time.monotonic()
    while not happened():
        assert time.monotonic() - begun < seconds, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - begun
