"""The instance's allow-list (API §8.5)."""

from functools import lru_cache

from mispmini.domain.allowedlists import MOST_ENTRIES, Allowed, AllowedlistRow
from mispmini.domain.errors import NotFound
from mispmini.store.sql import execute, row, rows
from mispmini.store.tables.field_knowledge import Allowedlist

INVALID = "Invalid allowedlist"


def load_allowed() -> Allowed:
    """What is left out of answers; the expressions are compiled again only after a change."""
    return _compiled(tuple(one.name for one in list_entries()))


@lru_cache(maxsize=2)
def _compiled(expressions: tuple[str, ...]) -> Allowed:
    return Allowed(expressions)


def list_entries() -> list[AllowedlistRow]:
    """All of them, oldest first."""
    found = rows("SELECT id, name FROM allowedlist ORDER BY id LIMIT ?", (MOST_ENTRIES,))
    return [AllowedlistRow._make(r) for r in found]


def find_entry(number: int) -> AllowedlistRow:
    """One by id. Raises NotFound."""
    found = row("SELECT id, name FROM allowedlist WHERE id = ?", (number,))
    if found is None:
        raise NotFound(INVALID)
    return AllowedlistRow._make(found)


def find_entry_named(name: str) -> AllowedlistRow | None:
    """The one that is written exactly so."""
    found = row("SELECT id, name FROM allowedlist WHERE name = ?", (name,))
    return None if found is None else AllowedlistRow._make(found)


def insert_entry(name: str) -> int:
    """Add one, inside a writing(); its id."""
    return int(Allowedlist.insert(name=name).execute())


def update_entry(number: int, name: str) -> None:
    """Change one, inside a writing()."""
    execute("UPDATE allowedlist SET name = ? WHERE id = ?", (name, number))


def delete_entry(number: int) -> None:
    """Remove one, inside a writing()."""
    execute("DELETE FROM allowedlist WHERE id = ?", (number,))
