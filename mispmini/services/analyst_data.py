"""Notes, opinions and relationships: seen, added, changed, deleted, taken from partners (MODEL §5.4, §7.11)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mispmini.domain import clock
from mispmini.domain.analyst_data import IN_EVENTS, AnalystKind, AnalystRow, AnalystSheet, RelatedRow
from mispmini.domain.drafts import AnalystDraft
from mispmini.domain.errors import Blocked, Forbidden, Refused, SaveFailed
from mispmini.domain.graphs import EventGraph, SharingGroup
from mispmini.domain.origin import Origin
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_capture import ItemIntake, Taken, may_edit, take
from mispmini.services.audit import record, watch
from mispmini.services.capture import Groups
from mispmini.services.receiving import origin_of
from mispmini.services.rights import NO_PERMISSION
from mispmini.store import analyst_data as store
from mispmini.store.analyst_related import related_rows
from mispmini.store.database import reading, writing
from mispmini.store.groups import load_groups_for
from mispmini.store.organisations import organisation_records

NOT_TAKEN = "You do not have the permission to do that."
OTHER_UUID = "The UUID is not that of this item."
TAKEN_UUID = "The UUID provided is not unique"
GONE = "It was deleted here, and does not come back."
NOTHING = "Nothing was imported."
MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Listed:
    """Items with what stands beside them."""

    items: tuple[AnalystRow, ...]
    sheet: AnalystSheet
    groups: Mapping[int, SharingGroup]


def view_item(viewer: Viewer, kind: AnalystKind | None, ref: str) -> Listed:
    """One by id or uuid with all that is said about it. Raises NotFound."""
    with reading():
        row = store.find_item(viewer, ref, kind)
        return _listed(viewer, [row], store.items_below(viewer, row.uuid))


def saved_item(viewer: Viewer, row: AnalystRow) -> Listed:
    """The same for one that a verb just made, for whoever called it."""
    with reading():
        return _listed(viewer, [row], store.items_below(viewer, row.uuid))


def list_items(viewer: Viewer, kind: AnalystKind, uuids: Sequence[str] | None) -> Listed:
    """The newest of a kind, or those of these uuids, each alone."""
    with reading():
        return _listed(viewer, store.list_items(viewer, kind, uuids, limit=MOST_LISTED), ())


def _listed(viewer: Viewer, items: Sequence[AnalystRow], below: Sequence[AnalystRow]) -> Listed:
    sheet = sheet_of(viewer, items, below)
    return Listed(tuple(items), sheet, load_groups_for(viewer, sheet.group_ids))


def attach_analyst_data(viewer: Viewer, graphs: Sequence[EventGraph]) -> None:
    """Put what is said about events and the elements in them into loaded graphs; one query where nothing is."""
    found = store.items_of_events(viewer, [graph.event.id for graph in graphs])
    if not found:
        return
    sheet = sheet_of(viewer, (), found)
    groups = load_groups_for(viewer, sheet.group_ids)
    for graph in graphs:
        graph.analyst_data = sheet
        graph.sharing_groups = {**groups, **graph.sharing_groups}


def sheet_of(viewer: Viewer, alone: Iterable[AnalystRow], placed: Iterable[AnalystRow]) -> AnalystSheet:
    """Items with the organisations and targets that they name; `placed` are found by what they are about."""
    about: dict[str, tuple[AnalystRow, ...]] = {}
    inbound: dict[str, tuple[AnalystRow, ...]] = {}
    below = list(placed)
    for row in below:
        about[row.object_uuid] = (*about.get(row.object_uuid, ()), row)
        if row.related_uuid is not None:
            inbound[row.related_uuid] = (*inbound.get(row.related_uuid, ()), row)
    items = [*alone, *below]
    return AnalystSheet(
        about=about,
        inbound=inbound,
        organisations=organisation_records({number for row in items for number in (row.org_id, row.orgc_id)}),
        related=_related(viewer, items),
        group_ids=frozenset(row.sharing_group_id for row in items if row.sharing_group_id is not None),
        editable_by=viewer.org_id,
        edits_all=viewer.is_site_admin,
    )


def _related(viewer: Viewer, items: Iterable[AnalystRow]) -> Mapping[str, RelatedRow]:
    wanted = [(r.related_type, r.related_uuid) for r in items if r.related_uuid and r.related_type in IN_EVENTS]
    return related_rows(viewer, [(kind, uuid) for kind, uuid in wanted if kind and uuid]) if wanted else {}


def add_item(viewer: Viewer, drafts: Sequence[AnalystDraft]) -> AnalystRow:
    """Add one, and after it what was nested in it. What it is about need not be here.

    Raises SaveFailed, Blocked, Refused.
    """
    draft = drafts[0]
    with writing():
        if draft.uuid in store.items_by_uuid([draft.uuid]):
            raise SaveFailed("add", draft.kind, {"uuid": [TAKEN_UUID]})
        if store.blocked_items([draft.uuid]):
            raise Blocked(GONE)
        groups = _groups(viewer)
        number = ItemIntake(viewer, groups).add(draft)
        take(viewer, drafts[1:], groups)
        record(viewer, "add", draft.kind, number, _title(draft.text, draft.relationship_type))
        return store.as_told_to(viewer, store.items_by_uuid([draft.uuid])[draft.uuid])


def edit_item(viewer: Viewer, ref: str, drafts: Sequence[AnalystDraft], kind: AnalystKind | None) -> AnalystRow:
    """Change one; it is newer with it. What was nested in it is taken too.

    Raises NotFound, Forbidden, Refused, SaveFailed.
    """
    with writing():
        stored = own_item(viewer, ref, kind)
        if drafts[0].uuid != stored.uuid:
            raise SaveFailed("edit", stored.kind, {"uuid": [OTHER_UUID]}, subject_id=stored.id)
        groups = _groups(viewer)
        watch(stored.kind, stored.id)
        ItemIntake(viewer, groups).change(drafts[0], stored, modified=clock.later_than(stored.modified))
        take(viewer, drafts[1:], groups)
        record(viewer, "edit", stored.kind, stored.id, _title(drafts[0].text, drafts[0].relationship_type))
        return store.as_told_to(viewer, store.items_by_uuid([stored.uuid])[stored.uuid])


def delete_item(viewer: Viewer, ref: str, kind: AnalystKind | None) -> AnalystRow:
    """Delete one; its uuid does not come back, what was said about it stays. Raises NotFound, Forbidden."""
    with writing():
        stored = own_item(viewer, ref, kind)
        store.delete_item(stored)
        record(viewer, "delete", stored.kind, stored.id, _title(stored.text, stored.relationship_type))
        return stored


def own_item(viewer: Viewer, ref: str, kind: AnalystKind | None) -> AnalystRow:
    """A visible item that the viewer may change. Raises NotFound, Forbidden."""
    stored = store.find_item(viewer, ref, kind)
    if not may_edit(viewer, stored):
        raise Forbidden(NO_PERMISSION)
    return stored


def _groups(viewer: Viewer) -> Groups:
    return Groups(viewer, Origin.of(viewer))


def _title(text: str | None, relationship: str | None) -> str:
    return (text or relationship or "")[:255]


def index_minimal(viewer: Viewer, wanted: Sequence[str], unwanted: Sequence[str]) -> list[tuple[str, str, int]]:
    """What the viewer sees as kind, uuid and epoch of the change (PROTOCOL §4.8)."""
    with reading():
        return store.index_minimal(viewer, wanted, unwanted)


def wanted_items(viewer: Viewer, offers: Mapping[AnalystKind, Mapping[str, int]]) -> list[tuple[str, str, int]]:
    """Which of a partner's items are wanted: unknown, or locked here and older (PROTOCOL §3.15). Raises Refused."""
    _refuse_without_permission(viewer)
    with reading():
        return list(_wanted(offers))


def _wanted(offers: Mapping[AnalystKind, Mapping[str, int]]) -> Iterable[tuple[str, str, int]]:
    uuids = {uuid for listed in offers.values() for uuid in listed}
    known, blocked = store.items_by_uuid(uuids), store.blocked_items(uuids)
    for kind, listed in offers.items():
        for uuid, modified in listed.items():
            row = known.get(uuid)
            if uuid not in blocked and (row is None or (row.locked and row.kind == kind and row.modified < modified)):
                yield kind, uuid, modified


def save_pushed(viewer: Viewer, drafts: Sequence[AnalystDraft]) -> Taken:
    """Take what a partner pushes (PROTOCOL §3.15). Raises Refused."""
    _refuse_without_permission(viewer)
    with writing():
        taken = take(viewer, drafts, Groups(viewer, origin_of(viewer)))
        if taken.imported:
            record(viewer, "add", "AnalystData", None, f"{taken.imported} received")
        return taken


def save_pulled(viewer: Viewer, drafts: Sequence[AnalystDraft], origin: Origin) -> Taken:
    """Take what was pulled over a link."""
    with writing():
        return take(viewer, drafts, Groups(viewer, origin))


def _refuse_without_permission(viewer: Viewer) -> None:
    if not viewer.can(Permission.ANALYST_DATA):
        raise Refused(NOT_TAKEN)
