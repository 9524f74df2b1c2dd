"""Searching: restSearch's events and attributes, and the event index (API §8, PROTOCOL §4.3).

What is found is streamed: its ids are known at once, its rows come in short reads, each a snapshot of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from mispmini.domain.filters import IndexFilters, Scope, SearchFilters, Terms
from mispmini.domain.graphs import AttributeRow, EventGraph, FoundAttribute
from mispmini.domain.records import IndexItem, MinimalIndexRow
from mispmini.domain.viewer import Viewer
from mispmini.services.correlating import attach_related
from mispmini.services.opinions import attach_opinions, attach_to_attributes
from mispmini.store import event_index
from mispmini.store.attachments import attributes_with_files, files_of
from mispmini.store.database import reading
from mispmini.store.graphs import Parts, load_events, tags_of_attributes
from mispmini.store.search.finding import find_attribute_ids, find_event_ids
from mispmini.store.search.loading import cut_attribute_ids, load_attributes, load_objects
from mispmini.store.sql import in_batches

EVENTS_A_READ = 100
OPINION_FORMATS = frozenset({"json", "xml"})
ATTRIBUTES_A_READ = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What a search found: `count` is the answer's X-Result-Count (PROTOCOL §1.3, API §8.1), `items` come once."""

    count: int
    items: Iterator[T]

    def __iter__(self) -> Iterator[T]:
        return self.items


def index(viewer: Viewer, filters: IndexFilters) -> Found[IndexItem]:
    """The event index's full items. Raises BadRequest for too many terms."""
    items, total = event_index.index_rows(viewer, filters)
    return Found(total, items)


def minimal_index(viewer: Viewer, filters: IndexFilters) -> Found[MinimalIndexRow]:
    """The event index as a pulling partner asks for it. Raises BadRequest for too many terms."""
    items, total = event_index.minimal_rows(viewer, filters)
    return Found(total, iter(items))


def search_events(viewer: Viewer, filters: SearchFilters) -> Found[EventGraph]:
    """Whole events that hold what is searched for; the count is of all pages. Raises BadRequest for too many terms.

    `to_ids`, `deleted` and unwanted tags cut attributes out of them (API §8.4).
    """
    ids, total = find_event_ids(viewer, filters)
    return Found(total, _events(viewer, ids, filters))


def _events(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> Iterator[EventGraph]:
    for batch in in_batches(ids, EVENTS_A_READ):
        with reading():
            found = _read_events(viewer, batch, filters)
        yield from found


def _read_events(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[EventGraph]:
    options = filters.options
    found = load_events(viewer, ids, _parts(viewer, filters))
    cut = set() if options.metadata else cut_attribute_ids(viewer, ids, filters)
    files = _files_of_events(ids) if options.with_attachments and not options.metadata else {}
    for graph in found:
        if cut:
            graph.attributes = [attribute for attribute in graph.attributes if attribute.id not in cut]
        if options.no_event_reports:
            graph.reports = ()
        graph.attachments = {a.id: files[a.id] for a in graph.attributes if a.id in files}
    if options.include_event_correlations:
        attach_related(viewer, found)
    if not options.metadata and filters.return_format in OPINION_FORMATS:
        attach_opinions(viewer, found, sightings=not options.no_sightings, proposals=not options.no_shadow_attributes)
    return found


def _files_of_events(ids: Sequence[int]) -> Mapping[int, bytes]:
    return files_of(attributes_with_files(ids))


def _parts(viewer: Viewer, filters: SearchFilters) -> Parts:
    options = filters.options
    return Parts(
        elements=not options.metadata,
        deleted=filters.deleted,
        local_tags=not (options.exclude_local_tags or viewer.is_partner),
        all_tags=options.include_all_tags,
        only_to_ids=filters.to_ids,
    )


def search_attributes(viewer: Viewer, filters: SearchFilters) -> Found[FoundAttribute]:
    """Attributes with their context. Raises BadRequest for too many terms.

    The count is of this page, and one more if the page is full: a hint that there is more (API §8.1).
    """
    ids = find_attribute_ids(viewer, filters)
    full = filters.limit is not None and len(ids) == filters.limit
    return Found(len(ids) + full, _attributes(viewer, ids, filters))


def search_for_export(viewer: Viewer, filters: SearchFilters, types: frozenset[str] | None) -> Found[FoundAttribute]:
    """What an export is made of: attributes, or those of events in their order; the count is the scope's.

    `types` are those that the export can show; they narrow a search for attributes that names none.
    """
    if filters.scope is Scope.ATTRIBUTES:
        narrow = types is not None and not filters.type
        return search_attributes(viewer, replace(filters, type=Terms(any=tuple(types or ()))) if narrow else filters)
    found = search_events(viewer, replace(filters, options=replace(filters.options, include_event_correlations=False)))
    return Found(found.count, (attribute for graph in found for attribute in _held_by(graph)))


def _held_by(graph: EventGraph) -> Iterator[FoundAttribute]:
    objects = {obj.id: obj for obj in graph.objects}
    for row in sorted(graph.attributes, key=lambda attribute: attribute.id):
        holder = None if row.object_id is None else objects.get(row.object_id)
        yield FoundAttribute(row, graph, holder, graph.attribute_tags.get(row.id, ()), None)


def _attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> Iterator[FoundAttribute]:
    for batch in in_batches(ids, ATTRIBUTES_A_READ):
        with reading():
            found = _read_attributes(viewer, batch, filters)
        yield from found


def _read_attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[FoundAttribute]:
    found = load_attributes(viewer, ids, filters)
    parts = _parts(viewer, filters)
    events = _contexts(viewer, found, parts)
    objects = load_objects({row.object_id for row in found if row.object_id is not None})
    tags = tags_of_attributes(ids, parts)
    files = files_of(ids) if filters.options.with_attachments else {}
    attach_to_attributes(
        viewer,
        events,
        found,
        sightings=filters.options.include_sightings,
        proposals=filters.options.include_proposals,
    )
    return [
        FoundAttribute(
            row,
            events[row.event_id],
            None if row.object_id is None else objects.get(row.object_id),
            tags.get(row.id, ()),
            files.get(row.id),
        )
        for row in found
    ]


def _contexts(viewer: Viewer, found: Sequence[AttributeRow], parts: Parts) -> dict[int, EventGraph]:
    wanted = list({row.event_id: None for row in found})
    bare = Parts(elements=False, local_tags=parts.local_tags, all_tags=parts.all_tags)
    return {graph.event.id: graph for graph in load_events(viewer, wanted, bare)}
