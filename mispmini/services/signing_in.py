"""Signing in with e-mail and password, and the lock after five wrong ones (TRUST S8, S15)."""

from contextlib import suppress
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.errors import Busy, MispminiError, OutOfSpace
from mispmini.domain.viewer import Viewer
from mispmini.services import attempts, audit, passwords, second_factor
from mispmini.store import authentication, people
from mispmini.store.database import writing
from mispmini.store.people import Login

_LONGEST_PASSWORD = 1024
WRONG = "Wrong e-mail or password."


class WrongLogin(MispminiError):
    """E-mail or password is wrong, or the account may not log in: nobody is told which."""


class Proof(NamedTuple):
    """Whom a right password stands for; unless it `is_complete`, a code is still to be given."""

    viewer: Viewer
    is_complete: bool


class LockedOut(MispminiError):
    """Five wrong logins within five minutes for this account from this address (FEATURES row 19)."""


def refuse_locked(email: str, address: str) -> None:
    """Raise LockedOut where no further attempt counts, right or wrong."""
    if not attempts.may_try(email, address):
        raise LockedOut(attempts.LOCKED)


def sign_in(email: str, password: str, address: str) -> Proof:
    """Who that is, by the password. Raises WrongLogin, LockedOut, Busy; the same work and words whatever was wrong."""
    _count(email, address)
    login = people.find_any_login(attempts.folded(email))
    is_right = passwords.verify_password(password[:_LONGEST_PASSWORD], login.password_hash if login else None)
    viewer = authentication.find_any_active_viewer(login.user_id, address) if login and is_right else None
    if login is None or viewer is None:
        raise WrongLogin(WRONG)
    if second_factor.is_asked_of(viewer):
        return Proof(viewer, is_complete=False)
    _let_in(login, viewer, address, password)
    return Proof(viewer, is_complete=True)


def complete(user_id: int, code: str, address: str) -> Viewer:
    """The account whose password was right, let in by its code. Raises WrongLogin, LockedOut, Forbidden, Busy."""
    login = people.find_any_login_of(user_id)
    viewer = authentication.find_any_active_viewer(user_id, address)
    if login is None or viewer is None:
        raise WrongLogin(WRONG)
    _count(login.email, address)
    _count(login.email, attempts.CODES)
    with writing(quiet=True):
        is_right = second_factor.use_code(user_id, code)
    if not is_right:
        raise WrongLogin(second_factor.WRONG_CODE)
    _let_in(login, viewer, address)
    return viewer


def unlock(email: str) -> None:
    """Let an account try again from everywhere (for the command line)."""
    attempts.forget(email)


def _count(email: str, way: str) -> None:
    if not attempts.count(email, way):
        raise LockedOut(attempts.LOCKED)


def _let_in(login: Login, viewer: Viewer, address: str, password: str = "") -> None:
    """Forget wrong attempts; last login, and a hash of today's cost. A full disk must not keep anybody out."""
    attempts.forget(login.email, address, attempts.CODES)
    values: dict[str, object] = {"last_login": clock.now(), "current_login": clock.now()}
    if password and login.password_hash and passwords.is_of_other_cost(login.password_hash):
        values["password_hash"] = passwords.hash_password(password)
    with suppress(Busy, OutOfSpace), writing(quiet=True):
        people.update_user(login.user_id, values)
        audit.record(viewer, "login", "User", login.user_id, login.email)
