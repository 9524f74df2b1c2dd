"""Rule for the datetime type: any usual way to write a moment becomes one (MODEL §7.14)."""

import re
from datetime import UTC, datetime, timedelta

from mispmini.domain.validation.rule import WRONG_FORMAT, Rule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SINCE_EPOCH = re.compile(r"@(-?)([0-9]{1,12})(?:\.([0-9]{1,6}))?")
_TIME = r"(?:[Tt, ]+(?P<time>[0-9].*))?"
_DAY = r"(?P<day>[0-9]{1,2})"
_MONTH = r"(?P<month>[0-9]{1,2})"
_NAME = r"(?P<month>[A-Za-z]{3,9})"
_YEAR = r"(?P<year>[0-9]{4})"
_WEEKDAY = r"(?:(?:[Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*,? +)?"
_FORMS = tuple(
    re.compile(form + _TIME)
    for form in (
        rf"{_YEAR}([-/.]){_MONTH}\2{_DAY}",
        rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})",
        rf"{_DAY}([-.]){_MONTH}\2{_YEAR}",
        rf"{_MONTH}/{_DAY}/{_YEAR}",
        rf"{_WEEKDAY}{_DAY}[ -]{_NAME}[ -]{_YEAR}",
        rf"{_WEEKDAY}{_NAME} {_DAY},? {_YEAR}",
    )
)
_MONTHS = "january february march april may june july august september october november december"
_UTC_NAME = re.compile(r" *(?:UTC|GMT)\Z")


def canonical_moment(text: str) -> str | None:
    """`Y-m-dTH:i:s.ffffff+0000` of a date, or None if it is none; a given offset is kept, none means UTC.

    Understood are ISO 8601 dates, day.month.year, month/day/year, dates with English month names and `@` with
    epoch seconds. MISP also takes relative words such as "yesterday", which mean something else every day.
    """
    moment = _since_epoch(text) if text.startswith("@") else _written(text)
    if moment is None:
        return None
    written = moment.isoformat(timespec="microseconds")
    return written[:-3] + written[-2:]


def _since_epoch(text: str) -> datetime | None:
    match = _SINCE_EPOCH.fullmatch(text)
    if match is None:
        return None
    distance = timedelta(seconds=int(match[2]), microseconds=int((match[3] or "0").ljust(6, "0")))
    try:
        return _EPOCH - distance if match[1] else _EPOCH + distance
    except OverflowError:  # outside the years 1 to 9999
        return None


def _written(text: str) -> datetime | None:
    match = next((found for form in _FORMS if (found := form.fullmatch(text))), None)
    month = _month_number(match["month"]) if match else None
    if match is None or month is None:
        return None
    time = _UTC_NAME.sub("Z", match["time"] or "00:00").replace(" ", "")
    try:
        moment = datetime.fromisoformat(f"{match['year']}-{month:02}-{match['day']:0>2}T{time}")
    except ValueError:
        return None
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    return moment if _whole_minutes(moment.utcoffset()) else None


def _month_number(month: str) -> int | None:
    if month.isdigit():
        return int(month)
    name = month.lower()
    return next((number for number, full in enumerate(_MONTHS.split(), start=1) if name in (full, full[:3])), None)


def _whole_minutes(offset: timedelta | None) -> bool:
    return not offset or not offset % timedelta(minutes=1)


def _change(value: str) -> str:
    return canonical_moment(value) or value


def _complaint(value: str) -> str | None:
    return WRONG_FORMAT if canonical_moment(value) is None else None


RULES: dict[str, Rule] = {"datetime": Rule(_change, _complaint)}
