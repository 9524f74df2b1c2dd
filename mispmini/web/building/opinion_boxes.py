"""What others say about the attributes of an event's page: sightings in numbers, proposals as cards."""

from collections.abc import Mapping, Sequence

from mispmini.domain.opinions import SightingRow, SightingType
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import proposals, sightings
from mispmini.web import pages
from mispmini.web.building import proposal_pages


def seen_boxes(viewer: Viewer, attribute_ids: Sequence[int]) -> Mapping[int, pages.SeenBox]:
    """The numbers for attributes that the viewer sees, each with whether it may add to them."""
    found = sightings.of_attributes(viewer, attribute_ids)
    may_add = viewer.can(Permission.SIGHTING)
    return {number: _box(found.get(number, ()), may_add=may_add) for number in attribute_ids}


def _box(rows: Sequence[SightingRow], *, may_add: bool) -> pages.SeenBox:
    seen = [row for row in rows if row.type == SightingType.SEEN]
    return pages.SeenBox(
        seen=len(seen),
        false_positives=sum(row.type == SightingType.FALSE_POSITIVE for row in rows),
        expired=any(row.type == SightingType.EXPIRATION for row in rows),
        last=max((row.date_sighting for row in seen), default=None),
        may_add=may_add,
    )


def proposal_cards(viewer: Viewer, event_id: int) -> tuple[pages.ProposalCard, ...]:
    """The pending proposals of an event that the viewer sees."""
    return proposal_pages.cards(viewer, proposals.proposals_of(viewer, str(event_id)))


def may_propose(viewer: Viewer, *, may_edit: bool) -> bool:
    """Whether a page offers to propose a change: to whom may not make it."""
    return viewer.can(Permission.ADD) and not may_edit
