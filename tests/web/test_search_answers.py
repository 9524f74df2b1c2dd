"""How a restSearch is asked, and what it answers besides the results themselves (API §8.1, §8.4-§8.6)."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.feeds import FeedDraft
from mispmini.domain.galaxies import GalaxyDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import feeds, servers
from mispmini.store import feeds as stored_feeds
from mispmini.store import galaxies, server_values
from mispmini.store.database import writing
from tests.web.callers import Caller
from tests.web.conftest import MACHINE, PUBLISHER, Site
from tests.web.search_scene import (
    ALL,
    KNOWN,
    OF_BANK,
    THEN,
    Json,
    Scene,
    names_in,
    results_of,
    told_scene,
    uuid_of,
)

DOMAIN_IP = {
    "name": "domain-ip",
    "meta-category": "network",
    "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734",
    "template_version": "11",
}
NO_PARAMETERS = (
    "Restsearch queries using GET and no parameters are not allowed. If you have passed parameters via a JSON body,"
    " make sure you use POST requests."
)
SCOPES = ("events", "attributes", "objects", "sightings", "galaxy_clusters")


@pytest.fixture(scope="module")
def scene(site: Site) -> Iterator[Scene]:
    """The events that the tables speak of, and a list of values to be wary of."""
    with told_scene(site) as scene:
        body = {"name": "Known", "type": "hostname", "entries": KNOWN, "enabled": True}
        assert scene.dora.post("/warninglists/add", body).status_code == 200
        yield scene


WAYS: dict[str, tuple[str, str, set[str]]] = {
    "by name": ("attributes", "/value:198.51.100.7/type:ip-dst", {"ip"}),
    "by name with the extension": ("attributes", "/value:198.51.100.7/type:ip-dst.json", {"ip"}),
    "a list by name": ("attributes", "/type:md5&&url", {"hash", "seen"}),
    "an array by name": ("attributes", "/type[]:md5/type[]:url", {"hash", "seen"}),
    "a range by name": ("attributes", f"/timestamp[]:{THEN + 50}/timestamp[]:{THEN + 200}", {"domain"}),
    "a range in one": ("attributes", f"/timestamp:{THEN + 50}||{THEN + 200}", {"domain"}),
    "a negation by name": ("attributes", "/value:198.51.100.7/type:!ip-dst", {"same"}),
    "a semicolon for a colon": ("attributes", "/tags:kind;dropper", {"ip"}),
    "a colon for itself": ("attributes", "/tags:kind:dropper", {"ip"}),
    "an address with colons": ("attributes", "/value:2001;db8;;1", {"six"}),
    "a percent sign": ("attributes", "/value:198.51.%25", {"ip", "same"}),
    "a format by place": ("attributes", "/json/value:open.example", {"domain"}),
    "attributes: value, type": ("attributes", "/json/198.51.100.7/ip-dst", {"ip"}),
    "attributes: category": ("attributes", "/json/null/null/Other", {"city"}),
    "attributes: org": ("attributes", "/json/false/null/0/Bravo", {"hash", "same"}),
    "attributes: tag": ("attributes", "/json/null/null/null/null/kind;dropper", {"ip"}),
    "attributes: from": ("attributes", "/json/null/null/null/null/null/2024-02-01/2024-02-28", {"hash", "same"}),
    "attributes: eventid": ("attributes", "/json/null/null/null/null/null/null/null/null/@own", {"seen"}),
    "events: value": ("events", "/json/open.example", {"bank"}),
    "events: tag": ("events", "/json/null/null/null/null/type;osint", {"clinic"}),
    "events: quickfilter": ("events", "/json/osint/null/null/null/null/1", {"clinic"}),
    "events: from": ("events", "/json/null/null/null/null/null/null/2024-03-01", {"own"}),
    "events: last": ("events", "/json/null/null/null/null/null/null/null/null/1d", {"bank", "clinic"}),
    "events: eventid": ("events", "/json/null/null/null/null/null/null/null/null/null/@own", {"own"}),
    "objects: name": ("objects", "/json/null/null/file", {"sample"}),
    "objects: another name": ("objects", "/json/null/null/domain-ip", set()),
    "the old word for json": ("events", "/download/null/null/null/Bravo", {"clinic"}),
}


@pytest.mark.parametrize(("scope", "place", "expected"), WAYS.values(), ids=WAYS)
def test_parameters_stand_in_the_path(scene: Scene, scope: str, place: str, expected: set[str]) -> None:
    path = f"/{scope}/restSearch{place}".replace("@own", scene.events["own"])
    assert names_in(results_of(scope, scene.alice.get(path))) == expected


ORDERS: dict[str, tuple[str, Json, set[str]]] = {
    "the name in the path wins": ("/type:md5", {"type": "url"}, {"hash"}),
    "the body wins over a place": ("/json/open.example/md5", {"type": "domain"}, {"domain"}),
    "a name wins over a place": ("/json/null/md5/type:url", {}, {"seen"}),
    "all three meet": ("/json/198.51.100.7/type:ip-src", {"org": "Bravo"}, {"same"}),
}


@pytest.mark.parametrize(("place", "body", "expected"), ORDERS.values(), ids=ORDERS)
def test_body_names_and_places_are_merged(scene: Scene, place: str, body: Json, expected: set[str]) -> None:
    assert scene.found("attributes", body, place=place) == expected


@pytest.mark.parametrize("scope", SCOPES)
def test_get_without_a_parameter_is_refused(scene: Scene, scope: str) -> None:
    for path in (f"/{scope}/restSearch", f"/{scope}/restSearch.json"):
        answer = scene.alice.get(path)
        assert answer.status_code == 400
        assert answer.json()["message"] == NO_PARAMETERS


UNKNOWN = [(scope, place) for scope in SCOPES for place in ("", "/nonsense") if not (place and scope == "sightings")]


@pytest.mark.parametrize(("scope", "place"), UNKNOWN)
def test_an_unknown_format_is_refused(scene: Scene, scope: str, place: str) -> None:
    answer = scene.ask(scope, {} if place else {"returnFormat": "nonsense"}, place=place)
    assert (answer.status_code, answer.json()["message"]) == (404, "Invalid output format.")


@pytest.mark.parametrize("scope", SCOPES[:3])
@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/xml"])
def test_it_is_rest_whatever_is_accepted(scene: Scene, scope: str, accept: str) -> None:
    headers = {**MACHINE, "Accept": accept, "Authorization": scene.alice.key}
    answer = scene.site.post(f"/{scope}/restSearch", headers=headers, json={"limit": 1})
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert "response" in answer.json()


EMPTY: tuple[Any, ...] = ({}, [], {"request": {}})


@pytest.mark.parametrize("body", EMPTY, ids=str)
def test_a_post_without_a_filter_finds_everything(scene: Scene, body: Any) -> None:
    headers = {**MACHINE, "Authorization": scene.alice.key}
    answer = scene.site.post("/attributes/restSearch", headers=headers, json=body)
    assert names_in(results_of("attributes", answer)) == ALL


COUNTS: dict[str, tuple[str, Json, str]] = {
    "events, all pages": ("events", {"limit": 1, "page": 2}, "3"),
    "events past the end": ("events", {"limit": 1, "page": 9}, "3"),
    "no events": ("events", {"value": "no.such.example"}, "0"),
    "attributes": ("attributes", {"eventid": "@clinic"}, "2"),
    "a full page of attributes": ("attributes", {"eventid": "@clinic", "limit": 1}, "2"),
    "the last page of attributes": ("attributes", {"eventid": "@clinic", "limit": 2, "page": 2}, "0"),
    "a full page of objects": ("objects", {"limit": 1}, "2"),
    "ids": ("attributes", {"list": 1, "limit": 2}, "3"),
}


@pytest.mark.parametrize(("scope", "body", "count"), COUNTS.values(), ids=COUNTS)
def test_the_header_counts_results(scene: Scene, scope: str, body: Json, count: str) -> None:
    answer = scene.ask(scope, body)
    told = {name: answer.headers[f"X-{name}"] for name in ("Result-Count", "Export-Module-Used", "Response-Format")}
    assert told == {"Result-Count": count, "Export-Module-Used": "json", "Response-Format": "json"}


@pytest.mark.parametrize(("body", "name"), [({"eventid": "@bank"}, "bank"), ({}, ""), ({"eventid": "#bank"}, "uuid")])
def test_events_come_as_a_file_that_is_named_after_the_one_asked_for(scene: Scene, body: Json, name: str) -> None:
    called = {"bank": scene.events["bank"], "uuid": uuid_of("bank"), "": "list"}[name]
    answer = scene.ask("events", body)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="misp.event.{called}.json"'
    assert "Content-Disposition" not in scene.ask("attributes", body).headers


DELETED: dict[str, tuple[str, set[str]]] = {
    "its owner": ("alice", {"gone"}),
    "another one": ("bob", {"lost"}),
    "the site admin": ("dora", {"gone", "lost"}),
    "a partner's sync user": ("sam", {"gone", "lost"}),
}


@pytest.mark.parametrize("value", [1, "only", True, [1]], ids=str)
@pytest.mark.parametrize(("who", "expected"), DELETED.values(), ids=DELETED)
def test_deleted_alone_are_for_their_owner_and_for_those_who_sync(
    scene: Scene, who: str, expected: set[str], value: object
) -> None:
    assert scene.found("attributes", {"deleted": value}, who) == expected
    events = scene.results("events", {"deleted": value}, who)
    assert names_in([one for event in events for one in event["Attribute"]]) == expected


@pytest.mark.parametrize(("who", "deleted"), DELETED.values(), ids=DELETED)
def test_deleted_ones_are_added_to_the_live_ones(scene: Scene, who: str, deleted: set[str]) -> None:
    live = scene.found("attributes", {}, who)
    assert not live & {"gone", "lost"}
    for both in ([0, 1], ["0", "1"], [False, True]):
        assert scene.found("attributes", {"deleted": both}, who) == live | deleted
    assert scene.found("attributes", {"deleted": [0]}, who) == live


CUTS: dict[str, tuple[Json, set[str]]] = {
    "nothing": ({}, OF_BANK),
    "to_ids": ({"to_ids": 1}, OF_BANK - {"city", "file"}),
    "to_ids excluded": ({"to_ids": "exclude"}, {"city", "file"}),
    "an unwanted tag": ({"tags": "!kind:dropper"}, OF_BANK - {"ip"}),
    "deleted": ({"deleted": 1}, {"gone"}),
    "a value cuts nothing": ({"value": "open.example"}, OF_BANK),
    "a type cuts nothing": ({"type": "!domain"}, OF_BANK),
    "a warninglist": ({"enforceWarninglist": 1}, OF_BANK - {"warned"}),
}


@pytest.mark.parametrize(("body", "expected"), CUTS.values(), ids=CUTS)
def test_few_parameters_cut_attributes_out_of_events(scene: Scene, body: Json, expected: set[str]) -> None:
    (event,) = scene.results("events", {"eventid": "@bank", "flatten": 1, **body})
    assert names_in(event["Attribute"]) == expected


def one(scene: Scene, scope: str, body: Json, who: str = "alice") -> Json:
    """The only result."""
    (found,) = scene.results(scope, body, who)
    return found


def test_what_stands_beside_an_attribute_is_asked_for(scene: Scene) -> None:
    ip = {"uuid": "#ip"}
    plain = one(scene, "attributes", ip)
    assert plain["Event"].keys() == {"org_id", "distribution", "publish_timestamp", "id", "info", "orgc_id", "uuid"}
    assert [tag["name"] for tag in plain["Tag"]] == ["kind:dropper"]
    for name in ("event_uuid", "Sighting", "ShadowAttribute", "RelatedAttribute", "warnings", "decay_score", "data"):
        assert name not in plain
    assert one(scene, "attributes", {**ip, "includeEventUuid": 1})["event_uuid"] == uuid_of("bank")
    tags = one(scene, "attributes", {**ip, "includeEventTags": "yes"})["Tag"]
    assert [(tag["name"], tag.get("inherited")) for tag in tags] == [
        ("kind:dropper", None), ("tlp:amber", 1), ("todo", 1),
    ]  # fmt: skip
    context = one(scene, "attributes", {**ip, "includeContext": True})["Event"]
    assert [tag["name"] for tag in context["Tag"]] == ["tlp:amber", "todo"]
    assert context["Orgc"]["name"] == "ACME"
    related = one(scene, "attributes", {**ip, "includeCorrelations": 1})["RelatedAttribute"]
    assert names_in(related) == {"same"}
    warned = one(scene, "attributes", {"uuid": "#warned", "includeWarninglistHits": 1})
    assert [hit["warninglist_name"] for hit in warned["warnings"]] == ["Known"]


def test_opinions_stand_beside_an_attribute_if_asked_for(scene: Scene) -> None:
    assert scene.alice.post("/sightings/add", {"uuid": uuid_of("ip")}).status_code == 200
    proposed = {"type": "ip-dst", "value": "198.51.100.8", "category": "Network activity"}
    assert scene.bob.post(f"/shadow_attributes/edit/{uuid_of('ip')}", proposed).status_code == 200
    seen = one(scene, "attributes", {"uuid": "#ip", "includeSightings": 1})
    assert len(seen["Sighting"]) == 1
    told = one(scene, "attributes", {"uuid": "#ip", "includeProposals": 1})
    assert [proposal["value"] for proposal in told["ShadowAttribute"]] == ["198.51.100.8"]


def test_an_object_carries_warnings_and_loses_warned_attributes(scene: Scene) -> None:
    inside = {"type": "domain", "object_relation": "domain", "value": f"x.{KNOWN}"}
    made = scene.alice.post(f"/objects/add/{scene.events['own']}", {**DOMAIN_IP, "Attribute": [inside]}).json()[
        "Object"
    ]
    asked = {"object_name": "domain-ip", "eventid": "@own"}
    assert "warnings" not in results_of("objects", scene.ask("objects", asked))[0]["Attribute"][0]
    told = results_of("objects", scene.ask("objects", {**asked, "includeWarninglistHits": 1}))
    assert told[0]["Attribute"][0]["warnings"][0]["warninglist_name"] == "Known"
    answer = scene.ask("objects", {**asked, "enforceWarninglist": 1})
    assert results_of("objects", answer)[0]["Attribute"] == []
    assert answer.headers["X-Skipped-Elements-Count"] == "1"
    assert scene.alice.post(f"/objects/delete/{made['id']}/1").status_code == 200


EVENT_OPTIONS: dict[str, tuple[Json, set[str]]] = {
    "metadata": ({"metadata": 1}, {"Attribute", "Object", "ShadowAttribute", "EventReport"}),
    "no correlations": ({"includeEventCorrelations": 0}, {"RelatedEvent"}),
}


@pytest.mark.parametrize(("body", "gone"), EVENT_OPTIONS.values(), ids=EVENT_OPTIONS)
def test_parts_of_an_event_are_left_out(scene: Scene, body: Json, gone: set[str]) -> None:
    whole, without = (one(scene, "events", {"eventid": "@bank", **more}) for more in ({}, body))
    assert whole.keys() - without.keys() == gone


def test_local_tags_and_those_that_are_not_exported_are_asked_for(scene: Scene) -> None:
    def tags(body: Json, who: str = "alice") -> set[str]:
        found = one(scene, "events", {"eventid": "@bank", "metadata": 1, **body}, who)
        return {tag["name"] for tag in found["Tag"]}

    assert tags({}) == {"tlp:amber", "todo"}
    assert tags({"excludeLocalTags": 1}) == {"tlp:amber"}
    assert tags({"includeAllTags": 1}) == {"tlp:amber", "todo", "not:exported"}
    assert tags({}, "sam") == {"tlp:amber"}


@pytest.fixture
def rich(scene: Scene) -> Iterator[str]:
    """An event for a group, with a report, a proposal and a file in an object; its id."""
    members = [{"org_id": str(scene.site.org_id), "extend": True}]
    group = {"name": "Neighbours", "releasability": "x", "description": "x", "SharingGroupOrg": members}
    made = scene.dora.post("/sharing_groups/add", group).json()["SharingGroup"]
    file = {"type": "attachment", "value": "note.txt", "object_relation": "attachment", "data": "aGVsbG8="}
    loose = {"type": "domain", "value": "rich.example"}
    event = {
        "info": "For the neighbours", "distribution": "4", "sharing_group_id": made["id"],
        "EventReport": [{"name": "Report", "content": "x", "distribution": "5"}], "Attribute": [loose],
        "Object": [{**DOMAIN_IP, "name": "file", "description": "x", "Attribute": [file]}],
    }  # fmt: skip
    added = scene.alice.post("/events/add", event)
    assert added.status_code == 200, added.text
    event_id = added.json()["Event"]["id"]
    proposed = scene.dora.post(f"/shadow_attributes/add/{event_id}", {"type": "domain", "value": "more.example"})
    assert proposed.status_code == 200, proposed.text
    yield event_id
    scene.alice.post(f"/events/delete/{event_id}")
    scene.dora.post(f"/sharing_groups/delete/{made['id']}")


def test_groups_reports_proposals_and_files_are_there_as_they_are_asked_for(scene: Scene, rich: str) -> None:
    def told(scope: str = "events", **options: object) -> Json:
        return one(scene, scope, {"eventid": rich, **options})

    plain = told()
    assert plain["SharingGroup"]["name"] == "Neighbours"
    assert "SharingGroup" not in told(sgReferenceOnly=1)
    assert (len(plain["EventReport"]), told(noEventReports=1)["EventReport"]) == (1, [])
    assert (len(plain["ShadowAttribute"]), told(noShadowAttributes=1)["ShadowAttribute"]) == (1, [])
    assert "data" not in plain["Object"][0]["Attribute"][0]
    for name in ("withAttachments", "includeAttachments"):
        asked: Json = {name: 1}
        for found in (told(**asked)["Object"][0], told("objects", **asked)):
            assert found["Attribute"][0]["data"] == "aGVsbG8="
        assert told("attributes", type="attachment", **asked)["data"] == "aGVsbG8="
    by_group = {"sharinggroup": plain["sharing_group_id"], "metadata": 1}
    assert [found["id"] for found in scene.results("events", by_group)] == [rich]
    assert len(scene.results("attributes", {"sharing_group_id": [plain["sharing_group_id"]]})) == 2


def test_tags_and_organisations_are_found_by_their_ids_too(scene: Scene) -> None:
    clinic = one(scene, "events", {"eventid": "@clinic", "metadata": 1})
    (osint,) = [tag["id"] for tag in clinic["Tag"] if tag["name"] == "type:osint"]
    for number in (osint, int(osint), [osint, "!999999"]):
        assert scene.found("attributes", {"tags": number}) == {"hash", "same"}
    for number in (clinic["orgc_id"], int(clinic["orgc_id"])):
        assert scene.found("attributes", {"org": number}) == {"hash", "same"}
    assert scene.found("attributes", {"org": f"!{clinic['orgc_id']}"}) == ALL - {"hash", "same"}


def test_extensions_are_merged_or_listed(scene: Scene) -> None:
    merged = one(scene, "events", {"eventid": "@bank", "extended": 1})
    assert "seen" in names_in(merged["Attribute"])
    listed = one(scene, "events", {"eventid": "@bank", "extensionList": 1})
    assert listed["extensionEvents"].keys() == {scene.events["own"]}
    assert "seen" not in names_in(listed["Attribute"])


def test_what_is_asked_of_an_event_is_asked_of_its_extensions_too(scene: Scene) -> None:
    file = {"type": "attachment", "value": "more.txt", "data": "aGVsbG8=", "Tag": [{"name": "kind:dropper"}]}
    report = {"name": "More", "content": "x", "distribution": "5"}
    event = {
        "info": "More of it", "distribution": "0", "extends_uuid": uuid_of("own"), "Attribute": [file],
        "EventReport": [report],
    }  # fmt: skip
    made = scene.alice.post("/events/add", event).json()["Event"]

    def told(**options: object) -> tuple[list[str | None], int]:
        merged = one(scene, "events", {"eventid": "@own", "extended": 1, **options})
        files = [found.get("data") for found in merged["Attribute"] if found["value"] == "more.txt"]
        return files, len(merged["EventReport"])

    assert told() == ([None], 1)
    assert told(withAttachments=1, noEventReports=1) == (["aGVsbG8="], 0)
    assert told(tags="!kind:dropper") == ([], 1)
    scene.alice.post(f"/events/delete/{made['id']}")


def test_ids_alone_are_a_cheap_list(scene: Scene) -> None:
    whole = scene.results("attributes", {"type": "ip%"})
    listed = scene.ask("attributes", {"type": "ip%", "list": 1}).json()
    assert listed == {"response": {"Attribute": [found["id"] for found in whole]}}


@pytest.mark.parametrize("value", [["1d"], [1, 2, 3]], ids=str)
@pytest.mark.parametrize("name", ["timestamp", "last", "date", "first_seen", "publish_timestamp"])
def test_a_time_of_another_length_is_refused_by_name(scene: Scene, name: str, value: object) -> None:
    answer = scene.ask("attributes", {name: value})
    assert answer.status_code == 403
    assert name in answer.json()["errors"]


def test_one_s_own_defaults_hold_where_nothing_else_is_asked(scene: Scene) -> None:
    mine = Caller(scene.site, scene.site.key(PUBLISHER))
    asked = Scene(scene.site, mine, scene.bob, scene.dora, scene.sam, scene.events)
    path = "/user_settings/setSetting/me/default_restsearch_parameters"
    assert mine.post(path, {"value": {"type": "url", "to_ids": 1}}).status_code == 200
    assert asked.found("attributes", {}) == {"seen"}
    assert asked.found("attributes", {"type": "md5"}) == {"hash"}
    assert asked.found("attributes", {"type": None, "to_ids": 0}) == {"city", "file", "same"}
    assert names_in(results_of("attributes", mine.get("/attributes/restSearch/type:md5"))) == {"hash"}
    assert mine.get("/attributes/restSearch").status_code == 400


def exported(scene: Scene, form: str, scope: str = "attributes", **more: object) -> requests.Response:
    """A text export."""
    return scene.ask(scope, {"returnFormat": form, **more})


def test_what_feeds_detection_is_published_and_for_detection_unless_asked(scene: Scene) -> None:
    assert "seen.example" not in exported(scene, "text").text
    assert "seen.example" in exported(scene, "text", published=[0, 1]).text
    assert "São Paulo" in exported(scene, "text", to_ids=0).text
    everything = exported(scene, "text", ignore=1).text
    assert "São Paulo" in everything
    assert "seen.example" in everything


@pytest.mark.parametrize("scope", ["attributes", "events"])
def test_contested_attributes_are_left_out_of_detection_if_the_instance_says_so(scene: Scene, scope: str) -> None:
    event = {"info": "Contested", "distribution": "1", "Attribute": [
        {"uuid": new_uuid(), "type": "domain", "value": f"{name}.{scope}.example", "to_ids": True}
        for name in ("deleted", "off", "changed", "kept")
    ]}  # fmt: skip
    made = scene.alice.post("/events/add", event).json()["Event"]
    ids = {found["value"].partition(".")[0]: found["id"] for found in made["Attribute"]}
    assert scene.bob.post(f"/shadow_attributes/delete/{ids['deleted']}").status_code == 200
    for name, to_ids in (("off", False), ("changed", True)):
        proposed = {"type": "domain", "value": f"{name}.new.example", "to_ids": to_ids}
        assert scene.bob.post(f"/shadow_attributes/edit/{ids[name]}", proposed).status_code == 200
    asked = {"eventid": made["id"], "published": 0}

    def values(form: str = "text") -> tuple[set[str], str]:
        answer = exported(scene, form, scope, **asked)
        return {line.partition(".")[0] for line in answer.text.split()}, answer.headers["X-Skipped-Elements-Count"]

    setting = "/servers/serverSettingsEdit/MISP.proposals_block_attributes"
    assert values() == ({"deleted", "off", "changed", "kept"}, "0")
    assert scene.dora.post(setting, {"value": True}).status_code == 200
    assert values() == ({"changed", "kept"}, "2")
    assert len(results_of("attributes", scene.ask("attributes", asked))) == 4
    scene.dora.post(setting, {"value": False})
    scene.alice.post(f"/events/delete/{made['id']}")


@pytest.fixture(scope="module")
def clusters(scene: Scene) -> Iterator[None]:
    """Two clusters with words, one of which only Alice's organisation sees; each is on an event or attribute."""
    with writing():
        galaxy = galaxies.insert_galaxy(GalaxyDraft(new_uuid(), "Weather", "weather", "What the sky does"))
    storm = {"synonyms": "Tempest", "country": "BR"}
    for level, words, target in ((1, storm, "clinic"), (0, {"synonyms": "Hush", "country": "BR"}, "ip")):
        elements = [{"key": key, "value": value} for key, value in words.items()]
        body = {"value": f"Storm {level}", "distribution": level, "GalaxyElement": elements}
        made = scene.alice.post(f"/galaxy_clusters/add/{galaxy}", body)
        assert made.status_code == 200, made.text
        tag = {"uuid": uuid_of(target), "tag": made.json()["GalaxyCluster"]["tag_name"]}
        assert scene.dora.post("/tags/attachTagToObject", tag).status_code == 200
    scene.publish()
    yield
    scene.dora.post(f"/galaxies/delete/{galaxy}")


GALAXY: dict[str, tuple[Json, set[str]]] = {
    "a synonym": ({"galaxy.synonyms": "Tempest"}, {"clinic"}),
    "in any case": ({"galaxy.Synonyms": "tempest"}, {"clinic"}),
    "by pattern": ({"galaxy.synonyms": "%us%"}, {"bank"}),
    "one of several": ({"galaxy.synonyms": ["Tempest", "Hush"]}, {"bank", "clinic"}),
    "another key": ({"galaxy.country": "BR"}, {"bank", "clinic"}),
    "two keys": ({"galaxy.country": "BR", "galaxy.synonyms": "Tempest"}, {"clinic"}),
    "an unknown word": ({"galaxy.synonyms": "Nobody"}, set()),
    "an unknown key": ({"galaxy.nothing": "Tempest"}, set()),
    "not a word": ({"galaxy.synonyms": "!Tempest"}, {"bank", "own"}),
    "both of two": ({"galaxy.synonyms": {"AND": ["Tempest", "Hush"]}}, set()),
    "an empty one": ({"galaxy.synonyms": ""}, {"bank", "clinic", "own"}),
}


@pytest.mark.usefixtures("clusters")
@pytest.mark.parametrize(("body", "expected"), GALAXY.values(), ids=GALAXY)
def test_events_are_found_by_words_of_clusters(scene: Scene, body: Json, expected: set[str]) -> None:
    assert scene.found("events", {**body, "metadata": 1}) == expected


CLUSTERS: dict[str, tuple[str, Json, set[str]]] = {
    "value": ("", {"value": "Storm 1"}, {"Storm 1"}),
    "values": ("", {"value": ["Storm 1", "Storm 0"]}, {"Storm 0", "Storm 1"}),
    "values in the path": ("/value:Storm 1&&Storm 0", {}, {"Storm 0", "Storm 1"}),
    "an array in the path": ("/json/value[]:Storm 1/value[]:none", {}, {"Storm 1"}),
    "words": ("", {"elements": {"synonyms": ["Tempest"]}}, {"Storm 1"}),
    "no such": ("", {"value": "Storm 7"}, set()),
    "an event": ("", {"eventid": "@clinic"}, {"Storm 1"}),
}


@pytest.mark.usefixtures("clusters")
@pytest.mark.parametrize(("place", "body", "expected"), CLUSTERS.values(), ids=CLUSTERS)
def test_clusters_are_found_by(scene: Scene, place: str, body: Json, expected: set[str]) -> None:
    answer = scene.ask("galaxy_clusters", body, place=place)
    assert {found["GalaxyCluster"]["value"] for found in answer.json()["response"]} == expected
    assert answer.headers["X-Result-Count"] == str(len(expected))


@pytest.mark.usefixtures("clusters")
def test_words_of_clusters_are_looked_for_in_every_scope_and_only_where_they_are_seen(scene: Scene) -> None:
    assert scene.found("attributes", {"galaxy.synonyms": "Hush"}) == {"ip"}
    assert scene.found("attributes", {"galaxy.synonyms": "Tempest"}) == {"hash", "same"}
    assert scene.found("attributes", {"galaxy.synonyms": "Hush"}, "bob") == set()
    assert scene.found("events", {"galaxy.country": "BR"}, "bob") == {"clinic"}


def md5(text: str) -> bytes:
    return hashlib.md5(text.encode(), usedforsecurity=False).digest()


@pytest.fixture(scope="module")
def large(scene: Scene) -> Iterator[str]:
    """An event whose answer is kept, and was before any feed was; its id."""
    values = ["open.example", *(f"{number}.large.example" for number in range(60))]
    attributes = [{"type": "domain", "value": value} for value in values]
    made = scene.dora.post("/events/add", {"info": "Large", "distribution": "0", "Attribute": attributes}).json()
    path = f"/events/view/{made['Event']['id']}"
    assert [scene.dora.get(path).status_code for _ in range(2)] == [200, 200]
    yield made["Event"]["id"]
    scene.dora.post(f"/events/delete/{made['Event']['id']}")


@pytest.fixture
def elsewhere(scene: Scene) -> Iterator[str]:
    """A feed and a partner whose caches hold a value; the event's uuid there."""
    viewer, there = Viewer.everything(org_id=scene.site.org_id), new_uuid()
    feed = feeds.add_feed(viewer, FeedDraft(
        name="Known bad", provider="Somebody", url="https://feed.example/", caching_enabled=True, lookup_visible=True,
    ))  # fmt: skip
    server = servers.add_server(viewer, ServerDraft(
        name="CERT Epsilon", url="https://misp.epsilon.example", authkey=new_authkey(), caching_enabled=True,
        new_org=OrganisationDraft(new_uuid(), "CERT Epsilon"),
    ))  # fmt: skip
    with writing():
        stored_feeds.replace_cache(feed.id, [(md5("open.example"), there), (md5("8443"), None)])
        server_values.add_to_cache(server.id, [(md5("open.example"), there), (md5("203.0.113.9|8443"), None)])
    yield there
    feeds.delete_feed(viewer, feed.id)
    servers.delete_server(viewer, server.id)


def test_an_event_tells_where_else_its_values_are_if_asked(scene: Scene, elsewhere: str) -> None:
    def told(who: str = "dora", **options: int) -> tuple[Json, dict[str, Json]]:
        event = one(scene, "events", {"eventid": "@bank", **options}, who)
        return event, {found["value"]: found for found in event["Attribute"]}

    event, values = told()
    assert "Feed" not in event
    assert "Server" not in event
    event, values = told(includeFeedCorrelations=1, includeServerCorrelations=1)
    feed = {
        "id": event["Feed"][0]["id"], "name": "Known bad", "url": "https://feed.example/", "provider": "Somebody",
        "source_format": "misp", "event_uuids": [elsewhere],
    }  # fmt: skip
    assert event["Feed"] == values["open.example"]["Feed"] == [feed]
    server = {"id": event["Server"][0]["id"], "name": "CERT Epsilon", "url": "https://misp.epsilon.example"}
    assert event["Server"] == values["open.example"]["Server"] == [{**server, "event_uuids": [elsewhere]}]
    composite = values["203.0.113.9|8443"]
    assert composite["Server"] == [server]
    assert [found["name"] for found in composite["Feed"]] == ["Known bad"]
    assert "Feed" not in values["b@mail.example"]
    event, values = told("bob", includeFeedCorrelations=1, includeServerCorrelations=1)
    assert "Feed" in event
    assert "Server" not in event


VIEWS: dict[str, tuple[str, bool, bool]] = {
    "as it is": ("", True, False),
    "without feeds": ("/includeFeedCorrelations:0", False, False),
    "with partners": ("/includeServerCorrelations:1", True, True),
}


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("more", "feed", "server"), VIEWS.values(), ids=VIEWS)
def test_a_viewed_event_tells_of_feeds_unless_asked_not_to(
    scene: Scene, large: str, more: str, feed: bool, server: bool
) -> None:
    for event_id in (scene.events["bank"], large):
        event = scene.dora.get(f"/events/view/{event_id}{more}").json()["Event"]
        (held,) = [one for one in event["Attribute"] if one["value"] == "open.example"]
        assert [("Feed" in told, "Server" in told) for told in (event, held)] == [(feed, server)] * 2


def test_a_viewed_event_tells_of_other_events_if_asked(scene: Scene) -> None:
    path = f"/events/view/{scene.events['clinic']}/includeRelatedTags:1/includeGranularCorrelations:1"
    event = scene.bob.get(path).json()["Event"]
    (same,) = [one for one in event["Attribute"] if one["value"] == "198.51.100.7"]
    assert "kind:dropper" in [tag["name"] for tag in same["RelatedTags"]]
    assert [one["id"] for one in event["RelatedAttribute"][same["id"]]] == [scene.events["bank"]]


def test_tags_of_the_same_value_elsewhere_are_told_if_asked(scene: Scene) -> None:
    def related(who: str, event: str, **options: int) -> dict[str, list[str]]:
        found = one(scene, "events", {"eventid": event, **options}, who)["Attribute"]
        return {one["value"]: [tag["name"] for tag in one["RelatedTags"]] for one in found if "RelatedTags" in one}

    assert related("bob", "@clinic") == {}
    told = related("bob", "@clinic", includeRelatedTags=1)
    assert told.keys() == {"198.51.100.7"}
    assert "kind:dropper" in told["198.51.100.7"]
    assert related("alice", "@own", includeRelatedTags=1) == {}


@pytest.fixture(scope="module")
def sighted(scene: Scene) -> None:
    """Bob has seen his hash."""
    seen = {"uuid": uuid_of("hash"), "source": "honeypot", "timestamp": THEN + 5}
    for body in ({"uuid": uuid_of("hash"), "source": "honeypot"}, seen):
        assert scene.bob.post("/sightings/add", body).status_code == 200


SIGHTINGS: dict[str, tuple[str, Json, int]] = {
    "of the last 30 days": ("", {}, 1),
    "all": ("", {"last": 0}, 2),
    "of an event": ("/event", {"uuid": "#clinic"}, 1),
    "of another event": ("/event", {"uuid": ["#bank"]}, 0),
    "of an attribute": ("/attribute", {"uuid": "#hash"}, 1),
    "by type": ("", {"type": 0}, 1),
    "by another type": ("", {"type": [1, 2]}, 0),
    "since": ("", {"last": "1h"}, 1),
    "from and to": ("", {"from": THEN, "to": THEN + 10}, 1),
    "from later": ("", {"from": "2200-01-01"}, 0),
    "by source": ("", {"source": "honeypot"}, 1),
    "by another source": ("", {"source": "!honeypot"}, 0),
    "by organisation": ("", {"org_id": "#Bravo"}, 1),
    "by another organisation": ("", {"org_id": "!#Bravo"}, 0),
    "a limit": ("", {"last": 0, "limit": 1}, 1),
}


@pytest.mark.usefixtures("sighted")
@pytest.mark.parametrize(("place", "body", "count"), SIGHTINGS.values(), ids=SIGHTINGS)
def test_sightings_are_found_by(scene: Scene, place: str, body: Json, count: int) -> None:
    answer = scene.ask("sightings", body, "bob", place)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["response"]) == count
    assert answer.headers["X-Result-Count"] == str(count)


@pytest.mark.usefixtures("sighted")
def test_sightings_come_with_what_they_are_about_if_asked(scene: Scene) -> None:
    body = {"includeAttribute": 1, "includeEvent": 1, "includeUuid": 1}
    (found,) = scene.ask("sightings", body, "bob").json()["response"]
    seen = found["Sighting"]
    assert (seen["attribute_uuid"], seen["event_uuid"]) == (uuid_of("hash"), uuid_of("clinic"))
    assert (seen["Attribute"]["uuid"], seen["Event"]["uuid"]) == (uuid_of("hash"), uuid_of("clinic"))


@pytest.mark.parametrize("place", ["/event", "/attribute"])
def test_sightings_of_something_need_its_id(scene: Scene, place: str) -> None:
    assert scene.ask("sightings", {}, "bob", place).status_code == 400
    assert scene.ask("sightings", {"id": "no id"}, "bob", place).status_code == 400
