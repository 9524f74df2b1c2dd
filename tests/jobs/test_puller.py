"""Pulls that are due, and work that was asked for."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.receipts import LedgerState
from mispmini.domain.servers import LinkedServer
from mispmini.jobs import Jobs, start_jobs
from mispmini.jobs.puller import INTERRUPTED, Puller
from mispmini.services.jobs import ask_for_job, wait_for_job
from mispmini.settings import Settings
from mispmini.store import jobs as job_rows
from mispmini.store import servers, sql
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind, JobState
from mispmini.store.versions import local_versions
from mispmini.sync.pull import FULL, pull_from
from tests.jobs.waiting import eventually
from tests.sync.ground import OUTBOUND, Ground
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import lines_of, played
from tests.sync.test_pull import Source, event
from tests.sync.test_reading_again import Writer, attribute


@pytest.fixture
def source() -> Source:
    """A partner with two events."""
    return Source(event(), event())


def fresh(server: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    found = servers.find_any_server(server.id)
    assert found is not None
    return found


def test_a_link_with_an_interval_pulls_by_itself_and_again(ground: Ground, jobs: Jobs, source: Source) -> None:
    with source.server() as partner:
        server = ground.links(partner.url, pull=True, pull_interval=1)
        eventually(lambda: len(local_versions(list(source.events))) == 2)
        later = event()
        source.events[later["uuid"]], source.tag = later, '"two"'
        eventually(lambda: local_versions([later["uuid"]]))
        assert fresh(server).last_pull_result is not None


def test_a_pull_by_itself_leaves_a_job_if_it_brought_something_or_failed(ground: Ground, source: Source) -> None:
    puller = Puller(OUTBOUND, threading.Event())

    def pulls_twice(server: LinkedServer) -> list[job_rows.JobRecord]:
        for _ in range(2):
            with writing():
                servers.schedule_pull(server.id, clock.now())
            puller.start_due()
            puller.wait()
        return job_rows.list_any_jobs(9)

    with source.server() as partner:
        server = ground.links(partner.url, pull=True, pull_interval=3600)
        brought = pulls_twice(server)
    assert [(job.kind, job.user_id, job.state) for job in brought] == [(JobKind.PULL, None, JobState.DONE)]
    assert brought[0].message.startswith("Pull completed. 2 events pulled")
    failed, *older = pulls_twice(server)
    assert (failed.state, failed.message.partition(":")[0], older) == (JobState.FAILED, "tcp", brought)


def test_what_fell_due_while_nothing_ran_is_caught_up(ground: Ground, settings: Settings, source: Source) -> None:
    with source.server() as partner:
        server = ground.links(partner.url, pull=True, pull_interval=3600)
        with writing():
            servers.schedule_pull(server.id, clock.now() - 7200)
        running = start_jobs(settings)
        eventually(lambda: len(local_versions(list(source.events))) == 2)
        eventually(lambda: fresh(server).last_pull)
        running.stop()
        assert sum("getVersion" in line for line in lines_of(partner)) == 1, "once, however often it was missed"
    assert (fresh(server).next_pull or 0) >= clock.now() + 3500


@pytest.mark.parametrize("wish", [{"pull": False}, {"paused": True}, {"pull_interval": 0}], ids=str)
def test_other_links_do_not_pull_by_themselves(ground: Ground, wish: dict[str, Any]) -> None:
    ground.links("http://127.0.0.1:9", **({"pull": True, "pull_interval": 1} | wish))
    assert servers.servers_due_for_pull(clock.now() + 10) == []


@pytest.mark.parametrize("kind", [JobKind.PULL, JobKind.PUSH], ids=str)
def test_work_that_was_asked_for_is_done_and_says_how_it_ended(
    ground: Ground, jobs: Jobs, source: Source, kind: JobKind
) -> None:
    with source.server() as partner:
        server = ground.links(partner.url, pull=True, push=True)
        job = wait_for_job(ground.admin, ask_for_job(ground.admin, server.id, kind, "full"), 10)
    assert job.state is JobState.DONE
    assert job.message.startswith("Pull completed. 2 events" if kind is JobKind.PULL else "Push complete. 0 events")


def test_work_that_fails_says_why(ground: Ground, jobs: Jobs) -> None:
    with played({}) as gone:
        url = gone.url
    server = ground.links(url, pull=True)
    job = wait_for_job(ground.admin, ask_for_job(ground.admin, server.id, JobKind.PULL, "full"), 10)
    assert job.state is JobState.FAILED
    assert job.message.startswith("tcp:")


def test_a_pull_stops_when_somebody_wishes_so_and_keeps_what_it_has(ground: Ground, jobs: Jobs) -> None:
    source = Source(*(event() for _ in range(250)))
    with source.server() as partner:
        server = ground.links(partner.url, pull=True)
        job_id = ask_for_job(ground.admin, server.id, JobKind.PULL, "full")
        with writing():
            job_rows.wish_cancel(job_id)
        job = wait_for_job(ground.admin, job_id, 20)
        kept = len(local_versions(list(source.events)))
    assert job.state is JobState.DONE
    assert 0 < kept < 250
    assert fresh(server).index_etag is None, "the next pull asks for the whole list again"


def test_work_that_a_stopped_process_left_ends_as_failed(ground: Ground, settings: Settings) -> None:
    with writing():
        job_id = job_rows.create_job(JobKind.PULL, "1 full", ground.admin.user_id)
        job_rows.claim_job()
    running = start_jobs(settings)
    running.stop()
    job = job_rows.find_any_job(job_id)
    assert job is not None
    assert (job.state, job.message) == (JobState.FAILED, INTERRUPTED)


def test_a_pull_that_hangs_leaves_room_for_others(ground: Ground, jobs: Jobs, source: Source) -> None:
    def silence(_request: Received) -> Iterable[bytes]:
        silent.pause(30)
        return [answer({})]

    silent = HostileServer(silence)
    with silent, source.server() as partner:
        ground.links(silent.url, pull=True, pull_interval=1)
        ground.links(partner.url, pull=True, pull_interval=1)
        eventually(lambda: silent.connections and len(local_versions(list(source.events))) == 2)
        assert silent.connections == 1, "one pull of a link at a time"


@pytest.mark.parametrize("interval", [None, 86400], ids=["no interval", "a long one"])
def test_what_is_to_be_read_again_is_read_by_itself_also_after_a_restart(
    ground: Ground, settings: Settings, interval: int | None
) -> None:
    written = [attribute() for _ in range(3)]
    writer = Writer(written[:1], written)
    uuid = writer.event["uuid"]
    with writer.server() as partner:
        server = ground.links(partner.url, pull=True, pull_interval=interval)
        pull_from(server, FULL, OUTBOUND)
        with writing():
            servers.schedule_pull(server.id, clock.now() + 86400)
            sql.execute("UPDATE rereading SET due = ?", (clock.now() - 1,))
        running = start_jobs(settings)
        eventually(lambda: len(ground.sees(uuid).attributes) == 3)
        running.stop()
        assert sum("events/index" in line for line in lines_of(partner)) == 2, "those of the first pull"
    assert ground.receipt(server, uuid).state is LedgerState.UPDATED
