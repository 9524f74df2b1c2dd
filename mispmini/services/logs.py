"""The audit log for those who may read it, and an event's history for those who see the event (FEATURES row 23)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from mispmini.domain.audit_log import READS, TAKEN_OVER, LogFilters, LogRecord
from mispmini.domain.errors import Busy, Forbidden, NotFound, OutOfSpace
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import audit
from mispmini.store import logs as store
from mispmini.store.database import writing
from mispmini.store.events import event_standing
from mispmini.store.graphs import find_readable_event_id
from mispmini.store.logs import LogSize as LogSize
from mispmini.store.settings import load_settings

NO_FUNCTION = "You do not have permission to use this functionality."
UNKNOWN = "Invalid log entry."
_OF_ELEMENTS = ("Attribute", "Object", "EventReport")
_ANALYST_DATA = frozenset({"Note", "Opinion", "Relationship"})
_HISTORY = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of an event's history. `who` is empty for those who are not told; so is `title`."""

    time: int
    who: str
    organisation: str
    action: str
    model: str
    model_id: int | None
    title: str
    changes: Mapping[str, object]


def list_logs(viewer: Viewer, filters: LogFilters) -> list[LogRecord]:
    """Rows of the audit log: all for site admins, the own organisation's for auditors. Raises Forbidden."""
    _require_audit(viewer)
    return store.list_logs(viewer, filters)


def count_logs(viewer: Viewer, filters: LogFilters) -> int:
    """How many rows the filters leave, without their limit. Raises Forbidden."""
    _require_audit(viewer)
    return store.count_logs(viewer, filters)


def view_log(viewer: Viewer, row_id: int) -> LogRecord:
    """One row. Raises Forbidden, NotFound."""
    _require_audit(viewer)
    found = store.find_log(viewer, row_id)
    if found is None:
        raise NotFound(UNKNOWN)
    return found


def words_to_choose(viewer: Viewer) -> tuple[list[str], list[str]]:
    """The actions and the models that occur, for a form. Raises Forbidden."""
    _require_audit(viewer)
    return store.words_in_use(viewer, "action"), store.words_in_use(viewer, "model")


def log_size(viewer: Viewer) -> tuple[LogSize, int] | None:
    """How large the log is and for how many days it is kept; for site admins."""
    return (store.log_size(), load_settings().audit_days) if viewer.is_site_admin else None


def history_of(viewer: Viewer, event_ref: str) -> list[Moment]:
    """What happened to an event, newest first. Raises NotFound.

    Its owner's organisation and site admins are told who and what, the former only of what happened since the event
    was handed over to it. Others, and of the time before that, are told when and by which organisation, and of elements
    those alone that they see. What others say about an event has its own level, and is not told here.
    """
    event = event_standing(find_readable_event_id(viewer, event_ref))
    found = store.history_rows(event.id, _HISTORY)
    if viewer.is_site_admin:
        return [_whole(row, viewer) for row in found]
    if viewer.org_id == event.org_id:
        own, before = _since_handed_over(found)
        told = [_whole(row, viewer) for row in _without_sayings_of_others(viewer, own)]
        return told + [_outline(row) for row in _visible(viewer, before)]
    return [_outline(row) for row in _visible(viewer, found)]


def log_request(viewer: Viewer, title: str, body: Mapping[str, object] | None) -> None:
    """Keep a row about a request that changed nothing; a full disk must not stop readers."""
    with suppress(Busy, OutOfSpace), writing(quiet=True):
        audit.record(viewer, READS, READS.capitalize(), None, title, {"body": [None, body]} if body else None)


def _since_handed_over(found: list[LogRecord]) -> tuple[list[LogRecord], list[LogRecord]]:
    """The rows since the event has its present owner, and those of another one's time; newest first, as they came."""
    for place, row in enumerate(found, 1):
        if any(step.action == TAKEN_OVER for step in row.steps):
            return found[:place], found[place:]
    return found, []


def _without_sayings_of_others(viewer: Viewer, found: list[LogRecord]) -> list[LogRecord]:
    hidden = _ANALYST_DATA | ({"Sighting"} if load_settings().sightings_anonymise else set())
    return [
        row
        for row in found
        if row.org_name == viewer.org_name or hidden.isdisjoint((row.model, *(step.model for step in row.steps)))
    ]


def _visible(viewer: Viewer, found: list[LogRecord]) -> list[LogRecord]:
    seen: set[tuple[str, int | None]] = set()
    for model in _OF_ELEMENTS:
        ids = [row.model_id for row in found if row.model == model and row.model_id is not None]
        seen |= {(model, number) for number in store.visible_elements(viewer, model, ids)}
    return [row for row in found if row.model == "Event" or (row.model, row.model_id) in seen]


def _whole(row: LogRecord, viewer: Viewer) -> Moment:
    changes = {name: pair for step in row.steps for name, pair in step.change.items()}
    who = row.email if viewer.is_site_admin or row.org_name == viewer.org_name else ""
    return replace(_outline(row), who=who, title=row.title, changes=changes)


def _outline(row: LogRecord) -> Moment:
    return Moment(row.time, "", row.org_name, row.action, row.model, row.model_id, "", {})


def _require_audit(viewer: Viewer) -> None:
    if not (viewer.is_site_admin or viewer.can(Permission.AUDIT)):
        raise Forbidden(NO_FUNCTION)
