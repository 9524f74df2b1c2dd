"""What a restSearch found, as JSON text, one result at a time (API §8.6)."""

from collections.abc import Iterator
from dataclasses import dataclass

from mispmini.domain.filters import SearchFilters, SearchOptions
from mispmini.domain.graphs import EventGraph, FoundAttribute
from mispmini.domain.viewer import Viewer
from mispmini.services import bodies, readings, searching
from mispmini.wire.attribute_out import (
    context_event_json,
    found_attribute_json,
    found_event_json,
    related_attributes_json,
)
from mispmini.wire.object_out import found_object_json
from mispmini.wire.shared_texts import attribute_opinions
from mispmini.wire.warninglist_out import decay_json, warnings_json


@dataclass(frozen=True, slots=True)
class Texts:
    """Results as JSON text, to be taken once; `count` is the answer's X-Result-Count, `skipped` what was left out."""

    count: int
    items: Iterator[str]
    skipped: int = 0

    def __iter__(self) -> Iterator[str]:
        return self.items


def event_texts(viewer: Viewer, filters: SearchFilters) -> Texts:
    """`{"Event":{…}}` for each event found; a partner's reading is noted."""
    found = searching.search_events(viewer, filters)
    view = bodies.View(metadata=filters.options.metadata)
    graphs = readings.noting_events(viewer, found)
    return Texts(found.count, ("".join(bodies.event_text(viewer, graph, view)) for graph in graphs), found.skipped)


def object_texts(viewer: Viewer, filters: SearchFilters) -> Texts:
    """`{"Object":{…}}` for each object found."""
    found = searching.search_objects(viewer, filters)
    options = filters.options
    return Texts(
        found.count,
        (
            found_object_json(one, _context(one.event, options), with_attributes=not options.metadata)
            for one in readings.noting(viewer, found)
        ),
        found.skipped,
    )


def attribute_texts(viewer: Viewer, filters: SearchFilters) -> Texts:
    """`{…}` for each attribute found, or under `list` its id alone."""
    if filters.options.list_ids:
        ids = searching.search_attribute_ids(viewer, filters)
        return Texts(ids.count, (f'"{number}"' for number in ids))
    found = searching.search_attributes(viewer, filters)
    around = _Around(filters.options)
    texts = (_attribute_text(one, filters.options, around) for one in readings.noting(viewer, found))
    return Texts(found.count, texts, found.skipped)


class _Around:
    """The text of the event around a result: results of one event come together, and share it."""

    def __init__(self, options: SearchOptions) -> None:
        self._options = options
        self._graph: EventGraph | None = None
        self._text = ""

    def text_of(self, graph: EventGraph) -> str:
        """The text for this event, made when another one was asked for before."""
        if graph is not self._graph:
            self._graph, self._text = graph, _context(graph, self._options)
        return self._text


def _attribute_text(found: FoundAttribute, options: SearchOptions, around: _Around) -> str:
    event = found.event
    return found_attribute_json(
        found.attribute,
        tags=found.tags,
        inherited=event.tags if options.include_event_tags else (),
        event=around.text_of(event),
        obj=found.obj,
        event_uuid=event.event.uuid if options.include_event_uuid else None,
        data=found.data,
        warnings=_judged(found, options),
        opinions=_opinions(found, options) + (related_attributes_json(found.related) if found.related else ""),
    )


def _judged(found: FoundAttribute, options: SearchOptions) -> str:
    """What warninglists and decaying models say, where they were asked."""
    if not (found.warnings or found.decay):
        return ""
    return warnings_json(found.warnings) + decay_json(found.decay, full_model=options.decay.full_model)


def _context(graph: EventGraph, options: SearchOptions) -> str:
    """The event around a result, in short or with its creator and tags."""
    if options.include_context:
        return context_event_json(graph.event, graph.orgc, graph.tags)
    return found_event_json(graph.event)


def _opinions(found: FoundAttribute, options: SearchOptions) -> str:
    """`Sighting` and `ShadowAttribute`, where they were asked for and are any."""
    if not (options.include_sightings or options.include_proposals):
        return ""
    return attribute_opinions(found.event, found.attribute.id)
