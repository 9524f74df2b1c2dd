"""Judges what a partner answered: "not newer" is not "delivered" (RULES §3). Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from mispmini.domain.distribution import Distribution, is_event_level, needs_group, raises
from mispmini.domain.graphs import EventGraph
from mispmini.domain.ids import is_row_number
from mispmini.domain.receipts import MAX_DETAIL, LedgerState, Receipt, Trouble
from mispmini.domain.unstorable import wide_in, wide_texts
from mispmini.services.events import EMPTY

NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."
PARK_AFTER_TRIES = 5
_PARKED = (401, 403, 405)
_PASSING = (408, 425, 429)
_NAMED_UUIDS = 10


class Then(Enum):
    """What becomes of the promise."""

    FINISH = "finish"
    RETRY = "retry"
    PARK = "park"
    RETRY_THEN_PARK = "retry_then_park"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent, as far as it can be compared. `attributes` are the uuids of the live ones."""

    uuid: str
    timestamp: int
    distribution: int
    attributes: frozenset[str]

    @classmethod
    def of(cls, copy: EventGraph) -> "Sent":
        """The measure of a partner's copy that distribution.for_partner made."""
        live_objects = {item.id for item in copy.objects if not item.deleted}
        live = (a for a in copy.attributes if not a.deleted and (a.object_id is None or a.object_id in live_objects))
        row = copy.event
        return cls(row.uuid, row.timestamp, row.distribution, frozenset(a.uuid for a in live))


@dataclass(frozen=True, slots=True)
class Stored:
    """What the partner says it holds, from an answer or from its index."""

    timestamp: int
    distribution: int
    has_group: bool
    attribute_count: int


def stored_in(event: Mapping[str, Any]) -> Stored | None:
    """The partner's event as it tells of it; None if a number is missing or is none."""
    names = ("timestamp", "distribution", "sharing_group_id", "attribute_count")
    told = {**event, "sharing_group_id": event.get("sharing_group_id") or 0}
    numbers = [number_in(told.get(name)) for name in names]
    if any(number is None for number in numbers) or not is_event_level(numbers[1] or 0):
        return None
    timestamp, distribution, group, count = (number or 0 for number in numbers)
    return Stored(timestamp, distribution, group > 0, count)


def flaw_of(sent: Sent, stored: Stored) -> Trouble | None:
    """The first difference that matters between what was sent and what is stored, None for none."""
    if stored.timestamp > sent.timestamp:
        return Trouble.NEWER_THERE
    if stored.timestamp < sent.timestamp:
        return Trouble.OLDER_THERE
    return level_flaw(sent, stored) or (
        Trouble.ELEMENTS_MISSING if stored.attribute_count < len(sent.attributes) else None
    )


def level_flaw(sent: Sent, stored: Stored) -> Trouble | None:
    """Whether it stands there for fewer than it was sent for; a refused group looks so (RULES §3)."""
    if needs_group(sent.distribution):
        kept = needs_group(stored.distribution) and stored.has_group
        return None if kept else Trouble.GROUP_NOT_ACCEPTED
    return Trouble.NARROWER_THERE if raises(sent.distribution, stored.distribution) else None


def degraded(sent: Sent, flaw: Trouble, stored: Stored) -> Receipt:
    """It arrived for fewer than it was sent for."""
    detail = f"sent as {_level(sent.distribution)}, stored there as {_level(stored.distribution)}"
    return Receipt(LedgerState.DEGRADED, flaw, detail, 200)


def arrived(sent: Sent, stored: Stored, missing: Collection[str], state: LedgerState, status: int) -> Receipt:
    """It is there: for fewer than it was sent for, without some of it, or as it was sent, which is then `state`."""
    if flaw := level_flaw(sent, stored):
        return lessened(degraded(sent, flaw, stored), partial(missing).detail if missing else None)
    if missing:
        return partial(missing)
    return Receipt(state, Trouble.NEWER_THERE if stored.timestamp > sent.timestamp else None, http_status=status)


def without_held_back(receipt: Receipt, uuids: Sequence[str]) -> Receipt:
    """What arrived did so without these attributes, whose TLP kept them here (RULES §9)."""
    if not (uuids and receipt.arrived):
        return receipt
    named = ", ".join(uuids[:_NAMED_UUIDS]) + (" …" if len(uuids) > _NAMED_UUIDS else "")
    detail = f"{receipt.detail}; kept here: {named}" if receipt.detail else f"kept here: {named}"
    return replace(receipt, reason=receipt.reason or Trouble.HELD_BACK_BY_TLP, detail=detail[:MAX_DETAIL])


def partial(missing: Collection[str]) -> Receipt:
    """It arrived without some of its attributes, which are named."""
    uuids = sorted(missing)
    more = f" and {len(uuids) - _NAMED_UUIDS} more" if len(uuids) > _NAMED_UUIDS else ""
    detail = f"{len(uuids)} attributes are missing there: {', '.join(uuids[:_NAMED_UUIDS])}{more}"
    return Receipt(LedgerState.PARTIAL, Trouble.ELEMENTS_MISSING, detail, 200)


def lessened(receipt: Receipt, left: str | None) -> Receipt:
    """What arrived did so without what the partner cannot store, which is named (RULES §11)."""
    if not (left and receipt.arrived):
        return receipt
    detail = (f"{receipt.detail}; {left}" if receipt.detail else left)[:MAX_DETAIL]
    if receipt.state in (LedgerState.PARTIAL, LedgerState.DEGRADED):
        return replace(receipt, detail=detail)
    return replace(receipt, state=LedgerState.DEGRADED, reason=Trouble.CANNOT_STORE, detail=detail)


def with_told_errors(receipt: Receipt, document: object, said: str) -> Receipt:
    """What arrived with errors beside it did so without parts of it (PROTOCOL §3.6)."""
    told = isinstance(document, dict) and document.get("errors")
    if not told or receipt.state not in (LedgerState.SENT, LedgerState.UPDATED):
        return receipt
    return replace(receipt, state=LedgerState.PARTIAL, reason=Trouble.ELEMENTS_MISSING, detail=said)


def gone_with_their_object(copy: EventGraph, view: Mapping[str, Any]) -> frozenset[str]:
    """Attributes whose whole object the partner lacks: it was refused, and no type of theirs stopped anything."""
    there = {str(one.get("uuid", "")).lower() for one in view.get("Object") or () if isinstance(one, dict)}
    gone = {item.id for item in copy.objects if item.uuid not in there}
    return frozenset(a.uuid for a in copy.attributes if a.object_id in gone)


def missing_in(sent: Sent, view: Mapping[str, Any]) -> frozenset[str]:
    """The live attributes that the partner's copy (its events/view) lacks, by uuid."""
    inside = [a for item in _records(view.get("Object")) for a in _records(item.get("Attribute"))]
    return sent.attributes - _live([*_records(view.get("Attribute")), *inside])


def kept_texts(copy: EventGraph, view: Mapping[str, Any]) -> frozenset[bool]:
    """Whether the partner's copy (its events/view) has the awkward texts and tags as they were sent: empty where there
    are none, both where it has some of them."""
    records = {str(record.get("uuid", "")).lower(): record for record in _all_records(view)}
    told = [
        wide_in(text.text) == wide_in(str(records.get(text.uuid, {text.field: ""}).get(text.field, text.text)))
        for text in wide_texts(copy)
    ]
    on_attributes = ((a.uuid, copy.attribute_tags.get(a.id, ())) for a in copy.attributes if not a.deleted)
    for uuid, tags in ((copy.event.uuid, copy.tags), *on_attributes):
        there = {tag.get("name") for tag in _records(records.get(uuid, {}).get("Tag"))}
        told += [tag.name in there for tag in tags if not tag.deleted and wide_in(tag.name)]
    return frozenset(told)


def _all_records(view: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield view
    for item in _records(view.get("Object")):
        yield item
        yield from (*_records(item.get("Attribute")), *_records(item.get("ObjectReference")))
    yield from (*_records(view.get("Attribute")), *_records(view.get("EventReport")))


def live_in(view: Mapping[str, Any]) -> frozenset[str]:
    """What is alive in the partner's copy (its events/view), by uuid: loose attributes, objects, reports."""
    return _live([part for name in ("Attribute", "Object", "EventReport") for part in _records(view.get(name))])


def _live(parts: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(str(p.get("uuid", "")).lower() for p in parts if p.get("deleted") not in (True, "1", 1))


def retracted(receipt: Receipt, left: Iterable[str]) -> Receipt:
    """A retraction that arrived, judged by what is left alive in the partner's copy beside it (RULES §2)."""
    uuids = sorted(left)
    if not uuids:
        return replace(receipt, reason=Trouble.RETRACTED)
    detail = f"{len(uuids)} elements are left there: {', '.join(uuids[:_NAMED_UUIDS])}"
    return replace(receipt, state=LedgerState.PARTIAL, reason=Trouble.NOT_RETRACTED, detail=detail)


def is_not_newer(status: int, document: object) -> bool:
    """The one refusal that may mean "I have it already" (PROTOCOL §1.5)."""
    return status == 403 and isinstance(document, dict) and document.get("errors") == NOT_NEWER


def is_empty(status: int, document: object) -> bool:
    """The refusal of a published event of which nothing may go there (PROTOCOL §3.6.1 row 11)."""
    return status == 403 and isinstance(document, dict) and document.get("errors") == {"Event": EMPTY}


def next_step(status: int) -> Then:
    """What a refusal's status means for the promise (TRUST §3.4)."""
    if status in _PARKED:
        return Then.PARK
    return Then.RETRY if status >= 500 or status in _PASSING else Then.RETRY_THEN_PARK


def refusal(status: int, detail: str) -> Receipt:
    """The partner said no, or stumbled."""
    reason = Trouble.SERVER_ERROR if status >= 500 else Trouble.REFUSED
    return Receipt(LedgerState.FAILED, reason, detail, status)


def _level(level: int) -> str:
    return Distribution(level).name.lower()


def number_in(value: object) -> int | None:
    """A count or time as a partner writes it, None for what is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value)
    return int(text) if is_row_number(text) else None


def _records(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
