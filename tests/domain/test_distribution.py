"""Every rule of crossing, as one table each (PROTOCOL §3.5, §3.8, §3.10, §4.4)."""

from dataclasses import replace

import pytest

from mispmini.domain.distribution import (
    Distribution,
    Partner,
    Reason,
    after_pull,
    after_push,
    for_partner,
    group_covers,
    may_leave_to,
    pulled,
    raises,
)
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReportDraft, TagDraft
from mispmini.domain.graphs import (
    AttributeRow,
    EventGraph,
    EventRow,
    ObjectRow,
    OrganisationRow,
    ReferenceRow,
    ReportRow,
    SharingGroup,
    SharingGroupMember,
    SharingGroupServer,
    TagRow,
)
from mispmini.domain.rules import PullRules, PushRules

OURS = OrganisationRow(1, "Alfa", "aaaaaaaa-0000-4000-8000-000000000001", True)
THEIRS = OrganisationRow(2, "Beta", "bbbbbbbb-0000-4000-8000-000000000002", True)
PARTNER = Partner(server_id=7, remote_org_uuid=THEIRS.uuid)
INTERNAL = replace(PARTNER, internal=True)
TRUSTED = replace(PARTNER, internal=True, trusted=True)
LEVELS = list(Distribution)


def tag(number: int, *, local: bool = False, exportable: bool = True, deleted: bool = False) -> TagRow:
    """A tag on something."""
    return TagRow(
        number, f"tag{number}", "#000000", exportable, None, False, None, False, False, False, local, None, deleted
    )


def attribute(
    number: int, level: int, *, object_id: int | None = None, group: int | None = None, kind: str = "ip-dst"
) -> AttributeRow:
    """An attribute of a level."""
    return AttributeRow(
        kind, "Network activity", number, 1, object_id, None, f"192.0.2.{number}", None, True, f"uuid-{number}",
        1, level, group, "", False, False, None, None, None,
    )  # fmt: skip


def an_object(number: int, level: int, *, group: int | None = None, template: str = "") -> ObjectRow:
    """An object of a level."""
    return ObjectRow(
        number, "file", "file", "d", template, 1, 1, f"o{number}", 1, level, group, "", False, None, None, None
    )


def a_group(
    *, orgs: tuple[OrganisationRow, ...], servers: dict[int | None, bool], roaming: bool = False
) -> SharingGroup:
    """A group with members and servers (id to all_orgs)."""
    return SharingGroup(
        id=3, uuid="g", name="G", releasability="", description="", organisation_uuid=OURS.uuid, org_id=1,
        sync_user_id=None, active=True, local=True, roaming=roaming, created=1, modified=1, organisation=OURS,
        orgs=tuple(SharingGroupMember(i, org, False) for i, org in enumerate(orgs)),
        servers=tuple(SharingGroupServer(i, s, "", "", all_orgs) for i, (s, all_orgs) in enumerate(servers.items())),
    )  # fmt: skip


def an_event(level: int = 3, *, group: SharingGroup | None = None, published: bool = True) -> EventGraph:
    """An event without elements."""
    row = EventRow(
        1, "uuid", 1, 1, 1, "2026-01-01", "info", 1, published, 1, 0, 4, 0, level, group.id if group else None,
        0, False, False, "", None, None, None, None,
    )  # fmt: skip
    return EventGraph(row, OURS, OURS, None, sharing_groups={group.id: group} if group else {})


@pytest.mark.parametrize(
    ("level", "plain", "internal"),
    [(0, 0, 0), (1, 1, 1), (2, 1, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5)],
)
def test_a_push_lowers_connected_communities_unless_internal(level: int, plain: int, internal: int) -> None:
    assert after_push(level, internal=False) == plain
    assert after_push(level, internal=True) == internal


@pytest.mark.parametrize(("level", "plain"), [(0, 0), (1, 0), (2, 1), (3, 3), (4, 4), (5, 5)])
def test_a_pull_lowers_by_one_unless_trusted(level: int, plain: int) -> None:
    assert after_pull(level, trusted=False) == plain
    assert after_pull(level, trusted=True) == level


@pytest.mark.parametrize(
    ("level", "partner", "refusal"),
    [
        (0, PARTNER, Reason.DISTRIBUTION),
        (1, PARTNER, Reason.DISTRIBUTION),
        (2, PARTNER, None),
        (3, PARTNER, None),
        (0, INTERNAL, Reason.DISTRIBUTION),
        (1, INTERNAL, Reason.DISTRIBUTION),
        (0, TRUSTED, None),
        (1, TRUSTED, None),
    ],
)
def test_which_levels_leave(level: int, partner: Partner, refusal: Reason | None) -> None:
    assert may_leave_to(an_event(level), partner) is refusal


def test_an_unpublished_event_never_leaves() -> None:
    assert may_leave_to(an_event(3, published=False), TRUSTED) is Reason.UNPUBLISHED


def test_a_protected_event_never_leaves() -> None:
    event = an_event(3)
    event.event = event.event._replace(protected=True)
    assert may_leave_to(event, PARTNER) is Reason.PROTECTED


@pytest.mark.parametrize(
    ("group", "refusal"),
    [
        (a_group(orgs=(OURS, THEIRS), servers={None: False, 7: False}), None),
        (a_group(orgs=(OURS,), servers={None: False, 7: False}), Reason.GROUP_ORG),
        (a_group(orgs=(OURS,), servers={None: False, 7: True}), Reason.GROUP_ORG),
        (a_group(orgs=(OURS, THEIRS), servers={None: False}), Reason.GROUP_SERVER),
        (a_group(orgs=(OURS, THEIRS), servers={None: False}, roaming=True), None),
        (a_group(orgs=(OURS,), servers={None: False}, roaming=True), Reason.GROUP_ORG),
        (a_group(orgs=(), servers={}), Reason.GROUP_SERVER),
    ],
    ids=["listed", "org missing", "all_orgs alone", "server missing", "roaming", "roaming without org", "empty"],
)
def test_a_sharing_group_leaves_only_to_its_members(group: SharingGroup, refusal: Reason | None) -> None:
    assert may_leave_to(an_event(4, group=group), PARTNER) is refusal


def test_an_event_whose_group_is_unknown_stays() -> None:
    assert may_leave_to(an_event(4), PARTNER) is Reason.GROUP_SERVER


@pytest.mark.parametrize(
    ("rules", "refusal"),
    [
        (PushRules(), None),
        (PushRules(tags_or=frozenset({1})), None),
        (PushRules(tags_or=frozenset({2})), Reason.TAG_RULE),
        (PushRules(tags_not=frozenset({1})), Reason.TAG_RULE),
        (PushRules(tags_not=frozenset({9})), None),
        (PushRules(orgs_or=frozenset({1})), None),
        (PushRules(orgs_or=frozenset({2})), Reason.ORG_RULE),
        (PushRules(orgs_not=frozenset({1})), Reason.ORG_RULE),
    ],
)
def test_push_rules_look_at_event_tags_and_creator(rules: PushRules, refusal: Reason | None) -> None:
    event = an_event(3)
    event.tags = [tag(1), tag(9, deleted=True)]
    assert may_leave_to(event, replace(PARTNER, push_rules=rules)) is refusal


@pytest.mark.parametrize("level", LEVELS, ids=str)
@pytest.mark.parametrize("partner", [PARTNER, INTERNAL], ids=["plain", "internal"])
def test_every_element_level_crosses_by_the_table(level: Distribution, partner: Partner) -> None:
    covered = a_group(orgs=(OURS, THEIRS), servers={7: False})
    event = an_event(3)
    event.sharing_groups = {3: covered}
    group = 3 if level is Distribution.SHARING_GROUP else None
    event.attributes = [attribute(1, level, group=group), attribute(2, level, object_id=9, group=group)]
    event.objects = [an_object(9, level, group=group)]
    event.reports = [ReportRow(1, "r", 1, "n", "c", level, group, 1, False)]

    copy = for_partner(event, partner)

    stays = level < Distribution.CONNECTED and not partner.internal
    wanted = [] if stays else [after_push(level, internal=partner.internal)]
    assert [a.distribution for a in copy.attributes] == wanted * 2
    assert [o.distribution for o in copy.objects] == wanted
    assert [r.distribution for r in copy.reports] == wanted


def test_an_attribute_of_a_group_that_does_not_cover_the_partner_stays() -> None:
    event = an_event(3)
    event.sharing_groups = {3: a_group(orgs=(OURS,), servers={None: True})}
    event.attributes = [attribute(1, 4, group=3), attribute(2, 5)]
    assert [a.id for a in for_partner(event, PARTNER).attributes] == [2]


def test_attributes_of_an_object_that_stays_stay_with_it() -> None:
    event = an_event(3)
    event.objects = [an_object(9, 1)]
    event.attributes = [attribute(1, 5, object_id=9)]
    assert not for_partner(event, PARTNER).attributes


def test_an_object_whose_attributes_all_stay_is_still_sent() -> None:
    event = an_event(3)
    event.objects = [an_object(9, 5)]
    event.attributes = [attribute(1, 0, object_id=9)]
    copy = for_partner(event, PARTNER)
    assert (len(copy.objects), len(copy.attributes)) == (1, 0)


def test_local_tags_stay_and_unexportable_ones_never_leave() -> None:
    event = an_event(3)
    event.tags = [tag(1), tag(2, local=True), tag(3, exportable=False), tag(4, deleted=True)]
    event.attributes = [attribute(1, 5)]
    event.attribute_tags = {1: [tag(1), tag(2, local=True)]}
    plain, internal = for_partner(event, PARTNER), for_partner(event, INTERNAL)
    assert [t.id for t in plain.tags] == [1, 4]
    assert [t.id for t in plain.attribute_tags[1]] == [1]
    assert [t.id for t in internal.tags] == [1, 2, 4]


def test_a_tag_rule_strips_tagged_attributes() -> None:
    event = an_event(3)
    event.attributes = [attribute(1, 5), attribute(2, 5)]
    event.attribute_tags = {1: [tag(5)]}
    partner = replace(PARTNER, push_rules=PushRules(tags_not=frozenset({5})))
    assert [a.id for a in for_partner(event, partner).attributes] == [2]


@pytest.mark.parametrize("on", [True, False])
def test_type_rules_wait_for_their_setting(on: bool) -> None:
    rules = PushRules(types_not=frozenset({"md5"}), templates_not=frozenset({"t"}))
    event = an_event(3)
    event.attributes = [attribute(1, 5, kind="md5")]
    event.objects = [an_object(9, 5, template="t")]
    copy = for_partner(event, replace(PARTNER, push_rules=rules, filter_types=on))
    assert (len(copy.attributes), len(copy.objects)) == ((0, 0) if on else (1, 1))


def test_the_copy_is_locked_and_unpublished_where_the_link_says_so() -> None:
    assert for_partner(an_event(2), PARTNER).event[7:] != an_event(2).event[7:]
    assert for_partner(an_event(2), PARTNER).event.locked
    assert for_partner(an_event(2), PARTNER).event.published
    assert not for_partner(an_event(2), replace(PARTNER, unpublish=True)).event.published


def test_the_event_itself_is_left_as_it_was() -> None:
    event = an_event(2)
    for_partner(event, PARTNER)
    assert (event.event.distribution, event.event.locked) == (2, False)


@pytest.mark.parametrize("level", LEVELS, ids=str)
@pytest.mark.parametrize("trusted", [False, True], ids=["plain", "trusted"])
def test_what_is_pulled_is_lowered_by_the_table(level: Distribution, trusted: bool) -> None:
    draft = EventDraft(
        info="x",
        distribution=min(level, 4),
        attributes=(AttributeDraft(type="ip-dst", value="192.0.2.1", distribution=level),),
        objects=(ObjectDraft(name="f", distribution=level, attributes=(AttributeDraft(distribution=level),)),),
        reports=(ReportDraft(name="r", content="", distribution=level),),
    )
    got = pulled(draft, PullRules(), trusted=trusted, filter_types=False)
    wanted = after_pull(level, trusted=trusted)
    assert got.distribution == after_pull(min(level, 4), trusted=trusted)
    assert got.locked
    assert [
        got.attributes[0].distribution,
        got.objects[0].distribution,
        got.objects[0].attributes[0].distribution,
        got.reports[0].distribution,
    ] == [wanted] * 4


def test_a_pulled_event_without_a_level_goes_to_the_organisation_alone() -> None:
    assert pulled(EventDraft(info="x"), PullRules(), trusted=False, filter_types=False).distribution == 0


def test_pulled_local_tags_are_dropped_unless_trusted() -> None:
    draft = EventDraft(
        info="x",
        tags=(TagDraft("a"), TagDraft("b", local=True)),
        attributes=(AttributeDraft(tags=(TagDraft("c", local=True),)),),
    )
    plain = pulled(draft, PullRules(), trusted=False, filter_types=False)
    assert [t.name for t in plain.tags] == ["a"]
    assert not plain.attributes[0].tags
    assert len(pulled(draft, PullRules(), trusted=True, filter_types=False).tags) == 2


@pytest.mark.parametrize(
    ("new", "old", "raised"), [(3, 2, True), (1, 0, True), (4, 0, True), (1, 4, True), (0, 3, False), (2, 2, False)]
)
def test_what_raises_a_distribution(new: int, old: int, raised: bool) -> None:
    assert raises(new, old) is raised


def test_in_group_needs_the_organisation_where_servers_do_not_decide() -> None:
    assert group_covers(a_group(orgs=(THEIRS,), servers={}), PARTNER)
    assert group_covers(a_group(orgs=(), servers={7: True}), PARTNER)
    assert not group_covers(a_group(orgs=(THEIRS,), servers={5: True}), PARTNER)
    assert group_covers(a_group(orgs=(THEIRS,), servers={5: True}), INTERNAL)


def test_a_reference_leaves_only_with_its_target() -> None:
    event = an_event(3)
    event.objects = [an_object(9, 5)]
    event.attributes = [attribute(1, 5), attribute(2, 0)]
    event.references = {9: [a_reference("uuid-1"), a_reference("uuid-2")]}
    assert [r.referenced_uuid for r in for_partner(event, PARTNER).references[9]] == ["uuid-1"]


def a_reference(target: str) -> ReferenceRow:
    """A reference of object 9."""
    return ReferenceRow(1, f"r-{target}", 1, 9, 1, "o9", target, 1, 0, "drops", "", False)
