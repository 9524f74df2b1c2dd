"""Due times that a wrong clock wrote: brought back once it is right, so that nothing waits for them (TRUST F32)."""

from mispmini.domain import clock
from mispmini.store.database import writing
from mispmini.store.sql import execute, row

LONGEST_WAIT_SECONDS = 2 * 86400  # no retry of ours waits so long
_TIMES = (
    ("outbox", "next_try", "0"),
    ("mail", "next_try", "0"),
    ("server", "breaker_until", "0"),
    ("server", "last_compared", "0"),
    ("server", "next_pull", "coalesce(pull_interval, 0)"),
    ("rereading", "due", "0"),
    ("feed", "next_fetch", "coalesce(fetch_interval, 0)"),
)


def bring_back() -> int:
    """Make due what lies farther ahead than anything waits, in transactions that change no answer; returns how many."""
    return sum(_bring_back(table, column, interval) for table, column, interval in _TIMES)


def _bring_back(table: str, column: str, interval: str) -> int:
    now = clock.now()
    where = f"{column} > ? + {interval}"
    latest = now + LONGEST_WAIT_SECONDS
    if row(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", (latest,)) is None:
        return 0
    with writing(quiet=True):
        return execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (now, latest))
