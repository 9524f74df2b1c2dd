"""Who will see this? Told by the rules that the push runner obeys, before anything is published (GUIDE, explainer)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mispmini.domain.distribution import Partner, Reason
from mispmini.domain.errors import Forbidden
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, EventRow, OrganisationRow, SharingGroup
from mispmini.domain.rules import PushRules
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp_guard import leaving_to
from mispmini.domain.viewer import Viewer
from mispmini.services import events
from mispmini.services.fitness import Fitness, Noted, guard_of_instance, hints_of, judged
from mispmini.services.rights import NO_PERMISSION, may_publish
from mispmini.store.audience import organisations_that_see
from mispmini.store.database import reading
from mispmini.store.events import event_standing
from mispmini.store.graphs import Parts, load_event_by_id
from mispmini.store.groups import load_groups_for
from mispmini.store.ledger import list_entries_of_event
from mispmini.store.organisations import find_any_organisation, organisation_rows
from mispmini.store.served import list_readings
from mispmini.store.servers import find_any_server, push_servers
from mispmini.store.settings import load_settings

_AS_PUSHED = Parts(deleted=Deleted.BOTH, all_tags=True, tombstones=True)


@dataclass(frozen=True, slots=True)
class Crossing:
    """What publishing means for one push server: a refusal, or the level the copy has there and what it lacks.

    `left_out` counts live attributes that stay here, `held_back` those of them that TLP keeps.
    """

    server: LinkedServer
    refusal: Reason | None
    level: int
    left_out: int = 0
    held_back: int = 0

    @property
    def server_name(self) -> str:
        """What the link is called."""
        return self.server.name


@dataclass(frozen=True, slots=True)
class Audience:
    """Who sees an event once it is published: organisations here by name, and what each push server gets.

    Whoever is not in its sharing group is told neither: it would say who is.

    `fitness` is what stands against publishing it, `hints` what one may want to look at before.
    """

    event: EventRow
    owner: OrganisationRow
    creator: OrganisationRow
    group: SharingGroup | None
    fitness: Fitness
    hints: tuple[Noted, ...]
    has_attributes: bool
    here: tuple[str, ...]
    crossings: tuple[Crossing, ...]


def audience_of(viewer: Viewer, event_ref: str) -> Audience:
    """Who will see an event, for whoever may publish it: to others it would tell of partners and of what is hidden from
    them. Raises NotFound, Forbidden."""
    event_id = events.find_event(viewer, event_ref)
    if not may_publish(viewer, event_standing(event_id)):
        raise Forbidden(NO_PERMISSION)
    with reading():
        graph = load_event_by_id(Viewer.everything(), event_id, _AS_PUSHED)
        number = graph.event.sharing_group_id or 0
        group = load_groups_for(viewer, graph.sharing_groups).get(number)
        is_told = group is None or group.told
        here = organisations_that_see(event_id) if is_told else []
        crossings = tuple(crossing(graph, server) for server in push_servers()) if is_told else ()
    return Audience(
        event=graph.event,
        owner=graph.org,
        creator=graph.orgc,
        group=group,
        fitness=judged(graph),
        hints=tuple(hints_of(graph, guard_of_instance())),
        has_attributes=any(not attribute.deleted for attribute in graph.attributes),
        here=tuple(here),
        crossings=crossings,
    )


def crossing(graph: EventGraph, server: LinkedServer) -> Crossing:
    """What a push to this server does with an event, were it published now (PROTOCOL §3.3-§3.5, RULES §9)."""
    published = replace(graph, event=graph.event._replace(published=True))
    leaving = leaving_to(published, partner_of(server))
    level = leaving.copy.event.distribution
    if leaving.refusal is not None:
        return Crossing(server, leaving.refusal, level)
    left_out = _live(graph) - _live(leaving.copy)
    return Crossing(server, None, level, left_out, len(leaving.held_back))


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
        guard=guard_of_instance(),
    )


def holders_of(event_uuid: str) -> Sequence[str]:
    """Names of the servers that got a copy of this event and keep it, and of other organisations that fetched it."""
    entries = [entry for entry in list_entries_of_event(event_uuid) if entry.receipt.arrived]
    reached = {link.remote_org_id for entry in entries if (link := find_any_server(entry.server_id))}
    fetched = organisation_rows({one.org_id for one in list_readings(event_uuid)} - reached)
    return list(dict.fromkeys([*(entry.server_name for entry in entries), *(org.name for org in fetched.values())]))


def _live(graph: EventGraph) -> int:
    return sum(not attribute.deleted for attribute in graph.attributes)
