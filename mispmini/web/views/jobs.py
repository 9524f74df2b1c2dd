"""Jobs and schedules: what runs, what ran and how it ended, and when each partner is pulled next."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.services import jobs, servers
from mispmini.services.jobs import JobRecord
from mispmini.sync.links import is_at_work
from mispmini.web.answer import Answer, answer, done, saved
from mispmini.web.building import job_pages
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login, needs_writing
from mispmini.web.who import current_viewer

bp = Blueprint("jobs", __name__, url_prefix="/jobs")
_NEWEST = 50


@bp.get("/index")
@needs(Permission.SITE_ADMIN)
def index() -> Answer:
    """Every partner's schedule, and the newest jobs."""
    viewer = current_viewer()
    found = jobs.list_jobs(viewer, _NEWEST)
    return answer(
        lambda: [_reply(job) for job in found],
        page=lambda: job_pages.index_page(servers.list_servers(viewer), found, is_at_work),
        template="jobs/index.html",
    )


@bp.get("/view/<int:job_id>")
@needs_login
def view(job_id: int) -> Answer:
    """How far a job is, what it did to each event, and how it ended."""
    job = jobs.find_job(current_viewer(), job_id)
    return answer(lambda: _reply(job), page=lambda: job_pages.view_page(job), template="jobs/view.html")


@bp.post("/cancel/<int:job_id>")
@needs_writing
def cancel(job_id: int) -> Answer:
    """Stop a job at the next chance; what it did stays."""
    job = jobs.cancel_job(current_viewer(), job_id)
    return done(
        saved("Job will stop.", subject_id=job.id),
        go_to=f"/jobs/view/{job.id}",
        notice=_("It stops after what it is doing now; what is done stays."),
    )


def _reply(job: JobRecord) -> dict[str, object]:
    columns = {"id": str(job.id), "job_type": job.kind.value, "status": job.state.value, "message": job.message}
    return {"Job": {**columns, "progress": str(job.done), "total": None if job.total is None else str(job.total)}}
