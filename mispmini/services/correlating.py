"""Events that share values, for pages and answers (MODEL §7.16, RULES §10.12)."""

from collections.abc import Collection, Sequence

from mispmini.domain.filters import Scope, SearchFilters
from mispmini.domain.graphs import EventGraph, RelatedAttribute, RelatedEventRow
from mispmini.domain.viewer import Viewer
from mispmini.store import correlations
from mispmini.store.correlations import Matches
from mispmini.store.graphs import Parts, load_events, tags_of_attributes
from mispmini.store.organisations import organisation_rows
from mispmini.store.search.loading import load_attributes
from mispmini.store.settings import load_settings
from mispmini.store.sql import in_batches

_ANY_ATTRIBUTE = SearchFilters(Scope.ATTRIBUTES)
_ATTRIBUTES_A_READ = 2_000


def related_events(viewer: Viewer, event_id: int) -> list[RelatedEventRow]:
    """Visible events that share a value with this one, newest first; of a common value the newest ones alone."""
    settings = load_settings()
    related = correlations.related_events(viewer, event_id, settings.correlation_limit)
    return related[: settings.max_correlations_per_event]


def matches_of(viewer: Viewer, attribute_ids: Sequence[int]) -> dict[int, Matches]:
    """By attribute, in how many other events its value is, and the newest of them."""
    return correlations.matches_of(viewer, attribute_ids, load_settings().correlation_limit)


def attach_related(viewer: Viewer, graphs: Collection[EventGraph]) -> None:
    """Put the related events and their organisations into loaded graphs."""
    settings = load_settings()
    limit, most = settings.correlation_limit, settings.max_correlations_per_event
    related = correlations.related_events_of(viewer, [graph.event.id for graph in graphs], limit)
    named = {org for found in related.values() for row in found for org in (row.org_id, row.orgc_id)}
    orgs = organisation_rows(named)
    for graph in graphs:
        graph.related = related.get(graph.event.id, [])[:most]
        graph.organisations = {**graph.organisations, **orgs}


def attach_granular(viewer: Viewer, graphs: Collection[EventGraph]) -> None:
    """Put into loaded graphs, by attribute, the events that have its value (API §8.4, includeGranularCorrelations)."""
    for graph in graphs:
        batches = in_batches([attribute.id for attribute in graph.attributes], _ATTRIBUTES_A_READ)
        found = {number: match for batch in batches for number, match in matches_of(viewer, batch).items()}
        events = correlations.event_rows(sorted({other for match in found.values() for other in match.newest}))
        graph.related_attributes = {
            number: [events[other] for other in match.newest if other in events] for number, match in found.items()
        }


def attach_related_tags(viewer: Viewer, graphs: Collection[EventGraph], parts: Parts) -> None:
    """Put into loaded graphs, by attribute, the tags of attributes in other events with its value (includeRelatedTags).

    `parts` says which tags are shown.
    """
    limit = load_settings().correlation_limit
    ids = [attribute.id for graph in graphs for attribute in graph.attributes]
    related: dict[int, list[int]] = {}
    for batch in in_batches(ids, _ATTRIBUTES_A_READ):
        related |= correlations.related_attribute_ids(viewer, batch, limit)
    others = sorted({number for numbers in related.values() for number in numbers})
    tags = {number: held for batch in in_batches(others) for number, held in tags_of_attributes(batch, parts).items()}
    by_attribute = {
        number: list({tag.id: tag for other in numbers for tag in tags.get(other, ())}.values())
        for number, numbers in related.items()
    }
    for graph in graphs:
        graph.related_tags = {a.id: held for a in graph.attributes if (held := by_attribute.get(a.id))}


def related_attributes(viewer: Viewer, attribute_ids: Sequence[int]) -> dict[int, list[RelatedAttribute]]:
    """By attribute the visible ones of other events that have its value, newest first, with their events."""
    related = correlations.related_attribute_ids(viewer, attribute_ids, load_settings().correlation_limit)
    wanted = sorted({number for others in related.values() for number in others})
    found = [row for batch in in_batches(wanted) for row in load_attributes(viewer, batch, _ANY_ATTRIBUTE)]
    bare = Parts(elements=False)
    events = {graph.event.id: graph.event for graph in load_events(viewer, list({row.event_id for row in found}), bare)}
    rows = {row.id: RelatedAttribute(row, events[row.event_id]) for row in found if row.event_id in events}
    return {number: [rows[other] for other in others if other in rows] for number, others in related.items()}
