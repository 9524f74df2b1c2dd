"""What is sent to break the server: requests that would be answered, with something wrong in body, path or headers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
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
JSON_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}
FORMATS = (
    "json", "csv", "text", "xml", "stix", "stix2", "suricata", "snort", "rpz", "hashes", "hosts", "netfilter", "cache",
    "count", "yara", "yara-json", "openioc", "kunai", "attack", "context", "opendata", "nope",
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
    "2026-02-30", "0000-00-00", ["1d", "7d"], ["7d", "1d", 3], "10.0.0.0/8", "::1", "\u202e", "a\r\nb: c", "İ", "ß" * 300,
    "tlp:red", ["tlp:%", "!tlp:red"], "https://127.0.0.1:9/x", "https://192.0.2.1", "file:///etc/hostname", True, -0.0,
)  # fmt: skip
VALUES: SearchStrategy[object] = _REFS | st.integers(0, len(_EDGES) - 1).map(_EDGES.__getitem__) | json_values
_SEARCHED = (
    "value", "type", "category", "object_relation", "org", "tags", "event_tags", "date", "from", "to", "last",
    "eventid", "uuid", "withAttachments", "published", "publish_timestamp", "timestamp", "attribute_timestamp",
    "event_timestamp", "object_timestamp", "first_seen", "last_seen", "to_ids", "deleted", "searchall", "quickFilter",
    "eventinfo", "comment", "sharinggroup", "sharing_group_id", "threat_level_id", "analysis", "distribution", "limit",
    "page", "order", "sort", "direction", "includeEventTags", "includeContext", "includeProposals", "includeSightings",
    "includeCorrelations", "includeEventCorrelations", "includeGranularCorrelations", "includeDecayScore", "decayingModel",
    "excludeDecayed", "modelOverrides", "score", "enforceWarninglist", "includeWarninglistHits", "includeEventUuid",
    "includeAllTags", "excludeLocalTags", "excludeGalaxy", "headerless", "requested_attributes", "metadata",
    "includeAttachments", "sgReferenceOnly", "extended", "extensionList", "eventsExtendingUuid", "object_name",
    "object_template_uuid", "object_template_version", "flatten", "hash_type", "context", "source", "id", "email", "hashes",
    "elements", "galaxy_uuid", "version", "minimal", "all", "attribute", "tag", "includeAnalystData", "includeEvent",
    "includeAttribute", "noSightings", "noEventReports", "download", "allow_proposal_blocking", "ignore", "model",
)  # fmt: skip
_SEARCHES = tuple(plain for plain in PLAIN if "restSearch" in plain.path or plain.path.endswith("/index"))
_HEADERS: SearchStrategy[dict[str, str]] = st.fixed_dictionaries(
    {},
    optional={
        "Accept": st.sampled_from(["text/html", "*/*", "", "text/csv", "application/xml", ",;q=x", "application/json;q=0"]),
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
    b'{"a":1,"a":2}', b"\x1f\x8b\x08junk", b"9" * 6000, b'{"Event":', b"--x\r\nContent-Disposition: form-data\r\n\r\n--x--",
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
    return Case(plain.route, draw(_path(plain.path)), draw(st.sampled_from(IN_BROWSER)), fields, headers, in_browser=True)


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
    route, path = draw(st.sampled_from(_TAKE_EVENTS))
    body = draw(_changed(WHOLE_EVENT) | _changed({"Event": WHOLE_EVENT["Event"]}) | near_events | json_values)
    return Case(route, path, draw(st.sampled_from(ASKERS)), json.dumps(body))


@st.composite
def shaped_like_elements(draw: DrawFn) -> Case:
    """An element of an event with something wrong inside, where one is taken."""
    route, path, element = draw(st.sampled_from(_TAKE_ELEMENTS))
    return Case(route, path, draw(st.sampled_from(ASKERS)), json.dumps(draw(_changed(element))))


def _path(path: str) -> SearchStrategy[str]:
    pieces = path.split("/")
    references = [place for place, piece in enumerate(pieces) if "{" in piece or piece.isdigit()]
    exchanged = st.just(path)
    if references:
        exchanged = st.builds(_with_piece, st.just(pieces), st.sampled_from(references), _REFS | _JUNK)
    named = st.builds(lambda name, value: f"/{name}:{_in_path(value)}"[:2000], st.sampled_from(_SEARCHED), VALUES)
    asked = st.builds(lambda name, value: f"?{name}={_in_path(value)}"[:2000], st.sampled_from(_SEARCHED), VALUES)
    odd = st.sampled_from(["/", ".json", "/x", "?", "//", "/:", "/a:", "/%3a%3A", "?page=x", "?tab=nope", "?q=%ff", "?a[]=1"])
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
    for _ in range(draw(st.integers(0, 3))):
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


_ATTRIBUTE = {
    "uuid": "{new}", "type": "filename|md5", "category": "Payload delivery", "distribution": "5", "to_ids": True,
    "value": "a.exe|0cc175b9c0f1b6a831c399e269772661", "comment": "c", "timestamp": "1750000000", "first_seen": "2026-01-01",
    "last_seen": "2026-01-02T00:00:00.000000+00:00", "disable_correlation": False, "sharing_group_id": "0",
    "Tag": [{"name": "tlp:green", "colour": "#339900", "local": "0", "relationship_type": ""}],
    "Sighting": [{"uuid": "{new}", "type": "0", "date_sighting": "1750000000", "source": "s", "Organisation": {"uuid": "{new}", "name": "O"}}],
    "ShadowAttribute": [{"uuid": "{new}", "type": "domain", "value": "p.example", "org_uuid": "{new}", "proposal_to_delete": False}],
}  # fmt: skip
_OBJECT = {
    "uuid": "{new}", "name": "file", "meta-category": "file", "template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215",
    "template_version": "25", "description": "d", "distribution": "5", "timestamp": "1750000000", "deleted": False,
    "Attribute": [{**_ATTRIBUTE, "object_relation": "filename", "type": "filename", "value": "b.exe"},
                  {"type": "malware-sample", "object_relation": "malware-sample", "value": "c.exe|x", "data": "aGk="}],
    "ObjectReference": [{"uuid": "{new}", "referenced_uuid": "{attribute}", "relationship_type": "drops", "comment": "c"}],
}  # fmt: skip
_REPORT = {"uuid": "{new}", "name": "r", "content": "# r @[attribute]({attribute})", "distribution": "5", "timestamp": "1"}
_CLUSTER = {
    "uuid": "{cluster}", "type": "weather", "value": "Rain", "tag_name": 'misp-galaxy:weather="Rain"', "version": "2",
    "distribution": "3", "description": "d", "source": "s", "authors": ["a"], "collection_uuid": "{new}", "default": False,
    "GalaxyElement": [{"key": "refs", "value": "https://x.example"}],
    "GalaxyClusterRelation": [{"referenced_galaxy_cluster_uuid": "{cluster}", "referenced_galaxy_cluster_type": "similar",
                               "galaxy_cluster_uuid": "{cluster}", "distribution": "3", "Tag": [{"name": "t:a"}]}],
    "Orgc": {"uuid": "{new}", "name": "Clusters"}, "Org": {"uuid": "{new}", "name": "Clusters"},
}  # fmt: skip
_GALAXY = {"uuid": "{galaxy}", "name": "Weather", "type": "weather", "description": "", "version": "1", "icon": "cloud"}
_GROUP = {
    "uuid": "{new}", "name": "g {new}", "releasability": "r", "description": "d", "active": True, "roaming": False,
    "Organisation": {"uuid": "{new}", "name": "G"}, "organisation_uuid": "{new}",
    "SharingGroupOrg": [{"extend": True, "Organisation": {"uuid": "{new}", "name": "M"}}],
    "SharingGroupServer": [{"all_orgs": True, "server_id": "0", "Server": {"url": "https://192.0.2.1", "name": "s"}}],
}  # fmt: skip
_NOTE = {
    "uuid": "{new}", "object_uuid": "{event}", "object_type": "Event", "note": "n", "language": "pt-BR", "authors": "a",
    "distribution": "1", "created": "2026-01-01 00:00:00", "modified": "2026-01-01 00:00:00", "orgc_uuid": "{new}",
    "Opinion": [{"uuid": "{new}", "opinion": 50, "comment": "c", "object_type": "Note", "authors": "a"}],
}  # fmt: skip
WHOLE_EVENT: Mapping[str, Any] = {
    "Event": {
        "uuid": "{new}", "info": "i", "date": "2026-01-01", "distribution": "1", "threat_level_id": "2", "analysis": "0",
        "published": False, "timestamp": "1750000000", "publish_timestamp": "0", "sharing_group_id": "0", "locked": True,
        "extends_uuid": "{event}", "protected": False, "Orgc": {"uuid": "{new}", "name": "Creators"},
        "Org": {"uuid": "{new}", "name": "Owners"}, "SharingGroup": _GROUP, "Attribute": [_ATTRIBUTE], "Object": [_OBJECT],
        "EventReport": [_REPORT], "Tag": [{"name": "tlp:green"}, {"name": 'misp-galaxy:weather="Rain"'}],
        "Galaxy": [{**_GALAXY, "GalaxyCluster": [_CLUSTER]}], "Note": [_NOTE], "RelatedEvent": [{"Event": {"uuid": "{new}"}}],
        "ShadowAttribute": [_ATTRIBUTE], "CryptographicKey": [{"type": "pgp", "key_data": "x", "uuid": "{new}"}],
        "Relationship": [{**_NOTE, "related_object_uuid": "{event}", "related_object_type": "Event", "relationship_type": "x"}],
    },
}  # fmt: skip
_KEYS = sorted({
    *(key for inside, key in _places(json.loads(json.dumps(WHOLE_EVENT))) if isinstance(inside, dict)),
    "id", "event_id", "data", "deleted", "request", "response", "local", "Event", "_method", "csrf_token", *_SEARCHED,
})  # fmt: skip
_TAKE_EVENTS = (
    ("POST /events/add", "/events/add"), ("POST /events/add", "/events/add/metadata:1"),
    ("POST /events/edit/<ref>", "/events/edit/{event}"),
    ("POST /events/edit/<ref>", "/events/edit/{published_event}"),
)  # fmt: skip
_SIGHTING = cast("dict[str, object]", _ATTRIBUTE["Sighting"][0])  # type: ignore[index]
_SAMPLE = {"request": {"files": [{"filename": "a", "data": "aGk="}], "distribution": 0, "to_ids": 1, "category": "Payload delivery", "info": "i", "advanced": 0}}
_TAKE_ELEMENTS: tuple[tuple[str, str, object], ...] = (
    ("POST /attributes/add/<event_ref>", "/attributes/add/{event}", {"Attribute": _ATTRIBUTE}),
    ("POST /attributes/add/<event_ref>", "/attributes/add/{event}", [_ATTRIBUTE, {"type": "domain", "value": "x.example"}]),
    ("POST /attributes/edit/<ref>", "/attributes/edit/{attribute}", _ATTRIBUTE),
    ("POST /attributes/edit/<ref>", "/attributes/edit/{file}", {"data": "aGk=", "value": "b.txt"}),
    ("POST /objects/add/<event_ref>", "/objects/add/{event}", {"Object": _OBJECT}),
    ("POST /objects/edit/<ref>", "/objects/edit/{object}", {"Object": _OBJECT}),
    ("POST /object_references/add/<object_ref>", "/object_references/add/{object}", _OBJECT["ObjectReference"][0]),  # type: ignore[index]
    ("POST /event_reports/add/<event_ref>", "/event_reports/add/{event}", {"EventReport": _REPORT}),
    ("POST /event_reports/edit/<ref>", "/event_reports/edit/{report}", _REPORT),
    ("POST /shadow_attributes/add/<event_ref>", "/shadow_attributes/add/{event}", {"ShadowAttribute": _ATTRIBUTE}),
    ("POST /shadow_attributes/edit/<attribute_ref>", "/shadow_attributes/edit/{attribute}", _ATTRIBUTE),
    ("POST /events/pushProposals/<ref>", "/events/pushProposals/{event}", [{"ShadowAttribute": _ATTRIBUTE}]),
    ("POST /sightings/add", "/sightings/add", {"values": ["x.example"], "id": "{attribute}", "type": "1", "timestamp": 1, "filters": {"value": "x"}}),
    ("POST /sightings/add/<ref>", "/sightings/add/{attribute}", _SIGHTING),
    ("POST /sightings/bulkSaveSightings/<ref>", "/sightings/bulkSaveSightings/{event}", [{**_SIGHTING, "attribute_uuid": "{attribute}"}]),
    ("POST /sightings/filterSightingUuidsForPush/<ref>", "/sightings/filterSightingUuidsForPush/{event}", ["{new}", "{sighting}"]),
    ("POST /events/filterEventIdsForPush", "/events/filterEventIdsForPush", [{"Event": {"uuid": "{event}", "timestamp": 1}}]),
    ("POST /events/freeTextImport/<ref>", "/events/freeTextImport/{event}", {"value": "hxxp://a[.]example 1.1.1.1:80 a@b.example", "adhereToWarninglists": "soft", "return_meta_attributes": 1, "default_distribution": 5}),
    ("POST /events/upload_sample", "/events/upload_sample", _SAMPLE),
    ("POST /events/upload_sample/<event_ref>", "/events/upload_sample/{event}", _SAMPLE),
    ("POST /attributes/add_attachment/<event_ref>", "/attributes/add_attachment/{event}", {"values": "a.txt", "data": "aGk=", "category": "Payload delivery"}),
    ("POST /tags/attachTagToObject", "/tags/attachTagToObject", {"uuid": "{attribute}", "tag": ["tlp:green", "{tag}"], "local": True, "relationship_type": "x"}),
    ("POST /sharing_groups/add", "/sharing_groups/add", {"SharingGroup": _GROUP}),
    ("POST /sharing_groups/edit/<ref>", "/sharing_groups/edit/{group}", _GROUP),
    ("POST /galaxies/pushCluster", "/galaxies/pushCluster", [{"GalaxyCluster": {**_CLUSTER, "Galaxy": _GALAXY}}]),
    ("POST /galaxy_clusters/add/<ref>", "/galaxy_clusters/add/{galaxy}", {"GalaxyCluster": {**_CLUSTER, "uuid": "{new}"}}),
    ("POST /galaxy_clusters/edit/<ref>", "/galaxy_clusters/edit/{cluster}", {"GalaxyCluster": _CLUSTER}),
    ("POST /galaxy_cluster_relations/add", "/galaxy_cluster_relations/add", _CLUSTER["GalaxyClusterRelation"][0]),  # type: ignore[index]
    ("POST /galaxies/attachCluster/<target_ref>/<target_type>", "/galaxies/attachCluster/{event}/event", {"Galaxy": {"target_id": "{cluster}"}}),
    ("POST /analyst_data/add/<kind>", "/analyst_data/add/Note", {"Note": _NOTE}),
    ("POST /analyst_data/add/<kind>", "/analyst_data/add/Opinion", {**_NOTE, "opinion": 50, "comment": "c"}),
    ("POST /analyst_data/edit/<kind>/<ref>", "/analyst_data/edit/Note/{note}", {"Note": _NOTE}),
    ("POST /analyst_data/pushAnalystData", "/analyst_data/pushAnalystData", {"Note": _NOTE}),
    ("POST /analyst_data/filterAnalystDataForPush", "/analyst_data/filterAnalystDataForPush", {"Note": {"{note}": "2026-01-01 00:00:00"}}),
    ("POST /servers/add", "/servers/add", {"Server": {"name": "s", "url": "https://192.0.2.1", "authkey": "a" * 40, "remote_org_id": "{organisation}", "push": True, "pull_rules": '{"tags":{"OR":["a"],"NOT":[]},"orgs":{"OR":[],"NOT":[]}}', "push_rules": {"tags": {"OR": [], "NOT": []}}, "json": {"uuid": "{new}"}}}),
    ("POST /servers/edit/<int:server_id>", "/servers/edit/{server}", {"name": "s", "pull_rules": '{"url_params":"x"}', "allow_internal": "127.0.0.1/32", "pull_interval": 60}),
    ("POST /servers/import", "/servers/import", {"Server": {"url": "https://192.0.2.1", "uuid": "{new}", "authkey": "a" * 40, "Organisation": {"name": "I {new}", "uuid": "{new}"}}}),
    ("POST /feeds/add", "/feeds/add", {"Feed": {"name": "f", "provider": "p", "url": "https://192.0.2.1/x", "source_format": "csv", "settings": {"csv": {"value": "1", "delimiter": ";"}, "common": {"excluderegex": "("}}, "rules": "{}", "headers": "a: b", "input_source": "network", "distribution": 3, "lookup_visible": True}}),
    ("POST /feeds/edit/<int:feed_id>", "/feeds/edit/{feed}", {"name": "f", "settings": {"csv": {"value": "1"}}, "source_format": "freetext"}),
    ("POST /warninglists/add", "/warninglists/add", {"Warninglist": {"name": "w {new}", "type": "regex", "category": "false_positive", "entries": "a(b\n10.0.0.0/33", "description": "d", "valid_attributes": ["domain"]}}),
    ("POST /warninglists/checkValue", "/warninglists/checkValue", ["x.example", "8.8.8.8"]),
    ("POST /user_settings/setSetting/<user_ref>/<name>", "/user_settings/setSetting/me/publish_alert_filter", {"value": {"AND": {"Tag.name": "a"}}}),
    ("POST /admin/users/add", "/admin/users/add", {"User": {"email": "{new}@x.example", "org_id": "{organisation}", "role_id": 3, "password": "correct-Horse-battery-7", "gpgkey": "x", "expiration": "2030-01-01"}}),
    ("POST /admin/users/edit/<ref>", "/admin/users/edit/{user}", {"User": {"email": "{new}@x.example", "role_id": 3, "disabled": False}}),
    ("POST /admin/organisations/add", "/admin/organisations/add", {"Organisation": {"name": "o {new}", "uuid": "{new}", "restricted_to_domain": ["x.example"], "local": True, "nationality": "BR", "contacts": "c"}}),
    ("POST /admin/organisations/edit/<ref>", "/admin/organisations/edit/{organisation}", {"name": "o {new}", "restricted_to_domain": "[\"x\"]"}),
    ("POST /admin/roles/add", "/admin/roles/add", {"Role": {"name": "r {new}", "permission": "3", "perm_add": True, "max_execution_time": "x"}}),
    ("POST /auth_keys/add/<user_ref>", "/auth_keys/add/{user}", {"AuthKey": {"comment": "c", "allowed_ips": ["127.0.0.1"], "expiration": "2030-01-01", "uuid": "{new}", "read_only": True}}),
    ("POST /event_blocklists/add", "/event_blocklists/add", {"uuids": ["{new}"], "event_info": "i", "event_orgc": "o", "comment": "c"}),
    ("POST /event_delegations/delegateEvent/<ref>", "/event_delegations/delegateEvent/{event}", {"org_id": "{organisation}", "distribution": 0, "message": "m"}),
    ("POST /tags/add", "/tags/add", {"Tag": {"name": "m:{new}", "colour": "#ffffff", "exportable": True, "org_id": 0, "numerical_value": 5}}),
    ("POST /tags/edit/<ref>", "/tags/edit/{tag}", {"name": "m:{new}", "user_id": 0, "hide_tag": 1}),
    ("POST /correlation_exclusions/add", "/correlation_exclusions/add", {"value": "{new}", "comment": "c"}),
)  # fmt: skip
