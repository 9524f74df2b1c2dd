"""Whatever is sent, the answer is no 5xx, refusals are JSON, and nobody waits (issue 5); `make fuzz` sends more."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.cast import admin_of
from tests.contract import fuzz_cases, fuzzing
from tests.contract.fuzzing import Grounds
from tests.live import ROOT, Birth, live_server

REQUESTS = int(os.environ.get("MISPMINI_FUZZ", "0")) or 300
SEEDED = "MISPMINI_FUZZ" not in os.environ
Ask = Callable[[Grounds, int], None]


@pytest.fixture(scope="module")
def grounds() -> Iterator[Grounds]:
    """A server of its own that reaches no other machine: what is sent here leaves nothing as it was."""
    with live_server(Birth(program="tests.indoors", settings=())) as running:
        yield Grounds(admin_of(running))


def _gone_wrong(grounds: Grounds, number: int) -> None:
    fuzzing.ask(grounds, fuzz_cases.gone_wrong(fuzzing.harmless(grounds)), requests_=number, seeded=SEEDED)


def _in_a_browser(grounds: Grounds, number: int) -> None:
    fuzzing.ask(grounds, fuzz_cases.in_a_browser(fuzzing.harmless(grounds)), requests_=number, seeded=SEEDED)


def _by_document(grounds: Grounds, number: int) -> None:
    fuzzing.ask_by_document(grounds, requests_=number, seeded=SEEDED)


def _searching(grounds: Grounds, number: int) -> None:
    fuzzing.ask(grounds, fuzz_cases.searching(), requests_=number, seeded=SEEDED)


def _events(grounds: Grounds, number: int) -> None:
    fuzzing.ask(grounds, fuzz_cases.shaped_like_misp(), requests_=number, seeded=SEEDED)


def _elements(grounds: Grounds, number: int) -> None:
    fuzzing.ask(grounds, fuzz_cases.shaped_like_elements(), requests_=number, seeded=SEEDED)


def test_the_server_that_is_asked_reaches_no_other_machine() -> None:
    script = "import socket, sys; from tests.indoors import stay_indoors; sys.addaudithook(stay_indoors)\n"
    tries = "for host in ('127.0.0.1', '192.0.2.1', 'a.example'):\n try: socket.create_connection((host, 9), 1)\n"
    told = " except OSError as error: print(type(error).__name__, error.args[0])\n"
    done = subprocess.run([sys.executable, "-c", script + tries + told], cwd=ROOT, capture_output=True, text=True)
    inside, *outside = done.stdout.splitlines()
    assert outside == ["ConnectionRefusedError This process stays indoors."] * 2, done.stderr
    assert inside not in outside


@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("ask", "share"),
    [
        pytest.param(_gone_wrong, 0.3, id="requests gone wrong"),
        pytest.param(_in_a_browser, 0.2, id="pages and forms"),
        pytest.param(_by_document, 0.1, id="our document"),
        pytest.param(_searching, 0.15, id="searches"),
        pytest.param(_events, 0.1, id="events"),
        pytest.param(_elements, 0.15, id="elements"),
    ],
)
def test_nothing_that_is_sent_breaks_the_server(grounds: Grounds, ask: Ask, share: float) -> None:
    before, answered, grounds.findings.flaws = grounds.findings.asked, grounds.findings.statuses[200], []
    ask(grounds, round(REQUESTS * share))
    told = "\n".join([grounds.findings.summary(), *sorted(set(grounds.findings.flaws))[:40]])
    assert not grounds.findings.flaws, told
    assert grounds.findings.statuses[200] - answered > (grounds.findings.asked - before) / 10, told
    grounds.assert_everybody_is_still_here()


@pytest.mark.timeout(7200)
@pytest.mark.skipif(SEEDED, reason="the permission matrix asks each route; make fuzz does so again")
def test_every_route_is_asked(grounds: Grounds, capsys: pytest.CaptureFixture[str]) -> None:
    grounds.findings.flaws = []
    fuzzing.ask_each_route_once(grounds)
    fuzzing.ask(grounds, fuzz_cases.gone_wrong(fuzzing.harmful(grounds)), requests_=REQUESTS // 100, seeded=SEEDED)
    told = grounds.findings.summary()
    with capsys.disabled():
        print(f"\n{told}")
    assert not grounds.findings.flaws, "\n".join([told, *sorted(set(grounds.findings.flaws))[:40]])
    assert grounds.unvisited == []
