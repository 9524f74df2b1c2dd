"""Publish and unpublish; the outbox rows are written with the event (ADR 0003, TRUST D11)."""

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden, NotFound, Refused
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.services.rights import NO_PERMISSION, may_modify, may_publish
from mispmini.store.database import writing
from mispmini.store.events import event_standing, update_event
from mispmini.store.graphs import find_event_id
from mispmini.store.outbox import queue_event


def announce(event_id: int, *, exclude_org_id: int | None) -> None:
    """Queue a published event for every push server but the one it came from, inside the publishing writing()."""
    event = event_standing(event_id)
    queue_event(event.uuid, event.timestamp, exclude_org_id=exclude_org_id)


def publish_event(viewer: Viewer, ref: str) -> int:
    """Mark the event published and queue it for every push server. Returns its id. Raises NotFound, Refused."""
    with writing():
        try:
            event = event_standing(find_event_id(viewer, ref))
        except NotFound:
            raise NotFound("Invalid event.") from None
        if not may_publish(viewer, event):
            raise Refused("You do not have the permission to do that.")
        update_event(event.id, {"published": True, "publish_timestamp": clock.now()})
        announce(event.id, exclude_org_id=None)
        record(viewer, "publish", "Event", event.id, event.info)
        return event.id


def unpublish_event(viewer: Viewer, ref: str) -> int:
    """Take the mark off; copies at partners stay. Returns the event's id. Raises NotFound, Forbidden."""
    with writing():
        event = event_standing(find_event_id(viewer, ref))
        if not may_modify(viewer, event):
            raise Forbidden(NO_PERMISSION)
        update_event(event.id, {"published": False})
        record(viewer, "unpublish", "Event", event.id, event.info)
        return event.id
