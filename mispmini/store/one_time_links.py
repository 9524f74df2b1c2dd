"""Links that work once: of the secret in them only the SHA-256 is kept (TRUST S15)."""

import hashlib

from mispmini.domain import clock
from mispmini.store.sql import execute, row


def insert_link(kind: str, secret: str, *, seconds: int, user_id: int | None = None) -> None:
    """Make a link that is good for so many seconds, inside a quiet writing(); earlier ones of its kind and user end."""
    execute("DELETE FROM one_time_link WHERE kind = ? AND (? IS NULL OR user_id = ?)", (kind, user_id, user_id))
    execute(
        "INSERT INTO one_time_link (kind, secret_hash, user_id, expires) VALUES (?, ?, ?, ?)",
        (kind, _hash(secret), user_id, clock.now() + seconds),
    )


def is_any_link(kind: str, secret: str) -> bool:
    """Whether a link is still good; looking does not use it."""
    found = row(
        "SELECT 1 FROM one_time_link WHERE kind = ? AND secret_hash = ? AND expires > ?",
        (kind, _hash(secret), clock.now()),
    )
    return found is not None


def use_link(kind: str, secret: str) -> bool:
    """Use a link up, inside a writing(); False if it is not good (any more)."""
    gone = execute(
        "DELETE FROM one_time_link WHERE kind = ? AND secret_hash = ? AND expires > ?",
        (kind, _hash(secret), clock.now()),
    )
    return gone == 1


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
