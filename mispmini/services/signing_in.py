"""Signing in with e-mail and password, and the lock after five wrong ones (TRUST S8, S15)."""

import unicodedata
from contextlib import suppress

from mispmini.domain import clock
from mispmini.domain.errors import Busy, MispminiError, OutOfSpace
from mispmini.domain.viewer import Viewer
from mispmini.services import audit, organisations, passwords
from mispmini.store import authentication, lockout, people
from mispmini.store.database import writing
from mispmini.store.organisations import find_any_organisation
from mispmini.store.people import Login

_LONGEST_PASSWORD = 1024
WRONG = "Wrong e-mail or password."
LOCKED = "Too many wrong attempts. Wait five minutes, then try again."


class WrongLogin(MispminiError):
    """E-mail or password is wrong, or the account may not log in: nobody is told which."""


class LockedOut(MispminiError):
    """Five wrong logins within five minutes for this account from this address (FEATURES row 19)."""


def folded(email: str) -> str:
    """The one spelling that counts, whatever width, case or blanks it was typed in."""
    return unicodedata.normalize("NFKC", email).strip().casefold()


def instance_name() -> str:
    """The name of the organisation that runs this instance; empty before it is set up."""
    host = organisations.host_organisation_id()
    found = find_any_organisation(host) if host is not None else None
    return "" if found is None else found.name


def refuse_locked(email: str, address: str) -> None:
    """Raise LockedOut where no further attempt counts, right or wrong."""
    if lockout.is_locked(folded(email), address):
        raise LockedOut(LOCKED)


def sign_in(email: str, password: str, address: str) -> Viewer:
    """The account as a viewer. Raises WrongLogin, LockedOut, Busy; the same work and words whatever was wrong."""
    _count_attempt(email, address)
    login = people.find_any_login(folded(email))
    is_right = passwords.verify_password(password[:_LONGEST_PASSWORD], login.password_hash if login else None)
    viewer = authentication.find_any_active_viewer(login.user_id, address) if login and is_right else None
    if login is None or viewer is None:
        raise WrongLogin(WRONG)
    with writing(quiet=True):
        lockout.forget_failures(folded(email), address)
    _note_login(login, viewer, password)
    return viewer


def unlock(email: str) -> None:
    """Let an account try again from everywhere (for the command line)."""
    with writing(quiet=True):
        lockout.forget_failures(folded(email))


def _count_attempt(email: str, address: str) -> None:
    """Count it as wrong before the slow comparison, one at a time, so that parallel guesses do not outrun the lock."""
    with writing(quiet=True):
        refuse_locked(email, address)
        lockout.note_failure(folded(email), address)


def _note_login(login: Login, viewer: Viewer, password: str) -> None:
    """Last login, and a hash of today's cost; a full disk must not keep anybody out."""
    values: dict[str, object] = {"last_login": clock.now(), "current_login": clock.now()}
    if login.password_hash and passwords.is_of_other_cost(login.password_hash):
        values["password_hash"] = passwords.hash_password(password)
    with suppress(Busy, OutOfSpace), writing(quiet=True):
        people.update_user(login.user_id, values)
        audit.record(viewer, "login", "User", login.user_id, login.email)
