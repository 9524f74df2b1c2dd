"""Objects over REST and as forms; people see them on their event's page (API §9.4)."""

from flask import Blueprint, request, url_for

from mispmini.domain.object_templates import numbered_template
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import objects, restoring
from mispmini.services.objects import SavedObject
from mispmini.web.answer import (
    Answer,
    action_url,
    answer,
    done,
    page_answer,
    reply,
    saved,
    see_other,
    wants_json,
)
from mispmini.web.asking import asked, parameter
from mispmini.web.bodies_in import form_fields, is_form
from mispmini.web.building import object_pages, removals
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.pages import Form
from mispmini.web.saving import saving, told_by_ajax
from mispmini.web.who import current_viewer, note_given_out
from mispmini.wire.object_in import read_object
from mispmini.wire.object_out import saved_object_json, viewed_object_json
from mispmini.wire.replies import Reply, api_description
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
    note_given_out([found.object.event_id])
    text = viewed_object_json(found.object, found.event, found.attributes, found.references, found.tags)
    return reply(f'{{"Object":{text}}}')


@bp.route("/add/<event_ref>", methods=["GET", "POST"])
@bp.route("/add/<event_ref>/<template>", methods=["GET", "POST"])
@needs(Permission.ADD)
def add(event_ref: str, template: str = "") -> Answer:
    """Add an object whole; a template named in the path decides what the object is called."""
    viewer = current_viewer()
    if request.method == "GET":
        return reply(_described_add()) if wants_json() else _form_to_add(viewer, event_ref, template)
    if template:
        if_refused(lambda form, status: _form_to_add(viewer, event_ref, template, form, status))
    with saving("add", "Object", about=lambda: objects.must_take_objects(viewer, event_ref)):
        body = object_pages.new_object_body(template, form_fields()) if is_form() else asked().body
        draft = read_object(body, from_partner=viewer.is_partner)
    added = objects.add_object(
        viewer,
        event_ref,
        draft,
        template_uuid=chosen.uuid if (chosen := numbered_template(template)) else None,
        break_on_duplicate=flag(parameter("breakOnDuplicate")) is True,
    )
    return _answered(added, _("Object added."))


def _described_add() -> Reply:
    sentence = "POST an Object with its Attributes to add it."
    return api_description(action_url(), sentence, mandatory=_MANDATORY, optional=_OPTIONAL)


def _form_to_add(viewer: Viewer, event_ref: str, template: str, form: Form | None = None, status: int = 200) -> Answer:
    if not template:
        return page_answer("objects/templates.html", object_pages.templates_page(viewer, event_ref, request.args))
    page = object_pages.new_object_page(viewer, event_ref, template, form)
    return page_answer("objects/edit.html", page, status=status)


@bp.route("/edit/<ref>", methods=["GET", "POST", "PUT"])
@needs(Permission.ADD)
def edit(ref: str) -> Answer:
    """Change an object; a list of attributes becomes the object's whole list."""
    viewer = current_viewer()
    if request.method == "GET":
        return answer(
            lambda: api_description(
                action_url(), "POST what changes of an Object.", optional=(*_OPTIONAL, "Attribute")
            ),
            page=lambda: object_pages.object_form_page(viewer, objects.view_object(viewer, ref), None),
            template="objects/edit.html",
        )
    if_refused(lambda form, status: _form_to_edit(viewer, ref, form, status))
    return _answered(_edited(viewer, ref), _("Object saved."))


@bp.post("/editField/<ref>")
@needs(Permission.ADD)
def edit_field(ref: str) -> Answer:
    """Change one object's own columns and say in a word what became of it; refusals are HTTP 200."""
    return told_by_ajax(lambda: _edited(current_viewer(), ref), "Field updated.")


def _edited(viewer: Viewer, ref: str) -> SavedObject:
    with saving("edit", "Object", about=lambda: objects.editable_object(viewer, ref)[0].id):
        draft = read_object(_edited_body(viewer, ref), from_partner=viewer.is_partner)
    return objects.edit_object(viewer, ref, draft)


def _form_to_edit(viewer: Viewer, ref: str, form: Form, status: int) -> Answer:
    page = object_pages.object_form_page(viewer, objects.view_object(viewer, ref), form)
    return page_answer("objects/edit.html", page, status=status)


def _edited_body(viewer: Viewer, ref: str) -> object:
    if not is_form():
        return asked().body
    return object_pages.edited_object_body(objects.view_object(viewer, ref), form_fields())


def _answered(outcome: SavedObject, notice: str) -> Answer:
    if not wants_json():
        return done(None, go_to=_page_of(outcome.object.event_id), notice=notice)
    return reply(f'{{"Object":{saved_object_json(outcome.object, outcome.attributes)}}}')


@bp.get("/delete/<ref>")
@needs(Permission.ADD)
def ask_before_delete(ref: str) -> Answer:
    """What deleting it means, before it is done."""
    viewer = current_viewer()
    return answer(
        lambda: api_description(action_url(), "POST to delete an Object.", optional=("hard",)),
        page=lambda: removals.object_removal(viewer, objects.view_object(viewer, ref).object),
        template="removal.html",
    )


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete an object with its attributes softly, so that partners hear of it, or for good with `hard`."""
    viewer = current_viewer()
    gone = objects.delete_object(viewer, ref, hard=removals.is_for_good(hard, _event_of(viewer, ref)))
    message = saved("Object deleted", subject_id=gone.id)
    return done(message, go_to=_page_of(gone.event_id), notice=_("Object deleted."))


def _event_of(viewer: Viewer, ref: str) -> removals.EventOf:
    return lambda: objects.view_object(viewer, ref).object.event_id


@bp.post("/restore/<ref>")
@needs(Permission.ADD)
def restore(ref: str) -> Answer:
    """Bring a softly deleted object back with the attributes that went with it."""
    back = restoring.restore_object(current_viewer(), ref)
    message = saved("Object restored", subject_id=back.id)
    return done(message, go_to=_page_of(back.event_id), notice=_("Object restored."))


def _page_of(event_id: int) -> str:
    return url_for("events.view", ref=event_id)
