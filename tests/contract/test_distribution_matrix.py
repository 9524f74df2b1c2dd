"""The whole matrix: every level × event, attribute, object, object attribute, report × push, pull × plain, internal.

What is expected is PROTOCOL §3.5 and §4.4, written out; recordings 03, 04, 06, 12 and 30 show the same of two MISPs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json, admin_of, link, organisation_id
from tests.live import Birth, eventually, live_server

GROUP, INHERIT = Distribution.SHARING_GROUP, Distribution.INHERIT
LEVELS = tuple(level for level in Distribution if level is not INHERIT)
ELEMENTS = ("attribute", "object", "object attribute", "report")
PLAIN_PUSH = {0: None, 1: None, 2: 1, 3: 3, 4: 4, 5: 5}
PLAIN_PULL = {0: None, 1: 0, 2: 1, 3: 3, 4: 4, 5: 5}
UNCHANGED: dict[int, int | None] = {level: level for level in range(6)}
EXPECTED: dict[tuple[str, str], dict[int, int | None]] = {
    ("push", "plain"): PLAIN_PUSH,
    ("pull", "plain"): PLAIN_PULL,
    ("push", "internal"): UNCHANGED,
    ("pull", "internal"): UNCHANGED,
}
Arrived = dict[tuple[str, int], int | None]
Key = tuple[str, str]


@pytest.fixture(scope="module")
def arrived() -> Iterator[dict[Key, Arrived]]:
    """What arrived, by way and kind of link, then by kind of element and level at its source."""
    with live_server(_birth("Alfa")) as first, live_server(_birth("Beta")) as second:
        alfa, beta = admin_of(first), admin_of(second)
        pushing = link(alfa, beta, push=True, pull=True)
        plain = {("push", "plain"): _crossed(alfa, beta, None), ("pull", "plain"): _crossed(beta, alfa, pushing)}
        with live_server(_birth("Alfa", uuid=alfa.org_uuid)) as third:
            twin = admin_of(third)
            inside = link(alfa, twin, push=True, pull=True, internal=True)
            yield plain | {
                ("push", "internal"): _crossed(alfa, twin, None),
                ("pull", "internal"): _crossed(twin, alfa, inside),
            }


def _birth(name: str, *, uuid: str = "") -> Birth:
    return Birth(org_name=f"CSIRT {name}", org_uuid=uuid or new_uuid(), settings=('allow_internal = ["127.0.0.0/8"]',))


def _crossed(source: Actor, target: Actor, pulls_over: int | None) -> Arrived:
    """Write at the source, let it cross, read at the target."""
    group = _group(source, target)
    events = {level: source.adds_event(distribution=level, attributes=[_attribute()], **_shared(level, group))
              for level in LEVELS}  # fmt: skip
    rich = _Rich.written(source, group)
    for event in (*events.values(), rich.event):
        source.publishes(event)
    if pulls_over is not None:
        assert target.post(f"/servers/pull/{pulls_over}/full").status_code == 200
    eventually(partial(target.sees, rich.event))
    eventually(partial(target.sees, events[GROUP]))
    seen: Arrived = {("event", level): _level_of_event(target, event) for level, event in events.items()}
    return seen | rich.levels_at(target)


def _level_of_event(target: Actor, event: Json) -> int | None:
    return int(target.views(event)["distribution"]) if target.sees(event) else None


@dataclass(frozen=True, slots=True)
class _Rich:
    """An event for everybody with one element of each kind at each level; their uuids by kind and level."""

    event: Json
    uuids: dict[tuple[str, int], str]

    @classmethod
    def written(cls, source: Actor, group: str) -> "_Rich":
        uuids = {(kind, level): new_uuid() for kind in ELEMENTS for level in range(6)}
        event = source.adds_event(
            distribution=Distribution.ALL,
            attributes=[_attribute(uuid=uuids["attribute", n], **_levelled(n, group)) for n in range(6)],
            Object=[
                *(_object([_attribute()], uuid=uuids["object", n], **_levelled(n, group)) for n in range(6)),
                *(
                    _object([_attribute(uuid=uuids["object attribute", n], **_levelled(n, group))], distribution=5)
                    for n in range(6)
                ),
            ],
            EventReport=[_report(uuid=uuids["report", n], **_levelled(n, group)) for n in range(6)],
        )
        return cls(event, uuids)

    def levels_at(self, target: Actor) -> Arrived:
        """Each element's level at the target, None where it is absent."""
        event = target.views(self.event)
        held = [a for obj in event["Object"] for a in obj["Attribute"]]
        there = {e["uuid"]: e for e in [*event["Attribute"], *event["Object"], *held, *event["EventReport"]]}
        levels: Callable[[str], int | None] = lambda uuid: int(there[uuid]["distribution"]) if uuid in there else None  # noqa: E731
        return {place: levels(uuid) for place, uuid in self.uuids.items()}


def _attribute(**more: object) -> Json:
    return {"type": "domain", "object_relation": "domain", "value": f"{new_uuid()}.example"} | more


def _object(attributes: list[Json], **more: object) -> Json:
    wanted = {"uuid": new_uuid(), "name": "domain-ip", "meta-category": "network", "description": "A domain"}
    template = {"template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734", "template_version": "11"}
    return wanted | template | {"Attribute": attributes} | more


def _report(**more: object) -> Json:
    return {"name": f"Report {new_uuid()}", "content": "What happened"} | more


def _shared(level: int, group: str) -> Json:
    return {"sharing_group_id": group} if level == GROUP else {}


def _levelled(level: int, group: str) -> Json:
    return {"distribution": level} | _shared(level, group)


def _group(source: Actor, target: Actor) -> str:
    """A roaming group of both organisations."""
    wanted = {"name": f"Group {new_uuid()}", "releasability": "both", "roaming": True, "active": True}
    group_id: str = source.post("/sharing_groups/add", wanted).json()["SharingGroup"]["id"]
    member = organisation_id(source, target.org_name, target.org_uuid)
    for org_id in dict.fromkeys((str(source.org_id), str(member))):
        answer = source.post("/sharing_groups/addOrg", {"sg_id": group_id, "org_id": org_id})
        assert answer.status_code == 200, answer.text
    return group_id


CASES = [
    pytest.param(way, kind, thing, level, id=f"{thing}-{level}-{way}-{kind}")
    for way, kind in EXPECTED
    for thing in ("event", *ELEMENTS)
    for level in range(5 if thing == "event" else 6)
]


@pytest.mark.parametrize(("way", "kind", "thing", "level"), CASES)
def test_what_crosses_and_how_far_it_may_go_then(
    arrived: dict[Key, Arrived], way: str, kind: str, thing: str, level: int
) -> None:
    assert arrived[way, kind][thing, level] == EXPECTED[way, kind][level]


def test_an_event_cannot_inherit(partner_admin: Actor) -> None:
    answer = partner_admin.post("/events/add", {"Event": {"info": "Inherits from nobody", "distribution": INHERIT}})
    assert answer.status_code == 403
    assert "distribution" in answer.json()["errors"]["Event"]


@pytest.fixture(scope="module")
def partner_admin() -> Iterator[Actor]:
    """An admin of a server that nothing crosses to."""
    with live_server() as server:
        yield admin_of(server)
