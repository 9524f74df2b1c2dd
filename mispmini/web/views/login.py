"""Signing in and out (WEB, page map; CLIENTS "Wire habits")."""

from flask import Blueprint, request, session
from flask_login import logout_user

from mispmini.services import organisations, registrations, signing_in
from mispmini.web import i18n, pages
from mispmini.web.answer import Answer, done, lead_to, local_path, page_answer, reply
from mispmini.web.asking import asked
from mispmini.web.csrf import check_form, checks_form_itself
from mispmini.web.entering import enter, wait_for_code
from mispmini.web.errors import if_refused
from mispmini.web.limits import limited
from mispmini.web.needs import public
from mispmini.web.sessions import renew_session
from mispmini.web.who import address
from mispmini.wire import replies

bp = Blueprint("login", __name__)


@bp.get("/users/login")
@public
def show_login() -> Answer:
    """The sign-in form, exactly one; `?language=` changes the language for a visitor."""
    if (language := request.args.get("language")) in i18n.SUPPORTED:
        session["language"] = language
        i18n.speak(str(language))
    return _form(pages.Form(), 200)


@bp.route("/users/login", methods=["POST", "PUT"])
@limited
@public
@checks_form_itself
def log_in() -> Answer:
    """Check e-mail and password; a program gets the 302 and the cookie as a browser does."""
    if_refused(_form)
    email, password = (_text(name) for name in ("email", "password"))
    signing_in.refuse_locked(email, address())
    check_form()
    go_to = _wish() or "/"
    proof = signing_in.sign_in(email, password, address())
    if not proof.is_complete:
        wait_for_code(proof.viewer, go_to)
        return lead_to("/users/otp")
    enter(proof.viewer)
    return lead_to(go_to)


@bp.post("/users/logout")
def log_out() -> Answer:
    """End this session; a copy of its cookie is worth nothing from now on."""
    logout_user()
    renew_session()
    return done(replies.message("Logged out."), go_to="/users/login")


@bp.get("/users/checkIfLoggedIn")
def check_if_logged_in() -> Answer:
    """Says so to whoever is; others are led to the sign-in page like everywhere."""
    return reply(replies.message("OK"))


def _form(form: pages.Form, status: int) -> Answer:
    page = pages.LoginPage(
        instance=organisations.host_name(),
        email=form.value("data[User][email]"),
        message=form.message,
        go_to=_wish(),
        languages=tuple(pages.Choice(code, name) for code, name in i18n.NAMES.items()),
        may_register=registrations.is_open(),
    )
    return page_answer("login.html", page, status=status)


def _wish() -> str:
    """Where to go after signing in: what the form or link says, else the page that led here; empty for home."""
    path = local_path(request.values.get("go_to") or session.get("go_to", ""))
    return "" if path == "/" else path


def _text(name: str) -> str:
    value = asked().parameter(name, "")
    return value if isinstance(value, str) else ""
