"""Which level may reach more than another, and which groups are of no use (RULES §4, FEATURES row 53)."""

import pytest

from mispmini.domain.distribution import Distribution, GroupFlaw, group_flaw, widens
from mispmini.domain.graphs import OrganisationRow, SharingGroup, SharingGroupMember, SharingGroupServer

ORG = OrganisationRow(1, "CSIRT Alfa", "a1fa0000-0000-4000-8000-000000000001", local=True)
NARROWER_OR_SAME = {0: {0}, 1: {0, 1}, 2: {0, 1, 2}, 3: {0, 1, 2, 3, 4, 5}, 4: {0}, 5: {0, 1, 2, 3, 4, 5}}


@pytest.mark.parametrize("old", list(Distribution), ids=lambda level: f"from-{level.name.lower()}")
def test_what_is_no_raise_of_a_level(old: Distribution) -> None:
    assert {int(new) for new in Distribution if not widens(new, old)} == NARROWER_OR_SAME[old]


def a_group(*, members: int, all_orgs: bool | None = None, roaming: bool = False) -> SharingGroup:
    """A group with so many members, and this instance if `all_orgs` is said."""
    servers = () if all_orgs is None else (SharingGroupServer(1, None, "", "", all_orgs),)
    return SharingGroup(
        id=1, uuid=ORG.uuid, name="g", releasability="", description="", organisation_uuid=ORG.uuid, org_id=1,
        sync_user_id=None, active=True, local=True, roaming=roaming, created=0, modified=0, organisation=ORG,
        orgs=tuple(SharingGroupMember(number, ORG, False) for number in range(members)), servers=servers,
    )  # fmt: skip


FLAWS = {
    "members-and-server": (a_group(members=1, all_orgs=False), None),
    "members-and-roaming": (a_group(members=1, roaming=True), None),
    "all-organisations-here": (a_group(members=0, all_orgs=True), None),
    "nobody": (a_group(members=0, all_orgs=False), GroupFlaw.NOBODY),
    "nobody-roams": (a_group(members=0, roaming=True), GroupFlaw.NOBODY),
    "members-nowhere": (a_group(members=2), GroupFlaw.NOWHERE),
}


@pytest.mark.parametrize(("group", "flaw"), FLAWS.values(), ids=FLAWS)
def test_a_group_of_no_use_says_why(group: SharingGroup, flaw: GroupFlaw | None) -> None:
    assert group_flaw(group) is flaw
