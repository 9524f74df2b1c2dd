"""Who reads notes, opinions and relationships (MODEL §6.3): by their own level and by that of what they are about."""

from typing import Any

import pytest

from mispmini.domain.analyst_data import OBJECT_TYPES, AnalystKind, AnalystRow
from mispmini.domain.distribution import Distribution
from mispmini.domain.errors import NotFound
from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_data import add_item, attach_analyst_data
from mispmini.services.events import add_event, delete_event
from mispmini.store.analyst_data import find_item, index_minimal, items_below, list_items
from mispmini.store.graphs import load_event
from mispmini.store.tables.galaxies import Galaxy, GalaxyCluster
from mispmini.wire.analyst_data_in import read_item
from mispmini.wire.event_in import read_event
from tests.store.conftest import World, count_queries, event, uuid_of

D = Distribution
ALL = {"alice", "bob", "charlie", "dora", "sam"}
ALPHA = {"alice", "dora"}


def says(viewer: Viewer, about: str, object_type: str, level: D, **more: Any) -> AnalystRow:
    body = {"note": "words", "object_uuid": about, "object_type": object_type, "distribution": int(level), **more}
    return add_item(viewer, read_item(AnalystKind.NOTE, body))


def readers(world: World, uuid: str) -> set[str]:
    return {name for name, viewer in world.people().items() if _reads(viewer, uuid)}


def _reads(viewer: Viewer, uuid: str) -> bool:
    try:
        find_item(viewer, uuid, None)
    except NotFound:
        found = False
    else:
        found = True
    listed = any(row.uuid == uuid for row in list_items(viewer, AnalystKind.NOTE, [uuid], limit=5))
    indexed = any(row[1] == uuid for row in index_minimal(viewer, [], []))
    assert found is listed is indexed
    return found


@pytest.mark.parametrize(
    ("about", "object_type", "level", "seen_by"),
    [
        ("bank", "Event", D.COMMUNITY, ALL),
        ("bank", "Event", D.ALL, ALL),
        ("bank", "Event", D.INHERIT, ALL),
        ("bank", "Event", D.ORGANISATION, ALPHA),
        ("bank", "Event", D.SHARING_GROUP, ALPHA | {"charlie"}),
        ("own", "Event", D.ALL, ALPHA),
        ("own", "Event", D.INHERIT, ALPHA),
        ("circle", "Event", D.ALL, ALPHA | {"charlie"}),
        ("hidden", "Attribute", D.ALL, ALPHA),
        ("grouped", "Attribute", D.ALL, ALPHA | {"charlie"}),
        ("domain", "Attribute", D.ALL, ALL),
        ("gone", "Attribute", D.ALL, ALPHA | {"sam"}),
        ("safe", "Object", D.ALL, ALPHA),
        ("inside", "Attribute", D.ALL, ALPHA),
        ("sample", "Object", D.INHERIT, ALL),
        ("nowhere", "Event", D.ALL, ALL),
        ("nowhere", "Event", D.INHERIT, ALPHA),
        ("group", "SharingGroup", D.ALL, ALPHA | {"charlie"}),
        ("trashed", "Event", D.ALL, ALL),
    ],
)
def test_a_note_is_read_by_its_level_and_by_what_it_is_about(
    world: World, about: str, object_type: str, level: D, seen_by: set[str]
) -> None:
    group = {"sharing_group_id": world.group_id} if level is D.SHARING_GROUP else {}
    assert readers(world, says(world.alice, uuid_of(about), object_type, level, **group).uuid) == seen_by


@pytest.mark.parametrize("claimed", OBJECT_TYPES)
@pytest.mark.parametrize(
    ("about", "level", "seen_by"),
    [
        ("own", D.ALL, ALPHA),
        ("circle", D.ALL, ALPHA | {"charlie"}),
        ("hidden", D.ALL, ALPHA),
        ("safe", D.ALL, ALPHA),
        ("inside", D.INHERIT, ALPHA),
        ("group", D.ALL, ALPHA | {"charlie"}),
        ("cluster", D.ALL, ALPHA),
        ("note", D.ALL, ALPHA),
        ("bank", D.INHERIT, ALL),
        ("sample", D.INHERIT, ALL),
    ],
)
def test_a_note_is_judged_by_what_its_uuid_is_whatever_kind_it_claims(
    world: World, about: str, level: D, seen_by: set[str], claimed: str
) -> None:
    uuid = uuid_of(about)
    if about == "note":
        uuid = says(world.alice, uuid_of("bank"), "Event", D.ORGANISATION).uuid
    if about == "cluster":
        uuid = own_cluster(world)
    note = says(world.alice, uuid, claimed, level)
    below = says(world.alice, note.uuid, "Note", D.ALL)
    assert readers(world, note.uuid) == readers(world, below.uuid) == seen_by


def own_cluster(world: World) -> str:
    galaxy = Galaxy.create(uuid=new_uuid(), name="Weather", type="weather")
    cluster = GalaxyCluster.create(
        uuid=new_uuid(), galaxy=galaxy, type="weather", value="own", tag_name="own", folded_tag="own",
        distribution=int(D.ORGANISATION), org=world.alice.org_id, orgc=world.alice.org_id,
    )  # fmt: skip
    return str(cluster.uuid)


@pytest.mark.parametrize("first", ["the note", "what it is about"])
@pytest.mark.parametrize("claimed", ["Event", "Attribute", "Object", "Note", "Organisation"])
@pytest.mark.parametrize("kind", ["Attribute", "Object", "EventReport", "Note"])
def test_where_two_kinds_share_a_uuid_both_have_to_be_read(world: World, kind: str, claimed: str, first: str) -> None:
    """An event that all see, and something hidden with its uuid; and the other way round."""
    for levels in ((1, 0), (0, 1)):
        uuid = new_uuid()
        note = says(world.alice, uuid, claimed, D.ALL).uuid if first == "the note" else ""
        for made in range(2):
            adds_one_of_two(world, uuid, kind, levels, made)
        note = note or says(world.alice, uuid, claimed, D.ALL).uuid
        below = says(world.alice, note, "Note", D.ALL).uuid
        assert readers(world, note) == readers(world, below) == ALPHA


def adds_one_of_two(world: World, uuid: str, kind: str, levels: tuple[int, int], which: int) -> None:
    if which == 0:
        body: dict[str, Any] = {"uuid": uuid, "info": "one", "distribution": levels[0]}
    elif kind == "Note":
        about = new_uuid()
        add_event(world.alice, read_event({"uuid": about, "info": "x", "distribution": levels[1]}, from_partner=False))
        says(world.alice, about, "Event", D.ALL, uuid=uuid)
        return
    else:
        inside = {"type": "domain", "value": f"{uuid}.example", "object_relation": "domain"}
        box = {"name": "box", "meta-category": "misc", "description": "d", "template_version": 1}
        held: dict[str, dict[str, Any]] = {
            "Attribute": {"type": "domain", "value": f"{uuid}.example"},
            "Object": {**box, "template_uuid": new_uuid(), "Attribute": [inside]},
            "EventReport": {"name": "r", "content": "c"},
        }
        thing = {**held[kind], "uuid": uuid, "distribution": levels[1]}
        body = {"uuid": new_uuid(), "info": "other", "distribution": 1, kind: [thing]}
    add_event(world.alice, read_event(body, from_partner=False))


def test_a_stranger_s_thing_with_the_uuid_of_a_note_s_event_takes_nobody_s_note_away(world: World) -> None:
    """The author knows nothing of it: else anybody could hide what is said about an event, and hear whether it is."""
    uuid = new_uuid()
    add_event(world.alice, read_event({"uuid": uuid, "info": "one", "distribution": 1}, from_partner=False))
    note = says(world.alice, uuid, "Event", D.ALL)
    own = {"uuid": uuid, "type": "domain", "value": "mine.example", "distribution": 0}
    body = {"uuid": new_uuid(), "info": "two", "distribution": 0, "Attribute": [own]}
    add_event(world.bob, read_event(body, from_partner=False))
    assert readers(world, note.uuid) == ALL
    assert readers(world, says(world.alice, uuid, "Attribute", D.ALL).uuid) == ALL


def test_an_answer_is_read_only_by_who_reads_all_that_is_above_it(world: World) -> None:
    hidden = says(world.alice, uuid_of("bank"), "Event", D.ORGANISATION)
    answer = says(world.alice, hidden.uuid, "Note", D.ALL)
    again = says(world.alice, answer.uuid, "Note", D.ALL)
    assert readers(world, again.uuid) == readers(world, answer.uuid) == ALPHA
    assert [row.uuid for row in items_below(world.bob, hidden.uuid)] == []
    assert [row.uuid for row in items_below(world.alice, hidden.uuid)] == [answer.uuid, again.uuid]


@pytest.mark.parametrize(
    ("about", "object_type"),
    [("own", "Event"), ("hidden", "Attribute"), ("safe", "Object"), ("inside", "Attribute"), ("gone", "Attribute"),
     ("group", "SharingGroup"), ("a note for itself", "Note"), ("trashed", "Event")],
)  # fmt: skip
@pytest.mark.parametrize("level", [D.ALL, D.INHERIT, D.ORGANISATION], ids=["all", "inherit", "organisation"])
def test_what_is_said_of_a_thing_that_the_author_cannot_see_tells_nobody_of_it(
    world: World, about: str, object_type: str, level: D
) -> None:
    """TRUST S4: a second path to the data. Two who work together would learn from it what is here and hidden."""
    if about == "a note for itself":
        known = says(world.alice, uuid_of("bank"), "Event", D.ORGANISATION).uuid
    else:
        known = uuid_of(about)
    aside, blind = says(world.bob, known, object_type, level), says(world.bob, new_uuid(), object_type, level)
    assert readers(world, aside.uuid) == readers(world, blind.uuid)
    below = [says(world.charlie, note.uuid, "Note", D.ALL) for note in (aside, blind)]
    assert readers(world, below[0].uuid) == readers(world, below[1].uuid)


def test_what_was_said_before_an_event_that_its_author_cannot_see_tells_nobody_of_it(world: World) -> None:
    uuid = new_uuid()
    note = says(world.bob, uuid, "Event", D.ALL)
    below = says(world.bob, note.uuid, "Note", D.ALL)
    hidden = {"uuid": uuid, "info": "late", "distribution": 0}
    add_event(world.alice, read_event(hidden, from_partner=False))
    assert readers(world, note.uuid) == readers(world, below.uuid) == ALL


def test_notes_about_each_other_do_no_harm(world: World) -> None:
    first, second = new_uuid(), new_uuid()
    says(world.alice, second, "Note", D.ALL, uuid=first)
    says(world.alice, first, "Note", D.ALL, uuid=second)
    assert readers(world, first) == ALL
    assert {row.uuid for row in items_below(world.bob, first)} == {first, second}


def test_a_note_that_came_first_finds_its_place_with_the_event(world: World) -> None:
    uuid, attribute = new_uuid(), new_uuid()
    note = says(world.bob, uuid, "Event", D.INHERIT)
    about_attribute = says(world.bob, attribute, "Attribute", D.ALL)
    below = says(world.bob, about_attribute.uuid, "Note", D.ALL)
    assert readers(world, note.uuid) == {"bob", "dora"}
    wanted = {"uuid": uuid, "type": "domain", "value": "late.example"} | {"uuid": attribute, "distribution": 5}
    add_event(world.alice, read_event({"uuid": uuid, "info": "late", "distribution": 1, "Attribute": [wanted]},
                                      from_partner=False))  # fmt: skip
    assert readers(world, note.uuid) == ALL
    assert readers(world, below.uuid) == ALL
    graph = load_event(world.alice, uuid)
    attach_analyst_data(world.alice, [graph])
    assert graph.analyst_data is not None
    assert set(graph.analyst_data.about) == {uuid, attribute, about_attribute.uuid}


def test_a_relationship_is_told_at_both_ends_to_who_sees_both(world: World) -> None:
    one, other = new_uuid(), new_uuid()
    for number, level in ((one, 1), (other, 0)):
        add_event(world.alice, read_event({"uuid": number, "info": "x", "distribution": level}, from_partner=False))
    body = {"object_uuid": other, "object_type": "Event", "related_object_uuid": one, "related_object_type": "Event",
            "relationship_type": "derived-from", "distribution": 1}  # fmt: skip
    add_item(world.alice, read_item(AnalystKind.RELATIONSHIP, body))
    inbound = {}
    for name in ("alice", "bob"):
        graph = load_event(world.people()[name], one)
        attach_analyst_data(world.people()[name], [graph])
        inbound[name] = graph.analyst_data is not None and one in graph.analyst_data.inbound
    assert inbound == {"alice": True, "bob": False}


def test_an_event_of_which_nothing_is_said_costs_one_query(world: World) -> None:
    uuid = new_uuid()
    add_event(world.alice, read_event({"uuid": uuid, "info": "x"}, from_partner=False))
    graph = load_event(world.alice, uuid)
    with count_queries() as counter:
        attach_analyst_data(world.alice, [graph])
    assert (counter.count, graph.analyst_data) == (1, None)


def test_notes_go_to_the_trash_and_away_with_their_event(world: World) -> None:
    number = world.add(world.alice, event("short lived", "x"))
    note = says(world.alice, uuid_of("short lived"), "Event", D.ALL)
    assert readers(world, note.uuid) == ALL
    delete_event(world.alice, str(number))
    assert readers(world, note.uuid) == set()
