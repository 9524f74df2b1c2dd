"""Help in the product: each step's links open, each call runs as it is shown, and the tables are there."""

import json
import re
import shutil
import subprocess
from html import unescape

import pytest

from mispmini.application import BLUEPRINTS
from mispmini.web.guide_steps import CHAPTERS, step_of
from tests.web.callers import Browser
from tests.web.conftest import ADMIN, PUBLISHER, READ_ONLY, Site

CALL = re.compile(r'<pre id="curl-(\w+)">(.*?)</pre>', re.DOTALL)
MAIN_LINK = re.compile(r'<a class="button" href="([^"]+)"')


@pytest.fixture(scope="module")
def help_page(site: Site) -> str:
    """The page as the site admin reads it."""
    return Browser(site, site.email(ADMIN)).get("/help").text


def test_it_has_the_eleven_steps_in_the_guides_order(help_page: str) -> None:
    assert re.findall(r'id="step-(\d+)"', help_page) == [str(number) for number in range(1, 12)]
    assert len(CHAPTERS) == 11


def test_every_link_of_a_step_opens(site: Site, help_page: str) -> None:
    person = Browser(site, site.email(ADMIN))
    links = set(map(unescape, MAIN_LINK.findall(help_page)))
    assert len(links) > 15
    assert {path: person.get(path).status_code for path in links} == dict.fromkeys(links, 200)


def test_whoever_is_no_admin_gets_no_link_that_is_refused(site: Site) -> None:
    person = Browser(site, site.email(READ_ONLY))
    links = set(map(unescape, MAIN_LINK.findall(person.get("/help").text))) - {"/events/add", "/auth_keys/add"}
    assert {path: person.get(path).status_code for path in links} == dict.fromkeys(links, 200)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
@pytest.mark.parametrize("name", ["version", "add", "events", "domains"])
def test_a_call_works_as_it_is_shown(site: Site, help_page: str, name: str) -> None:
    calls = {found: unescape(text) for found, text in CALL.findall(help_page) if found != "key"}
    assert set(calls) == {"version", "add", "events", "domains"}
    key = {"AUTHKEY": site.key(PUBLISHER)}
    done = subprocess.run(["/bin/sh", "-c", calls[name]], capture_output=True, text=True, env=key, timeout=20)
    assert done.returncode == 0, done.stderr
    told = "" if name == "domains" else json.loads(done.stdout)
    expected = {"version": "perm_sync", "add": "Event", "events": "response", "domains": ""}[name]
    assert expected in told, done.stdout


def test_it_prints_who_gives_what_to_whom_and_what_becomes_of_a_distribution(help_page: str) -> None:
    assert "443" in help_page
    assert len(re.findall(r'<tr><th scope="row">', help_page)) == 6 + 5


def test_a_page_names_its_step(site: Site) -> None:
    assert 'href="/help#step-8"' in Browser(site, site.email(ADMIN)).get("/servers/index").text
    assert step_of("home.home") is None


def test_steps_name_endpoints_that_exist() -> None:
    names = {blueprint.name for blueprint in BLUEPRINTS}
    assert {name for name in names if step_of(f"{name}.index")} >= {"events", "servers", "auth_keys", "sharing_groups"}
