"""Organisations, users and authkeys as REST bodies and forms send them, made drafts (MODEL §5.6, §7.11).

An absent field is "not given"; an empty text empties a text, and stands for "none" elsewhere.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from mispmini.domain import clock, sentences
from mispmini.domain.errors import BadRequest, Invalid, Malformed, SaveFailed, TooLarge
from mispmini.domain.people import KeyDraft, OrganisationForm, RegistrationDraft, RoleForm, UserDraft
from mispmini.domain.permissions import LEVEL_NAMES, Permission
from mispmini.wire.door import parse_json
from mispmini.wire.moments import microseconds_of, moment_of
from mispmini.wire.scalars import Fields, epoch_seconds, plain_text, whole_number

Parameters = Mapping[str, object]
Draft = TypeVar("Draft")

BAD_EXPIRATION = "Please enter a date as YYYY-MM-DD, or nothing for a key without an end."
_SEPARATORS = re.compile(r"[\s,;]+")


def read_organisation(parameters: Parameters, action: str) -> OrganisationForm:
    """An organisation. Raises SaveFailed by field."""
    return _read(_organisation, _bare(parameters, "Organisation"), action, "Organisation")


def read_user(parameters: Parameters, action: str) -> UserDraft:
    """An account. Raises SaveFailed by field."""
    return _read(_user, _bare(parameters, "User"), action, "User")


def read_authkey(parameters: Parameters, action: str) -> KeyDraft:
    """An authkey's options. Raises SaveFailed by field."""
    return _read(_key, _bare(parameters, "AuthKey"), action, "AuthKey")


def read_role(parameters: Parameters, action: str) -> RoleForm:
    """A role; to add one without a level is to add one that only reads, as a MISP does. Raises SaveFailed by field."""
    form = _read(_role, _bare(parameters, "Role"), action, "Role")
    return replace(form, level=form.level or 0) if action == "add" else form


def read_registration(parameters: Parameters) -> RegistrationDraft:
    """A wish for an account. Raises SaveFailed by field."""
    return _read(_registration, _bare(parameters, "User"), "add", "Registration")


def read_text(parameters: Parameters, name: str) -> str:
    """One text, empty when it is absent or no text."""
    return plain_text(parameters.get(name)) or ""


def read_setting_value(value: object) -> object:
    """A value, or what a text says in JSON: clients send either (API §9.8)."""
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value.encode())
    except (Malformed, TooLarge, BadRequest):
        return value


def read_id(text: object) -> int:
    """An id of a path or form; -1, which nothing has, for what is none."""
    number = whole_number(text)
    return -1 if number is None else number


def _bare(parameters: Parameters, model: str) -> Parameters:
    """Bare, or under the model's name (PROTOCOL §1.7)."""
    inner = parameters.get(model)
    return inner if isinstance(inner, dict) else parameters


def _read(reader: Callable[[Fields], Draft], parameters: Parameters, action: str, model: str) -> Draft:
    fields = Fields(parameters)
    draft = reader(fields)
    try:
        fields.check()
    except Invalid as error:
        raise SaveFailed(action, model, error.errors) from error
    return draft


def _organisation(fields: Fields) -> OrganisationForm:
    return OrganisationForm(
        name=fields.text("name"),
        uuid=fields.uuid("uuid"),
        local=fields.flag("local"),
        description=fields.text("description"),
        type=fields.text("type"),
        nationality=fields.text("nationality"),
        sector=fields.text("sector"),
        contacts=fields.text("contacts"),
        landingpage=fields.text("landingpage"),
        restricted_to_domain=_entries(fields, "restricted_to_domain"),
    )


def _user(fields: Fields) -> UserDraft:
    return UserDraft(
        email=fields.text("email"),
        password=fields.text("password") or None,
        org=fields.text("org_id") or None,
        role_id=fields.reference_id("role_id"),
        server_id=_link(fields),
        change_pw=fields.flag("change_pw"),
        disabled=fields.flag("disabled"),
        autoalert=fields.flag("autoalert"),
        contactalert=fields.flag("contactalert"),
        termsaccepted=fields.flag("termsaccepted"),
        newsread=fields.epoch("newsread"),
        gpgkey=fields.text("gpgkey"),
        certif_public=fields.text("certif_public"),
        nids_sid=fields.reference_id("nids_sid"),
        notification_daily=fields.flag("notification_daily"),
        notification_weekly=fields.flag("notification_weekly"),
        notification_monthly=fields.flag("notification_monthly"),
    )


def _key(fields: Fields) -> KeyDraft:
    return KeyDraft(
        comment=fields.text("comment"),
        expiration=_expiration(fields),
        read_only=fields.flag("read_only"),
        allowed_ips=_entries(fields, "allowed_ips"),
    )


def _role(fields: Fields) -> RoleForm:
    flags = {flag: held for flag in Permission if (held := fields.flag(flag.value)) is not None}
    return RoleForm(
        name=fields.text("name"),
        level=_level(fields),
        flags=flags,
        default_role=fields.flag("default_role"),
        restricted_to_site_admin=fields.flag("restricted_to_site_admin"),
        enforce_rate_limit=fields.flag("enforce_rate_limit"),
        rate_limit_count=fields.choice("rate_limit_count", lambda count: count >= 0, sentence=sentences.NUMBER),
        memory_limit=fields.text("memory_limit"),
        max_execution_time=fields.text("max_execution_time"),
    )


def _level(fields: Fields) -> int | None:
    """MISP's `permission`: 0-3 or its word; what is none of them counts as 0 (MODEL §5.2, "Input")."""
    value = fields.record.get("permission")
    if value is None:
        return None
    if isinstance(value, str) and value in LEVEL_NAMES:
        return LEVEL_NAMES.index(value)
    number = whole_number(value)
    return number if number is not None and 0 <= number < len(LEVEL_NAMES) else 0


def _registration(fields: Fields) -> RegistrationDraft:
    return RegistrationDraft(
        email=(fields.text("email") or "").strip(),
        org_name=(fields.text("org_name") or "").strip(),
        org_uuid=fields.uuid("org_uuid") or "",
        message=fields.text("message") or "",
        custom_perms=fields.text("custom_perms") or "",
        perm_sync=fields.flag("perm_sync") or False,
        perm_publish=fields.flag("perm_publish") or False,
        perm_admin=fields.flag("perm_admin") or False,
    )


def _link(fields: Fields) -> int | None:
    """The server of a sync user: absent is unchanged, empty is none."""
    if "server_id" not in fields.record:
        return None
    return fields.choice("server_id", lambda number: number >= 0, sentence=sentences.NUMBER) or 0


def _expiration(fields: Fields) -> int | None:
    """Epoch seconds, any date, which means the beginning of that day in UTC, or `+30 days`; empty and 0 are never."""
    value = fields.record.get("expiration")
    if value is None:
        return None
    if value == "":
        return 0
    seconds = epoch_seconds(value)
    if seconds is None and isinstance(value, str):
        seconds = epoch_seconds(moment_of(value.strip(), clock.now())) if value.strip()[:1] == "+" else _day(value)
    if seconds is None:
        fields.refuse("expiration", BAD_EXPIRATION)
    return seconds


def _day(text: str) -> int | None:
    microseconds = microseconds_of(text)
    return None if microseconds is None or microseconds < 0 else microseconds // 1_000_000


def _entries(fields: Fields, name: str) -> tuple[str, ...] | None:
    """A list of texts, or one text with the entries on lines or between commas."""
    value = fields.record.get(name)
    if value is None:
        return None
    texts = value if isinstance(value, list) else _SEPARATORS.split(value) if isinstance(value, str) else [None]
    if not all(isinstance(text, str) for text in texts):
        fields.refuse(name, sentences.LIST)
        return None
    return tuple(stripped for text in texts if (stripped := str(text).strip()))
