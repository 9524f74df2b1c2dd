"""How events came here, for people: notices on a page, what waits for a review, what was refused (RULES §1, §4, §6)."""

from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution, needs_group
from mispmini.domain.errors import Forbidden, NotFound, Refused
from mispmini.domain.graphs import EventRow, OrganisationRow
from mispmini.domain.notices import Arrival, NamedByOthers, NoticeKind
from mispmini.domain.notices import RefusedUpdate as RefusedUpdate
from mispmini.domain.viewer import Viewer
from mispmini.services import publishing
from mispmini.services.audit import record
from mispmini.services.jobs import JobKind, ask_for_job
from mispmini.services.receiving import IN_THE_FUTURE, NOT_OWNER
from mispmini.services.rights import NO_PERMISSION
from mispmini.store.database import reading, writing
from mispmini.store.events import EventStanding, event_standing, update_event
from mispmini.store.graphs import find_event_id
from mispmini.store.groups import load_groups
from mispmini.store.notices import arrival_columns, drop_notice, named_by_others, notices_of
from mispmini.store.organisations import find_any_organisation
from mispmini.store.refusals import forget_refusals, list_refused_updates, refused_link
from mispmini.store.servers import servers_of_organisation
from mispmini.store.settings import load_settings

NOT_WAITING = "The event does not wait for a review."
NO_SUCH_ORGANISATION = "Invalid organisation."
NO_SUCH_REFUSAL = "Invalid refused update."
LINK_REASONS = (NOT_OWNER, IN_THE_FUTURE)


def arrival_of(viewer: Viewer, event: EventRow) -> Arrival | None:
    """How an event that the viewer sees came; None for those whom it does not concern: it is for site admins, its
    owner, its creator and the organisation that runs this server."""
    concerned = (event.org_id, event.orgc_id, load_settings().host_org_id)
    if viewer.is_partner or not (viewer.is_site_admin or viewer.org_id in concerned):
        return None
    with reading():
        delivered_by, in_our_name, review = arrival_columns(event.id)
        return Arrival(delivered_by, in_our_name, review, clock.is_ahead(event.timestamp), tuple(notices_of(event.id)))


def delivering_organisation(viewer: Viewer, event: EventRow) -> str:
    """Whose link delivered an event, "" for nobody's. Raises Forbidden."""
    _must_administer(viewer)
    return arrival_columns(event.id)[0]


def in_our_name(viewer: Viewer) -> list[NamedByOthers]:
    """Events in our name that partners delivered, those that wait first. Raises Forbidden."""
    _must_administer(viewer)
    with reading():
        return named_by_others()


def refused_updates(viewer: Viewer, *, limit: int, offset: int = 0) -> tuple[list[RefusedUpdate], int]:
    """Updates that partners were not allowed to make, newest first, and how many there are. Raises Forbidden."""
    _must_administer(viewer)
    with reading():
        return list_refused_updates(LINK_REASONS, limit=limit, offset=offset)


def release(viewer: Viewer, ref: str) -> int:
    """Let an event in our name have the level it came with, and go where it goes by that. Returns its id.

    Raises Forbidden, NotFound, Refused.
    """
    _must_administer(viewer)
    with writing():
        event = event_standing(find_event_id(viewer, ref))
        if not event.review:
            raise Refused(NOT_WAITING)
        level, group_id = _level_it_came_with(event)
        update_event(event.id, {"review": False, "distribution": level, "sharing_group_id": group_id})
        drop_notice(event.id, NoticeKind.HELD)
        record(viewer, "release", "Event", event.id, event.info, {"distribution": level})
        if event.published:
            publishing.announce(event.id, exclude_org_id=event.received_from)
        return event.id


def _level_it_came_with(event: EventStanding) -> tuple[int, int | None]:
    """As noted when it came; a group that is gone since leaves it to its organisation."""
    held = next((n.detail for n in notices_of(event.id) if n.kind is NoticeKind.HELD), {})
    level = int(held.get("distribution") or event.distribution)
    group_id = int(held.get("sharing_group_id") or 0)
    if not needs_group(level):
        return level, None
    return (level, group_id) if load_groups([group_id]) else (int(Distribution.ORGANISATION), None)


def reassign(viewer: Viewer, ref: str, org_ref: str) -> int:
    """Make another organisation's link the delivering one, or none for "": who may update the event from now on.

    Returns the event's id. Raises Forbidden, NotFound, Refused.
    """
    _must_administer(viewer)
    with writing():
        event = event_standing(find_event_id(viewer, ref))
        org = find_any_organisation(org_ref) if org_ref else None
        if org_ref and org is None:
            raise Refused(NO_SUCH_ORGANISATION)
        _reassign(viewer, event, org)
        return event.id


def _reassign(viewer: Viewer, event: EventStanding, org: OrganisationRow | None) -> None:
    update_event(event.id, {"received_from": org.id if org else None})
    change = {"received_from": org.uuid if org else None}
    record(viewer, "reassign", "Event", event.id, event.info, change)


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that another link delivers from now on, and the server it is fetched from at once, if one pulls."""

    event_id: int
    org_name: str
    server_name: str | None


def let_deliver(viewer: Viewer, refusal_id: int) -> Delivery:
    """Let the link whose update was refused deliver the event from now on, and take what it was refused off the list.

    Where the link pulls, the event is fetched by a job. Raises Forbidden, NotFound.
    """
    _must_administer(viewer)
    with writing():
        refused = refused_link(refusal_id)
        org = None if refused is None else find_any_organisation(refused[1])
        if refused is None or org is None:
            raise NotFound(NO_SUCH_REFUSAL)
        uuid, _, server_id = refused
        event = event_standing(find_event_id(viewer, uuid))
        _reassign(viewer, event, org)
        forget_refusals(uuid, org.id)
        pulls = [one for one in servers_of_organisation(org.id) if one.pull and not one.paused]
        server = next((one for one in pulls if one.id == server_id), next(iter(pulls), None))
        if server is not None:
            ask_for_job(viewer, server.id, JobKind.PULL, uuid)
        return Delivery(event.id, org.name, server.name if server else None)


def _must_administer(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_PERMISSION)
