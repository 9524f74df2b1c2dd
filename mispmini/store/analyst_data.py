"""Notes, opinions and relationships: finders, which know who may read them, and writers (MODEL §6.3, §7.11)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from mispmini.domain import clock
from mispmini.domain.analyst_data import AnalystKind, AnalystRow, Place
from mispmini.domain.errors import NotFound
from mispmini.domain.ids import canonical_uuid, is_row_number, uuid_bytes, uuid_text
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import TRUE, Predicate, Row, execute, in_batches, marks, row, rows, scalar
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


def place_read_by(viewer: Viewer, uuid: str) -> Place:
    """Where what has this uuid stands, things of several kinds included, as far as the viewer reads it. What stands
    hidden is told from what is nowhere by nothing: who reads neither would hear of it from who may read what is said
    about it."""
    found = [Place._make(r) for text, is_blob in _THINGS for r in rows(text, (_key(uuid, is_blob=is_blob),))]
    if _found(viewer, Predicate("item.uuid = ?", (uuid,))):
        found += (Place._make(r) for r in rows(f"SELECT {_PLACE} FROM analyst_item WHERE uuid = ?", (uuid,)))
    return _joined(place for place in found if place.event_id is not None and _is_told(viewer, place))


def event_holding(uuid: str) -> int | None:
    """The event that has this uuid, or an element with it, whoever asks."""
    found = (r[0] for text, is_blob in _THINGS for r in rows(text, (_key(uuid, is_blob=is_blob),)))
    return next(found, None)


def _joined(places: Iterable[Place]) -> Place:
    """Of each column the first that says something."""
    return Place._make(
        next((value for value in column if value), None) for column in zip(Place(), *places, strict=True)
    )


def _is_told(viewer: Viewer, place: Place) -> bool:
    told = analyst_place_told_to(viewer)
    columns = ", ".join(f"? AS {name}" for name in Place._fields)
    text = f"SELECT 1 FROM (SELECT {columns}, NULL AS object_uuid, NULL AS org_id) AS item WHERE {told.text}"
    return row(text, (*place, *told.params)) is not None


def _key(uuid: str, *, is_blob: bool) -> object:
    return uuid_bytes(uuid) if is_blob else uuid


_PLACE = ", ".join(Place._fields)
_ELEMENTS = (("attribute", "attribute_id", True), ("object", "object_id", True), ("event_report", "report_id", False))
_THINGS = (
    ("SELECT id, NULL, NULL, NULL FROM event WHERE uuid = ?", False),
    ("SELECT event_id, id, NULL, NULL FROM attribute WHERE uuid = ?", True),
    ("SELECT event_id, NULL, id, NULL FROM object WHERE uuid = ?", True),
    ("SELECT event_id, NULL, NULL, id FROM event_report WHERE uuid = ?", False),
)


def settle_in(event_id: int) -> None:
    """Give their place to items that came before the event or element they are about, inside a writing()."""
    if (items := int(scalar("SELECT count(*) FROM analyst_item"))) == 0:
        return
    ((uuid, elements),) = rows("SELECT uuid, attribute_count FROM event WHERE id = ?", (event_id,))
    for waiting in (
        _unsettled(f"event_id IS NOT {int(event_id)}", [uuid]),
        *(_unsettled_in(event_id, *element, by_item=items < elements) for element in _ELEMENTS),
    ):
        for one in waiting:
            settle_below(one)
            execute(
                "UPDATE analyst_item SET related_event_id = ? WHERE related_event_id IS NULL AND related_uuid = ?",
                (event_id, one),
            )


def _unsettled_in(event_id: int, table: str, column: str, is_blob: bool, *, by_item: bool) -> set[str]:
    """Uuids of elements of an event that items do not know yet, looked up by whichever of the two are fewer."""
    if not by_item:
        held = (r[0] for r in rows(f"SELECT uuid FROM {table} WHERE event_id = ?", (event_id,)))
        return _unsettled(f"{column} IS NULL", [uuid_text(key) if is_blob else key for key in held])
    named = [uuid for uuid in _unsettled(f"{column} IS NULL") if canonical_uuid(uuid)]
    return {
        uuid_text(r[0]) if is_blob else r[0]
        for batch in in_batches([_key(uuid, is_blob=is_blob) for uuid in named])
        for r in rows(f"SELECT uuid FROM {table} WHERE uuid IN ({marks(batch)}) AND event_id = ?", (*batch, event_id))
    }


def _unsettled(condition: str, uuids: Sequence[str] | None = None) -> set[str]:
    """What items are about without having that column of its place, or point to in vain: of these uuids, or of all."""
    found: set[str] = set()
    for name, lacking in (("object_uuid", condition), ("related_uuid", "related_event_id IS NULL")):
        text = f"SELECT DISTINCT {name} FROM analyst_item WHERE {lacking} AND {name} IS NOT NULL"
        for batch in [()] if uuids is None else in_batches(uuids):
            chosen = "" if uuids is None else f" AND {name} IN ({marks(batch)})"
            found.update(r[0] for r in rows(f"{text}{chosen}", tuple(batch)))
    return found


def settle_below(uuid: str) -> None:
    """Give its place to what is said about a uuid, and so on down, inside a writing()."""
    waiting = [uuid]
    while waiting:
        waiting += _settle(waiting.pop())


def _settle(uuid: str) -> list[str]:
    """As far as the organisation of each item reads it: see place_read_by. The uuids of those that changed."""
    read: dict[int, Place] = {}
    changed = []
    text = f"SELECT id, uuid, org_id, {_PLACE} FROM analyst_item WHERE object_uuid = ?"
    for item_id, item_uuid, org_id, *stored in rows(text, (uuid,)):
        if org_id not in read:
            read[org_id] = place_read_by(Viewer.of_organisation(org_id), uuid)
        place = _joined([read[org_id], Place._make(stored)])
        if place != Place._make(stored):
            assigned = ", ".join(f"{name} = ?" for name in Place._fields)
            execute(f"UPDATE analyst_item SET {assigned} WHERE id = ?", (*place, item_id))
            changed.append(item_uuid)
    return changed
