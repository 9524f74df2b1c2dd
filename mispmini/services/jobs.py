"""Long work that people and programs ask for, watch and wait for."""

import time

from mispmini.domain.errors import NotFound
from mispmini.domain.viewer import Viewer
from mispmini.services.servers import find_server, require_site_admin
from mispmini.store import jobs
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind, JobRecord, JobState

__all__ = ["JobKind", "JobRecord", "JobState"]
_POLL_SECONDS = 0.05


def ask_for_job(viewer: Viewer, server_id: int, kind: JobKind, technique: str) -> int:
    """Ask for a pull or push that a job does; returns the job's id. Raises Forbidden, NotFound."""
    server = find_server(viewer, server_id)
    with writing():
        return jobs.create_job(kind, f"{server.id} {technique}", viewer.user_id)


def find_job(viewer: Viewer, job_id: int) -> JobRecord:
    """A job: one's own, or any for site admins. Raises NotFound."""
    job = jobs.find_any_job(job_id)
    if job is None or not (viewer.is_site_admin or job.user_id == viewer.user_id):
        raise NotFound("Invalid job")
    return job


def list_jobs(viewer: Viewer, limit: int) -> list[JobRecord]:
    """The newest jobs. Raises Forbidden."""
    require_site_admin(viewer)
    return jobs.list_any_jobs(limit)


def cancel_job(viewer: Viewer, job_id: int) -> JobRecord:
    """Ask a job to stop at the next chance; what it did stays. Raises NotFound."""
    job = find_job(viewer, job_id)
    with writing():
        jobs.wish_cancel(job.id)
    return job


def wait_for_job(viewer: Viewer, job_id: int, seconds: float) -> JobRecord:
    """The job once it has ended, or as it is after so many seconds. Raises NotFound."""
    ends = time.monotonic() + seconds
    while not (job := find_job(viewer, job_id)).ended and time.monotonic() < ends:
        time.sleep(_POLL_SECONDS)
    return job
