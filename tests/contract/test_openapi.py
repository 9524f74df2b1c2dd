"""Our OpenAPI document says what the routes say, its page shows it, and every curl shown in the product works."""

import re
import subprocess
from html import unescape
from typing import Any

import pytest
import requests
from flask import Flask

from mispmini.application import create_app
from mispmini.settings import Settings
from mispmini.store import database
from mispmini.web.asking import MispPaths
from mispmini.web.operations import Operation, operations
from mispmini.web.views.openapi import openapi_document
from mispmini.wire.openapi_bodies import BODY_OF, NAMED_IN
from mispmini.wire.openapi_schemas import SCHEMAS
from tests.cast import Actor

Json = dict[str, Any]
_SHOWN = re.compile(r'<(?:pre|code) id="curl[^"]*">(.*?)</(?:pre|code)>', re.DOTALL)
_PIECE = re.compile(r"<(?:\w+:)?(\w+)>")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application, unserved: its routes are all that is read."""
    data = tmp_path_factory.mktemp("openapi")
    database.open_database(data / "mispmini.db")
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
    answer = requests.request(method, f"{actor.server.url}{path}", headers=headers, timeout=30)
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


# Every endpoint that API §9 marks S, D or A, as PyMISP and partners write it.
WANTED = """
GET servers/getVersion; GET servers/getPyMISPVersion.json; GET attributes/describeTypes.json; GET users/view/me
POST servers/postTest; GET servers/serverSettings; GET servers/getSetting/x; POST servers/serverSettingsEdit/x
GET servers/getWorkers; POST servers/restartWorkers; POST servers/restartDeadWorkers; POST servers/killAllWorkers
POST servers/startWorker/x; POST servers/stopWorker/1; POST servers/update
GET events/index; POST events/index; GET events/view/1; POST events/view/1; HEAD events/view/1; POST events/add
POST events/edit/1; PUT events/edit/1; POST events/delete/1; DELETE events/delete/1; POST events/delete
POST events/publish/1; POST events/alert/1; POST events/unpublish/1; POST events/contact/1; POST events/addTag/1/x
POST events/removeTag/1/x; POST events/filterEventIdsForPush; POST events/pushProposals/1; POST events/restSearch
POST events/freeTextImport/1
GET attributes/view/1; HEAD attributes/view/1; POST attributes/add/1; POST attributes/edit/1; PUT attributes/edit/1
POST attributes/delete/1; DELETE attributes/delete/1/1; POST attributes/restore/1; POST attributes/addTag/1/x
POST attributes/removeTag/1/x; POST attributes/restSearch; GET attributes/downloadAttachment/download/1
GET objects/view/1; HEAD objects/view/1; POST objects/add/1; POST objects/edit/1; POST objects/delete/1
POST objects/delete/1/1; POST objectReferences/add; POST objectReferences/delete/1; GET objectTemplates/index
GET objectTemplates/view/1; POST objects/restSearch
GET eventReports/add; GET eventReports/view/1; GET eventReports/index/event_id:1; POST eventReports/add/1
POST eventReports/edit/1; POST eventReports/delete/1/1
GET shadowAttributes/index; GET shadowAttributes/index/1; GET shadowAttributes/view/1; POST shadowAttributes/add/1
POST shadowAttributes/edit/1; POST shadowAttributes/delete/1; POST shadowAttributes/accept/1
POST shadowAttributes/discard/1
POST sightings/add; POST sightings/add/1; GET sightings/listSightings/1/event; POST sightings/listSightings
POST sightings/delete/1; POST sightings/restSearch/event; POST sightings/filterSightingUuidsForPush/1
POST sightings/bulkSaveSightings/1
POST analyst_data/indexMinimal; GET analyst_data/index/Note; POST analyst_data/filterAnalystDataForPush
POST analyst_data/pushAnalystData
GET tags/index; GET tags/view/1; POST tags/add; POST tags/edit/1; POST tags/delete/1; GET tags/search/x
POST tags/search; POST tags/attachTagToObject; POST tags/removeTagFromObject
GET taxonomies/index; GET taxonomies/view/1; POST taxonomies/enable/1; POST taxonomies/disable/1
POST taxonomies/addTag/1; POST taxonomies/disableTag/1; POST taxonomies/toggleRequired/1; POST taxonomies/update
GET warninglists/index; GET warninglists/view/1; POST warninglists/checkValue; POST warninglists/toggleEnable
POST warninglists/update
GET galaxies/index; GET galaxies/view/1; POST galaxies/update; GET galaxy_clusters/view/1
POST galaxy_clusters/index/1; POST galaxy_clusters/add/1; POST galaxy_clusters/edit/1; POST galaxy_clusters/publish/1
POST galaxy_clusters/delete/1; POST galaxy_clusters/restSearch; POST galaxies/pushCluster
GET servers/index; POST servers/add; POST servers/edit/1; POST servers/delete/1; POST servers/testConnection/1
GET servers/pull/1; POST servers/pull/1/full; GET servers/push/1; POST servers/push/1/full; GET servers/cache/1
GET servers/createSync; POST servers/import; GET servers/getAvailableSyncFilteringRules; GET servers/getInstanceUUID
GET sharingGroups/index; GET sharing_groups/view/1; HEAD sharing_groups/view/1; POST sharingGroups/add
POST sharing_groups/edit/1; POST sharingGroups/delete/1; POST sharingGroups/addOrg; POST sharingGroups/removeOrg
POST sharingGroups/addServer; POST sharingGroups/removeServer
GET organisations/index/scope:all; GET organisations/view/1; HEAD organisations/view/1; POST admin/organisations/add
POST admin/organisations/edit/1; POST admin/organisations/delete/1
GET admin/users/index; GET users/view/1; GET admin/users/view/1; POST admin/users/add; POST admin/users/edit/1
POST admin/users/delete/1; POST auth_keys/add/1; GET auth_keys/index; GET auth_keys/view/1; POST auth_keys/edit/1
POST auth_keys/delete/1; POST users/change_pw; POST users/resetauthkey/me; GET roles/index; GET roles/view/1
POST admin/roles/add; POST admin/roles/edit/1; POST admin/roles/delete/1; POST admin/roles/set_default/1
GET eventBlocklists/index; POST eventBlocklists/add; POST eventBlocklists/edit/1; POST eventBlocklists/delete/1
GET orgBlocklists/index; POST orgBlocklists/add; POST orgBlocklists/edit/1; POST orgBlocklists/delete/1
POST admin/logs/index; GET users/heartbeat
"""


@pytest.mark.parametrize("call", sorted(filter(None, (one.strip() for one in re.split("[;\n]", WANTED)))))
def test_every_endpoint_of_the_inventory_is_a_route(app: Flask, call: str) -> None:
    method, path = call.split()
    asked = MispPaths(app.wsgi_app, app.url_map).read(f"/{path}", method)
    assert app.url_map.bind("").test(asked.route, method=method), asked.route
