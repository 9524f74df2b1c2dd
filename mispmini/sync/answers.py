"""What a partner answered, read with suspicion: bounded, whole, and strict JSON."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from mispmini.sync.failures import Cause, RemoteFailure
from mispmini.wire.door import nests_deeper

MAX_DEPTH = 32
_GZIP = 31  # zlib's wbits for a gzip header
_NEVER_WITHOUT_JSON = (401, 403, 407, 413, 502, 503, 504)
_PASSWORD_FIELD = re.compile(rb"<input[^>]{0,500}type\s*=\s*[\"']?password", re.IGNORECASE)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner answered.

    `json` is None for an empty body, and for an error whose body is no JSON. `text` is what it says of a failure, else
    the beginning of an error's body: at most 500 characters, our secrets blotted out. `date` is the partner's clock
    (epoch seconds), `digest` the SHA-256 of the body. Names of `headers` may be asked for in any case.
    """

    status: int
    headers: Mapping[str, str]
    json: Any
    text: str
    date: int | None
    etag: str | None
    location: str | None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """What stood at an address: the body as bytes; `text` is its beginning, for errors only, `kind` its named type."""

    status: int
    body: bytes
    etag: str | None
    text: str
    kind: str


def read_body(pieces: Iterator[bytes], encoding: str, limit: int) -> bytes:
    """The whole body, inflated. Raises RemoteFailure: too_big above `limit` bytes, truncated, http."""
    if encoding in ("gzip", "x-gzip"):
        pieces = _inflated(pieces, limit)
    elif encoding not in ("", "identity"):
        raise RemoteFailure(Cause.HTTP, "an encoding came that was not asked for")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise RemoteFailure(Cause.TOO_BIG, f"the answer is larger than {limit} bytes")
    return bytes(body)


def _inflated(pieces: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """One gzip member, each step bounded by `limit`. urllib3 would take a cut body, or a lengthened one, for whole."""
    inflater, started = zlib.decompressobj(_GZIP), False
    for piece in pieces:
        started = True
        try:
            yield inflater.decompress(piece, limit + 1)
        except zlib.error:
            raise RemoteFailure(Cause.HTTP, "the gzip body is damaged") from None
        if inflater.unused_data:
            raise RemoteFailure(Cause.HTTP, "something follows the gzip body")
    if started and not inflater.eof:
        raise RemoteFailure(Cause.TRUNCATED, "the gzip body ends early")


def parse_json(body: bytes) -> Any:
    """The value of UTF-8 JSON text; of doubled keys the last counts, and half a surrogate pair, which cannot be stored,
    becomes a question mark.

    Raises ValueError for what is no JSON, for NaN and infinities, and below 32 levels (TRUST §2.2 rows 12, 14).
    """
    if nests_deeper(body, MAX_DEPTH):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    value = _loads(body.decode("utf-8-sig"))
    return _loads(json_text(value).encode(errors="replace").decode()) if _SURROGATE.search(body) else value


def _loads(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_number, parse_float=_finite)


def told_in(document: object) -> str:
    """What a partner says of a failure: its errors, message or name; empty for nothing."""
    if not isinstance(document, dict):
        return ""
    told = document.get("errors") or document.get("message") or document.get("name")
    return str(told) if told else ""


def between(status: int, headers: Mapping[str, str], document: object, body: bytes) -> Cause | None:
    """What stands between the two servers and answered in the partner's place, by its looks; None for a MISP's own
    answer, which is JSON also where it refuses (RULES §11)."""
    if status not in _NEVER_WITHOUT_JSON or document is not None:
        return None
    if status == 401 and "WWW-Authenticate" in headers:
        return Cause.BASIC_AUTH
    return Cause.LOGIN_PAGE if is_login_page(body) else Cause.PROXY


def is_login_page(body: bytes) -> bool:
    """Whether a page asks for a password."""
    return _PASSWORD_FIELD.search(body) is not None


def json_text(value: object) -> str:
    """Compact JSON text, as partners send it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def kind_of(headers: Mapping[str, str]) -> str:
    """What the body is said to be, without parameters, in lower case."""
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def epoch_of(date: str | None) -> int | None:
    """The epoch seconds of a Date header, None if it has none or a strange one."""
    try:
        return int(parsedate_to_datetime(date).timestamp()) if date else None
    except (ValueError, OverflowError):
        return None


def _finite(text: str) -> float:
    number = float(text)
    return number if number - number == 0 else _refuse_number(text)


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no number of JSON")
