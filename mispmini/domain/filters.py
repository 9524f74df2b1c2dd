"""What one searches for: the filters of restSearch and of the event index, parsed (API §8, PROTOCOL §4.3)."""

from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain.decaying import NO_DECAY, DecayOptions


class Scope(StrEnum):
    """What a restSearch returns."""

    EVENTS = "events"
    ATTRIBUTES = "attributes"
    OBJECTS = "objects"


class Deleted(StrEnum):
    """Which elements, by their deletion; who may have deleted ones is decided where rows are read (MODEL §6.4)."""

    LIVE = "live"
    ONLY = "only"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Terms:
    """(one of `any`, unless empty) and each of `all` and none of `none` (API §8.2).

    A text with `%` as its first or last character is a pattern, every other one is compared whole.
    """

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.any or self.all or self.none)

    @property
    def wanted(self) -> tuple[str, ...]:
        """Everything that is asked for, not excluded."""
        return self.any + self.all


def is_pattern(term: str) -> bool:
    """Whether a term is an SQL LIKE pattern (API §8.2)."""
    return term.startswith("%") or term.endswith("%")


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until`, both included, in epoch seconds (seen times: microseconds); None leaves a side open."""

    since: int | None = None
    until: int | None = None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included, as YYYY-MM-DD texts; None leaves a side open."""

    since: str | None = None
    until: str | None = None

    def __bool__(self) -> bool:
        return self.since is not None or self.until is not None


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by."""

    column: str
    descending: bool = False


NO_TERMS = Terms()
NO_SPAN = Span()


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What an event shall tell of where else its values are: in feeds, at partners, by attribute in which events, and
    with which tags there."""

    feeds: bool = False
    servers: bool = False
    granular: bool = False
    related_tags: bool = False


NOWHERE = Elsewhere()


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What an answer shall hold, whatever is searched for."""

    metadata: bool = False
    with_attachments: bool = False
    sg_reference_only: bool = False
    include_event_uuid: bool = False
    include_event_tags: bool = False
    include_sightings: bool = False
    include_proposals: bool = False
    no_sightings: bool = False
    include_analyst_data: bool = False
    no_shadow_attributes: bool = False
    include_all_tags: bool = False
    include_context: bool = False
    include_event_correlations: bool = True
    exclude_local_tags: bool = False
    exclude_galaxy: bool = False
    no_event_reports: bool = False
    extended: bool = False
    extension_list: bool = False
    include_correlations: bool = False
    elsewhere: Elsewhere = NOWHERE
    list_ids: bool = False
    include_warninglist_hits: bool = False
    enforce_warninglist: bool = False
    decay: DecayOptions = NO_DECAY
    flatten: bool = False
    headerless: bool = False
    requested_attributes: tuple[str, ...] = ()
    hash_type: str = "md5"


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """A restSearch (API §8.4); an empty filter or None asks for nothing.

    `galaxy` are words of clusters by their key, as in `galaxy.synonyms`: each wants a tag of a cluster that has such.
    `for_detection` says that the format feeds detection (API §8.5).

    `timestamp` is already sorted by scope into `event_timestamp`, `attribute_timestamp` or `object_timestamp`.
    `first_seen` bounds the column first_seen, `last_seen` the column last_seen, in microseconds.
    """

    scope: Scope
    return_format: str = "json"
    limit: int | None = None
    page: int | None = None
    order: tuple[Order, ...] = ()
    value: Terms = NO_TERMS
    type: Terms = NO_TERMS
    category: Terms = NO_TERMS
    object_relation: Terms = NO_TERMS
    comment: Terms = NO_TERMS
    org: Terms = NO_TERMS
    org_sector: Terms = NO_TERMS
    org_nationality: Terms = NO_TERMS
    org_local: bool | None = None
    tags: Terms = NO_TERMS
    event_tags: Terms = NO_TERMS
    galaxy: tuple[tuple[str, Terms], ...] = ()
    searchall: Terms = NO_TERMS
    eventid: Terms = NO_TERMS
    uuid: Terms = NO_TERMS
    eventinfo: Terms = NO_TERMS
    threat_level_id: Terms = NO_TERMS
    analysis: Terms = NO_TERMS
    distribution: Terms = NO_TERMS
    sharing_group_id: Terms = NO_TERMS
    object_name: Terms = NO_TERMS
    object_template_uuid: Terms = NO_TERMS
    object_template_version: Terms = NO_TERMS
    extends_uuid: Terms = NO_TERMS
    published: bool | None = None
    to_ids: bool | None = None
    deleted: Deleted = Deleted.LIVE
    for_detection: bool = False
    days: tuple[Days, ...] = ()
    event_timestamp: Span = NO_SPAN
    attribute_timestamp: Span = NO_SPAN
    object_timestamp: Span = NO_SPAN
    publish_timestamp: Span = NO_SPAN
    first_seen: Span = NO_SPAN
    last_seen: Span = NO_SPAN
    options: SearchOptions = SearchOptions()


@dataclass(frozen=True, slots=True)
class IndexFilters:
    """The event index (PROTOCOL §4.3). Texts of `attribute`, `eventinfo`, `everything` and `email` are substrings."""

    everything: str = ""
    attribute: Terms = NO_TERMS
    value: Terms = NO_TERMS
    published: bool | None = None
    has_proposal: bool | None = None
    eventid: Terms = NO_TERMS
    days: Days = Days()
    timestamp: Span = NO_SPAN
    publish_timestamp: Span = NO_SPAN
    org: Terms = NO_TERMS
    sharing_group_id: Terms = NO_TERMS
    eventinfo: Terms = NO_TERMS
    tags: Terms = NO_TERMS
    email: str = ""
    distribution: Terms = NO_TERMS
    analysis: Terms = NO_TERMS
    threat_level_id: Terms = NO_TERMS
    minimal: bool = False
    limit: int | None = None
    page: int | None = None
    order: Order | None = None

    @property
    def looks_inside(self) -> bool:
        """Whether every attribute has to be looked at."""
        return bool(self.everything or self.attribute)
