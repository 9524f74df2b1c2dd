"""Authkeys: what a real MISP refuses, word by word, and what is noted of it (MODEL §5.1, §5.6, TRUST S14)."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from mispmini.domain import clock
from mispmini.services import authentication
from mispmini.services.authkeys import is_allowed_from
from mispmini.store import people
from mispmini.store.database import writing
from mispmini.store.sql import execute, row, rows, scalar
from tests.web.conftest import FAILED, MACHINE, PEOPLE, SYNC_USER, Site, refused

DISABLED = "Authentication failed. Your user account has been disabled."
NOT_ALLOWED = "You do not have permission to use this functionality."
WRONG = "Z" * 40
RECORDED_END, IN_2100 = "2027-01-01", 4102444800
SAMPLES = Path(os.environ.get("MISPMINI_WIRE", Path(__file__).resolve().parents[3] / "shared" / "wire")) / "samples"


@pytest.mark.parametrize(
    "sample",
    ["90-no-key", "90b-no-key-html", "90c-no-key-dotjson", "91-wrong-key", "91b-short-key", "91c-wrong-key-post",
     "94-readonly-role-writing", "94b-read_only-key-writing", "94c-read_only-key-reading"],
)  # fmt: skip
def test_what_a_real_misp_refuses_we_refuse_word_by_word(site: Site, sample: str) -> None:
    path = SAMPLES / f"{sample}.json"
    if not path.exists():
        if os.environ.get("MISPMINI_REQUIRE_WIRE"):
            pytest.fail(f"{path} is missing")
        pytest.skip("the recordings are not here")
    recorded = json.loads(path.read_text(encoding="utf-8"))
    asked, answered = recorded["request"], recorded["response"]
    ours = {"94": lambda: site.key(6), "94b": lambda: site.key(read_only=True, expiration=IN_2100),
            "94c": lambda: site.key(read_only=True, expiration=IN_2100)}  # fmt: skip
    headers = dict(asked["headers"])
    if (make := ours.get(sample.split("-")[0])) is not None:
        headers["Authorization"] = make()
    body = None if asked["body"] is None else json.dumps(asked["body"])
    response = requests.request(
        asked["method"], site.url + asked["path"], headers=headers, data=body, allow_redirects=False, timeout=10
    )
    assert response.status_code == answered["status"]
    if response.status_code == 403:
        assert response.json() == answered["body"]
    if response.status_code == 302:
        assert response.headers["Location"] == f"{site.url}/users/login"
    end = answered["headers"].get("X-Auth-Key-Expiration")
    assert response.headers.get("X-Auth-Key-Expiration") == (end and end.replace(RECORDED_END, "2100-01-01"))


@pytest.mark.parametrize(
    "header",
    ["", ",", ",,,", "null", "[]", WRONG, "a" * 39, "a" * 41, "Bearer " + "a" * 40, "é" * 20, "' OR 1=1 --"],
)
def test_what_is_no_key_lets_nobody_in(site: Site, header: str) -> None:
    response = site.get("/events/index", headers={**MACHINE, "Authorization": header.encode()})
    assert (response.status_code, response.json()) == (403, refused(FAILED, "/events/index"))


@pytest.mark.parametrize("key", [{}, {"Authorization": WRONG}], ids=["none", "wrong"])
def test_a_pages_script_is_told_in_two_words(site: Site, key: dict[str, str]) -> None:
    """PROTOCOL §1.2, `X-Requested-With`."""
    headers = {"Accept": "application/json", "X-Requested-With": "XMLHttpRequest", **key}
    response = requests.get(f"{site.url}/events/index", headers=headers, timeout=10)
    told = {"name": "Authentication failed.", "message": "Authentication failed.", "url": "/events/index"}
    assert (response.status_code, response.json()) == (403, told)


def test_the_ends_of_a_key_are_not_the_key(site: Site) -> None:
    almost = site.admin_key[:4] + "0" * 32 + site.admin_key[-4:]
    assert get(site, Authorization=almost).status_code == 403


def test_one_of_several_keys_is_enough(site: Site) -> None:
    assert get(site, Authorization=f"{WRONG}, {site.key()}").status_code == 200


def test_the_other_header_wins(site: Site) -> None:
    key = site.key()
    assert get(site, Authorization=WRONG, **{"X-MISP-AUTH": key}).status_code == 200
    assert get(site, Authorization=key, **{"X-MISP-AUTH": WRONG}).status_code == 403


@pytest.mark.parametrize(
    ("make", "cause", "sentence"),
    [
        pytest.param(lambda site: site.key(expiration=1), "expired", FAILED, id="expired"),
        pytest.param(lambda site: site.key(disabled=True), "disabled", DISABLED, id="disabled"),
        pytest.param(
            lambda site: site.key(allowed_ips=["192.0.2.0/24"]), "ip",
            "It is not possible to use this Auth key from your IP address", id="elsewhere",
        ),
        pytest.param(lambda site: site.key(keyless_role()), "role", FAILED, id="role-without-keys"),
        pytest.param(lambda site: "0123" + "x" * 36, "unknown", FAILED, id="unknown"),
    ],
)  # fmt: skip
def test_each_refusal_is_said_and_listed(site: Site, make: Callable[[Site], str], cause: str, sentence: str) -> None:
    key = make(site)
    response = get(site, Authorization=key)
    assert (response.status_code, response.json()) == (403, refused(sentence, "/events/index"))
    listed = row("SELECT authkey_start, cause, address FROM key_refusal ORDER BY id DESC LIMIT 1")
    assert listed == (key[:4], cause, "127.0.0.1")


@pytest.mark.parametrize(
    ("allowed", "address", "is_allowed"),
    [
        (["192.0.2.7"], "192.0.2.7", True), (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["192.0.2.0/24"], "198.51.100.1", False), (["2001:db8::/32"], "2001:db8::1", True),
        (["192.0.2.7"], "", False), ([], "198.51.100.1", True),
    ],
)  # fmt: skip
def test_addresses_of_a_key(allowed: list[str], address: str, is_allowed: bool) -> None:
    assert is_allowed_from(allowed, address) is is_allowed


def test_a_disabled_account_is_out_with_its_next_request(site: Site) -> None:
    key = site.key()
    assert get(site, Authorization=key).status_code == 200
    user_id = scalar("SELECT user_id FROM auth_key ORDER BY id DESC LIMIT 1")
    with writing():
        people.update_user(user_id, {"disabled": True})
    assert get(site, Authorization=key).json() == refused(DISABLED, "/events/index")


def test_the_use_of_a_key_is_noted_once_a_minute(site: Site) -> None:
    key = site.key()
    get(site, Authorization=key)
    key_id, used = row("SELECT id, last_used FROM auth_key ORDER BY id DESC LIMIT 1") or ()
    seen = rows("SELECT address FROM key_address WHERE auth_key_id = ?", (key_id,))
    assert (seen, clock.now() - used < 5) == ([("127.0.0.1",)], True)
    changes = scalar("SELECT total_changes()"), scalar("PRAGMA data_version")
    get(site, Authorization=key)
    assert (scalar("SELECT total_changes()"), scalar("PRAGMA data_version")) == changes
    assert scalar("SELECT last_used FROM auth_key WHERE id = ?", (key_id,)) == used


def test_beyond_a_hundred_a_minute_refusals_are_no_longer_listed() -> None:
    throttle = authentication.Throttle()
    assert [throttle.is_over("192.0.2.1") for _ in range(102)] == [False] * 100 + [True] * 2
    assert not throttle.is_over("192.0.2.2")


def test_a_changed_role_counts_at_once(site: Site) -> None:
    key = site.key(SYNC_USER)
    user_id = scalar("SELECT user_id FROM auth_key ORDER BY id DESC LIMIT 1")
    assert post(site, "/rare_specimens/write", Authorization=key).status_code == 200
    with writing():
        people.update_user(user_id, {"role": 6})
    assert post(site, "/rare_specimens/write", Authorization=key).json()["message"] == NOT_ALLOWED


def test_a_key_never_makes_a_session(site: Site) -> None:
    for path in ("/rare_specimens/both.json", "/users/login", "/nonsense/x"):
        assert "Set-Cookie" not in site.get(path, headers={**PEOPLE, "Authorization": site.admin_key}).headers


def keyless_role() -> int:
    """A role that may not use keys."""
    with writing():
        execute(
            "INSERT INTO role (name, permissions, default_role, restricted_to_site_admin, enforce_rate_limit,"
            " rate_limit_count, created, modified) VALUES ('keyless', '[\"perm_add\"]', 0, 0, 0, 0, 1, 1)"
        )
    return int(scalar("SELECT id FROM role WHERE name = 'keyless'"))


def get(site: Site, **headers: str) -> requests.Response:
    """A program's look at the events."""
    return site.get("/events/index", headers={**MACHINE, **headers})


def post(site: Site, path: str, **headers: str) -> requests.Response:
    """A program's post of an empty body."""
    return site.post(path, headers={**MACHINE, **headers})
