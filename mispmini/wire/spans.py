"""Time parameters: a moment or a pair of moments (API §8.3)."""

from datetime import UTC, datetime

from mispmini.domain import sentences
from mispmini.domain.errors import Invalid
from mispmini.domain.filters import Days, Span
from mispmini.wire.moments import microseconds_of, moment_of, seconds_of
from mispmini.wire.scalars import calendar_date

_MICROSECONDS = 1_000_000
_LAST_SECOND = 253402300799


def time_span(name: str, value: object, now: int) -> Span:
    """Since a moment, or between two in either order; 0 is no bound. Raises Invalid for other kinds and lengths."""
    if not isinstance(value, list):
        return Span(since=_moment(name, value, now))
    if not value:
        return Span()
    if len(value) != 2:
        raise Invalid({name: [sentences.TIME_RANGE]})
    first, second = (_moment(name, item, now) for item in value)
    return _ordered(first, second)


def seen_span(name: str, value: object, now: int, *, until: bool = False) -> Span:
    """The same in microseconds; a single moment bounds from below, or from above with `until`."""
    exact = microseconds_of(value) if isinstance(value, str) and not value.strip().isdigit() else None
    span = Span(since=exact) if exact is not None else _in_microseconds(time_span(name, value, now))
    return Span(until=span.since) if until and not isinstance(value, list) else span


def day_span(name: str, value: object, now: int) -> Days:
    """The same, as days of an event's date."""
    span = time_span(name, value, now)
    return Days(_day(span.since), _day(span.until))


def day_bound(name: str, value: object, now: int) -> str | None:
    """One bound of an event's date: a day as it is written, or any moment; another text is compared as it is."""
    text = value.strip() if isinstance(value, str) else ""
    if text and moment_of(text, now) is None:
        return text
    return calendar_date(text) or _day(_moment(name, value, now))


def _moment(name: str, value: object, now: int) -> int | None:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        return None if value == "" else seconds_of(value, now)
    if value:
        raise Invalid({name: [sentences.TIME_RANGE]})
    return None


def _ordered(first: int | None, second: int | None) -> Span:
    if first is not None and second is not None and first > second:
        return Span(second, first)
    return Span(first, second)


def _in_microseconds(span: Span) -> Span:
    since = None if span.since is None else span.since * _MICROSECONDS
    return Span(since, None if span.until is None else span.until * _MICROSECONDS + _MICROSECONDS - 1)


def _day(seconds: int | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC).strftime("%Y-%m-%d")
