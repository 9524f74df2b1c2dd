"""Sightings: add, list, search, delete, and take over from partners (MODEL §7.7, PROTOCOL §3.14)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mispmini.domain import clock, ids
from mispmini.domain.drafts import EventDraft, SightingDraft
from mispmini.domain.errors import BadRequest, Forbidden, NotFound, Refused
from mispmini.domain.filters import SearchFilters
from mispmini.domain.graphs import AttributeRow, EventGraph, OrganisationRow
from mispmini.domain.opinions import SightingContext, SightingFilters, SightingRow, SightingWish
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.services.organisations import capture_organisation
from mispmini.services.readings import note_served_by_id
from mispmini.services.rights import NO_PERMISSION
from mispmini.store import sightings as store
from mispmini.store.attributes import attributes_by_id, find_readable_attribute
from mispmini.store.database import reading, writing
from mispmini.store.deadline import anew_each
from mispmini.store.events import event_standing
from mispmini.store.graphs import Parts, find_event_id, find_readable_event_id, load_events
from mispmini.store.organisations import find_any_organisation, organisation_rows
from mispmini.store.outbox import queue_sightings
from mispmini.store.search.finding import find_attribute_ids
from mispmini.store.sightings import NewSighting
from mispmini.store.sql import in_batches

NO_MATCH = "No valid attributes found that match the criteria."
NO_ATTRIBUTE = "No valid attributes found."
_A_READ = 500
Narrow = Callable[[Mapping[str, object]], SearchFilters]


class NotAdded(Refused):
    """Nothing could be sighted; MISP says so with HTTP 200."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Could not add the Sighting. Reason: {reason}")


@dataclass(frozen=True, slots=True)
class FoundSighting:
    """A sighting with what a search asked to stand beside it."""

    sighting: SightingRow
    attribute: AttributeRow | None
    event: EventGraph | None


def add_sightings(viewer: Viewer, wishes: Sequence[SightingWish], narrow: Narrow) -> SightingRow:
    """Add what is wished for, in the name of the viewer's organisation; the last one added.

    `narrow` reads the restSearch parameters of a wish. Raises NotAdded if one matches nothing: then none is added.
    """
    with writing():
        new = [made for wish in wishes for made in _made(viewer, wish, narrow)]
        if not new:
            raise NotAdded(NO_ATTRIBUTE)
        store.insert_sightings(new)
        row = store.find_sighting(Viewer.everything(), ids.uuid_text(new[-1].uuid))
        record(viewer, "add", "Sighting", row.id, row.value if len(new) == 1 else f"{len(new)} sightings")
        return row


def _made(viewer: Viewer, wish: SightingWish, narrow: Narrow) -> Iterator[NewSighting]:
    for attribute in _sighted(viewer, wish, narrow):
        yield NewSighting(
            uuid=ids.uuid_bytes(ids.new_uuid()),
            event_id=attribute.event_id,
            attribute_id=attribute.id,
            org_id=viewer.org_id or None,
            user_id=viewer.user_id,
            date_sighting=clock.now() if wish.date_sighting is None else wish.date_sighting,
            source=wish.source,
            type=wish.type,
        )


def _sighted(viewer: Viewer, wish: SightingWish, narrow: Narrow) -> list[AttributeRow]:
    if wish.values:
        found = store.attributes_of_values(viewer, wish.values)
        if wish.filters and found:
            allowed = set(find_attribute_ids(viewer, narrow(wish.filters)))
            found = [attribute for attribute in found if attribute.id in allowed]
        if not found:
            raise NotAdded(NO_MATCH)
        return found
    try:
        attribute = find_readable_attribute(viewer, wish.attribute or "")
    except Refused:
        raise NotAdded(NO_ATTRIBUTE) from None
    if attribute.deleted:
        raise NotAdded(NO_ATTRIBUTE)
    return [attribute]


def list_sightings(viewer: Viewer, filters: SightingFilters) -> list[SightingRow]:
    """Visible sightings of an event, an attribute, or the instance, oldest first."""
    return list(_rows(viewer, filters))


def sightings_at(viewer: Viewer, ref: str, context: str, org: str) -> list[SightingRow]:
    """Those of the event or attribute named by id or uuid, of one organisation if it is named.

    Raises NotFound or Refused, as views of these do, BadRequest for another context.
    """
    if context not in ("event", "attribute"):
        raise BadRequest("Invalid context.")
    if context == "event":
        where = SightingFilters(SightingContext.EVENT, ids=(find_readable_event_id(viewer, ref),))
    else:
        where = SightingFilters(SightingContext.ATTRIBUTE, ids=(find_readable_attribute(viewer, ref).id,))
    found = _rows(viewer, where)
    if not org:
        return list(found)
    known = find_any_organisation(org)
    return [row for row in found if known is not None and row.org_id == known.id]


def _rows(viewer: Viewer, filters: SightingFilters) -> Iterator[SightingRow]:
    for batch in anew_each(in_batches(store.find_sighting_ids(viewer, filters), _A_READ)):
        with reading():
            found = store.load_sightings(viewer, batch)
        yield from found


def of_attributes(viewer: Viewer, attribute_ids: Sequence[int]) -> dict[int, list[SightingRow]]:
    """Those of attributes that the caller has made sure of, by attribute."""
    found: dict[int, list[SightingRow]] = {}
    for batch in in_batches(attribute_ids, _A_READ):
        found |= store.sightings_of_attributes(viewer, batch)
    return found


def search_sightings(viewer: Viewer, filters: SightingFilters) -> tuple[int, Iterator[FoundSighting]]:
    """How many there are, and each with what was asked for beside it (API §8.6)."""
    found = store.find_sighting_ids(viewer, filters)
    return len(found), _found(viewer, found, filters)


def _found(viewer: Viewer, found: Sequence[int], filters: SightingFilters) -> Iterator[FoundSighting]:
    for batch in in_batches(found, _A_READ):
        with reading():
            read = store.load_sightings(viewer, batch)
            attributes = attributes_by_id([r.attribute_id for r in read]) if filters.with_attribute else {}
            bare = list(dict.fromkeys(r.event_id for r in read)) if filters.with_event else []
            graphs = load_events(viewer, bare, Parts(elements=False))
        if filters.with_attribute or filters.with_event:
            note_served_by_id(viewer, (r.event_id for r in read))
        events = {graph.event.id: graph for graph in graphs}
        yield from (FoundSighting(r, attributes.get(r.attribute_id), events.get(r.event_id)) for r in read)


def organisations_of(rows: Iterable[SightingRow]) -> dict[int, OrganisationRow]:
    """The organisations that sightings name."""
    return organisation_rows({row.org_id for row in rows if row.org_id is not None})


def delete_sighting(viewer: Viewer, ref: str) -> SightingRow:
    """Remove a sighting of one's own organisation. Raises NotFound, Forbidden."""
    with writing():
        stored = store.find_sighting(viewer, ref)
        own = viewer.can(Permission.MODIFY_ORG) and stored.org_id == viewer.org_id
        if not (viewer.is_site_admin or own):
            raise Forbidden(NO_PERMISSION)
        store.delete_sighting(stored.id)
        store.mark_sighted(stored.event_id)
        record(viewer, "delete", "Sighting", stored.id, stored.value)
        return stored


def publish_sightings(viewer: Viewer, event_ref: str) -> int:
    """Queue an event's sightings for every link that takes sightings; the event's id. Raises NotFound."""
    with writing():
        event_id = find_event_id(viewer, event_ref)
        store.mark_sighted(event_id)
        queue_for_links(event_id, exclude_org_id=None)
        record(viewer, "publish", "Sighting", event_id, "sightings")
        return event_id


def known_sightings(viewer: Viewer, event_ref: str, uuids: Sequence[str]) -> list[str]:
    """Which of a partner's sightings of an event are here already (PROTOCOL §3.14). Raises NotFound."""
    try:
        event_id = find_event_id(viewer, event_ref)
    except NotFound:
        raise NotFound("Event not found") from None
    known = store.known_uuids(uuids, event_id)
    return [uuid for uuid in uuids if uuid in known]


def save_pushed(viewer: Viewer, event_ref: str, drafts: Sequence[SightingDraft]) -> int:
    """Take what a partner or a script sends for one event; how many were new. Raises Refused for no visible event.

    They go on at once to links that take sightings, never back to who sent them (PROTOCOL §3.1).
    """
    with writing():
        try:
            event_id = find_event_id(viewer, event_ref)
        except NotFound as refusal:
            raise Refused(refusal.sentence) from None
        added = take_sightings(viewer, event_id, drafts, trusts_names=viewer.can(Permission.SYNC))
        if added:
            queue_for_links(event_id, exclude_org_id=viewer.org_id if viewer.is_partner else None)
            record(viewer, "add", "Sighting", event_id, f"{added} sightings received")
        return added


def queue_for_links(event_id: int, *, exclude_org_id: int | None) -> None:
    """Promise an event's sightings to every link that takes them, inside a writing()."""
    event = event_standing(event_id)
    queue_sightings(event.uuid, event.timestamp, exclude_org_id=exclude_org_id)


def take_sightings(
    viewer: Viewer,
    event_id: int,
    drafts: Sequence[SightingDraft],
    *,
    trusts_names: bool,
    with_event: bool = False,
) -> int:
    """Store those that are new and on attributes that the viewer sees, inside a writing(); how many.

    Only who syncs speaks for other organisations (API §10.2 row 13). What is here never changes.
    """
    unique = {draft.uuid: draft for draft in drafts}
    known = store.known_uuids(list(unique))
    targets = store.attributes_by_uuid(viewer, event_id, list({draft.attribute_uuid for draft in unique.values()}))
    orgs = _Organisations(viewer, trusts_names=trusts_names)
    new = [
        NewSighting(
            uuid=ids.uuid_bytes(draft.uuid),
            event_id=event_id,
            attribute_id=targets[draft.attribute_uuid],
            org_id=orgs.of(draft),
            user_id=viewer.user_id,
            date_sighting=draft.date_sighting,
            source=draft.source,
            type=draft.type,
        )
        for draft in unique.values()
        if draft.uuid not in known and draft.attribute_uuid in targets
    ]
    if new:
        store.insert_sightings(new, with_event=with_event)
    return len(new)


def take_nested(viewer: Viewer, event_id: int, draft: EventDraft, *, trusts_names: bool) -> int:
    """Those that came with an event, inside its attributes or beside them, inside the writing() that stored these."""
    held = (attribute for obj in draft.objects for attribute in obj.attributes)
    nested = [sighting for part in (draft.attributes, held) for attribute in part for sighting in attribute.sightings]
    nested += draft.sightings
    return take_sightings(viewer, event_id, nested, trusts_names=trusts_names, with_event=True) if nested else 0


class _Organisations:
    """Whose sightings are, each organisation captured once."""

    def __init__(self, viewer: Viewer, *, trusts_names: bool) -> None:
        self._viewer = viewer
        self._trusts_names = trusts_names
        self._captured: dict[str, int] = {}

    def of(self, draft: SightingDraft) -> int | None:
        if not self._trusts_names:
            return self._viewer.org_id or None
        if draft.organisation is None:
            return None if draft.names_org else self._viewer.org_id or None
        uuid = draft.organisation.uuid or ""
        if uuid not in self._captured:
            self._captured[uuid] = capture_organisation(self._viewer, draft.organisation).id
        return self._captured[uuid]
