"""The one clock: epoch seconds, and the texts MISP makes of them (MODEL §7.1)."""

import time
from datetime import UTC, datetime

FARTHEST_AHEAD = 24 * 3600


def now() -> int:
    """Epoch seconds."""
    return int(time.time())


def today() -> str:
    """The date in UTC as YYYY-MM-DD."""
    return day_text(now())


def day_text(epoch: int) -> str:
    """The date in UTC as YYYY-MM-DD."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d")


def later_than(stored: int) -> int:
    """Now, or one second after `stored` when the clock went back: it never repeats (TRUST §3, row 33)."""
    return max(now(), stored + 1)


def edited(stored: int, *, is_out: bool) -> int:
    """The timestamp of an edited event: later than what was published, whatever the clock does.

    Edits within one second that nobody was told of yet share it, as in a MISP: else a script that writes fast would
    leave an event dated in the future.
    """
    moment = now()
    return stored if moment == stored and not is_out else max(moment, stored + 1)


def is_ahead(timestamp: int) -> bool:
    """Whether a timestamp is farther in the future than clocks and time zones explain (RULES §6)."""
    return timestamp > now() + FARTHEST_AHEAD


def datetime_text(epoch: int) -> str:
    """`YYYY-MM-DD HH:MM:SS` in UTC, as MISP's datetime columns."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S")


def seen_text(microseconds: int) -> str:
    """`2020-01-01T10:00:00.000000+00:00` from epoch microseconds (MODEL §7.1)."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:06d}+00:00"


def epoch_of(text: str | None) -> int | None:
    """Epoch seconds of a `YYYY-MM-DD HH:MM:SS` in UTC, or None if it is none."""
    try:
        return int(datetime.strptime(text or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
