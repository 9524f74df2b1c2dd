"""Fetches a partner's events over a few connections, ahead of the one writer (PROTOCOL §4.4, SPEED §3)."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from queue import SimpleQueue
from threading import Condition
from typing import TypeAlias

from mispmini.domain import clock
from mispmini.domain.drafts import AttributeDraft, EventDraft
from mispmini.domain.errors import MispminiError
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.sync.judging import refusal
from mispmini.sync.links import Outbound, open_remote, said
from mispmini.sync.remote import Answer, Cause, RemoteFailure, RemoteServer
from mispmini.wire.event_in import read_event, read_progress

THREADS = 3
_AHEAD = 100
_ATTRIBUTES_AHEAD = 5_000
_FEW = 16
_FILE_BYTES = 4_096  # of a file, that weigh as much as an attribute
_NOT_NOW = (429, 502, 503, 504)
_MOST_SILENT_IN_A_ROW = 3
_MOST_BAD_IN_A_ROW = 100
_NOBODY_THERE = (Cause.TCP, Cause.OUR_PROXY)
_VIEW = (
    "/deleted[]:0/deleted[]:1/excludeGalaxy:1/includeEventCorrelations:0/includeFeedCorrelations:0"
    "/includeWarninglistHits:0"
)

_YOUNG_SECONDS = 15 * 60
_MANY_ATTRIBUTES = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """An event as its partner showed it; `settled` says that nobody can still be writing it there (RULES §11)."""

    draft: EventDraft
    digest: str
    settled: bool


Fetched: TypeAlias = Reading | Receipt
AS_BEFORE = Receipt(LedgerState.UNCHANGED)
"""Fetched again, and the same."""


def fetch_event(remote: RemoteServer, server: LinkedServer, ref: str, *, digest: str | None = None) -> Fetched:
    """One event by id or uuid, read; or the receipt that says why not. Raises RemoteFailure.

    AS_BEFORE if the answer is the one of this `digest`.
    """
    local_tags = "" if server.internal else "/excludeLocalTags:1"
    answer = remote.get_json(f"/events/view/{ref}{_VIEW}{local_tags}")
    if answer.status != 200:
        return refusal(answer.status, said(answer))
    if answer.digest == digest:
        return AS_BEFORE
    try:
        draft = read_event(answer.json, from_partner=True)
    except MispminiError as error:
        return Receipt(LedgerState.FAILED, Trouble.WRONG_SHAPE, error.sentence, 200)
    if draft.uuid is None:
        return Receipt(LedgerState.FAILED, Trouble.WRONG_SHAPE, "an event without a uuid", 200)
    if (canonical_uuid(ref) or draft.uuid) != draft.uuid:
        return Receipt(LedgerState.FAILED, Trouble.WRONG_UUID, f"asked for {ref}, got {draft.uuid}", 200)
    return Reading(draft, answer.digest, _is_settled(answer, draft))


def _is_settled(answer: Answer, draft: EventDraft) -> bool:
    """Whether it is small, and was published a while before it was read, by the partner's own clock."""
    published, told = read_progress(answer.json)
    now = clock.now() if answer.date is None else answer.date
    return now - published >= _YOUNG_SECONDS and max(told, len(list(_attributes(draft)))) <= _MANY_ATTRIBUTES


def fetch_in_order(
    remote: RemoteServer, server: LinkedServer, outbound: Outbound, refs: Mapping[str, str | None]
) -> Iterator[Fetched]:
    """The events in the order asked for, at most 100 or 5,000 attributes (20 MB of files) ahead of the taker.

    `refs` holds the digest of what was read before. A short list goes over the connection that is there. Raises
    RemoteFailure when three in a row get no answer, or a hundred one of no use.
    """
    threads = 1 if len(refs) <= _FEW else THREADS
    with ExitStack() as opened:
        free: SimpleQueue[RemoteServer] = SimpleQueue()
        free.put(remote)
        for _ in range(threads - 1):
            free.put(opened.enter_context(open_remote(server, outbound)))
        pool = ThreadPoolExecutor(threads, thread_name_prefix=f"pull-{server.id}")
        opened.callback(pool.shutdown, cancel_futures=True)
        window = Window(lambda ref: _fetch_with(free, server, ref, refs[ref]))
        opened.callback(window.close)
        yield from _without_a_row_of_failures(window.fetched(pool, refs))


def _fetch_with(
    free: "SimpleQueue[RemoteServer]", server: LinkedServer, ref: str, digest: str | None
) -> Fetched | RemoteFailure:
    remote = free.get()
    try:
        return fetch_event(remote, server, ref, digest=digest)
    except RemoteFailure as failure:
        return failure
    finally:
        free.put(remote)


@dataclass(slots=True)
class Window:
    """What is fetched while the taker writes: enough that neither waits for the other, and little enough to hold."""

    fetch: Callable[[str], Fetched | RemoteFailure]
    held: int = 0
    next: int = 0
    closed: bool = False
    changed: Condition = field(default_factory=Condition)

    def fetched(self, pool: ThreadPoolExecutor, refs: Iterable[str]) -> Iterator[Fetched | RemoteFailure]:
        """In the order of `refs`."""
        waiting: deque[Future[Fetched | RemoteFailure]] = deque()
        for position, ref in enumerate(refs):
            waiting.append(pool.submit(self._ahead, position, ref))
            if len(waiting) >= _AHEAD:
                yield self._taken(waiting.popleft())
        while waiting:
            yield self._taken(waiting.popleft())

    def close(self) -> None:
        """Nothing more is taken: what waits for room ends."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def _ahead(self, position: int, ref: str) -> Fetched | RemoteFailure:
        with self.changed:
            # The one that the taker waits for goes on in any case: those behind it may hold all the room.
            self.changed.wait_for(lambda: self.closed or self.held < _ATTRIBUTES_AHEAD or position == self.next)
            if self.closed:
                raise CancelledError
        item = self.fetch(ref)
        with self.changed:
            self.held += weight_of(item)
        return item

    def _taken(self, future: "Future[Fetched | RemoteFailure]") -> Fetched | RemoteFailure:
        item = future.result()
        with self.changed:
            self.held -= weight_of(item)
            self.next += 1
            self.changed.notify_all()
        return item


def weight_of(item: Fetched | RemoteFailure) -> int:
    """What one event holds, in attributes: a file weighs as many as 4 kB of it go into."""
    if not isinstance(item, Reading):
        return 0
    return sum(1 + len(attribute.data or b"") // _FILE_BYTES for attribute in _attributes(item.draft))


def _attributes(draft: EventDraft) -> Iterator[AttributeDraft]:
    return chain(draft.attributes, *(held.attributes for held in draft.objects))


def _without_a_row_of_failures(fetched: Iterator[Fetched | RemoteFailure]) -> Iterator[Fetched]:
    """A partner that is silent is soon left alone; one that answers some events badly keeps nobody from the others."""
    silent = answered = 0
    for item in fetched:
        failure = _failure_in(item)
        if failure is None:
            silent = answered = 0
        else:
            silent, answered = silent + (not failure.was_answered), answered + failure.was_answered
            if silent >= _MOST_SILENT_IN_A_ROW or answered >= _MOST_BAD_IN_A_ROW or failure.cause in _NOBODY_THERE:
                raise failure
        yield Receipt(LedgerState.FAILED, item.cause, item.detail) if isinstance(item, RemoteFailure) else item


def _failure_in(item: Fetched | RemoteFailure) -> RemoteFailure | None:
    """What tells of the partner rather than of this event: no answer of use, or that of a gateway in its place."""
    if isinstance(item, Receipt) and item.http_status in _NOT_NOW:
        return RemoteFailure(Cause.HTTP, f"status {item.http_status}: {item.detail}")
    return item if isinstance(item, RemoteFailure) else None
