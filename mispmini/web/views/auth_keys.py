"""Authkeys over REST and as pages; the key itself is in the answer that made it and nowhere else (MODEL §5.6)."""

from flask import Blueprint

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.services import authkeys
from mispmini.services.authkeys import CreatedKey, OwnedKey
from mispmini.web import pages
from mispmini.web.answer import Answer, action_url, answer, done, page_answer, reply, saved, see_other, wants_json
from mispmini.web.asking import asked
from mispmini.web.building import key_pages
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in, replies
from mispmini.wire.key_search import asked_keys

bp = Blueprint("auth_keys", __name__)

_FIELDS = ("comment", "expiration", "allowed_ips", "read_only")
_OVERLAP_HOURS = 24


@bp.route("/auth_keys/index", methods=["GET", "POST"])
@bp.route("/auth_keys/index/<user_ref>", methods=["GET", "POST"])
@needs(Permission.AUTH)
def index(user_ref: str | None = None) -> Answer:
    """The keys that the viewer may see, or those of one account; a program may ask for some of them."""
    found = authkeys.list_authkeys(current_viewer(), user_ref)
    return answer(
        lambda: asked_keys(
            [account_replies.auth_key_reply(owned.key, email=owned.email) for owned in found],
            asked().parameters(),
            clock.now(),
        ),
        page=lambda: key_pages.index_page(found),
        template="auth_keys/index.html",
    )


@bp.get("/auth_keys/view/<key_id>")
@needs(Permission.AUTH)
def view(key_id: str) -> Answer:
    """One key without the key; people find it in the list."""
    owned = authkeys.view_authkey(current_viewer(), authkeys.key_id_of(current_viewer(), key_id))
    if not wants_json():
        return see_other("/auth_keys/index")
    return reply(account_replies.auth_key_reply(owned.key, email=owned.email))


@bp.get("/auth_keys/add")
@bp.get("/auth_keys/add/<user_ref>")
@needs(Permission.AUTH)
def show_add(user_ref: str = "me") -> Answer:
    """The form of a new key, or what a POST takes."""
    return answer(
        lambda: replies.api_description(action_url(), "POST the options of a key to make one.", optional=_FIELDS),
        page=lambda: key_pages.add_page(user_ref, pages.Form()),
        template="auth_keys/add.html",
    )


@bp.post("/auth_keys/add")
@bp.post("/auth_keys/add/<user_ref>")
@needs(Permission.AUTH)
def add(user_ref: str | None = None) -> Answer:
    """Make a key and show it, once."""
    if_refused(_again(user_ref or "me"))
    parameters = asked().parameters()
    owner = user_ref or people_in.read_text(parameters, "user_id") or "me"
    return _shown_once(authkeys.create_authkey(current_viewer(), owner, people_in.read_authkey(parameters, "add")))


@bp.get("/auth_keys/edit/<key_id>")
@needs(Permission.AUTH)
def show_edit(key_id: str) -> Answer:
    """The form of a key, or what a POST takes."""
    owned = authkeys.view_authkey(current_viewer(), authkeys.key_id_of(current_viewer(), key_id))
    return answer(
        lambda: replies.api_description(action_url(), "POST what changes of a key.", optional=_FIELDS),
        page=lambda: key_pages.edit_page(owned, key_pages.form_of(owned)),
        template="auth_keys/edit.html",
    )


@bp.route("/auth_keys/edit/<key_id>", methods=["POST", "PUT"])
@needs(Permission.AUTH)
def edit(key_id: str) -> Answer:
    """Change a key's options."""
    viewer, known = current_viewer(), authkeys.key_id_of(current_viewer(), key_id)
    if_refused(_edit_again(authkeys.view_authkey(viewer, known)))
    owned = authkeys.edit_authkey(viewer, known, people_in.read_authkey(asked().parameters(), "edit"))
    value = account_replies.auth_key_reply(owned.key, email=owned.email)
    return done(value, go_to=_list_of(owned), notice=_("The key was saved."))


@bp.post("/auth_keys/rotate/<key_id>")
@needs(Permission.AUTH)
def rotate(key_id: str) -> Answer:
    """A fresh key with the limits of another, which stays valid for `hours` more."""
    viewer, known, parameters = current_viewer(), authkeys.key_id_of(current_viewer(), key_id), asked().parameters()
    if_refused(_edit_again(authkeys.view_authkey(viewer, known)))
    hours = people_in.read_id(parameters["hours"]) if "hours" in parameters else _OVERLAP_HOURS
    return _shown_once(authkeys.rotate_authkey(viewer, known, overlap_hours=hours))


@bp.get("/auth_keys/refusals")
@needs(Permission.ADMIN)
def refusals() -> Answer:
    """The last keys that were refused, and why."""
    found = authkeys.list_refusals(current_viewer())
    return answer(
        lambda: [account_replies.key_refusal_reply(*refusal) for refusal in found],
        page=lambda: key_pages.refusals_page(found),
        template="auth_keys/refusals.html",
    )


@bp.route("/auth_keys/delete/<key_id>", methods=["POST", "DELETE"])
@needs(Permission.AUTH)
def delete(key_id: str) -> Answer:
    """Revoke a key: whatever uses it is refused from now on."""
    owned = authkeys.delete_authkey(current_viewer(), authkeys.key_id_of(current_viewer(), key_id))
    return done(
        saved("AuthKey deleted.", subject_id=owned.key.id),
        go_to=_list_of(owned),
        notice=_("The key was deleted."),
    )


def _shown_once(created: CreatedKey) -> Answer:
    return answer(
        lambda: {"AuthKey": account_replies.auth_key_columns(created.owned.key, raw=created.raw)},
        page=lambda: key_pages.created_page(created),
        template="auth_keys/created.html",
    )


def _list_of(owned: OwnedKey) -> str:
    """Where its keys are listed: the own ones on the profile."""
    return "/users/view/me" if owned.key.user_id == current_viewer().user_id else "/auth_keys/index"


def _again(user_ref: str) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("auth_keys/add.html", key_pages.add_page(user_ref, form), status=status)

    return show


def _edit_again(owned: OwnedKey) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("auth_keys/edit.html", key_pages.edit_page(owned, form), status=status)

    return show
