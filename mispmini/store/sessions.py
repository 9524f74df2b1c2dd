"""Browsers' sessions in a table, so that one can be ended; of a cookie only the SHA-256 is kept (TRUST D9)."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from mispmini.domain import clock
from mispmini.store.damage import or_else
from mispmini.store.sql import execute, row, scalar

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 3600
_ALIVE = "last_seen > ? AND created > ?"


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session that is alive; `last_seen` is epoch seconds."""

    id: int
    values: dict[str, Any]
    last_seen: int


def find_any_session(secret: str) -> StoredSession | None:
    """The session of a cookie: used within 30 minutes and begun within 12 hours."""
    r = row(
        f"SELECT id, data, last_seen FROM session WHERE secret_hash = ? AND {_ALIVE}",
        (_hash(secret), *_oldest_alive()),
    )
    return None if r is None else or_else("session", r[0], lambda: StoredSession(r[0], json.loads(r[1]), r[2]), None)


def insert_session(secret: str, user_id: int, values: dict[str, Any], address: str) -> int:
    """Begin a session, inside a quiet writing(); those that have run out go with it. Returns its id."""
    execute(f"DELETE FROM session WHERE NOT ({_ALIVE})", _oldest_alive())
    now = clock.now()
    execute(
        "INSERT INTO session (secret_hash, user_id, data, address, created, last_seen) VALUES (?, ?, ?, ?, ?, ?)",
        (_hash(secret), user_id, json.dumps(values), address, now, now),
    )
    return int(scalar("SELECT id FROM session WHERE secret_hash = ?", (_hash(secret),)))


def update_session(session_id: int, values: dict[str, Any]) -> None:
    """Keep what a session holds, inside a quiet writing()."""
    text = json.dumps(values)
    execute("UPDATE session SET data = ?, last_seen = ? WHERE id = ?", (text, clock.now(), session_id))


def touch_session(session_id: int) -> None:
    """Keep that a session is in use, inside a quiet writing()."""
    execute("UPDATE session SET last_seen = ? WHERE id = ?", (clock.now(), session_id))


def delete_session(session_id: int) -> None:
    """End a session, inside a quiet writing(): a copy of its cookie is worth nothing from now on."""
    execute("DELETE FROM session WHERE id = ?", (session_id,))


def delete_sessions_of(user_id: int) -> None:
    """End every session of an account, inside a writing(): what it proves itself by changed, or it was disabled."""
    execute("DELETE FROM session WHERE user_id = ?", (user_id,))


def _oldest_alive() -> tuple[int, int]:
    now = clock.now()
    return now - IDLE_SECONDS, now - LONGEST_SECONDS


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
