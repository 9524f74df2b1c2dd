"""Updates that a link was not allowed to make, kept for people to see (RULES §4)."""

from mispmini.domain import clock
from mispmini.domain.origin import Origin
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import execute


def refuse_update(event_uuid: str, viewer: Viewer, origin: Origin, timestamp: int | None, reason: str) -> None:
    """Note a refused update; the caller commits it although it refuses."""
    org_id = origin.link_org_id or viewer.org_id
    execute(
        "INSERT INTO refused_update (event_uuid, org_id, user_id, server_id, timestamp, reason, time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            event_uuid,
            org_id,
            viewer.user_id,
            origin.server_id,
            timestamp,
            reason,
            clock.now(),
        ),
    )
