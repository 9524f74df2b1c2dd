"""HTTP calls of the tests, over connections that stay open: a new one for each costs more than many an answer."""

import threading
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests

_kept = threading.local()


def new_session() -> requests.Session:
    """Somebody who keeps no cookie and reads nothing from the environment."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def call(method: str, url: str, **options: Any) -> requests.Response:
    """`requests.request`, in this thread's session."""
    if not hasattr(_kept, "session"):
        _kept.session = new_session()
    answer: requests.Response = _kept.session.request(method, url, **options)
    return answer
