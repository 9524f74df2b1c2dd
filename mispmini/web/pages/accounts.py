"""What the pages of people, keys and roles are given."""

from mispmini.web.pages.shared import Choice, Form, Paging
from mispmini.web.pages.showing import shown


@shown
class UserRow:
    """One account in the list."""

    id: int
    email: str
    organisation: str
    role: str
    keys: int  # valid authkeys
    last_login: int | None
    disabled: bool


@shown
class UsersPage:
    """users/index.html"""

    rows: tuple[UserRow, ...]
    paging: Paging
    requests: int | None  # how many wait for an account; None where that is not the viewer's to decide
    form: Form  # value: part of the e-mail


@shown
class UserFormPage:
    """users/edit.html: email, password, org_id, role_id, server_id (sync user for), gpgkey, change_pw, disabled."""

    id: int | None  # None to add one
    form: Form
    organisations: tuple[Choice, ...]
    roles: tuple[Choice, ...]
    servers: tuple[Choice, ...]  # the first, "", is none
    may_delete: bool
    has_second_factor: bool
    is_own: bool  # then e-mail and password want the current password


@shown
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
    ends_soon: bool  # within 30 days
    last_used: int | None
    last_address: str  # where it was last used from; "" for nowhere yet
    read_only: bool


@shown
class SecondFactorBox:
    """One's own second factor on the profile."""

    is_on: bool
    codes_left: int  # recovery codes


@shown
class TotpPage:
    """users/totp_new.html: seed, code and current_password, posted to itself."""

    form: Form
    seed: str  # base32, 32 characters
    uri: str  # otpauth:
    picture: str  # the URI as a QR code, a data: URI of an SVG


@shown
class RecoveryCodesPage:
    """users/totp_codes.html, answered to the POST itself: the only time that they are seen."""

    codes: tuple[str, ...]


@shown
class ProfilePage:
    """users/view.html: one's own account; posts language to /users/language and passwords to /users/change_pw."""

    id: int
    email: str
    organisation: str
    organisation_id: int
    role: str
    languages: tuple[Choice, ...]
    language: str  # one of i18n.SUPPORTED
    second_factor: SecondFactorBox | None  # None where this instance asks for none
    keys: tuple[KeyRow, ...]
    may_add_keys: bool
    may_make_config: bool  # of a link, for a partner
    password_form: Form  # current_password, password, confirm_password


@shown
class PasswordPage:
    """users/change_pw.html: current_password, password, confirm_password."""

    email: str
    form: Form
    is_forced: bool  # nothing else opens before it is changed


@shown
class KeysPage:
    """auth_keys/index.html"""

    rows: tuple[KeyRow, ...]
    paging: Paging
    may_add: bool


@shown
class KeyFormPage:
    """auth_keys/add.html: user_id, comment, allowed_ips (one a line), expiration (YYYY-MM-DD), read_only, go_to."""

    form: Form
    users: tuple[Choice, ...]  # one entry: the viewer only; then no choice is shown


@shown
class KeyCreatedPage:
    """auth_keys/created.html, answered to the POST itself: the only time that the key is seen."""

    key: str  # 40 characters
    user: str
    comment: str
    expires: int | None
    read_only: bool
    base_url: str  # without a slash at the end, for the ready curl line
    go_to: str  # checked local path that its maker came from


@shown
class KeyAddress:
    """Where a key was used from, and when last."""

    address: str
    at: int


@shown
class KeyEditPage:
    """auth_keys/edit.html: comment, allowed_ips, expiration, read_only; hours posts to /auth_keys/rotate."""

    key: KeyRow
    form: Form
    created: int
    seen: tuple[KeyAddress, ...]  # newest first, at most ten


@shown
class RefusalRow:
    """A refused key."""

    at: int
    address: str
    start: str  # its first four characters
    user: str  # e-mail of its owner; "" where none is known
    cause: str  # translated sentence


@shown
class RefusalsPage:
    """auth_keys/refusals.html"""

    rows: tuple[RefusalRow, ...]
    paging: Paging


@shown
class RoleRow:
    """One role in the list."""

    id: int
    name: str
    level: str  # what it may do with events, translated
    rights: tuple[str, ...]  # what else, translated
    is_default: bool
    restricted: bool  # only site admins may give it
    users: int | None  # who has it; None where that is not the viewer's to know


@shown
class RolesPage:
    """roles/index.html"""

    rows: tuple[RoleRow, ...]
    may_edit: bool


@shown
class RoleFormPage:
    """roles/edit.html: name, permission (0-3), a tick for each flag, restricted_to_site_admin."""

    id: int | None  # None to add one
    form: Form
    levels: tuple[Choice, ...]
    flags: tuple[Choice, ...]
    users: int  # who has it now
    is_default: bool
