"""Events that extend another one, merged into its view (MODEL §7.2, PROTOCOL §4.4 `extended`)."""

from itertools import chain

from mispmini.domain.graphs import EventGraph, ExtensionRow, TagRow
from mispmini.domain.viewer import Viewer
from mispmini.store.graphs import Parts, extending_event_ids, load_events


def extend(viewer: Viewer, graph: EventGraph, parts: Parts) -> None:
    """Put into a loaded event the elements of every event that extends it, as far as the viewer reads them.

    Each keeps the id of its own event, by which it is told whose it is; `extensions` names the events.
    """
    others = load_events(viewer, extending_event_ids(viewer, graph.event.uuid), parts)
    graph.extensions = [ExtensionRow(one.event.id, one.event.info, one.orgc) for one in others]
    both = [graph, *others]
    graph.attributes = [attribute for one in both for attribute in one.attributes]
    graph.objects = [obj for one in both for obj in one.objects]
    graph.reports = [report for one in both for report in one.reports]
    graph.attribute_tags = {number: tags for one in both for number, tags in one.attribute_tags.items()}
    graph.report_tags = {number: tags for one in both for number, tags in one.report_tags.items()}
    graph.references = {number: held for one in both for number, held in one.references.items()}
    graph.sharing_groups = {number: group for one in both for number, group in one.sharing_groups.items()}
    graph.tags = _distinct(both)


def extensions_of(viewer: Viewer, graph: EventGraph) -> list[ExtensionRow]:
    """The events that extend this one, as far as the viewer reads them, without what they hold."""
    others = load_events(viewer, extending_event_ids(viewer, graph.event.uuid), Parts(elements=False))
    return [ExtensionRow(one.event.id, one.event.info, one.orgc) for one in others]


def _distinct(graphs: list[EventGraph]) -> list[TagRow]:
    """A tag that several of them carry is there once: as the first one carries it."""
    tags: dict[int, TagRow] = {}
    for tag in chain.from_iterable(graph.tags for graph in graphs):
        tags.setdefault(tag.id, tag)
    return list(tags.values())
