"""Objects and references over REST (API §9.4, sample 17)."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests

from mispmini.domain.ids import new_uuid
from tests.web.callers import DOMAIN_IP, Analyst, an_object
from tests.web.conftest import READ_ONLY, Site

Json = dict[str, Any]


@pytest.fixture
def analyst(site: Site) -> Analyst:
    """Somebody who adds and publishes."""
    return Analyst(site)


SAVED_KEYS = {
    "id", "name", "meta-category", "description", "template_uuid", "template_version", "event_id", "uuid", "timestamp",
    "distribution", "sharing_group_id", "comment", "deleted", "first_seen", "last_seen", "Attribute",
}  # fmt: skip


def beside(body: Json) -> Json:
    """The object and its attributes side by side."""
    return {"Object": {k: v for k, v in body.items() if k != "Attribute"}, "Attribute": body["Attribute"]}


@pytest.mark.parametrize(
    "wrap", [lambda body: body, lambda body: {"Object": body}, beside], ids=["bare", "in", "beside"]
)
def test_an_object_is_added_and_answered_whole(analyst: Analyst, wrap: Any) -> None:
    added = analyst.post(f"/objects/add/{analyst.adds_event()}", wrap(an_object()))["Object"]
    assert set(added) == SAVED_KEYS
    assert (added["name"], added["description"], added["template_version"]) == ("domain-ip", "d", "9")
    assert (added["distribution"], added["deleted"], len(added["Attribute"])) == ("5", False, 1)
    assert added["Attribute"][0]["value1"] == added["Attribute"][0]["value"]


def test_a_template_in_the_path_decides(analyst: Analyst) -> None:
    path = f"/objects/add/{analyst.adds_event()}/{DOMAIN_IP}"
    added = analyst.post(path, an_object(name="mine"))["Object"]
    assert (added["name"], added["template_version"]) == ("domain-ip", "11")
    assert added["description"].startswith("A domain/hostname and IP address")


def test_a_view_has_event_attributes_and_references(analyst: Analyst) -> None:
    event = analyst.adds_event()
    one, two = analyst.adds_object(event), analyst.adds_object(event)
    wanted = {"object_uuid": one["uuid"], "referenced_uuid": two["uuid"], "relationship_type": "resolves-to"}
    reference = analyst.post("/objectReferences/add", wanted)["ObjectReference"]
    for ref in (one["id"], one["uuid"].upper()):
        seen = analyst.get(f"/objects/view/{ref}").json()["Object"]
        assert set(seen) == SAVED_KEYS | {"Event", "ObjectReference"}
        assert seen["Event"]["info"] == "with objects"
        assert [(r["uuid"], r["referenced_type"]) for r in seen["ObjectReference"]] == [(reference["uuid"], "1")]
        assert seen["Attribute"][0]["AttributeTag"] == []


def test_a_head_says_whether_an_object_is_there(analyst: Analyst) -> None:
    made = analyst.adds_object(analyst.adds_event())
    statuses = [
        requests.head(f"{analyst.site.url}/objects/view/{ref}", headers=analyst.headers, timeout=10).status_code
        for ref in (made["uuid"], new_uuid())
    ]
    assert statuses == [200, 404]


BAD: Mapping[str, tuple[Json, str]] = {
    "value": (
        {"Attribute": [{"object_relation": "ip", "type": "ip-dst", "value": "no address"}]},
        "Could not save object as at least one attribute has failed validation (ip). {",
    ),
    "none": ({"Attribute": []}, "Could not save the object as no attributes were set."),
}


@pytest.mark.parametrize(("fields", "sentence"), BAD.values(), ids=BAD)
def test_a_refusal_is_a_save_failure(analyst: Analyst, fields: Json, sentence: str) -> None:
    event = analyst.adds_event()
    told = analyst.post(f"/objects/add/{event}", an_object(**fields), status=403)
    assert (told["saved"], told["message"]) == (False, "Could not add Object")
    assert told["errors"].startswith(sentence)
    assert analyst.get(f"/events/view/{event}").json()["Event"]["Object"] == []


def test_a_duplicate_is_refused_on_demand(analyst: Analyst) -> None:
    event, body = analyst.adds_event(), an_object()
    first = analyst.post(f"/objects/add/{event}", body)["Object"]
    told = analyst.post(f"/objects/add/{event}/breakOnDuplicate:1", body, status=403)
    assert told["errors"].startswith(f"Duplicate object found (id: {first['id']})")
    analyst.post(f"/objects/add/{event}", body)


def test_an_edit_makes_the_list_the_whole_list(analyst: Analyst) -> None:
    made = analyst.adds_object(analyst.adds_event())
    fresh = an_object()["Attribute"]
    edited = analyst.post(f"/objects/edit/{made['uuid']}", {"comment": "seen", "Attribute": fresh})["Object"]
    assert (edited["comment"], [a["value"] for a in edited["Attribute"]]) == ("seen", [fresh[0]["value"]])


@pytest.mark.parametrize(
    ("path", "body"), [("", {}), ("/1", {}), ("", {"hard": 1})], ids=["soft", "hard-in-path", "hard-in-body"]
)
def test_a_deleted_object_is_gone_from_its_event(analyst: Analyst, path: str, body: Json) -> None:
    event = analyst.adds_event()
    made = analyst.adds_object(event)
    told = analyst.post(f"/objects/delete/{made['id']}{path}", body)
    assert (told["saved"], told["message"]) == (True, "Object deleted")
    deleted = analyst.get(f"/events/view/{event}/deleted:1").json()["Event"]["Object"]
    assert [o["deleted"] for o in deleted] == ([] if path or body else [True])


def test_a_reference_is_deleted(analyst: Analyst) -> None:
    event = analyst.adds_event()
    one, two = analyst.adds_object(event), analyst.adds_object(event)
    wanted = {"object_uuid": one["uuid"], "referenced_uuid": two["uuid"], "relationship_type": "resolves-to"}
    reference = analyst.post("/objectReferences/add", wanted)["ObjectReference"]
    assert analyst.post(f"/objectReferences/delete/{reference['id']}/true")["saved"] is True
    assert analyst.get(f"/objects/view/{one['id']}").json()["Object"]["ObjectReference"] == []


def test_a_reader_may_look_and_not_touch(site: Site, analyst: Analyst) -> None:
    made, reader = analyst.adds_object(analyst.adds_event()), Analyst(site, READ_ONLY)
    assert reader.get(f"/objects/view/{made['id']}").status_code == 200
    paths = (f"objects/add/{made['event_id']}", f"objects/edit/{made['id']}", f"objects/delete/{made['id']}")
    for path in (*paths, "objectReferences/add"):
        told = reader.post(f"/{path}", an_object(), status=403)
        assert told["message"] == "You do not have permission to use this functionality."


def test_a_get_of_a_writing_path_is_described(analyst: Analyst) -> None:
    for path in ("/objects/add/1", "/objects/edit/1", "/objectReferences/add"):
        assert analyst.get(path).json()["description"]
