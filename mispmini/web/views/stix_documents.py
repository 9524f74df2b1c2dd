"""STIX documents become events (API §9.2, `events/upload_stix`)."""

from flask import Blueprint, current_app, request

from mispmini.domain.errors import BadRequest, Malformed
from mispmini.domain.filters import Deleted
from mispmini.domain.permissions import Permission
from mispmini.services import bodies, converting, events
from mispmini.settings import Settings
from mispmini.web.answer import Answer, action_url, reply
from mispmini.web.needs import needs
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire import door
from mispmini.wire.event_in import read_event
from mispmini.wire.replies import api_description

bp = Blueprint("stix_documents", __name__, url_prefix="/events")
_NO_DOCUMENT = "Send the STIX document as the body of the request."
_UNKNOWN_VERSION = "STIX is version 1 or 2."
_BEGINNINGS = {"1": (b"<", b"\xef\xbb\xbf<"), "2": (b"{",)}


@bp.get("/upload_stix")
@needs(Permission.ADD)
def describe_upload() -> Answer:
    """What to send."""
    return reply(api_description(action_url(), "POST a STIX 1 or 2 document (/upload_stix/2) to make an event of it."))


@bp.post("/upload_stix")
@bp.post("/upload_stix/<version>")
@needs(Permission.ADD, Permission.MODIFY)
def upload(version: str = "1") -> Answer:
    """An event for whoever uploads, as events/add answers it; STIX 1 unless the path says 2."""
    viewer, document = current_viewer(), _document()
    if version[:1] not in _BEGINNINGS:
        raise BadRequest(_UNKNOWN_VERSION)
    converting.must_be_installed()
    _look_at(document, version[:1])
    converted = converting.from_stix(document, version[:1])
    with saving("add", "Event", nested=True):
        draft = read_event(door.parse_json(converted), from_partner=False)
    saved = events.add_event(viewer, draft)
    wanted = bodies.View(deleted=Deleted.LIVE, correlations=True)
    graph = bodies.saved_event(viewer, saved.event_id, wanted)
    return reply("".join(bodies.event_text(viewer, graph, wanted)))


def _document() -> bytes:
    """The body as it came, or the one file of a form."""
    uploaded = next(iter(request.files.values()), None)
    raw = uploaded.read() if uploaded is not None else request.get_data(parse_form_data=False)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding != "identity":
        settings: Settings = current_app.config["SETTINGS"]
        raw = door.inflate(raw, encoding, settings.max_body_bytes)
    if not raw.strip():
        raise BadRequest(_NO_DOCUMENT)
    return raw


def _look_at(document: bytes, version: str) -> None:
    """What is surely no STIX costs no process of its own. Raises BadRequest, TooLarge."""
    if not document.lstrip().startswith(_BEGINNINGS[version]):
        raise BadRequest(converting.UNREADABLE)
    if version == "2":
        try:
            door.parse_json(document)
        except Malformed:
            raise BadRequest(converting.UNREADABLE) from None
