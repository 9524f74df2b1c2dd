"""How often the doors that ask for a password, and those that write letters, may be tried (TRUST §5).

Accounts have their own lock (S8).
"""

from flask import Flask, current_app
from flask_limiter import Limiter

from mispmini.web.who import address, viewer_or_none

LOGINS = "120 per minute"
LETTERS = "10 per 5 minutes"

limiter = Limiter(key_func=address, storage_uri="memory://")


def init(app: Flask) -> None:
    """Count attempts of this app."""
    app.config.setdefault("LOGIN_ATTEMPTS", LOGINS)
    app.config.setdefault("LETTERS", LETTERS)
    limiter.init_app(app)


def login_attempts() -> str:
    """The limit on attempts to log in or set up, as Flask-Limiter writes it."""
    limit: str = current_app.config["LOGIN_ATTEMPTS"]
    return limit


def letters() -> str:
    """The limit on letters that one account may have written for it."""
    limit: str = current_app.config["LETTERS"]
    return limit


def _account() -> str:
    viewer = viewer_or_none()
    return f"account {viewer.user_id}" if viewer is not None else address()


limited = limiter.limit(login_attempts)
letters_limited = limiter.limit(letters, key_func=_account, methods=["POST"])
