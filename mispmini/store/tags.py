"""Tags and what they are attached to. A tag's identity is its folded name (MODEL §7.5, RULES §7)."""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from mispmini.domain.records import TagRecord
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import Predicate, Row, execute, execute_many, marks, row, rows, scalar
from mispmini.store.visibility import attribute_readable_by, event_readable_by

_COLUMNS = ", ".join(TagRecord._fields)
_FLAGS = {3, 6, 8, 9, 10}


def fold(name: str) -> str:
    """What two spellings of one tag have in common."""
    return name.casefold()


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
    if ref.isascii() and ref.isdigit():
        found = row(f"SELECT {_COLUMNS} FROM tag WHERE id = ?", (int(ref),))
        if found is not None:
            return _record(found)
    return find_tags([ref]).get(fold(ref))


def all_tags(search: str | None = None) -> list[TagRecord]:
    """All tags by name, or those whose name holds a text."""
    condition, params = ("folded_name LIKE ?", (f"%{fold(search)}%",)) if search else ("1 = 1", ())
    return [_record(r) for r in rows(f"SELECT {_COLUMNS} FROM tag WHERE {condition} ORDER BY id", params)]


def insert_tag(record: TagRecord) -> int:
    """Add a tag, inside a writing(); its id is made here. Returns it."""
    execute(
        f"INSERT INTO tag ({_COLUMNS.removeprefix('id, ')}, folded_name) VALUES ({marks(TagRecord._fields)})",
        (*record[1:], fold(record.name)),
    )
    found = row("SELECT id FROM tag WHERE folded_name = ?", (fold(record.name),))
    assert found is not None
    return int(found[0])


def tag_counts(viewer: Viewer, tag_id: int) -> tuple[int, int]:
    """On how many events and attributes that the viewer reads a tag is."""
    alive = "link.tag_id = ? AND NOT link.deleted" + (" AND NOT link.local" if viewer.is_partner else "")
    event = event_readable_by(viewer)
    attribute = event & attribute_readable_by(viewer) & Predicate("NOT attribute.deleted")
    events = scalar(
        "SELECT count(*) FROM event_tag AS link JOIN event ON event.id = link.event_id"
        f" WHERE {alive} AND ({event.text})",
        (tag_id, *event.params),
    )
    attributes = scalar(
        "SELECT count(*) FROM attribute_tag AS link JOIN attribute ON attribute.id = link.attribute_id"
        f" JOIN event ON event.id = attribute.event_id WHERE {alive} AND ({attribute.text})",
        (tag_id, *attribute.params),
    )
    return int(events), int(attributes)


class Target(Enum):
    """What a tag can be on."""

    EVENT = "event"
    ATTRIBUTE = "attribute"


class Attached(NamedTuple):
    """One tag on one target."""

    target_id: int
    event_id: int
    tag_id: int
    local: bool
    relationship_type: str | None


def attach_tags(target: Target, links: Sequence[Attached]) -> None:
    """Attach tags, inside a writing(): a tombstone comes alive, a live link keeps its local flag (MODEL §7.5)."""
    extra = ", event_id" if target is Target.ATTRIBUTE else ""
    values = [(x.target_id, x.tag_id, x.local, x.relationship_type, *((x.event_id,) if extra else ())) for x in links]
    execute_many(
        f"INSERT INTO {target.value}_tag ({target.value}_id, tag_id, local, relationship_type, deleted{extra})"
        f" VALUES (?, ?, ?, ?, 0{', ?' if extra else ''})"
        f" ON CONFLICT ({target.value}_id, tag_id) DO UPDATE SET relationship_type = excluded.relationship_type,"
        " local = CASE WHEN deleted THEN excluded.local ELSE local END, deleted = 0",
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
        execute(f"UPDATE {table} SET deleted = 1 WHERE {target.value}_id = ? AND tag_id = ?", (target_id, tag_id))
    return bool(found[0])


def attached_tag_ids(target: Target, target_id: int) -> set[int]:
    """Ids of the tags on a target."""
    table = f"{target.value}_tag"
    return {r[0] for r in rows(f"SELECT tag_id FROM {table} WHERE {target.value}_id = ? AND NOT deleted", (target_id,))}
