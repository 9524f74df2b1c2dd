"""Proposals over REST, their inbox, and the forms that they are made by (API §9.5; PROTOCOL §3.13, §4.5)."""

import base64
from collections.abc import Iterator, Sequence

from flask import Blueprint, request, url_for

from mispmini.domain.drafts import AttributeDraft, UploadDraft
from mispmini.domain.errors import Invalid, NotFound
from mispmini.domain.opinions import ProposalFilters, ProposalRow
from mispmini.domain.permissions import Permission
from mispmini.services import attachments, proposals
from mispmini.services.opinions import fitting
from mispmini.services.proposal_capture import save_pushed
from mispmini.services.proposals import ProposalInvalid
from mispmini.web.answer import Answer, done, page_answer, reply, saved, streamed, wants_json
from mispmini.web.asking import asked, asked_path, parameter
from mispmini.web.building import proposal_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.views.attachments import form_files, given_out, sent_files
from mispmini.web.who import current_viewer
from mispmini.wire import replies
from mispmini.wire.attribute_in import read_attribute
from mispmini.wire.door import unwrap
from mispmini.wire.proposal_in import read_proposals
from mispmini.wire.proposal_out import Organisations, proposal_json
from mispmini.wire.scalars import epoch_seconds, flag
from mispmini.wire.search_in import paging

bp = Blueprint("shadow_attributes", __name__)
_DESCRIPTION = "POST the Attribute as it should be to this API to propose it to the owner of the Event."
_OPTIONAL = ("type", "category", "value", "to_ids", "comment", "first_seen", "last_seen", "data")
MOST_FILE_BYTES = 64 * 1024 * 1024


@bp.route("/shadow_attributes/index", methods=["GET", "POST"])
@bp.route("/shadow_attributes/index/<event_ref>", methods=["GET", "POST"])
@needs_login
def index(event_ref: str = "") -> Answer:
    """Visible proposals, of one event if it is named; a pulling partner asks with `timestamp` and pages (§4.5)."""
    viewer = current_viewer()
    if not wants_json():
        page = proposal_pages.inbox(viewer, everything=bool(request.args.get("all")))
        return page_answer("proposals/index.html", page)
    found = proposals.proposals_of(viewer, event_ref) if event_ref else proposals.list_proposals(viewer, _filters())
    return _listed(found)


def _listed(found: Sequence[ProposalRow]) -> Answer:
    """Proposals with their files; those that are beyond a page's measure are to be downloaded one by one."""
    organisations = proposals.organisations_of(found)
    if not any(row.size for row in found):
        return reply(f"[{','.join(proposal_json(row, organisations) for row in found)}]")
    return streamed(_pieces(found, organisations))


def _pieces(found: Sequence[ProposalRow], organisations: Organisations) -> Iterator[str]:
    whole = {row.id for row in fitting(found, MOST_FILE_BYTES)}
    for place, row in enumerate(found):
        data = proposals.file_of(row) if row.id in whole else None
        yield f"{',' if place else '['}{proposal_json(row, organisations, data)}"
    yield "]"


def _filters() -> ProposalFilters:
    given = asked().parameters()
    limit, page = paging(given)
    live, deleted = _states(given.get("deleted"))
    since = epoch_seconds(given.get("timestamp"))
    return ProposalFilters(since=since, live=live, deleted=deleted, limit=limit, page=page)


def _states(value: object) -> tuple[bool, bool]:
    """Whether pending and settled ones are wanted: `deleted` is 0, 1, or a list of both."""
    items = value if isinstance(value, list) else [value]
    flags = {flag(item) for item in items if item is not None}
    return (False in flags or True not in flags, True in flags)


@bp.get("/shadow_attributes/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One proposal."""
    row = proposals.view_proposal(current_viewer(), ref)
    return _answered(row) if wants_json() else done(None, go_to=url_for("shadow_attributes.index"))


@bp.route("/shadow_attributes/add/<event_ref>", methods=["GET", "POST"])
@needs(Permission.ADD)
def add(event_ref: str) -> Answer:
    """Propose a new attribute for an event."""
    viewer = current_viewer()
    if request.method == "GET":
        if wants_json():
            return reply(replies.api_description("/shadow_attributes/add", _DESCRIPTION, optional=_OPTIONAL))
        return page_answer("proposals/edit.html", proposal_pages.new_form(viewer, event_ref, None))
    if_refused(lambda form, status: _form_again(proposal_pages.new_form(viewer, event_ref, form), status))
    return _proposed(proposals.propose_attribute(viewer, event_ref, _draft()))


@bp.route("/shadow_attributes/edit/<attribute_ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(attribute_ref: str) -> Answer:
    """Propose other values for an attribute."""
    viewer = current_viewer()
    if request.method == "GET":
        if wants_json():
            return reply(replies.api_description("/shadow_attributes/edit", _DESCRIPTION, optional=_OPTIONAL))
        return page_answer("proposals/edit.html", proposal_pages.change_form(viewer, attribute_ref, None))
    if_refused(lambda form, status: _form_again(proposal_pages.change_form(viewer, attribute_ref, form), status))
    return _proposed(proposals.propose_change(viewer, attribute_ref, _draft()))


@bp.route("/shadow_attributes/add_attachment/<event_ref>", methods=["GET", "POST"])
@needs(Permission.ADD)
def add_attachment(event_ref: str) -> Answer:
    """Propose files for an event, from a form or as JSON; `malware` packs them."""
    viewer = current_viewer()
    if request.method == "GET":
        return page_answer("attributes/files.html", proposal_pages.files_form(viewer, event_ref, None))
    if_refused(
        lambda form, status: page_answer(
            "attributes/files.html", proposal_pages.files_form(viewer, event_ref, form), status=status
        )
    )
    are_samples = flag(parameter("malware")) is True
    rows = proposals.propose_files(viewer, event_ref, _upload(), are_samples=are_samples)
    return _listed(rows) if wants_json() else _proposed(rows[0])


def _upload() -> UploadDraft:
    try:
        return sent_files()
    except Invalid as refusal:
        raise ProposalInvalid(refusal.errors) from None


@bp.get("/shadow_attributes/download/<ref>")
@needs_login
def download(ref: str) -> Answer:
    """The file of a pending proposal; a malware sample as its zip."""
    return given_out(attachments.download_proposed(current_viewer(), ref))


def _form_again(page: object, status: int) -> Answer:
    return page_answer("proposals/edit.html", page, status=status)


def _draft() -> AttributeDraft:
    """An attribute, bare or wrapped as either of its names; what cannot be read is told as MISP tells it."""
    body = unwrap(asked().body, "ShadowAttribute")
    if request.files and isinstance(body, dict) and (files := form_files()):
        body = {**body, "data": base64.b64encode(files[0].content).decode()}
    try:
        return read_attribute(body, from_partner=False)
    except Invalid as refusal:
        raise ProposalInvalid(refusal.errors) from None


def _proposed(row: ProposalRow) -> Answer:
    if wants_json():
        return _answered(row)
    return done(None, go_to=_page_of(row), notice=_("Proposal sent to the owner of the event."))


def _answered(row: ProposalRow) -> Answer:
    return reply(proposal_json(row, proposals.organisations_of([row]), proposals.file_of(row)))


def _page_of(row: ProposalRow) -> str:
    return url_for("events.view", ref=row.event_id)


@bp.route("/shadow_attributes/delete/<attribute_ref>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(attribute_ref: str) -> Answer:
    """Propose that an attribute be deleted."""
    row = proposals.propose_deletion(current_viewer(), attribute_ref)
    message = saved("The proposal to delete the Attribute has been saved.", subject_id=row.id)
    return done(message, go_to=_page_of(row), notice=_("Proposal sent to the owner of the event."))


@bp.post("/shadow_attributes/accept/<ref>")
@needs(Permission.ADD)
def accept(ref: str) -> Answer:
    """Do what is proposed."""
    row = proposals.accept_proposal(current_viewer(), ref)
    return done(_told("Proposed change accepted."), go_to=_inbox_or(row), notice=_("Proposal accepted."))


@bp.route("/shadow_attributes/discard/<ref>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def discard(ref: str) -> Answer:
    """Leave things as they are."""
    row = proposals.discard_proposal(current_viewer(), ref)
    return done(_told("Proposal discarded."), go_to=_inbox_or(row), notice=_("Proposal discarded."))


def _told(sentence: str) -> replies.Reply:
    return {"name": sentence, "message": sentence, "url": asked_path().url}


def _inbox_or(row: ProposalRow) -> str:
    """Back to where the button stood."""
    return _page_of(row) if parameter("from") == "event" else url_for("shadow_attributes.index")


@bp.post("/events/pushProposals/<ref>")
@needs(Permission.SYNC, Permission.ADD)
def push_proposals(ref: str) -> Answer:
    """Take what a partner pushes; only this adds proposals, not a pushed event (PROTOCOL §3.13)."""
    try:
        count = save_pushed(current_viewer(), ref, read_proposals(asked().body))
    except NotFound:
        return reply({"success": False, "message": "Event not found.", "counter": 0})
    message = f"{count} Proposal(s) added." if count else "Nothing to update."
    return reply({"success": True, "message": message, "counter": count})
