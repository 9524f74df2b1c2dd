"""What came in our name, and what partners were not allowed to do: review, release, reassign (RULES §4, §6)."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.services import arrivals, event_sheets
from mispmini.web.answer import Answer, action_url, answer, done, saved
from mispmini.web.asking import parameter
from mispmini.web.building import arrival_pages
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.pages.arrivals import IncomingPage, ReassignPage
from mispmini.web.paging import Slice, asked_slice, paging
from mispmini.web.who import current_viewer
from mispmini.wire.replies import api_description

bp = Blueprint("incoming", __name__, url_prefix="/incoming")


@bp.get("/index")
@needs(Permission.SITE_ADMIN)
def index() -> Answer:
    """Events in our name that partners delivered, and updates that were refused."""
    viewer, part = current_viewer(), asked_slice()
    return answer(
        lambda: {
            "in_our_name": [row._asdict() for row in arrivals.in_our_name(viewer)],
            "refused_updates": [row._asdict() for row in _refused(part)[0]],
        },
        page=lambda: _page(part),
        template="incoming/index.html",
    )


def _refused(part: Slice) -> tuple[list[arrivals.RefusedUpdate], int]:
    return arrivals.refused_updates(current_viewer(), limit=part.limit, offset=part.offset)


def _page(part: Slice) -> IncomingPage:
    refused, total = _refused(part)
    return arrival_pages.incoming_page(arrivals.in_our_name(current_viewer()), refused, paging(part, total))


@bp.post("/release/<ref>")
@needs(Permission.SITE_ADMIN)
def release(ref: str) -> Answer:
    """Let an event in our name be seen and go on by the level it came with."""
    event_id = arrivals.release(current_viewer(), ref)
    message = saved("Event released.", subject_id=event_id)
    return done(message, go_to=f"/events/view/{event_id}", notice=_("The event was released."))


@bp.post("/let_deliver/<int:number>")
@needs(Permission.SITE_ADMIN)
def let_deliver(number: int) -> Answer:
    """Let the link of a refused update deliver the event from now on, and fetch what was refused where it pulls."""
    delivery = arrivals.let_deliver(current_viewer(), number)
    message = saved("Event reassigned.", subject_id=delivery.event_id)
    return done(message, go_to="/incoming/index", notice=arrival_pages.delivery_told(delivery))


@bp.get("/reassign/<ref>")
@needs(Permission.SITE_ADMIN)
def show_reassign(ref: str) -> Answer:
    """Whose link may update an event."""
    return answer(
        lambda: api_description(
            action_url(), "POST an organisation to make its link the delivering one.", optional=("org",)
        ),
        page=lambda: _reassign_page(ref),
        template="incoming/reassign.html",
    )


def _reassign_page(ref: str) -> ReassignPage:
    viewer = current_viewer()
    return arrival_pages.reassign_page(viewer, event_sheets.head_of(viewer, ref).event)


@bp.post("/reassign/<ref>")
@needs(Permission.SITE_ADMIN)
def reassign(ref: str) -> Answer:
    """Make another organisation's link the one that may update an event; an empty `org` leaves it to its creator's."""
    event_id = arrivals.reassign(current_viewer(), ref, str(parameter("org", "")))
    message = saved("Event reassigned.", subject_id=event_id)
    return done(message, go_to=f"/events/view/{event_id}", notice=_("The delivering link was changed."))
