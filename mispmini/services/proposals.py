"""Proposals to change somebody's event: made, accepted and discarded here (MODEL §7.8)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mispmini.domain import clock, ids
from mispmini.domain.drafts import AttributeDraft, UploadDraft
from mispmini.domain.errors import Forbidden, Invalid, NotFound, Refused
from mispmini.domain.graphs import AttributeRow, OrganisationRow
from mispmini.domain.opinions import ProposalFilters, ProposalRow
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import attributes
from mispmini.services.attachments import file_drafts
from mispmini.services.audit import record
from mispmini.services.proposal_rows import keep_proposal, wanted_change, wanted_new
from mispmini.services.rights import NO_PERMISSION, may_modify
from mispmini.store import proposals as store
from mispmini.store.attachments import Holder, files_of
from mispmini.store.attributes import StoredAttribute, attributes_by_id, find_readable_attribute_or_404
from mispmini.store.database import writing
from mispmini.store.events import EventStanding, event_standing
from mispmini.store.graphs import find_readable_event_id
from mispmini.store.organisations import organisation_rows

NOT_YOURS = "Proposal not found or you are not authorised to accept it."
NO_EVENT = "Invalid Event"
_MODEL = "ShadowAttribute"


class ProposalInvalid(NotFound):
    """A proposal that does not fit; MISP answers it with 404 (API §9.5)."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        told = " ".join(f"[{field}]: {' '.join(texts)}" for field, texts in errors.items())
        super().__init__(f"Could not save the proposal. Errors: {told}")
        self.errors = errors


def propose_attribute(viewer: Viewer, event_ref: str, draft: AttributeDraft) -> ProposalRow:
    """Propose a new attribute for a visible event. Raises NotFound, ProposalInvalid."""
    with writing():
        event = _event(viewer, event_ref)
        return _proposed_new(viewer, event.id, draft)


def propose_files(viewer: Viewer, event_ref: str, upload: UploadDraft, *, are_samples: bool) -> tuple[ProposalRow, ...]:
    """Propose files for a visible event, each as an attachment or a malware sample.

    Raises NotFound, ProposalInvalid; Invalid for an upload without files.
    """
    drafts = file_drafts(upload, are_samples=are_samples, with_hashes=False)
    with writing():
        event = _event(viewer, event_ref)
        return tuple(_proposed_new(viewer, event.id, draft) for draft in drafts)


def _event(viewer: Viewer, ref: str) -> EventStanding:
    try:
        return event_standing(find_readable_event_id(viewer, ref))
    except NotFound:
        raise NotFound(NO_EVENT) from None


def _proposed_new(viewer: Viewer, event_id: int, draft: AttributeDraft) -> ProposalRow:
    named = replace(draft, uuid=draft.uuid or ids.new_uuid())
    wanted = _checked(lambda: wanted_new(event_id, named, from_link=False))
    return _proposed(viewer, wanted, None, data=draft.data)


def propose_change(viewer: Viewer, attribute_ref: str, draft: AttributeDraft) -> ProposalRow:
    """Propose other values, or another file, for a visible attribute; what the draft leaves out stays.

    Raises NotFound, ProposalInvalid.
    """
    with writing():
        stored = _target(viewer, attribute_ref)
        wanted = _checked(lambda: wanted_change(stored, draft))
        return _proposed(viewer, wanted, stored.id, data=draft.data)


def propose_deletion(viewer: Viewer, attribute_ref: str) -> ProposalRow:
    """Propose that a visible attribute be deleted. Raises NotFound."""
    with writing():
        stored = _target(viewer, attribute_ref)
        wanted = wanted_change(stored, AttributeDraft(), from_link=True)
        return _proposed(viewer, wanted, stored.id, to_delete=True)


def _target(viewer: Viewer, ref: str) -> AttributeRow:
    """What somebody proposes for is told back to them, so that a partner must be let read it (RULES §10.3)."""
    stored = find_readable_attribute_or_404(viewer, ref)
    if stored.deleted:
        raise NotFound("Invalid attribute")
    return stored


def _checked(make: Callable[[], StoredAttribute]) -> StoredAttribute:
    try:
        return make()
    except Invalid as refusal:
        raise ProposalInvalid(refusal.errors) from None


def _proposed(
    viewer: Viewer, wanted: StoredAttribute, old_id: int | None, *, data: bytes | None = None, to_delete: bool = False
) -> ProposalRow:
    number = keep_proposal(
        wanted,
        data,
        old=old_id,
        org=viewer.org_id or None,
        user_id=viewer.user_id,
        email=viewer.email or None,
        proposal_to_delete=to_delete,
    )
    row = store.find_proposal(Viewer.everything(), str(number))
    record(viewer, "add", _MODEL, number, row.value)
    return row


def list_proposals(viewer: Viewer, filters: ProposalFilters) -> list[ProposalRow]:
    """Visible proposals, those of the newest event first."""
    return store.list_proposals(viewer, filters)


def proposals_of(viewer: Viewer, event_ref: str) -> list[ProposalRow]:
    """Pending proposals of one visible event. Raises NotFound."""
    return store.list_proposals(viewer, ProposalFilters(event_id=find_readable_event_id(viewer, event_ref)))


def view_proposal(viewer: Viewer, ref: str) -> ProposalRow:
    """A visible proposal by id or uuid. Raises NotFound."""
    return store.find_proposal(viewer, ref)


def file_of(row: ProposalRow) -> bytes | None:
    """The file of a proposal that the caller has made sure of; None if it has none, or it is missing."""
    return files_of([row.id], Holder.PROPOSAL).get(row.id)


def organisations_of(rows: Iterable[ProposalRow]) -> dict[int, OrganisationRow]:
    """The organisations that made proposals."""
    return organisation_rows({row.org_id for row in rows if row.org_id is not None})


def accept_proposal(viewer: Viewer, ref: str) -> ProposalRow:
    """Do what is proposed: the event is newer with it, and unpublished (MODEL §7.12).

    Raises Refused, the same for an absent proposal and one that is not the viewer's to accept; SaveFailed.
    """
    with writing():
        try:
            stored = _pending(viewer, ref)
        except NotFound:
            raise Refused(NOT_YOURS) from None
        if not may_modify(viewer, event_standing(stored.event_id)):
            raise Refused(NOT_YOURS)
        _carry_out(viewer, stored)
        store.settle_proposal(stored.id, clock.later_than(stored.timestamp))
        record(viewer, "accept", _MODEL, stored.id, stored.value)
        return stored


def _pending(viewer: Viewer, ref: str) -> ProposalRow:
    stored = store.find_proposal(viewer, ref)
    if stored.deleted:
        raise NotFound(store.NO_PROPOSAL)
    return stored


def _carry_out(viewer: Viewer, proposal: ProposalRow) -> None:
    if proposal.proposal_to_delete:
        attributes.edit_attribute(viewer, str(proposal.old_id), AttributeDraft(deleted=True))
        return
    draft = replace(_as_draft(proposal), data=file_of(proposal))
    if proposal.old_id is None:
        attributes.add_attributes(viewer, str(proposal.event_id), [replace(draft, uuid=proposal.uuid)])
    else:
        attributes.edit_attribute(viewer, str(proposal.old_id), draft)


def _as_draft(proposal: ProposalRow) -> AttributeDraft:
    return AttributeDraft(
        type=proposal.type,
        value=proposal.value,
        category=proposal.category,
        to_ids=proposal.to_ids,
        comment=proposal.comment,
        disable_correlation=proposal.disable_correlation,
        first_seen=proposal.first_seen,
        last_seen=proposal.last_seen,
    )


def discard_proposal(viewer: Viewer, ref: str) -> ProposalRow:
    """Leave things as they are: for who may change the event, and for the account that proposed it.

    Raises NotFound, Forbidden.
    """
    with writing():
        stored = _pending(viewer, ref)
        own = viewer.user_id is not None and store.author_of(stored.id) == viewer.user_id
        if not (own or may_modify(viewer, event_standing(stored.event_id))):
            raise Forbidden(NO_PERMISSION)
        store.settle_proposal(stored.id, clock.later_than(stored.timestamp))
        record(viewer, "discard", _MODEL, stored.id, stored.value)
        return stored


def may_settle(viewer: Viewer, event_id: int) -> bool:
    """Whether the viewer may accept what is proposed for an event."""
    return viewer.can(Permission.ADD) and may_modify(viewer, event_standing(event_id))


def current_attributes(rows: Iterable[ProposalRow]) -> dict[int, AttributeRow]:
    """The attributes that proposals are about, as they are, by id."""
    return attributes_by_id([row.old_id for row in rows if row.old_id is not None])


def count_waiting(viewer: Viewer) -> int:
    """How many proposals wait for the viewer's organisation."""
    return store.count_to(viewer)
