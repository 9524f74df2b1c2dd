"""Publish and unpublish; the outbox rows are written with the event (ADR 0003, TRUST D11)."""

from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.errors import NotFound, Refused
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.fitness import Fitness, fitness_of, must_be_fit, warnings_of
from mispmini.services.retracting import must_be_settled
from mispmini.services.rights import may_publish, modifiable_event
from mispmini.services.sharing_groups import refuse_unready_group
from mispmini.store.database import reading, writing
from mispmini.store.events import event_standing, update_event
from mispmini.store.graphs import find_event_id
from mispmini.store.outbox import queue_event
from mispmini.store.settings import load_settings


def announce(event_id: int, *, exclude_org_id: int | None) -> None:
    """Queue a published event for every push server but the one it came from, inside the publishing writing().

    What an author here publishes must be fit for it; what a partner sends was published elsewhere (RULES §9).
    Raises Unfit, which undoes the verb.
    """
    if exclude_org_id is None:
        must_be_fit(event_id)
    event = event_standing(event_id)
    queue_event(event.uuid, event.timestamp, exclude_org_id=exclude_org_id)


@dataclass(frozen=True, slots=True)
class Published:
    """An event that was published: what a page would have asked about before, and whether a TLP tag is on it."""

    event_id: int
    warnings: tuple[str, ...]
    has_tlp: bool


def publish_event(viewer: Viewer, ref: str) -> int:
    """Publish an event. Returns its id. Raises NotFound, Refused, Unfit."""
    return publish(viewer, ref).event_id


def publish(viewer: Viewer, ref: str) -> Published:
    """Mark the event published and queue it for every push server. Raises NotFound, Refused, Unfit."""
    with writing():
        try:
            event = event_standing(find_event_id(viewer, ref))
        except NotFound:
            raise NotFound("Invalid event.") from None
        if not may_publish(viewer, event):
            raise Refused("You do not have the permission to do that.")
        refuse_unready_group(event.sharing_group_id)
        watch("Event", event.id)
        update_event(event.id, {"published": True, "publish_timestamp": clock.now()})
        announce(event.id, exclude_org_id=None)
        record(viewer, "publish", "Event", event.id, event.info)
        fitness = fitness_of(event.id)
        return Published(event.id, tuple(warnings_of(fitness)), fitness.tlp is not None)


def fitness_of_visible(viewer: Viewer, ref: str) -> Fitness:
    """Whether an event that the viewer sees is fit to be published. Raises NotFound."""
    with reading():
        return fitness_of(find_event_id(viewer, ref))


def unpublish_event(viewer: Viewer, ref: str) -> int:
    """Take the mark off; copies at partners stay. Returns the event's id. Raises NotFound, Forbidden,
    Refused while a retraction waits for receipts."""
    with writing():
        event = modifiable_event(viewer, ref)
        must_be_settled(event)
        watch("Event", event.id)
        update_event(event.id, {"published": False})
        record(viewer, "unpublish", "Event", event.id, event.info)
        return event.id


def runs_in_background() -> bool:
    """Whether what goes to partners is told as a job, as a MISP with workers does."""
    return load_settings().background_jobs
