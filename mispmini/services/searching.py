"""Searching: restSearch's events and attributes, and the event index (API §8, PROTOCOL §4.3).

What is found is streamed: its ids are known at once, its rows come in short reads, each a snapshot of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from mispmini.domain.filters import IndexFilters, Scope, SearchFilters, Terms
from mispmini.domain.graphs import EventGraph, FoundAttribute, FoundObject
from mispmini.domain.index_items import IndexItem
from mispmini.domain.records import MinimalIndexRow
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_data import attach_analyst_data
from mispmini.services.correlating import attach_related, related_attributes
from mispmini.services.elsewhere import attach_elsewhere
from mispmini.services.extending import extend, extensions_of
from mispmini.services.galaxies import attach_galaxies
from mispmini.services.opinions import attach_opinions, attach_proposed_files, attach_to_attributes
from mispmini.services.readings import note_served_by_id
from mispmini.services.sifting import (
    count_in_events,
    count_in_objects,
    decay_of,
    kept_attributes,
    sift_events,
    sift_objects,
)
from mispmini.services.warninglists import warnings_of
from mispmini.store import deadline, event_index
from mispmini.store.attachments import attributes_with_files, files_of
from mispmini.store.database import reading
from mispmini.store.deadline import anew_each
from mispmini.store.graphs import Parts, load_events, tags_of_attributes
from mispmini.store.search.finding import find_attribute_ids, find_event_ids, find_object_ids
from mispmini.store.search.loading import (
    attribute_counts,
    attributes_of_objects,
    cut_attribute_ids,
    load_attributes,
    load_found_objects,
    load_objects,
    load_values,
)
from mispmini.store.sql import in_batches

EVENTS_A_READ = 100
OPINION_FORMATS = frozenset({"json", "xml"})
GALAXY_FORMATS = OPINION_FORMATS | {"context", "context-markdown", "stix", "stix-json", "stix-xml", "stix2"}
SIGHTING_FORMATS = frozenset({"attack-sightings"})
ATTRIBUTES_A_READ = 2_000
OBJECTS_A_READ = 200
VALUES_A_READ = 2_000
ATTRIBUTES_HELD = 5_000
NO_FILES: Mapping[int, bytes] = {}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What a search found: `count` is the answer's X-Result-Count (PROTOCOL §1.3, API §8.1), `items` come once.

    `skipped` is how many elements were left out for what is known of their values.
    """

    count: int
    items: Iterator[T]
    skipped: int = 0

    def __iter__(self) -> Iterator[T]:
        return self.items


def limit_reading(seconds: float) -> None:
    """How long the reads of this request may take until the first results, and then for each batch; 0: no limit."""
    deadline.limit_reading(seconds)


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
    skipped = count_in_events(viewer, ids, filters, _parts(viewer, filters))
    return Found(total, _events(viewer, ids, filters), skipped)


def _events(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> Iterator[EventGraph]:
    options = filters.options
    for batch in anew_each(_batches_of_events(ids, whole=not options.metadata)):
        with reading():
            found = _read_events(viewer, batch, filters)
        yield from found


def _batches_of_events(ids: Sequence[int], *, whole: bool) -> Iterator[Sequence[int]]:
    """Events that are read together: so many, or fewer when what they hold is large."""
    for batch in in_batches(ids, EVENTS_A_READ):
        sizes = attribute_counts(batch) if whole else {}
        start = held = 0
        for place, number in enumerate(batch):
            if held and held + sizes.get(number, 0) > ATTRIBUTES_HELD:
                yield batch[start:place]
                start, held = place, 0
            held += sizes.get(number, 0)
        yield batch[start:]


def _read_events(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[EventGraph]:
    options = filters.options
    found = load_events(viewer, ids, _parts(viewer, filters))
    for graph in found:
        _extended(viewer, graph, filters)
    _cut(viewer, found, filters)
    if not options.metadata:
        attach_elsewhere(viewer, found, options.elsewhere, _parts(viewer, filters))
    if options.include_event_correlations:
        attach_related(viewer, found)
    sift_events(found, filters)
    if not options.exclude_galaxy and filters.return_format in GALAXY_FORMATS:
        attach_galaxies(viewer, found)
    if filters.return_format in SIGHTING_FORMATS:
        attach_opinions(viewer, found, proposals=False)
    if not options.metadata and filters.return_format in OPINION_FORMATS:
        attach_opinions(viewer, found, sightings=not options.no_sightings, proposals=not options.no_shadow_attributes)
        if options.with_attachments:
            attach_proposed_files(found)
        if options.include_analyst_data:
            attach_analyst_data(viewer, found)
    return found


def _cut(viewer: Viewer, found: Sequence[EventGraph], filters: SearchFilters) -> None:
    """Leave out what the search does not want of events and of those merged into them, and add files if it does."""
    options = filters.options
    ids = [number for graph in found for number in (graph.event.id, *(one.id for one in graph.extensions or ()))]
    cut = set() if options.metadata else cut_attribute_ids(viewer, ids, filters)
    files = files_of(attributes_with_files(ids)) if options.with_attachments and not options.metadata else NO_FILES
    for graph in found:
        if cut:
            graph.attributes = [attribute for attribute in graph.attributes if attribute.id not in cut]
        if options.no_event_reports:
            graph.reports = ()
        if options.sg_reference_only:
            graph.sharing_groups = {}
        if options.flatten:
            graph.flat, graph.objects = True, ()
        graph.attachments = files


def _extended(viewer: Viewer, graph: EventGraph, filters: SearchFilters) -> None:
    """Merge the events that extend this one into it, or only name them."""
    if filters.options.extended:
        extend(viewer, graph, _parts(viewer, filters))
    elif filters.options.extension_list:
        graph.extensions = extensions_of(viewer, graph)


def _parts(viewer: Viewer, filters: SearchFilters) -> Parts:
    options = filters.options
    return Parts(
        elements=not options.metadata,
        deleted=filters.deleted,
        local_tags=not (options.exclude_local_tags or viewer.is_partner),
        all_tags=options.include_all_tags,
        only_to_ids=filters.to_ids,
        with_groups=not options.sg_reference_only,
    )


def search_attributes(viewer: Viewer, filters: SearchFilters) -> Found[FoundAttribute]:
    """Attributes with their context. Raises BadRequest for too many terms.

    The count is of this page, and one more if the page is full: a hint that there is more (API §8.1).
    """
    ids = find_attribute_ids(viewer, filters)
    full = filters.limit is not None and len(ids) == filters.limit
    kept = kept_attributes(viewer, ids, filters, _parts(viewer, filters))
    return Found(len(kept) + full, _attributes(viewer, kept, filters), len(ids) - len(kept))


def search_attribute_ids(viewer: Viewer, filters: SearchFilters) -> Found[int]:
    """The same, and nothing of them but their ids."""
    ids = find_attribute_ids(viewer, filters)
    full = filters.limit is not None and len(ids) == filters.limit
    return Found(len(ids) + full, iter(ids))


def search_objects(viewer: Viewer, filters: SearchFilters) -> Found[FoundObject]:
    """Objects with what they hold; the count is a hint as for attributes. Raises BadRequest for too many terms."""
    ids = find_object_ids(viewer, filters)
    full = filters.limit is not None and len(ids) == filters.limit
    return Found(len(ids) + full, _objects(viewer, ids, filters), count_in_objects(viewer, ids, filters))


def _objects(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> Iterator[FoundObject]:
    for batch in anew_each(in_batches(ids, OBJECTS_A_READ)):
        with reading():
            found = _read_objects(viewer, batch, filters)
        yield from found


def _read_objects(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[FoundObject]:
    parts, objects = _parts(viewer, filters), load_found_objects(viewer, ids, filters)
    held = {} if filters.options.metadata else sift_objects(attributes_of_objects(viewer, ids, filters), filters)
    inside = [attribute for attributes in held.values() for attribute in attributes]
    numbers = [attribute.id for attribute in inside]
    tags = tags_of_attributes(numbers, parts)
    files = files_of(numbers) if filters.options.with_attachments else NO_FILES
    events = _contexts(viewer, {obj.event_id for obj in objects}, parts)
    warned = warnings_of(inside) if filters.options.include_warninglist_hits else {}
    return [
        FoundObject(obj, events[obj.event_id], held.get(obj.id, ()), tags, files, warned)
        for obj in objects
        if obj.event_id in events
    ]


def search_for_export(viewer: Viewer, filters: SearchFilters, types: frozenset[str] | None) -> Found[FoundAttribute]:
    """What an export is made of: attributes, or those of events in their order; the count is the scope's.

    `types` are those that the export can show; they narrow a search for attributes that names none.
    """
    if filters.scope is Scope.ATTRIBUTES:
        return search_attributes(viewer, _narrowed(filters, types))
    found = search_whole_events(viewer, filters)
    return Found(found.count, (attribute for graph in found for attribute in _held_by(graph)), found.skipped)


def search_whole_events(viewer: Viewer, filters: SearchFilters) -> Found[EventGraph]:
    """Events for an export, which shows no correlations. Raises BadRequest for too many terms."""
    return search_events(viewer, replace(filters, options=replace(filters.options, include_event_correlations=False)))


def search_values(viewer: Viewer, filters: SearchFilters) -> Found[str]:
    """Whole values of attributes, and nothing else of them; the count is as for attributes. A partner's are noted."""
    ids = find_attribute_ids(viewer, filters)
    full = filters.limit is not None and len(ids) == filters.limit
    return Found(len(ids) + full, _values(viewer, ids, filters))


def _values(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> Iterator[str]:
    for batch in anew_each(in_batches(ids, VALUES_A_READ)):
        with reading():
            found = load_values(viewer, batch, filters)
        note_served_by_id(viewer, (event_id for _, event_id in found))
        yield from (value for value, _ in found)


def _narrowed(filters: SearchFilters, types: frozenset[str] | None) -> SearchFilters:
    """The search, for those types alone that an export can show unless it names some itself."""
    if types is None or filters.type:
        return filters
    return replace(filters, type=Terms(any=tuple(types)))


def _held_by(graph: EventGraph) -> Iterator[FoundAttribute]:
    objects = {obj.id: obj for obj in graph.objects}
    for row in sorted(graph.attributes, key=lambda attribute: attribute.id):
        holder = None if row.object_id is None else objects.get(row.object_id)
        yield FoundAttribute(row, graph, holder, graph.attribute_tags.get(row.id, ()), NO_FILES)


def _attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> Iterator[FoundAttribute]:
    for batch in anew_each(in_batches(ids, ATTRIBUTES_A_READ)):
        with reading():
            found = _read_attributes(viewer, batch, filters)
        yield from found


def _read_attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters) -> list[FoundAttribute]:
    found = load_attributes(viewer, ids, filters)
    parts = _parts(viewer, filters)
    events = _contexts(viewer, (row.event_id for row in found), parts)
    found = [row for row in found if row.event_id in events]
    objects = load_objects({row.object_id for row in found if row.object_id is not None})
    tags = tags_of_attributes(ids, parts)
    files = files_of(ids) if filters.options.with_attachments else NO_FILES
    attach_to_attributes(
        viewer,
        events,
        found,
        sightings=filters.options.include_sightings or filters.return_format in SIGHTING_FORMATS,
        proposals=filters.options.include_proposals,
    )
    if filters.options.with_attachments:
        attach_proposed_files(events.values())
    related = related_attributes(viewer, ids) if filters.options.include_correlations else {}
    warned = warnings_of(found) if filters.options.include_warninglist_hits else {}
    decay = decay_of(viewer, found, filters, parts) if filters.options.decay.include else {}
    return [
        FoundAttribute(
            row,
            events[row.event_id],
            None if row.object_id is None else objects.get(row.object_id),
            tags.get(row.id, ()),
            files,
            related.get(row.id, ()),
            warned.get(row.id, ()),
            decay.get(row.id, ()),
        )
        for row in found
    ]


def _contexts(viewer: Viewer, event_ids: Iterable[int], parts: Parts) -> dict[int, EventGraph]:
    wanted = list(dict.fromkeys(event_ids))
    bare = Parts(elements=False, local_tags=parts.local_tags, all_tags=parts.all_tags)
    return {graph.event.id: graph for graph in load_events(viewer, wanted, bare)}
