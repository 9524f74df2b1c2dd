"""Finds single objects, references and reports that a viewer sees, deleted ones for those who may have them."""

from collections.abc import Collection, Sequence

from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import AttributeRow, ObjectRow, ReferenceRow, ReportRow
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_bytes, uuid_text
from mispmini.domain.records import GroupName
from mispmini.domain.viewer import Viewer
from mispmini.store.graphs import (
    ATTRIBUTE_COLUMNS,
    OBJECT_COLUMNS,
    attribute_rows,
    object_row,
    reference,
    whole_attributes,
)
from mispmini.store.sql import TRUE, Predicate, Row, marks, row, rows
from mispmini.store.visibility import (
    attribute_readable_by,
    attribute_visible_to,
    deleted_visible_to,
    element_visible_to,
    event_visible_to,
    group_visible_to,
    reference_visible_to,
    report_readable_by,
)

INVALID_OBJECT = "Invalid object."
INVALID_REFERENCE = "Invalid object reference."
INVALID_REPORT = "Invalid Event Report"

_REPORT = ", ".join(f"event_report.{name}" for name in ReportRow._fields)
_REFERENCE = ", ".join(
    "object.uuid" if name == "source_uuid" else f"object_reference.{name}" for name in ReferenceRow._fields
)
_STATES = {
    Deleted.LIVE: Predicate("NOT event_report.deleted"),
    Deleted.ONLY: Predicate("event_report.deleted"),
    Deleted.BOTH: TRUE,
}


def find_object(viewer: Viewer, ref: str) -> ObjectRow:
    """A visible object by id or uuid. Raises NotFound."""
    shown = _named(ref, "object", INVALID_OBJECT) & _seen(viewer, "object")
    found = row(
        f"SELECT {OBJECT_COLUMNS} FROM object JOIN event ON event.id = object.event_id WHERE {shown.text}", shown.params
    )
    if found is None:
        raise NotFound(INVALID_OBJECT)
    return object_row(found)


def attributes_of_object(viewer: Viewer, object_id: int, *, deleted: bool = False) -> list[AttributeRow]:
    """An object's visible attributes, oldest first; soft-deleted ones too if asked for and allowed. For verbs."""
    return list(attribute_rows(_attributes_of(viewer, object_id, attribute_visible_to(viewer), deleted=deleted)))


def readable_attributes_of_object(viewer: Viewer, object_id: int, *, deleted: bool = False) -> list[AttributeRow]:
    """The same, within what a partner's link lets it read (RULES §10.3)."""
    return list(whole_attributes(_attributes_of(viewer, object_id, attribute_readable_by(viewer), deleted=deleted)))


def _attributes_of(viewer: Viewer, object_id: int, seen: Predicate, *, deleted: bool) -> list[Row]:
    shown = seen & (deleted_visible_to(viewer, "attribute") if deleted else Predicate("NOT attribute.deleted"))
    return rows(
        f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
        " WHERE attribute.event_id = (SELECT event_id FROM object WHERE id = ?)"
        f" AND attribute.object_id = ? AND ({shown.text}) ORDER BY attribute.id",
        (object_id, object_id, *shown.params),
    )


def references_of_object(viewer: Viewer, object_id: int) -> list[ReferenceRow]:
    """The live references that an object holds to what the viewer sees."""
    held = Predicate("object_reference.object_id = ? AND NOT object_reference.deleted", (object_id,))
    return _references(held & reference_visible_to(viewer))


def references_of_objects(viewer: Viewer, object_ids: Sequence[int]) -> dict[int, list[ReferenceRow]]:
    """The same for a page of objects, by object."""
    wanted = tuple(object_ids)
    held = Predicate(f"object_reference.object_id IN ({marks(wanted)}) AND NOT object_reference.deleted", wanted)
    found: dict[int, list[ReferenceRow]] = {}
    for one in _references(held & reference_visible_to(viewer)) if wanted else ():
        found.setdefault(one.object_id, []).append(one)
    return found


def find_reference(viewer: Viewer, ref: str) -> ReferenceRow:
    """A reference by id or uuid whose object is visible. Raises NotFound."""
    shown = _named(ref, "object_reference", INVALID_REFERENCE) & _seen(viewer, "object")
    for found in _references(shown):
        return found
    raise NotFound(INVALID_REFERENCE)


def find_report(viewer: Viewer, ref: str) -> ReportRow:
    """A visible report by id or uuid. Raises NotFound."""
    named = reference(ref, "event_report")
    found = [] if named is None else _reports(named & _seen_reports(viewer))
    if not found:
        raise NotFound(INVALID_REPORT)
    return found[0]


def list_reports(
    viewer: Viewer, event_id: int | None, state: Deleted, search: str = "", *, limit: int = -1, offset: int = 0
) -> list[ReportRow]:
    """Visible reports, of one event or of all, whose name or content holds `search`; oldest first, -1 for no limit."""
    wanted = _seen_reports(viewer) & _STATES[state]
    if event_id is not None:
        wanted &= Predicate("event_report.event_id = ?", (event_id,))
    if search:
        wanted &= Predicate(
            "instr(lower(event_report.name), ?) OR instr(lower(event_report.content), ?)", (search.lower(),) * 2
        )
    return _reports(wanted, limit, offset)


def group_names(viewer: Viewer, ids: Collection[int]) -> dict[int, GroupName]:
    """Sharing groups of elements that are visible, with their names for those who are in them."""
    wanted, known = tuple(ids), group_visible_to(viewer)
    found = rows(
        f"SELECT id, CASE WHEN {known.text} THEN name END, uuid FROM sharing_group WHERE id IN ({marks(wanted)})",
        (*known.params, *wanted),
    )
    return {r[0]: GroupName._make(r) for r in found}


def _named(ref: str, table: str, sentence: str) -> Predicate:
    """A condition for an id, or a uuid stored as 16 bytes. Raises NotFound if `ref` is neither."""
    if is_row_number(ref):
        return Predicate(f"{table}.id = ?", (int(ref),))
    uuid = canonical_uuid(ref)
    if uuid is None:
        raise NotFound(sentence)
    return Predicate(f"{table}.uuid = ?", (uuid_bytes(uuid),))


def _seen(viewer: Viewer, table: str) -> Predicate:
    return event_visible_to(viewer) & element_visible_to(viewer, table) & deleted_visible_to(viewer, table)


def _seen_reports(viewer: Viewer) -> Predicate:
    return event_visible_to(viewer) & report_readable_by(viewer) & deleted_visible_to(viewer, "event_report")


def _references(condition: Predicate) -> list[ReferenceRow]:
    found = rows(
        f"SELECT {_REFERENCE} FROM object_reference JOIN object ON object.id = object_reference.object_id"
        f" JOIN event ON event.id = object.event_id WHERE {condition.text} ORDER BY object_reference.id",
        condition.params,
    )
    return [_reference(r) for r in found]


def _reference(r: Row) -> ReferenceRow:
    uuids = (uuid_text(r[5]), uuid_text(r[6]))
    return ReferenceRow._make((r[0], uuid_text(r[1]), *r[2:5], *uuids, *r[7:11], bool(r[11])))


def _reports(condition: Predicate, limit: int = -1, offset: int = 0) -> list[ReportRow]:
    found = rows(
        f"SELECT {_REPORT} FROM event_report JOIN event ON event.id = event_report.event_id"
        f" WHERE {condition.text} ORDER BY event_report.id LIMIT ? OFFSET ?",
        (*condition.params, limit, offset),
    )
    return [ReportRow._make((*r[:-1], bool(r[-1]))) for r in found]
