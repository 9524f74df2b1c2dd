"""Decaying models: in use or not, and what they say of attributes that a search finds (API §8.4)."""

from collections.abc import Iterable, Sequence

from mispmini.domain import clock, decaying
from mispmini.domain.decaying import KIND, MODELS, DecayingModel, DecayOptions, DecayScore, wanted_models
from mispmini.domain.errors import NotFound
from mispmini.domain.graphs import AttributeRow, TagRow
from mispmini.domain.opinions import SightingType
from mispmini.domain.taxonomies import namespace_of
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.store.database import writing
from mispmini.store.sightings import sightings_of_attributes
from mispmini.store.warninglists import knowledge_in_use, use_knowledge

UNKNOWN = "Invalid Decaying Model."


def list_models() -> list[tuple[DecayingModel, bool]]:
    """All of them, each with whether it is in use."""
    in_use = knowledge_in_use(KIND)
    return [(one, one.name in in_use) for one in MODELS]


def view_model(ref: str) -> tuple[DecayingModel, bool]:
    """One by id, uuid or name, with whether it is in use. Raises NotFound."""
    found = decaying.find_model(ref)
    if found is None:
        raise NotFound(UNKNOWN)
    return found, found.name in knowledge_in_use(KIND)


def set_enabled(viewer: Viewer, ref: str, *, enabled: bool) -> DecayingModel:
    """Have one in use or not. Raises NotFound."""
    with writing():
        found, _was = view_model(ref)
        use_knowledge(KIND, found.name, on=enabled)
        record(viewer, "enable" if enabled else "disable", "DecayingModel", found.id, found.name)
        return found


def models_for(options: DecayOptions) -> list[DecayingModel]:
    """The models that a search is answered with."""
    return wanted_models(options, knowledge_in_use(KIND)) if options else []


def scores_of(
    viewer: Viewer, found: Sequence[tuple[AttributeRow, Iterable[TagRow]]], models: Sequence[DecayingModel]
) -> dict[int, tuple[DecayScore, ...]]:
    """By attribute what the models say of it, by its last sighting that the viewer sees, else its own time."""
    if not models or not found:
        return {}
    now, seen = clock.now(), _last_sighted(viewer, [attribute.id for attribute, _tags in found])
    scored = {}
    for attribute, tags in found:
        heard = max(seen.get(attribute.id, 0), _last_seen(attribute), attribute.timestamp)
        scored[attribute.id] = decaying.scores_of(attribute.type, now - heard, _numbers(tags), models)
    return {number: scores for number, scores in scored.items() if scores}


def _last_sighted(viewer: Viewer, attribute_ids: Sequence[int]) -> dict[int, int]:
    """When each of these was last seen by somebody, as far as the viewer is told."""
    sighted = sightings_of_attributes(viewer, attribute_ids)
    return {
        number: max((one.date_sighting for one in held if one.type == SightingType.SEEN), default=0)
        for number, held in sighted.items()
    }


def _last_seen(attribute: AttributeRow) -> int:
    return 0 if attribute.last_seen is None else attribute.last_seen // 1_000_000


def _numbers(tags: Iterable[TagRow]) -> dict[str, int]:
    """What the tags that have a number say, by taxonomy; of several the highest."""
    numbers: dict[str, int] = {}
    for tag in tags:
        namespace = namespace_of(tag.name)
        if namespace is not None and tag.numerical_value is not None and not tag.deleted:
            numbers[namespace] = max(numbers.get(namespace, 0), tag.numerical_value)
    return numbers
