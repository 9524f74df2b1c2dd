"""Runs a search: ids first, a page of them or all, so that results can then be read in short batches (HOUSE §4)."""

from array import array
from collections.abc import Iterable, Mapping

from mispmini.domain.filters import Order, SearchFilters, is_pattern
from mispmini.domain.viewer import Viewer
from mispmini.store.gone import NOT_GONE
from mispmini.store.search.attribute_search import AttributeSearch
from mispmini.store.search.event_conditions import event_conditions
from mispmini.store.search.holder_search import HolderSearch
from mispmini.store.search.matching import all_of, refuse_excess
from mispmini.store.search.object_search import ObjectSearch
from mispmini.store.search.scope import AND_THEN, Reach
from mispmini.store.sql import Predicate, scalar, streamed_rows

_IDS_AT_ONCE = 1_000
_EVENT_ORDERS = {
    name: f"event.{name}"
    for name in ("id", "info", "analysis", "threat_level_id", "distribution", "timestamp", "publish_timestamp")
}
_ATTRIBUTE_ORDERS = {
    **{name: f"attribute.{name}" for name in ("id", "event_id", "distribution", "timestamp", "uuid")},
    "type": "(SELECT name FROM attribute_type WHERE attribute_type.id = attribute.type_id)",
    "category": "(SELECT name FROM attribute_category WHERE attribute_category.id = attribute.category_id)",
}

_OBJECT_ORDERS = {name: f"object.{name}" for name in ("id", "event_id", "distribution", "timestamp", "uuid")}


def find_event_ids(viewer: Viewer, filters: SearchFilters) -> tuple["array[int]", int]:
    """Ids of the events found, one page of them if there is a limit, and how many there are in all (API §8.1).

    Raises BadRequest for too many terms.
    """
    refuse_excess(filters)
    reach = Reach.of(viewer, filters.deleted)
    holders = HolderSearch(reach, filters, few=_leaves_few_events(filters))
    found = all_of([reach.events(), *event_conditions(reach, filters), *holders.conditions()])
    ids = _ids("event.id", "event", found, _ordered(filters.order, _EVENT_ORDERS, "event"))
    return _page_of(ids, filters), len(ids)


def _page_of(ids: "array[int]", filters: SearchFilters) -> "array[int]":
    """One page: looking for all of them costs hardly more than counting them, and is done once."""
    if filters.limit is None:
        return ids
    start = filters.limit * ((filters.page or 1) - 1)
    return ids[start : start + filters.limit]


def count_events(found: Predicate) -> int:
    """How many events satisfy a condition."""
    return int(scalar(f"SELECT count(*) FROM event WHERE {found.text}", found.params))


def find_attribute_ids(viewer: Viewer, filters: SearchFilters) -> "array[int]":
    """Ids of the attributes found, one page of them if there is a limit. Raises BadRequest for too many terms."""
    refuse_excess(filters)
    reach = Reach.of(viewer, filters.deleted)
    search = AttributeSearch(reach, filters)
    found = all_of([reach.events(), reach.attributes(), *event_conditions(reach, filters), *search.conditions()])
    if filters.return_format != "json":
        found &= NOT_GONE
    order = _ordered(filters.order, _ATTRIBUTE_ORDERS, "attribute")
    if filters.type and filters.attribute_timestamp:
        order += " + 0"  # or SQLite may walk the whole table by id rather than sort what the index finds
    tables = f"attribute {_join(filters)} event ON event.id = attribute.event_id"
    return _ids("attribute.id", tables, found, order, filters)


def find_object_ids(viewer: Viewer, filters: SearchFilters) -> "array[int]":
    """Ids of the objects found, one page of them if there is a limit. Raises BadRequest for too many terms."""
    refuse_excess(filters)
    reach = Reach.of(viewer, filters.deleted)
    search = ObjectSearch(reach, filters)
    found = all_of([reach.events(), reach.objects(), *event_conditions(reach, filters), *search.conditions()])
    order = _ordered(filters.order, _OBJECT_ORDERS, "object")
    return _ids("object.id", "object JOIN event ON event.id = object.event_id", found, order, filters)


def _join(filters: SearchFilters) -> str:
    """How events join attributes: these come first unless only the events are narrowed down (SPEED §3, restSearch)."""
    of_attributes = (filters.value, filters.uuid, filters.type, filters.tags, filters.attribute_timestamp)
    of_events = (filters.org, filters.eventinfo, filters.event_tags, filters.days, filters.event_timestamp)
    events_lead = bool(filters.eventid.any) or (any(of_events) and not any(of_attributes))
    return "JOIN" if events_lead else AND_THEN


def _leaves_few_events(filters: SearchFilters) -> bool:
    exact_value = bool(filters.value.any) and not any(map(is_pattern, filters.value.any))
    return bool(filters.uuid.any or filters.eventid.any) or exact_value


def _ordered(orders: Iterable[Order], columns: Mapping[str, str], table: str) -> str:
    """An ORDER BY of known columns; others are ignored. The id comes last, so that pages never overlap."""
    wanted = [f"{columns[o.column]}{' DESC' if o.descending else ''}" for o in orders if o.column in columns]
    return ", ".join((*wanted, f"{table}.id"))


def _ids(column: str, tables: str, found: Predicate, order: str, page: SearchFilters | None = None) -> "array[int]":
    """Ids as 8-byte integers, so that a million of them is 8 MB; those of one page if there is a limit."""
    text = f"SELECT {column} FROM {tables} WHERE {found.text} ORDER BY {order}"
    params = found.params
    if page is not None and page.limit is not None:
        text, params = f"{text} LIMIT ? OFFSET ?", (*params, page.limit, page.limit * ((page.page or 1) - 1))
    return array("q", (r[0] for r in streamed_rows(text, params, at_once=_IDS_AT_ONCE)))
