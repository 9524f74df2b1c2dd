"""While the server is not live, site admins alone get in (MODEL §5.1 row 5)."""

from flask import Flask, request

from mispmini.domain.permissions import Permission
from mispmini.services.instance_settings import NotLive, load_settings
from mispmini.web.i18n import N_
from mispmini.web.who import viewer_or_none

CLOSED = N_("This server is closed for maintenance. Please try again later.")
_OPEN = frozenset({"static", "login.log_out"})


def init(app: Flask) -> None:
    """Check each request of somebody who is signed in."""
    app.before_request(_refuse)


def _refuse() -> None:
    viewer = viewer_or_none()
    if viewer is None or Permission.SITE_ADMIN in viewer.role_permissions or request.endpoint in _OPEN:
        return
    if not load_settings().live:
        raise NotLive(CLOSED)
