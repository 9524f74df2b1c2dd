"""Sharing groups as people keep them: listed, viewed, made, changed, deleted (MODEL §5.4, §7.9; API §9.7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mispmini.domain import clock, ids
from mispmini.domain.drafts import OrganisationDraft, SharingGroupDraft
from mispmini.domain.errors import Refused, SaveFailed
from mispmini.domain.graphs import OrganisationRow, SharingGroup
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.domain.permissions import Permission
from mispmini.domain.records import OrganisationRecord
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.addresses import same_address
from mispmini.services.audit import record, watch
from mispmini.services.organisations import capture_organisation
from mispmini.services.sharing_groups import is_own_address
from mispmini.store import groups as store
from mispmini.store.database import reading, writing
from mispmini.store.organisations import find_any_organisation, find_organisation
from mispmini.store.servers import list_any_servers

UNSEEN = "Sharing group doesn't exist or you do not have permission to access it."
NO_RIGHTS = "Invalid sharing group or no editing rights."
NO_ORGANISATION = "Invalid organisation."
NO_SERVER = "Invalid Server."
NAME_TAKEN = "A sharing group with this name already exists."
UUID_TAKEN = "The UUID provided is not unique"
IN_USE = "The sharing group is still in use: events, attributes, objects or reports are shared with it."
_MODEL = "SharingGroup"


@dataclass(frozen=True, slots=True)
class ListedGroup:
    """A group with what the viewer may do with it."""

    group: SharingGroup
    editable: bool
    deletable: bool


@dataclass(frozen=True, slots=True)
class ViewedGroup:
    """A group with its owner, and the organisation whose account delivered it."""

    group: SharingGroup
    owner: OrganisationRecord
    sync_org: OrganisationRow | None
    editable: bool
    deletable: bool


def list_groups(
    viewer: Viewer, *, active: bool = True, search: str = "", orgs: Sequence[str] = ()
) -> list[ListedGroup]:
    """The groups that the viewer sees, by name.

    `search` is a part of name, releasability or description; `orgs` are members by id, uuid or name, with a `!` before
    those that shall be none.
    """
    with reading():
        groups = store.load_groups(store.visible_group_ids(viewer, active=active))
        found = store.without_hidden_members(viewer, groups).values()
    wanted = (group for group in found if _matches(group, search) and all(_fits(group, org) for org in orgs))
    by_name = sorted(wanted, key=lambda group: (group.name.casefold(), group.id))
    return [ListedGroup(group, may_edit(viewer, group), may_delete(viewer, group)) for group in by_name]


def _matches(group: SharingGroup, search: str) -> bool:
    texts = (group.name, group.releasability, group.description, group.uuid)
    return any(search.casefold() in text.casefold() for text in texts)


def _fits(group: SharingGroup, org: str) -> bool:
    name = org.removeprefix("!").casefold()
    members = ((str(m.organisation.id), m.organisation.uuid, m.organisation.name.casefold()) for m in group.orgs)
    return any(name in member for member in members) is not org.startswith("!")


def view_group(viewer: Viewer, ref: str) -> ViewedGroup:
    """A group by id or uuid. Raises Refused, MISP's 405, if absent or invisible."""
    with reading():
        group = _group(viewer, ref, UNSEEN)
        owner = find_organisation(group.org_id)
        assert owner is not None, "an organisation that owns a group cannot be deleted"
        sync_org = store.org_of_sync_user(group.sync_user_id)
    group = store.without_hidden_members(viewer, {group.id: group})[group.id]
    return ViewedGroup(group, owner, sync_org, may_edit(viewer, group), may_delete(viewer, group))


def may_edit(viewer: Viewer, group: SharingGroup) -> bool:
    """Site admin; with the permission: the owner, who delivered it, a member with `extend` (MODEL §5.4)."""
    if viewer.is_site_admin:
        return True
    if not viewer.can(Permission.SHARING_GROUP):
        return False
    delivered = viewer.can(Permission.SYNC) and group.sync_user_id is not None and group.sync_user_id == viewer.user_id
    extends = any(member.extend and member.organisation.id == viewer.org_id for member in group.orgs)
    return group.org_id == viewer.org_id or delivered or extends


def may_delete(viewer: Viewer, group: SharingGroup) -> bool:
    """Site admin, or with the permission the owner."""
    return viewer.is_site_admin or (viewer.can(Permission.SHARING_GROUP) and group.org_id == viewer.org_id)


def servers_to_choose(viewer: Viewer, group_id: int | None) -> list[LinkedServer]:
    """The servers that a group may list beside this instance, by name; None for a new group.

    A partner's account is told of those alone that the group lists: whom else this instance exchanges with is not its.
    """
    known = sorted(list_any_servers(), key=lambda server: server.name.casefold())
    if not viewer.is_partner:
        return known
    listed = {server.server_id for server in store.load_groups([group_id])[group_id].servers} if group_id else set()
    return [server for server in known if server.id in listed]


def add_group(viewer: Viewer, form: GroupForm) -> SharingGroup:
    """Make a group: no organisation is added by itself (RULES §11), and it is for this instance unless it roams or
    lists others (MODEL §7.9). A taken name gets a number behind it. Raises SaveFailed, Refused.
    """
    with writing():
        if not (form.name or "").strip():
            raise SaveFailed("add", _MODEL, {"name": ["valueNotEmpty"]})
        if form.uuid is not None and store.group_by_uuid(form.uuid) is not None:
            raise SaveFailed("add", _MODEL, {"uuid": [UUID_TAKEN]})
        owner = _owner(viewer, form)
        orgs = _orgs(viewer, form.orgs or ())
        group_id = store.insert_group(
            _draft(form, owner),
            owner.id,
            orgs,
            _servers(form.servers or (), roaming=bool(form.roaming)),
            sync_user_id=None,
            local=form.local is not False,
        )
        group = store.load_groups([group_id])[group_id]
        record(viewer, "add", _MODEL, group.id, group.name)
        return group


def _owner(viewer: Viewer, form: GroupForm) -> OrganisationRow:
    """The caller's organisation; a site admin may name another."""
    if form.owner is not None and viewer.is_site_admin:
        return capture_organisation(viewer, form.owner)
    own = find_any_organisation(viewer.org_id)
    assert own is not None, "an organisation with accounts cannot be deleted"
    return own


def _draft(form: GroupForm, owner: OrganisationRow) -> SharingGroupDraft:
    return SharingGroupDraft(
        uuid=form.uuid or ids.new_uuid(),
        name=(form.name or "").strip(),
        releasability=form.releasability or "",
        description=form.description or "",
        organisation_uuid=owner.uuid,
        organisation=OrganisationDraft(owner.uuid, owner.name),
        active=form.active is not False,
        roaming=bool(form.roaming),
        created=None,
        modified=None,
        orgs=(),
        servers=(),
    )


def edit_group(viewer: Viewer, ref: str, form: GroupForm) -> SharingGroup:
    """Change what the form gives; a list that is given becomes the whole list. Raises Refused, SaveFailed."""
    with writing():
        group = _editable(viewer, ref)
        if form.uuid is not None and form.uuid != group.uuid:
            raise SaveFailed(
                "edit", _MODEL, {"uuid": ["The UUID is not that of this sharing group."]}, subject_id=group.id
            )
        watch(_MODEL, group.id)
        columns = _changed_columns(group, form)
        roaming = group.roaming if form.roaming is None else form.roaming
        store.update_group(group.id, {**columns, "modified": clock.later_than(group.modified)})
        store.replace_group_lists(
            group.id,
            None if form.orgs is None else _orgs(viewer, form.orgs) or {group.org_id: True},
            None if form.servers is None else _servers(form.servers, roaming=roaming),
        )
        changed = store.load_groups([group.id])[group.id]
        record(viewer, "edit", _MODEL, group.id, changed.name, columns)
        return changed


def _changed_columns(group: SharingGroup, form: GroupForm) -> dict[str, object]:
    if form.name is not None:
        name = form.name.strip()
        if not name:
            raise SaveFailed("edit", _MODEL, {"name": ["valueNotEmpty"]}, subject_id=group.id)
        if store.group_named(name) not in (None, group.id):
            raise SaveFailed("edit", _MODEL, {"name": [NAME_TAKEN]}, subject_id=group.id)
        form = replace(form, name=name)
    names = ("name", "releasability", "description", "active", "roaming")
    return {name: value for name in names if (value := getattr(form, name)) is not None}


def delete_group(viewer: Viewer, ref: str) -> SharingGroup:
    """Remove a group that nothing is shared with. Raises Refused, SaveFailed."""
    with writing():
        group = _group(viewer, ref, NO_RIGHTS)
        if not may_delete(viewer, group):
            raise Refused(NO_RIGHTS)
        if store.group_is_used(group.id):
            raise SaveFailed("delete", _MODEL, IN_USE, subject_id=group.id)
        store.take_from_trash(group.id)
        store.delete_group(group.id)
        record(viewer, "delete", _MODEL, group.id, group.name, {"uuid": group.uuid})
        return group


def add_org(viewer: Viewer, ref: str, form: MemberForm) -> SharingGroup:
    """Let an organisation in, or change whether it may extend the group. Raises Refused."""
    with writing():
        group = _editable(viewer, ref)
        org = _existing_org(form)
        store.put_group_lists(group.id, {org.id: form.extend}, {})
        _owner_behind_newcomer(group)
        return _touched(viewer, group, {"add_org": org.uuid})


def _owner_behind_newcomer(group: SharingGroup) -> None:
    """MISP: an owner that stood alone in its group is listed after whoever comes first (PyMISP's live suite)."""
    members = [(member.organisation.id, member.extend) for member in group.orgs]
    if [org_id for org_id, _ in members] == [group.org_id]:
        store.remove_member(group.id, group.org_id)
        store.put_group_lists(group.id, dict(members), {})


def remove_org(viewer: Viewer, ref: str, form: MemberForm) -> SharingGroup:
    """Take an organisation out. Raises Refused."""
    with writing():
        group = _editable(viewer, ref)
        org = _existing_org(form)
        if not store.remove_member(group.id, org.id):
            raise Refused(NO_ORGANISATION)
        return _touched(viewer, group, {"remove_org": org.uuid})


def add_server(viewer: Viewer, ref: str, form: GroupServerForm) -> SharingGroup:
    """List a server, or change whether all its organisations belong to the group. Raises Refused."""
    with writing():
        group = _editable(viewer, ref)
        server_id = _server_id(form)
        store.put_group_lists(group.id, {}, {server_id: form.all_orgs})
        return _touched(viewer, group, {"add_server": server_id or 0})


def remove_server(viewer: Viewer, ref: str, form: GroupServerForm) -> SharingGroup:
    """Take a server off the list. Raises Refused."""
    with writing():
        group = _editable(viewer, ref)
        server_id = _server_id(form)
        if not store.remove_group_server(group.id, server_id):
            raise Refused(NO_SERVER)
        return _touched(viewer, group, {"remove_server": server_id or 0})


def _touched(viewer: Viewer, group: SharingGroup, change: Mapping[str, object]) -> SharingGroup:
    """A changed list makes the group newer, or partners keep the old one (MODEL §7.9 row 5)."""
    store.update_group(group.id, {"modified": clock.later_than(group.modified)})
    record(viewer, "edit", _MODEL, group.id, group.name, change)
    return store.load_groups([group.id])[group.id]


def _group(viewer: Viewer, ref: str, sentence: str) -> SharingGroup:
    group_id = store.find_group_id(viewer, ref)
    if group_id is None:
        raise Refused(sentence)
    return store.load_groups([group_id])[group_id]


def _editable(viewer: Viewer, ref: str) -> SharingGroup:
    group = _group(viewer, ref, NO_RIGHTS)
    if not may_edit(viewer, group):
        raise Refused(NO_RIGHTS)
    return group


def _orgs(viewer: Viewer, forms: Sequence[MemberForm]) -> dict[int, bool]:
    return {_listed_org(viewer, form).id: form.extend for form in forms}


def _listed_org(viewer: Viewer, form: MemberForm) -> OrganisationRow:
    """An organisation of a group that is made here; one that comes with uuid and name may be new."""
    if form.known_as and ids.canonical_uuid(form.org) is not None:
        return capture_organisation(viewer, OrganisationDraft(form.org.lower(), form.known_as))
    return _existing_org(form)


def _existing_org(form: MemberForm) -> OrganisationRow:
    found = find_any_organisation(form.org) if form.org else None
    if found is None:
        raise Refused(NO_ORGANISATION)
    return found


def _servers(forms: Sequence[GroupServerForm], *, roaming: bool) -> dict[int | None, bool]:
    """The servers of a group; one that lists none and does not roam is for this instance."""
    servers = {_server_id(form): form.all_orgs for form in forms}
    return servers if servers or roaming else {None: False}


def _server_id(form: GroupServerForm) -> int | None:
    """The local id of a server named by id or url, None for this instance."""
    if form.server == "0" or is_own_address(form.server):
        return None
    for server in list_any_servers():
        if form.server == str(server.id) or same_address(form.server, server.url):
            return server.id
    raise Refused(NO_SERVER)
