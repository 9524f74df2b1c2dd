"""The audit log over REST and as pages, and an event's history for its page (API §9.8, sample 20h)."""

from flask import Blueprint

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.services import instance_settings, logs
from mispmini.web.answer import Answer, answer, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked
from mispmini.web.building import log_pages
from mispmini.web.needs import needs
from mispmini.web.saving import saving
from mispmini.web.turns import in_turn
from mispmini.web.who import current_viewer
from mispmini.wire.log_in import read_log_filters
from mispmini.wire.log_out import log_item

bp = Blueprint("logs", __name__)


@bp.route("/logs/index", methods=["GET", "POST"])
@bp.route("/admin/logs/index", methods=["GET", "POST"])
@bp.route("/admin/logs/search", methods=["GET", "POST"])
@needs(Permission.AUDIT)
def index() -> Answer:
    """Rows of the log: all for site admins, the own organisation's for others."""
    if wants_json():
        return in_turn(lambda: reply(_rows()))
    return page_answer("logs/index.html", log_pages.index_page())


@bp.get("/logs/view/<int:row_id>")
@needs(Permission.AUDIT)
def view(row_id: int) -> Answer:
    """One request with all its steps, before and after."""
    record = logs.view_log(current_viewer(), row_id)
    return answer(lambda: log_item(record), page=lambda: log_pages.view_page(record), template="logs/view.html")


@bp.get("/logs/event_index/<ref>")
@needs(Permission.AUDIT)
def event_index(ref: str) -> Answer:
    """What happened to an event, as far as the viewer may know."""
    return reply([log_pages.moment_reply(moment) for moment in logs.history_of(current_viewer(), ref)])


@bp.post("/admin/users/monitor/<int:user_id>")
@needs(Permission.SITE_ADMIN)
def monitor(user_id: int) -> Answer:
    """Log an account's requests while monitoring is on, or no longer."""
    instance_settings.monitor_user(current_viewer(), user_id, asked().parameter("value", 1))
    return reply(saved("User monitoring updated.", subject_id=user_id))


def _rows() -> list[dict[str, object]]:
    with saving("index", "Log"):
        filters = read_log_filters(asked().parameters(), clock.now())
    return [log_item(record) for record in logs.list_logs(current_viewer(), filters)]
