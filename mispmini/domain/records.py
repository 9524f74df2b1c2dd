"""Accounts, roles, organisations, keys and servers as rows that store fills and wire writes (MODEL §5.2, §5.6, §7.11).

Times are epoch seconds; None stands for none. Password hashes, key hashes and a server's authkey are in none of them.
"""

from dataclasses import dataclass
from typing import NamedTuple

from mispmini.domain.permissions import Permission


@dataclass(frozen=True, slots=True)
class OrganisationRecord:
    """An organisation with all its columns."""

    id: int
    uuid: str
    name: str
    local: bool
    date_created: int
    date_modified: int
    description: str | None = None
    type: str = ""
    nationality: str = ""
    sector: str = ""
    contacts: str | None = None
    created_by: int | None = None
    restricted_to_domain: tuple[str, ...] = ()
    landingpage: str | None = None
    user_count: int | None = None
    created_by_email: str | None = None


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """A role; `default_role` marks the one that new users get."""

    id: int
    name: str
    permissions: frozenset[Permission]
    created: int
    modified: int
    default_role: bool = False
    restricted_to_site_admin: bool = False
    enforce_rate_limit: bool = False
    rate_limit_count: int = 0
    memory_limit: str | None = None
    max_execution_time: str | None = None


@dataclass(frozen=True, slots=True)
class UserRecord:
    """An account."""

    id: int
    org_id: int
    role_id: int
    email: str
    server_id: int | None = None
    invited_by: int | None = None
    autoalert: bool = False
    contactalert: bool = False
    gpgkey: str | None = None
    certif_public: str | None = ""
    nids_sid: int = 4_000_000
    termsaccepted: bool = False
    newsread: int = 0
    change_pw: bool = False
    disabled: bool = False
    expiration: int | None = None
    current_login: int = 0
    last_login: int = 0
    last_api_access: int = 0
    force_logout: bool = False
    date_created: int | None = None
    date_modified: int | None = None
    last_pw_change: int | None = None
    sub: str | None = None
    external_auth_required: bool = False
    external_auth_key: str | None = None
    notification_daily: bool = False
    notification_weekly: bool = False
    notification_monthly: bool = False
    totp_is_set: bool = False


@dataclass(frozen=True, slots=True)
class AuthKeyRecord:
    """An authkey: of the key itself only its ends are known."""

    id: int
    uuid: str
    user_id: int
    authkey_start: str
    authkey_end: str
    created: int
    expiration: int | None = None
    read_only: bool = False
    comment: str = ""
    allowed_ips: tuple[str, ...] = ()
    unique_ips: tuple[str, ...] = ()
    last_used: int | None = None


@dataclass(frozen=True, slots=True)
class ServerRecord:
    """A link to a partner; rules are JSON texts as they were given."""

    id: int
    name: str
    url: str
    org_id: int
    remote_org_id: int
    push: bool = False
    pull: bool = False
    push_sightings: bool = False
    push_galaxy_clusters: bool = False
    pull_galaxy_clusters: bool = False
    push_analyst_data: bool = False
    pull_analyst_data: bool = False
    lastpulledid: int | None = None
    lastpushedid: int | None = None
    publish_without_email: bool = False
    unpublish_event: bool = False
    self_signed: bool = False
    internal: bool = False
    skip_proxy: bool = False
    remove_missing_tags: bool = False
    caching_enabled: bool = False
    push_rules: str = ""
    pull_rules: str = ""
    cert_file: str | None = None
    client_cert_file: str | None = None
    priority: int = 1
    cache_timestamp: int | None = None


class GroupName(NamedTuple):
    """A sharing group where only its name is told, and None for that to who is not in it."""

    id: int
    name: str | None
    uuid: str


class IndexOrganisation(NamedTuple):
    """An organisation in the event index."""

    id: int
    name: str
    uuid: str


class IndexTag(NamedTuple):
    """A tag on an event in the index; `id` is the attachment's own."""

    id: int
    tag_id: int
    local: bool
    relationship_type: str | None
    name: str
    colour: str
    is_galaxy: bool


class MinimalIndexRow(NamedTuple):
    """What a pulling partner needs of an event (PROTOCOL §4.3)."""

    id: int
    timestamp: int
    sighting_timestamp: int
    published: bool
    uuid: str
    orgc_uuid: str


class TagRecord(NamedTuple):
    """A tag as it stands on its own."""

    id: int
    name: str
    colour: str
    exportable: bool
    org_id: int | None
    user_id: int | None
    hide_tag: bool
    numerical_value: int | None
    is_galaxy: bool
    is_custom_galaxy: bool
    local_only: bool
