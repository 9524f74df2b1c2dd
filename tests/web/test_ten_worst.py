"""Ten of the worst searches at a time, and everything else is answered meanwhile (issue 11, starvation)."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from string import ascii_lowercase
from typing import Any

import pytest
import requests

from mispmini.domain.ids import new_uuid
from tests.cast import hire
from tests.live import Birth, LiveServer, eventually, live_server

SEARCHING = 4
SMALL, MANY, LONG = 12, 1_000, 400
WORST: tuple[tuple[str, dict[str, Any]], ...] = (
    ("attributes", {"value": [f"%{one}q{other}x{one}%" for one in "abcdefghij" for other in ascii_lowercase[:20]]}),
    ("attributes", {"value": [f"!%{one}zz{other}%" for one in "abcdefghij" for other in ascii_lowercase[:20]]}),
    ("events", {"searchall": [f"{one}zz{other}" for one in "abcdefghij" for other in ascii_lowercase[:10]]}),
    ("objects", {"value": [f"%{one}q{other}x{one}%" for one in "abcdefghij" for other in ascii_lowercase[:20]]}),
    ("attributes", {"includeCorrelations": 1, "includeSightings": 1, "includeWarninglistHits": 1}),
    ("attributes", {"returnFormat": "csv", "includeContext": 1, "includeDecayScore": 1}),
    ("events", {"includeEventCorrelations": 1, "includeWarninglistHits": 1, "withAttachments": 1}),
    ("attributes", {"tags": ["!tlp:red", "!tlp:amber", "!tlp:green"], "comment": ["!%zz%", "!%qq%"]}),
)


def _fill(server: LiveServer) -> None:
    for place in range(SMALL):
        values = [f"{place}-{number}.{new_uuid()[:8]}.example" for number in range(MANY)]
        _add(server, [{"type": "domain", "value": one, "comment": "seen"} for one in values])
    letters = ascii_lowercase * 400
    for place in range(4):
        values = [f"{place} {number} {letters[number % 26 :]}" for number in range(LONG // 4)]
        _add(server, [{"type": "text", "value": one} for one in values])


def _add(server: LiveServer, attributes: list[dict[str, str]]) -> None:
    added = server.request("POST", "/events/add", {"info": "Filled", "distribution": 1, "Attribute": attributes})
    assert added.status_code == 200, added.text


def _others(server: LiveServer, sam: str) -> dict[str, float]:
    """Seconds of what people, watchers and partners ask, one after the other."""
    uuid = new_uuid()
    pushed = {"uuid": uuid, "info": "Pushed", "Attribute": [{"type": "text", "value": new_uuid()}]}
    html = {"Accept": "text/html", "Authorization": server.birth.key}
    asked: dict[str, Callable[[], requests.Response]] = {
        "healthz": lambda: server.request("GET", "/healthz"),
        "sign-in": lambda: server.request("GET", "/users/login"),
        "event's page": lambda: requests.get(f"{server.url}/events/view/1", headers=html, timeout=30),
        "list": lambda: requests.get(f"{server.url}/events/index", headers=html, timeout=30),
        "push": lambda: server.request("POST", "/events/add", {"Event": pushed}, key=sam),
        "HEAD": lambda: server.request("HEAD", f"/events/view/{uuid}", key=sam),
        "partner's list": lambda: server.request("POST", "/events/index", {"minimal": 1}, key=sam),
    }
    seconds = {}
    for name, ask in asked.items():
        began = time.monotonic()
        answer = ask()
        seconds[name] = round(time.monotonic() - began, 2)
        assert answer.status_code == 200, (name, answer.text)
    return seconds


@pytest.mark.slow
def test_everything_else_is_answered_while_ten_search() -> None:
    """A page, the sign-in, a watcher's question, a push and its HEAD, and a partner's list, while four search, and six
    wait until they are refused."""
    with live_server(Birth(settings=('allow_internal = ["127.0.0.0/8"]', "search_seconds = 60"))) as server:
        sam = hire(server).sam.key
        _fill(server)
        _others(server, sam)
        idle = _others(server, sam)
        with ThreadPoolExecutor(max_workers=10) as pool:
            ten = [
                pool.submit(server.request, "POST", f"/{scope}/restSearch", body, patience=120)
                for scope, body in islice(cycle(WORST), 10)
            ]
            eventually(lambda: all(one.running() for one in ten))
            server.request("GET", "/healthz")
            first = [one for one in ten if one.done()]
            beside = _others(server, sam)
            found = [one for one in ten if one.done() and one.result().status_code == 200]
            statuses = [one.result().status_code for one in ten]
    print(f"Seconds alone: {idle}; beside ten searches: {beside}; they ended with {statuses}")
    assert not first, "and the watcher is answered before any of them"
    assert len(found) < SEARCHING, "those that search are not all through when everybody else is"
    assert set(statuses) <= {200, 503}
