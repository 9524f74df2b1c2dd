"""References between the elements of an event, over REST (MODEL §7.4, API §9.4)."""

from flask import Blueprint, request, url_for

from mispmini.domain.permissions import Permission
from mispmini.services import objects
from mispmini.web.answer import Answer, action_url, done, page_answer, reply, saved, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.building import object_pages
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.pages import Form
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.door import unwrap
from mispmini.wire.object_in import read_reference
from mispmini.wire.object_out import reference_json
from mispmini.wire.replies import Reply, api_description
from mispmini.wire.scalars import Record, as_record, flag

bp = Blueprint("object_references", __name__, url_prefix="/object_references")


@bp.route("/add", methods=["GET", "POST"])
@bp.route("/add/<object_ref>", methods=["GET", "POST"])
@needs(Permission.ADD)
def add(object_ref: str = "") -> Answer:
    """Let an object, named in the path or body, refer to another element of its event."""
    if request.method == "GET":
        return reply(_described()) if wants_json() or not object_ref else _form(object_ref)
    if object_ref:
        if_refused(lambda form, status: _form(object_ref, form, status))
    with saving("add", "ObjectReference"):
        owner, draft = read_reference({**_fields(), "object_uuid": object_ref} if object_ref else asked().body)
    added = objects.add_reference(current_viewer(), owner, draft)
    if not wants_json():
        return done(None, go_to=url_for("events.view", ref=added.event_id), notice=_("Reference added."))
    return reply(f'{{"ObjectReference":{reference_json(added)}}}')


def _described() -> Reply:
    return api_description(
        action_url(),
        "POST a reference of an Object to add it.",
        mandatory=("object_uuid", "referenced_uuid", "relationship_type"),
        optional=("comment", "uuid"),
    )


def _fields() -> Record:
    return as_record(unwrap(asked().body, "ObjectReference")) or {}


def _form(object_ref: str, form: Form | None = None, status: int = 200) -> Answer:
    viewer = current_viewer()
    page = object_pages.reference_page(viewer, objects.view_object(viewer, object_ref), form)
    return page_answer("objects/reference.html", page, status=status)


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete a reference, softly or for good."""
    gone = objects.delete_reference(current_viewer(), ref, hard=flag(hard or parameter("hard")) is True)
    message = saved("ObjectReference deleted", subject_id=gone.id)
    return done(message, go_to=url_for("events.view", ref=gone.event_id), notice=_("Reference deleted."))
