"""Which organisations here would see an event: the one predicate, asked for each of them (MODEL §6, ADR 0002)."""

from mispmini.domain.viewer import Viewer
from mispmini.store.sql import row, rows
from mispmini.store.visibility import event_visible_to

_AS_PUBLISHED = "(SELECT id, org_id, distribution, sharing_group_id, trashed, 1 AS published FROM event WHERE id = ?)"


def organisations_that_see(event_id: int) -> list[str]:
    """Names of the organisations with an account in use here that see this event once it is published."""
    # One question for each, because visibility is said in one predicate and nowhere else; there are dozens at most.
    return [name for org_id, name in organisations_here() if _reaches(event_id, org_id)]


def organisations_here() -> list[tuple[int, str]]:
    """Ids and names of the organisations with an account in use here, by name."""
    found = rows(
        "SELECT id, name FROM organisation WHERE EXISTS"
        ' (SELECT 1 FROM "user" WHERE "user".org_id = organisation.id AND NOT "user".disabled)'
        " ORDER BY folded_name"
    )
    return [(r[0], r[1]) for r in found]


def _reaches(event_id: int, org_id: int) -> bool:
    member = Viewer(None, org_id, "", "", "", 0, "", frozenset())
    seen = event_visible_to(member)
    return row(f"SELECT 1 FROM {_AS_PUBLISHED} AS event WHERE {seen.text}", (event_id, *seen.params)) is not None
