"""A feed: a source of events or values that needs no account there (API §9.6); what we keep of it and what is said."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mispmini.domain.json_texts import read_json
from mispmini.domain.patterns import Pattern, compiled


class SourceFormat(StrEnum):
    """What a feed is made of: MISP's folder of events, or a list of values."""

    MISP = "misp"
    CSV = "csv"
    FREETEXT = "freetext"


class FeedVerb(StrEnum):
    """What a job does with a feed; the first word of its subject."""

    FETCH = "fetch"
    CACHE = "cache"


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """MISP's columns and ours. Times are epoch seconds, `fetch_interval` seconds (None: by hand only).

    `rules` and `settings` are JSON texts as they were given; `headers` names what is sealed. `event_id` is the event
    that a list is kept in. `orgc_id` creates what is made of a list.
    """

    id: int
    name: str
    provider: str
    url: str
    rules: str = ""
    enabled: bool = False
    distribution: int = 0
    sharing_group_id: int | None = None
    tag_id: int | None = None
    default_feed: bool = False
    source_format: SourceFormat = SourceFormat.MISP
    fixed_event: bool = False
    delta_merge: bool = False
    event_id: int | None = None
    publish: bool = False
    override_ids: bool = False
    settings: str = ""
    lookup_visible: bool = False
    headers: str | None = None
    caching_enabled: bool = False
    force_to_ids: bool = False
    orgc_id: int | None = None
    allow_internal: tuple[str, ...] = ()
    fetch_interval: int | None = None
    next_fetch: int | None = None
    last_fetch: int | None = None
    last_result: str | None = None
    cache_timestamp: int | None = None
    cached_elements: int = 0


@dataclass(frozen=True, slots=True)
class FeedDraft:
    """What an admin said about a feed; None means "not given". `sharing_group_id`, `tag_id`, `orgc_id`: 0 for none."""

    name: str | None = None
    provider: str | None = None
    url: str | None = None
    rules: str | None = None
    enabled: bool | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    tag_id: int | None = None
    tag_name: str | None = None
    source_format: SourceFormat | None = None
    fixed_event: bool | None = None
    delta_merge: bool | None = None
    event_id: int | None = None
    publish: bool | None = None
    override_ids: bool | None = None
    settings: str | None = None
    input_source: str | None = None
    lookup_visible: bool | None = None
    headers: str | None = field(default=None, repr=False)
    caching_enabled: bool | None = None
    force_to_ids: bool | None = None
    orgc_id: int | None = None
    allow_internal: tuple[str, ...] | None = None
    fetch_interval: int | None = None


@dataclass(frozen=True, slots=True)
class ListSettings:
    """How a list is read: `columns` are numbers from 1 (none: all), `exclude` leaves lines out."""

    columns: tuple[int, ...] = ()
    delimiter: str = ","
    exclude: Pattern | None = None

    @classmethod
    def from_text(cls, text: str) -> "ListSettings":
        """From the JSON text that MISP keeps. Raises ValueError for what is none, or for a bad expression."""
        document = read_json(text) if text.strip() else {}
        if not isinstance(document, dict):
            raise ValueError("not an object")
        csv, common = (_part(document, name) for name in ("csv", "common"))
        delimiter = str(csv.get("delimiter") or ",").replace("\\t", "\t")
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise ValueError("a delimiter is one character")
        return cls(_columns(csv.get("value")), delimiter, _expression(str(common.get("excluderegex") or "")))


def _part(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = document.get(name)
    return part if isinstance(part, dict) else {}


def _columns(value: object) -> tuple[int, ...]:
    given = value if isinstance(value, list) else str(value or "").replace(" ", "").split(",")
    numbers = [str(item) for item in given if str(item)]
    if not all(number.isascii() and number.isdigit() and 0 < int(number[:5]) < 1000 for number in numbers):
        raise ValueError("a column is a number from 1")
    return tuple(int(number) for number in numbers)


def _expression(text: str) -> Pattern | None:
    return compiled(text) if text else None


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """An event as a feed lists it; `timestamp` in epoch seconds."""

    uuid: str
    timestamp: int
    info: str
    date: str
    orgc_name: str
    orgc_uuid: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FeedHit:
    """A value that a feed's cache holds; `event_uuids` are the events it stands in there, if the feed tells."""

    feed: FeedRecord
    value: str
    event_uuids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many cached values two feeds share; `percentage` is of the first one's."""

    feed: FeedRecord
    count: int
    percentage: int


def value_digest(value: str) -> bytes:
    """The digest that feeds know a value by: 16 bytes of MD5."""
    return hashlib.md5(value.encode(), usedforsecurity=False).digest()


# Well-known public feeds, by what they call themselves; a fresh instance has none until somebody asks for them.
KNOWN_FEEDS = (
    FeedDraft(name="CIRCL OSINT Feed", provider="CIRCL", url="https://www.circl.lu/doc/misp/feed-osint"),
    FeedDraft(name="The Botvrij.eu Data", provider="Botvrij.eu", url="https://www.botvrij.eu/data/feed-osint"),
    FeedDraft(
        name="blockrules of rules.emergingthreats.net",
        provider="rules.emergingthreats.net",
        url="https://rules.emergingthreats.net/blockrules/compromised-ips.txt",
        source_format=SourceFormat.CSV,
        settings='{"csv":{"value":"1","delimiter":","},"common":{"excluderegex":""}}',
        fixed_event=True,
        delta_merge=True,
    ),
    FeedDraft(
        name="URLHaus Malware URLs",
        provider="abuse.ch",
        url="https://urlhaus.abuse.ch/downloads/csv_recent/",
        source_format=SourceFormat.CSV,
        settings='{"csv":{"value":"3","delimiter":","},"common":{"excluderegex":"/^#/"}}',
        fixed_event=True,
        delta_merge=True,
    ),
    FeedDraft(
        name="Tor exit nodes",
        provider="torproject.org",
        url="https://check.torproject.org/torbulkexitlist",
        source_format=SourceFormat.FREETEXT,
        settings='{"common":{"excluderegex":""}}',
        fixed_event=True,
        delta_merge=True,
        override_ids=True,
    ),
)
