"""Tags and what they are attached to. A tag's identity is its folded name (MODEL §7.5, RULES §7)."""

from collections.abc import Collection, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.ids import is_row_number
from mispmini.domain.records import TagRecord
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import Predicate, Row, execute, execute_many, marks, row, rows
from mispmini.store.visibility import attribute_readable_by, event_readable_by

TOMBSTONE_SECONDS = 365 * 86400
_COLUMNS = ", ".join(TagRecord._fields)
_FLAGS = {3, 6, 8, 9, 10}


def fold(name: str) -> str:
    """What two spellings of one tag have in common."""
    return name.casefold()


@lru_cache(maxsize=4_096)
def _record(found: Row) -> TagRecord:
    return TagRecord._make(bool(value) if index in _FLAGS else value for index, value in enumerate(found))


def find_tags(names: Sequence[str]) -> dict[str, TagRecord]:
    """Tags by folded name."""
    folded = sorted({fold(name) for name in names})
    found: dict[str, TagRecord] = {}
    for start in range(0, len(folded), 500):
        batch = folded[start : start + 500]
        for r in rows(f"SELECT {_COLUMNS}, folded_name FROM tag WHERE folded_name IN ({marks(batch)})", batch):
            found[r[-1]] = _record(r[:-1])
    return found


def find_tag(ref: str) -> TagRecord | None:
    """A tag by id, else by name."""
    if is_row_number(ref):
        found = row(f"SELECT {_COLUMNS} FROM tag WHERE id = ?", (int(ref),))
        if found is not None:
            return _record(found)
    return find_tags([ref]).get(fold(ref))


def tag_names(ids: Collection[int]) -> dict[int, str]:
    """Names of tags by id."""
    wanted = tuple(ids)
    return dict(rows(f"SELECT id, name FROM tag WHERE id IN ({marks(wanted)})", wanted))


def all_tags(search: str | None = None) -> list[TagRecord]:
    """All tags by name, or those whose name holds a text."""
    condition, params = ("folded_name LIKE ?", (f"%{fold(search)}%",)) if search else ("1 = 1", ())
    return [_record(r) for r in rows(f"SELECT {_COLUMNS} FROM tag WHERE {condition} ORDER BY folded_name", params)]


def tags_like(pattern: str) -> list[TagRecord]:
    """Tags whose name is like this in any case, by name; `%` stands for anything, `_` for itself."""
    wanted = fold(pattern).replace("\\", "\\\\").replace("_", "\\_")
    found = rows(f"SELECT {_COLUMNS} FROM tag WHERE folded_name LIKE ? ESCAPE '\\' ORDER BY folded_name", (wanted,))
    return [_record(r) for r in found]


def insert_tag(record: TagRecord) -> int:
    """Add a tag, inside a writing(); its id is made here. Returns it."""
    execute(
        f"INSERT INTO tag ({_COLUMNS.removeprefix('id, ')}, folded_name) VALUES ({marks(TagRecord._fields)})",
        (*record[1:], fold(record.name)),
    )
    found = row("SELECT id FROM tag WHERE folded_name = ?", (fold(record.name),))
    assert found is not None
    return int(found[0])


def update_tag(record: TagRecord) -> None:
    """Write a tag that is here, inside a writing()."""
    columns = ", ".join(f"{name} = ?" for name in TagRecord._fields[1:])
    execute(f"UPDATE tag SET {columns}, folded_name = ? WHERE id = ?", (*record[1:], fold(record.name), record.id))


def delete_tag(tag_id: int) -> None:
    """Remove a tag from the instance and from whatever it is on, inside a writing()."""
    execute("DELETE FROM tag WHERE id = ?", (tag_id,))


def hide_tags(tag_ids: Sequence[int], *, hidden: bool) -> None:
    """Take tags out of what is offered, or back, inside a writing()."""
    execute_many("UPDATE tag SET hide_tag = ? WHERE id = ?", [(hidden, tag_id) for tag_id in tag_ids])


class TagUse(NamedTuple):
    """On how many events and attributes a tag is."""

    events: int
    attributes: int


def tag_use(viewer: Viewer, tag_id: int | None = None) -> dict[int, TagUse]:
    """On how many events and attributes that the viewer reads each tag is, or the one tag; unused ones are absent."""
    alive = Predicate("NOT link.deleted" + (" AND NOT link.local" if viewer.is_partner else ""))
    if tag_id is not None:
        alive &= Predicate("link.tag_id = ?", (tag_id,))
    event = alive & event_readable_by(viewer)
    attribute = event & attribute_readable_by(viewer) & Predicate("NOT attribute.deleted")
    events = _counts("event_tag AS link JOIN event ON event.id = link.event_id", event)
    attributes = _counts(
        "attribute_tag AS link JOIN attribute ON attribute.id = link.attribute_id"
        " JOIN event ON event.id = attribute.event_id",
        attribute,
    )
    return {tag: TagUse(events.get(tag, 0), attributes.get(tag, 0)) for tag in events.keys() | attributes.keys()}


def tag_counts(viewer: Viewer, tag_id: int) -> TagUse:
    """The use of one tag, as the viewer reads it."""
    return tag_use(viewer, tag_id).get(tag_id, TagUse(0, 0))


def _counts(source: str, condition: Predicate) -> dict[int, int]:
    found = rows(
        f"SELECT link.tag_id, count(*) FROM {source} WHERE {condition.text} GROUP BY link.tag_id", condition.params
    )
    return dict(found)


def favourites_of(user_id: int | None) -> set[int]:
    """Ids of the tags that a user wants at hand."""
    return {r[0] for r in rows("SELECT tag_id FROM favourite_tag WHERE user_id = ?", (user_id,))}


def set_favourite(user_id: int, tag_id: int, *, on: bool) -> None:
    """Put a tag at a user's hand or away, inside a writing()."""
    execute("DELETE FROM favourite_tag WHERE user_id = ? AND tag_id = ?", (user_id, tag_id))
    if on:
        execute("INSERT INTO favourite_tag (user_id, tag_id) VALUES (?, ?)", (user_id, tag_id))


class Target(Enum):
    """What a tag can be on."""

    EVENT = "event"
    ATTRIBUTE = "attribute"
    REPORT = "event_report"


class Attached(NamedTuple):
    """One tag on one target."""

    target_id: int
    event_id: int
    tag_id: int
    local: bool
    relationship_type: str | None


def attach_tags(target: Target, links: Sequence[Attached]) -> None:
    """Attach tags, inside a writing(): a tombstone comes alive, a live link keeps its local flag (MODEL §7.5)."""
    extra = "" if target is Target.EVENT else ", event_id"
    values = [(x.target_id, x.tag_id, x.local, x.relationship_type, *((x.event_id,) if extra else ())) for x in links]
    execute_many(
        f"INSERT INTO {target.value}_tag ({target.value}_id, tag_id, local, relationship_type, deleted{extra})"
        f" VALUES (?, ?, ?, ?, 0{', ?' if extra else ''})"
        f" ON CONFLICT ({target.value}_id, tag_id) DO UPDATE SET relationship_type = excluded.relationship_type,"
        " local = CASE WHEN deleted THEN excluded.local ELSE local END, deleted = 0, removed = NULL",
        values,
    )


def detach_tag(target: Target, target_id: int, tag_id: int, *, may_be_local: bool = True) -> bool | None:
    """Take a tag off, inside a writing(): a local one goes, a global one leaves a tombstone (RULES §8).

    Returns whether it was local, None if it was not there.
    """
    table = f"{target.value}_tag"
    found = row(
        f"SELECT local FROM {table} WHERE {target.value}_id = ? AND tag_id = ? AND NOT deleted", (target_id, tag_id)
    )
    if found is None or (found[0] and not may_be_local):
        return None
    if found[0]:
        execute(f"DELETE FROM {table} WHERE {target.value}_id = ? AND tag_id = ?", (target_id, tag_id))
    else:
        execute(
            f"UPDATE {table} SET deleted = 1, removed = ? WHERE {target.value}_id = ? AND tag_id = ?",
            (clock.now(), target_id, tag_id),
        )
    return bool(found[0])


def forget_removed_tags() -> None:
    """Tombstones that no partner gets any longer, inside a writing()."""
    for target in Target:
        execute(f"DELETE FROM {target.value}_tag WHERE deleted AND removed <= ?", (clock.now() - TOMBSTONE_SECONDS,))


def attached_tag_ids(target: Target, target_id: int) -> set[int]:
    """Ids of the tags on a target."""
    table = f"{target.value}_tag"
    return {r[0] for r in rows(f"SELECT tag_id FROM {table} WHERE {target.value}_id = ? AND NOT deleted", (target_id,))}


def galaxy_links(target: Target, event_ids: Sequence[int]) -> dict[tuple[int, int], int]:
    """Ids of what attaches galaxy tags to events, or to the attributes of events, by target and tag."""
    found = rows(
        f"SELECT link.{target.value}_id, link.tag_id, link.id FROM {target.value}_tag AS link"
        f" JOIN tag ON tag.id = link.tag_id WHERE tag.is_galaxy AND link.event_id IN ({marks(event_ids)})",
        tuple(event_ids),
    )
    return {(target_id, tag_id): number for target_id, tag_id, number in found}
