"""restSearch of events, attributes and objects (API §8): parameters in, a stream out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from flask import Blueprint, request

from mispmini.domain import clock
from mispmini.domain.errors import BadRequest, NotFound
from mispmini.domain.filters import Scope, SearchFilters
from mispmini.domain.viewer import Viewer
from mispmini.services import authkeys, readings, searching, user_settings
from mispmini.services.converting import StixForm, to_stix
from mispmini.web.answer import Answer, base_url, reply, streamed
from mispmini.web.asking import asked, asked_path
from mispmini.web.found_texts import Texts, attribute_texts, event_texts, object_texts
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.exports import Export, ExportContext, export_named
from mispmini.wire.exports.xml import CONTENT_TYPE as XML
from mispmini.wire.exports.xml import xml_pieces
from mispmini.wire.scalars import plain_text
from mispmini.wire.search_in import by_position, named_in_path, read_search

bp = Blueprint("rest_search", __name__)
_NO_PARAMETERS = (
    "Restsearch queries using GET and no parameters are not allowed. If you have passed parameters via a JSON body,"
    " make sure you use POST requests."
)
_UNKNOWN_FORMAT = "Invalid output format."
_STREAM_FROM = 200
_BLOCK = 64 * 1024
_DEFAULTS = "default_restsearch_parameters"
_OF_DOCUMENTS = frozenset({"json", "xml"})
_STIX = frozenset({"stix", "stix-json", "stix-xml", "stix2"})
_STIX_1, _STIX_2 = "1.1.1", {"2.0": "2.0", "2.1": "2.1"}
_JSON = "application/json; charset=UTF-8"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stands around the results of a scope in JSON, and what one of them is called in XML."""

    head: str
    tail: str
    element: str = ""


_FRAMES = {
    Scope.EVENTS: _Frame('{"response":[', "]}"),
    Scope.ATTRIBUTES: _Frame('{"response":{"Attribute":[', "]}}", "Attribute"),
    Scope.OBJECTS: _Frame('{"response":[', "]}"),
}
_TEXTS = {Scope.EVENTS: event_texts, Scope.ATTRIBUTES: attribute_texts, Scope.OBJECTS: object_texts}


@bp.route("/events/restSearch", methods=["GET", "POST"])
@bp.route("/events/restSearch/<path:placed>", methods=["GET", "POST"])
@needs_login
def events(placed: str = "") -> Answer:
    """Whole events that hold what is searched for."""
    return _search(Scope.EVENTS, placed)


@bp.route("/attributes/restSearch", methods=["GET", "POST"])
@bp.route("/attributes/restSearch/<path:placed>", methods=["GET", "POST"])
@needs_login
def attributes(placed: str = "") -> Answer:
    """Attributes with their event and object."""
    return _search(Scope.ATTRIBUTES, placed)


@bp.route("/objects/restSearch", methods=["GET", "POST"])
@bp.route("/objects/restSearch/<path:placed>", methods=["GET", "POST"])
@needs_login
def objects(placed: str = "") -> Answer:
    """Objects with what they hold."""
    return _search(Scope.OBJECTS, placed)


def _search(scope: Scope, placed: str) -> Answer:
    viewer = current_viewer()
    parameters = _parameters(viewer, placed)
    filters = read_search(parameters, scope, now=clock.now())
    name = filters.return_format
    if name in _OF_DOCUMENTS or (name in _STIX and scope is not Scope.OBJECTS):
        return _documents(viewer, filters, parameters)
    export = export_named(name)
    if export is None or scope is Scope.OBJECTS:
        raise NotFound(_UNKNOWN_FORMAT)
    return _exported(viewer, filters, export, parameters)


def _parameters(viewer: Viewer, placed: str) -> Mapping[str, object]:
    """What was asked, over it what the path names, below it what its places say and what the asker usually wants."""
    ask = asked()
    given = {**ask.parameters(), **named_in_path(ask.path.named)}
    by_place = by_position(placed.split("/") if placed else ())
    if request.method == "GET" and not (given or by_place):
        raise BadRequest(_NO_PARAMETERS)
    return {**_usual(viewer), **by_place, **given}


def _usual(viewer: Viewer) -> Mapping[str, object]:
    """The asker's own default parameters (API §8.1)."""
    if viewer.user_id is None:
        return {}
    usual = user_settings.settings_of(viewer, viewer.user_id).get(_DEFAULTS)
    return usual if isinstance(usual, dict) else {}


def _documents(viewer: Viewer, filters: SearchFilters, parameters: Mapping[str, object]) -> Answer:
    """json, and what is made of it: xml and STIX."""
    found, frame = _TEXTS[filters.scope](viewer, filters), _FRAMES[filters.scope]
    if filters.return_format == "xml":
        headers = _headers(found.count, "xml", "xml") | _disposition(filters, "xml")
        return streamed(_in_blocks(xml_pieces(found, frame.element)), content_type=XML, headers=headers)
    if filters.return_format in _STIX:
        return _stix(found, filters, parameters)
    headers = _headers(found.count, skipped=found.skipped) | _disposition(filters, "json")
    if found.count <= _STREAM_FROM:
        return reply(f"{frame.head}{','.join(found)}{frame.tail}", headers=headers)
    return streamed(_in_blocks(_framed(found, frame)), headers=headers)


def _framed(texts: Iterable[str], frame: _Frame) -> Iterator[str]:
    return chain((frame.head,), _with_commas(texts), (frame.tail,))


def _stix(found: Texts, filters: SearchFilters, parameters: Mapping[str, object]) -> Answer:
    """STIX 2 as JSON; STIX 1 as XML, or as JSON for those who ask for that (API §8.1)."""
    form = _stix_form(filters.return_format, parameters)
    text = _framed(found, _FRAMES[filters.scope])
    pieces = to_stix(text, form, of_attributes=filters.scope is Scope.ATTRIBUTES)
    headers = _headers(found.count, filters.return_format, form.wanted) | _disposition(filters, form.wanted)
    return streamed(pieces, content_type=XML if form.wanted == "xml" else _JSON, headers=headers)


def _stix_form(name: str, parameters: Mapping[str, object]) -> StixForm:
    if name == "stix2":
        return StixForm(_STIX_2.get(plain_text(parameters.get("stix-version")) or "", "2.1"))
    asks_json = asked_path().extension == "json" or "application/json" in request.headers.get("Accept", "")
    as_json = name == "stix-json" or (name == "stix" and asks_json)
    return StixForm(_STIX_1, "json" if as_json else "xml")


def _exported(viewer: Viewer, filters: SearchFilters, export: Export, parameters: Mapping[str, object]) -> Answer:
    """An export, made while it is sent."""
    context = ExportContext(
        filters.scope,
        base_url(),
        clock.now(),
        sid=authkeys.account_of(viewer, "me").user.nids_sid,
        options=filters.options,
        parameters=parameters,
    )
    found = _export_pieces(viewer, filters, export, context)
    kind = export.kind_in(filters.scope)
    headers = _headers(found.count, export.name, kind, skipped=found.skipped) | _disposition(filters, kind)
    return streamed(_in_blocks(found), content_type=export.content_type, headers=headers)


def _export_pieces(viewer: Viewer, filters: SearchFilters, export: Export, context: ExportContext) -> Texts:
    """The lines of an export; of values alone where it needs no more and nothing is sifted out of them."""
    sifted = filters.scope is not Scope.ATTRIBUTES or filters.options.enforce_warninglist
    if export.of_values is not None and not sifted:
        values = searching.search_values(viewer, filters)
        return Texts(values.count, export.of_values(values.items, context))
    found = searching.search_for_export(viewer, filters, export.types)
    items = readings.noting(viewer, found.items)
    return Texts(found.count, export.pieces(items, replace(context, count=found.count)), found.skipped)


def _in_blocks(pieces: Iterable[str]) -> Iterator[str]:
    """The same text in pieces that are worth sending: a line at a time costs more than the line."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _disposition(filters: SearchFilters, kind: str) -> dict[str, str]:
    """The file's name that a search for events gets."""
    if filters.scope is not Scope.EVENTS:
        return {}
    ids = filters.eventid.any
    one = ids[0] if len(ids) == 1 and ids[0].isalnum() and ids[0].isascii() else "list"
    return {"Content-Disposition": f'attachment; filename="misp.event.{one}.{kind}"'}


def _headers(count: int, module: str = "json", kind: str = "json", *, skipped: int = 0) -> dict[str, str]:
    return {
        "X-Result-Count": str(count),
        "X-Export-Module-Used": module,
        "X-Response-Format": kind,
        "X-Skipped-Elements-Count": str(skipped),
    }


def _with_commas(texts: Iterable[str]) -> Iterator[str]:
    before = ""
    for text in texts:
        yield before + text
        before = ","
