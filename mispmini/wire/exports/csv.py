"""csv: a line an attribute, in MISP's cells (API §8.6)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from mispmini.domain.filters import Scope
from mispmini.domain.graphs import FoundAttribute, TagRow
from mispmini.wire.exports.base import Export, ExportContext
from mispmini.wire.threat_levels import threat_level_name

Cell = Callable[[FoundAttribute], object]
_NUMERIC = re.compile(r"-?\d+(\.\d+)?", re.ASCII).fullmatch
_NUMBERS_BEGIN = frozenset("-0123456789")


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
_DECAY: dict[str, Cell] = {
    "decay_score_score": lambda f: round(f.decay[0].score, 2) if f.decay else None,
    "decay_score_decayed": lambda f: f.decay[0].decayed if f.decay else None,
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
_ALL = _PLAIN | _OBJECT | _CONTEXT | _DECAY | _ON_REQUEST


def _csv(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    options = context.options
    in_events = context.scope is Scope.EVENTS
    more = {**(_CONTEXT if options.include_context else {}), **(_DECAY if options.decay.include else {})}
    plain = not (options.requested_attributes or more)
    names = options.requested_attributes or (*_PLAIN, *_OBJECT, *more)
    if not options.headerless:
        yield f"{','.join(names)}\n"
    # MISP: a search for attributes leaves the object's columns empty.
    with_objects = in_events or bool(options.requested_attributes)
    yield from _usual_lines(found, with_objects=in_events) if plain else _lines(found, names, with_objects=with_objects)
    yield "\n"


def _lines(found: Iterable[FoundAttribute], names: Sequence[str], *, with_objects: bool) -> Iterator[str]:
    """Any columns; one that is not known is empty."""
    blank = frozenset() if with_objects else frozenset(_OBJECT)
    columns = [_ALL.get(name, _nothing) if name not in blank else _nothing for name in names]
    for item in found:
        yield f"{','.join(cell(column(item)) for column in columns)}\n"


def _usual_lines(found: Iterable[FoundAttribute], *, with_objects: bool) -> Iterator[str]:
    """The usual columns, written out: most exports have them, and the cells are most of their time (SPEED §3)."""
    text, kind, empty = _text_cell, cache(_kind_cells), '"","",""'
    for item in found:
        row, obj = item.attribute, item.obj if with_objects else None
        held = f'"{obj.uuid}",{text(obj.name)},{text(obj.meta_category)}' if obj else empty
        yield (
            f'"{row.uuid}",{row.event_id},{kind(row.category, row.type)},{text(row.value)},{text(row.comment)},'
            f"{'1' if row.to_ids else '0'},{row.timestamp},{text(row.object_relation or '')},"
            f"{text(_tag_names(item.tags)) if item.tags else empty[:2]},{held}\n"
        )


def _kind_cells(category: str, kind: str) -> str:
    """Category and type; a partner's may be unknown here, and be any text."""
    return f"{_text_cell(category)},{_text_cell(kind)}"


def _nothing(_found: FoundAttribute) -> str:
    return ""


def cell(value: object) -> str:
    """A value as MISP writes it in a table."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return '""' if value is None else _text_cell(str(value))


def _text_cell(text: str) -> str:
    """A number as it is; anything else quoted."""
    if text[:1] in _NUMBERS_BEGIN and _NUMERIC(text):
        return text
    if '"' in text:
        text = text.replace('"', '""')
    return f'"{text}"'


CSV = Export("csv", _csv, content_type="text/csv; charset=UTF-8", kind="csv")
