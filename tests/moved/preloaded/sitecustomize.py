"""Debian 12's libfaketime fails on how Python sleeps since 3.11 (clock_nanosleep until a moment); `select` it lets be.

Python imports this by its name when it starts, in a run under a moved clock and in every process of it.
"""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
