"""Event reports over REST; people see them on their event's page (API §9.5)."""

from collections.abc import Mapping

from flask import Blueprint, request, url_for

from mispmini.domain.filters import Deleted
from mispmini.domain.permissions import Permission
from mispmini.services import reports
from mispmini.services.reports import ViewedReport
from mispmini.web import describe
from mispmini.web.answer import Answer, action_url, done, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.report_in import read_report
from mispmini.wire.scalars import flag, whole_number
from mispmini.wire.sharing_group_out import report_view

bp = Blueprint("event_reports", __name__, url_prefix="/event_reports")
_STATES: Mapping[str, Deleted] = {"deleted": Deleted.ONLY, "all": Deleted.BOTH}


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """Reports of the event named by `event_id`, or of all events; live ones unless `context` says otherwise."""
    event_id = whole_number(parameter("event_id"))
    if parameter("event_id") and event_id is None:
        return reply([])
    state = _STATES.get(str(parameter("context", "")), Deleted.LIVE)
    found = reports.reports_of(current_viewer(), event_id, state, search=str(parameter("value", "")))
    return reply([_reply(viewed) for viewed in found])


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One report with its event and group beside it."""
    found = reports.view_report(current_viewer(), ref)
    return reply(_reply(found)) if wants_json() else see_other(_page_of(found.report.event_id))


@bp.get("/add")
@bp.get("/add/<event_ref>")
@needs(Permission.ADD)
def show_add(**_event: str) -> Answer:
    """What a POST takes: the probe without which no partner sends reports (PROTOCOL §3.9)."""
    return reply(describe.REPORTS_ADD)


@bp.post("/add/<event_ref>")
@needs(Permission.ADD)
def add(event_ref: str) -> Answer:
    """Add a report to an event."""
    with saving("add", "EventReport"):
        draft = read_report(asked().body)
    return _answered(reports.add_report(current_viewer(), event_ref, draft), _("Report added."))


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(ref: str) -> Answer:
    """Change a report; what the body leaves out is kept."""
    viewer = current_viewer()
    stored = reports.view_report(viewer, ref).report
    if request.method == "GET":
        optional = ("name", "content", "distribution", "sharing_group_id")
        return reply(api_description(action_url(), "POST what changes of an Event Report.", optional=optional))
    with saving("edit", "EventReport"):
        draft = read_report(asked().body, stored=stored)
    return _answered(reports.edit_report(viewer, ref, draft), _("Report saved."))


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete a report softly, so that partners hear of it, or for good with `hard`."""
    gone = reports.delete_report(current_viewer(), ref, hard=flag(hard or parameter("hard")) is True)
    message = saved("Event Report deleted", subject_id=gone.id)
    return done(message, go_to=_page_of(gone.event_id), notice=_("Report deleted."))


@bp.post("/restore/<ref>")
@needs(Permission.ADD)
def restore(ref: str) -> Answer:
    """Bring a softly deleted report back."""
    back = reports.restore_report(current_viewer(), ref)
    message = saved("Event Report restored", subject_id=back.id)
    return done(message, go_to=_page_of(back.event_id), notice=_("Report restored."))


def _answered(viewed: ViewedReport, notice: str) -> Answer:
    return done(_reply(viewed), go_to=_page_of(viewed.report.event_id), notice=notice)


def _reply(viewed: ViewedReport) -> Reply:
    return report_view(viewed.report, viewed.event, viewed.org, viewed.orgc, viewed.group)


def _page_of(event_id: int) -> str:
    return url_for("events.view", ref=event_id)
