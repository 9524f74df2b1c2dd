"""Warninglists as they come in (MODEL §7.15)."""

from mispmini.domain import sentences
from mispmini.domain.errors import Invalid, TooLarge
from mispmini.domain.json_texts import read_json
from mispmini.domain.patterns import is_pattern, refusal
from mispmini.domain.warninglists import CATEGORIES, TYPES, WarninglistDraft
from mispmini.wire.door import unwrap
from mispmini.wire.scalars import Fields, as_record, plain_text

MOST_ENTRIES = 2_000_000
MOST_VALUES = 10_000
LONGEST = 255
_TYPES = f"Options : {', '.join(TYPES)}"
_CATEGORIES = f"Options : {', '.join(CATEGORIES)}"


def read_warninglist(body: object) -> WarninglistDraft:
    """A list to be added or changed. Raises Invalid by field, TooLarge."""
    record = as_record(unwrap(body, "Warninglist"))
    if record is None:
        raise Invalid({"name": [sentences.NOT_EMPTY]})
    outer = as_record(body) or {}
    inner = {**record, **{name: outer[name] for name in ("WarninglistEntry", "WarninglistType") if name in outer}}
    fields = Fields(inner)
    kind = _choice(fields, "type", TYPES, _TYPES)
    draft = WarninglistDraft(
        name=_name(fields),
        type=kind,
        description=fields.text("description"),
        version=fields.epoch("version"),
        enabled=fields.flag("enabled"),
        category=_choice(fields, "category", CATEGORIES, _CATEGORIES),
        valid_attributes=_types(inner),
        entries=_entries(fields, kind),
    )
    fields.check()
    return draft


def read_values(body: object) -> list[str]:
    """The values of warninglists/checkValue, one or many. Raises TooLarge."""
    value = unwrap(body, "value")
    items = value if isinstance(value, list) else [value]
    if len(items) > MOST_VALUES:
        raise TooLarge(f"More than {MOST_VALUES} values at once.")
    return [text for item in items if (text := plain_text(item))]


def _name(fields: Fields) -> str | None:
    name = fields.text("name")
    if name is not None and not 0 < len(name.strip()) <= LONGEST:
        fields.refuse("name", sentences.NOT_EMPTY)
    return None if name is None else name.strip()


def _choice(fields: Fields, name: str, choices: tuple[str, ...], sentence: str) -> str | None:
    text = fields.text(name)
    if text and text not in choices:
        fields.refuse(name, sentence)
    return text or None


def _types(record: dict[str, object]) -> tuple[str, ...] | None:
    for name in ("WarninglistType", "matching_attributes", "valid_attributes"):
        value = record.get(name)
        if value is None:
            continue
        items = value if isinstance(value, list) else _listed(str(value))
        found = (plain_text(item.get("type")) if isinstance(item, dict) else plain_text(item) for item in items)
        return tuple(text.strip() for text in found if text and text.strip())
    return None


def _listed(text: str) -> list[object]:
    try:
        read = read_json(text)
    except ValueError:
        read = None
    return read if isinstance(read, list) else list(text.replace(",", "\n").splitlines())


def _entries(fields: Fields, kind: str | None) -> tuple[tuple[str, str], ...] | None:
    """The values: records, texts, or the lines of a form, where a comment may follow ` # `."""
    value = next((fields.record[n] for n in ("WarninglistEntry", "list", "entries") if n in fields.record), None)
    if value is None:
        return None
    items = value if isinstance(value, list) else str(value).splitlines()
    if len(items) > MOST_ENTRIES:
        raise TooLarge(f"More than {MOST_ENTRIES} entries in a list.")
    found = dict(pair for item in items if (pair := _entry(item))[0])
    if kind == "regex" and not all(is_pattern(entry) for entry in found):
        fields.refuse("entries", refusal("One of the entries is no regular expression."))
    return tuple(found.items())


def _entry(item: object) -> tuple[str, str]:
    if isinstance(item, dict):
        return (plain_text(item.get("value")) or "").strip(), (plain_text(item.get("comment")) or "").strip()
    value, _mark, comment = (plain_text(item) or "").partition(" # ")
    return value.strip(), comment.strip()
