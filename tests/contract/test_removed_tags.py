"""Removed tags reach those who pull: events/view tells sync users of them for a year, nobody else (RULES §8, §11)."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.calling import call
from tests.cast import Actor, Cast, Json, admin_of, hire, link
from tests.live import Birth, LiveServer, live_server

OFFERED = re.compile(r"<option[^>]*>[^<]*")  # what may be put on anew
YEAR = 365 * 86400
SIZES = pytest.mark.parametrize("size", [1, 60], ids=["small", "kept ready"])


@pytest.fixture(scope="module")
def house() -> Iterator[LiveServer]:
    """A server with everybody on it."""
    with live_server() as server:
        yield server


@pytest.fixture(scope="module")
def cast(house: LiveServer) -> Cast:
    """They."""
    return hire(house)


def names(part: Json) -> list[str]:
    """Tags that an element carries, as an answer tells them."""
    return [tag["name"] for tag in part.get("Tag", ()) if not tag.get("deleted")]


def tombstones(event: Json) -> list[list[Json]]:
    """Removed tags of an event, its attributes and its reports."""
    parts = [event, *event["Attribute"], *event["EventReport"]]
    told = [[tag for tag in part.get("Tag", ()) if tag.get("deleted")] for part in parts]
    return [held for held in told if held]


def untag(actor: Actor, uuid: str, tag: str, **more: object) -> None:
    """Take a tag off."""
    answer = actor.post("/tags/removeTagFromObject", {"uuid": uuid, "tag": tag} | more)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def removed(cast: Cast, size: int) -> tuple[Json, str]:
    """A published event of which a tag was taken off everywhere, and the tag's name."""
    tag, local = f"case:{new_uuid()}", f"local:{new_uuid()}"
    for name in (tag, local):
        assert cast.dora.post("/tags/add", {"name": name, "colour": "#123456"}).status_code == 200
    one = [{"name": tag}]
    attributes: list[Json] = [{"type": "domain", "value": f"{new_uuid()}.example"} for _ in range(size)]
    event = cast.alice.adds_event(
        distribution=Distribution.ALL,
        attributes=[attributes[0] | {"Tag": [*one, {"name": local, "local": True}]}, *attributes[1:]],
        Tag=one,
        EventReport=[{"name": "Report", "content": "What", "distribution": 5, "Tag": one}],
    )
    cast.alice.publishes(event)
    assert tombstones(cast.sam.views(event)) == []
    untag(cast.alice, event["uuid"], tag)
    untag(cast.alice, event["Attribute"][0]["uuid"], tag)
    untag(cast.dora, event["Attribute"][0]["uuid"], local, local=True)
    report = event["EventReport"][0]["id"]
    gone = {"EventReport": {"Tag": [{"name": tag, "deleted": True}]}}
    assert cast.alice.post(f"/eventReports/edit/{report}", gone).status_code == 200
    cast.alice.publishes(event)
    return event, tag


@SIZES
def test_a_sync_user_is_told_of_a_removed_tag_and_nobody_else(cast: Cast, removed: tuple[Json, str]) -> None:
    event, tag = removed
    told = [{"name": tag, "colour": "#123456", "deleted": True}]
    for _ in range(2):
        seen = cast.sam.views(event)
        assert tombstones(seen) == [told] * 3
        assert [tag not in names(part) for part in (seen, *seen["Attribute"])]
        for other in (cast.alice, cast.bob, cast.dora):
            assert tag not in other.get(f"/events/view/{event['uuid']}").text, other.name


@SIZES
def test_searches_lists_and_pages_tell_nobody(cast: Cast, removed: tuple[Json, str]) -> None:
    event, tag = removed
    asked = {"returnFormat": "json", "uuid": event["uuid"]}
    page = {"Authorization": cast.sam.key, "Accept": "text/html"}
    answers = [
        cast.sam.post("/events/restSearch", asked),
        cast.sam.post("/attributes/restSearch", {"returnFormat": "json", "eventid": event["id"]}),
        cast.sam.post("/events/index", {"eventid": [event["uuid"]]}),
        cast.sam.get(f"/eventReports/view/{event['EventReport'][0]['id']}"),
        call("GET", f"{cast.sam.server.url}/events/view/{event['uuid']}", headers=page, timeout=30),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert event["uuid"] in answer.text or event["id"] in answer.text
        assert tag not in OFFERED.sub("", answer.text)


@pytest.mark.parametrize("size", [1])
def test_a_read_only_key_is_told_too_and_an_unexportable_tag_is_not(cast: Cast, removed: tuple[Json, str]) -> None:
    event, tag = removed
    made = cast.dora.post(f"/auth_keys/add/{cast.sam.user_id}", {"read_only": True}).json()["AuthKey"]["authkey_raw"]
    view = f"/events/view/{event['uuid']}"
    assert tag in cast.sam.server.request("GET", view, key=made).text
    number = cast.dora.get(f"/tags/search/{tag}").json()[0]["Tag"]["id"]
    assert cast.dora.post(f"/tags/edit/{number}", {"exportable": False}).status_code == 200
    assert tag not in cast.sam.get(view).text


@SIZES
@pytest.mark.parametrize(("age", "is_told"), [(YEAR - 600, True), (YEAR + 1, False)], ids=["within a year", "later"])
def test_it_is_told_for_a_year(
    house: LiveServer, cast: Cast, removed: tuple[Json, str], age: int, is_told: bool
) -> None:
    event, tag = removed
    with closing(sqlite3.connect(house.data / "mispmini.db")) as store, store:
        for table in ("event_tag", "attribute_tag", "event_report_tag"):
            store.execute(f"UPDATE {table} SET removed = removed - ? WHERE deleted", (age,))
    assert (tag in cast.sam.get(f"/events/view/{event['uuid']}").text) is is_told


@pytest.mark.parametrize("size", [1])
def test_a_tag_that_comes_back_is_no_longer_gone(cast: Cast, removed: tuple[Json, str]) -> None:
    event, tag = removed
    assert cast.alice.post("/tags/attachTagToObject", {"uuid": event["uuid"], "tag": tag}).status_code == 200
    seen = cast.sam.views(event)
    assert tag in names(seen)
    assert len(tombstones(seen)) == 2


def test_who_pulls_takes_it_off_and_tells_those_who_pull_from_there() -> None:
    """Alfa has it, Beta pulls from Alfa, Gama from Beta."""
    births = (Birth(org_name=f"CSIRT {name}", email=f"{name.lower()}@a.example") for name in ("Alfa", "Beta", "Gama"))
    with live_server(next(births)) as a, live_server(next(births)) as b, live_server(next(births)) as c:
        alfa, beta, gama = admin_of(a), admin_of(b), admin_of(c)
        pulls = [(beta, link(beta, alfa, pull=True)), (gama, link(gama, beta, pull=True))]
        tag = [{"name": f"case:{new_uuid()}"}]
        event = alfa.adds_event(
            distribution=Distribution.ALL,
            attributes=[{"type": "domain", "value": "a.example", "Tag": tag}],
            Tag=tag,
            EventReport=[{"name": "Report", "content": "What", "distribution": 3, "Tag": tag}],
        )
        alfa.publishes(event)
        assert all(_tags_after(pulls, event))
        untag(alfa, event["uuid"], tag[0]["name"])
        untag(alfa, event["Attribute"][0]["uuid"], tag[0]["name"])
        gone = {"Tag": [tag[0] | {"deleted": True}]}
        assert alfa.post(f"/eventReports/edit/{event['EventReport'][0]['id']}", gone).status_code == 200
        alfa.publishes(event)
        assert not any(_tags_after(pulls, event))


def _tags_after(pulls: list[tuple[Actor, int]], event: Json) -> list[Any]:
    """What each who pulls in turn has on the event, its attribute and its report."""
    found: list[Any] = []
    for admin, number in pulls:
        answer = admin.post(f"/servers/pull/{number}/full")
        assert answer.status_code == 200, answer.text
        seen = admin.views(event)
        found += [names(part) for part in (seen, *seen["Attribute"], *seen["EventReport"])]
    return found
