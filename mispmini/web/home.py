"""The first page: how much is here, what is new, what needs somebody, and the first steps of a fresh server."""

from flask import Blueprint

from mispmini.domain.filters import IndexFilters, Order
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import overview, proposals, searching
from mispmini.services.overview import Progress, Standing
from mispmini.services.receiving import MOST_SKEW_SECONDS
from mispmini.web import pages
from mispmini.web.answer import Answer, page_answer, see_other
from mispmini.web.badges import event_row
from mispmini.web.event_pages import Tab, in_tab
from mispmini.web.i18n import _, ago, ngettext
from mispmini.web.needs import needs_login
from mispmini.web.receipts import ledger_row
from mispmini.web.sentences import for_people
from mispmini.web.who import current_viewer

bp = Blueprint("home", __name__)
_NEWEST = 10
_PULLED = "Pull completed."


@bp.get("/")
@needs_login
def home() -> Answer:
    """The home page."""
    return page_answer("home.html", home_page(current_viewer()))


@bp.get("/dashboards")
@needs_login
def dashboards() -> Answer:
    """Where MISP's bookmarks lead."""
    return see_other("/")


def home_page(viewer: Viewer) -> pages.HomePage:
    """What the home page shows to this viewer."""
    figures = overview.figures_for(viewer)
    return pages.HomePage(
        organisation=viewer.org_name,
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


def server_health(link: Standing) -> pages.ServerHealth:
    """How a link is, in a word and a sentence."""
    health, sentence = health_of(link)
    return pages.ServerHealth(link.server.id, link.server.name, health, sentence, link.queue.waiting)


def health_of(link: Standing) -> tuple[pages.Health, str]:
    """Whether a link works: what is worst about it comes first."""
    server = link.server
    if server.paused:
        return "warning", _("It is paused.")
    if not (server.push or server.pull):
        return "unused", _("It neither pushes nor pulls.")
    if server.breaker_until is not None:
        return "failing", _("It cannot be reached. It is tried again by itself.")
    if server.pull and not (server.last_pull_result or _PULLED).startswith(_PULLED):
        told = _("The last pull failed.")
        return "failing", f"{told} {for_people(server.last_pull_result or '')}"
    if link.queue.parked:
        parked = link.queue.parked
        return "warning", ngettext("%(num)d event needs somebody.", "%(num)d events need somebody.", parked)
    if abs(server.clock_skew or 0) > MOST_SKEW_SECONDS:
        seconds = abs(server.clock_skew or 0)
        return "warning", _("Its clock differs from ours by %(num)d seconds: set both from the network.", num=seconds)
    if not (server.last_push or server.last_pull):
        return "unused", _("Nothing was exchanged yet.")
    return "good", _last_exchange(link)


def _last_exchange(link: Standing) -> str:
    pushed, pulled = link.server.last_push, link.server.last_pull
    sentences = []
    if pushed:
        sentences.append(_("Last push %(when)s.", when=ago(pushed)))
    if pulled:
        sentences.append(_("Last pull %(when)s.", when=ago(pulled)))
    return " ".join(sentences)


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
