"""Pending requests to take over an event: finders and writers (MODEL §6.3)."""

from mispmini.domain.delegations import Delegation
from mispmini.domain.errors import NotFound
from mispmini.domain.viewer import Viewer
from mispmini.store.organisations import organisation_rows
from mispmini.store.sql import TRUE, Predicate, execute, row, rows
from mispmini.store.tables.handing_over import EventDelegation

NO_DELEGATION = "Invalid delegation request"


def _found(viewer: Viewer, condition: Predicate) -> list[Delegation]:
    """Those that the viewer's organisation made or got; a site admin sees all."""
    own = Predicate("link.org_id = ? OR link.requester_org_id = ?", (viewer.org_id, viewer.org_id))
    shown = condition & (TRUE if viewer.is_site_admin else own)
    found = rows(
        "SELECT link.id, event.id, event.uuid, event.info, event.orgc_id, link.org_id, link.requester_org_id,"
        " link.message, link.distribution, link.sharing_group_id FROM event_delegation AS link"
        f" JOIN event ON event.id = link.event_id WHERE event.trashed IS NULL AND ({shown.text}) ORDER BY link.id",
        shown.params,
    )
    orgs = organisation_rows({number for r in found for number in (r[5], r[6])})
    return [Delegation._make((*r[:5], orgs[r[5]], orgs[r[6]], *r[7:])) for r in found]


def list_delegations(viewer: Viewer) -> list[Delegation]:
    """Those that the viewer's organisation made or got, oldest first; a site admin sees all."""
    return _found(viewer, TRUE)


def find_delegation(viewer: Viewer, number: int) -> Delegation:
    """One of them. Raises NotFound."""
    for found in _found(viewer, Predicate("link.id = ?", (number,))):
        return found
    raise NotFound(NO_DELEGATION)


def is_offered(event_id: int) -> bool:
    """Whether a request for this event is pending."""
    return row("SELECT 1 FROM event_delegation WHERE event_id = ?", (event_id,)) is not None


def insert_delegation(values: dict[str, object]) -> int:
    """Add one by column names, inside a writing(); its id."""
    return int(EventDelegation.insert(values).execute())


def delete_delegation(number: int) -> None:
    """Remove one, inside a writing()."""
    execute("DELETE FROM event_delegation WHERE id = ?", (number,))
