"""restSearch over REST: scopes, places and names of parameters, options, xml and STIX (API §8)."""

import gzip
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mispmini.domain.ids import new_uuid
from mispmini.services import converting
from tests.web.conftest import MACHINE, USER, Site

SCOPES = ("events", "attributes", "objects")


@dataclass(frozen=True)
class Scene:
    """Two events of one account that share a value; `first` has an object, and `second` extends it."""

    site: Site
    key: str
    first: Any
    second: Any

    def ask(self, scope: str, body: object, place: str = "", **headers: str) -> requests.Response:
        """One restSearch by POST."""
        sent = {**MACHINE, "Authorization": self.key, **headers}
        return self.site.post(f"/{scope}/restSearch{place}", headers=sent, json=body)

    def convert(self, path: str, **sent: Any) -> requests.Response:
        """A POST that a process of its own answers, which takes seconds on a busy machine."""
        headers = {**MACHINE, "Authorization": self.key}
        return requests.post(self.site.url + path, headers=headers, timeout=100, **sent)

    def get(self, path: str) -> requests.Response:
        """One GET."""
        return self.site.get(path, headers={**MACHINE, "Authorization": self.key})

    def found(self, scope: str, **wanted: object) -> Any:
        """The results themselves."""
        answer = self.ask(scope, wanted)
        assert answer.status_code == 200, answer.text
        inside = answer.json()["response"]
        return inside["Attribute"] if scope == "attributes" else [one[scope.title()[:-1]] for one in inside]


@pytest.fixture(scope="module")
def scene(site: Site) -> Scene:
    """What the tests look for."""
    key = site.key(USER)
    for name in ("kind:dropper", "scene:one"):
        made = site.post("/tags/add", headers={**MACHINE, "Authorization": site.admin_key}, json={"name": name})
        assert made.status_code == 200, made.text

    def adds(**event: object) -> Any:
        sent = {"info": "Scene", "distribution": "0", **event}
        answer = site.post("/events/add", headers={**MACHINE, "Authorization": key}, json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()["Event"]

    obj = {
        "name": "file", "meta-category": "file", "template_uuid": new_uuid(), "template_version": "1",
        "comment": "found on disk",
        "Attribute": [{"type": "filename", "object_relation": "filename", "value": "a&b<c>.exe",
                       "Tag": [{"name": "kind:dropper"}]}],
    }  # fmt: skip
    first = adds(
        info="Scene one",
        Attribute=[{"type": "ip-dst", "value": "198.51.100.77"}, {"type": "text", "value": 'say "x"', "comment": "c"}],
        Object=[obj],
        Tag=[{"name": "scene:one"}],
    )
    second = adds(
        info="Scene two", Attribute=[{"type": "ip-src", "value": "198.51.100.77"}], extends_uuid=first["uuid"]
    )
    return Scene(site, key, first, second)


def test_an_object_comes_with_what_it_holds_and_its_event(scene: Scene) -> None:
    found = scene.found("objects", uuid=scene.first["Object"][0]["uuid"], includeContext=True)[0]
    assert found["Attribute"][0]["value"] == "a&b<c>.exe"
    assert found["Attribute"][0]["Tag"][0]["name"] == "kind:dropper"
    assert found["Event"]["uuid"] == scene.first["uuid"]
    assert found["Event"]["Tag"][0]["name"] == "scene:one"
    assert "Attribute" not in scene.found("objects", metadata=1)[0]


def test_objects_have_no_exports(scene: Scene) -> None:
    assert scene.ask("objects", {"returnFormat": "csv"}).status_code == 404


def test_correlations_stand_beside_attributes_and_events(scene: Scene) -> None:
    found = scene.found("attributes", value="198.51.100.77", type="ip-dst", includeCorrelations=1)[0]
    assert [one["Event"]["uuid"] for one in found["RelatedAttribute"]] == [scene.second["uuid"]]
    event = scene.found("events", eventid=scene.first["id"], includeGranularCorrelations=1)[0]
    related = event["RelatedAttribute"][found["id"]]
    assert [(one["id"], one["value"]) for one in related] == [(scene.second["id"], "198.51.100.77")]
    assert "RelatedAttribute" not in scene.found("attributes", type="ip-dst")[0]


def test_flatten_lists_what_objects_hold_with_the_others(scene: Scene) -> None:
    flat = scene.found("events", eventid=scene.first["id"], flatten=1)[0]
    assert len(flat["Attribute"]) == 3
    assert flat["Object"] == []


def test_xml_holds_what_json_holds(scene: Scene) -> None:
    answer = scene.ask("events", {"returnFormat": "xml", "eventid": scene.first["id"]})
    assert answer.headers["Content-Type"] == "application/xml; charset=UTF-8"
    event = ET.fromstring(answer.content).find("Event")
    assert event is not None
    assert event.findtext("uuid") == scene.first["uuid"]
    assert [one.findtext("value") for one in event.findall("Attribute")] == ["198.51.100.77", 'say "x"']
    assert [one.findtext("value") for one in event.findall("Object/Attribute")] == ["a&b<c>.exe"]
    attributes = ET.fromstring(scene.ask("attributes", {"returnFormat": "xml", "type": "ip-dst"}).content)
    assert [one.findtext("Event/info") for one in attributes.findall("Attribute")] == ["Scene one"]


def test_a_stream_is_packed_for_those_who_take_it(scene: Scene) -> None:
    headers = {**MACHINE, "Authorization": scene.key, "Accept-Encoding": "gzip"}
    url = f"{scene.site.url}/attributes/restSearch"
    with requests.post(url, headers=headers, json={"returnFormat": "csv"}, stream=True, timeout=10) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.raw.read()).startswith(b"uuid,event_id,")


CSV: dict[str, tuple[dict[str, object], str]] = {
    "some columns": ({"requested_attributes": ["value", "event_id"]}, 'value,event_id\n"say ""x""",{id}\n\n'),
    "columns with commas": ({"requested_attributes": "value, event_id"}, 'value,event_id\n"say ""x""",{id}\n\n'),
    "no header": ({"requested_attributes": "type", "headerless": 1}, '"text"\n\n'),
    "an unknown column": ({"requested_attributes": ["nonsense", "type"], "headerless": True}, '"","text"\n\n'),
}


@pytest.mark.parametrize(("wanted", "text"), CSV.values(), ids=CSV)
def test_csv_has_the_columns_that_were_asked(scene: Scene, wanted: dict[str, object], text: str) -> None:
    answer = scene.ask("attributes", {"returnFormat": "csv", "eventid": scene.first["id"], "type": "text", **wanted})
    assert answer.text == text.replace("{id}", scene.first["id"])


def test_the_usual_columns_written_out_are_those_written_one_by_one(scene: Scene) -> None:
    usual = scene.ask("events", {"returnFormat": "csv", "eventid": scene.first["id"]}).text
    named = usual.splitlines()[0].split(",")
    wanted = {"returnFormat": "csv", "eventid": scene.first["id"], "requested_attributes": named}
    assert scene.ask("events", wanted).text == usual


def test_the_index_is_there_as_a_table(scene: Scene) -> None:
    answer = scene.get("/events/index/searchall:Scene one.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
    head, line = answer.text.splitlines()
    assert head.startswith("id,date,info,tags,uuid,published,")
    assert line.startswith(f'{scene.first["id"]},"{scene.first["date"]}","Scene one","scene:one",')


def test_a_cache_of_few_values_is_whole_on_its_first_page(scene: Scene) -> None:
    wanted = {"returnFormat": "cache", "limit": 50_000, "eventid": scene.first["id"]}
    assert len(scene.ask("attributes", {**wanted, "page": 1}).text.splitlines()) == 3
    assert scene.ask("attributes", {**wanted, "page": 2}).text == ""


def test_count_is_a_bare_number(scene: Scene) -> None:
    for scope, count in (("events", "1"), ("attributes", "3")):
        assert scene.ask(scope, {"returnFormat": "count", "eventid": scene.first["id"]}).text == count


@pytest.fixture(scope="module")
def misp_stix() -> None:
    """The extra package, found but not imported; without it these tests have nothing to show."""
    if find_spec("misp_stix_converter") is None:
        pytest.skip("the extra package misp-stix is not installed")


@pytest.mark.slow
@pytest.mark.usefixtures("misp_stix")
def test_stix_2_is_what_comes_back_as_the_same_attributes(scene: Scene) -> None:
    answer = scene.convert("/events/restSearch", json={"returnFormat": "stix2", "eventid": scene.second["id"]})
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"
    bundle = answer.json()
    assert any(one.get("value") == "198.51.100.77" for one in bundle["objects"])
    deleted = scene.site.post(f"/events/delete/{scene.second['id']}", headers={**MACHINE, "Authorization": scene.key})
    assert deleted.status_code == 200
    headers = {**MACHINE, "Authorization": scene.site.admin_key}
    scene.site.post(f"/eventBlocklists/delete/{scene.second['uuid']}", headers=headers)
    uploaded = scene.convert("/events/upload_stix/2", data=answer.content)
    assert uploaded.status_code == 200, uploaded.text
    event = uploaded.json()["Event"]
    assert [(one["type"], one["value"]) for one in event["Attribute"]] == [("ip-src", "198.51.100.77")]


NOT_STIX = {
    "nothing": ("2", b" "),
    "no STIX": ("2", b"{}"),
    "no JSON": ("2", b"\xff\xfe<"),
    "depth": ("2", b"[" * 100_000),
    "no XML": ("1", b"{}"),
    "another version": ("3", b"{}"),
}


@pytest.mark.usefixtures("misp_stix")
@pytest.mark.parametrize(("version", "document"), NOT_STIX.values(), ids=NOT_STIX)
def test_what_is_no_stix_is_refused(scene: Scene, version: str, document: bytes) -> None:
    answer = scene.convert(f"/events/upload_stix/{version}", data=document)
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"]


def test_without_the_extra_it_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "find_spec", lambda _name: None)
    for answer in (
        scene.ask("events", {"returnFormat": "stix2"}),
        scene.site.post("/events/upload_stix", headers={**MACHINE, "Authorization": scene.key}, data=b"<a/>"),
    ):
        assert answer.status_code == 501
        assert answer.json()["message"] == converting.MISSING


NAMES = st.sampled_from([
    "value", "type", "category", "org", "tags", "tag", "event_tags", "searchall", "quickFilter", "from", "to", "last",
    "eventid", "uuid", "timestamp", "publish_timestamp", "date", "first_seen", "last_seen", "published", "to_ids",
    "deleted", "limit", "page", "order", "threat_level_id", "sharinggroup", "object_name", "eventinfo", "comment",
    "object_relation", "object_template_version", "extended", "flatten", "metadata", "includeCorrelations",
    "includeGranularCorrelations", "eventsExtendingUuid", "requested_attributes", "headerless", "hash_type", "ignore",
    "includeContext", "sgReferenceOnly", "org.sector", "org.local", "withAttachments", "enforceWarninglist",
    "includeDecayScore", "score", "excludeDecayed", "list", "includeRelatedTags", "includeFeedCorrelations",
    "includeServerCorrelations", "galaxy.synonyms",
])  # fmt: skip
TEXTS = st.sampled_from(["%", "!x", "a&&b", "!", "&&", "%%", "_", "\\", "\\%", "1d", "-1", "0", "99999999999999999999",
                         "now", "' OR 1=1", "ä", "\u0000", "1970-13-45", "all", "id desc", "only"])  # fmt: skip
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["OR", "AND", "NOT", "x"]), inside, max_size=2)
    ),
    max_leaves=4,
)
FORMS = st.sampled_from(["json", "csv", "text", "xml", "hashes", "cache", "count", "hosts", "netfilter", "rpz",
                         "suricata", "snort", "yara", "yara-json", "openioc", "kunai", "attack", "attack-sightings",
                         "context", "context-markdown", "nonsense"])  # fmt: skip


@given(st.sampled_from(SCOPES), FORMS, st.dictionaries(NAMES, VALUES, max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_question_breaks_it(scene: Scene, scope: str, form: str, wanted: dict[str, object]) -> None:
    answer = scene.ask(scope, {"returnFormat": form, **wanted})
    assert answer.status_code < 500, (wanted, answer.text)
    if answer.status_code != 200:
        assert answer.json()["message"]
