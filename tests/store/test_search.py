"""restSearch: which events and attributes a filter finds, and for whom (API §8; MODEL §6; RULES §10.3)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.errors import BadRequest
from mispmini.domain.filters import Days, Deleted, Order, Scope, SearchFilters, SearchOptions, Span, Terms
from mispmini.domain.viewer import Viewer
from mispmini.services.searching import search_attributes, search_events, search_objects, search_values
from mispmini.store import vocabulary
from mispmini.store.database import writing
from mispmini.store.search.attribute_search import AttributeSearch
from mispmini.store.search.matching import all_of
from mispmini.store.search.scope import Reach
from mispmini.store.sql import execute, rows, scalar
from tests.store.conftest import THEN, World, count_queries, link_with, uuid_of

ALL_ATTRIBUTES = (
    "ip", "domain", "hidden", "grouped", "city", "gone", "address", "file", "inside", "hash", "same", "note", "member",
    "thrown",
)  # fmt: skip
ALL_EVENTS = ("bank", "clinic", "own", "circle", "report", "bare", "trashed")
NAMES = {uuid_of(name): name for name in (*ALL_ATTRIBUTES, *ALL_EVENTS)}
SEEN_BY_BOB = {"ip", "domain", "city", "address", "file", "hash", "same"}
SEEN_BY_ALICE = {*ALL_ATTRIBUTES} - {"gone", "thrown"}
LOCAL_TO_ALPHA = ("hidden", "grouped", "inside", "note", "member")


def named(uuids: Iterable[str]) -> list[str]:
    return [NAMES[uuid] for uuid in uuids]


def attributes(viewer: Viewer, **filters: Any) -> list[str]:
    found = search_attributes(viewer, SearchFilters(Scope.ATTRIBUTES, **filters))
    listed = named(item.attribute.uuid for item in found)
    assert found.count == len(listed)
    return listed


def events(viewer: Viewer, **filters: Any) -> list[str]:
    found = search_events(viewer, SearchFilters(Scope.EVENTS, **filters))
    listed = named(graph.event.uuid for graph in found)
    assert found.count == len(listed)
    return listed


def any_(*terms: str) -> Terms:
    return Terms(any=terms)


def none_(*terms: str) -> Terms:
    return Terms(none=terms)


def all_(*terms: str) -> Terms:
    return Terms(all=terms)


FOUND_BY_ALICE: dict[str, tuple[Mapping[str, Any], set[str]]] = {
    "nothing asked": ({}, SEEN_BY_ALICE),
    "value": ({"value": any_("open.example")}, {"domain"}),
    "value in another case": ({"value": any_("OPEN.example")}, {"domain"}),
    "value in another case beyond ASCII": ({"value": any_("SÃO PAULO")}, {"city"}),
    "either of two values": ({"value": any_("open.example", "note.example")}, {"domain", "note"}),
    "values under AND act as OR": ({"value": all_("open.example", "note.example")}, {"domain", "note"}),
    "a half of a composite": ({"value": any_("8443")}, {"address"}),
    "no whole composite": ({"value": any_("203.0.113.9|8443")}, set()),
    "a value but not another": ({"value": Terms(any=("open.example",), none=("OPEN.example",))}, set()),
    "not a value": ({"value": none_("198.51.100.7"), "eventid": any_(uuid_of("clinic"))}, {"hash"}),
    "a pattern": ({"value": any_("%MEMBER.ex%")}, {"member"}),
    "a pattern at the end": ({"value": any_("198.51.%")}, {"ip", "same"}),
    "a pattern with a letter beyond ASCII": ({"value": any_("%ÃO%")}, {"city"}),
    "both of two patterns": ({"value": all_("%e.example", "n%")}, {"note"}),
    "a pattern or a value": ({"value": any_("note.%", "open.example")}, {"note", "domain"}),
    "a percent sign for itself": ({"value": any_("%b\\%c%")}, {"file"}),
    "an underscore for itself": ({"value": any_("%a\\_b%")}, {"file"}),
    "a backslash at the end": ({"value": any_("%x\\")}, set()),
    "type": ({"type": any_("md5")}, {"hash"}),
    "type in another case": ({"type": any_("MD5", "Filename")}, {"hash", "file"}),
    "a type by pattern": ({"type": any_("ip-%")}, {"ip", "same", "address"}),
    "not a type": ({"type": none_("domain", "ip-dst", "text"), "org": any_("CSIRT Bravo")}, {"hash", "same"}),
    "an unknown type": ({"type": any_("no-such")}, set()),
    "not an unknown type": ({"type": none_("no-such"), "value": any_("open.example")}, {"domain"}),
    "category": ({"category": any_("Other")}, {"city"}),
    "category in another case is another": ({"category": any_("other")}, set()),
    "object_relation": ({"object_relation": any_("filename", "host")}, {"file", "inside"}),
    "comment": ({"comment": any_("%soc%")}, {"ip"}),
    "not a comment": (
        {"comment": none_("%note%", "Seen at the SOC"), "type": any_("ip-%", "url")},
        {"same", "address"},
    ),
    "org by name": ({"org": any_("CSIRT Bravo")}, {"hash", "same"}),
    "org by name in another case is another": ({"org": any_("csirt bravo")}, set()),
    "org by uuid": ({"org": any_(uuid_of("CSIRT Bravo"))}, {"hash", "same"}),
    "not an org": ({"org": none_("CSIRT Alpha", "Nobody")}, {"hash", "same"}),
    "an unknown org": ({"org": any_("Nobody")}, set()),
    "org.sector": ({"org_sector": any_("bank")}, {"hash", "same"}),
    "org.local": ({"org_local": False}, set()),
    "a tag of the attribute": ({"tags": any_("infra:c2")}, {"ip"}),
    "a tag of the event": ({"tags": any_("type:osint")}, {"hash", "same"}),
    "a tag by pattern": ({"tags": any_("%osint")}, {"hash", "same"}),
    "a tag in another case is another": ({"tags": any_("TYPE:osint")}, set()),
    "two tags together": ({"tags": all_("tlp:green", "tlp:red")}, {"hash"}),
    "an unknown tag": ({"tags": any_("no:such")}, set()),
    "a known and an unknown tag": ({"tags": any_("infra:c2", "no:such")}, {"ip"}),
    "a known and an unknown tag together": ({"tags": all_("infra:c2", "no:such")}, set()),
    "not a tag of attribute or event": (
        {"tags": none_("infra:c2", "type:osint", "no:such")},
        SEEN_BY_ALICE - {"ip", "hash", "same"},
    ),
    "a tag of the event alone": ({"event_tags": any_("infra:c2", "type:osint")}, {"hash", "same"}),
    "not a tag of the event alone": ({"event_tags": none_("tlp:green")}, {"note", "member"}),
    "anywhere: value": ({"searchall": any_("member.exam")}, {"member"}),
    "anywhere: comment": ({"searchall": any_("%GROUPED note%")}, {"grouped"}),
    "anywhere: info": ({"searchall": any_("%clinic%")}, {"hash", "same"}),
    "anywhere: tag": ({"searchall": any_("%a:c%")}, {"ip"}),
    "anywhere: a wildcard is itself": ({"searchall": any_("b%c")}, {"file"}),
    "eventid by uuid": ({"eventid": any_(uuid_of("circle"))}, {"member"}),
    "not an eventid": ({"eventid": none_(uuid_of("bank"), "999999")}, {"hash", "same", "note", "member"}),
    "eventid that is none": ({"eventid": any_("1 OR 1=1")}, set()),
    "uuid": ({"uuid": any_(uuid_of("ip"))}, {"ip"}),
    "not a uuid": ({"uuid": none_(uuid_of("hash")), "org": any_("CSIRT Bravo")}, {"same"}),
    "no uuid of an event": ({"uuid": any_(uuid_of("bank"))}, set()),
    "eventinfo": ({"eventinfo": any_("%banks")}, {"member"}),
    "threat level": ({"threat_level_id": any_("1"), "type": any_("ip-dst")}, {"ip"}),
    "not a threat level": ({"threat_level_id": none_("1"), "type": any_("domain")}, {"note", "member"}),
    "analysis": ({"analysis": any_("2")}, {"hash", "same"}),
    "distribution": ({"distribution": any_("0", "x")}, {"note"}),
    "sharing group": ({"sharing_group_id": any_("1")}, {"member"}),
    "object name": ({"object_name": any_("file")}, {"file"}),
    "object template": ({"object_template_uuid": any_(uuid_of("template vault"))}, {"inside"}),
    "object template version": ({"object_template_version": any_("7")}, {"file", "inside"}),
    "object time": ({"object_timestamp": Span(THEN + 1)}, set()),
    "published": ({"published": True, "type": any_("domain")}, {"domain", "hidden"}),
    "not published": ({"published": False, "type": any_("domain")}, {"note", "member"}),
    "to_ids": ({"to_ids": True, "value": any_("%open%", "%198%", "%d41%")}, {"ip", "domain", "hash"}),
    "not to_ids": ({"to_ids": False, "type": any_("text", "ip-src", "md5")}, {"city", "same"}),
    "deleted only": ({"deleted": Deleted.ONLY}, {"gone"}),
    "deleted too": ({"deleted": Deleted.BOTH, "value": any_("gone.example", "open.example")}, {"gone", "domain"}),
    "date from": ({"days": (Days(since="2024-02-20"),)}, {"hash", "same"}),
    "date until and from": ({"days": (Days(until="2024-02-20"), Days("2024-02-01"))}, {"hash", "same"}),
    "event time": ({"event_timestamp": Span(THEN + 1000)}, {"hash", "same"}),
    "attribute time": ({"attribute_timestamp": Span(THEN + 50, THEN + 500)}, {"domain", "same"}),
    "publish time": ({"publish_timestamp": Span(1), "type": any_("ip-dst", "ip-src")}, {"ip"}),
    "first seen": ({"first_seen": Span(since=1_000_000)}, {"address"}),
    "first seen later": ({"first_seen": Span(since=1_000_001)}, set()),
    "last seen": ({"last_seen": Span(until=3_000_000)}, {"address"}),
    "two filters meet in one attribute": ({"type": any_("ip-src"), "comment": any_("%soc%")}, set()),
    "hostile text": ({"value": any_("' OR 1=1 --"), "comment": any_("%'; DROP TABLE attribute; --")}, set()),
}  # fmt: skip


@pytest.mark.parametrize(("filters", "expected"), FOUND_BY_ALICE.values(), ids=FOUND_BY_ALICE)
def test_attributes_are_found_by(world: World, filters: Mapping[str, Any], expected: set[str]) -> None:
    found = attributes(world.alice, **filters)
    assert sorted(found) == sorted(expected)


EVENTS_FOUND_BY_ALICE: dict[str, tuple[Mapping[str, Any], set[str]]] = {
    "nothing asked": ({}, {*ALL_EVENTS} - {"trashed"}),
    "value": ({"value": any_("198.51.100.7")}, {"bank", "clinic"}),
    "not a value: some attribute differs": ({"value": none_("198.51.100.7")}, {"bank", "clinic", "own", "circle"}),
    "a value pattern": ({"value": any_("%member%")}, {"circle"}),
    "each filter finds its own attribute": ({"type": any_("md5"), "value": any_("198.51.100.7")}, {"clinic"}),
    "filters that no event meets": ({"type": any_("md5"), "value": any_("open.example")}, set()),
    "a type among few events": ({"type": any_("text"), "eventid": any_(uuid_of("bank"))}, {"bank"}),
    "uuid of the event": ({"uuid": any_(uuid_of("own"))}, {"own"}),
    "uuid of an attribute": ({"uuid": any_(uuid_of("member"))}, {"circle"}),
    "not a uuid": ({"uuid": none_(uuid_of("ip"), uuid_of("own"))}, {"clinic", "circle", "report", "bare"}),
    "a tag of the event or an attribute": ({"tags": any_("infra:c2", "type:osint")}, {"bank", "clinic"}),
    "tags together": ({"tags": all_("tlp:green", "infra:c2")}, {"bank"}),
    "not a tag: of the event alone": (
        {"tags": none_("infra:c2", "type:osint")},
        {"bank", "own", "circle", "report", "bare"},
    ),
    "an unknown tag": ({"tags": any_("no:such")}, set()),
    "a tag of the event alone": ({"event_tags": any_("infra:c2")}, set()),
    "anywhere: info": ({"searchall": any_("%ANSOM%")}, {"clinic"}),
    "anywhere: attribute": ({"searchall": any_("inside.ex")}, {"bank"}),
    "anywhere: tag": ({"searchall": any_("osint")}, {"clinic"}),
    "object name": ({"object_name": any_("vault")}, {"bank"}),
    "to_ids": ({"to_ids": True}, {"bank", "clinic", "own", "circle"}),
    "not to_ids": ({"to_ids": False}, {"bank", "clinic"}),
    "published": ({"published": True}, {"bank"}),
    "first seen": ({"first_seen": Span(since=1)}, {"bank"}),
    "date": ({"days": (Days("2024-03-01", "2024-03-01"),)}, {"report"}),
    "a deleted value": ({"value": any_("gone.example")}, set()),
    "a deleted value, asked for": ({"value": any_("gone.example"), "deleted": Deleted.BOTH}, {"bank"}),
    "org": ({"org": any_("CSIRT Bravo")}, {"clinic", "report", "bare"}),
}  # fmt: skip


@pytest.mark.parametrize(("filters", "expected"), EVENTS_FOUND_BY_ALICE.values(), ids=EVENTS_FOUND_BY_ALICE)
def test_events_are_found_by(world: World, filters: Mapping[str, Any], expected: set[str]) -> None:
    found = events(world.alice, **filters)
    assert sorted(found) == sorted(expected)


PROBES: dict[str, Mapping[str, Any]] = {
    "value": {"value": any_("hidden.example", "http://grouped.example/a", "inside.example", "note.example")},
    "value pattern": {"value": any_("%hidden%", "%grouped%", "%inside%", "%member%")},
    "comment": {"comment": any_("%hidden note%", "%grouped note%")},
    "type": {"type": any_("url", "hostname")},
    "relation": {"object_relation": any_("host")},
    "object name": {"object_name": any_("vault")},
    "object template": {"object_template_uuid": any_(uuid_of("template vault"))},
    "tag of a hidden attribute": {"tags": any_("hidden:tag")},
    "tag by pattern": {"tags": any_("hidden%")},
    "uuid of a hidden attribute": {"uuid": any_(*map(uuid_of, LOCAL_TO_ALPHA))},
    "anywhere": {"searchall": any_("hidden", "%grouped note%", "inside.example")},
    "deleted": {"deleted": Deleted.ONLY, "value": any_("gone.example")},
    "deleted too": {"deleted": Deleted.BOTH, "value": any_("gone.example")},
    "event": {"eventid": any_(uuid_of("own"), uuid_of("circle"), uuid_of("trashed"))},
    "info": {"eventinfo": any_("Our own notes", "%banks")},
    "sharing group": {"sharing_group_id": any_("1")},
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_what_is_hidden_is_found_by_no_filter(world: World, probe: Mapping[str, Any]) -> None:
    assert attributes(world.bob, **probe) == []
    assert events(world.bob, **probe) == []


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("alice", SEEN_BY_ALICE),
        ("bob", SEEN_BY_BOB),
        ("charlie", SEEN_BY_BOB | {"grouped", "member"}),
        ("dora", SEEN_BY_ALICE),
        ("sam", SEEN_BY_BOB),
    ],
)
def test_everybody_finds_what_they_may_see(world: World, who: str, expected: set[str]) -> None:
    viewer = world.people()[who]
    assert {*attributes(viewer)} == expected
    whole = {a.uuid for graph in search_events(viewer, SearchFilters(Scope.EVENTS)) for a in graph.attributes}
    assert {*named(whole)} == expected


def test_deleted_attributes_are_for_their_owner_and_for_those_who_sync(world: World) -> None:
    found = {name: attributes(viewer, deleted=Deleted.ONLY) for name, viewer in world.people().items()}
    assert found == {"alice": ["gone"], "bob": [], "charlie": [], "dora": ["gone"], "sam": ["gone"]}


def test_a_local_tag_cannot_be_probed_by_a_partner(world: World) -> None:
    assert events(world.bob, tags=any_("todo")) == ["bank"]
    assert events(world.sam, tags=any_("todo")) == []
    assert events(world.sam, event_tags=none_("todo"), tags=any_("tlp:green")) == ["bank", "clinic"]
    assert attributes(world.sam, searchall=any_("todo")) == []


def test_a_partner_s_answers_carry_no_local_tag(world: World) -> None:
    def tags(viewer: Viewer) -> list[str]:
        graphs = search_events(viewer, SearchFilters(Scope.EVENTS, eventid=any_(uuid_of("bank"))))
        return [tag.name for graph in graphs for tag in graph.tags]

    assert (tags(world.bob), tags(world.sam)) == (["tlp:green", "todo"], ["tlp:green"])


def test_to_ids_deleted_and_unwanted_tags_cut_attributes_from_events(world: World) -> None:
    def cut(**filters: Any) -> list[str]:
        wanted = SearchFilters(Scope.EVENTS, eventid=any_(uuid_of("bank")), **filters)
        return [NAMES[a.uuid] for graph in search_events(world.bob, wanted) for a in graph.attributes]

    assert cut() == ["ip", "domain", "city", "address", "file"]
    assert cut(to_ids=True) == ["ip", "domain", "address", "file"]
    assert cut(tags=none_("infra:c2")) == ["domain", "city", "address", "file"]
    assert cut(options=SearchOptions(metadata=True)) == []


def test_a_found_attribute_stands_in_its_context(world: World) -> None:
    (found,) = search_attributes(world.bob, SearchFilters(Scope.ATTRIBUTES, value=any_("a_b%c.exe")))
    assert found.obj is not None
    assert (found.obj.name, found.event.event.info) == ("file", "Phishing against a bank")
    assert [tag.name for tag in found.event.tags] == ["tlp:green", "todo"]
    (tagged,) = search_attributes(world.bob, SearchFilters(Scope.ATTRIBUTES, tags=any_("infra:c2")))
    assert [tag.name for tag in tagged.tags] == ["infra:c2"]


def test_found_events_carry_what_they_are_related_to(world: World) -> None:
    wanted = SearchFilters(Scope.EVENTS, eventid=any_(uuid_of("clinic")))
    (graph,) = search_events(world.bob, wanted)
    assert graph.related is not None
    assert [row.info for row in graph.related] == ["Phishing against a bank"]
    assert graph.organisations[graph.related[0].orgc_id].name == "CSIRT Alpha"
    (bare,) = search_events(world.bob, replace(wanted, options=SearchOptions(include_event_correlations=False)))
    assert bare.related is None


def test_pages_do_not_overlap_and_tell_the_total(world: World) -> None:
    filters = SearchFilters(Scope.EVENTS, limit=4, order=(Order("analysis"),))
    pages = [search_events(world.alice, replace(filters, page=page)) for page in (1, 2, 3)]
    listed = [named(graph.event.uuid for graph in page) for page in pages]
    assert listed == [["bank", "own", "circle", "report"], ["bare", "clinic"], []]
    assert [page.count for page in pages] == [6, 6, 6]


def test_a_full_page_of_attributes_hints_at_more(world: World) -> None:
    filters = SearchFilters(Scope.ATTRIBUTES, limit=4)
    pages = [search_attributes(world.bob, replace(filters, page=page)) for page in (None, 2, 3)]
    assert [page.count for page in pages] == [5, 3, 0]
    assert [len(list(page)) for page in pages] == [4, 3, 0]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("timestamp", ["same", "domain", "ip"]),
        ("type", ["same", "ip", "domain"]),
        ("category; DROP TABLE attribute", ["ip", "domain", "same"]),
        ("(SELECT password_hash FROM user)", ["ip", "domain", "same"]),
        ("comment", ["ip", "domain", "same"]),
    ],
)
def test_only_known_columns_sort(world: World, column: str, expected: list[str]) -> None:
    wanted = any_("198.51.100.7", "open.example")
    found = attributes(world.bob, value=wanted, order=(Order(column, descending=True),))
    assert found == expected


def test_events_sort_by_several_columns(world: World) -> None:
    order = (Order("analysis", descending=True), Order("info"), Order("1, 2"))
    assert events(world.bob, order=order) == ["clinic", "bare", "report", "bank"]


def test_too_many_terms_are_refused_before_the_database_is(world: World) -> None:
    many = tuple(f"nothing {number}" for number in range(10_000))
    assert attributes(world.alice, value=any_(*many[1:], "open.example")) == ["domain"]
    for terms in (any_(*many, "one more"), any_(*(f"%{term}%" for term in many[:201])), any_("%" * 10_001)):
        with pytest.raises(BadRequest):
            attributes(world.alice, value=terms)
        with pytest.raises(BadRequest):
            events(world.alice, value=terms)


def test_the_most_patterns_are_within_the_database_s_limits(world: World) -> None:
    patterns = tuple(f"%nothing {number}%" for number in range(199))
    assert attributes(world.bob, value=any_(*patterns, "%open%")) == ["domain"]
    assert events(world.bob, searchall=any_(*patterns, "%clinic%")) == ["clinic"]
    assert attributes(world.bob, comment=none_(*patterns), value=any_("open.example")) == ["domain"]


def linked_to(world: World, rules: Mapping[str, Any]) -> Viewer:
    """Sam, belonging to a link with these push rules."""
    with writing():
        server_id = link_with(json.dumps(rules))
    return replace(world.sam, linked_server_id=server_id)


def tag_id(name: str) -> int:
    return int(scalar("SELECT id FROM tag WHERE name = ?", (name,)))


def org_id(name: str) -> int:
    return int(scalar("SELECT id FROM organisation WHERE name = ?", (name,)))


def test_the_rules_of_a_link_limit_what_its_account_finds(world: World) -> None:
    only_osint = linked_to(world, {"tags": {"OR": [tag_id("type:osint")], "NOT": []}})
    no_osint = linked_to(world, {"tags": {"OR": [], "NOT": [tag_id("type:osint")]}})
    only_alpha = linked_to(world, {"orgs": {"OR": [org_id("CSIRT Alpha")]}})
    no_alpha = linked_to(world, {"orgs": {"NOT": [org_id("CSIRT Alpha")]}})
    assert events(only_osint) == ["clinic"]
    assert events(no_osint) == ["bank", "report", "bare"]
    assert events(only_alpha) == ["bank"]
    assert attributes(no_alpha) == ["hash", "same"]
    assert events(no_alpha, value=any_("open.example")) == []


def test_attributes_with_a_tag_that_the_link_leaves_out_are_not_there(world: World) -> None:
    viewer = linked_to(world, {"tags": {"NOT": [tag_id("infra:c2")]}})
    assert attributes(viewer, value=any_("198.51.100.7")) == ["same"]
    assert events(viewer, value=any_("198.51.100.7")) == ["clinic"]
    whole = search_events(viewer, SearchFilters(Scope.EVENTS, eventid=any_(uuid_of("bank"))))
    assert [NAMES[a.uuid] for graph in whole for a in graph.attributes] == ["domain", "city", "address", "file"]


def test_a_search_for_a_value_takes_few_statements(world: World) -> None:
    vocabulary.refresh()
    with count_queries() as counted:
        assert attributes(world.bob, value=any_("open.example")) == ["domain"]
    assert counted.count <= 11


def test_a_stream_leaves_out_what_became_invisible_on_the_way(world: World, fresh: Any) -> None:
    value = fresh("late")
    found = search_attributes(world.bob, SearchFilters(Scope.ATTRIBUTES, value=any_("open.example", value)))
    with writing():
        execute("UPDATE attribute SET deleted = 1 WHERE value1 = 'open.example'")
    assert list(found) == []
    with writing():
        execute("UPDATE attribute SET deleted = 0 WHERE value1 = 'open.example'")


def test_no_table_is_scanned_for_a_value(world: World) -> None:
    reach = Reach.of(world.bob)
    search = AttributeSearch(reach, SearchFilters(Scope.ATTRIBUTES, value=any_("open.example")))
    found = all_of([reach.events(), reach.attributes(), *search.conditions()])
    plan = rows(
        "EXPLAIN QUERY PLAN SELECT attribute.id FROM attribute JOIN event ON event.id = attribute.event_id"
        f" WHERE {found.text} ORDER BY attribute.id",
        found.params,
    )
    scanned = [step[3] for step in plan if step[3].startswith("SCAN") and "sharing_group" not in step[3]]
    assert scanned == []


OBJECTS_SEEN = {"alice": ["sample", "safe"], "bob": ["sample"], "charlie": ["sample"], "dora": ["sample", "safe"]}


@pytest.mark.parametrize(("who", "expected"), OBJECTS_SEEN.items())
def test_objects_are_found_by_those_who_see_them(world: World, who: str, expected: list[str]) -> None:
    found = search_objects(world.people()[who], SearchFilters(Scope.OBJECTS))
    names = {uuid_of("sample"): "sample", uuid_of("safe"): "safe"}
    assert [names[item.obj.uuid] for item in found] == expected
    assert found.count == len(expected)


HIDDEN_IN_OBJECTS: dict[str, Mapping[str, Any]] = {
    "value": {"value": any_("inside.example")},
    "type": {"type": any_("hostname")},
    "relation": {"object_relation": any_("host")},
    "uuid": {"uuid": any_(uuid_of("safe"))},
    "name": {"object_name": any_("vault")},
    "anywhere": {"searchall": any_("inside.ex")},
}


@pytest.mark.parametrize("probe", HIDDEN_IN_OBJECTS.values(), ids=HIDDEN_IN_OBJECTS)
def test_a_hidden_object_is_found_by_no_filter(world: World, probe: Mapping[str, Any]) -> None:
    assert [one.obj.name for one in search_objects(world.alice, SearchFilters(Scope.OBJECTS, **probe))] == ["vault"]
    assert list(search_objects(world.bob, SearchFilters(Scope.OBJECTS, **probe))) == []


def test_values_alone_are_those_of_the_attributes(world: World) -> None:
    for viewer in world.people().values():
        wanted = SearchFilters(Scope.ATTRIBUTES, return_format="text")
        values = [item.attribute.value for item in search_attributes(viewer, wanted)]
        assert list(search_values(viewer, wanted)) == values
