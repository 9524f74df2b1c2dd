"""Accounts and roles: finders and writers. The password's hash leaves this module only through `find_any_login`."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.domain.records import OrganisationRecord, RoleRecord, UserRecord
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import or_else
from mispmini.store.organisations import fold, organisation_records
from mispmini.store.sql import Predicate, Row, execute, row, rows
from mispmini.store.tables.people import User
from mispmini.store.visibility import user_visible_to

_ROLE = (
    "SELECT id, name, permissions, default_role, restricted_to_site_admin, enforce_rate_limit, rate_limit_count,"
    " memory_limit, max_execution_time, created, modified FROM role"
)
_USER = (
    "SELECT u.id, u.org_id, u.role_id, u.email, u.server_id, u.invited_by, u.change_pw,"
    " u.disabled, u.autoalert, u.contactalert, u.termsaccepted, u.newsread, u.gpgkey,"
    " u.certif_public, u.nids_sid, u.expiration, u.current_login, u.last_login, u.last_api_access,"
    " u.last_pw_change, u.notification_daily, u.notification_weekly, u.notification_monthly,"
    " u.totp_secret IS NOT NULL, u.created,"
    " (SELECT COUNT(*) FROM auth_key WHERE auth_key.user_id = u.id"
    ' AND (auth_key.expiration IS NULL OR auth_key.expiration > ?)), u.modified FROM "user" AS u'
)


class Login(NamedTuple):
    """What a login is checked against; `password_hash` is None for an account that only uses keys."""

    user_id: int
    email: str
    password_hash: str | None
    disabled: bool
    change_pw: bool


class Account(NamedTuple):
    """An account with what is always said with it; `key_count` counts its valid keys."""

    user: UserRecord
    role: RoleRecord
    organisation: OrganisationRecord
    key_count: int

    @property
    def is_site_admin(self) -> bool:
        """Whether its role is a site admin's."""
        return Permission.SITE_ADMIN in self.role.permissions


def find_any_login(email: str) -> Login | None:
    """The account that logs in with this e-mail, whatever its case."""
    return _login(Predicate("folded_email = ?", (fold(email),)))


def find_any_login_of(user_id: int) -> Login | None:
    """What the password of a known account is checked against."""
    return _login(Predicate("id = ?", (user_id,)))


def find_any_user(user_id: int) -> Account | None:
    """An account by id."""
    return next(iter(_users(Predicate("u.id = ?", (user_id,)))), None)


def find_user(viewer: Viewer, user_id: int) -> Account | None:
    """An account that the viewer may see, by id."""
    return next(iter(_users(user_visible_to(viewer, "u") & Predicate("u.id = ?", (user_id,)))), None)


def list_users(viewer: Viewer, *, search: str = "", org_id: int | None = None) -> list[Account]:
    """Accounts that the viewer may see, by id; `search` is a part of the e-mail."""
    where = user_visible_to(viewer, "u")
    if search:
        where &= Predicate("INSTR(u.folded_email, ?) > 0", (fold(search),))
    if org_id is not None:
        where &= Predicate("u.org_id = ?", (org_id,))
    return _users(where)


def list_org_admins(org_id: int) -> list[tuple[int, str]]:
    """Id and e-mail of those who administer an organisation's users."""
    found = rows(
        'SELECT u.id, u.email, role.permissions FROM "user" AS u JOIN role ON role.id = u.role_id'
        " WHERE u.org_id = ? AND NOT u.disabled ORDER BY u.id",
        (org_id,),
    )
    return [(r[0], r[1]) for r in found if Permission.ADMIN in _permissions(r[2])]


def is_any_user() -> bool:
    """Whether there is an account at all."""
    return row('SELECT 1 FROM "user" LIMIT 1') is not None


def is_any_user_linked_to(server_id: int) -> bool:
    """Whether an account is the one of this server, so that the server's push rules limit what it sees."""
    return row('SELECT 1 FROM "user" WHERE server_id = ? LIMIT 1', (server_id,)) is not None


def count_other_site_admins(user_id: int) -> int:
    """How many enabled site admins there are besides this account."""
    found = rows(
        'SELECT role.permissions FROM "user" AS u JOIN role ON role.id = u.role_id WHERE NOT u.disabled AND u.id <> ?',
        (user_id,),
    )
    return sum(Permission.SITE_ADMIN in _permissions(r[0]) for r in found)


def insert_user(values: Mapping[str, object]) -> int:
    """Add an account by column names, inside a writing(); returns its id."""
    return int(User.insert(_columns(values)).execute())


def update_user(user_id: int, values: Mapping[str, object]) -> None:
    """Change columns of an account, inside a writing()."""
    User.update(_columns(values)).where(User.id == user_id).execute()


def delete_user(user_id: int) -> None:
    """Remove an account with its keys and sessions, inside a writing(); its events stay."""
    execute('DELETE FROM "user" WHERE id = ?', (user_id,))


def find_role(role_id: int) -> RoleRecord | None:
    """A role by id."""
    found = row(f"{_ROLE} WHERE id = ?", (role_id,))
    return None if found is None else _role(found)


def list_roles() -> list[RoleRecord]:
    """All roles by id."""
    return [_role(r) for r in rows(f"{_ROLE} ORDER BY id")]


def _login(where: Predicate) -> Login | None:
    found = row(f'SELECT id, email, password_hash, disabled, change_pw FROM "user" WHERE {where.text}', where.params)
    return None if found is None else Login(found[0], found[1], found[2], bool(found[3]), bool(found[4]))


def _users(where: Predicate) -> list[Account]:
    found = rows(f"{_USER} WHERE {where.text} ORDER BY u.id", (clock.now(), *where.params))
    orgs = organisation_records({r[1] for r in found})
    roles = {role.id: role for role in list_roles()} if found else {}
    return [Account(_user(r), roles[r[2]], orgs[r[1]], r[25]) for r in found]


def _user(r: Row) -> UserRecord:
    return UserRecord(
        id=r[0],
        org_id=r[1],
        role_id=r[2],
        email=r[3],
        server_id=r[4],
        invited_by=r[5],
        change_pw=bool(r[6]),
        disabled=bool(r[7]),
        autoalert=bool(r[8]),
        contactalert=bool(r[9]),
        termsaccepted=bool(r[10]),
        newsread=r[11],
        gpgkey=r[12],
        certif_public=r[13],
        nids_sid=r[14],
        expiration=r[15],
        current_login=r[16],
        last_login=r[17],
        last_api_access=r[18],
        last_pw_change=r[19],
        notification_daily=bool(r[20]),
        notification_weekly=bool(r[21]),
        notification_monthly=bool(r[22]),
        totp_is_set=bool(r[23]),
        date_created=r[24],
        date_modified=r[26],
    )


def _role(r: Row) -> RoleRecord:
    return RoleRecord(
        id=r[0],
        name=r[1],
        permissions=or_else("role", r[0], lambda: _permissions(r[2]), frozenset()),
        default_role=bool(r[3]),
        restricted_to_site_admin=bool(r[4]),
        enforce_rate_limit=bool(r[5]),
        rate_limit_count=r[6],
        memory_limit=r[7],
        max_execution_time=r[8],
        created=r[9],
        modified=r[10],
    )


def _permissions(text: str) -> frozenset[Permission]:
    return frozenset(Permission(name) for name in json.loads(text))


def _columns(values: Mapping[str, object]) -> dict[str, object]:
    columns = dict(values)
    if "email" in columns:
        columns["folded_email"] = fold(str(columns["email"]))
    return columns
