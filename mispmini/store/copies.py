"""Copies of the database, page by page, and whether one is whole.

A copy takes damage along, so that looking at it is looking at the database, and keeps nobody waiting: what is read
from the database is read within seconds, and the slow look needs no snapshot of it, which would let its log grow.
"""

import fcntl
import importlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from mispmini.domain.errors import Busy, OutOfSpace, Unusable
from mispmini.store.schema import migrations_of, schema_flaw, version_of
from mispmini.store.tables.base import database

# The library that opens the database elsewhere, too: two of them in a process take away each other's locks.
_driver: Any = importlib.import_module("peewee").sqlite3
_LOCK = Path("locks") / "backup.lock"
_DAMAGE = frozenset({
    sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ,
})  # fmt: skip
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})


@contextmanager
def only_copier() -> Iterator[None]:
    """Whoever copies is alone on this data folder: what lies half-made then is of a process that is gone.

    Raises Busy.
    """
    path = Path(database.database).parent / _LOCK
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("Another process copies the database at the moment. Please try again when it is done.") from None
        yield


def copy_database(target: Path) -> str:
    """Copy the database of this moment into a new file that only its owner reads; its flaw, empty if it is whole.

    On a connection of its own, which has no pages in its cache that are whole while the file's are not.
    Raises OutOfSpace, Unusable, OSError.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source = f"{Path(database.database).absolute().as_uri()}?mode=ro"
    try:
        with closing(_driver.connect(source, uri=True)) as live, closing(_driver.connect(target)) as copy:
            live.backup(copy)
    except _driver.DatabaseError as error:
        return _damage_in(error)
    return flaw_of(target)


def flaw_of(path: Path) -> str:
    """What is wrong with a database that nobody uses: inside, between its tables, in its schema; empty for nothing."""
    try:
        with closing(_opened(path)) as copy:
            return _damage(copy) or _orphans(copy) or schema_flaw(copy)
    except sqlite3.DatabaseError as error:
        return str(error)


def version_in(path: Path) -> int:
    """The number of the newest migration that a database which nobody uses has seen; 0 where it cannot be read."""
    try:
        with closing(_opened(path)) as copy:
            return version_of(migrations_of(copy))
    except (sqlite3.DatabaseError, ValueError):
        return 0


def _opened(path: Path) -> sqlite3.Connection:
    copy = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    copy.text_factory = lambda text: text.decode(errors="replace")
    return copy


def _damage(copy: sqlite3.Connection) -> str:
    (found,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    return "" if found == "ok" else " ".join(found.replace("*** in database main ***", "").split())


def _orphans(copy: sqlite3.Connection) -> str:
    found = copy.execute("PRAGMA foreign_key_check").fetchone()
    return f"row {found[1]} of {found[0]} names a row of {found[2]} that is not there" if found else ""


def _damage_in(error: Any) -> str:
    """What an error says of the file that was read; raises what it says of the place that was written to."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _DAMAGE or code & 0xFF in _DAMAGE:
        return str(error)
    if code & 0xFF in _NO_ROOM:
        raise OutOfSpace("The disk refused the write. Nothing was stored.") from error
    raise Unusable(f"{database.database} cannot be copied: {error}.") from error
