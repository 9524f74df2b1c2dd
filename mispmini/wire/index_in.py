"""The event index's filters as they come in (PROTOCOL §4.3)."""

from mispmini.domain.filters import Days, IndexFilters, Order
from mispmini.wire.scalars import flag, plain_text
from mispmini.wire.search_in import order_of, paging
from mispmini.wire.search_places import Params, parameters
from mispmini.wire.spans import day_bound, time_span
from mispmini.wire.terms import boolean_choice, index_terms

_PREFIX = "search"
_ALIASES = {
    "publish_timestamp": "publishtimestamp",
    "tag": "tags",
    "threat_level_id": "threatlevel",
    "sharing_group_id": "sharinggroup",
    "uuid": "eventid",
    "id": "eventid",
}
_COLUMNS = frozenset({
    "id", "uuid", "info", "date", "timestamp", "publish_timestamp", "threat_level_id", "analysis", "distribution",
    "published", "attribute_count", "org_id", "orgc_id", "locked",
})  # fmt: skip


def read_index(body: object, *, now: int) -> IndexFilters:
    """The filters of events/index; keys in any case, with or without the prefix `search`.

    Unknown keys are ignored, type rules of pulling partners among them. Raises Invalid by key for a wrong kind.
    """
    given = _renamed(parameters(body))
    limit, page = paging(given)
    return IndexFilters(
        everything=plain_text(given.get("all")) or "",
        attribute=index_terms("attribute", given.get("attribute")),
        value=index_terms("value", given.get("value")),
        published=boolean_choice("published", given.get("published")),
        has_proposal=boolean_choice("hasproposal", given.get("hasproposal")),
        eventid=index_terms("eventid", given.get("eventid")),
        days=Days(
            day_bound("datefrom", given.get("datefrom"), now),
            day_bound("dateuntil", given.get("dateuntil"), now),
        ),
        timestamp=time_span("timestamp", given.get("timestamp"), now),
        publish_timestamp=time_span("publishtimestamp", given.get("publishtimestamp"), now),
        org=index_terms("org", given.get("org")),
        sharing_group_id=index_terms("sharinggroup", given.get("sharinggroup")),
        eventinfo=index_terms("eventinfo", given.get("eventinfo")),
        tags=index_terms("tags", given.get("tags"), with_and=True),
        email=plain_text(given.get("email")) or "",
        distribution=index_terms("distribution", given.get("distribution")),
        analysis=index_terms("analysis", given.get("analysis")),
        threat_level_id=index_terms("threatlevel", given.get("threatlevel")),
        minimal=flag(given.get("minimal")) or False,
        limit=limit,
        page=page,
        order=_order(given),
    )


def _renamed(params: Params) -> Params:
    renamed: dict[str, object] = {}
    for key, value in params.items():
        name = key.lower()
        name = name.removeprefix(_PREFIX) or name
        renamed[_ALIASES.get(name, name)] = value
    return renamed


def _order(given: Params) -> Order | None:
    orders = order_of(given.get("sort"), _COLUMNS)
    if not orders:
        return None
    direction = given.get("direction")
    return Order(orders[0].column, isinstance(direction, str) and direction.strip().lower() == "desc")
