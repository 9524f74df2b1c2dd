"""Users, roles, organisations, keys and servers as answers; secrets are in none of them (MODEL §5.2, §5.6, §7.11)."""

from collections.abc import Mapping

from mispmini.domain.clock import datetime_text
from mispmini.domain.permissions import Permission, permission_level
from mispmini.domain.records import AuthKeyRecord, OrganisationRecord, RoleRecord, ServerRecord, UserRecord
from mispmini.wire.replies import Reply

_MASK = "*****"
_SERVER_IDS = ("lastpulledid", "lastpushedid")
_SERVER_FLAGS = (
    "push", "pull", "push_sightings", "push_galaxy_clusters", "push_analyst_data", "pull_analyst_data",
    "pull_galaxy_clusters", "publish_without_email", "unpublish_event", "self_signed", "internal", "skip_proxy",
    "remove_missing_tags", "caching_enabled",
)  # fmt: skip


def user_reply(
    user: UserRecord,
    role: RoleRecord,
    organisation: OrganisationRecord,
    *,
    permissions: frozenset[Permission] | None = None,
    key: AuthKeyRecord | None = None,
    settings: Mapping[str, object] | None = None,
) -> Reply:
    """users/view: `permissions` are the effective ones of whoever asks about itself (PROTOCOL §2.4, RULES §7)."""
    reply: Reply = {
        "User": {**_without(user_columns(user), "server_id"), **_masks(user)},
        "Role": role_columns(role, permissions=permissions),
        "UserSetting": dict(settings) if settings else [],
        "Organisation": organisation_columns(organisation),
    }
    return reply if key is None else {**reply, "AuthKey": {"read_only": key.read_only}}


def user_index_item(user: UserRecord, role: RoleRecord, organisation: OrganisationRecord) -> Reply:
    """A row of admin/users/index."""
    hidden = ("sub", "external_auth_required", "external_auth_key")
    columns = {k: v for k, v in user_columns(user).items() if k not in hidden and not k.startswith("notification_")}
    flags = (Permission.AUTH, Permission.SITE_ADMIN, Permission.ADMIN)
    return {
        "User": columns,
        "Role": {"id": str(role.id), "name": role.name} | {flag.value: flag in role.permissions for flag in flags},
        "Organisation": {"id": str(organisation.id), "name": organisation.name},
    }


def saved_user_reply(user: UserRecord, *, authkey: str | None = None) -> Reply:
    """What admin/users/add and edit answer; `authkey`, the first key itself, is shown once, when it is made."""
    columns = {**user_columns(user), **_masks(user), "password": "******", "totp": None}
    return {"User": columns if authkey is None else {**columns, "authkey": authkey}}


def user_columns(user: UserRecord) -> Reply:
    """An account's columns."""
    return {
        "id": str(user.id),
        "org_id": str(user.org_id),
        "server_id": str(user.server_id or 0),
        "email": user.email,
        "autoalert": user.autoalert,
        "invited_by": str(user.invited_by or 0),
        "gpgkey": user.gpgkey,
        "certif_public": user.certif_public,
        "nids_sid": str(user.nids_sid),
        "termsaccepted": user.termsaccepted,
        "newsread": str(user.newsread),
        "role_id": str(user.role_id),
        "change_pw": user.change_pw,
        "contactalert": user.contactalert,
        "disabled": user.disabled,
        "expiration": _number(user.expiration),
        "current_login": str(user.current_login),
        "last_login": str(user.last_login),
        "force_logout": user.force_logout,
        "date_created": _number(user.date_created),
        "date_modified": _number(user.date_modified),
        "sub": user.sub,
        "external_auth_required": user.external_auth_required,
        "external_auth_key": user.external_auth_key,
        "last_api_access": str(user.last_api_access),
        "notification_daily": user.notification_daily,
        "notification_weekly": user.notification_weekly,
        "notification_monthly": user.notification_monthly,
        "last_pw_change": _number(user.last_pw_change),
    }


def role_columns(role: RoleRecord, *, permissions: frozenset[Permission] | None = None) -> Reply:
    """A role's columns with the derived level; `permissions` stand for the role's own where a key takes some away."""
    held = role.permissions if permissions is None else permissions
    level, description = permission_level(held)
    return {
        "id": str(role.id),
        "name": role.name,
        "created": datetime_text(role.created),
        "modified": datetime_text(role.modified),
        **{flag.value: flag in held for flag in Permission},
        "default_role": role.default_role,
        "memory_limit": role.memory_limit,
        "max_execution_time": role.max_execution_time,
        "restricted_to_site_admin": role.restricted_to_site_admin,
        "enforce_rate_limit": role.enforce_rate_limit,
        "rate_limit_count": str(role.rate_limit_count),
        "permission": str(level),
        "permission_description": description,
    }


def role_index_item(role: RoleRecord) -> Reply:
    """A row of roles/index, which says `default` besides `default_role`."""
    return {"Role": {**role_columns(role), "default": role.default_role}}


def organisation_columns(organisation: OrganisationRecord) -> Reply:
    """An organisation's columns; the counts only where the record has them."""
    columns: Reply = {
        "id": str(organisation.id),
        "name": organisation.name,
        "date_created": datetime_text(organisation.date_created),
        "date_modified": datetime_text(organisation.date_modified),
        "description": organisation.description,
        "type": organisation.type,
        "nationality": organisation.nationality,
        "sector": organisation.sector,
        "created_by": str(organisation.created_by or 0),
        "uuid": organisation.uuid,
        "contacts": organisation.contacts,
        "local": organisation.local,
        "restricted_to_domain": list(organisation.restricted_to_domain),
        "landingpage": organisation.landingpage,
    }
    if organisation.user_count is not None:
        columns["user_count"] = str(organisation.user_count)
    if organisation.created_by_email is not None:
        columns["created_by_email"] = organisation.created_by_email
    return columns


def organisation_view_reply(organisation: OrganisationRecord) -> Reply:
    """organisations/view, which has no landing page and tells no creator's address."""
    return {"Organisation": _without(organisation_columns(organisation), "landingpage", "created_by_email")}


def merge_reply(source: OrganisationRecord, target: OrganisationRecord, counts: Mapping[str, int]) -> Reply:
    """What a merge moves, or moved."""
    names = ("id", "name", "uuid")
    told = [{name: organisation_columns(organisation)[name] for name in names} for organisation in (source, target)]
    return {"source": told[0], "target": told[1], "counts": {name: str(count) for name, count in counts.items()}}


def import_reply(name: str, uuid: str, state: str, ours: str) -> Reply:
    """A line of an imported list and what became of it; `ours` names the organisation here that it met."""
    return {"Organisation": {"name": name, "uuid": uuid}, "state": state, "ours": ours or None}


def auth_key_columns(key: AuthKeyRecord, *, raw: str | None = None) -> Reply:
    """A key's columns; `raw`, the key itself, is shown once, when it is made."""
    columns: Reply = {
        "id": str(key.id),
        "uuid": key.uuid,
        "authkey_start": key.authkey_start,
        "authkey_end": key.authkey_end,
        "created": str(key.created),
        "expiration": str(key.expiration or 0),
        "read_only": key.read_only,
        "user_id": str(key.user_id),
        "comment": key.comment,
        "allowed_ips": list(key.allowed_ips) or None,
        "unique_ips": list(key.unique_ips),
    }
    return columns if raw is None else {**columns, "authkey_raw": raw}


def auth_key_reply(key: AuthKeyRecord, *, email: str) -> Reply:
    """auth_keys/view, and a row of auth_keys/index."""
    columns = {**auth_key_columns(key), "last_used": _number(key.last_used)}
    return {"AuthKey": columns, "User": {"id": str(key.user_id), "email": email}}


def registration_reply(
    number: int, uuid: str, wishes: Mapping[str, object], address: str, user_agent: str, created: int
) -> Reply:
    """A row of users/registrations; MISP keeps these requests in its inbox."""
    return {
        "Inbox": {
            "id": str(number),
            "uuid": uuid,
            "title": "User registration for {}.".format(wishes.get("email", "")),
            "type": "registration",
            "ip": address,
            "user_agent": user_agent,
            "comment": wishes.get("message", ""),
            "timestamp": str(created),
            "data": dict(wishes),
        }
    }


def user_setting_reply(
    number: int, user_id: int, name: str, value: object, modified: int, email: str | None = None
) -> Reply:
    """A user's own setting; with the `email` a row of user_settings/index."""
    columns = {"id": str(number), "setting": name, "value": value, "user_id": str(user_id), "timestamp": str(modified)}
    reply: Reply = {"UserSetting": columns}
    return reply if email is None else {**reply, "User": {"id": str(user_id), "email": email}}


def key_refusal_reply(time: int, address: str, authkey_start: str, cause: str, email: str | None) -> Reply:
    """A refused key with the cause in a word (FEATURES row 30)."""
    return {
        "KeyRefusal": {
            "time": str(time),
            "address": address,
            "authkey_start": authkey_start,
            "cause": cause,
            "email": email,
        }
    }


def server_columns(server: ServerRecord) -> Reply:
    """A server's columns, never its authkey."""
    return {
        "id": str(server.id),
        "name": server.name,
        "url": server.url,
        "org_id": str(server.org_id),
        **{flag: getattr(server, flag) for flag in _SERVER_FLAGS},
        **{column: _number(getattr(server, column)) for column in _SERVER_IDS},
        "organization": None,
        "remote_org_id": str(server.remote_org_id),
        "pull_rules": server.pull_rules,
        "push_rules": server.push_rules,
        "cert_file": server.cert_file,
        "client_cert_file": server.client_cert_file,
        "priority": str(server.priority),
    }


def server_index_item(server: ServerRecord, owner: OrganisationRecord, remote: OrganisationRecord | None) -> Reply:
    """A row of servers/index."""
    cached: object = False if server.cache_timestamp is None else str(server.cache_timestamp)
    return {
        "Server": {**server_columns(server), "cache_timestamp": cached},
        "Organisation": _server_organisation(owner),
        "RemoteOrg": _server_organisation(remote) if remote else [],
        "User": [],
    }


def _server_organisation(organisation: OrganisationRecord) -> Reply:
    kept = ("id", "name", "uuid", "nationality", "sector", "type")
    columns = organisation_columns(organisation)
    return {key: columns[key] for key in kept}


def _masks(user: UserRecord) -> Reply:
    is_set = "1" if user.totp_is_set else "0"
    return {"password": _MASK, "totp": _MASK, "hotp_counter": None, "totp_is_set": is_set}


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _without(columns: Reply, *names: str) -> Reply:
    return {key: value for key, value in columns.items() if key not in names}
