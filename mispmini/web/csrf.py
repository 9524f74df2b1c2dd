"""An unsafe request that no authkey authenticated needs our own form's secret (TRUST §5, S9)."""

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from flask_wtf.csrf import CSRFError, CSRFProtect

from mispmini.domain.errors import BadRequest, Forbidden
from mispmini.web.who import viewer_or_none

View = TypeVar("View", bound=Callable[..., object])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STALE = "This page was open for too long. Nothing was saved. Please try again."
FOREIGN = "This request came from another site."
_LONGEST_SECONDS = 12 * 3600


class StaleForm(BadRequest):
    """The form's secret is too old, or of another session."""


def init(app: Flask) -> None:
    """Give templates csrf_token(), and check each unsafe request after it is known who asks."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=_LONGEST_SECONDS,
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which some proxies strip; Origin is checked
    )
    CSRFProtect(app)
    app.before_request(_check)


def check_form() -> None:
    """Refuse a request from elsewhere or from a page that is too old. Raises Forbidden, StaleForm."""
    if not _is_ours():
        raise Forbidden(FOREIGN)
    try:
        current_app.extensions["csrf"].protect()
    except CSRFError:
        raise StaleForm(STALE) from None


def checks_form_itself(view: View) -> View:
    """Mark a view that calls check_form() once it can show its form again."""
    view.checks_form_itself = True  # type: ignore[attr-defined]
    return view


def is_surely_ours() -> bool:
    """Whether the browser itself says that a page of this server sent the request."""
    said = request.headers.get("Sec-Fetch-Site") == "same-origin" or request.headers.get("Origin") is not None
    return said and _is_ours()


def _check() -> None:
    viewer = viewer_or_none()
    if request.method in SAFE_METHODS or request.endpoint is None or (viewer is not None and viewer.key is not None):
        return
    if not getattr(current_app.view_functions[request.endpoint], "checks_form_itself", False):
        check_form()


def _is_ours() -> bool:
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return False
    origin = request.headers.get("Origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()
    except ValueError:  # what urlsplit says to a broken IPv6 address
        return False
