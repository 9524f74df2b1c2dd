"""Whatever is sent, the answer is no 5xx and every refusal is JSON (issue 5). `make fuzz N=20000` sends more."""

import os
from collections.abc import Callable, Iterator
from typing import Protocol

import pytest

from tests.cast import Cast, hire
from tests.contract import fuzzing
from tests.contract.fuzzing import Findings, Grounds
from tests.live import live_server

REQUESTS = int(os.environ.get("MISPMINI_FUZZ", "360"))
SEEDED = "MISPMINI_FUZZ" not in os.environ


class Asker(Protocol):
    """A way of asking."""

    def __call__(self, grounds: Grounds, findings: Findings, *, requests_: int, seeded: bool) -> None: ...


@pytest.fixture(scope="module")
def hired() -> Iterator[Cast]:
    """People on a server of their own: what is sent here leaves nothing as it was."""
    with live_server() as running:
        yield hire(running)


@pytest.fixture(scope="module")
def grounds(hired: Cast) -> Grounds:
    """Where everything is sent to."""
    return fuzzing.prepare(hired)


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "ask", [fuzzing.ask_by_document, fuzzing.ask_with_bodies], ids=["by our document", "MISP-shaped bodies"]
)
def test_nothing_that_is_sent_breaks_the_server(
    hired: Cast, grounds: Grounds, ask: Asker, record_property: Callable[[str, object], None]
) -> None:
    findings = Findings()
    ask(grounds, findings, requests_=REQUESTS // 2, seeded=SEEDED)
    told = fuzzing.summary(findings, [hired.dora, hired.alice, hired.sam])
    record_property("fuzzed", told)
    assert not findings.flaws, "\n".join([told, *sorted(set(findings.flaws))[:20]])
    assert findings.statuses.get(200, 0) > findings.asked // 20, told
