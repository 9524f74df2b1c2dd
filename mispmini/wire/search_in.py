"""restSearch parameters as they come in, merged from body and path by the caller (API §8.1-§8.5)."""

from dataclasses import replace

from mispmini.domain.filters import (
    NO_SPAN,
    Days,
    Deleted,
    Elsewhere,
    Order,
    Scope,
    SearchFilters,
    SearchOptions,
    Span,
    Terms,
)
from mispmini.domain.validation.network import canonical_ip
from mispmini.wire import formats
from mispmini.wire.decay_in import read_decay
from mispmini.wire.scalars import flag, plain_text, whole_number
from mispmini.wire.search_places import Params, parameters, with_alternatives
from mispmini.wire.spans import day_bound, day_span, seen_span, time_span
from mispmini.wire.terms import boolean_choice, search_terms

_LARGEST = 2**31
_OLD_EMAILS = frozenset({"email-src", "email-dst"})
_LEGACY = {
    "id": "eventid",
    "tag": "tags",
    "quickFilter": "searchall",
    "withAttachment": "includeAttachments",
    "withAttachments": "includeAttachments",
    "sharinggroup": "sharing_group_id",
}
# What takes the limits of an export off, as its old spellings have it.
_SWITCHES = {
    "ignore": ("published", "to_ids"),
    "allowNonIDS": ("to_ids",),
    "allowNotPublished": ("published",),
}
_EVENT_COLUMNS = frozenset(
    {"id", "info", "analysis", "threat_level_id", "distribution", "timestamp", "publish_timestamp"}
)
_ELEMENT_COLUMNS = frozenset({"id", "event_id", "type", "category", "distribution", "timestamp", "uuid"})


def read_search(body: object, scope: Scope, *, now: int) -> SearchFilters:
    """The filters of a restSearch; unknown names and senseless values are ignored, as MISP does.

    `now` in epoch seconds resolves relative times. Raises Invalid by name for values of a wrong kind, NotFound for a
    format that the scope does not have.
    With `searchall` every other filter is off.
    """
    given = with_alternatives(_renamed(parameters(body)))
    filters = _paged(given, scope)
    wanted = given.get("searchall")
    # PyMISP: `searchall` alone says that `value` is looked for everywhere.
    wanted = given.get("value") if flag(wanted) is True and given.get("value") else wanted
    if searchall := search_terms("searchall", wanted):
        return replace(filters, searchall=searchall)
    for narrowed in (_by_content, _by_origin, _by_labels):
        filters = narrowed(filters, given)
    return _by_time(_by_state(filters, given), given, now)


def paging(given: Params) -> tuple[int | None, int | None]:
    """Limit and page, where they make sense; a page without a limit does not."""
    limit = _positive(given.get("limit"))
    return limit, _positive(given.get("page")) if limit else None


def order_of(value: object, columns: frozenset[str]) -> tuple[Order, ...]:
    """`"column [asc|desc]"` or a list of such, kept where the column may be sorted by."""
    items = value if isinstance(value, list) else [value]
    words = [item.split() for item in items if isinstance(item, str)]
    named = [(word[0].rpartition(".")[2], " ".join(word[1:]).lower()) for word in words if word]
    return tuple(
        Order(name, direction == "desc")
        for name, direction in named
        if name in columns and direction in {"", "asc", "desc"}
    )


def _positive(value: object) -> int | None:
    """A natural number, small enough that a limit times a page is still an SQL integer."""
    number = whole_number(value)
    return min(number, _LARGEST) if number is not None and number > 0 else None


def _renamed(params: Params) -> Params:
    """Old names become the present ones, which win if both are there."""
    renamed = {_LEGACY[name]: value for name, value in params.items() if name in _LEGACY}
    return {**renamed, **{name: value for name, value in params.items() if name not in _LEGACY}}


def _paged(given: Params, scope: Scope) -> SearchFilters:
    limit, page = paging(given)
    return_format = formats.read_format(given.get("returnFormat"), scope)
    return SearchFilters(
        scope=scope,
        return_format=return_format,
        for_detection=return_format in formats.RESTRICTIVE,
        limit=limit,
        page=page,
        order=order_of(given.get("order"), _EVENT_COLUMNS if scope is Scope.EVENTS else _ELEMENT_COLUMNS),
        options=_options(given),
    )


def _columns(value: object) -> tuple[str, ...]:
    """The columns of a table: a list, or a text with `&&` or commas between their names."""
    named = search_terms("requested_attributes", value).any if value else ()
    return tuple(name.strip() for part in named for name in part.split(",") if name.strip())


def _options(given: Params) -> SearchOptions:
    def on(name: str) -> bool:
        value = flag(given.get(name))
        return bool(given.get(name)) if value is None else value

    correlations = flag(given.get("includeEventCorrelations"))
    return SearchOptions(
        metadata=on("metadata"),
        with_attachments=on("includeAttachments"),
        sg_reference_only=on("sgReferenceOnly"),
        include_event_uuid=on("includeEventUuid"),
        include_event_tags=on("includeEventTags"),
        include_sightings=on("includeSightings"),
        include_proposals=on("includeProposals"),
        no_sightings=on("noSightings"),
        include_analyst_data=on("includeAnalystData"),
        no_shadow_attributes=on("noShadowAttributes"),
        include_all_tags=on("includeAllTags"),
        include_context=on("includeContext"),
        include_event_correlations=True if correlations is None else correlations,
        exclude_local_tags=on("excludeLocalTags"),
        exclude_galaxy=on("excludeGalaxy"),
        no_event_reports=on("noEventReports"),
        extended=on("extended"),
        extension_list=on("extensionList"),
        include_correlations=on("includeCorrelations"),
        elsewhere=Elsewhere(
            feeds=on("includeFeedCorrelations"),
            servers=on("includeServerCorrelations"),
            granular=on("includeGranularCorrelations"),
            related_tags=on("includeRelatedTags"),
        ),
        list_ids=on("list"),
        include_warninglist_hits=on("includeWarninglistHits"),
        enforce_warninglist=on("enforceWarninglist"),
        decay=read_decay(given),
        flatten=on("flatten"),
        headerless=on("headerless"),
        requested_attributes=_columns(given.get("requested_attributes")),
        hash_type=plain_text(given.get("hash_type")) or "md5",
    )


def _by_content(filters: SearchFilters, given: Params) -> SearchFilters:
    """What the elements say."""
    return replace(
        filters,
        value=_addresses_compressed(search_terms("value", given.get("value"))),
        type=_with_any_email(search_terms("type", given.get("type"))),
        category=search_terms("category", given.get("category")),
        object_relation=search_terms("object_relation", given.get("object_relation")),
        comment=search_terms("comment", given.get("comment")),
        uuid=_lower_case(search_terms("uuid", given.get("uuid"))),
        object_name=search_terms("object_name", given.get("object_name")),
        object_template_uuid=_lower_case(search_terms("object_template_uuid", given.get("object_template_uuid"))),
        object_template_version=search_terms("object_template_version", given.get("object_template_version")),
    )


def _by_origin(filters: SearchFilters, given: Params) -> SearchFilters:
    """Which event, and whose."""
    return replace(
        filters,
        eventid=_without_all(search_terms("eventid", given.get("eventid"))),
        eventinfo=search_terms("eventinfo", given.get("eventinfo")),
        extends_uuid=_lower_case(search_terms("eventsExtendingUuid", given.get("eventsExtendingUuid"))),
        org=search_terms("org", given.get("org")),
        org_sector=search_terms("org.sector", given.get("org.sector")),
        org_nationality=search_terms("org.nationality", given.get("org.nationality")),
        org_local=boolean_choice("org.local", given.get("org.local")),
    )


def _by_labels(filters: SearchFilters, given: Params) -> SearchFilters:
    """Tags and levels."""
    return replace(
        filters,
        tags=search_terms("tags", given.get("tags")),
        event_tags=search_terms("event_tags", given.get("event_tags")),
        galaxy=_cluster_words(given),
        threat_level_id=search_terms("threat_level_id", given.get("threat_level_id")),
        analysis=search_terms("analysis", given.get("analysis")),
        distribution=search_terms("distribution", given.get("distribution")),
        sharing_group_id=search_terms("sharing_group_id", given.get("sharing_group_id")),
    )


def _cluster_words(given: Params) -> tuple[tuple[str, Terms], ...]:
    """`galaxy.<key>`: what is wanted of the words of clusters under each key."""
    keys = [name for name in given if name.startswith("galaxy.") and len(name) > len("galaxy.")]
    read = [(name.removeprefix("galaxy."), search_terms(name, given[name])) for name in keys]
    return tuple((key, terms) for key, terms in read if terms)


def _by_state(filters: SearchFilters, given: Params) -> SearchFilters:
    """Published, to_ids, deleted; what feeds detection is published and to_ids unless asked otherwise (API §8.5)."""
    strict = filters.for_detection
    for switch, opened in _SWITCHES.items():
        if flag(given.get(switch)):
            given = {**given, **{name: [0, 1] for name in opened}}
    published, to_ids = given.get("published"), given.get("to_ids")
    return replace(
        filters,
        published=True if published is None and strict else boolean_choice("published", published),
        to_ids=True if to_ids is None and strict else boolean_choice("to_ids", to_ids, words={"exclude": False}),
        deleted=_deleted(given.get("deleted")),
    )


def _deleted(value: object) -> Deleted:
    """Absent or 0: live; 1 or "only": deleted; both in a list: both."""
    if value is None:
        return Deleted.LIVE
    chosen = boolean_choice("deleted", value, words={"only": True})
    if chosen is None:
        return Deleted.BOTH if isinstance(value, list) and len(value) > 1 else Deleted.LIVE
    return Deleted.ONLY if chosen else Deleted.LIVE


def _by_time(filters: SearchFilters, given: Params, now: int) -> SearchFilters:
    def span(*names: str) -> Span:
        spans = [time_span(name, given.get(name), now) for name in names]
        return Span(
            max((s.since for s in spans if s.since is not None), default=None),
            min((s.until for s in spans if s.until is not None), default=None),
        )

    own = {
        Scope.EVENTS: "event_timestamp",
        Scope.ATTRIBUTES: "attribute_timestamp",
        Scope.OBJECTS: "object_timestamp",
    }[filters.scope]
    stamps = {
        name: span(name, "timestamp") if name == own else span(name)
        for name in ("event_timestamp", "attribute_timestamp", "object_timestamp")
    }
    return replace(
        filters,
        days=_days(given, now),
        event_timestamp=stamps.get("event_timestamp", NO_SPAN),
        attribute_timestamp=stamps.get("attribute_timestamp", NO_SPAN),
        object_timestamp=stamps.get("object_timestamp", NO_SPAN),
        publish_timestamp=span("publish_timestamp", "last"),
        first_seen=seen_span("first_seen", given.get("first_seen"), now),
        last_seen=seen_span("last_seen", given.get("last_seen"), now, until=True),
    )


def _days(given: Params, now: int) -> tuple[Days, ...]:
    """`date`, and `from` with `to`, which all hold at once."""
    bounds = Days(day_bound("from", given.get("from"), now), day_bound("to", given.get("to"), now))
    return tuple(days for days in (bounds, day_span("date", given.get("date"), now)) if days)


def _with_any_email(types: Terms) -> Terms:
    def widened(wanted: tuple[str, ...]) -> tuple[str, ...]:
        return wanted if _OLD_EMAILS.isdisjoint(wanted) or "email" in wanted else (*wanted, "email")

    return replace(types, any=widened(types.any), all=widened(types.all))


def _without_all(ids: Terms) -> Terms:
    """`all` is no filter; uuids are lower case here."""
    return Terms() if "all" in ids.any else _lower_case(ids)


def _lower_case(terms: Terms) -> Terms:
    return Terms(*(tuple(term.lower() for term in part) for part in (terms.any, terms.all, terms.none)))


def _addresses_compressed(values: Terms) -> Terms:
    return Terms(*(tuple(map(_compressed, part)) for part in (values.any, values.all, values.none)))


def _compressed(value: str) -> str:
    """An IPv6 address or network as it is stored (MODEL §7.14); anything else as it is."""
    if value.count(":") < 2:
        return value
    address, slash, prefix = value.partition("/")
    canonical = canonical_ip(address)
    return value if canonical is None else canonical + slash + prefix
