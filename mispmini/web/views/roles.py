"""Roles over REST and as pages (API §9.8)."""

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.domain.records import RoleRecord
from mispmini.services import roles
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked
from mispmini.web.building import role_pages
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in, replies

bp = Blueprint("roles", __name__)

_OPTIONAL = (
    "permission", *(flag.value for flag in Permission), "default_role", "restricted_to_site_admin", "memory_limit",
    "max_execution_time", "enforce_rate_limit", "rate_limit_count",
)  # fmt: skip


@bp.get("/roles/index")
@needs_login
def index() -> Answer:
    """All roles with their flags."""
    found = roles.list_roles(current_viewer())
    return answer(
        lambda: [account_replies.role_index_item(role) for role in found],
        page=lambda: role_pages.index_page(found),
        template="roles/index.html",
    )


@bp.get("/roles/view/<role_id>")
@needs_login
def view(role_id: str) -> Answer:
    """One role; people see them side by side."""
    role = roles.view_role(current_viewer(), people_in.read_id(role_id))
    if not wants_json():
        return see_other("/roles/index")
    return reply({"Role": account_replies.role_columns(role)})


@bp.get("/admin/roles/add")
@needs(Permission.SITE_ADMIN)
def show_add() -> Answer:
    """The form of a new role, or what a POST takes."""
    return answer(
        lambda: replies.api_description(
            action_url(), "POST a role to add it.", mandatory=("name",), optional=_OPTIONAL
        ),
        page=lambda: role_pages.form_page(None, role_pages.new_form()),
        template="roles/edit.html",
    )


@bp.post("/admin/roles/add")
@needs(Permission.SITE_ADMIN)
def add() -> Answer:
    """Add a role."""
    if_refused(_form_again(None))
    return _kept(roles.add_role(current_viewer(), people_in.read_role(asked().parameters(), "add")))


@bp.get("/admin/roles/edit/<role_id>")
@needs(Permission.SITE_ADMIN)
def show_edit(role_id: str) -> Answer:
    """The form of a role, or what a POST takes."""
    role = roles.view_role(current_viewer(), people_in.read_id(role_id))
    return answer(
        lambda: replies.api_description(action_url(), "POST what changes of a role.", optional=("name", *_OPTIONAL)),
        page=lambda: role_pages.form_page(role, role_pages.form_of(role)),
        template="roles/edit.html",
    )


@bp.route("/admin/roles/edit/<role_id>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def edit(role_id: str) -> Answer:
    """Change what is given of a role."""
    viewer, known = current_viewer(), people_in.read_id(role_id)
    if_refused(_form_again(roles.view_role(viewer, known)))
    return _kept(roles.edit_role(viewer, known, people_in.read_role(asked().parameters(), "edit")))


@bp.route("/admin/roles/delete/<role_id>", methods=["POST", "DELETE"])
@needs(Permission.SITE_ADMIN)
def delete(role_id: str) -> Answer:
    """Remove a role that nobody has."""
    role = roles.delete_role(current_viewer(), people_in.read_id(role_id))
    return done(saved("Role deleted", subject_id=role.id), go_to="/roles/index", notice=_("The role was deleted."))


@bp.route("/admin/roles/set_default/<role_id>", methods=["POST", "PUT"])
@needs(Permission.SITE_ADMIN)
def set_default(role_id: str) -> Answer:
    """Make it the role that new accounts get."""
    role = roles.set_default_role(current_viewer(), people_in.read_id(role_id))
    notice = _("New users get the role %(name)s unless you choose another.", name=role.name)
    return done(saved("Default role set.", subject_id=role.id), go_to="/roles/index", notice=notice)


def _kept(role: RoleRecord) -> Answer:
    return done({"Role": account_replies.role_columns(role)}, go_to="/roles/index", notice=_("The role was saved."))


def _form_again(role: RoleRecord | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("roles/edit.html", role_pages.form_page(role, form), status=status)

    return show
