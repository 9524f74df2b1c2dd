"""Groups that links deliver: who changes them by push and pull, what is refused and shown, what reaches nobody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain import clock, ids
from mispmini.domain.distribution import Distribution, GroupFlaw, Reason
from mispmini.domain.drafts import (
    AttributeDraft,
    EventDraft,
    OrganisationDraft,
    SharingGroupDraft,
    SharingGroupOrgDraft,
    SharingGroupServerDraft,
)
from mispmini.domain.errors import Refused, SaveFailed
from mispmini.domain.graphs import EventGraph, SharingGroup
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.domain.notices import GroupRefusal, NoticeKind
from mispmini.domain.origin import Origin, Way
from mispmini.domain.permissions import Permission
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import addresses, arrivals, groups_admin
from mispmini.services.events import add_event, edit_event
from mispmini.services.group_outlook import outlook_of
from mispmini.services.publishing import publish_event
from mispmini.services.servers import add_server
from mispmini.store.database import writing
from mispmini.store.graphs import load_event
from mispmini.store.groups import group_by_uuid, load_groups
from mispmini.store.servers import delete_server
from tests.services.conftest import Household as House

OUR_URL = "https://misp.alfa.example"
GROUP = int(Distribution.SHARING_GROUP)
STRANGER = OrganisationDraft("57a90000-0000-4000-8000-00000000000d", "CSIRT Estranho")
HUB = OrganisationDraft("64b00000-0000-4000-8000-00000000000e", "CSIRT Hub")


@pytest.fixture(autouse=True)
def known_as() -> None:
    """The instance is reached at OUR_URL."""
    addresses.announce(OUR_URL)


def of(org: Any, *, extend: bool = False) -> SharingGroupOrgDraft:
    """An organisation as a partner lists it."""
    return SharingGroupOrgDraft(OrganisationDraft(org.uuid, org.name), extend)


def sent(*members: SharingGroupOrgDraft, **fields: Any) -> SharingGroupDraft:
    """A group as a partner sends it, owned by a stranger and for this instance."""
    here = SharingGroupServerDraft(OUR_URL, all_orgs=False)
    draft = SharingGroupDraft(
        ids.new_uuid(), f"group {ids.new_uuid()}", "", "", STRANGER.uuid, STRANGER, active=True, roaming=False,
        created=None, modified=text_of(-60), orgs=members, servers=(here,),
    )  # fmt: skip
    return replace(draft, **fields)


def text_of(seconds: int) -> str:
    """A moment from now as groups tell it."""
    return clock.datetime_text(clock.now() + seconds)


def changed(group: SharingGroupDraft, *members: SharingGroupOrgDraft, after: int = 30) -> SharingGroupDraft:
    """The group as its sender has it after a change."""
    return replace(group, orgs=(*group.orgs, *members), releasability="changed", modified=text_of(after - 60))


def pulled(house: House, org_id: int) -> Origin:
    """A pull for Alice's organisation from a server of this one."""
    return Origin(Way.PULL, house.alfa.id, link_org_id=org_id, server_id=98)


def arrives(viewer: Viewer, group: SharingGroupDraft | None, origin: Origin | None = None) -> EventGraph:
    """An event for a group, as it stands here."""
    attribute = AttributeDraft("domain", f"{ids.new_uuid()}.example")
    draft = EventDraft(info="for a group", distribution=GROUP, sharing_group=group, attributes=(attribute,))
    return load_event(Viewer.everything(), add_event(viewer, draft, origin).uuid)


def stored(draft: SharingGroupDraft) -> SharingGroup:
    """A group that is here."""
    standing = group_by_uuid(draft.uuid)
    assert standing is not None
    return load_groups([standing.id])[standing.id]


def members(draft: SharingGroupDraft) -> set[str]:
    """Uuids of the members of a group that is here."""
    return {member.organisation.uuid for member in stored(draft).orgs}


def test_the_link_that_delivered_a_group_by_pull_changes_it_by_pull_and_by_push(house: House) -> None:
    group = sent(of(house.alfa), of(house.gama))
    arrives(house.dora, group, pulled(house, house.gama.id))
    assert outlook_of(house.dora, stored(group)).delivered_by == house.gama.name
    arrives(house.dora, changed(group, of(house.beta)), pulled(house, house.gama.id))
    assert members(group) == {house.alfa.uuid, house.gama.uuid, house.beta.uuid}
    arrives(house.sam, changed(group, of(HUB), after=40))
    assert HUB.uuid in members(group)


def test_a_change_over_another_link_is_refused_shown_once_and_logged(house: House) -> None:
    group = sent(of(house.alfa), of(house.gama), of(house.beta))
    arrives(house.sam, group)
    before = stored(group)
    for _ in range(2):
        event = arrives(house.dora, changed(group, of(HUB, extend=True)), pulled(house, house.beta.id))
        assert event.event.sharing_group_id == before.id
    assert stored(group) == before
    told = outlook_of(house.dora, before).refused
    assert [(item.org_name, dict(item.change)) for item in told] == [
        (house.beta.name, {"releasability": "changed", "organisations": "CSIRT Hub (extend)"})
    ]
    assert outlook_of(house.bob, before).refused == ()


def test_a_newer_definition_that_says_the_same_is_no_refused_change(house: House) -> None:
    group = sent(of(house.alfa), of(house.beta), of(house.gama))
    arrives(house.sam, group)
    arrives(house.dora, replace(group, modified=text_of(0)), pulled(house, house.beta.id))
    assert outlook_of(house.dora, stored(group)).refused == ()


def test_a_pull_never_makes_the_partner_a_member(house: House) -> None:
    group = sent(of(house.alfa))
    arrives(house.dora, group, pulled(house, house.gama.id))
    assert members(group) == {house.alfa.uuid}


def test_a_pull_attaches_no_group_that_neither_side_is_in(house: House) -> None:
    group = sent()
    form = GroupForm(uuid=group.uuid, name=group.name, orgs=(MemberForm(house.beta.uuid),), owner=HUB)
    groups_admin.add_group(house.dora, form)
    event = arrives(house.dora, group, pulled(house, house.gama.id))
    assert (event.event.distribution, event.event.sharing_group_id) == (0, None)


def test_a_change_made_between_two_deliveries_is_newer_whatever_our_clock_says(house: House) -> None:
    """The partner's clock is an hour behind: a MISP would keep its first definition for an hour."""
    group = sent(of(house.gama), modified=text_of(-3600))
    arrives(house.sam, group)
    arrives(house.sam, replace(changed(group, of(house.beta)), modified=text_of(-3590)))
    assert house.beta.uuid in members(group)


def test_a_definition_of_the_future_does_not_freeze_the_group(house: House) -> None:
    group = sent(of(house.gama), modified="2099-01-01 00:00:00")
    arrives(house.sam, group)
    assert stored(group).modified <= clock.now()


REFUSALS = {
    "unlisted": (lambda house: sent(of(house.beta)), GroupRefusal.NOT_LISTED),
    "elsewhere": (
        lambda house: sent(of(house.gama), servers=(SharingGroupServerDraft("https://x.example", all_orgs=True),)),
        GroupRefusal.NOT_HERE,
    ),
}


@pytest.mark.parametrize(("make", "reason"), REFUSALS.values(), ids=REFUSALS)
def test_why_a_group_was_not_accepted_is_noted_at_its_event(house: House, make: Any, reason: GroupRefusal) -> None:
    event = arrives(house.sam, make(house))
    arrival = arrivals.arrival_of(house.dora, event.event)
    assert arrival is not None
    assert [(n.kind, n.detail["reason"]) for n in arrival.notices] == [(NoticeKind.GROUP_REFUSED, reason)]
    assert arrivals.arrival_of(house.sam, event.event) is None
    assert arrivals.arrival_of(house.bob, event.event) is None


def test_what_is_fetched_without_its_group_is_kept_and_noted(house: House) -> None:
    event = arrives(house.dora, None, pulled(house, house.gama.id)).event
    arrival = arrivals.arrival_of(house.dora, event)
    assert arrival is not None
    assert (event.distribution, arrival.notices[0].detail["reason"]) == (0, GroupRefusal.NO_GROUP)


def test_a_role_that_may_not_bring_groups_is_named(house: House) -> None:
    bare = replace(house.sam, role_permissions=house.sam.role_permissions - {Permission.SHARING_GROUP})
    arrival = arrivals.arrival_of(house.dora, arrives(bare, sent(of(house.gama))).event)
    assert arrival is not None
    assert arrival.notices[0].detail["reason"] == GroupRefusal.NOT_ALLOWED


def test_once_its_group_is_accepted_the_notice_goes(house: House) -> None:
    event = arrives(house.sam, sent(of(house.beta))).event
    accepted = EventDraft(distribution=GROUP, sharing_group=sent(of(house.gama)), timestamp=event.timestamp + 1)
    edit_event(house.sam, event.uuid, accepted)
    now = load_event(house.dora, event.uuid).event
    arrival = arrivals.arrival_of(house.dora, now)
    assert arrival is not None
    assert (now.distribution, arrival.notices) == (GROUP, ())


def test_an_update_whose_group_is_refused_is_listed(house: House) -> None:
    event = arrives(house.sam, sent(of(house.gama))).event
    foreign = EventDraft(distribution=GROUP, sharing_group=sent(of(house.beta)), timestamp=event.timestamp + 1)
    with pytest.raises(SaveFailed):
        edit_event(house.sam, event.uuid, foreign)
    listed, _ = arrivals.refused_updates(house.dora, limit=100)
    assert event.uuid in [item.event_uuid for item in listed]


# Nothing is published to nobody ------------------------------------------------------------------------------------


def kept(viewer: Viewer, **fields: Any) -> SharingGroup:
    """A group made here."""
    return groups_admin.add_group(viewer, GroupForm(name=ids.new_uuid(), **fields))


@pytest.mark.parametrize("flaw", list(GroupFlaw))
def test_publishing_to_a_group_of_no_use_is_refused_with_the_way_out(house: House, flaw: GroupFlaw) -> None:
    group = kept(house.dora, orgs=(MemberForm(house.alfa.uuid),))
    attribute = AttributeDraft("domain", f"{ids.new_uuid()}.example")
    draft = EventDraft(info="x", distribution=GROUP, sharing_group_id=group.id, attributes=(attribute,))
    event = add_event(house.dora, draft)
    if flaw is GroupFlaw.NOBODY:
        groups_admin.remove_org(house.dora, group.uuid, MemberForm(house.alfa.uuid))
    else:
        groups_admin.remove_server(house.dora, group.uuid, GroupServerForm("0"))
    assert outlook_of(house.dora, load_groups([group.id])[group.id]).flaw is flaw
    verbs: list[Callable[[], object]] = [lambda: publish_event(house.dora, event.uuid)]
    if flaw is GroupFlaw.NOBODY:
        verbs.append(lambda: edit_event(house.dora, event.uuid, EventDraft(published=True)))
        verbs.append(lambda: add_event(house.dora, replace(draft, published=True)))
    for verb in verbs:
        with pytest.raises(Refused, match="Edit the group and"):
            verb()
    assert not load_event(house.dora, event.uuid).event.published
    groups_admin.edit_group(
        house.dora, group.uuid, GroupForm(orgs=(MemberForm(house.alfa.uuid),), roaming=True, servers=())
    )
    publish_event(house.dora, event.uuid)


def test_the_page_tells_per_server_what_the_push_would_do(house: House) -> None:
    draft = ServerDraft(name="Beta", url="https://beta.example", authkey=ids.new_authkey(), push=True)
    server = add_server(house.dora, replace(draft, remote_org=house.beta.uuid))
    here, there = GroupServerForm("0"), GroupServerForm(str(server.id))
    both = (MemberForm(house.alfa.uuid), MemberForm(house.beta.uuid))
    told = {
        "listed": kept(house.dora, orgs=both, servers=(here, there)),
        "roams": kept(house.dora, orgs=both, roaming=True),
        "no server": kept(house.dora, orgs=both),
        "no organisation": kept(house.dora, servers=(here, there)),
        "all there, none named": kept(house.dora, servers=(GroupServerForm(str(server.id), all_orgs=True),)),
    }
    refusals = {name: [c.refusal for c in outlook_of(house.alice, group).crossings] for name, group in told.items()}
    assert refusals == {
        "listed": [None],
        "roams": [None],
        "no server": [Reason.GROUP_SERVER],
        "no organisation": [Reason.GROUP_ORG],
        "all there, none named": [Reason.GROUP_ORG],
    }
    assert outlook_of(house.sam, told["roams"]).crossings == ()
    with writing():
        delete_server(server.id)
