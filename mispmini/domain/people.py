"""What came in about organisations, users, authkeys and their secrets: frozen drafts, None meaning "not given"."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mispmini.domain.permissions import Permission

WEAK = (
    "A password needs at least 12 characters: 16 of any kind, or upper case, lower case and a digit or special"
    " character."
)
COMMON = "This password is on the list of those tried first."
_SHORTEST = 12
_LONG = 16
_LONGEST = 1024
_FEWEST_DIFFERENT = 5
_COMMON_WORDS = (
    "password", "passw0rd", "p@ssword", "p@ssw0rd", "qwerty", "azerty", "admin", "administrator", "welcome", "letmein",
    "changeme", "iloveyou", "monkey", "dragon", "football", "princess", "abc", "senha", "mudar", "brasil", "secret",
    "master", "login", "root", "test", "misp", "mispmini", "trustno",
)  # fmt: skip
_PADDING = "0123456789!@#$%&*?.-_ "


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationForm:
    """An organisation as an admin writes it (MODEL §7.11); what a partner names in an event is OrganisationDraft."""

    name: str | None = None
    uuid: str | None = None
    local: bool | None = None
    description: str | None = None
    type: str | None = None
    nationality: str | None = None
    sector: str | None = None
    contacts: str | None = None
    landingpage: str | None = None
    restricted_to_domain: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDraft:
    """An account as an admin or its owner writes it; `server_id` 0 stands for no server (MODEL §7.11)."""

    email: str | None = None
    password: str | None = field(default=None, repr=False)
    org: str | None = None
    role_id: int | None = None
    server_id: int | None = None
    change_pw: bool | None = None
    disabled: bool | None = None
    autoalert: bool | None = None
    contactalert: bool | None = None
    termsaccepted: bool | None = None
    newsread: int | None = None
    gpgkey: str | None = None
    certif_public: str | None = None
    nids_sid: int | None = None
    notification_daily: bool | None = None
    notification_weekly: bool | None = None
    notification_monthly: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleForm:
    """A role as a site admin writes it: `level` is MISP's 0-3, `flags` the other permissions given (MODEL §5.2)."""

    name: str | None = None
    level: int | None = None
    flags: Mapping[Permission, bool] = field(default_factory=dict)
    default_role: bool | None = None
    restricted_to_site_admin: bool | None = None
    enforce_rate_limit: bool | None = None
    rate_limit_count: int | None = None
    memory_limit: str | None = None
    max_execution_time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationDraft:
    """A visitor's wish for an account, as it was typed (API §9.8)."""

    email: str
    org_name: str = ""
    org_uuid: str = ""
    message: str = ""
    custom_perms: str = ""
    perm_sync: bool = False
    perm_publish: bool = False
    perm_admin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDraft:
    """An authkey's options: `expiration` in epoch seconds, 0 for never; `allowed_ips` are IPs or CIDRs (MODEL §5.6)."""

    comment: str | None = None
    expiration: int | None = None
    read_only: bool | None = None
    allowed_ips: tuple[str, ...] | None = None


def password_flaw(password: str, *, email: str = "", by_key: bool = False) -> str | None:
    """The sentence that says why a password is refused, or None (MODEL §5.7 last; TRUST §5).

    `by_key` is for programs, which are held to MISP's policy alone: people are told what is tried first.
    """
    if not _SHORTEST <= len(password) <= _LONGEST or not (len(password) >= _LONG or _is_mixed(password)):
        return WEAK
    folded = password.casefold()
    if by_key:
        return None
    if len(set(folded)) < _FEWEST_DIFFERENT or folded == email.casefold() or _is_common(folded):
        return COMMON
    return None


def _is_mixed(password: str) -> bool:
    has_lower = any(c.islower() for c in password)
    has_upper = any(c.isupper() for c in password)
    return has_lower and has_upper and any(not c.isalpha() for c in password)


def _is_common(folded: str) -> bool:
    """Common words with digits and signs around or between them are no password."""
    for word in sorted(_COMMON_WORDS, key=len, reverse=True):
        folded = folded.replace(word, "")
    return not folded.strip(_PADDING)
