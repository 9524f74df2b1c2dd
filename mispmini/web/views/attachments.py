"""Files of attributes over REST and from forms: upload, download (API §9.3, TRUST S3)."""

from flask import Blueprint, request, send_file, url_for

from mispmini.domain.drafts import UploadDraft, UploadedFile
from mispmini.domain.permissions import Permission
from mispmini.services import attachments
from mispmini.services.attachments import Download, Uploaded
from mispmini.services.rights import must_be_modifiable
from mispmini.web.answer import Answer, action_url, answer, done, page_answer
from mispmini.web.asking import asked, parameter
from mispmini.web.building import event_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import ngettext
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer, note_given_out
from mispmini.wire.replies import api_description
from mispmini.wire.scalars import flag
from mispmini.wire.upload_in import read_upload, with_options

bp = Blueprint("attachments", __name__)

_NEVER_SHOWN = "sandbox; default-src 'none'"


@bp.get("/attributes/download/<ref>")
@bp.get("/attributes/downloadAttachment/<ref>")
@bp.get("/attributes/downloadAttachment/download/<ref>")
@needs_login
def download(ref: str) -> Answer:
    """A file as bytes that no browser shows or runs; a malware sample as its zip."""
    return given_out(attachments.download(current_viewer(), ref))


def given_out(found: Download) -> Answer:
    """A stored file, under a name that is no path."""
    note_given_out([found.event_id])
    response: Answer = send_file(
        found.path,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=found.name,
        etag=found.digest,
        last_modified=0,
    )
    response.headers["Content-Security-Policy"] = _NEVER_SHOWN
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/events/upload_sample")
@bp.post("/events/upload_sample/<event_ref>")
@needs(Permission.ADD)
def upload_sample(event_ref: str = "") -> Answer:
    """Add raw files as malware samples, to the event that path or body name, else to a new one."""
    viewer, named = current_viewer(), event_ref or str(parameter("event_id") or "")
    with saving("add", "Attribute", about=lambda: must_be_modifiable(viewer, named) if named else None):
        upload = read_upload(asked().body)
    return _answered(attachments.upload_samples(viewer, named or None, upload))


@bp.get("/attributes/add_attachment/<event_ref>")
@needs(Permission.ADD)
def show_add_attachment(event_ref: str) -> Answer:
    """The form that files are sent by, or what a POST takes."""
    return answer(
        lambda: api_description(action_url(), "POST files to attach them to the Event.", mandatory=("files",)),
        page=lambda: event_pages.files_page(current_viewer(), event_ref, None),
        template="attributes/files.html",
    )


def _form_page(event_ref: str, form: Form | None, status: int) -> Answer:
    page = event_pages.files_page(current_viewer(), event_ref, form)
    return page_answer("attributes/files.html", page, status=status)


@bp.post("/attributes/add_attachment/<event_ref>")
@needs(Permission.ADD)
def add_attachment(event_ref: str) -> Answer:
    """Add files to an event, from a form or as JSON; `malware` packs them."""
    viewer = current_viewer()
    if_refused(lambda form, status: _form_page(event_ref, form, status))
    with saving("add", "Attribute", about=lambda: must_be_modifiable(viewer, event_ref)):
        upload = sent_files()
    are_samples = flag(parameter("malware")) is True
    return _answered(attachments.add_files(viewer, event_ref, upload, are_samples=are_samples))


def sent_files() -> UploadDraft:
    """The files of a form, or of JSON. Raises Invalid."""
    return with_options(asked().parameters(), form_files()) if request.files else read_upload(asked().body)


def form_files() -> tuple[UploadedFile, ...]:
    """The files that were chosen in a form."""
    sent = (file for files in request.files.listvalues() for file in files)
    return tuple(UploadedFile(file.filename, file.read()) for file in sent if file.filename)


def _answered(uploaded: Uploaded) -> Answer:
    count, event_id, refused = len(uploaded.added.attributes), uploaded.event_id, len(uploaded.added.errors)
    name, message = "Success", "Success, saved all attributes."
    if refused:
        name, message = "Partial Failure", f"{refused} of {count + refused} attributes could not be saved."
    told = {"name": name, "message": message, "url": f"{action_url()}/{event_id}", "id": str(event_id)}
    notice = ngettext("%(num)d attribute added.", "%(num)d attributes added.", count)
    return done(told, go_to=url_for("events.view", ref=event_id), notice=notice)
