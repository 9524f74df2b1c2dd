"""Long work asked for by a page or a call: a row that a job takes up, with its progress (HOUSE §1)."""

import json
import threading
from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain import clock
from mispmini.store.damage import or_else
from mispmini.store.database import writing
from mispmini.store.sql import Row, execute, row, rows, scalar

_announced = threading.Event()
_COLUMNS = "id, kind, subject, state, done, total, result, wants_cancel, user_id, created, started, finished"


class JobKind(StrEnum):
    """What is to be done."""

    PULL = "pull"
    PUSH = "push"
    CACHE = "cache"
    COMPARE = "compare"
    FEED = "feed"
    MAIL = "mail"
    LIBRARY = "library"


class JobState(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job. `subject` says on what; `message` is how it ended; `total` is None while unknown."""

    id: int
    kind: JobKind
    subject: str
    state: JobState
    done: int
    total: int | None
    message: str
    wants_cancel: bool
    user_id: int | None
    created: int
    started: int | None
    finished: int | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in (JobState.DONE, JobState.FAILED)


def create_job(kind: JobKind, subject: str, user_id: int | None) -> int:
    """Ask for work, inside a writing(); returns the job's id."""
    number = _insert(kind, subject, JobState.WAITING, user_id)
    wake()
    return number


def begin_job(kind: JobKind, subject: str) -> int:
    """Note work that begins by itself, inside a writing(); returns the job's id."""
    return _insert(kind, subject, JobState.RUNNING, None)


def _insert(kind: JobKind, subject: str, state: JobState, user_id: int | None) -> int:
    now = clock.now()
    started = now if state is JobState.RUNNING else None
    number = scalar(
        "INSERT INTO job (kind, subject, state, done, wants_cancel, user_id, created, started)"
        " VALUES (?, ?, ?, 0, FALSE, ?, ?, ?) RETURNING id",
        (kind, subject, state, user_id, now, started),
    )
    return int(number)


def drop_job(job_id: int) -> None:
    """Forget a job that brought nothing, inside a writing()."""
    execute("DELETE FROM job WHERE id = ?", (job_id,))


def drop_same_failures(job_id: int) -> None:
    """Of failures of the same work for the same reason keep this one, inside a writing(); asked-for ones stay."""
    execute(
        "DELETE FROM job WHERE user_id IS NULL AND id < ? AND (kind, subject, state, result)"
        " = (SELECT kind, subject, state, result FROM job WHERE id = ?)",
        (job_id, job_id),
    )


def wake() -> None:
    """Tell the worker of this process that there may be something to do."""
    _announced.set()


def wait_for_jobs(seconds: float) -> None:
    """Sleep until somebody in this process asks for work, at most so long; the asker has then committed."""
    if _announced.wait(seconds):
        _announced.clear()
        with writing(quiet=True):  # it is announced inside of a transaction: pass behind its end
            pass


def find_any_job(job_id: int) -> JobRecord | None:
    """A job by id."""
    found = row(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id,))
    return None if found is None else _job(found)


def find_open_job(kind: JobKind, subject: str) -> int | None:
    """The oldest job of this work that has not ended."""
    found = scalar(
        "SELECT min(id) FROM job WHERE kind = ? AND subject = ? AND state IN (?, ?)",
        (kind, subject, JobState.WAITING, JobState.RUNNING),
    )
    return None if found is None else int(found)


def list_any_jobs(limit: int) -> list[JobRecord]:
    """Jobs, newest first."""
    return [_job(r) for r in rows(f"SELECT {_COLUMNS} FROM job ORDER BY id DESC LIMIT ?", (limit,))]


def is_job_waiting() -> bool:
    """Whether there is something to take up."""
    return row("SELECT 1 FROM job WHERE state = ? LIMIT 1", (JobState.WAITING,)) is not None


def claim_job() -> JobRecord | None:
    """Take up the oldest job that waits, inside a writing(): the guarded change gives it to one taker alone."""
    found = row(f"SELECT {_COLUMNS} FROM job WHERE state = ? ORDER BY id LIMIT 1", (JobState.WAITING,))
    if found is None:
        return None
    execute(
        "UPDATE job SET state = ?, started = ? WHERE id = ? AND state = ?",
        (JobState.RUNNING, clock.now(), found[0], JobState.WAITING),
    )
    return _job(found)


def note_progress(job_id: int, done: int, total: int | None) -> None:
    """Say how far a job is, inside a writing()."""
    execute("UPDATE job SET done = ?, total = ? WHERE id = ?", (done, total, job_id))


def finish_job(job_id: int, state: JobState, message: str) -> None:
    """End a job, inside a writing()."""
    execute(
        "UPDATE job SET state = ?, result = ?, finished = ? WHERE id = ?",
        (state, json.dumps(message), clock.now(), job_id),
    )


def wish_cancel(job_id: int) -> None:
    """Ask a job to stop at the next chance, inside a writing()."""
    execute("UPDATE job SET wants_cancel = TRUE WHERE id = ?", (job_id,))


def is_cancel_wished(job_id: int) -> bool:
    """Whether somebody wants it stopped."""
    return row("SELECT 1 FROM job WHERE id = ? AND wants_cancel", (job_id,)) is not None


def end_interrupted_jobs(message: str) -> int:
    """At start: what a process that is gone had begun ends as failed, inside a writing(); returns how many."""
    return execute(
        "UPDATE job SET state = ?, result = ?, finished = ? WHERE state = ?",
        (JobState.FAILED, json.dumps(message), clock.now(), JobState.RUNNING),
    )


def _job(r: Row) -> JobRecord:
    return JobRecord(
        id=r[0],
        kind=JobKind(r[1]),
        subject=r[2] or "",
        state=JobState(r[3]),
        done=r[4],
        total=r[5],
        message=or_else("job", r[0], lambda: str(json.loads(r[6])), "") if r[6] else "",
        wants_cancel=bool(r[7]),
        user_id=r[8],
        created=r[9],
        started=r[10],
        finished=r[11],
    )
