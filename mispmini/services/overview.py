"""What the home page tells: numbers, the first steps of a fresh server, links, and deliveries that need somebody."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain.viewer import Viewer
from mispmini.services.servers import Standing as Standing
from mispmini.services.servers import list_servers
from mispmini.store import figures
from mispmini.store.ledger import LedgerEntry, list_troubles

_NEWEST = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """How much is here, as far as the viewer sees it."""

    events: int
    attributes: int
    organisations: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fresh server has come."""

    has_colleague: bool
    has_partner: bool
    has_event: bool
    has_published: bool


def figures_for(viewer: Viewer) -> Figures:
    """How much is here."""
    events, attributes = figures.count_events(viewer)
    return Figures(events, attributes, figures.count_any_organisations())


def progress_for(viewer: Viewer) -> Progress | None:
    """The first steps; None for others than site admins."""
    if not viewer.is_site_admin:
        return None
    return Progress(
        has_colleague=figures.has_colleague(viewer.user_id or 0),
        has_partner=figures.has_server(),
        has_event=figures.has_event_of(viewer.org_id, published=False),
        has_published=figures.has_event_of(viewer.org_id, published=True),
    )


def links_for(viewer: Viewer) -> Sequence[Standing]:
    """Every link; none for others than site admins."""
    return list_servers(viewer) if viewer.is_site_admin else ()


def troubles_for(viewer: Viewer) -> Sequence[LedgerEntry]:
    """The newest deliveries that need somebody; none for others than site admins."""
    return list_troubles(_NEWEST) if viewer.is_site_admin else ()
