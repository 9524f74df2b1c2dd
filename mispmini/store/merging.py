"""Two organisations become one: whatever names the one names the other afterwards (FEATURES row 15)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mispmini.domain.rules import with_organisation_replaced
from mispmini.store.sql import execute, rows, scalar
from mispmini.store.tables import ALL_TABLES
from mispmini.store.tables.admin import Audit
from mispmini.store.tables.people import Organisation

_NAMES = frozenset({"org_id", "orgc_id", "remote_org_id", "received_from"})
_LEFT_ALONE = (Audit,)  # what was done stays in the name of who did it


class Reference(NamedTuple):
    """A column that names an organisation; `beside` are the columns that it is unique with, if it is."""

    table: str
    column: str
    beside: tuple[str, ...] | None


class MergeCounts(NamedTuple):
    """What moves: accounts, events by who created and who holds them, links, and memberships of sharing groups."""

    users: int
    events_created: int
    events_held: int
    servers: int
    groups: int


def references() -> Iterator[Reference]:
    """Every column that names an organisation and moves with it."""
    for model in ALL_TABLES:
        if model in _LEFT_ALONE:
            continue
        meta: Any = model._meta
        for column, field in meta.columns.items():
            if getattr(field, "rel_model", None) is Organisation or column in _NAMES:
                yield Reference(meta.table_name, column, _unique_with(meta, field))


def count_references(org_id: int) -> MergeCounts:
    """How much a merge of this organisation moves."""
    return MergeCounts(
        users=_count('"user"', "org_id", org_id),
        events_created=_count("event", "orgc_id", org_id),
        events_held=_count("event", "org_id", org_id),
        servers=_count("server", "org_id", org_id) + _count("server", "remote_org_id", org_id),
        groups=_count("sharing_group_org", "org_id", org_id) + _count("sharing_group", "org_id", org_id),
    )


def move_references(source_id: int, target_id: int) -> None:
    """Let all that names the source name the target, inside a writing(); of two equal rows one stays."""
    execute("UPDATE event SET rev = rev + 1 WHERE org_id = ? OR orgc_id = ?", (source_id, source_id))
    execute(
        "UPDATE sharing_group_org SET extend = TRUE WHERE org_id = ? AND sharing_group_id IN"
        " (SELECT sharing_group_id FROM sharing_group_org WHERE org_id = ? AND extend)",
        (target_id, source_id),
    )
    execute(
        "UPDATE sharing_group SET organisation_uuid = (SELECT uuid FROM organisation WHERE id = ?)"
        " WHERE org_id = ? AND local",
        (target_id, source_id),
    )
    _move_in_push_rules(source_id, target_id)
    for reference in references():
        _drop_doubles(reference, source_id, target_id)
        execute(
            f'UPDATE "{reference.table}" SET {reference.column} = ? WHERE {reference.column} = ?',
            (target_id, source_id),
        )


def _move_in_push_rules(source_id: int, target_id: int) -> None:
    """They name organisations inside of a text: what was kept from a partner stays kept from it."""
    for server_id, text in rows("SELECT id, push_rules FROM server"):
        moved = with_organisation_replaced(text or "", source_id, target_id)
        if moved != (text or ""):
            execute("UPDATE server SET push_rules = ? WHERE id = ?", (moved, server_id))


def _drop_doubles(reference: Reference, source_id: int, target_id: int) -> None:
    if reference.beside is None:
        return
    same = "".join(f' AND kept.{column} = "{reference.table}".{column}' for column in reference.beside)
    execute(
        f'DELETE FROM "{reference.table}" WHERE {reference.column} = ? AND EXISTS (SELECT 1 FROM'
        f' "{reference.table}" AS kept WHERE kept.{reference.column} = ?{same})',
        (source_id, target_id),
    )


def _unique_with(meta: Any, field: Any) -> tuple[str, ...] | None:
    for names, is_unique in (index for index in meta.indexes if isinstance(index, tuple)):
        own = {field.name, field.column_name}
        if is_unique and own & set(names):
            others = [name for name in names if name not in own]
            return tuple(meta.combined[name].column_name for name in others)
    return None


def _count(table: str, column: str, org_id: int) -> int:
    return int(scalar(f"SELECT count(*) FROM {table} WHERE {column} = ?", (org_id,)))
