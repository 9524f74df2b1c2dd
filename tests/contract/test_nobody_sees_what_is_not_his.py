"""In every route that takes a reference, what somebody may not see is answered like what does not exist.

The routes come from the application itself: one that is not in the table of routes.py fails the first test.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from difflib import unified_diff
from http.client import HTTPConnection
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing import Rule

from mispmini.application import BLUEPRINTS
from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Actor, add_actor
from tests.contract.hidden import SECRET, Hidden, Kind, hide
from tests.contract.routes import ALSO, BODIES, PLAIN, REFERS, TELLS_NOTHING
from tests.live import LiveServer

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
HTML = {"Accept": "text/html", "Accept-Language": "en"}
ORG_ADMIN = 2
_VOLATILE = re.compile(r'name="csrf_token" value="[^"]*"|<span class="mono">[\w-]{8,}</span>|"request_id": "[^"]*"')


@dataclass(frozen=True, slots=True)
class Question:
    """One request with places for references, `{event}` for instance, in its path and body."""

    method: str
    rule: str
    path: str
    body: str = ""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What it refers to."""
        return tuple(kind for kind in Kind if f"{{{kind}}}" in self.path + self.body)

    def __str__(self) -> str:
        return f"{self.method} {self.rule} {self.body}".strip()


def _rules() -> list[Rule]:
    app = Flask("routes", static_folder=None)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)


def _meaning(rule: Rule, argument: str) -> Kind | str | None:
    blueprint = rule.endpoint.partition(".")[0]
    return REFERS.get((rule.rule, argument), REFERS.get((blueprint, argument)))


def _is_known(rule: Rule) -> bool:
    if not rule.arguments:
        return rule.rule in PLAIN or rule.rule in BODIES
    return all(_meaning(rule, argument) for argument in rule.arguments)


def _path(rule: Rule) -> str:
    path = rule.rule
    for argument in rule.arguments:
        meaning = _meaning(rule, argument)
        place = f"{{{meaning}}}" if isinstance(meaning, Kind) else str(meaning)
        path = re.sub(rf"<(?:\w+(?:\([^)]*\))?:)?{argument}>", place, path)
    return path


def _asked(rule: Rule) -> Iterator[Question]:
    path = _path(rule)
    for method in sorted((rule.methods or set()) & {"GET", "HEAD", "POST"}):
        bodies = BODIES.get(rule.rule, ("{}",)) if method == "POST" else ("",)
        yield from (Question(method, rule.rule, path, body) for body in bodies)


RULES = _rules()
QUESTIONS = [
    *(question for rule in RULES if _is_known(rule) for question in _asked(rule) if question.kinds),
    *(Question("GET", path, path) for path in ALSO),
]
OPEN_PAGES = [rule.rule for rule in RULES if not rule.arguments and "GET" in (rule.methods or ())]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, without the references that were asked for and without what differs each time."""

    status: int
    location: str
    count: str | None
    text: str

    def unlike(self, other: "Told") -> str:
        """The lines that differ."""
        here, there = (
            [f"{told.status} {told.location} {told.count}", *told.text.splitlines()] for told in (self, other)
        )
        return "\n".join(unified_diff(here, there, "hidden", "absent", n=0, lineterm=""))


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks: with a key, or without one."""

    name: str
    server: LiveServer
    key: str | None

    def asks(self, question: Question, words: Mapping[Kind, str], headers: Mapping[str, str] = JSON) -> Told:
        """The answer; AssertionError when the server made a mistake."""
        path, body = (_filled(text, words) for text in (question.path, question.body))
        own = {} if self.key is None else {"Authorization": self.key}
        host = self.server.url.removeprefix("http://")
        with closing(HTTPConnection(host, timeout=30)) as connection:
            connection.request(question.method, quote(path, safe="/:?=&"), body or None, {**headers, **own})
            answer = connection.getresponse()
            text = answer.read().decode()
        assert answer.status < 500, f"{self.name} {words}: {text}"
        place, text = (_without(part, path, words) for part in (answer.headers.get("Location", ""), text))
        return Told(answer.status, place, answer.headers.get("X-Result-Count"), text)


@pytest.fixture(scope="module")
def hidden(alice: Actor, charlie: Actor, dora: Actor) -> Iterator[Hidden]:
    """Everything that strangers may not see; whatever they ask, it stays as it was."""
    found = hide(alice, charlie, dora)
    yield found
    for event in (found.event, found.shared):
        assert alice.views(event) == event


@pytest.fixture(scope="module")
def strangers(dora: Actor, bob: Actor) -> tuple[Caller, ...]:
    """Of another organisation: its admin, a partner's sync user and a read-only key; and nobody at all."""
    olga, sync = (
        add_actor(dora, f"{name}-{new_uuid()[:8]}", org_name=bob.org_name, org_uuid=bob.org_uuid, role_id=role_id)
        for name, role_id in (("Olga", ORG_ADMIN), ("Sync", SYNC_USER))
    )
    reader = olga.post("/auth_keys/add", {"comment": "reads", "read_only": True}).json()["AuthKey"]["authkey_raw"]
    keys = {"org admin": olga.key, "sync user": sync.key, "read-only key": reader, "anonymous": None}
    return tuple(Caller(name, dora.server, key) for name, key in keys.items())


def test_every_route_has_a_case() -> None:
    assert [rule.rule for rule in RULES if not _is_known(rule)] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_what_is_hidden_is_answered_like_what_is_absent(
    hidden: Hidden, strangers: tuple[Caller, ...], question: Question
) -> None:
    for caller, headers, words in _ways(hidden, strangers, question):
        told, absent = (caller.asks(question, asked, headers) for asked in (words, _absent(hidden, words)))
        assert told == absent, f"{caller.name} {words}: {told.unlike(absent)}"


@pytest.mark.parametrize("question", [each for each in QUESTIONS if each.method == "GET"], ids=str)
def test_whoever_may_see_it_is_told_something_else(dora: Actor, hidden: Hidden, question: Question) -> None:
    *_, words = _spellings(hidden, question)
    admin = Caller("site admin", dora.server, dora.key)
    ways = (HTML, JSON) if question.rule not in TELLS_NOTHING else (HTML,)
    asked = ((admin.asks(question, refs, way) for refs in (words, _absent(hidden, words))) for way in ways)
    assert any(told != absent for told, absent in asked) is (question.rule not in TELLS_NOTHING)


@pytest.mark.parametrize("path", OPEN_PAGES)
def test_no_list_or_page_names_it(hidden: Hidden, strangers: tuple[Caller, ...], path: str) -> None:
    assert hidden.refs
    for caller, headers in ((strangers[0], JSON), (strangers[0], HTML), (strangers[1], JSON), (strangers[-1], JSON)):
        told = caller.asks(Question("GET", path, path), {}, headers)
        assert SECRET not in told.text, f"{caller.name}: {told.text}"


def _ways(
    hidden: Hidden, strangers: tuple[Caller, ...], question: Question
) -> Iterator[tuple[Caller, Mapping[str, str], Mapping[Kind, str]]]:
    """Who asks how by which references: each stranger once, the first also by every spelling and for a page."""
    *others, last = _spellings(hidden, question)
    yield strangers[0], JSON, last
    if question.method != "HEAD":
        yield strangers[0], HTML, last
        yield from ((caller, JSON, last) for caller in strangers[1:])
        yield from ((strangers[0], JSON, words) for words in (others if question.method == "GET" else others[:1]))


def _spellings(hidden: Hidden, question: Question) -> Iterator[dict[Kind, str]]:
    """One set of references after another, until each kind was named in all its ways."""
    refs = {kind: hidden.refs[kind] for kind in question.kinds}
    for turn in range(max(map(len, refs.values()))):
        yield {kind: found[turn % len(found)] for kind, found in refs.items()}


def _absent(hidden: Hidden, words: Mapping[Kind, str]) -> dict[Kind, str]:
    return {kind: hidden.absent(kind, ref) for kind, ref in words.items()}


def _filled(text: str, words: Mapping[Kind, str]) -> str:
    for kind, word in words.items():
        text = text.replace(f"{{{kind}}}", word)
    return text


def _without(text: str, path: str, words: Mapping[Kind, str]) -> str:
    """An id only counts where it is told back as what was asked: elsewhere it may be any number."""
    text = text.replace(path, "PATH").replace(path.partition("?")[0], "PATH")
    for word in words.values():
        text = text.replace(f"`{word}`" if word.isdigit() else word, "REF")
    return _VOLATILE.sub("", text)
