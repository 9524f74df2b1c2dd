"""Brings back objects that were softly deleted, with the attributes that went with them (RULES §2)."""

from collections.abc import Sequence

from mispmini.domain import clock
from mispmini.domain.drafts import AttributeDraft, ObjectDraft
from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.graphs import AttributeRow, ObjectRow
from mispmini.domain.origin import Origin
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.services.capture import Groups
from mispmini.services.elements import Intake
from mispmini.services.preparing import defaults_for
from mispmini.services.rights import modifiable
from mispmini.store.database import writing
from mispmini.store.elements_found import INVALID_OBJECT, attributes_of_object, find_object
from mispmini.store.events import event_standing, mark_changed, recount
from mispmini.store.settings import load_settings


def restore_object(viewer: Viewer, ref: str) -> ObjectRow:
    """Bring a softly deleted object back, with the attributes that were deleted together with it; newer than its
    deletion, so that partners hear of it. References stay deleted. Returns it as it was.

    Raises NotFound, also for one that is not deleted; Forbidden, SaveFailed.
    """
    with writing():
        obj = find_object(viewer, ref)
        if not obj.deleted:
            raise NotFound(INVALID_OBJECT)
        event = modifiable(viewer, event_standing(obj.event_id))
        gone = _gone_with(obj, attributes_of_object(Viewer.everything(), obj.id, deleted=True))
        back = tuple(AttributeDraft(uuid=one.uuid, deleted=False) for one in gone)
        timestamp = clock.later_than(obj.timestamp)
        intake = _intake(viewer, event.id)
        intake.take_elements((), [ObjectDraft(uuid=obj.uuid, deleted=False, timestamp=timestamp, attributes=back)])
        if intake.dropped:
            raise SaveFailed("restore", "Object", dict(intake.dropped[0].errors), subject_id=obj.id)
        recount(event.id)
        mark_changed(event.id, clock.edited(event.timestamp, is_out=event.is_out))
        record(viewer, "restore", "Object", obj.id, obj.name)
        return obj


def _gone_with(obj: ObjectRow, attributes: Sequence[AttributeRow]) -> list[AttributeRow]:
    """Those that the object's own deletion took, and none that went before it."""
    deleted = [one for one in attributes if one.deleted]
    since = min([obj.timestamp, *sorted(one.timestamp for one in deleted)[-1:]])
    return [one for one in deleted if one.timestamp >= since]


def _intake(viewer: Viewer, event_id: int) -> Intake:
    origin = Origin.of(viewer)
    level = load_settings().default_attribute_distribution
    defaults = defaults_for(from_link=origin.is_link, default_level=level)
    return Intake(viewer, event_id, defaults, Groups(viewer, origin), fresh=False)
