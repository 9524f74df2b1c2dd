"""Tags as they come in: beside their element, or under EventTag and AttributeTag (MODEL §7.5)."""

import re
from collections.abc import Collection
from functools import lru_cache

from mispmini.domain import sentences
from mispmini.domain.drafts import Dropped, TagDraft
from mispmini.domain.errors import Invalid, TooLarge
from mispmini.domain.tag_forms import TagForm
from mispmini.wire.door import unwrap
from mispmini.wire.scalars import Fields, Record, as_record, listed, plain_text

_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}\Z")
_NAME_BYTES = 255
_MOST_TAGS = 10_000


def read_tag(body: object) -> TagDraft:
    """A tag from the body of tags/add and the like; raises Invalid without a usable name."""
    record = as_record(unwrap(body, "Tag"))
    if record is None:
        raise Invalid({"name": [sentences.TAG_NAME]})
    return _tag(record)


def read_tag_form(body: object) -> TagForm:
    """A tag to be added or changed on its own; raises Invalid by field (MODEL §7.5)."""
    fields = Fields(as_record(unwrap(body, "Tag")) or {})
    name, colour = fields.text("name"), fields.text("colour")
    if name is not None and not 0 < len(name.strip().encode(errors="replace")) <= _NAME_BYTES:
        fields.refuse("name", sentences.TAG_NAME)
    if colour and not _COLOUR.match(colour):
        fields.refuse("colour", sentences.COLOUR)
    form = TagForm(
        name=None if name is None else name.strip(),
        colour=colour or None,
        exportable=fields.flag("exportable"),
        hide_tag=fields.flag("hide_tag"),
        local_only=fields.flag("local_only"),
        org_id=fields.choice("org_id", _is_id, sentence=sentences.NUMBER),
        user_id=fields.choice("user_id", _is_id, sentence=sentences.NUMBER),
        numerical_value=fields.choice("numerical_value", _is_id, sentence=sentences.NUMBER),
        forgets_number=fields.record.get("numerical_value", "kept") in (None, ""),
    )
    fields.check()
    return form


def _is_id(number: int) -> bool:
    return number >= 0


def read_names(value: object) -> list[str]:
    """The tags that one parameter names: a text, a number, or a list of them."""
    items = value if isinstance(value, list | tuple) else [value]
    return [text for item in items[:_MOST_TAGS] if (text := plain_text(item))]


def read_tags(record: Record, pivot: str, dropped: list[Dropped]) -> tuple[TagDraft, ...]:
    """The tags of an event or attribute: `Tag`, else the tags inside `pivot`; unreadable ones go to `dropped`.

    The first occurrence of a name wins. Raises TooLarge above 10,000 tags (TRUST §2.2 row 17).
    """
    if not (items := _items(record, pivot)):
        return ()
    if len(items) > _MOST_TAGS:
        raise TooLarge(f"An element holds more than {_MOST_TAGS} tags.")
    tags: dict[str, TagDraft] = {}
    for item in items:
        try:
            tag = read_tag(item)
        except Invalid as error:
            dropped.append(dropped_for("Tag", item, error))
        else:
            tags.setdefault(tag.name.lower(), tag)
    return tuple(tags.values())


def dropped_for(kind: str, item: object, error: Invalid) -> Dropped:
    """The note of an element that stays outside."""
    uuid = (as_record(item) or {}).get("uuid")
    errors = {field: tuple(texts) for field, texts in error.errors.items()}
    return Dropped(kind, uuid if isinstance(uuid, str) else None, errors)


def _items(record: Record, pivot: str) -> Collection[object]:
    tags = record.get("Tag")
    if isinstance(tags, dict | list) and tags:
        return listed(tags)
    pivots = record.get(pivot)
    return [_with_pivot(item) for item in listed(pivots)] if isinstance(pivots, dict | list) else []


def _with_pivot(item: object) -> object:
    """The tag inside a pivot, with what the pivot says of its attachment."""
    pivot = as_record(item) or {}
    tag = as_record(pivot.get("Tag"))
    if tag is None:
        return item
    return {**tag, **{key: pivot[key] for key in ("local", "relationship_type", "deleted") if key in pivot}}


_made_once = lru_cache(maxsize=1_024)(TagDraft)  # few tags stand at many attributes


def _tag(record: Record) -> TagDraft:
    fields = Fields(record)
    name = (fields.text("name") or "").strip()
    if not name or len(name.encode(errors="replace")) > _NAME_BYTES:
        fields.refuse("name", sentences.TAG_NAME)
    colour = record.get("colour")
    relationship = record.get("relationship_type")
    tag = _made_once(
        name,
        colour if isinstance(colour, str) and _COLOUR.match(colour) else None,
        fields.flag("exportable"),
        fields.flag("local") or False,
        relationship if isinstance(relationship, str) and relationship else None,
        fields.flag("deleted") or False,
        fields.flag("local_only") or False,
    )
    fields.check()
    return tag
