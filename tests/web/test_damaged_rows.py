"""One damaged row costs that element, named, and nothing else (issue 11, starvation)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from mispmini.domain.ids import new_uuid
from mispmini.services import diagnostics
from mispmini.store.database import writing
from mispmini.store.sql import execute, row
from tests.web.conftest import MACHINE, PEOPLE, USER, Site

NOTE = {"name": "annotation", "meta-category": "misc", "template_version": "2"}


@dataclass(frozen=True)
class Scene:
    """An event with two attributes and two objects of one attribute each; the first of both get damaged."""

    site: Site
    event: Any

    def ask(self, method: str, path: str, body: object = None, *, key: str = "") -> requests.Response:
        """One call of a program, the admin's unless a key is given."""
        headers = {**MACHINE, "Authorization": key or self.site.admin_key}
        return requests.request(method, self.site.url + path, headers=headers, json=body, timeout=20)


@pytest.fixture(scope="module")
def scene(site: Site) -> Scene:
    """What the tests damage."""
    texts = [{"type": "text", "value": f"loose {place} {new_uuid()}", "comment": "kept"} for place in range(2)]
    held = [
        {**NOTE, "Attribute": [{"type": "text", "object_relation": "text", "value": f"held {place} {new_uuid()}"}]}
        for place in range(2)
    ]
    event = {"info": f"Half of it is lost {new_uuid()}", "Attribute": texts, "Object": held}
    made = site.post("/events/add", headers={**MACHINE, "Authorization": site.admin_key}, json=event)
    assert made.status_code == 200, made.text
    return Scene(site, made.json()["Event"])


@contextmanager
def damaged(table: str, number: object, column: str, value: str) -> Iterator[None]:
    """The column of one row as somebody's hand left it, `value` in SQL; what it was afterwards."""
    kept = row(f'SELECT {column} FROM "{table}" WHERE rowid = ?', (number,))
    assert kept is not None
    with writing():
        execute(f'UPDATE "{table}" SET {column} = {value} WHERE rowid = ?', (number,))
    try:
        yield
    finally:
        with writing():
            execute(f'UPDATE "{table}" SET {column} = ? WHERE rowid = ?', (kept[0], number))


BROKEN = "'{broken'"
ELEMENTS = {
    "json of an attribute": ("Attribute", "extra", BROKEN),
    "json of another kind": ("Attribute", "extra", "'[1, 2]'"),
    "a comment that is no UTF-8": ("Attribute", "comment", "CAST(x'61ff62' AS TEXT)"),
    "a value of bytes": ("Attribute", "value1", "x'00ff'"),
    "json of an object": ("Object", "extra", BROKEN),
    "a text of an object": ("Object", "comment", "CAST(x'ff' AS TEXT)"),
}
READS = {
    "attributes": ("POST", "/attributes/restSearch", {}),
    "events": ("POST", "/events/restSearch", {}),
    "objects": ("POST", "/objects/restSearch", {}),
    "csv": ("POST", "/events/restSearch", {"returnFormat": "csv"}),
    "xml": ("POST", "/events/restSearch", {"returnFormat": "xml"}),
    "correlations": ("POST", "/attributes/restSearch", {"includeCorrelations": 1, "includeWarninglistHits": 1}),
    "view": ("GET", "/events/view/{event}", None),
    "list": ("POST", "/attributes/index", {"limit": 5000}),
    "index": ("POST", "/events/index", {}),
}
TELLS_NO_OBJECTS = frozenset({"attributes", "csv", "list", "correlations"})


@pytest.mark.parametrize(("model", "column", "value"), ELEMENTS.values(), ids=ELEMENTS)
@pytest.mark.parametrize("name", READS)
def test_an_answer_has_the_rest_and_names_what_it_left_out(
    scene: Scene, name: str, model: str, column: str, value: str
) -> None:
    """Whatever reads many elements is answered; the damaged one is named in a header, its neighbours are there."""
    method, path, body = READS[name]
    lost, kept = scene.event[model]
    with damaged(model.lower(), lost["id"], column, value):
        answer = scene.ask(method, path.format(event=scene.event["id"]), body)
    assert answer.status_code == 200, answer.text
    if name == "index":
        assert scene.event["info"] in answer.text
        return
    told = kept["value"] if model == "Attribute" else kept["Attribute"][0]["value"]
    assert (name == "objects" and model == "Attribute") or told in answer.text
    if (model == "Object" and name in TELLS_NO_OBJECTS) or (model == "Attribute" and name == "objects"):
        return
    assert lost["uuid"] not in answer.text
    assert answer.headers["X-Left-Out"] == f"{model.lower()} {lost['id']} ({lost['uuid']})"


def test_a_damaged_event_costs_itself(scene: Scene) -> None:
    """Searches leave it out by name; asked for alone, it says what is wrong."""
    event = scene.event
    other = scene.ask("POST", "/events/add", {"info": "Next to it", "Attribute": [{"type": "text", "value": "next"}]})
    with damaged("event", event["id"], "extra", BROKEN):
        found = scene.ask("POST", "/events/restSearch", {"metadata": 1})
        attributes = scene.ask("POST", "/attributes/restSearch", {})
        alone = scene.ask("GET", f"/events/view/{event['id']}")
    assert found.status_code == attributes.status_code == 200
    assert other.json()["Event"]["uuid"] in found.text
    assert event["uuid"] not in found.text
    assert found.headers["X-Left-Out"] == f"event {event['id']} ({event['uuid']})"
    assert event["Attribute"][0]["uuid"] not in attributes.text
    assert (alone.status_code, event["uuid"] in alone.json()["message"]) == (500, True)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "1 entry is damaged"), ("pt-BR", "1 entrada está danificada")], ids=["en", "pt"]
)
def test_the_page_of_an_event_says_so(scene: Scene, language: str, words: str) -> None:
    """Admins read which it is, others that there is one."""
    lost, kept = scene.event["Attribute"]
    with damaged("attribute", lost["id"], "extra", BROKEN):
        pages = [
            scene.site.get(
                f"/events/view/{scene.event['id']}",
                headers={**PEOPLE, "Accept-Language": language, "Authorization": key},
            )
            for key in (scene.site.admin_key, scene.site.key(USER))
        ]
    assert all(page.status_code == 200 and words in page.text and kept["value"] in page.text for page in pages)
    assert [lost["uuid"] in page.text for page in pages] == [True, False]
    assert [page.headers["X-Left-Out"] for page in pages] == [f"attribute {lost['id']} ({lost['uuid']})", "1"]


def test_the_log_and_the_checks_name_it(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """In the log once, on the health page from then on, and for the doctor whether it was read or not."""
    lost = scene.ask("POST", f"/attributes/add/{scene.event['id']}", {"type": "text", "value": f"new {new_uuid()}"})
    one = lost.json()["Attribute"]
    name = f"attribute {one['id']} ({one['uuid']})"
    with damaged("attribute", one["id"], "extra", BROKEN), caplog.at_level(logging.ERROR):
        assert f"attribute {one['id']}" in str(diagnostics.check_rows().values["rows"])
        for _ in range(2):
            assert scene.ask("POST", "/attributes/restSearch", {}).status_code == 200
        health = scene.ask("GET", "/health/index").json()["checks"]
    assert sum(name in record.getMessage() for record in caplog.records) == 1
    assert any(name in check["sentence"] and check["verdict"] == "fail" for check in health)


def test_who_edits_a_damaged_attribute_mends_it(scene: Scene) -> None:
    """A verb is not stopped by it: a partner's newer version, too, takes its place."""
    lost = scene.event["Attribute"][0]
    with damaged("attribute", lost["id"], "extra", BROKEN):
        edited = scene.ask("POST", f"/attributes/edit/{lost['id']}", {"comment": "mended"})
        found = scene.ask("POST", "/attributes/restSearch", {"uuid": lost["uuid"]})
    assert edited.status_code == 200, edited.text
    assert found.json()["response"]["Attribute"][0]["comment"] == "mended"


MADE = {
    "feed": ("/feeds/add", {"name": "F", "provider": "P", "url": "https://feed.example.org", "source_format": "misp"}),
    "server": ("/servers/add", {"name": "Beta", "url": "https://beta.example.org", "authkey": "k" * 40,
                                "remote_org_id": 1}),
    "warninglist": ("/warninglists/add", {"name": "W", "type": "string", "entries": ["x"], "enabled": True,
                                          "matching_attributes": ["text"]}),
    "user_setting": ("/user_settings/setSetting/me/default_restsearch_parameters",
                     {"user_id": 1, "setting": "default_restsearch_parameters", "value": {"limit": 10}}),
    "setting": ("/servers/serverSettingsEdit/search_seconds", {"value": 30}),
}  # fmt: skip
LISTS = {
    "organisation": ("restricted_to_domain", ("/organisations/index", "/admin/users/index", "/events/index")),
    "role": ("permissions", ("/roles/index", "/admin/users/index")),
    "auth_key": ("allowed_ips", ("/auth_keys/index",)),
    "audit": ("change", ("/admin/logs/index",)),
    "setting": ("value", ("/servers/serverSettings", "/events/index")),
    "user_setting": ("value", ("/user_settings/index", "/attributes/restSearch/limit:1")),
    "feed": ("rules", ("/feeds/index",)),
    "server": ("push_rules", ("/servers/index", "/health/index")),
    "warninglist": ("valid_attributes", ("/warninglists/index", "/events/view/{event}")),
}


@pytest.mark.parametrize("table", LISTS)
def test_lists_are_answered_with_a_damaged_row(scene: Scene, table: str) -> None:
    """What is read beside events, and what hangs on such a row: all is answered, and the row is named."""
    column, paths = LISTS[table]
    if table in MADE:
        path, body = MADE[table]
        made = scene.ask("POST", path, body)
        assert made.status_code == 200, made.text
    if table in ("role", "auth_key"):
        scene.site.key(USER)
    last = row("SELECT role_id FROM user ORDER BY id DESC") if table == "role" else None
    last = last or row(f'SELECT max(rowid) FROM "{table}"')
    assert last is not None
    with damaged(table, last[0], column, BROKEN):
        answers = [scene.ask("GET", path.format(event=scene.event["id"])) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths), answers[0].text
    named = [answer.headers.get("X-Left-Out", "") for answer in answers]
    assert table == "setting" or any(table in one for one in named), "settings are read once, and named in the log"
