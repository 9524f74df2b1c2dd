"""Rows of a table: who asks what over REST, and what the answer is, whole (API §9, PROTOCOL §1.4).

In paths and bodies `{event}` is an event that all rows share and `{event!}` one made for this row, as in the table of
permissions. In an expected answer `*` is anything, `#` in a text a row number, a type any value of it; `...` among the
keys of an object stands for more of them, and last in a list says that it has one or more of what stands before it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import requests

from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Cast, add_actor
from tests.contract.workshop import ORG_ADMIN, Workshop

Json = Any
NOTHING = "\0"
NOWHERE = "5e1d6f3a-7b52-4c44-9d0e-3f6a2b8c9d10"
ABSENT = "99999"
NO_JSON = '{"name": "x'
NOT_ALLOWED = "You do not have permission to use this functionality."
LEVELS = (
    "Options : Your organisation only, This community only, Connected communities, All communities, Sharing group,"
    " Inherit event"
)
NO_GROUP = 'If the distribution is set to "Sharing Group", a sharing group has to be selected.'
NOT_YOURS = "You do not have permission to do that."
FAILED = (
    "Authentication failed. Please make sure you pass the API key of an API enabled user along in the Authorization"
    " header."
)
BROKEN = (
    "Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string. This request has been"
    " blocked to avoid an unfiltered request."
)


@dataclass(frozen=True, slots=True)
class Expected:
    """A status and a body."""

    status: int
    body: Json


def ok(body: Json) -> Expected:
    """200 with this body."""
    return Expected(200, body)


def keys(names: str) -> dict[str, Json]:
    """An object with just these keys."""
    return dict.fromkeys(names.split(), "*")


def each(*bodies: Json) -> tuple[Json, ...]:
    """Bodies of any kind, one row each."""
    return bodies


def refused(status: int, sentence: str) -> Expected:
    """The exception shape; its url is the path that was asked for."""
    said = escape(sentence).replace("&#x27;", "&#039;")
    return Expected(status, {"name": said, "message": said, "url": "<url>"})


def unsaved(url: str, verb: str, errors: Json) -> Expected:
    """The save-failure of "edit Event", with an id where the url ends in one."""
    named = {"saved": False, "name": f"Could not {verb}", "message": f"Could not {verb}", "url": url, "errors": errors}
    return Expected(403, named | ({"id": "#"} if url.endswith("#") else {}))


def saved(url: str, sentence: str, **more: Json) -> Expected:
    """The save-success, with an id where the url ends in one."""
    named = {"saved": True, "success": True, "name": sentence, "message": sentence, "url": url}
    return Expected(200, named | ({"id": "#"} if url.endswith("#") else {}) | more)


def described(url: str) -> Expected:
    """The description of a write verb (PROTOCOL §1.7)."""
    name = f"{url} API description"
    fields = {"description": "*", "mandatory_fields": "*", "optional_fields": "*"}
    return Expected(200, {"name": name, **fields, "url": url})


@dataclass(frozen=True, slots=True)
class Row:
    """`asked` is a method and a path; `raw` bytes go in place of a JSON body."""

    who: str
    asked: str
    expected: Expected
    body: Json = NOTHING
    raw: str | None = None

    def __str__(self) -> str:
        sent = self.raw if self.raw is not None else "" if self.body is NOTHING else json.dumps(self.body)
        return f"{self.who} {self.asked} {sent[:60]} {self.expected.status}"


@dataclass(slots=True)
class Scene:
    """Who asks, and what there is to ask about: of Alice's organisation, seen by Bob but for what is hidden."""

    cast: Cast
    workshop: Workshop
    keys: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """The cast, a key of Alice's that only reads, each role of Dora's organisation, and two people of Others."""
        made = self.cast.alice.post("/auth_keys/add", {"read_only": True}).json()
        named = {name: getattr(self.cast, name).key for name in ("alice", "bob", "charlie", "dora", "sam")}
        self.keys = {**self.workshop.keys, **named, "reader": made["AuthKey"]["authkey_raw"]}
        org_uuid = new_uuid()
        for role, number in (("other admin", ORG_ADMIN), ("other sync", SYNC_USER)):
            name = role.replace(" ", "-")
            actor = add_actor(self.cast.dora, name, org_name="Others", org_uuid=org_uuid, role_id=number)
            self.keys[role] = actor.key

    def ask(self, who: str, method: str, path: str, body: Json = NOTHING, raw: str | None = None) -> requests.Response:
        """One request; a stranger has no key."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers |= {"Authorization": self.keys[who]} if who in self.keys else {}
        data = raw if raw is not None else None if body is NOTHING else json.dumps(body)
        url = f"{self.cast.dora.server.url}{path}"
        session = self.workshop.session
        return session.request(method, url, data=data, headers=headers, timeout=30, allow_redirects=False)

    def filled(self, value: Json) -> Json:
        """A JSON value with the targets that it names."""
        return json.loads(self.workshop.filled(json.dumps(value)))

    def check(self, row: Row) -> None:
        """Ask, and compare the whole answer. Raises AssertionError."""
        body = None if row.body is NOTHING else row.body
        asked, body = self.filled([row.asked, body])
        expected, raw = row.expected.body, row.raw
        method, path = asked.split(" ", 1)
        got = self.ask(row.who, method, path, NOTHING if row.body is NOTHING else body, raw)
        told = f"{row.who} {asked} {json.dumps(body)[:300]}: {got.status_code} {got.text[:800]}"
        assert got.status_code == row.expected.status, told
        if method == "HEAD":
            assert got.content == b"", told
            return
        wrong = difference(_with_url(expected, path), got.json())
        assert wrong is None, f"{wrong}\n{told}"


def _with_url(expected: Json, path: str) -> Json:
    return {**expected, "url": path} if isinstance(expected, dict) and expected.get("url") == "<url>" else expected


def difference(expected: Json, got: Json, at: str = "") -> str | None:
    """The first place where an answer is not as expected, None where it is."""
    if expected in ("*", got):
        return None
    if isinstance(expected, type):
        return None if isinstance(got, expected) else f"{at}: {got!r} for {expected.__name__}"
    if isinstance(expected, re.Pattern) and isinstance(got, str):
        return None if expected.fullmatch(got) else f"{at}: {got!r} for {expected.pattern!r}"
    if isinstance(expected, dict) and isinstance(got, dict):
        return _of_objects(expected, got, at)
    if isinstance(expected, list) and isinstance(got, list):
        return _of_lists(expected, got, at)
    if isinstance(expected, str) and isinstance(got, str):
        pattern = re.escape(expected).replace(r"\#", r"\d+").replace(r"\*", ".*")
        return None if re.fullmatch(pattern, got, re.DOTALL) else f"{at}: {got!r} for {expected!r}"
    return f"{at}: {got!r} for {expected!r}"


def _of_objects(expected: Mapping[str, Json], got: Mapping[str, Json], at: str) -> str | None:
    named = expected.keys() - {"..."}
    if named - got.keys() or ("..." not in expected and got.keys() - named):
        return f"{at}: keys missing {sorted(named - got.keys())}, too many {sorted(got.keys() - named)}"
    return next((wrong for key in named if (wrong := difference(expected[key], got[key], f"{at}.{key}"))), None)


def _of_lists(expected: list[Json], got: list[Json], at: str) -> str | None:
    wanted = expected
    if expected[-1:] == ["..."]:
        wanted = expected[:-1] * len(got)
        if len(expected) > 1 and not got:
            return f"{at}: nothing for {expected[:-1]}"
        got = got if len(expected) > 1 else []
    if len(got) != len(wanted):
        return f"{at}: {len(got)} items for {len(wanted)}"
    pairs = enumerate(zip(wanted, got, strict=True))
    return next((wrong for n, (one, other) in pairs if (wrong := difference(one, other, f"{at}[{n}]"))), None)
