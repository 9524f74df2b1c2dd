"""What the door lets in."""

import gzip
import json
import sys
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mispmini.domain.errors import BadRequest, Malformed, MispminiError, TooLarge
from mispmini.wire.door import MALFORMED, inflate, parse_json, unwrap
from tests.wire.strategies import json_values

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", {}),
        (b" \n", {}),
        (b'{"a":"\\u00fc"}', {"a": "ü"}),
        ('{"a":"ü"}', {"a": "ü"}),
        (rb'{"a":"quote \" and \\ and [[[[ {{{"}', {"a": 'quote " and \\ and [[[[ {{{'}),
        (rb'{"a":"\\"}', {"a": "\\"}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (rb'{"a":"\\u0000 and \\ud800 are texts"}', {"a": r"\u0000 and \ud800 are texts"}),
        (b"[" * 32 + b"]" * 32, eval("[" * 32 + "]" * 32)),
        (b"9223372036854775807", 2**63 - 1),
    ],
    ids=["empty", "blank", "escape", "text", "brackets-in-text", "backslash", "pair", "no-escapes", "32-deep", "int"],
)
def test_a_good_body_is_read(raw: bytes | str, expected: object) -> None:
    assert parse_json(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"info": ',
        b"[}",
        b"]",
        b"nope",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'"a\nb"',
        b"\xff\xfe{\x00}\x00",
        "\ud800",
        b"{'a':1}",
        b"[1,]",
        b"\xef\xbb\xbf{}",
    ],
)
def test_what_is_no_json_is_refused_in_misps_words(raw: bytes | str) -> None:
    with pytest.raises(Malformed) as refusal:
        parse_json(raw)
    assert refusal.value.sentence == MALFORMED


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 33 + b"]" * 33,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'[{"a":' * 17 + b"1" + b"}]" * 17,
        b"[[]," * 33 + b"1" + b"]" * 33,
        b"[[]," * 33,
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 5000,
        b"1e999",
        b'"\\u0000"',
        b'{"\\u0000":1}',
        b'{"a":["\\ud800"]}',
        b'{"a":"\\uDC00\\uD800"}',
        b'{"a":1,"a":2}',
    ],
    ids=["lists", "objects", "mixed", "with-siblings", "never-closed", "int", "negative", "5000-digits", "float", "nul",
         "nul-key", "half-pair", "pair-reversed", "key-twice"],
)  # fmt: skip
def test_what_no_database_keeps_well_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest):
        parse_json(raw)


def test_alternating_brackets_count_one_level_each() -> None:
    raw = b'[{"a":' * 16 + b"1" + b"}]" * 16
    assert parse_json(raw) == json.loads(raw)


def test_only_an_attachment_may_be_longer_than_a_mebibyte() -> None:
    longest = "x" * MIB
    assert parse_json(json.dumps({"value": longest})) == {"value": longest}
    assert parse_json(json.dumps({"data": longest * 2})) == {"data": longest * 2}
    with pytest.raises(TooLarge):
        parse_json(json.dumps({"value": longest + "x"}))
    with pytest.raises(TooLarge):
        parse_json(json.dumps({"value": "ü" * (MIB // 2 + 1)}, ensure_ascii=False))


def test_escapes_are_measured_as_what_they_stand_for() -> None:
    assert parse_json('"' + "\\u00fc" * (MIB // 2) + '"') == "ü" * (MIB // 2)


@pytest.mark.parametrize(
    "raw", [b"[" * (20 * MIB), b"[" * 32 + b"]" * MIB, b"[]" * (5 * MIB)], ids=["open", "shut", "pairs"]
)
def test_a_mountain_of_brackets_is_refused_quickly(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(MispminiError):
        parse_json(raw)
    assert time.process_time() - started < 1


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_whatever_comes_is_json_or_a_named_refusal(raw: bytes | str) -> None:
    with suppress(MispminiError):
        json.dumps(parse_json(raw)).encode()


@given(json_values)
def test_every_json_value_is_read_as_it_is_or_refused_by_name(value: object) -> None:
    with suppress(BadRequest):
        assert parse_json(json.dumps(value)) == value


def test_gzip_is_inflated() -> None:
    assert inflate(gzip.compress(b"{}"), "gzip", 10) == b"{}"
    assert inflate(gzip.compress(b"1234567890"), " GZIP ", 10) == b"1234567890"


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "", "gzip, gzip"])
def test_other_encodings_are_named_in_the_refusal(encoding: str) -> None:
    with pytest.raises(BadRequest, match=f"Unsupported content encoding '{encoding}'."):
        inflate(b"x", encoding, 10)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"plain",
        gzip.compress(b"x" * 99)[:-4],
        gzip.compress(b"x") + gzip.compress(b"y"),
        gzip.compress(b"x") + b"z",
        gzip.compress(b"x")[:-8] + bytes(8),
        gzip.compress(gzip.compress(b"x")),
    ],
    ids=["empty", "plain", "truncated", "two-members", "trailing", "bad-checksum", "gzip of gzip"],
)  # fmt: skip
def test_broken_gzip_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRequest, match=r"Invalid compressed data\."):
        inflate(raw, "gzip", 1000)


def test_a_bomb_is_refused_before_it_is_whole() -> None:
    bomb = gzip.compress(bytes(64 * MIB))
    with pytest.raises(TooLarge):
        inflate(bomb, "gzip", MIB)
    assert inflate(gzip.compress(bytes(MIB)), "gzip", MIB) == bytes(MIB)


@pytest.mark.parametrize(
    ("body", "inner"),
    [
        ({"info": "x"}, {"info": "x"}),
        ({"Event": {"info": "x"}}, {"info": "x"}),
        ({"request": {"info": "x"}}, {"info": "x"}),
        ({"request": {"Event": {"info": "x"}}}, {"info": "x"}),
        ({"response": {"Event": {"info": "x"}}}, {"info": "x"}),
        ({"response": [{"Event": {"info": "x"}}]}, {"info": "x"}),
        ({"Event": "x"}, {"Event": "x"}),
        ({"request": "x"}, {"request": "x"}),
        ([1], [1]),
        (None, None),
    ],
)
def test_wrappings_are_taken_off(body: object, inner: object) -> None:
    assert unwrap(body, "Event") == inner


def test_deep_nesting_needs_no_deep_stack() -> None:
    limit = sys.getrecursionlimit()
    with pytest.raises(BadRequest):
        parse_json(b"[1," * (limit * 50) + b"1" + b"]" * (limit * 50))
