"""Texts that name a moment: the ISO and English dates that come in, and MISP's relative time syntax (API §8.3)."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
_LAST_SECOND = 253_402_300_799
_LAST_YEAR = 9998
_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_RELATIVE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)([dhms])\Z", re.ASCII)
_NUMERIC = re.compile(r"-?\d{1,18}(?:\.\d{1,6})?\Z", re.ASCII)
_AGO = re.compile(r"(?:-\s*)?(\d{1,6}|last)\s+(second|minute|hour|day|week|month|year)s?(?:\s+ago)?\Z", re.ASCII)
_AHEAD = re.compile(r"(\+\s*\d{1,6}|next)\s+(second|minute|hour|day|week|month|year)s?\Z", re.ASCII)
_MONTHS = {"month": 1, "year": 12}
_SPANS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_DAYS = {"yesterday": -86400, "today": 0, "midnight": 0, "tomorrow": 86400}
_ENGLISH = ("%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y")


def microseconds_of(text: str) -> int | None:
    """Epoch microseconds of a date text; without an offset it is UTC. None if it names no moment of years 1-9999."""
    moment = _parsed(text.strip())
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    microseconds = (aware - _EPOCH) // _MICROSECOND
    return microseconds if _FIRST <= microseconds <= _LAST else None


def seconds_of(value: int | float | str, now: int) -> int | None:
    """Epoch seconds of a time parameter: a number, `7d`, or a date; 0 is None, "no filter".

    What cannot be understood is `now` + 1, which matches nothing as a lower bound (API §8.3).
    """
    seconds = moment_of(value.strip(), now) if isinstance(value, str) else int(value)
    return min(max(now + 1 if seconds is None else seconds, -_LAST_SECOND), _LAST_SECOND) or None


def moment_of(text: str, now: int) -> int | None:
    """Epoch seconds of a text without blanks around it, None if it cannot be understood."""
    if _NUMERIC.match(text):
        return int(float(text))
    if relative := _RELATIVE.match(text):
        return now - int(float(relative[1]) * _UNITS[relative[2]])
    if (seconds := _english_seconds(text.lower(), now)) is not None:
        return seconds
    microseconds = microseconds_of(text)
    return None if microseconds is None else microseconds // 1_000_000


def _english_seconds(text: str, now: int) -> int | None:
    if text == "now":
        return now
    if text in _DAYS:
        return now - now % 86400 + _DAYS[text]
    if found := _AGO.match(text):
        return _moved(now, -_count(found[1]), found[2])
    if found := _AHEAD.match(text):
        return _moved(now, _count(found[1]), found[2])
    return None


def _count(text: str) -> int:
    return 1 if text in {"last", "next"} else int(text.lstrip("+ "))


def _moved(now: int, count: int, unit: str) -> int | None:
    """So many units later, or earlier where it is negative; None out of range.

    Where a month has no such day it is as many days into the next one, as PHP counts.
    """
    if unit in _SPANS:
        return now + count * _SPANS[unit]
    moment = datetime.fromtimestamp(now, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 + count * _MONTHS[unit], 12)
    if not 1 <= year <= _LAST_YEAR:
        return None
    return int((moment.replace(year=year, month=month + 1, day=1) + timedelta(days=moment.day - 1)).timestamp())


def _parsed(text: str) -> datetime | None:
    if text.startswith("@"):
        return _from_epoch(text[1:])
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _english(text) or _mail_date(text)


def _from_epoch(digits: str) -> datetime | None:
    try:
        return _EPOCH + timedelta(seconds=int(digits)) if _NUMERIC.match(digits) else None
    except (ValueError, OverflowError):
        return None


def _english(text: str) -> datetime | None:
    for pattern in _ENGLISH:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _mail_date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
