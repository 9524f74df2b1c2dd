"""Promises are written with the event, kept at least once, and never lost."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace

import pytest

from mispmini.domain import clock
from mispmini.domain.distribution import Reason
from mispmini.domain.receipts import LedgerState
from mispmini.domain.servers import ServerDraft
from mispmini.services.deliveries import retry_delivery
from mispmini.services.events import add_event
from mispmini.services.publishing import publish_event
from mispmini.services.servers import edit_server
from mispmini.store import outbox, sealing, servers
from mispmini.store.database import writing
from mispmini.store.sql import execute
from mispmini.sync.delivering import Patience, deliver_due
from tests.sync.ground import KEY, OUTBOUND, THEIR_ORG, Ground, a_draft, queue_of
from tests.sync.hostile import Received, answer
from tests.sync.recorded import body_of, played

SOMEWHERE = "http://127.0.0.1:9"
VERSION = {"version": "2.5.1", "perm_sync": True, "request_encoding": ["gzip"]}


def test_publishing_promises_to_every_push_server_and_to_no_other(ground: Ground) -> None:
    pushed = [ground.links(f"{SOMEWHERE}/{name}", push=True) for name in "ab"]
    pulled = ground.links(f"{SOMEWHERE}/c", pull=True)
    uuid = ground.publishes(a_draft())
    assert [[row[0] for row in queue_of(server)] for server in (*pushed, pulled)] == [[uuid], [uuid], []]
    assert ground.receipt(pushed[0], uuid).state is LedgerState.QUEUED


def test_the_sender_gets_nothing_back_and_the_ledger_says_so(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    with writing():
        promised = outbox.queue_event("a" * 36, 1, exclude_org_id=server.remote_org_id)
    assert promised == 0
    assert queue_of(server) == []
    assert ground.receipt(server, "a" * 36).reason == Reason.SENDER


def test_what_is_not_committed_is_not_promised(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    saved = add_event(ground.admin, a_draft())
    with suppress(ZeroDivisionError), writing():
        publish_event(ground.admin, str(saved.event_id))
        raise ZeroDivisionError
    assert queue_of(server) == []
    assert not ground.sees(saved.uuid).event.published


def test_a_newer_promise_survives_the_end_of_an_older_one(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    with writing():
        outbox.promise_event(server.id, "a" * 36, 100)
    older = outbox.due_row(server.id, clock.now())
    assert older is not None
    with writing():
        outbox.promise_event(server.id, "a" * 36, 100)  # published anew: the same version
        outbox.finish(older)
    newer = outbox.due_row(server.id, clock.now())
    assert newer is not None
    with writing():
        outbox.finish(newer)
    assert queue_of(server) == []


def test_a_renewed_promise_forgets_the_failures_of_the_one_before(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    with writing():
        outbox.promise_event(server.id, "a" * 36, 100)
    row = outbox.due_row(server.id, clock.now())
    assert row is not None
    with writing():
        outbox.park(row, "refused")
        outbox.promise_event(server.id, "a" * 36, 200)
        outbox.park(row, "refused late")
    [(_, tries, next_try, parked)] = queue_of(server)
    assert (tries, next_try, bool(parked)) == (0, 0, False), "a failure of the old version does not park the new one"


def test_fresh_promises_come_before_those_that_failed(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    with writing():
        outbox.promise_event(server.id, "a" * 36, 1)
    failed = outbox.due_row(server.id, clock.now())
    assert failed is not None
    with writing():
        outbox.retry_later(failed, 0, "timeout")
        outbox.promise_event(server.id, "b" * 36, 1)
    first = outbox.due_row(server.id, clock.now())
    assert first is not None
    assert first.event_uuid == "b" * 36


@pytest.mark.parametrize(
    ("change", "is_due"),
    [
        ("UPDATE server SET paused = 1", False),
        ("UPDATE server SET push = 0", False),
        ("UPDATE server SET breaker_until = 99999999999", False),
        ("UPDATE outbox SET parked = 1", False),
        ("UPDATE outbox SET next_try = 99999999999", False),
        ("UPDATE outbox SET next_try = 1", True),
    ],
    ids=["paused", "push off", "link down", "parked", "later", "due"],
)
def test_only_what_is_due_is_worked(ground: Ground, change: str, is_due: bool) -> None:
    server = ground.links(SOMEWHERE, push=True)
    ground.publishes(a_draft())
    with writing():
        execute(change)
    assert outbox.servers_with_due_rows(clock.now()) == ([server.id] if is_due else [])
    assert (outbox.due_row(server.id, clock.now()) is not None) is is_due


def test_mending_a_link_makes_everything_due(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    ground.publishes(a_draft())
    with writing():
        execute("UPDATE outbox SET parked = 1")
        servers.note_down(server.id, "tcp: gone", until=clock.now() + 1000)
    edit_server(ground.admin, server.id, ServerDraft(authkey="N" * 40))
    assert outbox.servers_with_due_rows(clock.now()) == [server.id]


def test_a_parked_promise_is_retried_when_somebody_says_so(ground: Ground) -> None:
    server = ground.links(SOMEWHERE, push=True)
    ground.publishes(a_draft())
    with writing():
        execute("UPDATE outbox SET parked = 1")
    [queued] = outbox.list_queue(server.id)
    assert retry_delivery(ground.admin, queued.row.id) == server.id
    assert outbox.due_row(server.id, clock.now()) is not None


@pytest.mark.parametrize(("tries", "least", "most"), [(0, 24, 36), (1, 48, 72), (3, 192, 288), (20, 17280, 25920)])
def test_waits_double_up_to_six_hours(tries: int, least: int, most: int) -> None:
    waits = [Patience().next_try(tries) - clock.now() for _ in range(50)]
    assert least - 1 <= min(waits)
    assert max(waits) <= most + 1
    assert len(set(waits)) > 1, "partners are not all tried in the same second"


def test_an_unreachable_partner_is_given_up_after_a_week(ground: Ground) -> None:
    with played({}) as gone:
        url = gone.url
    server = ground.links(url, push=True)
    uuid = ground.publishes(a_draft())
    with writing():
        execute("UPDATE outbox SET created = ?", (clock.now() - 8 * 86400,))
    deliver_due(server.id, OUTBOUND)
    assert queue_of(server) == []
    assert ground.receipt(server, uuid).state is LedgerState.GAVE_UP


def test_a_kill_after_the_partner_has_it_leaves_one_copy_and_no_debt(ground: Ground) -> None:
    held: dict[str, str] = {}
    senders: list[subprocess.Popen[bytes]] = []

    def take(request: Received) -> bytes:
        event = body_of(request)["Event"]
        if held:
            sentence = "Event could not be saved: Event in the request not newer than the local copy."
            return answer({"saved": False, "errors": sentence}, "403 Forbidden")
        held.update({name: event[name] for name in ("uuid", "timestamp", "distribution")}, attribute_count="1")
        os.kill(senders[0].pid, signal.SIGKILL)
        return answer({"Event": held})

    rules = {
        "GET /servers/getVersion": VERSION,
        "HEAD /": lambda _: answer(b"", "200 OK" if held else "404 Not Found", "text/html"),
        "POST /events/index": lambda _: answer([held]),
        "POST /events/": take,
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        code = (
            "import sys; from pathlib import Path; from mispmini.store.database import open_database;"
            "from mispmini.sync.delivering import deliver_due; from tests.sync.ground import OUTBOUND;"
            "open_database(Path(sys.argv[1]) / 'mispmini.db'); sys.stdin.readline();"
            "deliver_due(int(sys.argv[2]), OUTBOUND)"
        )
        command = [sys.executable, "-c", code, str(ground.folder), str(server.id)]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as sender:
            senders.append(sender)
            sender.communicate(b"go\n", timeout=30)
        assert sender.returncode == -signal.SIGKILL
        assert [row[0] for row in queue_of(server)] == [uuid], "the promise outlives the one who was keeping it"
        deliver_due(server.id, OUTBOUND)
        adds = [r for r in partner.requests if r.target.startswith("/events/add")]
    assert len(adds) == 1, "it is never added twice"
    assert queue_of(server) == []
    assert ground.receipt(server, uuid).arrived


def test_a_key_is_sealed_beside_the_database_and_goes_with_its_link(ground: Ground) -> None:
    server = ground.links(SOMEWHERE)
    path = ground.folder / sealing.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert sealing.unseal(server.authkey_ref) == KEY
    assert KEY.encode() not in (ground.folder / "mispmini.db").read_bytes() + _log_of(ground)
    edited = edit_server(ground.admin, server.id, ServerDraft(authkey="N" * 40))
    assert sealing.unseal(edited.authkey_ref) == "N" * 40
    assert KEY not in path.read_text(encoding="utf-8")


def _log_of(ground: Ground) -> bytes:
    path = ground.folder / "mispmini.db-wal"
    return path.read_bytes() if path.exists() else b""


def test_a_new_organisation_comes_with_its_link(ground: Ground) -> None:
    fresh = replace(THEIR_ORG, uuid="77777777-0000-4000-8000-000000000007", name="CSIRT Gama")
    server = ground.links(SOMEWHERE, org=fresh)
    assert server.remote_org_id not in (0, ground.admin.org_id)
