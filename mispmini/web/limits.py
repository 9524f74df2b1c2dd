"""How often one address may try the doors that ask for a password (TRUST §5); accounts have their own lock (S8)."""

from flask import Flask, current_app
from flask_limiter import Limiter

from mispmini.web.who import address

LOGINS = "120 per minute"

limiter = Limiter(key_func=address, storage_uri="memory://")


def init(app: Flask) -> None:
    """Count attempts of this app."""
    app.config.setdefault("LOGIN_ATTEMPTS", LOGINS)
    limiter.init_app(app)


def login_attempts() -> str:
    """The limit on attempts to log in or set up, as Flask-Limiter writes it."""
    limit: str = current_app.config["LOGIN_ATTEMPTS"]
    return limit


limited = limiter.limit(login_attempts)
