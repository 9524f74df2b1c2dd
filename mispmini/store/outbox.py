"""Promises to tell partners of an event, written with the event; a job keeps them (TRUST §3.4, ADR 0003)."""

import threading
from collections.abc import Collection
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.distribution import Reason
from mispmini.domain.receipts import Direction, LedgerState, Receipt
from mispmini.store.database import writing
from mispmini.store.ledger import write_receipt
from mispmini.store.servers import note_up, push_servers, sighting_servers
from mispmini.store.sql import Predicate, execute, row, rows

EVENT = "event"
SIGHTINGS = "sightings"
LONGEST_DELIVERY_SECONDS = 600  # what waits longer does so for a reason
CLUSTER = "cluster"
_TAKES = (
    "CASE outbox.kind WHEN 'sightings' THEN server.push_sightings"
    " WHEN 'cluster' THEN server.push AND server.push_galaxy_clusters ELSE server.push END"
)
_INSERT = (
    "INSERT INTO outbox (server_id, kind, event_uuid, timestamp, created, tries, next_try, parked, whole)"
    " VALUES (?, ?, ?, ?, ?, 0, 0, FALSE, FALSE)"
)
_DUE = (
    "NOT paused AND coalesce(breaker_until, 0) <= :now AND EXISTS (SELECT 1 FROM outbox"
    f" WHERE outbox.server_id = server.id AND {_TAKES} AND NOT outbox.parked AND outbox.next_try <= :now)"
).replace(":now", "?")

_announced = threading.Event()


class OutboxRow(NamedTuple):
    """A promise. `timestamp` is the event's version when it was made, times are epoch seconds.

    `kind` is EVENT, or SIGHTINGS for what was sighted in an event that the partner has, or CLUSTER for a galaxy
    cluster, whose uuid and version stand in the place of the event's. `watch` is the last reading of the partner's
    copy while that is read because no answer came in time. With `whole` goes also what the partner could not store.
    """

    id: int
    server_id: int
    event_uuid: str
    timestamp: int
    created: int
    tries: int
    next_try: int
    parked: bool
    last_error: str | None
    kind: str = EVENT
    watch: str | None = None
    whole: bool = False


class QueuedEvent(NamedTuple):
    """A promise with its event, as it is shown; the event may be gone."""

    row: OutboxRow
    event_id: int | None
    event_info: str | None


class QueueCounts(NamedTuple):
    """How many promises of a link wait, and how many need somebody.

    `late` are those that wait longer than one retry or one delivery takes, `oldest` is since when one of them waits
    (epoch seconds). `late_error` is why one of them did not go yet, `parked_error` why one is parked.
    """

    waiting: int
    parked: int
    late: int = 0
    oldest: int | None = None
    late_error: str | None = None
    parked_error: str | None = None


_ROW = ", ".join(f"outbox.{name}" for name in OutboxRow._fields)


def queue_event(event_uuid: str, timestamp: int, *, exclude_org_id: int | None) -> int:
    """Promise this version to every push server, in the caller's writing(); returns how many promises.

    Never to a link whose remote organisation is the one that sent it: the ledger tells (PROTOCOL §3.1, loop guard).
    What a partner may get is decided when it is sent.
    """
    promised = 0
    for server in push_servers():
        if exclude_org_id is not None and server.remote_org_id == exclude_org_id:
            write_receipt(server.id, Direction.PUSH, event_uuid, Receipt(LedgerState.SKIPPED, Reason.SENDER))
        else:
            promise_event(server.id, event_uuid, timestamp)
            promised += 1
    return promised


def promise_event(server_id: int, event_uuid: str, timestamp: int, *, whole: bool = False) -> None:
    """Promise one event to one link, in the caller's writing(); `whole` with what the partner could not store.

    A promise that stands gives way to a new row: whoever works on the old one cannot settle the new one with it. What
    is still to be read of the partner's copy stays to be read.
    """
    stands = find_row(server_id, event_uuid)
    execute("DELETE FROM outbox WHERE server_id = ? AND kind = ? AND event_uuid = ?", (server_id, EVENT, event_uuid))
    execute(_INSERT, (server_id, EVENT, event_uuid, timestamp, clock.now()))
    if stands or whole:
        execute(
            "UPDATE outbox SET watch = ?, whole = ? WHERE server_id = ? AND kind = ? AND event_uuid = ?",
            (stands and stands.watch, bool(whole or (stands and stands.whole)), server_id, EVENT, event_uuid),
        )
    write_receipt(server_id, Direction.PUSH, event_uuid, Receipt(LedgerState.QUEUED))
    wake()


def queue_sightings(event_uuid: str, timestamp: int, *, exclude_org_id: int | None) -> int:
    """Promise an event's sightings to every link that takes them, in the caller's writing(); returns how many promises.

    Never to a link whose remote organisation is the one that sent them (PROTOCOL §3.1, loop guard).
    """
    servers = [server for server in sighting_servers() if server.remote_org_id != exclude_org_id]
    for server in servers:
        execute(
            "DELETE FROM outbox WHERE server_id = ? AND kind = ? AND event_uuid = ?", (server.id, SIGHTINGS, event_uuid)
        )
        execute(_INSERT, (server.id, SIGHTINGS, event_uuid, timestamp, clock.now()))
    if servers:
        wake()
    return len(servers)


def queue_cluster(cluster_uuid: str, version: int, *, exclude_org_id: int | None) -> int:
    """Promise a galaxy cluster to every link that takes some, in the caller's writing(); returns how many promises.

    Never to a link whose remote organisation is the one that sent it (PROTOCOL §3.1, loop guard).
    """
    wanted = [one for one in push_servers() if one.push_galaxy_clusters and one.remote_org_id != exclude_org_id]
    forget_cluster(cluster_uuid)
    for server in wanted:
        execute(_INSERT, (server.id, CLUSTER, cluster_uuid, version, clock.now()))
    if wanted:
        wake()
    return len(wanted)


def forget_cluster(cluster_uuid: str) -> None:
    """No promise of a galaxy cluster waits any longer, inside a writing()."""
    execute("DELETE FROM outbox WHERE kind = ? AND event_uuid = ?", (CLUSTER, cluster_uuid))


def wake() -> None:
    """Tell the runner of this process that there may be something to do."""
    _announced.set()


def wait_for_news(seconds: float) -> None:
    """Sleep until somebody in this process announces a promise, at most so long; the announcer has then committed."""
    if _announced.wait(seconds):
        _announced.clear()
        with writing(quiet=True):  # the announcement is made inside of a transaction: pass behind its end
            pass


def servers_with_due_rows(now: int) -> list[int]:
    """Links with something to send now, those that were left alone or paused not among them."""
    return [r[0] for r in rows(f"SELECT id FROM server WHERE {_DUE} ORDER BY priority, id", (now, now))]


def due_row(server_id: int, now: int) -> OutboxRow | None:
    """The promise to keep next: fresh ones first, so that one that fails always does not hold up the rest."""
    found = row(
        f"SELECT {_ROW} FROM outbox JOIN server ON server.id = outbox.server_id"
        " WHERE outbox.server_id = ? AND NOT outbox.parked AND outbox.next_try <= ?"
        f" AND {_TAKES} AND NOT server.paused AND coalesce(server.breaker_until, 0) <= ?"
        " ORDER BY outbox.tries, outbox.id LIMIT 1",
        (server_id, now, now),
    )
    return None if found is None else OutboxRow._make(found)


def find_row(server_id: int, event_uuid: str) -> OutboxRow | None:
    """The promise of one event to one link."""
    found = row(
        f"SELECT {_ROW} FROM outbox WHERE server_id = ? AND kind = ? AND event_uuid = ?", (server_id, EVENT, event_uuid)
    )
    return None if found is None else OutboxRow._make(found)


def finish(kept: OutboxRow) -> None:
    """The promise is kept, inside a writing(); one made meanwhile stays (TRUST §3.4)."""
    execute("DELETE FROM outbox WHERE id = ?", (kept.id,))


def retry_later(kept: OutboxRow, at: int, error: str) -> None:
    """Try again then (epoch seconds), inside a writing(); a promise made meanwhile is tried at once."""
    execute(
        "UPDATE outbox SET tries = tries + 1, parked = FALSE, next_try = ?, last_error = ? WHERE id = ?",
        (at, error, kept.id),
    )


def watch(kept: OutboxRow, at: int, error: str, reading: str, *, sent: bool) -> None:
    """Read the partner's copy then (epoch seconds), inside a writing(); it was `sent` just now, or only read."""
    execute(
        "UPDATE outbox SET tries = tries + ?, parked = FALSE, next_try = ?, last_error = ?, watch = ? WHERE id = ?",
        (sent, at, error, reading, kept.id),
    )


def park(kept: OutboxRow, error: str) -> None:
    """Wait for somebody, inside a writing()."""
    execute("UPDATE outbox SET tries = tries + 1, parked = TRUE, last_error = ? WHERE id = ?", (error, kept.id))


def hurry(server_id: int) -> None:
    """The partner answers again: what waited for it is due, parked ones not, inside a writing()."""
    execute("UPDATE outbox SET next_try = 0 WHERE server_id = ? AND NOT parked", (server_id,))


def hurry_if_back(server_id: int) -> None:
    """The partner answered: if it was down, what waited for it is due, inside a writing()."""
    if note_up(server_id):
        hurry(server_id)
        wake()


def is_held(server_id: int, causes: Collection[str]) -> bool:
    """Whether a promise waits for somebody for one of these causes."""
    where = _held(server_id, causes)
    return row(f"SELECT 1 FROM outbox WHERE {where.text}", where.params) is not None


def release(server_id: int, causes: Collection[str]) -> None:
    """What was parked for one of these causes is due: the link showed that they are gone; inside a writing()."""
    where = _held(server_id, causes)
    execute(f"UPDATE outbox SET next_try = 0, parked = FALSE WHERE {where.text}", where.params)
    wake()


def _held(server_id: int, causes: Collection[str]) -> Predicate:
    by_cause = " OR ".join(["last_error LIKE ?"] * len(causes))
    return Predicate(f"server_id = ? AND parked AND ({by_cause})", (server_id, *(f"{cause}:%" for cause in causes)))


def retry_all(server_id: int) -> None:
    """The link was mended: everything is due, parked ones too, inside a writing()."""
    execute("UPDATE outbox SET next_try = 0, parked = FALSE WHERE server_id = ?", (server_id,))
    note_up(server_id)
    wake()


def retry_row(row_id: int) -> int | None:
    """Make one promise due, inside a writing(); returns its server's id, None if it is gone."""
    found = row("SELECT server_id FROM outbox WHERE id = ?", (row_id,))
    if found is None:
        return None
    execute("UPDATE outbox SET next_try = 0, parked = FALSE WHERE id = ?", (row_id,))
    execute("UPDATE server SET breaker_until = NULL WHERE id = ?", (found[0],))
    wake()
    return int(found[0])


def forget_event(event_uuid: str) -> None:
    """The event was deleted here: no promise of it waits any longer, and the ledger says why, inside a writing()."""
    for (server_id,) in rows("SELECT server_id FROM outbox WHERE event_uuid = ?", (event_uuid,)):
        write_receipt(server_id, Direction.PUSH, event_uuid, Receipt(LedgerState.SKIPPED, Reason.DELETED))
    execute("DELETE FROM outbox WHERE event_uuid = ?", (event_uuid,))


def remember_event(event_uuid: str, timestamp: int) -> None:
    """The event was brought back: what was promised of it when it went is promised again, inside a writing()."""
    dropped = rows(
        "SELECT server_id FROM ledger WHERE direction = ? AND event_uuid = ? AND state = ? AND reason = ?",
        (Direction.PUSH, event_uuid, LedgerState.SKIPPED, Reason.DELETED),
    )
    for (server_id,) in dropped:
        promise_event(server_id, event_uuid, timestamp)


def rows_of_event(event_uuid: str) -> list[OutboxRow]:
    """The promises of an event to every link; its sightings' are not among them."""
    found = rows(
        f"SELECT {_ROW} FROM outbox WHERE server_id IN (SELECT id FROM server) AND kind = ? AND event_uuid = ?",
        (EVENT, event_uuid),
    )
    return [OutboxRow._make(r) for r in found]


def list_queue(server_id: int, limit: int = 200) -> list[QueuedEvent]:
    """What waits for a link, what needs somebody first."""
    found = rows(
        f"SELECT {_ROW}, event.id, event.info FROM outbox"
        " LEFT JOIN event ON event.uuid = outbox.event_uuid AND event.trashed IS NULL"
        " WHERE outbox.server_id = ? ORDER BY outbox.parked DESC, outbox.next_try, outbox.id LIMIT ?",
        (server_id, limit),
    )
    return [QueuedEvent(OutboxRow._make(r[:-2]), r[-2], r[-1]) for r in found]


def queue_counts() -> dict[int, QueueCounts]:
    """By link what waits and what is parked."""
    is_late = f"NOT parked AND (tries > 1 OR created < {clock.now() - LONGEST_DELIVERY_SECONDS})"
    found = rows(
        f"SELECT server_id, sum(NOT parked), sum(parked), sum({is_late}), min(iif({is_late}, created, NULL)),"
        f" max(iif({is_late}, last_error, NULL)), max(iif(parked, last_error, NULL)) FROM outbox GROUP BY server_id"
    )
    return {r[0]: QueueCounts(*r[1:]) for r in found}
