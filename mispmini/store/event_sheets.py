"""One page of an event's elements: only what is shown is read, the rest is counted (HOUSE §3, journey 4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import AttributeRow, ObjectRow, ReferenceRow, SharingGroup, TagRow
from mispmini.domain.ids import uuid_text
from mispmini.domain.viewer import Viewer
from mispmini.store.attachments import attributes_having_files
from mispmini.store.attributes import attributes_by_id
from mispmini.store.elements_found import references_of_objects
from mispmini.store.gone import gone_among, objects_gone_among
from mispmini.store.graphs import (
    ATTRIBUTE_COLUMNS,
    OBJECT_COLUMNS,
    Parts,
    tags_of_attributes,
    whole_attributes,
    whole_objects,
)
from mispmini.store.groups import load_groups_for
from mispmini.store.search.matching import all_of
from mispmini.store.search.scope import Reach
from mispmini.store.sql import TRUE, Predicate, marks, row, rows

_MATCHES = (
    "instr(lower(attribute.value1), ?) OR instr(lower(coalesce(attribute.value2, '')), ?)"
    " OR instr(lower(attribute.comment), ?)"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which elements of which events, and how many: `needle` is part of a value or comment, "" for all."""

    event_ids: Sequence[int]
    deleted: Deleted = Deleted.LIVE
    needle: str = ""
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one page shows: objects in their order with all their attributes, then attributes outside of objects,
    newest first. `total` counts the objects and attributes that pages divide among them, `live` live attributes."""

    total: int
    live: int
    objects: Sequence[ObjectRow] = ()
    loose: Sequence[AttributeRow] = ()
    inside: Mapping[int, Sequence[AttributeRow]] = field(default_factory=dict)
    references: Mapping[int, Sequence[ReferenceRow]] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)  # by uuid what references point at: a value or a name
    tags: Mapping[int, Sequence[TagRow]] = field(default_factory=dict)
    groups: Mapping[int, SharingGroup] = field(default_factory=dict)
    with_files: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()  # attributes that the partner who delivered the event no longer shows
    gone_objects: frozenset[int] = frozenset()

    @property
    def attribute_ids(self) -> list[int]:
        """Ids of all attributes on the page."""
        return [item.id for item in (*self.loose, *(one for held in self.inside.values() for one in held))]


def load_sheet(viewer: Viewer, wanted: Wanted) -> Sheet:
    """The elements of readable events that `wanted` names, as far as the viewer sees them."""
    query = _Query(viewer, wanted)
    object_count, (live, loose_count) = query.count_objects(), query.count_attributes()
    objects = query.objects(wanted.limit, wanted.offset) if wanted.offset < object_count else []
    left, skipped = wanted.limit - len(objects), max(0, wanted.offset - object_count)
    loose = query.loose(left, skipped) if left else []
    inside = query.inside([item.id for item in objects])
    return _dressed(viewer, Sheet(object_count + loose_count, live, objects, loose, inside))


class _Query:
    """The statements of one sheet."""

    def __init__(self, viewer: Viewer, wanted: Wanted) -> None:
        ids = tuple(wanted.event_ids)
        reach = Reach.of(viewer, wanted.deleted)
        self.of_events = marks(ids), ids
        self.attributes = all_of([reach.events(), reach.attributes(), self._in_events("attribute")])
        self.objects_seen = all_of([reach.events(), reach.objects(), self._in_events("object")])
        self.matching = Predicate(_MATCHES, (wanted.needle.lower(),) * 3) if wanted.needle else TRUE

    def _in_events(self, table: str) -> Predicate:
        places, ids = self.of_events
        return Predicate(f"{table}.event_id IN ({places})", ids)

    def count_attributes(self) -> tuple[int, int]:
        """How many live attributes there are, and how many outside of objects match, deleted ones too if wanted."""
        condition, matching = self.attributes, self.matching
        found = row(
            f"SELECT sum(NOT attribute.deleted), sum(attribute.object_id IS NULL AND ({matching.text}))"
            f" FROM attribute JOIN event ON event.id = attribute.event_id WHERE {condition.text}",
            (*matching.params, *condition.params),
        )
        return (int(found[0] or 0), int(found[1] or 0)) if found else (0, 0)

    def _held(self) -> Predicate:
        if self.matching is TRUE:
            return self.objects_seen
        matching = self._in_events("attribute") & self.matching
        held = f"object.id IN (SELECT attribute.object_id FROM attribute WHERE {matching.text})"
        return self.objects_seen & Predicate(held, matching.params)

    def count_objects(self) -> int:
        condition = self._held()
        found = row(
            f"SELECT count(*) FROM object JOIN event ON event.id = object.event_id WHERE {condition.text}",
            condition.params,
        )
        return int(found[0]) if found else 0

    def objects(self, limit: int, offset: int) -> list[ObjectRow]:
        condition = self._held()
        found = rows(
            f"SELECT {OBJECT_COLUMNS} FROM object JOIN event ON event.id = object.event_id WHERE {condition.text}"
            " ORDER BY object.id LIMIT ? OFFSET ?",
            (*condition.params, limit, offset),
        )
        return whole_objects(found)

    def loose(self, limit: int, offset: int) -> list[AttributeRow]:
        condition = self.attributes & Predicate("attribute.object_id IS NULL") & self.matching
        found = rows(
            f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
            f" WHERE {condition.text} ORDER BY attribute.id DESC LIMIT ? OFFSET ?",
            (*condition.params, limit, offset),
        )
        return list(whole_attributes(found))

    def inside(self, object_ids: Sequence[int]) -> dict[int, list[AttributeRow]]:
        if not object_ids:
            return {}
        condition = self.attributes & Predicate(f"attribute.object_id IN ({marks(object_ids)})", tuple(object_ids))
        found = rows(
            f"SELECT {ATTRIBUTE_COLUMNS} FROM attribute JOIN event ON event.id = attribute.event_id"
            f" WHERE {condition.text} ORDER BY attribute.id",
            condition.params,
        )
        held: dict[int, list[AttributeRow]] = {}
        for attribute in whole_attributes(found):
            held.setdefault(attribute.object_id or 0, []).append(attribute)
        return held


def _dressed(viewer: Viewer, sheet: Sheet) -> Sheet:
    """The sheet with what stands beside its elements."""
    ids = sheet.attribute_ids
    references = references_of_objects(viewer, [item.id for item in sheet.objects])
    return Sheet(
        sheet.total,
        sheet.live,
        sheet.objects,
        sheet.loose,
        sheet.inside,
        references=references,
        targets=_targets([one for held in references.values() for one in held]),
        tags=tags_of_attributes(ids, Parts(local_tags=not viewer.is_partner)),
        groups=load_groups_for(viewer, _groups_named(sheet)),
        with_files=attributes_having_files(ids),
        gone=frozenset(gone_among(ids)),
        gone_objects=frozenset(objects_gone_among([item.id for item in sheet.objects])),
    )


def _groups_named(sheet: Sheet) -> set[int]:
    held = (one for inside in sheet.inside.values() for one in inside)
    elements: Iterable[ObjectRow | AttributeRow] = (*sheet.objects, *sheet.loose, *held)
    return {item.sharing_group_id for item in elements if item.sharing_group_id is not None}


def _targets(references: Sequence[ReferenceRow]) -> dict[str, str]:
    """Texts of what visible references point at: these are visible too."""
    attribute_ids = [one.referenced_id for one in references if one.referenced_type == 0]
    object_ids = [one.referenced_id for one in references if one.referenced_type == 1]
    named = rows(f"SELECT uuid, name FROM object WHERE id IN ({marks(object_ids)})", object_ids)
    values = {item.uuid: item.value for item in attributes_by_id(attribute_ids).values()}
    return values | {uuid_text(uuid): name for uuid, name in named}
