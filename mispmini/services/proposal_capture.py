"""Proposals that partners bring: pushed to us, and pulled (PROTOCOL §3.13, §4.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mispmini.domain.drafts import ProposalDraft
from mispmini.domain.errors import Invalid
from mispmini.domain.viewer import Viewer
from mispmini.services.files import file_flaw
from mispmini.services.organisations import capture_organisation
from mispmini.services.proposal_rows import keep_file, keep_proposal, wanted_new
from mispmini.store import proposals as store
from mispmini.store.attributes import StoredAttribute
from mispmini.store.database import writing
from mispmini.store.events import EventStanding, event_standing, find_any_event
from mispmini.store.graphs import find_event_id
from mispmini.store.proposals import Identity
from mispmini.store.settings import load_settings
from mispmini.store.sightings import attributes_by_uuid
from mispmini.store.versions import local_versions


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
    draft = _without_refused_file(draft)
    named = replace(draft.attribute, uuid=draft.uuid, timestamp=draft.timestamp)
    try:
        wanted = wanted_new(event.id, named, from_link=True)
    except Invalid:
        return False
    same = store.find_same(_identity(wanted, old_id), to_delete=draft.proposal_to_delete)
    if same:
        return _may_renew(viewer, event, same[-1], link_org_id) and _renew(event, same[-1], draft)
    if draft.deleted:
        return False
    org_id = link_org_id if draft.organisation is None else capture_organisation(viewer, draft.organisation).id
    keep_proposal(
        wanted,
        draft.attribute.data,
        old=old_id,
        org=org_id or None,
        received_from=link_org_id or None,
        proposal_to_delete=draft.proposal_to_delete,
    )
    return True


def _without_refused_file(draft: ProposalDraft) -> ProposalDraft:
    """A file that may not be kept here does not cost the proposal."""
    attribute = draft.attribute
    if attribute.data is None or not file_flaw(attribute.type, attribute.data):
        return draft
    return replace(draft, attribute=replace(attribute, data=None))


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
    """A newer version of what is here, or its missing file. What is settled stays so, and what waits for us is settled
    by us alone."""
    if known.deleted or (draft.deleted and not event.locked):
        return False
    data = None if draft.deleted else draft.attribute.data
    if draft.timestamp > known.timestamp:
        store.update_proposal(known.id, {"timestamp": draft.timestamp, "comment": draft.attribute.comment or ""})
    elif data is None or known.has_file:
        return False
    keep_file(known.id, data)
    if draft.deleted:
        store.settle_proposal(known.id, draft.timestamp)
    return True
