"""Writes objects, references and reports."""

from collections.abc import Sequence
from typing import NamedTuple

from mispmini.store.sql import execute, execute_many, marks, rows


class StoredObject(NamedTuple):
    """An object as the table holds it."""

    id: int
    event_id: int
    uuid: bytes
    name: str
    meta_category: str
    description: str
    template_uuid: str
    template_version: int
    timestamp: int
    distribution: int
    sharing_group_id: int | None
    comment: str
    deleted: bool
    first_seen: int | None
    last_seen: int | None
    extra: str | None


class StoredReference(NamedTuple):
    """A reference as the table holds it."""

    id: int
    uuid: bytes
    event_id: int
    object_id: int
    referenced_id: int
    referenced_type: int
    referenced_uuid: bytes
    relationship_type: str
    comment: str
    timestamp: int
    deleted: bool


class StoredReport(NamedTuple):
    """A report as the table holds it."""

    id: int
    uuid: str
    event_id: int
    name: str
    content: str
    distribution: int
    sharing_group_id: int | None
    timestamp: int
    deleted: bool


def insert_objects(objects: Sequence[StoredObject]) -> None:
    """Add objects, inside a writing()."""
    names = StoredObject._fields
    execute_many(f"INSERT INTO object ({', '.join(names)}, gone_at_source) VALUES ({marks(names)}, 0)", objects)


def update_objects(objects: Sequence[StoredObject]) -> None:
    """Write all but id, event and uuid, inside a writing()."""
    sets = ", ".join(f"{name} = ?" for name in StoredObject._fields[3:])
    execute_many(f"UPDATE object SET {sets} WHERE id = ?", [(*o[3:], o.id) for o in objects])


def stored_objects(event_id: int) -> dict[bytes, StoredObject]:
    """Every object of an event by uuid, deleted ones too."""
    found = rows(f"SELECT {', '.join(StoredObject._fields)} FROM object WHERE event_id = ?", (event_id,))
    return {r[2]: StoredObject._make(r) for r in found}


def put_references(references: Sequence[StoredReference]) -> None:
    """Add references or write those known by id, inside a writing()."""
    names = StoredReference._fields
    execute_many(
        f"INSERT INTO object_reference ({', '.join(names)}) VALUES ({marks(names)}) ON CONFLICT (id) DO UPDATE SET"
        " relationship_type = excluded.relationship_type, comment = excluded.comment,"
        " timestamp = excluded.timestamp, deleted = excluded.deleted",
        references,
    )


def stored_references(event_id: int) -> dict[bytes, StoredReference]:
    """Every reference of an event by uuid."""
    names = ", ".join(StoredReference._fields)
    found = rows(f"SELECT {names} FROM object_reference WHERE event_id = ?", (event_id,))
    return {r[1]: StoredReference._make(r) for r in found}


def drop_references_to(event_id: int, referenced_uuids: Sequence[bytes], timestamp: int) -> None:
    """Soft-delete the references to elements that were deleted (MODEL §7.12)."""
    execute_many(
        "UPDATE object_reference SET deleted = 1, timestamp = ?"
        " WHERE event_id = ? AND referenced_uuid = ? AND NOT deleted",
        [(timestamp, event_id, uuid) for uuid in referenced_uuids],
    )


def put_reports(reports: Sequence[StoredReport]) -> None:
    """Add reports or write those known by id, inside a writing()."""
    names = StoredReport._fields
    execute_many(
        f"INSERT INTO event_report ({', '.join(names)}) VALUES ({marks(names)}) ON CONFLICT (id) DO UPDATE SET"
        " name = excluded.name, content = excluded.content, distribution = excluded.distribution,"
        " sharing_group_id = excluded.sharing_group_id, timestamp = excluded.timestamp, deleted = excluded.deleted",
        reports,
    )


def stored_reports(event_id: int) -> dict[str, StoredReport]:
    """Every report of an event by uuid."""
    names = ", ".join(StoredReport._fields)
    return {
        r[1]: StoredReport._make(r) for r in rows(f"SELECT {names} FROM event_report WHERE event_id = ?", (event_id,))
    }


def remove_object(object_id: int) -> None:
    """Remove an object and its references for good, inside a writing(); its attributes went before."""
    execute("DELETE FROM object_reference WHERE object_id = ?", (object_id,))
    execute("DELETE FROM object WHERE id = ?", (object_id,))


def drop_references_of(object_id: int, timestamp: int) -> None:
    """Soft-delete the references that an object holds, inside a writing()."""
    execute(
        "UPDATE object_reference SET deleted = 1, timestamp = ? WHERE object_id = ? AND NOT deleted",
        (timestamp, object_id),
    )


def drop_reference(reference_id: int, timestamp: int) -> None:
    """Soft-delete one reference, inside a writing()."""
    execute("UPDATE object_reference SET deleted = 1, timestamp = ? WHERE id = ?", (timestamp, reference_id))


def remove_reference(reference_id: int) -> None:
    """Remove one reference for good, inside a writing()."""
    execute("DELETE FROM object_reference WHERE id = ?", (reference_id,))


def remove_report(report_id: int) -> None:
    """Remove a report for good, inside a writing()."""
    execute("DELETE FROM event_report WHERE id = ?", (report_id,))


def touch_object(object_id: int, now: int) -> None:
    """Something of an object changed: it is newer, or partners skip it (API §10.2 row 9)."""
    execute("UPDATE object SET timestamp = max(timestamp + 1, ?) WHERE id = ?", (now, object_id))


def similar_object(stored: StoredObject) -> int | None:
    """The id of another live object of the event with this template and the same live attributes, if there is one.

    The same means relation, category, type and value (MODEL §7.12).
    """
    found = rows(
        "SELECT object.id, object_relation, category_id, type_id, value1, value2 FROM object"
        " JOIN attribute ON attribute.object_id = object.id WHERE object.event_id = ? AND object.template_uuid = ?"
        " AND NOT object.deleted AND NOT attribute.deleted ORDER BY object.id",
        (stored.event_id, stored.template_uuid),
    )
    held: dict[int, set[tuple[object, ...]]] = {}
    for object_id, *attribute in found:
        held.setdefault(object_id, set()).add(tuple(attribute))
    own = held.pop(stored.id, set())
    return next((object_id for object_id, attributes in held.items() if attributes == own), None)
