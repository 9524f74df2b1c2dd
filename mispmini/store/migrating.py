"""Numbered migrations, a copy taken before, refusal of a newer schema (FEATURES row 9, TRUST §3.3)."""

from pathlib import Path

from peewee import SqliteDatabase

from mispmini.domain.errors import MispminiError, Unusable
from mispmini.store.body_cache import forget_bodies
from mispmini.store.copies import copy_database, only_copier
from mispmini.store.durable import sync
from mispmini.store.schema import MIGRATIONS, Runner, migrations, newer_than_ours, version_of
from mispmini.store.seeding import seed
from mispmini.store.sql import rows, scalar
from mispmini.store.tables.base import database as bound

RESTORE = "Stop the server and restore the newest backup with `restore`."
_COPIES_KEPT = 3


class NewerSchema(MispminiError):
    """The file was written by a newer mispmini; its message says what to do."""


def migrate(database: SqliteDatabase) -> list[str]:
    """Bring the schema up to date; returns the names applied. Raises NewerSchema, Unusable."""
    runner = Runner(database, str(MIGRATIONS))
    status = runner.status()
    if newer := newer_than_ours([step.name for step in status]):
        raise NewerSchema(newer)
    pending = [step for step in status if not step.applied]
    if not pending:
        return []
    if scalar("SELECT count(*) FROM sqlite_master"):
        copy_before(pending[0].name)
    applied: list[str] = runner.up()
    forget_bodies()
    with database.atomic():
        seed()
    return applied


def copy_before(step: str) -> Path:
    """A whole copy of the database in <data>/backups, named after the migration that comes next; three are kept.

    Raises Unusable where the database is damaged: it stays as it is.
    """
    folder = Path(bound.database).parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"before-{step}.db"
    part = target.with_suffix(".db.part")
    with only_copier():
        part.unlink(missing_ok=True)
        try:
            if flaw := copy_database(part):
                raise Unusable(f"{bound.database} is damaged ({flaw}) and was not migrated. {RESTORE}")
            sync(part)
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
    sync(folder)
    for old in sorted(folder.glob("before-*.db"), key=_age)[_COPIES_KEPT:]:
        old.unlink(missing_ok=True)
    return target


def _age(path: Path) -> float:
    return -path.stat().st_mtime


def schema_version() -> int:
    """The number of the newest migration that the database has seen."""
    return version_of([name for (name,) in rows("SELECT name FROM schema_migration")])


def expected_version() -> int:
    """The number of the newest migration that this program knows."""
    return version_of(migrations())
