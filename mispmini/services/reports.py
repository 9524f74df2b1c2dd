"""Event reports: viewed, listed, added, edited, deleted, restored (MODEL §5.4, §7.4; RULES §2; API §9.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mispmini.domain import clock, ids
from mispmini.domain.drafts import ReportDraft
from mispmini.domain.errors import NotFound, NotTheirs, SaveFailed
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventRow, OrganisationRow, ReportRow, TagRow
from mispmini.domain.origin import Origin
from mispmini.domain.records import GroupName
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.capture import Groups
from mispmini.services.intake import IntakeState
from mispmini.services.preparing import defaults_for
from mispmini.services.relations import ELSEWHERE, take_reports
from mispmini.services.rights import NO_PERMISSION, modifiable_event
from mispmini.store.database import reading, writing
from mispmini.store.elements_found import INVALID_REPORT, find_report, group_names, list_reports
from mispmini.store.events import EventStanding, event_standing, mark_changed, recount
from mispmini.store.graphs import Parts, load_events, tags_of_reports
from mispmini.store.objects import remove_report
from mispmini.store.settings import load_settings
from mispmini.store.sql import in_batches

OTHER_UUID = "The UUID is not that of this report."


@dataclass(frozen=True, slots=True)
class ViewedReport:
    """A report with what stands beside it."""

    report: ReportRow
    event: EventRow
    org: OrganisationRow
    orgc: OrganisationRow
    group: GroupName | None
    tags: Sequence[TagRow] = ()


def view_report(viewer: Viewer, ref: str) -> ViewedReport:
    """A visible report by id or uuid, deleted ones for those who may have them. Raises NotFound."""
    with reading():
        for viewed in _viewed(viewer, [find_report(viewer, ref)]):
            return viewed
    raise NotFound(INVALID_REPORT)


def reports_of(
    viewer: Viewer,
    event_id: int | None = None,
    state: Deleted = Deleted.LIVE,
    *,
    search: str = "",
    limit: int | None = None,
    page: int | None = None,
) -> list[ViewedReport]:
    """Visible reports of an event (by its number), or of all events, oldest first; all, or a page of `limit`."""
    offset = ((page or 1) - 1) * (limit or 0)
    with reading():
        return _viewed(viewer, list_reports(viewer, event_id, state, search, limit=limit or -1, offset=offset))


def _viewed(viewer: Viewer, reports: Sequence[ReportRow]) -> list[ViewedReport]:
    groups = group_names(viewer, {report.sharing_group_id for report in reports if report.sharing_group_id is not None})
    wanted = list(dict.fromkeys(report.event_id for report in reports))
    events = {
        graph.event.id: graph
        for batch in in_batches(wanted)
        for graph in load_events(viewer, batch, Parts(elements=False))
    }
    parts = Parts(local_tags=not viewer.is_partner)
    tags = {k: v for ids_ in in_batches([r.id for r in reports]) for k, v in tags_of_reports(ids_, parts).items()}
    found = ((report, events[report.event_id]) for report in reports if report.event_id in events)
    return [
        ViewedReport(r, g.event, g.org, g.orgc, groups.get(r.sharing_group_id or 0), tags.get(r.id, ()))
        for r, g in found
    ]


def add_report(viewer: Viewer, event_ref: str, draft: ReportDraft) -> ViewedReport:
    """Add a report to an event. Raises NotFound, Forbidden, SaveFailed."""
    with writing():
        event = modifiable_event(viewer, event_ref)
        if draft.uuid is not None and _is_taken(draft.uuid):
            raise SaveFailed("add", "EventReport", {"uuid": [ELSEWHERE]})
        draft = replace(draft, uuid=draft.uuid or ids.new_uuid())
        return _save(viewer, event, draft, "add")


def _is_taken(uuid: str) -> bool:
    try:
        find_report(Viewer.everything(), uuid)
    except NotFound:
        return False
    return True


def edit_report(viewer: Viewer, ref: str, draft: ReportDraft) -> ViewedReport:
    """Change a report; it is newer with it, whatever time the draft gives. Raises NotFound, NotTheirs, SaveFailed."""
    with writing():
        stored, event = own_report(viewer, ref)
        if draft.uuid is not None and draft.uuid != stored.uuid:
            raise SaveFailed("edit", "EventReport", {"uuid": [OTHER_UUID]}, subject_id=stored.id)
        keeps_group = draft.sharing_group is None and draft.sharing_group_id in (None, stored.sharing_group_id)
        keeps_level = draft.distribution == stored.distribution and keeps_group
        wanted = replace(
            draft,
            uuid=stored.uuid,
            timestamp=clock.later_than(stored.timestamp),
            deleted=draft.deleted or stored.deleted,
            distribution=None if keeps_level else draft.distribution,
        )
        return _save(viewer, event, wanted, "edit", stored.id)


def delete_report(viewer: Viewer, ref: str, *, hard: bool = False) -> ReportRow:
    """Delete a report, softly with a newer timestamp so that the deletion travels, or for good. Returns it as it was.

    Raises NotFound, NotTheirs (RULES §2).
    """
    with writing():
        stored, event = own_report(viewer, ref)
        watch("EventReport", stored.id)
        if hard:
            remove_report(stored.id)
            _event_changed(event)
            record(viewer, "delete", "EventReport", stored.id, stored.name, {"hard": True})
        else:
            _save(viewer, event, _marked(stored, deleted=True), "delete", stored.id)
        return stored


def restore_report(viewer: Viewer, ref: str) -> ReportRow:
    """Bring a softly deleted report back. Returns it as it was. Raises NotFound, NotTheirs."""
    with writing():
        stored, event = own_report(viewer, ref)
        _save(viewer, event, _marked(stored, deleted=False), "restore", stored.id)
        return stored


def own_report(viewer: Viewer, ref: str) -> tuple[ReportRow, EventStanding]:
    """A report that the viewer may change, of an event of its organisation, and that event (MODEL §5.4).

    Raises NotFound, NotTheirs.
    """
    stored = find_report(viewer, ref)
    event = event_standing(stored.event_id)
    if not (viewer.is_site_admin or event.orgc_id == viewer.org_id):
        raise NotTheirs(NO_PERMISSION)
    return stored, event


def _marked(stored: ReportRow, *, deleted: bool) -> ReportDraft:
    timestamp = clock.later_than(stored.timestamp)
    return ReportDraft(stored.name, stored.content, uuid=stored.uuid, timestamp=timestamp, deleted=deleted)


def _save(
    viewer: Viewer, event: EventStanding, draft: ReportDraft, action: str, report_id: int | None = None
) -> ViewedReport:
    origin = Origin.of(viewer)
    level = load_settings().default_attribute_distribution
    defaults = defaults_for(from_link=origin.is_link, default_level=level)
    state = IntakeState(viewer, event.id, defaults, Groups(viewer, origin), fresh=False)
    if report_id is not None:
        watch("EventReport", report_id)
    take_reports(state, [draft])
    if state.dropped:
        errors = {field: list(texts) for field, texts in state.dropped[0].errors.items()}
        raise SaveFailed(action, "EventReport", errors, subject_id=report_id)
    _event_changed(event)
    # What somebody just wrote they may read once more, even if it left their sight with this.
    saved = find_report(Viewer.everything(), draft.uuid or "")
    record(viewer, action, "EventReport", saved.id, saved.name)
    return _viewed(Viewer.everything(), [saved])[0]


def _event_changed(event: EventStanding) -> None:
    recount(event.id)
    mark_changed(event.id, clock.edited(event.timestamp, is_out=event.is_out))
