"""Sharing groups: capture of what partners send, and which ones a viewer may use (MODEL §7.9, RULES §1)."""

from collections.abc import Collection

from mispmini.domain import clock
from mispmini.domain.distribution import GroupFlaw, group_flaw
from mispmini.domain.drafts import OrganisationDraft, SharingGroupDraft, SharingGroupServerDraft
from mispmini.domain.errors import Refused
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.notices import GroupRefusal
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.addresses import own_addresses, same_address
from mispmini.services.audit import record
from mispmini.services.organisations import capture_organisation
from mispmini.store.groups import (
    GroupStanding,
    bears_name,
    find_group_id,
    group_by_uuid,
    group_reaches,
    insert_group,
    is_active_group,
    lists_this_instance,
    load_groups,
    member_org_ids,
    server_ids_by_url,
    update_group_lists,
)
from mispmini.store.organisations import find_any_organisation
from mispmini.store.refusals import refuse_group_change

MOST_SHOWN = 300
UNREADY = {
    GroupFlaw.NOBODY: (
        "The sharing group of this event lists no organisation, so nobody would get it. Edit the group and add its"
        " organisations, then publish."
    ),
    GroupFlaw.NOWHERE: (
        "The sharing group of this event lists no server and does not roam, so it would be sent nowhere. Edit the group"
        " and add its servers, or let it roam, then publish."
    ),
}


def usable_group(viewer: Viewer, group_id: int) -> int | None:
    """The id again if the viewer may choose this group for new data: visible and active."""
    found = find_group_id(viewer, str(group_id))
    return found if found is not None and is_active_group(found) else None


def refuse_unready_group(group_id: int | None, *, flaws: Collection[GroupFlaw] = tuple(GroupFlaw)) -> None:
    """Nothing is published to a group of no use. Raises Refused with the way out (FEATURES row 53)."""
    flaw = None if group_id is None else group_flaw(load_groups([group_id])[group_id])
    if flaw is not None and flaw in flaws:
        raise Refused(UNREADY[flaw])


def capture_group(viewer: Viewer, origin: Origin, draft: SharingGroupDraft) -> int | GroupRefusal:
    """The local id of a group embedded in an element, made or updated as the rules let; or why it may not be used."""
    stored = group_by_uuid(draft.uuid)
    if stored is None:
        return _refusal_of_new(viewer, origin, draft) or _capture_new(viewer, origin, draft)
    if not _is_authorised(viewer, origin, stored.id):
        return GroupRefusal.NO_MEMBER
    if _is_newer(draft, stored.modified):
        _take_change(viewer, origin, draft, stored)
    return stored.id


def _refusal_of_new(viewer: Viewer, origin: Origin, draft: SharingGroupDraft) -> GroupRefusal | None:
    if viewer.is_site_admin and not origin.is_link:
        return None
    if not viewer.can(Permission.SHARING_GROUP):
        return GroupRefusal.NOT_ALLOWED
    here = [server for server in draft.servers if is_own_address(server.url)]
    is_listed = _lists_caller(viewer, origin, draft)
    # MISP: who lets us pull it judged us a member, whatever servers it names (RULES §11).
    if draft.servers and not here and not (is_listed and origin.way is Way.PULL):
        return GroupRefusal.NOT_HERE
    return None if is_listed or any(server.all_orgs for server in here) else GroupRefusal.NOT_LISTED


def _is_authorised(viewer: Viewer, origin: Origin, group_id: int) -> bool:
    """Whether who sends is in the group as it stands here; of a pull also the organisation it is for."""
    if origin.way is not Way.PULL:
        return find_group_id(viewer, str(group_id)) is not None
    judged = (origin.owner_org_id, origin.link_org_id)
    return any(org_id is not None and group_reaches(group_id, org_id) for org_id in judged)


def _take_change(viewer: Viewer, origin: Origin, draft: SharingGroupDraft, stored: GroupStanding) -> None:
    """Apply a newer definition, or keep ours and note for people what was wanted of it (RULES §1)."""
    if _may_update(viewer, origin, stored):
        update_group_lists(stored.id, draft, _orgs(viewer, draft), _changed_servers(draft, origin, stored))
        return
    group = load_groups([stored.id])[stored.id]
    wanted = _wanted_change(group, draft)
    if wanted and refuse_group_change(stored.id, viewer, origin, wanted):
        record(viewer, "edit refused", "SharingGroup", stored.id, group.name, wanted)


def _wanted_change(group: SharingGroup, draft: SharingGroupDraft) -> dict[str, str]:
    """What a definition would change: texts by field, empty for nothing; what it leaves out is never removed."""
    members = {member.organisation.uuid: member.extend for member in group.orgs}
    orgs = [m for m in draft.orgs if members.get(m.organisation.uuid or "") is not m.extend]
    servers = [server for server in draft.servers if not _is_listed(group, server)]
    fields = {name: getattr(draft, name) for name in ("releasability", "description", "roaming")}
    changed = {name: str(value) for name, value in fields.items() if value != getattr(group, name)}
    if not bears_name(group.name, draft.name):
        changed["name"] = draft.name
    if orgs:
        changed["organisations"] = ", ".join(m.organisation.name + (" (extend)" if m.extend else "") for m in orgs)
    if servers:
        changed["servers"] = ", ".join(s.url + (" (all_orgs)" if s.all_orgs else "") for s in servers)
    return {name: text[:MOST_SHOWN] for name, text in changed.items()}


def _is_listed(group: SharingGroup, server: SharingGroupServerDraft) -> bool:
    """Whether the group names a server with this flag; one that is not known here could not be listed anyhow."""
    if is_own_address(server.url):
        return any(known.server_id is None and known.all_orgs == server.all_orgs for known in group.servers)
    if _known_server(server.url) is None:
        return True
    return any(same_address(known.url, server.url) and known.all_orgs == server.all_orgs for known in group.servers)


def _known_server(url: str) -> int | None:
    return next((number for known, number in server_ids_by_url().items() if same_address(known, url)), None)


def _lists_caller(viewer: Viewer, origin: Origin, draft: SharingGroupDraft) -> bool:
    caller = _caller_uuid(viewer, origin)
    return any(
        member.organisation.uuid == caller and (viewer.can(Permission.SYNC) or member.extend) for member in draft.orgs
    )


def _caller_uuid(viewer: Viewer, origin: Origin) -> str:
    """Who is judged: the sender of a push; for a pull the organisation that will own the data here."""
    if origin.owner_org_id == viewer.org_id:
        return viewer.org_uuid
    owner = find_any_organisation(origin.owner_org_id)
    return owner.uuid if owner else viewer.org_uuid


def _may_update(viewer: Viewer, origin: Origin, stored: GroupStanding) -> bool:
    """A site admin here; its owner, a member with `extend`, the link that first delivered it, by push or pull."""
    if viewer.is_site_admin and not origin.is_link:
        return True
    org_id = origin.link_org_id or viewer.org_id
    return org_id in (stored.org_id, stored.received_from) or org_id in member_org_ids(stored.id, extend=True)


def _is_newer(draft: SharingGroupDraft, modified: int) -> bool:
    return draft.modified is None or draft.modified > clock.datetime_text(modified)


def is_own_address(url: str) -> bool:
    """Whether a URL is one of this instance, in any spelling (RULES §1)."""
    return any(same_address(url, own) for own in own_addresses())


def _capture_new(viewer: Viewer, origin: Origin, draft: SharingGroupDraft) -> int:
    owner = draft.organisation or OrganisationDraft(draft.organisation_uuid, draft.organisation_uuid or draft.name)
    orgs = _orgs(viewer, draft)
    owner_uuid = owner.uuid or draft.organisation_uuid
    sender_uuid = _sender_uuid(origin)
    servers = _servers(draft, owned_by_sender=sender_uuid is not None and sender_uuid == owner_uuid)
    if draft.servers and not servers and origin.server_id is not None:
        # It names servers that are not known here: of none at all, elements would go to any server of a member.
        servers = {origin.server_id: False}
    covered = any(server is None and all_orgs for server, all_orgs in servers.items())
    if origin.owner_org_id not in orgs and not covered:
        orgs[origin.owner_org_id] = False
    return insert_group(
        draft,
        capture_organisation(viewer, owner).id,
        orgs,
        servers,
        sync_user_id=None if origin.way is Way.PULL else viewer.user_id,
        received_from=origin.link_org_id,
    )


def _orgs(viewer: Viewer, draft: SharingGroupDraft) -> dict[int, bool]:
    return {capture_organisation(viewer, member.organisation).id: member.extend for member in draft.orgs}


def _changed_servers(draft: SharingGroupDraft, origin: Origin, stored: GroupStanding) -> dict[int | None, bool]:
    """The servers of a known group: only its owner, as it is known here, changes who of this instance belongs to it."""
    owns = origin.link_org_id is None or origin.link_org_id == stored.org_id
    servers = _servers(draft, owned_by_sender=owns)
    if not owns and lists_this_instance(stored.id):
        servers.pop(None, None)
    return servers


def _servers(draft: SharingGroupDraft, *, owned_by_sender: bool) -> dict[int | None, bool]:
    """Known servers by local id, None being here; all_orgs here is kept if the sender owns the group (RULES §1)."""
    servers: dict[int | None, bool] = {}
    for server in draft.servers:
        if is_own_address(server.url):
            servers[None] = server.all_orgs and owned_by_sender
        elif (server_id := _known_server(server.url)) is not None:
            servers[server_id] = server.all_orgs
    return servers


def _sender_uuid(origin: Origin) -> str | None:
    sender = find_any_organisation(origin.link_org_id) if origin.link_org_id else None
    return None if sender is None else sender.uuid
