"""References between the elements of an event, over REST (MODEL §7.4, API §9.4)."""

from flask import Blueprint, request, url_for

from mispmini.domain.permissions import Permission
from mispmini.services import objects
from mispmini.web.answer import Answer, action_url, done, reply, saved
from mispmini.web.asking import asked, parameter
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.saving import saving
from mispmini.web.who import current_viewer
from mispmini.wire.object_in import read_reference
from mispmini.wire.object_out import reference_json
from mispmini.wire.replies import api_description
from mispmini.wire.scalars import flag

bp = Blueprint("object_references", __name__, url_prefix="/object_references")


@bp.route("/add", methods=["GET", "POST"])
@needs(Permission.ADD)
def add() -> Answer:
    """Let an object refer to another element of its event."""
    if request.method == "GET":
        return reply(
            api_description(
                action_url(),
                "POST a reference of an Object to add it.",
                mandatory=("object_uuid", "referenced_uuid", "relationship_type"),
                optional=("comment", "uuid"),
            )
        )
    with saving("add", "ObjectReference"):
        owner, draft = read_reference(asked().body)
    added = objects.add_reference(current_viewer(), owner, draft)
    return reply(f'{{"ObjectReference":{reference_json(added)}}}')


@bp.route("/delete/<ref>", methods=["POST", "DELETE"])
@bp.route("/delete/<ref>/<hard>", methods=["POST", "DELETE"])
@needs(Permission.ADD)
def delete(ref: str, hard: str = "") -> Answer:
    """Delete a reference, softly or for good."""
    gone = objects.delete_reference(current_viewer(), ref, hard=flag(hard or parameter("hard")) is True)
    message = saved("ObjectReference deleted", subject_id=gone.id)
    return done(message, go_to=url_for("events.view", ref=gone.event_id), notice=_("Reference deleted."))
