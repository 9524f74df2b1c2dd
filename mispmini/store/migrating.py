"""Numbered migrations, a copy taken before, refusal of a newer schema (FEATURES row 9, TRUST §3.3)."""

import importlib
import os
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

from mispmini.domain.errors import MispminiError
from mispmini.store.body_cache import forget_bodies
from mispmini.store.seeding import seed
from mispmini.store.sql import execute, rows
from mispmini.store.tables.base import database as bound

MIGRATIONS = Path(__file__).parent / "migrations"
_Runner: Any = importlib.import_module("playhouse.migrations").Runner


class NewerSchema(MispminiError):
    """The file was written by a newer mispmini; its message says what to do."""


def migrate(database: SqliteDatabase) -> list[str]:
    """Bring the schema up to date; returns the names applied. Raises NewerSchema."""
    runner = _Runner(database, str(MIGRATIONS))
    status = runner.status()
    unknown = [step.name for step in status if step.path is None]
    if unknown:
        raise NewerSchema(
            f"The database was written by a newer mispmini (it knows {', '.join(unknown)}). "
            "Install that version, or restore a backup."
        )
    pending = [step for step in status if not step.applied]
    if not pending:
        return []
    if len(pending) < len(status):
        copy_before(pending[0].name)
    applied: list[str] = runner.up()
    forget_bodies()
    with database.atomic():
        seed()
    return applied


def copy_before(step: str) -> Path:
    """A consistent copy of the database in <data>/backups, named after the migration that comes next."""
    folder = Path(bound.database).parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"before-{step}.db"
    target.unlink(missing_ok=True)
    execute("VACUUM INTO ?", (str(target),))
    os.chmod(target, 0o600)
    return target


def schema_version() -> int:
    """The number of the newest migration that the database has seen."""
    return max(int(name[:4]) for (name,) in rows("SELECT name FROM schema_migration"))


def expected_version() -> int:
    """The number of the newest migration that this program knows."""
    return max(int(path.name[:4]) for path in MIGRATIONS.glob("[0-9]*.py"))
