"""Sharing groups: who keeps them here, and what becomes of those that partners send (MODEL §7.9, RULES §1)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain import clock, ids
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import (
    AttributeDraft,
    EventDraft,
    ObjectDraft,
    OrganisationDraft,
    ReportDraft,
    SharingGroupDraft,
    SharingGroupOrgDraft,
    SharingGroupServerDraft,
)
from mispmini.domain.errors import Forbidden, Refused, SaveFailed
from mispmini.domain.graphs import EventGraph, OrganisationRow, SharingGroup
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.domain.permissions import Permission
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import addresses, groups_admin
from mispmini.services.events import add_event, delete_event, edit_event
from mispmini.services.servers import add_server
from mispmini.store.events import find_any_event
from mispmini.store.graphs import load_event
from mispmini.store.groups import group_by_uuid, load_groups
from mispmini.store.sql import rows
from tests.services.conftest import Household as House

OUR_URL = "https://misp.alfa.example"
GROUP = int(Distribution.SHARING_GROUP)
SPELLINGS = (
    OUR_URL,
    f"{OUR_URL}/",
    "HTTPS://MISP.Alfa.Example",
    "https://misp.alfa.example:443",
    "https://misp.alfa.example:443/",
)
STRANGER = OrganisationDraft("57a90000-0000-4000-8000-00000000000d", "CSIRT Estranho")


@pytest.fixture(autouse=True)
def known_as() -> Iterator[None]:
    """The instance is reached at OUR_URL."""
    addresses.announce(OUR_URL)
    yield
    addresses.announce("")


def member(org: OrganisationRow | OrganisationDraft, *, extend: bool = False) -> SharingGroupOrgDraft:
    """An organisation as a partner lists it."""
    return SharingGroupOrgDraft(OrganisationDraft(org.uuid, org.name), extend)


def sent_group(*members: SharingGroupOrgDraft, owner: OrganisationDraft = STRANGER, **fields: Any) -> SharingGroupDraft:
    """A group as a partner sends it, owned by a stranger and for this instance."""
    draft = SharingGroupDraft(
        uuid=ids.new_uuid(),
        name=f"group {ids.new_uuid()}",
        releasability="",
        description="",
        organisation_uuid=owner.uuid,
        organisation=owner,
        active=True,
        roaming=False,
        created=None,
        modified="2026-01-01 00:00:00",
        orgs=members,
        servers=(SharingGroupServerDraft(OUR_URL, all_orgs=False),),
    )
    return replace(draft, **fields)


def sent_event(viewer: Viewer, group: SharingGroupDraft | None, **fields: Any) -> EventGraph:
    """An event for a group, as it stands here."""
    attribute = AttributeDraft("domain", f"{ids.new_uuid()}.example")
    draft = EventDraft(info="for a group", distribution=GROUP, sharing_group=group, attributes=(attribute,))
    saved = add_event(viewer, replace(draft, **fields))
    return load_event(Viewer.everything(), saved.uuid)


def stored(draft: SharingGroupDraft) -> SharingGroup:
    """A group that is here."""
    standing = group_by_uuid(draft.uuid)
    assert standing is not None
    return load_groups([standing.id])[standing.id]


def extends(group: SharingGroup) -> dict[str, bool]:
    """The members of a group by uuid, with their flag."""
    return {member.organisation.uuid: member.extend for member in group.orgs}


def newer(draft: SharingGroupDraft, *members: SharingGroupOrgDraft) -> SharingGroupDraft:
    """A later definition with other members."""
    modified = clock.datetime_text(clock.now() + 3600)
    return replace(draft, orgs=members, releasability="changed", modified=modified)


# What partners send ------------------------------------------------------------------------------------------------


def test_a_group_that_lists_the_sender_is_taken_with_its_event(house: House) -> None:
    group = sent_group(member(house.gama), member(house.beta, extend=True))
    event = sent_event(house.sam, group)
    kept = stored(group)
    assert (event.event.distribution, event.event.sharing_group_id) == (GROUP, kept.id)
    assert extends(kept) == {house.gama.uuid: False, house.beta.uuid: True}
    assert (kept.local, kept.sync_user_id, kept.organisation.uuid) == (False, house.sam.user_id, STRANGER.uuid)


@pytest.mark.parametrize("url", SPELLINGS)
def test_our_own_address_is_known_in_any_spelling(house: House, url: str) -> None:
    group = sent_group(member(house.gama), servers=(SharingGroupServerDraft(url, all_orgs=False),))
    sent_event(house.sam, group)
    assert [(server.server_id, server.url) for server in stored(group).servers] == [(None, OUR_URL)]


def test_a_taken_name_gets_a_number_behind_it(house: House) -> None:
    first, second = sent_group(member(house.gama), name="twins"), sent_group(member(house.gama), name="twins")
    sent_event(house.sam, first)
    sent_event(house.sam, second)
    assert (stored(first).name, stored(second).name) == ("twins", "twins_1")


def elsewhere(house: House) -> SharingGroupDraft:
    """For another server only; that it roams changes nothing (MODEL §7.9 row 1)."""
    servers = (SharingGroupServerDraft("https://other.example", all_orgs=True),)
    return sent_group(member(house.gama), servers=servers, roaming=True)


UNUSABLE: dict[str, Callable[[House], SharingGroupDraft]] = {
    "not-listed": lambda house: sent_group(member(house.beta)),
    "another-server": elsewhere,
}


@pytest.mark.parametrize("make", UNUSABLE.values(), ids=UNUSABLE)
def test_an_event_whose_group_is_not_accepted_stays_with_its_owner(
    house: House, make: Callable[[House], SharingGroupDraft]
) -> None:
    group = make(house)
    event = sent_event(house.sam, group)
    assert (event.event.distribution, event.event.sharing_group_id) == (0, None)
    assert group_by_uuid(group.uuid) is None


def numbered(house: House, *members: Any) -> int:
    """The number of a group made here."""
    form = GroupForm(name=ids.new_uuid(), orgs=tuple(MemberForm(org.uuid) for org in members))
    return groups_admin.add_group(house.dora, form).id


@pytest.mark.parametrize("caller", ["sam", "charlie"])
def test_an_event_names_by_number_a_group_that_its_sender_is_in(house: House, caller: str) -> None:
    mine = numbered(house, house.gama)
    assert sent_event(getattr(house, caller), None, sharing_group_id=mine).event.sharing_group_id == mine


@pytest.mark.parametrize("members", [("alfa",), None], ids=["not a member", "no group"])
def test_a_push_that_names_no_group_it_may_use_is_refused(house: House, members: tuple[str, ...] | None) -> None:
    number = None if members is None else numbered(house, *(getattr(house, name) for name in members))
    uuid = ids.new_uuid()
    with pytest.raises(Refused, match="Invalid Sharing Group or not authorised"):
        sent_event(house.sam, None, uuid=uuid, sharing_group_id=number)
    assert find_any_event(uuid) is None


def test_an_edit_that_names_a_group_of_others_changes_nothing(house: House) -> None:
    event = sent_event(house.sam, sent_group(member(house.gama))).event
    foreign = numbered(house, house.alfa)
    later = EventDraft(info="x", distribution=GROUP, sharing_group_id=foreign, timestamp=event.timestamp + 1)
    with pytest.raises(SaveFailed):
        edit_event(house.sam, event.uuid, later)
    assert load_event(Viewer.everything(), event.uuid).event == event
    edit_event(house.sam, event.uuid, replace(later, sharing_group_id=numbered(house, house.gama)))
    assert load_event(Viewer.everything(), event.uuid).event.info == "x"


@pytest.mark.parametrize("kind", ["attribute", "object", "report"])
def test_an_element_that_brings_no_group_is_never_bound_by_its_number(house: House, kind: str) -> None:
    """The number is the sender's own: in a new event it stays with the organisation, in an edit it is left out."""
    level: dict[str, Any] = {"distribution": GROUP, "sharing_group_id": numbered(house, house.gama)}
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "attribute": lambda: {"attributes": (AttributeDraft("domain", f"{ids.new_uuid()}.example", **level),)},
        "object": lambda: {"objects": (ObjectDraft("x", "misc", "x", uuid=ids.new_uuid(), **level),)},
        "report": lambda: {"reports": (ReportDraft("x", "x", uuid=ids.new_uuid(), **level),)},
    }
    graph = sent_event(house.sam, None, distribution=1, **parts[kind]())
    elements: dict[str, Any] = {"attribute": graph.attributes, "object": graph.objects, "report": graph.reports}
    assert [(e.distribution, e.sharing_group_id) for e in elements[kind]] == [(0, None)]
    later = EventDraft(timestamp=graph.event.timestamp + 1, **parts[kind]())
    dropped = edit_event(house.sam, graph.event.uuid, later).dropped
    assert [set(item.errors) for item in dropped] == [{"sharing_group_id"}]


def test_one_who_is_no_member_may_not_attach_a_known_group(house: House) -> None:
    group = sent_group(member(house.beta))
    mine = groups_admin.add_group(
        house.dora, GroupForm(uuid=group.uuid, name="closed", orgs=(MemberForm(house.beta.uuid),))
    )
    event = sent_event(house.sam, newer(group, member(house.gama)))
    assert (event.event.distribution, event.event.sharing_group_id) == (0, None)
    assert load_groups([mine.id])[mine.id] == mine


@pytest.mark.parametrize(
    ("covered", "listed"), [(False, True), (True, False)], ids=["not-covered", "covered-by-all-orgs"]
)
def test_a_new_group_lists_its_sender_unless_it_is_covered(house: House, covered: bool, listed: bool) -> None:
    """Covered is who belongs to our server's organisations, if the sender may say so."""
    owner = OrganisationDraft(house.gama.uuid, house.gama.name) if covered else STRANGER
    servers = (SharingGroupServerDraft(OUR_URL, all_orgs=True),)
    group = sent_group(member(house.beta), owner=owner, servers=servers)
    sent_event(house.sam, group)
    assert (house.gama.uuid in extends(stored(group))) is listed


@pytest.mark.parametrize(("owns", "kept"), [(True, True), (False, False)], ids=["owner", "another"])
def test_all_organisations_here_are_members_only_if_the_owner_says_so(house: House, owns: bool, kept: bool) -> None:
    owner = OrganisationDraft(house.gama.uuid, house.gama.name) if owns else STRANGER
    servers = (SharingGroupServerDraft(OUR_URL, all_orgs=True),)
    group = sent_group(member(house.gama), owner=owner, servers=servers)
    event = sent_event(house.sam, group)
    assert [server.all_orgs for server in stored(group).servers] == [kept]
    assert (event.event.sharing_group_id is not None) is True


def test_a_member_without_rights_attaches_and_changes_nothing(house: House) -> None:
    group = sent_group(member(house.beta), member(house.gama))
    forms = (MemberForm(house.beta.uuid, extend=True), MemberForm(house.gama.uuid))
    mine = groups_admin.add_group(house.dora, GroupForm(uuid=group.uuid, name="kept", orgs=forms))
    event = sent_event(house.sam, newer(group, member(house.gama), member(STRANGER)))
    assert event.event.sharing_group_id == mine.id
    assert load_groups([mine.id])[mine.id] == mine


MAY_UPDATE: dict[str, Callable[[House], GroupForm]] = {
    "extend": lambda house: GroupForm(orgs=(MemberForm(house.gama.uuid, extend=True),)),
    "owner": lambda house: GroupForm(
        orgs=(MemberForm(house.gama.uuid),), owner=OrganisationDraft(house.gama.uuid, house.gama.name)
    ),
}


@pytest.mark.parametrize("make", MAY_UPDATE.values(), ids=MAY_UPDATE)
def test_those_with_rights_over_a_group_add_to_it_and_remove_nobody(
    house: House, make: Callable[[House], GroupForm]
) -> None:
    group = sent_group()
    form = replace(make(house), uuid=group.uuid, name=f"open {group.uuid}")
    groups_admin.add_group(house.dora, form)
    groups_admin.add_org(house.dora, group.uuid, MemberForm(house.alfa.uuid))
    sent_event(house.sam, newer(group, member(house.gama), member(house.beta)))
    kept = stored(group)
    assert {house.alfa.uuid, house.beta.uuid} <= extends(kept).keys()
    assert (kept.releasability, kept.name) == ("changed", group.name)


def test_a_group_that_is_renamed_where_it_comes_from_is_renamed_here(house: House) -> None:
    """MODEL §7.9 rows 2 and 5: a name that is taken gets a number, and keeps it while the name there stays."""
    taken, wish = f"taken {ids.new_uuid()}", f"other {ids.new_uuid()}"
    for name in (taken, wish):
        groups_admin.add_group(house.dora, GroupForm(name=name, orgs=(MemberForm(house.alfa.uuid),)))
    group = replace(sent_group(member(house.gama)), name=taken)
    names = []
    for name in (taken, taken, wish, "", f"{wish} once more"):
        group = replace(group, name=name, modified=clock.datetime_text(clock.now() + 3600))
        sent_event(house.sam, group)
        names.append(stored(group).name)
    assert names == [f"{taken}_1", f"{taken}_1", f"{wish}_1", f"{wish}_1", f"{wish} once more"]


@pytest.mark.parametrize("stands", [True, False], ids=["stays-open", "stays-closed"])
def test_an_editor_never_says_who_of_this_server_belongs_to_anothers_group(house: House, stands: bool) -> None:
    """Not even by claiming the group in its definition."""
    group = sent_group(member(house.gama))
    forms = (MemberForm(house.gama.uuid, extend=True), MemberForm(house.beta.uuid))
    servers = (GroupServerForm("0", all_orgs=stands),)
    groups_admin.add_group(house.dora, GroupForm(uuid=group.uuid, name=group.name, orgs=forms, servers=servers))
    claimed = replace(
        newer(group, member(house.gama)),
        organisation_uuid=house.gama.uuid,
        organisation=OrganisationDraft(house.gama.uuid, house.gama.name),
        servers=(SharingGroupServerDraft(OUR_URL, all_orgs=not stands),),
    )
    sent_event(house.sam, claimed)
    assert (stored(group).releasability, [s.all_orgs for s in stored(group).servers]) == ("changed", [stands])


def test_the_link_that_first_delivered_a_group_updates_it_and_never_adds_itself(house: House) -> None:
    owner = OrganisationDraft(house.gama.uuid, house.gama.name)
    servers = (SharingGroupServerDraft(OUR_URL, all_orgs=True),)
    group = sent_group(member(house.beta), owner=owner, servers=servers)
    sent_event(house.sam, group)
    sent_event(house.sam, newer(group, member(house.beta), member(house.alfa)))
    assert extends(stored(group)).keys() == {house.beta.uuid, house.alfa.uuid}


def test_a_definition_that_is_not_newer_changes_nothing(house: House) -> None:
    group = sent_group(member(house.gama))
    sent_event(house.sam, group)
    before = stored(group)
    sent_event(house.sam, replace(group, orgs=(member(house.beta),), modified="2020-01-01 00:00:00"))
    assert stored(group) == before


def test_an_edit_whose_group_is_not_accepted_is_refused(house: House) -> None:
    event = sent_event(house.sam, sent_group(member(house.gama)), locked=True)
    foreign = EventDraft(distribution=GROUP, sharing_group=sent_group(member(house.beta)))
    with pytest.raises((SaveFailed, Forbidden)) as refusal:
        edit_event(house.sam, event.event.uuid, replace(foreign, timestamp=event.event.timestamp + 1))
    assert "not authorised to create the associated sharing group" in str(getattr(refusal.value, "errors", ""))
    assert load_event(house.dora, event.event.uuid).event == event.event


# What people here keep ---------------------------------------------------------------------------------------------


@pytest.fixture
def keeper(house: House) -> Viewer:
    """Somebody of Alice's organisation who may make groups."""
    return replace(house.alice, role_permissions=house.alice.role_permissions | {Permission.SHARING_GROUP})


@pytest.fixture
def rival(house: House) -> Viewer:
    """Somebody of Bob's organisation who may make groups."""
    return replace(house.bob, role_permissions=house.bob.role_permissions | {Permission.SHARING_GROUP})


def kept_group(viewer: Viewer, *orgs: MemberForm, **fields: Any) -> SharingGroup:
    """A group made here."""
    return groups_admin.add_group(viewer, replace(GroupForm(name=f"own {ids.new_uuid()}", orgs=orgs or None), **fields))


def test_a_group_without_lists_lists_nobody_and_this_server(house: House, keeper: Viewer) -> None:
    group = kept_group(keeper)
    assert extends(group) == {}, "as in MISP, not even its maker's (RULES §11)"
    assert [(server.server_id, server.all_orgs, server.url) for server in group.servers] == [(None, False, OUR_URL)]
    assert (group.local, group.active, group.roaming, group.organisation_uuid) == (True, True, False, house.alfa.uuid)


def test_a_roaming_group_lists_no_server(keeper: Viewer) -> None:
    assert kept_group(keeper, roaming=True).servers == ()


@pytest.mark.parametrize("form", [GroupForm(), GroupForm(name="  ")], ids=["none", "blank"])
def test_a_group_needs_a_name(keeper: Viewer, form: GroupForm) -> None:
    with pytest.raises(SaveFailed) as refusal:
        groups_admin.add_group(keeper, form)
    assert refusal.value.errors == {"name": ["valueNotEmpty"]}


def test_only_a_site_admin_makes_groups_for_another_owner(house: House, keeper: Viewer) -> None:
    owner = OrganisationDraft(house.beta.uuid, house.beta.name)
    assert kept_group(keeper, owner=owner).organisation.uuid == house.alfa.uuid
    assert kept_group(house.dora, owner=owner).organisation.uuid == house.beta.uuid


def test_an_edit_replaces_the_lists_it_gives_and_is_newer(house: House, keeper: Viewer) -> None:
    group = kept_group(keeper, MemberForm(house.alfa.uuid, extend=True), MemberForm(house.beta.uuid))
    edited = groups_admin.edit_group(keeper, group.uuid, GroupForm(orgs=(MemberForm(house.gama.uuid),), active=False))
    assert (extends(edited), edited.active, edited.name) == ({house.gama.uuid: False}, False, group.name)
    assert edited.modified > group.modified
    assert edited.servers == group.servers


def test_a_rename_to_a_taken_name_is_refused(keeper: Viewer) -> None:
    one, two = kept_group(keeper), kept_group(keeper)
    with pytest.raises(SaveFailed) as refusal:
        groups_admin.edit_group(keeper, two.uuid, GroupForm(name=one.name))
    assert refusal.value.errors == {"name": [groups_admin.NAME_TAKEN]}


EDITS: dict[str, Callable[[House, Viewer, str], object]] = {
    "edit": lambda _house, viewer, ref: groups_admin.edit_group(viewer, ref, GroupForm(description="x")),
    "add-org": lambda house, viewer, ref: groups_admin.add_org(viewer, ref, MemberForm(house.gama.uuid)),
    "remove-org": lambda house, viewer, ref: groups_admin.remove_org(viewer, ref, MemberForm(house.beta.uuid)),
    "add-server": lambda _house, viewer, ref: groups_admin.add_server(viewer, ref, GroupServerForm("0", all_orgs=True)),
    "remove-server": lambda _house, viewer, ref: groups_admin.remove_server(viewer, ref, GroupServerForm("0")),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_who_may_change_a_group(
    house: House, keeper: Viewer, rival: Viewer, edit: Callable[[House, Viewer, str], object]
) -> None:
    member_only = kept_group(keeper, MemberForm(house.beta.uuid))
    extending = kept_group(keeper, MemberForm(house.beta.uuid, extend=True))
    foreign = kept_group(keeper)
    for viewer, group in ((rival, member_only), (rival, foreign), (house.alice, member_only)):
        with pytest.raises(Refused, match="Invalid sharing group or no editing rights"):
            edit(house, viewer, group.uuid)
        assert load_groups([group.id])[group.id] == group
    for viewer, group in ((rival, extending), (keeper, member_only), (house.dora, foreign)):
        if group is foreign:
            groups_admin.add_org(house.dora, foreign.uuid, MemberForm(house.beta.uuid))
        edit(house, viewer, group.uuid)
        assert load_groups([group.id])[group.id].modified > group.modified


@pytest.mark.parametrize("form", [MemberForm(""), MemberForm("999999"), MemberForm(ids.new_uuid())])
def test_an_unknown_organisation_is_refused(keeper: Viewer, form: MemberForm) -> None:
    group = kept_group(keeper)
    for verb in (groups_admin.add_org, groups_admin.remove_org):
        with pytest.raises(Refused, match="Invalid organisation"):
            verb(keeper, group.uuid, form)


def test_an_unknown_server_is_refused(keeper: Viewer) -> None:
    group = kept_group(keeper)
    for server in ("", "77", "https://nobody.example"):
        with pytest.raises(Refused, match="Invalid Server"):
            groups_admin.add_server(keeper, group.uuid, GroupServerForm(server))


def test_a_partners_account_is_told_of_no_server_that_its_group_does_not_list(house: House, keeper: Viewer) -> None:
    draft = ServerDraft(name="Third", url="https://third.example", authkey="k" * 40, remote_org=house.gama.uuid)
    third = add_server(house.dora, draft)
    group = kept_group(keeper)
    assert third in groups_admin.servers_to_choose(keeper, group.id)
    assert groups_admin.servers_to_choose(house.sam, None) == []
    assert groups_admin.servers_to_choose(house.sam, group.id) == []
    groups_admin.add_server(keeper, group.uuid, GroupServerForm(str(third.id)))
    assert groups_admin.servers_to_choose(house.sam, group.id) == [third]


def test_a_group_in_use_is_not_deleted(house: House, keeper: Viewer, rival: Viewer) -> None:
    used = kept_group(keeper)
    attribute = AttributeDraft("domain", "x.example", distribution=GROUP, sharing_group_id=used.id)
    add_event(keeper, EventDraft(info="uses it", attributes=(attribute,)))
    with pytest.raises(SaveFailed, match="Could not delete SharingGroup"):
        groups_admin.delete_group(keeper, used.uuid)
    extending = kept_group(keeper, MemberForm(house.beta.uuid, extend=True))
    with pytest.raises(Refused):
        groups_admin.delete_group(rival, extending.uuid)
    groups_admin.delete_group(keeper, extending.uuid)
    assert group_by_uuid(extending.uuid) is None


def test_what_is_in_the_trash_keeps_no_group_and_comes_back_narrower(house: House, keeper: Viewer) -> None:
    group = kept_group(keeper)
    attribute = AttributeDraft("domain", f"{ids.new_uuid()}.example", distribution=GROUP, sharing_group_id=group.id)
    event = sent_event(keeper, None, sharing_group_id=group.id, attributes=(attribute,))
    delete_event(keeper, event.event.uuid)
    groups_admin.delete_group(keeper, group.uuid)
    for table, column in (("event", "id"), ("attribute", "event_id")):
        query = f"SELECT distribution, sharing_group_id FROM {table} WHERE {column} = ?"
        assert rows(query, (event.event.id,)) == [(0, None)]


def test_lists_hold_what_one_sees_and_say_what_one_may(house: House, keeper: Viewer, rival: Viewer) -> None:
    shared = kept_group(keeper, MemberForm(house.beta.uuid, extend=True), name=f"shared {ids.new_uuid()}")
    private = kept_group(keeper)
    retired = kept_group(keeper, MemberForm(house.beta.uuid), active=False)

    def listed(viewer: Viewer, **wanted: Any) -> dict[str, tuple[bool, bool]]:
        found = groups_admin.list_groups(viewer, **wanted)
        return {item.group.uuid: (item.editable, item.deletable) for item in found}

    assert listed(rival)[shared.uuid] == (True, False)
    assert listed(house.bob)[shared.uuid] == (False, False)
    assert not {private.uuid, retired.uuid} & listed(rival).keys()
    assert listed(rival, active=False).keys() >= {retired.uuid}
    assert shared.uuid in listed(keeper, search="SHARED", orgs=[house.beta.name, f"!{house.gama.uuid}"])
    assert shared.uuid not in listed(keeper, orgs=[f"!{house.beta.id}"])
    assert private.uuid not in listed(keeper, orgs=[str(house.beta.id)])


@pytest.mark.parametrize("way", ["hidden", "absent", "nonsense"])
def test_an_invisible_group_is_an_absent_one(keeper: Viewer, rival: Viewer, way: str) -> None:
    ref = {"hidden": kept_group(keeper).uuid, "absent": ids.new_uuid(), "nonsense": "1 OR 1"}[way]
    with pytest.raises(Refused) as refusal:
        groups_admin.view_group(rival, ref)
    assert refusal.value.sentence == groups_admin.UNSEEN


def test_an_owner_that_is_not_listed_still_views_the_group(house: House, keeper: Viewer) -> None:
    group = kept_group(keeper, MemberForm(house.beta.uuid))
    viewed = groups_admin.view_group(keeper, group.uuid)
    assert (viewed.group, viewed.owner.uuid, viewed.editable, viewed.deletable) == (group, house.alfa.uuid, True, True)


def test_an_inactive_group_is_not_for_new_events(house: House, keeper: Viewer) -> None:
    group = kept_group(keeper, active=False)
    with pytest.raises(Refused, match="Invalid Sharing Group"):
        add_event(keeper, EventDraft(info="late", distribution=GROUP, sharing_group_id=group.id))
