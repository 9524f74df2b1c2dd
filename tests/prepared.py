"""A fresh database as a copy of one that was migrated once in this process: the migrations take a tenth of a second."""

import tempfile
from functools import cache
from pathlib import Path

from mispmini.store.database import close_database, open_database


def open_fresh_database(path: Path, content: bytes | None = None) -> None:
    """Bind this process to a new database: with today's schema and seeds, unless with another's content."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_database(path, content or migrated_database())
    open_database(path)


def write_database(path: Path, content: bytes) -> None:
    """A database as the product makes it: its owner's alone."""
    path.write_bytes(content)
    path.chmod(0o600)


@cache
def migrated_database() -> bytes:
    """Today's schema and seeds; the first call needs a process that is bound to no database."""
    with tempfile.TemporaryDirectory(prefix="mispmini-test-") as folder:
        path = Path(folder) / "mispmini.db"
        open_database(path)
        close_database()
        return path.read_bytes()
