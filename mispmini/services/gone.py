"""What its source no longer shows: over a read-only link nobody hears of deletions (RULES §2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, TagDraft
from mispmini.domain.ids import uuid_bytes, uuid_text
from mispmini.domain.servers import LinkedServer
from mispmini.store.database import writing
from mispmini.store.events import find_any_event
from mispmini.store.gone import global_tags, live_attributes, live_objects, note_gone
from mispmini.store.ledger import note_shown
from mispmini.store.tags import fold


class GonePolicy(StrEnum):
    """What becomes of an element that is missing from a complete view of its event."""

    MARK = "mark"
    DELETE = "delete"
    IGNORE = "ignore"


def policy_of(name: str | None) -> GonePolicy:
    """A link's policy; without one it marks."""
    return GonePolicy(name) if name in list(GonePolicy) else GonePolicy.MARK


def note_listed(server: LinkedServer, shown: Collection[str], *, whole: Collection[str] | None) -> None:
    """After a list of a partner's events: mark those that were pulled from there and it no longer shows, in the ledger
    alone, and unmark those in `shown`. Nothing is deleted whatever the policy.

    `whole` is everything that the list names if nothing was left out of it; None where something may have been, and
    then nothing is marked, nor by a list of nothing, which rather speaks of a new database or another role there.
    """
    marks = bool(whole) and policy_of(server.gone_policy) is not GonePolicy.IGNORE
    with writing(quiet=True):
        note_shown(server.id, server.remote_org_id, shown, absent_unless=whole if marks else None)


def with_deletions(draft: EventDraft, shown: EventDraft, link_org_id: int) -> EventDraft:
    """The draft with what this link once delivered and now does not show, as deleted (GonePolicy.DELETE).

    `shown` is the event as the source gave it, before anything was left out here.
    """
    event_id = _delivered(shown, link_org_id)
    if event_id is None:
        return draft
    listed = _uuids(shown)
    gone: dict[int | None, list[AttributeDraft]] = defaultdict(list)
    for one in live_attributes(event_id):
        if one.uuid not in listed:
            gone[one.object_id].append(AttributeDraft(uuid=uuid_text(one.uuid), deleted=True))
    here = {one.uuid: one.id for one in live_objects(event_id)}
    kept = [replace(obj, attributes=(*obj.attributes, *gone[_id_of(obj, here)])) for obj in draft.objects]
    lost = [
        ObjectDraft(uuid=uuid_text(uuid), deleted=True, attributes=tuple(gone[number]))
        for uuid, number in here.items()
        if uuid not in listed
    ]
    return replace(draft, attributes=(*draft.attributes, *gone[None]), objects=(*kept, *lost))


def _id_of(obj: ObjectDraft, here: dict[bytes, int]) -> int:
    """The id of an object that is here; no attribute is in object 0."""
    return here.get(uuid_bytes(obj.uuid), 0) if obj.uuid else 0


def without_missing_tags(draft: EventDraft, shown: EventDraft, link_org_id: int) -> EventDraft:
    """The draft with the tags that this link's event had and its source no longer shows, as removed: only global
    ones, local tags are ours (the link's `remove_missing_tags`, PROTOCOL §3.16)."""
    event_id = _delivered(shown, link_org_id)
    if event_id is None:
        return draft
    here: dict[str | None, list[str]] = defaultdict(list)
    for attribute_uuid, name in global_tags(event_id):
        here[attribute_uuid].append(name)
    objects = [replace(obj, attributes=_without_missing(obj.attributes, here)) for obj in draft.objects]
    return replace(
        draft,
        tags=(*draft.tags, *_missing(draft.tags, here[None])),
        attributes=_without_missing(draft.attributes, here),
        objects=tuple(objects),
    )


def _without_missing(
    drafts: Iterable[AttributeDraft], here: Mapping[str | None, Sequence[str]]
) -> tuple[AttributeDraft, ...]:
    return tuple(
        replace(draft, tags=(*draft.tags, *_missing(draft.tags, here.get(draft.uuid, ())))) if draft.uuid else draft
        for draft in drafts
    )


def _missing(shown: Iterable[TagDraft], here: Iterable[str]) -> list[TagDraft]:
    known = {fold(tag.name) for tag in shown}
    return [TagDraft(name, deleted=True) for name in here if fold(name) not in known]


def mark(shown: EventDraft, link_org_id: int, *, marks: bool) -> None:
    """After the event was stored: mark what its source does not show, inside a writing(), and unmark what it shows
    again; without `marks` the latter alone."""
    event_id = _delivered(shown, link_org_id)
    if event_id is not None:
        note_gone(event_id, _uuids(shown), marks_missing=marks)


def _delivered(shown: EventDraft, link_org_id: int) -> int | None:
    """The event's id if this link brought it: what others bring it need not show."""
    standing = find_any_event(shown.uuid or "")
    return standing.id if standing is not None and standing.received_from == link_org_id else None


def _uuids(shown: EventDraft) -> Collection[bytes]:
    """Everything the source named, even what could not be read here."""
    inside = (attribute for obj in shown.objects for attribute in obj.attributes)
    named = [element.uuid for part in (shown.attributes, shown.objects, inside, shown.dropped) for element in part]
    return {uuid_bytes(uuid) for uuid in named if uuid}
