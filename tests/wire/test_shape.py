"""The shape of a JSON text is what its values say, wherever it is cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mispmini.domain.errors import BadRequest, TooLarge
from mispmini.wire.shape import Limits, Shape
from tests.wire.strategies import json_values


def _shape_of(body: bytes, *cuts: int) -> Shape:
    shape, start = Shape(), 0
    for end in (*sorted(cuts), len(body)):
        shape.add(body[start:end])
        start = max(start, end)
    return shape


def _counted(value: object) -> tuple[int, int, int]:
    """Commas, colons and opening brackets; the latter; levels."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    if inner is None:
        return 0, 0, 0
    told = [_counted(item) for item in inner]
    keys = len(inner) if isinstance(value, dict) else 0
    values = 1 + max(len(inner) - 1, 0) + keys + sum(one[0] for one in told)
    records = 1 + sum(one[1] for one in told)
    return values, records, 1 + max((one[2] for one in told), default=0)


@given(json_values, st.lists(st.integers(0, 400), max_size=5), st.booleans())
def test_it_is_counted_right_wherever_it_is_cut(value: object, cuts: list[int], ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace")
    shape = _shape_of(body, *(min(cut, len(body)) for cut in cuts))
    assert (shape.values, shape.records, shape.depth) == _counted(value)
    assert shape.size == len(body)


@given(st.text(max_size=60), st.lists(st.integers(0, 400), max_size=5))
def test_a_text_that_goes_over_an_end_is_measured(text: str, cuts: list[int]) -> None:
    body = json.dumps([text, "a"], ensure_ascii=False).encode(errors="replace")
    sent = json.dumps(text, ensure_ascii=False).encode(errors="replace")
    inside = [cut for cut in cuts if 1 < cut <= len(sent)]
    shape = _shape_of(body, *inside)
    assert shape.longest >= (len(sent) - 2 if inside else 0)
    assert shape.longest_wide in (0, shape.longest)
    assert bool(shape.longest_wide) == (bool(inside) and not sent.isascii())


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (b"[[[]]]", BadRequest),
        (b"[1,2,3,4,5,6,7,8]", TooLarge),
        (b"[{},{},{}]", TooLarge),
        (b'"' + b"x" * 41 + b'"', TooLarge),
        (b'"' + "ü".encode() * 13 + b'"', TooLarge),
        (b" " * 101, TooLarge),
    ],
    ids=["depth", "values", "records", "attachment", "no attachment", "size"],
)
def test_each_bound_is_named(body: bytes, refusal: type[Exception]) -> None:
    limits = Limits(depth=2, size=100, values=7, records=3, text_bytes=4, attachment_bytes=40)
    with pytest.raises(refusal):
        _shape_of(body, 3, 9).refuse_beyond(limits)
