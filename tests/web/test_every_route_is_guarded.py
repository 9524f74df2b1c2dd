"""TRUST S9 for every route there is: no cookie changes anything without our form, and no GET changes anything."""

import re
from collections.abc import Iterator

import pytest
from werkzeug.routing import Rule

from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReportDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event
from mispmini.store.database import change_counter
from tests.calling import call
from tests.web.callers import Browser
from tests.web.conftest import ADMIN, MACHINE, Site


def _rules(site: Site, method: str) -> Iterator[Rule]:
    found = (rule for rule in site.app.url_map.iter_rules() if method in (rule.methods or ()))
    return (rule for rule in found if rule.endpoint != "static" and not rule.rule.startswith("/rare_specimens"))


def _path(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "1", rule.rule)


@pytest.fixture(scope="module")
def held(site: Site) -> Site:
    """The site, with one of each element."""
    inside = AttributeDraft(type="filename", value="a.exe", object_relation="filename")
    add_event(
        Viewer.everything(org_id=site.org_id),
        EventDraft(
            info="x",
            attributes=(AttributeDraft(type="domain", value="a.example"),),
            objects=(ObjectDraft(name="file", meta_category="file", template_uuid=new_uuid(), attributes=(inside,)),),
            reports=(ReportDraft("r", "c"),),
        ),
    )
    return site


def test_a_cookie_without_our_form_is_refused_by_every_route_that_changes_something(held: Site) -> None:
    browser = Browser(held, held.email(ADMIN))
    before, open_doors = change_counter(), []
    for method in ("POST", "PUT", "DELETE"):
        for rule in _rules(held, method):
            told = browser.http.request(method, held.url + _path(rule), json={}, allow_redirects=False, timeout=10)
            if told.status_code != 400:
                open_doors.append((method, rule.rule, told.status_code))
    judged = {rule.rule for rule in held.app.url_map.iter_rules() if _checks_itself(held, rule)}
    assert [door for door in open_doors if door[1] not in judged] == []
    assert change_counter() == before


def _checks_itself(site: Site, rule: Rule) -> bool:
    return bool(getattr(site.app.view_functions[rule.endpoint], "checks_form_itself", False))


@pytest.mark.parametrize("accepts", ["application/json", "text/html"])
def test_no_get_of_a_site_admin_changes_anything(held: Site, accepts: str) -> None:
    key = held.key(ADMIN)
    changing = []
    for rule in _rules(held, "GET"):
        before = change_counter()
        headers = {**MACHINE, "Accept": accepts, "Authorization": key}
        call("GET", held.url + _path(rule), headers=headers, allow_redirects=False, timeout=10)
        if change_counter() != before:
            changing.append(rule.rule)
    assert changing == []
