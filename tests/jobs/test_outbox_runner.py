"""What is published goes out by itself, and no partner delays another."""

import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

from mispmini.domain.receipts import LedgerState
from mispmini.jobs import Jobs, start_jobs
from mispmini.settings import Settings
from mispmini.sync.delivering import Patience
from tests.jobs.waiting import eventually
from tests.sync.ground import Ground, a_draft, queue_of
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, lines_of, played

VERSION = {"version": "2.5.1", "perm_sync": True, "request_encoding": ["gzip"]}


def taking() -> HostileServer:
    """A partner that takes every event."""

    def take(request: Received) -> bytes:
        event = body_of(request)["Event"]
        return answer({"Event": {**event, "attribute_count": str(len(event["Attribute"]))}})

    rules: dict[str, Any] = {
        "GET /servers/getVersion": VERSION,
        "HEAD /": lambda _: answer(b"", "404 Not Found", "text/html"),
        "POST /events/add": take,
    }
    return played(rules)


def hanging() -> HostileServer:
    """A partner that accepts and says nothing."""

    def script(_request: Received) -> Iterable[bytes]:
        server.pause(30)
        return []

    server = HostileServer(script)
    return server


def test_an_event_goes_out_at_once_when_it_is_published(ground: Ground, jobs: Jobs) -> None:
    with taking() as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        waited = eventually(lambda: not queue_of(link))
        assert ground.receipt(link, uuid).state is LedgerState.SENT
    assert waited < 0.8, "it is woken, it does not wait for the next poll"


def test_a_partner_that_hangs_delays_nobody(ground: Ground, jobs: Jobs) -> None:
    with hanging() as silent, taking() as partner:
        stuck = ground.links(silent.url, push=True)
        link = ground.links(partner.url, push=True)
        for _ in range(3):
            ground.publishes(a_draft())
            eventually(lambda: not queue_of(link), seconds=3)
        assert len(queue_of(stuck)) == 3
        assert sum(line.startswith("POST") for line in lines_of(partner)) == 3


def test_a_partner_that_was_down_gets_everything_when_it_is_back(ground: Ground, jobs: Jobs) -> None:
    answers: list[bytes] = [answer({"name": "down"}, "503 Service Unavailable")] * 2
    with taking() as partner:
        original = partner.script

        def stumbling(request: Received) -> Iterable[bytes]:
            return [answers.pop()] if answers else original(request)

        partner.script = stumbling
        link = ground.links(partner.url, push=True)
        uuids = [ground.publishes(a_draft()) for _ in range(3)]
        eventually(lambda: not queue_of(link))
        assert all(ground.receipt(link, uuid).arrived for uuid in uuids)


def test_a_promise_of_another_process_is_found_by_the_poll(ground: Ground, jobs: Jobs) -> None:
    code = (
        "import sys; from pathlib import Path; from mispmini.store import database, outbox;"
        "database.open_database(Path(sys.argv[1]) / 'mispmini.db');\n"
        "with database.writing(): outbox.promise_event(int(sys.argv[2]), sys.argv[3], 1)"
    )
    with taking() as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        eventually(lambda: not queue_of(link))
        subprocess.run([sys.executable, "-c", code, str(ground.folder), str(link.id), uuid], check=True, timeout=30)
        eventually(lambda: not queue_of(link))
        assert sum(line.startswith("POST") for line in lines_of(partner)) == 2


def test_stopping_does_not_wait_for_a_partner_that_hangs(ground: Ground, settings: Settings) -> None:
    running = start_jobs(settings, patience=Patience(base=0))
    with hanging() as silent:
        link = ground.links(silent.url, push=True)
        ground.publishes(a_draft())
        eventually(lambda: silent.connections)
        begun = time.monotonic()
        running.stop()
        assert time.monotonic() - begun < 8
    assert len(queue_of(link)) == 1


def test_one_folder_has_one_scheduler(ground: Ground, jobs: Jobs, settings: Settings) -> None:
    second = start_jobs(settings)
    with taking() as partner:
        link = ground.links(partner.url, push=True)
        ground.publishes(a_draft())
        eventually(lambda: not queue_of(link))
        assert sum(line.startswith("POST") for line in lines_of(partner)) == 1
    second.stop()
