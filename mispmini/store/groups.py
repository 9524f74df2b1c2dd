"""Sharing groups as they stand inside events and on their own."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import SharingGroupDraft
from mispmini.domain.graphs import OrganisationRow, SharingGroup, SharingGroupMember, SharingGroupServer
from mispmini.domain.ids import is_row_number
from mispmini.domain.viewer import Viewer
from mispmini.store.organisations import organisation_rows
from mispmini.store.own_address import announced_url
from mispmini.store.settings import load_settings
from mispmini.store.sql import Row, execute, marks, row, rows, scalar
from mispmini.store.visibility import group_visible_to

_COLUMNS = (
    "id, uuid, name, releasability, description, organisation_uuid, org_id, sync_user_id, active, local, roaming,"
    " created, modified"
)
_ELEMENTS = ("object", "event_report", "attribute", "analyst_item")


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


def load_groups_for(viewer: Viewer, ids: Collection[int]) -> dict[int, SharingGroup]:
    """The same as a viewer may know them: of those that it is not in the uuid alone."""
    groups = load_groups(ids)
    if not groups or viewer.is_site_admin:
        return groups
    known = set(visible_group_ids(viewer, active=None))
    told = {number: group if number in known else group.for_strangers() for number, group in groups.items()}
    return without_hidden_members(viewer, told)


def without_hidden_members(viewer: Viewer, groups: Mapping[int, SharingGroup]) -> dict[int, SharingGroup]:
    """The same without their organisations for those who may not see these (CLIENTS.md, settings): all but site
    admins, partners, a group's owner and members who may extend it, while that is switched on."""
    if not groups or viewer.is_site_admin or viewer.is_partner or not load_settings().hide_organisations_in_groups:
        return dict(groups)
    return {number: group if _tends(viewer, group) else replace(group, orgs=()) for number, group in groups.items()}


def _tends(viewer: Viewer, group: SharingGroup) -> bool:
    extending = {member.organisation.id for member in group.orgs if member.extend}
    return viewer.org_id in {group.org_id, *extending}


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
    column = "id" if is_row_number(ref) else "uuid"
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
    received_from: int | None
    local: bool
    modified: int


def is_active_group(group_id: int) -> bool:
    """Whether new data may name the group."""
    return row("SELECT 1 FROM sharing_group WHERE id = ? AND active", (group_id,)) is not None


def group_by_uuid(uuid: str) -> GroupStanding | None:
    """The group with this uuid, whoever asks."""
    found = row(
        "SELECT id, org_id, sync_user_id, received_from, local, modified FROM sharing_group WHERE uuid = ?", (uuid,)
    )
    return None if found is None else GroupStanding._make(found)


def member_org_ids(group_id: int, *, extend: bool = False) -> set[int]:
    """Ids of the member organisations, or of those that may edit the group."""
    condition = " AND extend" if extend else ""
    found = rows(f"SELECT org_id FROM sharing_group_org WHERE sharing_group_id = ?{condition}", (group_id,))
    return {r[0] for r in found}


def group_reaches(group_id: int, org_id: int) -> bool:
    """Whether an organisation owns the group, is a member, or is covered by `all_orgs` of this instance."""
    found = row(
        "SELECT 1 FROM sharing_group WHERE id = ? AND (org_id = ?"
        " OR id IN (SELECT sharing_group_id FROM sharing_group_org WHERE org_id = ?)"
        " OR id IN (SELECT sharing_group_id FROM sharing_group_server WHERE server_id IS NULL AND all_orgs))",
        (group_id, org_id, org_id),
    )
    return found is not None


def lists_this_instance(group_id: int) -> bool:
    """Whether the group names this instance among its servers."""
    text = "SELECT 1 FROM sharing_group_server WHERE sharing_group_id = ? AND server_id IS NULL"
    return row(text, (group_id,)) is not None


def insert_group(
    draft: SharingGroupDraft,
    org_id: int,
    orgs: Mapping[int, bool],
    servers: Mapping[int | None, bool],
    *,
    sync_user_id: int | None,
    received_from: int | None = None,
    local: bool = False,
) -> int:
    """Add a group with its lists, inside a writing(); a taken name gets a number behind it. Returns its id.

    `modified` is the sender's, so that its next change looks newer whatever its clock says, but never later than now.
    """
    now = clock.now()
    execute(
        f"INSERT INTO sharing_group ({_COLUMNS.removeprefix('id, ')}, received_from)"
        f" VALUES ({marks(_COLUMNS.split(','))})",
        (
            draft.uuid, _free_name(draft.name), draft.releasability, draft.description, draft.organisation_uuid or "",
            org_id, sync_user_id, draft.active, local, draft.roaming, clock.epoch_of(draft.created) or now,
            _modified(draft), received_from,
        ),
    )  # fmt: skip
    group_id = int(scalar("SELECT id FROM sharing_group WHERE uuid = ?", (draft.uuid,)))
    put_group_lists(group_id, orgs, servers)
    return group_id


def _modified(draft: SharingGroupDraft) -> int:
    now = clock.now()
    return min(clock.epoch_of(draft.modified) or now, now)


def _free_name(name: str) -> str:
    taken = {r[0] for r in rows("SELECT name FROM sharing_group WHERE name LIKE ?", (f"{name}%",))}
    candidates = (name, *(f"{name}_{number}" for number in range(1, 10_000)))
    return next(candidate for candidate in candidates if candidate not in taken)


def bears_name(known: str, name: str) -> bool:
    """Whether a group is called so here, maybe with the number that a taken name gets."""
    return known == name or not name or (known.startswith(f"{name}_") and is_row_number(known[len(name) + 1 :]))


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
    """Apply a newer definition, inside a writing(); a new name that is taken gets a number behind it (MODEL §7.9)."""
    known = str(scalar("SELECT name FROM sharing_group WHERE id = ?", (group_id,)))
    name = known if bears_name(known, draft.name) else _free_name(draft.name)
    execute(
        "UPDATE sharing_group SET name = ?, releasability = ?, description = ?, roaming = ?, created ="
        " coalesce(?, created), modified = ? WHERE id = ?",
        (
            name, draft.releasability, draft.description, draft.roaming, clock.epoch_of(draft.created),
            _modified(draft), group_id,
        ),
    )  # fmt: skip
    put_group_lists(group_id, orgs, servers)


def server_ids_by_url() -> dict[str, int]:
    """The known servers, by url."""
    return dict(rows("SELECT url, id FROM server"))


def replace_group_lists(
    group_id: int, orgs: Mapping[int, bool] | None, servers: Mapping[int | None, bool] | None
) -> None:
    """Make these the whole lists, inside a writing(); None leaves a list as it is."""
    if orgs is not None:
        for org_id in member_org_ids(group_id) - set(orgs):
            remove_member(group_id, org_id)
    if servers is not None:
        execute("DELETE FROM sharing_group_server WHERE sharing_group_id = ?", (group_id,))
    put_group_lists(group_id, orgs or {}, servers or {})


def remove_member(group_id: int, org_id: int) -> bool:
    """Take an organisation out, inside a writing(); False if it was not in."""
    return execute("DELETE FROM sharing_group_org WHERE sharing_group_id = ? AND org_id = ?", (group_id, org_id)) > 0


def remove_group_server(group_id: int, server_id: int | None) -> bool:
    """Take a server out, None being this instance, inside a writing(); False if it was not in."""
    text = "DELETE FROM sharing_group_server WHERE sharing_group_id = ? AND coalesce(server_id, 0) = ?"
    return execute(text, (group_id, server_id or 0)) > 0


def update_group(group_id: int, columns: Mapping[str, object]) -> None:
    """Write some columns, inside a writing(). Names come from code, never from a request."""
    names = ", ".join(f"{name} = ?" for name in columns)
    execute(f"UPDATE sharing_group SET {names} WHERE id = ?", (*columns.values(), group_id))


def delete_group(group_id: int) -> None:
    """Remove a group that nothing is shared with, inside a writing()."""
    execute("DELETE FROM sharing_group WHERE id = ?", (group_id,))


def group_is_used(group_id: int) -> bool:
    """Whether an event or element here is shared with the group, deleted elements too; what is in the trash is not."""
    if row("SELECT 1 FROM event WHERE sharing_group_id = ? AND trashed IS NULL LIMIT 1", (group_id,)) is not None:
        return True
    for table in ("galaxy_cluster", "galaxy_relation"):
        if row(f"SELECT 1 FROM {table} WHERE sharing_group_id = ? LIMIT 1", (group_id,)) is not None:
            return True
    about_nothing_here = "SELECT 1 FROM analyst_item WHERE sharing_group_id = ? AND event_id IS NULL LIMIT 1"
    if row(about_nothing_here, (group_id,)) is not None:
        return True
    live = "SELECT 1 FROM {0} JOIN event ON event.id = {0}.event_id WHERE {0}.sharing_group_id = ? AND trashed IS NULL"
    return any(row(f"{live.format(table)} LIMIT 1", (group_id,)) is not None for table in _ELEMENTS)


def take_from_trash(group_id: int) -> None:
    """What is in the trash and shared with the group comes back, if it does, for its organisation only: never wider."""
    narrowed = f"distribution = {int(Distribution.ORGANISATION)}, sharing_group_id = NULL"
    for table in _ELEMENTS:
        execute(
            f"UPDATE {table} SET {narrowed} WHERE sharing_group_id = ?"
            " AND event_id IN (SELECT id FROM event WHERE trashed IS NOT NULL)",
            (group_id,),
        )
    execute(f"UPDATE event SET {narrowed} WHERE sharing_group_id = ? AND trashed IS NOT NULL", (group_id,))


def group_named(name: str) -> int | None:
    """The id of the group with exactly this name."""
    found = row("SELECT id FROM sharing_group WHERE name = ?", (name,))
    return None if found is None else int(found[0])


def delivering_organisation(group_id: int) -> str:
    """The name of the organisation whose link first delivered a group, "" for one made here."""
    text = "SELECT name FROM organisation WHERE id = (SELECT received_from FROM sharing_group WHERE id = ?)"
    return str(scalar(text, (group_id,)) or "")


def org_of_sync_user(user_id: int | None) -> OrganisationRow | None:
    """The organisation of the account that delivered a group."""
    org_id = None if user_id is None else scalar('SELECT org_id FROM "user" WHERE id = ?', (user_id,))
    return None if org_id is None else organisation_rows([org_id]).get(org_id)
