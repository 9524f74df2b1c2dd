"""yara: the rules as their authors wrote them, each name once (API §8.6)."""

import json
import re
from collections.abc import Iterable, Iterator

from mispmini.domain.graphs import FoundAttribute
from mispmini.wire.exports.base import Export, ExportContext

_TYPES = frozenset({"yara"})
_RULE_NAME = re.compile(r"^\s*(?:(?:private|global)\s+)*rule\s+(\w+)", re.MULTILINE)


def _yara(found: Iterable[FoundAttribute], _context: ExportContext) -> Iterator[str]:
    for value in _once(found):
        yield f"{value.strip()}\n\n"


def _yara_json(found: Iterable[FoundAttribute], _context: ExportContext) -> Iterator[str]:
    before = '{"generic":['
    for value in _once(found):
        yield before + json.dumps({"value": value}, ensure_ascii=False)
        before = ","
    yield "]}" if before == "," else '{"generic":[]}'


def _once(found: Iterable[FoundAttribute]) -> Iterator[str]:
    """Rules whose names have not been met; a text without a name passes, as it may be an import."""
    seen: set[str] = set()
    for item in found:
        names = set(_RULE_NAME.findall(item.attribute.value))
        if item.attribute.type in _TYPES and not names & seen:
            seen |= names
            yield item.attribute.value


YARA = Export("yara", _yara, types=_TYPES)
YARA_JSON = Export("yara-json", _yara_json, "application/json; charset=UTF-8", "json", _TYPES)
