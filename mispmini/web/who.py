"""Who asks: an authkey first, else the browser's session, through Flask-Login (PROTOCOL §1.2, MODEL §5.1)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Request, Response, current_app, g, get_flashed_messages, request, session
from flask_login import LoginManager, UserMixin, current_user

from mispmini.domain.errors import Forbidden, NotAuthenticated
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import authentication, delegations, house, readings
from mispmini.settings import Settings
from mispmini.web import pages
from mispmini.web.answer import see_other, wants_json
from mispmini.web.asking import asks_monitoring, here, offered_keys, offered_token
from mispmini.web.bodies_in import let_in
from mispmini.web.guide_steps import step_of
from mispmini.web.i18n import choose_language, ngettext, speak

_MOST_NAMED = 20
PASSWORD_FIRST = "Password change required."  # noqa: S105 - a sentence
_BEFORE_NEW_PASSWORD = frozenset({
    "users.show_change_pw", "users.change_pw", "users.language", "users.theme", "login.log_out",
})  # fmt: skip


class Account(UserMixin):  # type: ignore[misc]
    """What Flask-Login hands around: a viewer."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        """What the session keeps."""
        return str(self.viewer.user_id)


def init(app: Flask) -> None:
    """Find out who asks before each view, and turn strangers away from all that is not public."""
    logins = LoginManager()
    logins.session_protection = None
    logins.user_loader(_from_session)
    logins.request_loader(_from_keys)
    logins.init_app(app, add_context_processor=False)
    app.before_request(_identify)
    app.before_request(speak_to_viewer)
    app.before_request(_ask_for_new_password)
    app.after_request(_tell_expiration)
    app.after_request(_name_left_out)
    app.after_request(_note_refused_write)
    app.context_processor(lambda: {"viewer": _signed_in()})


def current_viewer() -> Viewer:
    """Who asks. Raises NotAuthenticated."""
    viewer = viewer_or_none()
    if viewer is None:
        raise NotAuthenticated(authentication.FAILED)
    return viewer


def viewer_or_none() -> Viewer | None:
    """Who asks, None for a stranger at a public view."""
    viewer: Viewer | None = g.get("viewer")
    return viewer


def note_given_out(event_ids: Iterable[int]) -> None:
    """Elements of these events go to who asks: a partner's key read them (RULES §10.2). A HEAD gives nothing out."""
    if request.method != "HEAD":
        readings.note_served_by_id(current_viewer(), event_ids)


def address() -> str:
    """Where the request came from; a trusted proxy's word for it is taken by the server in front of Flask."""
    return request.remote_addr or ""


def speak_to_viewer() -> None:
    """Sentences for programs are MISP's, in English; people hear their own language."""
    settings: Settings = current_app.config["SETTINGS"]
    viewer = viewer_or_none()
    chosen = viewer.language if viewer is not None else session.get("language")
    heard = request.headers.get("Accept-Language", "")
    speak("en" if wants_json() else choose_language(chosen, heard, settings.language))


def _identify() -> None:
    """Load the viewer once; what is no public view then has one. Raises NotAuthenticated in MISP's words."""
    g.viewer = None
    house.begin_request()
    is_public = getattr(current_app.view_functions.get(request.endpoint or ""), "is_public", False)
    if request.endpoint == "static" or (is_public and offered_keys() is not None):
        return
    g.viewer = current_user.viewer if current_user.is_authenticated else None
    if g.viewer is not None:
        let_in()
    elif not is_public and request.endpoint is not None:
        raise NotAuthenticated(authentication.FAILED)


def _ask_for_new_password() -> Response | None:
    """A session of an account that must change its password leads there; a key is never stopped (FEATURES row 18)."""
    viewer = viewer_or_none()
    if viewer is None or viewer.key is not None or not viewer.must_change_password:
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    if request.endpoint == "static" or getattr(view, "is_public", False) or request.endpoint in _BEFORE_NEW_PASSWORD:
        return None
    if wants_json():
        raise Forbidden(PASSWORD_FIRST)
    return see_other("/users/change_pw")


def _from_keys(_request: Request) -> Account | None:
    keys = offered_token() if asks_monitoring() else offered_keys()
    return None if keys is None else Account(authentication.viewer_of_key(keys, address()))


def _from_session(user_id: str) -> Account | None:
    viewer = authentication.viewer_of_user(int(user_id), address())
    return None if viewer is None else Account(viewer)


def _tell_expiration(response: Response) -> Response:
    viewer = viewer_or_none()
    if viewer is not None and viewer.key is not None and viewer.key.expiration:
        moment = datetime.fromtimestamp(viewer.key.expiration, UTC)
        response.headers["X-Auth-Key-Expiration"] = moment.isoformat(timespec="seconds")
    return response


def _note_refused_write(response: Response) -> Response:
    viewer = viewer_or_none()
    is_write = request.method not in ("GET", "HEAD", "OPTIONS")
    reads_only = viewer is not None and viewer.key is not None and viewer.key.read_only
    if viewer is not None and reads_only and is_write and response.status_code == 403:
        authentication.note_refused_write(viewer)
    return response


def _signed_in() -> pages.SignedIn | None:
    viewer = viewer_or_none()
    if viewer is None:
        return None
    return pages.SignedIn(
        email=viewer.email,
        organisation=viewer.org_name,
        role=viewer.role_name,
        here=here(),
        may_add_events=viewer.can(Permission.ADD),
        may_see_servers=viewer.is_site_admin,
        may_administer=viewer.is_site_admin or viewer.can(Permission.ADMIN),
        may_change_organisations=viewer.is_site_admin,
        shows_delegations=delegations.is_enabled(),
        notices=_notices(),
        step=step_of(request.endpoint),
    )


def _notices() -> tuple[pages.Notice, ...]:
    kept: Any = get_flashed_messages(with_categories=True)
    return (*(pages.Notice(kind, text) for kind, text in kept), *_left_out())


def _left_out() -> Iterator[pages.Notice]:
    if lost := house.left_out():
        text = ngettext(
            "%(num)d entry is damaged in the database and is left out here.",
            "%(num)d entries are damaged in the database and are left out here.",
            len(lost),
        )
        yield pages.Notice("error", f"{text} {_named(lost)}" if _is_told_names() else text)


def _name_left_out(response: Response) -> Response:
    """X-Left-Out: which rows are damaged, for site admins; how many, for others."""
    if lost := house.left_out():
        response.headers["X-Left-Out"] = _named(lost) if _is_told_names() else str(len(lost))
    return response


def _is_told_names() -> bool:
    viewer = viewer_or_none()
    return viewer is not None and viewer.is_site_admin


def _named(lost: Sequence[str]) -> str:
    more = len(lost) - _MOST_NAMED
    return ", ".join([*lost[:_MOST_NAMED], *([f"+{more}"] if more > 0 else [])])
