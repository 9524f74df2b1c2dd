"""What partners read of an event here, and what they hold themselves: shown on its pages (RULES §10.2, §10.7)."""

import hashlib
from collections.abc import Iterator
from html import unescape

import pytest
import requests

from mispmini.domain import clock
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.receipts import Direction, LedgerState, Receipt, Trouble
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import servers
from mispmini.services.organisations import capture_organisation
from mispmini.store import authkeys, people, server_values
from mispmini.store.database import writing
from mispmini.store.ledger import write_receipt
from mispmini.store.organisations import find_any_organisation
from mispmini.store.servers import find_any_servers_named
from tests.web.browsing import Browser
from tests.web.conftest import ADMIN, MACHINE, PUBLISHER, SYNC_USER, Site

VALUE = "known.elsewhere.example"


class Reader(Browser):
    """Somebody signed in, who reads pages."""

    def read(self, path: str) -> str:
        """A page's markup, entities undone."""
        response = self.open(path)
        assert response.status_code == 200, response.text[:500]
        return unescape(response.text)


def reading(site: Site, role_id: int, **columns: object) -> Reader:
    """Somebody of this role in front of a browser."""
    reader = Reader(site)
    reader.sign_in(site.email(role_id, **columns))
    return reader


@pytest.fixture(scope="module")
def partner(site: Site) -> int:
    """A partner's organisation."""
    with writing():
        return capture_organisation(None, OrganisationDraft(new_uuid(), f"CERT Gamma {new_uuid()[:8]}")).id


@pytest.fixture(scope="module")
def bystander(site: Site) -> int:
    """Another organisation on this server."""
    with writing():
        return capture_organisation(None, OrganisationDraft(new_uuid(), f"CSIRT Delta {new_uuid()[:8]}")).id


@pytest.fixture(scope="module")
def cached(site: Site) -> Iterator[str]:
    """A partner whose cache holds the value and a composite; the event's uuid there."""
    viewer, event_uuid = Viewer.everything(org_id=site.org_id), new_uuid()
    draft = ServerDraft(
        name="CERT Epsilon", url="https://misp.epsilon.example", authkey=new_authkey(), caching_enabled=True,
        new_org=OrganisationDraft(new_uuid(), f"CERT Epsilon {new_uuid()[:8]}"),
    )  # fmt: skip
    server = servers.add_server(viewer, draft)
    held = [hashlib.md5(text.encode(), usedforsecurity=False).digest() for text in (VALUE, f"{VALUE}|192.0.2.9")]
    with writing():
        server_values.add_to_cache(server.id, [(digest, event_uuid) for digest in held])
    yield event_uuid
    servers.delete_server(viewer, server.id)


def name_of(org_id: int) -> str:
    """What an organisation is called."""
    found = find_any_organisation(org_id)
    assert found is not None
    return found.name


def an_event(site: Site, *values: tuple[str, str]) -> str:
    """The path of an event for everybody here."""
    attributes = [{"type": kind, "value": value, "distribution": "5"} for kind, value in values]
    body = {"info": "For all", "uuid": new_uuid(), "distribution": "1", "Attribute": attributes}
    headers = MACHINE | {"Authorization": site.key(ADMIN)}
    answer = site.post("/events/add", json={"Event": body}, headers=headers)
    assert answer.status_code == 200, answer.text
    number = answer.json()["Event"]["id"]
    assert site.post(f"/events/publish/{number}", json={}, headers=headers).status_code == 200
    return f"/events/view/{number}"


def key_of(site: Site, org_id: int) -> dict[str, str]:
    """The headers of a sync user of an organisation."""
    login, raw = people.find_any_login(site.email(SYNC_USER, org=org_id)), new_authkey()
    assert login is not None
    with writing():
        authkeys.insert_key(raw, {"uuid": new_uuid(), "user": login.user_id, "created": clock.now()})
    return MACHINE | {"Authorization": raw}


def test_who_fetched_an_event_stands_on_its_sharing_tab_with_the_version(site: Site, partner: int) -> None:
    event, reader = an_event(site, ("domain", VALUE)), reading(site, ADMIN)
    assert "No partner has fetched it." in reader.read(f"{event}?tab=sharing")
    assert site.get(event, headers=key_of(site, partner)).status_code == 200
    page = reader.read(f"{event}?tab=sharing")
    assert name_of(partner) in page
    assert "as it is now" in page
    admin = MACHINE | {"Authorization": site.key(ADMIN)}
    changed = {"type": "domain", "value": "more.example"}
    assert site.post(f"/attributes/add/{event.rpartition('/')[2]}", json=changed, headers=admin).status_code == 200
    page = reader.read(f"{event}?tab=sharing")
    assert "as it is now" not in page
    assert ">older<" in page
    assert f"<li>{name_of(partner)}</li>" in reader.read(event.replace("view", "delete"))


SEARCHES = {
    "events": ("/events/restSearch", {"returnFormat": "json"}),
    "attributes": ("/attributes/restSearch", {"returnFormat": "json"}),
    "csv": ("/attributes/restSearch", {"returnFormat": "csv"}),
    "text": ("/attributes/restSearch", {"returnFormat": "text"}),
    "text of events": ("/events/restSearch", {"returnFormat": "text"}),
    "rules": ("/events/restSearch", {"returnFormat": "suricata"}),
}


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_search_hit_of_a_partner_is_a_reading(site: Site, partner: int, kind: str) -> None:
    event = an_event(site, ("domain", VALUE))
    path, asked = SEARCHES[kind]
    answer = site.post(path, json=asked | {"eventid": event.rpartition("/")[2]}, headers=key_of(site, partner))
    assert VALUE in answer.text
    assert name_of(partner) in reading(site, ADMIN).read(f"{event}?tab=sharing")


@pytest.mark.parametrize(
    ("more", "reads"), [({}, False), ({"includeAttribute": 1}, True), ({"includeEvent": 1}, True)], ids=str
)
def test_what_a_partner_reads_beside_a_sighting_is_a_reading(
    site: Site, partner: int, more: dict[str, int], reads: bool
) -> None:
    event, key = an_event(site, ("domain", VALUE)), key_of(site, partner)
    number = event.rpartition("/")[2]
    attribute = site.get(f"/events/view/{number}", headers=MACHINE | {"Authorization": site.key(ADMIN)}).json()
    seen = {"id": attribute["Event"]["Attribute"][0]["id"]}
    assert site.post("/sightings/add", json=seen, headers=key).status_code == 200
    answer = site.post("/sightings/restSearch/event", json={"id": int(number), "last": "1d", **more}, headers=key)
    assert len(answer.json()["response"]) == 1
    fetched = reading(site, ADMIN).read(f"{event}?tab=sharing").partition("Fetched from here")[2]
    assert (name_of(partner) in fetched) is reads


@pytest.mark.parametrize(
    ("method", "path", "reads"),
    [
        ("GET", "/events/view/{event}?tab=reports", True),
        ("GET", "/attributes/view/{attribute}", True),
        ("HEAD", "/attributes/view/{attribute}", False),
        ("GET", "/attributes/download/{attribute}", True),
        ("GET", "/attributes/index?limit=1", True),
        ("GET", "/objects/view/{object}", True),
        ("GET", "/event_reports/view/{report}", True),
        ("GET", "/shadow_attributes/download/{proposal}", True),
        ("POST", "/events/index", False),
    ],
)
def test_an_element_that_a_partner_reads_is_a_reading_of_its_event(
    site: Site, partner: int, method: str, path: str, reads: bool
) -> None:
    headers = MACHINE | {"Authorization": site.key(ADMIN)}
    file = {"type": "attachment", "value": "a.txt", "data": "YQ=="}
    held = {"name": "file", "meta-category": "file", "Attribute": [file | {"object_relation": "attachment"}]}
    body = {"info": "For all", "distribution": "1", "Attribute": [file], "Object": [held]}
    body |= {"EventReport": [{"name": "r", "content": "c"}]}
    event = site.post("/events/add", json=body, headers=headers).json()["Event"]
    proposed = site.post(f"/shadow_attributes/add/{event['id']}", json=file, headers=headers).json()["ShadowAttribute"]
    ids = {"attribute": event["Attribute"][0]["id"], "object": event["Object"][0]["id"], "proposal": proposed["id"]}
    ids |= {"report": event["EventReport"][0]["id"], "event": event["id"]}
    key = key_of(site, partner) | ({"Accept": "text/html", "Content-Type": ""} if "?tab" in path else {})
    asked = requests.request(method, site.url + path.format(**ids), headers=key, timeout=10)
    assert asked.status_code == 200, asked.text
    assert (name_of(partner) in reading(site, ADMIN).read(f"/events/view/{event['id']}?tab=sharing")) is reads


def test_programs_are_told_the_same_and_others_an_empty_list(site: Site, partner: int, bystander: int) -> None:
    event = an_event(site, ("domain", VALUE))
    assert site.get(event, headers=key_of(site, partner)).status_code == 200
    path = event.replace("view", "receipts")
    told = site.get(path, headers=MACHINE | {"Authorization": site.key(PUBLISHER)}).json()
    assert [(one["organisation"], one["org_id"]) for one in told["readings"]] == [(name_of(partner), str(partner))]
    assert told["deliveries"] == []
    assert site.get(path, headers=key_of(site, bystander)).json() == told | {"readings": []}
    assert site.get("/events/receipts/999999", headers=key_of(site, bystander)).status_code == 404


def test_who_brought_an_event_has_not_fetched_it(site: Site, partner: int) -> None:
    body = {"info": "Brought", "uuid": new_uuid(), "distribution": "1", "Orgc": {"uuid": new_uuid(), "name": "Brought"}}
    answer = site.post("/events/add", json={"Event": body}, headers=key_of(site, partner))
    assert answer.status_code == 200, answer.text
    page = reading(site, ADMIN).read(f"/events/view/{answer.json()['Event']['id']}?tab=sharing")
    assert "No partner has fetched it." in page


@pytest.mark.usefixtures("cached")
def test_an_event_that_its_partner_no_longer_shows_says_so_to_those_whose_it_is(site: Site, bystander: int) -> None:
    event = an_event(site, ("domain", VALUE))
    uuid = site.get(event, headers=MACHINE | {"Authorization": site.key(ADMIN)}).json()["Event"]["uuid"]
    (server,) = find_any_servers_named("CERT Epsilon")
    receipt = Receipt(LedgerState.SENT, Trouble.NO_LONGER_SHOWN)
    with writing():
        write_receipt(server.id, Direction.PULL, uuid, receipt)
    ours, theirs = reading(site, ADMIN), reading(site, PUBLISHER, org=bystander)
    told = "CERT Epsilon no longer shows this event: it was deleted or unpublished there"
    assert told in ours.read(event)
    assert "They no longer show it" in ours.read(f"{event}?tab=sharing")
    assert told not in theirs.read(event)
    assert "Gone at its source" not in theirs.read(event)


def test_who_reads_what_is_no_affair_of_other_organisations(site: Site, partner: int, bystander: int) -> None:
    event = an_event(site, ("domain", VALUE))
    assert site.get(event, headers=key_of(site, partner)).status_code == 200
    page = reading(site, PUBLISHER, org=bystander).read(f"{event}?tab=sharing")
    assert name_of(partner) not in page
    assert "Fetched from here" not in page
    assert name_of(partner) in reading(site, PUBLISHER).read(f"{event}?tab=sharing"), "its own organisation's people"


def test_a_value_says_which_partner_knows_it_too(site: Site, cached: str) -> None:
    event = an_event(site, ("domain", VALUE), ("domain|ip", f"{VALUE}|192.0.2.9"), ("domain", "unknown.example"))
    reader = reading(site, ADMIN)
    assert reader.read(event).count("Also known at") == 2
    related = reader.read(f"{event}?tab=related")
    assert "Also known at partners" in related
    assert f'/{cached}"' in related
    assert related.count("CERT Epsilon") == 2
    colleague = reading(site, PUBLISHER)
    assert colleague.read(event).count("Also known at") == 2
    assert cached not in colleague.read(f"{event}?tab=related"), "the partner's events are for those who may look there"


def test_partners_holdings_are_not_told_to_other_organisations(site: Site, cached: str, bystander: int) -> None:
    event = an_event(site, ("domain", VALUE))
    page = reading(site, PUBLISHER, org=bystander)
    assert "Also known at" not in page.read(event)
    assert "CERT Epsilon" not in page.read(f"{event}?tab=related")
