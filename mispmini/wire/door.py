"""Strict reading of a request's bytes, before any model code sees them (TRUST §2.2 rows 12-14, PROTOCOL §1.2, §1.7)."""

import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from json import JSONDecodeError
from typing import NoReturn

from mispmini.domain.errors import BadRequest, Malformed, TooLarge
from mispmini.wire.packed import Packed
from mispmini.wire.shape import ALL_BUT_EVENTS, STRETCH, Limits, Shape

MALFORMED = (
    "Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string. "
    "This request has been blocked to avoid an unfiltered request."
)
_DAMAGED = "Invalid compressed data."
_BLANKS = re.compile(r"[ \t\n\r]*")
_WIDEST = 4  # bytes of a character
_INT_RANGE = range(-(2**63), 2**63)
_INT_DIGITS = 20
_GZIPPED = b"\x1f\x8b"
_ONE_MEMBER = 31  # zlib's wbits for a gzip header
_HIGH, _LOW = r"\\u[dD][89abAB][0-9a-fA-F]{2}", "[c-fC-F]"
_UNKEEPABLE = re.compile(rf"\\u(?:0000|[dD](?:[89abAB]..(?!\\u[dD]{_LOW})|(?<!{_HIGH}\\u[dD]){_LOW}))")


def parse_json(raw: bytes | str, *, limits: Limits = ALL_BUT_EVENTS) -> object:
    """The JSON value of a body; a blank body is an empty object.

    Raises Malformed in MISP's words, BadRequest for nesting, numbers, repeated keys and characters that no
    database keeps well, TooLarge for what is beyond the limits; texts under "data" are attachments.
    """
    body, text = _both_forms(raw)
    del raw
    if not body.strip():
        return {}
    shape = Shape()
    shape.add_within(limits, body)
    del body
    try:
        start = skip_blanks(text, 0)
        value, end = parse_at(text, start, shape.longest, limits)
    except JSONDecodeError as error:
        raise Malformed(MALFORMED) from error
    if skip_blanks(text, end) < len(text):
        raise Malformed(MALFORMED)
    return value


def parse_at(text: str, start: int, longest: int, limits: Limits) -> tuple[object, int]:
    """The value that begins there, and the place after it; `longest` is the longest text of the whole, as it was sent.

    Raises JSONDecodeError, and BadRequest and TooLarge as parse_json does.
    """
    value, end = _DECODER.raw_decode(text, start)
    if longest > limits.text_bytes and _WIDEST * (end - start) > limits.text_bytes:
        _refuse_long_texts(value, limits)
    if text.find("\\u", start, end) >= 0 and _UNKEEPABLE.search(text[start:end].replace("\\\\", "..")):
        raise BadRequest("The JSON input holds a NUL character or half a surrogate pair.")
    return value, end


def skip_blanks(text: str, start: int) -> int:
    """The place of the next character that is not blank, or the end."""
    found = _BLANKS.match(text, start)
    return found.end() if found else start


def nests_deeper(body: bytes, depth: int) -> bool:
    """Whether a JSON text has more levels of nesting; nothing recurses, whatever was sent."""
    shape = Shape()
    for start in range(0, len(body), STRETCH):
        shape.add(body[start : start + STRETCH])
        if shape.depth > depth:
            return True
    return False


def inflate(raw: bytes, encoding: str, limit: int) -> bytes:
    """The body behind a Content-Encoding, at most `limit` bytes; gzip alone is known (TRUST §2.2 row 13)."""
    return b"".join(inflated([raw], encoding, limit))


def inflated(raw: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    """The same in stretches. Raises BadRequest, TooLarge."""
    if encoding.strip().lower() != "gzip":
        raise BadRequest(f"Unsupported content encoding '{encoding}'.")
    inflater, size = zlib.decompressobj(wbits=_ONE_MEMBER), 0
    for stretch in _decompressed(inflater, raw):
        if inflater.unused_data or (not size and stretch.startswith(_GZIPPED)):
            raise BadRequest(_DAMAGED)
        size += len(stretch)
        if size > limit:
            raise TooLarge(f"The inflated body is larger than {limit} bytes.")
        yield stretch
    if not inflater.eof:
        raise BadRequest(_DAMAGED)


def _decompressed(inflater: "zlib._Decompress", raw: Iterable[bytes]) -> Iterator[bytes]:
    try:
        for piece in raw:
            yield (stretch := inflater.decompress(piece, STRETCH))
            while inflater.unconsumed_tail or len(stretch) == STRETCH:
                yield (stretch := inflater.decompress(inflater.unconsumed_tail, STRETCH))
    except zlib.error as error:
        raise BadRequest(_DAMAGED) from error


def unwrap(body: object, key: str) -> object:
    """What a body is about: bare, under `key`, and either of them under request or response (PROTOCOL §1.7)."""
    for wrapper in ("response", "request"):
        if isinstance(body, dict) and isinstance(body.get(wrapper), dict | list):
            body = _only_one(body[wrapper])
    if isinstance(body, dict) and isinstance(body.get(key), dict | list | Packed):
        return body[key]
    return body


def _only_one(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) else value


def _both_forms(raw: bytes | str) -> tuple[bytes, str]:
    try:
        return (raw.encode(), raw) if isinstance(raw, str) else (raw, raw.decode())
    except UnicodeError as error:
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


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The record of these. Raises BadRequest for a key that stands there twice."""
    record = dict(pairs)
    if len(record) != len(pairs):
        raise BadRequest("The JSON input holds a key twice in one object.")
    return record


def _refuse_long_texts(value: object, limits: Limits) -> None:
    for key, text in _texts(value):
        if key != "data" and len(text.encode(errors="surrogatepass")) > limits.text_bytes:
            raise TooLarge(f"A text in the JSON input is longer than {limits.text_bytes} bytes.")


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


_DECODER = json.JSONDecoder(
    parse_int=_bounded_int,
    parse_float=_finite_float,
    parse_constant=_refuse_constant,
    object_pairs_hook=unique_keys,
)
