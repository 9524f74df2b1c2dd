"""Loads events with all their parts for a viewer, in a handful of queries a batch (HOUSE §3). Raw SQL: SPEED §3."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import (
    AttributeRow,
    EventGraph,
    EventRow,
    ObjectRow,
    ReferenceRow,
    ReportRow,
    TagRow,
)
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_text
from mispmini.domain.viewer import Viewer
from mispmini.store import vocabulary
from mispmini.store.damage import is_whole, leave_out, readable, refuse_damaged, whole
from mispmini.store.groups import load_groups_for
from mispmini.store.organisations import organisation_rows
from mispmini.store.sql import Predicate, Row, in_batches, marks, rows, streamed_rows
from mispmini.store.tags import TOMBSTONE_SECONDS
from mispmini.store.visibility import (
    attribute_count_for,
    attribute_readable_by,
    deleted_visible_to,
    element_visible_to,
    event_readable_by,
    event_visible_to,
    reference_visible_to,
    report_readable_by,
)

INVALID_EVENT = "Invalid event"


@dataclass(frozen=True, slots=True)
class Parts:
    """What of an event is wanted; `with_groups`: its sharing groups are told too (MODEL §6.3, owner exception)."""

    elements: bool = True
    deleted: Deleted = Deleted.LIVE
    local_tags: bool = True
    all_tags: bool = False
    tombstones: bool = False
    only_to_ids: bool | None = None
    public: bool = False
    with_groups: bool = False


def _columns(row: type[Any], table: str, special: Mapping[str, str] | None = None) -> str:
    named = special or {}
    return ", ".join(named.get(name, f"{table}.{name}") for name in row._fields)


_ROWS_A_FETCH = 1_000
_EVENT = _columns(EventRow, "event", {"attribute_count": "({count})"})
_ATTRIBUTE = _columns(AttributeRow, "attribute", {"type": "attribute.type_id", "category": "attribute.category_id"})
OBJECT_COLUMNS = _columns(ObjectRow, "object")
_REPORT = _columns(ReportRow, "event_report")
_REFERENCE = _columns(ReferenceRow, "object_reference", {"source_uuid": "object.uuid"})
_TAG = _columns(TagRow, "tag", {name: f"link.{name}" for name in ("local", "relationship_type", "deleted")})


def find_event_id(viewer: Viewer, ref: str) -> int:
    """The id of the event named by id or uuid, for verbs. Raises NotFound if absent or invisible."""
    return _find_id(ref, event_visible_to(viewer))


def find_readable_event_id(viewer: Viewer, ref: str) -> int:
    """The same for those who read, within what a partner's link lets through (RULES §10.3)."""
    return _find_id(ref, event_readable_by(viewer))


def find_size(viewer: Viewer, ref: str) -> int:
    """How many attributes the event named by id or uuid holds. Raises NotFound if absent or invisible."""
    return _find(ref, event_readable_by(viewer), "attribute_count")


def _find_id(ref: str, seen: Predicate) -> int:
    return _find(ref, seen, "id")


def _find(ref: str, seen: Predicate, column: str) -> int:
    named = reference(ref, "event")
    if named is None:
        raise NotFound(INVALID_EVENT)
    condition = named & seen
    found = rows(f"SELECT event.{column} FROM event WHERE {condition.text}", condition.params)
    if not found:
        raise NotFound(INVALID_EVENT)
    return int(found[0][0])


def reference(ref: str, table: str) -> Predicate | None:
    """A condition for `ref`, which is an id or a uuid; None if it is neither."""
    if is_row_number(ref):
        return Predicate(f"{table}.id = ?", (int(ref),))
    uuid = canonical_uuid(ref)
    return None if uuid is None else Predicate(f"{table}.uuid = ?", (uuid,))


def load_event(viewer: Viewer, ref: str, parts: Parts = Parts()) -> EventGraph:  # noqa: B008, RUF100
    """One event by id or uuid. Raises NotFound if absent or invisible."""
    return load_event_by_id(viewer, find_event_id(viewer, ref), parts)


def load_event_by_id(viewer: Viewer, event_id: int, parts: Parts = Parts()) -> EventGraph:
    """One event whose id is known. Raises NotFound if invisible."""
    for graph in load_events(viewer, [event_id], parts):
        return graph
    refuse_damaged("event", event_id)
    raise NotFound(INVALID_EVENT)


def load_events(viewer: Viewer, event_ids: Sequence[int], parts: Parts = Parts()) -> list[EventGraph]:
    """Those of these events that the viewer reads, in the order given; at most some hundred ids a call."""
    visible, held = event_readable_by(viewer), attribute_count_for(viewer)
    found = rows(
        f"SELECT {_EVENT.format(count=held.text)}, user.email FROM event LEFT JOIN user ON user.id = event.user_id"
        f" WHERE event.id IN ({marks(event_ids)}) AND ({visible.text})",
        (*held.params, *event_ids, *visible.params),
    )
    emails = {row[0]: row[-1] for row in found}
    whole_ones = whole("event", (EventRow._make(_event_values(row[:-1])) for row in found))
    events = {event.id: (event, emails[event.id]) for event in whole_ones}
    ids = [event_id for event_id in event_ids if event_id in events]
    return _assemble(viewer, ids, events, parts) if ids else []


def extending_event_ids(viewer: Viewer, uuid: str) -> list[int]:
    """Events that the viewer reads and that extend the one with this uuid, oldest first."""
    shown = event_readable_by(viewer) & Predicate("event.extends_uuid = ?", (uuid,))
    return [r[0] for r in rows(f"SELECT event.id FROM event WHERE {shown.text} ORDER BY event.id", shown.params)]


def _event_values(row: Row) -> Iterable[object]:
    booleans = {8, 16, 17}
    return (bool(value) if index in booleans else value for index, value in enumerate(row))


def _assemble(
    viewer: Viewer, ids: list[int], events: Mapping[int, tuple[EventRow, str | None]], parts: Parts
) -> list[EventGraph]:
    orgs = organisation_rows({org for event, _ in events.values() for org in (event.org_id, event.orgc_id)})
    tags = _event_tags(ids, parts)
    loaded = _Elements(viewer, ids, parts) if parts.elements else None
    graphs = []
    for event_id in ids:
        event, email = events[event_id]
        graph = EventGraph(event, orgs[event.org_id], orgs[event.orgc_id], email, tags=tags.get(event_id, ()))
        graph.organisations = orgs
        if loaded is not None:
            loaded.fill(graph)
        graph.sharing_groups = load_groups_for(viewer, _groups_named_in(graph))
        graphs.append(graph)
    return graphs


def _groups_named_in(graph: EventGraph) -> set[int]:
    elements: Iterable[int | None] = (
        element.sharing_group_id for part in (graph.attributes, graph.objects, graph.reports) for element in part
    )
    return {group for group in (graph.event.sharing_group_id, *elements) if group is not None}


class _Elements:
    """The elements of a batch of events, by event."""

    def __init__(self, viewer: Viewer, ids: list[int], parts: Parts) -> None:
        self.attributes = _by_event(_attributes(viewer, ids, parts), lambda a: a.event_id)
        held = {a.object_id for found in self.attributes.values() for a in found}
        objects = _without_hiding(viewer, _objects(viewer, ids, parts), held)
        self.objects = _by_event(objects, lambda o: o.event_id)
        self.reports = _by_event(_reports(viewer, ids, parts), lambda r: r.event_id)
        self.references = _by_event(_references(viewer, ids) if self.objects else [], lambda r: r.event_id)
        self.tags = _tags_of("attribute", ids, parts)
        self.report_tags = _tags_of("event_report", ids, parts) if self.reports else {}

    def fill(self, graph: EventGraph) -> None:
        event_id = graph.event.id
        graph.attributes = self.attributes.get(event_id, [])
        graph.objects = self.objects.get(event_id, [])
        graph.reports = self.reports.get(event_id, [])
        graph.references = _by_event(self.references.get(event_id, []), lambda r: r.object_id)
        graph.attribute_tags = self.tags
        graph.report_tags = self.report_tags


def _by_event(elements: Iterable[Any], key: Any) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for element in elements:
        grouped.setdefault(key(element), []).append(element)
    return grouped


def _wanted(viewer: Viewer, table: str, parts: Parts, visible: Predicate) -> Predicate:
    if parts.public:
        visible &= Predicate(f"{table}.distribution IN (?, ?)", (int(Distribution.ALL), int(Distribution.INHERIT)))
    if parts.deleted is Deleted.LIVE:
        return visible & Predicate(f"NOT {table}.deleted")
    shown = visible & deleted_visible_to(viewer, table)
    return shown & Predicate(f"{table}.deleted") if parts.deleted is Deleted.ONLY else shown


def _select(columns: str, table: str, ids: Sequence[int], condition: Predicate) -> Iterator[Row]:
    return streamed_rows(
        f"SELECT {columns} FROM {table} JOIN event ON event.id = {table}.event_id"
        f" WHERE {table}.event_id IN ({marks(ids)}) AND ({condition.text}) ORDER BY {table}.id",
        (*ids, *condition.params),
        at_once=_ROWS_A_FETCH,
    )


def _attributes(viewer: Viewer, ids: Sequence[int], parts: Parts) -> Iterator[AttributeRow]:
    condition = _wanted(viewer, "attribute", parts, attribute_readable_by(viewer, with_group=parts.with_groups))
    if parts.only_to_ids is not None:
        condition &= Predicate("attribute.to_ids = ?", (parts.only_to_ids,))
    return whole_attributes(_select(_ATTRIBUTE, "attribute", ids, condition))


ATTRIBUTE_COLUMNS = _ATTRIBUTE


def attribute_rows(found: Iterable[Row]) -> Iterator[AttributeRow]:
    """Rows selected by ATTRIBUTE_COLUMNS as AttributeRows: names for numbers, uuid as text, flags as booleans."""
    types, categories, make = vocabulary.type_names(), vocabulary.category_names(), AttributeRow._make
    for row in found:
        if row[0] not in types or row[1] not in categories:
            vocabulary.refresh()
            types, categories = vocabulary.type_names(), vocabulary.category_names()
        yield make(
            (
                types[row[0]], categories[row[1]], *row[2:8], bool(row[8]), uuid_text(row[9]), *row[10:14],
                bool(row[14]), bool(row[15]), *row[16:],
            )
        )  # fmt: skip


def whole_attributes(found: Iterable[Row]) -> Iterator[AttributeRow]:
    """The same, for those who read: one whose row is damaged is left out, and named."""
    for row in attribute_rows(found):
        if (row.extra is None and type(row.value1) is str is type(row.comment)) or is_whole(row):
            yield row
        else:
            leave_out("attribute", row.id, row.uuid)


def object_row(found: Row) -> ObjectRow:
    """A row selected by OBJECT_COLUMNS as ObjectRow: uuid as text, flag as boolean."""
    return ObjectRow._make((*found[:7], uuid_text(found[7]), *found[8:12], bool(found[12]), *found[13:]))


def whole_objects(found: Iterable[Row]) -> list[ObjectRow]:
    """Rows selected by OBJECT_COLUMNS, for those who read: one that is damaged is left out, and named."""
    return list(whole("object", readable("object", found, object_row)))


def _objects(viewer: Viewer, ids: Sequence[int], parts: Parts) -> list[ObjectRow]:
    visible = element_visible_to(viewer, "object", with_group=parts.with_groups)
    if parts.deleted is Deleted.ONLY:
        condition = visible & deleted_visible_to(viewer, "object") & _holding_deleted(ids)
    else:
        condition = _wanted(viewer, "object", parts, visible)
    return whole_objects(_select(OBJECT_COLUMNS, "object", ids, condition))


def _without_hiding(viewer: Viewer, objects: list[ObjectRow], held: set[int | None]) -> list[ObjectRow]:
    """The objects without those of whose attributes the viewer may see none (MODEL §6.5)."""
    empty = [obj.id for obj in objects if obj.id not in held]
    if viewer.sees_all or not empty:
        return objects
    hiding: set[int] = set()
    for batch in in_batches(empty):
        text = f"SELECT DISTINCT object_id FROM attribute WHERE object_id IN ({marks(batch)}) AND NOT deleted"
        hiding.update(r[0] for r in rows(text, batch))
    return [obj for obj in objects if obj.id not in hiding]


def _holding_deleted(ids: Sequence[int]) -> Predicate:
    """Deleted objects, and live ones around deleted attributes."""
    held = f"SELECT object_id FROM attribute WHERE event_id IN ({marks(ids)}) AND deleted AND object_id IS NOT NULL"
    return Predicate(f"object.deleted OR object.id IN ({held})", tuple(ids))


def _reports(viewer: Viewer, ids: Sequence[int], parts: Parts) -> list[ReportRow]:
    visible = report_readable_by(viewer, with_group=parts.with_groups)
    condition = _wanted(viewer, "event_report", parts, visible)
    return [ReportRow._make((*row[:-1], bool(row[-1]))) for row in _select(_REPORT, "event_report", ids, condition)]


def _references(viewer: Viewer, ids: Sequence[int]) -> list[ReferenceRow]:
    visible = reference_visible_to(viewer)
    found = rows(
        f"SELECT {_REFERENCE} FROM object_reference JOIN object ON object.id = object_reference.object_id"
        f" WHERE object_reference.event_id IN ({marks(ids)}) AND ({visible.text}) ORDER BY object_reference.id",
        (*ids, *visible.params),
    )
    return [
        ReferenceRow._make(
            (row[0], uuid_text(row[1]), *row[2:5], uuid_text(row[5]), uuid_text(row[6]), *row[7:11], bool(row[11]))
        )
        for row in found
    ]


def _tag_condition(parts: Parts) -> str:
    conditions = []
    if parts.tombstones:
        conditions.append(f"(NOT link.deleted OR link.removed > {clock.now() - TOMBSTONE_SECONDS})")
    else:
        conditions.append("NOT link.deleted")
    if not parts.local_tags:
        conditions.append("NOT link.local")
    if not parts.all_tags:
        conditions.append("tag.exportable")
    return " AND ".join(conditions) or "1 = 1"


def _tag(row: Row) -> TagRow:
    b = bool
    return TagRow(
        row[0], row[1], row[2], b(row[3]), row[4], b(row[5]), row[6], b(row[7]), b(row[8]), b(row[9]), b(row[10]),
        row[11], b(row[12]),
    )  # fmt: skip


def _event_tags(ids: Sequence[int], parts: Parts) -> dict[int, list[TagRow]]:
    found = rows(
        f"SELECT {_TAG}, link.event_id FROM event_tag AS link JOIN tag ON tag.id = link.tag_id"
        f" WHERE link.event_id IN ({marks(ids)}) AND {_tag_condition(parts)} ORDER BY link.id",
        tuple(ids),
    )
    return _group_tags(found)


def _tags_of(element: str, ids: Sequence[int], parts: Parts) -> dict[int, list[TagRow]]:
    """The tags of the attributes, or the reports, of events."""
    found = rows(
        f"SELECT {_TAG}, link.{element}_id FROM {element}_tag AS link JOIN tag ON tag.id = link.tag_id"
        f" WHERE link.event_id IN ({marks(ids)}) AND {_tag_condition(parts)} ORDER BY link.id",
        tuple(ids),
    )
    return _group_tags(found)


def _group_tags(found: Iterable[Row]) -> dict[int, list[TagRow]]:
    """By what carries them: few tags stand at many attributes, and each is made once."""
    grouped: dict[int, list[TagRow]] = {}
    made: dict[Row, TagRow] = {}
    for *columns, carrier in found:
        tag = made.get(key := tuple(columns))
        if tag is None:
            tag = made[key] = _tag(key)
        grouped.setdefault(carrier, []).append(tag)
    return grouped


def tags_of_reports(report_ids: Sequence[int], parts: Parts) -> dict[int, list[TagRow]]:
    """Tags of some reports; at most some hundred ids a call."""
    return _group_tags(_select_tags("event_report", report_ids, parts))


def tags_of_attributes(attribute_ids: Sequence[int], parts: Parts) -> dict[int, list[TagRow]]:
    """Tags of some attributes, for search results; at most some hundred ids a call."""
    return _group_tags(_select_tags("attribute", attribute_ids, parts))


def _select_tags(element: str, ids: Sequence[int], parts: Parts) -> list[Row]:
    return rows(
        f"SELECT {_TAG}, link.{element}_id FROM {element}_tag AS link JOIN tag ON tag.id = link.tag_id"
        f" WHERE link.{element}_id IN ({marks(ids)}) AND {_tag_condition(parts)} ORDER BY link.id",
        tuple(ids),
    )
