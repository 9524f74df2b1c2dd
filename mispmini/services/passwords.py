"""Hashes of passwords: made, compared, and found too cheap (TRUST §5, S15)."""

import threading

from werkzeug.security import check_password_hash, generate_password_hash

COST = "scrypt:32768:8:1"
_hashing = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Werkzeug's scrypt, at most two at a time: each takes 32 MB and a third of a second (TRUST §5)."""
    with _hashing:
        return generate_password_hash(password, COST)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether a password fits; without a hash as much work is done and the answer is no (TRUST S15)."""
    if password_hash is None:
        hash_password(password)
        return False
    with _hashing:
        return check_password_hash(password_hash, password)


def is_of_other_cost(password_hash: str) -> bool:
    """Whether a hash was made with less or more work than one made today."""
    return not password_hash.startswith(f"{COST}$")
