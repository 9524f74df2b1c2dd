"""Authkeys over REST and as pages; the key itself is in the answer that made it and nowhere else (MODEL §5.6)."""

from flask import Blueprint

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.services import authkeys
from mispmini.services.authkeys import CreatedKey, OwnedKey
from mispmini.web import pages
from mispmini.web.answer import (
    Answer,
    action_url,
    answer,
    base_url,
    done,
    page_answer,
    reply,
    saved,
    see_other,
    wants_json,
)
from mispmini.web.asking import asked
from mispmini.web.errors import ShowAgain, if_refused
from mispmini.web.i18n import _
from mispmini.web.needs import needs
from mispmini.web.paging import asked_slice, paging
from mispmini.web.who import current_viewer
from mispmini.wire import account_replies, people_in, replies

bp = Blueprint("auth_keys", __name__)

_FIELDS = ("comment", "expiration", "allowed_ips", "read_only")


@bp.route("/auth_keys/index", methods=["GET", "POST"])
@bp.route("/auth_keys/index/<user_ref>", methods=["GET", "POST"])
@needs(Permission.AUTH)
def index(user_ref: str | None = None) -> Answer:
    """The keys that the viewer may see, or those of one account."""
    found = authkeys.list_authkeys(current_viewer(), user_ref)
    return answer(
        lambda: [account_replies.auth_key_reply(owned.key, email=owned.email) for owned in found],
        page=lambda: _index_page(found),
        template="auth_keys/index.html",
    )


@bp.get("/auth_keys/view/<key_id>")
@needs(Permission.AUTH)
def view(key_id: str) -> Answer:
    """One key without the key; people find it in the list."""
    owned = authkeys.view_authkey(current_viewer(), people_in.read_id(key_id))
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
        page=lambda: _add_page(user_ref, pages.Form()),
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
    created = authkeys.create_authkey(current_viewer(), owner, people_in.read_authkey(parameters, "add"))
    return answer(
        lambda: {"AuthKey": account_replies.auth_key_columns(created.owned.key, raw=created.raw)},
        page=lambda: created_page(created),
        template="auth_keys/created.html",
    )


@bp.get("/auth_keys/edit/<key_id>")
@needs(Permission.AUTH)
def show_edit(key_id: str) -> Answer:
    """What a POST takes; people make a new key instead."""
    authkeys.view_authkey(current_viewer(), people_in.read_id(key_id))
    if not wants_json():
        return see_other("/auth_keys/index")
    return reply(replies.api_description(action_url(), "POST what changes of a key.", optional=_FIELDS))


@bp.route("/auth_keys/edit/<key_id>", methods=["POST", "PUT"])
@needs(Permission.AUTH)
def edit(key_id: str) -> Answer:
    """Change a key's options."""
    draft = people_in.read_authkey(asked().parameters(), "edit")
    owned = authkeys.edit_authkey(current_viewer(), people_in.read_id(key_id), draft)
    value = account_replies.auth_key_reply(owned.key, email=owned.email)
    return done(value, go_to="/auth_keys/index", notice=_("The key was saved."))


@bp.route("/auth_keys/delete/<key_id>", methods=["POST", "DELETE"])
@needs(Permission.AUTH)
def delete(key_id: str) -> Answer:
    """Revoke a key: whatever uses it is refused from now on."""
    owned = authkeys.delete_authkey(current_viewer(), people_in.read_id(key_id))
    is_own = owned.key.user_id == current_viewer().user_id
    return done(
        saved("AuthKey deleted.", subject_id=owned.key.id),
        go_to="/users/view/me" if is_own else "/auth_keys/index",
        notice=_("The key was deleted."),
    )


def created_page(created: CreatedKey) -> pages.KeyCreatedPage:
    """The one page that shows a key."""
    key = created.owned.key
    return pages.KeyCreatedPage(
        key=created.raw,
        user=created.owned.email,
        comment=key.comment,
        expires=key.expiration,
        read_only=key.read_only,
        base_url=base_url(),
    )


def key_row(owned: OwnedKey) -> pages.KeyRow:
    """A key in a list."""
    key = owned.key
    return pages.KeyRow(
        id=key.id,
        start=key.authkey_start,
        end=key.authkey_end,
        user=owned.email,
        comment=key.comment,
        allowed_ips=key.allowed_ips,
        expires=key.expiration,
        expired=key.expiration is not None and key.expiration <= clock.now(),
        last_used=key.last_used,
        read_only=key.read_only,
    )


def _index_page(found: list[OwnedKey]) -> pages.KeysPage:
    part = asked_slice()
    rows = tuple(key_row(owned) for owned in found[part.offset : part.offset + part.limit])
    return pages.KeysPage(rows=rows, paging=paging(part, len(found)), may_add=True)


def _add_page(user_ref: str, form: pages.Form) -> pages.KeyFormPage:
    """The form with its owners; `user_ref` is chosen, where the form does not say another."""
    viewer = current_viewer()
    chosen = str(viewer.user_id) if user_ref == "me" else user_ref
    users = tuple(pages.Choice(str(account.user.id), account.user.email) for account in authkeys.owners(viewer))
    return pages.KeyFormPage(pages.Form({"user_id": chosen, **form.values}, form.errors, form.message), users)


def _again(user_ref: str) -> ShowAgain:
    def show(form: pages.Form, status: int) -> Answer:
        return page_answer("auth_keys/add.html", _add_page(user_ref, form), status=status)

    return show
