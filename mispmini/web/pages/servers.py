"""What the pages of servers and jobs are given."""

from typing import Literal, TypeAlias

from mispmini.web.pages.shared import Choice, Form, Health, LedgerRow, LedgerState, Paging
from mispmini.web.pages.showing import shown

Outcome: TypeAlias = Literal["good", "warning", "failing", "skipped"]
JobState: TypeAlias = Literal["waiting", "running", "done", "failed"]
LinkState: TypeAlias = Literal["running", "due", "waiting", "by_hand", "paused", "off"]
RULE_FIELDS = ("push_tags", "push_orgs", "push_t", "pull_tags", "pull_orgs", "pull_t", "pull_url")


@shown
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
    last_push: int | None  # that worked
    last_pull: int | None
    last_push_try: int | None
    last_pull_try: int | None
    pull_state: LinkState
    next_pull: int | None  # never in the past; None for now, by hand or while it rests
    waiting: int  # events queued
    parked: int  # events that need somebody
    sent: int  # events that they have from us
    received: int  # events that we have from them


@shown
class ServersPage:
    """servers/index.html"""

    cards: tuple[ServerCard, ...]


@shown
class ServerFormPage:
    """servers/edit.html.

    Fields: url, name, remote_org_id ("" for a new one: then remote_org_name, remote_org_uuid), authkey, push, pull,
    pull_interval (minutes), priority, allow_internal (one CIDR a line), unpublish_event, publish_without_email,
    internal, skip_proxy, proxy, default_local_tag, trusted_orgs (one a line), own_name_policy, gone_policy,
    push_sightings, push_galaxy_clusters, pull_galaxy_clusters, push_analyst_data, pull_analyst_data, caching_enabled,
    remove_missing_tags, submitted_cert and submitted_client_cert (files), delete_cert, delete_client_cert. Rules, one
    name a line: push_ and pull_ with tags_or, tags_not, orgs_or, orgs_not, types_not, templates_not; pull_url_params
    (JSON).
    """

    id: int | None  # None to add one; the authkey is then required, else empty keeps it
    form: Form
    organisations: tuple[Choice, ...]  # the first, "", is a new one
    policies: tuple[Choice, ...]  # of own_name_policy
    gone_policies: tuple[Choice, ...]
    has_cert: bool  # an authority's certificate is kept
    has_client_cert: bool
    filters_types: bool  # the setting that rules of types and objects need

    @property
    def has_rules(self) -> bool:
        """Whether any rule is written, so that they are shown opened."""
        return any(self.form.value(name) for name in self.form.values if name.startswith(RULE_FIELDS))


@shown
class QueueRow:
    """One event that waits for this server."""

    id: int  # of the outbox row
    event_id: int
    event_info: str
    state: Literal["waiting", "sending", "parked"]
    waits: str  # why, translated
    attempts: int
    next_try: int | None  # never in the past; None for now, or for nobody knows


@shown
class Fact:
    """One line of what is known: label and text, translated."""

    label: str
    text: str
    mono: bool = False


@shown
class DifferenceRow:
    """An event that one side of a link lacks, or holds otherwise."""

    event_id: int | None  # None for one that is not here
    event_info: str  # its uuid for one that is not here
    direction: Literal["push", "pull"]
    sentence: str  # translated
    detail: str  # uuids of what is missing; ""
    may_resend: bool


@shown
class ServerPage:
    """servers/view.html"""

    card: ServerCard
    key_hint: str  # "AbCd…wXyZ", first and last four of the partner's key
    paused: bool
    facts: tuple[Fact, ...]  # what else was set, the usual left out
    pin: str  # "AB:CD:…", the fingerprint of the pinned certificate; "" for none
    unstorable: str  # what the partner cannot store, translated; ""
    pull_interval: int  # minutes; 0 for by hand only
    allow_internal: tuple[str, ...]  # CIDRs
    queue: tuple[QueueRow, ...]
    ledger: tuple[LedgerRow, ...]
    ledger_paging: Paging
    compared: int | None  # when both indexes were last compared
    difference_count: int
    differences: tuple[DifferenceRow, ...]  # the first of them
    may_edit: bool


@shown
class SyncConfigPage:
    """servers/create_sync.html"""

    text: str  # the configuration as JSON, "" while it was not made
    may_make: bool = True  # a sync user asks, whose key it is


@shown
class TestLayer:
    """One layer of the connection test, in order: name, address, TLS, HTTP, key, permissions, POST."""

    __test__ = False  # a row of a page, not a test case

    name: str
    outcome: Outcome
    sentence: str  # what was found
    detail: str  # what the machine said of it, raw; ""
    advice: str  # how to mend it; "" when good


@shown
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
    fingerprint: str  # "AB:CD:…" of a certificate that was refused and may be trusted; "" for none
    replaces_pin: bool  # another one is pinned: what is shown may be an impostor's


@shown
class RemoteRow:
    """One event of the partner's list."""

    ref: str  # its uuid; "" when what it calls itself is none
    info: str
    organisation: str
    date: str  # YYYY-MM-DD, as the partner wrote it
    changed: int
    attributes: int
    tags: tuple[str, ...]
    comes: bool  # a pull would take it
    may_pull: bool  # it can be taken alone
    verdict: str  # why, or why not, translated


@shown
class PreviewPage:
    """servers/preview.html. Fields: searchall, searcheventinfo, searchorg, searchtag."""

    id: int
    name: str
    form: Form
    rows: tuple[RemoteRow, ...]
    total: int | None  # None when the partner does not tell
    coming: int  # of the rows shown
    previous: str | None  # path and query of the page before
    next: str | None


@shown
class RemoteAttribute:
    """One attribute of the partner's event; `object` is the name of the object it is part of, or ""."""

    type: str
    category: str
    value: str
    comment: str
    object: str


@shown
class RemoteEventPage:
    """servers/preview_event.html"""

    id: int
    name: str
    ref: str
    info: str
    facts: tuple[Fact, ...]
    tags: tuple[str, ...]
    attributes: tuple[RemoteAttribute, ...]  # at most 500
    more: int  # how many there are beyond
    may_pull: bool


@shown
class RemoteNamesPage:
    """servers/remote.html: our account at the partner, and the names that pull rules can use."""

    id: int
    name: str
    account: tuple[Fact, ...]
    trouble: str  # why nothing was told, translated; ""
    organisations: tuple[str, ...]
    tags: tuple[str, ...]


@shown
class ScheduleRow:
    """One partner in the schedule."""

    id: int
    name: str
    state: LinkState
    interval: int  # minutes; 0 for by hand only
    last: int | None  # that worked
    tried: int | None
    result: str  # of the last try, translated; ""
    next: int | None
    may_run: bool


@shown
class JobRow:
    """One job in the list."""

    id: int
    title: str  # translated
    state: JobState
    message: str  # translated; ""
    at: int


@shown
class JobsPage:
    """jobs/index.html"""

    schedule: tuple[ScheduleRow, ...]
    jobs: tuple[JobRow, ...]  # newest first


@shown
class JobItem:
    """What a job did with one thing."""

    label: str
    event_id: int | None
    direction: Literal["push", "pull"]
    state: LedgerState
    reason: str  # translated; ""


@shown
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
    advice: str  # what to do after a failure, translated; ""
    may_cancel: bool
    back: str  # path of the page that started it
    back_label: str  # that page's name


@shown
class PartnerSheet:
    """What a partner is given for one way of exchange."""

    title: str
    text: str  # lines "field: value", to be copied


@shown
class StatementPage:
    """servers/statement.html: one page on paper."""

    organisation: str  # "" where none is named yet
    organisation_uuid: str
    url: str
    contact: str  # "" where nobody is named
    version: str  # a sentence
    sheets: tuple[PartnerSheet, ...]
    retention: tuple[str, ...]  # sentences
    tlp: tuple[str, ...]  # sentences
    readers: tuple[str, ...]  # organisations
    printed: int
