"""Names of attribute types and categories, and the small numbers the attribute table holds for them."""

import threading

from mispmini.store.sql import execute, rows

_lock = threading.Lock()


class _Names:
    """One table of names, kept in memory: rows are only ever added."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.by_id: dict[int, str] = {}
        self.by_name: dict[str, int] = {}

    def load(self) -> None:
        with _lock:
            self.by_id = dict(rows(f"SELECT id, name FROM {self.table}"))
            self.by_name = {name: number for number, name in self.by_id.items()}

    def names(self) -> dict[int, str]:
        if not self.by_id:
            self.load()
        return self.by_id

    def number_of(self, name: str) -> int:
        """The number of a name, inside a writing(); an unknown one is added and flagged (RULES §7)."""
        if name not in self.by_name:
            self.load()
        if name not in self.by_name:
            execute(f"INSERT INTO {self.table} (name, known) VALUES (?, ?)", (name, False))
            self.load()
        return self.by_name[name]

    def find(self, name: str) -> int | None:
        if name not in self.by_name:
            self.load()
        return self.by_name.get(name)

    def forget(self) -> None:
        self.by_id, self.by_name = {}, {}


_types = _Names("attribute_type")
_categories = _Names("attribute_category")


def type_number(name: str) -> int:
    """The number of a type, inside a writing()."""
    return _types.number_of(name)


def category_number(name: str) -> int:
    """The number of a category, inside a writing()."""
    return _categories.number_of(name)


def find_type(name: str) -> int | None:
    """The number of a type that has ever been used or is known, else None."""
    return _types.find(name)


def type_names() -> dict[int, str]:
    """Number to name, types. Another process may have added one since: see `refresh`."""
    return _types.names()


def category_names() -> dict[int, str]:
    """Number to name, categories."""
    return _categories.names()


def refresh() -> None:
    """Read the names anew: a row named a number that this process has not seen."""
    _types.load()
    _categories.load()


def forget() -> None:
    """Another file was opened, or a transaction that added names was rolled back."""
    _types.forget()
    _categories.forget()
