"""Add, edit and delete MISP objects and their references (MODEL §7.4, §7.12; API §9.4)."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from mispmini.domain import clock, ids
from mispmini.domain.distribution import needs_group
from mispmini.domain.drafts import AttributeDraft, Dropped, ObjectDraft, ReferenceDraft
from mispmini.domain.errors import Forbidden, NotFound, SaveFailed
from mispmini.domain.graphs import AttributeRow, EventRow, ObjectRow, ReferenceRow, TagRow
from mispmini.domain.object_templates import known_template
from mispmini.domain.origin import Origin
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.capture import Groups
from mispmini.services.elements import ELSEWHERE, Intake
from mispmini.services.preparing import defaults_for
from mispmini.services.relations import take_references
from mispmini.services.rights import NO_PERMISSION, modifiable
from mispmini.store.attributes import remove_attribute
from mispmini.store.database import reading, writing
from mispmini.store.elements_found import (
    INVALID_OBJECT,
    attributes_of_object,
    find_object,
    find_reference,
    readable_attributes_of_object,
    references_of_object,
)
from mispmini.store.events import EventStanding, event_standing, mark_changed, recount
from mispmini.store.graphs import Parts, find_event_id, load_event_by_id, tags_of_attributes
from mispmini.store.objects import (
    drop_reference,
    drop_references_of,
    drop_references_to,
    remove_object,
    remove_reference,
    similar_object,
    stored_objects,
    touch_object,
)
from mispmini.store.settings import load_settings
from mispmini.store.tags import fold

OTHER_UUID = "The UUID is not that of this object."
NO_ATTRIBUTES = "Could not save the object as no attributes were set."
NO_TARGET = "The referenced element is not part of this event."
_KEPT_COLUMNS = ("comment", "to_ids", "category", "type", "object_relation", "disable_correlation", "value")
_SEEN = ("first_seen", "last_seen")
_ALL = Viewer.everything()


@dataclass(frozen=True, slots=True)
class ViewedObject:
    """An object with what is shown beside it."""

    object: ObjectRow
    event: EventRow
    attributes: Sequence[AttributeRow]
    references: Sequence[ReferenceRow]
    tags: Mapping[int, Sequence[TagRow]]


@dataclass(frozen=True, slots=True)
class SavedObject:
    """An object as it stands after a verb, with its live attributes."""

    object: ObjectRow
    attributes: Sequence[AttributeRow]


def view_object(viewer: Viewer, ref: str) -> ViewedObject:
    """A visible object by id or uuid; of a deleted one the deleted attributes too. Raises NotFound."""
    with reading():
        obj = find_object(viewer, ref)
        event = load_event_by_id(viewer, obj.event_id, Parts(elements=False)).event
        attributes = readable_attributes_of_object(viewer, obj.id, deleted=obj.deleted)
        tags = tags_of_attributes([a.id for a in attributes], Parts(local_tags=not viewer.is_partner))
        return ViewedObject(obj, event, attributes, references_of_object(viewer, obj.id), tags)


def add_object(
    viewer: Viewer,
    event_ref: str,
    draft: ObjectDraft,
    *,
    template_uuid: str | None = None,
    break_on_duplicate: bool = False,
) -> SavedObject:
    """Add an object with all its attributes, or nothing: one bad attribute refuses it.

    A known template named by `template_uuid` decides name, meta-category, description and version; one that the draft
    names fills in what the draft leaves out. Raises NotFound, Forbidden, SaveFailed.
    """
    with writing():
        event = _extendable(viewer, event_ref)
        draft = _named_attributes(_by_template(draft, template_uuid))
        _check_new(draft)
        if ids.uuid_bytes(draft.uuid or "") in stored_objects(event.id):
            raise SaveFailed("add", "Object", {"uuid": [ELSEWHERE]})
        intake = _intake(viewer, event)
        intake.take_elements((), [draft])
        _refuse_dropped("add", draft, intake.dropped)
        stored = stored_objects(event.id)[ids.uuid_bytes(draft.uuid or "")]
        if break_on_duplicate and (twin := similar_object(stored)) is not None:
            sentence = f"Duplicate object found (id: {twin}). Since breakOnDuplicate is set the object was not added."
            raise SaveFailed("add", "Object", sentence)
        _event_changed(event)
        record(viewer, "add", "Object", stored.id, stored.name)
        return _saved(viewer, stored.id)


def _by_template(draft: ObjectDraft, template_uuid: str | None) -> ObjectDraft:
    """The draft with what its template says; that one wins where the caller chose it apart from the draft."""
    if (chosen := known_template(template_uuid)) is not None:
        return replace(
            draft,
            name=chosen.name,
            meta_category=chosen.meta_category,
            description=chosen.description,
            template_uuid=chosen.uuid,
            template_version=chosen.version,
        )
    named = known_template(draft.template_uuid)
    if named is None:
        return draft
    return replace(
        draft,
        name=draft.name or named.name,
        meta_category=draft.meta_category or named.meta_category,
        description=draft.description or named.description,
        template_version=draft.template_version or named.version,
    )


def _named_attributes(draft: ObjectDraft) -> ObjectDraft:
    """The draft with uuids: by them what is left out is recognised, and the object found again."""
    attributes = tuple(replace(a, uuid=a.uuid or ids.new_uuid()) for a in draft.attributes)
    return replace(draft, uuid=draft.uuid or ids.new_uuid(), attributes=attributes, deleted=None)


def _check_new(draft: ObjectDraft) -> None:
    needed = {"name": draft.name, "meta-category": draft.meta_category, "template_uuid": draft.template_uuid}
    missing = {field: ["valueNotEmpty"] for field, value in needed.items() if not value}
    if missing:
        raise SaveFailed("add", "Object", missing)
    if not draft.attributes:
        raise SaveFailed("add", "Object", NO_ATTRIBUTES)


def _refuse_dropped(action: str, draft: ObjectDraft, dropped: Sequence[Dropped], object_id: int | None = None) -> None:
    """An object is saved whole; only references that lead out of the event are left out."""
    relations = {a.uuid: a.object_relation for a in draft.attributes}
    for item in dropped:
        errors = {field: list(texts) for field, texts in item.errors.items()}
        if item.kind == "Object":
            raise SaveFailed(action, "Object", errors, subject_id=object_id)
        if item.kind == "Attribute":
            raise SaveFailed(
                action,
                "Object",
                "Could not save object as at least one attribute has failed validation"
                f" ({relations.get(item.uuid) or ''}). {json.dumps(errors, ensure_ascii=False)}",
                subject_id=object_id,
            )


def must_take_objects(viewer: Viewer, event_ref: str) -> None:
    """Raises NotFound, Forbidden unless the viewer sees this event and may add objects to it."""
    _extendable(viewer, event_ref)


def _extendable(viewer: Viewer, event_ref: str) -> EventStanding:
    return _modifiable(viewer, event_standing(find_event_id(viewer, event_ref)))


def editable_object(viewer: Viewer, ref: str) -> tuple[ObjectRow, EventStanding]:
    """A live object that the viewer may change, and its event. Raises NotFound, Forbidden."""
    obj = find_object(viewer, ref)
    if obj.deleted:
        raise NotFound(INVALID_OBJECT)
    return obj, _modifiable(viewer, event_standing(obj.event_id))


def edit_object(viewer: Viewer, ref: str, draft: ObjectDraft) -> SavedObject:
    """Change an object's own columns and, if the draft lists attributes, make them the object's: listed ones are
    changed or added, the others softly deleted. An object without a list keeps its attributes (API §9.4); one that
    shall be deleted is, whatever else is said.

    Raises NotFound, Forbidden, SaveFailed.
    """
    with writing():
        obj, event = editable_object(viewer, ref)
        if draft.uuid is not None and draft.uuid != obj.uuid:
            raise SaveFailed("edit", "Object", {"uuid": [OTHER_UUID]}, subject_id=obj.id)
        watch("Object", obj.id)
        if draft.deleted:
            _delete_softly(_intake(viewer, event), obj)
        else:
            _merge(_intake(viewer, event), draft, obj)
        _event_changed(event)
        record(viewer, "edit", "Object", obj.id, obj.name)
        return _saved(viewer, obj.id)


def _merge(intake: Intake, draft: ObjectDraft, obj: ObjectRow) -> None:
    wanted = _edited(draft, obj, attributes_of_object(intake.viewer, obj.id, deleted=True))
    intake.take_elements((), [wanted])
    _refuse_dropped("edit", wanted, intake.dropped, obj.id)


def _edited(draft: ObjectDraft, obj: ObjectRow, stored: Sequence[AttributeRow]) -> ObjectDraft:
    """What an edit may change, newer than what is stored."""
    keeps_level = _same_level(draft, obj)
    return ObjectDraft(
        uuid=obj.uuid,
        timestamp=clock.later_than(obj.timestamp),
        comment=draft.comment,
        template_version=draft.template_version,
        distribution=None if keeps_level else draft.distribution,
        sharing_group_id=draft.sharing_group_id,
        sharing_group=draft.sharing_group,
        first_seen=draft.first_seen,
        last_seen=draft.last_seen,
        attributes=_edited_attributes(draft.attributes, stored) if draft.attributes else (),
        references=draft.references,
    )


def _edited_attributes(drafts: Sequence[AttributeDraft], stored: Sequence[AttributeRow]) -> tuple[AttributeDraft, ...]:
    known = {attribute.uuid: attribute for attribute in stored}
    tags = tags_of_attributes([attribute.id for attribute in stored], Parts(all_tags=True))
    kept = []
    for draft in drafts:
        before = known.get(draft.uuid or "")
        if before is None or _changes(draft, before, {fold(tag.name) for tag in tags.get(before.id, ())}):
            kept.append(_with_kept_level(replace(draft, uuid=draft.uuid or ids.new_uuid(), timestamp=None), before))
    listed = {draft.uuid for draft in drafts}
    gone = [AttributeDraft(uuid=a.uuid, deleted=True) for a in stored if a.uuid not in listed and not a.deleted]
    return (*kept, *gone)


def _changes(draft: AttributeDraft, stored: AttributeRow, tags: Collection[str]) -> bool:
    """Whether a listed attribute brings something new; one that does not keeps its timestamp."""
    given = ((name, getattr(draft, name)) for name in (*_KEPT_COLUMNS, *_SEEN, "deleted"))
    differs = any(value is not None and value != getattr(stored, name) for name, value in given)
    changes_level = draft.distribution is not None and not _same_level(draft, stored)
    retagged = any(tag.deleted or fold(tag.name) not in tags for tag in draft.tags)
    return differs or changes_level or retagged or draft.data is not None


def _same_level(draft: ObjectDraft | AttributeDraft, stored: ObjectRow | AttributeRow) -> bool:
    if draft.distribution != stored.distribution or not needs_group(stored.distribution):
        return draft.distribution == stored.distribution
    return draft.sharing_group is None and draft.sharing_group_id in (None, stored.sharing_group_id)


def _with_kept_level(draft: AttributeDraft, stored: AttributeRow | None) -> AttributeDraft:
    """A group that somebody may not choose anew stays where it is."""
    return draft if stored is None or not _same_level(draft, stored) else replace(draft, distribution=None)


def delete_object(viewer: Viewer, ref: str, *, hard: bool = False) -> ObjectRow:
    """Delete an object with its attributes, softly, so that the deletion travels, or for good. Returns it as it was.

    Raises NotFound, Forbidden.
    """
    with writing():
        obj = find_object(viewer, ref)
        event = _modifiable(viewer, event_standing(obj.event_id))
        watch("Object", obj.id)
        if hard:
            _remove(obj, attributes_of_object(_ALL, obj.id, deleted=True))
        else:
            _delete_softly(_intake(viewer, event), obj)
        _event_changed(event)
        record(viewer, "delete", "Object", obj.id, obj.name, {"hard": hard} if hard else None)
        return obj


def _remove(obj: ObjectRow, attributes: Sequence[AttributeRow]) -> None:
    for attribute in attributes:
        remove_attribute(attribute.id)
    gone = [ids.uuid_bytes(obj.uuid), *(ids.uuid_bytes(attribute.uuid) for attribute in attributes)]
    remove_object(obj.id)
    drop_references_to(obj.event_id, gone, clock.now())


def _delete_softly(intake: Intake, obj: ObjectRow) -> None:
    """Object and live attributes get one timestamp: by it restoring knows what went together."""
    live = attributes_of_object(_ALL, obj.id)
    timestamp = clock.later_than(max([obj.timestamp, *(attribute.timestamp for attribute in live)]))
    gone = tuple(AttributeDraft(uuid=a.uuid, deleted=True, timestamp=timestamp) for a in live)
    intake.take_elements((), [ObjectDraft(uuid=obj.uuid, deleted=True, timestamp=timestamp, attributes=gone)])
    drop_references_of(obj.id, timestamp)


def add_reference(viewer: Viewer, object_ref: str, draft: ReferenceDraft) -> ReferenceRow:
    """Let an object refer to an attribute or object of its event; the same uuid again changes that reference.

    Raises NotFound, Forbidden, SaveFailed.
    """
    with writing():
        obj = find_object(viewer, object_ref)
        event = _modifiable(viewer, event_standing(obj.event_id))
        if not draft.relationship_type.strip():
            raise SaveFailed("add", "ObjectReference", {"relationship_type": ["valueNotEmpty"]})
        draft = replace(draft, uuid=draft.uuid or ids.new_uuid())
        intake = _intake(viewer, event)
        source = stored_objects(event.id)[ids.uuid_bytes(obj.uuid)]
        take_references(intake, [ObjectDraft(references=(draft,))], {0: source})
        if intake.dropped:
            raise SaveFailed("add", "ObjectReference", {"referenced_uuid": [NO_TARGET]})
        touch_object(obj.id, clock.now())
        _event_changed(event)
        saved = find_reference(viewer, draft.uuid or "")
        record(viewer, "add", "ObjectReference", saved.id, saved.relationship_type)
        return saved


def delete_reference(viewer: Viewer, ref: str, *, hard: bool = False) -> ReferenceRow:
    """Delete a reference, softly or for good. Returns it as it was. Raises NotFound, Forbidden."""
    with writing():
        reference = find_reference(viewer, ref)
        event = _modifiable(viewer, event_standing(reference.event_id))
        if hard:
            remove_reference(reference.id)
        else:
            drop_reference(reference.id, clock.later_than(reference.timestamp))
        touch_object(reference.object_id, clock.now())
        _event_changed(event)
        record(viewer, "delete", "ObjectReference", reference.id, reference.relationship_type)
        return reference


def _modifiable(viewer: Viewer, event: EventStanding) -> EventStanding:
    """The event, if the viewer may change its objects. Raises Forbidden."""
    if not (viewer.is_site_admin or viewer.can(Permission.MODIFY)):
        raise Forbidden(NO_PERMISSION)
    return modifiable(viewer, event)


def _intake(viewer: Viewer, event: EventStanding) -> Intake:
    origin = Origin.of(viewer)
    level = load_settings().default_attribute_distribution
    defaults = defaults_for(from_link=origin.is_link, default_level=level)
    return Intake(viewer, event.id, defaults, Groups(viewer, origin), fresh=False)


def _event_changed(event: EventStanding) -> None:
    recount(event.id)
    mark_changed(event.id, clock.edited(event.timestamp, is_out=event.is_out))


def _saved(viewer: Viewer, object_id: int) -> SavedObject:
    # What somebody just wrote they may read once more, even if it left their sight with this.
    obj = find_object(_ALL, str(object_id))
    return SavedObject(obj, attributes_of_object(viewer, object_id, deleted=obj.deleted))
