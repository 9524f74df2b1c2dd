"""Events that share values, for pages and answers (MODEL §7.16, RULES §10.12)."""

from collections.abc import Collection, Sequence

from mispmini.domain.graphs import EventGraph, RelatedEventRow
from mispmini.domain.viewer import Viewer
from mispmini.store import correlations
from mispmini.store.correlations import Matches
from mispmini.store.organisations import organisation_rows
from mispmini.store.settings import load_settings


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
