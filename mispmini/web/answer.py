"""HTML or JSON is decided here and nowhere else; every answer takes its last form here (PROTOCOL §1.2, §1.6)."""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, flash, g, redirect, render_template, request

from mispmini.services.instance_settings import load_settings
from mispmini.web.asking import asked_path, folded, offered_keys
from mispmini.wire import replies
from mispmini.wire.splice import Packed, gzip_member, pack, unpack

Answer = Response
Headers = Mapping[str, str]

JSON = "application/json; charset=UTF-8"
_ALWAYS_JSON = {
    "events": frozenset({"csv", "nids", "hids", "xml", "restsearch", "stix", "updategraph", "downloadopeniocevent"}),
    "attributes": frozenset({"text", "downloadattachment", "returnattributes", "restsearch", "rpz", "bro"}),
    "objects": frozenset({"restsearch"}),
}
_COMPRESS_FROM = 1024
_REINDENT_UP_TO = 256 * 1024
_MACHINES = ("PyMISP", "MISP")


def init(app: Flask) -> None:
    """Have every answer of the app finished here."""
    app.after_request(_finished)


def wants_json() -> bool:
    """Whether the asker is a program: by extension, action, Content-Type, Accept, or a key without a wish for HTML."""
    if "wants_json" not in g:
        g.wants_json = bool(asked_path().extension) or _is_always_json() or _says_json()
    wish: bool = g.wants_json
    return wish


def base_url() -> str:
    """The URL this instance is known by, without a trailing slash; the request's own while none is configured."""
    return load_settings().base_url or request.host_url.rstrip("/")


def answer(
    json: Callable[[], object],
    *,
    page: Callable[[], object],
    template: str,
    status: int = 200,
    headers: Headers | None = None,
) -> Answer:
    """Whichever of the two was asked for; the other is not even made."""
    if wants_json():
        return reply(json(), status=status, headers=headers)
    return page_answer(template, page(), status=status)


def reply(value: object, *, status: int = 200, headers: Headers | None = None) -> Answer:
    """A JSON answer, of a value or of JSON text; indented for people, compact for MISP and PyMISP (PROTOCOL §1.2)."""
    return Response(_as_text(value), status, dict(headers or {}), content_type=JSON)


def page_answer(template: str, page: object, *, status: int = 200) -> Answer:
    """An HTML answer: one template, one page object."""
    return Response(render_template(template, page=page), status, content_type="text/html; charset=UTF-8")


def spliced(head: str, middle: Packed, tail: str) -> Answer:
    """A JSON answer whose middle is packed already: whoever takes gzip and reads it with a machine gets it as it is."""
    asks_for_more = "If-None-Match" in request.headers or request.method == "HEAD"
    if asks_for_more or not (_is_machine() and _takes_gzip()):
        return reply(f"{head}{unpack(middle).decode()}{tail}")
    packed = gzip_member([pack(head.encode()), middle, pack(tail.encode())])
    response = Response(packed, 200, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, content_type=JSON)
    response.direct_passthrough = True
    return response


def streamed(chunks: Iterable[str | bytes], *, content_type: str = JSON, headers: Headers | None = None) -> Answer:
    """An answer sent while it is made; the maker opens what it needs for itself, in short reads."""
    pieces: Iterator[bytes] = (chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks)
    response = Response(status=200, headers=dict(headers or {}), content_type=content_type)
    if _takes_gzip() and request.method != "HEAD":
        response.headers.update({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        pieces = _deflated(pieces)
    response.response = pieces
    return response


def saved(message: str, *, subject_id: int | None = None, data: object = None) -> replies.Reply:
    """Save-success about what this request did (PROTOCOL §1.4); its url is the action's, with any id."""
    url = action_url() if subject_id is None else f"{action_url()}/{subject_id}"
    return replies.saved(message, url, subject_id=subject_id, data=data)


def done(value: object, *, go_to: str, notice: str = "", kind: str = "success") -> Answer:
    """After a verb: JSON for programs; for people a 303 to a page that shows the notice, translated already."""
    if wants_json():
        return reply(value)
    if notice:
        flash(notice, kind)
    return see_other(go_to)


def see_other(path: str) -> Answer:
    """A 303 to a page of ours."""
    return lead_to(path, status=303)


def lead_to(place: str, *, status: int = 302) -> Answer:
    """A redirect to a page of ours or an address."""
    response: Response = redirect(place, status, Response=Response)  # type: ignore[assignment]
    return response


def local_path(wish: str) -> str:
    """A path of this server to go to, "/" for anything that could lead elsewhere (TRUST S10)."""
    if not wish.startswith("/") or wish.startswith("//") or "\\" in wish or not wish.isprintable():
        return "/"
    parts = urlsplit(wish)
    return "/" if parts.scheme or parts.netloc else wish


def action_url() -> str:
    """`/<controller>/<action>`, with /admin before it where it is one of its actions."""
    pieces = request.path.strip("/").split("/")
    return "/" + "/".join(pieces[: 3 if pieces[0] == "admin" else 2])


def _is_always_json() -> bool:
    pieces = request.path.strip("/").split("/")
    return len(pieces) > 1 and pieces[1].lower() in _ALWAYS_JSON.get(folded(pieces[0]), ())


def _says_json() -> bool:
    accept = request.headers.get("Accept", "")
    if accept == "application/json" or request.mimetype == "application/json":
        return True
    if "text/html" in accept:
        return _is_preferred("application/json", over="text/html")
    return "application/json" in accept or offered_keys() is not None


def _is_preferred(kind: str, *, over: str) -> bool:
    return kind in request.accept_mimetypes.values() and request.accept_mimetypes[kind] > request.accept_mimetypes[over]


def _as_text(value: object) -> str:
    compact = _is_machine()
    if not isinstance(value, str):
        return replies.dump(value, pretty=not compact)
    return value if compact or len(value) > _REINDENT_UP_TO else replies.reindent(value)


def _is_machine() -> bool:
    return request.headers.get("User-Agent", "").startswith(_MACHINES)


def _finished(response: Response) -> Response:
    if not response.is_streamed and not response.direct_passthrough and response.mimetype == "application/json":
        _tag(response)
        _compress(response)
    if request.method == "HEAD" and response.is_sequence:
        response.set_data(b"")
    return response


def _tag(response: Response) -> None:
    """An ETag for those who ask for one, and 304 for those who have it (PROTOCOL §1.6)."""
    known = request.headers.get("If-None-Match")
    if known is None or response.status_code != 200:
        return
    own = hashlib.sha256(response.get_data()).hexdigest()[:40]
    response.headers["ETag"] = f'"{own}"'
    if own in {_bare(tag) for tag in known.split(",")}:
        response.status_code = 304
        response.set_data(b"")


def _bare(tag: str) -> str:
    """Apache adds what it compressed with to the tag it passes on."""
    return tag.strip().removeprefix("W/").strip('"').removesuffix("-gzip").removesuffix("-br")


def _compress(response: Response) -> None:
    if len(response.get_data()) <= _COMPRESS_FROM:
        return
    response.headers["Vary"] = "Accept-Encoding"
    if _takes_gzip() and request.method != "HEAD":
        response.set_data(gzip.compress(response.get_data(), 1, mtime=0))
        response.headers["Content-Encoding"] = "gzip"


def _takes_gzip() -> bool:
    return request.accept_encodings["gzip"] > 0


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    deflater = zlib.compressobj(1, wbits=31)
    for piece in pieces:
        if packed := deflater.compress(piece):
            yield packed
    yield deflater.flush()
