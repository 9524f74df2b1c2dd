"""Handing events over to other organisations, over REST and as pages (API §9.2)."""

from flask import Blueprint, request, url_for

from mispmini.domain.permissions import Permission
from mispmini.services import delegations
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, saved
from mispmini.web.asking import asked, parameter
from mispmini.web.building import delegation_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.delegation_out import delegation_reply, read_wish
from mispmini.wire.replies import api_description

bp = Blueprint("delegations", __name__, url_prefix="/event_delegations")


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """Pending requests of or to the viewer's organisation; `context` asks for those to it, or from it."""
    viewer = current_viewer()
    found = delegations.list_delegations(viewer)
    context = str(parameter("context", ""))
    if context == "pending":
        found = [one for one in found if one.org.id == viewer.org_id]
    elif context == "issued":
        found = [one for one in found if one.requester.id == viewer.org_id]
    return answer(
        lambda: [delegation_reply(one) for one in found],
        page=lambda: delegation_pages.list_page(viewer, found),
        template="delegations/index.html",
    )


@bp.route("/delegateEvent/<ref>", methods=["GET", "POST"])
@needs(Permission.DELEGATE)
def delegate_event(ref: str) -> Answer:
    """Ask an organisation to take over an event."""
    if request.method == "GET":
        return answer(
            lambda: api_description(
                action_url(), "POST the organisation that shall take over the event.", mandatory=("org_id",),
                optional=("message", "distribution", "sharing_group_id"),
            ),
            page=lambda: delegation_pages.form_page(current_viewer(), ref),
            template="delegations/edit.html",
        )  # fmt: skip
    if_refused(lambda form, status: _again(ref, form, status))
    with saving("delegate", "EventDelegation"):
        wish = read_wish(asked().parameters())
    made = delegations.delegate(current_viewer(), ref, wish)
    return done(delegation_reply(made), go_to=url_for("delegations.index"), notice=_("The request was sent."))


def _again(ref: str, form: Form, status: int) -> Answer:
    return page_answer("delegations/edit.html", delegation_pages.form_page(current_viewer(), ref, form), status=status)


@bp.post("/acceptDelegation/<int:number>")
@needs(Permission.ADD)
def accept_delegation(number: int) -> Answer:
    """Take over the event."""
    taken = delegations.accept(current_viewer(), number)
    go_to = url_for("events.view", ref=taken.event_id)
    message = saved("Event ownership transferred.", subject_id=number)
    return done(message, go_to=go_to, notice=_("The event is yours now."))


@bp.post("/deleteDelegation/<int:number>")
@needs(Permission.ADD)
def delete_delegation(number: int) -> Answer:
    """Withdraw or decline a request."""
    delegations.give_up(current_viewer(), number)
    message = saved("Delegation request deleted.", subject_id=number)
    return done(message, go_to=url_for("delegations.index"), notice=_("The request was withdrawn."))
