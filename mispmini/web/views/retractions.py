"""Taking back an event that partners have, and how far that is (RULES §2)."""

from flask import Blueprint, request

from mispmini.domain.permissions import Permission
from mispmini.domain.retractions import Partner
from mispmini.domain.viewer import Viewer
from mispmini.services import retracting
from mispmini.services.retracting import Retraction
from mispmini.web import pages
from mispmini.web.answer import Answer, answer, done, page_answer, saved
from mispmini.web.asking import parameter
from mispmini.web.building.receipts import receipt_sentence
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply

bp = Blueprint("retractions", __name__, url_prefix="/events")
_TEMPLATE = "events/retract.html"


@bp.route("/retract/<ref>", methods=["GET", "POST"])
@needs(Permission.PUBLISH)
def retract(ref: str) -> Answer:
    """Retract an event for a `reason`; asked by GET, how far each partner is."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(lambda: _told(viewer, ref), page=lambda: _page(viewer, ref, pages.Form()), template=_TEMPLATE)
    if_refused(lambda form, status: page_answer(_TEMPLATE, _page(viewer, ref, form), status=status))
    event_id = retracting.retract_event(viewer, ref, str(parameter("reason", "") or ""))
    message = saved("Event retracted.", subject_id=event_id)
    return done(message, go_to=f"/events/retract/{event_id}", notice=_("Event retracted."))


def _told(viewer: Viewer, ref: str) -> Reply:
    found = retracting.retraction_of(viewer, ref)
    return {
        "event_uuid": found.event.uuid,
        "retracted": found.retracted,
        "settled": found.settled,
        "servers": [_server(partner, found) for partner in found.partners],
        "to_be_asked": [{"org_id": str(one.org_id), "organisation": one.org_name} for one in found.readers],
        "may_have_spread": found.spreads,
    }


def _server(partner: Partner, found: Retraction) -> Reply:
    return {
        "server": partner.server_name,
        "stage": partner.stage.value if found.retracted else None,
        "state": partner.receipt.state.value,
        "reason": partner.receipt.reason,
        "time": str(partner.time),
    }


def _page(viewer: Viewer, ref: str, form: pages.Form) -> pages.RetractPage:
    found = retracting.retraction_of(viewer, ref)
    return pages.RetractPage(
        id=found.event.id,
        info=found.event.info,
        retracted=found.retracted,
        settled=found.settled,
        partners=tuple(_row(partner) for partner in found.partners),
        readers=tuple(reader.org_name for reader in found.readers),
        spreads=found.spreads,
        form=form,
    )


def _row(partner: Partner) -> pages.RetractedRow:
    sentence = receipt_sentence(partner.receipt)
    return pages.RetractedRow(
        partner.server_name, partner.stage.value, partner.receipt.state.value, sentence, partner.time
    )
