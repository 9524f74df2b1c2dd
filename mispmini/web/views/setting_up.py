"""The first run: until there is an account every path leads to the set-up page, and that needs the printed link."""

from urllib.parse import urlsplit

from flask import Blueprint, Flask, current_app, request

from mispmini.domain.errors import Busy, Forbidden, Invalid
from mispmini.services import libraries, setup_links
from mispmini.services.authentication import viewer_of_user
from mispmini.services.setting_up import FirstRun, Founded, is_set_up
from mispmini.web import i18n, pages
from mispmini.web.answer import Answer, answer, base_url, lead_to, page_answer, reply, see_other, wants_json
from mispmini.web.asking import asked
from mispmini.web.csrf import check_form, checks_form_itself
from mispmini.web.entering import enter
from mispmini.web.errors import if_refused
from mispmini.web.limits import limited
from mispmini.web.needs import public
from mispmini.web.who import address

bp = Blueprint("setting_up", __name__)

NOT_YET = "This server is not set up yet. Open the set-up link that it printed when it started."
_DONE = "mispmini.is_set_up"
BAD_URL = "A URL like https://misp.example.org, without a path."


def init(app: Flask) -> None:
    """Lead everybody to the set-up page while there is no account; once there is one, there always is."""
    app.extensions[_DONE] = False
    app.before_request(_lead_to_setup)


@bp.get("/healthz")
@public
def healthz() -> Answer:
    """That this process answers, for whoever watches it."""
    return reply({"status": "ok"})


@bp.get("/setup")
@public
def ask_for_link() -> Answer:
    """What somebody sees who has not got the link."""
    if is_set_up():
        return see_other("/")
    raise Forbidden(NOT_YET)


@bp.get("/setup/<secret>")
@public
def show_setup(secret: str) -> Answer:
    """The set-up form behind a good link."""
    if is_set_up():
        return see_other("/")
    setup_links.check_setup_secret(secret)
    values = {"base_url": base_url(), "language": i18n.current_language()}
    return _form(secret, pages.Form(values), 200)


@bp.post("/setup")
@bp.post("/setup/<secret>")
@limited
@public
@checks_form_itself
def set_up(secret: str = "") -> Answer:
    """Found the organisation and its admin, show the admin's key this once, and sign the admin in."""
    secret = secret or _text("token")
    setup_links.check_setup_secret(secret)
    if_refused(lambda form, status: _form(secret, form, status))
    check_form()
    own_url = _own_url()
    founded = setup_links.set_up_once(secret, _first_run(), base_url=own_url)
    if current_app.config["SETTINGS"].take_libraries:
        libraries.ask_for_missing()
    viewer = viewer_of_user(founded.user_id, address())
    if viewer is not None:
        enter(viewer)
    return answer(
        lambda: {"user_id": str(founded.user_id), "authkey": founded.authkey},
        page=lambda: _key_page(founded, own_url),
        template="auth_keys/created.html",
    )


def _lead_to_setup() -> Answer | None:
    if current_app.extensions[_DONE] or request.endpoint == "static" or request.blueprint == bp.name:
        return None
    if is_set_up():
        current_app.extensions[_DONE] = True
        return None
    if wants_json():
        raise Busy(NOT_YET)
    return lead_to("/setup")


def _first_run() -> FirstRun:
    language = _text("language")
    return FirstRun(
        org_name=_text("org_name"),
        org_uuid=_text("org_uuid") or None,
        email=_text("email"),
        password=_text("password"),
        language=language if language in i18n.SUPPORTED else None,
        wants_key=True,
    )


def _own_url() -> str:
    """The base URL of the form in normal form. Raises Invalid."""
    text = _text("base_url").rstrip("/") or base_url()
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:  # what urlsplit and .port say to a broken address
        raise Invalid({"base_url": [BAD_URL]}) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or "@" in parts.netloc:
        raise Invalid({"base_url": [BAD_URL]})
    return text


def _form(secret: str, form: pages.Form, status: int) -> Answer:
    languages = tuple(pages.Choice(code, name) for code, name in i18n.NAMES.items())
    return page_answer("setup.html", pages.SetupPage(secret, languages, form), status=status)


def _key_page(founded: Founded, own_url: str) -> pages.KeyCreatedPage:
    return pages.KeyCreatedPage(
        key=founded.authkey or "",
        user=_text("email"),
        comment="",
        expires=None,
        read_only=False,
        base_url=own_url,
        go_to="/",
    )


def _text(name: str) -> str:
    value = asked().parameter(name, "")
    return value.strip() if isinstance(value, str) and name != "password" else str(value)
