"""Notes, opinions and relationships: finders, which know who may read them, and writers (MODEL §6.3, §7.11)."""

from collections.abc import Collection, Mapping, Sequence

from mispmini.domain import clock
from mispmini.domain.analyst_data import AnalystKind, AnalystRow, Place
from mispmini.domain.errors import NotFound
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_text
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import TRUE, Predicate, Row, execute, in_batches, marks, row, rows
from mispmini.store.tables.analyst_data import AnalystBlock, AnalystItem
from mispmini.store.visibility import analyst_item_visible_to, analyst_place_told_to

_COLUMNS = ", ".join(f"item.{name}" for name in AnalystRow._fields)
_FROM = " FROM analyst_item AS item LEFT JOIN event ON event.id = item.event_id"
_LOCKED = AnalystRow._fields.index("locked")
MOST_ABOUT_ONE = 10_000


def _found(viewer: Viewer, condition: Predicate, *, ending: str = "ORDER BY item.id") -> list[AnalystRow]:
    shown, told = condition & analyst_item_visible_to(viewer), analyst_place_told_to(viewer)
    text = f"SELECT {_COLUMNS}, ({told.text}){_FROM} WHERE {shown.text} {ending}"
    return [_told(_item(r[:-1]), place=r[-1]) for r in rows(text, told.params + shown.params)]


def as_told_to(viewer: Viewer, item: AnalystRow) -> AnalystRow:
    """One that the viewer just wrote, without its place if what it is about is not the viewer's to know of."""
    for found in _found(viewer, Predicate("item.id = ?", (item.id,))):
        return found
    return _told(item, place=False)


def _told(item: AnalystRow, *, place: bool) -> AnalystRow:
    return item if place else item._replace(event_id=None, attribute_id=None, object_id=None, report_id=None)


def _item(r: Row) -> AnalystRow:
    return AnalystRow._make((*r[:_LOCKED], bool(r[_LOCKED]), *r[_LOCKED + 1 :]))


def items_of_events(viewer: Viewer, event_ids: Sequence[int]) -> list[AnalystRow]:
    """What is said about these events and anything in them, and relationships that point into them.

    A small query finds out whether there is anything at all.
    """
    given, in_list = tuple(event_ids), marks(tuple(event_ids))
    text = (
        f"SELECT id FROM analyst_item WHERE event_id IN ({in_list})"
        f" UNION SELECT id FROM analyst_item WHERE related_event_id IN ({in_list})"
    )
    ids = [r[0] for r in rows(text, given + given)] if given else []
    found: list[AnalystRow] = []
    for batch in in_batches(ids):
        found += _found(viewer, Predicate(f"item.id IN ({marks(batch)})", tuple(batch)))
    return found


def items_below(viewer: Viewer, uuid: str) -> list[AnalystRow]:
    """What is said about one uuid, and about that in turn; at most MOST_ABOUT_ONE."""
    below = (
        "WITH RECURSIVE below (uuid) AS (SELECT uuid FROM analyst_item WHERE object_uuid = ? UNION"
        " SELECT lower.uuid FROM below JOIN analyst_item AS lower ON lower.object_uuid = below.uuid)"
        f" SELECT uuid FROM below LIMIT {MOST_ABOUT_ONE}"
    )
    return _found(viewer, Predicate(f"item.uuid IN ({below})", (uuid,)))


def find_item(viewer: Viewer, ref: str, kind: AnalystKind | None) -> AnalystRow:
    """One by id or uuid, of a kind unless any will do. Raises NotFound, the same for what the viewer may not see."""
    uuid = canonical_uuid(ref)
    number = int(ref) if is_row_number(ref) else -1
    named = Predicate("item.id = ?", (number,)) if uuid is None else Predicate("item.uuid = ?", (uuid,))
    of_kind = TRUE if kind is None else Predicate("item.kind = ?", (kind.value,))
    for found in _found(viewer, named & of_kind):
        return found
    raise NotFound(f"Invalid {kind or 'Analyst Data'}")


def list_items(viewer: Viewer, kind: AnalystKind, uuids: Collection[str] | None, *, limit: int) -> list[AnalystRow]:
    """Those of a kind, newest change first, or of these uuids alone."""
    named = TRUE if uuids is None else Predicate(f"item.uuid IN ({marks(tuple(uuids))})", tuple(uuids))
    of_kind = Predicate("item.kind = ?", (kind.value,))
    ending = f"ORDER BY item.modified DESC, item.id DESC LIMIT {int(limit)}"
    return _found(viewer, of_kind & named, ending=ending)


def index_minimal(viewer: Viewer, wanted: Sequence[str], unwanted: Sequence[str]) -> list[tuple[str, str, int]]:
    """Kind, uuid and epoch of the change of what the viewer sees, by folded names of the creator (PROTOCOL §4.8)."""
    shown = analyst_item_visible_to(viewer)
    for operator, names in (("IN", wanted), ("NOT IN", unwanted)):
        if names:
            orgs = f"SELECT id FROM organisation WHERE folded_name IN ({marks(names)})"
            shown &= Predicate(f"item.orgc_id {operator} ({orgs})", tuple(names))
    text = f"SELECT item.kind, item.uuid, item.modified{_FROM} WHERE {shown.text} ORDER BY item.id"
    return [(r[0], r[1], r[2]) for r in rows(text, shown.params)]


def items_for_push(levels: Sequence[int]) -> list[AnalystRow]:
    """Everything of these levels that is about no event in the trash, oldest first."""
    return _found(Viewer.everything(), Predicate(f"item.distribution IN ({marks(tuple(levels))})", tuple(levels)))


def items_by_uuid(uuids: Collection[str]) -> dict[str, AnalystRow]:
    """What is here of these, whoever may see it: for judging what comes in."""
    found: dict[str, AnalystRow] = {}
    given = sorted(uuids)
    for start in range(0, len(given), 500):
        batch = given[start : start + 500]
        text = f"SELECT {_COLUMNS} FROM analyst_item AS item WHERE item.uuid IN ({marks(batch)})"
        found |= {r[2]: _item(r) for r in rows(text, batch)}
    return found


def blocked_items(uuids: Collection[str]) -> set[str]:
    """Which of these were deleted here."""
    given = sorted(uuids)
    found: set[str] = set()
    for start in range(0, len(given), 500):
        batch = given[start : start + 500]
        found |= {r[0] for r in rows(f"SELECT uuid FROM analyst_block WHERE uuid IN ({marks(batch)})", batch)}
    return found


def insert_item(values: Mapping[str, object]) -> int:
    """Add one by column names, inside a writing(); its id."""
    return int(AnalystItem.insert(dict(values)).execute())


def update_item(item_id: int, values: Mapping[str, object]) -> None:
    """Change columns of one, inside a writing()."""
    AnalystItem.update(dict(values)).where(AnalystItem.id == item_id).execute()


def delete_item(item: AnalystRow) -> None:
    """Remove one, inside a writing(); its uuid does not come back. What was said about it stays."""
    execute("DELETE FROM analyst_item WHERE id = ?", (item.id,))
    AnalystBlock.insert(uuid=item.uuid, created=clock.now()).on_conflict_ignore().execute()


def place_read_by(viewer: Viewer, kind: str, uuid: str) -> Place:
    """Where something stands that the viewer reads. What stands hidden is told from what is nowhere by nothing:
    who reads neither would hear of it from who may read what is said about it."""
    place = place_of(kind, uuid)
    if place.event_id is None:
        return place
    if kind not in (*_ELEMENT_TABLES, "Event") and not _found(viewer, Predicate("item.uuid = ?", (uuid,))):
        return Place()
    return place if _is_told(viewer, place) else Place()


def _is_told(viewer: Viewer, place: Place) -> bool:
    told = analyst_place_told_to(viewer)
    columns = ", ".join(f"? AS {name}" for name in Place._fields)
    text = (
        f"SELECT 1 FROM (SELECT {columns}, NULL AS object_uuid, NULL AS org_id) AS item"
        f" LEFT JOIN event ON event.id = item.event_id WHERE {told.text}"
    )
    return row(text, (*place, *told.params)) is not None


def place_of(kind: str, uuid: str) -> Place:
    """Where something stands here; of what is said about a note that is the note's own place."""
    if kind == "Event":
        found = row("SELECT id, NULL, NULL, NULL FROM event WHERE uuid = ?", (uuid,))
    elif kind in _ELEMENT_TABLES:
        table, place, is_blob = _ELEMENT_TABLES[kind]
        key = bytes.fromhex(uuid.replace("-", "")) if is_blob else uuid
        found = row(f"SELECT event_id, {place} FROM {table} WHERE uuid = ?", (key,))
    else:
        found = row(
            "SELECT event_id, attribute_id, object_id, report_id FROM analyst_item WHERE uuid = ? AND kind = ?",
            (uuid, kind),
        )
    return Place() if found is None else Place._make(found)


_ELEMENT_TABLES = {
    "Attribute": ("attribute", "id, NULL, NULL", True),
    "Object": ("object", "NULL, id, NULL", True),
    "EventReport": ("event_report", "NULL, NULL, id", False),
}


def settle_in(event_id: int) -> None:
    """Give their place to items that came before the event or element they are about, inside a writing()."""
    (event_uuid,) = rows("SELECT uuid FROM event WHERE id = ?", (event_id,))[0]
    _settle(Place(event_id), "object_type = 'Event' AND object_uuid = ?", (event_uuid,))
    _point(event_id, "Event", [event_uuid])
    if row(_WAITING_FOR_ELEMENTS) is None:
        return
    for kind, (table, _place, is_blob) in _ELEMENT_TABLES.items():
        found = [r[0] for r in rows(f"SELECT uuid FROM {table} WHERE event_id = ?", (event_id,))]
        uuids = [uuid_text(raw) for raw in found] if is_blob else found
        _point(event_id, kind, uuids)
        for uuid in _waiting_for(kind, uuids):
            _settle(place_of(kind, uuid), "object_type = ? AND object_uuid = ?", (kind, uuid))


_WAITING_FOR_ELEMENTS = (
    "SELECT 1 FROM analyst_item WHERE (event_id IS NULL AND object_type IN ('Attribute', 'Object', 'EventReport'))"
    " OR (related_uuid IS NOT NULL AND related_event_id IS NULL AND related_type != 'Event') LIMIT 1"
)


def _waiting_for(kind: str, uuids: Sequence[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(uuids), 500):
        batch = uuids[start : start + 500]
        text = (
            "SELECT DISTINCT object_uuid FROM analyst_item"
            f" WHERE event_id IS NULL AND object_type = ? AND object_uuid IN ({marks(batch)})"
        )
        found += (r[0] for r in rows(text, (kind, *batch)))
    return found


def _point(event_id: int, kind: str, uuids: Sequence[str]) -> None:
    for start in range(0, len(uuids), 500):
        batch = uuids[start : start + 500]
        execute(
            "UPDATE analyst_item SET related_event_id = ?"
            f" WHERE related_event_id IS NULL AND related_type = ? AND related_uuid IN ({marks(batch)})",
            (event_id, kind, *batch),
        )


def settle_below(uuid: str, place: Place) -> None:
    """Give the place of one item to those about it, and so on down, inside a writing()."""
    _settle(place, "object_uuid = ?", (uuid,))


def _settle(place: Place, condition: str, params: tuple[object, ...]) -> None:
    """Of those that wait the ones whose organisation reads the place: see place_read_by."""
    if place.event_id is None:
        return
    told: dict[int, bool] = {}
    waiting = [(condition, params)]
    while waiting:
        where, given = waiting.pop()
        for item_id, uuid, org_id in rows(
            f"SELECT id, uuid, org_id FROM analyst_item WHERE event_id IS NULL AND {where}", given
        ):
            if org_id not in told:
                told[org_id] = _is_told(Viewer.of_organisation(org_id), place)
            if told[org_id]:
                execute(
                    "UPDATE analyst_item SET event_id = ?, attribute_id = ?, object_id = ?, report_id = ? WHERE id = ?",
                    (*place, item_id),
                )
                waiting.append(("object_uuid = ?", (uuid,)))
