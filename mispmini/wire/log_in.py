"""What a client asks of the audit log, by MISP's names (API §9.8)."""

from collections.abc import Mapping
from typing import Any

from mispmini.domain.audit_log import LogFilters
from mispmini.domain.errors import Invalid
from mispmini.wire.moments import seconds_of
from mispmini.wire.scalars import plain_text, whole_number

DEFAULT_LIMIT = 60
_NUMBERS = ("id", "user_id", "model_id", "event_id")
_TEXTS = ("model", "action", "email", "org", "title")
_MOST = 100_000
_DAY = 86400


def read_log_filters(parameters: Mapping[str, object], now: int) -> LogFilters:
    """The filters of a request; `created` is a lower bound, or two. Raises Invalid."""
    limit = _number(parameters, "limit", DEFAULT_LIMIT)
    page = _number(parameters, "page", 1)
    since, until = _created(parameters.get("created"), now)
    numbers: dict[str, Any] = {name: _number(parameters, name, None) for name in _NUMBERS}
    texts: dict[str, Any] = {name: _text(parameters, name) for name in _TEXTS}
    return LogFilters(
        **numbers,
        **texts,
        address=_text(parameters, "ip"),
        change=_part(parameters),
        since=since,
        until=until,
        limit=min(max(limit or 1, 1), _MOST),
        offset=(max(page or 1, 1) - 1) * min(max(limit or 1, 1), _MOST),
    )


def day_filters(since: str, until: str, now: int) -> tuple[int | None, int | None]:
    """Two days of a form as bounds: from the first second of one to the last of the other."""
    end = seconds_of(until, now) if until else None
    return (seconds_of(since, now) if since else None), (None if end is None else end + _DAY)


def _created(given: object, now: int) -> tuple[int | None, int | None]:
    bounds = list(given)[:2] if isinstance(given, list | tuple) else [given]
    moments = [_moment(bound, now) for bound in bounds]
    return (moments[0], moments[1]) if len(moments) == 2 else (moments[0] if moments else None, None)


def _moment(given: object, now: int) -> int | None:
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, int | float | str):
        raise Invalid({"created": ["Please give a moment."]})
    return seconds_of(given, now)


def _number(parameters: Mapping[str, object], name: str, default: int | None) -> int | None:
    given = _one(parameters, name)
    if given is None or given == "":
        return default
    number = whole_number(given)
    if number is None or not 0 <= number < 2**31 * 2**31:
        raise Invalid({name: ["Please give a number."]})
    return number


def _part(parameters: Mapping[str, object]) -> str:
    """What shall stand in a change; MISP's description is one, too."""
    text = _text(parameters, "change") or _text(parameters, "description")
    return text if "%" in text or not text else f"%{text}%"


def _one(parameters: Mapping[str, object], name: str) -> object:
    """What is given under a name; a list of one is that one."""
    given = parameters.get(name)
    return given[0] if isinstance(given, list) and len(given) == 1 else given


def _text(parameters: Mapping[str, object], name: str) -> str:
    given = _one(parameters, name)
    text = "" if given is None else plain_text(given)
    if text is None:
        raise Invalid({name: ["Please give a text."]})
    return text
