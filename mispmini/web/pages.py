"""What each page is given: one frozen object of plain values, the contract between views and templates.

Times are epoch seconds, None for "never". Sentences (audience, reason, advice, labels) arrive translated; what comes
from events and people arrives raw and is escaped by the template. `may_…` is all the permission logic a template knows.
Field names of forms are the wire's (`info`, `threat_level_id`), so that a form becomes the same draft as JSON does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Tlp: TypeAlias = Literal["", "red", "amber", "green", "clear"]
LedgerState: TypeAlias = Literal[
    "queued", "sent", "updated", "unchanged", "partial", "degraded", "conflict", "skipped", "failed", "gave_up"
]
Health: TypeAlias = Literal["good", "warning", "failing", "unused"]
Outcome: TypeAlias = Literal["good", "warning", "failing", "skipped"]
JobState: TypeAlias = Literal["waiting", "running", "done", "failed"]


# Parts that many pages share ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Notice:
    """One message above the page, shown once: what the last request did."""

    kind: Literal["success", "info", "warning", "error"]
    text: str  # translated


@dataclass(frozen=True)
class SignedIn:
    """The `viewer` of every template (None when nobody is signed in): what the frame around a page shows and offers."""

    email: str
    organisation: str
    role: str  # the role's name, as MISP's: "Org Admin"
    here: str  # path and query of this page, where the language switch comes back to
    may_add_events: bool
    may_see_servers: bool
    may_administer: bool  # users of the own organisation at least
    may_change_organisations: bool  # add and edit them: site admins
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class Choice:
    """One option of a select or radio group."""

    value: str
    label: str  # translated unless it is a name
    help: str = ""  # one translated sentence


@dataclass(frozen=True)
class Form:
    """What a form shows: kept or initial text and the sentence for what is wrong, by field name.

    A ticked checkbox has the value "1".
    """

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)  # translated
    message: str = ""  # what is wrong with the form as a whole, translated

    def value(self, name: str) -> str:
        """The text of one field; empty when it has none."""
        return self.values.get(name, "")

    def error(self, name: str) -> str:
        """The sentence for one field; empty when it is right."""
        return self.errors.get(name, "")


@dataclass(frozen=True)
class Paging:
    """Where this page stands in a list."""

    total: int  # rows in all
    first: int  # number of the first row shown, from 1; 0 for an empty list
    last: int
    previous: str | None  # path and query of the page before, filters kept; None on the first
    next: str | None


@dataclass(frozen=True)
class TagBadge:
    """A tag as it is shown on an event or attribute."""

    id: int
    name: str
    colour: str  # "#rrggbb", checked by the writer
    local: bool
    tlp: Tlp  # "" for a tag that is no TLP; amber+strict and ex:chr are "amber"


@dataclass(frozen=True)
class LedgerRow:
    """What became of one event at one server."""

    event_id: int | None  # None for one that is not here (any more)
    event_info: str
    server_id: int
    server_name: str
    direction: Literal["push", "pull"]
    state: LedgerState
    reason: str  # translated sentence; "" when the state says it all
    at: int | None
    detail: str = ""  # what the other side said, raw; for site admins


# Doors: set-up, login, errors, home -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ErrorPage:
    """error.html"""

    status: int  # HTTP
    title: str  # "Not found", translated
    sentence: str  # what happened
    advice: str  # what to do now
    request_id: str


@dataclass(frozen=True)
class SetupPage:
    """setup.html, posts to /setup: token, org_name, org_uuid, email, password, base_url, language."""

    token: str  # the one-time token of the link
    languages: tuple[Choice, ...]
    form: Form


@dataclass(frozen=True)
class LoginPage:
    """login.html, posts `data[User][email]` and `data[User][password]` to /users/login."""

    instance: str  # name of this instance's organisation
    email: str  # kept after a failed attempt
    message: str  # why the last attempt failed, translated; ""
    go_to: str  # checked local path to open after login; "" for home
    languages: tuple[Choice, ...]  # all supported; links to /users/login?language=…


@dataclass(frozen=True)
class Step:
    """One line of the first-run checklist."""

    label: str
    done: bool
    href: str  # where to do it


@dataclass(frozen=True)
class ServerHealth:
    """One partner in the strip on the home page."""

    id: int
    name: str
    health: Health
    sentence: str  # "Last pull 3 minutes ago", translated
    waiting: int  # events in the queue


@dataclass(frozen=True)
class HomePage:
    """home.html"""

    organisation: str
    steps: tuple[Step, ...]  # empty once all are done
    received: tuple["EventRow", ...]  # newest from elsewhere, at most ten
    drafts: tuple["EventRow", ...]  # own unpublished, at most ten
    servers: tuple[ServerHealth, ...]
    troubles: tuple[LedgerRow, ...]  # newest that failed, conflicted, were degraded or given up; at most ten
    event_count: int
    attribute_count: int
    organisation_count: int


# Events ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EventRow:
    """One event in a list."""

    id: int
    info: str
    organisation: str  # the creator's
    attribute_count: int
    tags: tuple[TagBadge, ...]  # TLP first
    audience: str  # short: "This community"
    date: str  # YYYY-MM-DD, the event's own
    changed: int | None
    published: bool
    changed_since_publish: bool


@dataclass(frozen=True)
class EventsPage:
    """events/index.html, filtered by GET: q, tag, org, published, tab."""

    tab: Literal["all", "ours", "received", "drafts"]
    form: Form  # q, tag, org, published ("", "1", "0")
    rows: tuple[EventRow, ...]
    paging: Paging
    filtered: bool  # something narrows the list: an empty one then says so


@dataclass(frozen=True)
class AttributeRow:
    """One attribute of an event, alone or in an object."""

    id: int
    uuid: str
    relation: str  # name within its object; "" outside of one
    value: str
    type: str
    category: str
    to_ids: bool
    comment: str
    audience: str  # short; "" when it inherits
    tags: tuple[TagBadge, ...]
    changed: int | None
    deleted: bool  # softly: shown on demand, and restored
    may_edit: bool
    may_delete: bool
    may_tag: bool


@dataclass(frozen=True)
class ReferenceRow:
    """A reference from an object to an attribute or object of the same event."""

    relationship: str  # "related-to"
    target: str  # its value or name
    anchor: str  # id of its element on this page, "" when it is not on it


@dataclass(frozen=True)
class ObjectGroup:
    """One object with its attributes."""

    id: int
    uuid: str
    name: str
    comment: str
    audience: str  # short; "" when it inherits
    attributes: tuple[AttributeRow, ...]
    references: tuple[ReferenceRow, ...]
    deleted: bool
    may_edit: bool


@dataclass(frozen=True)
class EventPage:
    """events/view.html"""

    id: int
    uuid: str
    info: str
    owner_org: str
    owner_org_id: int
    creator_org: str
    creator_org_id: int
    date: str  # YYYY-MM-DD
    threat_level: str  # translated
    analysis: str  # translated
    tlp: TagBadge | None
    audience: str  # a sentence: who can see this
    published: bool
    published_at: int | None
    changed: int | None
    changed_since_publish: bool
    extends_uuid: str  # "" for none
    attribute_count: int  # visible ones, those in objects included
    tags: tuple[TagBadge, ...]
    objects: tuple[ObjectGroup, ...]
    attributes: tuple[AttributeRow, ...]  # those outside of objects
    paging: Paging  # over objects and attributes together
    attribute_form: Form  # type, category, value, comment, to_ids, distribution, sharing_group_id, batch_import
    choices: "AttributeChoices"
    deleted_shown: bool  # softly deleted attributes are among the rows
    deliveries: tuple[LedgerRow, ...]  # newest per server and direction
    may_see_deliveries: bool
    may_edit: bool
    may_tag: bool
    may_tag_locally: bool
    may_publish: bool
    may_unpublish: bool
    may_delete: bool
    edit_hint: str  # why it may not be edited, or what to know before; "" for nothing


@dataclass(frozen=True)
class AttributeChoices:
    """What the form of an attribute offers."""

    types: tuple[Choice, ...]
    categories: tuple[Choice, ...]  # the first, "", stands for the type's own
    to_ids: tuple[Choice, ...]  # the first, "", stands for the type's own
    distributions: tuple[Choice, ...]  # "inherit" first
    groups: tuple[Choice, ...]  # sharing groups; empty: the form offers none


@dataclass(frozen=True)
class AttributeFormPage:
    """attributes/edit.html: the fields of EventPage.attribute_form without batch_import."""

    id: int
    event_id: int
    event_info: str
    form: Form
    choices: AttributeChoices


@dataclass(frozen=True)
class EventFormPage:
    """events/edit.html: date, distribution, sharing_group_id, threat_level_id, analysis, info, extends_uuid."""

    id: int | None  # None to add one
    form: Form
    distributions: tuple[Choice, ...]
    groups: tuple[Choice, ...]  # sharing groups; empty: the form offers none
    threat_levels: tuple[Choice, ...]
    analyses: tuple[Choice, ...]


@dataclass(frozen=True)
class Recipient:
    """One server in the publish page: would the event go there, and as what."""

    server_name: str
    goes: bool
    sentence: str  # "Arrives as: this community only" or the reason why not, translated


@dataclass(frozen=True)
class PublishPage:
    """events/publish.html"""

    id: int
    info: str
    audience: str  # a sentence: who can see this
    here: tuple[str, ...]  # organisations on this server that see it, by name
    recipients: tuple[Recipient, ...]
    warnings: tuple[str, ...]  # "It has no TLP tag."; publishing stays possible
    refusal: str  # why it may not be published; "" when it may


@dataclass(frozen=True)
class DeletePage:
    """events/delete.html"""

    id: int
    info: str
    attribute_count: int
    holders: tuple[str, ...]  # servers that have a copy and keep it


# Organisations and accounts -------------------------------------------------------------------------------------------


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


# Servers and jobs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServerCard:
    """One partner in the list."""

    id: int
    name: str
    url: str
    organisation: str
    push: bool
    pull: bool
    health: Health
    sentence: str  # the state in words, translated
    last_push: int | None
    last_pull: int | None
    next_pull: int | None
    waiting: int  # events queued
    parked: int  # events that need somebody
    sent: int  # events that they have from us
    received: int  # events that we have from them


@dataclass(frozen=True)
class ServersPage:
    """servers/index.html"""

    cards: tuple[ServerCard, ...]
    may_edit: bool


@dataclass(frozen=True)
class ServerFormPage:
    """servers/edit.html.

    Fields: url, name, remote_org_id ("" for a new one: then remote_org_name, remote_org_uuid), authkey, push, pull,
    pull_interval (minutes), allow_internal (one CIDR a line).
    """

    id: int | None  # None to add one; the authkey is then required, else empty keeps it
    form: Form
    organisations: tuple[Choice, ...]  # the first, "", is a new one


@dataclass(frozen=True)
class QueueRow:
    """One event that waits for this server."""

    id: int  # of the outbox row
    event_id: int
    event_info: str
    state: Literal["waiting", "sending", "parked"]
    reason: str  # of the last failure or of the parking, translated; ""
    attempts: int
    next_try: int | None


@dataclass(frozen=True)
class ServerPage:
    """servers/view.html"""

    card: ServerCard
    key_hint: str  # "AbCd…wXyZ", first and last four of the partner's key
    pull_interval: int  # minutes; 0 for by hand only
    allow_internal: tuple[str, ...]  # CIDRs
    queue: tuple[QueueRow, ...]
    ledger: tuple[LedgerRow, ...]
    ledger_paging: Paging
    may_edit: bool


@dataclass(frozen=True)
class TestLayer:
    """One layer of the connection test, in order: name, address, TLS, HTTP, key, permissions, POST."""

    __test__ = False  # a row of a page, not a test case

    name: str
    outcome: Outcome
    sentence: str  # what was found
    advice: str  # how to mend it; "" when good


@dataclass(frozen=True)
class ServerTestPage:
    """servers/test.html"""

    id: int
    name: str
    url: str
    verdict: str  # one translated sentence
    outcome: Outcome
    local_version: str
    remote_version: str  # "" when it was not reached
    layers: tuple[TestLayer, ...]


@dataclass(frozen=True)
class JobItem:
    """What a job did with one thing."""

    label: str
    state: LedgerState
    reason: str  # translated; ""


@dataclass(frozen=True)
class JobPage:
    """jobs/view.html, asked for again every 2 seconds until the job ends."""

    id: int
    title: str  # "Pull from CERT.br", translated
    state: JobState
    done: int
    total: int  # 0 while unknown
    message: str  # translated; ""
    started: int | None
    finished: int | None
    items: tuple[JobItem, ...]  # newest first, at most 200
    back: str  # path of the page that started it
    back_label: str  # that page's name
