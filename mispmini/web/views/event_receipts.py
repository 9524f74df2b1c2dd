"""What partners did with an event, for programs: deliveries and readings, as on its Sharing tab (RULES §3, §10.2)."""

from flask import Blueprint

from mispmini.domain.receipts import Direction
from mispmini.services import event_sheets, link_health, readings, viewing
from mispmini.services.link_health import Wait
from mispmini.services.readings import Readership
from mispmini.services.viewing import LedgerEntry
from mispmini.web.answer import Answer, reply
from mispmini.web.needs import needs_login
from mispmini.web.who import current_viewer
from mispmini.wire.replies import Reply

bp = Blueprint("event_receipts", __name__, url_prefix="/events")


@bp.get("/receipts/<ref>")
@needs_login
def receipts(ref: str) -> Answer:
    """What became of an event at each server, and who fetched which version: empty for whom it does not concern."""
    viewer = current_viewer()
    graph = event_sheets.head_of(viewer, ref)
    waits = link_health.waits_of(graph.event.uuid)
    deliveries = [
        _delivery(entry, viewer.is_site_admin) | _waiting(entry, waits.get(entry.server_id))
        for entry in viewing.deliveries_of(viewer, graph)
    ]
    read = [_reading(one) for one in readings.readers_of(viewer, graph.event)]
    return reply({"event_uuid": graph.event.uuid, "deliveries": deliveries, "readings": read})


def _delivery(entry: LedgerEntry, with_detail: bool) -> Reply:
    receipt = entry.receipt
    return {
        "server": entry.server_name,
        "direction": entry.direction.value,
        "state": receipt.state.value,
        "reason": receipt.reason,
        "detail": receipt.detail if with_detail else None,
        "time": str(entry.time),
        "read_again": None if entry.again is None else {"readings": entry.again.readings, "due": entry.again.due},
    }


def _waiting(entry: LedgerEntry, wait: Wait | None) -> Reply:
    """What a push that has not gone yet waits for, and when it is tried again."""
    if wait is None or entry.direction is not Direction.PUSH:
        return {}
    return {"waits_for": wait.obstacle.value, "next_try": None if wait.at is None else str(wait.at)}


def _reading(one: Readership) -> Reply:
    return {
        "org_id": str(one.org_id),
        "organisation": one.org_name,
        "timestamp": str(one.version),
        "time": str(one.time),
    }
