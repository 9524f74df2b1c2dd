"""Who will see this? Told by the rules that the push runner obeys, before anything is published (GUIDE, explainer)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mispmini.domain.distribution import Partner, Reason, for_partner, may_leave_to
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, EventRow, OrganisationRow, SharingGroup
from mispmini.domain.rules import PushRules
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp import Tlp, strictest
from mispmini.domain.viewer import Viewer
from mispmini.services import events
from mispmini.store.audience import organisations_that_see
from mispmini.store.database import reading
from mispmini.store.graphs import Parts, load_event_by_id
from mispmini.store.ledger import list_entries_of_event
from mispmini.store.organisations import find_any_organisation
from mispmini.store.servers import push_servers
from mispmini.store.settings import load_settings

_AS_PUSHED = Parts(deleted=Deleted.BOTH, all_tags=True, tombstones=True)


@dataclass(frozen=True, slots=True)
class Crossing:
    """What publishing means for one push server: a refusal, or the level the copy has there and what it lacks.

    `left_out` counts live attributes that stay here.
    """

    server_id: int
    server_name: str
    refusal: Reason | None
    level: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees an event once it is published: organisations here by name, and what each push server gets."""

    event: EventRow
    owner: OrganisationRow
    creator: OrganisationRow
    group: SharingGroup | None
    tlp: Tlp | None
    has_attributes: bool
    here: tuple[str, ...]
    crossings: tuple[Crossing, ...]


def audience_of(viewer: Viewer, event_ref: str) -> Audience:
    """Who will see an event that the viewer sees. Raises NotFound."""
    event_id = events.find_event(viewer, event_ref)
    with reading():
        graph = load_event_by_id(Viewer.everything(), event_id, _AS_PUSHED)
        here = organisations_that_see(event_id)
        crossings = tuple(crossing(graph, server) for server in push_servers())
    return Audience(
        event=graph.event,
        owner=graph.org,
        creator=graph.orgc,
        group=graph.sharing_groups.get(graph.event.sharing_group_id or 0),
        tlp=strictest(tag.name for tag in graph.tags if not tag.deleted),
        has_attributes=any(not attribute.deleted for attribute in graph.attributes),
        here=tuple(here),
        crossings=crossings,
    )


def crossing(graph: EventGraph, server: LinkedServer) -> Crossing:
    """What a push to this server does with an event, were it published now (PROTOCOL §3.3-§3.5)."""
    partner = partner_of(server)
    published = replace(graph, event=graph.event._replace(published=True))
    refusal = may_leave_to(published, partner)
    if refusal is not None:
        return Crossing(server.id, server.name, refusal, graph.event.distribution, 0)
    copy = for_partner(published, partner)
    if not (copy.attributes or copy.objects or copy.reports):
        return Crossing(server.id, server.name, Reason.EMPTY, copy.event.distribution, 0)
    left_out = _live(graph) - _live(copy)
    return Crossing(server.id, server.name, None, copy.event.distribution, left_out)


def partner_of(server: LinkedServer) -> Partner:
    """What the rules of crossing need to know of a link (PROTOCOL §3.5)."""
    settings = load_settings()
    remote = find_any_organisation(server.remote_org_id)
    assert remote is not None, "a link's organisation cannot be deleted"
    return Partner(
        server_id=server.id,
        remote_org_uuid=remote.uuid,
        internal=server.internal,
        trusted=server.internal and settings.host_org_id == server.remote_org_id,
        push_rules=PushRules.from_text(server.push_rules),
        filter_types=settings.filter_types_on_sync,
        unpublish=server.unpublish_event,
    )


def holders_of(event_uuid: str) -> Sequence[str]:
    """Names of the servers that got a copy of this event and keep it."""
    entries = list_entries_of_event(event_uuid)
    return list(dict.fromkeys(entry.server_name for entry in entries if entry.receipt.arrived))


def _live(graph: EventGraph) -> int:
    return sum(not attribute.deleted for attribute in graph.attributes)
