"""What became of each event on each link: one row by server, direction and event, the newest outcome."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.receipts import ARRIVED, MAX_DETAIL, TROUBLES, Direction, LedgerState, Receipt, Trouble
from mispmini.store.rereadings import Rereading
from mispmini.store.sql import Predicate, Row, execute, execute_many, marks, row, rows

_WRITE = (
    "INSERT INTO ledger (server_id, direction, event_uuid, state, reason, detail, http_status, there, timestamp, time)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, 0), ?) ON CONFLICT (server_id, direction, event_uuid) DO UPDATE SET"
    " state = excluded.state, reason = excluded.reason, detail = excluded.detail, http_status = excluded.http_status,"
    " time = excluded.time, there = CASE WHEN ? IS NULL THEN ledger.there ELSE excluded.there END,"
    " timestamp = coalesce(?, ledger.timestamp)"
)
_ENTRY = (
    "SELECT ledger.server_id, server.name, ledger.direction, ledger.event_uuid, ledger.state, ledger.reason,"
    " ledger.detail, ledger.http_status, ledger.timestamp, ledger.time, event.id, event.info, ledger.there,"
    " event.locked, again.digest, again.readings, again.due FROM ledger JOIN server ON server.id = ledger.server_id"
    " LEFT JOIN rereading AS again ON ledger.direction = 'pull' AND again.server_id = ledger.server_id"
    " AND again.event_uuid = ledger.event_uuid"
    " LEFT JOIN event ON event.uuid = ledger.event_uuid AND event.trashed IS NULL"
)


_REASON = "UPDATE ledger SET reason = ?, time = ? WHERE server_id = ? AND direction = ? AND event_uuid = ?"


class Delivered(NamedTuple):
    """What a partner has of an event from us: its timestamp here, 0 for nothing, and that of the partner's copy."""

    version: int
    there: int | None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A ledger row as it is shown; the event may be gone. `again` says that its readings did not agree yet."""

    server_id: int
    server_name: str
    direction: Direction
    event_uuid: str
    receipt: Receipt
    time: int
    event_id: int | None
    event_info: str | None
    is_ours: bool
    again: Rereading | None = None


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """How many events stand where on a link."""

    sent: int = 0
    received: int = 0
    troubles: int = 0


def write_receipt(server_id: int, direction: Direction, event_uuid: str, receipt: Receipt) -> None:
    """Note an outcome in place of the one before, inside a writing()."""
    detail = None if receipt.detail is None else receipt.detail[:MAX_DETAIL]
    told = (receipt.state, receipt.reason, detail, receipt.http_status, receipt.there, receipt.version)
    execute(_WRITE, (server_id, direction, event_uuid, *told, clock.now(), receipt.version, receipt.version))


def delivered_version(server_id: int, event_uuid: str) -> Delivered:
    """The newest version that the partner has from us."""
    found = row(
        "SELECT timestamp, there FROM ledger WHERE server_id = ? AND direction = ? AND event_uuid = ?",
        (server_id, Direction.PUSH, event_uuid),
    )
    return Delivered(0, None) if found is None else Delivered._make(found)


def delivered_above(server_id: int) -> dict[str, Delivered]:
    """By uuid what the partner has from us under a newer timestamp than ours."""
    found = rows(
        "SELECT event_uuid, timestamp, there FROM ledger WHERE server_id = ? AND direction = ? AND there > timestamp",
        (server_id, Direction.PUSH),
    )
    return {r[0]: Delivered._make(r[1:]) for r in found}


def judged_versions(server_id: int) -> dict[str, int]:
    """By uuid the version of the partner's event that a pull has judged for good, whatever it decided (TRUST §3.4)."""
    found = rows(
        "SELECT event_uuid, timestamp FROM ledger WHERE server_id = ? AND direction = ? AND state <> ?",
        (server_id, Direction.PULL, LedgerState.FAILED),
    )
    return dict(found)


def count_skipped(server_id: int, reason: str) -> int:
    """How many of the partner's events are not taken for this reason."""
    found = row(
        "SELECT count(*) FROM ledger WHERE server_id = ? AND direction = ? AND state = ? AND reason = ?",
        (server_id, Direction.PULL, LedgerState.SKIPPED, reason),
    )
    return 0 if found is None else int(found[0])


def forget_skipped(server_id: int) -> None:
    """The pull rules changed: judge anew what was not taken, inside a writing()."""
    execute(
        "DELETE FROM ledger WHERE server_id = ? AND direction = ? AND state = ?",
        (server_id, Direction.PULL, LedgerState.SKIPPED),
    )


def refused_files(server_id: int) -> dict[str, int]:
    """By uuid of a partner's proposal the version whose file was not kept here."""
    found = rows(
        "SELECT event_uuid, timestamp FROM ledger WHERE server_id = ? AND direction = ? AND reason = ?",
        (server_id, Direction.PULL, Trouble.FILE_REFUSED),
    )
    return dict(found)


def forget_refused_files(proposal_uuid: str | None = None) -> None:
    """Files of proposals that were not kept are asked for again, or this one is here now; inside a writing()."""
    execute(
        "DELETE FROM ledger WHERE direction = ? AND reason = ? AND event_uuid = coalesce(?, event_uuid)",
        (Direction.PULL, Trouble.FILE_REFUSED, proposal_uuid),
    )


def note_shown(
    server_id: int, org_id: int, shown: Collection[str], *, absent_unless: Collection[str] | None = None
) -> None:
    """Take the mark "no longer shown" off what a partner shows again, and put it on what was pulled from there, is
    here by the partner's delivery and not among `absent_unless`; inside a writing().

    What arrived keeps its state; what the ledger knows of it beside that is not overwritten.
    """
    found = rows(
        "SELECT ledger.event_uuid, ledger.reason IS NOT NULL FROM ledger JOIN event ON event.uuid = ledger.event_uuid"
        " WHERE server_id = ? AND direction = ? AND event.received_from = ? AND event.locked AND event.trashed IS NULL"
        f" AND state IN ({_words(ARRIVED)}) AND (reason IS NULL OR reason = ?)",
        (server_id, Direction.PULL, org_id, Trouble.NO_LONGER_SHOWN),
    )
    back = [uuid for uuid, marked in found if marked and uuid in shown]
    absent = [u for u, marked in found if not marked and absent_unless is not None and u not in absent_unless]
    told = [(None, uuid) for uuid in back] + [(Trouble.NO_LONGER_SHOWN, uuid) for uuid in absent]
    now = clock.now()
    execute_many(_REASON, [(reason, now, server_id, Direction.PULL, uuid) for reason, uuid in told])


def judge_again(event_uuid: str) -> None:
    """An event is let in again: whatever pulls judged of it, they judge it anew, inside a writing()."""
    execute("UPDATE ledger SET timestamp = 0 WHERE direction = ? AND event_uuid = ?", (Direction.PULL, event_uuid))


def judge_blocked_again() -> None:
    """An organisation is let in again: what a blocklist kept out of pulls is judged anew, inside a writing()."""
    execute(
        "UPDATE ledger SET timestamp = 0 WHERE direction = ? AND state = ? AND reason = ?",
        (Direction.PULL, LedgerState.SKIPPED, Trouble.BLOCKED),
    )


def list_entries_of_server(server_id: int, *, limit: int, offset: int = 0) -> list[LedgerEntry]:
    """A link's ledger, newest first."""
    return _entries(Predicate("ledger.server_id = ?", (server_id,)), limit, offset)


def count_entries_of_server(server_id: int) -> int:
    """How long that list is."""
    found = row("SELECT count(*) FROM ledger WHERE server_id = ?", (server_id,))
    return 0 if found is None else int(found[0])


def list_entries_since(server_id: int, direction: Direction, since: int, until: int, limit: int) -> list[LedgerEntry]:
    """What became of events on a link between two moments (epoch seconds), newest first."""
    where = Predicate(
        "ledger.server_id = ? AND ledger.direction = ? AND ledger.time BETWEEN ? AND ?",
        (server_id, direction, since, until),
    )
    return _entries(where, limit, 0)


def list_entries_of_event(event_uuid: str) -> list[LedgerEntry]:
    """Where an event went and came from, newest first."""
    return _entries(Predicate("ledger.event_uuid = ?", (event_uuid,)), 1000, 0)


def list_troubles(limit: int) -> list[LedgerEntry]:
    """The newest outcomes that need somebody: not what is tried again by itself, nor what stops a link as a whole."""
    states, of_the_link = sorted(TROUBLES), (Trouble.KEY_REFUSED, Trouble.NO_SYNC_PERMISSION)
    where = (
        f"ledger.state IN ({marks(states)}) AND coalesce(ledger.reason, '') NOT IN ({marks(of_the_link)})"
        " AND NOT (ledger.direction = 'push' AND EXISTS (SELECT 1 FROM outbox WHERE outbox.server_id = ledger.server_id"
        " AND outbox.kind = 'event' AND outbox.event_uuid = ledger.event_uuid AND NOT outbox.parked))"
    )
    return _entries(Predicate(where, (*states, *of_the_link)), limit, 0)


def counts_by_server() -> dict[int, LedgerCounts]:
    """By link how many events arrived there, came from there, and are in trouble."""
    arrived, troubles = _words(ARRIVED), _words(TROUBLES)
    found = rows(
        f"SELECT server_id, sum(direction = 'push' AND state IN ({arrived})),"
        f" sum(direction = 'pull' AND state IN ({arrived})), sum(state IN ({troubles})) FROM ledger GROUP BY server_id"
    )
    return {r[0]: LedgerCounts(int(r[1]), int(r[2]), int(r[3])) for r in found}


def _words(states: Collection[LedgerState]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


def _entries(where: Predicate, limit: int, offset: int) -> list[LedgerEntry]:
    found = rows(
        f"{_ENTRY} WHERE {where.text} ORDER BY ledger.time DESC, ledger.id DESC LIMIT ? OFFSET ?",
        (*where.params, limit, offset),
    )
    return [_entry(r) for r in found]


def _entry(r: Row) -> LedgerEntry:
    return LedgerEntry(
        server_id=r[0],
        server_name=r[1],
        direction=Direction(r[2]),
        event_uuid=r[3],
        receipt=Receipt(LedgerState(r[4]), r[5], r[6], r[7], r[8], r[12]),
        time=r[9],
        event_id=r[10],
        event_info=r[11],
        is_ours=r[13] is not None and not r[13],
        again=None if r[14] is None else Rereading._make(r[14:]),
    )
