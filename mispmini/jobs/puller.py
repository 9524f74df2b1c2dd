"""Pulls that are due, and the pulls and pushes that somebody asked for."""

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from mispmini.domain import clock
from mispmini.domain.errors import MispminiError, NotFound, SaveFailed
from mispmini.domain.feeds import FeedVerb
from mispmini.domain.servers import LinkedServer
from mispmini.jobs.crew import Crew, repeat
from mispmini.services import mail
from mispmini.services.libraries import Library, run_update
from mispmini.store import jobs, rereadings, servers
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind, JobRecord, JobState
from mispmini.sync.caching import CACHED, cache_partner
from mispmini.sync.comparing import compare_with
from mispmini.sync.feeds.work import run_feed
from mispmini.sync.links import Outbound, Progress
from mispmini.sync.pull import AGAIN, FULL, PullResult, pull_from
from mispmini.sync.push_all import push_to

PULLS_AT_ONCE = 4
JOBS_AT_ONCE = 4
POLL_SECONDS = 1.0
STOP_SECONDS = 3.0
INTERRUPTED = "It was interrupted when the server stopped. Please start it again."
_LONGEST_JITTER = 60.0
_log = logging.getLogger(__name__)


class Puller:
    """The scheduler's pulls: what is due stands in the server's row, so that a restart catches up."""

    def __init__(self, outbound: Outbound, stopping: threading.Event) -> None:
        self._outbound = outbound
        self._stopping = stopping
        self._crew = Crew("pull", PULLS_AT_ONCE)

    def start_due(self) -> None:
        """Start every pull that is due, and the reading of what is to be read again; what still runs is not started
        again."""
        now = clock.now()
        for server in servers.servers_due_for_pull(now):
            if self._crew.has_room:
                with writing(quiet=True):
                    servers.schedule_pull(server.id, _next_pull(server))
                self._crew.start(server.id, partial(self._pull, server.id, FULL))
        for server in rereadings.servers_due(now):
            if self._crew.has_room:
                with writing(quiet=True):
                    rereadings.put_off(server.id)
                self._crew.start(server.id, partial(self._pull, server.id, AGAIN))

    def wait(self) -> None:
        """Give pulls a moment to end after the batch under way."""
        self._crew.wait(STOP_SECONDS)

    def _pull(self, server_id: int, technique: str) -> None:
        server = servers.find_any_server(server_id)
        if server is None or not server.pull or server.paused:
            return
        with writing(quiet=True):
            job_id = jobs.begin_job(JobKind.PULL, f"{server_id} {technique}")
        state, told = _outcome(job_id, lambda: self._pull_as(job_id, server, technique))
        if state is JobState.FAILED:
            _log.info("The pull from server %s failed: %s", server_id, told)
        with writing(quiet=True):
            _settle_scheduled(job_id, state, told)

    def _pull_as(self, job_id: int, server: LinkedServer, technique: str) -> str:
        """What the pull brought, in MISP's words; "" for nothing at all."""
        result = pull_from(server, technique, self._outbound, progress=partial(_note, job_id, self._stopping))
        return "" if replace(result, protected=0) == PullResult() else result.sentence


class JobWorker:
    """Takes up jobs that pages and calls have written down."""

    def __init__(self, outbound: Outbound, stopping: threading.Event) -> None:
        self._outbound = outbound
        self._stopping = stopping
        self._crew = Crew("job", JOBS_AT_ONCE)
        self._thread = threading.Thread(target=self._loop, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin; what an earlier process left half done ends as failed."""
        with writing(quiet=True):
            jobs.end_interrupted_jobs(INTERRUPTED)
        self._thread.start()

    def wait(self) -> None:
        """Give jobs a moment to end after the batch under way."""
        jobs.wake()
        self._thread.join(STOP_SECONDS)
        self._crew.wait(STOP_SECONDS)

    def _loop(self) -> None:
        repeat(self._step, self._stopping, name="The job worker", pause=POLL_SECONDS)

    def _step(self) -> None:
        self._take_up()
        jobs.wait_for_jobs(POLL_SECONDS)

    def _take_up(self) -> None:
        while self._crew.has_room and jobs.is_job_waiting():
            with writing(quiet=True):
                job = jobs.claim_job()
            if job is not None:
                self._crew.start(job.id, partial(self._do, job))

    def _do(self, job: JobRecord) -> None:
        state, message = _outcome(job.id, lambda: self._run(job))
        with writing(quiet=True):
            jobs.finish_job(job.id, state, message)

    def _run(self, job: JobRecord) -> str:
        progress = partial(_note, job.id, self._stopping)
        if job.kind is JobKind.MAIL:
            return mail.send_due(progress)
        if job.kind is JobKind.LIBRARY:
            return run_update(Library(job.subject), job.user_id, progress)
        if job.kind is JobKind.FEED:
            feed_id, _, verb = job.subject.partition(" ")
            return run_feed(int(feed_id), FeedVerb(verb), self._outbound, progress=progress)
        return self._exchange(job, progress)

    def _exchange(self, job: JobRecord, progress: Progress) -> str:
        server_id, _, technique = job.subject.partition(" ")
        server = servers.find_any_server(int(server_id))
        if server is None:
            raise NotFound("Invalid server")
        if job.kind is JobKind.PULL:
            return pull_from(server.asked_by(job.user_id), technique, self._outbound, progress=progress).sentence
        if job.kind is JobKind.CACHE:
            cache_partner(server, self._outbound, progress=progress)
            return CACHED
        if job.kind is JobKind.COMPARE:
            return compare_with(server, self._outbound, progress=progress).sentence
        return push_to(server, technique, self._outbound, progress=progress).sentence


def _outcome(job_id: int, work: Callable[[], str]) -> tuple[JobState, str]:
    """How a job ended, and what it says of it; one that nobody foresaw is ended here, and raised."""
    try:
        return JobState.DONE, work()
    except MispminiError as error:
        return JobState.FAILED, str(error.errors if isinstance(error, SaveFailed) else error.sentence)
    except Exception:
        with writing(quiet=True):
            jobs.finish_job(job_id, JobState.FAILED, "The server made a mistake.")
        raise


def _note(job_id: int, stopping: threading.Event, done: int, total: int) -> bool:
    """Say how far a job is; whether it shall go on."""
    with writing(quiet=True):
        jobs.note_progress(job_id, done, total)
    return not (stopping.is_set() or jobs.is_cancel_wished(job_id))


def _settle_scheduled(job_id: int, state: JobState, told: str) -> None:
    """End a pull that began by itself; one that brought nothing, or failed like the one before, clutters no list."""
    if not told:
        jobs.drop_job(job_id)
        return
    jobs.finish_job(job_id, state, told)
    if state is JobState.FAILED:
        jobs.drop_same_failures(job_id)


def _next_pull(server: LinkedServer) -> int:
    interval = server.pull_interval or 0
    jitter = random.uniform(0.0, min(_LONGEST_JITTER, interval / 10))  # noqa: S311 - spreads pulls, hides nothing
    return clock.now() + interval + int(jitter)
