"""Free text import over REST and as pages (MODEL §7.17, API §9.2)."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.web.conftest import MACHINE, PEOPLE, READ_ONLY, USER, Site

TEXT = "Veja hxxp://evil[.]org/ação, 192.0.2.7 e bad@evil.org (fatura.exe)."


@dataclass(frozen=True)
class Client:
    """One account on the site, with an event of its own."""

    site: Site
    key: str

    def post(self, path: str, body: object) -> requests.Response:
        """What a program's POST gets."""
        return self.site.post(path, headers={**MACHINE, "Authorization": self.key}, json=body)

    def sends(self, path: str, **fields: str) -> requests.Response:
        """What a person's form gets."""
        return self.site.post(path, headers={**PEOPLE, "Authorization": self.key}, data=fields)

    def adds_event(self) -> str:
        """The id of a fresh event."""
        event: Any = self.post("/events/add", {"info": "An event", "distribution": "0"}).json()
        return str(event["Event"]["id"])

    def attributes(self, event_id: str) -> list[tuple[str, str, bool, str]]:
        """Type, value, to_ids and distribution of what the event holds."""
        answer = self.site.get(f"/events/view/{event_id}", headers={**MACHINE, "Authorization": self.key})
        found = answer.json()["Event"]["Attribute"]
        return [(one["type"], one["value"], one["to_ids"], one["distribution"]) for one in found]


@pytest.fixture(scope="module")
def alice(site: Site) -> Client:
    """Somebody who may add."""
    return Client(site, site.key(USER))


def test_a_text_becomes_attributes_of_the_event(alice: Client) -> None:
    event_id = alice.adds_event()
    answer = alice.post(f"/events/freeTextImport/{event_id}", {"value": TEXT, "distribution": 2})
    assert [(one["type"], one["value"]) for one in answer.json()] == [
        ("url", "http://evil.org/ação"),
        ("ip-dst", "192.0.2.7"),
        ("email-src", "bad@evil.org"),
        ("filename", "fatura.exe"),
    ]
    assert alice.attributes(event_id) == [
        ("url", "http://evil.org/ação", True, "2"),
        ("ip-dst", "192.0.2.7", True, "2"),
        ("email-src", "bad@evil.org", True, "2"),
        ("filename", "fatura.exe", True, "2"),
    ]


def test_asking_for_details_saves_nothing(alice: Client) -> None:
    event_id = alice.adds_event()
    asked = {"value": "192.0.2.8", "returnMetaAttributes": True}
    found = alice.post(f"/events/freeTextImport/{event_id}", asked).json()
    assert found[0]["types"] == {name: name for name in ("ip-dst", "ip-src", "ip-src/ip-dst")}
    assert found[0]["default_type"] == "ip-dst"
    assert found[0]["known_in_events"] == 0
    assert alice.attributes(event_id) == []


def test_it_is_told_where_a_value_is_known_and_only_from_what_one_may_see(alice: Client, site: Site) -> None:
    other = site.post(
        "/events/add",
        headers={**MACHINE, "Authorization": site.admin_key},
        json={"info": "x", "distribution": "0", "Attribute": [{"type": "ip-dst", "value": "192.0.2.99"}]},
    )
    assert other.status_code == 200
    asked = {"value": "192.0.2.99", "returnMetaAttributes": 1}
    event_id = alice.adds_event()
    assert alice.post(f"/events/freeTextImport/{event_id}", asked).json()[0]["known_in_events"] == 1
    organisation = {"name": "Elsewhere"}
    made = site.post(
        "/admin/organisations/add", headers={**MACHINE, "Authorization": site.admin_key}, json=organisation
    )
    stranger = Client(site, _key_in(site, int(made.json()["Organisation"]["id"])))
    event_id = stranger.adds_event()
    assert stranger.post(f"/events/freeTextImport/{event_id}", asked).json()[0]["known_in_events"] == 0


def _key_in(site: Site, org_id: int) -> str:
    own, site.org_id = site.org_id, org_id
    try:
        return site.key(USER)
    finally:
        site.org_id = own


def test_importing_the_same_text_again_changes_nothing(alice: Client) -> None:
    event_id = alice.adds_event()
    for _ in range(2):
        assert alice.post(f"/events/freeTextImport/{event_id}", {"value": TEXT}).status_code == 200
    assert len(alice.attributes(event_id)) == 4


REFUSED: dict[str, tuple[dict[str, object], int]] = {
    "no text": ({"value": " "}, 403),
    "no value": ({}, 403),
    "a strange value": ({"value": ["a"]}, 403),
    "a strange distribution": ({"value": "192.0.2.1", "distribution": 9}, 403),
    "a sharing group that is not there": (
        {"value": "192.0.2.1", "distribution": 4, "sharing_group_id": 9999},
        403,
    ),
}


@pytest.mark.parametrize(("body", "status"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused(alice: Client, body: dict[str, object], status: int) -> None:
    event_id = alice.adds_event()
    assert alice.post(f"/events/freeTextImport/{event_id}", body).status_code == status
    assert alice.attributes(event_id) == []


@pytest.mark.parametrize("path", ["freeTextImport", "saveFreeText"])
def test_an_event_that_is_not_there_and_one_that_may_not_be_changed_are_refused(
    alice: Client, site: Site, path: str
) -> None:
    assert alice.post(f"/events/{path}/999999", {"value": "192.0.2.1"}).status_code in (403, 404)
    reader = Client(site, site.key(READ_ONLY))
    assert reader.post(f"/events/{path}/{alice.adds_event()}", {"value": "192.0.2.1"}).status_code == 403


def test_a_person_sees_what_was_found_and_saves_what_is_ticked(alice: Client) -> None:
    event_id = alice.adds_event()
    page = alice.sends(f"/events/freeTextImport/{event_id}", value=TEXT).text
    rows = re.findall(r'name="value-(\d)" value="([^"]+)"', page)
    assert [value for _, value in rows] == ["http://evil.org/ação", "192.0.2.7", "bad@evil.org", "fatura.exe"]
    assert alice.attributes(event_id) == []
    fields = {f"value-{number}": value for number, value in rows}
    fields |= {"type-1": "ip-src/ip-dst", "take-1": "1", "to_ids-1": "1", "type-2": "email-dst", "take-2": "1"}
    fields |= {"type-0": "url", "type-3": "filename", "comment-2": "reply address", "distribution": "5"}
    answer = alice.sends(f"/events/saveFreeText/{event_id}", **fields)
    assert answer.status_code == 303
    assert alice.attributes(event_id) == [
        ("ip-src", "192.0.2.7", True, "5"),
        ("ip-dst", "192.0.2.7", True, "5"),
        ("email-dst", "bad@evil.org", False, "5"),
    ]


def test_a_page_that_is_refused_keeps_what_was_chosen(alice: Client) -> None:
    event_id = alice.adds_event()
    page = alice.sends(
        f"/events/saveFreeText/{event_id}",
        **{"value-0": "192.0.2.7", "type-0": "ip-src", "comment-0": "kept", "distribution": "5"},
    )
    assert page.status_code == 403
    assert 'value="kept"' in page.text
    assert '<option value="ip-src" selected>' in page.text


def test_the_empty_page_and_a_text_without_anything(alice: Client) -> None:
    event_id = alice.adds_event()
    path = f"/events/freeTextImport/{event_id}"
    empty = alice.site.get(path, headers={**PEOPLE, "Authorization": alice.key})
    assert '<textarea id="value"' in empty.text
    assert "holds nothing" in alice.sends(path, value="Bom dia a todos").text


WARNED: dict[str, tuple[object, list[tuple[str, bool]]]] = {
    "taken": (False, [("203.0.113.53", True), ("192.0.2.53", True)]),
    "unticked": ("soft", [("203.0.113.53", False), ("192.0.2.53", True)]),
    "left out": (True, [("192.0.2.53", True)]),
}


@pytest.fixture(scope="module")
def _listed(site: Site) -> None:
    """A warninglist with one of the values."""
    body = {
        "name": "Resolvers",
        "type": "cidr",
        "description": "x",
        "enabled": True,
        "valid_attributes": ["ALL"],
        "entries": "203.0.113.53",
    }
    answer = site.post(
        "/warninglists/add", headers={**MACHINE, "Authorization": site.admin_key}, json={"Warninglist": body}
    )
    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("_listed")
@pytest.mark.parametrize(("adhere", "kept"), WARNED.values(), ids=WARNED)
def test_what_stands_on_a_warninglist_is(alice: Client, adhere: object, kept: list[tuple[str, bool]]) -> None:
    event_id = alice.adds_event()
    body = {"value": "203.0.113.53 192.0.2.53", "adhereToWarninglists": adhere}
    answer = alice.post(f"/events/freeTextImport/{event_id}", body)
    assert [one["value"] for one in answer.json()] == ["203.0.113.53", "192.0.2.53"]
    assert [(value, ticked) for _, value, ticked, _ in alice.attributes(event_id)] == kept
