"""The TLP guard on what a partner reads here: the predicate agrees with the matrix, cell by cell (RULES §9)."""

from collections.abc import Iterator
from itertools import product

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import IndexFilters
from mispmini.domain.ids import new_uuid
from mispmini.domain.tlp import Guard, Tlp
from mispmini.domain.tlp_guard import Verdict, judge
from mispmini.domain.viewer import Viewer
from mispmini.services import searching
from mispmini.services.events import add_event
from mispmini.store.database import writing
from mispmini.store.graphs import load_event
from mispmini.store.settings import forget_setting, save_setting
from mispmini.store.sql import execute
from tests.store.conftest import World

D = Distribution
LEVELS = (D.COMMUNITY, D.CONNECTED, D.ALL, D.SHARING_GROUP)
CASES = list(product(Tlp, LEVELS, (True, False)))


@pytest.fixture
def guarded(world: World) -> Iterator[World]:
    """Sam is in the sharing group, and the guard covers what he pulls."""
    with writing():
        save_setting("tlp_guard_on_pull", True, user_id=None)
        execute("DELETE FROM sharing_group_org WHERE org_id = ?", (world.sam.org_id,))
        execute(
            "INSERT INTO sharing_group_org (sharing_group_id, org_id, extend) VALUES (?, ?, 0)",
            (world.group_id, world.sam.org_id),
        )
    yield world
    with writing():
        forget_setting("tlp_guard_on_pull")
        execute("DELETE FROM sharing_group_org WHERE org_id = ?", (world.sam.org_id,))


def stored(world: World, tag: str, level: Distribution, *, ours: bool, on_attribute: bool = False) -> str:
    """An event of Bob's organisation, or of one that is not of here, with a TLP on it or on one of two attributes."""
    tags = (TagDraft(tag),)
    attributes = tuple(
        AttributeDraft(type="domain", value=f"{new_uuid()}.example", tags=held)
        for held in ((tags, ()) if on_attribute else ((), ()))
    )
    draft = EventDraft(
        info=f"{tag} {level.name}",
        distribution=int(level),
        sharing_group_id=world.group_id if level is D.SHARING_GROUP else None,
        tags=() if on_attribute else tags,
        attributes=attributes,
    )
    uuid = add_event(world.alice, draft).uuid
    if not ours:
        with writing():
            execute("UPDATE event SET orgc_id = (SELECT id FROM organisation WHERE NOT local) WHERE uuid = ?", (uuid,))
    return uuid


@pytest.fixture(scope="module", autouse=True)
def stranger(empty_world: World) -> None:
    """An organisation that is not of here."""
    with writing():
        execute(
            "INSERT INTO organisation (uuid, name, folded_name, type, nationality, sector, local, created, modified)"
            " VALUES (?, 'Far', 'far', '', '', '', 0, 0, 0)",
            (new_uuid(),),
        )


def reads(viewer: Viewer, uuid: str) -> bool:
    """Whether the event is there, in the index as in its view."""
    try:
        load_event(viewer, uuid)
    except NotFound:
        is_there = False
    else:
        is_there = True
    listed = {item.event.uuid for item in searching.index(viewer, IndexFilters()).items}
    assert (uuid in listed) == is_there
    return is_there


def leaves(tlp: Tlp, level: Distribution, *, ours: bool) -> bool:
    """What the matrix says, a foreign event's group members excepted."""
    is_members = not ours and level is D.SHARING_GROUP
    return is_members or judge(tlp, level, ours=ours, guard=Guard()) is not Verdict.REFUSE


@pytest.mark.parametrize(("tlp", "level", "ours"), CASES)
def test_a_partner_reads_events_as_the_matrix_says(guarded: World, tlp: Tlp, level: Distribution, ours: bool) -> None:
    uuid = stored(guarded, f"TLP:{tlp.upper()}", level, ours=ours)
    assert reads(guarded.sam, uuid) == leaves(tlp, level, ours=ours)
    if level is not D.SHARING_GROUP:
        assert reads(guarded.bob, uuid)


@pytest.mark.parametrize(("tlp", "level", "ours"), CASES)
def test_a_partner_reads_attributes_as_the_matrix_says(
    guarded: World, tlp: Tlp, level: Distribution, ours: bool
) -> None:
    uuid = stored(guarded, f"tlp:{tlp}", level, ours=ours, on_attribute=True)
    expected = 2 if leaves(tlp, level, ours=ours) else 1
    assert len(load_event(guarded.sam, uuid).attributes) == expected
    assert len(load_event(guarded.alice, uuid).attributes) == 2


def test_the_guard_leaves_a_partner_its_own_and_is_off_on_pull_by_default(guarded: World) -> None:
    red = stored(guarded, "tlp:red", D.ALL, ours=False)
    with writing():
        execute("UPDATE event SET orgc_id = ? WHERE uuid = ?", (guarded.sam.org_id, red))
    assert reads(guarded.sam, red)
    other = stored(guarded, "tlp:red", D.ALL, ours=True)
    with writing():
        forget_setting("tlp_guard_on_pull")
    assert reads(guarded.sam, other)
