"""Roles: who may see them is everybody (MODEL §5.3)."""

from mispmini.domain.errors import NotFound
from mispmini.domain.permissions import UNGRANTABLE_BY_ORG_ADMINS
from mispmini.domain.records import RoleRecord
from mispmini.domain.viewer import Viewer
from mispmini.store import people

UNKNOWN = "Invalid role"


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
