"""restSearch of events and attributes (API §8): parameters in, a stream out."""

from collections.abc import Iterable, Iterator
from itertools import chain

from flask import Blueprint, request

from mispmini.domain import clock
from mispmini.domain.errors import BadRequest, NotFound
from mispmini.domain.filters import Scope, SearchFilters
from mispmini.domain.graphs import EventGraph
from mispmini.domain.viewer import Viewer
from mispmini.services import bodies, readings, searching
from mispmini.services.searching import FoundAttribute
from mispmini.web.answer import Answer, reply, streamed
from mispmini.web.asking import asked
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.attribute_out import context_event_json, found_attribute_json, found_event_json
from mispmini.wire.search_in import read_search

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
    found = searching.search_events(viewer, filters)
    texts = _event_texts(viewer, found.items, filters)
    one = filters.eventid.any[0] if len(filters.eventid.any) == 1 and filters.eventid.any[0].isalnum() else "list"
    disposition = f'attachment; filename="misp.event.{one}.json"'
    headers = {**_headers(found.count), "Content-Disposition": disposition}
    return _answered('{"response":[', texts, "]}", found.count, headers)


@bp.route("/attributes/restSearch", methods=["GET", "POST"])
@bp.route("/attributes/restSearch/<return_format>", methods=["GET", "POST"])
@needs_login
def attributes(return_format: str = "") -> Answer:
    """Attributes with their event and object."""
    viewer, filters = current_viewer(), _filters(Scope.ATTRIBUTES, return_format)
    found = searching.search_attributes(viewer, filters)
    texts = (_attribute_text(item, filters) for item in found.items)
    return _answered('{"response":{"Attribute":[', texts, "]}}", found.count, _headers(found.count))


def _filters(scope: Scope, return_format: str) -> SearchFilters:
    parameters = asked().parameters()
    if request.method == "GET" and not (parameters or return_format):
        raise BadRequest(_NO_PARAMETERS)
    if return_format:
        parameters = {"returnFormat": return_format, **parameters}
    filters = read_search(parameters, scope, now=clock.now())
    if filters.return_format != "json":
        raise NotFound("Invalid output format.")
    return filters


def _headers(count: int) -> dict[str, str]:
    return {
        "X-Result-Count": str(count),
        "X-Export-Module-Used": "json",
        "X-Response-Format": "json",
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
    )
