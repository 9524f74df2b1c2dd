"""Visitors ask for an account; site admins accept or discard (API §9.8)."""

import secrets
from dataclasses import asdict
from typing import NamedTuple

from mispmini.domain.errors import BadRequest, Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.people import RegistrationDraft, UserDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import accounts, audit
from mispmini.services.accounts import Account
from mispmini.store import registrations as store
from mispmini.store.database import writing
from mispmini.store.registrations import Registration as Registration
from mispmini.store.settings import load_settings

CLOSED = "Self registration is not enabled on this instance."
FULL = "Too many requests are waiting. Please ask the administrators."
NO_ORGANISATION = "No organisation selected. Supply an Organisation ID"
UNKNOWN = "Invalid registration"
NO_FUNCTION = "You do not have permission to use this functionality."
_MODEL = "Inbox"
_MOST_WAITING = 1000
_LONGEST_TEXT = 4096


class Accepted(NamedTuple):
    """A new account; `password` is the only time that its first password is known."""

    account: Account
    password: str


def is_open() -> bool:
    """Whether visitors may ask for an account."""
    return load_settings().self_registration


def register(draft: RegistrationDraft, *, address: str, user_agent: str) -> None:
    """Keep a visitor's wish. Whether the address has an account already is not told. Raises Refused, SaveFailed."""
    if not is_open():
        raise Refused(CLOSED)
    if not accounts.is_email(draft.email):
        raise SaveFailed("add", "Registration", {"email": [accounts.BAD_EMAIL]})
    wishes = {name: value[:_LONGEST_TEXT] if isinstance(value, str) else value for name, value in asdict(draft).items()}
    with writing():
        if store.count_any_registrations() >= _MOST_WAITING:
            raise Refused(FULL)
        store.save_registration(draft.email, wishes, address=address, user_agent=user_agent[:_LONGEST_TEXT])


def list_registrations(viewer: Viewer) -> list[Registration]:
    """What waits, oldest first. Raises Forbidden."""
    _require_site_admin(viewer)
    return store.list_any_registrations()


def count_waiting(viewer: Viewer) -> int:
    """How many wait for this viewer; none for who may not decide."""
    return store.count_any_registrations() if viewer.is_site_admin else 0


def accept_registration(viewer: Viewer, ref: str, *, org: str, role_id: int | None) -> Accepted:
    """Make the account, with a password to be changed at the first sign-in.

    Raises Forbidden, NotFound, BadRequest, RoleNotAssignable, SaveFailed.
    """
    _require_site_admin(viewer)
    with writing():
        registration = _existing(ref)
        if not org:
            raise BadRequest(NO_ORGANISATION)
        password = secrets.token_urlsafe(15)
        email = str(registration.wishes.get("email", ""))
        draft = UserDraft(email=email, org=org, role_id=role_id, password=password, change_pw=True)
        account = accounts.add_user(viewer, draft)
        store.delete_registration(registration.id)
        audit.record(viewer, "accept", _MODEL, registration.id, email, None)
        return Accepted(account, password)


def discard_registration(viewer: Viewer, ref: str) -> Registration:
    """Remove a request. Raises Forbidden, NotFound."""
    _require_site_admin(viewer)
    with writing():
        registration = _existing(ref)
        store.delete_registration(registration.id)
        audit.record(viewer, "discard", _MODEL, registration.id, str(registration.wishes.get("email", "")), None)
        return registration


def _existing(ref: str) -> Registration:
    found = store.find_any_registration(ref)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def _require_site_admin(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)
