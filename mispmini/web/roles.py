"""Roles over REST (API §9.8)."""

from flask import Blueprint

from mispmini.services import roles
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in

bp = Blueprint("roles", __name__)


@bp.get("/roles/index")
@needs_login
def index() -> Answer:
    """All roles with their flags."""
    return reply([account_replies.role_index_item(role) for role in roles.list_roles(current_viewer())])


@bp.get("/roles/view/<role_id>")
@needs_login
def view(role_id: str) -> Answer:
    """One role."""
    role = roles.view_role(current_viewer(), people_in.read_id(role_id))
    return reply({"Role": account_replies.role_columns(role)})
