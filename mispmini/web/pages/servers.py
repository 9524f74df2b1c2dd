"""What the pages of servers and jobs are given."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mispmini.web.pages.shared import Choice, Form, Health, LedgerRow, LedgerState, Paging

Outcome: TypeAlias = Literal["good", "warning", "failing", "skipped"]
JobState: TypeAlias = Literal["waiting", "running", "done", "failed"]


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
