"""Two live servers: what crosses at each distribution, and what happens when a partner is down, hangs or is killed."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json, admin_of, link, organisation_id
from tests.live import Birth, LiveServer, eventually, live_server
from tests.sync.hostile import HostileServer, Received, answer

SETTINGS = ('allow_internal = ["127.0.0.0/8"]', "retry_base = 1")
SOON, LATER = 2.0, 15.0
HAS_LEFT: dict[Distribution, Distribution | None] = {
    Distribution.ORGANISATION: None,
    Distribution.COMMUNITY: None,
    Distribution.CONNECTED: Distribution.COMMUNITY,
    Distribution.ALL: Distribution.ALL,
    Distribution.SHARING_GROUP: Distribution.SHARING_GROUP,
}
WAS_FETCHED: dict[Distribution, Distribution | None] = {
    Distribution.ORGANISATION: None,
    Distribution.COMMUNITY: Distribution.ORGANISATION,
    Distribution.CONNECTED: Distribution.COMMUNITY,
    Distribution.ALL: Distribution.ALL,
    Distribution.SHARING_GROUP: Distribution.SHARING_GROUP,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """Alfa with a link to Beta that pushes and pulls; Beta knows Alfa by its sync user alone."""

    alfa: Actor
    beta: Actor
    link_id: int

    def pulls(self) -> str:
        """Alfa pulls; what it says of it."""
        answer = self.alfa.post(f"/servers/pull/{self.link_id}/full")
        assert answer.status_code == 200, answer.text
        told: str = answer.json()["message"]
        return told


def _birth(name: str) -> Birth:
    return Birth(org_name=f"CSIRT {name.title()}", email=f"dora@{name}.example", settings=SETTINGS)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """The two, kept for all tests of this module."""
    with live_server(_birth("alfa")) as here, live_server(_birth("beta")) as there:
        alfa, beta = admin_of(here), admin_of(there)
        yield Pair(alfa, beta, link(alfa, beta, push=True, pull=True))


@pytest.fixture
def two_more() -> Iterator[tuple[Actor, Actor]]:
    """Two fresh servers that do not know each other yet."""
    with live_server(_birth("gama")) as here, live_server(_birth("delta")) as there:
        yield admin_of(here), admin_of(there)


def _group(actor: Actor, other: Actor) -> dict[str, str]:
    """A roaming group of both organisations at this actor's, as an event names it."""
    wanted: Json = {
        "name": f"Group {new_uuid()[:8]}",
        "releasability": "the two of us",
        "roaming": True,
        "active": True,
    }
    wanted["SharingGroupOrg"] = [{"org_id": str(actor.org_id), "extend": True}]
    made = actor.post("/sharing_groups/add", wanted)
    assert made.status_code == 200, made.text
    group_id: str = made.json()["SharingGroup"]["id"]
    member = organisation_id(actor, other.org_name, other.org_uuid)
    added = actor.post("/sharing_groups/addOrg", {"sg_id": group_id, "org_id": member})
    assert added.status_code == 200, added.text
    return {"sharing_group_id": group_id}


def _publishes(actor: Actor, level: Distribution, *, reader: Actor | None = None, **more: Any) -> Json:
    """A fresh published event of this distribution; its name is found again in the ledger."""
    group = _group(actor, reader) if reader and level is Distribution.SHARING_GROUP else {}
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    info = f"Case {new_uuid()}"
    event = actor.adds_event(info, distribution=level, attributes=[attribute], **group, **more)
    actor.publishes(event)
    return event


def _has(actor: Actor, event: Json) -> bool:
    return actor.sees(event)


def _ledger(actor: Actor, link_id: int, event: Json) -> str:
    """What the link's page says of an event, in words: direction, state, reason, time; "" while it says nothing."""
    ledger = _page_of(actor, link_id).partition('id="ledger"')[2]
    rows = re.findall(r"<tr>.*?</tr>", ledger, re.DOTALL)
    told = [row for row in rows if event["info"] in row or event["uuid"] in row]
    return " ".join(re.sub(r"<[^>]+>", " ", " ".join(told)).split())


def _assert_ledger_says(actor: Actor, link_id: int, event: Json, state: str) -> None:
    eventually(lambda: state in _ledger(actor, link_id, event))


def _queue_is_empty(actor: Actor, link_id: int) -> bool:
    return "/servers/retry/" not in _page_of(actor, link_id)


def _page_of(actor: Actor, link_id: int) -> str:
    headers = {"Authorization": actor.key, "Accept": "text/html", "Accept-Language": "en"}
    return requests.get(f"{actor.server.url}/servers/view/{link_id}", headers=headers, timeout=30).text


@pytest.mark.parametrize("level", HAS_LEFT, ids=lambda level: level.name.lower())
def test_a_push_brings_what_may_leave_lowered_by_the_sender(pair: Pair, level: Distribution) -> None:
    event = _publishes(pair.alfa, level, reader=pair.beta)
    if HAS_LEFT[level] is None:
        _assert_ledger_says(pair.alfa, pair.link_id, event, "Skipped")
        assert not _has(pair.beta, event)
        return
    eventually(lambda: _has(pair.beta, event))
    theirs = pair.beta.views(event)
    assert theirs["distribution"] == str(HAS_LEFT[level])
    assert theirs["Attribute"][0]["distribution"] == str(Distribution.INHERIT)
    assert (theirs["locked"], theirs["published"], theirs["timestamp"]) == (
        True,
        True,
        pair.alfa.views(event)["timestamp"],
    )
    assert (theirs["Orgc"]["uuid"], theirs["Org"]["uuid"]) == (pair.alfa.org_uuid, pair.alfa.org_uuid)
    _assert_ledger_says(pair.alfa, pair.link_id, event, "Sent")


@pytest.mark.parametrize("level", WAS_FETCHED, ids=lambda level: level.name.lower())
def test_a_pull_brings_what_is_visible_lowered_by_the_receiver(pair: Pair, level: Distribution) -> None:
    event = _publishes(pair.beta, level, reader=pair.alfa)
    pair.pulls()
    assert _has(pair.alfa, event) == (WAS_FETCHED[level] is not None)
    if WAS_FETCHED[level] is None:
        return
    ours = pair.alfa.views(event)
    assert ours["distribution"] == str(WAS_FETCHED[level])
    assert (ours["locked"], ours["published"]) == (True, True)
    assert (ours["Orgc"]["uuid"], ours["Org"]["uuid"]) == (pair.beta.org_uuid, pair.alfa.org_uuid)
    assert ours["event_creator_email"] == pair.alfa.email
    _assert_ledger_says(pair.alfa, pair.link_id, event, "from them")


@pytest.mark.parametrize("pushed", [True, False], ids=["pushed", "pulled"])
def test_elements_cross_at_their_own_level_and_local_tags_stay(pair: Pair, pushed: bool) -> None:
    sender, receiver = (pair.alfa, pair.beta) if pushed else (pair.beta, pair.alfa)
    levels = HAS_LEFT if pushed else WAS_FETCHED
    wanted = [level for level in levels if level is not Distribution.SHARING_GROUP]
    attributes = [{"type": "domain", "value": f"{new_uuid()}.example", "distribution": int(level)} for level in wanted]
    tags = [{"name": "tlp:green"}, {"name": "workflow:todo", "local": True}]
    event = sender.adds_event("Levels", distribution=Distribution.ALL, attributes=attributes, Tag=tags)
    sender.publishes(event)
    if not pushed:
        pair.pulls()
    eventually(lambda: _has(receiver, event))
    arrived = receiver.views(event)
    expected = {
        a["value"]: str(crossed)
        for a, level in zip(attributes, wanted, strict=True)
        if (crossed := levels[level]) is not None
    }
    assert {a["value"]: a["distribution"] for a in arrived["Attribute"]} == expected
    assert [tag["name"] for tag in arrived["Tag"]] == ["tlp:green"]
    assert [tag["name"] for tag in sender.views(event)["Tag"]] == ["tlp:green", "workflow:todo"]


def test_an_edit_and_a_deleted_attribute_follow(pair: Pair) -> None:
    event = _publishes(pair.alfa, Distribution.ALL)
    eventually(lambda: _has(pair.beta, event))
    pair.alfa.post(f"/attributes/delete/{event['Attribute'][0]['id']}")
    pair.alfa.post(f"/attributes/add/{event['id']}", {"type": "ip-dst", "value": "198.51.100.9"})
    pair.alfa.publishes(event)
    eventually(lambda: [a["value"] for a in pair.beta.views(event)["Attribute"]] == ["198.51.100.9"])
    _assert_ledger_says(pair.alfa, pair.link_id, event, "Updated")


def test_a_partner_that_was_down_gets_it_when_it_is_back(pair: Pair) -> None:
    pair.beta.server.stop()
    try:
        event = _publishes(pair.alfa, Distribution.ALL)
        _assert_ledger_says(pair.alfa, pair.link_id, event, "Failed")
        refused = pair.alfa.post(f"/servers/pull/{pair.link_id}/full")
        assert refused.status_code == 403
        assert refused.json()["saved"] is False
    finally:
        pair.beta.server.start()
    eventually(lambda: _has(pair.beta, event), within=LATER)
    _assert_ledger_says(pair.alfa, pair.link_id, event, "Sent")
    eventually(lambda: _queue_is_empty(pair.alfa, pair.link_id))


def test_a_partner_that_hangs_delays_nobody(pair: Pair) -> None:
    def silence(_request: Received) -> Iterator[bytes]:
        silent.pause(60)
        yield b""

    with HostileServer(silence) as silent:
        wanted = {"name": "Silent", "url": silent.url, "authkey": "S" * 40, "push": True, "pull": True}
        org_id = organisation_id(pair.alfa, "CSIRT Silent", new_uuid())
        made = pair.alfa.post("/servers/add", wanted | {"remote_org_id": org_id})
        assert made.status_code == 200, made.text
        first = _publishes(pair.alfa, Distribution.ALL)
        eventually(lambda: silent.connections)
        second = _publishes(pair.alfa, Distribution.ALL)
        for event in (first, second):
            eventually(partial(_has, pair.beta, event), within=SOON)
        assert pair.alfa.get("/events/index/limit:1").elapsed.total_seconds() < SOON
        pair.alfa.post(f"/servers/delete/{made.json()['Server']['id']}")


def test_two_that_push_each_other_settle(two_more: tuple[Actor, Actor]) -> None:
    gama, delta = two_more
    there, back = link(gama, delta, push=True), link(delta, gama, push=True)
    event = _publishes(gama, Distribution.ALL)
    eventually(lambda: _has(delta, event))
    before = gama.views(event)
    reply = _publishes(delta, Distribution.ALL)
    eventually(lambda: _has(gama, reply))
    eventually(lambda: _queue_is_empty(gama, there) and _queue_is_empty(delta, back))
    assert gama.views(event) == before
    _assert_ledger_says(gama, there, event, "Sent")
    _assert_ledger_says(delta, back, reply, "Sent")
    for actor, number, foreign in ((delta, back, event), (gama, there, reply)):
        assert not re.search("Sent|Updated|Failed|Conflict", _ledger(actor, number, foreign))


def test_a_pull_that_was_killed_is_resumed_with_nothing_lost_or_doubled(two_more: tuple[Actor, Actor]) -> None:
    gama, delta = two_more
    known = [_adds_published(delta) for _ in range(130)]
    with _Tap(delta.server.url, stops_after=120) as tap:
        number = link(gama, delta, pull=True, url=tap.url)
        pulling = threading.Thread(target=_pull_until_killed, args=(gama.server, number), daemon=True)
        pulling.start()
        assert tap.closed.wait(LATER)
        eventually(lambda: _count(gama))
        gama.server.kill()
        pulling.join(LATER)
        gama.server.start()
        assert 0 < _count(gama) < 120
        tap.opened.set()
        assert gama.post(f"/servers/pull/{number}/full").status_code == 200
    assert _count(gama) == len(known)
    assert all(len(gama.views(event)["Attribute"]) == 1 for event in known)


def _adds_published(actor: Actor) -> Json:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    return actor.adds_event(distribution=Distribution.ALL, attributes=[attribute], published=True)


class _Tap(HostileServer):
    """Passes everything on to a server, but stops after some events until it is opened again."""

    def __init__(self, behind: str, *, stops_after: int) -> None:
        self.closed, self.opened = threading.Event(), threading.Event()
        self._left = iter(range(stops_after))
        self._target = behind
        super().__init__(self._pass_on)

    def _pass_on(self, request: Received) -> Iterator[bytes]:
        if request.target.startswith("/events/view/") and next(self._left, None) is None:
            self.closed.set()
            self.opened.wait(LATER)
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
        url = f"{self._target}{request.target}"
        told = requests.request(request.method, url, data=request.body, headers=headers, timeout=LATER)
        yield answer(told.content, f"{told.status_code} As told")


def _pull_until_killed(server: LiveServer, number: int) -> None:
    try:
        server.request("POST", f"/servers/pull/{number}/full", {})
    except requests.ConnectionError:
        return


def _count(actor: Actor) -> int:
    return int(actor.get("/events/index/limit:1").headers["X-Result-Count"])


def test_a_pulled_event_of_ours_is_never_overwritten(pair: Pair) -> None:
    event = _publishes(pair.alfa, Distribution.ALL)
    eventually(lambda: _has(pair.beta, event))
    stolen = pair.beta.views(event) | {"info": "Taken over", "timestamp": str(int(event["timestamp"]) + 600)}
    assert pair.beta.post(f"/events/edit/{event['uuid']}", {"Event": stolen}).status_code == 200
    pair.beta.publishes(event)
    pair.pulls()
    assert pair.alfa.views(event)["info"] == event["info"]


def test_an_interval_pulls_without_being_asked(two_more: tuple[Actor, Actor]) -> None:
    gama, delta = two_more
    link(gama, delta, pull=True, every=1)
    event = _publishes(delta, Distribution.CONNECTED)
    eventually(lambda: _has(gama, event))
    assert gama.views(event)["distribution"] == str(Distribution.COMMUNITY)


def _tags(element: Json) -> set[str]:
    return {tag["name"] for tag in element.get("Tag", [])}


def test_a_tag_that_is_taken_off_is_taken_off_there_and_a_local_one_stays_untold(pair: Pair) -> None:
    gone, kept, local = {"name": "phase:first"}, {"name": "tlp:green"}, {"name": "workflow:todo", "local": True}
    attribute = {"type": "domain", "value": f"{new_uuid()}.example", "Tag": [gone, kept]}
    event = pair.alfa.adds_event(
        f"Case {new_uuid()}", distribution=Distribution.ALL, attributes=[attribute], Tag=[gone, kept, local]
    )
    pair.alfa.publishes(event)
    eventually(lambda: _has(pair.beta, event))
    assert _tags(pair.beta.views(event)) == {"phase:first", "tlp:green"}
    for uuid in (event["uuid"], event["Attribute"][0]["uuid"]):
        assert pair.alfa.post("/tags/removeTagFromObject", {"uuid": uuid, "tag": "phase:first"}).status_code == 200
    pair.alfa.publishes(event)
    eventually(lambda: _tags(pair.beta.views(event)) == {"tlp:green"})
    theirs = pair.beta.views(event)
    assert _tags(theirs["Attribute"][0]) == {"tlp:green"}
    assert theirs["timestamp"] == pair.alfa.views(event)["timestamp"]


def test_a_partner_that_never_had_a_removed_tag_is_not_told_of_it(pair: Pair) -> None:
    event = pair.alfa.adds_event(
        f"Case {new_uuid()}",
        distribution=Distribution.ALL,
        attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}],
        Tag=[{"name": "phase:second"}, {"name": "tlp:green"}],
    )
    removed = pair.alfa.post("/tags/removeTagFromObject", {"uuid": event["uuid"], "tag": "phase:second"})
    assert removed.status_code == 200
    pair.alfa.publishes(event)
    eventually(lambda: _has(pair.beta, event))
    assert _tags(pair.beta.views(event)) == {"tlp:green"}
    assert pair.beta.post("/tags/search", {"tag": "phase:second"}).json() == []


def test_an_attribute_of_stricter_tlp_stays_and_the_ledger_names_it(pair: Pair) -> None:
    red = {"type": "domain", "value": f"{new_uuid()}.example", "Tag": [{"name": "tlp:red"}]}
    green = {"type": "domain", "value": f"{new_uuid()}.example"}
    event = pair.alfa.adds_event(
        f"Case {new_uuid()}", distribution=Distribution.ALL, attributes=[red, green], Tag=[{"name": "tlp:green"}]
    )
    pair.alfa.publishes(event)
    eventually(lambda: _has(pair.beta, event))
    assert [a["value"] for a in pair.beta.views(event)["Attribute"]] == [green["value"]]
    kept_here = next(a["uuid"] for a in event["Attribute"] if a["value"] == red["value"])
    _assert_ledger_says(pair.alfa, pair.link_id, event, kept_here)


def test_a_red_event_of_ours_is_not_published_far_and_one_of_others_goes_nowhere(pair: Pair) -> None:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    level, tag = Distribution.ALL, [{"name": "TLP:RED"}]
    ours = pair.alfa.adds_event(f"Case {new_uuid()}", distribution=level, attributes=[attribute], Tag=tag)
    refused = pair.alfa.post(f"/events/publish/{ours['uuid']}")
    assert refused.status_code == 403
    assert "TLP:RED" in refused.json()["errors"]["tlp"][0]
    assert not pair.alfa.views(ours)["published"]
    stranger = {"uuid": new_uuid(), "name": f"CSIRT {new_uuid()[:8]}"}
    theirs = pair.alfa.adds_event(
        f"Case {new_uuid()}", distribution=level, attributes=[attribute], Tag=tag, Orgc=stranger
    )
    assert pair.alfa.post(f"/events/publish/{theirs['uuid']}").status_code == 403
