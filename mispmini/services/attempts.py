"""Wrong attempts at a secret are counted before it is compared: five within five minutes shut that way (TRUST S8)."""

import unicodedata

from mispmini.store import lockout
from mispmini.store.database import writing

LOCKED = "Too many wrong attempts. Wait five minutes, then try again."
CODES = "*"  # guesses of an account's codes, from wherever: who makes them knows its password already
SESSIONS = "session"  # guesses of an account's password by whoever has one of its sessions


def folded(email: str) -> str:
    """The one spelling that counts, whatever width, case or blanks it was typed in."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def may_try(email: str, way: str) -> bool:
    """Whether an attempt counts that way: from an address, or one of the ways above."""
    return not lockout.is_locked(folded(email), way)


def count(email: str, way: str) -> bool:
    """Count an attempt as wrong before the slow comparison, one at a time, so that parallel guesses do not outrun the
    lock; false where it may not be made."""
    with writing(quiet=True):
        if not may_try(email, way):
            return False
        lockout.note_failure(folded(email), way)
        return True


def forget(email: str, *ways: str) -> None:
    """The attempts were right after all; without a way all are forgotten."""
    with writing(quiet=True):
        for way in ways or (None,):
            lockout.forget_failures(folded(email), way)
