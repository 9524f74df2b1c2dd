"""How a link is, judged once for pages, /health.json, `doctor` and /metrics; and what an event waits for on it."""

from enum import StrEnum
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.servers import LinkedServer
from mispmini.services import house
from mispmini.services.receiving import MOST_SKEW_SECONDS
from mispmini.services.servers import Standing
from mispmini.store.outbox import OutboxRow, rows_of_event
from mispmini.store.servers import list_any_servers

PULLED = "Pull completed."
_START_SECONDS = 60  # from when a pull falls due until a healthy one is over


class Ailment(StrEnum):
    """What is wrong with a link, or why there is nothing to say of it yet."""

    PAUSED = "paused"
    UNUSED = "unused"
    PUSH_OFF = "push_off"
    DOWN = "down"
    PULL_FAILED = "pull_failed"
    PARKED = "parked"
    LATE = "late"
    OVERDUE = "overdue"
    CLOCK = "clock"
    NEW = "new"


WELL = frozenset({None, Ailment.UNUSED, Ailment.NEW})


class Obstacle(StrEnum):
    """What an event waits for before it is sent to a partner."""

    SOMEBODY = "somebody"
    RESUMING = "resuming"
    PUSHING = "pushing"
    RUNNER = "runner"
    PARTNER = "partner"
    RETRY = "retry"
    TURN = "turn"


class Wait(NamedTuple):
    """Why an event waits for a link; `at` is the next try (epoch seconds), None for one that is not set or is now."""

    server: LinkedServer
    obstacle: Obstacle
    at: int | None = None
    error: str | None = None


def ailment_of(link: Standing) -> Ailment | None:
    """The worst of a link, None for one that works."""
    server, queue = link.server, link.queue
    found = {
        Ailment.PAUSED: server.paused,
        Ailment.PUSH_OFF: queue.late > 0 and not (server.push or server.push_sightings),
        Ailment.UNUSED: not (server.push or server.pull),
        Ailment.DOWN: is_down(server),
        Ailment.PULL_FAILED: server.pull and not (server.last_pull_result or PULLED).startswith(PULLED),
        Ailment.PARKED: queue.parked > 0,
        Ailment.LATE: queue.late > 0,
        Ailment.OVERDUE: is_overdue(server),
        Ailment.CLOCK: abs(server.clock_skew or 0) > MOST_SKEW_SECONDS,
        Ailment.NEW: not (server.last_push or server.last_pull),
    }
    return next((ailment for ailment, holds in found.items() if holds), None)


def is_down(server: LinkedServer) -> bool:
    """Whether the partner could not be reached when that was last tried."""
    return server.down_since is not None or server.breaker_until is not None


def is_overdue(server: LinkedServer) -> bool:
    """Whether no pull has worked for longer than the link's interval, with what spreads pulls (jobs/puller)."""
    interval = server.pull_interval or 0
    if not (server.pull and interval) or server.paused:
        return False
    return clock.now() > (server.last_pull or server.created) + interval + min(60, interval // 10) + _START_SECONDS


def next_pull(server: LinkedServer) -> int | None:
    """When the next pull by itself begins (epoch seconds), now for one that is due; None for none."""
    if server.paused or not (server.pull and server.pull_interval) or server.next_pull is None:
        return None
    return max(server.next_pull, clock.now())


def waits_of(event_uuid: str) -> dict[int, Wait]:
    """By link what an event waits for that is promised to it and has not gone."""
    promised = {row.server_id: row for row in rows_of_event(event_uuid)}
    if not promised:
        return {}
    links = (server for server in list_any_servers() if server.id in promised)
    return {server.id: wait_of(server, promised[server.id]) for server in links}


def wait_of(server: LinkedServer, row: OutboxRow | None = None) -> Wait:
    """What a promise waits for; without one, what a promise made now would wait for."""
    error, due, now = row and row.last_error, row.next_try if row else 0, clock.now()
    if row and row.parked:
        return Wait(server, Obstacle.SOMEBODY, error=error)
    if server.paused:
        return Wait(server, Obstacle.RESUMING)
    if not server.push:
        return Wait(server, Obstacle.PUSHING)
    if not house.scheduler_runs():
        return Wait(server, Obstacle.RUNNER)
    if is_down(server):
        due = max(due, server.breaker_until or 0)
        return Wait(server, Obstacle.PARTNER, due if due > now else None, server.down_error)
    return Wait(server, Obstacle.RETRY, due, error) if due > now else Wait(server, Obstacle.TURN)
