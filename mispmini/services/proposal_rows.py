"""What a proposal is stored as: the attribute as it should be, and the file that it should have (MODEL §7.8)."""

from dataclasses import replace

from mispmini.domain import clock
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.graphs import AttributeRow
from mispmini.services.files import check_file, is_picture
from mispmini.services.preparing import Defaults, changed_attribute, defaults_for, new_attribute
from mispmini.store.attachments import Holder, attach_file, put_file
from mispmini.store.attributes import StoredAttribute
from mispmini.store.proposals import insert_proposal
from mispmini.store.settings import load_settings

_COLUMNS = ("type_id", "category_id", "value1", "value2", "to_ids", "comment", "timestamp", "disable_correlation",
            "first_seen", "last_seen", "uuid")  # fmt: skip


def defaults(*, from_link: bool) -> Defaults:
    """What is not given; a partner's proposal may be of a type that we do not know (RULES §7)."""
    return defaults_for(from_link=from_link, default_level=load_settings().default_attribute_distribution)


def wanted_new(event_id: int, draft: AttributeDraft, *, from_link: bool) -> StoredAttribute:
    """The attribute that is proposed for an event. Raises Invalid."""
    bare = replace(draft, distribution=None, timestamp=draft.timestamp or clock.now(), deleted=None)
    kept = defaults(from_link=from_link)
    wanted = new_attribute(bare, number=0, event_id=event_id, object_id=None, group_id=None, defaults=kept)
    if draft.data is None:
        return wanted
    check_file(draft.type, draft.data)
    return wanted._replace(disable_correlation=wanted.disable_correlation or is_picture(draft))


def wanted_change(stored: AttributeRow, draft: AttributeDraft, *, from_link: bool = False) -> StoredAttribute:
    """An attribute as it should be; what the draft leaves out stays. Raises Invalid."""
    if draft.data is not None:
        check_file(draft.type or stored.type, draft.data)
    change = replace(draft, uuid=None, timestamp=clock.now(), deleted=None)
    kept = defaults(from_link=from_link)
    return changed_attribute(change, stored, group_id=stored.sharing_group_id, defaults=kept)


def keep_proposal(wanted: StoredAttribute, data: bytes | None, **values: object) -> int:
    """Store a proposal with its file, inside a writing(); `values` are columns of its own. Returns its id."""
    columns = {name: getattr(wanted, name) for name in _COLUMNS}
    number = insert_proposal({**columns, "event": wanted.event_id, **values})
    keep_file(number, data)
    return number


def keep_file(proposal_id: int, data: bytes | None) -> None:
    """Store a proposal's file, if there is one, inside a writing()."""
    if data is not None:
        attach_file(proposal_id, put_file(data), len(data), Holder.PROPOSAL)
