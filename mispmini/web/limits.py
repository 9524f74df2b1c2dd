"""How often the doors that ask for a password, and those that write letters, may be tried (TRUST §5).

Accounts have their own lock (S8).
"""

from collections.abc import Callable, Collection
from functools import cache, wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import Flask, current_app, request
from werkzeug.exceptions import TooManyRequests

from mispmini.web.who import address, viewer_or_none

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import FixedWindowRateLimiter

LOGINS = "120 per minute"
LETTERS = "10 per 5 minutes"
P = ParamSpec("P")
R = TypeVar("R")


def init(app: Flask) -> None:
    """Count attempts of this app."""
    app.config.setdefault("LOGIN_ATTEMPTS", LOGINS)
    app.config.setdefault("LETTERS", LETTERS)


def limited(view: Callable[P, R]) -> Callable[P, R]:
    """No more attempts at this door from one address than LOGIN_ATTEMPTS. Raises TooManyRequests."""
    return _at_most("LOGIN_ATTEMPTS", address, view)


def letters_limited(view: Callable[P, R]) -> Callable[P, R]:
    """No more letters of one account than LETTERS. Raises TooManyRequests."""
    return _at_most("LETTERS", _account, view, methods=("POST",))


def _at_most(
    setting: str, who: Callable[[], str], view: Callable[P, R], *, methods: Collection[str] = ("POST", "PUT")
) -> Callable[P, R]:
    @wraps(view)
    def within(*args: P.args, **kwargs: P.kwargs) -> R:
        if request.method in methods:
            limit = _parsed(current_app.config[setting])
            if not _counter().hit(limit, str(request.endpoint), who()):
                raise TooManyRequests
        return view(*args, **kwargs)

    return within


def _account() -> str:
    viewer = viewer_or_none()
    return f"account {viewer.user_id}" if viewer is not None else address()


@cache
def _parsed(text: str) -> "RateLimitItem":
    from limits import parse

    return parse(text)


def _counter() -> "FixedWindowRateLimiter":
    """The counts of one app, in its memory; the library comes with the first attempt, as importing it takes long."""
    from limits.storage import MemoryStorage
    from limits.strategies import FixedWindowRateLimiter

    if "attempts" not in current_app.extensions:
        current_app.extensions["attempts"] = FixedWindowRateLimiter(MemoryStorage())
    counter: FixedWindowRateLimiter = current_app.extensions["attempts"]
    return counter
