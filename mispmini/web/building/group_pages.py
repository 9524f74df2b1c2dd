"""What the pages of sharing groups are given, and how it is made (pages.py says the rules of page objects)."""

from collections.abc import Collection, Mapping

from mispmini.domain.distribution import Reason, group_flaw
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.notices import RefusedChange
from mispmini.domain.viewer import Viewer
from mispmini.services import addresses, groups_admin, organisations
from mispmini.services.group_outlook import GroupCrossing, GroupOutlook
from mispmini.services.groups_admin import ListedGroup, ViewedGroup
from mispmini.services.organisations import Scope
from mispmini.services.sharing_groups import UNREADY
from mispmini.web.building.receipts import reason_sentence
from mispmini.web.building.sentences import for_people
from mispmini.web.i18n import N_, _, gettext
from mispmini.web.pages import Form, Recipient
from mispmini.web.pages.showing import shown

HERE = "0"
_FIELDS = {
    "name": N_("Name"),
    "releasability": N_("Releasable to"),
    "description": N_("Description"),
    "roaming": N_("Roaming"),
    "organisations": N_("Organisations"),
    "servers": N_("MISP instances"),
}


@shown
class GroupRow:
    """One group in the list."""

    id: int
    name: str
    releasability: str
    owner: str
    members: tuple[str, ...]
    roaming: bool
    may_edit: bool


@shown
class GroupsPage:
    """sharing_groups/index.html, filtered by GET: value."""

    rows: tuple[GroupRow, ...]
    active: bool  # whether these are the ones in use
    form: Form  # value
    may_add: bool


@shown
class GroupMember:
    """An organisation of a group."""

    org_id: int
    name: str
    uuid: str
    extend: bool


@shown
class GroupServer:
    """A server of a group."""

    id: str  # "0" for this one
    name: str
    url: str
    all_orgs: bool


@shown
class RefusedRow:
    """What a partner wanted to change of a group and was not allowed to."""

    partner: str
    changes: tuple[str, ...]  # "Organisations: CSIRT Gama"
    at: int


@shown
class GroupPage:
    """sharing_groups/view.html"""

    id: int
    name: str
    uuid: str
    releasability: str
    description: str
    owner: str
    owner_id: int
    delivered_by: str  # organisation that sent it here; "" for one made here
    active: bool
    roaming: bool
    changed: int
    members: tuple[GroupMember, ...]
    servers: tuple[GroupServer, ...]
    own_url: str  # by which partners must know this server
    flaw: str  # why nothing can be published to it, and the way out; "" for none
    recipients: tuple[Recipient, ...]  # would an event of this group go there?
    refused: tuple[RefusedRow, ...]
    in_use: bool  # then it is not deleted
    may_edit: bool
    may_delete: bool


@shown
class Tick:
    """A line of the form with two boxes: listed, and with the wider right."""

    value: str
    label: str
    hint: str  # uuid or address
    listed: bool
    wide: bool


@shown
class GroupFormPage:
    """sharing_groups/edit.html: name, releasability, description, active, roaming; orgs[], extend[], servers[],
    all_orgs[]."""

    id: int | None  # None to add one
    form: Form
    organisations: tuple[Tick, ...]  # listed ones first
    servers: tuple[Tick, ...]  # this one first
    own_url: str


def groups_page(found: list[ListedGroup], *, active: bool, search: str, may_add: bool) -> GroupsPage:
    """The list."""
    rows = tuple(
        GroupRow(
            id=listed.group.id,
            name=listed.group.name,
            releasability=listed.group.releasability,
            owner=listed.group.organisation.name,
            members=tuple(member.organisation.name for member in listed.group.orgs),
            roaming=listed.group.roaming,
            may_edit=listed.editable,
        )
        for listed in found
    )
    return GroupsPage(rows, active, Form({"value": search}), may_add)


def group_page(viewed: ViewedGroup, outlook: GroupOutlook) -> GroupPage:
    """One group."""
    group = viewed.group
    return GroupPage(
        id=group.id,
        name=group.name,
        uuid=group.uuid,
        releasability=group.releasability,
        description=group.description,
        owner=viewed.owner.name,
        owner_id=viewed.owner.id,
        delivered_by=outlook.delivered_by,
        active=group.active,
        roaming=group.roaming,
        changed=group.modified,
        members=tuple(
            GroupMember(m.organisation.id, m.organisation.name, m.organisation.uuid, m.extend) for m in group.orgs
        ),
        servers=tuple(GroupServer(str(s.server_id or HERE), s.name, s.url, s.all_orgs) for s in group.servers),
        own_url=addresses.announced_url(),
        flaw=for_people(UNREADY[outlook.flaw]) if outlook.flaw else "",
        recipients=tuple(_recipient(crossing) for crossing in outlook.crossings),
        refused=tuple(_refused(change) for change in outlook.refused),
        in_use=outlook.in_use,
        may_edit=viewed.editable,
        may_delete=viewed.deletable and not outlook.in_use,
    )


def _recipient(crossing: GroupCrossing) -> Recipient:
    if crossing.refusal is None:
        sentence = _("It lists %(organisation)s.", organisation=crossing.organisation)
        return Recipient(crossing.server_name, True, sentence)
    if crossing.refusal is Reason.GROUP_SERVER:
        way_out = _("Add the server to the group, or let the group roam.")
    else:
        way_out = _("Add %(organisation)s to the group.", organisation=crossing.organisation)
    return Recipient(crossing.server_name, False, f"{reason_sentence(crossing.refusal)} {way_out}")


def _refused(change: RefusedChange) -> RefusedRow:
    told = tuple(f"{gettext(_FIELDS[name])}: {text}" for name, text in change.change.items() if name in _FIELDS)
    return RefusedRow(change.org_name, told, change.time)


def new_group_page(viewer: Viewer) -> GroupFormPage:
    """The form of a new group: the own organisation and this server are ticked."""
    form = Form({"active": "1"})
    return form_page(viewer, None, form, {str(viewer.org_id): True}, {HERE: False})


def edited_group_page(viewer: Viewer, group: SharingGroup) -> GroupFormPage:
    """The form of a group as it stands."""
    form = Form(
        {
            "name": group.name,
            "releasability": group.releasability,
            "description": group.description,
            "active": "1" if group.active else "0",
            "roaming": "1" if group.roaming else "0",
        }
    )
    orgs = {str(member.organisation.id): member.extend for member in group.orgs}
    servers = {str(server.server_id or HERE): server.all_orgs for server in group.servers}
    return form_page(viewer, group.id, form, orgs, servers)


def typed_group_page(viewer: Viewer, group_id: int | None, form: Form, typed: Mapping[str, object]) -> GroupFormPage:
    """The form again as it was typed; `typed` holds its lists."""
    return form_page(viewer, group_id, form, _ticks(typed, "orgs", "extend"), _ticks(typed, "servers", "all_orgs"))


def form_page(
    viewer: Viewer, group_id: int | None, form: Form, orgs: Mapping[str, bool], servers: Mapping[str, bool]
) -> GroupFormPage:
    """The form with these organisations and servers ticked."""
    known = organisations.list_organisations(viewer, Scope.ALL)
    org_lines = [_tick(str(org.id), org.name, org.uuid, orgs) for org in known]
    own_url, to_choose = addresses.announced_url(), groups_admin.servers_to_choose(viewer, group_id)
    server_lines = [
        _tick(HERE, _("This server"), own_url, servers),
        *(_tick(str(server.id), server.name, server.url, servers) for server in to_choose),
    ]
    by_name = sorted(org_lines, key=lambda line: (not line.listed, line.label.casefold()))
    return GroupFormPage(group_id, form, tuple(by_name), tuple(server_lines), own_url)


def _tick(value: str, label: str, hint: str, chosen: Mapping[str, bool]) -> Tick:
    return Tick(value, label, hint, listed=value in chosen, wide=chosen.get(value, False))


def _ticks(typed: Mapping[str, object], name: str, wide: str) -> dict[str, bool]:
    wider = _texts(typed.get(wide))
    return {value: value in wider for value in _texts(typed.get(name))}


def _texts(value: object) -> Collection[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def unready_group(group: SharingGroup | None) -> tuple[str, ...]:
    """Why an event cannot be published to this group, with the way out (FEATURES row 53)."""
    flaw = None if group is None or not group.told else group_flaw(group)
    return () if flaw is None else (for_people(UNREADY[flaw]),)
