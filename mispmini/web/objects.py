"""Objects over REST; people see them on their event's page (API §9.4)."""

from flask import Blueprint, request, url_for

from mispmini.domain.ids import canonical_uuid
from mispmini.domain.permissions import Permission
from mispmini.services import objects
from mispmini.services.objects import SavedObject
from mispmini.web.answer import Answer, action_url, done, reply, saved, see_other, wants_json
from mispmini.web.asking import asked, parameter
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.object_in import read_object
from mispmini.wire.object_out import saved_object_json, viewed_object_json
from mispmini.wire.replies import api_description
from mispmini.wire.scalars import flag

bp = Blueprint("objects", __name__, url_prefix="/objects")

_MANDATORY = ("name", "meta-category", "template_uuid", "Attribute")
_OPTIONAL = ("description", "template_version", "uuid", "comment", "distribution", "sharing_group_id", "first_seen",
             "last_seen")  # fmt: skip


@bp.route("/view/<ref>", methods=["GET", "HEAD"])
@needs_login
def view(ref: str) -> Answer:
    """One object with its attributes and references. HEAD answers whether the viewer sees it."""
    found = objects.view_object(current_viewer(), ref)
    if not wants_json():
        return see_other(_page_of(found.object.event_id))
    text = viewed_object_json(found.object, found.event, found.attributes, found.references, found.tags)
    return reply(f'{{"Object":{text}}}')


@bp.route("/add/<event_ref>", methods=["GET", "POST"])
@bp.route("/add/<event_ref>/<template>", methods=["GET", "POST"])
@needs(Permission.ADD)
def add(event_ref: str, template: str = "") -> Answer:
    """Add an object whole; a template named in the path decides what the object is called."""
    if request.method == "GET":
        return reply(
            api_description(
                action_url(), "POST an Object with its Attributes to add it.", mandatory=_MANDATORY, optional=_OPTIONAL
            )
        )
    viewer = current_viewer()
    with saving("add", "Object"):
        draft = read_object(asked().body, from_partner=viewer.is_partner)
    added = objects.add_object(
        viewer,
        event_ref,
        draft,
        template_uuid=canonical_uuid(template),
        break_on_duplicate=flag(parameter("breakOnDuplicate")) is True,
    )
    return _answered(added, _("Object added."))


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(ref: str) -> Answer:
    """Change an object; a list of attributes becomes the object's whole list."""
    if request.method == "GET":
        return reply(
            api_description(action_url(), "POST what changes of an Object.", optional=(*_OPTIONAL, "Attribute"))
        )
    viewer = current_viewer()
    with saving("edit", "Object"):
        draft = read_object(asked().body, from_partner=viewer.is_partner)
    return _answered(objects.edit_object(viewer, ref, draft), _("Object saved."))


def _answered(outcome: SavedObject, notice: str) -> Answer:
    if not wants_json():
        return done(None, go_to=_page_of(outcome.object.event_id), notice=notice)
    return reply(f'{{"Object":{saved_object_json(outcome.object, outcome.attributes)}}}')


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete an object with its attributes softly, so that partners hear of it, or for good with `hard`."""
    gone = objects.delete_object(current_viewer(), ref, hard=flag(hard or parameter("hard")) is True)
    message = saved("Object deleted.", subject_id=gone.id)
    return done(message, go_to=_page_of(gone.event_id), notice=_("Object deleted."))


def _page_of(event_id: int) -> str:
    return url_for("events.view", ref=event_id)
