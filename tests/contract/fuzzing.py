"""Requests by the thousand: cases made from our OpenAPI document, and MISP-shaped bodies full of the wrong things."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Cast, Json
from tests.wire.strategies import json_values, near_events

Document = dict[str, Any]
JUNK = ("0", "-1", "99999", "9223372036854775807", "9" * 30, "x", "%25", "me", "null", "..", "tlp:red", "11111111-2222")
# What would end the run: the keys that ask, the accounts behind them, the switch that closes the house, other hosts,
# and what loads thousands of clusters.
SPARED = frozenset({
    "users.resetauthkey", "users.edit_own", "users.edit", "users.delete", "auth_keys.edit", "auth_keys.delete",
    "auth_keys.rotate", "roles.edit", "roles.delete", "organisations.delete", "organisation_lists.merge",
    "settings.edit", "settings.reset", "login.log_out", "feeds.fetch_from_feed", "feeds.fetch_from_all_feeds",
    "feeds.cache_feeds", "galaxies.update",
})  # fmt: skip
# The 5xx that are meant: CLIENTS.md (an org admin gives a role that is not theirs to give), an extra not installed.
MEANT = ("You are not authorised to assign that role to a user.",)
_TAKES_ANYTHING = (
    "/events/add", "/events/edit/{event}", "/events/index", "/events/restSearch", "/events/freeTextImport/{event}",
    "/events/filterEventIdsForPush", "/events/pushProposals/{event}", "/events/upload_sample/{event}",
    "/events/delete", "/attributes/add/{event}", "/attributes/edit/{attribute}", "/attributes/restSearch",
    "/objects/add/{event}", "/objects/edit/{object}", "/objects/restSearch", "/object_references/add",
    "/event_reports/add/{event}", "/shadow_attributes/add/{event}", "/shadow_attributes/edit/{attribute}",
    "/sightings/add", "/sightings/add/{attribute}", "/sightings/restSearch/event", "/sightings/listSightings",
    "/sightings/bulkSaveSightings/{event}", "/sightings/filterSightingUuidsForPush/{event}", "/tags/add",
    "/tags/search",
    "/tags/attachTagToObject", "/tags/removeTagFromObject", "/sharing_groups/add", "/sharing_groups/addOrg",
    "/sharing_groups/addServer", "/admin/organisations/add", "/admin/users/add", "/admin/roles/add", "/auth_keys/add",
    "/servers/add", "/servers/import", "/servers/postTest", "/event_blocklists/add", "/org_blocklists/add",
    "/user_settings/setSetting", "/admin/logs/index", "/analyst_data/add/Note/{event}/Event",
    "/analyst_data/pushAnalystData", "/analyst_data/filterAnalystDataForPush", "/galaxies/pushCluster",
    "/galaxy_clusters/restSearch", "/warninglists/checkValue", "/warninglists/toggleEnable", "/feeds/add",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grounds:
    """A server with something of everything on it, and who asks there."""

    url: str
    keys: Sequence[str]
    document: Document
    refs: Mapping[str, str]  # by noun, a uuid

    @property
    def known(self) -> tuple[str, ...]:
        """Pieces of paths that lead somewhere."""
        return (*self.refs.values(), "1", "2", "3")


@dataclass(slots=True)
class Findings:
    """What the requests met: how often each status, and each request that broke the server."""

    statuses: dict[int, int] = field(default_factory=dict)
    flaws: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        """How many requests there were."""
        return sum(self.statuses.values())

    def note(self, answer: requests.Response, sent: object) -> None:
        """Keep what one answer tells; a refusal that is no JSON is a flaw as well."""
        status = answer.status_code
        self.statuses[status] = self.statuses.get(status, 0) + 1
        broken = status >= 500 and not (status == 501 or any(sentence in answer.text for sentence in MEANT))
        speechless = status >= 400 and answer.request.method != "HEAD" and not _is_json(answer)
        if broken or speechless:
            self.flaws.append(
                f"{answer.request.method} {answer.request.url} {sent!r:.600}: {status} {answer.text:.200}"
            )


def prepare(cast_here: Cast) -> Grounds:
    """Give the server an event with all its parts, and read the document."""
    dora, alice = cast_here.dora, cast_here.alice
    event = alice.adds_event(attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}])
    attribute = event["Attribute"][0]
    made = alice.post(f"/objects/add/{event['uuid']}", _domain_ip()).json()["Object"]
    report = alice.post(f"/event_reports/add/{event['uuid']}", {"name": "r", "content": "c"}).json()["EventReport"]
    group = dora.post("/sharing_groups/add", {"name": f"g {new_uuid()}", "releasability": "x"}).json()["SharingGroup"]
    alice.post(f"/sightings/add/{attribute['uuid']}", {})
    named = {"event": event, "attribute": attribute, "object": made, "report": report, "group": group}
    refs = {noun: str(item["uuid"]) for noun, item in named.items()}
    keys = (dora.key, alice.key, cast_here.sam.key)
    return Grounds(dora.server.url, keys, dora.get("/openapi.json").json(), refs)


def ask_by_document(grounds: Grounds, findings: Findings, *, requests_: int, seeded: bool) -> None:
    """Send cases that schemathesis makes from the document, with paths that often lead somewhere."""
    from schemathesis import openapi

    schema = openapi.from_dict(_narrowed(grounds))
    every = [cast(Any, found).ok() for found in schema.get_all_operations()]
    operations = [cast(Any, one) for one in every if one.definition.raw.get("x-endpoint") not in SPARED]

    @cache
    def cases(place: int) -> SearchStrategy[Any]:
        strategy: SearchStrategy[Any] = operations[place].as_strategy()
        return strategy

    with requests.Session() as session:

        @_settings(requests_, seeded=seeded)
        @given(st.data(), st.integers(0, len(operations) - 1), st.sampled_from(grounds.keys))
        def ask(data: st.DataObject, place: int, key: str) -> None:
            case = data.draw(cases(place))
            asked = case.as_transport_kwargs(base_url=grounds.url, headers={"Authorization": key})
            _send(session, findings, asked, case.body)

        ask()


def ask_with_bodies(grounds: Grounds, findings: Findings, *, requests_: int, seeded: bool) -> None:
    """Send bodies that come close to MISP's to whatever takes one."""
    places = [path.format(**grounds.refs) for path in _TAKES_ANYTHING]
    with requests.Session() as session:

        @_settings(requests_, seeded=seeded)
        @given(st.sampled_from(places), near_events | _kept_close | json_values, st.sampled_from(grounds.keys))
        def ask(path: str, body: object, key: str) -> None:
            headers = {"Authorization": key, "Accept": "application/json", "Content-Type": "application/json"}
            asked = {"method": "POST", "url": grounds.url + path, "headers": headers, "data": json.dumps(body)}
            _send(session, findings, asked, body)

        ask()


def _send(session: requests.Session, findings: Findings, asked: dict[str, Any], sent: object) -> None:
    try:
        answer = session.request(**asked, timeout=60, allow_redirects=False)
    except (requests.exceptions.InvalidHeader, UnicodeError):
        return  # no HTTP client sends this
    except requests.exceptions.Timeout:
        findings.flaws.append(f"{asked['method']} {asked['url']} {sent!r:.600}: no answer")
        return
    findings.note(answer, sent)


def _settings(requests_: int, *, seeded: bool) -> settings:
    return settings(
        max_examples=requests_,
        deadline=None,
        database=None,
        derandomize=seeded,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


def _narrowed(grounds: Grounds) -> Document:
    """The document with path pieces that exist beside those that do not."""
    narrowed: Document = json.loads(json.dumps(grounds.document))
    for operation in _operations_in(narrowed):
        for parameter in operation["parameters"]:
            if parameter["in"] == "path" and parameter["schema"]["type"] == "string":
                parameter["schema"] = {"enum": [*grounds.known, *JUNK]}
    return narrowed


def _operations_in(document: Document) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from item.values()


def _domain_ip() -> Json:
    attributes = [{"object_relation": "domain", "type": "domain", "value": f"{new_uuid()}.example"}]
    return {"name": "domain-ip", "meta-category": "network", "template_uuid": new_uuid(), "Attribute": attributes}


def _is_json(answer: requests.Response) -> bool:
    try:
        answer.json()
    except ValueError:
        return False
    return True


_ATTRIBUTES = st.fixed_dictionaries(
    {"type": st.sampled_from(["domain", "ip-dst", "md5", "filename|md5", "nope"]), "value": json_values},
    optional={"category": json_values, "distribution": json_values, "Tag": json_values, "first_seen": json_values},
)
_kept_close: SearchStrategy[object] = st.one_of(
    st.fixed_dictionaries(
        {"info": st.text(max_size=5), "distribution": st.integers(0, 5)},
        optional={
            "Attribute": st.lists(_ATTRIBUTES, max_size=2),
            "Object": st.lists(st.fixed_dictionaries({"name": json_values, "Attribute": st.lists(_ATTRIBUTES)})),
            "EventReport": json_values,
            "Galaxy": json_values,
            "Sighting": json_values,
        },
    ),
    _ATTRIBUTES,
    st.dictionaries(
        st.sampled_from(
            ["value", "type", "tags", "org", "eventid", "timestamp", "last", "limit", "page", "returnFormat", "order",
             "date", "from", "uuid", "searchall", "object_name", "first_seen", "deleted", "threat_level_id", "id",
             "tag", "setting", "object_uuid", "note", "opinion", "authors", "kind", "Note", "values", "source"]
        ),
        json_values,
        max_size=6,
    ),
)  # fmt: skip


def summary(findings: Findings, actors: Sequence[Actor]) -> str:
    """One line for people; AssertionError when a key does not work any more, so that later requests meant nothing."""
    for actor in actors:
        answer = actor.get("/servers/getVersion")
        assert answer.status_code == 200, f"{actor.name}'s key was lost on the way: {answer.text}"
    return f"{findings.asked} requests: {dict(sorted(findings.statuses.items()))}"
