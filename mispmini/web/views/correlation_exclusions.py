"""Values that do not correlate, and those too common to, over REST and as a page (API §9.6). For site admins."""

from flask import Blueprint, request, url_for

from mispmini.domain.permissions import Permission
from mispmini.services import correlation_exclusions as exclusions
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved
from mispmini.web.asking import asked
from mispmini.web.building import delegation_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire.delegation_out import common_value_reply, exclusion_reply, read_exclusion
from mispmini.wire.replies import api_description

bp = Blueprint("correlation_exclusions", __name__)


@bp.route("/correlation_exclusions/index", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def index() -> Answer:
    """All of them; the page shows common values too."""
    return answer(
        lambda: [exclusion_reply(one) for one in exclusions.list_exclusions()],
        page=delegation_pages.correlation_page,
        template="delegations/correlation.html",
    )


@bp.get("/correlation_exclusions/view/<int:number>")
@needs(Permission.SITE_ADMIN)
def view(number: int) -> Answer:
    """One of them."""
    return reply(exclusion_reply(exclusions.find_exclusion(number)))


@bp.route("/correlation_exclusions/add", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
def add() -> Answer:
    """Keep a value out of correlation; `%` at either end stands for anything."""
    if request.method == "GET":
        sentence = "POST a value that shall not correlate."
        return reply(api_description(action_url(), sentence, mandatory=("value",), optional=("comment",)))
    if_refused(_again)
    with saving("add", "CorrelationExclusion"):
        value, comment = read_exclusion(asked().parameters())
    made = exclusions.add_exclusion(current_viewer(), value or "", comment or "")
    notice = _("It does not correlate any more.")
    return done(exclusion_reply(made), go_to=url_for("correlation_exclusions.index"), notice=notice)


def _again(form: Form, status: int) -> Answer:
    return page_answer("delegations/correlation.html", delegation_pages.correlation_page(form), status=status)


@bp.route("/correlation_exclusions/edit/<int:number>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(number: int) -> Answer:
    """Change what is given of a value that does not correlate."""
    with saving("edit", "CorrelationExclusion", about=lambda: exclusions.find_exclusion(number).id):
        value, comment = read_exclusion(asked().parameters())
    return reply(exclusion_reply(exclusions.edit_exclusion(current_viewer(), number, value, comment)))


@bp.route("/correlation_exclusions/delete/<int:number>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(number: int) -> Answer:
    """Let a value correlate again."""
    exclusions.delete_exclusion(current_viewer(), number)
    message = saved("CorrelationExclusion deleted.", subject_id=number)
    return done(message, go_to=url_for("correlation_exclusions.index"), notice=_("It correlates again."))


@bp.post("/correlation_exclusions/clean")
@needs(Permission.SITE_ADMIN)
def clean() -> Answer:
    """Nothing is left to clean: correlations are looked up, not stored, and the list counts at once."""
    message = saved("Correlations cleanup completed, exclusions count at once.")
    return done(message, go_to=url_for("correlation_exclusions.index"))


@bp.route("/correlations/overCorrelations", methods=["GET", "POST"])
@needs(Permission.SITE_ADMIN)
@searches
def over_correlations() -> Answer:
    """Values in more events than correlate, the commonest first."""
    found = exclusions.common_values()
    return reply([common_value_reply(number, one) for number, one in enumerate(found, 1)])
