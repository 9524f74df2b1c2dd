"""What worked is told apart from what was tried, and a partner that is down is known by when that began."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.errors import SaveFailed
from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.services.link_health import Ailment, Obstacle, ailment_of, next_pull, wait_of
from mispmini.services.servers import edit_server, pause_server, view_server
from mispmini.store import outbox, servers
from mispmini.store.database import writing
from mispmini.store.sql import execute
from mispmini.sync.delivering import deliver_due
from mispmini.sync.explain import connect_and_trust
from mispmini.sync.pull import FULL, pull_from
from mispmini.sync.push_all import push_to
from tests.sync.ground import OUTBOUND, Ground, a_draft
from tests.sync.hostile import answer
from tests.sync.recorded import played
from tests.sync.test_explain import partner as good_partner
from tests.sync.test_pull import Source, event

HOUR = 3600
LONG_AGO = 1_700_000_000


def known(ground: Ground, server: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    return view_server(ground.admin, server.id).server


def set_back(column: str, server: LinkedServer) -> None:
    """As if it had been long ago."""
    with writing():
        servers.update_server(server.id, {column: LONG_AGO})


def gone_address() -> str:
    """An address where nobody listens any more."""
    with played({}) as partner:
        return partner.url


def test_a_pull_that_fails_leaves_the_last_one_that_worked(ground: Ground) -> None:
    with Source(event()).server() as partner:
        server = ground.links(partner.url, pull=True)
        pull_from(server, FULL, OUTBOUND)
    worked = known(ground, server)
    assert worked.last_pull == worked.last_pull_try is not None
    assert worked.down_since is None
    set_back("last_pull", server)
    for _ in range(2):
        with pytest.raises(SaveFailed):
            pull_from(server, FULL, OUTBOUND)
        failed = known(ground, server)
        assert failed.last_pull == LONG_AGO
        assert (failed.last_pull_try or 0) >= (worked.last_pull_try or 0)
        assert (failed.down_error or "").startswith("tcp: ")
        set_back("down_since", server)  # the second failure does not begin it anew
    assert known(ground, server).down_since == LONG_AGO
    assert ailment_of(view_server(ground.admin, server.id)) is Ailment.DOWN


def test_a_pull_of_one_event_is_no_pull_of_the_link(ground: Ground) -> None:
    one = event()
    with Source(one).server() as partner:
        server = ground.links(partner.url, pull=True)
        pull_from(server, one["uuid"], OUTBOUND)
    assert (known(ground, server).last_pull, known(ground, server).last_pull_try) == (None, None)


def test_a_pull_that_was_stopped_did_not_work(ground: Ground) -> None:
    with Source(*(event() for _ in range(101))).server() as partner:
        server = ground.links(partner.url, pull=True)
        pull_from(server, FULL, OUTBOUND, progress=lambda _done, _total: False)
    assert known(ground, server).last_pull is None
    assert known(ground, server).last_pull_try


def test_a_pull_that_is_answered_hurries_what_waits(ground: Ground) -> None:
    with Source(event()).server() as partner:
        server = ground.links(partner.url, pull=True, push=True)
        ground.publishes(a_draft())
        with writing():
            execute("UPDATE outbox SET next_try = ?", (clock.now() + HOUR,))
            servers.note_down(server.id, "tcp: gone", until=clock.now() + HOUR)
        pull_from(server, FULL, OUTBOUND)
    assert known(ground, server).down_since is None
    assert outbox.servers_with_due_rows(clock.now()) == [server.id]


def test_a_test_that_is_answered_does_so_too(ground: Ground) -> None:
    with good_partner() as partner:
        server = ground.links(partner.url, push=True)
        with writing():
            servers.note_down(server.id, "tcp: gone", until=clock.now() + HOUR)
        connect_and_trust(ground.admin, server, OUTBOUND)
    assert known(ground, server).down_since is None


def test_a_push_that_fails_is_a_try(ground: Ground) -> None:
    server = ground.links(gone_address(), push=True)
    ground.publishes(a_draft())
    deliver_due(server.id, OUTBOUND)
    tried = known(ground, server)
    assert (tried.last_push, tried.last_push_try is not None, tried.down_since is not None) == (None, True, True)
    with pytest.raises(SaveFailed):
        push_to(server, "full", OUTBOUND)
    assert known(ground, server).last_push is None


def test_a_push_that_is_refused_did_not_work_but_the_partner_is_there(ground: Ground) -> None:
    refusing = played({"GET /servers/getVersion": lambda _: answer({"message": "no"}, "403 Forbidden")})
    with refusing as partner:
        server = ground.links(partner.url, push=True)
        ground.publishes(a_draft())
        with writing():
            servers.note_down(server.id, "tcp: gone")
        deliver_due(server.id, OUTBOUND)
    tried = known(ground, server)
    assert (tried.last_push, tried.last_push_try is not None, tried.down_since) == (None, True, None)
    assert ailment_of(view_server(ground.admin, server.id)) is Ailment.PARKED


@contextmanager
def runner(folder: Path) -> Iterator[None]:
    """As if a process pushed and pulled by itself: it holds this lock."""
    (folder / "locks").mkdir(exist_ok=True)
    with open(folder / "locks" / "scheduler.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


PAST, SOON, LATER = -HOUR, HOUR, 2 * HOUR


@pytest.mark.parametrize(
    ("link", "row", "obstacle", "at"),
    [
        pytest.param({}, {"next_try": PAST}, Obstacle.TURN, None, id="due"),
        pytest.param({}, {"next_try": SOON}, Obstacle.RETRY, SOON, id="tried again"),
        pytest.param({"breaker_until": SOON}, {"next_try": PAST}, Obstacle.PARTNER, SOON, id="link left alone"),
        pytest.param(
            {"breaker_until": SOON}, {"next_try": LATER}, Obstacle.PARTNER, LATER, id="event left alone longer"
        ),
        pytest.param({"down_since": PAST}, {"next_try": PAST}, Obstacle.PARTNER, None, id="down, and its turn"),
        pytest.param({"paused": True}, {"next_try": PAST}, Obstacle.RESUMING, None, id="paused"),
        pytest.param({"push": False}, {"next_try": PAST}, Obstacle.PUSHING, None, id="push switched off"),
        pytest.param({}, {"next_try": PAST, "parked": True}, Obstacle.SOMEBODY, None, id="parked"),
    ],
)
def test_no_next_try_is_in_the_past(
    ground: Ground, link: dict[str, Any], row: dict[str, Any], obstacle: Obstacle, at: int | None
) -> None:
    now = clock.now()
    server = ground.links("http://127.0.0.1:9", push=True)
    ground.publishes(a_draft())
    [queued] = outbox.list_queue(server.id)
    moved: dict[str, Any] = {name: value + now if type(value) is int else value for name, value in link.items()}
    promise = queued.row._replace(**{**row, "next_try": row["next_try"] + now})
    with runner(ground.folder):
        wait = wait_of(replace(known(ground, server), **moved), promise)
    assert (wait.obstacle, wait.at) == (obstacle, None if at is None else at + now)


def test_a_queue_that_nobody_works_says_so(ground: Ground) -> None:
    server = ground.links("http://127.0.0.1:9", push=True)
    assert wait_of(server).obstacle is Obstacle.RUNNER


@pytest.mark.parametrize(
    ("wish", "comes"),
    [({}, True), ({"paused": True}, False), ({"pull": False}, False), ({"pull_interval": 0}, False)],
    ids=["due", "paused", "off", "by hand"],
)
def test_no_next_pull_is_in_the_past(ground: Ground, wish: dict[str, Any], comes: bool) -> None:
    server = ground.links("http://127.0.0.1:9", **({"pull": True, "pull_interval": 60} | wish))
    set_back("next_pull", server)
    found = next_pull(known(ground, server))
    assert (found is not None) is comes
    assert not comes or (found or 0) >= clock.now() - 5


def test_what_fails_twice_is_late_and_one_that_just_failed_is_not(ground: Ground) -> None:
    failing = played({"GET /servers/getVersion": lambda _: answer({"message": "no"}, "500 Internal Server Error")})
    with failing as partner:
        server = ground.links(partner.url, push=True)
        ground.publishes(a_draft())
        late = []
        for _ in range(2):
            deliver_due(server.id, OUTBOUND)
            with writing():
                execute("UPDATE outbox SET next_try = 0")
                execute("UPDATE server SET breaker_until = NULL")
            late.append(view_server(ground.admin, server.id).queue.late)
    assert late == [0, 1]
    assert ailment_of(view_server(ground.admin, server.id)) is Ailment.DOWN, "not even the handshake works"


def test_what_waits_longer_than_a_delivery_takes_is_late(ground: Ground) -> None:
    server = ground.links("http://127.0.0.1:9", push=True)
    ground.publishes(a_draft())
    assert view_server(ground.admin, server.id).queue.late == 0
    with writing():
        execute("UPDATE outbox SET created = ?", (clock.now() - outbox.LONGEST_DELIVERY_SECONDS - 1,))
    assert ailment_of(view_server(ground.admin, server.id)) is Ailment.LATE
    edit_server(ground.admin, server.id, ServerDraft(push=False))
    assert ailment_of(view_server(ground.admin, server.id)) is Ailment.PUSH_OFF
    pause_server(ground.admin, server.id, paused=True)
    assert ailment_of(view_server(ground.admin, server.id)) is Ailment.PAUSED
