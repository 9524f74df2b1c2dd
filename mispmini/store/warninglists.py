"""Warninglists: finders and writers, and the lists in use put together for looking values up (MODEL §7.15)."""

import json
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from mispmini.domain.ids import is_row_number
from mispmini.domain.warninglists import EntryRow, Matcher, WarninglistDraft, WarninglistRow
from mispmini.store.damage import one_of, readable
from mispmini.store.galaxies import note_change
from mispmini.store.sql import Row, execute, execute_many, in_batches, marks, row, rows, scalar
from mispmini.store.tables.base import database

_COLUMNS = ", ".join(WarninglistRow._fields)
_WRITTEN = ("name", "type", "description", "version", "enabled", "category")


class _Kept:
    """The matcher of this process, and what it was made of."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made_of: tuple[object, ...] = ()
        self.matcher = Matcher()


_kept = _Kept()


def matcher() -> Matcher:
    """The lists in use, read again when one of them changed."""
    in_use = rows("SELECT id, revision FROM warninglist WHERE enabled ORDER BY id")
    made_of = (database.database, *in_use)
    with _kept.lock:
        if _kept.made_of != made_of:
            _kept.matcher = _read([number for number, _revision in in_use])
            _kept.made_of = made_of
        return _kept.matcher


def _read(ids: Sequence[int]) -> Matcher:
    made = Matcher()
    found = rows(f"SELECT {_COLUMNS} FROM warninglist WHERE id IN ({marks(ids)}) ORDER BY id", tuple(ids))
    for one in readable("warninglist", found, _list):
        entries = rows("SELECT value FROM warninglist_entry WHERE warninglist_id = ?", (one.id,))
        made.add(one, (r[0] for r in entries))
    return made


def list_warninglists(search: str = "", *, enabled: bool | None = None) -> list[WarninglistRow]:
    """All of them by id, or those whose name or description holds a text."""
    wanted = search.casefold()
    found = readable("warninglist", rows(f"SELECT {_COLUMNS} FROM warninglist ORDER BY id"), _list)
    return [
        one for one in found if wanted in f"{one.name}\n{one.description}".casefold() and enabled in (None, one.enabled)
    ]


def find_warninglist(ref: str) -> WarninglistRow | None:
    """One by its id."""
    if not is_row_number(ref):
        return None
    found = row(f"SELECT {_COLUMNS} FROM warninglist WHERE id = ?", (int(ref),))
    return one_of("warninglist", found, _list) if found else None


def find_warninglist_named(name: str) -> WarninglistRow | None:
    """One by its whole name."""
    found = row(f"SELECT {_COLUMNS} FROM warninglist WHERE name = ?", (name,))
    return one_of("warninglist", found, _list) if found else None


def warninglists_named(names: Collection[str]) -> list[WarninglistRow]:
    """Those whose name is like one of these in any case; `%` stands for anything."""
    patterns = [name.casefold().replace("\\", "\\\\").replace("_", "\\_") for name in names]
    found: dict[int, WarninglistRow] = {}
    for batch in in_batches(patterns):
        condition = " OR ".join(["lower(name) LIKE ? ESCAPE '\\'"] * len(batch))
        for one in map(_list, rows(f"SELECT {_COLUMNS} FROM warninglist WHERE {condition}", batch)):
            found[one.id] = one
    return [found[number] for number in sorted(found)]


def entries_of(warninglist_id: int, *, limit: int | None = None, offset: int = 0) -> list[EntryRow]:
    """The values of a list, as they were given."""
    page = "" if limit is None else f" LIMIT {int(limit)} OFFSET {int(offset)}"
    found = rows(
        f"SELECT id, warninglist_id, value, comment FROM warninglist_entry WHERE warninglist_id = ? ORDER BY id{page}",
        (warninglist_id,),
    )
    return [EntryRow._make(r) for r in found]


def set_enabled(ids: Sequence[int], *, enabled: bool) -> None:
    """Have lists in use or not, inside a writing()."""
    execute(f"UPDATE warninglist SET enabled = ? WHERE id IN ({marks(ids)})", (enabled, *ids))
    note_change()


def take_list(draft: WarninglistDraft) -> bool | None:
    """Add or renew one of the package's lists, inside a writing(): True if new, False if renewed, None if known."""
    known = find_warninglist_named(draft.name or "")
    if known is not None and (known.version >= (draft.version or 0) or not known.is_default):
        return None
    if known is None:
        insert_list(draft, is_default=True)
        return True
    update_list(known, replace(draft, enabled=None))
    return False


def insert_list(draft: WarninglistDraft, *, is_default: bool = False) -> int:
    """Add a list with its values, inside a writing(); returns its id."""
    values = (draft.name, draft.type, draft.description or "", draft.version or 0, bool(draft.enabled), draft.category)
    execute(
        f"INSERT INTO warninglist ({', '.join(_WRITTEN)}, is_default, entry_count, valid_attributes, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0)",
        (*values, is_default, json.dumps(draft.valid_attributes or ())),
    )
    number = int(scalar("SELECT id FROM warninglist WHERE name = ?", (draft.name,)))
    _write_entries(number, draft.entries or ())
    return number


def update_list(known: WarninglistRow, draft: WarninglistDraft) -> None:
    """Change what is given of a list, its values too, inside a writing()."""
    for name in _WRITTEN:
        if (value := getattr(draft, name)) is not None:
            execute(f"UPDATE warninglist SET {name} = ? WHERE id = ?", (value, known.id))
    if draft.valid_attributes is not None:
        text = json.dumps(draft.valid_attributes)
        execute("UPDATE warninglist SET valid_attributes = ? WHERE id = ?", (text, known.id))
    if draft.entries is not None:
        execute("DELETE FROM warninglist_entry WHERE warninglist_id = ?", (known.id,))
        _write_entries(known.id, draft.entries)
    execute("UPDATE warninglist SET revision = revision + 1 WHERE id = ?", (known.id,))
    note_change()


def delete_list(warninglist_id: int) -> None:
    """Remove a list, inside a writing()."""
    execute("DELETE FROM warninglist WHERE id = ?", (warninglist_id,))
    note_change()


def _write_entries(warninglist_id: int, entries: Iterable[tuple[str, str]]) -> None:
    execute_many(
        "INSERT INTO warninglist_entry (warninglist_id, value, comment) VALUES (?, ?, ?)",
        [(warninglist_id, value, comment) for value, comment in entries],
    )
    execute(
        "UPDATE warninglist SET entry_count = (SELECT count(*) FROM warninglist_entry WHERE warninglist_id = ?)"
        " WHERE id = ?",
        (warninglist_id, warninglist_id),
    )


def knowledge_in_use(kind: str) -> set[str]:
    """Names of the built-in noticelists or decaying models that are switched on."""
    return {r[0] for r in rows("SELECT name FROM knowledge_in_use WHERE kind = ?", (kind,))}


def use_knowledge(kind: str, name: str, *, on: bool) -> None:
    """Switch one on or off, inside a writing()."""
    execute("DELETE FROM knowledge_in_use WHERE kind = ? AND name = ?", (kind, name))
    if on:
        execute("INSERT INTO knowledge_in_use (kind, name) VALUES (?, ?)", (kind, name))


def _list(found: Row) -> WarninglistRow:
    *start, valid, revision = found
    return WarninglistRow._make(
        (*start[:5], bool(start[5]), bool(start[6]), *start[7:], tuple(json.loads(valid)), revision)
    )
