"""Rows that cannot be read, after a fault of the disk or somebody's hand: each costs itself alone, and is named."""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from mispmini.domain.errors import Damaged

T = TypeVar("T")
NO_ADDRESS = ("255.255.255.255",)
_PLAIN = frozenset({str, int, float, bool, type(None)})
_CAUSES = (ValueError, TypeError, KeyError, AttributeError, RecursionError)
_log = logging.getLogger(__name__)


class LeftOut(NamedTuple):
    """A row that was left out; `name` is a uuid where it has one."""

    table: str
    id: object
    name: str = ""

    def __str__(self) -> str:
        return f"{self.table} {self.id}" + (f" ({self.name})" if self.name else "")


class Undecoded(str):
    """A text of the database that is no UTF-8, as far as it can be shown."""

    __slots__ = ()


class _Met(threading.local):
    """What one request left out, in order."""

    def __init__(self) -> None:
        self.rows: dict[LeftOut, None] = {}


_met = _Met()
_known: dict[LeftOut, None] = {}


def forget_met() -> None:
    """A request begins."""
    _met.rows.clear()


def met() -> tuple[LeftOut, ...]:
    """What this request left out so far."""
    return tuple(_met.rows)


def known() -> tuple[LeftOut, ...]:
    """What this process left out since it started."""
    return tuple(_known)


def leave_out(table: str, number: object, name: str = "") -> None:
    """Name a row that is left out: in the log once, and to whoever asks met() and known()."""
    one = LeftOut(table, number, name)
    _met.rows[one] = None
    if one not in _known:
        _known[one] = None
        _log.error("A damaged row of the database is left out of all answers: %s", one)


def readable(table: str, found: Iterable[Sequence[Any]], make: Callable[[Any], T]) -> Iterator[T]:
    """What is made of each row; one of which nothing can be made is left out. Rows begin with their id."""
    for row in found:
        try:
            made = make(row)
        except _CAUSES:
            leave_out(table, row[0])
        else:
            yield made


def one_of(table: str, found: Sequence[Any], make: Callable[[Any], T]) -> T:
    """What is made of the one row that is asked for. Raises Damaged."""
    for made in readable(table, [found], make):
        return made
    raise _refusal(LeftOut(table, found[0]))


def or_else(table: str, number: object, make: Callable[[], T], instead: T) -> T:
    """What one column says; where it cannot be read something safe, and the row is named: others hang on it."""
    try:
        return make()
    except _CAUSES:
        leave_out(table, number)
        return instead


def whole(table: str, found: Iterable[T]) -> Iterator[T]:
    """Those of an event's elements that can be told; any other is left out."""
    for element in found:
        if is_whole(element):
            yield element
        else:
            one: Any = element
            leave_out(table, one.id, str(one.uuid))


def is_whole(element: Any) -> bool:
    """Whether an element's columns are texts and numbers, and its partner's unknown keys are JSON."""
    try:
        must_be(dict, element.extra or "")
    except _CAUSES:
        return False
    return {*map(type, element)} <= _PLAIN


def must_be(kind: type[object], text: str) -> bool:
    """True; raises ValueError unless a text is JSON of this kind, which is read later. An empty one says nothing."""
    value = json.loads(text) if text.strip() else None
    if value and not isinstance(value, kind):
        raise ValueError(text)
    return True


def refuse_damaged(table: str, number: object) -> None:
    """Raises Damaged if this very row was left out."""
    for one in met():
        if (one.table, one.id) == (table, number):
            raise _refusal(one)


def _refusal(one: LeftOut) -> Damaged:
    return Damaged(f"This row of the database is damaged and cannot be read: {one}.")
