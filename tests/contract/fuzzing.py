"""Requests by the thousand to one live server that cannot reach another machine, and what became of them."""

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any, cast

import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mispmini.domain.ids import new_uuid
from tests.cast import Actor, add_actor
from tests.contract.fuzz_cases import ASKERS, IN_BROWSER, NOUNS, STRANGER, Case, Plain, as_told
from tests.contract.fuzz_findings import Findings, is_slow
from tests.contract.permissions_table import ROUTES, UNASKED, Route
from tests.contract.workshop import Workshop
from tests.live import PASSWORD
from tests.web.conftest import csrf_of

Document = dict[str, Any]
SITE_ADMIN, PUBLISHER = 1, 4
# What would end the run early: the keys that ask, the accounts behind them, their way in, the switch of the house.
SPARED = frozenset({
    "users.resetauthkey", "users.edit_own", "users.edit", "users.delete", "users.change_password", "auth_keys.edit",
    "auth_keys.delete", "auth_keys.rotate", "roles.edit", "roles.delete", "organisations.delete",
    "organisation_lists.merge", "settings.edit", "settings.reset", "login.log_out",
    "taxonomies.toggle_required",
})  # fmt: skip
_NOUN = re.compile(r"\{(" + "|".join(NOUNS) + r")(!?)\}|\{(\w+!)\}")
_RENEW_EVERY = 150


@dataclass(slots=True)
class Grounds:
    """A server with something of everything on it, and everybody who asks there."""

    dora: Actor
    findings: Findings = field(default_factory=Findings)
    workshop: Workshop = field(init=False)
    document: Document = field(init=False)
    plains: tuple[Plain, ...] = field(init=False)  # one for each operation of the document
    people: dict[str, Actor] = field(init=False)
    browsers: dict[str, tuple[requests.Session, str]] = field(default_factory=dict)  # with the secret of their forms
    numbers: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        """Hire everybody and make the galaxy; the document is read once."""
        self.workshop = Workshop(self.dora)
        self.workshop.keys[STRANGER] = add_actor(self.dora, "stranger", org_name="CSIRT Bravo").key
        self.document = self.dora.get("/openapi.json").json()
        self.plains = tuple(_plain(method.upper(), path) for method, path in self._operations())
        roles = zip(IN_BROWSER, (SITE_ADMIN, PUBLISHER), strict=True)
        org = self.dora.org_uuid
        self.people = {
            role: add_actor(self.dora, f"b{number}", org_name="", org_uuid=org, role_id=number, signs_in=True)
            for role, number in roles
        }
        _settle(self.dora)

    @property
    def unvisited(self) -> list[str]:
        """The routes that nobody asked."""
        return sorted({plain.route for plain in self.plains} - self.findings.routes)

    def _operations(self) -> Iterator[tuple[str, str]]:
        for path, item in self.document["paths"].items():
            for method in item:
                yield method, path

    def send(self, case: Case) -> None:
        """Ask, and note what came."""
        if next(self.numbers) % _RENEW_EVERY == 0:
            self.workshop.shared.clear()
        if case.in_browser:
            self._send_form(case)
            return
        key = self.workshop.keys.get(case.role)
        headers = {**case.headers, **({"Authorization": key} if key else {})}
        body = self.filled(case.body) if isinstance(case.body, str) else case.body
        asked = {"headers": headers, "data": body}
        answer = self._ask(self.workshop.session, case, asked)
        if answer is not None:
            self._learn(case, answer)

    def send_prepared(self, route: str, asked: dict[str, Any], sent: object) -> None:
        """Ask what schemathesis made."""
        self._noted(self.workshop.session, route, asked, sent)

    def filled(self, text: str) -> str:
        """`text` with the nouns in braces as what there is now."""
        return _NOUN.sub(lambda found: self._target(found[0][1:-1]), text)

    def _target(self, noun: str) -> str:
        if noun in ("galaxy", "cluster"):
            return _GALAXY if noun == "galaxy" else _CLUSTER
        return new_uuid() if noun == "new" else self._made(noun) or self._made(noun) or new_uuid()

    def _made(self, noun: str) -> str | None:
        """What was deleted or taken away on the way is made again; None when even that is in the way of this one."""
        try:
            return self.workshop.target(noun)
        except (AssertionError, KeyError):
            self.workshop.shared.clear()
            self.findings.missed += 1
            return None

    def _send_form(self, case: Case) -> None:
        if case.role not in self.browsers:
            self.browsers[case.role] = _signed_in(self.people[case.role])
        session, secret = self.browsers[case.role]
        fields = {name: self.filled(value) for name, value in _fields(case.body)}
        data = None if case.method == "GET" else {**fields, "csrf_token": secret}
        answer = self._ask(session, case, {"headers": dict(case.headers), "data": data})
        if answer is not None and answer.headers.get("Location", "").endswith("/users/login"):
            del self.browsers[case.role]  # signed out on the way

    def _ask(self, session: requests.Session, case: Case, asked: dict[str, Any]) -> requests.Response | None:
        url = self.dora.server.url + self.filled(case.path)
        sent = (case.role, case.headers if case.headers.keys() - {"Accept", "Content-Type"} else "", asked["data"])
        return self._noted(session, case.route, {"method": case.method, "url": url, **asked}, sent)

    def _noted(
        self, session: requests.Session, route: str, asked: dict[str, Any], sent: object, *, again: bool = False
    ) -> requests.Response | None:
        begun = time.perf_counter()
        try:
            answer = session.request(**asked, timeout=60, allow_redirects=False)
        except (requests.exceptions.InvalidHeader, UnicodeError):
            return None  # no HTTP client sends this
        except requests.exceptions.RequestException as error:
            self.findings.flaw(asked["method"], asked["url"], sent, f"no answer: {type(error).__name__}")
            return None
        seconds = time.perf_counter() - begun
        if not again and is_slow(seconds, asked["url"], sent):  # a busy machine is no flaw of the server's
            return self._noted(session, route, asked, sent, again=True)
        accept = str(asked.get("headers", {}).get("Accept"))
        speaks_json = accept == "application/json" and answer.request.method != "HEAD"
        self.findings.note(route, answer, sent, seconds=seconds, speaks_json=speaks_json)
        return answer

    def _learn(self, case: Case, answer: requests.Response) -> None:
        """Whoever reset the key in use goes on with the new one."""
        told = "Authkey updated: "
        if "/resetauthkey" in case.route and told in answer.text and case.path == "/users/resetauthkey":
            self.workshop.keys[case.role] = answer.json()["message"].removeprefix(told)

    def assert_everybody_is_still_here(self) -> None:
        """AssertionError when a key does not work any more, so that later requests meant nothing."""
        for role, key in self.workshop.keys.items():
            answer = self.dora.server.request("GET", "/users/view/me", key=key)
            assert answer.status_code == 200, f"the {role}'s key was lost on the way: {answer.text}"


def ask_each_route_once(grounds: Grounds) -> None:
    """Every route as it would be answered; what takes long is asked with a key that only reads."""
    long = {(method, route.rule) for route in ROUTES for method in route.methods.split() if UNASKED in route.codes}
    for plain in grounds.plains:
        method, rule = plain.route.split(" ")
        grounds.send(as_told(plain, "read-only key" if (method, rule) in long else "site admin"))


def ask(grounds: Grounds, cases: SearchStrategy[Case], *, requests_: int, seeded: bool) -> None:
    """Send so many of these."""

    @_settings(requests_, seeded=seeded)
    @given(cases)
    def send(case: Case) -> None:
        grounds.send(case)

    send()


def ask_by_document(grounds: Grounds, *, requests_: int, seeded: bool) -> None:
    """Send cases that schemathesis makes from the document, with paths that often lead somewhere."""
    from schemathesis import openapi

    schema = openapi.from_dict(_narrowed(grounds))
    every = [cast(Any, found).ok() for found in schema.get_all_operations()]
    operations = [one for one in every if one.definition.raw.get("x-endpoint") not in SPARED | _long(grounds)]

    @cache
    def cases(place: int) -> SearchStrategy[Any]:
        strategy: SearchStrategy[Any] = operations[place].as_strategy()
        return strategy

    @_settings(requests_, seeded=seeded)
    @given(st.data(), st.integers(0, len(operations) - 1), st.sampled_from(ASKERS))
    def send(data: st.DataObject, place: int, role: str) -> None:
        case = data.draw(cases(place))
        key = grounds.workshop.keys.get(role, "")
        asked = case.as_transport_kwargs(base_url=grounds.dora.server.url, headers={"Authorization": key})
        operation = operations[place]
        grounds.send_prepared(_route(operation.method, operation.path), asked, (role, case.body))

    send()


def harmless(grounds: Grounds) -> tuple[Plain, ...]:
    """The routes that leave the askers their keys."""
    return tuple(plain for plain in grounds.plains if _endpoint(grounds, plain) not in SPARED | _long(grounds))


def harmful(grounds: Grounds) -> tuple[Plain, ...]:
    """The routes that may take the askers their keys."""
    return tuple(plain for plain in grounds.plains if _endpoint(grounds, plain) in SPARED)


def _long(grounds: Grounds) -> frozenset[str]:
    """The endpoints that load thousands of things."""
    every = {f"{method} {route.rule}" for route in ROUTES for method in route.methods.split() if UNASKED in route.codes}
    long = (plain for plain in grounds.plains if plain.route in every and "stix" not in plain.route)
    return frozenset(_endpoint(grounds, plain) for plain in long)


def _endpoint(grounds: Grounds, plain: Plain) -> str:
    method, rule = plain.route.split(" ")
    endpoint: str = grounds.document["paths"][_in_document(rule)][method.lower()]["x-endpoint"]
    return endpoint


def _in_document(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _route(method: str, path: str) -> str:
    """Method and rule as the table of routes has them, for an operation of the document."""
    return f"{method.upper()} {_RULES[path][0].rule}"


def _plain(method: str, path: str) -> Plain:
    """What the table says of this operation; of a DELETE it says it under POST."""
    lines = _RULES[path]
    line = next((line for line in lines if method in line.methods), lines[-1])
    return Plain(_route(method, path), line.path, line.body)


def _settings(requests_: int, *, seeded: bool) -> settings:
    return settings(
        max_examples=requests_,
        deadline=None,
        database=None,
        derandomize=seeded,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )


def _narrowed(grounds: Grounds) -> Document:
    """The document with path pieces that exist beside those that do not."""
    narrowed: Document = json.loads(json.dumps(grounds.document))
    known = [grounds.filled(f"{{{noun}}}") for noun in NOUNS]
    for item in narrowed["paths"].values():
        for operation in item.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path" and parameter["schema"]["type"] == "string":
                    parameter["schema"] = {"enum": [*known, "1", "2", "-1", "9" * 30, "x", "me", "..", "tlp:red"]}
    return narrowed


def _settle(dora: Actor) -> None:
    """A galaxy with a cluster, which the workshop does not make, and what is off at first."""
    galaxy = {"uuid": _GALAXY, "name": "Weather", "type": "weather", "description": "", "version": "1"}
    cluster = {
        "uuid": _CLUSTER,
        "type": "weather",
        "value": "Rain",
        "version": "1",
        "distribution": "3",
        "Galaxy": galaxy,
    }
    answer = dora.post("/galaxies/pushCluster", [{"GalaxyCluster": cluster}])
    assert answer.status_code == 200, answer.text
    assert dora.post("/servers/serverSettingsEdit/MISP.delegation", {"value": True}).status_code == 200


def _signed_in(person: Actor) -> tuple[requests.Session, str]:
    session = requests.Session()
    session.trust_env = False
    session.headers["Accept"] = "text/html"
    url = f"{person.server.url}/users/login"
    secret = csrf_of(session.get(url, timeout=30).text)
    fields = {"data[User][email]": person.email, "data[User][password]": PASSWORD, "csrf_token": secret}
    page = session.post(url, data=fields, timeout=30)
    assert page.status_code == 200, page.text
    return session, csrf_of(page.text)


def _fields(body: object) -> Sequence[tuple[str, str]]:
    return list(body.items()) if isinstance(body, Mapping) else ()


_GALAXY, _CLUSTER = new_uuid(), new_uuid()
_RULES: dict[str, list[Route]] = {}
for _one in ROUTES:
    _RULES.setdefault(_in_document(_one.rule), []).append(_one)
