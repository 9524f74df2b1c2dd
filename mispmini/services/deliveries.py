"""What waits for a link and what became of events on it: its queue and its ledger, for site admins."""

from mispmini.domain.errors import NotFound
from mispmini.domain.receipts import Direction
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.services.servers import find_server, require_site_admin
from mispmini.store import ledger, outbox
from mispmini.store.database import writing
from mispmini.store.events import event_standing
from mispmini.store.graphs import find_event_id
from mispmini.store.ledger import LedgerEntry
from mispmini.store.outbox import QueuedEvent

__all__ = ["Direction", "LedgerEntry", "QueuedEvent"]
_GONE = "It is no longer in the queue."


def queue_of(viewer: Viewer, server_id: int) -> list[QueuedEvent]:
    """What waits for a link, what needs somebody first. Raises Forbidden, NotFound."""
    return outbox.list_queue(find_server(viewer, server_id).id)


def ledger_of(viewer: Viewer, server_id: int, *, limit: int, offset: int) -> tuple[list[LedgerEntry], int]:
    """What became of events on a link, newest first, and how many rows there are. Raises Forbidden, NotFound."""
    server = find_server(viewer, server_id)
    return (
        ledger.list_entries_of_server(server.id, limit=limit, offset=offset),
        ledger.count_entries_of_server(server.id),
    )


def judged_between(server_id: int, direction: Direction, since: int, until: int, *, limit: int) -> list[LedgerEntry]:
    """What became of events on a link between two moments (epoch seconds), newest first."""
    return ledger.list_entries_since(server_id, direction, since, until, limit)


def retry_delivery(viewer: Viewer, row_id: int) -> int:
    """Make one promise due at once, parked or not; returns its server's id. Raises Forbidden, NotFound."""
    require_site_admin(viewer)
    with writing():
        server_id = outbox.retry_row(row_id)
    if server_id is None:
        raise NotFound(_GONE)
    return server_id


def resend(viewer: Viewer, server_id: int, event_ref: str, *, whole: bool = False) -> int:
    """Promise one event to one link anew, whatever became of it before; returns the event's id.

    `whole` is with what the partner could not store. What it may get is decided when it is sent. Raises Forbidden,
    NotFound.
    """
    with writing():
        server = find_server(viewer, server_id)
        event = event_standing(find_event_id(viewer, event_ref))
        outbox.promise_event(server.id, event.uuid, event.timestamp, whole=whole)
        audit.record(viewer, "push", "Server", server.id, server.name, {"event": event.uuid})
        return event.id
