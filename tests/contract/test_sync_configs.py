"""A link made of one text, caches and comparisons over REST and on the pages, between two live servers."""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_authkey, new_uuid
from tests.cast import PUBLISHER, SYNC_USER, Actor, add_actor, admin_of, link
from tests.live import Birth, live_server


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Actor, Actor]]:
    """Two admins."""
    with live_server() as one, live_server(Birth(org_name="CSIRT Beta", email="dora@beta.example")) as other:
        yield admin_of(one), admin_of(other)


@pytest.fixture(scope="module")
def sam(pair: tuple[Actor, Actor]) -> Actor:
    """The first one's sync user at the second."""
    here, there = pair
    return add_actor(there, "Sam", org_name=here.org_name, org_uuid=here.org_uuid, role_id=SYNC_USER)


def test_a_configuration_made_there_is_a_working_link_here(pair: tuple[Actor, Actor], sam: Actor) -> None:
    here, there = pair
    made = sam.get("/servers/createSync")
    assert made.status_code == 200, made.text
    config = made.json()["Server"]
    assert config.keys() == {"url", "uuid", "authkey", "Organisation"}
    assert config["url"] == there.server.url
    assert config["Organisation"] == {"name": there.org_name, "uuid": there.org_uuid}
    assert re.fullmatch(r"[A-Za-z0-9]{40}", config["authkey"])
    added = here.post("/servers/import", made.json())
    assert added.status_code == 200, added.text
    server = added.json()["Server"]
    assert (server["url"], server["push"], server["pull"]) == (there.server.url, False, False)
    assert "authkey" not in server
    assert here.get(f"/servers/testConnection/{server['id']}").json()["status"] == 1
    pasted = here.post(
        "/servers/import", {"Server": {"json": json.dumps({"Server": config | {"name": "Pasted", "x": 1}})}}
    )
    assert (pasted.status_code, pasted.json()["Server"]["name"]) == (200, "Pasted")
    comments = [item["AuthKey"]["comment"] for item in sam.get("/auth_keys/index").json()]
    assert any(re.fullmatch(r"Auto generated sync key - \d{4}-\d\d-\d\d", comment) for comment in comments)
    for number in (server["id"], pasted.json()["Server"]["id"]):
        here.post(f"/servers/delete/{number}")


def test_who_may_not_make_a_configuration_makes_none(pair: tuple[Actor, Actor], sam: Actor) -> None:
    _here, there = pair
    before = _generated(there)
    author = add_actor(there, "Tom", org_name=there.org_name, org_uuid=there.org_uuid, role_id=PUBLISHER)
    limited = there.post(f"/auth_keys/add/{sam.user_id}", {"comment": "ro", "read_only": True}).json()["AuthKey"]
    assert there.get("/servers/createSync").status_code == 405
    assert author.get("/servers/createSync").status_code == 403
    assert there.server.request("GET", "/servers/createSync", key=limited["authkey_raw"]).status_code == 403
    assert _generated(there) == before


def _generated(admin: Actor) -> int:
    keys = admin.get("/auth_keys/index").json()
    return len([item for item in keys if item["AuthKey"]["comment"].startswith("Auto generated")])


@pytest.mark.parametrize(
    "body",
    [
        {}, {"Server": 7}, {"Server": {"url": "https://a.example"}}, {"Server": {"json": "no json"}},
        {"Server": {"json": '{"Server":{"json":"{}"}}'}}, {"Server": {"json": "[" * 5000}},
        {"Server": {"url": "ftp://a.example", "authkey": "x", "Organisation": {"name": "n", "uuid": "no"}}},
    ],
    ids=["nothing", "a number", "no key", "no JSON", "nested", "deep", "nonsense"],
)  # fmt: skip
def test_what_is_no_configuration_is_refused(pair: tuple[Actor, Actor], body: object) -> None:
    here, _there = pair
    before = len(here.get("/servers/index").json())
    answer = here.post("/servers/import", body)
    assert (answer.status_code, answer.json()["saved"]) == (403, False), answer.text
    assert len(here.get("/servers/index").json()) == before


def test_only_site_admins_import_cache_and_compare(pair: tuple[Actor, Actor], sam: Actor) -> None:
    for path in ("/servers/import", "/servers/cache/all", "/servers/cache/1", "/servers/compare/1"):
        assert sam.post(path, {}).status_code == 403


def test_what_a_partner_holds_is_cached_over_rest(pair: tuple[Actor, Actor]) -> None:
    here, there = pair
    number = link(here, there, caching_enabled=True)
    value = f"{new_uuid()}.example"
    event = there.adds_event(distribution=Distribution.ALL, attributes=[{"type": "domain", "value": value}])
    there.publishes(event)
    for ref in (str(number), "all"):
        told = here.get(f"/servers/cache/{ref}")
        assert told.status_code == 200, told.text
        assert told.json()["message"] == "Caching the servers has successfully completed."
    [item] = [item for item in here.get("/servers/index").json() if int(item["Server"]["id"]) == number]
    assert int(item["Server"]["cache_timestamp"]) > 0
    assert here.get("/servers/cache/987654").json()["message"] == "Invalid server"
    digest = hashlib.md5(value.encode(), usedforsecurity=False).digest()
    with closing(sqlite3.connect(here.server.data / "mispmini.db")) as looking:
        kept = "SELECT event_uuid FROM server_value WHERE server_id = ? AND digest = ?"
        assert looking.execute(kept, (number, digest)).fetchall() == [(event["uuid"],)]
    here.post(f"/servers/delete/{number}")


def test_a_comparison_lists_what_differs_on_the_links_page(pair: tuple[Actor, Actor]) -> None:
    here, there = pair
    number = link(here, there, pull=True)
    event = there.adds_event(distribution=Distribution.ALL, attributes=[{"type": "domain", "value": "differs.example"}])
    there.publishes(event)
    told = here.post(f"/servers/compare/{number}")
    assert re.fullmatch(
        r"Comparison completed\. \d+ events listed, [1-9]\d* differences found\.", told.json()["message"]
    )
    assert event["uuid"] in _page(here, f"/servers/view/{number}")
    assert here.post(f"/servers/pull/{number}/full").status_code == 200
    assert "0 differences found" in here.post(f"/servers/compare/{number}").json()["message"]
    assert "Nothing differs." in _page(here, f"/servers/view/{number}")
    gone = here.post(f"/servers/edit/{number}", {"authkey": new_authkey()})
    assert gone.status_code == 200
    assert here.post(f"/servers/compare/{number}").status_code == 403
    here.post(f"/servers/delete/{number}")


def _page(actor: Actor, path: str) -> str:
    headers = {"Authorization": actor.key, "Accept": "text/html", "Accept-Language": "en"}
    return requests.get(f"{actor.server.url}{path}", headers=headers, timeout=30).text
