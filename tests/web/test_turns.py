"""Searches end in time and take turns: what is not a search is answered meanwhile (issue 11, starvation)."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from flask import Blueprint

from mispmini.domain.errors import Busy
from mispmini.domain.ids import new_uuid
from mispmini.store import database, deadline
from mispmini.store.settings import forget_setting, save_setting
from mispmini.store.sql import execute, rows
from mispmini.web.answer import Answer, reply, streamed
from mispmini.web.needs import public
from mispmini.web.turns import ALL_TAKEN, Turns, searches
from tests.live import Birth, eventually, live_server
from tests.web.conftest import MACHINE, PEOPLE, SYNC_USER, USER, Site, serving_site

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
LETTERS = "abcdefghijklmnopqrst"
COSTLY = {"value": [f"%{one}{other}zz{other}%" for one in LETTERS[:10] for other in LETTERS]}
NOTE = {"name": "annotation", "meta-category": "misc", "template_version": "2"}
NARROWER = "Narrow it: by dates"


@pytest.fixture(scope="module")
def held() -> threading.Event:
    """Lets the searches end that wait for it."""
    return threading.Event()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, password_hash: str, held: threading.Event) -> Iterator[Site]:
    """An instance of two turns that holds enough to look through."""
    with serving_site(tmp_path_factory.mktemp("site"), password_hash, threads=4) as site:
        site.app.register_blueprint(_specimens(held))
        attributes = [{"type": "text", "value": f"{number} {LETTERS}"} for number in range(1200)]
        held_by_it = [{**one, "object_relation": "text"} for one in attributes[:300]]
        event = {"info": "Much to read", "Attribute": attributes[300:], "Object": [{**NOTE, "Attribute": held_by_it}]}
        made = site.post("/events/add", headers=_as(site.admin_key), json=event)
        assert made.status_code == 200, made.text
        yield site


def _specimens(held: threading.Event) -> Blueprint:
    bp = Blueprint("searches", __name__)

    @bp.get("/specimens/runs_out")
    @public
    @searches
    def runs_out() -> Answer:
        return streamed(_pieces())

    def _pieces() -> Iterator[str]:
        yield "the first rows\n"
        rows(ENDLESS)

    @bp.get("/specimens/held")
    @public
    @searches
    def waits() -> Answer:
        held.wait(20)
        return reply({})

    return bp


def _as(key: str, **headers: str) -> dict[str, str]:
    return {**MACHINE, "Authorization": key, **headers}


@contextmanager
def seconds(allowed: float) -> Iterator[None]:
    """A deadline shorter than an admin may set one, so that nobody waits for it."""
    with database.writing():
        save_setting("search_seconds", allowed, user_id=None)
    yield
    with database.writing():
        forget_setting("search_seconds")


def _told(answer: requests.Response) -> str:
    return str(answer.json()["message"])


ASKED = {
    "attributes": ("/attributes/restSearch", COSTLY),
    "events": ("/events/restSearch", COSTLY),
    "objects": ("/objects/restSearch", COSTLY),
    "an export": ("/attributes/restSearch", {**COSTLY, "returnFormat": "csv"}),
    "the index": ("/events/index", {"attribute": COSTLY["value"][:150]}),
}


@pytest.mark.parametrize(("path", "body"), ASKED.values(), ids=ASKED)
def test_a_search_that_takes_too_long_says_how_to_narrow_it(site: Site, path: str, body: object) -> None:
    """A 503 in MISP's form; the same search is answered where there is time for it."""
    with seconds(0.001):
        answer = site.post(path, headers=_as(site.admin_key), json=body)
    assert answer.status_code == 503
    assert set(answer.json()) == {"name", "message", "url"}
    assert NARROWER in _told(answer)
    assert "Retry-After" not in answer.headers
    assert site.post(path, headers=_as(site.admin_key), json=body).status_code == 200


@pytest.mark.parametrize(
    ("language", "words"), [("en", "The search took too long"), ("pt-BR", "A busca demorou demais")], ids=["en", "pt"]
)
def test_the_list_keeps_what_was_typed(site: Site, language: str, words: str) -> None:
    """People find their words in the filter, and above it what to do."""
    headers = {**PEOPLE, "Accept-Language": language, "Authorization": site.admin_key}
    words_typed = f"{LETTERS}%no such thing"
    with seconds(0.0001):
        answer = site.get("/events/index", headers=headers, params={"q": words_typed, "published": "0"})
    assert answer.status_code == 503
    assert words in answer.text
    assert f'value="{words_typed}"' in answer.text
    assert '<option value="0" selected>' in answer.text


def test_an_answer_that_runs_out_is_broken_off(
    site: Site, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The end of the body never comes, which every client of HTTP notices; the log says who asked for what."""
    with seconds(0.02), pytest.raises(requests.exceptions.ChunkedEncodingError):
        site.get("/specimens/runs_out", params={"for": "everything"})
    with seconds(0.02):
        assert _raw(site, "/specimens/runs_out").endswith(b"the first rows\n\r\n"), "and no chunk of length 0"
    told = [record.getMessage() for record in caplog.records if record.name == "mispmini.web.turns"]
    assert NARROWER in told[0]
    assert "for user None: GET /specimens/runs_out {'for': 'everything'}" in told[0]


def _raw(site: Site, path: str) -> bytes:
    port = int(site.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return b"".join(iter(lambda: client.recv(65536), b""))


def test_half_of_the_threads_search_and_others_are_answered(site: Site, held: threading.Event) -> None:
    """The third search waits for its turn; a partner's index does not, nor do pages. A turn comes back."""
    turns: Turns = site.app.extensions["turns"]
    sam, bob = site.key(SYNC_USER), site.key(USER)
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(site.get, "/specimens/held") for _ in range(2)]
        _until_taken(turns)
        turns.wait_seconds = 0.05
        refused = site.post("/attributes/restSearch", headers=_as(bob), json={"value": "x"})
        partner_searching = site.post("/attributes/restSearch", headers=_as(sam), json={"value": "x"})
        turns.wait_seconds = 20
        waiting = pool.submit(site.post, "/attributes/restSearch", headers=_as(bob), json={"value": "x"})
        index = site.post("/events/index", headers=_as(sam), json={"minimal": 1, "attribute": "abc"})
        listed = site.get("/events/index", headers={**PEOPLE, "Authorization": bob})
        assert not waiting.done()
        held.set()
        assert {one.result().status_code for one in running} == {200}
        assert waiting.result().status_code == 200
    assert (refused.status_code, _told(refused), refused.headers["Retry-After"]) == (503, ALL_TAKEN, "5")
    assert partner_searching.status_code == 503
    assert (index.status_code, listed.status_code) == (200, 200)


def _until_taken(turns: Turns) -> None:
    while turns._free.acquire(blocking=False):
        turns.give_back()


def test_a_turn_comes_back_however_a_search_ends(site: Site) -> None:
    """Refused, broken off, or left by the client: more of them than there are turns."""
    with seconds(0.001):
        for _ in range(3):
            assert site.post("/attributes/restSearch", headers=_as(site.admin_key), json=COSTLY).status_code == 503
    bad = {"returnFormat": "no such"}
    for _ in range(3):
        assert site.post("/attributes/restSearch", headers=_as(site.admin_key), json=bad).status_code < 500
    with seconds(0.02):
        for _ in range(3):
            assert _raw(site, "/specimens/runs_out")
    turns: Turns = site.app.extensions["turns"]
    turns.wait_seconds = 5
    answer = site.post("/attributes/restSearch", headers=_as(site.admin_key), json={"value": "x"})
    assert answer.status_code == 200


def test_who_waits_lends_a_thread() -> None:
    """One more while somebody waits, and the last one after them."""
    turns, lent = Turns(threads=2, wait_seconds=0.01), list[int]()
    turns.lend = lent.append
    turns.take()
    with pytest.raises(Busy):
        turns.take()
    assert lent == [1, -1]
    turns.give_back()
    turns.take()


LONG = [f"{number} {(LETTERS * 1300)[number % 20 :]}" for number in range(40)]


def test_who_waits_keeps_nobody_else_waiting() -> None:
    """A server of two threads, one of which may search: others wait for that, and a page comes before all of them."""
    with live_server(Birth(settings=("threads = 2", "search_seconds = 1"))) as server:
        added = server.request(
            "POST", "/events/add", {"info": "Long", "Attribute": [{"type": "text", "value": one} for one in LONG]}
        )
        assert added.status_code == 200, added.text
        with ThreadPoolExecutor() as pool:
            searches = [pool.submit(server.request, "POST", "/attributes/restSearch", COSTLY) for _ in range(2)]
            eventually(lambda: any(one.running() for one in searches))
            pages = [server.request("GET", path) for path in ("/healthz", "/users/login", "/events/index")]
            ended = sum(one.done() for one in searches)
            answers = [one.result() for one in searches]
    assert {page.status_code for page in pages} == {200}
    assert ended < 2, "and all pages were answered before the second search was"
    assert {one.status_code for one in answers} <= {200, 503}


def test_what_writes_is_never_cut(site: Site) -> None:
    """Neither while it writes nor after it, whatever it read before; bookkeeping changes nothing of the limit."""
    many = f"{ENDLESS} WHERE x < 200000".replace("FROM n)", "FROM n WHERE x < 200000)").removesuffix(
        " WHERE x < 200000"
    )
    deadline.limit_reading(0.0001)
    with database.writing(quiet=True):
        rows(many)
    with pytest.raises(Exception, match="took too long"):
        rows(many)
    deadline.limit_reading(0.0001)
    with database.writing():
        execute("UPDATE event SET info = info")
        rows(many)
    rows(many)
    deadline.limit_reading(0)


def test_a_push_with_a_small_limit_is_taken(site: Site) -> None:
    """The seconds of a search are nothing to a partner that brings an event."""
    event = {"uuid": new_uuid(), "info": "Brought", "Attribute": [{"type": "text", "value": f"{LETTERS} brought"}]}
    sam = site.key(SYNC_USER)
    with seconds(0.0001):
        answer = site.post("/events/add", headers=_as(sam), json={"Event": event})
        seen = requests.head(f"{site.url}/events/view/{event['uuid']}", headers=_as(sam), timeout=10)
    assert (answer.status_code, seen.status_code) == (200, 200)
