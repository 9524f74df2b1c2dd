"""Accounts over REST and as pages: one's own, and those one administers (API §9.8, PROTOCOL §2.4)."""

import secrets

from flask import Blueprint

from mispmini.domain.permissions import Permission
from mispmini.services import accounts, authkeys, organisations, user_settings
from mispmini.services.accounts import Account
from mispmini.web import i18n, pages
from mispmini.web.answer import (
    Answer,
    action_url,
    answer,
    done,
    local_path,
    page_answer,
    reply,
    saved,
    see_other,
    wants_json,
)
from mispmini.web.asking import asked, parameter
from mispmini.web.building import user_pages
from mispmini.web.building.key_pages import created_page
from mispmini.web.entering import enter
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs, needs_login, needs_writing
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in, replies

bp = Blueprint("users", __name__)

_OPTIONAL = (
    "org_id", "role_id", "password", "server_id", "change_pw", "disabled", "autoalert", "contactalert",
    "termsaccepted", "gpgkey", "certif_public", "nids_sid",
)  # fmt: skip
_THEMES = ("light", "dark")


@bp.get("/users/view")
@bp.get("/users/view/<ref>")
@needs_login
def view(ref: str = "me") -> Answer:
    """One's own account, or one that the viewer may see; people edit others' at once."""
    viewer = current_viewer()
    account = accounts.view_user(viewer, ref)
    if account.user.id != viewer.user_id and not wants_json():
        return see_other(f"/admin/users/edit/{account.user.id}")
    return answer(lambda: _view_reply(account), page=lambda: user_pages.profile(account), template="users/view.html")


@bp.route("/users/edit", methods=["POST", "PUT"])
@bp.route("/users/edit/<ref>", methods=["POST", "PUT"])
@needs_login
def edit_own(ref: str = "me") -> Answer:
    """Change one's own account; role, organisation and standing are ignored (TRUST S7)."""
    viewer = current_viewer()
    accounts.view_own(viewer, ref)
    parameters = asked().parameters()
    current = people_in.read_text(parameters, "current_password")
    account = accounts.edit_own_account(viewer, people_in.read_user(parameters, "edit"), current_password=current)
    if viewer.key is None:
        enter(viewer)
    return _kept(account, go_to="/users/view/me")


@bp.get("/users/edit")
@bp.get("/users/edit/<ref>")
@needs_login
def show_edit_own(ref: str = "me") -> Answer:
    """What a POST takes; people find their forms on their profile."""
    accounts.view_own(current_viewer(), ref)
    if not wants_json():
        return see_other("/users/view/me")
    fields = ("email", "password", "current_password", "autoalert", "contactalert", "gpgkey", "nids_sid")
    return reply(replies.api_description(action_url(), "POST what changes of your account.", optional=fields))


@bp.get("/users/change_pw")
@needs_login
def show_change_pw() -> Answer:
    """The form of a new password, or what a POST takes."""
    fields = ("current_password", "confirm_password")
    description = "POST a new password; a session sends the present one too."
    return answer(
        lambda: replies.api_description(action_url(), description, mandatory=("password",), optional=fields),
        page=lambda: user_pages.password_page(pages.Form()),
        template="users/change_pw.html",
    )


@bp.route("/users/change_pw", methods=["POST", "PUT"])
@needs_login
def change_pw() -> Answer:
    """Change one's own password; every other session of the account ends."""
    if_refused(_password_again)
    viewer, parameters = current_viewer(), asked().parameters()
    accounts.change_password(
        viewer,
        people_in.read_text(parameters, "password"),
        current_password=people_in.read_text(parameters, "current_password"),
        confirmed=people_in.read_text(parameters, "confirm_password") if "confirm_password" in parameters else None,
    )
    if viewer.key is None:
        enter(viewer)
    return done(
        saved("Password Changed."),
        go_to="/" if viewer.must_change_password else "/users/view/me",
        notice=_("Your password was changed."),
    )


@bp.post("/users/resetauthkey")
@bp.post("/users/resetauthkey/<ref>")
@needs(Permission.AUTH)
def resetauthkey(ref: str = "me") -> Answer:
    """A fresh key instead of the one in use; its characters stand in the message (PROTOCOL §2.4)."""
    created = authkeys.reset_authkey(current_viewer(), ref)
    return answer(
        lambda: saved(f"Authkey updated: {created.raw}"),
        page=lambda: created_page(created),
        template="auth_keys/created.html",
    )


@bp.post("/users/language")
@needs_writing
def language() -> Answer:
    """Keep the language of one's pages, and go back to where it was chosen."""
    chosen = str(parameter("language", ""))
    if chosen in i18n.SUPPORTED:
        accounts.choose_language(current_viewer(), chosen)
    return done(saved("Language changed."), go_to=local_path(str(parameter("go_to", "/"))))


@bp.post("/users/theme")
@needs_writing
def theme() -> Answer:
    """Keep whether one's pages are light or dark."""
    chosen = str(parameter("theme", ""))
    if chosen in _THEMES:
        accounts.choose_theme(current_viewer(), chosen)
    return done(saved("Theme changed."), go_to=local_path(str(parameter("go_to", "/"))))


@bp.route("/admin/users/index", methods=["GET", "POST"])
@needs(Permission.ADMIN)
def index() -> Answer:
    """The accounts that the viewer administers, by part of the e-mail and by organisation."""
    parameters = asked().parameters()
    org = people_in.read_text(parameters, "searchorg")
    search = people_in.read_text(parameters, "value")
    found = accounts.list_users(
        current_viewer(),
        search=search,
        org_id=organisations.find_id(org) if org else None,
    )
    return answer(
        lambda: [account_replies.user_index_item(a.user, a.role, a.organisation) for a in found],
        page=lambda: user_pages.index_page(found, search),
        template="users/index.html",
    )


@bp.get("/admin/users/view/<ref>")
@needs(Permission.ADMIN)
def admin_view(ref: str) -> Answer:
    """An account with its organisation's admins."""
    account = accounts.view_user(current_viewer(), ref)
    if not wants_json():
        return see_other(f"/admin/users/edit/{account.user.id}")
    return reply(_with_org_admins(_view_reply(account), account))


@bp.post("/users/initiatePasswordReset/<ref>")
@needs(Permission.ADMIN)
def initiate_password_reset(ref: str) -> Answer:
    """Give an account a password to be changed at the next sign-in; this answer alone tells it, no e-mail does."""
    password = secrets.token_urlsafe(15)
    accounts.set_password(current_viewer(), ref, password, must_change=True)
    return reply({**saved("New password set."), "password": password})


@bp.get("/admin/users/add")
@needs(Permission.ADMIN)
def show_add() -> Answer:
    """The form of a new account, or what a POST takes."""
    return answer(
        lambda: replies.api_description(
            action_url(), "POST an account to add it.", mandatory=("email",), optional=_OPTIONAL
        ),
        page=lambda: user_pages.form_page(None, user_pages.new_form()),
        template="users/edit.html",
    )


@bp.post("/admin/users/add")
@needs(Permission.ADMIN)
def add() -> Answer:
    """Add an account; an organisation's admin adds to its own."""
    if_refused(_form_again(None))
    draft = people_in.read_user(asked().parameters(), "add")
    added = accounts.add_user_and_key(current_viewer(), draft, wants_key=wants_json())
    return done(
        account_replies.saved_user_reply(added.account.user, authkey=added.raw),
        go_to="/admin/users/index",
        notice=_("The account was saved."),
    )


@bp.get("/admin/users/edit/<ref>")
@needs(Permission.ADMIN)
def show_edit(ref: str) -> Answer:
    """The form of an account, or what a POST takes."""
    account = accounts.view_user(current_viewer(), ref)
    return answer(
        lambda: replies.api_description(
            action_url(), "POST what changes of an account.", optional=("email", *_OPTIONAL)
        ),
        page=lambda: user_pages.form_page(account, user_pages.form_of(account)),
        template="users/edit.html",
    )


@bp.route("/admin/users/edit/<ref>", methods=["POST", "PUT"])
@needs(Permission.ADMIN)
def edit(ref: str) -> Answer:
    """Change what is given of an account."""
    viewer = current_viewer()
    if_refused(_form_again(accounts.view_user(viewer, ref)))
    parameters = asked().parameters()
    current = people_in.read_text(parameters, "current_password")
    account = accounts.edit_user(viewer, ref, people_in.read_user(parameters, "edit"), current_password=current)
    return _kept(account, go_to="/admin/users/index")


@bp.route("/admin/users/delete/<ref>", methods=["POST", "DELETE"])
@needs(Permission.ADMIN)
def delete(ref: str) -> Answer:
    """Remove an account with its keys; its events stay."""
    account = accounts.delete_user(current_viewer(), ref)
    return done(
        saved("User deleted.", subject_id=account.user.id),
        go_to="/admin/users/index",
        notice=_("The user was deleted."),
    )


def _kept(account: Account, *, go_to: str) -> Answer:
    return done(account_replies.saved_user_reply(account.user), go_to=go_to, notice=_("The account was saved."))


def _view_reply(account: Account) -> replies.Reply:
    """Of whoever asks about itself the effective flags, and whether its key only reads (RULES §7)."""
    viewer = current_viewer()
    is_own = account.user.id == viewer.user_id
    key = authkeys.view_authkey(viewer, viewer.key.id).key if is_own and viewer.key else None
    return account_replies.user_reply(
        account.user,
        account.role,
        account.organisation,
        permissions=viewer.permissions if is_own else None,
        key=key,
        settings=user_settings.settings_of(viewer, account.user.id),
    )


def _with_org_admins(value: replies.Reply, account: Account) -> replies.Reply:
    columns = value["User"]
    assert isinstance(columns, dict)
    return {**value, "User": {**columns, "orgAdmins": dict(accounts.org_admins_of(account))}}


def _password_again(form: pages.Form, status: int) -> Answer:
    return page_answer("users/change_pw.html", user_pages.password_page(form), status=status)


def _form_again(account: Account | None) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("users/edit.html", user_pages.form_page(account, form), status=status)

    return show
