"""Messages to whoever reported an event (API §9.2)."""

from flask import Blueprint, request

from mispmini.domain.viewer import Viewer
from mispmini.services import alerts, event_sheets, mail
from mispmini.web import describe, pages
from mispmini.web.answer import Answer, answer, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import parameter
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _, ngettext
from mispmini.web.limits import letters_limited
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer

bp = Blueprint("contact", __name__, url_prefix="/events")
_SENT = "Email sent to the reporter."


@bp.route("/contact/<ref>", methods=["GET", "POST"])
@letters_limited
@needs_login
def contact(ref: str) -> Answer:
    """Send a message to the reporter; a program is told if e-mail is off, MISP's sentence or not."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(
            lambda: describe.EVENTS_CONTACT,
            page=lambda: _page(viewer, ref, pages.Form()),
            template="events/contact.html",
        )
    if_refused(lambda form, status: page_answer("events/contact.html", _page(viewer, ref, form), status=status))
    count = alerts.contact(viewer, ref, str(parameter("message", "") or ""))
    if wants_json():
        warnings = {} if mail.is_on() else {"warnings": [mail.IS_OFF]}
        return reply({**saved(_SENT, subject_id=event_sheets.head_of(viewer, ref).event.id), **warnings})
    notice = ngettext("The message goes to %(num)d person.", "The message goes to %(num)d people.", count)
    return done(None, go_to=f"/events/view/{ref}", notice=notice if count else _("Nobody here could be written to."))


def _page(viewer: Viewer, ref: str, form: pages.Form) -> pages.ContactPage:
    graph = event_sheets.head_of(viewer, ref)
    return pages.ContactPage(graph.event.id, graph.event.info, graph.orgc.name, mail.is_on(), form)
