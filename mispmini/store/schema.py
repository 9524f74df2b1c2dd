"""The schema as the migrations make it, and what a database lacks of it."""

import importlib
import sqlite3
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

MIGRATIONS = Path(__file__).parent / "migrations"
Runner: Any = importlib.import_module("playhouse.migrations").Runner
_PARTS = (
    "SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    " UNION SELECT 'column ' || part.name || '.' || field.name"
    " FROM sqlite_master AS part JOIN pragma_table_info(part.name) AS field WHERE part.type = 'table'"
)


def migrations() -> tuple[str, ...]:
    """The names of all that this program knows, in their order."""
    return tuple(sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py")))


def migrations_of(copy: sqlite3.Connection) -> tuple[str, ...]:
    """The names of those that a database has seen, in their order."""
    return tuple(name for (name,) in copy.execute("SELECT name FROM schema_migration ORDER BY name"))


def version_of(names: Sequence[str]) -> int:
    """The number of the newest of these migrations."""
    return int(max(names)[:4])


def newer_than_ours(names: Sequence[str]) -> str:
    """The sentence about a database that has seen migrations which this program does not know; empty if it has not."""
    unknown = sorted(set(names) - set(migrations()))
    if not unknown:
        return ""
    return (
        f"The database was written by a newer mispmini (it knows {', '.join(unknown)}). "
        "Install that version, or restore a backup."
    )


def schema_flaw(copy: sqlite3.Connection) -> str:
    """What a database lacks of the schema that its own migrations made; empty for nothing."""
    seen = migrations_of(copy)
    if not seen:
        return "it has no schema"
    if newer := newer_than_ours(seen):
        return newer
    lacking = _parts_after(seen) - {part for (part,) in copy.execute(_PARTS)}
    return f"it lacks {max(lacking)}" if lacking else ""


@cache
def _parts_after(seen: tuple[str, ...]) -> frozenset[str]:
    """Tables, columns, and for today's schema indexes and triggers, too: those of older ones changed with the code."""
    if seen != migrations()[: len(seen)]:
        return frozenset()  # one that came later with a smaller number: the next start applies it
    fresh: Any = SqliteDatabase(":memory:")
    with fresh.connection_context():
        Runner(fresh, str(MIGRATIONS)).up(seen[-1])
        parts = frozenset(part for (part,) in fresh.execute_sql(_PARTS).fetchall())
    if seen == migrations():
        return parts
    return frozenset(part for part in parts if part.startswith(("table ", "column ")))
