"""The page of one pull or push under way."""

from flask import Blueprint

from mispmini.services import servers
from mispmini.services.servers import JobKind, JobRecord
from mispmini.web import pages
from mispmini.web.answer import Answer, answer
from mispmini.web.i18n import _
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.get("/view/<int:job_id>")
@needs_login
def view(job_id: int) -> Answer:
    """How far a job is, and how it ended."""
    job = servers.find_job(current_viewer(), job_id)
    return answer(lambda: _reply(job), page=lambda: _page(job), template="jobs/view.html")


def _reply(job: JobRecord) -> dict[str, object]:
    columns = {"id": str(job.id), "job_type": job.kind.value, "status": job.state.value, "message": job.message}
    return {"Job": {**columns, "progress": str(job.done), "total": None if job.total is None else str(job.total)}}


def _page(job: JobRecord) -> pages.JobPage:
    server_id = job.subject.partition(" ")[0]
    name = servers.name_of(int(server_id))
    title = _("Pull from %(name)s", name=name) if job.kind is JobKind.PULL else _("Push to %(name)s", name=name)
    return pages.JobPage(
        id=job.id,
        title=title,
        state=job.state.value,
        done=job.done,
        total=job.total or 0,
        message=job.message,
        started=job.started,
        finished=job.finished,
        items=(),
        back=f"/servers/view/{server_id}",
        back_label=name,
    )
