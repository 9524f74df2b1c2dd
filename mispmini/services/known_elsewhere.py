"""Where else values are known: at partners and in feeds whose contents are cached here (PROTOCOL §4.9, RULES §10.7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.feeds import search_caches, value_digest
from mispmini.store import feeds, server_values
from mispmini.store.database import reading
from mispmini.store.graphs import load_event
from mispmini.store.settings import load_settings


@dataclass(frozen=True, slots=True)
class PartnerHit:
    """A value that a partner holds, and the events that it stands in there."""

    value: str
    server_id: int
    server_name: str
    event_uuids: tuple[str, ...]
    server_url: str


def partner_hits(viewer: Viewer, values: Sequence[str]) -> list[PartnerHit]:
    """Which partners hold these values, a composite as a whole; none for those who are not told of partners."""
    if not _is_told(viewer) or not server_values.any_cached():
        return []
    wanted = {value_digest(value): value for value in values}
    hits: dict[tuple[str, int, str, str], list[str]] = {}
    for hit in server_values.server_hits(list(wanted)):
        uuids = hits.setdefault((wanted[hit.digest], hit.server_id, hit.server_name, hit.server_url), [])
        uuids += [hit.event_uuid] if hit.event_uuid else []
    return [
        PartnerHit(value, number, name, tuple(dict.fromkeys(uuids)), url)
        for (value, number, name, url), uuids in hits.items()
    ]


def partner_hits_in_event(viewer: Viewer, event_id: int, limit: int) -> list[PartnerHit]:
    """Which values of an event that the viewer reads are known at partners, at most so many."""
    if not _is_told(viewer) or not server_values.any_cached():
        return []
    with reading():
        graph = load_event(viewer, str(event_id))
    return partner_hits(viewer, list(dict.fromkeys(row.value for row in graph.attributes)))[:limit]


def holders_by_value(viewer: Viewer, values: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By value the names of partners and feeds that hold it, as far as the viewer is told."""
    names: dict[str, list[str]] = {}
    for hit in partner_hits(viewer, values):
        names.setdefault(hit.value, []).append(hit.server_name)
    if feeds.any_cached():
        for found in search_caches(viewer, values):
            names.setdefault(found.value, []).append(found.feed.name)
    return {value: tuple(dict.fromkeys(held)) for value, held in names.items()}


def _is_told(viewer: Viewer) -> bool:
    """Whether partners' holdings are shown: to this server's own organisation, and to whose role says so."""
    own = viewer.is_site_admin or viewer.org_id == load_settings().host_org_id
    return not viewer.is_partner and (own or viewer.can(Permission.VIEW_FEED_CORRELATIONS))
