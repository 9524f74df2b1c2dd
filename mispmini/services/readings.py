"""Who among the partners read an event (RULES §10.2)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mispmini.domain.graphs import EventGraph, EventRow, FoundAttribute, FoundObject
from mispmini.domain.viewer import Viewer
from mispmini.services.viewing import is_told_of_partners
from mispmini.store.organisations import organisation_rows
from mispmini.store.served import list_readings, note_readings
from mispmini.store.versions import versions_by_id

Found = TypeVar("Found", FoundAttribute, FoundObject)


@dataclass(frozen=True, slots=True)
class Readership:
    """A partner's organisation got one version (timestamp) of an event at a time (epoch seconds)."""

    org_id: int
    org_name: str
    version: int
    time: int


def note_served(viewer: Viewer, events: Sequence[EventRow]) -> None:
    """Note that a partner's key got these events, once by event, partner and version."""
    if viewer.is_partner and viewer.key is not None:
        versions = [(event.uuid, event.timestamp) for event in events]
        note_readings(versions, org_id=viewer.org_id, authkey_id=viewer.key.id)


def note_served_by_id(viewer: Viewer, event_ids: Iterable[int]) -> None:
    """The same, where only elements of the events were given out."""
    if viewer.is_partner and viewer.key is not None:
        versions = versions_by_id(sorted(set(event_ids)))
        note_readings(versions, org_id=viewer.org_id, authkey_id=viewer.key.id)


def noting(viewer: Viewer, found: Iterable[Found]) -> Iterator[Found]:
    """The same results of a search; the event around them is noted once, wherever its results stand."""
    noted: set[int] = set()
    for one in found:
        event = one.event.event
        if event.id not in noted:
            noted.add(event.id)
            note_served(viewer, [event])
        yield one


def noting_events(viewer: Viewer, found: Iterable[EventGraph]) -> Iterator[EventGraph]:
    """The same events, each noted when it is taken."""
    for graph in found:
        note_served(viewer, [graph.event])
        yield graph


def readers_of(viewer: Viewer, event: EventRow) -> list[Readership]:
    """Who read an event and which version of it, newest first: for those whose event it is, and site admins."""
    if not is_told_of_partners(viewer, event):
        return []
    found = list_readings(event.uuid)
    names = organisation_rows({reading.org_id for reading in found})
    return [Readership(r.org_id, names[r.org_id].name, r.timestamp, r.time) for r in found if r.org_id in names]
