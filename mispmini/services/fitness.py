"""Whether an event is fit to be published, and what somebody should look at before (RULES §9, §10.4; FEATURES 47)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from mispmini.domain.attribute_types import TYPES
from mispmini.domain.distribution import Distribution, raises
from mispmini.domain.errors import SaveFailed
from mispmini.domain.graphs import AttributeRow, EventGraph
from mispmini.domain.taxonomies import conflicts
from mispmini.domain.tlp import Guard, Tlp
from mispmini.domain.tlp_guard import Verdict, tlp_of_event, verdict_on, without_stricter
from mispmini.domain.viewer import Viewer
from mispmini.store.graphs import Parts, load_event_by_id
from mispmini.store.settings import load_settings
from mispmini.store.taxonomies import required_namespaces
from mispmini.store.tlp_guard import guard_of

_HEAD = Parts(elements=False, all_tags=True)
_MOST_REPEATED = 3


class Hint(StrEnum):
    """What somebody may want to mend before they publish."""

    HELD_BACK_BY_TLP = "held_back_by_tlp"
    PRIVATE_ADDRESS = "private_address"
    WIDER_THAN_EVENT = "wider_than_event"
    REPEATED_TAG = "repeated_tag"
    CONFLICTING_TAGS = "conflicting_tags"


@dataclass(frozen=True, slots=True)
class Noted:
    """A hint, with how many elements it is about and the name it is about."""

    hint: Hint
    count: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fitness:
    """What stands against publishing an event: required taxonomies it lacks, and what TLP says of its level."""

    level: int
    is_ours: bool
    tlp: Tlp | None
    verdict: Verdict
    missing: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        """Whether it may not be published as it is."""
        return bool(self.missing) or self.verdict is Verdict.REFUSE


class Unfit(SaveFailed):
    """An event may not be published as it is; the errors say which rule (RULES §9, §10.10)."""

    def __init__(self, fitness: Fitness) -> None:
        super().__init__("publish", "Event", _errors(fitness))
        self.fitness = fitness


def guard_of_instance() -> Guard:
    """How strictly TLP is kept here."""
    return guard_of(load_settings())


def fitness_of(event_id: int) -> Fitness:
    """Whether an event known to be here is fit to be published, asked inside or outside of a transaction."""
    return judged(load_event_by_id(Viewer.everything(), event_id, _HEAD))


def judged(graph: EventGraph) -> Fitness:
    """The same for one that is loaded with all its tags."""
    names = [tag.name.casefold() for tag in graph.tags if not tag.deleted]
    missing = [
        namespace
        for namespace in required_namespaces()
        if not any(name.startswith(f"{namespace.casefold()}:") for name in names)
    ]
    return Fitness(
        level=graph.event.distribution,
        is_ours=graph.orgc.local,
        tlp=tlp_of_event(graph),
        verdict=verdict_on(graph, guard_of_instance()),
        missing=tuple(missing),
    )


def must_be_fit(event_id: int) -> Fitness:
    """Raises Unfit for an event that may not be published as it is."""
    fitness = fitness_of(event_id)
    if fitness.is_refused:
        raise Unfit(fitness)
    return fitness


def warnings_of(fitness: Fitness) -> list[str]:
    """What a program is told that published an event which a page would have asked about."""
    if fitness.verdict not in (Verdict.WARN, Verdict.ASK):
        return []
    if fitness.tlp is None:
        return ["The event has no TLP tag: nobody is told how far it may be passed on."]
    return [f"{_named(fitness.tlp)} allows less than the distribution of the event."]


def hints_of(graph: EventGraph, guard: Guard) -> list[Noted]:
    """What to look at before an event is published, loaded with its elements and all their tags."""
    live = [attribute for attribute in graph.attributes if not attribute.deleted]
    private = sum(attribute.to_ids and _is_private(attribute) for attribute in live)
    wider = sum(_is_wider(attribute, graph) for attribute in live)
    shown = {one.uuid for part in (live, graph.reports) for one in part if not one.deleted}
    held_back = len(shown.intersection(without_stricter(graph, guard)[1]))
    counted = [
        Noted(Hint.HELD_BACK_BY_TLP, held_back),
        Noted(Hint.PRIVATE_ADDRESS, private),
        Noted(Hint.WIDER_THAN_EVENT, wider),
    ]
    repeated = [Noted(Hint.REPEATED_TAG, len(live), name) for name in _repeated_tags(graph, live)]
    names = [tag.name for tag in graph.tags if not tag.deleted]
    clashing = [Noted(Hint.CONFLICTING_TAGS, len(tags), ", ".join(tags)) for _group, tags in conflicts(names)]
    return [*clashing, *(noted for noted in counted if noted.count), *repeated]


def _repeated_tags(graph: EventGraph, live: list[AttributeRow]) -> Iterable[str]:
    """Tags that every attribute has: said once, on the event, they would say the same."""
    if len(live) < _MOST_REPEATED:
        return []
    named = [{tag.name for tag in graph.attribute_tags.get(a.id, ()) if not tag.deleted} for a in live]
    return sorted(set.intersection(*named))


def _is_private(attribute: AttributeRow) -> bool:
    if attribute.type not in TYPES or not attribute.type.startswith("ip-"):
        return False
    try:
        return ip_address(attribute.value1.partition("/")[0]).is_private
    except ValueError:
        return False


def _is_wider(attribute: AttributeRow, graph: EventGraph) -> bool:
    level = attribute.distribution
    return level != Distribution.INHERIT and raises(level, graph.event.distribution)


def _errors(fitness: Fitness) -> dict[str, list[str]]:
    errors = {}
    if fitness.missing:
        names = ", ".join(fitness.missing)
        errors["taxonomies"] = [f"A tag of each required taxonomy is needed before publishing. Missing: {names}."]
    if fitness.verdict is Verdict.REFUSE:
        errors["tlp"] = [_tlp_refusal(fitness)]
    return errors


def _tlp_refusal(fitness: Fitness) -> str:
    if fitness.tlp is None:
        return "A TLP tag is needed before publishing."
    if not fitness.is_ours:
        return f"{_named(fitness.tlp)} of another organisation is not passed on."
    return f"{_named(fitness.tlp)} does not leave its organisation or sharing group: choose one of these distributions."


def _named(tlp: Tlp) -> str:
    return f"TLP:{tlp.upper()}"
