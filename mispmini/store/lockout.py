"""Wrong logins by account and address: five within five minutes lock that pair (TRUST S8).

They are counted twice: in the table, which survives a restart, and in memory on the monotonic clock, which no change of
the wall clock moves.
"""

import time
from collections import defaultdict, deque
from threading import Lock

from mispmini.domain import clock
from mispmini.store.sql import execute, scalar

MOST_FAILURES = 5
WINDOW_SECONDS = 300
_MOST_PAIRS = 10_000
_Pair = tuple[str, str]

_recent: defaultdict[_Pair, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_FAILURES))
_lock = Lock()


def is_locked(folded_email: str, address: str) -> bool:
    """Whether this account may not be tried from this address now."""
    return _in_memory((folded_email, address)) >= MOST_FAILURES or _in_table(folded_email, address) >= MOST_FAILURES


def note_failure(folded_email: str, address: str) -> None:
    """Count one wrong login, inside a quiet writing()."""
    with _lock:
        if len(_recent) >= _MOST_PAIRS:
            _recent.pop(next(iter(_recent)))
        _recent[folded_email, address].append(time.monotonic())
    execute("DELETE FROM login_failure WHERE ABS(time - ?) >= ?", (clock.now(), WINDOW_SECONDS))
    execute(
        "INSERT INTO login_failure (folded_email, address, time) VALUES (?, ?, ?)",
        (folded_email[:254], address, clock.now()),
    )


def forget_failures(folded_email: str, address: str | None = None) -> None:
    """Unlock an account, for one address or for all, inside a quiet writing()."""
    with _lock:
        for pair in [pair for pair in _recent if pair[0] == folded_email and address in (None, pair[1])]:
            del _recent[pair]
    execute(
        "DELETE FROM login_failure WHERE folded_email = ? AND (? IS NULL OR address = ?)",
        (folded_email[:254], address, address),
    )


def _in_memory(pair: _Pair) -> int:
    since = time.monotonic() - WINDOW_SECONDS
    with _lock:
        return sum(moment > since for moment in _recent.get(pair, ()))


def _in_table(folded_email: str, address: str) -> int:
    return int(
        scalar(
            "SELECT COUNT(*) FROM login_failure WHERE folded_email = ? AND address = ? AND ABS(time - ?) < ?",
            (folded_email[:254], address, clock.now(), WINDOW_SECONDS),
        )
    )
