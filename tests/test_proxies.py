"""Whose word about a request's origin is taken: the configured proxy's and nobody else's (TRUST §5 "Proxies")."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.live import Birth, LiveServer, live_server

FAR = "198.51.100.7"
WRONG_ADDRESS = "It is not possible to use this Auth key from your IP address"


@pytest.fixture(scope="module")
def fronted() -> Iterator[LiveServer]:
    """A server that trusts a proxy on loopback."""
    settings = ('trusted_proxy = "127.0.0.1"', 'base_url = "https://misp.alfa.example"')
    with live_server(Birth(settings=settings)) as running:
        yield running


def key_from(server: LiveServer, allowed: str) -> str:
    """A key that may be used from there alone."""
    made: dict[str, Any] = server.verb("key", "add", "--user", server.birth.email, "--allowed-ip", allowed)
    return str(made["authkey"])


def ask(server: LiveServer, key: str, **forwarded: str) -> requests.Response:
    """One question with what a proxy, or a liar, would add."""
    headers = {"Authorization": key, "Accept": "application/json", "Host": "127.0.0.1"}
    headers |= {f"X-Forwarded-{name}": value for name, value in forwarded.items()}
    return requests.get(f"{server.url}/users/view/me", headers=headers, timeout=10)


@pytest.mark.parametrize(
    ("allowed", "forwarded", "is_let_in"),
    [
        pytest.param(FAR, FAR, True, id="as the proxy says"),
        pytest.param(FAR, f"127.0.0.1, {FAR}", True, id="the last hop counts"),
        pytest.param("203.0.113.9", f"203.0.113.9, {FAR}", False, id="the first may be made up"),
        pytest.param("127.0.0.1", FAR, False, id="the proxy's own address is nobody's"),
        pytest.param("2001:db8::/32", "2001:db8::5", True, id="IPv6"),
    ],
)
def test_a_trusted_proxy_says_where_a_request_came_from(
    fronted: LiveServer, allowed: str, forwarded: str, is_let_in: bool
) -> None:
    answer = ask(fronted, key_from(fronted, allowed), For=forwarded)
    assert answer.status_code == (200 if is_let_in else 403), answer.text
    if not is_let_in:
        assert answer.json()["message"] == WRONG_ADDRESS


@pytest.mark.parametrize("header", ["For", "Host", "Proto"])
def test_without_a_trusted_proxy_nothing_of_it_is_believed(server: LiveServer, header: str) -> None:
    key = key_from(server, "127.0.0.1")
    assert ask(server, key, **{header: "203.0.113.9"}).status_code == 200
    assert ask(server, key_from(server, FAR), For=FAR).status_code == 403
