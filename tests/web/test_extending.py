"""Events that extend another one (MODEL §7.2, PROTOCOL §4.4 `extended`)."""

import base64

import pytest

from mispmini.domain.distribution import Distribution
from tests.web.analyst import Analyst, Json, a_stranger
from tests.web.conftest import Site


@pytest.fixture
def analyst(site: Site) -> Analyst:
    """Somebody who adds."""
    return Analyst(site)


def of_domain(value: str, **fields: object) -> Json:
    """An attribute's body."""
    return {"type": "domain", "value": value, **fields}


def test_an_extended_view_holds_the_elements_of_what_extends_it(site: Site, analyst: Analyst) -> None:
    community = int(Distribution.COMMUNITY)
    parent = analyst.adds_event(distribution=community, Attribute=[of_domain("parent.example")])
    file = {"type": "attachment", "value": "a.pdf", "data": base64.b64encode(b"more").decode()}
    obj = {"name": "domain-ip", "meta-category": "network", "description": "d", "Attribute": [
        {**of_domain("object.example"), "object_relation": "domain"},
    ]}  # fmt: skip
    child = analyst.adds_event(
        info="more of it", distribution=community, extends_uuid=parent["uuid"], Object=[obj],
        Attribute=[of_domain("child.example"), file], EventReport=[{"name": "r", "content": "c"}],
    )  # fmt: skip
    hidden = analyst.adds_event(extends_uuid=parent["uuid"], distribution=0, Attribute=[of_domain("hidden.example")])
    path = f"/events/view/{parent['id']}"
    seen = analyst.post(path, {"extended": 1})["Event"]
    assert {one["value"] for one in seen["Attribute"]} == {
        "parent.example", "child.example", "a.pdf", "hidden.example",
    }  # fmt: skip
    assert seen["extensionEvents"].keys() == {child["id"], hidden["id"]}
    named = seen["extensionEvents"][child["id"]]
    assert (named["id"], named["info"], named["Orgc"]["name"]) == (child["id"], "more of it", "ACME")
    assert [one["Attribute"][0]["value"] for one in seen["Object"]] == ["object.example"]
    assert [one["event_id"] for one in seen["EventReport"]] == [child["id"]]
    assert next(one for one in seen["Attribute"] if one["value"] == "a.pdf")["data"] == file["data"]
    theirs = a_stranger(site).get(f"{path}/extended:1").json()["Event"]
    assert theirs["extensionEvents"].keys() == {child["id"]}
    assert "hidden.example" not in {one["value"] for one in theirs["Attribute"]}
    alone = analyst.get(path).json()["Event"]
    assert "extensionEvents" not in alone
    assert [one["value"] for one in alone["Attribute"]] == ["parent.example"]


def test_an_event_that_nothing_extends_says_so(analyst: Analyst) -> None:
    event = analyst.adds_event()
    assert analyst.get(f"/events/view/{event['id']}/extended:1").json()["Event"]["extensionEvents"] == []


def test_a_parent_may_be_named_by_its_id_here(site: Site, analyst: Analyst) -> None:
    parent, child = analyst.adds_event(distribution=0), analyst.adds_event()
    edited = analyst.post(f"/events/edit/{child['id']}", {"extends_uuid": parent["id"]})["Event"]
    assert edited["extends_uuid"] == parent["uuid"]
    assert analyst.adds_event(extends_uuid=parent["id"])["extends_uuid"] == parent["uuid"]
    stranger = a_stranger(site)
    told = [
        stranger.post("/events/add", {"info": "x", "extends_uuid": ref}, status=405)["message"]
        for ref in (parent["id"], "99999999")
    ]
    assert told[0] == told[1]
