"""Raw statements on Peewee's own connection: for the hot paths that SPEED §3 names, and for predicates."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from sqlite3 import Error
from typing import Any, NamedTuple, TypeVar

from peewee import PeeweeException

from mispmini.store.damage import Undecoded
from mispmini.store.deadline import of_thread, refuse
from mispmini.store.tables.base import database

Row = tuple[Any, ...]
T = TypeVar("T")
_ROWS_AT_ONCE = (32, 8)
_ROW_OF_VALUES = re.compile(r"(?<=VALUES )\([^()]*\)")
_untyped: Any = database
_FAILURES = (Error, PeeweeException)


class Predicate(NamedTuple):
    """A condition with its parameters."""

    text: str
    params: tuple[object, ...] = ()

    def __and__(self, other: "Predicate") -> "Predicate":
        return Predicate(f"({self.text}) AND ({other.text})", self.params + other.params)


TRUE = Predicate("1 = 1")


def rows(text: str, params: Sequence[object] = ()) -> list[Row]:
    """All rows of a statement. Raises OutOfTime, and BadRequest for a text to search for that is too long."""
    allowance = of_thread.allowance
    allowance.begin()
    try:
        found: list[Row] = _untyped.execute_sql(text, params).fetchall()
    except _FAILURES as error:
        found = _as_far_as_it_goes(error, text, params)
    finally:
        allowance.end()
    return found


def row(text: str, params: Sequence[object] = ()) -> Row | None:
    """The first row, or None. Raises as rows() does."""
    allowance = of_thread.allowance
    allowance.begin()
    try:
        found: Row | None = _untyped.execute_sql(text, params).fetchone()
    except _FAILURES as error:
        found = next(iter(_as_far_as_it_goes(error, text, params)), None)
    finally:
        allowance.end()
    return found


def streamed_rows(text: str, params: Sequence[object] = (), *, at_once: int = 32) -> Iterator[Row]:
    """The same as rows(), read from the database as they are taken, some at once."""
    taken, allowance = 0, of_thread.allowance
    try:
        allowance.begin()
        cursor = _untyped.execute_sql(text, params)
        while found := cursor.fetchmany(at_once):
            allowance.end()
            yield from found
            taken += len(found)
            allowance.begin()
    except _FAILURES as error:
        yield from _as_far_as_it_goes(error, text, params)[taken:]
    finally:
        allowance.end()


def _as_far_as_it_goes(error: Exception, text: str, params: Sequence[object]) -> list[Row]:
    """Once more, where a text is no UTF-8, with what of it can be shown; any other error is raised."""
    refuse(error)
    if "decode to UTF-8" not in str(error):
        raise error
    connection = _untyped.connection()
    connection.text_factory = _decoded
    try:
        found: list[Row] = _untyped.execute_sql(text, params).fetchall()
    finally:
        connection.text_factory = str
    return found


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return Undecoded(raw.decode(errors="replace"))


def scalar(text: str, params: Sequence[object] = ()) -> Any:
    """The first column of the first row, or None."""
    first = row(text, params)
    return None if first is None else first[0]


def execute(text: str, params: Sequence[object] = ()) -> int:
    """Run a writing statement; returns the number of rows it touched."""
    return int(_untyped.execute_sql(text, params).rowcount)


def execute_many(text: str, many: Sequence[Sequence[object]]) -> None:
    """Run a writing statement for many rows. Rows to be inserted go several to a statement: SQLite lets go of the
    interpreter at every step, and each time a busy thread may keep it for 5 ms."""
    connection, done = _untyped.connection(), 0
    for size in _ROWS_AT_ONCE if "VALUES (" in text else ():
        several = _with_rows(text, size)
        while len(many) - done >= size:
            connection.execute(several, list(chain.from_iterable(many[done : done + size])))
            done += size
    if done < len(many):
        connection.executemany(text, many[done:])


@lru_cache(maxsize=128)
def _with_rows(text: str, rows: int) -> str:
    return _ROW_OF_VALUES.sub(lambda found: ", ".join([found[0]] * rows), text, count=1)


def marks(values: Sequence[object]) -> str:
    """`?, ?, ?` for an IN list; an empty list gives `NULL`, which matches nothing."""
    return ", ".join("?" * len(values)) or "NULL"


def in_batches(values: Sequence[T], size: int = 500) -> Iterator[Sequence[T]]:
    """Slices short enough for one IN list."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
