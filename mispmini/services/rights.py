"""Who may do what to one event, after visibility (MODEL §5.4, RULES §4)."""

from mispmini.domain.errors import Forbidden
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.store.events import EventStanding, event_standing
from mispmini.store.graphs import find_event_id

NO_PERMISSION = "You do not have permission to do that."
NOT_AUTHORISED = "You are not authorised to do that."


def may_modify(viewer: Viewer, event: EventStanding) -> bool:
    """canModify: site admin, the creator's organisation, or the account that stored it."""
    if viewer.is_site_admin:
        return True
    if viewer.can(Permission.MODIFY_ORG) and event.orgc_id == viewer.org_id:
        return True
    return viewer.can(Permission.MODIFY) and event.user_id is not None and event.user_id == viewer.user_id


def modifiable(viewer: Viewer, event: EventStanding) -> EventStanding:
    """The event, if the viewer may change it. Raises Forbidden."""
    if not may_modify(viewer, event):
        raise Forbidden(NO_PERMISSION)
    return event


def modifiable_event(viewer: Viewer, ref: str) -> EventStanding:
    """A visible event, by id or uuid, that the viewer may change. Raises NotFound, Forbidden."""
    return modifiable(viewer, event_standing(find_event_id(viewer, ref)))


def must_be_modifiable(viewer: Viewer, ref: str) -> None:
    """Raises NotFound, Forbidden unless the viewer sees this event and may change it."""
    modifiable_event(viewer, ref)


def may_publish(viewer: Viewer, event: EventStanding) -> bool:
    """Site admin, or a publisher of the creator's organisation."""
    return viewer.is_site_admin or (viewer.can(Permission.PUBLISH) and event.orgc_id == viewer.org_id)


def may_tag(viewer: Viewer, event: EventStanding, *, local: bool, host_org_id: int | None) -> bool:
    """Global tags: taggers who may modify the event; local ones: taggers of the host organisation too."""
    if viewer.is_site_admin:
        return True
    tagger = viewer.can(Permission.TAGGER) or viewer.can(Permission.SYNC)
    return tagger and (may_modify(viewer, event) or (local and viewer.org_id == host_org_id))


def may_delete_attribute(viewer: Viewer, event: EventStanding) -> bool:
    """Site admin; a sync user for locked events its organisation holds; else the creator's organisation."""
    if viewer.is_site_admin:
        return True
    if event.locked:
        return viewer.can(Permission.SYNC) and event.org_id == viewer.org_id
    return viewer.can(Permission.ADD) and event.orgc_id == viewer.org_id
