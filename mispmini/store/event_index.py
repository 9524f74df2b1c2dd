"""The event index: full items for people and programs, minimal ones for pulling partners. Raw SQL: SPEED §3."""

import threading
from collections.abc import Iterator, Sequence

from mispmini.domain.distribution import needs_group
from mispmini.domain.filters import IndexFilters
from mispmini.domain.graphs import EventRow
from mispmini.domain.index_items import IndexItem
from mispmini.domain.records import GroupName, IndexOrganisation, IndexTag, MinimalIndexRow
from mispmini.domain.viewer import Viewer
from mispmini.store.database import change_counter
from mispmini.store.deadline import anew_each
from mispmini.store.search.finding import count_events
from mispmini.store.search.index_conditions import index_conditions
from mispmini.store.search.matching import refuse_excess
from mispmini.store.sql import Predicate, Row, in_batches, marks, rows
from mispmini.store.tables.base import database
from mispmini.store.visibility import attribute_count_for, event_visible_to, group_visible_to, proposal_visible_to

_KNOWN_TOTALS = 500
_WIDTH = len(EventRow._fields)
_ITEM = ", ".join(
    (
        *("({count})" if name == "attribute_count" else f"event.{name}" for name in EventRow._fields),
        *(f"{org}.{name}" for org in ("owner", "creator") for name in IndexOrganisation._fields),
        "sharing_group.id",
        "CASE WHEN {known} THEN sharing_group.name END",
        "sharing_group.uuid",
    )
)
_FROM = (
    "event JOIN organisation AS owner ON owner.id = event.org_id"
    " JOIN organisation AS creator ON creator.id = event.orgc_id"
    " LEFT JOIN sharing_group ON sharing_group.id = event.sharing_group_id"
)
_TAG = (
    "SELECT link.event_id, link.id, link.tag_id, link.local, link.relationship_type, tag.name, tag.colour,"
    " tag.is_galaxy FROM event_tag AS link JOIN tag ON tag.id = link.tag_id"
)
_ORDERS = frozenset(
    {
        "id", "uuid", "info", "date", "timestamp", "publish_timestamp", "threat_level_id", "analysis", "distribution",
        "published", "attribute_count", "org_id", "orgc_id", "locked",
    }
)  # fmt: skip


def index_rows(viewer: Viewer, filters: IndexFilters) -> tuple[Iterator[IndexItem], int]:
    """The events of a page, oldest first unless sorted, and how many there are on all pages (PROTOCOL §1.3, §4.3).

    The items come in short reads, so that any number may be asked for. Raises BadRequest for too many terms.
    """
    refuse_excess(filters)
    found = index_conditions(viewer, filters)
    selected, params = _select(viewer, "event.id", "event", found, filters)
    ids = [r[0] for r in rows(selected, params)]
    return _items(viewer, ids), _total(found, filters, len(ids))


def minimal_rows(viewer: Viewer, filters: IndexFilters) -> tuple[list[MinimalIndexRow], int]:
    """What a pulling partner needs of each event with content, and how many there are on all pages.

    Raises BadRequest for too many terms.
    """
    refuse_excess(filters)
    found = index_conditions(viewer, filters)
    columns = ", ".join(f"event.{name}" for name in MinimalIndexRow._fields[:-1])
    source = "event JOIN organisation AS creator ON creator.id = event.orgc_id"
    selected, params = _select(viewer, f"{columns}, creator.uuid", source, found, filters)
    page = [MinimalIndexRow(a, b, c, d == 1, e, f) for a, b, c, d, e, f in rows(selected, params)]
    return page, _total(found, filters, len(page))


def _select(
    viewer: Viewer, columns: str, tables: str, found: Predicate, filters: IndexFilters
) -> tuple[str, tuple[object, ...]]:
    sorting = _sorting(viewer, filters)
    text = f"SELECT {columns} FROM {tables} WHERE {found.text} ORDER BY {sorting.text}"
    params = found.params + sorting.params
    if filters.limit is None:
        return text, params
    return f"{text} LIMIT ? OFFSET ?", (*params, filters.limit, filters.limit * ((filters.page or 1) - 1))


def _sorting(viewer: Viewer, filters: IndexFilters) -> Predicate:
    order = filters.order
    if order is None or order.column not in _ORDERS:
        return Predicate("event.id")
    wanted = attribute_count_for(viewer) if order.column == "attribute_count" else Predicate(f"event.{order.column}")
    return Predicate(f"{wanted.text}{' DESC' if order.descending else ''}, event.id", wanted.params)


_totals: dict[tuple[object, ...], int] = {}
_totals_lock = threading.Lock()


def _total(found: Predicate, filters: IndexFilters, on_page: int) -> int:
    """How many events satisfy the condition: counted once for each state of the database, which the counter names."""
    if filters.limit is None or (filters.page in (None, 1) and on_page < filters.limit):
        return on_page
    if database.in_transaction():
        return count_events(found)
    key = (str(database.database), change_counter(), found)
    with _totals_lock:
        known = _totals.get(key)
    return _remember(key, count_events(found)) if known is None else known


def _remember(key: tuple[object, ...], total: int) -> int:
    with _totals_lock:
        if len(_totals) >= _KNOWN_TOTALS:
            _totals.clear()
        _totals[key] = total
    return total


def _items(viewer: Viewer, ids: Sequence[int]) -> Iterator[IndexItem]:
    for batch in anew_each(in_batches(ids)):
        items = _batch(viewer, batch)
        yield from (items[event_id] for event_id in batch if event_id in items)


def _batch(viewer: Viewer, ids: Sequence[int]) -> dict[int, IndexItem]:
    visible, proposed = event_visible_to(viewer), proposal_visible_to(viewer)
    held, known = attribute_count_for(viewer), group_visible_to(viewer)
    found = rows(
        f"SELECT {_ITEM.format(count=held.text, known=known.text)}, EXISTS (SELECT 1 FROM proposal"
        f" WHERE proposal.event_id = event.id AND NOT proposal.deleted AND ({proposed.text}))"
        f" FROM {_FROM} WHERE event.id IN ({marks(ids)}) AND ({visible.text})",
        (*held.params, *known.params, *proposed.params, *ids, *visible.params),
    )
    tags = _tags(viewer, ids)
    return {r[0]: _item(r, tags.get(r[0], ())) for r in found}


def _item(r: Row, tags: Sequence[IndexTag]) -> IndexItem:
    event = EventRow._make((*r[:8], bool(r[8]), *r[9:16], bool(r[16]), bool(r[17]), *r[18:_WIDTH]))
    owner, creator, group = (r[start : start + 3] for start in (_WIDTH, _WIDTH + 3, _WIDTH + 6))
    return IndexItem(
        event,
        IndexOrganisation._make(owner),
        IndexOrganisation._make(creator),
        tuple(tags),
        GroupName._make(group) if needs_group(event.distribution) and group[0] is not None else None,
        proposed=bool(r[_WIDTH + 9]),
    )


def _tags(viewer: Viewer, ids: Sequence[int]) -> dict[int, list[IndexTag]]:
    """Exportable tags by event; local ones are not for partners (API §8.1)."""
    hidden = " AND NOT link.local" if viewer.is_partner else ""
    found = rows(
        f"{_TAG} WHERE link.event_id IN ({marks(ids)}) AND NOT link.deleted AND tag.exportable{hidden}"
        " ORDER BY link.id",
        tuple(ids),
    )
    tags: dict[int, list[IndexTag]] = {}
    for event_id, link_id, tag_id, local, relation, name, colour, is_galaxy in found:
        tag = IndexTag(link_id, tag_id, bool(local), relation, name, colour, bool(is_galaxy))
        tags.setdefault(event_id, []).append(tag)
    return tags
