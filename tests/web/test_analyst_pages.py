"""Notes and opinions, events handed over and correlation exclusions: in a browser, and what programs are told."""

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from tests.web.analyst import Analyst, a_stranger
from tests.web.callers import Browser
from tests.web.conftest import ADMIN, PEOPLE, PUBLISHER, READ_ONLY, Site


def _sends(browser: Browser, path: str, fields: dict[str, str], form_at: str = "") -> requests.Response:
    """Send a form and go where it leads."""
    answer = browser.post(path, fields, form_at=form_at or path)
    return browser.get(answer.headers["Location"].partition("#")[0]) if answer.status_code == 303 else answer


@pytest.fixture(scope="module")
def analyst(site: Site) -> Analyst:
    return Analyst(site)


def test_a_note_is_written_answered_changed_and_deleted_in_a_browser(site: Site, analyst: Analyst) -> None:
    browser = Browser(site, site.email(PUBLISHER), language="en")
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    page = f"/events/view/{event['id']}"
    assert "Write a note" in browser.get(page).text
    form = f"/analyst_data/add/Note/{event['uuid']}/Event"
    assert "Language of the note" in browser.get(form).text
    again = _sends(browser, form, {"note": " ", "distribution": "1"})
    assert (again.status_code, "Language of the note" in again.text) == (403, True)
    written = _sends(browser, form, {"note": "<b>seen</b> at ours", "distribution": "1"})
    assert "&lt;b&gt;seen&lt;/b&gt; at ours" in written.text
    (note,) = analyst.get(page).json()["Event"]["Note"]
    answered = _sends(browser, f"/analyst_data/add/Opinion/{note['uuid']}/Note", {"opinion": "80", "distribution": "1"})
    assert "agrees (80 of 100)" in answered.text
    changed = _sends(browser, f"/analyst_data/edit/Note/{note['id']}", {"note": "seen twice", "distribution": "1"})
    assert "seen twice" in changed.text
    assert "seen twice" in browser.get(f"/analyst_data/view/Note/{note['id']}").text
    gone = _sends(browser, f"/analyst_data/delete/Note/{note['id']}", {}, page)
    assert "seen twice" not in gone.text
    assert analyst.get(f"/analyst_data/view/Note/{note['uuid']}", status=404).json()["message"] == "Invalid Note"


def test_others_read_and_answer_but_do_not_change(site: Site, analyst: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    body = {"note": "ours", "distribution": 1}
    note = analyst.post(f"/analyst_data/add/Note/{event['uuid']}/Event", body)["Note"]
    other = a_stranger(site)
    assert other.get(f"/analyst_data/view/all/{note['uuid']}").json()["Note"]["_canEdit"] is False
    other.post(f"/analyst_data/edit/Note/{note['id']}", {"note": "theirs"}, status=403)
    other.post(f"/analyst_data/delete/Note/{note['id']}", status=403)
    answer = other.post(f"/analyst_data/add/Opinion/{note['uuid']}/Note", {"opinion": 10, "comment": "no"})["Opinion"]
    assert (answer["opinion"], answer["note_type"], answer["Orgc"]["name"] == note["Orgc"]["name"]) == ("10", 1, False)
    Analyst(site, READ_ONLY).post(f"/analyst_data/add/Note/{event['uuid']}/Event", body, status=403)


def test_one_that_is_hidden_is_answered_as_one_that_is_not(site: Site, analyst: Analyst) -> None:
    hidden = analyst.post(f"/analyst_data/add/Note/{new_uuid()}/Event", {"note": "x", "distribution": 0})["Note"][
        "uuid"
    ]
    other, nothing = a_stranger(site), new_uuid()
    for path in ("/analyst_data/view/Note/{}", "/analyst_data/edit/Note/{}"):
        told = [other.get(path.format(uuid), status=404).json()["message"] for uuid in (hidden, nothing)]
        assert told == ["Invalid Note"] * 2
    for uuid in (hidden, nothing):
        other.post(f"/analyst_data/delete/Note/{uuid}", status=404)


@pytest.mark.parametrize("kind", ["Event", "Attribute", "Object", "EventReport"])
def test_what_one_says_about_something_hidden_tells_no_more_than_about_nothing(
    site: Site, analyst: Analyst, kind: str
) -> None:
    held = {"type": "domain", "value": f"{new_uuid()}.example"}
    file = {"name": "file", "meta-category": "file", "template_uuid": new_uuid(), "uuid": new_uuid()}
    event = analyst.adds_event(
        distribution=int(Distribution.ORGANISATION), Attribute=[held],
        Object=[{**file, "Attribute": [{**held, "object_relation": "domain"}]}],
        EventReport=[{"name": "a", "content": "b"}],
    )  # fmt: skip
    stranger = a_stranger(site)
    pages_told = []
    for uuid in ((event if kind == "Event" else event[kind][0])["uuid"], new_uuid()):
        headers = {**PEOPLE, "Authorization": stranger.headers["Authorization"]}
        path, fields = f"/analyst_data/add/Note/{uuid}/{kind}", {"note": "mine", "distribution": "1"}
        led_to = site.post(path, data=fields, headers=headers).headers["Location"]
        (note,) = stranger.get("/analyst_data/index/Note").json()[:1]
        page = site.get(f"/analyst_data/view/Note/{note['Note']['uuid']}", headers=headers)
        number = note["Note"]["id"]
        pages_told.append((led_to.replace(number, "N"), page.status_code, page.text.replace(f"-{number}", "").replace(
            f"/{number}", "").replace(note["Note"]["uuid"], "").count("href=")))  # fmt: skip
        assert f"/events/view/{event['id']}" not in page.text + led_to
    assert pages_told[0] == pages_told[1]


def test_a_relationship_names_what_it_points_to_for_who_sees_it(site: Site, analyst: Analyst) -> None:
    event, target = analyst.adds_event(), analyst.adds_event(distribution=int(Distribution.ORGANISATION))
    body = {"relationship_type": "derived-from", "related_object_uuid": target["uuid"], "related_object_type": "Event"}
    made = analyst.post(f"/analyst_data/add/Relationship/{event['uuid']}/Event", body | {"distribution": 1})
    assert made["Relationship"]["related_object"]["Event"]["info"] == target["info"]
    other = a_stranger(site).get(f"/analyst_data/view/Relationship/{made['Relationship']['uuid']}").json()
    assert other["Relationship"]["related_object"] == []
    inbound = analyst.get(f"/events/view/{target['id']}").json()["Event"]["RelationshipInbound"]
    assert [item["uuid"] for item in inbound] == [made["Relationship"]["uuid"]]


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("Opinion", {"opinion": 101}, "opinion"),
        ("Opinion", {}, "opinion"),
        ("Note", {"note": ["x"]}, "note"),
        ("Note", {"note": "x", "distribution": 7}, "distribution"),
        ("Note", {"note": "x", "created": "never"}, "created"),
        ("Relationship", {"related_object_uuid": "x", "related_object_type": "Event"}, "related_object_uuid"),
        ("Relationship", {"related_object_uuid": new_uuid(), "related_object_type": "x"}, "related_object_type"),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(analyst: Analyst, kind: str, body: object, field: str) -> None:
    told = analyst.post(f"/analyst_data/add/{kind}/{new_uuid()}/Event", body, status=403)
    assert field in told["errors"]


@pytest.mark.parametrize("path", ["/analyst_data/index/Nothing", "/analyst_data/view/Nothing/1"])
def test_a_kind_that_is_none_is_not_found(analyst: Analyst, path: str) -> None:
    assert analyst.get(path, status=404).json()["message"] == "Invalid type."


def test_notes_come_with_elements_that_are_added_and_changed(analyst: Analyst) -> None:
    event, uuid = analyst.adds_event(), new_uuid()
    note = {"uuid": new_uuid(), "note": "nested", "distribution": 1, "Opinion": [{"opinion": 5, "comment": "deep"}]}
    attribute = {"uuid": uuid, "type": "domain", "value": f"{new_uuid()}.example", "Note": [note]}
    analyst.post(f"/attributes/add/{event['id']}", attribute)
    analyst.post(f"/attributes/edit/{uuid}", {"comment": "x", "Note": [{"note": "second", "distribution": 1}]})
    (shown,) = analyst.get(f"/events/view/{event['id']}").json()["Event"]["Attribute"]
    assert [one["note"] for one in shown["Note"]] == ["nested", "second"]
    assert shown["Note"][0]["Opinion"][0]["comment"] == "deep"
    search = {"returnFormat": "json", "eventid": event["id"]}
    plain, full = (analyst.post("/events/restSearch", search | more) for more in ({}, {"includeAnalystData": 1}))
    assert "Note" not in plain["response"][0]["Event"]["Attribute"][0]
    assert len(full["response"][0]["Event"]["Attribute"][0]["Note"]) == 2


def test_an_event_is_handed_over_in_a_browser(site: Site, analyst: Analyst) -> None:
    with writing():
        save_setting("delegation", value=True, user_id=None)
    browser, other = Browser(site, site.email(PUBLISHER), language="en"), a_stranger(site)
    event = analyst.adds_event(distribution=int(Distribution.ORGANISATION))
    to = other.get("/users/view/me").json()["User"]["org_id"]
    assert "Hand over" in browser.get(f"/events/view/{event['id']}").text
    form = f"/event_delegations/delegateEvent/{event['id']}"
    assert "Organisation that takes it over" in browser.get(form).text
    sent = _sends(browser, form, {"org_id": to, "distribution": "-1", "message": "please"})
    assert "please" in sent.text
    (request,) = other.get("/eventDelegations").json()
    assert request["EventDelegation"]["event_id"] == event["id"]
    taken = other.post(f"/eventDelegations/acceptDelegation/{request['EventDelegation']['id']}")
    assert taken["message"] == "Event ownership transferred."
    analyst.get(f"/events/view/{event['id']}", status=404)


def test_values_are_kept_out_of_correlation_on_a_page(site: Site, analyst: Analyst) -> None:
    browser, admin, value = (
        Browser(site, site.email(ADMIN), language="en"),
        Analyst(site, ADMIN),
        f"{new_uuid()}.example",
    )
    page, path = "/correlation_exclusions/index", "/correlation_exclusions/add"
    added = _sends(browser, path, {"value": value, "comment": "an exercise"}, page)
    assert value in added.text
    (found,) = [e for e in admin.get("/correlation_exclusions").json() if e["CorrelationExclusion"]["value"] == value]
    number = found["CorrelationExclusion"]["id"]
    assert admin.get(f"/correlation_exclusions/view/{number}").json() == found
    assert "on the list already" in _sends(browser, path, {"value": value}, page).text
    assert admin.post("/correlation_exclusions/clean")["success"] is True
    assert admin.post(f"/correlation_exclusions/delete/{number}")["success"] is True
    admin.get(f"/correlation_exclusions/view/{number}", status=404)
    assert isinstance(admin.get("/correlations/overCorrelations").json(), list)
    analyst.get("/correlation_exclusions", status=403)
