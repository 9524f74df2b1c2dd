"""References between elements, and reports, on their way into an event (MODEL §7.4, §7.10)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mispmini.domain import ids
from mispmini.domain.distribution import Distribution, needs_group
from mispmini.domain.drafts import ObjectDraft, ReferenceDraft, ReportDraft
from mispmini.domain.errors import Invalid
from mispmini.services.intake import IntakeState, take_tags
from mispmini.services.preparing import checked_level
from mispmini.store.attributes import known_attributes
from mispmini.store.database import take_ids
from mispmini.store.objects import (
    StoredObject,
    StoredReference,
    StoredReport,
    put_references,
    put_reports,
    stored_objects,
    stored_references,
    stored_reports,
)
from mispmini.store.tags import Target
from mispmini.store.trash import uuids_of_others

UNRESOLVED = "The referenced element is not part of this event."
ELSEWHERE = "The UUID provided is not unique"


def take_references(intake: IntakeState, drafts: Sequence[ObjectDraft], objects: Mapping[int, StoredObject]) -> None:
    """Take the references of the objects that stand here; a target outside of the event is skipped."""
    wanted = [
        (reference, objects[i]) for i, draft in enumerate(drafts) if i in objects for reference in draft.references
    ]
    if not wanted:
        return
    here = _uuids_here(intake.event_id)
    known = {} if intake.fresh else stored_references(intake.event_id)
    named = [ids.uuid_bytes(reference.uuid) for reference, _ in wanted if reference.uuid]
    elsewhere = uuids_of_others("object_reference", named, intake.event_id)
    taken: list[StoredReference] = []
    for draft, source in wanted:
        uuid = ids.uuid_bytes(draft.uuid or ids.new_uuid())
        target = here.get(ids.uuid_bytes(draft.referenced_uuid))
        if target is None or uuid in elsewhere:
            intake.drop("ObjectReference", draft.uuid, {"referenced_uuid": (UNRESOLVED,)})
        elif (reference := _reference(intake, draft, source, uuid, target, known.get(uuid))) is not None:
            taken.append(reference)
            elsewhere.add(uuid)
    put_references(taken)
    intake.changed += len(taken)


def _uuids_here(event_id: int) -> dict[bytes, tuple[int, int]]:
    """Every attribute (type 0) and object (type 1) of the event by uuid: what a reference may point to."""
    here = {uuid: (known.id, 0) for uuid, known in known_attributes(event_id).items()}
    here.update((uuid, (obj.id, 1)) for uuid, obj in stored_objects(event_id).items())
    return here


def _reference(
    intake: IntakeState,
    draft: ReferenceDraft,
    source: StoredObject,
    uuid: bytes,
    target: tuple[int, int],
    known: StoredReference | None,
) -> StoredReference | None:
    timestamp = draft.timestamp or intake.defaults.now
    if known is not None:
        if timestamp <= known.timestamp:
            return None
        return known._replace(
            relationship_type=draft.relationship_type, comment=draft.comment, timestamp=timestamp, deleted=draft.deleted
        )
    return StoredReference(
        id=take_ids("object_reference"),
        uuid=uuid,
        event_id=intake.event_id,
        object_id=source.id,
        referenced_id=target[0],
        referenced_type=target[1],
        referenced_uuid=ids.uuid_bytes(draft.referenced_uuid),
        relationship_type=draft.relationship_type,
        comment=draft.comment,
        timestamp=timestamp,
        deleted=draft.deleted,
    )


def take_reports(intake: IntakeState, drafts: Sequence[ReportDraft]) -> None:
    """Take reports by uuid and timestamp; one of another event is refused, never moved."""
    if not drafts:
        return
    known = {} if intake.fresh else stored_reports(intake.event_id)
    elsewhere = uuids_of_others("event_report", [d.uuid for d in drafts if d.uuid], intake.event_id)
    for draft in drafts:
        try:
            report = _report(intake, draft, known.get(draft.uuid or ""), elsewhere)
        except Invalid as refusal:
            intake.drop("EventReport", draft.uuid, {k: tuple(v) for k, v in refusal.errors.items()})
            continue
        same = known.get(draft.uuid or "") if intake.groups.origin.forced else None
        if report is not None:
            put_reports([report])
            elsewhere.add(report.uuid)
            intake.changed += 1
        tagged = report or (same if same is not None and same.timestamp == draft.timestamp else None)
        if tagged is not None:
            take_tags(intake, Target.REPORT, [(tagged.id, tag) for tag in draft.tags])


def _report(
    intake: IntakeState, draft: ReportDraft, known: StoredReport | None, elsewhere: set[str]
) -> StoredReport | None:
    if draft.uuid in elsewhere:
        raise Invalid({"uuid": [ELSEWHERE]})
    if not draft.name.strip():
        raise Invalid({"name": ["valueNotEmpty"]})
    timestamp = draft.timestamp or intake.defaults.now
    if known is not None and timestamp <= known.timestamp:
        return None
    stored_level = known.distribution if known is not None else intake.defaults.container_level
    if known is not None and intake.defaults.keeps_level(draft.distribution, known.distribution):
        draft = replace(draft, distribution=None, sharing_group=None, sharing_group_id=None)
    level = stored_level if draft.distribution is None else draft.distribution
    group_id = intake.groups.of(level, draft.sharing_group, draft.sharing_group_id)
    if group_id is None and needs_group(level) and intake.fresh and intake.groups.origin.is_link:
        level = int(Distribution.ORGANISATION)
        intake.narrowed += 1
    if group_id is None and known is not None and draft.distribution is None:
        group_id = known.sharing_group_id
    return StoredReport(
        id=known.id if known is not None else take_ids("event_report"),
        uuid=draft.uuid or ids.new_uuid(),
        event_id=intake.event_id,
        name=draft.name,
        content=draft.content,
        distribution=checked_level(level, group_id),
        sharing_group_id=group_id if needs_group(level) else None,
        timestamp=timestamp,
        deleted=draft.deleted,
    )
