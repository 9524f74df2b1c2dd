"""Sharing groups as they stand inside events and on their own."""

from collections.abc import Collection, Iterable

from mispmini.domain.graphs import OrganisationRow, SharingGroup, SharingGroupMember, SharingGroupServer
from mispmini.domain.viewer import Viewer
from mispmini.store.organisations import organisation_rows
from mispmini.store.sql import Row, marks, rows
from mispmini.store.visibility import group_visible_to

_COLUMNS = (
    "id, uuid, name, releasability, description, organisation_uuid, org_id, sync_user_id, active, local, roaming,"
    " created, modified"
)


def load_groups(ids: Collection[int]) -> dict[int, SharingGroup]:
    """Groups by id with members and servers; the local server's url is filled in by whoever writes it (wire)."""
    if not ids:
        return {}
    wanted = tuple(ids)
    found = rows(f"SELECT {_COLUMNS} FROM sharing_group WHERE id IN ({marks(wanted)})", wanted)
    members = rows(
        "SELECT sharing_group_id, id, org_id, extend FROM sharing_group_org"
        f" WHERE sharing_group_id IN ({marks(wanted)}) ORDER BY id",
        wanted,
    )
    servers = rows(
        "SELECT link.sharing_group_id, link.id, link.server_id, server.url, server.name, link.all_orgs"
        " FROM sharing_group_server AS link LEFT JOIN server ON server.id = link.server_id"
        f" WHERE link.sharing_group_id IN ({marks(wanted)}) ORDER BY link.id",
        wanted,
    )
    orgs = organisation_rows({row[6] for row in found} | {row[2] for row in members})
    return {row[0]: _group(row, members, servers, orgs) for row in found}


def _group(row: Row, members: Iterable[Row], servers: Iterable[Row], orgs: dict[int, OrganisationRow]) -> SharingGroup:
    group_id, uuid, name, releasability, description, organisation_uuid, org_id, sync_user_id = row[:8]
    active, local, roaming, created, modified = row[8:]
    return SharingGroup(
        id=group_id,
        uuid=uuid,
        name=name,
        releasability=releasability,
        description=description,
        organisation_uuid=organisation_uuid,
        org_id=org_id,
        sync_user_id=sync_user_id,
        active=bool(active),
        local=bool(local),
        roaming=bool(roaming),
        created=created,
        modified=modified,
        organisation=orgs[org_id],
        orgs=tuple(SharingGroupMember(m[1], orgs[m[2]], bool(m[3])) for m in members if m[0] == group_id),
        servers=tuple(
            SharingGroupServer(s[1], s[2], s[3] or "", s[4] or "", bool(s[5])) for s in servers if s[0] == group_id
        ),
    )


def visible_group_ids(viewer: Viewer, *, active: bool | None = True) -> list[int]:
    """Ids of the groups that the viewer sees, oldest first; active ones unless told otherwise."""
    visible = group_visible_to(viewer)
    state = "" if active is None else f" AND {'' if active else 'NOT '}sharing_group.active"
    found = rows(f"SELECT id FROM sharing_group WHERE ({visible.text}){state} ORDER BY id", visible.params)
    return [row[0] for row in found]


def find_group_id(viewer: Viewer, ref: str) -> int | None:
    """The id of a visible group by id or uuid, or None."""
    column = "id" if ref.isdigit() else "uuid"
    visible = group_visible_to(viewer)
    found = rows(
        f"SELECT id FROM sharing_group WHERE {column} = ? AND ({visible.text})", (ref.lower(), *visible.params)
    )
    return int(found[0][0]) if found else None
