"""The headers that make browsers careful, and the host names we answer to (TRUST §5, S15)."""

import pytest

from mispmini.web.headers import host_name
from tests.web.conftest import MACHINE, Site


@pytest.mark.parametrize(
    "path", ["/users/login", "/events/index.json", "/nonsense", "/static/mispmini.css", "/healthz"]
)
def test_every_answer_carries_them(site: Site, path: str) -> None:
    headers = site.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(("path", "is_kept"), [("/users/login", False), ("/static/mispmini.css", True)])
def test_only_static_files_may_be_kept(site: Site, path: str, is_kept: bool) -> None:
    assert ("no-store" not in site.get(path).headers["Cache-Control"]) is is_kept


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost", 200), ("LOCALHOST:8080", 200), ("[::1]:8080", 200), ("evil.test", 400),
        ("localhost.evil.test", 400), ("127.0.0.1@evil.test", 400), ("", 400), ("[::2]", 400), ("127.0.0.1.", 400),
        ("127.0.0.1:80@evil.test", 400), ("localhost:evil", 400), ("[::1]evil", 400), ("localhost:80,evil.test", 400),
    ],
)  # fmt: skip
def test_only_our_own_names_are_answered_to(site: Site, host: str, status: int) -> None:
    response = site.get("/users/login", headers={"Host": host})
    assert response.status_code == status
    assert "evil" not in response.text


def test_programs_hear_of_a_wrong_name_in_json(site: Site) -> None:
    response = site.get("/events/index", headers={**MACHINE, "Authorization": site.admin_key, "Host": "evil.test"})
    assert (response.status_code, response.json()["message"]) == (
        400, "This server does not answer to that host name.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "name"),
    [("A.Test:80", "a.test"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("a.test", "a.test"), (":80", ""), ("", "")],
)
def test_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name


@pytest.mark.parametrize("payload", ['"><svg/onload=alert(1)>', "<script>alert(1)</script>"])
@pytest.mark.parametrize("place", ["path", "query", "extension", "referer"])
def test_nothing_that_was_asked_is_echoed_raw(site: Site, payload: str, place: str) -> None:
    path = {
        "path": f"/{payload}",
        "query": f"/users/login?go_to=/{payload}",
        "extension": f"/events/index.json{payload}",
    }
    response = site.get(path.get(place, "/nonsense"), headers={"Referer": payload, "Accept": "text/html"})
    assert payload not in response.text
