"""Who asks: every read and every verb takes a Viewer first (HOUSE §4)."""

from dataclasses import dataclass

from mispmini.domain.permissions import KEPT_BY_READ_ONLY_KEYS, Permission


@dataclass(frozen=True, slots=True)
class KeyInUse:
    """The authkey that authenticated a request."""

    id: int
    read_only: bool
    expiration: int | None


@dataclass(frozen=True, slots=True)
class Viewer:
    """A user in the light of the key or session that authenticated it, or one of the named all-seeing viewers.

    `role_permissions` are the role's own; `permissions` what the key leaves of them (MODEL §5.6).
    """

    user_id: int | None
    org_id: int
    org_uuid: str
    org_name: str
    email: str
    role_id: int
    role_name: str
    role_permissions: frozenset[Permission]
    key: KeyInUse | None = None
    linked_server_id: int | None = None
    language: str | None = None
    theme: str | None = None
    address: str = ""
    sees_all: bool = False
    must_change_password: bool = False  # asked of sessions alone: a key is never stopped by it (FEATURES row 18)

    @property
    def permissions(self) -> frozenset[Permission]:
        """The effective flags."""
        if self.key is not None and self.key.read_only:
            return self.role_permissions & KEPT_BY_READ_ONLY_KEYS
        return self.role_permissions

    def can(self, permission: Permission) -> bool:
        """Whether the effective flags hold `permission`."""
        return permission in self.permissions

    @property
    def is_site_admin(self) -> bool:
        """Whether everything here is visible and allowed; a read-only key takes it away (MODEL §5.6)."""
        return self.sees_all or Permission.SITE_ADMIN in self.permissions

    @property
    def gets_deleted_of_all(self) -> bool:
        """Who may receive deleted elements is judged by the role, not by the key's mask (RULES §2)."""
        return self.sees_all or Permission.SYNC in self.role_permissions

    @property
    def is_partner(self) -> bool:
        """A sync user that is no site admin: a partner's account here."""
        return Permission.SYNC in self.role_permissions and Permission.SITE_ADMIN not in self.role_permissions

    @classmethod
    def of_organisation(cls, org_id: int, *, org_uuid: str = "", org_name: str = "") -> "Viewer":
        """Anybody of an organisation, without any right: what it may see of something is what goes to it."""
        return cls(None, org_id, org_uuid, org_name, "", 0, "anybody", frozenset())

    @classmethod
    def everything(cls, *, org_id: int = 0, org_uuid: str = "", org_name: str = "", email: str = "") -> "Viewer":
        """The elevated viewer of jobs, command line and the push runner: sees all, may all."""
        return cls(None, org_id, org_uuid, org_name, email, 0, "everything", frozenset(Permission), sees_all=True)
