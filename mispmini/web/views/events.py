"""Events over REST and as pages (PROTOCOL §3, §4; API §9.2)."""

from dataclasses import replace

from flask import Blueprint, request, url_for

from mispmini.domain import clock, sentences
from mispmini.domain.drafts import EventDraft, TagDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.filters import Deleted, Elsewhere, IndexFilters
from mispmini.domain.graphs import EventGraph
from mispmini.domain.permissions import Permission
from mispmini.domain.tlp_guard import Verdict
from mispmini.domain.viewer import Viewer
from mispmini.services import alerts, bodies, events, publishing, readings, searching, tags
from mispmini.services.bodies.ready import ready_event
from mispmini.services.elements import dropped_errors
from mispmini.services.events import Saved
from mispmini.services.publishing import Published
from mispmini.web import describe, tagging
from mispmini.web.answer import (
    Answer,
    action_url,
    answer,
    done,
    page_answer,
    reply,
    saved,
    spliced,
    streamed,
    wants_json,
)
from mispmini.web.asking import asked, folded, handed_over_body, parameter
from mispmini.web.building import event_pages, event_tabs
from mispmini.web.building.event_starts import is_incident_class
from mispmini.web.building.words import TLP_TAGS
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.turns import in_turn
from mispmini.web.who import current_viewer
from mispmini.wire.event_in import read_event, read_head
from mispmini.wire.index_csv import CONTENT_TYPE as CSV
from mispmini.wire.index_csv import index_csv
from mispmini.wire.index_in import read_index
from mispmini.wire.index_out import index_item_json, minimal_index_item_json
from mispmini.wire.offers_in import read_offers
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.scalars import flag

bp = Blueprint("events", __name__, url_prefix="/events")
_STREAM_FROM = 5_000
_LIST = "events/index.html"


@bp.route("/index", methods=["GET", "POST", "HEAD"])
@needs_login
def index() -> Answer:
    """Every event that the viewer sees; `minimal` is what a pulling partner asks for (PROTOCOL §4.3)."""
    filters = read_index(asked().parameters(), now=clock.now())
    viewer, words = current_viewer(), request.args
    if viewer.is_partner or not (filters.looks_inside or words.get("q")):
        return _index(viewer, filters)
    if_refused(lambda form, status: page_answer(_LIST, event_pages.unread_page(form, words), status=status))
    return in_turn(lambda: _index(viewer, filters))


def _index(viewer: Viewer, filters: IndexFilters) -> Answer:
    if not wants_json() and request.args.get("tab") == "trash":
        return page_answer("events/trash.html", event_pages.trash_page(viewer))
    if not wants_json():
        return page_answer(_LIST, event_pages.events_page(viewer, filters, request.args))
    if asked().path.extension == "csv":
        table = searching.index(viewer, filters)
        return streamed(index_csv(table), content_type=CSV, headers={"X-Result-Count": str(table.count)})
    return _index_reply(viewer, filters)


def _index_reply(viewer: Viewer, filters: IndexFilters) -> Answer:
    if filters.minimal:
        minimal = searching.minimal_index(viewer, filters)
        count, texts = minimal.count, map(minimal_index_item_json, minimal.items)
    else:
        full = searching.index(viewer, filters)
        count, texts = full.count, map(index_item_json, full.items)
    return reply(f"[{','.join(texts)}]", headers={"X-Result-Count": str(count)})


@bp.route("/view/<ref>", methods=["GET", "HEAD", "POST"])
@needs_login
def view(ref: str) -> Answer:
    """One event with all its parts (PROTOCOL §4.4). HEAD answers whether the viewer sees it."""
    viewer = current_viewer()
    if request.method == "HEAD":
        return _exists(viewer, ref)
    if wants_json():
        is_export = not viewer.is_partner and bodies.is_large(viewer, ref)
        return in_turn(lambda: _whole(viewer, ref)) if is_export else _whole(viewer, ref)
    template, page = event_tabs.tab_page(viewer, ref, request.args)
    return page_answer(template, page)


def _whole(viewer: Viewer, ref: str) -> Answer:
    wanted = _asked_view()
    if ready := ready_event(viewer, ref, wanted):
        readings.note_served(viewer, [ready.event])
        return spliced(ready.head, ready.elements, ready.tail)
    graph = bodies.viewed_event(viewer, ref, wanted)
    readings.note_served(viewer, [graph.event])
    return _event_reply(viewer, graph, wanted)


def _exists(viewer: Viewer, ref: str) -> Answer:
    bodies.event_is_readable(viewer, ref)
    return reply({})


def _asked_view() -> bodies.View:
    return bodies.View(
        deleted=_wanted_deleted(parameter("deleted")),
        attachments=flag(parameter("includeAttachments", 1)) is not False,
        correlations=flag(parameter("includeEventCorrelations", 1)) is not False,
        local_tags=not flag(parameter("excludeLocalTags")),
        only_to_ids={"1": True, "2": False}.get(str(parameter("toIDS"))),
        public=flag(parameter("public")) is True,
        reports=not flag(parameter("noEventReports")),
        extended=flag(parameter("extended")) is True,
        sightings=not flag(parameter("noSightings")),
        proposals=not flag(parameter("noShadowAttributes")),
        galaxies=not flag(parameter("excludeGalaxy")),
        warnings=flag(parameter("includeWarninglistHits", 1)) is not False,
        elsewhere=Elsewhere(
            feeds=flag(parameter("includeFeedCorrelations", 1)) is not False,
            servers=flag(parameter("includeServerCorrelations")) is True,
            granular=flag(parameter("includeGranularCorrelations")) is True,
            related_tags=flag(parameter("includeRelatedTags")) is True,
        ),
        tombstones=True,
    )


def _wanted_deleted(value: object) -> Deleted:
    """As events/view names it: 1 and a list of both mean both, 2 and `only` only deleted ones (PROTOCOL §4.4)."""
    values = {str(item) for item in value} if isinstance(value, list) else {str(value).lower()}
    if values & {"2", "only"}:
        return Deleted.ONLY
    if values & {"1", "true"}:
        return Deleted.BOTH
    return Deleted.LIVE


def _event_reply(viewer: Viewer, graph: EventGraph, wanted: bodies.View, errors: object = None) -> Answer:
    chunks = bodies.event_text(viewer, graph, wanted, errors=errors)
    if len(graph.attributes) > _STREAM_FROM:
        return streamed(chunks)
    return reply("".join(chunks))


@bp.route("/add", methods=["GET", "POST"])
@needs(Permission.ADD)
def add() -> Answer:
    """Add an event: a form, a script, a partner's push."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(
            lambda: describe.EVENTS_ADD,
            page=lambda: event_pages.event_form_page(viewer, None, None, start=request.args.get("start", "")),
            template="events/edit.html",
        )
    if_refused(lambda form, status: _form_again(None, form, status))
    return _saved_event(viewer, _added(viewer), _("Event added."))


def _added(viewer: Viewer) -> Saved:
    """The draft goes before the answer is made, which may be as large."""
    with saving("add", "Event", nested=True):
        draft = _with_chosen_tags(_handed_over(viewer, None))
    return events.add_event(viewer, draft)


def _handed_over(viewer: Viewer, ref: str | None) -> EventDraft:
    """The event of this request, and whether a signature of it came along (PROTOCOL §3.11)."""
    body, signed = handed_over_body(), bool(request.headers.get("x-pgp-signature"))
    if (head := read_head(body, from_partner=viewer.is_partner)) is not None:
        events.judge_head(viewer, replace(head, signed=signed), ref)
    return replace(read_event(body, from_partner=viewer.is_partner), signed=signed)


def _with_chosen_tags(draft: EventDraft) -> EventDraft:
    """The TLP and the class of incident that somebody chose in the form are tags of the event."""
    chosen = (request.form.get("tlp", ""), request.form.get("rsit", ""))
    known = [TagDraft(name) for name in chosen if name in TLP_TAGS or is_incident_class(name)]
    return replace(draft, tags=(*draft.tags, *known)) if known else draft


def _form_again(event_ref: str | None, form: Form, status: int) -> Answer:
    viewer = current_viewer()
    event = None if event_ref is None else bodies.viewed_event(viewer, event_ref, bodies.HEAD_ONLY).event
    return page_answer("events/edit.html", event_pages.event_form_page(viewer, event, form), status=status)


def _saved_event(viewer: Viewer, outcome: Saved, notice: str) -> Answer:
    if not wants_json():
        pastes = request.form.get("then") == "paste"
        page = url_for("freetext.ask_for_text", ref=outcome.event_id) if pastes else _page_of(outcome.event_id)
        return done(None, go_to=page, notice=notice)
    metadata = flag(parameter("metadata")) is True
    wanted = bodies.View(metadata=metadata, deleted=Deleted.LIVE, correlations=True)
    graph = bodies.saved_event(viewer, outcome.event_id, wanted)
    return _event_reply(viewer, graph, wanted, errors=dropped_errors(outcome.dropped) or None)


def _page_of(event_id: int) -> str:
    return url_for("events.view", ref=event_id)


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(ref: str) -> Answer:
    """Change an event; the row is found by the URL, whatever ids the body holds (RULES §5)."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(lambda: describe.EVENTS_EDIT, page=lambda: _edit_form(viewer, ref), template="events/edit.html")
    if_refused(lambda form, status: _form_again(ref, form, status))
    return _saved_event(viewer, _edited(viewer, ref), _("Event saved."))


def _edited(viewer: Viewer, ref: str) -> Saved:
    asked(in_pieces=True)
    with saving("edit", "Event", nested=True, about=lambda: events.editable_event(viewer, ref)):
        draft = _handed_over(viewer, ref)
    return events.edit_event(viewer, ref, draft)


def _edit_form(viewer: Viewer, ref: str) -> object:
    graph = bodies.viewed_event(viewer, ref, bodies.HEAD_ONLY)
    return event_pages.event_form_page(viewer, graph.event, None)


@bp.route("/publish/<ref>", methods=["GET", "POST"])
@bp.route("/alert/<ref>", methods=["GET", "POST"])
@needs(Permission.PUBLISH)
def publish(ref: str) -> Answer:
    """Mark the event published and queue it for every push server; the page says before who will see it."""
    viewer = current_viewer()
    if request.method == "GET":
        event_id = events.find_event(viewer, ref)
        return answer(
            lambda: api_description(action_url(), "POST to this API to publish an Event."),
            page=lambda: event_pages.publish_page(viewer, event_id),
            template="events/publish.html",
        )
    if not wants_json():
        _must_be_confirmed(viewer, ref)
    if folded(request.path).startswith("/events/alert/"):
        published, job_id = alerts.alert(viewer, ref)
    else:
        published, job_id = publishing.publish(viewer, ref), None
    if wants_json():
        return _told(
            published, "Job queued" if job_id is not None or _is_queued() else "Event published without alerts"
        )
    notice = _("Event published.") if job_id is None else _("Event published. E-mail is on its way.")
    return done(None, go_to=_page_of(published.event_id), notice=notice)


def _is_queued() -> bool:
    """MISP: what goes to partners is a job, unless the asker or the instance wants it done at once (CLIENTS.md)."""
    return publishing.runs_in_background() and flag(parameter("disable_background_processing")) is not True


def _publish_again(ref: str, form: Form, status: int) -> Answer:
    page = event_pages.publish_page(current_viewer(), events.find_event(current_viewer(), ref), form)
    return page_answer("events/publish.html", page, status=status)


def _must_be_confirmed(viewer: Viewer, ref: str) -> None:
    """What a page asks about before has to be answered with yes (RULES §9)."""
    fitness = publishing.fitness_of_visible(viewer, ref)
    if_refused(lambda form, status: _publish_again(ref, form, status))
    if fitness.verdict is Verdict.ASK and flag(parameter("confirmed")) is not True:
        raise SaveFailed("publish", "Event", {"confirmed": [sentences.NOT_CONFIRMED]})


def _told(published: Published, sentence: str) -> Answer:
    """MISP's answer, and what a page would have asked about (RULES §9)."""
    message = saved(sentence, subject_id=published.event_id)
    warnings: Reply = {"warnings": list(published.warnings)} if published.warnings else {}
    return reply(message | warnings, headers={} if published.has_tlp else {"X-TLP": "missing"})


@bp.post("/unpublish/<ref>")
@needs(Permission.MODIFY)
def unpublish(ref: str) -> Answer:
    """Take the publication back here; copies stay where they are."""
    event_id = publishing.unpublish_event(current_viewer(), ref)
    message = saved("Event unpublished.", subject_id=event_id)
    return done(message, go_to=_page_of(event_id), notice=_("Event unpublished."))


@bp.route("/delete/<ref>", methods=["GET", "POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str) -> Answer:
    """Delete an event here and block its uuid."""
    viewer = current_viewer()
    if request.method == "GET":
        event_id = events.find_event(viewer, ref)
        return answer(
            lambda: describe.EVENTS_DELETE,
            page=lambda: event_pages.delete_page(viewer, event_id),
            template="events/delete.html",
        )
    event_id = events.delete_event(viewer, ref)
    message = saved("Event deleted.", subject_id=event_id)
    return done(message, go_to=url_for("events.index"), notice=_("Event deleted."))


@bp.post("/delete")
@needs(Permission.ADD)
def delete_many() -> Answer:
    """Delete the events of a list of ids, all or none."""
    refs = parameter("id")
    wanted = [str(ref) for ref in refs] if isinstance(refs, list) else [str(refs)]
    events.delete_events(current_viewer(), wanted)
    return reply(saved("Event deleted."))


@bp.post("/restore/<ref>")
@needs(Permission.ADD)
def restore(ref: str) -> Answer:
    """Take a deleted event back out of the trash and its uuid off the blocklist (RULES §2)."""
    event_id = events.restore_event(current_viewer(), ref)
    message = saved("Event restored.", subject_id=event_id)
    return done(message, go_to=_page_of(event_id), notice=_("Event restored."))


@bp.post("/filterEventIdsForPush")
@needs(Permission.SYNC)
def filter_event_ids_for_push() -> Answer:
    """Which of the offered events a pushing partner shall send (PROTOCOL §3.3)."""
    return reply(events.wanted_for_push(read_offers(asked().body)))


tagging.offer(bp, "event", tags.event_target, lambda tagged: _page_of(tagged.event.id))
