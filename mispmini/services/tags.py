"""Tags: made, and attached to events and attributes (MODEL §5.4, §7.5, §7.12)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain import clock, sentences
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.galaxies import ClusterRow
from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.rules import PushRules
from mispmini.domain.tag_forms import MAX_TAG_BYTES, TagForm, changed, tag_record
from mispmini.domain.taxonomies import conflicts, find_entry, namespace_of
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.capture import capture_tags, may_attach
from mispmini.services.rights import NO_PERMISSION, may_tag
from mispmini.store import clusters
from mispmini.store import tags as store
from mispmini.store.attributes import find_attribute, touch_attribute
from mispmini.store.database import writing
from mispmini.store.events import EventStanding, event_standing, mark_changed
from mispmini.store.graphs import find_event_id
from mispmini.store.servers import list_any_servers
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
    update_tag,
)
from mispmini.store.tags import (
    TagUse as TagUse,
)
from mispmini.store.tags import (
    all_tags as all_tags,
)
from mispmini.store.tags import (
    favourites_of as favourites_of,
)
from mispmini.store.tags import (
    find_tag as find_tag,
)
from mispmini.store.tags import (
    tag_use as tag_use,
)
from mispmini.store.taxonomies import list_taxonomies

ONLY_CREATOR = (
    "Cannot alter the tags of this data, only the organisation that has created the data (orgc) can modify global tags."
)
INVALID_TAG = "Invalid Tag"
INVALID_TAG_TO_REMOVE = "Invalid Tag."
IN_PUSH_RULES = "The push rules of a server name this tag. Take it out of them first."
NAME_TAKEN = "A tag with this name already exists."
NOT_ATTACHED = "Failed to attach 1 tags. Reasons: "
OTHER_ORGANISATIONS = "Invalid Tag. This tag can only be set by a fixed organisation."
OTHER_USERS = "Invalid Tag. This tag can only be set by a fixed user."
ONLY_HOST = "Local tags can only be added by users of the host organisation."


@dataclass(frozen=True, slots=True)
class Tagged:
    """What a tag is on."""

    kind: str
    target: Target
    id: int
    event: EventStanding


def add_tag(viewer: Viewer, form: TagForm) -> TagRecord:
    """Make a tag, or return the one that has this name in any case. Raises SaveFailed."""
    name = _checked_name("add", form.name or "")
    with writing():
        known = find_tags([name]).get(fold(name))
        if known is not None:
            return known
        made = changed(tag_record(TagDraft(name)), form)
        made = made._replace(id=insert_tag(made))
        record(viewer, "add", "Tag", made.id, made.name)
        return made


def edit_tag(viewer: Viewer, ref: str, form: TagForm) -> TagRecord:
    """Change a tag by its id, here and wherever it is on. Raises Refused, SaveFailed."""
    with writing():
        stored = existing_tag(ref)
        edited = changed(stored, form)
        _checked_name("edit", edited.name, stored.id)
        other = find_tags([edited.name]).get(fold(edited.name))
        if other is not None and other.id != edited.id:
            raise SaveFailed("edit", "Tag", {"name": [NAME_TAKEN]}, subject_id=stored.id)
        watch("Tag", edited.id)
        update_tag(edited)
        record(viewer, "edit", "Tag", edited.id, edited.name)
        return edited


def delete_tag(viewer: Viewer, ref: str) -> TagRecord:
    """Remove a tag from this instance and from whatever it is on here. Raises Refused.

    A rule that names it would mean nothing afterwards, and let through what it kept from a partner.
    """
    with writing():
        tag = existing_tag(ref)
        rules = (PushRules.from_text(server.push_rules) for server in list_any_servers())
        if any(tag.id in rule.tags_or | rule.tags_not for rule in rules):
            raise Refused(IN_PUSH_RULES)
        store.delete_tag(tag.id)
        record(viewer, "delete", "Tag", tag.id, tag.name)
        return tag


def existing_tag(ref: str) -> TagRecord:
    """A tag by its id. Raises Refused."""
    tag = find_tag(ref) if is_row_number(ref) else None
    if tag is None:
        raise Refused(INVALID_TAG)
    return tag


def _checked_name(action: str, name: str, tag_id: int | None = None) -> str:
    if not name.strip() or len(name.encode()) > MAX_TAG_BYTES:
        raise SaveFailed(action, "Tag", {"name": [sentences.TAG_NAME]}, subject_id=tag_id)
    return name


def search_tags(pattern: str, *, strict: bool = False) -> list[TagRecord]:
    """Tags whose name is like this in any case, `%` standing for anything; strict ones have just this name."""
    return list(find_tags([pattern]).values()) if strict else store.tags_like(pattern)


def search_cluster_tags(viewer: Viewer, pattern: str) -> list[tuple[TagRecord, ClusterRow]]:
    """Tags of the clusters whose value or synonym is like this, each with its cluster."""
    named = clusters.tags_of_clusters_like(viewer, pattern)
    by_id = {
        one.row.id: one.row
        for one in clusters.load_clusters(viewer, list(named.values()), elements=False, relations=False)
    }
    found = find_tags(list(named))
    return [(tag, by_id[named[name]]) for name, tag in found.items() if named[name] in by_id]


def set_favourite(viewer: Viewer, ref: str, *, on: bool | None = None) -> bool:
    """Have a tag at hand or not any more; None turns it round. Returns which it is now. Raises Refused."""
    with writing(quiet=True):
        tag, user_id = existing_tag(ref), viewer.user_id
        is_on = tag.id not in store.favourites_of(user_id) if on is None else on
        if user_id is not None:
            store.set_favourite(user_id, tag.id, on=is_on)
        return is_on


def offered_tags(viewer: Viewer) -> list[TagRecord]:
    """What a picker offers, favourites first: no hidden tag, none of a taxonomy that is off, none of others' own."""
    off = {fold(t.namespace) for t in list_taxonomies() if not t.enabled}
    favourites = store.favourites_of(viewer.user_id)
    offered = [tag for tag in all_tags() if not tag.hide_tag and may_attach(viewer, tag) and not _is_of(tag, off)]
    return sorted(offered, key=lambda tag: tag.id not in favourites)


def _is_of(tag: TagRecord, namespaces: set[str]) -> bool:
    return fold(namespace_of(tag.name) or "") in namespaces


@dataclass(frozen=True, slots=True)
class Statistics:
    """How often tags are used on events and attributes that the viewer reads, by tag and by taxonomy."""

    tags: dict[str, int]
    taxonomies: dict[str, int]


def statistics(viewer: Viewer) -> Statistics:
    """Of each tag that events carry, the most used first, and of the taxonomies that such tags belong to."""
    use = store.tag_use(viewer)
    names = {tag.id: tag.name for tag in all_tags()}
    counted = sorted(((names[tag_id], found.events) for tag_id, found in use.items() if found.events), key=_by_use)
    by_taxonomy: dict[str, int] = {}
    for name, count in counted:
        if (found := find_entry(name)) is not None:
            namespace = found[0].namespace
            by_taxonomy[namespace] = by_taxonomy.get(namespace, 0) + count
    return Statistics(dict(counted), by_taxonomy)


def _by_use(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def find_target(viewer: Viewer, uuid: str) -> Tagged:
    """The visible event or attribute with this uuid, no number: it would name one of each. Raises NotFound."""
    if canonical_uuid(uuid) is None:
        raise NotFound("Invalid Target.")
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


def attach_each(
    viewer: Viewer, tagged: Tagged, names: Sequence[str], *, local: bool = False, relationship_type: str | None = None
) -> list[TagRecord]:
    """Attach several tags, all or none; raises as attach() does."""
    with writing():
        return [attach(viewer, tagged, name, local=local, relationship_type=relationship_type) for name in names]


def clashes_on(tagged: Tagged) -> list[tuple[str, ...]]:
    """Groups of tags on a target of which it should have only one, as two of TLP."""
    names = store.tag_names(attached_tag_ids(tagged.target, tagged.id)).values()
    return [clashing for _group, clashing in conflicts(names)]


def detach(viewer: Viewer, tagged: Tagged, name_or_id: str) -> tuple[TagRecord, bool]:
    """Take a tag off; returns it and whether it was local. Raises Refused, NotFound, Forbidden."""
    with writing():
        tag = find_tag(name_or_id)
        if tag is None:
            raise Refused(INVALID_TAG_TO_REMOVE)
        local = detach_tag(tagged.target, tagged.id, tag.id, may_be_local=not viewer.is_partner)
        if local is None:
            raise NotFound("Invalid Target.")
        _judge(viewer, tagged, local=local)
        _changed(tagged, local=local)
        record(viewer, "untag", tagged.kind, tagged.id, tag.name)
        return tag, local


def detach_each(viewer: Viewer, tagged: Tagged, names: Sequence[str]) -> list[tuple[TagRecord, bool]]:
    """Take several tags off, all or none; raises as detach() does."""
    with writing():
        return [detach(viewer, tagged, name) for name in names]


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
    if known is None and not name_or_id.isdigit():
        known = capture_tags(viewer, [TagDraft(name_or_id)]).get(fold(name_or_id))
    if known is None:
        raise _not_attached(f"{name_or_id} - Tag not found.")
    if not may_attach(viewer, known):
        raise _not_attached(OTHER_ORGANISATIONS if known.org_id not in (None, viewer.org_id) else OTHER_USERS)
    return known


def _not_attached(reason: str) -> SaveFailed:
    return SaveFailed("attach", "Tag", f"{NOT_ATTACHED}{reason}")


def _changed(tagged: Tagged, *, local: bool) -> None:
    """A global tag makes its target and event newer; a local one nothing (MODEL §7.12)."""
    if local:
        return
    now = clock.edited(tagged.event.timestamp, is_out=tagged.event.is_out)
    if tagged.target is Target.ATTRIBUTE:
        touch_attribute(tagged.id, now)
    mark_changed(tagged.event.id, now)
