"""Malware samples by their hashes, as older clients fetch them (MISP's automation page)."""

from base64 import b64encode

from flask import Blueprint

from mispmini.domain import clock
from mispmini.domain.attribute_types import MALWARE_SAMPLE
from mispmini.domain.filters import Scope
from mispmini.domain.graphs import AttributeRow, FoundAttribute
from mispmini.domain.samples import file_name_of
from mispmini.domain.viewer import Viewer
from mispmini.services import readings, searching
from mispmini.web.answer import Answer, reply
from mispmini.web.asking import parameter
from mispmini.web.needs import needs_login
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply, message
from mispmini.wire.scalars import flag, plain_text
from mispmini.wire.search_in import read_search

bp = Blueprint("samples", __name__)

_NONE = "No hits with the given parameters."
_NOTHING_ASKED = "Please provide a hash or an event ID."


@bp.route("/attributes/downloadSample", methods=["GET", "POST"])
@needs_login
@searches
def download_sample() -> Answer:
    """The samples with this `hash`, under `allSamples` all of its events; without a hash all of one event."""
    viewer = current_viewer()
    digest, event_ref = plain_text(parameter("hash")) or "", plain_text(parameter("eventID")) or ""
    if not digest and not event_ref:
        return reply(message(_NOTHING_ASKED))
    asked: dict[str, object] = {"eventid": event_ref, "value": digest}
    if digest and flag(parameter("allSamples")):
        events = {str(one.event.event.id) for one in _found(viewer, asked)}
        asked = {"eventid": sorted(events)} if events else asked
    found = _found(viewer, {**asked, "type": MALWARE_SAMPLE, "includeAttachments": 1})
    samples = [(one, one.data) for one in readings.noting(viewer, found)]
    results = [_result(one.attribute, data) for one, data in samples if data is not None]
    return reply({"result": results} if results else message(_NONE))


def _found(viewer: Viewer, parameters: dict[str, object]) -> searching.Found[FoundAttribute]:
    return searching.search_attributes(viewer, read_search(parameters, Scope.ATTRIBUTES, now=clock.now()))


def _result(attribute: AttributeRow, data: bytes) -> Reply:
    return {
        "md5": attribute.value.rpartition("|")[2],
        "base64": b64encode(data).decode(),
        "filename": file_name_of(attribute.value),
        "attribute_id": str(attribute.id),
        "event_id": str(attribute.event_id),
    }
