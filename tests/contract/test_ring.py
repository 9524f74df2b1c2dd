"""Servers in a ring, each pushing to the next: an event goes round once, and then there is silence."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, admin_of, link
from tests.live import Birth, eventually, live_server

EVENTS = 4


@pytest.fixture
def ring(size: int) -> Iterator[list[Actor]]:
    """Their admins; each pushes to the next, and the last one to the first."""
    with ExitStack() as running:
        births = (Birth(org_name=f"CSIRT {place}") for place in range(size))
        admins = [admin_of(running.enter_context(live_server(birth))) for birth in births]
        for place, admin in enumerate(admins):
            link(admin, admins[(place + 1) % size], push=True)
        yield admins


@pytest.mark.parametrize("size", [3, pytest.param(5, marks=pytest.mark.slow)])
def test_a_ring_settles_with_the_computed_number_of_deliveries(ring: list[Actor], size: int) -> None:
    """Each event makes a useful hop to each other server and a closing one to the first, which knows it already."""
    first = ring[0]
    events = [_published(first) for _ in range(EVENTS)]
    eventually(lambda: all(ring[-1].sees(event) for event in events), within=30)
    eventually(lambda: all(_receipts(admin, events) for admin in ring), within=30)
    states = [state for admin in ring for state in _states(admin, events)]
    assert len(states) == size * EVENTS
    assert states.count("sent") == (size - 1) * EVENTS
    assert states.count("skipped") + states.count("unchanged") == EVENTS
    assert {admin.get("/healthz").status_code for admin in ring} == {200}
    for event in events:
        assert {admin.views(event)["timestamp"] for admin in ring} == {event["timestamp"]}


def _published(actor: Actor) -> dict[str, str]:
    value = {"type": "domain", "value": f"{new_uuid()}.example"}
    event = actor.adds_event(f"Round {new_uuid()}", distribution=Distribution.ALL, attributes=[value])
    actor.publishes(event)
    return {"uuid": event["uuid"], "timestamp": actor.views(event)["timestamp"]}


def _states(admin: Actor, events: list[dict[str, str]]) -> list[str]:
    """What its ledger says of these events on its one link."""
    marks = ",".join("?" * len(events))
    text = f"SELECT state FROM ledger WHERE direction = 'push' AND event_uuid IN ({marks})"
    with closing(sqlite3.connect(admin.server.data / "mispmini.db")) as looking:
        return [row[0] for row in looking.execute(text, [event["uuid"] for event in events])]


def _receipts(admin: Actor, events: list[dict[str, str]]) -> bool:
    states = _states(admin, events)
    return len(states) == len(events) and "queued" not in states


@pytest.fixture
def pulling() -> Iterator[list[tuple[Actor, int]]]:
    """Three who pull from each other in a ring: their admins, each with its link."""
    with ExitStack() as running:
        births = (Birth(org_name=f"CSIRT {place}") for place in range(3))
        admins = [admin_of(running.enter_context(live_server(birth))) for birth in births]
        yield [(admin, link(admin, admins[place - 1], pull=True)) for place, admin in enumerate(admins)]


def test_a_ring_of_pulls_reads_young_events_once_more_and_then_falls_silent(pulling: list[tuple[Actor, int]]) -> None:
    event = _published(pulling[0][0])
    rounds = [_round(pulling) for _ in range(3)]
    assert [sum(pulled) for pulled, _ in rounds] == [2, 0, 0]
    assert [sum(waiting) for _, waiting in rounds] == [2, 0, 0], "each copy is read once more, and is the same"
    assert {admin.views(event)["timestamp"] for admin, _ in pulling} == {event["timestamp"]}


def _round(pulling: list[tuple[Actor, int]]) -> tuple[list[int], list[int]]:
    """Each pulls, the first one last; how many events came, and how many are to be read again."""
    pulled, waiting = [], []
    for admin, number in [*pulling[1:], pulling[0]]:
        told = admin.post(f"/servers/pull/{number}/full").json()["message"]
        pulled.append(int(told.removeprefix("Pull completed. ").partition(" ")[0]))
    for admin, _ in pulling:
        with closing(sqlite3.connect(admin.server.data / "mispmini.db")) as looking:
            waiting.append(looking.execute("SELECT count(*) FROM rereading").fetchone()[0])
    return pulled, waiting
