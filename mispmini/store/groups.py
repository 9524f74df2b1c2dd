"""Sharing groups as they stand inside events and on their own."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.drafts import SharingGroupDraft
from mispmini.domain.graphs import OrganisationRow, SharingGroup, SharingGroupMember, SharingGroupServer
from mispmini.domain.viewer import Viewer
from mispmini.store.organisations import organisation_rows
from mispmini.store.own_address import announced_url
from mispmini.store.sql import Row, execute, marks, row, rows, scalar
from mispmini.store.visibility import group_visible_to

_COLUMNS = (
    "id, uuid, name, releasability, description, organisation_uuid, org_id, sync_user_id, active, local, roaming,"
    " created, modified"
)


def load_groups(ids: Collection[int]) -> dict[int, SharingGroup]:
    """Groups by id with members and servers; this instance is listed by the URL that partners are told."""
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
    orgs = organisation_rows({r[6] for r in found} | {r[2] for r in members})
    return {r[0]: _group(r, members, servers, orgs) for r in found}


def _group(
    found: Row, members: Iterable[Row], servers: Iterable[Row], orgs: dict[int, OrganisationRow]
) -> SharingGroup:
    group_id, uuid, name, releasability, description, organisation_uuid, org_id, sync_user_id = found[:8]
    active, local, roaming, created, modified = found[8:]
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
        servers=tuple(_server(s) for s in servers if s[0] == group_id),
    )


def _server(found: Row) -> SharingGroupServer:
    _group_id, number, server_id, url, name, all_orgs = found
    if server_id is None:
        url = name = announced_url()
    return SharingGroupServer(number, server_id, url or "", name or "", bool(all_orgs))


def visible_group_ids(viewer: Viewer, *, active: bool | None = True) -> list[int]:
    """Ids of the groups that the viewer sees, oldest first; active ones unless told otherwise."""
    visible = group_visible_to(viewer)
    state = "" if active is None else f" AND {'' if active else 'NOT '}sharing_group.active"
    found = rows(f"SELECT id FROM sharing_group WHERE ({visible.text}){state} ORDER BY id", visible.params)
    return [r[0] for r in found]


def find_group_id(viewer: Viewer, ref: str) -> int | None:
    """The id of a visible group by id or uuid, or None."""
    column = "id" if ref.isdigit() else "uuid"
    visible = group_visible_to(viewer)
    found = rows(
        f"SELECT id FROM sharing_group WHERE {column} = ? AND ({visible.text})", (ref.lower(), *visible.params)
    )
    return int(found[0][0]) if found else None


class GroupStanding(NamedTuple):
    """Whose a group is and how new."""

    id: int
    org_id: int
    sync_user_id: int | None
    local: bool
    modified: int


def group_by_uuid(uuid: str) -> GroupStanding | None:
    """The group with this uuid, whoever asks."""
    found = row("SELECT id, org_id, sync_user_id, local, modified FROM sharing_group WHERE uuid = ?", (uuid,))
    return None if found is None else GroupStanding._make(found)


def member_org_ids(group_id: int, *, extend: bool = False) -> set[int]:
    """Ids of the member organisations, or of those that may edit the group."""
    condition = " AND extend" if extend else ""
    found = rows(f"SELECT org_id FROM sharing_group_org WHERE sharing_group_id = ?{condition}", (group_id,))
    return {r[0] for r in found}


def insert_group(
    draft: SharingGroupDraft,
    org_id: int,
    orgs: Mapping[int, bool],
    servers: Mapping[int | None, bool],
    *,
    sync_user_id: int | None,
    local: bool = False,
) -> int:
    """Add a group with its lists, inside a writing(); a taken name gets a number behind it. Returns its id."""
    now = clock.now()
    execute(
        f"INSERT INTO sharing_group ({_COLUMNS.removeprefix('id, ')}) VALUES ({marks(_COLUMNS.split(',')[1:])})",
        (
            draft.uuid, _free_name(draft.name), draft.releasability, draft.description, draft.organisation_uuid or "",
            org_id, sync_user_id, draft.active, local, draft.roaming, clock.epoch_of(draft.created) or now, now,
        ),
    )  # fmt: skip
    group_id = int(scalar("SELECT id FROM sharing_group WHERE uuid = ?", (draft.uuid,)))
    put_group_lists(group_id, orgs, servers)
    return group_id


def _free_name(name: str) -> str:
    taken = {r[0] for r in rows("SELECT name FROM sharing_group WHERE name LIKE ?", (f"{name}%",))}
    candidates = (name, *(f"{name}_{number}" for number in range(1, 10_000)))
    return next(candidate for candidate in candidates if candidate not in taken)


def put_group_lists(group_id: int, orgs: Mapping[int, bool], servers: Mapping[int | None, bool]) -> None:
    """Add members and servers or update their flags, inside a writing(); none is removed (MODEL §7.9 row 5)."""
    for org_id, extend in orgs.items():
        execute(
            "INSERT INTO sharing_group_org (sharing_group_id, org_id, extend) VALUES (?, ?, ?)"
            " ON CONFLICT (sharing_group_id, org_id) DO UPDATE SET extend = excluded.extend",
            (group_id, org_id, extend),
        )
    for server_id, all_orgs in servers.items():
        execute(
            "DELETE FROM sharing_group_server WHERE sharing_group_id = ? AND coalesce(server_id, 0) = ?",
            (group_id, server_id or 0),
        )
        execute(
            "INSERT INTO sharing_group_server (sharing_group_id, server_id, all_orgs) VALUES (?, ?, ?)",
            (group_id, server_id, all_orgs),
        )


def update_group_lists(
    group_id: int, draft: SharingGroupDraft, orgs: Mapping[int, bool], servers: Mapping[int | None, bool]
) -> None:
    """Apply a newer definition, inside a writing(). The name stays: it is this instance's (MODEL §7.9 row 2)."""
    execute(
        "UPDATE sharing_group SET releasability = ?, description = ?, roaming = ?, modified = ? WHERE id = ?",
        (draft.releasability, draft.description, draft.roaming, clock.now(), group_id),
    )
    put_group_lists(group_id, orgs, servers)


def server_ids_by_url() -> dict[str, int]:
    """The known servers, by url."""
    return dict(rows("SELECT url, id FROM server"))
