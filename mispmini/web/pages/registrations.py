"""What the pages about requests for accounts are given."""

from mispmini.web.pages.shared import Choice, Form
from mispmini.web.pages.showing import shown


@shown
class RegisterPage:
    """users/register.html, for visitors: email, org_name, org_uuid, message."""

    form: Form
    is_open: bool  # whether requests are taken
    is_sent: bool  # whether one was just taken


@shown
class RegistrationRow:
    """A request that waits; posts org_id and role_id to /users/acceptRegistrations."""

    id: int
    email: str
    organisation: str  # as it was typed
    organisation_uuid: str
    message: str
    address: str  # where it came from
    at: int
    form: Form


@shown
class RegistrationsPage:
    """users/registrations.html"""

    rows: tuple[RegistrationRow, ...]
    organisations: tuple[Choice, ...]  # the first, "", is none
    roles: tuple[Choice, ...]
    is_open: bool


@shown
class AccountMadePage:
    """users/registration_accepted.html: the only time that the password is seen."""

    id: int
    email: str
    password: str
