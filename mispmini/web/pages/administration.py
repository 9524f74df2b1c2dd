"""What the pages of settings, the audit log and the health of the house are given."""

from typing import Literal

from mispmini.web.pages.servers import Outcome
from mispmini.web.pages.shared import Choice, Form, Health, Paging
from mispmini.web.pages.showing import shown


@shown
class BlockedRow:
    """An entry of a blocklist."""

    id: int
    uuid: str
    name: str  # what it was called; "" if nobody said
    creator: str  # its organisation, as it was known
    comment: str  # why
    since: int
    may_restore: bool  # an event that was deleted here and can still be brought back, which unblocks it


@shown
class BlocklistPage:
    """blocklists/index.html: uuids and comment are posted to add_path."""

    path: str  # of this list
    lists: tuple[Choice, ...]  # the path and name of each
    sentence: str  # what it is for
    rows: tuple[BlockedRow, ...]
    paging: Paging
    form: Form
    add_path: str
    delete_path: str  # an entry's id behind it lets it in again


@shown
class SettingRow:
    """One setting in the list."""

    name: str  # ours, for the path
    label: str  # what clients call it, else ours
    sentence: str  # translated
    value: str  # as people read it
    default: str
    source: str  # translated
    is_changed: bool
    locked: str  # why nobody changes it here, translated; "" when one can


@shown
class SettingsPage:
    """settings/index.html, filtered by GET: q."""

    form: Form  # q
    groups: tuple[Choice, ...]  # value "" is all of them
    group: str
    rows: tuple[SettingRow, ...]
    fixed: tuple[SettingRow, ...]  # what only file and environment say
    facts: tuple[SettingRow, ...] = ()  # what is decided here for good


@shown
class SettingFormPage:
    """settings/edit.html; the field is called value."""

    row: SettingRow
    form: Form
    kind: Literal["tick", "choice", "number", "text", "lines", "password"]
    choices: tuple[Choice, ...]
    group: str


@shown
class ChangeRow:
    """One field of a change, before and after."""

    name: str
    before: str
    after: str


@shown
class AuditStep:
    """One thing that a request did."""

    action: str  # translated
    what: str  # "Attribute 17"
    title: str
    changes: tuple[ChangeRow, ...]


@shown
class AuditRow:
    """One request in the audit log."""

    id: int
    at: int
    who: str
    organisation: str
    action: str  # translated
    what: str
    title: str
    how: str  # translated
    address: str
    more: int  # further things that the request did


@shown
class AuditPage:
    """logs/index.html, filtered by GET: email, action, model, model_id, since, until, q."""

    form: Form
    actions: tuple[Choice, ...]
    models: tuple[Choice, ...]
    rows: tuple[AuditRow, ...]
    paging: Paging
    size: str  # how much there is and how long it is kept, translated


@shown
class AuditRowPage:
    """logs/view.html"""

    row: AuditRow
    key: str  # the key that authenticated the request; ""
    request: str  # the number of the request
    steps: tuple[AuditStep, ...]
    is_cut: bool  # the change was too large to keep whole


@shown
class CheckRow:
    """One check of the self-check."""

    outcome: Outcome
    sentence: str  # translated
    advice: str  # how to mend it, translated; ""
    may_confirm: bool = False  # that partners were told of who we are now
    since: int | None = None  # when an alarm began


@shown
class PartnerHealth:
    """One link on the health page."""

    id: int
    name: str
    health: Health
    sentence: str  # translated
    last_pull: int | None  # that worked
    last_push: int | None
    last_pull_try: int | None
    last_push_try: int | None
    waiting: int
    parked: int


@shown
class HealthPage:
    """health/index.html"""

    outcome: Outcome
    checks: tuple[CheckRow, ...]
    partners: tuple[PartnerHealth, ...]
