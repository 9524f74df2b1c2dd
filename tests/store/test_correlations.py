"""Correlations: what matches what, for whom, and how many (MODEL §7.16, RULES §10.12)."""

from collections.abc import Callable
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.viewer import Viewer
from mispmini.services import correlating
from mispmini.services.events import delete_event
from mispmini.store import correlations
from mispmini.store.correlations import Matches
from mispmini.store.sql import scalar
from tests.store.conftest import World, attribute, count_queries, event

Fresh = Callable[[str], str]
OWN: dict[str, Any] = {"distribution": int(Distribution.ORGANISATION)}


class Pair:
    """Two events of Alice with one attribute each, which tests vary."""

    def __init__(self, world: World, fresh: Fresh) -> None:
        self.world = world
        self.fresh = fresh
        self.value = fresh("value")

    def add(self, kind: str = "domain", value: str | None = None, *, by: Viewer | None = None, **more: Any) -> int:
        """An event with the value, or another one; `event_more` goes to the event."""
        name = self.fresh("name")
        event_more = more.pop("event_more", {})
        draft = event(name, name, attribute(f"a-{name}", kind, value or self.value, **more), **event_more)
        return self.world.add(by or self.world.alice, draft)


@pytest.fixture
def pair(empty_world: World, fresh: Fresh) -> Pair:
    return Pair(empty_world, fresh)


def related(viewer: Viewer, event_id: int) -> list[int]:
    return [row.id for row in correlating.related_events(viewer, event_id)]


def matches(viewer: Viewer, event_id: int) -> Matches | None:
    attribute_id = int(scalar("SELECT id FROM attribute WHERE event_id = ?", (event_id,)))
    return correlating.matches_of(viewer, [attribute_id]).get(attribute_id)


def test_equal_values_relate_their_events_newest_first(pair: Pair) -> None:
    first, second, third = pair.add(), pair.add(), pair.add(value=pair.value.upper())
    assert related(pair.world.bob, first) == [third, second]
    assert matches(pair.world.bob, first) == Matches(2, (third, second))
    assert related(pair.world.bob, third) == [second, first]


def test_a_half_of_a_composite_matches(pair: Pair) -> None:
    digest = "0123456789abcdef0123456789abcdef"
    first, second = pair.add(), pair.add("filename|md5", f"{pair.value}|{digest}")
    third = pair.add("md5", digest)
    assert related(pair.world.bob, second) == [third, first]
    assert related(pair.world.bob, first) == [second]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"kind": "comment"}, {"kind": "domain"}),
        ({"kind": "domain"}, {"kind": "comment"}),
        ({"disable_correlation": True}, {}),
        ({}, {"disable_correlation": True}),
        ({"event_more": {"disable_correlation": True}}, {}),
        ({}, {"event_more": {"disable_correlation": True}}),
        ({"deleted": True}, {}),
        ({}, {"deleted": True}),
    ],
    ids=str,
)
def test_what_does_not_correlate(pair: Pair, first: dict[str, Any], second: dict[str, Any]) -> None:
    one, two = pair.add(**first), pair.add(**second)
    assert related(pair.world.dora, one) == []
    assert related(pair.world.dora, two) == []
    assert matches(pair.world.dora, one) is None


def test_of_an_address_with_a_port_the_port_does_not_correlate(pair: Pair) -> None:
    first, second = pair.add("ip-dst|port", "192.0.2.44|60123"), pair.add("text", "60123")
    third = pair.add("ip-src", "192.0.2.44")
    assert related(pair.world.bob, first) == [third]
    assert related(pair.world.bob, second) == []


def test_a_deleted_event_is_related_to_nothing(pair: Pair) -> None:
    first, second = pair.add(), pair.add()
    delete_event(pair.world.alice, str(second))
    assert related(pair.world.dora, first) == []


def test_hidden_events_and_attributes_do_not_relate(pair: Pair) -> None:
    world = pair.world
    grouped: dict[str, Any] = {
        "distribution": int(Distribution.SHARING_GROUP),
        "sharing_group_id": world.group_id,
    }
    mine = pair.add(by=world.bob)
    hidden_event, hidden_attribute = pair.add(event_more=OWN), pair.add(**OWN)
    in_group = pair.add(event_more=grouped)
    assert related(world.bob, mine) == []
    assert matches(world.bob, mine) is None
    assert related(world.charlie, mine) == [in_group]
    assert related(world.alice, mine) == [in_group, hidden_attribute, hidden_event]


def test_a_hidden_attribute_of_the_event_itself_tells_nothing(pair: Pair) -> None:
    mine, other = pair.add(**OWN), pair.add(by=pair.world.bob)
    assert related(pair.world.bob, mine) == []
    assert matches(pair.world.bob, mine) is None
    assert related(pair.world.alice, mine) == [other]


@pytest.mark.parametrize("many", [25, 130], ids=["above the cap", "common"])
def test_above_the_cap_the_newest_and_a_count_are_left(pair: Pair, many: int) -> None:
    world = pair.world
    mine = pair.add(by=world.bob)
    seen = [pair.add() for _ in range(many)]
    for _ in range(3):
        pair.add(**OWN)
    newest = seen[::-1][:20]
    assert related(world.bob, mine) == newest
    assert matches(world.bob, mine) == Matches(many, tuple(newest))


def test_the_cap_counts_only_what_is_visible(pair: Pair) -> None:
    world = pair.world
    mine, seen = pair.add(by=world.bob), pair.add()
    for _ in range(120):
        pair.add(**OWN)
    assert related(world.bob, mine) == [seen]
    assert matches(world.bob, mine) == Matches(1, (seen,))


def test_a_batch_of_events_is_related_in_a_fixed_number_of_statements(pair: Pair) -> None:
    events = [pair.add() for _ in range(6)]
    values = [pair.add(value=pair.fresh("alone")) for _ in range(4)]
    for batch in (events[:1], events + values):
        with count_queries() as counted:
            found = correlations.related_events_of(pair.world.bob, batch, 20)
        assert counted.count == 8
    assert {number: [row.id for row in rows] for number, rows in found.items()} == {
        number: [other for other in reversed(events) if other != number] for number in events
    }


def test_nothing_in_hand_relates_to_nothing(pair: Pair) -> None:
    assert correlations.related_events_of(pair.world.bob, [], 20) == {}
    assert correlations.matches_of(pair.world.bob, [], 20) == {}
    assert related(pair.world.bob, 999_999) == []
