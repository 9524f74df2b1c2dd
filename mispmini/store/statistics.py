"""Counts for clients and admins: of events only those that the viewer sees (API §9.8, TRUST S4)."""

from typing import NamedTuple

from mispmini.domain.viewer import Viewer
from mispmini.store.sql import rows, scalar
from mispmini.store.visibility import attribute_count_for, attribute_readable_by, event_readable_by


class OrganisationCounts(NamedTuple):
    """What an organisation brought: `users` here, and visible `events` that it created."""

    id: int
    uuid: str
    name: str
    local: bool
    nationality: str
    sector: str
    type: str
    users: int
    events: int
    attributes: int


def count_events_since(viewer: Viewer, since: int) -> int:
    """How many visible events changed since a moment (epoch seconds)."""
    seen = event_readable_by(viewer)
    return int(scalar(f"SELECT count(*) FROM event WHERE ({seen.text}) AND timestamp >= ?", (*seen.params, since)))


def count_attributes_since(viewer: Viewer, since: int) -> int:
    """How many live attributes of visible events changed since a moment (epoch seconds)."""
    where = event_readable_by(viewer) & attribute_readable_by(viewer)
    return int(
        scalar(
            "SELECT count(*) FROM attribute JOIN event ON event.id = attribute.event_id"
            f" WHERE {where.text} AND NOT attribute.deleted AND attribute.timestamp >= ?",
            (*where.params, since),
        )
    )


def count_any_users(*, with_gpg: bool = False) -> int:
    """How many accounts there are, or how many of them have a PGP key."""
    condition = " WHERE coalesce(gpgkey, '') <> ''" if with_gpg else ""
    return int(scalar(f'SELECT count(*) FROM "user"{condition}'))


def count_organisations(*, local: bool) -> int:
    """How many organisations are local, or known from elsewhere."""
    return int(scalar("SELECT count(*) FROM organisation WHERE local = ?", (local,)))


def counts_by_organisation(viewer: Viewer) -> list[OrganisationCounts]:
    """Every organisation with its counts, by id."""
    seen, held = event_readable_by(viewer), attribute_count_for(viewer)
    found = rows(
        "SELECT o.id, o.uuid, o.name, o.local, o.nationality, o.sector, o.type,"
        ' (SELECT count(*) FROM "user" WHERE "user".org_id = o.id), coalesce(made.events, 0),'
        " coalesce(made.attributes, 0) FROM organisation AS o LEFT JOIN (SELECT event.orgc_id AS org_id,"
        f" count(*) AS events, sum({held.text}) AS attributes FROM event WHERE {seen.text}"
        " GROUP BY event.orgc_id) AS made ON made.org_id = o.id ORDER BY o.id",
        held.params + seen.params,
    )
    return [OrganisationCounts._make((*r[:3], bool(r[3]), *r[4:])) for r in found]


def type_counts(viewer: Viewer) -> list[tuple[str, str, int]]:
    """Organisation, type and number of its live attributes in visible events."""
    where = event_readable_by(viewer) & attribute_readable_by(viewer)
    return [
        (r[0], r[1], r[2])
        for r in rows(
            "SELECT o.name, kind.name, count(*) FROM attribute JOIN event ON event.id = attribute.event_id"
            " JOIN organisation AS o ON o.id = event.orgc_id JOIN attribute_type AS kind ON kind.id = attribute.type_id"
            f" WHERE {where.text} AND NOT attribute.deleted GROUP BY o.name, kind.name ORDER BY o.name, kind.name",
            where.params,
        )
    ]


def sighted_values(viewer: Viewer, limit: int) -> list[tuple[str, int, int]]:
    """Value, event and number of the viewer's organisation's sightings, the most sighted first."""
    where = event_readable_by(viewer) & attribute_readable_by(viewer)
    found = rows(
        "SELECT attribute.value1, attribute.event_id, count(*) AS seen FROM sighting"
        " JOIN attribute ON attribute.id = sighting.attribute_id JOIN event ON event.id = attribute.event_id"
        f" WHERE {where.text} AND NOT attribute.deleted AND (sighting.org_id = ? OR ?)"
        " GROUP BY attribute.value1, attribute.event_id ORDER BY seen DESC, attribute.value1 LIMIT ?",
        (*where.params, viewer.org_id, viewer.is_site_admin, limit),
    )
    return [(r[0], r[1], r[2]) for r in found]
