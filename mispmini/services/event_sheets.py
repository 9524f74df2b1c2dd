"""What the tabs of an event show: a page of its elements, its kin among the events, numbers for the tabs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mispmini.domain.errors import Forbidden, NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, EventRow, OrganisationRow, RelatedEventRow
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.rights import NO_PERMISSION, may_modify
from mispmini.store import correlations
from mispmini.store.correlations import Matches
from mispmini.store.database import reading
from mispmini.store.elements_found import list_reports
from mispmini.store.event_sheets import Sheet as Sheet
from mispmini.store.event_sheets import Wanted as Wanted
from mispmini.store.event_sheets import load_sheet
from mispmini.store.events import EventStanding, event_standing
from mispmini.store.graphs import Parts, extending_event_ids, load_event
from mispmini.store.organisations import organisation_rows
from mispmini.store.settings import load_settings

_MOST_EXTENDING = 100


@dataclass(frozen=True, slots=True)
class Kin:
    """Another event in relation to one: its head, its creator, and values that both have."""

    event: RelatedEventRow
    creator: OrganisationRow
    values: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Elements:
    """A page of elements with, by attribute, where else its value is."""

    sheet: Sheet
    matches: Mapping[int, Matches]


def head_of(viewer: Viewer, ref: str) -> EventGraph:
    """An event with its tags and group, without its elements. Raises NotFound."""
    with reading():
        return load_event(viewer, ref, Parts(elements=False, local_tags=not viewer.is_partner))


def elements_of(viewer: Viewer, wanted: Wanted) -> Elements:
    """A page of the elements of readable events."""
    with reading():
        sheet = load_sheet(viewer, wanted)
        matches = correlations.matches_of(viewer, sheet.attribute_ids, 0)
    return Elements(sheet, matches)


def extending_ids(viewer: Viewer, event: EventRow) -> list[int]:
    """Ids of the readable events that extend this one, newest first."""
    return extending_event_ids(viewer, event.uuid)[-_MOST_EXTENDING:][::-1]


def extending(viewer: Viewer, event: EventRow) -> list[Kin]:
    """The readable events that extend this one, newest first."""
    with reading():
        return _kin(dict.fromkeys(extending_ids(viewer, event), ()))


def related(viewer: Viewer, event: EventRow) -> list[Kin]:
    """The readable events that share a value with this one, newest first; of a common value the newest ones alone."""
    with reading():
        return _kin(correlations.shared_values(viewer, event.id, correlation_cap()))


def _kin(values: Mapping[int, Sequence[str]]) -> list[Kin]:
    events = correlations.event_rows(sorted(values))
    creators = organisation_rows({event.orgc_id for event in events.values()})
    return [Kin(events[number], creators[events[number].orgc_id], values[number]) for number in sorted(events)[::-1]]


def correlation_cap() -> int:
    """In how many events a value may be before only the newest of them are listed."""
    return load_settings().correlation_limit


def extended_by(viewer: Viewer, event: EventRow) -> EventRow | None:
    """The event that this one extends; None if it names none, or none that is here and readable."""
    if not event.extends_uuid:
        return None
    try:
        return head_of(viewer, event.extends_uuid).event
    except NotFound:
        return None


def count_reports(viewer: Viewer, event_id: int) -> int:
    """How many live reports of an event the viewer sees."""
    return len(list_reports(viewer, event_id, Deleted.LIVE))


def is_gone_for_good(viewer: Viewer, event_id: int) -> bool:
    """Whether a deletion on a page removes an element: nobody can have it yet (RULES §2)."""
    event = event_standing(event_id)
    return not viewer.is_partner and never_left(event)


def never_left(event: EventStanding) -> bool:
    """Whether an event was written here and never published."""
    return not (event.publish_timestamp or event.published or event.locked)


def lacks_right_to_write(viewer: Viewer) -> bool:
    """Whether the role or the key, not the event, keeps the viewer from writing."""
    return not (viewer.is_site_admin or viewer.can(Permission.ADD))


def may_change_elements(viewer: Viewer, event_id: int) -> bool:
    """Whether the viewer may change the elements of an event that they see."""
    return not lacks_right_to_write(viewer) and may_modify(viewer, event_standing(event_id))


def must_change_elements(viewer: Viewer, event_id: int) -> None:
    """Raises Forbidden where saving a form would be refused anyhow."""
    if not may_change_elements(viewer, event_id):
        raise Forbidden(NO_PERMISSION)
