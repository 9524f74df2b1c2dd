"""What the home page is given: figures, what is new, what needs somebody, and the first steps of a fresh server."""

from mispmini.domain.filters import IndexFilters, Order
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import diagnostics, overview, proposals, searching
from mispmini.services.overview import Progress
from mispmini.web import pages
from mispmini.web.building.badges import event_row
from mispmini.web.building.event_pages import Tab, in_tab
from mispmini.web.building.health_pages import check_row
from mispmini.web.building.link_health import server_health
from mispmini.web.building.receipts import ledger_row
from mispmini.web.i18n import _

_NEWEST = 10


def home_page(viewer: Viewer) -> pages.HomePage:
    """What the home page shows to this viewer."""
    figures = overview.figures_for(viewer)
    return pages.HomePage(
        organisation=viewer.org_name,
        alarms=tuple(check_row(alarm) for alarm in diagnostics.alarm_checks(viewer)),
        steps=_steps(overview.progress_for(viewer)),
        received=_newest(viewer, "received"),
        drafts=_newest(viewer, "drafts"),
        servers=tuple(server_health(link) for link in overview.links_for(viewer)),
        troubles=tuple(ledger_row(entry, with_detail=True) for entry in overview.troubles_for(viewer)),
        event_count=figures.events,
        attribute_count=figures.attributes,
        organisation_count=figures.organisations,
        proposals=proposals.count_waiting(viewer) if viewer.can(Permission.ADD) else 0,
    )


def _newest(viewer: Viewer, tab: Tab) -> tuple[pages.EventRow, ...]:
    filters = IndexFilters(limit=_NEWEST, page=1, order=Order("timestamp", descending=True))
    return tuple(event_row(item) for item in searching.index(viewer, in_tab(viewer, tab, filters)))


def _steps(progress: Progress | None) -> tuple[pages.Step, ...]:
    if progress is None:
        return ()
    steps = (
        pages.Step(_("Give your colleagues an account"), progress.has_colleague, "/admin/users/add", 7),
        pages.Step(_("Connect a partner"), progress.has_partner, "/servers/add", 8),
        pages.Step(_("Write the first event"), progress.has_event, "/events/add", 5),
        pages.Step(_("Publish it"), progress.has_published, "/events/index?tab=drafts", 5),
    )
    return () if all(step.done for step in steps) else steps
