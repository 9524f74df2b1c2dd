"""What a search leaves out for what is known of its values: warninglists that are enforced, values that have decayed
(MODEL §7.15, API §8.4)."""

from collections.abc import Sequence

from mispmini.domain.decaying import DecayScore
from mispmini.domain.filters import SearchFilters
from mispmini.domain.graphs import AttributeRow, EventGraph
from mispmini.domain.viewer import Viewer
from mispmini.services.decaying import models_for, scores_of
from mispmini.services.warninglists import attach_warnings, warnings_of
from mispmini.store.graphs import Parts, load_events, tags_of_attributes
from mispmini.store.search.loading import load_attributes
from mispmini.store.sql import in_batches

_ATTRIBUTES_A_READ = 500
_EVENTS_A_READ = 50
Scores = dict[int, tuple[DecayScore, ...]]


def kept_attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters, parts: Parts) -> list[int]:
    """Those of the attributes found that are answered, in their order."""
    options = filters.options
    if not (options.enforce_warninglist or options.decay.exclude_decayed):
        return list(ids)
    dropped: set[int] = set()
    for batch in in_batches(ids, _ATTRIBUTES_A_READ):
        found = load_attributes(viewer, batch, filters)
        if options.enforce_warninglist:
            dropped.update(warnings_of(found))
        if options.decay.exclude_decayed:
            scores = decay_of(viewer, found, filters, parts)
            dropped.update(number for number, held in scores.items() if all(one.decayed for one in held))
    return [number for number in ids if number not in dropped]


def decay_of(viewer: Viewer, found: Sequence[AttributeRow], filters: SearchFilters, parts: Parts) -> Scores:
    """By attribute what decaying models say of it, if the search wants that."""
    models = models_for(filters.options.decay)
    if not models:
        return {}
    tags = tags_of_attributes([attribute.id for attribute in found], parts)
    return scores_of(viewer, [(attribute, tags.get(attribute.id, ())) for attribute in found], models)


def count_warned(viewer: Viewer, event_ids: Sequence[int], filters: SearchFilters, parts: Parts) -> int:
    """How many attributes of events are left out because their values stand on warninglists that are enforced."""
    if not filters.options.enforce_warninglist or filters.options.metadata:
        return 0
    batches = in_batches(event_ids, _EVENTS_A_READ)
    return sum(len(warnings_of(g.attributes)) for batch in batches for g in load_events(viewer, batch, parts))


def apply_warninglists(graphs: Sequence[EventGraph], filters: SearchFilters) -> None:
    """Cut attributes out of events, or say on which lists they stand, as the search wants."""
    for graph in graphs if filters.options.enforce_warninglist else ():
        warned = warnings_of(graph.attributes)
        graph.attributes = [one for one in graph.attributes if one.id not in warned] if warned else graph.attributes
    if filters.options.include_warninglist_hits:
        attach_warnings(graphs)
