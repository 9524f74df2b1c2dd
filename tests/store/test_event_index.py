"""The event index: filters, paging, and the minimal form (PROTOCOL §4.3)."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.errors import BadRequest
from mispmini.domain.filters import Days, IndexFilters, Order, Span, Terms
from mispmini.domain.viewer import Viewer
from mispmini.services.searching import index, minimal_index
from mispmini.store.database import writing
from mispmini.store.sql import execute, scalar
from tests.store.conftest import THEN, World, count_queries, event, link_with, uuid_of

NAMES = {uuid_of(name): name for name in ("bank", "clinic", "own", "circle", "report", "bare", "trashed")}


def listed(viewer: Viewer, **filters: Any) -> list[str]:
    found = index(viewer, IndexFilters(**filters))
    names = [NAMES[item.event.uuid] for item in found]
    assert found.count == len(names)
    return names


def any_(*terms: str) -> Terms:
    return Terms(any=terms)


def none_(*terms: str) -> Terms:
    return Terms(none=terms)


LISTED_FOR_ALICE: dict[str, tuple[Mapping[str, Any], list[str]]] = {
    "nothing asked": ({}, ["bank", "clinic", "own", "circle", "report", "bare"]),
    "all: value": ({"everything": "GROUPED.ex"}, ["bank"]),
    "all: comment": ({"everything": "hidden NOTE"}, ["bank"]),
    "all: tag": ({"everything": "osint"}, ["clinic"]),
    "all: info": ({"everything": "anks"}, ["circle"]),
    "all: uuid": ({"everything": uuid_of("own")[3:20]}, ["own"]),
    "all: organisation": ({"everything": "bravo"}, ["clinic", "report", "bare"]),
    "all: a wildcard is itself": ({"everything": "b%c"}, ["bank"]),
    "attribute": ({"attribute": any_("member", "198.51")}, ["bank", "clinic", "circle"]),
    "not an attribute": ({"attribute": none_("198.51")}, ["own", "circle", "report", "bare"]),
    "value": ({"value": any_("OPEN.example")}, ["bank"]),
    "value is whole": ({"value": any_("open")}, []),
    "not a value": ({"value": none_("open.example")}, ["clinic", "own", "circle", "report", "bare"]),
    "published": ({"published": True}, ["bank"]),
    "not published": ({"published": False}, ["clinic", "own", "circle", "report", "bare"]),
    "with a proposal": ({"has_proposal": True}, []),
    "eventid": ({"eventid": any_(uuid_of("own"), "1")}, ["bank", "own"]),
    "not an eventid": ({"eventid": none_("1", "2", "x")}, ["own", "circle", "report", "bare"]),
    "dates": ({"days": Days("2024-02-20", "2024-03-01")}, ["clinic", "report"]),
    "timestamp": ({"timestamp": Span(THEN + 1, THEN + 1000)}, ["clinic"]),
    "publish timestamp": ({"publish_timestamp": Span(1)}, ["bank"]),
    "org in any case": ({"org": any_("csirt BRAVO")}, ["clinic", "report", "bare"]),
    "org by id": ({"org": any_("2")}, ["clinic", "report", "bare"]),
    "not an org": ({"org": none_("CSIRT Bravo", "Nobody")}, ["bank", "own", "circle"]),
    "an unknown org": ({"org": any_("Nobody")}, []),
    "sharing group": ({"sharing_group_id": any_("1")}, ["circle"]),
    "eventinfo": ({"eventinfo": any_("PHISH", "notes")}, ["bank", "own"]),
    "not an eventinfo": ({"eventinfo": Terms(any=("a ",), none=("bank",))}, ["clinic", "report"]),
    "tag": ({"tags": any_("TLP:green")}, ["bank", "clinic"]),
    "tags together": ({"tags": Terms(all=("tlp:green", "type:osint"))}, ["clinic"]),
    "tags together, one unknown": ({"tags": Terms(all=("tlp:green", "no:such"))}, []),
    "no known tag": ({"tags": any_("no:such")}, []),
    "one known tag": ({"tags": any_("no:such", "type:osint")}, ["clinic"]),
    "not a tag": ({"tags": none_("type:osint", "no:such")}, ["bank", "own", "circle", "report", "bare"]),
    "no tag of an attribute": ({"tags": any_("infra:c2")}, []),
    "distribution": ({"distribution": any_("0", "4")}, ["own", "circle"]),
    "not a distribution": ({"distribution": none_("1")}, ["clinic", "own", "circle"]),
    "analysis": ({"analysis": any_("2")}, ["clinic"]),
    "threat level": ({"threat_level_id": none_("4")}, ["bank"]),
    "own e-mail": ({"email": "ALICE@"}, ["bank", "own", "circle"]),
    "another's e-mail": ({"email": "bob"}, []),
    "hostile text": ({"eventinfo": any_("' OR 1=1 --"), "eventid": any_("1; DROP TABLE event")}, []),
}


@pytest.mark.parametrize(("filters", "expected"), LISTED_FOR_ALICE.values(), ids=LISTED_FOR_ALICE)
def test_events_are_listed_by(world: World, filters: Mapping[str, Any], expected: list[str]) -> None:
    assert listed(world.alice, **filters) == expected


PROBES: dict[str, Mapping[str, Any]] = {
    "value": {"value": any_("hidden.example", "http://grouped.example/a", "inside.example", "note.example")},
    "attribute": {"attribute": any_("hidden", "grouped", "inside", "member")},
    "all: value": {"everything": "inside.ex"},
    "all: comment": {"everything": "grouped note"},
    "all: info": {"everything": "Our own"},
    "deleted value": {"value": any_("gone.example")},
    "event": {"eventid": any_(uuid_of("own"), uuid_of("circle"), uuid_of("trashed"))},
    "sharing group": {"sharing_group_id": any_("1")},
    "e-mail": {"email": "alice"},
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_what_is_hidden_is_listed_by_no_filter(world: World, probe: Mapping[str, Any]) -> None:
    assert listed(world.bob, **probe) == []


def test_an_unwanted_value_that_is_hidden_excludes_nothing(world: World) -> None:
    assert "bank" in listed(world.bob, value=none_("hidden.example"), attribute=none_("grouped"))


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("alice", ["bank", "clinic", "own", "circle", "report", "bare"]),
        ("bob", ["bank", "clinic", "report", "bare"]),
        ("charlie", ["bank", "clinic", "circle", "report", "bare"]),
        ("dora", ["bank", "clinic", "own", "circle", "report", "bare"]),
    ],
)
def test_everybody_is_listed_what_they_may_see(world: World, who: str, expected: list[str]) -> None:
    assert listed(world.people()[who]) == expected


def test_the_site_admin_finds_events_by_anybody_s_address(world: World) -> None:
    assert listed(world.dora, email="BOB@") == ["clinic", "report", "bare"]


def test_an_item_names_organisations_tags_and_its_group(world: World) -> None:
    items = {NAMES[item.event.uuid]: item for item in index(world.charlie, IndexFilters())}
    bank = items["bank"]
    assert (bank.org.name, bank.orgc.uuid) == ("CSIRT Alpha", uuid_of("CSIRT Alpha"))
    assert [(tag.name, tag.local) for tag in bank.tags] == [("tlp:green", False), ("todo", True)]
    assert (bank.event.published, bank.event.locked, bank.sharing_group) == (True, False, None)
    group = items["circle"].sharing_group
    assert group is not None
    assert group.name == "Banks"


def test_a_partner_is_told_no_local_tag(world: World) -> None:
    (bank,) = index(world.sam, IndexFilters(eventid=any_(uuid_of("bank"))))
    assert [tag.name for tag in bank.tags] == ["tlp:green"]
    assert listed(world.sam, tags=any_("todo")) == []


def test_minimal_items_have_content(world: World) -> None:
    found = minimal_index(world.bob, IndexFilters(minimal=True))
    items = list(found)
    assert found.count == 3
    assert [NAMES[item.uuid] for item in items] == ["bank", "clinic", "report"]
    assert items[0].published is True
    assert items[0].orgc_uuid == uuid_of("CSIRT Alpha")


def test_a_protected_event_is_not_in_the_minimal_index(world: World) -> None:
    with writing():
        execute("UPDATE event SET protected = 1 WHERE uuid = ?", (uuid_of("clinic"),))
    found = [NAMES[item.uuid] for item in minimal_index(world.bob, IndexFilters(minimal=True))]
    with writing():
        execute("UPDATE event SET protected = NULL WHERE uuid = ?", (uuid_of("clinic"),))
    assert found == ["bank", "report"]


def test_pages_tell_the_total(world: World) -> None:
    filters = IndexFilters(limit=2, order=Order("info", descending=True))
    pages = [index(world.bob, replace(filters, page=page)) for page in (1, 2, 3)]
    assert [[NAMES[item.event.uuid] for item in page] for page in pages] == [
        ["clinic", "bank"],
        ["report", "bare"],
        [],
    ]
    assert [page.count for page in pages] == [4, 4, 4]
    minimal = minimal_index(world.bob, IndexFilters(minimal=True, limit=1))
    assert (minimal.count, len(list(minimal))) == (3, 1)


def test_the_total_follows_what_is_added_and_deleted(world: World) -> None:
    filters = IndexFilters(limit=2)
    before = index(world.bob, filters).count
    event_id = world.add(world.alice, event("another", "Another"))
    assert index(world.bob, filters).count == before + 1
    with writing():
        execute("DELETE FROM event WHERE id = ?", (event_id,))
        assert index(world.bob, filters).count == before
    assert index(world.bob, filters).count == before


@pytest.mark.parametrize("column", ["info; DROP TABLE event", "(SELECT password_hash FROM user)", "rev", ""])
def test_an_unknown_column_does_not_sort(world: World, column: str) -> None:
    assert listed(world.bob, order=Order(column, descending=True)) == ["bank", "clinic", "report", "bare"]


def test_too_many_terms_are_refused(world: World) -> None:
    terms = any_(*(str(number) for number in range(10_001)))
    for ask in (index, minimal_index):
        with pytest.raises(BadRequest):
            ask(world.bob, IndexFilters(value=terms))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({"tags": {"OR": ["type:osint"]}}, ["clinic"]),
        ({"tags": {"NOT": ["type:osint"]}}, ["bank", "report"]),
        ({"orgs": {"OR": ["CSIRT Alpha"]}}, ["bank"]),
        ({"orgs": {"NOT": ["CSIRT Alpha"]}}, ["clinic", "report"]),
        ({}, ["bank", "clinic", "report"]),
    ],
    ids=json.dumps,
)
def test_the_rules_of_a_link_limit_what_its_account_is_listed(
    world: World, rules: Mapping[str, Mapping[str, list[str]]], expected: list[str]
) -> None:
    ids = {
        kind: {operator: [_id(kind, name) for name in names] for operator, names in group.items()}
        for kind, group in rules.items()
    }
    with writing():
        server_id = link_with(json.dumps(ids))
    viewer = replace(world.sam, linked_server_id=server_id)
    assert [NAMES[item.uuid] for item in minimal_index(viewer, IndexFilters(minimal=True))] == expected


def _id(kind: str, name: str) -> int:
    return int(scalar(f"SELECT id FROM {'tag' if kind == 'tags' else 'organisation'} WHERE name = ?", (name,)))


def test_a_page_takes_few_statements(world: World) -> None:
    with count_queries() as counted:
        found = index(world.bob, IndexFilters(limit=60))
        assert len(list(found)) == 4
    assert counted.count == 5
    with count_queries() as counted:
        assert len(list(minimal_index(world.bob, IndexFilters(minimal=True)))) == 3
    assert counted.count == 2


def test_a_page_of_many_asks_for_the_total_once(world: World) -> None:
    index(world.charlie, IndexFilters(limit=1))
    with count_queries() as counted:
        assert index(world.charlie, IndexFilters(limit=1)).count == 5
    assert counted.count == 3
