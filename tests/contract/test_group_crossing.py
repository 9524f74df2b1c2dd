"""Every kind of sharing group between live servers: pushed to Beta, pulled by Gama, both judged by the same rules.

Expected is PROTOCOL §3.8 for the push, MODEL §6.2 for what a partner may read, MODEL §7.9 and RULES §1 for what is
accepted at the other end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json, add_actor, admin_of, link, organisation_id
from tests.live import Birth, eventually, live_server

SETTINGS = ('allow_internal = ["127.0.0.0/8"]', "retry_base = 1")
GROUP, OWNER_ALONE = int(Distribution.SHARING_GROUP), int(Distribution.ORGANISATION)
WAYS = ("push", "pull")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of group: is the partner's organisation in it, its server, with all organisations; which level its events
    have when they were pushed and pulled, None for absent; and what the group's page says of the push."""

    org: bool
    server: bool = False
    all_orgs: bool = False
    source: bool = True
    roaming: bool = False
    active: bool = True
    pushed: int | None = None
    pulled: int | None = None
    says: str = "yes"


KINDS = {
    "organisation and server": Kind(org=True, server=True, pushed=GROUP, pulled=GROUP),
    "organisation, another server": Kind(org=True, pushed=None, pulled=GROUP, says="no: server"),
    "all organisations of the server": Kind(org=False, server=True, all_orgs=True, says="no: organisation"),
    "organisation, and all of its server": Kind(org=True, server=True, all_orgs=True, pushed=GROUP, pulled=GROUP),
    "server without the organisation": Kind(org=False, server=True, says="no: organisation"),
    "roams": Kind(org=True, source=False, roaming=True, pushed=GROUP, pulled=GROUP),
    "roams, and names another server": Kind(org=True, roaming=True, pushed=OWNER_ALONE, pulled=GROUP),
    "roams without the organisation": Kind(org=False, source=False, roaming=True, says="no: organisation"),
    "inactive": Kind(org=True, server=True, active=False, pushed=GROUP, pulled=GROUP),
    "without us": Kind(org=False, says="no: server"),
}
SAYS = {
    "yes": "It lists CSIRT Beta.",
    "no: server": "Its sharing group does not name this server.",
    "no: organisation": "Its sharing group does not name the organisation of this server.",
}


@dataclass(frozen=True, slots=True)
class Partner:
    """One who gets events: its admin, and the server entry that Alfa has for it."""

    admin: Actor
    link_id: int


@dataclass(frozen=True, slots=True)
class Three:
    """Alfa pushes to Beta; Gama pulls from Alfa."""

    alfa: Actor
    beta: Partner
    gama: Partner
    pulls_over: int

    def of(self, way: str) -> Partner:
        """Who gets events this way."""
        return self.beta if way == "push" else self.gama

    def pull(self) -> None:
        """Gama pulls."""
        answer = self.gama.admin.post(f"/servers/pull/{self.pulls_over}/full")
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def three() -> Iterator[Three]:
    """The three servers, kept for this module."""
    with live_server(_birth("Alfa")) as a, live_server(_birth("Beta")) as b, live_server(_birth("Gama")) as c:
        alfa, beta, gama = admin_of(a), admin_of(b), admin_of(c)
        pushes_over = link(alfa, beta, push=True)
        pulls_over = link(gama, alfa, pull=True)
        yield Three(alfa, Partner(beta, pushes_over), Partner(gama, link(alfa, gama)), pulls_over)


def _birth(name: str) -> Birth:
    return Birth(org_name=f"CSIRT {name}", email=f"dora@{name.lower()}.example", settings=SETTINGS)


def _group(alfa: Actor, partner: Partner, kind: Kind) -> Json:
    """A group at Alfa, which is always in it."""
    orgs = [{"uuid": alfa.org_uuid, "extend": True}]
    if kind.org:
        orgs.append({"uuid": partner.admin.org_uuid, "extend": False})
    servers = [{"server_id": 0, "all_orgs": False}] if kind.source else []
    if kind.server:
        servers.append({"server_id": partner.link_id, "all_orgs": kind.all_orgs})
    body = {
        "name": f"Group {new_uuid()}",
        "roaming": kind.roaming,
        "active": True,
        "SharingGroupOrg": [{"extend": org["extend"], "Organisation": {"uuid": org["uuid"]}} for org in orgs],
        "SharingGroupServer": servers,
    }
    return _said(alfa.post("/sharing_groups/add", body))["SharingGroup"]  # type: ignore[no-any-return]


def _said(answer: requests.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def _event(alfa: Actor, group: Json, **more: object) -> Json:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    level = {"distribution": Distribution.SHARING_GROUP, "sharing_group_id": group["id"]}
    return alfa.adds_event(f"Case {new_uuid()}", attributes=[attribute], **level, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def crossed(three: Three) -> dict[tuple[str, str], tuple[Json, Json]]:
    """An event of each kind of group for each partner, with its group, after all of them were pushed and pulled."""
    made = {}
    for way in WAYS:
        for name, kind in KINDS.items():
            group = _group(three.alfa, three.of(way), kind)
            event = _event(three.alfa, group)
            if not kind.active:
                _said(three.alfa.post(f"/sharing_groups/edit/{group['id']}", {"active": False}))
            three.alfa.publishes(event)
            made[way, name] = group, event
    last = three.alfa.adds_event("The last one", distribution=Distribution.ALL, attributes=[_value()])
    three.alfa.publishes(last)
    eventually(partial(three.beta.admin.sees, last))
    three.pull()
    assert three.gama.admin.sees(last)
    return made


def _value() -> Json:
    return {"type": "domain", "value": f"{new_uuid()}.example"}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", KINDS)
def test_where_a_groups_event_arrives_and_for_whom(
    three: Three, crossed: dict[tuple[str, str], tuple[Json, Json]], way: str, name: str
) -> None:
    _, event = crossed[way, name]
    kind, reader = KINDS[name], three.of(way).admin
    level = int(reader.views(event)["distribution"]) if reader.sees(event) else None
    assert level == (kind.pushed if way == "push" else kind.pulled)


@pytest.mark.parametrize("name", KINDS)
def test_the_groups_page_says_what_the_push_did(
    three: Three, crossed: dict[tuple[str, str], tuple[Json, Json]], name: str
) -> None:
    group, _ = crossed["push", name]
    page = _page(three.alfa, f"/sharing_groups/view/{group['id']}")
    assert SAYS[KINDS[name].says] in page.partition('id="crossing"')[2]


def test_an_event_whose_group_was_refused_says_why_on_its_page(
    three: Three, crossed: dict[tuple[str, str], tuple[Json, Json]]
) -> None:
    _, event = crossed["push", "roams, and names another server"]
    reader = three.of("push").admin
    page = _page(reader, f"/events/view/{event['uuid']}")
    assert "was not accepted" in page
    assert f"the partner must know us as {reader.server.url}" in page


def _page(actor: Actor, path: str) -> str:
    headers = {"Authorization": actor.key, "Accept": "text/html", "Accept-Language": "en"}
    answer = requests.get(f"{actor.server.url}{path}", headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("way", WAYS)
def test_all_organisations_of_a_server_are_members_there_because_the_owner_says_so(
    three: Three, crossed: dict[tuple[str, str], tuple[Json, Json]], way: str
) -> None:
    _, event = crossed[way, "organisation, and all of its server"]
    here = three.of(way).admin
    neighbour = add_actor(here, f"Bob-{way}", org_name=f"CSIRT Bravo {way}")
    assert neighbour.sees(event)
    _, narrower = crossed[way, "organisation and server"]
    assert not neighbour.sees(narrower)


@pytest.mark.parametrize("way", WAYS)
def test_members_that_join_between_two_deliveries_join_there_and_none_is_removed(three: Three, way: str) -> None:
    reader = three.of(way).admin
    group = _group(three.alfa, three.of(way), KINDS["roams"])
    event = _event(three.alfa, group)
    three.alfa.publishes(event)
    _until_there(three, way, event)
    delta = organisation_id(three.alfa, "CSIRT Delta", DELTA)
    _said(three.alfa.post(f"/sharing_groups/addOrg/{group['id']}/{delta}"))
    _again(three, way, event, "with Delta")
    assert _members(reader, event) == {three.alfa.org_uuid, reader.org_uuid, DELTA}
    _said(three.alfa.post(f"/sharing_groups/removeOrg/{group['id']}/{delta}"))
    _again(three, way, event, "without Delta")
    assert _members(reader, event) == {three.alfa.org_uuid, reader.org_uuid, DELTA}


DELTA = new_uuid()


def _again(three: Three, way: str, event: Json, info: str) -> None:
    _said(three.alfa.post(f"/events/edit/{event['uuid']}", {"Event": {"info": info}}))
    three.alfa.publishes(event)
    _until_there(three, way, event, info)


def _until_there(three: Three, way: str, event: Json, info: str = "") -> None:
    reader = three.of(way).admin
    if way == "pull":
        three.pull()
    eventually(lambda: reader.sees(event) and info in reader.views(event)["info"])


def _members(actor: Actor, event: Json) -> set[str]:
    return {member["Organisation"]["uuid"] for member in actor.views(event)["SharingGroup"]["SharingGroupOrg"]}
