"""The generated events are what figures of different days are compared by."""

from itertools import islice

import pytest

from mispmini.domain.validation import normal_form
from tests.bench import gen
from tests.bench.run import Result


def test_the_events_are_the_pinned_ones() -> None:
    assert gen.fingerprint() == gen.PINNED


@pytest.mark.parametrize("size", [1, 10, 40, 999])
def test_a_sized_event_has_exactly_so_many_different_attributes(size: int) -> None:
    event = next(gen.sized_events(size, "test"))
    loose = [(attribute["type"], attribute["value"]) for attribute in event["Attribute"]]
    held = [attribute for obj in event["Object"] for attribute in obj["Attribute"]]
    assert len(loose) + len(held) == size
    assert len(set(loose)) == len(loose)


def test_two_streams_share_values_but_no_uuid() -> None:
    ours, theirs = (next(gen.sized_events(1_000, stream))["Attribute"] for stream in ("one", "other"))
    assert {a["value"] for a in ours} & {a["value"] for a in theirs}
    assert not {a["uuid"] for a in ours} & {a["uuid"] for a in theirs}


def test_every_value_is_in_its_normal_form_already() -> None:
    attributes = [a for event in islice(gen.mixed_events("test"), 30) for a in event["Attribute"]]
    assert [a["value"] for a in attributes] == [normal_form(a["type"], a["value"]) for a in attributes]


@pytest.mark.parametrize(
    ("ratio", "gate", "most_ms", "breached"),
    [
        pytest.param(3.9, 4.0, None, False, id="below the gate"),
        pytest.param(4.1, 4.0, None, True, id="above the gate"),
        pytest.param(99.0, None, None, False, id="reported only"),
        pytest.param(1.9, None, 2.0, False, id="in time"),
        pytest.param(2.1, 4.0, 2.0, True, id="too late, whatever the ratio"),
    ],
)
def test_only_a_figure_above_its_gate_is_a_breach(
    ratio: float, gate: float | None, most_ms: float | None, breached: bool
) -> None:
    assert Result("add 10", ratio, 1.0, ratio, (ratio,), gate, most_ms).breached is breached
