"""Who is let in by password: sessions, forms of other sites, the lock (TRUST S8, S9, S10, S15)."""

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from mispmini.services import accounts, authentication, signing_in
from mispmini.store import lockout, people
from mispmini.store.database import writing
from mispmini.store.sql import execute, rows, scalar
from mispmini.web.answer import local_path
from tests.web.browsing import Browser
from tests.web.conftest import FAILED, MACHINE, PASSWORD, Site, csrf_of, refused

WRONG = "Z" * 40


@pytest.fixture
def browser(site: Site) -> Browser:
    """A fresh browser."""
    return Browser(site)


# Sessions -------------------------------------------------------------------------------------------------------------


def test_a_login_opens_the_door_for_programs_too(site: Site, browser: Browser) -> None:
    assert browser.open("/users/checkIfLoggedIn").headers["Location"] == f"{site.url}/users/login"
    response = browser.sign_in(site.email())
    assert (response.status_code, response.headers["Location"]) == (302, "/users/checkIfLoggedIn")
    assert browser.open("/events/index.json").json() == []


def test_the_login_page_has_exactly_one_form(browser: Browser) -> None:
    page = browser.open("/users/login").text
    assert page.count("<form") == 1
    assert 'name="data[User][email]"' in page
    assert 'name="data[User][password]"' in page


def test_the_cookie_is_hard_to_get_at(site: Site, browser: Browser) -> None:
    header = browser.sign_in(site.email()).headers["Set-Cookie"]
    assert re.match(r"mispmini-[0-9a-f]{8}=s\.[\w-]{43}; HttpOnly; Path=/; SameSite=Lax\Z", header)


def test_a_login_changes_the_cookie_and_the_forms_secret(site: Site, browser: Browser) -> None:
    before, secret = browser.cookie() if browser.cookies else (), browser.secret()
    visitor = browser.cookie()
    browser.sign_in(site.email())
    assert browser.cookie() not in (before, visitor)
    assert browser.open("/users/logout", "POST", data={"csrf_token": secret}).status_code == 400


def test_logout_kills_a_copied_cookie(site: Site, browser: Browser) -> None:
    browser.sign_in(site.email())
    thief = Browser(site)
    thief.cookies.set(*browser.cookie())
    assert thief.open("/events/index").status_code == 200
    response = browser.open("/users/logout", "POST", data={"csrf_token": browser.secret()})
    assert (response.status_code, response.headers["Location"]) == (303, "/users/login")
    assert thief.open("/events/index").headers["Location"] == f"{site.url}/users/login"
    assert thief.open("/events/index.json").json() == refused(FAILED, "/events/index.json")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE user SET disabled = 1 WHERE id = :user", id="disabled"),
        pytest.param("UPDATE session SET last_seen = last_seen - 1801 WHERE user_id = :user", id="idle"),
        pytest.param("UPDATE session SET created = created - 43201 WHERE user_id = :user", id="twelve-hours"),
        pytest.param("DELETE FROM user WHERE id = :user", id="gone"),
    ],
)
def test_a_session_ends(site: Site, browser: Browser, change: str) -> None:
    email = site.email()
    browser.sign_in(email)
    login = people.find_any_login(email)
    assert login is not None
    assert browser.open("/events/index").status_code == 200
    with writing():
        execute(change.replace(":user", "?"), (login.user_id,))
    assert browser.open("/events/index").status_code == 302


def test_a_new_password_ends_every_session(site: Site, browser: Browser) -> None:
    email = site.email()
    browser.sign_in(email)
    login = people.find_any_login(email)
    assert login is not None
    viewer = authentication.viewer_of_user(login.user_id, "127.0.0.1")
    assert viewer is not None
    accounts.change_password(viewer, "another brown horse, running", current_password=PASSWORD)
    assert browser.open("/events/index").status_code == 302


def test_a_visitors_page_stores_nothing(site: Site, browser: Browser) -> None:
    before = scalar("SELECT COUNT(*) FROM session")
    browser.open("/users/login?language=pt_BR")
    assert "Entrar" in browser.open("/users/login").text
    assert scalar("SELECT COUNT(*) FROM session") == before


@pytest.mark.parametrize("value", ["s.nonsense", "v.nonsense", "v.e30.x.y", "s.", "x", "s.' OR 1"])
def test_a_made_up_cookie_is_no_session(site: Site, browser: Browser, value: str) -> None:
    browser.open("/users/login")
    name, _value = browser.cookie()
    assert browser.open("/events/index", headers={"Cookie": f"{name}={value}"}).status_code == 302


def test_only_the_hash_of_the_cookie_is_kept(site: Site, browser: Browser) -> None:
    browser.sign_in(site.email())
    secret = browser.cookie()[1].removeprefix("s.")
    assert not [r for r in rows("SELECT * FROM session") if secret in str(r)]


@pytest.mark.parametrize(
    ("wish", "path"),
    [
        ("/events/view/7?x=1", "/events/view/7?x=1"), ("", "/"), ("//evil.test", "/"), ("/\\evil.test", "/"),
        ("https:evil.test", "/"), ("https://evil.test/", "/"), ("javascript:alert(1)", "/"), ("evil.test", "/"),
        ("/\t/evil.test", "/"), ("\n//evil.test", "/"), ("///evil.test", "/"), ("/a\r\nSet-Cookie: x", "/"),
        ("//[", "/"), ("http://[::1", "/"), ("/[x", "/[x"),
    ],
)  # fmt: skip
def test_where_a_login_leads(wish: str, path: str) -> None:
    assert local_path(wish) == path


# Forms of other sites -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "with_secret", "status"),
    [
        pytest.param({}, True, 303, id="our-own-form"),
        pytest.param({}, False, 400, id="without-the-secret"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, True, 403, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, True, 303, id="same-origin"),
        pytest.param({"Origin": "https://evil.test"}, True, 403, id="foreign-origin"),
        pytest.param({"Origin": "null"}, True, 403, id="hidden-origin"),
        pytest.param({"Origin": "http://[::1"}, True, 403, id="broken-origin"),
        pytest.param({"Content-Type": "application/json"}, False, 400, id="json-is-no-way-round"),
        pytest.param({"Content-Type": "text/plain"}, False, 400, id="nor-is-plain-text"),
        pytest.param({"Authorization": "Basic dTpw"}, False, 400, id="nor-a-proxys-login"),
        pytest.param({"Authorization": WRONG}, False, 302, id="nor-a-wrong-key"),
    ],
)
def test_a_cookie_alone_changes_nothing(
    site: Site, browser: Browser, headers: Mapping[str, str], with_secret: bool, status: int
) -> None:
    browser.sign_in(site.email())
    fields = {"csrf_token": browser.secret()} if with_secret else {}
    response = browser.open("/rare_specimens/change", "POST", data=fields, headers=dict(headers))
    assert response.status_code == status


def test_a_key_needs_no_form(site: Site) -> None:
    headers = {**MACHINE, "Authorization": site.key()}
    assert site.post("/rare_specimens/change", headers=headers).json()["saved"] is True


def test_a_stranger_without_key_or_cookie_hears_that_first(site: Site) -> None:
    response = site.post("/events/add", json={"info": "x"}, headers=MACHINE)
    assert (response.status_code, response.json()) == (403, refused(FAILED, "/events/add"))


def test_a_stale_login_form_keeps_what_was_typed(site: Site, browser: Browser) -> None:
    response = browser.open("/users/login", "POST", data={"data[User][email]": "a@b.test", "csrf_token": "old"})
    assert response.status_code == 400
    assert 'value="a@b.test"' in response.text
    assert csrf_of(response.text)


def test_logging_out_by_a_link_is_not_possible(site: Site, browser: Browser) -> None:
    browser.sign_in(site.email())
    assert browser.open("/users/logout").status_code == 405
    assert browser.open("/events/index").status_code == 200


# Guessing -------------------------------------------------------------------------------------------------------------


def test_the_sixth_guess_is_refused_by_every_door_and_spelling(site: Site, browser: Browser) -> None:
    email = site.email()
    assert [browser.sign_in(email, "wrong").status_code for _ in range(5)] == [403] * 5
    number = email.removeprefix("user").partition("@")[0]
    for spelling in (email, email.upper(), f"  {email} ", f"ｕｓｅｒ{number}@acme.test"):
        assert browser.sign_in(spelling).status_code == 429
        fields = {"email": spelling, "password": PASSWORD}
        for method in ("POST", "PUT"):
            for basic in (None, (spelling.strip().encode(), PASSWORD)):
                answer = browser.open("/users/login", method, json=fields, headers=MACHINE, auth=basic)
                assert (answer.status_code, answer.headers["Retry-After"]) == (429, "300")
    signing_in.unlock(email)
    assert browser.sign_in(email).status_code == 302


@pytest.mark.parametrize("path", ["/events/index", "/users/login", "/"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"], ids=["right", "wrong"])
def test_http_basic_is_no_way_to_guess(site: Site, path: str, password: str) -> None:
    email = site.email()
    answers = [
        requests.request(method, site.url + path, auth=(email, password), headers=MACHINE, timeout=10)
        for method in ("GET", "POST", "PUT")
    ]
    assert {answer.status_code for answer in answers} <= {200, 400, 403, 404, 405}
    stranger = [requests.request(m, site.url + path, headers=MACHINE, timeout=10) for m in ("GET", "POST", "PUT")]
    assert [answer.status_code for answer in answers] == [answer.status_code for answer in stranger]
    assert site.get("/events/index", headers=MACHINE, cookies=answers[1].cookies).status_code == 403


def test_parallel_guesses_do_not_outrun_the_lock(site: Site) -> None:
    email = site.email()
    browsers = [Browser(site) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(lambda one: one.sign_in(email, "wrong").status_code, browsers))
    assert told == [403] * 5 + [429] * 3


def test_a_right_password_forgets_the_wrong_ones(site: Site, browser: Browser) -> None:
    email = site.email()
    for _ in range(2):
        browser.sign_in(email, "wrong")
    assert browser.sign_in(email).status_code == 302
    assert scalar("SELECT COUNT(*) FROM login_failure WHERE folded_email = ?", (email,)) == 0


@pytest.mark.parametrize("seconds", [-86400, 86400])
def test_a_changed_clock_unlocks_nothing(site: Site, seconds: int) -> None:
    email = f"clock{seconds}@acme.test"
    with writing():
        for _ in range(5):
            lockout.note_failure(email, "192.0.2.1")
        execute("UPDATE login_failure SET time = time + ? WHERE folded_email = ?", (seconds, email))
    with pytest.raises(signing_in.LockedOut):
        signing_in.refuse_locked(email, "192.0.2.1")
    signing_in.refuse_locked(email, "192.0.2.2")


def test_a_stranger_and_a_wrong_password_look_the_same(site: Site, browser: Browser) -> None:
    pages = [browser.sign_in(email, "wrong") for email in (site.email(), "nobody@acme.test")]
    known, unknown = (re.sub(r'value="[^"]*"', "", page.text) for page in pages)
    assert known == unknown
    assert {page.status_code for page in pages} == {403}


@pytest.mark.parametrize("columns", [{"disabled": True}, {"expiration": 1}, {"password_hash": None}])
def test_an_account_that_may_not_log_in_does_not(site: Site, browser: Browser, columns: dict[str, Any]) -> None:
    assert browser.sign_in(site.email(**columns)).status_code == 403
