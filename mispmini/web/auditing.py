"""Each request is one row of the audit log at most; reads are logged while an admin wants that (CLIENTS.md)."""

import logging
from collections.abc import Mapping

from flask import Flask, Response, g, request, session
from flask_login import current_user

from mispmini.domain.errors import MispminiError
from mispmini.domain.instance_settings import InstanceSettings
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, logs
from mispmini.services.instance_settings import load_settings
from mispmini.web.asking import asked, asked_path, offered_keys
from mispmini.web.errors import request_id
from mispmini.web.who import viewer_or_none

_log = logging.getLogger(__name__)
_UNSAFE = frozenset({"POST", "PUT", "DELETE"})


def init(app: Flask) -> None:
    """Begin a row with each request; finish its answer with what settings ask for."""
    app.before_request(_begin)
    app.after_request(_name_user)
    app.after_request(_log_request)
    app.teardown_request(_end)


def _begin() -> None:
    if request.endpoint == "static":
        return
    how = "page" if offered_keys() is None else "key"
    audit.begin(how, request=request_id(), session_id=getattr(session, "stored_id", None))
    g.instance_settings = load_settings()


def _end(_error: BaseException | None) -> None:
    audit.end()


def _name_user(response: Response) -> Response:
    """X-Username: the e-mail of a session, `e-mail/API/<key id>` of a key (CLIENTS, wire habits)."""
    settings, viewer = _settings(), viewer_or_none() or _just_signed_in()
    if settings is not None and settings.username_in_response_header and viewer is not None:
        name = viewer.email if viewer.key is None else f"{viewer.email}/API/{viewer.key.id}"
        response.headers["X-Username"] = name.encode("ascii", "replace").decode()
    return response


def _log_request(response: Response) -> Response:
    settings, viewer = _settings(), viewer_or_none()
    if settings is None or viewer is None or not _is_wanted(settings, viewer.user_id):
        return response
    title = f"{request.method} {asked_path().url} {response.status_code}"
    _log.info("%s by user %s", title, viewer.user_id)
    if not settings.log_requests_skip_database:
        body = _body() if settings.log_request_bodies and request.method in _UNSAFE else None
        logs.log_request(viewer, title, body)
    return response


def _is_wanted(settings: InstanceSettings, user_id: int | None) -> bool:
    return settings.log_requests or (settings.monitoring and user_id in settings.monitored_users)


def _just_signed_in() -> Viewer | None:
    """Whom this very request signed in."""
    viewer: Viewer | None = getattr(current_user, "viewer", None) if "_login_user" in g else None
    return viewer


def _settings() -> InstanceSettings | None:
    found: InstanceSettings | None = g.get("instance_settings")
    return found


def _body() -> Mapping[str, object]:
    try:
        body = asked().body
    except MispminiError:
        return {}
    if request.endpoint == "settings.edit":  # it may be a password, and what was changed has its own row
        return {}
    return body if isinstance(body, Mapping) else {"list": body}
