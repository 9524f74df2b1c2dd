"""What relationships point to, as far as the viewer sees it (MODEL §7.11)."""

from collections.abc import Iterable

from mispmini.domain.analyst_data import RelatedRow
from mispmini.domain.ids import uuid_bytes, uuid_text
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import TRUE, Predicate, marks, rows
from mispmini.store.visibility import attribute_readable_by, element_visible_to, event_readable_by

_LABELS = {
    "Event": ("event", "event.info"),
    "Attribute": ("attribute", "attribute.value1"),
    "Object": ("object", "object.name"),
    "EventReport": ("event_report", "event_report.name"),
}


def related_rows(viewer: Viewer, wanted: Iterable[tuple[str, str]]) -> dict[str, RelatedRow]:
    """Live and readable things by uuid, of types and uuids; a query for each type that is asked for."""
    uuids: dict[str, list[str]] = {}
    for kind, uuid in wanted:
        uuids.setdefault(kind, []).append(uuid)
    return {row.uuid: row for kind, listed in uuids.items() for row in _rows(viewer, kind, listed)}


def _rows(viewer: Viewer, kind: str, uuids: list[str]) -> list[RelatedRow]:
    table, label = _LABELS[kind]
    is_blob = kind in ("Attribute", "Object")
    keys: list[object] = [uuid_bytes(uuid) for uuid in uuids] if is_blob else list(uuids)
    readable = event_readable_by(viewer) & _element(viewer, kind, table)
    source = "event" if kind == "Event" else f"{table} JOIN event ON event.id = {table}.event_id"
    found = rows(
        f"SELECT {table}.uuid, {table}.id, event.id, {label} FROM {source}"
        f" WHERE {table}.uuid IN ({marks(keys)}) AND ({readable.text})",
        (*keys, *readable.params),
    )
    return [RelatedRow(uuid_text(r[0]) if is_blob else r[0], kind, r[1], r[2], r[3]) for r in found]


def _element(viewer: Viewer, kind: str, table: str) -> Predicate:
    if kind == "Event":
        return TRUE
    shown = attribute_readable_by(viewer) if kind == "Attribute" else element_visible_to(viewer, table)
    return shown & Predicate(f"NOT {table}.deleted")
