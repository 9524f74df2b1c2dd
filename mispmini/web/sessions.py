"""The session cookie: a secret into the table for who signed in, a few signed values for visitors (TRUST D9, §5).

A visitor's page writes nothing to the database: else anybody could fill it, or keep the one writer busy.
"""

from typing import Any

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from mispmini.services import sessions
from mispmini.settings import Settings
from mispmini.web.asking import offered_keys

USER = "_user_id"  # Flask-Login's name for it
_STORED = "s."
_SIGNED = "v."
_KEPT_AT_LOGIN = frozenset({"language"})
_WITHOUT = ("/static/", "/healthz")


class BrowserSession(dict[str, Any], SessionMixin):
    """What Flask calls `session`; `stored_id` is the row of who signed in, `is_silent` never becomes a cookie."""

    def __init__(self, values: dict[str, Any], *, stored_id: int | None = None, is_silent: bool = False) -> None:
        super().__init__(values)
        self.before = dict(values)
        self.stored_id = stored_id
        self.is_silent = is_silent

    def renew(self) -> None:
        """Forget all but the language, and end the row: nothing from before a login or logout outlives it."""
        if self.stored_id is not None:
            sessions.end(self.stored_id)
        self.stored_id = None
        for name in self.keys() - _KEPT_AT_LOGIN:
            del self[name]


def renew_session() -> None:
    """Begin anew in this request, at a login or logout."""
    own = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(own, BrowserSession)
    own.renew()


class CookieSessions(SessionInterface):
    """Flask's way to a session: the cookie `mispmini-<instance>`, since cookies do not know ports."""

    def __init__(self, settings: Settings, instance_uuid: str, secret_key: str) -> None:
        self.is_https = settings.effective_base_url.startswith("https:")
        self.name = f"{'__Host-' if self.is_https else ''}mispmini-{instance_uuid[:8]}"
        self.signer = URLSafeTimedSerializer(secret_key, salt="visitor")

    def open_session(self, app: Flask, request: Request) -> BrowserSession:  # noqa: ARG002 - Flask's signature
        """The session of this request; a request with an authkey has none and never gets one (TRUST S9)."""
        if offered_keys() is not None or request.path.startswith(_WITHOUT):
            return BrowserSession({}, is_silent=True)
        cookie = request.cookies.get(self.name, "")
        if cookie.startswith(_STORED):
            stored = sessions.find(cookie.removeprefix(_STORED))
            return BrowserSession(stored.values, stored_id=stored.id) if stored else BrowserSession({})
        return BrowserSession(self._visitor(cookie.removeprefix(_SIGNED)))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        """Keep what changed, and send the cookie where it is a new one."""
        assert isinstance(session, BrowserSession)
        if session.is_silent or (session == session.before and session.stored_id is not None):
            return
        if USER not in session:
            if session != session.before:
                self._send(response, _SIGNED + str(self.signer.dumps(dict(session))))
        elif session.stored_id is None:
            secret = sessions.begin(int(session[USER]), dict(session), request.remote_addr or "")
            self._send(response, _STORED + secret)
        else:
            sessions.keep(session.stored_id, dict(session))

    def _visitor(self, signed: str) -> dict[str, Any]:
        try:
            values = self.signer.loads(signed, max_age=sessions.LONGEST_SECONDS) if signed else {}
        except BadSignature:
            return {}
        return {name: value for name, value in values.items() if name != USER}

    def _send(self, response: Response, value: str) -> None:
        response.set_cookie(self.name, value, path="/", secure=self.is_https, httponly=True, samesite="Lax")
