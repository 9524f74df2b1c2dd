"""Keeps the promises of one link's outbox: send, note, finish, retry, park or give up (TRUST §3.4)."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.receipts import Direction, LedgerState, Receipt
from mispmini.domain.servers import LinkedServer
from mispmini.store import ledger, outbox, servers
from mispmini.store.database import writing
from mispmini.store.outbox import OutboxRow
from mispmini.store.settings import load_settings
from mispmini.sync.clusters import send_published
from mispmini.sync.failures import BETWEEN
from mispmini.sync.judging import PARK_AFTER_TRIES, Then
from mispmini.sync.links import LinkRefused, Outbound, only_one_on, open_remote
from mispmini.sync.push import Delivery, Pusher
from mispmini.sync.remote import RemoteFailure
from mispmini.sync.sightings import deliver_sightings, send_along
from mispmini.sync.watching import APART_SECONDS

RETRY_BASE_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 6 * 3600
LONGEST_BREAK_SECONDS = 300
_LOCK_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before another try: the first wait in seconds, doubled each time up to six hours."""

    base: float = RETRY_BASE_SECONDS

    def next_try(self, tries: int) -> int:
        """When to try again (epoch seconds) after `tries` failures before this one."""
        wait = min(LONGEST_WAIT_SECONDS, self.base * 2.0 ** min(tries, 30))
        return clock.now() + round(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads retries, hides nothing


USUAL = Patience()


def deliver_due(
    server_id: int,
    outbound: Outbound,
    *,
    patience: Patience = USUAL,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Work off what is due on one link; returns how many promises were tried. Raises AlreadyRunning."""
    tried = 0
    with only_one_on(server_id, wait=_LOCK_WAIT_SECONDS):
        server = servers.find_any_server(server_id)
        first = outbox.due_row(server_id, clock.now())
        if server is None or first is None:
            return 0
        try:
            with open_remote(server, outbound) as remote:
                pusher = Pusher(server, remote)
                while not is_stopping() and (row := outbox.due_row(server_id, clock.now())):
                    _work_off(pusher, row, patience)
                    tried += 1
        except (LinkRefused, RemoteFailure) as failure:
            _note_unusable(server, first, failure, patience)
    return tried


def _work_off(pusher: Pusher, row: OutboxRow, patience: Patience) -> None:
    """An event goes with its sightings, and sightings on their own to who has the event (PROTOCOL §3.2)."""
    if row.kind == outbox.SIGHTINGS:
        keep(pusher.server, row, deliver_sightings(pusher, row.event_uuid), patience)
        return
    if row.kind == outbox.CLUSTER:
        keep(pusher.server, row, _deliver_cluster(pusher, row.event_uuid), patience)
        return
    delivery = pusher.deliver(row.event_uuid, row)
    keep(pusher.server, row, delivery, patience)
    if delivery.receipt.arrived:
        send_along(pusher, row.event_uuid)


def _deliver_cluster(pusher: Pusher, uuid: str) -> Delivery:
    """Keep the promise of one galaxy cluster. Raises nothing that a partner causes."""
    now = clock.now()
    try:
        return Delivery(*send_published(pusher.remote, pusher.version(), pusher.partner, uuid), now)
    except LinkRefused as refusal:
        receipt = Receipt(LedgerState.FAILED, refusal.reason, refusal.sentence, refusal.http_status)
        return Delivery(receipt, Then.PARK, now)
    except RemoteFailure as failure:
        return Delivery(Receipt(LedgerState.FAILED, failure.cause, failure.detail), Then.RETRY_THEN_PARK, now)


def keep(server: LinkedServer, row: OutboxRow, delivery: Delivery, patience: Patience) -> None:
    """Write down what became of a promise, ledger and outbox in one transaction."""
    receipt, then = delivery.receipt, _settled(row, delivery)
    error = f"{receipt.reason}: {receipt.detail or ''}"
    with writing():
        if then in (Then.RETRY, Then.WATCH) and _is_over(row):
            receipt, then = _gave_up(receipt), Then.FINISH
        if row.kind == outbox.EVENT:
            ledger.write_receipt(server.id, Direction.PUSH, row.event_uuid, receipt)
        if then is Then.FINISH:
            outbox.finish(row)
        elif then is Then.PARK:
            outbox.park(row, error)
        elif delivery.reading:
            _watch(server, row, error, patience, delivery)
        else:
            _postpone(server, row, error, patience, link_is_down=delivery.link_is_down)
        _note_tried(server, delivery)


def _settled(row: OutboxRow, delivery: Delivery) -> Then:
    if delivery.then is not Then.RETRY_THEN_PARK:
        return delivery.then
    return Then.PARK if row.tries + 1 >= PARK_AFTER_TRIES else Then.RETRY


def _is_over(row: OutboxRow) -> bool:
    return clock.now() - row.created > load_settings().give_up_after_days * 86400


def _gave_up(receipt: Receipt) -> Receipt:
    return Receipt(LedgerState.GAVE_UP, receipt.reason, receipt.detail, receipt.http_status)


def _postpone(server: LinkedServer, row: OutboxRow, error: str, patience: Patience, *, link_is_down: bool) -> None:
    at = patience.next_try(row.tries)
    if link_is_down:
        soon = min(at, clock.now() + LONGEST_BREAK_SECONDS)
        servers.note_down(server.id, error, until=soon)
        at = soon if error.partition(":")[0] in BETWEEN else at  # not the event's fault, and soon mended
    outbox.retry_later(row, at, error)


def _watch(server: LinkedServer, row: OutboxRow, error: str, patience: Patience, delivery: Delivery) -> None:
    """Read the partner's copy after a minute, and later each time that it had to be sent again."""
    reading = delivery.reading
    assert reading is not None
    soon = (reading.since or clock.now()) + APART_SECONDS
    at = max(soon, patience.next_try(row.tries)) if row.tries and reading.since is None else soon
    outbox.watch(row, at, error, reading.text, sent=reading.since is None)
    if delivery.link_is_down:
        servers.note_down(server.id, error, until=min(at, clock.now() + LONGEST_BREAK_SECONDS))


def _note_tried(server: LinkedServer, delivery: Delivery) -> None:
    """Whether anything was sent, and arrived; what waited for a partner that was down is due once it answers."""
    receipt = delivery.receipt
    if receipt.state is not LedgerState.SKIPPED:
        servers.note_push(server.id, arrived=receipt.arrived)
    if not delivery.link_is_down and (receipt.arrived or receipt.http_status):
        outbox.hurry_if_back(server.id)


def _note_unusable(
    server: LinkedServer, row: OutboxRow, failure: LinkRefused | RemoteFailure, patience: Patience
) -> None:
    """The link cannot even be set up: an address, certificate file or key that is none."""
    if isinstance(failure, LinkRefused):
        receipt = Receipt(LedgerState.FAILED, failure.reason, failure.sentence)
        keep(server, row, Delivery(receipt, Then.PARK, row.timestamp), patience)
        return
    receipt = Receipt(LedgerState.FAILED, failure.cause, failure.detail)
    keep(server, row, Delivery(receipt, Then.RETRY, row.timestamp, link_is_down=True), patience)
