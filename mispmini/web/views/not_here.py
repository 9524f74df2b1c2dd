"""What a MISP does by modules and channels that this server does not have: said in so many words (API §9.2-§9.5)."""

from flask import Blueprint

from mispmini.domain.errors import NotFound
from mispmini.domain.permissions import Permission
from mispmini.web.answer import Answer, action_url
from mispmini.web.needs import needs

bp = Blueprint("not_here", __name__)

_ENRICHMENT = "There are no enrichment modules here."
_SENTENCES = {
    "/events/enrichEvent": _ENRICHMENT,
    "/attributes/enrich": _ENRICHMENT,
    "/events/pushEventToZMQ": "There is no ZeroMQ channel here.",
    "/cryptographic_keys/serverSign": "Events are not signed here.",
    "/event_reports/importReportFromUrl": (
        "Reports are not fetched from addresses here: send the text to eventReports/add."
    ),
}


@bp.post("/events/enrichEvent/<ref>")
@bp.post("/attributes/enrich/<ref>")
@bp.post("/events/pushEventToZMQ/<ref>")
@bp.post("/cryptographic_keys/serverSign")
@bp.post("/event_reports/importReportFromUrl/<ref>")
@needs(Permission.ADD)
def say_so(**_about: str) -> Answer:
    """Nothing of the sort is here."""
    raise NotFound(_SENTENCES[action_url()])
