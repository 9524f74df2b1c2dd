"""The second factor: turned on with an app's code, asked for at sign-in, satisfied once by a code (TRUST §5)."""

import json
import re
from pathlib import Path

import pyotp
import pytest

from mispmini.domain import clock
from mispmini.services import signing_in
from mispmini.store import database
from mispmini.store.sealing import data_folder
from mispmini.store.sql import execute, scalar
from tests.web.browsing import Browser, Reader
from tests.web.callers import Caller
from tests.web.conftest import ADMIN, PASSWORD, USER, Site, csrf_of

STEP = 30


class Owner(Reader):
    """Somebody with a telephone."""

    def __init__(self, site: Site, role_id: int = USER) -> None:
        super().__init__(site)
        self.email = site.email(role_id)
        self.seed = ""
        self.recovery: list[str] = []

    def turns_it_on(self) -> str:
        """Scan, type the code, keep the recovery codes; the page that shows them."""
        self.sign_in(self.email)
        page = self.read("/users/totp_new")
        found = re.search(r'name="seed" value="([A-Z2-7]{32})"', page)
        assert found
        self.seed = found[1]
        answer = self.submit("/users/totp_new", page, seed=self.seed, code=self.code(), current_password=PASSWORD)
        self.recovery = re.findall(r"<li>([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</li>", answer)
        return answer

    def code(self, steps_from_now: int = 0) -> str:
        """What the telephone shows."""
        return pyotp.TOTP(self.seed).at(clock.now() + steps_from_now * STEP)

    def fresh_browser(self) -> Reader:
        """Another browser, the password typed."""
        other = Reader(self.site)
        answer = other.sign_in(self.email, go_to="/events/index")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/users/otp")
        return other


def forget_the_used_step(owner: Owner) -> None:
    """As if half a minute had gone by."""
    with database.writing():
        execute('UPDATE "user" SET totp_step = 0 WHERE folded_email = ?', (owner.email,))


def gives(browser: Reader, code: str) -> tuple[int, str]:
    """Send the form of the code: the status, and where it leads."""
    answer = browser.open(
        "/users/otp", "POST", data={"csrf_token": csrf_of(browser.open("/users/otp").text), "code": code}
    )
    return answer.status_code, answer.headers.get("Location", "")


def is_in(browser: Browser) -> bool:
    """Whether the browser is signed in."""
    return browser.open("/users/checkIfLoggedIn").status_code == 200


@pytest.fixture
def owner(site: Site) -> Owner:
    """An account that has turned it on."""
    owner = Owner(site)
    owner.turns_it_on()
    return owner


def test_ten_recovery_codes_are_shown_and_the_profile_says_that_it_is_on(owner: Owner) -> None:
    assert len(set(owner.recovery)) == 10
    assert "10 recovery codes are left." in owner.read("/users/view/me")


def test_the_password_alone_lets_nobody_in(owner: Owner) -> None:
    browser = owner.fresh_browser()
    assert not is_in(browser)
    assert browser.open("/events/index").status_code == 302


def test_the_code_lets_in_and_leads_where_one_wanted_to_go(owner: Owner) -> None:
    browser = owner.fresh_browser()
    assert gives(browser, owner.code(1)) == (302, "/events/index")
    assert is_in(browser)


@pytest.mark.parametrize("typed", ["{code}", "{code} ", "{first} {last}"], ids=["plain", "blank", "in groups"])
def test_a_code_works_once_however_it_is_typed(owner: Owner, typed: str) -> None:
    code = owner.code(1)
    written = typed.format(code=code, first=code[:3], last=code[3:])
    assert gives(owner.fresh_browser(), written)[0] == 302
    assert gives(owner.fresh_browser(), written)[0] == 403


@pytest.mark.parametrize("steps", [-3, 3], ids=["too old", "too early"])
def test_a_code_of_another_time_is_wrong(owner: Owner, steps: int) -> None:
    forget_the_used_step(owner)
    browser = owner.fresh_browser()
    assert gives(browser, owner.code(steps))[0] == 403
    assert not is_in(browser)


def test_a_recovery_code_works_once_in_any_case(owner: Owner) -> None:
    code = owner.recovery[0].lower()
    assert gives(owner.fresh_browser(), code)[0] == 302
    assert gives(owner.fresh_browser(), code)[0] == 403
    assert gives(owner.fresh_browser(), owner.recovery[1].replace("-", " "))[0] == 302


def test_five_wrong_codes_lock_the_account_even_for_a_right_one(owner: Owner) -> None:
    browser = owner.fresh_browser()
    assert [gives(browser, "000000")[0] for _ in range(5)][-1] == 429
    assert gives(browser, owner.code(1))[0] == 429


def test_codes_are_guessed_from_many_addresses_no_faster(owner: Owner) -> None:
    user_id = scalar('SELECT id FROM "user" WHERE folded_email = ?', (owner.email,))
    for place in range(5):
        with pytest.raises(signing_in.WrongLogin):
            signing_in.complete(user_id, "000000", f"192.0.2.{place}")
    with pytest.raises(signing_in.LockedOut):
        signing_in.complete(user_id, owner.code(1), "192.0.2.9")
    signing_in.unlock(owner.email)
    assert signing_in.complete(user_id, owner.code(1), "192.0.2.9").email == owner.email


def test_a_cookie_that_waits_for_a_code_is_over_after_five_minutes(
    owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = owner.fresh_browser()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + 301)
    assert browser.open("/users/otp").headers["Location"].endswith("/users/login")


def test_without_the_password_there_is_no_form_of_the_code(site: Site) -> None:
    assert Browser(site).open("/users/otp").status_code == 302


@pytest.mark.parametrize(
    ("field", "value"),
    [("code", "000000"), ("current_password", "not it"), ("seed", "AAAA")],
    ids=["code", "password", "a short seed"],
)
def test_turning_it_on_wants_code_and_password_and_keeps_the_seed(site: Site, field: str, value: str) -> None:
    owner = Owner(site)
    owner.sign_in(owner.email)
    page = owner.read("/users/totp_new")
    owner.seed = re.findall(r'name="seed" value="(\w+)"', page)[0]
    fields = {"seed": owner.seed, "code": owner.code(), "current_password": PASSWORD, field: value}
    shown = owner.submit("/users/totp_new", page, **fields)
    assert "wrong" in shown
    assert (owner.seed in shown) == (field != "seed")
    assert not totp_is_on(owner)


def test_turning_it_off_wants_the_password(owner: Owner) -> None:
    profile = owner.read("/users/totp_delete/me")
    assert "wrong" in owner.submit("/users/totp_delete/me", profile, current_password="not it")
    assert totp_is_on(owner)
    assert owner.submit("/users/totp_delete/me", profile, current_password=PASSWORD) == "/users/view/me"
    assert not totp_is_on(owner)
    assert owner.sign_in(owner.email).headers["Location"] != "/users/otp"


def test_a_taken_session_does_not_find_out_the_password(owner: Owner) -> None:
    page = owner.read("/users/totp_delete/me")
    for _ in range(5):
        owner.submit("/users/totp_delete/me", page, current_password="not it")
    assert "Too many wrong attempts." in owner.submit("/users/totp_delete/me", page, current_password=PASSWORD)
    assert totp_is_on(owner)


def test_an_admin_turns_it_off_for_who_lost_the_telephone_and_a_colleague_cannot(site: Site, owner: Owner) -> None:
    number = scalar('SELECT id FROM "user" WHERE folded_email = ?', (owner.email,))
    assert Caller(site, site.key(USER)).post(f"/users/totp_delete/{number}").status_code in (403, 404, 405)
    assert totp_is_on(owner)
    page = Reader(site)
    page.sign_in(site.email(ADMIN))
    assert "Turn off the second factor" in page.read(f"/admin/users/edit/{number}")
    assert Caller(site, site.admin_key).post(f"/users/totp_delete/{number}").json()["message"] == "TOTP deleted."
    assert not totp_is_on(owner)


def test_keys_are_never_asked_and_turn_neither_on_nor_off_what_is_their_owner_s(site: Site) -> None:
    assert Caller(site, site.admin_key).get("/users/totp_new").status_code == 403
    assert Caller(site, site.admin_key).post("/users/totp_delete/me").status_code == 403


def test_the_instance_may_ask_nobody(site: Site, owner: Owner) -> None:
    admin = Caller(site, site.admin_key)
    admin.post("/servers/serverSettingsEdit/Security.otp_disabled", {"value": True})
    try:
        assert owner.sign_in(owner.email).headers["Location"] != "/users/otp"
    finally:
        admin.post("/servers/serverSettingsEdit/Security.otp_disabled", {"value": False})


def test_the_seed_is_sealed_and_goes_with_the_factor(owner: Owner) -> None:
    database_file = (data_folder() / "mispmini.db").read_bytes() + Path(
        f"{data_folder() / 'mispmini.db'}-wal"
    ).read_bytes()
    assert owner.seed.encode() not in database_file
    assert owner.seed in json.loads((data_folder() / "secrets.json").read_text()).values()
    owner.submit("/users/totp_delete/me", owner.read("/users/totp_delete/me"), current_password=PASSWORD)
    assert owner.seed not in json.loads((data_folder() / "secrets.json").read_text()).values()


def test_the_seed_goes_with_its_account(site: Site, owner: Owner) -> None:
    number = scalar('SELECT id FROM "user" WHERE folded_email = ?', (owner.email,))
    Caller(site, site.admin_key).post(f"/admin/users/delete/{number}")
    assert owner.seed not in (data_folder() / "secrets.json").read_text()


def test_turning_it_on_ends_sessions_that_a_password_alone_began(site: Site) -> None:
    owner, other = Owner(site), Reader(site)
    other.sign_in(owner.email)
    owner.turns_it_on()
    assert is_in(owner)
    assert not is_in(other)


def totp_is_on(owner: Owner) -> bool:
    """Whether the account is asked for codes."""
    return scalar('SELECT totp_secret FROM "user" WHERE folded_email = ?', (owner.email,)) is not None
