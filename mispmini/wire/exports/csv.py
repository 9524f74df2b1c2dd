"""csv: a line an attribute, in MISP's cells (API §8.6)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from mispmini.domain.filters import Scope
from mispmini.domain.graphs import FoundAttribute, TagRow
from mispmini.wire.exports.base import Export, ExportContext
from mispmini.wire.threat_levels import threat_level_name

Cell = Callable[[FoundAttribute], object]
_NUMERIC = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def _tag_names(tags: Iterable[TagRow]) -> str:
    return ",".join(tag.name for tag in tags if not tag.deleted)


_OBJECT: dict[str, Cell] = {
    "object_uuid": lambda f: f.obj.uuid if f.obj else "",
    "object_name": lambda f: f.obj.name if f.obj else "",
    "object_meta_category": lambda f: f.obj.meta_category if f.obj else "",
}
_PLAIN: dict[str, Cell] = {
    "uuid": lambda f: f.attribute.uuid,
    "event_id": lambda f: f.attribute.event_id,
    "category": lambda f: f.attribute.category,
    "type": lambda f: f.attribute.type,
    "value": lambda f: f.attribute.value,
    "comment": lambda f: f.attribute.comment,
    "to_ids": lambda f: f.attribute.to_ids,
    "date": lambda f: f.attribute.timestamp,
    "object_relation": lambda f: f.attribute.object_relation,
    "attribute_tag": lambda f: _tag_names(f.tags),
}
_CONTEXT: dict[str, Cell] = {
    "event_info": lambda f: f.event.event.info,
    "event_member_org": lambda f: f.event.org.name,
    "event_source_org": lambda f: f.event.orgc.name,
    "event_distribution": lambda f: f.event.event.distribution,
    "event_threat_level_id": lambda f: threat_level_name(f.event.event.threat_level_id),
    "event_analysis": lambda f: f.event.event.analysis,
    "event_date": lambda f: f.event.event.date,
    "event_tag": lambda f: _tag_names(f.event.tags),
    "event_timestamp": lambda f: f.event.event.timestamp,
}
_ON_REQUEST: dict[str, Cell] = {
    "id": lambda f: f.attribute.id,
    "object_id": lambda f: f.attribute.object_id or 0,
    "value1": lambda f: f.attribute.value1,
    "value2": lambda f: f.attribute.value2,
    "timestamp": lambda f: f.attribute.timestamp,
    "distribution": lambda f: f.attribute.distribution,
    "sharing_group_id": lambda f: f.attribute.sharing_group_id or 0,
    "deleted": lambda f: f.attribute.deleted,
    "disable_correlation": lambda f: f.attribute.disable_correlation,
    "first_seen": lambda f: f.attribute.first_seen,
    "last_seen": lambda f: f.attribute.last_seen,
    "event_uuid": lambda f: f.event.event.uuid,
}
_ALL = _PLAIN | _OBJECT | _CONTEXT | _ON_REQUEST


def _csv(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    options = context.options
    names: Sequence[str] = options.requested_attributes or (
        *_PLAIN,
        *_OBJECT,
        *(_CONTEXT if options.include_context else ()),
    )
    # MISP: a search for attributes leaves the object's columns empty.
    blank = frozenset() if context.scope is Scope.EVENTS or options.requested_attributes else frozenset(_OBJECT)
    cells = [_ALL.get(name, _nothing) if name not in blank else _nothing for name in names]
    if not options.headerless:
        yield f"{','.join(names)}\n"
    for item in found:
        yield f"{','.join(_cell(cell(item)) for cell in cells)}\n"
    yield "\n"


def _nothing(_found: FoundAttribute) -> str:
    return ""


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if value is None:
        return '""'
    text = str(value)
    if _NUMERIC.fullmatch(text):
        return text
    quoted = text.replace('"', '""')
    return f'"{quoted}"'


CSV = Export("csv", _csv, content_type="text/csv; charset=UTF-8", kind="csv")
