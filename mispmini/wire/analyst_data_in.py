"""Notes, opinions and relationships coming in: one, inside other things, and what partners offer (MODEL §7.11)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mispmini.domain import sentences
from mispmini.domain.analyst_data import KINDS, MOST_OPINION, OBJECT_TYPES, AnalystKind, AnalystRow
from mispmini.domain.distribution import is_element_level
from mispmini.domain.drafts import AnalystDraft, OrganisationDraft
from mispmini.domain.errors import Invalid, TooLarge
from mispmini.domain.ids import new_uuid
from mispmini.wire.door import unwrap
from mispmini.wire.moments import microseconds_of
from mispmini.wire.scalars import Fields, Record, as_record, plain_text
from mispmini.wire.scalars import uuid as read_uuid
from mispmini.wire.sharing_group_in import embedded_group, read_organisation

MOST_ITEMS = 100_000
LONGEST_NAME = 255
OPINION = f"A number from 0 to {MOST_OPINION}."
OBJECT_TYPE = f"Options: {', '.join(OBJECT_TYPES)}"
NO_MOMENT = "Expected a date and time."
Offers = Mapping[AnalystKind, Mapping[str, int]]


def read_kind(text: str) -> AnalystKind | None:
    """The kind that a path names, in any case; None for `all`. Raises Invalid for what is none."""
    if text.lower() == "all":
        return None
    for kind in KINDS:
        if kind.lower() == text.lower():
            return kind
    raise Invalid({"type": [f"Options: {', '.join(KINDS)}"]})


def read_item(
    kind: AnalystKind, body: object, *, about: tuple[str, str] | None = None, stored: AnalystRow | None = None
) -> tuple[AnalystDraft, ...]:
    """One of a kind, bare or wrapped, and after it what is nested in it. Raises Invalid by field.

    `about` are the uuid and type that the path names; of a change of `stored` what the body leaves out is kept.
    """
    record = _unwrapped(body, kind)
    if record is None:
        raise Invalid({kind: [sentences.RECORD]})
    if stored is not None:
        record = {**_columns_of(stored), **record, "uuid": record.get("uuid") or stored.uuid}
    place = about or ((stored.object_uuid, stored.object_type) if stored else None)
    return tuple(_with_nested(kind, record, place))


def embedded_items(record: Record, object_type: str, object_uuid: str | None) -> tuple[AnalystDraft, ...]:
    """Those inside an event, element or other item, each followed by what is nested in it; what cannot be read is
    passed over. Without a uuid of what they are about their own word counts, if they have one."""
    if not any(kind in record for kind in KINDS):
        return ()
    return tuple(_embedded(record, object_type, object_uuid))


def _embedded(record: Record, object_type: str, object_uuid: str | None) -> Iterator[AnalystDraft]:
    for kind in KINDS:
        items = record.get(kind)
        if not isinstance(items, list):
            continue
        if len(items) > MOST_ITEMS:
            raise TooLarge(f"More than {MOST_ITEMS} of {kind} at once.")
        for item in items:
            inner = _unwrapped(item, kind)
            if inner is None:
                continue
            try:
                yield from _with_nested(kind, inner, (object_uuid or _own_target(inner), object_type))
            except Invalid:
                continue


def _unwrapped(body: object, kind: AnalystKind) -> Record | None:
    """An item out of its wrapper; a list under the name of its own kind is what is nested in it."""
    record = as_record(unwrap(body, ""))
    inner = as_record(record.get(kind)) if record is not None else None
    return record if inner is None else inner


def _own_target(record: Record) -> str:
    """What an item itself says that it is about; "" leaves it to whoever knows what it came inside of."""
    return read_uuid(record.get("object_uuid")) or ""


def _with_nested(kind: AnalystKind, record: Record, about: tuple[str, str] | None) -> list[AnalystDraft]:
    draft = _draft(kind, record)
    if about is not None:
        draft = replace(draft, object_uuid=about[0], object_type=about[1])
    if draft.object_uuid or about is None:
        _check_target(draft)
    return [draft, *embedded_items(record, kind, draft.uuid)]


def _check_target(draft: AnalystDraft) -> None:
    if read_uuid(draft.object_uuid) is None:
        raise Invalid({"object_uuid": [sentences.UUID]})
    if draft.object_type not in OBJECT_TYPES:
        raise Invalid({"object_type": [OBJECT_TYPE]})


def _draft(kind: AnalystKind, record: Record) -> AnalystDraft:
    fields = Fields(record)
    draft = AnalystDraft(
        kind=kind.value,
        uuid=fields.uuid("uuid") or new_uuid(),
        object_uuid=fields.uuid("object_uuid") or "",
        object_type=fields.text("object_type") or "",
        authors=_name(fields, "authors"),
        orgc=_creator(record),
        created=_moment(fields, "created"),
        modified=_moment(fields, "modified"),
        distribution=fields.choice("distribution", is_element_level, sentence=sentences.ELEMENT_DISTRIBUTION),
        sharing_group_id=fields.reference_id("sharing_group_id"),
        sharing_group=embedded_group(fields),
    )
    draft = _with_own_fields(kind, draft, fields)
    fields.check()
    return draft


def _with_own_fields(kind: AnalystKind, draft: AnalystDraft, fields: Fields) -> AnalystDraft:
    if kind is AnalystKind.NOTE:
        text = fields.text("note")
        if not (text or "").strip():
            fields.refuse("note", sentences.NOT_EMPTY)
        return replace(draft, text=text, language=_name(fields, "language"))
    if kind is AnalystKind.OPINION:
        opinion = fields.choice("opinion", range(MOST_OPINION + 1).__contains__, sentence=OPINION)
        if opinion is None and "opinion" not in fields.errors:
            fields.refuse("opinion", OPINION)
        return replace(draft, opinion=opinion, text=fields.text("comment") or "")
    related, related_type = fields.uuid("related_object_uuid"), fields.text("related_object_type")
    if related is None:
        fields.refuse("related_object_uuid", sentences.UUID)
    if related_type not in OBJECT_TYPES:
        fields.refuse("related_object_type", OBJECT_TYPE)
    wanted = _name(fields, "relationship_type") or ""
    return replace(draft, relationship_type=wanted, related_uuid=related, related_type=related_type)


def _name(fields: Fields, name: str) -> str | None:
    text = fields.text(name)
    return None if text is None else text[:LONGEST_NAME]


def _moment(fields: Fields, name: str) -> int | None:
    """Epoch seconds of a date text in UTC, or of a number, as PyMISP sends what it made itself."""
    if (text := plain_text(fields.record.get(name))) is None or not text:
        return None
    if text.replace(".", "", 1).isdigit() and len(text) < 20:
        seconds = int(float(text))
    elif (microseconds := microseconds_of(text)) is not None:
        seconds = microseconds // 1_000_000
    else:
        seconds = -1
    if not 0 <= seconds < 2**40:
        fields.refuse(name, NO_MOMENT)
        return None
    return seconds


def _creator(record: Record) -> OrganisationDraft | None:
    """`Orgc`, else the uuid alone."""
    found = read_organisation(record.get("Orgc"))
    if found is not None and found.uuid:
        return found
    uuid = read_uuid(record.get("orgc_uuid"))
    return None if uuid is None else OrganisationDraft(uuid, "")


def _columns_of(row: AnalystRow) -> Record:
    """What a change keeps, by the names of the wire; its times and its creator are judged elsewhere."""
    kept: dict[str, object] = {
        "object_uuid": row.object_uuid, "object_type": row.object_type, "authors": row.authors,
        "distribution": row.distribution, "sharing_group_id": row.sharing_group_id,
    }  # fmt: skip
    own: Mapping[str, Record] = {
        AnalystKind.NOTE: {"note": row.text, "language": row.language},
        AnalystKind.OPINION: {"opinion": row.opinion, "comment": row.text},
        AnalystKind.RELATIONSHIP: {
            "relationship_type": row.relationship_type,
            "related_object_uuid": row.related_uuid,
            "related_object_type": row.related_type,
        },
    }
    return {**kept, **own[row.kind]}


def read_pushed(body: object) -> tuple[list[AnalystDraft], int]:
    """The items of pushAnalystData with what is nested in them, and how many could not be read."""
    drafts: list[AnalystDraft] = []
    failed = 0
    for kind, item in _named_items(body):
        try:
            drafts += read_item(kind, item)
        except Invalid:
            failed += 1
    return drafts, failed


def _named_items(body: object) -> Iterator[tuple[AnalystKind, object]]:
    records = body if isinstance(body, list) else [body]
    if len(records) > MOST_ITEMS:
        raise TooLarge(f"More than {MOST_ITEMS} at once.")
    for record in records:
        for kind in KINDS:
            value = (as_record(record) or {}).get(kind)
            for item in value if isinstance(value, list) else [value] if value else []:
                yield kind, item


def read_offers(body: object) -> Offers:
    """Uuids with the epoch of their change, by kind: what a partner offers, or lists. Raises TooLarge."""
    record = as_record(body) or {}
    return {kind: dict(_offered(record.get(kind))) for kind in KINDS}


def _offered(value: object) -> Iterator[tuple[str, int]]:
    listed = as_record(value) or {}
    if len(listed) > MOST_ITEMS:
        raise TooLarge(f"More than {MOST_ITEMS} at once.")
    for key, moment in listed.items():
        uuid = read_uuid(key)
        microseconds = microseconds_of(moment) if isinstance(moment, str) else None
        if uuid is not None and microseconds is not None:
            yield uuid, microseconds // 1_000_000


def read_orgc_names(given: object) -> tuple[list[str], list[str]]:
    """The creators that a pulling partner wants and those that it does not, folded (PROTOCOL §4.8)."""
    items = given if isinstance(given, list) else [given] if given else []
    names = [name.strip().casefold() for name in items if isinstance(name, str) and name.strip()]
    return [n for n in names if not n.startswith("!")], [n[1:] for n in names if n.startswith("!")]


def read_pulled(kind: AnalystKind, items: list[object]) -> list[AnalystDraft]:
    """The items of a partner's list; what cannot be read is passed over. Raises TooLarge."""
    if len(items) > MOST_ITEMS:
        raise TooLarge(f"More than {MOST_ITEMS} at once.")
    drafts: list[AnalystDraft] = []
    for item in items:
        try:
            drafts += read_item(kind, item)[:1]
        except Invalid:
            continue
    return drafts
