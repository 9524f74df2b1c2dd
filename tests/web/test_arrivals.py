"""Events in our name and refused updates: lists, release and reassigning, as pages without script and over REST."""

from html import unescape
from typing import Any

import pytest

from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.store import sql
from tests.web.browsing import Browser
from tests.web.callers import Analyst
from tests.web.conftest import ADMIN, ORG_ADMIN, Site, csrf_of
from tests.web.test_sharing_groups import key_in

SYNC_USER = 5
Json = dict[str, Any]


@pytest.fixture(scope="module")
def dora(site: Site) -> Analyst:
    """The site admin with a key."""
    somebody = Analyst(site, ORG_ADMIN)
    somebody.headers["Authorization"] = site.admin_key
    return somebody


def partner(site: Site, dora: Analyst, name: str) -> tuple[Analyst, Json]:
    """A partner's sync user, and its organisation."""
    org: Json = dora.post("/admin/organisations/add", {"name": name, "uuid": new_uuid()})["Organisation"]
    somebody = Analyst(site, ORG_ADMIN)
    somebody.headers["Authorization"] = key_in(site, org, SYNC_USER)
    return somebody, org


@pytest.fixture(scope="module")
def beta(site: Site, dora: Analyst) -> tuple[Analyst, Json]:
    """A partner whose events in our name are to be reviewed."""
    somebody, org = partner(site, dora, "CSIRT Beta Norte")
    body = {"name": "Beta", "url": "https://beta.example", "authkey": new_authkey(), "remote_org_id": org["id"]}
    dora.post("/servers/add", {**body, "own_name_policy": "review"})
    return somebody, org


@pytest.fixture(scope="module")
def gama(site: Site, dora: Analyst) -> tuple[Analyst, Json]:
    """Another partner."""
    return partner(site, dora, "CSIRT Gama Norte")


@pytest.fixture
def browser(site: Site) -> Browser:
    """Dora in front of a browser."""
    person = Browser(site)
    person.sign_in(site.email(ADMIN))
    return person


def in_our_name(dora: Analyst, beta: Analyst) -> Json:
    """An event that a partner delivered as ours."""
    ours = dora.get("/users/view/me").json()["Organisation"]
    body = {
        "info": f"Ours {new_uuid()}",
        "distribution": 3,
        "locked": True,
        "Orgc": {"uuid": ours["uuid"], "name": "ACME"},
    }
    event: Json = beta.post("/events/add", {"Event": body})["Event"]
    return event


def test_elements_whose_group_was_refused_are_told_on_the_events_page_until_they_come_in_order(
    beta: tuple[Analyst, Json], browser: Browser
) -> None:
    group = {"uuid": new_uuid(), "name": "Only elsewhere", "Organisation": {"uuid": new_uuid(), "name": "Elsewhere"}}
    group |= {"SharingGroupOrg": [], "SharingGroupServer": []}
    secret = {"type": "domain", "value": f"{new_uuid()}.example", "distribution": 4, "sharing_group_id": "7"}
    event = {"info": "In part", "distribution": 3, "Attribute": [{**secret, "uuid": new_uuid(), "SharingGroup": group}]}
    made = beta[0].post("/events/add", {"Event": {**event, "timestamp": 1}})["Event"]
    kept = "1 element came for a sharing group that was not accepted: only CSIRT Beta Norte sees it here."
    left_out = "1 element that CSIRT Beta Norte sent is not here: its sharing group was not accepted."
    page = unescape(browser.open(f"/events/view/{made['id']}").text)
    assert (kept in page, left_out in page) == (True, False)
    another = {**secret, "value": f"{new_uuid()}.example", "uuid": new_uuid(), "SharingGroup": group}
    for version, attributes, is_told in ((2, [another], True), (3, [], False)):
        newer = {"info": "In part", "timestamp": version, "Attribute": attributes}
        beta[0].post(f"/events/edit/{made['uuid']}", {"Event": newer})
        page = unescape(browser.open(f"/events/view/{made['id']}").text)
        assert (kept in page, left_out in page) == (True, is_told), version


def test_one_releases_what_came_in_our_name_without_a_script(
    dora: Analyst, beta: tuple[Analyst, Json], browser: Browser
) -> None:
    event = in_our_name(dora, beta[0])
    assert event["distribution"] == "0"
    page = unescape(browser.open("/incoming/index").text)
    assert event["info"] in page
    shown = unescape(browser.open(f"/events/view/{event['id']}").text)
    assert "In our name, delivered by CSIRT Beta Norte" in shown
    assert "It came as: All communities." in shown
    answer = browser.open(f"/incoming/release/{event['id']}", "POST", data={"csrf_token": csrf_of(shown)})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/events/view/{event['id']}")
    assert dora.get(f"/events/view/{event['id']}").json()["Event"]["distribution"] == "3"
    assert "/incoming/release/" not in browser.open(f"/events/view/{event['id']}").text


def test_a_refused_update_is_listed_and_reassigning_lets_the_next_one_in(
    dora: Analyst, beta: tuple[Analyst, Json], gama: tuple[Analyst, Json], browser: Browser
) -> None:
    stranger = {"uuid": new_uuid(), "name": f"CSIRT {new_uuid()[:8]}"}
    body = {"info": f"Theirs {new_uuid()}", "distribution": 3, "locked": True, "Orgc": stranger, "timestamp": "1000"}
    event = beta[0].post("/events/add", {"Event": body})["Event"]
    newer = {"Event": {"info": "Taken over", "timestamp": "2000"}}
    refused = gama[0].post(f"/events/edit/{event['uuid']}", newer, status=403)
    assert refused["saved"] is False
    page = unescape(browser.open("/incoming/index").text)
    assert "It came over another link than the one that delivered the event." in page
    listed = dora.get("/incoming/index").json()["refused_updates"]
    assert [(item["org_name"], item["timestamp"]) for item in listed if item["event_uuid"] == event["uuid"]] == [
        (gama[1]["name"], 2000)
    ]
    form = browser.open(f"/incoming/reassign/{event['id']}").text
    assert f'<option value="{beta[1]["id"]}" selected>' in form
    sent = {"csrf_token": csrf_of(form), "org": gama[1]["id"]}
    assert browser.open(f"/incoming/reassign/{event['id']}", "POST", data=sent).status_code == 303
    gama[0].post(f"/events/edit/{event['uuid']}", newer)
    assert dora.get(f"/events/view/{event['id']}").json()["Event"]["info"] == "Taken over"


@pytest.mark.parametrize("pulls", [False, True], ids=["asked to publish again", "fetched"])
def test_one_click_lets_the_link_of_a_refused_update_deliver_it(
    site: Site, dora: Analyst, beta: tuple[Analyst, Json], browser: Browser, pulls: bool
) -> None:
    other, org = partner(site, dora, f"CSIRT Delta {new_uuid()[:8]}")
    server = {"name": f"Delta {new_uuid()[:8]}", "url": "https://delta.example", "authkey": new_authkey()}
    dora.post("/servers/add", {**server, "remote_org_id": org["id"], "pull": pulls})
    stranger = {"uuid": new_uuid(), "name": f"CSIRT {new_uuid()[:8]}"}
    body = {"info": f"Theirs {new_uuid()}", "distribution": 3, "locked": True, "Orgc": stranger, "timestamp": "1000"}
    event = beta[0].post("/events/add", {"Event": body})["Event"]
    newer = [{"Event": {"info": "Taken over", "timestamp": str(2000 + n)}} for n in range(2)]
    for one in newer:
        told = other.post(f"/events/edit/{event['uuid']}", one, status=403)["errors"]
        assert told.startswith("Event could not be saved: The user used to edit the event is not authorised to do so.")
        assert told.endswith("An administrator of this server can let another link deliver it.")
    page = browser.open("/incoming/index").text
    row = next(part for part in page.split("<tr>") if org["name"] in unescape(part))
    assert "Let this link deliver it from now on" in row
    action = row.partition('action="')[2].partition('"')[0]
    answer = browser.open(action, "POST", data={"csrf_token": csrf_of(row)})
    assert answer.status_code == 303
    after = unescape(browser.open(answer.headers["Location"]).text)
    assert f"From now on {org['name']} delivers this event." in after
    assert (f"is being fetched from {server['name']}" in after) is pulls
    assert ("ask them to publish it once more" in after) is not pulls
    listed = dora.get("/incoming/index").json()["refused_updates"]
    assert event["uuid"] not in [item["event_uuid"] for item in listed]
    waiting = sql.rows("SELECT subject FROM job WHERE subject LIKE ?", (f"%{event['uuid']}",))
    assert len(waiting) == pulls
    other.post(f"/events/edit/{event['uuid']}", newer[1])
    beta[0].post(f"/events/edit/{event['uuid']}", {"Event": {"info": "x", "timestamp": "9000"}}, status=403)
    dora.post(action, {}, status=404)


def test_what_no_link_could_update_offers_no_other_link(
    dora: Analyst, beta: tuple[Analyst, Json], browser: Browser
) -> None:
    """An event that was written here, and one whose group is refused."""
    ours = dora.post("/events/add", {"Event": {"info": f"Ours {new_uuid()}", "distribution": 3}})["Event"]
    told = beta[0].post(f"/events/edit/{ours['uuid']}", {"Event": {"info": "x", "timestamp": "9999999999"}}, status=403)
    assert told["errors"].endswith(
        "Rule: what was written on this server is changed here alone; no partner updates it."
    )
    theirs = beta[0].post("/events/add", {"Event": {"info": "Theirs", "distribution": 3, "timestamp": "1000"}})["Event"]
    level = {"distribution": 4, "SharingGroup": {"uuid": new_uuid(), "name": "None", "Organisation": {"name": "x"}}}
    told = beta[0].post(f"/events/edit/{theirs['uuid']}", {"Event": {**level, "timestamp": "2000"}}, status=403)
    assert "Sharing group not accepted." in told["errors"]
    offers = {r["event_uuid"]: r["may_deliver"] for r in dora.get("/incoming/index").json()["refused_updates"]}
    assert (offers[ours["uuid"]], offers[theirs["uuid"]]) == (False, False)
    assert "The event was written here: no partner updates it." in browser.open("/incoming/index").text


def test_ids_in_a_body_name_nothing(dora: Analyst, beta: tuple[Analyst, Json]) -> None:
    """RULES §5: the row is found by the URL; a body uuid must be that row's."""
    one, other = (in_our_name(dora, beta[0]) for _ in range(2))
    foreign = {"id": other["id"], "org_id": "1", "orgc_id": "1", "info": "by its URL"}
    dora.post(f"/events/edit/{one['uuid']}", {"Event": foreign})
    stands = dora.get(f"/events/view/{one['id']}").json()["Event"]
    assert (stands["info"], stands["org_id"], stands["orgc_id"]) == ("by its URL", one["org_id"], one["orgc_id"])
    told = dora.post(f"/events/edit/{one['uuid']}", {"Event": {"uuid": other["uuid"], "info": "swapped"}}, status=403)
    assert told["errors"] == "Event could not be saved: Could not find the local event."
    upper = {"Event": {"uuid": one["uuid"].upper(), "info": "in capitals"}}
    dora.post(f"/events/edit/{one['uuid'].upper()}", upper)
    assert dora.get(f"/events/view/{one['id']}").json()["Event"]["info"] == "in capitals"
    assert dora.get(f"/events/view/{other['id']}").json()["Event"]["info"] == other["info"]


PATHS = (
    ("GET", "/incoming/index"),
    ("POST", "/incoming/release/1"),
    ("POST", "/incoming/reassign/1"),
    ("POST", "/incoming/let_deliver/1"),
)


@pytest.mark.parametrize(("method", "path"), PATHS, ids=[path for _, path in PATHS])
def test_who_is_no_site_admin_gets_nothing(site: Site, method: str, path: str) -> None:
    somebody = Analyst(site, ORG_ADMIN)
    answer = somebody.get(path) if method == "GET" else site.post(path, json={}, headers=somebody.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("ref", ["999999", "nonsense", "'; --"])
@pytest.mark.parametrize("verb", ["release", "reassign"])
def test_what_is_not_there_is_not_found(dora: Analyst, verb: str, ref: str) -> None:
    dora.post(f"/incoming/{verb}/{ref}", {"org": ""}, status=404)


@pytest.mark.parametrize("org", ["999999", ["1"], {"id": 1}, "'"], ids=str)
def test_nobody_that_is_known_is_refused(dora: Analyst, beta: tuple[Analyst, Json], org: object) -> None:
    event = in_our_name(dora, beta[0])
    dora.post(f"/incoming/reassign/{event['id']}", {"org": org}, status=405)


def test_a_form_of_another_site_does_nothing(dora: Analyst, beta: tuple[Analyst, Json], browser: Browser) -> None:
    event = in_our_name(dora, beta[0])
    assert browser.open(f"/incoming/release/{event['id']}", "POST", data={}).status_code == 400
    assert dora.get(f"/events/view/{event['id']}").json()["Event"]["distribution"] == "0"
