"""Attributes as they come in; whether a value fits its type is judged later, in services (MODEL §7.3)."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from sys import intern

from mispmini.domain import samples, sentences
from mispmini.domain.attribute_types import MALWARE_SAMPLE
from mispmini.domain.distribution import is_element_level
from mispmini.domain.drafts import AttributeDraft, Dropped
from mispmini.domain.errors import Invalid, TooLarge
from mispmini.wire.analyst_data_in import embedded_items
from mispmini.wire.door import unwrap
from mispmini.wire.known_keys import ATTRIBUTE_KEYS, unknown_keys
from mispmini.wire.packed import Packed
from mispmini.wire.scalars import Fields, Record, as_record, flag, plain_text
from mispmini.wire.sharing_group_in import embedded_group
from mispmini.wire.sighting_in import nested_sightings
from mispmini.wire.tag_in import read_tags

MOST_ATTRIBUTES = 200_000
_BETWEEN = re.compile(r"[\s,\[\]\"]+")


def read_attribute(body: object, *, from_partner: bool, dropped: list[Dropped] | None = None) -> AttributeDraft:
    """One attribute, bare or wrapped; raises Invalid by field. Its unreadable tags go to `dropped`.

    Unknown keys become `extra` when a partner sends them.
    """
    record = as_record(unwrap(body, "Attribute"))
    if record is None:
        raise Invalid({"Attribute": [sentences.RECORD]})
    fields = Fields(record)
    uuid = fields.uuid("uuid")
    draft = AttributeDraft(
        type=intern(fields.text("type") or "") or None,
        value=_value(fields),
        category=intern(fields.text("category") or "") or None,
        uuid=uuid,
        to_ids=fields.flag("to_ids"),
        comment=fields.text("comment"),
        distribution=fields.choice("distribution", is_element_level, sentence=sentences.ELEMENT_DISTRIBUTION),
        sharing_group_id=fields.reference_id("sharing_group_id"),
        sharing_group=embedded_group(fields),
        timestamp=fields.epoch("timestamp"),
        deleted=fields.flag("deleted"),
        disable_correlation=fields.flag("disable_correlation"),
        first_seen=fields.seen("first_seen"),
        last_seen=fields.seen("last_seen"),
        object_relation=fields.text("object_relation") or None,
        tags=read_tags(record, "AttributeTag", [] if dropped is None else dropped),
        data=_attachment(fields),
        extra=unknown_keys(record, ATTRIBUTE_KEYS, from_partner=from_partner),
        sightings=nested_sightings(record, uuid),
        analyst_data=embedded_items(record, "Attribute", uuid),
    )
    check_seen_order(fields, draft.first_seen, draft.last_seen)
    fields.check()
    return _packed(draft, is_raw=fields.flag("encrypt") is True)


def read_attributes(body: object, *, from_partner: bool) -> tuple[AttributeDraft | Invalid, ...]:
    """The attributes of attributes/add: one, a list, a list of values, or lines with `batch_import` (API §9.3).

    What cannot be read stands in its place as Invalid, because errors are told by index. Raises TooLarge above 200,000.
    """
    items = islice(_items(unwrap(body, "Attribute")), MOST_ATTRIBUTES + 1)
    drafts = tuple(_draft_or_error(item, from_partner=from_partner) for item in items)
    if len(drafts) > MOST_ATTRIBUTES:
        refuse_so_many()
    return drafts


def read_selected(value: object) -> list[str] | None:
    """The ids and uuids of attributes/deleteSelected: a list, or a text of them; None for `all`."""
    items = value if isinstance(value, list) else _BETWEEN.split(plain_text(value) or "")
    refs = [ref for item in items if (ref := plain_text(item))]
    return None if refs == ["all"] else refs


def refuse_so_many() -> None:
    """Raise TooLarge: too many attributes at once (TRUST §2.2 row 12)."""
    raise TooLarge(f"More than {MOST_ATTRIBUTES} attributes at once.")


def check_seen_order(fields: Fields, first: int | None, last: int | None) -> None:
    """Refuse a last_seen before its first_seen."""
    if first is not None and last is not None and last < first:
        fields.refuse("last_seen", sentences.SEEN_ORDER)


def _draft_or_error(item: object, *, from_partner: bool) -> AttributeDraft | Invalid:
    try:
        return read_attribute(item, from_partner=from_partner)
    except Invalid as error:
        return error


def _items(body: object) -> Iterator[object]:
    if isinstance(body, list | Packed):
        for item in body:
            yield from _values_of(unwrap(item, "Attribute"))
    else:
        yield from _values_of(body)


def _values_of(item: object) -> Iterator[object]:
    """An attribute with several values is as many attributes."""
    record = as_record(item) or {}
    value = record.get("value")
    if isinstance(value, str) and flag(record.get("batch_import")):
        value = [line for line in value.splitlines() if line.strip()]
    if not isinstance(value, list):
        yield item
        return
    for one in value:
        yield {**record, "value": one}


def _value(fields: Fields) -> str | None:
    """`value`, else value1 and value2 joined with a bar (MODEL §7.14 step 1)."""
    value = fields.text("value")
    if value or not fields.record.get("value1"):
        return value
    parts = (fields.text("value1"), fields.text("value2"))
    return "|".join(part for part in parts if part)


def _packed(draft: AttributeDraft, *, is_raw: bool) -> AttributeDraft:
    """A malware sample with its file packed: if `encrypt` says that it is raw, or it is (TRUST S3)."""
    if draft.type != MALWARE_SAMPLE or draft.data is None or not draft.value:
        return draft
    if not is_raw and samples.is_packed(draft.data):
        return draft
    sample = samples.pack(draft.data, draft.value)
    return replace(draft, value=sample.value, data=sample.archive)


def _attachment(fields: Fields) -> bytes | None:
    data = _data_text(fields.record)
    return None if data is None else base64_bytes(fields, "data", data)


def base64_bytes(fields: Fields, name: str, text: str) -> bytes | None:
    """The bytes of a base64 text, white space aside; a field that is none is refused."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        fields.refuse(name, sentences.BASE64)
        return None


def _data_text(record: Record) -> str | None:
    data = record.get("data")
    if data is None or data == "":
        return None
    return data if isinstance(data, str) else "not text"
