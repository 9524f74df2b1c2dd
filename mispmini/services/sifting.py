"""What a search leaves out for what is known of its values: this instance's allow-list, warninglists that are enforced,
values that have decayed, proposals that contest one (MODEL §7.15, API §8.4, §8.5)."""

from collections.abc import Iterable, Mapping, Sequence

from mispmini.domain.decaying import DecayScore
from mispmini.domain.filters import SearchFilters
from mispmini.domain.graphs import AttributeRow, EventGraph
from mispmini.domain.viewer import Viewer
from mispmini.services.decaying import models_for, scores_of
from mispmini.services.warninglists import attach_warnings, warnings_of
from mispmini.store.allowedlists import load_allowed
from mispmini.store.graphs import Parts, load_events, tags_of_attributes
from mispmini.store.search.loading import attributes_of_objects, contested_among, load_attributes
from mispmini.store.settings import load_settings
from mispmini.store.sql import in_batches

_ATTRIBUTES_A_READ = 500
_HOLDERS_A_READ = 50
Scores = dict[int, tuple[DecayScore, ...]]


def sifts(filters: SearchFilters) -> bool:
    """Whether a search leaves out attributes for what is known of their values or proposed."""
    options = filters.options
    asked = options.enforce_warninglist or options.decay.exclude_decayed
    return asked or _heeds_proposals(filters) or bool(load_allowed())


def _heeds_proposals(filters: SearchFilters) -> bool:
    return filters.for_detection and load_settings().proposals_block_attributes


def _sifted_out(attributes: Sequence[AttributeRow], filters: SearchFilters) -> set[int]:
    dropped = set(warnings_of(attributes)) if filters.options.enforce_warninglist else set()
    if allowed := load_allowed():
        dropped |= {one.id for one in attributes if allowed.covers(one.value1, one.value2)}
    for batch in in_batches([one.id for one in attributes]) if _heeds_proposals(filters) else ():
        dropped |= contested_among(batch)
    return dropped


def kept_attributes(viewer: Viewer, ids: Sequence[int], filters: SearchFilters, parts: Parts) -> list[int]:
    """Those of the attributes found that are answered, in their order."""
    if not sifts(filters):
        return list(ids)
    dropped: set[int] = set()
    for batch in in_batches(ids, _ATTRIBUTES_A_READ):
        found = load_attributes(viewer, batch, filters)
        dropped |= _sifted_out(found, filters)
        if filters.options.decay.exclude_decayed:
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


def count_in_events(viewer: Viewer, event_ids: Sequence[int], filters: SearchFilters, parts: Parts) -> int:
    """How many attributes of events are left out."""
    if not sifts(filters) or filters.options.metadata:
        return 0
    batches = in_batches(event_ids, _HOLDERS_A_READ)
    found = (graph.attributes for batch in batches for graph in load_events(viewer, batch, parts))
    return sum(len(_sifted_out(attributes, filters)) for attributes in found)


def count_in_objects(viewer: Viewer, object_ids: Sequence[int], filters: SearchFilters) -> int:
    """How many attributes of objects are left out."""
    if not sifts(filters) or filters.options.metadata:
        return 0
    batches = in_batches(object_ids, _HOLDERS_A_READ)
    held = (attributes_of_objects(viewer, batch, filters).values() for batch in batches)
    return sum(len(_sifted_out(_all(groups), filters)) for groups in held)


def sift_events(graphs: Sequence[EventGraph], filters: SearchFilters) -> None:
    """Cut attributes out of events, or say on which warninglists they stand, as the search wants."""
    if sifts(filters):
        dropped = _sifted_out(_all(graph.attributes for graph in graphs), filters)
        for graph in graphs if dropped else ():
            graph.attributes = [one for one in graph.attributes if one.id not in dropped]
    if filters.options.include_warninglist_hits:
        attach_warnings(graphs)


def sift_objects(held: Mapping[int, list[AttributeRow]], filters: SearchFilters) -> dict[int, list[AttributeRow]]:
    """What objects hold, by object, without what is left out."""
    dropped = _sifted_out(_all(held.values()), filters) if sifts(filters) else set()
    return {number: [one for one in attributes if one.id not in dropped] for number, attributes in held.items()}


def _all(groups: Iterable[Sequence[AttributeRow]]) -> list[AttributeRow]:
    return [one for group in groups for one in group]
