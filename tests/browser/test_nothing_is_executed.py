"""TRUST S1, G9: what partners write is text on every page, whatever it looks like (CVE-2019-11813, CVE-2021-36212,
CVE-2022-29531, CVE-2024-33855)."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from playwright.sync_api import Dialog

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.origin import Origin, Way
from mispmini.domain.people import KeyDraft
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import authkeys, events, publishing, servers
from mispmini.services.authentication import viewer_of_user
from mispmini.store.sql import rows, scalar
from mispmini.wire.event_in import read_event
from tests.browser.conftest import NewPage, Scene
from tests.browser.test_event_pages import MORE_PAGES, PAGES

MARK = "planted"
EVIL = f"\"'><img src=x {MARK}=1 onerror=alert(1)><svg/onload=alert(2) {MARK}><script {MARK}>alert(3)</script>"
LINK = f"javascript:alert('{MARK}')"
TABS = ("", "?deleted=1", "?extended=1", "?tab=reports", "?tab=related", "?tab=sharing", "?tab=history")
FOUND_BY_IT = ("/events/index?q=planted", "/attributes/search?value=planted", "/logs/index?title=planted")


def _record(**more: Any) -> dict[str, Any]:
    return {"uuid": new_uuid(), "timestamp": "1700000000", "distribution": "3", "comment": EVIL, **more}


def _event(shared: str) -> dict[str, Any]:
    """An event as a partner pushes it, with something planted in each text."""
    org = {"uuid": new_uuid(), "name": f"{EVIL}{shared}"}
    tag = {"name": EVIL, "colour": '#fff"onclick=alert(4)', "relationship_type": EVIL}
    galaxy = {"name": f'misp-galaxy:threat-actor="{EVIL}"'}
    value = _record(type="text", category=EVIL, value=EVIL, Tag=[tag, galaxy])
    link = _record(type="link", category="External analysis", value=LINK)
    file = _record(type="attachment", category="Payload delivery", value=f"{EVIL}.html", data="PHNjcmlwdD4=")
    inside = _record(type="text", value=EVIL, object_relation=EVIL)
    obj = _record(name=EVIL, description=EVIL, template_uuid=new_uuid(), template_version=1, Attribute=[inside])
    report = _record(name=EVIL, content=f"{EVIL}\n\n[x]({LINK}) ![x]({LINK}) <b {MARK}>x</b> `{EVIL}`")
    note = {
        "uuid": new_uuid(), "note": EVIL, "language": EVIL, "authors": EVIL, "distribution": "3",
        "modified": "2026-01-01 00:00:00", "created": "2026-01-01 00:00:00", "object_type": "Event",
    }  # fmt: skip
    return {
        **_record(info=f"{EVIL} {shared}", published=True, date="2026-01-01"), "Orgc": org, "Tag": [tag, galaxy],
        "Attribute": [value, link, file], "Object": [{**obj, "meta-category": EVIL}], "EventReport": [report],
        "Note": [note], EVIL: EVIL,
    }  # fmt: skip


@pytest.fixture(scope="module")
def planted(scene: Scene) -> list[str]:
    """The pages to look at, after two such events and everything else with a text came in."""
    org_id, user_id = rows("SELECT org_id, id FROM user")[0]
    viewer = Viewer.everything(org_id=int(org_id))
    origin, numbers = Origin(Way.PULL, int(org_id), link_org_id=int(org_id)), []
    for shared in ("one", "two"):
        saved = events.add_event(viewer, read_event(_event(shared), from_partner=True), origin)
        publishing.publish_event(viewer, saved.uuid)
        numbers.append(saved.event_id)
    admin = viewer_of_user(int(user_id), "127.0.0.1")
    assert admin is not None
    authkeys.create_authkey(admin, "me", KeyDraft(comment=EVIL))
    url = "https://misp.evil.example"
    servers.add_server(
        viewer, ServerDraft(name=EVIL, url=url, authkey=new_authkey(), new_org=OrganisationDraft(new_uuid(), EVIL))
    )
    assert scalar("SELECT count(*) FROM attribute WHERE event_id = ?", (numbers[0],)) >= 3
    mine = [f"/events/view/{number}{tab}" for number in numbers for tab in TABS]
    others = [path.format(event=scene.event, draft=scene.draft, uuid=scene.uuid) for path in (*PAGES, *MORE_PAGES)]
    twins = [path.replace("/1", f"/{numbers[0]}") for path in others if "/1" in path and "{" not in path]
    return list(dict.fromkeys((*mine, *FOUND_BY_IT, *others, *twins)))


class _Elements(HTMLParser):
    """Elements that came from data, and links that lead to no page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one that should not be there."""
        given = dict(attrs)
        if MARK in given or any(name.startswith("on") for name in given):
            self.found.append(f"<{tag} {given}>")
        for name in ("href", "src", "action", "formaction"):
            scheme = (given.get(name) or "").strip().lower().partition(":")[0]
            if scheme in ("javascript", "vbscript") or (scheme == "data" and tag == "a"):
                self.found.append(f"<{tag} {name}={given[name]}>")


@pytest.fixture(scope="module")
def session(scene: Scene) -> Iterator[requests.Session]:
    """A program that reads pages as the admin."""
    (user_id,) = rows("SELECT id FROM user ORDER BY id LIMIT 1")[0]
    admin = viewer_of_user(int(user_id), "127.0.0.1")
    assert admin is not None
    key = authkeys.create_authkey(admin, "me", KeyDraft(comment="reads")).raw
    with requests.Session() as http:
        http.headers.update({"Authorization": key, "Accept": "text/html"})
        yield http


def test_no_page_has_an_element_that_came_from_data(
    planted: list[str], session: requests.Session, scene: Scene
) -> None:
    showing, wrong = 0, {}
    for path in planted:
        told = session.get(scene.url + path, timeout=20)
        assert told.status_code < 500, path
        elements = _Elements()
        elements.feed(told.text)
        showing += MARK in told.text
        if elements.found:
            wrong[path] = elements.found
    assert wrong == {}
    assert showing > 20


@pytest.mark.slow
def test_no_page_runs_anything_in_a_browser(
    planted: list[str], session: requests.Session, scene: Scene, new_page: NewPage
) -> None:
    page = new_page()
    spoken: list[str] = []

    def hear(dialog: Dialog) -> None:
        spoken.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", hear)
    for path in planted:
        if session.get(scene.url + path, timeout=20).status_code != 200:
            continue
        page.goto(path)
        assert page.locator(f"[{MARK}]").count() == 0, path
        assert page.locator("a[href^='javascript:' i]").count() == 0, path
    assert spoken == []
