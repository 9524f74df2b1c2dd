"""Our OpenAPI document says what the routes say, its page shows it, and every curl shown in the product works."""

import re
import subprocess
from html import unescape
from typing import Any

import pytest
import requests
from flask import Flask
from werkzeug.routing import Rule

from mispmini.application import create_app
from mispmini.settings import Settings
from mispmini.store import database
from mispmini.web.asking import MispPaths
from mispmini.web.operations import Operation, operations
from mispmini.web.views.openapi import openapi_document
from mispmini.wire.openapi_bodies import BODY_OF, NAMED_IN
from mispmini.wire.openapi_schemas import SCHEMAS
from tests.calling import call
from tests.cast import Actor
from tests.prepared import open_fresh_database

Json = dict[str, Any]
_SHOWN = re.compile(r'<(?:pre|code) id="curl[^"]*">(.*?)</(?:pre|code)>', re.DOTALL)
_PIECE = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application, unserved: its routes are all that is read."""
    data = tmp_path_factory.mktemp("openapi")
    open_fresh_database(data / "mispmini.db")
    try:
        return create_app(Settings(data=data))
    finally:
        database.close_database()


@pytest.fixture(scope="module")
def found(app: Flask) -> list[Operation]:
    """Every operation of the application."""
    return operations(app)


@pytest.fixture(scope="module")
def served(alice: Actor) -> Json:
    """The document as a live server tells it."""
    document: Json = alice.get("/openapi.json").json()
    return document


def test_the_document_has_every_rule_and_method_and_no_other(app: Flask, served: Json) -> None:
    routed = {
        (_PIECE.sub(r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    }
    assert {(path, method) for path, item in served["paths"].items() for method in item} == routed


def test_every_operation_says_in_one_sentence_what_it_does(found: list[Operation]) -> None:
    assert [one.endpoint for one in found if not one.summary or "§" in one.summary or len(one.summary) > 200] == []


def test_parameters_of_a_path_are_told_and_no_others(served: Json) -> None:
    for path, item in served["paths"].items():
        for told in item.values():
            in_path = [parameter["name"] for parameter in told["parameters"] if parameter["in"] == "path"]
            assert in_path == re.findall(r"{(\w+)}", path), path


def test_bodies_and_named_parameters_belong_to_actions_that_there_are(found: list[Operation]) -> None:
    there = {one.action for one in found}
    assert sorted((BODY_OF.keys() | NAMED_IN.keys()) - there) == []
    assert sorted(set(BODY_OF.values()) - SCHEMAS.keys()) == []


def test_every_reference_in_the_document_leads_somewhere(found: list[Operation]) -> None:
    document = openapi_document(found, url="https://here.example")
    for place in set(re.findall(r"'#/([^']+)'", repr(document))):
        inner: Any = document
        for piece in place.split("/"):
            inner = inner[piece]
        assert inner


def test_public_operations_need_no_key_and_others_name_their_permission(served: Json) -> None:
    assert served["paths"]["/users/login"]["post"]["security"] == []
    assert served["paths"]["/events/add"]["post"]["x-permissions"] == ["perm_add"]
    assert "security" not in served["paths"]["/events/view/{ref}"]["get"]


@pytest.mark.parametrize("path", ["/openapi.json", "/api"])
def test_a_stranger_reads_neither_document_nor_page(alice: Actor, path: str) -> None:
    answer = requests.get(f"{alice.server.url}{path}", headers={"Accept": "application/json"}, timeout=30)
    assert answer.status_code == 403


def _page(actor: Actor, path: str, method: str = "GET") -> str:
    headers = {"Authorization": actor.key, "Accept": "text/html", "Accept-Language": "en"}
    answer = call(method, f"{actor.server.url}{path}", headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_page_lists_every_path_and_finds_by_word(alice: Actor, served: Json) -> None:
    every = _page(alice, "/api")
    assert [path for path in served["paths"] if f">{path}<" not in every] == []
    some = _page(alice, "/api?q=sightings/add")
    assert "/sightings/add/{ref}" in some
    assert "/events/view/{ref}" not in some
    assert "No operation fits" in _page(alice, "/api?q=nothing-like-it")


def test_every_curl_shown_in_the_product_works(alice: Actor) -> None:
    pages = [_page(alice, "/help"), _page(alice, "/api"), _page(alice, "/auth_keys/add", "POST")]
    shown = [unescape(command) for page in pages for command in _SHOWN.findall(page)]
    commands = [command for command in shown if command.lstrip().startswith("curl")]
    assert len(commands) >= 6
    for command in commands:
        told = _run(command, alice)
        assert told.endswith("\n200"), f"{command}\n{told}"


def _run(command: str, actor: Actor) -> str:
    environment = {"AUTHKEY": actor.key, "PATH": "/usr/bin:/bin"}
    words = f"{command} --silent --show-error --write-out '\\n%{{http_code}}'"
    done = subprocess.run(["sh", "-c", words], capture_output=True, text=True, timeout=30, env=environment)
    return done.stdout + done.stderr


SPELLINGS = (
    ("/authKeys/index", "/auth_keys/index"),
    ("/eventReports/index/event_id:{event}", "/event_reports/index/event_id:{event}"),
    ("/shadowAttributes/index", "/shadow_attributes/index"),
    ("/sharingGroups/index", "/sharing_groups/index"),
    ("/objectTemplates/view/domain-ip", "/object_templates/view/domain-ip"),
    ("/userSettings/index", "/user_settings/index"),
    ("/eventBlocklists/index", "/event_blocklists/index"),
    ("/orgBlocklists/index", "/org_blocklists/index"),
    ("/analystData/index/Note", "/analyst_data/index/Note"),
    ("/galaxyClusters/restSearch/uuid:11111111-1111-4111-8111-111111111111",
     "/galaxy_clusters/restSearch/uuid:11111111-1111-4111-8111-111111111111"),
)  # fmt: skip


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda pair: pair[1].split("/")[1])
def test_both_spellings_are_one_route_with_json_and_head(dora: Actor, spellings: tuple[str, str]) -> None:
    event = dora.adds_event()["id"]
    first, second = (path.format(event=event) for path in spellings)
    answers = [dora.get(path) for path in (first, second, f"{second}.json")]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert dora.server.request("HEAD", second, key=dora.key).status_code == 200


@pytest.mark.parametrize(
    "path", ["/nope", "/nope/index", "/events/nope", "/events/nope/1", "/admin/nope", "/servers/nope.json"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_route_is_404_in_json(alice: Actor, path: str, method: str) -> None:
    answer = alice.server.request(method, path, key=alice.key)
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


def _spellings(path: str) -> set[str]:
    """A path with its controller in under_score, in camelCase and in capitals, with an extension, with a parameter."""
    admin, controller, rest = re.fullmatch("/(admin/)?([^/]+)(.*)", path).groups("")  # type: ignore[union-attr]
    snake = re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", controller)
    camel = re.sub("_(.)", lambda found: found[1].upper(), controller)
    spelt = [f"/{admin}{word}{rest}" for word in (snake, camel, controller.upper())]
    return {path, *spelt, f"{path}.json", f"{path}/limit:1"}


def _actions(app: Flask) -> list[Rule]:
    """The rules that begin with a controller and an action (API §9)."""
    return [rule for rule in app.url_map.iter_rules() if re.match("/[^/<]+/[^/<]+", rule.rule)]


def test_every_action_is_found_in_each_spelling(app: Flask) -> None:
    paths, urls = MispPaths(app.wsgi_app, app.url_map), app.url_map.bind("")
    lost = {
        (method, spelt)
        for rule in _actions(app)
        for method in (rule.methods or set()) - {"OPTIONS"}
        for spelt in _spellings(_PIECE.sub("1", rule.rule))
        if not urls.test(route := paths.read(spelt, method).route, method)
        or urls.match(route, method, return_rule=True)[0] is not rule
    }
    assert not lost


def test_no_controller_has_an_action_that_nobody_made(app: Flask) -> None:
    paths, urls = MispPaths(app.wsgi_app, app.url_map), app.url_map.bind("")
    controllers = {rule.rule.split("/")[1] for rule in _actions(app)} - {"feed"}  # which has files
    assert len(controllers) > 30
    assert not {name for name in controllers if urls.test(paths.read(f"/{name}/noSuchThing", "GET").route)}
