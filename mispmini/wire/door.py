"""Strict reading of a request's bytes, before any model code sees them (TRUST §2.2 rows 12-14, PROTOCOL §1.2, §1.7)."""

import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from mispmini.domain.errors import BadRequest, Malformed, TooLarge

MALFORMED = (
    "Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string. "
    "This request has been blocked to avoid an unfiltered request."
)
_INT_RANGE = range(-(2**63), 2**63)
_INT_DIGITS = 20
_GZIPPED = b"\x1f\x8b"
_STRETCH = 1024 * 1024
_TO_ONE_BRACKET = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a JSON text may hold: levels of nesting, and bytes of one string that is no attachment."""

    depth: int = 32
    text_bytes: int = 1024 * 1024


def parse_json(raw: bytes | str, *, limits: Limits = Limits()) -> object:
    """The JSON value of a body; a blank body is an empty object. The caller has checked the size.

    Raises Malformed in MISP's words, BadRequest for nesting, numbers, repeated keys and characters that no
    database keeps well, TooLarge for an overlong string outside the keys named "data".
    """
    body, text = _both_forms(raw)
    if not body.strip():
        return {}
    if nests_deeper(body, limits.depth):
        raise BadRequest(f"The JSON input is nested deeper than {limits.depth} levels.")
    value = _loads(text)
    if _is_suspect(body, limits):
        _check_texts(value, limits)
    return value


def nests_deeper(body: bytes, depth: int) -> bool:
    """Whether a JSON text has more levels of nesting: matched brackets are peeled off level by level, and nothing
    recurses, whatever was sent."""
    brackets, too_many = _outside_of_strings(body).translate(_TO_ONE_BRACKET, _ALL_BUT_BRACKETS), b"[" * (depth + 1)
    if too_many in brackets:
        return True
    for _ in range(depth):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return b"[]" in brackets or too_many in brackets  # the latter: what is never closed


def inflate(raw: bytes, encoding: str, limit: int) -> bytes:
    """The body behind a Content-Encoding, at most `limit` bytes; gzip alone is known (TRUST §2.2 row 13)."""
    if encoding.strip().lower() != "gzip":
        raise BadRequest(f"Unsupported content encoding '{encoding}'.")
    inflater = zlib.decompressobj(wbits=31)
    try:
        body = inflater.decompress(raw, limit + 1)
    except zlib.error as error:
        raise BadRequest("Invalid compressed data.") from error
    if len(body) > limit:
        raise TooLarge(f"The inflated body is larger than {limit} bytes.")
    if not inflater.eof or inflater.unused_data or body.startswith(_GZIPPED):
        raise BadRequest("Invalid compressed data.")
    return body


def unwrap(body: object, key: str) -> object:
    """What a body is about: bare, under `key`, and either of them under request or response (PROTOCOL §1.7)."""
    for wrapper in ("response", "request"):
        if isinstance(body, dict) and isinstance(body.get(wrapper), dict | list):
            body = _only_one(body[wrapper])
    if isinstance(body, dict) and isinstance(body.get(key), dict | list):
        return body[key]
    return body


def _only_one(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else value


def _both_forms(raw: bytes | str) -> tuple[bytes, str]:
    try:
        return (raw.encode(), raw) if isinstance(raw, str) else (raw, raw.decode())
    except UnicodeError as error:
        raise Malformed(MALFORMED) from error


def _outside_of_strings(body: bytes) -> bytes:
    outside, starts_inside = bytearray(), 0
    for pieces in _between_quotes(body):
        outside += b"".join(pieces[starts_inside::2])
        starts_inside ^= (len(pieces) - 1) & 1
    return bytes(outside)


def _longest_between_quotes(body: bytes) -> int:
    longest, unended = 0, 0
    for pieces in _between_quotes(body):
        unended += len(pieces[0])
        if len(pieces) > 1:
            longest = max(longest, unended, *map(len, pieces[1:]))
            unended = len(pieces[-1])
    return max(longest, unended)


def _between_quotes(body: bytes) -> Iterator[list[bytes]]:
    """Stretch by stretch: the pieces of a whole body at once would take ten times its size."""
    plain = body.replace(b"\\\\", b"..").replace(b'\\"', b"..") if b"\\" in body else body
    for start in range(0, len(plain), _STRETCH):
        yield plain[start : start + _STRETCH].split(b'"')


def _loads(text: str) -> object:
    try:
        return json.loads(
            text,
            parse_int=_bounded_int,
            parse_float=_finite_float,
            parse_constant=_refuse_constant,
            object_pairs_hook=_unique_keys,
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(MALFORMED) from error


def _bounded_int(digits: str) -> int:
    if len(digits) > _INT_DIGITS or int(digits) not in _INT_RANGE:
        raise BadRequest("A number in the JSON input is out of range.")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise BadRequest("A number in the JSON input is out of range.")
    return value


def _refuse_constant(_name: str) -> NoReturn:
    raise Malformed(MALFORMED)


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise BadRequest("The JSON input holds a key twice in one object.")
    return record


def _is_suspect(body: bytes, limits: Limits) -> bool:
    """Whether any string could break a rule; raw JSON is never shorter than the text it stands for."""
    if b"\\u0000" in body or b"\\ud" in body or b"\\uD" in body:
        return True
    return len(body) > limits.text_bytes and _longest_between_quotes(body) > limits.text_bytes


def _check_texts(value: object, limits: Limits) -> None:
    for key, text in _texts(value):
        if key != "data" and len(text.encode(errors="surrogatepass")) > limits.text_bytes:
            raise TooLarge(f"A text in the JSON input is longer than {limits.text_bytes} bytes.")
        if "\0" in text or not _is_encodable(text):
            raise BadRequest("The JSON input holds a NUL character or half a surrogate pair.")


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(value: object) -> Iterator[tuple[str | None, str]]:
    """Every string with the key it stands under; keys themselves stand under none."""
    waiting: list[tuple[str | None, object]] = [(None, value)]
    while waiting:
        key, item = waiting.pop()
        if isinstance(item, str):
            yield key, item
        elif isinstance(item, list):
            waiting.extend((key, part) for part in item)
        elif isinstance(item, dict):
            waiting.extend((None, name) for name in item)
            waiting.extend(item.items())
