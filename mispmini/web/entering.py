"""A session begins: at once, or once the code of the second factor is given too (TRUST D9, §5)."""

from typing import NamedTuple

from flask import session
from flask_login import login_user

from mispmini.domain import clock
from mispmini.domain.viewer import Viewer
from mispmini.web.sessions import renew_session
from mispmini.web.who import Account

_HALF = "half_in"
_SECONDS = 300


class Half(NamedTuple):
    """Whose password was right, until when the code is waited for (epoch seconds), and where to go then."""

    user_id: int
    until: int
    go_to: str


def enter(viewer: Viewer) -> None:
    """Begin a session for who has just proved who they are; nothing from before it is kept but the language."""
    renew_session()
    login_user(Account(viewer))


def wait_for_code(viewer: Viewer, go_to: str) -> None:
    """Remember for five minutes, in the visitor's signed cookie, whose password was right."""
    session[_HALF] = Half(viewer.user_id or 0, clock.now() + _SECONDS, go_to)


def half_in() -> Half | None:
    """Whose password was right less than five minutes ago."""
    half = Half(*session[_HALF]) if _HALF in session else None
    return half if half is not None and clock.now() < half.until else None
