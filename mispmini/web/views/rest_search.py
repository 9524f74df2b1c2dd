"""restSearch of events, attributes and objects (API §8): parameters in, a stream out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, request

from mispmini.domain import clock
from mispmini.domain.errors import NotBuiltIn
from mispmini.domain.filters import Scope, SearchFilters
from mispmini.domain.viewer import Viewer
from mispmini.services import authkeys, readings, searching, sifting, user_settings
from mispmini.services.converting import StixForm, to_stix
from mispmini.web.answer import Answer, base_url, reply, streamed
from mispmini.web.asking import asked_path
from mispmini.web.found_texts import Texts, attribute_texts, event_texts, object_texts
from mispmini.web.needs import needs_login
from mispmini.web.search_answers import asked_search, framed, in_blocks, refuse_bare_get, result_headers
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire import formats
from mispmini.wire.exports import Export, ExportContext, WholeEventsExport, export_named, whole_events_export_named
from mispmini.wire.exports.xml import CONTENT_TYPE as XML
from mispmini.wire.exports.xml import xml_pieces
from mispmini.wire.scalars import plain_text
from mispmini.wire.search_in import read_search
from mispmini.wire.search_places import by_position

bp = Blueprint("rest_search", __name__)
_STREAM_FROM = 200
_NAMES_ONE = re.compile(r"[0-9A-Za-z-]+\Z", re.ASCII)
_DEFAULTS = "default_restsearch_parameters"
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
@searches
def events(placed: str = "") -> Answer:
    """Whole events that hold what is searched for."""
    return _search(Scope.EVENTS, placed)


@bp.route("/attributes/restSearch", methods=["GET", "POST"])
@bp.route("/attributes/restSearch/<path:placed>", methods=["GET", "POST"])
@needs_login
@searches
def attributes(placed: str = "") -> Answer:
    """Attributes with their event and object."""
    return _search(Scope.ATTRIBUTES, placed)


@bp.route("/objects/restSearch", methods=["GET", "POST"])
@bp.route("/objects/restSearch/<path:placed>", methods=["GET", "POST"])
@needs_login
@searches
def objects(placed: str = "") -> Answer:
    """Objects with what they hold."""
    return _search(Scope.OBJECTS, placed)


def _search(scope: Scope, placed: str) -> Answer:
    viewer = current_viewer()
    parameters = _parameters(viewer, scope, placed)
    filters = read_search(parameters, scope, now=clock.now())
    name = filters.return_format
    whole = whole_events_export_named(name) if scope is Scope.EVENTS else None
    if export := whole or export_named(name):
        return _exported(viewer, filters, export, parameters)
    if name in formats.NOT_DONE:
        raise NotBuiltIn(formats.NOT_DONE[name])
    return _documents(viewer, filters, parameters)


def _parameters(viewer: Viewer, scope: Scope, placed: str) -> Mapping[str, object]:
    """What was asked, over it what the path names, below it what its places say and what the asker usually wants."""
    given = asked_search()
    by_place = by_position(placed.split("/") if placed else (), scope)
    refuse_bare_get({**by_place, **given})
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
        headers = result_headers(found.count, "xml", "xml", skipped=found.skipped) | _disposition(filters, "xml")
        return streamed(in_blocks(xml_pieces(found, frame.element)), content_type=XML, headers=headers)
    if filters.return_format in formats.STIX:
        return _stix(found, filters, parameters)
    headers = result_headers(found.count, skipped=found.skipped) | _disposition(filters, "json")
    if found.count <= _STREAM_FROM:
        return reply(f"{frame.head}{','.join(found)}{frame.tail}", headers=headers)
    return streamed(in_blocks(framed(frame.head, found, frame.tail)), headers=headers)


def _stix(found: Texts, filters: SearchFilters, parameters: Mapping[str, object]) -> Answer:
    """STIX 2 as JSON; STIX 1 as XML, or as JSON for those who ask for that (API §8.1)."""
    form = _stix_form(filters.return_format, parameters)
    frame = _FRAMES[filters.scope]
    pieces = to_stix(framed(frame.head, found, frame.tail), form, of_attributes=filters.scope is Scope.ATTRIBUTES)
    module = "stix-json" if filters.return_format == "stix" and form.wanted == "json" else filters.return_format
    headers = result_headers(found.count, module, form.wanted) | _disposition(filters, form.wanted)
    return streamed(pieces, content_type=XML if form.wanted == "xml" else _JSON, headers=headers)


def _stix_form(name: str, parameters: Mapping[str, object]) -> StixForm:
    if name == "stix2":
        return StixForm(_STIX_2.get(plain_text(parameters.get("stix-version")) or "", "2.1"))
    asks_json = asked_path().extension == "json" or "application/json" in request.headers.get("Accept", "")
    as_json = name == "stix-json" or (name == "stix" and asks_json)
    return StixForm(_STIX_1, "json" if as_json else "xml")


def _exported(
    viewer: Viewer, filters: SearchFilters, export: Export | WholeEventsExport, parameters: Mapping[str, object]
) -> Answer:
    """An export, made while it is sent."""
    context = ExportContext(
        filters.scope,
        base_url(),
        clock.now(),
        sid=authkeys.account_of(viewer, "me").user.nids_sid,
        options=filters.options,
        parameters=parameters,
    )
    if isinstance(export, WholeEventsExport):
        found = _whole_pieces(viewer, filters, export, context)
    else:
        found = _export_pieces(viewer, filters, export, context)
    kind = export.kind_in(filters.scope)
    headers = result_headers(found.count, export.name, kind, skipped=found.skipped) | _disposition(filters, kind)
    return streamed(in_blocks(found), content_type=export.content_type, headers=headers)


def _export_pieces(viewer: Viewer, filters: SearchFilters, export: Export, context: ExportContext) -> Texts:
    """The lines of an export; of values alone where it needs no more and nothing is sifted out of them."""
    sifted = filters.scope is not Scope.ATTRIBUTES or sifting.sifts(filters)
    if export.of_values is not None and not sifted:
        values = searching.search_values(viewer, filters)
        return Texts(values.count, export.of_values(values.items, context))
    found = searching.search_for_export(viewer, filters, export.types)
    items = readings.noting(viewer, found.items)
    return Texts(found.count, export.pieces(items, replace(context, count=found.count)), found.skipped)


def _whole_pieces(viewer: Viewer, filters: SearchFilters, export: WholeEventsExport, context: ExportContext) -> Texts:
    """The text of an export of whole events; a partner's reading is noted."""
    found = searching.search_whole_events(viewer, filters)
    graphs = readings.noting_events(viewer, found.items)
    return Texts(found.count, export.pieces(graphs, replace(context, count=found.count)), found.skipped)


def _disposition(filters: SearchFilters, kind: str) -> dict[str, str]:
    """The file's name that a search for events gets."""
    if filters.scope is not Scope.EVENTS:
        return {}
    ids = filters.eventid.any
    one = ids[0] if len(ids) == 1 and _NAMES_ONE.match(ids[0]) else "list"
    return {"Content-Disposition": f'attachment; filename="misp.event.{one}.{kind}"'}
