"""Opening the database, and the two ways to use it: reading() and writing() (HOUSE §4, SPEED §3, TRUST D1-D4).

`writing()` is a process lock, a lock file and one IMMEDIATE transaction; inside another `writing()` it is a savepoint,
so that a verb can be used alone or as part of a batch. What only SQLite can do is in this module.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from peewee import DatabaseError, OperationalError

from mispmini.domain.errors import Busy, MispminiError, OutOfSpace, Unusable
from mispmini.store import deadline
from mispmini.store.migrating import RESTORE, migrate
from mispmini.store.sql import execute, scalar
from mispmini.store.tables.base import database

LOCK_WAIT_SECONDS = 10.0
_POLL_SECONDS = 0.002
_DAMAGE = (
    "malformed", "not a database", "unsupported file format", "no such table", "no such column", "has no column",
)  # fmt: skip
_CHECKPOINT_BYTES = 32 * 1024 * 1024
_PRAGMAS = (
    ("busy_timeout", 10_000),
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("foreign_keys", 1),
    ("temp_store", "memory"),
    ("cache_size", -8_192),
    ("mmap_size", 0),
    ("secure_delete", 0),
    ("wal_autocheckpoint", 0),
    ("journal_size_limit", 64 * 1024 * 1024),
)

_process_lock = threading.RLock()


class _LockFile:
    """The one open handle on <data>/write.lock of this process."""

    def __init__(self) -> None:
        self.handle: int | None = None
        self.path = Path()

    def open(self, path: Path) -> None:
        if self.handle is not None:
            os.close(self.handle)
        self.path = path
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def acquire(self) -> None:
        """Poll until the lock is ours; Busy after LOCK_WAIT_SECONDS."""
        assert self.handle is not None, "open_database() first"
        deadline = time.monotonic() + LOCK_WAIT_SECONDS
        while True:
            try:
                fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy("Another process is writing. Please try again in a moment.") from None
                time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        assert self.handle is not None
        fcntl.flock(self.handle, fcntl.LOCK_UN)


_write_lock = _LockFile()


@contextmanager
def damage_named() -> Iterator[None]:
    """Where SQLite finds its file damaged, no database at all, or out of reach: raises Unusable with the way out.

    Raises Busy and OutOfSpace as writing() does.
    """
    try:
        yield
    except DatabaseError as error:
        texts = " ".join(_with_causes(error))
        if any(word in texts for word in _DAMAGE):
            raise Unusable(f"{database.database} is damaged ({error}). {RESTORE}") from error
        if "readonly" in texts or "unable to open" in texts:
            raise Unusable(f"{database.database} cannot be written: {error}.") from error
        if named := _named(error):
            raise named from error
        raise


@damage_named()
def open_database(path: Path) -> None:
    """Bind this process to the file, make or migrate its schema (store/migrating.py), connect this thread.

    Raises NewerSchema, Unusable, and OSError where the folder cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _write_lock.open(path.parent / "write.lock")
    if not (path.exists() and path.stat().st_size):
        if (path.parent / "web.key").exists():
            raise Unusable(f"{path} is missing or empty in a folder that was served before. {RESTORE}")
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if not os.access(path, os.W_OK):
        raise Unusable(f"{path} cannot be written.")
    database.init(str(path), pragmas=_PRAGMAS)
    connect()
    with _exclusive():
        migrate(database)


def connect() -> None:
    """Give this thread its connection; it keeps it."""
    if database.connect(reuse_if_open=True):
        deadline.watch()


def disconnect() -> None:
    """Close this thread's connection, if it has one."""
    database.close()


def close_database() -> None:
    """Close this thread's connection; the last one to leave empties the write-ahead log.

    What cannot be moved into the file stays in the log, where the next one to open it finds it.
    """
    if not database.is_closed():
        with suppress(Busy, OutOfSpace):
            checkpoint(truncate=True)
        database.close()


@contextmanager
def own_connection() -> Iterator[None]:
    """For a thread that comes and goes: connect, and close at the end."""
    with database.connection_context():
        yield


@contextmanager
def reading() -> Iterator[None]:
    """One snapshot for several queries. Never across a yield to a client."""
    with database.atomic("DEFERRED"):
        yield


@contextmanager
def writing(*, quiet: bool = False) -> Iterator[None]:
    """One IMMEDIATE transaction; everything in it is on disk at the end, or nothing.

    `quiet` is for bookkeeping that changes no answer (last use of a key, sessions): the change counter stays.
    Raises Busy, OutOfSpace.
    """
    if database.in_transaction():
        with database.savepoint():
            yield
        return
    with deadline.lifted(for_good=not quiet), _exclusive(), _refusals(), database.atomic():
        yield
        if not quiet:
            execute("UPDATE counter SET value = value + 1 WHERE name = 'change'")


@contextmanager
def _exclusive() -> Iterator[None]:
    with _process_lock:
        _write_lock.acquire()
        try:
            yield
        finally:
            _write_lock.release()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if named := _named(error):
            raise named from error
        raise


def _named(error: DatabaseError) -> MispminiError | None:
    """The refusal that an error of SQLite is; None for any other."""
    texts = " ".join(_with_causes(error))
    if "full" in texts or "disk I/O" in texts:
        return OutOfSpace("The disk refused the write. Nothing was stored.")
    if "locked" in texts or "busy" in texts or "readonly" in texts:
        return Busy("The database cannot be written at the moment. Please try again.")
    return None


def _with_causes(error: BaseException | None) -> Iterator[str]:
    """SQLite takes a transaction back by itself when the disk is full; then Peewee's rollback fails as well, and what
    went wrong stands behind it."""
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__


def checkpoint(*, truncate: bool = False) -> None:
    """Move the write-ahead log into the file: never inline (SPEED §1), one at a time (TRUST D4).

    Raises Busy, OutOfSpace.
    """
    with _exclusive(), _refusals():
        execute(f"PRAGMA wal_checkpoint({'TRUNCATE' if truncate else 'PASSIVE'})")


def log_is_large() -> bool:
    """Whether the write-ahead log has outgrown 32 MB."""
    try:
        return Path(f"{database.database}-wal").stat().st_size > _CHECKPOINT_BYTES
    except OSError:
        return False


def take_ids(name: str, count: int = 1) -> int:
    """The first of `count` fresh ids of a hot table, inside a writing(); never handed out again (SPEED §2.1)."""
    last = scalar("UPDATE counter SET value = value + ? WHERE name = ? RETURNING value", (count, name))
    return int(last) - count + 1


def change_counter() -> int:
    """A number that grows with everything that may change an answer: part of every ETag."""
    return int(scalar("SELECT value FROM counter WHERE name = 'change'"))
