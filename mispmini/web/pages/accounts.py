"""What the pages of organisations, people and keys are given."""

from dataclasses import dataclass
from typing import Literal

from mispmini.web.pages.events import EventRow
from mispmini.web.pages.shared import Choice, Form, Paging


@dataclass(frozen=True)
class OrganisationRow:
    """One organisation in the list."""

    id: int
    name: str
    uuid: str
    local: bool
    users: int
    events: int  # visible ones that it created


@dataclass(frozen=True)
class OrganisationsPage:
    """organisations/index.html, filtered by GET: q, scope."""

    scope: Literal["local", "external", "all"]
    form: Form  # q
    rows: tuple[OrganisationRow, ...]
    paging: Paging
    may_add: bool


@dataclass(frozen=True)
class OrganisationPage:
    """organisations/view.html"""

    id: int
    name: str
    uuid: str
    local: bool
    host: bool  # the organisation that this instance belongs to
    description: str
    nationality: str
    sector: str
    type: str
    contacts: str
    users: int
    events: tuple[EventRow, ...]  # newest, at most ten
    may_edit: bool


@dataclass(frozen=True)
class OrganisationFormPage:
    """organisations/edit.html: name, uuid, local, description, nationality, sector, type, contacts."""

    id: int | None  # None to add one
    form: Form


@dataclass(frozen=True)
class UserRow:
    """One account in the list."""

    id: int
    email: str
    organisation: str
    role: str
    keys: int  # valid authkeys
    last_login: int | None
    disabled: bool


@dataclass(frozen=True)
class UsersPage:
    """users/index.html"""

    rows: tuple[UserRow, ...]
    paging: Paging


@dataclass(frozen=True)
class UserFormPage:
    """users/edit.html: email, password, org_id, role_id, server_id (sync user for), disabled."""

    id: int | None  # None to add one
    form: Form
    organisations: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    servers: tuple[Choice, ...]  # the first, "", is none
    may_delete: bool


@dataclass(frozen=True)
class KeyRow:
    """One authkey as lists show it: never the key."""

    id: int
    start: str  # first four characters
    end: str  # last four
    user: str  # e-mail of its owner
    comment: str
    allowed_ips: tuple[str, ...]  # addresses or CIDRs; empty for any
    expires: int | None
    expired: bool
    last_used: int | None
    read_only: bool


@dataclass(frozen=True)
class ProfilePage:
    """users/view.html: one's own account; posts language to /users/language and passwords to /users/change_pw."""

    id: int
    email: str
    organisation: str
    organisation_id: int
    role: str
    languages: tuple[Choice, ...]
    language: str  # one of i18n.SUPPORTED
    keys: tuple[KeyRow, ...]
    may_add_keys: bool
    password_form: Form  # current_password, password, confirm_password


@dataclass(frozen=True)
class KeysPage:
    """auth_keys/index.html"""

    rows: tuple[KeyRow, ...]
    paging: Paging
    may_add: bool


@dataclass(frozen=True)
class KeyFormPage:
    """auth_keys/add.html: user_id, comment, allowed_ips (one a line), expiration (YYYY-MM-DD), read_only."""

    form: Form
    users: tuple[Choice, ...]  # one entry: the viewer only; then no choice is shown


@dataclass(frozen=True)
class KeyCreatedPage:
    """auth_keys/created.html, answered to the POST itself: the only time that the key is seen."""

    key: str  # 40 characters
    user: str
    comment: str
    expires: int | None
    read_only: bool
    base_url: str  # without a slash at the end, for the ready curl line
