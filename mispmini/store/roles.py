"""Roles: writers. Their finders stand beside the accounts', which always come with one (store/people.py)."""

import json
from collections.abc import Iterable, Mapping

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.store.damage import readable
from mispmini.store.organisations import fold
from mispmini.store.sql import execute, rows, scalar
from mispmini.store.tables.people import Role


def insert_role(values: Mapping[str, object]) -> int:
    """Add a role by column names, inside a writing(); returns its id."""
    return int(Role.insert(dict(values)).execute())


def update_role(role_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a role, inside a writing(): whoever has it is judged by it from now on."""
    Role.update(dict(values)).where(Role.id == role_id).execute()


def delete_role(role_id: int) -> None:
    """Remove a role that nobody has, inside a writing()."""
    execute("DELETE FROM role WHERE id = ?", (role_id,))


def make_default(role_id: int) -> None:
    """Make it the one that new accounts get, inside a writing()."""
    execute(
        "UPDATE role SET default_role = (id = ?), modified = ? WHERE default_role OR id = ?",
        (role_id, clock.now(), role_id),
    )


def is_name_taken(name: str, *, role_id: int | None) -> bool:
    """Whether another role has this name, in any case."""
    others = rows("SELECT name FROM role WHERE id <> coalesce(?, 0)", (role_id,))
    return fold(name) in {fold(other) for (other,) in others}


def count_users_of(role_id: int) -> int:
    """How many accounts have the role."""
    return int(scalar('SELECT count(*) FROM "user" WHERE role_id = ?', (role_id,)))


def is_site_admin_left() -> bool:
    """Whether an enabled account has a role of site admins."""
    found = rows(
        'SELECT DISTINCT role.id, role.permissions FROM role JOIN "user" AS u ON u.role_id = role.id'
        " WHERE NOT u.disabled"
    )
    return any(readable("role", found, lambda r: Permission.SITE_ADMIN.value in json.loads(r[1])))


def as_stored(permissions: Iterable[Permission]) -> list[str]:
    """Flags in the order of the vocabulary, as a role's column holds them."""
    held = frozenset(permissions)
    return [flag.value for flag in Permission if flag in held]
