"""Add, edit, delete and restore single attributes of an event (MODEL §5.4, §7.12; API §9.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mispmini.domain import clock
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.errors import Forbidden, Invalid, Messages, NotFound, Refused, SaveFailed
from mispmini.domain.graphs import AttributeRow, TagRow
from mispmini.domain.ids import uuid_bytes
from mispmini.domain.origin import Origin
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.capture import Groups
from mispmini.services.elements import Intake
from mispmini.services.preparing import Defaults, defaults_for
from mispmini.services.rights import NO_PERMISSION, may_delete_attribute, modifiable, modifiable_event
from mispmini.store.attachments import files_of
from mispmini.store.attributes import CountedBy as CountedBy
from mispmini.store.attributes import (
    attributes_by_id,
    counts_of_attributes,
    find_attribute,
    find_attribute_or_404,
    find_readable_attribute,
    known_attributes,
    newest_attributes,
    remove_attribute,
)
from mispmini.store.database import reading, writing
from mispmini.store.events import EventStanding, event_standing, mark_changed, recount
from mispmini.store.graphs import Parts, tags_of_attributes
from mispmini.store.objects import drop_references_to
from mispmini.store.settings import load_settings

NOT_NEWER = "Attribute could not be saved: Attribute in the request not newer than the local copy."
OTHER_UUID = "The UUID is not that of this attribute."
Errors = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a list of drafts: the attributes saved with their tags, and errors by place in the list."""

    attributes: tuple[AttributeRow, ...]
    errors: Mapping[int, Errors]
    tags: Mapping[int, Sequence[TagRow]]


@dataclass(frozen=True, slots=True)
class Viewed:
    """An attribute with what is shown beside it."""

    attribute: AttributeRow
    tags: Sequence[TagRow]
    event_uuid: str
    data: bytes | None = None


def view_attribute(viewer: Viewer, ref: str) -> Viewed:
    """A visible attribute by id or uuid, with its file. Raises Refused, MISP's 405."""
    with reading():
        viewed = _viewed(viewer, find_readable_attribute(viewer, ref))
    return replace(viewed, data=files_of([viewed.attribute.id]).get(viewed.attribute.id))


def list_attributes(viewer: Viewer, *, limit: int, offset: int) -> list[AttributeRow]:
    """Live attributes that the viewer reads, of the newest event first."""
    with reading():
        return newest_attributes(viewer, limit=limit, offset=offset)


def count_attributes(viewer: Viewer, column: CountedBy) -> dict[str, int]:
    """How many live attributes the viewer reads, by type or category, in the order of the names."""
    with reading():
        return dict(sorted(counts_of_attributes(viewer, column).items()))


def saved_attribute(viewer: Viewer, attribute: AttributeRow) -> Viewed:
    """What a verb made of an attribute, for whoever called it: even if it left their sight with this."""
    with reading():
        return _viewed(viewer, attribute)


def _viewed(viewer: Viewer, attribute: AttributeRow) -> Viewed:
    tags = tags_of_attributes([attribute.id], Parts(local_tags=not viewer.is_partner))
    return Viewed(attribute, tags.get(attribute.id, []), event_standing(attribute.event_id).uuid)


def add_attributes(
    viewer: Viewer,
    event_ref: str,
    drafts: Sequence[AttributeDraft] | Mapping[int, AttributeDraft],
    *,
    unread: Mapping[int, Invalid] | None = None,
    break_on_duplicate: bool = True,
) -> Added:
    """Add attributes to an event; those that do not fit or could not be read are named by their place.

    A value that is there already is one of those, or else changes its attribute (MODEL §7.12, "Dedupe summary").
    Raises NotFound, Forbidden, and SaveFailed if none fits.
    """
    with writing():
        event = modifiable_event(viewer, event_ref)
        intake = _intake(viewer, event)
        intake.merges = False
        intake.updates_similar = not break_on_duplicate
        places = list(drafts) if isinstance(drafts, Mapping) else list(range(len(drafts)))
        intake.take_elements([drafts[place] for place in places], ())
        errors: dict[int, Errors] = {places[_place(item.kind)]: item.errors for item in intake.dropped}
        errors |= {place: refusal.errors for place, refusal in (unread or {}).items()}
        if not intake.saved_ids:
            raise SaveFailed("add", "Attribute", _errors_of_all(errors))
        _event_changed(event)
        saved = attributes_by_id([intake.saved_ids[place] for place in sorted(intake.saved_ids)])
        record(viewer, "add", "Attribute", next(iter(saved)), _told(saved), event_id=event.id)
        tags = tags_of_attributes(list(saved), Parts(local_tags=not viewer.is_partner))
        return Added(tuple(saved.values()), errors, tags)


def _told(saved: Mapping[int, AttributeRow]) -> str:
    """A title: the value, or how many there are."""
    return f"{len(saved)} attributes" if len(saved) > 1 else next(iter(saved.values())).value


def _place(kind: str) -> int:
    return int(kind.removeprefix("attribute_"))


def _errors_of_all(errors: Mapping[int, Errors]) -> Messages:
    if len(errors) == 1:
        return dict(next(iter(errors.values())))
    return {f"attribute_{place}": dict(texts) for place, texts in errors.items()}


def _intake(viewer: Viewer, event: EventStanding) -> Intake:
    groups = Groups(viewer, Origin.of(viewer))
    return Intake(viewer, event.id, _defaults(), groups, fresh=False)


def _defaults() -> Defaults:
    return defaults_for(from_link=False, default_level=load_settings().default_attribute_distribution)


def _event_changed(event: EventStanding) -> None:
    recount(event.id)
    mark_changed(event.id, clock.edited(event.timestamp, is_out=event.is_out))


def editable_attribute(viewer: Viewer, ref: str) -> tuple[AttributeRow, EventStanding]:
    """A live attribute that the viewer may change, and its event.

    Raises Refused if absent or invisible (405), NotFound if deleted, Forbidden.
    """
    stored = find_attribute(viewer, ref)
    if stored.deleted:
        raise NotFound("Invalid attribute")
    return stored, modifiable(viewer, event_standing(stored.event_id))


def edit_attribute(viewer: Viewer, ref: str, draft: AttributeDraft) -> AttributeRow:
    """Change an attribute; what the draft leaves out stays, of its tags those not marked as deleted (RULES §8).

    Raises Refused if absent, invisible or not newer (405), NotFound if deleted, Forbidden, SaveFailed.
    """
    with writing():
        stored, event = editable_attribute(viewer, ref)
        if draft.uuid is not None and draft.uuid != stored.uuid:
            raise SaveFailed("edit", "Attribute", {"uuid": [OTHER_UUID]}, subject_id=stored.id)
        if draft.timestamp is not None and draft.timestamp <= stored.timestamp:
            raise Refused(NOT_NEWER)
        watch("Attribute", stored.id)
        _save(viewer, event, stored, replace(draft, tags=tuple(tag for tag in draft.tags if tag.deleted)))
        record(viewer, "edit", "Attribute", stored.id, stored.value)
        return attributes_by_id([stored.id])[stored.id]


def _save(viewer: Viewer, event: EventStanding, stored: AttributeRow, draft: AttributeDraft) -> None:
    _merge(_intake(viewer, event), stored, draft)
    _event_changed(event)


def _merge(intake: Intake, stored: AttributeRow, draft: AttributeDraft) -> None:
    intake.merge(stored, draft)
    if intake.dropped:
        raise SaveFailed("edit", "Attribute", dict(intake.dropped[0].errors), subject_id=stored.id)


def delete_attribute(viewer: Viewer, ref: str, *, hard: bool = False) -> AttributeRow:
    """Delete an attribute softly, so that the deletion travels, or for good. Returns it as it was.

    Raises NotFound, Forbidden.
    """
    with writing():
        stored = find_attribute_or_404(viewer, ref)
        _delete(viewer, event_standing(stored.event_id), [stored], hard=hard)
        return stored


def delete_attributes(viewer: Viewer, event_ref: str, refs: Sequence[str] | None, *, hard: bool = False) -> int:
    """Delete these live attributes of an event, or all that it has. Returns how many. Raises as delete_attribute."""
    with writing():
        event = modifiable_event(viewer, event_ref)
        known = attributes_by_id([one.id for one in known_attributes(event.id).values()])
        live = {str(row.id): row for row in known.values() if not row.deleted}
        by_ref = {**live, **{row.uuid: row for row in live.values()}}
        wanted = list(live) if refs is None else refs
        if not wanted or any(ref.lower() not in by_ref for ref in wanted):
            raise NotFound("Invalid attribute")
        chosen = {by_ref[ref.lower()].id: by_ref[ref.lower()] for ref in wanted}
        _delete(viewer, event, [chosen[number] for number in sorted(chosen)], hard=hard)
        return len(chosen)


def _delete(viewer: Viewer, event: EventStanding, chosen: Sequence[AttributeRow], *, hard: bool) -> None:
    """Raises Forbidden."""
    if not may_delete_attribute(viewer, event):
        raise Forbidden(NO_PERMISSION)
    intake = _intake(viewer, event)
    for stored in chosen:
        watch("Attribute", stored.id)
        if hard:
            remove_attribute(stored.id)
            drop_references_to(event.id, [uuid_bytes(stored.uuid)], clock.now())
        else:
            _merge(intake, stored, AttributeDraft(deleted=True))
        record(viewer, "delete", "Attribute", stored.id, stored.value, {"hard": hard} if hard else None)
    _event_changed(event)


def restore_attribute(viewer: Viewer, ref: str) -> AttributeRow:
    """Bring a softly deleted attribute back. Raises Refused, Forbidden."""
    with writing():
        stored = find_attribute(viewer, ref)
        event = modifiable(viewer, event_standing(stored.event_id))
        watch("Attribute", stored.id)
        _save(viewer, event, stored, AttributeDraft(deleted=False))
        record(viewer, "restore", "Attribute", stored.id, stored.value)
        return attributes_by_id([stored.id])[stored.id]
