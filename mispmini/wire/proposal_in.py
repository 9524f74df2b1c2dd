"""Proposals as they come in from partners: pushed to us, and pulled (PROTOCOL §3.13, §4.5)."""

from collections.abc import Iterable, Iterator

from mispmini.domain.drafts import ProposalDraft
from mispmini.domain.errors import Invalid, TooLarge
from mispmini.wire.attribute_in import read_attribute
from mispmini.wire.door import unwrap
from mispmini.wire.scalars import Record, as_record, epoch_seconds, flag, listed, whole_number
from mispmini.wire.scalars import uuid as canonical
from mispmini.wire.sharing_group_in import read_organisation

MOST_PROPOSALS = 10_000


def read_proposals(body: object) -> list[ProposalDraft]:
    """A list of proposals, each bare or wrapped; what cannot be read is passed over. Raises TooLarge."""
    items = unwrap(body, "ShadowAttribute")
    records = listed(items) if isinstance(items, list | dict) else []
    if len(records) > MOST_PROPOSALS:
        raise TooLarge(f"More than {MOST_PROPOSALS} proposals at once.")
    return list(_drafts(records))


def _drafts(items: Iterable[object]) -> Iterator[ProposalDraft]:
    for item in items:
        record = as_record(unwrap(item, "ShadowAttribute"))
        draft = None if record is None else _draft(record)
        if draft is not None:
            yield draft


def _draft(record: Record) -> ProposalDraft | None:
    uuid, timestamp = canonical(record.get("uuid")), epoch_seconds(record.get("timestamp"))
    if uuid is None or timestamp is None:
        return None
    try:
        attribute = read_attribute(_as_attribute(record), from_partner=False)
        organisation = read_organisation(record.get("Org"))
    except Invalid:
        return None
    changes = bool(whole_number(record.get("old_id")))
    return ProposalDraft(
        attribute=attribute,
        uuid=uuid,
        event_uuid=canonical(record.get("event_uuid")),
        old_uuid=(canonical(record.get("old_uuid")) or uuid) if changes else None,
        organisation=organisation if organisation is not None and organisation.uuid else None,
        timestamp=timestamp,
        deleted=flag(record.get("deleted")) or False,
        proposal_to_delete=flag(record.get("proposal_to_delete")) or False,
        number=whole_number(record.get("id")),
    )


def _as_attribute(record: Record) -> Record:
    """Its own columns and its file alone, no level and no tags."""
    kept = ("type", "category", "value", "value1", "value2", "to_ids", "comment", "disable_correlation", "first_seen",
            "last_seen", "data")  # fmt: skip
    return {name: record[name] for name in kept if name in record}
