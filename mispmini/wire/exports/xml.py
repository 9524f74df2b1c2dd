"""xml: attributes as elements of the same names as in JSON (API §8.6)."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from mispmini.domain.graphs import FoundAttribute, TagRow
from mispmini.wire.exports.base import Export, ExportContext

_NOT_IN_XML = {number: None for number in range(32) if number not in (9, 10, 13)}


def _xml(found: Iterable[FoundAttribute], _context: ExportContext) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<response>'
    for item in found:
        yield _element("Attribute", "".join(_fields(item)))
    yield "</response>\n"


def _fields(item: FoundAttribute) -> Iterator[str]:
    row, event = item.attribute, item.event.event
    columns = {
        "id": row.id, "event_id": row.event_id, "object_id": row.object_id or 0,
        "object_relation": row.object_relation, "category": row.category, "type": row.type,
        "to_ids": int(row.to_ids), "uuid": row.uuid, "timestamp": row.timestamp, "distribution": row.distribution,
        "sharing_group_id": row.sharing_group_id or 0, "comment": row.comment, "deleted": int(row.deleted),
        "disable_correlation": int(row.disable_correlation), "value": row.value,
    }  # fmt: skip
    yield from (_leaf(name, value) for name, value in columns.items())
    names = ("id", "org_id", "orgc_id", "distribution", "info", "uuid", "publish_timestamp")
    yield _element("Event", "".join(_leaf(name, getattr(event, name)) for name in names))
    yield from (_tag(tag) for tag in item.tags if not tag.deleted)


def _tag(tag: TagRow) -> str:
    return _element("Tag", _leaf("id", tag.id) + _leaf("name", tag.name) + _leaf("colour", tag.colour))


def _leaf(name: str, value: object) -> str:
    text = "" if value is None else escape(str(value).translate(_NOT_IN_XML))
    return _element(name, text)


def _element(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


XML = Export("xml", _xml, content_type="application/xml; charset=UTF-8", kind="xml")
