"""Puts what others say beside the events that are shown: sightings and proposals (MODEL §7.2)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mispmini.domain.graphs import AttributeRow, EventGraph, OrganisationRow
from mispmini.domain.opinions import ProposalRow, SightingRow
from mispmini.domain.viewer import Viewer
from mispmini.store.attachments import Holder, files_of
from mispmini.store.organisations import organisation_rows
from mispmini.store.proposals import proposals_of_attributes, proposals_of_events
from mispmini.store.sightings import sightings_of_attributes, sightings_of_events

MOST_PROPOSED_BYTES = 16 * 1024 * 1024


def attach_opinions(
    viewer: Viewer, graphs: Sequence[EventGraph], *, sightings: bool = True, proposals: bool = True
) -> None:
    """Fill what of both the viewer may see, by their attributes; two queries for all these events."""
    ids = [graph.event.id for graph in graphs]
    seen = sightings_of_events(viewer, ids) if sightings and ids else {}
    proposed = _by_event(proposals_of_events(viewer, ids)) if proposals and ids else {}
    if not (seen or proposed):
        return
    orgs = _organisations(seen, proposed)
    for graph in graphs:
        shown = {attribute.id for attribute in graph.attributes}
        graph.sightings = {number: seen[number] for number in shown if number in seen}
        mine = proposed.get(graph.event.id, ())
        graph.proposals = [p for p in mine if p.old_id is None or p.old_id in shown]
        graph.organisations = {**graph.organisations, **orgs}


def attach_proposed_files(graphs: Iterable[EventGraph]) -> None:
    """Fill the files of the proposals that the graphs hold already, up to a measure for each event.

    Who sees an event may propose files for it: they must not make it too large for partners to pull.
    """
    for graph in graphs:
        held = [proposal.id for proposal in fitting(graph.proposals, MOST_PROPOSED_BYTES)]
        graph.proposal_files = files_of(held, Holder.PROPOSAL) if held else {}


def fitting(proposals: Iterable[ProposalRow], most: int) -> Iterator[ProposalRow]:
    """Those with files that, in this order, are within `most` bytes together; the others' are to be downloaded."""
    for proposal in proposals:
        if proposal.size is not None and proposal.size <= most:
            most -= proposal.size
            yield proposal


def attach_to_attributes(
    viewer: Viewer,
    events: Mapping[int, EventGraph],
    attributes: Sequence[AttributeRow],
    *,
    sightings: bool,
    proposals: bool,
) -> None:
    """The same for single attributes that a search found, in the events that stand around them."""
    ids = [attribute.id for attribute in attributes]
    seen = sightings_of_attributes(viewer, ids) if sightings and ids else {}
    proposed = _by_event(proposals_of_attributes(viewer, ids)) if proposals and ids else {}
    orgs = _organisations(seen, proposed)
    for attribute in attributes:
        graph = events[attribute.event_id]
        if attribute.id in seen:
            graph.sightings = {**graph.sightings, attribute.id: seen[attribute.id]}
        graph.proposals = proposed.get(attribute.event_id, ())
        graph.organisations = {**graph.organisations, **orgs} if orgs else graph.organisations


def _by_event(proposals: Iterable[ProposalRow]) -> dict[int, list[ProposalRow]]:
    grouped: dict[int, list[ProposalRow]] = {}
    for proposal in proposals:
        grouped.setdefault(proposal.event_id, []).append(proposal)
    return grouped


def _organisations(
    seen: Mapping[int, Sequence[SightingRow]], proposed: Mapping[int, Sequence[ProposalRow]]
) -> dict[int, OrganisationRow]:
    named = {row.org_id for rows in seen.values() for row in rows}
    named |= {row.org_id for rows in proposed.values() for row in rows}
    return organisation_rows({org for org in named if org is not None})
