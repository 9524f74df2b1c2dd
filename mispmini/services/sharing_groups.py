"""Sharing groups: capture of what partners send, and which ones a viewer may use (MODEL §7.9, RULES §1)."""

from mispmini.domain import clock
from mispmini.domain.drafts import OrganisationDraft, SharingGroupDraft
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.addresses import own_addresses, same_address
from mispmini.services.organisations import capture_organisation
from mispmini.store.groups import (
    GroupStanding,
    find_group_id,
    group_by_uuid,
    insert_group,
    lists_this_instance,
    member_org_ids,
    server_ids_by_url,
    update_group_lists,
)
from mispmini.store.organisations import find_any_organisation
from mispmini.store.sql import row


def usable_group(viewer: Viewer, group_id: int) -> int | None:
    """The id again if the viewer may choose this group for new data: visible and active."""
    found = find_group_id(viewer, str(group_id))
    active = found is not None and row("SELECT 1 FROM sharing_group WHERE id = ? AND active", (found,))
    return found if active else None


def capture_group(viewer: Viewer, origin: Origin, draft: SharingGroupDraft) -> int | None:
    """The local id of a group embedded in an element, made or updated as the rules let; None if it may not be used."""
    stored = group_by_uuid(draft.uuid)
    if stored is None:
        return _capture_new(viewer, origin, draft) if _may_create(viewer, origin, draft) else None
    if find_group_id(viewer, str(stored.id)) is None:
        return None
    if _is_newer(draft, stored.modified) and _may_update(viewer, origin, stored.id, stored.org_id, stored.sync_user_id):
        update_group_lists(stored.id, draft, _orgs(viewer, draft), _changed_servers(draft, origin, stored))
    return stored.id


def _may_create(viewer: Viewer, origin: Origin, draft: SharingGroupDraft) -> bool:
    if viewer.is_site_admin and not origin.is_link:
        return True
    if not viewer.can(Permission.SHARING_GROUP):
        return False
    here = [server for server in draft.servers if is_own_address(server.url)]
    if draft.servers and not here:
        return False
    member = _lists_caller(viewer, origin, draft)
    return member or any(server.all_orgs for server in here)


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


def _may_update(viewer: Viewer, origin: Origin, group_id: int, owner_id: int, sync_user_id: int | None) -> bool:
    if viewer.is_site_admin and not origin.is_link:
        return True
    org_id = origin.link_org_id or viewer.org_id
    if org_id == owner_id or member_org_ids(group_id, extend=True) & {org_id}:
        return True
    return origin.way is Way.PUSH and sync_user_id is not None and sync_user_id == viewer.user_id


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
    caller = origin.link_org_id if origin.is_link and origin.link_org_id else viewer.org_id
    covered = any(server is None and all_orgs for server, all_orgs in servers.items())
    if caller not in orgs and not covered:
        orgs[caller] = False
    return insert_group(
        draft,
        capture_organisation(viewer, owner).id,
        orgs,
        servers,
        sync_user_id=None if origin.way is Way.PULL else viewer.user_id,
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
    known = server_ids_by_url()
    servers: dict[int | None, bool] = {}
    for server in draft.servers:
        if is_own_address(server.url):
            servers[None] = server.all_orgs and owned_by_sender
        elif (server_id := next((i for url, i in known.items() if same_address(url, server.url)), None)) is not None:
            servers[server_id] = server.all_orgs
    return servers


def _sender_uuid(origin: Origin) -> str | None:
    sender = find_any_organisation(origin.link_org_id) if origin.link_org_id else None
    return None if sender is None else sender.uuid
