"""A large body read in pieces says what the same body says that is read whole."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mispmini.domain.errors import MispminiError, TooLarge
from mispmini.wire import pieces
from mispmini.wire.door import parse_json
from mispmini.wire.event_in import read_event
from mispmini.wire.packed import Packed
from mispmini.wire.pieces import read_in_pieces
from mispmini.wire.shape import STRETCH, Limits, Shape
from tests.wire.strategies import json_values, near_events

MIB = 1024 * 1024
_CUT = settings(deadline=None, max_examples=25)  # cut at every byte, each is read many times


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that every place of a short text is cut at some time."""
    monkeypatch.setattr(pieces, "STRETCH", 1)


def _in_pieces(body: bytes, length: int) -> object:
    shape = Shape()
    for at in range(0, len(body), STRETCH):
        shape.add(body[at : at + STRETCH])
    return read_in_pieces(iter([body[at : at + length] for at in range(0, len(body), length)]), shape)


def _outcome(read: Callable[[], object]) -> object:
    try:
        return _unpacked(read())
    except MispminiError as refusal:
        return type(refusal), refusal.sentence


def _unpacked(value: object) -> object:
    if isinstance(value, Packed | list):
        return [_unpacked(item) for item in value]
    return {key: _unpacked(item) for key, item in value.items()} if isinstance(value, dict) else value


def _assert_same(body: bytes, length: int) -> None:
    assert _outcome(lambda: _in_pieces(body, length)) == _outcome(lambda: parse_json(body))


@_CUT
@given(json_values, st.integers(1, 9), st.booleans())
def test_any_value_is_the_same(value: object, length: int, ascii_only: bool) -> None:
    _assert_same(json.dumps(value, ensure_ascii=ascii_only).encode(errors="replace"), length)


@_CUT
@given(near_events, st.integers(1, 9), st.sampled_from(["{}", '{"Event":{}}', '{"response":[{"Event":{}}]}', "[{}]"]))
def test_any_event_is_the_same_and_read_the_same(event: object, length: int, around: str) -> None:
    body = around.replace("{}", json.dumps(event, indent=1)).encode()
    _assert_same(body, length)
    assert _outcome(lambda: _event(_in_pieces(body, length))) == _outcome(lambda: _event(parse_json(body)))


def _event(body: object) -> object:
    return replace(read_event(body, from_partner=True), analyst_data=())


@_CUT
@given(near_events, st.data())
def test_a_body_that_was_damaged_anywhere_is_refused_or_read_the_same(event: object, data: st.DataObject) -> None:
    body = json.dumps({"Event": event}).encode()
    at = data.draw(st.integers(0, len(body)))
    put = data.draw(st.sampled_from([b"", b",", b"]", b"}", b"[", b"{", b'"', b"\\", b"1", b"\xff", b" "]))
    damaged = body[:at] + put + body[at + data.draw(st.integers(0, 2)) :]
    whole, length = _outcome(lambda: parse_json(damaged)), data.draw(st.integers(1, 9))
    if isinstance(whole, tuple):  # of several flaws either may be told
        assert isinstance(_outcome(lambda: _in_pieces(damaged, length)), tuple)
    else:
        _assert_same(damaged, length)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b'{"Event":{"Attribute":[]}}',
        b'{"Event":{"Attribute":[1 , 23]}}',
        b'{"Event":{"Attribute":[1,]}}',
        b'{"Event":{"Attribute":[1 2]}}',
        b'{"Event":{"Attribute":{"0":{"value":"a"}}}}',
        b'{"Attribute":[],"Attribute":[]}',
        b'{"Attribute":[{"a":1,"a":2}]}',
        b'{"Attribute":[1e999]}',
        b'{"Attribute":[{"value":"\\ud83d\\ude00"}]}',
        b'{"Attribute":[{"value":"\\ud83d"},"\\ude00"]}',
        b'{"Attribute":[{"value":"\\u0000"}]}',
        b'{"Attribute":[{"value":"\\\\u0000"}]}',
        b'{"Attribute":[]} {}',
        b'{"Attribute":[]',
        b"\xef\xbb\xbf{}",
        b"7",
        b"nul",
    ],
)
def test_what_is_easily_mistaken_is_the_same(body: bytes) -> None:
    for length in range(1, 12):
        _assert_same(body, length)


def test_elements_stand_packed_and_can_be_gone_through_again() -> None:
    body = b'{"Event":{"info":"x","Attribute":[%s],"Object":[{"Attribute":[1]}]}}' % b",".join(
        b'{"value":"%d"}' % n for n in range(250)
    )
    value = _in_pieces(body, 100)
    assert isinstance(value, dict)
    attributes = value["Event"]["Attribute"]
    assert isinstance(attributes, Packed)
    assert len(attributes) == 250
    assert list(attributes) == list(attributes) == [{"value": str(n)} for n in range(250)]
    assert {"value": "7"} in attributes


@pytest.mark.parametrize(
    "body",
    [
        '{"Attribute":[[' + "[]," * 1_100 + "1]]}",
        '{"x":[' + "{}," * 600 + '1],"y":[' + "{}," * 600 + "1]}",
        '{"Attribute":[{"value":"' + "x" * (MIB + 1) + '"}]}',
    ],
    ids=["one element of a thousand", "a thousand beside the elements", "a long text"],
)
def test_what_one_element_and_all_the_rest_may_hold_is_bounded(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "ONE_ELEMENT", Limits(values=1_000))
    monkeypatch.setattr(pieces, "_SMALL", 100)
    with pytest.raises(TooLarge):
        _in_pieces(body.encode(), 100)
