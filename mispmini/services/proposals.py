"""Proposals to change somebody's event: made, accepted, discarded, and taken over from partners (MODEL §7.8)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from mispmini.domain import clock, ids
from mispmini.domain.drafts import AttributeDraft, ProposalDraft
from mispmini.domain.errors import Forbidden, Invalid, NotFound, Refused
from mispmini.domain.graphs import AttributeRow, OrganisationRow
from mispmini.domain.opinions import ProposalFilters, ProposalRow
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import attributes
from mispmini.services.audit import record
from mispmini.services.organisations import capture_organisation
from mispmini.services.preparing import Defaults, changed_attribute, defaults_for, new_attribute
from mispmini.services.rights import NO_PERMISSION, may_modify
from mispmini.store import proposals as store
from mispmini.store.attributes import StoredAttribute, attributes_by_id, find_attribute_or_404
from mispmini.store.database import writing
from mispmini.store.events import EventStanding, event_standing, find_any_event
from mispmini.store.graphs import find_event_id
from mispmini.store.organisations import organisation_rows
from mispmini.store.proposals import Identity
from mispmini.store.settings import load_settings
from mispmini.store.sightings import attributes_by_uuid
from mispmini.store.versions import local_versions

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
        try:
            event = event_standing(find_event_id(viewer, event_ref))
        except NotFound:
            raise NotFound(NO_EVENT) from None
        wanted = _checked(lambda: _new(event.id, replace(draft, uuid=draft.uuid or ids.new_uuid()), _local()))
        return _proposed(viewer, wanted, None, to_delete=False)


def propose_change(viewer: Viewer, attribute_ref: str, draft: AttributeDraft) -> ProposalRow:
    """Propose other values for a visible attribute; what the draft leaves out stays.

    Raises NotFound, ProposalInvalid.
    """
    with writing():
        stored = _target(viewer, attribute_ref)
        change = replace(draft, uuid=None, timestamp=clock.now(), deleted=None)
        wanted = _checked(
            lambda: changed_attribute(change, stored, group_id=stored.sharing_group_id, defaults=_local())
        )
        return _proposed(viewer, wanted, stored.id, to_delete=False)


def propose_deletion(viewer: Viewer, attribute_ref: str) -> ProposalRow:
    """Propose that a visible attribute be deleted. Raises NotFound."""
    with writing():
        stored = _target(viewer, attribute_ref)
        unchanged = AttributeDraft(timestamp=clock.now())
        wanted = changed_attribute(unchanged, stored, group_id=stored.sharing_group_id, defaults=_keeping())
        return _proposed(viewer, wanted, stored.id, to_delete=True)


def _target(viewer: Viewer, ref: str) -> AttributeRow:
    stored = find_attribute_or_404(viewer, ref)
    if stored.deleted:
        raise NotFound("Invalid attribute")
    return stored


def _local() -> Defaults:
    return defaults_for(from_link=False, default_level=load_settings().default_attribute_distribution)


def _keeping() -> Defaults:
    """A partner's proposal may be of a type that we do not know (RULES §7)."""
    return defaults_for(from_link=True, default_level=load_settings().default_attribute_distribution)


def _new(event_id: int, draft: AttributeDraft, defaults: Defaults) -> StoredAttribute:
    bare = replace(draft, distribution=None, timestamp=draft.timestamp or clock.now(), deleted=None)
    return new_attribute(bare, number=0, event_id=event_id, object_id=None, group_id=None, defaults=defaults)


def _checked(make: Callable[[], StoredAttribute]) -> StoredAttribute:
    try:
        return make()
    except Invalid as refusal:
        raise ProposalInvalid(refusal.errors) from None


def _columns(wanted: StoredAttribute) -> dict[str, object]:
    kept = ("type_id", "category_id", "value1", "value2", "to_ids", "comment", "timestamp", "disable_correlation",
            "first_seen", "last_seen", "uuid")  # fmt: skip
    return {name: getattr(wanted, name) for name in kept} | {"event": wanted.event_id}


def _proposed(viewer: Viewer, wanted: StoredAttribute, old_id: int | None, *, to_delete: bool) -> ProposalRow:
    values = {"old": old_id, "org": viewer.org_id or None, "user_id": viewer.user_id, "email": viewer.email or None}
    number = store.insert_proposal(_columns(wanted) | values | {"proposal_to_delete": to_delete})
    row = store.find_proposal(Viewer.everything(), str(number))
    record(viewer, "add", _MODEL, number, row.value)
    return row


def list_proposals(viewer: Viewer, filters: ProposalFilters) -> list[ProposalRow]:
    """Visible proposals, those of the newest event first."""
    return store.list_proposals(viewer, filters)


def proposals_of(viewer: Viewer, event_ref: str) -> list[ProposalRow]:
    """Pending proposals of one visible event. Raises NotFound."""
    return store.list_proposals(viewer, ProposalFilters(event_id=find_event_id(viewer, event_ref)))


def view_proposal(viewer: Viewer, ref: str) -> ProposalRow:
    """A visible proposal by id or uuid. Raises NotFound."""
    return store.find_proposal(viewer, ref)


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
    if proposal.old_id is None:
        attributes.add_attributes(viewer, str(proposal.event_id), [_as_draft(proposal, proposal.uuid)])
    elif proposal.proposal_to_delete:
        attributes.edit_attribute(viewer, str(proposal.old_id), AttributeDraft(deleted=True))
    else:
        attributes.edit_attribute(viewer, str(proposal.old_id), _as_draft(proposal, None))


def _as_draft(proposal: ProposalRow, uuid: str | None) -> AttributeDraft:
    return AttributeDraft(
        type=proposal.type,
        value=proposal.value,
        category=proposal.category,
        uuid=uuid,
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


def save_pushed(viewer: Viewer, event_ref: str, drafts: Sequence[ProposalDraft]) -> int:
    """Take what a partner pushes for one event; how many were new or newer. Raises NotFound."""
    with writing():
        event = event_standing(find_event_id(viewer, event_ref))
        return _take_all(viewer, event, drafts, viewer.org_id)


def save_pulled(viewer: Viewer, drafts: Sequence[ProposalDraft], link_org_id: int) -> int:
    """Take what a partner lists: only of events that are here, and only with an organisation (PROTOCOL §4.5)."""
    by_event: dict[str, list[ProposalDraft]] = {}
    for draft in drafts:
        if draft.event_uuid is not None and draft.organisation is not None:
            by_event.setdefault(draft.event_uuid, []).append(draft)
    with writing():
        known = local_versions(list(by_event))
        here = [uuid for uuid in by_event if uuid in known and not known[uuid].trashed]
        return sum(_take_all(viewer, _standing(uuid), by_event[uuid], link_org_id) for uuid in here)


def _standing(uuid: str) -> EventStanding:
    event = find_any_event(uuid)
    assert event is not None, "its version was just read in this transaction"
    return event


def _take_all(viewer: Viewer, event: EventStanding, drafts: Sequence[ProposalDraft], link_org_id: int) -> int:
    named = [draft.old_uuid for draft in drafts if draft.old_uuid]
    targets = attributes_by_uuid(viewer, event.id, named)
    return sum(_take(viewer, event, draft, targets, link_org_id) for draft in drafts)


def _take(
    viewer: Viewer, event: EventStanding, draft: ProposalDraft, targets: Mapping[str, int], link_org_id: int
) -> bool:
    """Whether a proposal was new, or newer than the one that is here."""
    old_id = targets.get(draft.old_uuid) if draft.old_uuid else None
    if draft.old_uuid and old_id is None:
        return False
    try:
        wanted = _new(event.id, replace(draft.attribute, uuid=draft.uuid, timestamp=draft.timestamp), _keeping())
    except Invalid:
        return False
    same = store.find_same(_identity(wanted, old_id), to_delete=draft.proposal_to_delete)
    if same:
        return _may_renew(viewer, event, same[-1], link_org_id) and _renew(event, same[-1], draft)
    if draft.deleted:
        return False
    org_id = link_org_id if draft.organisation is None else capture_organisation(viewer, draft.organisation).id
    values = {"old": old_id, "org": org_id or None, "received_from": link_org_id or None}
    store.insert_proposal(_columns(wanted) | values | {"proposal_to_delete": draft.proposal_to_delete})
    return True


def _identity(wanted: StoredAttribute, old_id: int | None) -> Identity:
    return Identity(
        wanted.event_id, old_id, wanted.type_id, wanted.category_id, wanted.value1, wanted.value2, wanted.to_ids
    )


def _may_renew(viewer: Viewer, event: EventStanding, known: store.Known, link_org_id: int) -> bool:
    """A link changes and settles what it brought or its organisation proposed, and proposals for an event that it
    delivered or whose creator it is: a third one changes nothing (RULES §4, TRUST §2.2 row 18)."""
    if viewer.is_site_admin and viewer.org_id == link_org_id:
        return True
    theirs = (known.received_from, known.org_id, event.received_from, event.orgc_id)
    return link_org_id in theirs or load_settings().update_policy == "any"


def _renew(event: EventStanding, known: store.Known, draft: ProposalDraft) -> bool:
    """A newer version of what is here. What is settled stays so, and what waits for us is settled by us alone."""
    if draft.timestamp <= known.timestamp or known.deleted:
        return False
    settled = draft.deleted and event.locked
    if draft.deleted and not settled:
        return False
    comment = draft.attribute.comment or ""
    store.update_proposal(known.id, {"timestamp": draft.timestamp, "comment": comment, "deleted": settled})
    return True


def may_settle(viewer: Viewer, event_id: int) -> bool:
    """Whether the viewer may accept what is proposed for an event."""
    return viewer.can(Permission.ADD) and may_modify(viewer, event_standing(event_id))


def current_attributes(rows: Iterable[ProposalRow]) -> dict[int, AttributeRow]:
    """The attributes that proposals are about, as they are, by id."""
    return attributes_by_id([row.old_id for row in rows if row.old_id is not None])


def count_waiting(viewer: Viewer) -> int:
    """How many proposals wait for the viewer's organisation."""
    return store.count_to(viewer)
