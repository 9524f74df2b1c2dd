"""cache.db: bodies of events ready to be sent; may be deleted at any time (SPEED §3).

A file of its own, so that backups stay small and nothing here is ever waited for: what cannot be read or kept is made
anew. A body is named by its event, the event's revision and what else it depends on; a change makes another name.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from peewee import PeeweeException, SqliteDatabase

from mispmini.store.tables.base import database

MOST_BYTES = 512 * 1024 * 1024
_SHAPE = 1
_PRAGMAS = (("busy_timeout", 50), ("journal_mode", "wal"), ("synchronous", "off"), ("cache_size", -2_048))
_CREATE = (
    "CREATE TABLE IF NOT EXISTS body (event_id INTEGER NOT NULL, name TEXT NOT NULL, rev INTEGER NOT NULL,"
    " blocks BLOB NOT NULL, crc INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (event_id, name))"
)
_cache: Any = SqliteDatabase(None, pragmas=_PRAGMAS, autoconnect=False, thread_safe=True)


class KeptBody(NamedTuple):
    """Raw deflate blocks that end at a byte, and the CRC-32 and length in bytes of what they hold."""

    blocks: bytes
    crc: int
    length: int


def kept_body(event_id: int, rev: int, name: str) -> KeptBody | None:
    """The body that was kept for this revision of an event under this name; None if there is none."""
    with _unless_it_fails():
        _connect()
        found = _cache.execute_sql(
            "SELECT blocks, crc, length FROM body WHERE event_id = ? AND name = ? AND rev = ?", (event_id, name, rev)
        ).fetchone()
        return KeptBody(bytes(found[0]), found[1], found[2]) if found else None
    return None


def keep_body(event_id: int, rev: int, name: str, body: KeptBody) -> None:
    """Keep a body in the place of what this name had before; not kept if the file is busy or full."""
    with _unless_it_fails():
        _connect()
        _cache.execute_sql(
            "INSERT OR REPLACE INTO body (event_id, name, rev, blocks, crc, length) VALUES (?, ?, ?, ?, ?, ?)",
            (event_id, name, rev, *body),
        )


def forget_bodies() -> None:
    """Delete the file: after a migration or a restore, whose rows may be numbered as others were."""
    with suppress(PeeweeException):
        _cache.close()
    for ending in ("", "-wal", "-shm"):
        Path(f"{_path(database.database)}{ending}").unlink(missing_ok=True)


def shrink_bodies(most_bytes: int = MOST_BYTES) -> None:
    """Once there is more than this, begin anew: what is asked for is soon there again."""
    with suppress(OSError), _unless_it_fails():
        if Path(_path(database.database)).stat().st_size > most_bytes:
            _connect()
            _cache.execute_sql("DELETE FROM body")
            _cache.execute_sql("VACUUM")


@contextmanager
def _unless_it_fails() -> Iterator[None]:
    """What fails here is done without; a file that is no database any more is begun anew."""
    try:
        yield
    except PeeweeException as error:
        if "not a database" in str(error) or "malformed" in str(error):
            forget_bodies()


@lru_cache(maxsize=1)
def _path(beside: str) -> str:
    return str(Path(beside).parent / "cache.db")


def _connect() -> None:
    """This thread's connection to the file beside the open database; one of another shape is begun anew."""
    path = _path(database.database)
    if _cache.database != path:
        _cache.init(path)
    if not _cache.is_closed():
        return
    _cache.connect(reuse_if_open=True)
    if _cache.execute_sql("PRAGMA user_version").fetchone()[0] != _SHAPE:
        _cache.execute_sql("DROP TABLE IF EXISTS body")
        _cache.execute_sql(f"PRAGMA user_version = {_SHAPE}")
    _cache.execute_sql(_CREATE)
