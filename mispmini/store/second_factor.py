"""Second factors of accounts: the name their seed is sealed under, the last used step, recovery codes (TRUST §5)."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from mispmini.store.sql import execute, row, scalar
from mispmini.store.tables.people import RecoveryCode, User


class Factor(NamedTuple):
    """An account's second factor; `seed_ref` is what store/sealing.py calls its seed."""

    seed_ref: str
    codes_left: int


def find_any_factor(user_id: int) -> Factor | None:
    """The second factor of an account; None where none is turned on."""
    found = row('SELECT totp_secret FROM "user" WHERE id = ? AND totp_secret IS NOT NULL', (user_id,))
    if found is None:
        return None
    return Factor(found[0], int(scalar("SELECT COUNT(*) FROM recovery_code WHERE user_id = ?", (user_id,))))


def keep_factor(user_id: int, seed_ref: str, step: int, codes: Sequence[str]) -> None:
    """Turn it on, inside a writing(): `step` was just used; of recovery codes only the SHA-256 is kept."""
    drop_factor(user_id)
    User.update(totp_secret=seed_ref, totp_step=step).where(User.id == user_id).execute()
    RecoveryCode.insert_many([{"user": user_id, "code_hash": _hash(code)} for code in codes]).execute()


def drop_factor(user_id: int) -> None:
    """Turn it off, inside a writing()."""
    execute('UPDATE "user" SET totp_secret = NULL, totp_step = 0 WHERE id = ?', (user_id,))
    execute("DELETE FROM recovery_code WHERE user_id = ?", (user_id,))


def use_step(user_id: int, step: int) -> bool:
    """Use up a code's step, inside a writing(); no step is used twice, nor one before it."""
    return bool(execute('UPDATE "user" SET totp_step = ? WHERE id = ? AND totp_step < ?', (step, user_id, step)))


def use_recovery_code(user_id: int, code: str) -> bool:
    """Use up a recovery code, inside a writing()."""
    return bool(execute("DELETE FROM recovery_code WHERE user_id = ? AND code_hash = ?", (user_id, _hash(code))))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
