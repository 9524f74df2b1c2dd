"""A partner's list of organisations: JSON as any MISP gives it, or CSV, read into names and uuids (RULES §10.8)."""

import csv
import io
from collections.abc import Mapping, Sequence

from mispmini.domain.errors import BadRequest, Malformed, SaveFailed, TooLarge
from mispmini.domain.ids import canonical_uuid
from mispmini.wire.door import parse_json

Line = tuple[str, str]

BAD_LIST = "Expected a list of organisations, each with name and uuid, in JSON or CSV."
LONG_LIST = "A list has at most 10000 organisations."
_MOST_LINES = 10_000
_SEPARATORS = ";\t,"


def read_list(value: object) -> list[Line]:
    """Pairs of name and uuid, as they are written, from a JSON value or a text. Raises SaveFailed."""
    lines = _from_text(value) if isinstance(value, str) else _from_json(value)
    if not lines:
        raise SaveFailed("import", "Organisation", {"list": [BAD_LIST]})
    if len(lines) > _MOST_LINES:
        raise SaveFailed("import", "Organisation", {"list": [LONG_LIST]})
    return lines


def _from_text(text: str) -> list[Line]:
    stripped = text.lstrip("\ufeff").strip()
    if not stripped.startswith(("[", "{")):
        return _from_csv(stripped)
    try:
        return _from_json(parse_json(stripped))
    except (Malformed, BadRequest, TooLarge):
        return []


def _from_json(value: object) -> list[Line]:
    """A list of organisations, bare or wrapped each, or as a whole under `Organisation` or `response`."""
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("Organisation", "response") if name in value), None)
        value = [value] if isinstance(inner, Mapping) else inner
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    found = [_of_item(item) for item in value]
    return [line for line in found if line is not None] if all(found) else []


def _of_item(item: object) -> Line | None:
    bare = item.get("Organisation", item) if isinstance(item, Mapping) else None
    if not isinstance(bare, Mapping):
        return None
    name, uuid = bare.get("name"), bare.get("uuid")
    return (name, uuid) if isinstance(name, str) and isinstance(uuid, str) else None


def _from_csv(text: str) -> list[Line]:
    """Columns by their heads `name` and `uuid`; without heads the uuid is what looks like one."""
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)
        ]
    except csv.Error:
        return []
    heads = [cell.lower() for cell in rows[0]] if rows else []
    if {"name", "uuid"} <= set(heads):
        at_name, at_uuid = heads.index("name"), heads.index("uuid")
        return [(_cell(row, at_name), _cell(row, at_uuid)) for row in rows[1:]]
    return [_guessed(row) for row in rows] if all(len(row) > 1 for row in rows) else []


def _cell(row: list[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _guessed(row: list[str]) -> Line:
    at = next((number for number, cell in enumerate(row) if canonical_uuid(cell)), 1)
    return row[0 if at else 1], row[at]
