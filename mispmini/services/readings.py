"""Who among the partners read an event (RULES §10.2)."""

from collections.abc import Sequence

from mispmini.domain.graphs import EventRow
from mispmini.domain.viewer import Viewer
from mispmini.store.served import note_readings


def note_served(viewer: Viewer, events: Sequence[EventRow]) -> None:
    """Note that a partner's key got these events, once by event, partner and version."""
    if viewer.is_partner and viewer.key is not None:
        note_readings(
            [(event.uuid, event.timestamp) for event in events], org_id=viewer.org_id, authkey_id=viewer.key.id
        )
