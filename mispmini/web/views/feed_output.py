"""Our own feed over HTTP, as MISP reads feeds, and lists of values for firewalls (WEB: own feed; FEATURES row 90)."""

import hashlib
from collections.abc import Iterable

from flask import Blueprint, Response, g, request

from mispmini.domain.errors import NotAuthenticated, NotFound
from mispmini.domain.viewer import Viewer
from mispmini.services import authentication, feed_output, readings
from mispmini.services.feed_output import Audience, Reader, ValueKind
from mispmini.services.instance_settings import load_settings
from mispmini.web.answer import Answer, reply
from mispmini.web.asking import offered_keys
from mispmini.web.needs import needs_login, public
from mispmini.web.turns import searches
from mispmini.web.who import address, current_viewer, viewer_or_none
from mispmini.wire import feed_out

bp = Blueprint("feed_output", __name__, url_prefix="/feed")
_TEXT = "text/plain; charset=UTF-8"
_CSV = "text/csv; charset=UTF-8"


@bp.get("/manifest")
@public
def manifest() -> Answer:
    """manifest.json: the events of the feed."""
    return _tagged(reply(feed_out.manifest_of(feed_output.heads(_reader()))))


@bp.get("/hashes")
@public
@searches
def hashes() -> Answer:
    """hashes.csv: what the feed holds, for look-ups; known by the tag of its events, so that most asks cost little."""
    reader = _reader()
    versions = (f"{graph.event.uuid} {graph.event.timestamp}\n" for graph in feed_output.heads(reader))
    tag = _digest("".join(["hashes\n", *versions]).encode())
    if tag in request.if_none_match:
        return _unchanged(tag)
    lines = (line for graph in feed_output.events(reader) for line in feed_out.hash_lines(graph))
    return _text(lines, tag, _CSV)


@bp.get("/<uuid>")
@public
def event(uuid: str) -> Answer:
    """<uuid>.json: one event; a partner's reading is noted (RULES §10.2)."""
    reader = _reader()
    graph = feed_output.event(reader, uuid)
    if reader.audience is Audience.PARTNERS:
        readings.note_served(reader.viewer, [graph.event])
    return _tagged(reply(feed_out.event_document(graph)))


@bp.get("/<kind>.txt")
@needs_login
@searches
def values(kind: str) -> Answer:
    """ips.txt, domains.txt, urls.txt, md5.txt, sha1.txt, sha256.txt: what is for detection in published events."""
    if kind not in set(ValueKind):
        raise NotFound("Not Found")
    lines = "".join(f"{value}\n" for value in feed_output.values(current_viewer(), ValueKind(kind)))
    tag = _digest(lines.encode())
    return _unchanged(tag) if tag in request.if_none_match else _text([lines], tag, _TEXT)


def _reader() -> Reader:
    """A key's holder, somebody signed in, or the public while that is switched on. Raises NotAuthenticated."""
    viewer = _viewer()
    if viewer is None and not load_settings().public_feed:
        raise NotAuthenticated(authentication.FAILED)
    return Reader.of(viewer)


def _viewer() -> Viewer | None:
    """A public view is not asked who calls, so that a key is looked at here."""
    keys = offered_keys()
    if keys is not None:
        g.viewer = authentication.viewer_of_key(keys, address())
    viewer = viewer_or_none()
    if viewer is not None and not (load_settings().live or viewer.is_site_admin):
        raise NotAuthenticated(authentication.FAILED)
    return viewer


def _tagged(answer: Answer) -> Answer:
    """A tag from the first answer on: readers of feeds come again and again."""
    answer.headers["ETag"] = f'"{_digest(answer.get_data())}"'
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _text(lines: Iterable[str], tag: str, content_type: str) -> Answer:
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    return Response("".join(lines), 200, headers, content_type=content_type)


def _unchanged(tag: str) -> Answer:
    return Response(status=304, headers={"ETag": f'"{tag}"', "Cache-Control": "no-cache"})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:40]
