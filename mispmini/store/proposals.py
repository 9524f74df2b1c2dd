"""Proposals: finders and writers (MODEL §7.8)."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mispmini.domain.errors import NotFound
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_bytes, uuid_text
from mispmini.domain.opinions import ProposalFilters, ProposalRow
from mispmini.domain.viewer import Viewer
from mispmini.store import vocabulary
from mispmini.store.attachments import Holder, drop_file
from mispmini.store.search.matching import all_of, any_of, one_of
from mispmini.store.sql import TRUE, Predicate, Row, execute, marks, row, rows
from mispmini.store.tables.opinions import Proposal
from mispmini.store.visibility import event_readable_by, known_at_partner, proposal_visible_to

NO_PROPOSAL = "Invalid proposal."
_FROM = (
    " FROM proposal JOIN event ON event.id = proposal.event_id LEFT JOIN attribute ON attribute.id = proposal.old_id"
    " LEFT JOIN proposal_file ON proposal_file.proposal_id = proposal.id"
)
_SELECT = (
    "SELECT proposal.id, proposal.old_id, attribute.uuid, proposal.event_id, event.uuid, event.org_id,"
    " proposal.type_id, proposal.category_id, proposal.value1, proposal.value2, proposal.to_ids, proposal.uuid,"
    " proposal.org_id, proposal.email, proposal.comment, proposal.timestamp, proposal.deleted,"
    " proposal.proposal_to_delete, proposal.disable_correlation, proposal.first_seen, proposal.last_seen,"
    " proposal_file.size"
)
_LIVE = Predicate("NOT proposal.deleted")


class Identity(NamedTuple):
    """By what two servers know a proposal for the same one (PROTOCOL §3.13, §4.5)."""

    event_id: int
    old_id: int | None
    type_id: int
    category_id: int
    value1: str
    value2: str | None
    to_ids: bool


def _reached(viewer: Viewer) -> Predicate:
    return event_readable_by(viewer) & proposal_visible_to(viewer)


def _found(condition: Predicate, order: str = "proposal.id", more: str = "") -> list[ProposalRow]:
    found = rows(f"{_SELECT}{_FROM} WHERE {condition.text} ORDER BY {order}{more}", condition.params)
    return [_proposal(r) for r in found]


def _proposal(r: Row) -> ProposalRow:
    if r[6] not in vocabulary.type_names() or r[7] not in vocabulary.category_names():
        vocabulary.refresh()
    kind, category = vocabulary.type_names()[r[6]], vocabulary.category_names()[r[7]]
    old_uuid = None if r[2] is None else uuid_text(r[2])
    return ProposalRow._make(
        (
            r[0], r[1], old_uuid, *r[3:6], kind, category, r[8], r[9], bool(r[10]), uuid_text(r[11]), *r[12:16],
            bool(r[16]), bool(r[17]), bool(r[18]), r[19], r[20], r[21],
        )
    )  # fmt: skip


def proposals_of_events(viewer: Viewer, event_ids: Sequence[int]) -> list[ProposalRow]:
    """Pending proposals of events that the caller has made sure of, oldest first."""
    return _found(all_of([one_of("proposal.event_id", event_ids), _LIVE, proposal_visible_to(viewer)]))


def proposals_of_attributes(viewer: Viewer, attribute_ids: Sequence[int]) -> list[ProposalRow]:
    """Pending proposals to change attributes that the caller has made sure of."""
    return _found(all_of([one_of("proposal.old_id", attribute_ids), _LIVE, proposal_visible_to(viewer)]))


def list_proposals(viewer: Viewer, filters: ProposalFilters) -> list[ProposalRow]:
    """Visible proposals, those of the newest event first (sample 20g)."""
    states = [(filters.live, _LIVE), (filters.deleted, Predicate("proposal.deleted"))]
    conditions = [
        _reached(viewer),
        any_of(state for wanted, state in states if wanted),
        TRUE if filters.event_id is None else Predicate("proposal.event_id = ?", (filters.event_id,)),
        TRUE if filters.since is None else Predicate("proposal.timestamp >= ?", (filters.since,)),
        Predicate("event.orgc_id = ?", (viewer.org_id,)) if filters.to_me else TRUE,
    ]
    page = ""
    if filters.limit is not None:
        page = f" LIMIT {filters.limit} OFFSET {filters.limit * ((filters.page or 1) - 1)}"
    return _found(all_of(conditions), "proposal.event_id DESC, proposal.id", page)


def count_to(viewer: Viewer) -> int:
    """How many pending proposals wait for the viewer's organisation."""
    condition = all_of([_reached(viewer), _LIVE, Predicate("event.orgc_id = ?", (viewer.org_id,))])
    found = row(f"SELECT count(*){_FROM} WHERE {condition.text}", condition.params)
    return 0 if found is None else int(found[0])


def find_proposal(viewer: Viewer, ref: str) -> ProposalRow:
    """A visible proposal by id or uuid: of several with one uuid the newest pending one. Raises NotFound."""
    uuid = canonical_uuid(ref)
    if uuid is not None:
        named = Predicate("proposal.uuid = ?", (uuid_bytes(uuid),))
    elif is_row_number(ref):
        named = Predicate("proposal.id = ?", (int(ref),))
    else:
        raise NotFound(NO_PROPOSAL)
    for found in _found(named & _reached(viewer), "proposal.deleted, proposal.id DESC", " LIMIT 1"):
        return found
    raise NotFound(NO_PROPOSAL)


def author_of(proposal_id: int) -> int | None:
    """The account here that made a proposal."""
    found = row("SELECT user_id FROM proposal WHERE id = ?", (proposal_id,))
    return None if found is None else found[0]


def insert_proposal(values: Mapping[str, object]) -> int:
    """Add a row by column names, inside a writing(); returns its id."""
    return int(Proposal.insert(dict(values)).execute())


def update_proposal(proposal_id: int, values: Mapping[str, object]) -> None:
    """Change columns, inside a writing(). Names come from code, never from a request."""
    Proposal.update(dict(values)).where(Proposal.id == proposal_id).execute()


def settle_proposal(proposal_id: int, timestamp: int) -> None:
    """It was accepted or discarded, inside a writing(): it is kept as deleted, so that it does not come back."""
    execute("UPDATE proposal SET deleted = TRUE, timestamp = ? WHERE id = ?", (timestamp, proposal_id))
    drop_file(proposal_id, Holder.PROPOSAL)


class Known(NamedTuple):
    """A proposal that is here, as far as a merge needs it."""

    id: int
    uuid: bytes
    comment: str
    timestamp: int
    deleted: bool
    org_id: int | None
    received_from: int | None
    has_file: bool


def find_same(identity: Identity, *, to_delete: bool) -> list[Known]:
    """Proposals that are the same change, settled ones too."""
    found = rows(
        "SELECT id, uuid, comment, timestamp, deleted, org_id, received_from, proposal_id IS NOT NULL FROM proposal"
        " LEFT JOIN proposal_file ON proposal_id = id"
        " WHERE event_id = ? AND coalesce(old_id, 0) = ?"
        " AND type_id = ? AND category_id = ? AND value1 = ? AND coalesce(value2, '') = ? AND to_ids = ?"
        " AND proposal_to_delete = ? ORDER BY id",
        (
            identity.event_id, identity.old_id or 0, identity.type_id, identity.category_id, identity.value1,
            identity.value2 or "", identity.to_ids, to_delete,
        ),
    )  # fmt: skip
    return [Known(r[0], r[1], r[2], r[3], bool(r[4]), r[5], r[6], bool(r[7])) for r in found]


def proposals_for_partner(partner: Viewer, event_uuids: Sequence[str]) -> dict[str, list[ProposalRow]]:
    """What goes to a partner, by event: pending ones, not on attributes that it cannot have; changes come first."""
    grouped: dict[str, list[ProposalRow]] = {}
    known = known_at_partner(partner)
    about = Predicate(f"proposal.old_id IS NULL OR ({known.text})", known.params)
    for start in range(0, len(event_uuids), 500):
        wanted = all_of([one_of("event.uuid", event_uuids[start : start + 500]), Predicate("event.trashed IS NULL")])
        for found in _found(wanted & _LIVE & about, "event.uuid, proposal.old_id IS NULL, proposal.id"):
            grouped.setdefault(found.event_uuid, []).append(found)
    return grouped


def needing_no_file(uuids: Sequence[str]) -> frozenset[str]:
    """Those of these proposals that are settled here, or have their file; at most a thousand a call."""
    found = rows(
        "SELECT uuid FROM proposal LEFT JOIN proposal_file ON proposal_id = id"
        f" WHERE uuid IN ({marks(uuids)}) AND (deleted OR proposal_id IS NOT NULL)",
        list(map(uuid_bytes, uuids)),
    )
    return frozenset(uuid_text(r[0]) for r in found)


def events_with_proposals(viewer: Viewer) -> Predicate:
    """Selects ids of the events that have a pending proposal which the viewer sees, given that they are readable."""
    shown = proposal_visible_to(viewer, event="holder")
    return Predicate(
        "SELECT proposal.event_id FROM proposal JOIN event AS holder ON holder.id = proposal.event_id"
        f" WHERE NOT proposal.deleted AND ({shown.text})",
        shown.params,
    )
