"""What a body costs a live server on its real memory and CPU: what is refused, and a whole event (TRUST §2.2)."""

import gzip
from collections.abc import Callable, Iterator

import pytest

from mispmini.domain.ids import new_uuid
from tests.bench.door import (
    FORMS,
    MEGABYTE,
    MOST_MEGABYTES,
    MOST_SECONDS,
    SHAPES,
    Cost,
    cost_of,
    form_calls,
    hostile_calls,
    posting,
    reading_key,
    whole_event,
)
from tests.live import LiveServer, live_server

REFUSED = {400, 403, 405, 413}


@pytest.fixture(scope="module")
def own_server() -> Iterator[LiveServer]:
    """A server whose memory nobody else uses."""
    with live_server() as running:
        yield running


def _assert_cheap(server: LiveServer, call: Callable[[], int], place: str, *, at_once: int = 1) -> None:
    cost = cost_of(server, [call] * at_once)
    assert set(cost.statuses) <= REFUSED | ({503} if at_once > 1 else set()), place
    assert cost.megabytes <= MOST_MEGABYTES, place
    assert cost.seconds <= MOST_SECONDS * at_once, place


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 4])
@pytest.mark.parametrize("name", SHAPES)
def test_what_is_refused_costs_little(own_server: LiveServer, name: str, at_once: int) -> None:
    for place, call in hostile_calls(own_server, reading_key(own_server), name):
        _assert_cheap(own_server, call, place, at_once=at_once)


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_refused_form_costs_little(own_server: LiveServer, name: str) -> None:
    for place, call in form_calls(own_server, name):
        _assert_cheap(own_server, call, place)


def _taken(server: LiveServer, attributes: int, *, in_objects: bool) -> Cost:
    body = whole_event(attributes, in_objects=in_objects)
    sent = gzip.compress(body, 1)
    cost = cost_of(server, [posting(server, "/events/add", sent, server.birth.key, Content_Encoding="gzip")])
    assert cost.statuses == (200,)
    assert cost.megabytes <= 3 * len(body) / MEGABYTE + 150
    return cost


@pytest.mark.slow
@pytest.mark.parametrize("in_objects", [False, True], ids=["attributes", "objects"])
def test_a_whole_event_is_taken_and_its_cost_grows_with_it_alone(own_server: LiveServer, in_objects: bool) -> None:
    few, many = (_taken(own_server, count, in_objects=in_objects) for count in (20_000, 200_000))
    assert many.seconds / 200_000 <= 1.3 * few.seconds / 20_000


@pytest.mark.slow
def test_a_whole_event_that_is_not_wanted_is_refused_before_its_elements_are_read(own_server: LiveServer) -> None:
    """Whatever stands against it, and although its uuid comes last."""
    blocked, standing = new_uuid(), new_uuid()
    assert own_server.request("POST", "/event_blocklists/add", {"uuids": [blocked]}).status_code == 200
    event = {"uuid": standing, "info": "Here", "timestamp": "1700000001"}
    assert own_server.request("POST", "/events/add", {"Event": event}).status_code == 200
    body = whole_event(200_000)
    for uuid, path, said in (
        (blocked, "/events/add", 403), (standing, "/events/add", 404), (standing, f"/events/edit/{standing}", 403),
    ):  # fmt: skip
        sent = gzip.compress(body[:-2] + f',"uuid":"{uuid}","timestamp":"1700000000"}}}}'.encode(), 1)
        call = posting(own_server, path, sent, own_server.birth.key, Content_Encoding="gzip")
        cost = cost_of(own_server, [call])
        assert cost.statuses == (said,)
        assert cost.megabytes <= MOST_MEGABYTES
        assert cost.seconds <= MOST_SECONDS
