"""A browser's session from its cookie's secret to its end (TRUST D9)."""

from contextlib import suppress
from typing import Any

from mispmini.domain import clock, ids
from mispmini.domain.errors import Busy, OutOfSpace
from mispmini.store import sessions as store
from mispmini.store.database import writing
from mispmini.store.sessions import LONGEST_SECONDS, StoredSession

__all__ = ["LONGEST_SECONDS", "StoredSession", "begin", "end", "find", "keep"]
_NOTED_EVERY_SECONDS = 60


def find(secret: str) -> StoredSession | None:
    """The session of a cookie, None once it has run out or was ended; its use is noted once a minute."""
    stored = store.find_any_session(secret)
    if stored is not None and clock.now() - stored.last_seen >= _NOTED_EVERY_SECONDS:
        with suppress(Busy, OutOfSpace), writing(quiet=True):
            store.touch_session(stored.id)
    return stored


def begin(user_id: int, values: dict[str, Any], address: str) -> str:
    """A new session of an account; returns the secret for its cookie."""
    secret = ids.new_secret()
    with writing(quiet=True):
        store.insert_session(secret, user_id, values, address)
    return secret


def keep(session_id: int, values: dict[str, Any]) -> None:
    """Store what a session holds now."""
    with writing(quiet=True):
        store.update_session(session_id, values)


def end(session_id: int) -> None:
    """End a session: a copy of its cookie is worth nothing from now on."""
    with writing(quiet=True):
        store.delete_session(session_id)
