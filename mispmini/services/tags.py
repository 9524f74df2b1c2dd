"""Tags: made, and attached to events and attributes (MODEL §5.4, §7.5, §7.12)."""

from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.services.capture import MAX_TAG_BYTES, capture_tags, may_attach, tag_record
from mispmini.services.rights import NO_PERMISSION, may_tag
from mispmini.store.attributes import find_attribute, touch_attribute
from mispmini.store.database import writing
from mispmini.store.events import EventStanding, event_standing, mark_changed
from mispmini.store.graphs import find_event_id
from mispmini.store.settings import load_settings
from mispmini.store.tags import (
    Attached,
    Target,
    attach_tags,
    attached_tag_ids,
    detach_tag,
    find_tags,
    fold,
    insert_tag,
)
from mispmini.store.tags import (
    all_tags as all_tags,
)
from mispmini.store.tags import (
    find_tag as find_tag,
)
from mispmini.store.tags import (
    tag_counts as tag_counts,
)

ONLY_CREATOR = (
    "Cannot alter the tags of this data, only the organisation that has created the data (orgc) can modify global tags."
)
ONLY_HOST = "Local tags can only be added by users of the host organisation."


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a tag is on."""

    kind: str
    target: Target
    id: int
    event: EventStanding


def add_tag(viewer: Viewer, draft: TagDraft) -> TagRecord:
    """Make a tag, or return the one that has this name in any case. Raises SaveFailed."""
    if not draft.name.strip() or len(draft.name.encode()) > MAX_TAG_BYTES:
        raise SaveFailed("add", "Tag", {"name": ["valueNotEmpty"]})
    with writing():
        known = find_tags([draft.name]).get(fold(draft.name))
        if known is not None:
            return known
        made = tag_record(draft)
        made = made._replace(id=insert_tag(made))
        record(viewer, "add", "Tag", made.id, made.name)
        return made


def find_target(viewer: Viewer, uuid: str) -> Tagged:
    """The visible event or attribute with this uuid. Raises NotFound."""
    try:
        return event_target(viewer, uuid)
    except NotFound:
        pass
    try:
        return attribute_target(viewer, uuid)
    except Refused:
        raise NotFound("Invalid Target.") from None


def event_target(viewer: Viewer, ref: str) -> Tagged:
    """An event as something to tag. Raises NotFound."""
    event = event_standing(find_event_id(viewer, ref))
    return Tagged("Event", Target.EVENT, event.id, event)


def attribute_target(viewer: Viewer, ref: str) -> Tagged:
    """An attribute as something to tag. Raises Refused."""
    attribute = find_attribute(viewer, ref)
    return Tagged("Attribute", Target.ATTRIBUTE, attribute.id, event_standing(attribute.event_id))


def attach(
    viewer: Viewer, tagged: Tagged, name_or_id: str, *, local: bool = False, relationship_type: str | None = None
) -> TagRecord:
    """Attach a tag, made if the viewer is a tag editor. Attached already is well.

    Raises Forbidden, SaveFailed, NotFound.
    """
    with writing():
        _judge(viewer, tagged, local=local)
        tag = _usable_tag(viewer, name_or_id)
        if tag.local_only and not local:
            raise Forbidden("This tag can only be set as a local tag.")
        if tag.id not in attached_tag_ids(tagged.target, tagged.id):
            attach_tags(tagged.target, [Attached(tagged.id, tagged.event.id, tag.id, local, relationship_type)])
            _changed(tagged, local=local)
        record(viewer, "tag", tagged.kind, tagged.id, tag.name)
        return tag


def detach(viewer: Viewer, tagged: Tagged, name_or_id: str) -> tuple[TagRecord, bool]:
    """Take a tag off; returns it and whether it was local. Raises Refused, NotFound, Forbidden."""
    with writing():
        tag = find_tag(name_or_id)
        if tag is None:
            raise Refused("Invalid Tag.")
        local = detach_tag(tagged.target, tagged.id, tag.id)
        if local is None:
            raise NotFound("Invalid Target.")
        _judge(viewer, tagged, local=local)
        _changed(tagged, local=local)
        record(viewer, "untag", tagged.kind, tagged.id, tag.name)
        return tag, local


def _judge(viewer: Viewer, tagged: Tagged, *, local: bool) -> None:
    host = load_settings().host_org_id
    if may_tag(viewer, tagged.event, local=local, host_org_id=host):
        return
    if not viewer.can(Permission.TAGGER):
        raise Forbidden(NO_PERMISSION)
    if local:
        raise SaveFailed("attach", "Tag", ONLY_HOST)
    raise Forbidden(ONLY_CREATOR)


def _usable_tag(viewer: Viewer, name_or_id: str) -> TagRecord:
    known = find_tag(name_or_id)
    if known is None and name_or_id.isdigit():
        raise SaveFailed("attach", "Tag", f"Failed to attach 1 tags. Reasons: {name_or_id} - Tag not found.")
    if known is not None:
        if not may_attach(viewer, known):
            raise SaveFailed("attach", "Tag", "Failed to attach 1 tags. Reasons: Invalid Tag.")
        return known
    made = capture_tags(viewer, [TagDraft(name_or_id)]).get(fold(name_or_id))
    if made is None:
        raise SaveFailed("attach", "Tag", f"Failed to attach 1 tags. Reasons: {name_or_id} - Tag not found.")
    return made


def _changed(tagged: Tagged, *, local: bool) -> None:
    """A global tag makes its target and event newer; a local one nothing (MODEL §7.12)."""
    if local:
        return
    now = clock.later_than(tagged.event.timestamp)
    if tagged.target is Target.ATTRIBUTE:
        touch_attribute(tagged.id, now)
    mark_changed(tagged.event.id, now)
