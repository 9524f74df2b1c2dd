"""restSearch of events and attributes (API §8): parameters in, a stream out."""

from collections.abc import Iterable, Iterator
from itertools import chain

from flask import Blueprint, request

from mispmini.domain import clock
from mispmini.domain.errors import BadRequest, NotFound
from mispmini.domain.filters import Scope, SearchFilters
from mispmini.domain.graphs import EventGraph, FoundAttribute
from mispmini.domain.viewer import Viewer
from mispmini.services import authkeys, bodies, readings, searching
from mispmini.web.answer import Answer, base_url, reply, streamed
from mispmini.web.asking import asked
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.attribute_out import context_event_json, found_attribute_json, found_event_json
from mispmini.wire.exports import Export, ExportContext, export_named
from mispmini.wire.search_in import read_search
from mispmini.wire.shared_texts import attribute_opinions

bp = Blueprint("rest_search", __name__)
_NO_PARAMETERS = (
    "Restsearch queries using GET and no parameters are not allowed. If you have passed parameters via a JSON body,"
    " make sure you use POST requests."
)
_STREAM_FROM = 200


@bp.route("/events/restSearch", methods=["GET", "POST"])
@bp.route("/events/restSearch/<return_format>", methods=["GET", "POST"])
@needs_login
def events(return_format: str = "") -> Answer:
    """Whole events that hold what is searched for."""
    viewer, filters = current_viewer(), _filters(Scope.EVENTS, return_format)
    if export := _export(filters):
        return _exported(viewer, filters, export)
    found = searching.search_events(viewer, filters)
    texts = _event_texts(viewer, found.items, filters)
    headers = {**_headers(found.count), **_disposition(filters, "json")}
    return _answered('{"response":[', texts, "]}", found.count, headers)


@bp.route("/attributes/restSearch", methods=["GET", "POST"])
@bp.route("/attributes/restSearch/<return_format>", methods=["GET", "POST"])
@needs_login
def attributes(return_format: str = "") -> Answer:
    """Attributes with their event and object."""
    viewer, filters = current_viewer(), _filters(Scope.ATTRIBUTES, return_format)
    if export := _export(filters):
        return _exported(viewer, filters, export)
    found = searching.search_attributes(viewer, filters)
    texts = (_attribute_text(item, filters) for item in found.items)
    return _answered('{"response":{"Attribute":[', texts, "]}}", found.count, _headers(found.count))


def _filters(scope: Scope, return_format: str) -> SearchFilters:
    parameters = asked().parameters()
    if request.method == "GET" and not (parameters or return_format):
        raise BadRequest(_NO_PARAMETERS)
    if return_format:
        parameters = {"returnFormat": return_format, **parameters}
    return read_search(parameters, scope, now=clock.now())


def _export(filters: SearchFilters) -> Export | None:
    """The export that was asked for, None for json. Raises NotFound."""
    export = export_named(filters.return_format)
    if export is None and filters.return_format != "json":
        raise NotFound("Invalid output format.")
    return export


def _exported(viewer: Viewer, filters: SearchFilters, export: Export) -> Answer:
    """An export, made while it is sent."""
    found = searching.search_for_export(viewer, filters, export.types)
    context = ExportContext(
        filters.scope,
        base_url(),
        clock.now(),
        found.count,
        sid=authkeys.account_of(viewer, "me").user.nids_sid,
        options=filters.options,
        parameters=asked().parameters(),
    )
    kind = export.kind_in(filters.scope)
    headers = _headers(found.count, export.name, kind) | _disposition(filters, kind)
    return streamed(export.pieces(found.items, context), content_type=export.content_type, headers=headers)


def _disposition(filters: SearchFilters, kind: str) -> dict[str, str]:
    """The file's name that a search for events gets."""
    if filters.scope is not Scope.EVENTS:
        return {}
    ids = filters.eventid.any
    one = ids[0] if len(ids) == 1 and ids[0].isalnum() else "list"
    return {"Content-Disposition": f'attachment; filename="misp.event.{one}.{kind}"'}


def _headers(count: int, module: str = "json", kind: str = "json") -> dict[str, str]:
    return {
        "X-Result-Count": str(count),
        "X-Export-Module-Used": module,
        "X-Response-Format": kind,
        "X-Skipped-Elements-Count": "0",
    }


def _answered(head: str, texts: Iterator[str], tail: str, count: int, headers: dict[str, str]) -> Answer:
    """Small answers whole, so that they can be indented; large ones as a stream in flat memory."""
    if count <= _STREAM_FROM:
        return reply(f"{head}{','.join(texts)}{tail}", headers=headers)
    return streamed(chain((head,), _with_commas(texts), (tail,)), headers=headers)


def _with_commas(texts: Iterable[str]) -> Iterator[str]:
    before = ""
    for text in texts:
        yield before + text
        before = ","


def _event_texts(viewer: Viewer, graphs: Iterable[EventGraph], filters: SearchFilters) -> Iterator[str]:
    view = bodies.View(metadata=filters.options.metadata)
    for graph in graphs:
        readings.note_served(viewer, [graph.event])
        yield "".join(bodies.event_text(viewer, graph, view))


def _attribute_text(found: FoundAttribute, filters: SearchFilters) -> str:
    options, event = filters.options, found.event
    context = (
        context_event_json(event.event, event.orgc, event.tags)
        if options.include_context
        else found_event_json(event.event)
    )
    return found_attribute_json(
        found.attribute,
        tags=found.tags,
        inherited=event.tags if options.include_event_tags else (),
        event=context,
        obj=found.obj,
        event_uuid=event.event.uuid if options.include_event_uuid else None,
        data=found.data,
        opinions=_opinions(found, filters),
    )


def _opinions(found: FoundAttribute, filters: SearchFilters) -> str:
    """`Sighting` and `ShadowAttribute`, where they were asked for and are any."""
    if not (filters.options.include_sightings or filters.options.include_proposals):
        return ""
    return attribute_opinions(found.event, found.attribute.id)
