"""Warninglists, noticelists and decaying models over REST and as pages (MODEL §7.15, RULES §10.12, API §8.4)."""

from typing import Any

import pytest
import requests

from mispmini.domain.ids import new_uuid
from mispmini.domain.warninglists import Matcher, WarninglistRow, halves
from tests.web.callers import Client
from tests.web.conftest import PUBLISHER, Site

Json = dict[str, Any]
KNOWN = "known.example"


@pytest.fixture(scope="module")
def dora(site: Site) -> Client:
    """The site admin."""
    return Client(site, site.admin_key)


@pytest.fixture(scope="module")
def alice(site: Site) -> Client:
    """A publisher."""
    return Client(site, site.key(PUBLISHER))


@pytest.fixture(scope="module")
def known(dora: Client) -> Json:
    """A list of ours that is in use: everything below known.example."""
    body = {"name": "Our own", "type": "hostname", "matching_attributes": ["domain", "url"], "entries": KNOWN}
    found: Json = dora.post("/warninglists/add", body).json()["Warninglist"]
    return found


def a_list(kind: str, *, types: tuple[str, ...] = ("ALL",)) -> WarninglistRow:
    """A list of this kind."""
    return WarninglistRow(1, "List", kind, "", 1, True, False, "false_positive", 1, types, 0)


@pytest.mark.parametrize(
    ("kind", "entry", "value", "is_hit"),
    [
        ("string", "Exact", "Exact", True), ("string", "Exact", "exact", False), ("string", "a", "a|b", True),
        ("substring", "oogl", "www.google.test", True), ("substring", "oogl", "www.test", False),
        ("hostname", "Example.ORG", "www.example.org", True), ("hostname", "example.org", "notexample.org", False),
        ("hostname", "example.org", "http://u@a.example.org:8/x", True), ("hostname", "example.org", "org", False),
        ("hostname", "example.org", "example.org/path", True), ("hostname", "example.org", "http://[", False),
        ("cidr", "10.0.0.0/8", "10.1.2.3", True), ("cidr", "10.0.0.0/8", "11.1.2.3", False),
        ("cidr", "10.0.0.0/8", "10.1.0.0/16", True), ("cidr", "10.1.0.0/16", "10.0.0.0/8", False),
        ("cidr", "2001:db8::/32", "2001:db8::1", True), ("cidr", "nonsense", "10.1.2.3", False),
        ("cidr", "10.0.0.0/8", "10.1.2.3|80", True), ("regex", "/^AB+$/i", "abb", True), ("regex", "(", "(", False),
    ],
)  # fmt: skip
def test_how_a_value_is_looked_up(kind: str, entry: str, value: str, is_hit: bool) -> None:
    matcher = Matcher()
    matcher.add(a_list(kind), [entry])
    first, _bar, second = value.partition("|")
    assert bool(matcher.hits(halves(first, second or None), "text")) is is_hit


def test_a_list_speaks_of_its_own_types() -> None:
    matcher = Matcher()
    matcher.add(a_list("string", types=("md5",)), ["x"])
    assert matcher.hits(("x",), "md5")
    assert not matcher.hits(("x",), "sha1")
    assert matcher.hits(("x",))


def test_a_list_is_added_checked_changed_toggled_and_deleted(dora: Client, alice: Client) -> None:
    assert alice.post("/warninglists/add", {"name": "Mine", "entries": "x"}).status_code == 403
    made = dora.post("/warninglists/add", {"name": "Passing", "entries": "one.test # ours\ntwo.test"}).json()[
        "Warninglist"
    ]
    assert [(e["value"], e["comment"]) for e in made["WarninglistEntry"]] == [("one.test", "ours"), ("two.test", None)]
    again = dora.post("/warninglists/add", {"name": "Passing", "entries": "x"})
    assert (again.status_code, "name" in again.json()["errors"]) == (403, True)
    found = alice.post("/warninglists/checkValue", ["one.test", "other.test"]).json()
    assert found == {"one.test": [{"id": made["id"], "name": "Passing", "matched": "one.test"}]}
    dora.post(f"/warninglists/edit/{made['id']}", {"entries": "three.test"})
    assert alice.post("/warninglists/checkValue", "one.test").json() == []
    off = {"name": ["passi%"], "enabled": False}
    assert dora.post("/warninglists/toggleEnable", off).json() == {
        "saved": True, "success": "1 warninglist(s) disabled",
    }  # fmt: skip
    assert alice.post("/warninglists/checkValue", "three.test").json() == []
    none = dora.post("/warninglists/toggleEnable", {"id": [99999]})
    assert (none.status_code, none.json()["saved"]) == (200, False)
    assert alice.get(f"/warninglists/export/{made['id']}")["list"] == ["three.test"]
    assert dora.post(f"/warninglists/delete/{made['id']}").status_code == 200
    assert (
        alice.site.get(f"/warninglists/view/{made['id']}.json", headers={"Authorization": alice.key}).status_code == 404
    )


def adds(client: Client, *values: str, to_ids: bool = True) -> Json:
    """An event with these domains."""
    attributes = [{"type": "domain", "value": value, "to_ids": to_ids} for value in values]
    event: Json = client.post("/events/add", {"info": "x", "distribution": 1, "Attribute": attributes}).json()["Event"]
    return event


def test_an_event_tells_which_of_its_values_stand_on_a_list(alice: Client, known: Json) -> None:
    event = adds(alice, f"a.{KNOWN}", f"{new_uuid()}.test")
    first, second = alice.get(f"/events/view/{event['id']}")["Event"]["Attribute"]
    assert first["warnings"] == [
        {
            "match": KNOWN, "value": f"a.{KNOWN}", "warninglist_id": int(known["id"]), "warninglist_name": "Our own",
            "warninglist_category": "false_positive",
        }
    ]  # fmt: skip
    assert "warnings" not in second
    without = alice.get(f"/events/view/{event['id']}/includeWarninglistHits:0")["Event"]["Attribute"]
    assert not any("warnings" in one for one in without)
    assert "Our own" in alice.page(f"/events/view/{event['id']}")
    quiet = adds(alice, f"b.{KNOWN}", to_ids=False)
    assert "warnings" not in alice.get(f"/events/view/{quiet['id']}")["Event"]["Attribute"][0]


@pytest.mark.parametrize("scope", ["events", "attributes"])
def test_a_search_tells_or_leaves_out_what_stands_on_a_list(alice: Client, known: Json, scope: str) -> None:
    event = adds(alice, f"c.{KNOWN}", f"{new_uuid()}.test")

    def found(**more: object) -> tuple[list[Json], requests.Response]:
        answer = alice.post(f"/{scope}/restSearch", {"eventid": event["id"], **more})
        inner = answer.json()["response"]
        listed: list[Json] = inner["Attribute"] if scope == "attributes" else inner[0]["Event"]["Attribute"]
        return listed, answer

    assert not any("warnings" in one for one in found()[0])
    assert ["warnings" in one for one in found(includeWarninglistHits=1)[0]] == [True, False]
    kept, answer = found(enforceWarninglist=1)
    assert [one["value"] for one in kept] == [event["Attribute"][1]["value"]]
    assert answer.headers["X-Skipped-Elements-Count"] == "1"
    text = alice.post(
        f"/{scope}/restSearch/text", {"eventid": event["id"], "enforceWarninglist": 1, "published": [0, 1]}
    )
    assert KNOWN not in text.text


def test_false_positives_relate_no_events_unless_an_admin_says_so(dora: Client, alice: Client, known: Json) -> None:
    shared, rare = f"{new_uuid()}.{KNOWN}", f"{new_uuid()}.test"
    first, second, third = adds(alice, shared), adds(alice, shared, rare), adds(alice, rare)

    def related(event: Json) -> list[str]:
        found = alice.get(f"/events/view/{event['id']}")["Event"]["RelatedEvent"]
        return [one["Event"]["id"] for one in found]

    assert (related(first), related(second)) == ([], [third["id"]])
    dora.post("/servers/serverSettingsEdit/correlate_warned", {"value": True})
    assert related(first) == [second["id"]]
    dora.post("/servers/serverSettingsEdit/correlate_warned", {"value": False})


def test_an_attribute_that_trips_over_an_enforced_list_is_not_added(alice: Client, known: Json) -> None:
    event = adds(alice, f"{new_uuid()}.test")
    path = f"/attributes/add/{event['id']}/enforceWarninglist:1"
    refused = alice.post(path, {"type": "domain", "value": f"d.{KNOWN}"})
    assert refused.status_code == 403
    assert "trips over a warninglist" in refused.text
    assert alice.post(path, {"type": "domain", "value": f"{new_uuid()}.test"}).status_code == 200


def test_noticelists_are_switched_by_the_site_admin(dora: Client, alice: Client) -> None:
    listed = alice.get("/noticelists/index")
    assert [one["Noticelist"]["name"] for one in listed] == ["gdpr", "lgpd"]
    assert alice.post("/noticelists/enableNoticelist/1/true").status_code == 403
    assert dora.post("/noticelists/enableNoticelist/1/true").json()["Noticelist"]["enabled"] is True
    assert alice.get("/noticelists/view/1")["Noticelist"]["enabled"] is True
    assert dora.post("/noticelists/enableNoticelist/1").json()["Noticelist"]["enabled"] is False
    assert "passport-number" in alice.page("/noticelists/view/2")


def test_old_values_score_low_and_can_be_left_out(dora: Client, alice: Client) -> None:
    fresh, old = f"{new_uuid()}.test", f"{new_uuid()}.test"
    attributes = [{"type": "domain", "value": fresh}, {"type": "domain", "value": old, "timestamp": "1600000000"}]
    event = alice.post("/events/add", {"info": "x", "distribution": 1, "Attribute": attributes}).json()["Event"]
    asked = {"eventid": event["id"], "includeDecayScore": 1}

    def scores(**more: object) -> dict[str, list[Json]]:
        found = alice.post("/attributes/restSearch", {**asked, **more}).json()["response"]["Attribute"]
        return {one["value"]: one.get("decay_score", []) for one in found}

    assert scores() == {fresh: [], old: []}
    assert dora.post("/decayingModel/enable/1").json()["DecayingModel"]["enabled"] is True
    new, aged = scores()[fresh][0], scores()[old][0]
    assert (new["decayed"], aged["decayed"], aged["score"]) == (False, True, 0)
    assert 70 < new["score"] <= 80
    assert list(scores(excludeDecayed=1)) == [fresh]
    assert scores(score=90)[fresh][0]["decayed"] is True
    assert scores(modelOverrides={"lifetime": 10**6})[old][0]["decayed"] is False
    dora.post("/decayingModel/disable/1")
    assert scores() == {fresh: [], old: []}


def test_the_pages_of_lists_are_there_and_check_values(dora: Client, alice: Client, known: Json) -> None:
    assert "Our own" in alice.page("/warninglists/index")
    assert KNOWN in alice.page(f"/warninglists/view/{known['id']}")
    assert KNOWN in dora.page(f"/warninglists/edit/{known['id']}")
    checked = alice.sends("/warninglists/checkValue", value=f"x.{KNOWN} none.test")
    assert (checked.status_code, "Our own" in checked.text) == (200, True)
    wrong = dora.sends("/warninglists/add", name="", entries="", type="hostname")
    assert wrong.status_code == 403
    assert "NIDS Simple Decaying Model" in alice.page("/decayingModel/index")
    assert "GDPR" in alice.page("/noticelists/view/1") or "gdpr" in alice.page("/noticelists/index")


def test_many_names_at_once_are_no_error(dora: Client, known: Json) -> None:
    names = [f"List {number}" for number in range(2_000)]
    answer = dora.post("/warninglists/toggleEnable", {"name": [*names, known["name"]], "enabled": True})
    assert answer.status_code == 200
    assert answer.json()["success"] == "1 warninglist(s) enabled"


@pytest.mark.parametrize(
    "place", ["events", "attributes", "events/csv", "attributes/text", "attributes/cache", "objects"]
)
def test_values_on_the_allow_list_are_in_no_search_and_no_export(dora: Client, alice: Client, place: str) -> None:
    """API §8.5: whatever the format; the event itself stays whole."""
    ours, theirs = f"{new_uuid()}.ours.example", f"{new_uuid()}.test"
    inside = [{"object_relation": "domain", "type": "domain", "value": value} for value in (ours, theirs)]
    outside = [{"type": "domain", "value": theirs}, {"type": "domain|ip", "value": f"{ours}|198.51.100.7"}]
    obj = {"name": "domain-ip", "meta-category": "network", "template_uuid": new_uuid(), "Attribute": inside}
    sent = {"info": "x", "distribution": 1, "Attribute": outside, "Object": [obj]}
    event = alice.post("/events/add", sent).json()["Event"]
    scope, _slash, kind = place.partition("/")

    def answered() -> requests.Response:
        return alice.post(f"/{scope}/restSearch/{kind or 'json'}", {"eventid": event["id"], "published": [0, 1]})

    before = answered()
    made = dora.post("/admin/allowedlists/add", {"name": f"/^{ours.upper().replace('.', '[.]')}$/i"})
    number = made.json()["Allowedlist"]["id"]
    during = answered()
    assert (dora.post(f"/admin/allowedlists/delete/{number}").status_code, answered().text) == (200, before.text)
    assert during.text != before.text
    assert ours not in during.text
    assert kind == "cache" or theirs in during.text
    assert ours in str(alice.get(f"/events/view/{event['id']}"))


def test_the_page_of_the_allow_list_takes_and_drops_expressions(dora: Client, alice: Client) -> None:
    expression = f"/{new_uuid()}$/"
    assert dora.sends("/admin/allowedlists/add", name=expression).status_code == 303
    assert expression in alice.page("/allowedlists/index")
    wrong = dora.sends("/admin/allowedlists/add", name="/(a")
    assert (wrong.status_code, 'value="/(a"' in wrong.text) == (403, True)
    found = next(one["Allowedlist"] for one in dora.get("/allowedlists") if one["Allowedlist"]["name"] == expression)
    assert dora.sends(f"/admin/allowedlists/delete/{found['id']}").status_code == 303
    assert expression not in alice.page("/allowedlists/index")
    assert "/admin/allowedlists/add" not in alice.page("/allowedlists/index")
