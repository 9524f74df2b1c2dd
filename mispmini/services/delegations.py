"""Handing an event over to another organisation: asked for, accepted, given up (MODEL §5.3, §6.3; API §9.2)."""

from mispmini.domain import clock
from mispmini.domain.audit_log import TAKEN_OVER
from mispmini.domain.delegations import Delegation, DelegationWish
from mispmini.domain.distribution import Distribution, is_event_level, needs_group
from mispmini.domain.errors import Forbidden, Refused, SaveFailed
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.rights import NOT_AUTHORISED, may_modify
from mispmini.services.sharing_groups import usable_group
from mispmini.store import delegations as store
from mispmini.store.database import reading, writing
from mispmini.store.events import EventStanding, event_standing, update_event
from mispmini.store.graphs import find_event_id
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings

DISABLED = "Delegation is disabled on this instance."
PENDING = "Delegation of the event already initiated."
NO_ORG = "Invalid organisation"
OWN_ORG = "It is your own organisation."
NO_GROUP = "Invalid Sharing Group or not authorised."
LEVEL = "Invalid distribution."


def is_enabled() -> bool:
    """Whether this instance lets events be handed over."""
    return load_settings().delegation


def list_delegations(viewer: Viewer) -> list[Delegation]:
    """Pending requests that the viewer's organisation made or got. Raises Refused while the feature is off."""
    _refuse_disabled()
    with reading():
        return store.list_delegations(viewer)


def may_delegate(viewer: Viewer, event: EventStanding) -> bool:
    """Whether a viewer may offer this event to another organisation: one of its own (MODEL §5.4)."""
    own = viewer.is_site_admin or (event.orgc_id == event.org_id == viewer.org_id and may_modify(viewer, event))
    return own and viewer.can(Permission.DELEGATE)


def may_delegate_event(viewer: Viewer, event_id: int) -> bool:
    """The same by id, and only while the feature is on."""
    return is_enabled() and may_delegate(viewer, event_standing(event_id))


def delegate(viewer: Viewer, event_ref: str, wish: DelegationWish) -> Delegation:
    """Ask an organisation to take over an event. Raises NotFound, Forbidden, Refused, SaveFailed."""
    _refuse_disabled()
    with writing():
        event = event_standing(find_event_id(viewer, event_ref))
        if not may_delegate(viewer, event):
            raise Forbidden(NOT_AUTHORISED)
        if store.is_offered(event.id):
            raise Refused(PENDING)
        org = find_any_organisation(wish.org)
        if org is None or not org.local or org.id == event.orgc_id:
            sentence = OWN_ORG if org is not None and org.id == event.orgc_id else NO_ORG
            raise SaveFailed("delegate", "EventDelegation", {"org_id": [sentence]})
        level, group_id = _level(viewer, wish)
        number = store.insert_delegation({
            "event": event.id, "org": org.id, "requester_org": viewer.org_id, "message": wish.message,
            "distribution": level, "sharing_group": group_id,
        })  # fmt: skip
        record(viewer, "delegate", "Event", event.id, event.info, {"organisation": org.name})
        return store.find_delegation(Viewer.everything(), number)


def _level(viewer: Viewer, wish: DelegationWish) -> tuple[int | None, int | None]:
    level = wish.distribution
    if level is None:
        return None, None
    if not is_event_level(level):
        raise SaveFailed("delegate", "EventDelegation", {"distribution": [LEVEL]})
    if not needs_group(level):
        return level, None
    group_id = usable_group(viewer, wish.sharing_group_id or 0)
    if group_id is None:
        raise Refused(NO_GROUP)
    return level, group_id


def accept(viewer: Viewer, number: int) -> Delegation:
    """Take over an event: it is then of the viewer's organisation as if written there. Raises NotFound, Forbidden."""
    _refuse_disabled()
    with writing():
        request = store.find_delegation(viewer, number)
        if not (viewer.is_site_admin or request.org.id == viewer.org_id):
            raise Forbidden(NOT_AUTHORISED)
        event = event_standing(request.event_id)
        watch("Event", event.id)
        level, group_id = _accepted_level(request)
        update_event(
            event.id,
            {
                "org_id": request.org.id,
                "orgc_id": request.org.id,
                "user_id": viewer.user_id if viewer.org_id == request.org.id else None,
                "distribution": level,
                "sharing_group_id": group_id,
                "published": False,
                "timestamp": clock.later_than(event.timestamp),
            },
        )
        store.delete_delegation(request.id)
        record(viewer, TAKEN_OVER, "Event", event.id, event.info, {"from": request.requester.name})
        return request


def _accepted_level(request: Delegation) -> tuple[int, int | None]:
    """What was asked for; without a wish, or when its group is gone, for the new organisation alone."""
    level = Distribution.ORGANISATION if request.distribution is None else Distribution(request.distribution)
    if needs_group(level) and request.sharing_group_id is None:
        return int(Distribution.ORGANISATION), None
    return int(level), request.sharing_group_id if needs_group(level) else None


def give_up(viewer: Viewer, number: int) -> Delegation:
    """Withdraw or decline a request: by either of the two organisations. Raises NotFound."""
    _refuse_disabled()
    with writing():
        request = store.find_delegation(viewer, number)
        store.delete_delegation(request.id)
        record(viewer, "discard delegation", "Event", request.event_id, request.event_info)
        return request


def _refuse_disabled() -> None:
    if not is_enabled():
        raise Refused(DISABLED)
