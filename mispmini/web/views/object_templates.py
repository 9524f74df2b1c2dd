"""Object templates over REST, as the package brings them (API §9.4)."""

from flask import Blueprint

from mispmini.domain.errors import NotFound
from mispmini.domain.object_templates import ObjectTemplate, all_templates, definition_of
from mispmini.domain.permissions import Permission
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs, needs_login
from mispmini.wire.template_out import template_item, template_view

bp = Blueprint("object_templates", __name__, url_prefix="/object_templates")

_ABSENT = "Object template not found"


@bp.route("/index", methods=["GET", "POST"])
@needs_login
def index() -> Answer:
    """Every template that is here, by name."""
    numbered = enumerate(all_templates(), start=1)
    return reply([{"ObjectTemplate": template_item(n, one, definition_of(one))} for n, one in numbered])


@bp.get("/view/<ref>")
@needs_login
def view(ref: str) -> Answer:
    """One template with its elements, by uuid, or by its place in the index."""
    number, template = _find(ref)
    return reply(template_view(number, template, definition_of(template)))


@bp.get("/getRaw/<ref>")
@needs_login
def get_raw(ref: str) -> Answer:
    """A template's definition as it was published, by uuid or name."""
    return reply(definition_of(_find(ref)[1]))


@bp.post("/update")
@needs(Permission.SITE_ADMIN)
def update() -> Answer:
    """Templates come with the package: there is never one to be updated from here."""
    return reply([])


def _find(ref: str) -> tuple[int, ObjectTemplate]:
    wanted = ref.lower()
    for number, template in enumerate(all_templates(), start=1):
        if wanted in (template.uuid, template.name.lower(), str(number)):
            return number, template
    raise NotFound(_ABSENT)
