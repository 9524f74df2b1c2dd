"""What is kept ready is never shown when it is old, nor to somebody who would get something else (SPEED §3)."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.calling import call
from tests.cast import Actor, Cast, Json, hire
from tests.live import LiveServer, live_server

MACHINE = {"User-Agent": "PyMISP", "Accept": "application/json", "Accept-Encoding": "gzip"}
Change = Callable[[Cast, Json], object]


@pytest.fixture(scope="module")
def house() -> Iterator[LiveServer]:
    """A server whose cache.db these tests look into."""
    with live_server() as server:
        yield server


@pytest.fixture(scope="module")
def cast(house: LiveServer) -> Cast:
    """Everybody on it."""
    return hire(house)


@pytest.fixture
def event(cast: Cast) -> Json:
    """An event that is worth keeping, seen by Bob and kept for him and everybody."""
    attributes = [_attribute(distribution=Distribution.INHERIT) for _ in range(59)]
    tag = f"tag:{new_uuid()}"
    assert cast.dora.post("/tags/add", {"name": tag}).status_code == 200
    made = cast.alice.adds_event(
        distribution=Distribution.COMMUNITY,
        attributes=[*attributes, _attribute(distribution=Distribution.INHERIT, Tag=[{"name": tag}])],
        Object=[_object()],
        EventReport=[{"name": "Report", "content": "What happened", "distribution": 5}],
    )
    _same_for_all(cast, made)
    return made


def _attribute(**more: object) -> Json:
    return {"type": "domain", "value": f"{new_uuid()}.example"} | more


def _object() -> Json:
    wanted = {"name": "domain-ip", "meta-category": "network", "description": "A domain", "distribution": 5}
    template = {"template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734", "template_version": "11"}
    return wanted | template | {"Attribute": [_attribute(object_relation="domain", distribution=5)]}


def _fresh(actor: Actor, event: Json) -> Json:
    """The event as this person sees it, made of rows: a view with an extension is never kept."""
    answer = actor.post(f"/events/view/{event['uuid']}", {"extended": 1})
    assert answer.status_code == 200, answer.text
    seen: Json = answer.json()["Event"]
    return {key: value for key, value in seen.items() if key != "extensionEvents"}


def _ready(actor: Actor, event: Json, **headers: str) -> requests.Response:
    sent = {**MACHINE, "Authorization": actor.key, **headers}
    return call("GET", f"{actor.server.url}/events/view/{event['uuid']}", headers=sent, timeout=30)


def _same_for_all(cast: Cast, event: Json) -> None:
    """Everybody gets from the kept body what the rows say, twice, packed and plain."""
    for actor in (cast.alice, cast.bob, cast.dora, cast.sam):
        fresh = _fresh(actor, event)
        for _ in range(2):
            assert _ready(actor, event).json()["Event"] == fresh, actor.name
        assert _ready(actor, event, **{"Accept-Encoding": "identity"}).json()["Event"] == fresh
        assert actor.views(event) == fresh


def _first(event: Json) -> Json:
    first: Json = event["Attribute"][0]
    return first


def _tagged(event: Json) -> Json:
    return next(a for a in event["Attribute"] if a.get("Tag"))


CHANGES: dict[str, Change] = {
    "attribute added": lambda c, e: c.alice.post(f"/attributes/add/{e['uuid']}", _attribute()),
    "attribute edited": lambda c, e: c.alice.post(f"/attributes/edit/{_first(e)['uuid']}", {"comment": "New"}),
    "attribute hidden": lambda c, e: c.alice.post(f"/attributes/edit/{_first(e)['uuid']}", {"distribution": 0}),
    "attribute deleted": lambda c, e: c.alice.post(f"/attributes/delete/{_first(e)['uuid']}"),
    "attribute deleted hard": lambda c, e: c.alice.post(f"/attributes/delete/{_first(e)['uuid']}/1"),
    "attribute tagged": lambda c, e: c.alice.post(
        "/tags/attachTagToObject", {"uuid": _first(e)["uuid"], "tag": _tagged(e)["Tag"][0]["name"]}
    ),
    "attribute tagged locally": lambda c, e: c.alice.post(
        "/tags/attachTagToObject", {"uuid": _first(e)["uuid"], "tag": _tagged(e)["Tag"][0]["name"], "local": True}
    ),
    "attribute untagged": lambda c, e: c.alice.post(
        "/tags/removeTagFromObject", {"uuid": _tagged(e)["uuid"], "tag": _tagged(e)["Tag"][0]["name"]}
    ),
    "tag renamed": lambda c, e: c.dora.post(
        f"/tags/edit/{_tagged(e)['Tag'][0]['id']}", {"name": f"new:{new_uuid()}", "colour": "#123456"}
    ),
    "tag no longer exportable": lambda c, e: c.dora.post(
        f"/tags/edit/{_tagged(e)['Tag'][0]['id']}", {"exportable": False}
    ),
    "object added": lambda c, e: c.alice.post(f"/objects/add/{e['uuid']}", _object()),
    "object edited": lambda c, e: c.alice.post(f"/objects/edit/{e['Object'][0]['uuid']}", {"comment": "New"}),
    "object deleted": lambda c, e: c.alice.post(f"/objects/delete/{e['Object'][0]['uuid']}"),
    "reference added": lambda c, e: c.alice.post(
        "/objectReferences/add",
        {
            "object_uuid": e["Object"][0]["uuid"],
            "referenced_uuid": _first(e)["uuid"],
            "relationship_type": "related-to",
        },
    ),
    "report edited": lambda c, e: c.alice.post(f"/eventReports/edit/{e['EventReport'][0]['id']}", {"content": "More"}),
    "report deleted": lambda c, e: c.alice.post(f"/eventReports/delete/{e['EventReport'][0]['id']}"),
    "attribute seen": lambda c, e: c.alice.post("/sightings/add", {"uuid": _first(e)["uuid"]}),
    "attribute proposed": lambda c, e: c.bob.post(f"/shadow_attributes/add/{e['id']}", _attribute()),
    "event edited": lambda c, e: c.alice.post(f"/events/edit/{e['uuid']}", {"Event": {"info": "Another name"}}),
    "event published": lambda c, e: c.alice.publishes(e),
    "organisation renamed": lambda c, e: c.dora.post(
        f"/admin/organisations/edit/{c.alice.org_id}", {"name": f"CSIRT {new_uuid()[:8]}"}
    ),
    "file attached": lambda c, e: c.alice.post(
        f"/attributes/add/{e['uuid']}", {"type": "attachment", "value": "a.txt", "data": "aGVsbG8="}
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_after_a_change_nobody_gets_the_old_answer(cast: Cast, event: Json, change: Change) -> None:
    answer = change(cast, event)
    assert answer is None or (isinstance(answer, requests.Response) and answer.status_code == 200), answer
    _same_for_all(cast, event)


def test_what_is_kept_is_one_gzip_member(cast: Cast, event: Json) -> None:
    with requests.get(
        f"{cast.bob.server.url}/events/view/{event['uuid']}",
        headers={**MACHINE, "Authorization": cast.bob.key},
        stream=True,
        timeout=30,
    ) as answer:
        packed = answer.raw.read(decode_content=False)
    assert json.loads(gzip.decompress(packed))["Event"]["uuid"] == event["uuid"]


def test_an_etag_stays_true(cast: Cast, event: Json) -> None:
    known = _ready(cast.bob, event, **{"If-None-Match": '""'}).headers["ETag"]
    assert _ready(cast.bob, event, **{"If-None-Match": known}).status_code == 304
    CHANGES["attribute edited"](cast, event)
    assert _ready(cast.bob, event, **{"If-None-Match": known}).status_code == 200


def test_the_file_may_go_at_any_time(house: LiveServer, cast: Cast, event: Json) -> None:
    assert (house.data / "cache.db").exists()
    _remove(house.data)
    _same_for_all(cast, event)


def test_a_damaged_file_costs_nothing_but_time(house: LiveServer, cast: Cast, event: Json) -> None:
    house.stop()
    (house.data / "cache.db").write_bytes(b"not a database at all" * 500)
    house.start()
    _same_for_all(cast, event)


def _remove(folder: Path) -> None:
    for path in folder.glob("cache.db*"):
        path.unlink()
