"""The second factor: asked for at sign-in, turned on and off by its owner, turned off by an admin (TRUST §5)."""

from flask import Blueprint

from mispmini.services import second_factor, signing_in
from mispmini.web import pages
from mispmini.web.answer import Answer, done, lead_to, local_path, page_answer, saved
from mispmini.web.asking import parameter
from mispmini.web.building.second_factor_pages import offer_page
from mispmini.web.csrf import check_form, checks_form_itself
from mispmini.web.entering import enter, half_in
from mispmini.web.errors import if_refused
from mispmini.web.i18n import _
from mispmini.web.limits import limited
from mispmini.web.needs import needs_login, needs_writing, public
from mispmini.web.who import address, current_viewer

bp = Blueprint("second_factor", __name__, url_prefix="/users")


@bp.get("/otp")
@public
def show_otp() -> Answer:
    """The form of the code, for whoever gave the right password within five minutes."""
    return lead_to("/users/login") if half_in() is None else _ask(pages.Form(), 200)


@bp.post("/otp")
@limited
@public
@checks_form_itself
def otp() -> Answer:
    """Let in whoever gives the code too."""
    half = half_in()
    if half is None:
        return lead_to("/users/login")
    if_refused(_ask)
    check_form()
    enter(signing_in.complete(half.user_id, _text("code"), address()))
    return lead_to(local_path(half.go_to))


@bp.get("/totp_new")
@needs_login
def show_totp_new() -> Answer:
    """The seed as a QR code, and the form that proves that an app has it."""
    return page_answer("users/totp_new.html", offer_page(pages.Form()))


@bp.post("/totp_new")
@needs_login
def totp_new() -> Answer:
    """Ask for codes from now on; answers with the recovery codes, the only time they are seen, in a new session."""
    if_refused(lambda form, status: page_answer("users/totp_new.html", offer_page(form), status=status))
    viewer = current_viewer()
    codes = second_factor.turn_on(viewer, _text("seed"), _text("code"), _text("current_password"))
    enter(viewer)
    return page_answer("users/totp_codes.html", pages.RecoveryCodesPage(codes))


@bp.get("/totp_delete/me")
@needs_login
def show_totp_delete() -> Answer:
    """The form that asks for one's password once more."""
    return _confirm(pages.Form(), 200)


@bp.route("/totp_delete/<ref>", methods=["POST", "DELETE"])
@needs_writing
def totp_delete(ref: str) -> Answer:
    """Ask an account for its password alone: one's own, or one that the viewer administers."""
    if ref == "me":
        if_refused(_confirm)
    second_factor.turn_off(current_viewer(), ref, _text("current_password"))
    go_to = "/users/view/me" if ref == "me" else f"/admin/users/edit/{ref}"
    return done(saved("TOTP deleted."), go_to=go_to, notice=_("The second factor is turned off."))


def _ask(form: pages.Form, status: int) -> Answer:
    return page_answer("users/otp.html", pages.CodePage(form.message), status=status)


def _confirm(form: pages.Form, status: int) -> Answer:
    return page_answer("users/totp_delete.html", form, status=status)


def _text(name: str) -> str:
    value = parameter(name, "")
    return value if isinstance(value, str) else ""
