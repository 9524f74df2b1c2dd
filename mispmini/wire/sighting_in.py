"""Sightings as they come in: somebody's wish to add some, a partner's, and a search (MODEL §7.7, API §8.6)."""

from collections.abc import Iterable, Iterator, Mapping

from mispmini.domain import sentences
from mispmini.domain.drafts import OrganisationDraft, SightingDraft
from mispmini.domain.errors import BadRequest, Invalid, TooLarge
from mispmini.domain.filters import Span
from mispmini.domain.opinions import (
    NO_SIGHTING_SINCE,
    SightingContext,
    SightingFilters,
    SightingType,
    SightingWish,
)
from mispmini.wire.door import unwrap
from mispmini.wire.moments import seconds_of
from mispmini.wire.scalars import Fields, Record, as_record, flag, listed, plain_text, whole_number
from mispmini.wire.scalars import uuid as canonical
from mispmini.wire.search_in import paging
from mispmini.wire.sharing_group_in import read_organisation
from mispmini.wire.spans import time_span
from mispmini.wire.terms import search_terms

MOST_VALUES = 1_000
MOST_SIGHTINGS = 250_000
LONGEST_SOURCE = 255
TYPES = "Options : 0, 1, 2 (for Sighting, False-positive, Expiration)"
NO_MOMENT = "Expected a timestamp, or a date and time."
NO_CONTEXT_ID = "An event or attribute ID or UUID must be provided if the context is set."
INVALID_ID = "Invalid ID `{}` provided."
_CONTEXTS = {"": SightingContext.INSTANCE, "event": SightingContext.EVENT, "attribute": SightingContext.ATTRIBUTE}


def read_wishes(body: object, attribute: str | None, *, now: int) -> list[SightingWish]:
    """What sightings/add asks for, `attribute` being the one that the path names; a list is several sightings.

    Raises Invalid, TooLarge.
    """
    items = unwrap(body, "Sighting")
    records = items if isinstance(items, list) else [items]
    if len(records) > MOST_VALUES:
        raise TooLarge(f"More than {MOST_VALUES} sightings at once.")
    return [_wish(as_record(unwrap(record, "Sighting")) or {}, attribute, now) for record in records]


def _wish(record: Record, attribute: str | None, now: int) -> SightingWish:
    fields = Fields(record)
    values = _values(record)
    named = None if values else plain_text(record.get("uuid")) or plain_text(record.get("id"))
    kind = fields.choice("type", _is_type, sentence=TYPES)
    wish = SightingWish(
        values=() if attribute else values,
        attribute=attribute or named,
        type=SightingType.SEEN if kind is None else kind,
        source=(fields.text("source") or "")[:LONGEST_SOURCE],
        date_sighting=_moment(fields, now),
        filters=as_record(record.get("filters")) or None,
    )
    fields.check()
    return wish


def _is_type(number: int) -> bool:
    return number in tuple(SightingType)


def _values(record: Record) -> tuple[str, ...]:
    given = record.get("values", record.get("value"))
    texts = (plain_text(item) for item in (given if isinstance(given, list) else [given]))
    values = tuple(text.strip() for text in texts if text and text.strip())
    if len(values) > MOST_VALUES:
        raise TooLarge(f"More than {MOST_VALUES} values at once.")
    return values


def _moment(fields: Fields, now: int) -> int | None:
    """Epoch seconds from `timestamp`, or from `date` and `time`; None for now."""
    if (seconds := fields.epoch("timestamp")) is not None:
        return seconds
    day, hour = fields.text("date"), fields.text("time")
    if not (day or hour):
        return None
    if not day:
        fields.refuse("date", NO_MOMENT)
        return None
    seconds = seconds_of(f"{day} {hour or '00:00:00'}", now)
    if seconds is None or not 0 <= seconds <= now:
        fields.refuse("date", NO_MOMENT)
    return seconds


def read_sightings(body: object) -> list[SightingDraft]:
    """What a partner sends in bulk, bare or under `Sighting`; what cannot be read is passed over. Raises TooLarge."""
    items = unwrap(body, "Sighting")
    records = listed(items) if isinstance(items, list | dict) else []
    if len(records) > MOST_SIGHTINGS:
        raise TooLarge(f"More than {MOST_SIGHTINGS} sightings at once.")
    return list(_drafts(records))


def nested_sightings(record: Record, attribute_uuid: str | None) -> tuple[SightingDraft, ...]:
    """Those inside an attribute that came with its event."""
    items = listed(record.get("Sighting"))
    if not items or attribute_uuid is None:
        return ()
    known = ({**item, "attribute_uuid": attribute_uuid} for item in items if isinstance(item, dict))
    return tuple(_drafts(known))


def _drafts(items: Iterable[object]) -> Iterator[SightingDraft]:
    for item in items:
        record = as_record(unwrap(item, "Sighting"))
        draft = None if record is None else _draft(record)
        if draft is not None:
            yield draft


def _draft(record: Record) -> SightingDraft | None:
    uuid, attribute = canonical(record.get("uuid")), canonical(record.get("attribute_uuid"))
    seen, kind = whole_number(record.get("date_sighting")), whole_number(record.get("type"))
    if uuid is None or attribute is None or seen is None or not 0 <= seen < 2**40:
        return None
    if kind is not None and not _is_type(kind):
        return None
    return SightingDraft(
        uuid=uuid,
        attribute_uuid=attribute,
        date_sighting=seen,
        event_uuid=canonical(record.get("event_uuid")),
        type=kind or SightingType.SEEN,
        source=(plain_text(record.get("source")) or "")[:LONGEST_SOURCE],
        organisation=_organisation(record),
        names_org="org_id" in record,
    )


def _organisation(record: Record) -> OrganisationDraft | None:
    try:
        found = read_organisation(record.get("Organisation"))
    except Invalid:
        return None
    return found if found is not None and found.uuid else None


def read_uuids(body: object) -> list[str]:
    """The uuids of sightings that a partner offers; what is none is passed over. Raises TooLarge."""
    items = body if isinstance(body, list) else list(body.values()) if isinstance(body, dict) else []
    if len(items) > MOST_SIGHTINGS:
        raise TooLarge(f"More than {MOST_SIGHTINGS} sightings at once.")
    return [uuid for item in items if (uuid := canonical(item)) is not None]


def read_sighting_search(given: Mapping[str, object], context: str, *, now: int) -> SightingFilters:
    """A search for sightings (API §8.6): of the last 30 days unless it says otherwise.

    Raises BadRequest for a context without an id, Invalid for values of a wrong kind.
    """
    if context not in _CONTEXTS:
        raise BadRequest("Invalid context.")
    ids, uuids = _ids(given.get("id")), _uuids(given.get("uuid"))
    if context and not (ids[0] or ids[1] or uuids):
        raise BadRequest(NO_CONTEXT_ID)
    limit, page = paging(given)
    return SightingFilters(
        context=_CONTEXTS[context],
        ids=ids[0],
        uuids=(*ids[1], *uuids),
        type=_types(given.get("type")),
        seen=_span(given, now),
        org=search_terms("org_id", given.get("org_id")),
        source=search_terms("source", given.get("source")),
        with_attribute=flag(given.get("includeAttribute")) or False,
        with_event=flag(given.get("includeEvent")) or False,
        with_uuids=flag(given.get("includeUuid")) or False,
        limit=limit,
        page=page,
    )


def _ids(value: object) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Ids and uuids. MISP: digits in a text are refused, a number is taken (sample 18c, PyMISP)."""
    items = value if isinstance(value, list) else [] if value in (None, "", False) else [value]
    ids: list[int] = []
    uuids: list[str] = []
    for item in items:
        if isinstance(item, int) and not isinstance(item, bool) and 0 < item < 2**63:
            ids.append(item)
        elif (uuid := canonical(item)) is not None:
            uuids.append(uuid)
        else:
            raise BadRequest(INVALID_ID.format(plain_text(item) or ""))
    return tuple(ids), tuple(uuids)


def _uuids(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(uuid for item in items if (uuid := canonical(item)) is not None)


def _types(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else [] if value in (None, "") else [value]
    numbers = tuple(number for item in items if (number := whole_number(item)) is not None)
    if len(numbers) != len(items) or not all(map(_is_type, numbers)):
        raise Invalid({"type": [sentences.TERMS]})
    return numbers


def _span(given: Mapping[str, object], now: int) -> Span:
    """`last` counts back from now, 0 from the beginning; `from` and `to` take its place."""
    bounds = [time_span(name, given.get(name), now).since for name in ("from", "to")]
    if any(bound is not None for bound in bounds):
        return Span(*bounds)
    last = given.get("last")
    return time_span("last", NO_SIGHTING_SINCE if last in (None, "") else last, now)


def read_place(given: Mapping[str, object]) -> tuple[str, str, str]:
    """What listSightings is about, from its body: id, context and organisation, as texts."""
    texts = (plain_text(given.get(name)) or "" for name in ("id", "context", "org_id"))
    ref, context, org = texts
    return ref, context, org
