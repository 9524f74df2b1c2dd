"""Every format of every restSearch: where it exists, what it is called, what its documents hold (API §8.5, §8.6)."""

import hashlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest
import requests

from mispmini.domain.galaxies import GalaxyDraft
from mispmini.domain.ids import new_uuid
from mispmini.store.database import writing
from mispmini.store.galaxies import insert_galaxy
from mispmini.wire import formats
from tests.web.analyst import a_stranger
from tests.web.conftest import MACHINE, USER, Site

IOC = "{http://schemas.mandiant.com/2010/ioc}"
TECHNIQUE = 'misp-galaxy:mitre-attack-pattern="Phishing - T1566"'
SECRET = 'misp-galaxy:mitre-attack-pattern="Replication Through Removable Media - T1091"'
SUB_TECHNIQUE = 'misp-galaxy:mitre-attack-pattern="Spearphishing Link - T1566.002"'
WATCHED = "198.51.100.42"
MITIGATION = 'misp-galaxy:mitre-course-of-action="User Training - T1017"'
ANSWERS = {
    "json": ("application/json; charset=UTF-8", "json"),
    "xml": ("application/xml; charset=UTF-8", "xml"),
    "csv": ("text/csv; charset=UTF-8", "csv"),
    "yara-json": ("application/json; charset=UTF-8", "json"),
    "openioc": ("application/xml; charset=UTF-8", "xml"),
    "attack": ("application/json; charset=UTF-8", "json"),
    "attack-sightings": ("application/json; charset=UTF-8", "json"),
    "context": ("text/html; charset=UTF-8", "html"),
}
TEXT = ("text/plain; charset=UTF-8", "txt")
LISTED = {
    "events": "attack attack-sightings cache context context-markdown count csv hashes hosts json kunai netfilter "
    "openioc rpz snort suricata text xml yara yara-json",
    "attributes": "attack-sightings cache count csv hashes hosts json kunai netfilter openioc rpz snort suricata text "
    "xml yara yara-json",
    "objects": "json",
    "sightings": "json xml csv",
    "galaxy_clusters": "json",
}
EVERY = sorted({name for names in LISTED.values() for name in names.split()} | {"nope", "host", "values", "bro"})
CONVERTED = ("stix", "stix-json", "stix-xml", "stix2")


@dataclass(frozen=True)
class Scene:
    """One published event that has something for every format, and one that is not published."""

    site: Site
    event: Any
    draft: Any

    def ask(
        self, scope: str, name: str, wanted: Mapping[str, object] | None = None, place: str = ""
    ) -> requests.Response:
        """One search, of the event unless it says otherwise."""
        about: dict[str, object] = {} if scope == "galaxy_clusters" else {"eventid": self.event["id"]}
        headers = {**MACHINE, "Authorization": self.site.admin_key}
        body = {"returnFormat": name, **about, **(wanted or {})}
        return self.site.post(f"/{scope}/restSearch{place}", headers=headers, json=body)

    def text(self, scope: str, name: str, **wanted: object) -> str:
        """What a search answers."""
        answer = self.ask(scope, name, wanted)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def scene(site: Site) -> Scene:
    """Written by the site's admin, who may make tags."""
    headers = {**MACHINE, "Authorization": site.admin_key}

    def adds(**event: object) -> Any:
        answer = site.post("/events/add", headers=headers, json={"distribution": "0", **event})
        assert answer.status_code == 200, answer.text
        return answer.json()["Event"]

    with writing():
        galaxy = insert_galaxy(GalaxyDraft(new_uuid(), "Threat Actor", "threat-actor"))
    cluster = {"value": "An actor of our own", "description": "Known <here>."}
    actor = site.post(f"/galaxy_clusters/add/{galaxy}", headers=headers, json=cluster).json()["GalaxyCluster"]
    attributes: list[dict[str, object]] = [
        {"type": "ip-dst", "value": "198.51.100.40"},
        {"type": "ip-dst", "value": "2001:db8::40"},
        {"type": "domain", "value": "formats.example", "Tag": [{"name": TECHNIQUE}, {"name": SUB_TECHNIQUE}]},
        {"type": "domain|ip", "value": "both.example|198.51.100.41"},
        {"type": "filename|sha256", "value": f"a&b.exe|{'c' * 64}"},
        {"type": "filename", "value": "/usr/lib/evil.so"},
        {"type": "filename", "value": "relative.exe"},
        {"type": "yara", "value": "rule formats { condition: true }"},
        {"type": "ip-dst", "value": WATCHED, "to_ids": False},
        {"type": "md5", "value": "e" * 32, "to_ids": False},
        {"type": "domain", "value": "watched.example", "to_ids": False},
    ]
    given = [{"to_ids": True, **one} for one in attributes]
    tags = [{"name": name} for name in (TECHNIQUE, MITIGATION, "tlp:amber", "kind of thing", actor["tag_name"])]
    event = adds(info="Formats", date="2026-05-06", published=True, Attribute=given, Tag=tags)
    number = next(one["id"] for one in event["Attribute"] if one["value"] == "formats.example")
    for moment in (1_770_000_000, 1_770_000_300):
        seen = {"id": number, "timestamp": moment}
        assert site.post("/sightings/add", headers=headers, json=seen).status_code == 200
    draft = adds(info="Draft", Attribute=[{"type": "ip-dst", "value": "198.51.100.43", "to_ids": True}])
    return Scene(site, event, draft)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("scope", LISTED)
def test_a_format_exists_where_it_is_listed_and_nowhere_else(scene: Scene, scope: str, name: str) -> None:
    answer = scene.ask(scope, name)
    if name not in LISTED[scope].split():
        assert answer.status_code == 404, answer.text
        assert answer.json()["message"] == "Invalid output format."
        return
    assert answer.status_code == 200, answer.text
    content_type, kind = ANSWERS.get(name, TEXT)
    kind = "text" if (scope, name) == ("events", "text") else kind
    told = answer.headers
    assert told["Content-Type"] == content_type
    assert (told["X-Export-Module-Used"], told["X-Response-Format"]) == (name, kind)
    assert told["X-Result-Count"].isdigit()
    assert told["X-Skipped-Elements-Count"] == "0"
    disposition = f'attachment; filename="misp.event.{scene.event["id"]}.{kind}"'
    assert told.get("Content-Disposition") == (disposition if scope == "events" else None)


def test_the_table_lists_nothing_else() -> None:
    told = {scope: names - set(CONVERTED) - formats.NOT_DONE.keys() for scope, names in formats.AVAILABLE.items()}
    assert told == {scope: set(names.split()) for scope, names in LISTED.items()}


@pytest.mark.parametrize("name", CONVERTED)
def test_objects_and_sightings_are_not_converted_to_stix(scene: Scene, name: str) -> None:
    assert [scene.ask(scope, name).status_code for scope in ("objects", "sightings")] == [404, 404]


@pytest.mark.skipif(find_spec("misp_stix_converter") is None, reason="the extra package misp-stix is not installed")
def test_stix_for_those_who_take_json_is_json_and_holds_the_clusters_that_tags_name(scene: Scene) -> None:
    headers = {**MACHINE, "Authorization": scene.site.admin_key}
    body = {"returnFormat": "stix", "eventid": scene.event["id"]}
    answer = requests.post(f"{scene.site.url}/events/restSearch", headers=headers, json=body, timeout=100)
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    assert (answer.headers["X-Export-Module-Used"], answer.headers["X-Response-Format"]) == ("stix-json", "json")
    assert '"title": "An actor of our own"' in answer.text


@pytest.mark.parametrize("scope", ["events", "attributes"])
def test_open_data_is_refused_with_the_way_out(scene: Scene, scope: str) -> None:
    answer = scene.ask(scope, "opendata")
    assert answer.status_code == 501
    assert "csv or json" in answer.json()["message"]
    assert scene.ask("objects", "opendata").status_code == 404


@pytest.mark.parametrize("place", ["/download", "/returnFormat:download", "/DOWNLOAD.json"])
def test_download_is_json(scene: Scene, place: str) -> None:
    headers = {**MACHINE, "Authorization": scene.site.admin_key}
    answer = scene.site.post(f"/events/restSearch{place}", headers=headers, json={"eventid": scene.event["id"]})
    assert answer.json()["response"][0]["Event"]["uuid"] == scene.event["uuid"]


OPEN = {
    "json": WATCHED, "xml": WATCHED, "csv": WATCHED, "cache": hashlib.md5(WATCHED.encode()).hexdigest(),
    "netfilter": f"-s {WATCHED} -j",
}  # fmt: skip
STRICT = {
    "text": WATCHED, "openioc": f">{WATCHED}<", "kunai": f'"{WATCHED}"', "rpz": "32.42.100.51.198.rpz-ip",
    "suricata": f"-> {WATCHED} any", "snort": f"-> {WATCHED} any", "hashes": "e" * 32, "hosts": "watched.example",
}  # fmt: skip


@pytest.mark.parametrize("scope", ["events", "attributes"])
@pytest.mark.parametrize(("name", "shown"), (OPEN | STRICT).items(), ids=OPEN | STRICT)
def test_what_feeds_detection_leaves_out_what_is_not_for_it(scene: Scene, scope: str, name: str, shown: str) -> None:
    usual = scene.text(scope, name)
    assert (shown in usual) == (name in OPEN)
    assert shown in scene.text(scope, name, to_ids=[0, 1])
    assert shown in scene.text(scope, name, ignore=1)


@pytest.mark.parametrize("scope", ["events", "attributes"])
@pytest.mark.parametrize("name", sorted((OPEN | STRICT).keys() - {"hashes", "hosts"}))
def test_what_feeds_detection_leaves_out_what_is_not_published(scene: Scene, scope: str, name: str) -> None:
    value = "198.51.100.43"
    shown = {"cache": hashlib.md5(value.encode()).hexdigest(), "rpz": "32.43.100.51.198.rpz-ip"}.get(name, value)
    about = {"eventid": scene.draft["id"]}
    assert (shown in scene.text(scope, name, **about)) == (name in OPEN)
    assert shown in scene.text(scope, name, **about, published=[0, 1])


DRAFT, SHA256, PUBLIC = "198.51.100.43", "c" * 64, "198.51.100.40"


@pytest.mark.parametrize(
    ("path", "body", "told", "untold"),
    [
        ("/events/xml/download/@", None, ["<response><Event>", WATCHED], [DRAFT]),
        ("/events/xml/download.json", {"request": {"eventid": "@"}}, ["<response><Event>", WATCHED], [DRAFT]),
        ("/events/csv/download", None, ["uuid,event_id,", PUBLIC], [WATCHED, DRAFT]),
        ("/events/csv/download/false/true", None, [PUBLIC, WATCHED, DRAFT], []),
        ("/events/csv/download", {"ignore": True}, [PUBLIC, WATCHED, DRAFT], []),
        ("/events/csv/download/@/false/false/false/domain/true", None, ["event_info", "formats.example"], [PUBLIC]),
        ("/events/nids/suricata/download/@", None, ["optimized for suricata", PUBLIC], [WATCHED, DRAFT]),
        ("/events/nids/snort/download", {"eventid": "@"}, ["optimized for snort", PUBLIC], [WATCHED, DRAFT]),
        ("/events/hids/sha256/download", None, [SHA256], ["e" * 32, "|"]),
        ("/attributes/text/download/ip-dst", None, [PUBLIC], ["formats.example", WATCHED, DRAFT]),
        ("/attributes/text/download/all/tlp:amber", None, [PUBLIC, "formats.example"], [WATCHED, DRAFT]),
        ("/attributes/text/download/all/no:such", None, [], [PUBLIC]),
        ("/attributes/text/download/ip-dst/null/@/1", None, [PUBLIC, WATCHED], ["formats.example"]),
        ("/attributes/text/download", {"allowNonIDS": 1, "allowNotPublished": 1}, [WATCHED, DRAFT], []),
        ("/attributes/rpz/download/null/@/null/null/walled-garden/garden.test", None, ["CNAME garden.test"], []),
        ("/attributes/returnAttributes/download/@/ip-dst&&domain/1", None, [PUBLIC, "formats.example"], [WATCHED]),
        ("/events/downloadOpenIOCEvent/@", None, ["<ioc", WATCHED], [DRAFT]),
    ],
)  # fmt: skip
def test_exports_under_their_old_names(
    scene: Scene, path: str, body: object, told: list[str], untold: list[str]
) -> None:
    headers = {"Authorization": scene.site.admin_key}
    filled = json.loads(json.dumps(body).replace("@", scene.event["id"]))
    method = "GET" if body is None else "POST"
    url = scene.site.url + path.replace("@", scene.event["id"])
    answer = requests.request(method, url, headers=headers, json=filled, timeout=100)
    assert answer.status_code == 200, answer.text
    assert [part for part in told if part not in answer.text] == []
    assert [part for part in untold if part in answer.text] == []


def test_openioc_is_what_its_schema_says(scene: Scene) -> None:
    root = ET.fromstring(scene.text("events", "openioc"))
    assert root.tag == f"{IOC}ioc"
    assert [child.tag.removeprefix(IOC) for child in root] == [
        "short_description", "description", "authored_by", "authored_date", "links", "definition",
    ]  # fmt: skip
    outer = root.find(f"{IOC}definition/{IOC}Indicator")
    assert outer is not None
    (of_event,) = outer.findall(f"{IOC}Indicator")
    assert (of_event.get("operator"), of_event.get("id")) == ("OR", scene.event["uuid"])
    kinds = [child.tag.removeprefix(IOC) for child in of_event]
    assert kinds == sorted(kinds, reverse=True)  # every item stands before the groups
    single = {(c.get("search"), v.text) for c, v in map(_context_and_content, of_event.findall(f"{IOC}IndicatorItem"))}
    assert ("PortItem/remoteIP", "2001:db8::40") in single
    assert ("Network/DNS", "formats.example") in single
    groups = [
        [(c.get("search"), v.text) for c, v in map(_context_and_content, group)]
        for group in of_event.findall(f"{IOC}Indicator")
    ]
    assert [("FileItem/FileName", "a&b.exe"), ("FileItem/Sha256sum", "c" * 64)] in groups
    assert all(len(group) == 2 for group in groups)


def _context_and_content(item: ET.Element) -> tuple[ET.Element, ET.Element]:
    context, content = item
    return context, content


@pytest.mark.parametrize("scope", ["events", "attributes"])
def test_kunai_gets_what_it_compares_a_document_a_line(scene: Scene, scope: str) -> None:
    lines = [json.loads(line) for line in scene.text(scope, "kunai").splitlines()]
    assert {line["value"] for line in lines} == {
        "198.51.100.40", "2001:db8::40", "formats.example", "both.example", "198.51.100.41", "c" * 64,
        "/usr/lib/evil.so",
    }  # fmt: skip
    assert {line["event_uuid"] for line in lines} == {scene.event["uuid"]}
    assert {line["source"] for line in lines} == {scene.site.url}
    assert {line["uuid"] for line in lines} <= {one["uuid"] for one in scene.event["Attribute"]}


def test_a_layer_counts_what_is_tagged_with_a_technique(scene: Scene) -> None:
    layer = json.loads(scene.text("events", "attack"))
    assert (layer["versions"]["layer"], layer["domain"]) == ("4.5", "enterprise-attack")
    assert [(one["techniqueID"], one["score"]) for one in layer["techniques"]] == [("T1566", 2), ("T1566.002", 1)]
    assert layer["gradient"]["maxValue"] == 2
    assert json.loads(scene.text("events", "attack", eventid=new_uuid()))["techniques"] == []


@pytest.mark.parametrize("name", ["attack", "context", "context-markdown"])
def test_tags_of_hidden_attributes_are_not_told_and_others_are_counted_once(scene: Scene, name: str) -> None:
    headers = {**MACHINE, "Authorization": scene.site.admin_key}
    hidden = {"type": "yara", "value": "rule h { condition: true }", "distribution": "0", "Tag": [{"name": SECRET}]}
    shown = {"type": "yara", "value": "rule s { condition: true }", "Tag": [{"name": TECHNIQUE}]}
    body = {"info": "Half hidden", "distribution": "1", "Attribute": [hidden, shown]}
    made = [scene.site.post("/events/add", headers=headers, json=body).json()["Event"]["uuid"] for _ in range(2)]
    found: Any = a_stranger(scene.site).headers
    answer = scene.site.post("/events/restSearch", headers=found, json={"returnFormat": name, "uuid": made}).text
    assert "T1091" not in answer
    if name == "attack":
        assert [(one["techniqueID"], one["score"]) for one in json.loads(answer)["techniques"]] == [("T1566", 2)]
    else:
        assert re.search(r"T1566(\*\*|</strong>) \(2\)", answer)


@pytest.mark.parametrize("scope", ["events", "attributes"])
def test_a_sighting_of_techniques_lasts_from_the_first_to_the_last_time(scene: Scene, scope: str) -> None:
    (told,) = json.loads(scene.text(scope, "attack-sightings"))
    assert told == {
        "id": scene.event["uuid"],
        "sightingType": "direct-technique-sighting",
        "startTime": "2026-02-02T02:40:00Z",
        "endTime": "2026-02-02T02:45:00Z",
        "detectionType": "raw",
        "techniques": [{"techniqueID": "T1566"}, {"techniqueID": "T1566.002"}],
    }
    assert json.loads(scene.text(scope, "attack-sightings", eventid=new_uuid())) == []


def test_a_technique_that_nobody_sighted_was_seen_on_the_event_s_day(scene: Scene) -> None:
    (told,) = json.loads(scene.text("attributes", "attack-sightings", type="yara"))
    assert (told["startTime"], told["endTime"]) == ("2026-05-06T00:00:00Z", "2026-05-06T00:00:00Z")
    assert told["techniques"] == [{"techniqueID": "T1566"}]


def test_context_names_taxonomies_galaxies_and_other_tags(scene: Scene) -> None:
    lines = scene.text("events", "context-markdown").splitlines()
    assert lines[0] == "# Context of 1 events"
    shown = [line for line in lines if line.startswith(("##", "- "))]
    assert [line for line in shown if line.startswith("## ")] == ["## Taxonomies", "## Galaxies", "## Tags"]
    assert shown[shown.index("## Taxonomies") + 1 :][:2] == ["### tlp", "- **tlp:amber** (1)"]
    assert "- **Phishing - T1566** (2)" in shown
    assert shown[shown.index("### Threat Actor") + 1] == "- **An actor of our own** (1): Known \\<here\\>."
    assert shown[-1] == "- **kind of thing** (1)"


def test_context_as_a_page_says_the_same(scene: Scene) -> None:
    page = scene.text("events", "context")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h3>tlp</h3>\n<ul>\n<li><strong>tlp:amber</strong> (1)</li>\n</ul>" in page
    assert "<li><strong>An actor of our own</strong> (1): Known &lt;here&gt;.</li>" in page
    assert page.count("<ul>") == page.count("</ul>")


def test_sightings_as_xml_hold_what_json_holds(scene: Scene) -> None:
    wanted: dict[str, object] = {"last": "0", "id": int(scene.event["id"]), "includeEvent": 1}
    found = ET.fromstring(scene.ask("sightings", "xml", wanted, "/event").content).findall("Sighting")
    told = scene.ask("sightings", "json", wanted, "/event").json()["response"]
    assert len(told) == 2
    assert [one.findtext("uuid") for one in found] == [one["Sighting"]["uuid"] for one in told]
    assert [one.findtext("Event/uuid") for one in found] == [scene.event["uuid"]] * 2


def test_clusters_take_the_format_by_its_place_too(scene: Scene) -> None:
    headers = {**MACHINE, "Authorization": scene.site.admin_key}

    def status(place: str) -> int:
        return scene.site.post(f"/galaxy_clusters/restSearch{place}", headers=headers, json={"limit": 1}).status_code

    assert [status(place) for place in ("/json", "/csv", "/returnFormat:csv", "/download")] == [200, 404, 404, 200]
    assert scene.site.get("/galaxy_clusters/restSearch", headers=headers).status_code == 400


def test_csv_with_decay_says_how_much_is_left(scene: Scene) -> None:
    headers = {**MACHINE, "Authorization": scene.site.admin_key}
    assert scene.site.post("/decayingModel/enable/1", headers=headers).status_code == 200
    text = scene.text("attributes", "csv", includeDecayScore=1, type="ip-dst", value="198.51.100.40")
    scene.site.post("/decayingModel/disable/1", headers=headers)
    head, line = text.splitlines()[:2]
    assert head.endswith("object_meta_category,decay_score_score,decay_score_decayed")
    assert line.rpartition(",")[2] == "0"
    assert float(line.split(",")[-2]) > 0


@pytest.mark.parametrize("name", ["sha256", "sha3-256", "sha512/256"])
def test_a_cache_takes_any_digest_by_either_spelling(scene: Scene, name: str) -> None:
    lines = scene.text("attributes", "cache", hash_type=name, type="ip-dst").splitlines()
    assert {len(line) for line in lines} == {64}


def test_a_user_s_own_number_is_where_his_rules_begin(scene: Scene) -> None:
    key = scene.site.key(USER)
    headers = {**MACHINE, "Authorization": key}
    mine = scene.site.get("/users/view/me", headers=headers).json()["User"]
    rules = scene.site.post(
        "/attributes/restSearch", headers=headers, json={"returnFormat": "suricata", "value": "198.51.100.40"}
    ).text
    (rule,) = [line for line in rules.splitlines() if line.startswith("alert")]
    number = next(one["id"] for one in scene.event["Attribute"] if one["value"] == "198.51.100.40")
    assert f"sid:{int(mine['nids_sid']) + int(number) * 10 + 1};" in rule
    assert f"reference:url,{scene.site.url}/events/view/{scene.event['id']};" in rule
