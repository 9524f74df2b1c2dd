"""Permissions and MISP's six roles (MODEL §5.2)."""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """A role's flag, by MISP's column name."""

    ADD = "perm_add"
    MODIFY = "perm_modify"
    MODIFY_ORG = "perm_modify_org"
    PUBLISH = "perm_publish"
    DELEGATE = "perm_delegate"
    SYNC = "perm_sync"
    ADMIN = "perm_admin"
    AUDIT = "perm_audit"
    AUTH = "perm_auth"
    SITE_ADMIN = "perm_site_admin"
    REGEXP_ACCESS = "perm_regexp_access"
    TAGGER = "perm_tagger"
    TEMPLATE = "perm_template"
    SHARING_GROUP = "perm_sharing_group"
    TAG_EDITOR = "perm_tag_editor"
    SIGHTING = "perm_sighting"
    OBJECT_TEMPLATE = "perm_object_template"
    PUBLISH_ZMQ = "perm_publish_zmq"
    PUBLISH_KAFKA = "perm_publish_kafka"
    DECAYING = "perm_decaying"
    GALAXY_EDITOR = "perm_galaxy_editor"
    WARNINGLIST = "perm_warninglist"
    VIEW_FEED_CORRELATIONS = "perm_view_feed_correlations"
    ANALYST_DATA = "perm_analyst_data"
    SKIP_OTP = "perm_skip_otp"


P = Permission
KEPT_BY_READ_ONLY_KEYS = frozenset({P.AUTH, P.AUDIT})
LEVEL_PERMISSIONS = (P.ADD, P.MODIFY, P.MODIFY_ORG, P.PUBLISH)
LEVEL_NAMES = ("read_only", "manage_own", "manage_org", "publish")
UNGRANTABLE_BY_ORG_ADMINS = frozenset({P.SITE_ADMIN, P.SYNC, P.REGEXP_ACCESS})


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role as a fresh instance gets it."""

    id: int
    name: str
    permissions: frozenset[Permission]
    default_role: bool = False


_USER = frozenset({
    P.ADD, P.MODIFY, P.MODIFY_ORG, P.AUDIT, P.AUTH, P.TAGGER, P.SIGHTING, P.DECAYING, P.GALAXY_EDITOR, P.ANALYST_DATA,
})  # fmt: skip
_PUBLISHER = _USER | {P.PUBLISH, P.DELEGATE, P.PUBLISH_ZMQ, P.PUBLISH_KAFKA}

SIX_ROLES = (
    RoleDefinition(1, "admin", frozenset(P) - {P.SKIP_OTP}),
    RoleDefinition(2, "Org Admin", _PUBLISHER | {P.ADMIN, P.TEMPLATE, P.SHARING_GROUP, P.TAG_EDITOR}),
    RoleDefinition(3, "User", _USER, default_role=True),
    RoleDefinition(4, "Publisher", _PUBLISHER),
    RoleDefinition(5, "Sync user", _PUBLISHER | {P.SYNC, P.TAG_EDITOR, P.SHARING_GROUP}),
    RoleDefinition(6, "Read Only", frozenset({P.AUDIT, P.AUTH})),
)


def permission_level(permissions: frozenset[Permission]) -> tuple[int, str]:
    """MISP's derived `permission` 0-3 and `permission_description` (MODEL §5.2, "Derived on output")."""
    if P.ADD not in permissions:
        return 0, LEVEL_NAMES[0]
    if P.MODIFY in permissions and P.PUBLISH in permissions:
        return 3, LEVEL_NAMES[3]
    if P.MODIFY_ORG in permissions:
        return 2, LEVEL_NAMES[2]
    return 1, LEVEL_NAMES[1]


def permissions_of_level(level: int) -> frozenset[Permission]:
    """What MISP's `permission` 0-3 stands for (MODEL §5.2, "Input")."""
    return frozenset(LEVEL_PERMISSIONS[: level + 1 if level else 0])
