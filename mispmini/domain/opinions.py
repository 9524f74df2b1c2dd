"""What others say about an event: sightings of its attributes, and proposals to change it (MODEL §7.7, §7.8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from mispmini.domain.filters import NO_SPAN, NO_TERMS, Span, Terms

NO_SIGHTING_SINCE = "30d"


class SightingType(IntEnum):
    """What was seen."""

    SEEN = 0
    FALSE_POSITIVE = 1
    EXPIRATION = 2


class SightingPolicy(IntEnum):
    """Whose sightings somebody sees who is no site admin (MODEL §7.7)."""

    EVENT_OWNER = 0
    REPORTERS = 1
    EVERYONE = 2
    OWNER_AND_HOST = 3


class SightingContext(IntEnum):
    """What a search for sightings is about: everything here, events, or attributes."""

    INSTANCE = 0
    EVENT = 1
    ATTRIBUTE = 2


class SightingRow(NamedTuple):
    """A sighting; `org_id` None is nobody's, or anonymous. `date_sighting` is epoch seconds."""

    id: int
    attribute_id: int
    event_id: int
    org_id: int | None
    date_sighting: int
    uuid: str
    source: str
    type: int
    attribute_uuid: str
    event_uuid: str
    value: str


class ProposalRow(NamedTuple):
    """A proposal; `old_id` None proposes a new attribute. `org_id` is whose idea it was, `size` its file's in bytes."""

    id: int
    old_id: int | None
    old_uuid: str | None
    event_id: int
    event_uuid: str
    event_org_id: int
    type: str
    category: str
    value1: str
    value2: str | None
    to_ids: bool
    uuid: str
    org_id: int | None
    email: str | None
    comment: str
    timestamp: int
    deleted: bool
    proposal_to_delete: bool
    disable_correlation: bool
    first_seen: int | None
    last_seen: int | None
    size: int | None = None

    @property
    def value(self) -> str:
        """The whole value, composites joined by a bar."""
        return self.value1 if self.value2 is None else f"{self.value1}|{self.value2}"


@dataclass(frozen=True, slots=True)
class SightingWish:
    """What somebody here wants to add: on attributes of these values, or on one by id or uuid.

    `filters` are parameters of a restSearch that the attributes must satisfy too.
    """

    values: tuple[str, ...] = ()
    attribute: str | None = None
    type: int = SightingType.SEEN
    source: str = ""
    date_sighting: int | None = None
    filters: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class SightingFilters:
    """A search for sightings (API §8.6). `ids` and `uuids` name events or attributes, by the context."""

    context: SightingContext = SightingContext.INSTANCE
    ids: tuple[int, ...] = ()
    uuids: tuple[str, ...] = ()
    type: tuple[int, ...] = ()
    seen: Span = NO_SPAN
    org: Terms = NO_TERMS
    source: Terms = NO_TERMS
    with_attribute: bool = False
    with_event: bool = False
    with_uuids: bool = False
    limit: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class ProposalFilters:
    """Which proposals are listed; `since` is epoch seconds."""

    event_id: int | None = None
    since: int | None = None
    live: bool = True
    deleted: bool = False
    to_me: bool = False
    limit: int | None = None
    page: int | None = None
