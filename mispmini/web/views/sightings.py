"""Sightings over REST, and the two buttons of a page (API §9.5, §8.6; PROTOCOL §3.14)."""

from collections.abc import Iterator, Mapping
from itertools import chain

from flask import Blueprint, url_for

from mispmini.domain import clock
from mispmini.domain.filters import Scope, SearchFilters
from mispmini.domain.graphs import OrganisationRow
from mispmini.domain.opinions import SightingContext, SightingFilters
from mispmini.domain.permissions import Permission
from mispmini.services import sightings
from mispmini.services.sightings import FoundSighting, NotAdded
from mispmini.web.answer import Answer, action_url, base_url, done, reply, saved, streamed, wants_json
from mispmini.web.asking import asked
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_any, needs_login
from mispmini.web.saving import saving
from mispmini.web.search_answers import asked_search, framed, in_blocks, refuse_bare_get, result_headers
from mispmini.web.turns import searches
from mispmini.web.who import current_viewer
from mispmini.wire import formats, replies, sighting_in, sighting_out
from mispmini.wire.attribute_out import found_attribute_json, found_event_json
from mispmini.wire.exports.xml import CONTENT_TYPE as XML
from mispmini.wire.exports.xml import xml_pieces
from mispmini.wire.search_in import read_search

bp = Blueprint("sightings", __name__)
_STREAM_FROM = 500


@bp.route("/sightings/index", methods=["GET", "POST"])
@bp.route("/sightings/index/<event_ref>", methods=["GET", "POST"])
@bp.get("/sightings/view/<event_ref>")
@needs_login
def index(event_ref: str = "") -> Answer:
    """Visible sightings, of one event if it is named."""
    viewer = current_viewer()
    found = (
        sightings.sightings_at(viewer, event_ref, "event", "")
        if event_ref
        else sightings.list_sightings(viewer, SightingFilters(SightingContext.INSTANCE))
    )
    organisations = sightings.organisations_of(found)
    return reply(f"[{','.join(sighting_out.sighting_json(row, organisations) for row in found)}]")


@bp.route("/sightings/listSightings", methods=["GET", "POST"])
@bp.route("/sightings/listSightings/<ref>", methods=["GET", "POST"])
@bp.route("/sightings/listSightings/<ref>/<context>", methods=["GET", "POST"])
@bp.route("/sightings/listSightings/<ref>/<context>/<org>", methods=["GET", "POST"])
@needs_login
def list_sightings(ref: str = "", context: str = "", org: str = "") -> Answer:
    """Those of an event or attribute, of one organisation if it is named."""
    given = sighting_in.read_place(asked().parameters())
    ref, context, org = (ref or given[0], context or given[1] or "attribute", org or given[2])
    found = sightings.sightings_at(current_viewer(), ref, context, org)
    organisations = sightings.organisations_of(found)
    return reply(f"[{','.join(sighting_out.listed_sighting_json(row, organisations) for row in found)}]")


@bp.get("/sightings/add")
@bp.get("/sightings/add/<ref>")
@needs(Permission.SIGHTING)
def show_add(**_which: str) -> Answer:
    """What a POST takes."""
    optional = ("id", "uuid", "value", "values", "type", "source", "timestamp", "date", "time", "filters")
    return reply(replies.api_description("/sightings/add", "POST a Sighting to this API to add it.", optional=optional))


@bp.post("/sightings/add")
@bp.post("/sightings/add/<ref>")
@needs(Permission.SIGHTING)
def add(ref: str = "") -> Answer:
    """Add sightings; MISP tells that nothing matched with HTTP 200."""
    with saving("add", "Sighting"):
        wishes = sighting_in.read_wishes(asked().body, ref or None, now=clock.now())
    try:
        row = sightings.add_sightings(current_viewer(), wishes, _narrowed)
    except NotAdded as refusal:
        if not wants_json():
            raise
        return reply(replies.message(refusal.sentence))
    page = f"{url_for('events.view', ref=row.event_id)}#attribute-{row.attribute_id}"
    return done(sighting_out.saved_sighting_json(row), go_to=page, notice=_("Sighting added."))


def _narrowed(filters: Mapping[str, object]) -> SearchFilters:
    return read_search(dict(filters), Scope.ATTRIBUTES, now=clock.now())


@bp.route("/sightings/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.SIGHTING, Permission.MODIFY_ORG)
def delete(ref: str) -> Answer:
    """Remove a sighting of one's own organisation."""
    gone = sightings.delete_sighting(current_viewer(), ref)
    message = saved("Sighting successfully deleted.", subject_id=gone.id)
    return done(message, go_to=url_for("events.view", ref=gone.event_id), notice=_("Sighting deleted."))


@bp.route("/sightings/restSearch", methods=["GET", "POST"])
@bp.route("/sightings/restSearch/<context>", methods=["GET", "POST"])
@needs_login
@searches
def rest_search(context: str = "") -> Answer:
    """Sightings of the instance, or of events or attributes named by id or uuid (API §8.6)."""
    parameters = asked_search()
    context = context or str(parameters.get("context") or "")
    refuse_bare_get({**parameters, **({"context": context} if context else {})})
    name = formats.read_format(parameters.get("returnFormat"), "sightings")
    viewer, filters = current_viewer(), sighting_in.read_sighting_search(parameters, context, now=clock.now())
    count, found = sightings.search_sightings(viewer, filters)
    headers = result_headers(count, name, name)
    if name == "csv":
        lines = (sighting_out.csv_line(item.sighting, with_uuids=filters.with_uuids) for item in found)
        head = sighting_out.csv_head(with_uuids=filters.with_uuids)
        return streamed(in_blocks(chain((head,), lines)), content_type="text/csv; charset=UTF-8", headers=headers)
    texts = _texts(found, filters)
    if name == "xml":
        return streamed(in_blocks(xml_pieces(texts)), content_type=XML, headers=headers)
    pieces = framed('{"response":[', texts, "]}")
    return reply("".join(pieces), headers=headers) if count <= _STREAM_FROM else streamed(pieces, headers=headers)


def _texts(found: Iterator[FoundSighting], filters: SightingFilters) -> Iterator[str]:
    known: dict[int, OrganisationRow] = {}
    for item in found:
        org_id = item.sighting.org_id
        if org_id is not None and org_id not in known:
            known |= sightings.organisations_of([item.sighting])
        yield sighting_out.found_sighting_json(
            item.sighting,
            known,
            with_uuids=filters.with_uuids,
            attribute=None if item.attribute is None else found_attribute_json(item.attribute),
            event=None if item.event is None else found_event_json(item.event.event),
        )


@bp.post("/sightings/filterSightingUuidsForPush/<ref>")
@needs(Permission.SYNC)
def filter_sighting_uuids_for_push(ref: str) -> Answer:
    """Which of a pushing partner's sightings are here already (PROTOCOL §3.14)."""
    return reply(sightings.known_sightings(current_viewer(), ref, sighting_in.read_uuids(asked().body)))


@bp.post("/sightings/bulkSaveSightings/<ref>")
@needs_any(Permission.SYNC, Permission.SIGHTING)
def bulk_save_sightings(ref: str) -> Answer:
    """Take a partner's sightings of one event (PROTOCOL §3.14)."""
    added = sightings.save_pushed(current_viewer(), ref, sighting_in.read_sightings(asked().body))
    if not added:
        return reply({"saved": False, "success": "No sightings added."})
    return reply({"saved": True, "success": f"{added} sightings added."})


@bp.post("/events/publishSightings/<ref>")
@needs(Permission.SIGHTING)
def publish_sightings(ref: str) -> Answer:
    """Send an event's sightings to the links that take them."""
    event_id = sightings.publish_sightings(current_viewer(), ref)
    message = {"name": "Publish Sightings", "message": "Sightings published", "id": str(event_id)}
    message["url"] = f"{base_url()}{action_url()}/{event_id}"
    return done(message, go_to=url_for("events.view", ref=event_id), notice=_("Sightings are being sent."))
