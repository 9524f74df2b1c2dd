"""An event as it comes in: by REST, by a partner's push, or from a partner we pull (MODEL §7.2, PROTOCOL §3.6)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from mispmini.domain import sentences
from mispmini.domain.distribution import is_event_level
from mispmini.domain.drafts import (
    Dropped,
    EventDraft,
    ObjectDraft,
    OrganisationDraft,
    ReportDraft,
    SightingDraft,
)
from mispmini.domain.errors import Invalid, Refused
from mispmini.domain.ids import new_uuid
from mispmini.wire.analyst_data_in import embedded_items
from mispmini.wire.attribute_in import MOST_ATTRIBUTES, refuse_so_many
from mispmini.wire.door import unwrap
from mispmini.wire.known_keys import EVENT_KEYS, unknown_keys
from mispmini.wire.object_in import attribute_drafts, object_draft
from mispmini.wire.packed import Packed
from mispmini.wire.report_in import read_report
from mispmini.wire.scalars import Fields, Record, as_record, listed, uuid, whole_number
from mispmini.wire.sharing_group_in import embedded_group, read_organisation
from mispmini.wire.sighting_in import read_sightings
from mispmini.wire.tag_in import dropped_for, read_tags

Element = TypeVar("Element", ObjectDraft, ReportDraft)
_ANALYSIS_WORDS = {"initial": 0, "ongoing": 1, "completed": 2}
_INFO_THAT_IS_NONE = ("", "0")


def read_event(body: object, *, from_partner: bool) -> EventDraft:
    """The event of a body, bare or wrapped; what is absent is None.

    Raises Refused for a body without an event, Invalid by field for the event's own fields, TooLarge above 200,000
    attributes or objects. Elements that cannot be read are left out and listed in `dropped`.
    """
    record = unwrap(body, "Event")
    if not isinstance(record, dict) or not record:
        raise Refused(sentences.NO_EVENT_DATA)
    draft = _own_fields(record, from_partner=from_partner)
    dropped: list[Dropped] = []
    filled = replace(
        draft,
        tags=read_tags(record, "EventTag", dropped),
        attributes=attribute_drafts(record.get("Attribute"), dropped, from_partner=from_partner),
        objects=_objects(record, dropped, from_partner=from_partner),
        reports=_each(record.get("EventReport"), "EventReport", dropped, partial(read_report, dropped=dropped)),
        sightings=_sightings(body, record),
        analyst_data=embedded_items(record, "Event", draft.uuid or new_uuid()),
    )
    if len(filled.attributes) + sum(len(o.attributes) for o in filled.objects) > MOST_ATTRIBUTES:
        refuse_so_many()
    return replace(filled, dropped=tuple(dropped))


def read_head(body: object, *, from_partner: bool) -> EventDraft | None:
    """The event of a body that was read in pieces without the elements that stand packed in it; None where none do.

    Raises Invalid as read_event does.
    """
    record = unwrap(body, "Event")
    if not isinstance(record, dict) or not any(isinstance(value, Packed) for value in record.values()):
        return None
    return replace(_own_fields(record, from_partner=from_partner), tags=read_tags(record, "EventTag", []))


def read_progress(body: object) -> tuple[int, int]:
    """When a partner says that it published an event (epoch seconds), and how many attributes it says that it has."""
    record = as_record(unwrap(body, "Event")) or {}
    published = whole_number(record.get("publish_timestamp")) or whole_number(record.get("timestamp"))
    return published or 0, whole_number(record.get("attribute_count")) or 0


def _own_fields(record: Record, *, from_partner: bool) -> EventDraft:
    fields = Fields(record)
    draft = EventDraft(
        info=_info(fields),
        uuid=fields.uuid("uuid"),
        date=fields.day("date"),
        threat_level_id=fields.choice("threat_level_id", range(1, 5).__contains__, sentence=sentences.THREAT_LEVEL),
        analysis=_analysis(fields),
        distribution=fields.choice("distribution", is_event_level, sentence=sentences.EVENT_DISTRIBUTION),
        sharing_group_id=fields.reference_id("sharing_group_id"),
        sharing_group=embedded_group(fields),
        published=fields.flag("published"),
        timestamp=fields.epoch("timestamp"),
        orgc=_creator(fields),
        locked=fields.flag("locked"),
        disable_correlation=fields.flag("disable_correlation"),
        extends_uuid=_extends(fields),
        protected=fields.flag("protected") or False,
        extra=unknown_keys(record, EVENT_KEYS, from_partner=from_partner),
    )
    fields.check()
    return draft


def _sightings(body: object, record: Record) -> tuple[SightingDraft, ...]:
    """Those that stand beside the attributes, in the event or beside it, and name theirs (PROTOCOL §3.6.1 row 20)."""
    beside = body.get("Sighting") if isinstance(body, dict) and body is not record else None
    found = [*listed(record.get("Sighting")), *listed(beside)]
    return tuple(read_sightings(found)) if found else ()


def _info(fields: Fields) -> str | None:
    """Non-blank if given; "0" counts as blank, as in MISP."""
    info = fields.text("info")
    if info is not None and info.strip() in _INFO_THAT_IS_NONE:
        fields.refuse("info", sentences.NOT_EMPTY)
    return info


def _analysis(fields: Fields) -> int | None:
    word = fields.record.get("analysis")
    if isinstance(word, str) and word.strip().lower() in _ANALYSIS_WORDS:
        return _ANALYSIS_WORDS[word.strip().lower()]
    return fields.choice("analysis", range(3).__contains__, sentence=sentences.ANALYSIS)


def _creator(fields: Fields) -> OrganisationDraft | None:
    """`Orgc`, or the text `orgc` of very old servers (API §10.3)."""
    try:
        return read_organisation(fields.record.get("Orgc") or fields.record.get("orgc"))
    except Invalid:
        fields.refuse("Orgc", sentences.RECORD)
        return None


def _extends(fields: Fields) -> str | None:
    """A uuid, a local id in digits, or "" for none; None if absent."""
    value = fields.record.get("extends_uuid")
    if value is None or value == "":
        return value if value is None else ""
    number = whole_number(value)
    extends = uuid(value) or (str(number) if number is not None and number > 0 else None)
    if extends is None:
        fields.refuse("extends_uuid", sentences.EXTENDS)
    return extends


def _objects(record: Record, dropped: list[Dropped], *, from_partner: bool) -> tuple[ObjectDraft, ...]:
    return _each(
        record.get("Object"),
        "Object",
        dropped,
        lambda item: object_draft(item, dropped, from_partner=from_partner),
    )


def _each(value: object, kind: str, dropped: list[Dropped], read: Callable[[object], Element]) -> tuple[Element, ...]:
    drafts: list[Element] = []
    items = listed(value)
    if len(items) > MOST_ATTRIBUTES:
        refuse_so_many()
    for item in items:
        try:
            drafts.append(read(item))
        except Invalid as error:
            dropped.append(dropped_for(kind, item, error))
    return tuple(drafts)
