"""What the pages of events show around an event: the viewer's rights over it, its deliveries, what a form may offer."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain.graphs import EventGraph, EventRow, SharingGroup
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.rights import may_delete_attribute, may_modify, may_publish, may_tag
from mispmini.store.events import event_standing
from mispmini.store.groups import load_groups, visible_group_ids
from mispmini.store.ledger import LedgerEntry as LedgerEntry
from mispmini.store.ledger import list_entries_of_event
from mispmini.store.rereadings import Rereading as Rereading
from mispmini.store.settings import load_settings


@dataclass(frozen=True, slots=True)
class Rights:
    """What a viewer may do with one event (MODEL §5.4)."""

    edit: bool
    tag: bool
    tag_locally: bool
    publish: bool
    delete_attributes: bool


def rights_over(viewer: Viewer, event_id: int) -> Rights:
    """What the viewer may do with an event that they see."""
    event = event_standing(event_id)
    host = load_settings().host_org_id
    adds = viewer.is_site_admin or viewer.can(Permission.ADD)
    return Rights(
        edit=adds and may_modify(viewer, event),
        tag=may_tag(viewer, event, local=False, host_org_id=host),
        tag_locally=may_tag(viewer, event, local=True, host_org_id=host),
        publish=may_publish(viewer, event),
        delete_attributes=may_delete_attribute(viewer, event),
    )


def is_told_of_partners(viewer: Viewer, event: EventRow) -> bool:
    """Whether the viewer hears what partners did with an event: those whose event it is, and site admins."""
    return viewer.is_site_admin or viewer.org_id in (event.org_id, event.orgc_id)


def deliveries_of(viewer: Viewer, graph: EventGraph) -> Sequence[LedgerEntry]:
    """What became of an event at each server, newest first."""
    return list_entries_of_event(graph.event.uuid) if is_told_of_partners(viewer, graph.event) else ()


def groups_to_choose(viewer: Viewer) -> list[SharingGroup]:
    """The sharing groups that the viewer may share with, by name."""
    return sorted(load_groups(visible_group_ids(viewer)).values(), key=lambda group: group.name.casefold())


def usual_threat_level() -> int:
    """The instance's own default for a new event."""
    return load_settings().default_event_threat_level


def drafts_are_private() -> bool:
    """Whether unpublished events are seen by their owner only."""
    return load_settings().unpublished_private
