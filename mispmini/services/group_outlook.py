"""What a sharing group's page tells beside its lists: where its events would go, what was refused, if it is used."""

from dataclasses import dataclass

from mispmini.domain.distribution import GroupFlaw, Reason, group_flaw, group_refusal
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.notices import RefusedChange
from mispmini.domain.permissions import Permission
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.audience import partner_of
from mispmini.services.groups_admin import may_edit
from mispmini.store.database import reading
from mispmini.store.groups import delivering_organisation, group_is_used
from mispmini.store.organisations import find_any_organisation
from mispmini.store.refusals import list_refused_changes
from mispmini.store.servers import push_servers


@dataclass(frozen=True, slots=True)
class GroupCrossing:
    """Whether an event of the group would be pushed to a server, by the rule that the push itself obeys."""

    server_name: str
    organisation: str
    refusal: Reason | None


@dataclass(frozen=True, slots=True)
class GroupOutlook:
    """`crossings` are for those who publish here, `refused` for those who may edit the group."""

    delivered_by: str
    in_use: bool
    flaw: GroupFlaw | None
    crossings: tuple[GroupCrossing, ...]
    refused: tuple[RefusedChange, ...]


def outlook_of(viewer: Viewer, group: SharingGroup) -> GroupOutlook:
    """The outlook of a group that the viewer sees."""
    publishes = viewer.is_site_admin or (viewer.can(Permission.PUBLISH) and not viewer.is_partner)
    with reading():
        return GroupOutlook(
            delivered_by=delivering_organisation(group.id),
            in_use=group_is_used(group.id),
            flaw=group_flaw(group),
            crossings=tuple(_crossing(group, server) for server in push_servers()) if publishes else (),
            refused=tuple(list_refused_changes(group.id)) if may_edit(viewer, group) else (),
        )


def _crossing(group: SharingGroup, server: LinkedServer) -> GroupCrossing:
    remote = find_any_organisation(server.remote_org_id)
    assert remote is not None, "a link's organisation cannot be deleted"
    return GroupCrossing(server.name, remote.name, group_refusal(group, partner_of(server)))
