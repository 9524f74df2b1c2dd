"""Attributes over REST: lists, counts, what a repeated value does, tags in the answer (API §9.3, MODEL §7.12)."""

from collections.abc import Iterator
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.store.sql import execute
from tests.web.analyst import Analyst, Json, a_stranger
from tests.web.conftest import ORG_ADMIN, Site


@pytest.fixture
def analyst(site: Site) -> Analyst:
    """Somebody who adds, and may make tags."""
    return Analyst(site, ORG_ADMIN)


def of_type(kind: str, value: str, **fields: object) -> Json:
    """A body."""
    return {"type": kind, "value": value, **fields}


def test_a_repeated_value_is_refused_or_changes_its_attribute(analyst: Analyst) -> None:
    event = analyst.adds_event()
    first = analyst.post(f"/attributes/add/{event['id']}", of_type("domain", "a.example"))["Attribute"]
    path, body = f"/attributes/add/{event['id']}", of_type("domain", "a.example", comment="seen again")
    assert analyst.post(path, body, status=403)["errors"]["value"] == [
        "A similar attribute already exists for this event."
    ]
    again = analyst.post(f"{path}/breakOnDuplicate:0", body)["Attribute"]
    assert (again["id"], again["uuid"], again["comment"]) == (first["id"], first["uuid"], "seen again")
    assert int(again["timestamp"]) > int(first["timestamp"])
    both = analyst.post(f"{path}/breakOnDuplicate:0", [body, of_type("domain", "b.example")])["Attribute"]
    assert [one["value"] for one in both] == ["a.example", "b.example"]
    assert analyst.get(f"/events/view/{event['id']}").json()["Event"]["attribute_count"] == "2"


def test_a_value_twice_in_one_list_is_there_once(analyst: Analyst) -> None:
    event, twice = analyst.adds_event(), [of_type("domain", "a.example")] * 2
    told = analyst.post(f"/attributes/add/{event['id']}/breakOnDuplicate:0", twice)
    assert len(told["Attribute"]) == 1
    assert list(told["errors"]) == ["attribute_1"]


def test_the_answer_of_an_add_has_the_tags(analyst: Analyst) -> None:
    event = analyst.adds_event()
    tagged = of_type("domain", "a.example", Tag=[{"name": "tlp:green"}])
    one = analyst.post(f"/attributes/add/{event['id']}", tagged)
    assert [pivot["Tag"]["name"] for pivot in one["AttributeTag"]] == ["tlp:green"]
    many = [of_type("domain", "b.example", Tag=[{"name": "tlp:green"}]), of_type("domain", "c.example")]
    told = analyst.post(f"/attributes/add/{event['id']}", many)["Attribute"]
    assert [tag["name"] for tag in told[0]["Tag"]] == ["tlp:green"]
    assert "Tag" not in told[1]


@pytest.fixture
def counted(analyst: Analyst) -> Iterator[Json]:
    """The one event there is."""
    execute("UPDATE event SET trashed = 1 WHERE trashed IS NULL")
    held = [of_type("ip-dst", "192.0.2.1"), *(of_type("domain", f"{n}.example") for n in "abcd")]
    hidden = of_type("text", "secret", distribution=int(Distribution.ORGANISATION))
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY), Attribute=[*held, hidden])
    gone = analyst.post(f"/attributes/add/{event['id']}", of_type("url", "http://gone.example/"))["Attribute"]
    analyst.post(f"/attributes/delete/{gone['id']}")
    yield event
    execute("UPDATE event SET trashed = NULL WHERE trashed = 1")


STATISTICS: dict[str, tuple[str, Any]] = {
    "types": ("", {"domain": "4", "ip-dst": "1", "text": "1"}),
    "types in parts": ("/type/true", {"domain": "66.667%", "ip-dst": "16.667%", "text": "16.667%"}),
    "categories": ("/category", {"Network activity": "5", "Other": "1"}),
}


@pytest.mark.parametrize(("path", "counts"), STATISTICS.values(), ids=STATISTICS)
@pytest.mark.usefixtures("counted")
def test_attributes_are_counted_by_type_and_category(analyst: Analyst, path: str, counts: Any) -> None:
    assert analyst.get(f"/attributes/attributeStatistics{path}").json() == counts


def test_counts_and_lists_hold_what_the_asker_sees(site: Site, counted: Json) -> None:
    stranger = a_stranger(site)
    assert stranger.get("/attributes/attributeStatistics").json() == {"domain": "4", "ip-dst": "1"}
    listed = stranger.get("/attributes/index").json()
    assert {one["value"] for one in listed} == {"192.0.2.1", *(f"{n}.example" for n in "abcd")}
    assert {one["event_id"] for one in listed} == {counted["id"]}


@pytest.mark.usefixtures("counted")
def test_the_list_comes_in_parts_without_what_is_deleted(analyst: Analyst) -> None:
    whole = analyst.get("/attributes").json()
    assert len(whole) == 6
    assert "value1" in whole[0]
    parts = [analyst.get(f"/attributes/index/limit:4/page:{page}").json() for page in (1, 2, 3)]
    assert [len(part) for part in parts] == [4, 2, 0]
    assert [*parts[0], *parts[1]] == whole


def test_a_view_of_deleted_ones_alone_has_them_inside_live_objects_too(analyst: Analyst) -> None:
    event = analyst.adds_event(Attribute=[of_type("domain", "live.example")])
    held = [of_type("ip-dst", f"192.0.2.{n}", object_relation="ip") for n in (1, 2)]
    template = {
        "name": "domain-ip",
        "meta-category": "network",
        "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734",
    }
    obj = analyst.post(f"/objects/add/{event['id']}", {**template, "Attribute": held})["Object"]
    whole = analyst.post(f"/objects/add/{event['id']}", {**template, "Attribute": held[:1], "comment": "x"})["Object"]
    analyst.post(f"/attributes/delete/{obj['Attribute'][1]['id']}")
    seen = analyst.get(f"/events/view/{event['id']}/deleted:only").json()["Event"]
    assert seen["Attribute"] == []
    assert [(one["id"], one["deleted"]) for one in seen["Object"]] == [(obj["id"], False)]
    assert [one["value"] for one in seen["Object"][0]["Attribute"]] == ["192.0.2.2"]
    analyst.post(f"/objects/edit/{whole['id']}", {"deleted": True})
    seen = analyst.get(f"/events/view/{event['id']}/deleted:2").json()["Event"]
    assert [(one["id"], one["deleted"]) for one in seen["Object"]] == [(obj["id"], False), (whole["id"], True)]


def test_an_object_that_an_edit_deletes_is_answered_as_deleted(analyst: Analyst) -> None:
    event = analyst.adds_event()
    held = [of_type("ip-dst", "192.0.2.1", object_relation="ip")]
    template = {
        "name": "domain-ip",
        "meta-category": "network",
        "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734",
    }
    obj = analyst.post(f"/objects/add/{event['id']}", {**template, "Attribute": held})["Object"]
    told = analyst.post(f"/objects/edit/{obj['uuid']}", {**obj, "deleted": True})["Object"]
    assert (told["deleted"], [one["deleted"] for one in told["Attribute"]]) == (True, [True])
    assert int(told["timestamp"]) > int(obj["timestamp"])


def test_templates_are_listed_and_read_by_uuid_name_and_place(analyst: Analyst) -> None:
    listed = analyst.get("/objectTemplates/index").json()
    file = next(item["ObjectTemplate"] for item in listed if item["ObjectTemplate"]["name"] == "file")
    by_uuid, by_place = (analyst.get(f"/objectTemplates/view/{file[key]}").json() for key in ("uuid", "id"))
    assert by_uuid == by_place
    elements = by_uuid["ObjectTemplateElement"]
    assert by_uuid["ObjectTemplate"] == file | {"ObjectTemplateElement": elements}
    relations = {element["object_relation"]: element["type"] for element in elements}
    assert relations["malware-sample"] == "malware-sample"
    raw = analyst.get("/objectTemplates/getRaw/file").json()
    assert (raw["uuid"], raw == analyst.get(f"/objectTemplates/getRaw/{raw['uuid']}").json()) == (file["uuid"], True)
    analyst.get("/objectTemplates/view/no-such", status=404)
    analyst.post("/objectTemplates/update", status=403)
    assert Analyst(analyst.site, key=analyst.site.admin_key).post("/objectTemplates/update") == []
