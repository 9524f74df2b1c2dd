"""Tolerant reading of a record's fields: MISP sends numbers as texts and PyMISP as numbers (MODEL §7.1)."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import TypeVar

from mispmini.domain import sentences
from mispmini.domain.errors import Invalid
from mispmini.domain.ids import canonical_uuid
from mispmini.wire.moments import microseconds_of
from mispmini.wire.packed import Packed

Record = Mapping[str, object]
T = TypeVar("T")
_WHOLE = re.compile(r"-?\d{1,19}\Z", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_LAST_SECOND = 253402300799
_LARGEST = 2**63
_SURELY_SMALL = 19  # digits that 2**63 has
_NONE = (None, "", "0", 0)
_FLAGS: Mapping[str, bool] = {"1": True, "0": False, "true": True, "false": False, "": False}


def whole_number(value: object) -> int | None:
    """An integer from an int, a bool, an integral float or a numeric text; None if it is none of them."""
    if isinstance(value, str):
        if value.isascii() and value.isdigit() and len(value) < _SURELY_SMALL:
            return int(value)
        return whole_number(int(value)) if _WHOLE.match(value.strip()) else None
    if isinstance(value, int):
        return int(value) if -_LARGEST <= value < _LARGEST else None
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST:
        return int(value)
    return None


def flag(value: object) -> bool | None:
    """A boolean from true, 1, "1", "true" and their opposites; None if it is none of them."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return value == 1
    return _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None


def plain_text(value: object) -> str | None:
    """A text from a text, number or bool (true is "1", false ""); None if it is none of them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value) if isinstance(value, int | float) else None


def epoch_seconds(value: object) -> int | None:
    """Seconds since 1970 up to the year 9999, from an int or digits; None for everything else, bools too (RULES §6)."""
    seconds = None if isinstance(value, bool) else whole_number(value)
    return seconds if seconds is not None and 0 <= seconds <= _LAST_SECOND else None


def calendar_date(value: object) -> str | None:
    """A real day written YYYY-MM-DD."""
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        date.fromisoformat(value)
    except ValueError:
        return None
    return value


def seen_time(value: object) -> int | None:
    """Epoch microseconds of any date text; a bare number is none (MODEL §7.1)."""
    if not isinstance(value, str) or (_WHOLE.match(value) and len(value) != len("20200101")):
        return None
    return microseconds_of(value)


def uuid(value: object) -> str | None:
    """The canonical uuid of a text (TRUST §2.2 row 10)."""
    return canonical_uuid(value) if isinstance(value, str) else None


def as_record(value: object) -> Record | None:
    """A JSON object, or None."""
    return value if isinstance(value, dict) else None


def listed(value: object) -> Collection[object]:
    """A list's items; PHP's numbered object is a list too, anything else that is not empty a list of one."""
    if isinstance(value, list | Packed):
        return value
    if isinstance(value, dict) and all(key.isdigit() for key in value):
        return list(value.values())
    return [value] if value else []


class Fields:
    """Reads one record field by field and collects what does not fit; absent, null and "" are None.

    After the last field `check()` raises Invalid with every sentence at once.
    """

    __slots__ = ("errors", "record")

    def __init__(self, record: Record) -> None:
        self.record = record
        self.errors: dict[str, list[str]] = {}

    def refuse(self, name: str, sentence: str) -> None:
        """Note that a field does not fit."""
        said = self.errors.setdefault(name, [])
        if sentence not in said:
            said.append(sentence)

    def check(self) -> None:
        """Raise Invalid if any field was refused."""
        if self.errors:
            raise Invalid(self.errors)

    def choice(self, name: str, fits: Callable[[int], bool], *, sentence: str) -> int | None:
        """An integer for which `fits` holds."""
        number = self._read(name, whole_number, sentence)
        if number is not None and not fits(number):
            self.refuse(name, sentence)
            return None
        return number

    def reference_id(self, name: str) -> int | None:
        """An id of another row; 0 stands for none."""
        if self.record.get(name) in _NONE:
            return None
        return self.choice(name, lambda number: number >= 0, sentence=sentences.NUMBER) or None

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        value = self.record.get(name)
        if value is None or value is True or value is False:
            return value
        return self._read(name, flag, sentences.FLAG)

    def text(self, name: str) -> str | None:
        """A text; here "" is a text."""
        value = self.record.get(name)
        if value is None or isinstance(value, str):
            return value
        if (text := plain_text(value)) is None:
            self.refuse(name, sentences.TEXT)
        return text

    def uuid(self, name: str) -> str | None:
        """A uuid in lower case."""
        return self._read(name, uuid, sentences.UUID)

    def epoch(self, name: str) -> int | None:
        """Seconds since 1970."""
        return self._read(name, epoch_seconds, sentences.EPOCH)

    def day(self, name: str) -> str | None:
        """A date as YYYY-MM-DD."""
        return self._read(name, calendar_date, sentences.DATE)

    def seen(self, name: str) -> int | None:
        """A moment in epoch microseconds."""
        return self._read(name, seen_time, sentences.SEEN)

    def _read(self, name: str, reader: Callable[[object], T | None], sentence: str) -> T | None:
        value = self.record.get(name)
        if value is None or value == "":
            return None
        read = reader(value)
        if read is None:
            self.refuse(name, sentence)
        return read
