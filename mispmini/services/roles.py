"""Roles: everybody may see them, site admins write them (MODEL §5.2, §5.3)."""

from collections.abc import Mapping

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden, NotFound, SaveFailed
from mispmini.domain.people import RoleForm
from mispmini.domain.permissions import (
    LEVEL_PERMISSIONS,
    UNGRANTABLE_BY_ORG_ADMINS,
    Permission,
    permissions_of_level,
)
from mispmini.domain.records import RoleRecord
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.store import people
from mispmini.store import roles as store
from mispmini.store.database import writing

UNKNOWN = "Invalid role"
NO_FUNCTION = "You do not have permission to use this functionality."
NO_NAME = "Please enter a name for the role."
LONG_NAME = "A role's name has at most 100 characters."
NAME_TAKEN = "A role with this name already exists."
IN_USE = "Users still have this role: give them another one first."
IS_DEFAULT = "New users get this role: make another one the default first."
NO_SITE_ADMIN = "No site admin would be left."
_MODEL = "Role"
_LONGEST_NAME = 100
_PLAIN = (
    "restricted_to_site_admin", "enforce_rate_limit", "rate_limit_count", "memory_limit", "max_execution_time",
)  # fmt: skip


def list_roles(viewer: Viewer) -> list[RoleRecord]:  # noqa: ARG001 - every read takes its viewer
    """All roles by id."""
    return people.list_roles()


def view_role(viewer: Viewer, role_id: int) -> RoleRecord:  # noqa: ARG001 - every read takes its viewer
    """A role. Raises NotFound."""
    role = people.find_role(role_id)
    if role is None:
        raise NotFound(UNKNOWN)
    return role


def may_assign(viewer: Viewer, role: RoleRecord) -> bool:
    """Whether the viewer may give this role to a user (MODEL §5.4, last row)."""
    if viewer.is_site_admin:
        return True
    return not (role.restricted_to_site_admin or role.permissions & UNGRANTABLE_BY_ORG_ADMINS)


def list_assignable(viewer: Viewer) -> list[RoleRecord]:
    """The roles that the viewer may give, by id."""
    return [role for role in people.list_roles() if may_assign(viewer, role)]


def count_users(viewer: Viewer, role: RoleRecord) -> int:
    """How many accounts have a role, for site admins. Raises Forbidden."""
    _require_site_admin(viewer)
    return store.count_users_of(role.id)


def add_role(viewer: Viewer, form: RoleForm) -> RoleRecord:
    """Add a role; flags that are not given are off. Raises Forbidden, SaveFailed."""
    _require_site_admin(viewer)
    with writing():
        _check_name(form.name or "", "add", role_id=None)
        now = clock.now()
        blank = {"memory_limit": "", "max_execution_time": "", "created": now, "modified": now}
        permissions = store.as_stored(_permissions(form, frozenset()))
        role_id = store.insert_role({**blank, **_given(form), "permissions": permissions})
        if form.default_role:
            store.make_default(role_id)
        role = view_role(viewer, role_id)
        audit.record(viewer, "add", _MODEL, role_id, role.name, {"permissions": permissions})
        return role


def edit_role(viewer: Viewer, role_id: int, form: RoleForm) -> RoleRecord:
    """Change what the form gives; it counts with the next request of whoever has it.

    Raises Forbidden, NotFound, SaveFailed.
    """
    _require_site_admin(viewer)
    with writing():
        before = view_role(viewer, role_id)
        if form.name is not None:
            _check_name(form.name, "edit", role_id=role_id)
        permissions = store.as_stored(_permissions(form, before.permissions))
        values = {**_given(form), "permissions": permissions, "modified": clock.later_than(before.modified)}
        store.update_role(role_id, values)
        if form.default_role:
            store.make_default(role_id)
        if not store.is_site_admin_left():
            raise SaveFailed("edit", _MODEL, {"perm_site_admin": [NO_SITE_ADMIN]}, subject_id=role_id)
        after = view_role(viewer, role_id)
        audit.record(viewer, "edit", _MODEL, role_id, after.name, _difference(before, after))
        return after


def delete_role(viewer: Viewer, role_id: int) -> RoleRecord:
    """Remove a role that nobody has and that is not the default. Raises Forbidden, NotFound, SaveFailed."""
    _require_site_admin(viewer)
    with writing():
        role = view_role(viewer, role_id)
        if role.default_role:
            raise SaveFailed("delete", _MODEL, IS_DEFAULT, subject_id=role_id)
        if store.count_users_of(role_id):
            raise SaveFailed("delete", _MODEL, IN_USE, subject_id=role_id)
        store.delete_role(role_id)
        audit.record(viewer, "delete", _MODEL, role_id, role.name, None)
        return role


def set_default_role(viewer: Viewer, role_id: int) -> RoleRecord:
    """Make it the role that new accounts get. Raises Forbidden, NotFound."""
    _require_site_admin(viewer)
    with writing():
        role = view_role(viewer, role_id)
        store.make_default(role_id)
        audit.record(viewer, "edit", _MODEL, role_id, role.name, {"default_role": True})
        return role


def _permissions(form: RoleForm, before: frozenset[Permission]) -> frozenset[Permission]:
    """What was held before, with the level and the flags that the form gives."""
    level = frozenset(before & set(LEVEL_PERMISSIONS)) if form.level is None else permissions_of_level(form.level)
    others = {flag for flag in Permission if form.flags.get(flag, flag in before)}
    return level | (others - set(LEVEL_PERMISSIONS))


def _given(form: RoleForm) -> dict[str, object]:
    values = {name: value for name in _PLAIN if (value := getattr(form, name)) is not None}
    return values if form.name is None else {**values, "name": form.name.strip()}


def _check_name(name: str, action: str, *, role_id: int | None) -> None:
    flaw = NO_NAME if not name.strip() else LONG_NAME if len(name.strip()) > _LONGEST_NAME else None
    if flaw is None and store.is_name_taken(name, role_id=role_id):
        flaw = NAME_TAKEN
    if flaw:
        raise SaveFailed(action, _MODEL, {"name": [flaw]}, subject_id=role_id)


def _difference(before: RoleRecord, after: RoleRecord) -> Mapping[str, object]:
    pairs = {
        "name": (before.name, after.name),
        "permissions": (sorted(before.permissions), sorted(after.permissions)),
        "default_role": (before.default_role, after.default_role),
    }
    return {name: [old, new] for name, (old, new) in pairs.items() if old != new}


def _require_site_admin(viewer: Viewer) -> None:
    if not viewer.is_site_admin:
        raise Forbidden(NO_FUNCTION)
