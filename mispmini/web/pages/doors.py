"""What the pages of set-up, login, errors and home are given."""

from mispmini.web.pages.administration import CheckRow
from mispmini.web.pages.events import EventRow
from mispmini.web.pages.shared import Choice, Form, Health, LedgerRow
from mispmini.web.pages.showing import shown


@shown
class ErrorPage:
    """error.html"""

    status: int  # HTTP
    title: str  # "Not found", translated
    sentence: str  # what happened
    advice: str  # what to do now
    request_id: str
    leads_on: bool  # there are pages to go to: not before the set-up
    back: str  # the page of ours that led here, "" for none
    typed: tuple[tuple[str, str], ...] = ()  # fields of a form that came too late, to be sent once more
    action: str = ""  # where to


@shown
class CodePage:
    """users/otp.html, posts code to itself."""

    message: str  # what was wrong with the last one, translated


@shown
class SetupPage:
    """setup.html, posts to /setup: token, org_name, org_uuid, email, password, base_url, language."""

    token: str  # the one-time token of the link
    languages: tuple[Choice, ...]
    form: Form


@shown
class LoginPage:
    """login.html, posts `data[User][email]` and `data[User][password]` to /users/login."""

    instance: str  # name of this instance's organisation
    email: str  # kept after a failed attempt
    message: str  # why the last attempt failed, translated; ""
    go_to: str  # checked local path to open after login; "" for home
    languages: tuple[Choice, ...]  # all supported; links to /users/login?language=…
    may_register: bool  # visitors may ask for an account


@shown
class Step:
    """One line of the first-run checklist."""

    label: str
    done: bool
    href: str  # where to do it
    guide: int  # step of the guide that tells how


@shown
class ServerHealth:
    """One partner in the strip on the home page."""

    id: int
    name: str
    health: Health
    sentence: str  # "Last pull 3 minutes ago", translated
    waiting: int  # events in the queue


@shown
class HomePage:
    """home.html"""

    organisation: str
    alarms: tuple[CheckRow, ...]  # those that the viewer may see
    steps: tuple[Step, ...]  # empty once all are done
    received: tuple["EventRow", ...]  # newest from elsewhere, at most ten
    drafts: tuple["EventRow", ...]  # own unpublished, at most ten
    servers: tuple[ServerHealth, ...]
    troubles: tuple[LedgerRow, ...]  # newest that failed, conflicted, were degraded or given up; at most ten
    event_count: int
    attribute_count: int
    organisation_count: int
    proposals: int = 0  # how many wait for the viewer's organisation
