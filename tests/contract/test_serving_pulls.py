"""PROTOCOL §4 as the one that is pulled: filters, paging and ETags of the index, in every spelling that clients use."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Cast, hire
from tests.live import live_server

D = Distribution
MINIMAL = {"minimal": 1, "published": 1}
ITEM = {"id": str, "timestamp": str, "sighting_timestamp": str, "published": bool, "uuid": str, "orgc_uuid": str}
ALL = ["green", "amber", "both", "none", "bob's"]


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    """Everybody on a server of their own, with eight events."""
    with live_server() as server:
        people = hire(server)
        _tell(people)
        yield people


def _tell(people: Cast) -> None:
    for number, (name, tags, level, published) in enumerate(
        (
            ("green", ("tlp:green", "x"), D.ALL, True),
            ("amber", ("tlp:amber",), D.ALL, True),
            ("both", ("tlp:green", "tlp:amber"), D.ALL, True),
            ("none", (), D.ALL, True),
            ("own", (), D.ORGANISATION, True),
            ("draft", (), D.ALL, False),
            ("bob's", (), D.COMMUNITY, True),
            ("empty", (), D.ALL, True),
        )
    ):
        who = people.bob if name == "bob's" else people.alice
        held = [] if name == "empty" else [{"type": "ip-dst", "value": f"198.51.100.{number}", "distribution": "5"}]
        event = who.adds_event(name, distribution=level, attributes=held, Tag=[{"name": tag} for tag in tags])
        if published:
            who.publishes(event)


def index(who: Actor, body: object, **headers: str) -> requests.Response:
    """What a puller gets for this body."""
    named = {"Authorization": who.key, "Accept": "application/json", **headers}
    return requests.post(f"{who.server.url}/events/index", json=body, headers=named, timeout=10)


def named(people: Cast, items: list[dict[str, Any]]) -> list[str]:
    """The titles of listed events."""
    titles = {item["uuid"]: item["info"] for item in people.dora.get("/events/index").json()}
    return [titles[item["uuid"]] for item in items]


LISTED: Mapping[str, tuple[Any, list[str]]] = {
    "bools": ({"minimal": True, "published": True}, ALL),
    "texts": ({"minimal": "1", "published": "1"}, ALL),
    "both states": ({"minimal": 1, "published": [0, 1]}, [*ALL[:4], "draft", ALL[4]]),
    "2 is no filter": ({"minimal": 1, "published": 2}, [*ALL[:4], "draft", ALL[4]]),
    "unpublished": ({"minimal": 1, "published": 0}, ["draft"]),
    "under request": ({"request": MINIMAL}, ALL),
    "tag list": (MINIMAL | {"tag": ["tlp:green"]}, ["green", "both"]),
    "tags list": (MINIMAL | {"tags": ["TLP:GREEN"]}, ["green", "both"]),
    "not a tag": (MINIMAL | {"tag": ["!tlp:green"]}, ["amber", "none", "bob's"]),
    "a tag and not another": (MINIMAL | {"tag": ["tlp:green", "!tlp:amber"]}, ["green"]),
    "tags as text": (MINIMAL | {"tag": "tlp:green|tlp:amber"}, ["green", "amber", "both"]),
    "tags together": (MINIMAL | {"tag": "tlp:green&tlp:amber"}, ["both"]),
    "no such tag": (MINIMAL | {"tag": ["nope"]}, []),
    "not a tag that is none": (MINIMAL | {"tag": ["!nope"]}, ALL),
    "an empty list": (MINIMAL | {"tag": []}, ALL),
    "null": (MINIMAL | {"tag": None, "org": None}, ALL),
    "org": (MINIMAL | {"org": ["csirt alfa"]}, ALL[:4]),
    "not an org": (MINIMAL | {"org": ["!CSIRT Alfa"]}, ["bob's"]),
    "orgs as text": (MINIMAL | {"org": "CSIRT Alfa|CSIRT Bravo"}, ALL),
    "no such org": (MINIMAL | {"org": ["Nobody"]}, []),
    "type rules are unknown keys": (MINIMAL | {"type_attribute": ["!md5"], "type_object": ["!x"]}, ALL),
    "keys in any case": (MINIMAL | {"SearchTag": ["tlp:amber"]}, ["amber", "both"]),
    "relative time": (MINIMAL | {"timestamp": "7d"}, ALL),
    "a span that ended": (MINIMAL | {"timestamp": ["7d", "1h"]}, []),
    "publish time": (MINIMAL | {"publish_timestamp": "1d"}, ALL),
    "a page": (MINIMAL | {"limit": 2, "page": 2}, ["both", "none"]),
    "a page behind the last": (MINIMAL | {"limit": 2, "page": 9}, []),
    "newest id first": (MINIMAL | {"sort": "id", "direction": "desc"}, ALL[::-1]),
    "level": (MINIMAL | {"distribution": "1"}, ["bob's"]),
    "value": (MINIMAL | {"value": "198.51.100.1"}, ["amber"]),
    "title": (MINIMAL | {"eventinfo": "GRE"}, ["green"]),
}


@pytest.mark.parametrize("name", LISTED)
def test_4_3_the_index_lists_for_a_puller(cast: Cast, name: str) -> None:
    body, expected = LISTED[name]
    answer = index(cast.sam, body)
    assert named(cast, answer.json()) == expected
    assert all({key: type(value) for key, value in item.items()} == ITEM for item in answer.json())
    paged = "limit" in body
    assert int(answer.headers["X-Result-Count"]) == (len(ALL) if paged else len(expected))


PATHS: Mapping[str, list[str]] = {
    "/minimal:1/published:1": ALL,
    "/searchpublished:1/searchtag:tlp:green.json": ["green", "both"],
    "/searchpublished:1/searchtag[]:tlp:green/searchtag[]:tlp:amber": ["green", "amber", "both"],
    "/searchorg:CSIRT+Bravo": ["bob's"],
    "/searchorg:CSIRT%20Bravo/limit:1": ["bob's"],
    "/searchpublished:0": ["draft"],
    "/searcheventinfo:gre/sort:timestamp/direction:desc/page:1/limit:60": ["green"],
    "/limit:2/page:1/sort:id/direction:desc": ["empty", "bob's"],
}


@pytest.mark.parametrize("path", PATHS)
def test_4_9_a_preview_names_its_filters_in_the_path(cast: Cast, path: str) -> None:
    assert named(cast, cast.sam.get(f"/events/index{path}").json()) == PATHS[path]


def test_1_6_the_same_list_is_304_however_a_proxy_spells_its_tag_and_another_is_not(cast: Cast) -> None:
    tag = index(cast.sam, MINIMAL, **{"If-None-Match": '""'}).headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]+"', tag)
    for spelt in (tag, f'{tag[:-1]}-gzip"', f'{tag[:-1]}-br"'):
        again = index(cast.sam, MINIMAL, **{"If-None-Match": spelt})
        assert (again.status_code, again.content) == (304, b"")
    for who, body in ((cast.sam, MINIMAL | {"tag": ["x"]}), (cast.alice, MINIMAL)):
        assert index(who, body, **{"If-None-Match": tag}).status_code == 200
    value = {"type": "domain", "value": "later.example"}
    cast.alice.publishes(cast.alice.adds_event("later", distribution=D.ORGANISATION, attributes=[value]))
    assert index(cast.sam, MINIMAL, **{"If-None-Match": tag}).status_code == 304, "what it cannot see changes nothing"


@pytest.mark.parametrize("ref", ["uuid", "upper uuid", "id"])
@pytest.mark.parametrize("spelling", ["deleted[]:0/deleted[]:1", "deleted%5B%5D:0/deleted%5B%5D:1", "deleted:1"])
def test_4_4_a_view_is_asked_for_in_every_spelling_and_is_304_until_it_changes(
    cast: Cast, ref: str, spelling: str
) -> None:
    item = index(cast.sam, MINIMAL | {"eventinfo": "amber"}).json()[0]
    named_by = {"uuid": item["uuid"], "upper uuid": item["uuid"].upper(), "id": item["id"]}[ref]
    path = f"{cast.sam.server.url}/events/view/{named_by}/{spelling}/excludeGalaxy:1/excludeLocalTags:1.json"
    headers = {"Authorization": cast.sam.key, "Accept": "application/json", "If-None-Match": '""'}
    told = requests.get(path, headers=headers, timeout=10)
    assert told.json()["Event"]["uuid"] == item["uuid"]
    again = requests.get(path, headers={**headers, "If-None-Match": told.headers["ETag"]}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("ref", ["hidden", "absent", "abc", "0", "-1", "9" * 20, "%00", "a/b"])
def test_4_4_what_is_not_there_and_what_is_hidden_are_the_same_404_in_json(cast: Cast, ref: str) -> None:
    hidden = next(item["uuid"] for item in cast.alice.get("/events/index").json() if item["info"] == "own")
    answer = cast.sam.get(f"/events/view/{ {'hidden': hidden, 'absent': new_uuid()}.get(ref, ref) }/deleted[]:0")
    assert answer.status_code in (400, 404) if ref in ("%00", "a/b") else answer.status_code == 404
    assert answer.json()["message"] in ("Invalid event", "Not Found") or ref == "%00"
