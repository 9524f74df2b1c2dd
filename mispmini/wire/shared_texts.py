"""What repeats inside one event's JSON, turned into text once: tags, sharing groups, types."""

from collections.abc import Sequence
from json.encoder import encode_basestring as quoted
from typing import Protocol

from mispmini.domain.distribution import needs_group
from mispmini.domain.graphs import EventGraph, TagRow
from mispmini.domain.opinions import ProposalRow
from mispmini.wire.analyst_data_out import ItemTexts
from mispmini.wire.elsewhere_out import ElsewhereTexts
from mispmini.wire.fragments import sharing_group_json, tag_json, tags_json
from mispmini.wire.galaxy_out import GalaxyTexts
from mispmini.wire.proposal_out import nested_proposals_json
from mispmini.wire.sighting_out import sighting_json
from mispmini.wire.warninglist_out import warnings_json

_NO_OPINIONS = ',"ShadowAttribute":[]'


class Shareable(Protocol):
    """What may be limited to a sharing group."""

    @property
    def distribution(self) -> int: ...
    @property
    def sharing_group_id(self) -> int | None: ...


class SharedTexts:
    """The repeating pieces of one graph, for a view or for a push."""

    def __init__(self, graph: EventGraph, *, for_push: bool) -> None:
        self.for_push = for_push
        self._groups = {key: f',"SharingGroup":{sharing_group_json(g)}' for key, g in graph.sharing_groups.items()}
        self._tags: dict[TagRow, str] = {}
        self._kinds: dict[tuple[str, str], str] = {}
        sheet = None if for_push else graph.analyst_data
        self._said = None if sheet is None else ItemTexts(sheet, graph.sharing_groups)
        self._galaxies, self._graph, self.elsewhere = GalaxyTexts(), graph, ElsewhereTexts(graph)
        self._opinions = opinion_texts(graph) if graph.sightings or graph.proposals else {}

    def group(self, element: Shareable) -> str:
        """`,"SharingGroup":{…}` if the element is shared with a group that the graph holds, else nothing."""
        if not needs_group(element.distribution):
            return ""
        return self._groups.get(element.sharing_group_id or 0, "")

    def tags(self, tags: Sequence[TagRow]) -> str:
        """`,"Tag":[…]`, or nothing: without tags MISP leaves the key out."""
        return tags_json(tags, self._tag)

    def kind(self, type_: str, category: str) -> str:
        """`"type":…,"category":…` of an attribute."""
        text = self._kinds.get((type_, category))
        if text is None:
            text = self._kinds[type_, category] = f'"type":{quoted(type_)},"category":{quoted(category)}'
        return text

    def said(self, uuid: str) -> str:
        """`,"Note":[…]` and the like about an element, if there is any; a push holds none (PROTOCOL §3.15)."""
        return "" if self._said is None else self._said.about(uuid)

    def galaxies(self, attribute_id: int) -> str:
        """The value of an attribute's `Galaxy`."""
        return self._galaxies.of_attribute(self._graph.attribute_galaxies.get(attribute_id, ()))

    def event_galaxies(self) -> str:
        """The value of the event's `Galaxy`."""
        return self._galaxies.of_event(self._graph.galaxies)

    def warnings(self, attribute_id: int) -> str:
        """`,"warnings":[…]` of an attribute whose value stands on warninglists, else nothing."""
        return warnings_json(self._graph.warnings.get(attribute_id, ()))

    def opinions(self, attribute_id: int) -> str:
        """`,"ShadowAttribute":[…]`, and `,"Sighting":[…]` if there is any."""
        return self._opinions.get(attribute_id, _NO_OPINIONS)

    def _tag(self, tag: TagRow) -> str:
        text = self._tags.get(tag)
        if text is None:
            text = self._tags[tag] = tag_json(tag, for_push=self.for_push)
        return text


def opinion_texts(graph: EventGraph) -> dict[int, str]:
    """What is said about each attribute, as text; attributes that nobody speaks of are not among them."""
    proposed: dict[int, list[ProposalRow]] = {}
    for proposal in graph.proposals:
        if proposal.old_id is not None:
            proposed.setdefault(proposal.old_id, []).append(proposal)
    numbers = proposed.keys() | graph.sightings.keys()
    return {number: _spoken(graph, number, proposed.get(number, ())) for number in numbers}


def attribute_opinions(graph: EventGraph, attribute_id: int) -> str:
    """The same for one attribute that a search found; nothing where nothing is said."""
    proposed = [proposal for proposal in graph.proposals if proposal.old_id == attribute_id]
    return _spoken(graph, attribute_id, proposed) if proposed or attribute_id in graph.sightings else ""


def _spoken(graph: EventGraph, attribute_id: int, proposed: Sequence[ProposalRow]) -> str:
    proposals = nested_proposals_json(proposed, graph)
    seen = ",".join(sighting_json(row, graph.organisations) for row in graph.sightings.get(attribute_id, ()))
    sightings = f',"Sighting":[{seen}]' if seen else ""
    return f',"ShadowAttribute":[{proposals}]{sightings}'
