"""The first run: nothing but the printed link leads in (FEATURES row 2, TRUST §5)."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from mispmini.services import setup_links
from mispmini.store.sql import scalar
from tests.web.conftest import ADMIN, MACHINE, PASSWORD, PEOPLE, Served, csrf_of

WRONG = "Z" * 40


def test_without_an_account_every_path_leads_to_the_set_up(empty_site: Served) -> None:
    ask = requests.Session()
    for path in ("/", "/events/index", "/users/login", "/nonsense"):
        response = ask.get(empty_site.url + path, headers=PEOPLE, allow_redirects=False, timeout=10)
        assert (response.status_code, response.headers["Location"]) == (302, "/setup")
    told = ask.get(f"{empty_site.url}/servers/getVersion", headers={**MACHINE, "Authorization": WRONG}, timeout=10)
    assert told.status_code == 503
    assert "not set up yet" in told.json()["message"]
    assert ask.get(f"{empty_site.url}/healthz", timeout=10).json() == {"status": "ok"}
    assert ask.get(f"{empty_site.url}/static/mispmini.css", timeout=10).status_code == 200


def test_the_printed_link_sets_the_server_up_once(empty_site: Served) -> None:
    secret = setup_links.new_setup_secret()
    ask = requests.Session()
    ask.headers.update(PEOPLE)
    page = ask.get(f"{empty_site.url}/setup/{secret}", timeout=10)
    fields = {
        "csrf_token": csrf_of(page.text), "token": secret, "org_name": "ACME", "email": "a@acme.test",
        "password": "short", "base_url": "https://misp.acme.test", "language": "pt_BR",
    }  # fmt: skip
    wrong = ask.post(f"{empty_site.url}/setup", data=fields, timeout=10)
    assert "at least 12 characters" in wrong.text
    assert 'value="a@acme.test"' in wrong.text
    broken = ask.post(f"{empty_site.url}/setup", data={**fields, "base_url": "http://[::1"}, timeout=10)
    assert broken.status_code == 403
    done = ask.post(f"{empty_site.url}/setup", data={**fields, "password": PASSWORD}, timeout=10)
    key = re.search(r"<pre[^>]*>(\w{40})</pre>", done.text)
    assert key
    assert ask.get(f"{empty_site.url}/users/checkIfLoggedIn.json", timeout=10).json() == {"message": "OK"}
    headers = {**MACHINE, "Authorization": key[1], "Host": "misp.acme.test"}
    assert requests.get(f"{empty_site.url}/users/checkIfLoggedIn", headers=headers, timeout=10).status_code == 200
    again = requests.get(f"{empty_site.url}/setup/{secret}", allow_redirects=False, timeout=10)
    assert (again.status_code, again.headers["Location"]) == (303, "/")
    assert setup_links.new_setup_secret() is None


@pytest.mark.parametrize("secret", ["guess", "' OR 1=1", "x" * 43])
def test_a_guessed_link_sets_nothing_up(empty_site: Served, secret: str) -> None:
    setup_links.new_setup_secret()
    response = requests.get(f"{empty_site.url}/setup/{secret}", headers=PEOPLE, timeout=10)
    assert response.status_code == 403
    assert "used up or older than a day" in response.text


def test_of_two_that_set_up_at_once_one_wins(empty_site: Served) -> None:
    secret = setup_links.new_setup_secret()
    assert secret
    start = threading.Barrier(2)

    def set_up(name: str) -> int:
        ask = requests.Session()
        page = ask.get(f"{empty_site.url}/setup/{secret}", headers=PEOPLE, timeout=10)
        fields = {"csrf_token": csrf_of(page.text), "org_name": name, "email": f"{name}@x.test", "password": PASSWORD}
        start.wait()
        return ask.post(f"{empty_site.url}/setup/{secret}", data=fields, headers=PEOPLE, timeout=20).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(set_up, ("one", "two"))) == [200, 403]
    assert scalar("SELECT COUNT(*) FROM user") == 1
    assert scalar("SELECT role_id FROM user") == ADMIN


def test_an_address_may_not_try_without_end(empty_site: Served) -> None:
    empty_site.app.config["LOGIN_ATTEMPTS"] = "3 per minute"
    headers = {**MACHINE, "X-Forwarded-For": "192.0.2.1"}
    told = [requests.post(f"{empty_site.url}/setup/x", headers=headers, timeout=10) for _ in range(4)]
    assert [response.status_code for response in told] == [403, 403, 403, 429]
    assert told[-1].json()["message"] == "Rate limit exceeded."


def test_over_https_the_cookie_and_the_transport_are_bound_to_it(tmp_path: Path) -> None:
    served = Served(tmp_path, base_url="https://misp.acme.test")
    try:
        headers = {"Host": "misp.acme.test"}
        setup = requests.get(f"{served.url}/setup", headers=headers, allow_redirects=False, timeout=10)
        assert setup.headers["Strict-Transport-Security"] == "max-age=31536000"
        name = served.app.session_interface.name  # type: ignore[attr-defined]
        assert name.startswith("__Host-mispmini-")
        assert served.app.session_interface.is_https  # type: ignore[attr-defined]
    finally:
        served.stop()
