"""A partner's health in a word: what is worst about the link is what is told."""

from dataclasses import replace

import pytest

from mispmini.domain.records import OrganisationRecord
from mispmini.domain.servers import LinkedServer
from mispmini.services.servers import Standing
from mispmini.store.ledger import LedgerCounts
from mispmini.store.outbox import QueueCounts
from mispmini.web.building.link_health import health_of

US = OrganisationRecord(1, "0b9a1b1e-5c62-4b69-8a43-000000000001", "CSIRT Alfa", True, 0, 0)
THEM = OrganisationRecord(2, "0b9a1b1e-5c62-4b69-8a43-000000000002", "CSIRT Beta", True, 0, 0)
FRESH = LinkedServer(1, "Beta", "https://beta.example", 1, 2, push=True, pull=True)
PULLED = replace(FRESH, last_pull=1, last_pull_result="Pull completed. 3 events pulled.")
NO_ADDRESS = replace(FRESH, last_pull=1, last_pull_result="dns: no such name")


@pytest.mark.parametrize(
    ("server", "parked", "health", "told"),
    [
        pytest.param(FRESH, 0, "unused", "Nothing was exchanged yet.", id="new"),
        pytest.param(PULLED, 0, "good", "Last pull", id="pulled"),
        pytest.param(PULLED, 2, "warning", "2 events need somebody.", id="parked"),
        pytest.param(NO_ADDRESS, 0, "failing", "The name of the server cannot be resolved.", id="pull failed"),
        pytest.param(replace(NO_ADDRESS, pull=False), 0, "good", "Last pull", id="failed while it still pulled"),
        pytest.param(replace(PULLED, breaker_until=1), 0, "failing", "cannot be reached", id="between two attempts"),
        pytest.param(replace(NO_ADDRESS, paused=True), 0, "warning", "It is paused.", id="paused"),
    ],
)
def test_the_worst_of_a_link_is_told(server: LinkedServer, parked: int, health: str, told: str) -> None:
    word, sentence = health_of(Standing(server, US, THEM, QueueCounts(0, parked), LedgerCounts()))

    assert word == health
    assert told in sentence
