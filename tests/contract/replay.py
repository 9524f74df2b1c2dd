"""Sends what was recorded to a live server of ours, and compares what it says with what a MISP said."""

import gzip
import json
import re
from collections.abc import Container, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.wire_files import Exchange

Json = Any
Reasons = Mapping[str, str]

IDS = frozenset(
    {
        "id",
        "event_id",
        "attribute_id",
        "org_id",
        "orgc_id",
        "object_id",
        "user_id",
        "sharing_group_id",
        "tag_id",
        "role_id",
        "sync_user_id",
    }
)
OF_THE_RUN = IDS | {"publish_timestamp", "event_creator_email"}
OF_THE_CLOCK = OF_THE_RUN | {"timestamp", "uuid", "created", "modified", "date_created", "date_modified"}
OF_ANOTHER_ACCOUNT = frozenset(
    {"authkey_raw", "authkey_start", "authkey_end", "email", "last_api_access", "nids_sid", "event_uuid"}
)
HEADERS = ("Location", "ETag", "X-Auth-Key-Expiration")
OF_A_SEARCH = (
    "X-Result-Count", "X-Export-Module-Used", "X-Response-Format", "X-Skipped-Elements-Count", "Content-Disposition",
)  # fmt: skip
_MADE_BY_THE_CLIENT = ("host", "content-length", "accept-encoding", "authorization", "if-none-match")
_ESCAPED = str.maketrans({"[": "[[]"})


class _Anything:
    def __contains__(self, _key: object) -> bool:
        return True


ANYTHING = _Anything()


def replay(
    url: str,
    exchange: Exchange,
    *,
    key: str | None,
    words: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    """Send the recorded request to the server at `url`: method, path, headers and body, compressed as it was.

    `words` are recorded ids and uuids and ours in their place; `headers` come on top, and the key is ours.
    """
    kept = {name: value for name, value in exchange.headers.items() if name.lower() not in _MADE_BY_THE_CLIENT}
    sent = kept | ({"Authorization": key} if key else {}) | dict(headers or {})
    request = requests.Request(exchange.method, url, headers=sent, data=_bytes(exchange, words or {}))
    prepared = request.prepare()
    prepared.url = url + _with_words(exchange.path, words or {})
    with requests.Session() as session:
        session.trust_env = False
        return session.send(prepared, allow_redirects=False, timeout=30)


def _bytes(exchange: Exchange, words: Mapping[str, str]) -> bytes | None:
    if exchange.body in ("", None) and exchange.method != "POST":
        return None
    text = exchange.body if isinstance(exchange.body, str) else json.dumps(exchange.body, ensure_ascii=False)
    body = b"" if exchange.body is None else _with_words(text, words).encode()
    return gzip.compress(body) if exchange.headers.get("Content-Encoding") == "gzip" else body


def _with_words(text: str, words: Mapping[str, str]) -> str:
    """Whole words only: an id 5 is not the 5 in 55."""
    if not words:
        return text
    recorded = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.sub(rf"(?<![\w.-])(?:{recorded})(?![\w.-])", lambda found: words[found[0]], text)


def assert_same_answer(
    exchange: Exchange,
    ours: requests.Response,
    *,
    of_the_run: Container[str] = OF_THE_RUN,
    words: Mapping[str, str] | None = None,
    except_: Reasons | None = None,
) -> None:
    """Status, the headers that matter, and the body are as recorded, but for ids of the run and `except_`.

    `words` are those of the request, for the url and the sentences in the answer.
    """
    said = f"{exchange.method} {exchange.path}: {ours.status_code} {ours.text[:1500]}"
    assert ours.status_code == exchange.status, said
    for name in HEADERS:
        assert (name in ours.headers) == (name in exchange.answer_headers), f"{name}: {said}"
    assert_same_search_headers(exchange, ours, words or {})
    if "Location" in exchange.answer_headers:
        recorded = _with_words(urlsplit(exchange.answer_headers["Location"]).path, words or {})
        assert urlsplit(ours.headers["Location"]).path == recorded, said
    if exchange.answer in ("", None):
        return
    assert ours.headers["Content-Type"] == exchange.answer_headers["Content-Type"], said
    assert_same_shape(_said(exchange.answer, words or {}), ours.json(), of_the_run=of_the_run, except_=except_ or {})


def assert_same_search_headers(exchange: Exchange, ours: requests.Response, words: Mapping[str, str]) -> None:
    """What a search says of its results in headers is as recorded."""
    recorded = {name: value for name in OF_A_SEARCH if (value := exchange.answer_headers.get(name)) is not None}
    if name := recorded.get("Content-Disposition"):
        recorded["Content-Disposition"] = ".".join(words.get(part, part) for part in name.split("."))
    assert {name: ours.headers[name] for name in OF_A_SEARCH if name in ours.headers} == recorded


def _said(answer: Json, words: Mapping[str, str]) -> Json:
    if not isinstance(answer, dict):
        return answer
    return answer | {key: _with_words(answer[key], words) for key in ("url", "name", "message") if key in answer}


def assert_same_shape(
    recorded: Json, ours: Json, *, of_the_run: Container[str] = OF_THE_RUN, except_: Reasons | None = None
) -> None:
    """Same keys, JSON types and values.

    A key of `of_the_run` holds another value of the same form; with ANYTHING only keys and types count.
    `except_` are paths, `*` in them for any characters (`*.Tag[].colour`), with the reason why ours differ there;
    what lies below such a path is not compared.
    """
    found = [
        line
        for path, line in _differences(recorded, ours, "", of_the_run)
        if not any(fnmatchcase(path, pattern.translate(_ESCAPED)) for pattern in _and_below(except_ or {}))
    ]
    assert not found, "not as recorded:\n" + "\n".join(found)


def _and_below(patterns: Reasons) -> Iterator[str]:
    for pattern in patterns:
        yield from (pattern, f"{pattern}.*", f"{pattern}[]*")


def _differences(recorded: Json, ours: Json, path: str, of_the_run: Container[str]) -> Iterator[tuple[str, str]]:
    """Pairs of a path and what differs there."""
    if type(recorded) is not type(ours):
        yield path, f"{path}: recorded {recorded!r}, ours {ours!r}"
    elif isinstance(recorded, dict):
        yield from _of_keys(recorded, ours, path, of_the_run)
    elif isinstance(recorded, list):
        yield from _of_items(recorded, ours, f"{path}[]", of_the_run)
    elif path.rpartition(".")[2] in of_the_run:
        if of_the_run is not ANYTHING and form(recorded) != form(ours):
            yield path, f"{path}: of another form, recorded {recorded!r}, ours {ours!r}"
    elif recorded != ours:
        yield path, f"{path}: recorded {recorded!r}, ours {ours!r}"


def _of_keys(recorded: Json, ours: Json, path: str, of_the_run: Container[str]) -> Iterator[tuple[str, str]]:
    for key in recorded.keys() | ours.keys():
        below = f"{path}.{key}" if path else key
        if key not in ours:
            yield below, f"{below}: missing, recorded {recorded[key]!r}"
        elif key not in recorded:
            yield below, f"{below}: not recorded, ours {ours[key]!r}"
        else:
            yield from _differences(recorded[key], ours[key], below, of_the_run)


def _of_items(recorded: Json, ours: Json, path: str, of_the_run: Container[str]) -> Iterator[tuple[str, str]]:
    if len(recorded) != len(ours):
        yield path, f"{path}: {len(recorded)} recorded, {len(ours)} ours: {ours!r:.300}"
        return
    for theirs, mine in zip(recorded, ours, strict=True):
        yield from _differences(theirs, mine, path, of_the_run)


def form(value: object) -> str:
    """What kind of text or number it is, whichever: digits, none ("0"), uuid, email, day or time, or text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return str(type(value))
    kinds = {
        "nothing": r"0?",
        "digits": r"\d+",
        "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "address": r"[^@\s]+@[^@\s]+",
        "time": r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?",
    }
    return next((kind for kind, pattern in kinds.items() if re.fullmatch(pattern, str(value))), "text")
