"""Accounts: who may add, change and remove whom, and their passwords (MODEL §5.4 last row, §5.7; TRUST S7, S14)."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.people import KeyDraft, UserDraft, password_flaw
from mispmini.domain.permissions import Permission
from mispmini.domain.records import OrganisationRecord, RoleRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import account_rules, attempts, audit, mail, roles
from mispmini.services.authkeys import UNKNOWN_USER, account_of, create_authkey
from mispmini.services.passwords import hash_password, verify_password
from mispmini.store import organisations, people, sealing
from mispmini.store.database import writing
from mispmini.store.people import Account as Account
from mispmini.store.second_factor import find_any_factor
from mispmini.store.servers import find_any_server
from mispmini.store.sessions import delete_sessions_of

NO_FUNCTION = "You do not have permission to use this functionality."
BAD_EMAIL = "Please enter a valid email address."
EMAIL_TAKEN = "An account with this email address already exists."
BAD_ROLE = "Please select a role."
BAD_ORGANISATION = "Please select an organisation."
BAD_SERVER = "Please select a server."
NOT_ASSIGNABLE = "You are not authorised to assign that role to a user."
WRONG_PASSWORD = "The current password is wrong."  # noqa: S105 - a sentence
NOT_THE_SAME = "The two passwords differ."
LAST_SITE_ADMIN = "This is the last site admin: make another one first."
OTHER_DOMAIN = "The organisation's accounts are bound to these domains: {}"
FIRST_KEY = "Created with the account"
_MODEL = "User"
_EMAIL = re.compile(r"[^@\s<>\"\\,;:()\[\]]+@[^@\s<>\"\\,;:()\[\]]+\Z")
_LONGEST_EMAIL = 255
_OWN_FIELDS = (
    "autoalert", "contactalert", "termsaccepted", "newsread", "gpgkey", "certif_public", "nids_sid",
    "notification_daily", "notification_weekly", "notification_monthly",
)  # fmt: skip
_ADMIN_FIELDS = (*_OWN_FIELDS, "change_pw", "disabled")


class NewAccount(NamedTuple):
    """An account that was just made; `raw` is the only time that its first key is known."""

    account: Account
    raw: str | None


class RoleNotAssignable(Forbidden):
    """An organisation's admin gives a role above its own."""


def is_email(text: str) -> bool:
    """Whether a text can be an account's e-mail."""
    return len(text) <= _LONGEST_EMAIL and text.isprintable() and _EMAIL.match(text) is not None


def list_users(viewer: Viewer, *, search: str = "", org_id: int | None = None) -> list[Account]:
    """The accounts that the viewer administers, by id. Raises Forbidden."""
    _require_admin(viewer)
    return people.list_users(viewer, search=search, org_id=org_id)


def view_user(viewer: Viewer, user_ref: str) -> Account:
    """An account by `me` or id, if the viewer may see it. Raises NotFound."""
    return account_of(viewer, user_ref)


def view_own(viewer: Viewer, user_ref: str) -> Account:
    """One's own account by `me` or its id. Raises NotFound for another's."""
    account = account_of(viewer, user_ref)
    if account.user.id != viewer.user_id:
        raise NotFound(UNKNOWN_USER)
    return account


def org_admins_of(account: Account) -> Mapping[str, str]:
    """Who administers an account's organisation: e-mail by id."""
    return {str(user_id): email for user_id, email in people.list_org_admins(account.user.org_id)}


def may_manage(viewer: Viewer, account: Account) -> bool:
    """Site admins anyone; an organisation's admin its own users, but never a site admin (MODEL §5.4, TRUST S7)."""
    if viewer.is_site_admin:
        return True
    return viewer.can(Permission.ADMIN) and account.user.org_id == viewer.org_id and not account.is_site_admin


def add_user(viewer: Viewer, draft: UserDraft) -> Account:
    """Add an account; an organisation's admin adds to its own. Raises Forbidden, RoleNotAssignable, SaveFailed."""
    return add_user_and_key(viewer, draft, wants_key=False).account


def add_user_and_key(viewer: Viewer, draft: UserDraft, *, wants_key: bool) -> NewAccount:
    """Add an account and, where its role and the instance's rules allow one without limits, its first key.

    Raises Forbidden, RoleNotAssignable, SaveFailed.
    """
    _require_admin(viewer)
    account_rules.refuse_adding(viewer)
    draft = account_rules.with_defaults(draft)
    email = (draft.email or "").strip()
    errors = _flaws(draft, email=email)
    if errors:
        raise SaveFailed("add", _MODEL, errors)
    hashed = None if draft.password is None else hash_password(draft.password)
    with writing():
        organisation = _organisation_for(viewer, draft, "add")
        role = _role_for(viewer, draft, "add")
        _check_email(email, organisation, "add", user_id=None)
        values = {"password_hash": hashed, "change_pw": True, **_given(draft, _ADMIN_FIELDS)}
        values |= _link_for(viewer, draft, "add")
        user_id = insert_account(viewer, email, organisation.id, role.id, values)
        raw = _first_key(viewer, user_id) if wants_key and Permission.AUTH in role.permissions else None
        return NewAccount(_account(user_id), raw)


def insert_account(viewer: Viewer, email: str, org_id: int, role_id: int, values: Mapping[str, object]) -> int:
    """Add a checked account, inside a writing(); returns its id."""
    now = clock.now()
    fixed = {"email": email.strip(), "org": org_id, "role": role_id, "invited_by": viewer.user_id}
    times = {"created": now, "modified": now, "last_pw_change": now}
    sid = {"nids_sid": 1_000_000 + secrets.randbelow(9_000_000)}
    user_id = people.insert_user({**sid, **values, **fixed, **times})
    audit.record(viewer, "add", _MODEL, user_id, email, {"org_id": org_id, "role_id": role_id})
    return user_id


def edit_user(viewer: Viewer, user_ref: str, draft: UserDraft, *, current_password: str | None = None) -> Account:
    """Change what the draft gives; of one's own account e-mail and password as edit_own_account does (TRUST S14).

    Raises Forbidden, NotFound, RoleNotAssignable, SaveFailed.
    """
    _require_admin(viewer)
    known = _managed(viewer, user_ref)
    if errors := _flaws(draft, email=draft.email):
        raise SaveFailed("edit", _MODEL, errors)
    if known.user.id == viewer.user_id and (draft.password is not None or _is_new_email(draft, known)):
        confirm_password(viewer, current_password, "edit")
    hashed = None if draft.password is None else hash_password(draft.password)
    with writing():
        before = _managed(viewer, user_ref)
        values = _given(draft, _ADMIN_FIELDS) | _placement(viewer, draft, before)
        if hashed is not None:
            forced = before.user.id != viewer.user_id if draft.change_pw is None else draft.change_pw
            values |= {"password_hash": hashed, "last_pw_change": clock.now(), "change_pw": forced}
        if values.get("disabled") or values.get("role_id", before.role.id) != before.role.id:
            _keep_a_site_admin(before, values)
        return _changed(viewer, before, values)


def edit_own_account(viewer: Viewer, draft: UserDraft, *, current_password: str | None = None) -> Account:
    """Change one's own address, password and preferences; role, organisation and standing are not one's to change.

    A new e-mail or password needs the present password (TRUST S14); a key may leave it out for an e-mail, as PyMISP's
    `update_user` does, which sends the address it knew. Raises Forbidden, SaveFailed.
    """
    _refuse_read_only_key(viewer)
    if errors := _flaws(draft, email=draft.email):
        raise SaveFailed("edit", _MODEL, errors)
    before = account_of(viewer, "me")
    draft = account_rules.own_draft(viewer, draft, before.user.email)
    is_new_email = _is_new_email(draft, before)
    if draft.password is not None or (is_new_email and _is_asked(viewer, current_password)):
        confirm_password(viewer, current_password, "edit")
    hashed = None if draft.password is None else hash_password(draft.password)
    with writing():
        values = _given(draft, _OWN_FIELDS)
        if is_new_email:
            values["email"] = _checked_email(draft, before.organisation, before)
        if hashed is not None:
            values |= {"password_hash": hashed, "last_pw_change": clock.now(), "change_pw": False}
        return _changed(viewer, before, values)


def change_password(
    viewer: Viewer, password: str, *, current_password: str | None = None, confirmed: str | None = None
) -> None:
    """Change one's own password; every session of the account ends. Raises Forbidden, SaveFailed.

    `confirmed` is the password typed again, None where nobody types; `current_password` has to be right where it is
    given, and may be left out by a key alone: PyMISP's `change_user_password` knows of none (API §9.8).
    """
    _refuse_read_only_key(viewer)
    account_rules.refuse_own_password(viewer)
    before = account_of(viewer, "me")
    if confirmed is not None and confirmed != password:
        raise SaveFailed("change_pw", _MODEL, {"confirm_password": [NOT_THE_SAME]})
    if flaw := password_flaw(password, email=before.user.email, by_key=viewer.key is not None):
        raise SaveFailed("change_pw", _MODEL, {"password": [flaw]})
    if _is_asked(viewer, current_password):
        confirm_password(viewer, current_password, "change_pw")
    values = {"password_hash": hash_password(password), "last_pw_change": clock.now(), "change_pw": False}
    with writing():
        _changed(viewer, before, values, action="change_pw")


def set_password(viewer: Viewer, user_ref: str, password: str, *, must_change: bool) -> None:
    """Give an account another password, as its admin. Raises Forbidden, NotFound, SaveFailed."""
    edit_user(viewer, user_ref, UserDraft(password=password, change_pw=must_change))


def _is_asked(viewer: Viewer, current_password: str | None) -> bool:
    """Whether a present password has to be right where a key may do without one."""
    return viewer.key is None or bool(current_password)


def confirm_password(viewer: Viewer, current_password: str | None, action: str) -> None:
    """Whoever holds a session or a key proves that it is theirs. Raises SaveFailed.

    Whoever took either must not find out the password: attempts are counted as at sign-in.
    """
    if viewer.user_id is None:
        return
    login = people.find_any_login_of(viewer.user_id)
    if login is None or not current_password:
        raise SaveFailed(action, _MODEL, {"current_password": [WRONG_PASSWORD]})
    if not attempts.count(login.email, attempts.SESSIONS):
        raise SaveFailed(action, _MODEL, {"current_password": [attempts.LOCKED]})
    if not verify_password(current_password, login.password_hash):
        raise SaveFailed(action, _MODEL, {"current_password": [WRONG_PASSWORD]})
    attempts.forget(login.email, attempts.SESSIONS)


def choose_language(viewer: Viewer, language: str) -> None:
    """Keep the language of one's own pages; the caller has checked that it is one of ours."""
    _keep_taste(viewer, {"language": language})


def choose_theme(viewer: Viewer, theme: str) -> None:
    """Keep whether one's own pages are light or dark."""
    _keep_taste(viewer, {"theme": theme})


def delete_user(viewer: Viewer, user_ref: str) -> Account:
    """Remove an account with its keys and sessions; its events stay. Raises Forbidden, NotFound, SaveFailed."""
    _require_admin(viewer)
    with writing():
        account = _managed(viewer, user_ref)
        if account.is_site_admin and not people.count_other_site_admins(account.user.id):
            raise SaveFailed("delete", _MODEL, LAST_SITE_ADMIN, subject_id=account.user.id)
        factor = find_any_factor(account.user.id)
        people.delete_user(account.user.id)
        audit.record(viewer, "delete", _MODEL, account.user.id, account.user.email, None)
    if factor is not None:
        sealing.forget(factor.seed_ref)
    return account


def _first_key(viewer: Viewer, user_id: int) -> str | None:
    try:
        return create_authkey(viewer, str(user_id), KeyDraft(comment=FIRST_KEY)).raw
    except (Refused, SaveFailed):
        return None


def _changed(viewer: Viewer, before: Account, values: Mapping[str, object], *, action: str = "edit") -> Account:
    user_id = before.user.id
    people.update_user(user_id, {**values, "modified": clock.later_than(before.user.date_modified or 0)})
    signs_in_otherwise = "password_hash" in values or values.get("email", before.user.email) != before.user.email
    if values.get("disabled") or signs_in_otherwise:
        delete_sessions_of(user_id)
    if signs_in_otherwise and user_id == viewer.user_id:
        _tell_owner(viewer, before, values)
    audit.record(viewer, action, _MODEL, user_id, before.user.email, _difference(before, values))
    return _account(user_id)


def _tell_owner(viewer: Viewer, before: Account, values: Mapping[str, object]) -> None:
    """A mail to the address that the account had: whoever did it may not be whose it is (TRUST S14)."""
    what = "password" if "password_hash" in values else "e-mail address"
    means = "in a browser" if viewer.key is None else f"with the authkey {viewer.key.id}"
    body = (
        f"The {what} of your account {before.user.email} was changed {means}, from {viewer.address or 'this server'}."
        " Its other sessions in browsers have ended.\n\nIf that was not you, tell your administrator now."
    )
    message = (before.user.email, None, f"[mispmini] The {what} of your account was changed", body)
    mail.queue([message], user_id=viewer.user_id, about=f"account {before.user.id}")


def _is_new_email(draft: UserDraft, before: Account) -> bool:
    return draft.email is not None and draft.email.strip() != before.user.email


def _difference(before: Account, values: Mapping[str, object]) -> dict[str, object]:
    """Old and new by field; of a password only that there is a new one (TRUST S13)."""
    old = asdict(before.user)
    known = {name: [old[name], new] for name, new in values.items() if name in old and old[name] != new}
    return known | ({"password": "changed"} if "password_hash" in values else {})


def _given(draft: UserDraft, names: Sequence[str]) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(draft, name)) is not None}


def _placement(viewer: Viewer, draft: UserDraft, before: Account) -> dict[str, object]:
    """E-mail, organisation, role and link of an account that its admin changes."""
    values: dict[str, object] = {}
    organisation = before.organisation
    if draft.org is not None and viewer.is_site_admin:
        organisation = _organisation_for(viewer, draft, "edit")
        values["org_id"] = organisation.id
    if draft.role_id is not None and draft.role_id != before.role.id:
        values["role_id"] = _role_for(viewer, draft, "edit").id
    if draft.email is not None:
        values["email"] = _checked_email(draft, organisation, before)
    return values | _link_for(viewer, draft, "edit")


def _link_for(viewer: Viewer, draft: UserDraft, action: str) -> dict[str, object]:
    """The server that a sync user belongs to, which only a site admin sets; 0 is none."""
    if draft.server_id is None or not viewer.is_site_admin:
        return {}
    if draft.server_id and find_any_server(draft.server_id) is None:
        raise SaveFailed(action, _MODEL, {"server_id": [BAD_SERVER]})
    return {"server_id": draft.server_id or None}


def _organisation_for(viewer: Viewer, draft: UserDraft, action: str) -> OrganisationRecord:
    """The organisation asked for; an organisation's admin gets its own, whatever it asks for."""
    asked = draft.org if viewer.is_site_admin and draft.org else str(viewer.org_id)
    found = organisations.find_organisation(asked)
    if found is None:
        raise SaveFailed(action, _MODEL, {"org_id": [BAD_ORGANISATION]})
    return found


def _role_for(viewer: Viewer, draft: UserDraft, action: str) -> RoleRecord:
    found = _default_role() if draft.role_id is None else people.find_role(draft.role_id)
    if found is None:
        raise SaveFailed(action, _MODEL, {"role_id": [BAD_ROLE]})
    if not roles.may_assign(viewer, found):
        raise RoleNotAssignable(NOT_ASSIGNABLE)
    return found


def _default_role() -> RoleRecord | None:
    return next((role for role in people.list_roles() if role.default_role), None)


def _flaws(draft: UserDraft, *, email: str | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if email is not None and not is_email(email.strip()):
        errors["email"] = [BAD_EMAIL]
    if draft.password is not None and (flaw := password_flaw(draft.password, email=email or "")):
        errors["password"] = [flaw]
    return errors


def _checked_email(draft: UserDraft, organisation: OrganisationRecord, before: Account) -> str:
    email = (draft.email or "").strip()
    _check_email(email, organisation, "edit", user_id=before.user.id)
    return email


def _check_email(email: str, organisation: OrganisationRecord, action: str, *, user_id: int | None) -> None:
    taken = people.find_any_login(email)
    if taken is not None and taken.user_id != user_id:
        raise SaveFailed(action, _MODEL, {"email": [EMAIL_TAKEN]})
    domains = organisation.restricted_to_domain
    if domains and email.rpartition("@")[2].lower() not in {domain.lower().lstrip("@") for domain in domains}:
        raise SaveFailed(action, _MODEL, {"email": [OTHER_DOMAIN.format(", ".join(domains))]})


def _keep_a_site_admin(before: Account, values: Mapping[str, object]) -> None:
    role = people.find_role(int(str(values.get("role_id", before.role.id))))
    stays = not values.get("disabled") and role is not None and Permission.SITE_ADMIN in role.permissions
    if before.is_site_admin and not stays and not people.count_other_site_admins(before.user.id):
        field_name = "disabled" if values.get("disabled") else "role_id"
        raise SaveFailed("edit", _MODEL, {field_name: [LAST_SITE_ADMIN]}, subject_id=before.user.id)


def _keep_taste(viewer: Viewer, values: Mapping[str, object]) -> None:
    if viewer.user_id is not None:
        with writing(quiet=True):
            people.update_user(viewer.user_id, values)


def _managed(viewer: Viewer, user_ref: str) -> Account:
    account = account_of(viewer, user_ref)
    if not may_manage(viewer, account):
        raise Forbidden(NO_FUNCTION)
    return account


def _account(user_id: int) -> Account:
    account = people.find_any_user(user_id)
    if account is None:
        raise NotFound(UNKNOWN_USER)
    return account


def _require_admin(viewer: Viewer) -> None:
    if not (viewer.is_site_admin or viewer.can(Permission.ADMIN)):
        raise Forbidden(NO_FUNCTION)


def _refuse_read_only_key(viewer: Viewer) -> None:
    if viewer.key is not None and viewer.key.read_only:
        raise Forbidden(NO_FUNCTION)
