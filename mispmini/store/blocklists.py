"""Event uuids and organisations that may not come in."""

from mispmini.domain import clock
from mispmini.store.sql import execute, row


def event_is_blocked(uuid: str) -> bool:
    """Whether this event uuid is on the blocklist."""
    return row("SELECT 1 FROM event_blocklist WHERE event_uuid = ?", (uuid,)) is not None


def org_is_blocked(uuid: str) -> bool:
    """Whether this organisation is on the blocklist."""
    return row("SELECT 1 FROM org_blocklist WHERE org_uuid = ?", (uuid,)) is not None


def block_event(uuid: str, *, info: str, orgc: str, comment: str) -> None:
    """Put an event uuid on the blocklist, inside a writing(); once is enough."""
    execute(
        "INSERT INTO event_blocklist (event_uuid, created, event_info, comment, event_orgc) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (event_uuid) DO NOTHING",
        (uuid, clock.now(), info, comment, orgc),
    )
