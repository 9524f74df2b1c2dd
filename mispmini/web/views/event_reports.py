"""Event reports over REST and as pages (API §9.5)."""

from collections.abc import Mapping

from flask import Blueprint, request, url_for

from mispmini.domain.filters import Deleted
from mispmini.domain.permissions import Permission
from mispmini.services import reports
from mispmini.services.reports import ViewedReport
from mispmini.services.rights import must_be_modifiable
from mispmini.web import describe
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved
from mispmini.web.asking import asked, parameter
from mispmini.web.building import removals, report_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer, note_given_out
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.report_in import read_report
from mispmini.wire.scalars import whole_number
from mispmini.wire.search_in import paging
from mispmini.wire.sharing_group_out import report_view

bp = Blueprint("event_reports", __name__, url_prefix="/event_reports")
_OPTIONAL = ("name", "content", "distribution", "sharing_group_id")
_STATES: Mapping[str, Deleted] = {"deleted": Deleted.ONLY, "all": Deleted.BOTH}


@bp.route("/index", methods=["GET", "POST"])
@needs_login
@searches
def index() -> Answer:
    """Reports of the event named by `event_id`, or of all events; live ones unless `context` says otherwise."""
    event_id = whole_number(parameter("event_id"))
    if parameter("event_id") and event_id is None:
        return reply([])
    state = _STATES.get(str(parameter("context", "")), Deleted.LIVE)
    limit, page = paging(asked().parameters())
    search = str(parameter("value", ""))
    found = reports.reports_of(current_viewer(), event_id, state, search=search, limit=limit, page=page)
    return reply([_reply(viewed) for viewed in found])


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One report with its event and group beside it."""
    found = reports.view_report(current_viewer(), ref)
    viewer = current_viewer()
    note_given_out([found.event.id])
    return answer(
        lambda: _reply(found), page=lambda: report_pages.report_page(viewer, found), template="event_reports/view.html"
    )


@bp.get("/add")
@bp.get("/add/<event_ref>")
@needs(Permission.ADD)
def show_add(event_ref: str = "") -> Answer:
    """The form, or what a POST takes: the probe without which no partner sends reports (PROTOCOL §3.9)."""
    return answer(
        lambda: describe.REPORTS_ADD,
        page=lambda: report_pages.new_report_page(current_viewer(), event_ref, None),
        template="event_reports/edit.html",
    )


@bp.post("/add")
@needs(Permission.ADD)
def add_to_named_event() -> Answer:
    """Add a report to the event that the body names."""
    return add(str(parameter("event_id", "")))


@bp.post("/add/<event_ref>")
@needs(Permission.ADD)
def add(event_ref: str) -> Answer:
    """Add a report to an event."""
    viewer = current_viewer()
    if_refused(lambda form, status: _add_form(event_ref, form, status))
    with saving("add", "EventReport", about=lambda: must_be_modifiable(viewer, event_ref)):
        draft = read_report(asked().body)
    return _answered(reports.add_report(viewer, event_ref, draft), _("Report added."))


def _add_form(event_ref: str, form: Form, status: int) -> Answer:
    page = report_pages.new_report_page(current_viewer(), event_ref, form)
    return page_answer("event_reports/edit.html", page, status=status)


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(ref: str) -> Answer:
    """Change a report; what the body leaves out is kept."""
    viewer = current_viewer()
    viewed = reports.view_report(viewer, ref)
    if request.method == "GET":
        return answer(
            lambda: api_description(action_url(), "POST what changes of an Event Report.", optional=_OPTIONAL),
            page=lambda: report_pages.report_form_page(viewer, viewed, None),
            template="event_reports/edit.html",
        )
    if_refused(lambda form, status: _edit_form(viewed, form, status))
    with saving("edit", "EventReport", about=lambda: reports.own_report(viewer, ref)[0].id):
        draft = read_report(asked().body, stored=viewed.report)
    return _answered(reports.edit_report(viewer, ref, draft), _("Report saved."))


def _edit_form(viewed: ViewedReport, form: Form, status: int) -> Answer:
    page = report_pages.report_form_page(current_viewer(), viewed, form)
    return page_answer("event_reports/edit.html", page, status=status)


@bp.get("/delete/<ref>")
@needs(Permission.ADD)
def ask_before_delete(ref: str) -> Answer:
    """What deleting it means, before it is done."""
    viewer = current_viewer()
    return answer(
        lambda: api_description(action_url(), "POST to delete an Event Report.", optional=("hard",)),
        page=lambda: removals.report_removal(viewer, reports.view_report(viewer, ref).report),
        template="removal.html",
    )


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete a report softly, so that partners hear of it, or for good with `hard`."""
    viewer = current_viewer()
    for_good = removals.is_for_good(hard, lambda: reports.view_report(viewer, ref).report.event_id)
    gone = reports.delete_report(viewer, ref, hard=for_good)
    how = "hard" if for_good else "soft"
    message = saved(f"Event Report {gone.uuid} {how} deleted", subject_id=gone.id)
    return done(message, go_to=_page_of(gone.event_id), notice=_("Report deleted."))


@bp.post("/restore/<ref>")
@needs(Permission.ADD)
def restore(ref: str) -> Answer:
    """Bring a softly deleted report back."""
    back = reports.restore_report(current_viewer(), ref)
    message = saved("Event Report restored", subject_id=back.id)
    return done(message, go_to=_page_of(back.event_id), notice=_("Report restored."))


def _answered(viewed: ViewedReport, notice: str) -> Answer:
    return done(_reply(viewed), go_to=url_for("event_reports.view", ref=viewed.report.id), notice=notice)


def _reply(viewed: ViewedReport) -> Reply:
    return report_view(viewed.report, viewed.event, viewed.org, viewed.orgc, viewed.group, viewed.tags)


def _page_of(event_id: int) -> str:
    return url_for("events.view", ref=event_id, tab="reports")
