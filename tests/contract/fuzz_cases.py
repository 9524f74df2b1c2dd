"""What is sent to break the server: requests that would be answered, with something wrong in body, path or headers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.contract.permissions_table import ROUTES
from tests.contract.workshop import ROLES
from tests.wire.strategies import json_values, near_events

Body = str | bytes | Mapping[str, str] | None
STRANGER = "another organisation"
IN_BROWSER = ("site admin", "publisher")
ASKERS = (*ROLES[:5], ROLES[5], STRANGER, "site admin", "publisher", ROLES[6])
WRITERS = (*["site admin"] * 4, *ROLES[1:5], "sync user", STRANGER)
JSON_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
FORMATS = (
    "json", "csv", "text", "xml", "stix", "stix2", "suricata", "snort", "rpz", "hashes", "hosts", "netfilter", "cache",
    "count", "yara", "yara-json", "openioc", "kunai", "attack", "attack-sightings", "context",
    "context-markdown", "opendata", "nope",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One request. Nouns in braces become what there is; a body is JSON text, bytes as they are, or a form's fields."""

    route: str  # method and rule
    path: str
    role: str
    body: Body = None
    headers: Mapping[str, str] = field(default_factory=lambda: JSON_HEADERS)
    in_browser: bool = False

    @property
    def method(self) -> str:
        """The verb."""
        return self.route.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Plain:
    """A request that would be answered."""

    route: str
    path: str
    body: object


PLAIN = tuple(
    Plain(f"{method} {route.rule}", route.path, route.body) for route in ROUTES for method in route.methods.split()
)
NOUNS = (
    "event", "attribute", "object", "report", "group", "tag", "proposal", "sighting", "note", "organisation", "user",
    "server", "feed", "file", "reference", "published_event", "galaxy", "cluster", "new",
)  # fmt: skip
_REFS = st.sampled_from([f"{{{noun}}}" for noun in NOUNS] + ["1", "2", "3", 1, 2])
_JUNK = st.sampled_from([
    "0", "-1", "99999", "9223372036854775807", "9" * 30, "x", "%25", "%00", "me", "all", "null", "..", "tlp:red", "é",
    "11111111-2222", "1,2", "1.5", " 1", "१", "%ff", "a/b",
])  # fmt: skip
_EDGES: tuple[object, ...] = (
    "\x00", "\ud800", "a" * 70_000, 1e308, 2**63, -(2**63) - 1, 10**400, [], {}, [[]], [None], {"AND": ["a", []]},
    {"OR": ["a"], "NOT": [None]}, {"0": "a", "1": "b"}, "!x", "%", "a&&b", "a||b", "||", "1d", "99999999999d", "5m",
    "2026-02-30", "0000-00-00", ["1d", "7d"], ["7d", "1d", 3], "10.0.0.0/8", "::1", "\u202e", "a\r\nb: c", "İ",
    "ß" * 300, "tlp:red", ["tlp:%", "!tlp:red"], "https://127.0.0.1:9/x", "https://192.0.2.1",
    "file:///etc/hostname", True, -0.0,
)  # fmt: skip
VALUES: SearchStrategy[object] = _REFS | st.integers(0, len(_EDGES) - 1).map(_EDGES.__getitem__) | json_values
_SEARCHED = (
    "value", "type", "category", "object_relation", "org", "tags", "event_tags", "date", "from", "to", "last",
    "eventid", "uuid", "withAttachments", "published", "publish_timestamp", "timestamp", "attribute_timestamp",
    "event_timestamp", "object_timestamp", "first_seen", "last_seen", "to_ids", "deleted", "searchall", "quickFilter",
    "eventinfo", "comment", "sharinggroup", "sharing_group_id", "threat_level_id", "analysis", "distribution",
    "limit", "page", "order", "sort", "direction", "includeEventTags", "includeContext", "includeProposals",
    "includeSightings", "includeCorrelations", "includeEventCorrelations", "includeGranularCorrelations",
    "includeDecayScore", "decayingModel", "excludeDecayed", "modelOverrides", "score", "enforceWarninglist",
    "includeWarninglistHits", "includeEventUuid", "includeAllTags", "excludeLocalTags", "excludeGalaxy", "headerless",
    "requested_attributes", "metadata", "includeAttachments", "sgReferenceOnly", "extended", "extensionList",
    "eventsExtendingUuid", "object_name", "object_template_uuid", "object_template_version", "flatten", "hash_type",
    "context", "source", "id", "email", "hashes", "elements", "galaxy_uuid", "version", "minimal", "all", "attribute",
    "tag", "includeAnalystData", "includeEvent", "includeAttribute", "noSightings", "noEventReports", "download",
    "allow_proposal_blocking", "ignore", "model", "list", "includeRelatedTags", "includeFeedCorrelations",
    "includeServerCorrelations", "galaxy.synonyms", "galaxy.", "org.sector", "org.local",
)  # fmt: skip
_SEARCHES = tuple(plain for plain in PLAIN if "restSearch" in plain.path or plain.path.endswith("/index"))
_HEADERS: SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(["text/html", "*/*", "", "text/csv", ",;q=x", "application/json;q=0"]),
        "Content-Type": st.sampled_from([
            "text/plain", "", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data",
            "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/json; charset=nope",
        ]),
        "Content-Encoding": st.sampled_from(["gzip", "br", "deflate", "identity", "x"]),
        "Accept-Language": st.sampled_from(["pt-BR", "en", "xx", ";;", "*"]),
        "If-None-Match": st.sampled_from(['"x"', "*", "W/", ""]),
        "Range": st.sampled_from(["bytes=0-1", "bytes=9-1", "x"]),
        "Origin": st.sampled_from(["https://evil.example", "null", "::::", "http://[::1"]),
        "User-Agent": st.sampled_from(["MISP 2.4.190 - 5f0a", "PyMISP 2.5.34", "", "MISP"]),
        "X-Requested-With": st.just("XMLHttpRequest"),
    },
)  # fmt: skip
_RAW = (
    b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"a":NaN}', b"null", b'"x"', b"1e999", b"[[]]",
    b'{"a":1,"a":2}', b"\x1f\x8b\x08junk", b"9" * 6000, b'{"Event":', b"--x\r\nContent-Disposition: form-data\r\n\r\n",
    b"a=b&a[]=c&data[Event][info]=x&data[Event]=y&%=%", b'"\\ud800"', b"\xef\xbb\xbf{}",
)  # fmt: skip
_bytes = st.integers(0, len(_RAW) - 1).map(_RAW.__getitem__) | st.binary(max_size=30)


def as_told(plain: Plain, role: str) -> Case:
    """The request as it would be answered, to the right person."""
    return Case(plain.route, plain.path, role, None if plain.route.startswith("GET") else json.dumps(plain.body))


@st.composite
def gone_wrong(draw: DrawFn, plains: tuple[Plain, ...]) -> Case:
    """A request that would be answered, with something wrong."""
    plain = draw(st.sampled_from(plains))
    body: Body = None
    if not plain.route.startswith("GET"):
        wrong = st.builds(json.dumps, _changed(plain.body)) | _bytes | st.builds(_as_form, _changed(plain.body))
        body = draw(wrong)
    path = draw(_path(plain.path))
    headers = draw(st.just(JSON_HEADERS) | st.builds(lambda more: {**JSON_HEADERS, **more}, _HEADERS))
    if isinstance(body, Mapping):
        headers = {name: value for name, value in headers.items() if name != "Content-Type"}
    return Case(plain.route, path, draw(st.sampled_from(ASKERS)), body, headers)


@st.composite
def in_a_browser(draw: DrawFn, plains: tuple[Plain, ...]) -> Case:
    """A page with odd parameters, or a form with odd fields."""
    plain = draw(st.sampled_from(plains))
    is_page = plain.route.startswith("GET")
    fields = None if is_page else _as_form(draw(_changed(plain.body)))
    headers = {"Accept": "text/html", "Accept-Language": draw(st.sampled_from(["pt-BR", "en"]))}
    return Case(
        plain.route, draw(_path(plain.path)), draw(st.sampled_from(IN_BROWSER)), fields, headers, in_browser=True
    )


@st.composite
def searching(draw: DrawFn) -> Case:
    """A search with parameters of every kind, in any format."""
    plain = draw(st.sampled_from(_SEARCHES))
    asked = draw(st.dictionaries(st.sampled_from(_SEARCHED), VALUES, max_size=5))
    if "restSearch" in plain.path:
        asked["returnFormat"] = draw(st.sampled_from(FORMATS))
    if plain.route.startswith("GET"):
        path = plain.path + "".join(f"/{name}:{_in_path(value)}" for name, value in asked.items())
        return Case(plain.route, path[:4000], draw(st.sampled_from(ASKERS)))
    return Case(plain.route, plain.path, draw(st.sampled_from(ASKERS)), json.dumps(asked))


@st.composite
def shaped_like_misp(draw: DrawFn) -> Case:
    """A body of MISP's with something wrong deep inside, where one is taken."""
    plain = draw(st.sampled_from(_TAKE_EVENTS))
    body = draw(st.one_of(*[_changed(plain.body)] * 4, near_events, json_values))
    return Case(plain.route, plain.path, draw(st.sampled_from(WRITERS)), json.dumps(body))


@st.composite
def shaped_like_elements(draw: DrawFn) -> Case:
    """An element of an event with something wrong inside, where one is taken."""
    plain = draw(st.sampled_from(_TAKE_ELEMENTS))
    return Case(plain.route, plain.path, draw(st.sampled_from(WRITERS)), json.dumps(draw(_changed(plain.body))))


def _path(path: str) -> SearchStrategy[str]:
    pieces = path.split("/")
    references = [place for place, piece in enumerate(pieces) if "{" in piece or piece.isdigit()]
    exchanged = st.just(path)
    if references:
        exchanged = st.builds(_with_piece, st.just(pieces), st.sampled_from(references), _REFS | _JUNK)
    named = st.builds(lambda name, value: f"/{name}:{_in_path(value)}"[:2000], st.sampled_from(_SEARCHED), VALUES)
    asked = st.builds(lambda name, value: f"?{name}={_in_path(value)}"[:2000], st.sampled_from(_SEARCHED), VALUES)
    odd = st.sampled_from(
        ["/", ".json", "/x", "?", "//", "/:", "/a:", "/%3a%3A", "?page=x", "?tab=nope", "?q=%ff", "?a[]=1"]
    )
    endings = st.just("") | st.just("") | named | asked | odd
    return st.builds(str.__add__, st.just(path) | exchanged, endings)


def _with_piece(pieces: list[str], place: int, piece: object) -> str:
    return "/".join([*pieces[:place], str(piece), *pieces[place + 1 :]])


def _in_path(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return quote(text.encode(errors="surrogatepass"), safe="{}|&!")


@st.composite
def _changed(draw: DrawFn, body: object) -> object:
    """`body` with up to three changes: another value, a place less, one more key."""
    changed = _copied(body)
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3]))):
        every = list(_places(changed))
        if not every or draw(st.integers(0, 15)) == 0:
            return draw(VALUES)
        inside, key = every[draw(st.integers(0, len(every) - 1))]
        change = draw(st.integers(0, 5))
        if change == 0:
            del inside[key]
        elif change == 1 and isinstance(inside, dict):
            inside[draw(st.sampled_from(_KEYS))] = _copied(draw(VALUES))
        else:
            inside[key] = _copied(draw(VALUES))
    return changed


def _copied(body: object) -> Any:
    """A value that no other case shares."""
    return json.loads(json.dumps(body))


def _places(inside: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of nested dictionaries and lists."""
    items = inside.items() if isinstance(inside, dict) else enumerate(inside) if isinstance(inside, list) else ()
    for key, value in list(items):
        yield inside, key
        yield from _places(value)


def _as_form(body: object) -> dict[str, str]:
    fields = dict(_flat("data", body)) if isinstance(body, dict | list) else {"value": str(body)}
    if isinstance(body, dict):
        fields |= {str(key): str(value) for key, value in body.items() if not isinstance(value, dict | list)}
    return {_sendable(name): _sendable(value)[:5000] for name, value in fields.items()}


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flat(f"{name}[{key}]", inner)
    else:
        yield name, str(value)


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()


_BODIES = json.loads(Path(__file__).with_name("fuzz_bodies.json").read_text(encoding="utf-8"))
WHOLE_EVENT = {"Event": _BODIES["event"]}
_TAKE_ELEMENTS = tuple(Plain(one["route"], one["path"], one["body"]) for one in _BODIES["elements"])
_KEYS = sorted({
    *(key for inside, key in _places(WHOLE_EVENT) if isinstance(inside, dict)),
    "id", "event_id", "data", "deleted", "request", "response", "local", "Event", "_method", "csrf_token", *_SEARCHED,
})  # fmt: skip


def _edited(noun: str) -> Plain:
    body = {**_BODIES["event"], "uuid": f"{{{noun}}}", "timestamp": "4000000000", "extends_uuid": ""}
    return Plain("POST /events/edit/<ref>", f"/events/edit/{{{noun}}}", {"Event": body})


_TAKE_EVENTS = (
    Plain("POST /events/add", "/events/add", WHOLE_EVENT),
    Plain("POST /events/add", "/events/add/metadata:1", _BODIES["event"]),
    _edited("event"),
    _edited("published_event"),
)
