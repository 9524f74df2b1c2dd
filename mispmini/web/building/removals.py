"""The question before an element of an event is deleted: for good, or so that partners hear of it (RULES §2)."""

from collections.abc import Callable

from mispmini.domain.graphs import AttributeRow, ObjectRow, ReportRow
from mispmini.domain.viewer import Viewer
from mispmini.services import event_sheets
from mispmini.web import pages
from mispmini.web.answer import wants_json
from mispmini.web.asking import parameter
from mispmini.web.i18n import _
from mispmini.web.who import current_viewer
from mispmini.wire.scalars import flag

EventOf = Callable[[], int]


def is_for_good(hard: str, event_of: EventOf) -> bool:
    """Whether a deletion removes the element: who asks says `hard`; a form needs no such word (RULES §2)."""
    if flag(hard or parameter("hard")) is True:
        return True
    return not wants_json() and event_sheets.is_gone_for_good(current_viewer(), event_of())


def attribute_question(*, for_good: bool) -> str:
    """What deleting an attribute means."""
    if for_good:
        return _("Delete this attribute for good? The event was never published, so nobody else has it.")
    return _("Delete this attribute? It can be restored. Servers that have it are told with the next publishing.")


def object_question(*, for_good: bool) -> str:
    """What deleting an object means."""
    if for_good:
        return _("Delete this object with its attributes for good? The event was never published.")
    return _(
        "Delete this object with its attributes? It can be restored. Servers that have it are told with the next"
        " publishing."
    )


def attribute_removal(viewer: Viewer, item: AttributeRow) -> pages.RemovalPage:
    """The page that asks before an attribute is deleted."""
    return _page(viewer, _("Delete attribute"), item.event_id, item.value, f"/attributes/delete/{item.id}", "")


def object_removal(viewer: Viewer, item: ObjectRow) -> pages.RemovalPage:
    """The page that asks before an object is deleted."""
    return _page(viewer, _("Delete object"), item.event_id, item.name, f"/objects/delete/{item.id}", "")


def report_removal(viewer: Viewer, item: ReportRow) -> pages.RemovalPage:
    """The page that asks before a report is deleted."""
    return _page(
        viewer, _("Delete report"), item.event_id, item.name, f"/event_reports/delete/{item.id}", "?tab=reports"
    )


def _page(viewer: Viewer, title: str, event_id: int, subject: str, action: str, tab: str) -> pages.RemovalPage:
    event_sheets.must_change_elements(viewer, event_id)
    event = event_sheets.head_of(viewer, str(event_id)).event
    for_good = event_sheets.is_gone_for_good(viewer, event_id)
    return pages.RemovalPage(
        title=title,
        event_id=event_id,
        event_info=event.info,
        subject=subject,
        sentences=_gone() if for_good else _kept(),
        action=action,
        back=f"/events/view/{event_id}{tab}",
        for_good=for_good,
    )


def _gone() -> tuple[str, ...]:
    return (_("It is removed for good: the event was never published, so nobody else has it."),)


def _kept() -> tuple[str, ...]:
    return (
        _("It is marked as deleted and can be restored. Servers that have it are told with the next publishing."),
        _("What was delivered may stay in the databases of partners. Hidden here does not mean gone there."),
    )
