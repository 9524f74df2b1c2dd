"""PROTOCOL §4 as the one that pulls: what partners answer that no recording holds, table by table."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution, Partner, Reason, group_covers, group_refusal, pulled
from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.opinions import ProposalFilters, SightingFilters
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.rules import PullRules, RuleNames
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event
from mispmini.services.proposals import list_proposals
from mispmini.services.sightings import list_sightings
from mispmini.store import servers, sql
from mispmini.store.attachments import files_of
from mispmini.store.blocklists import Blocklist, block
from mispmini.store.database import writing
from mispmini.store.ledger import list_entries_of_event
from mispmini.store.people import insert_user
from mispmini.store.settings import save_setting
from mispmini.store.versions import local_versions
from mispmini.sync.preview import Verdict, preview_event, preview_index
from mispmini.sync.pull import PullResult, pull_from
from mispmini.wire.event_in import read_event
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, lines_of, played

Json = dict[str, Any]
EVERYTHING = Viewer.everything()
VERSION = {
    "version": "2.5.1", "perm_sync": True, "perm_sighting": True, "perm_analyst_data": True, "perm_galaxy_editor": True,
}  # fmt: skip
GET_VERSION, INDEX, VIEW = "GET /servers/getVersion", "POST /events/index", "GET /events/view/"
PROPOSALS, SIGHTINGS = "GET /shadow_attributes/index/", "POST /sightings/restSearch/event"
NOTES, NOTE = "POST /analyst_data/indexMinimal", "GET /analyst_data/index/"
CLUSTERS, CLUSTER = "POST /galaxy_clusters/restSearch", "GET /galaxy_clusters/view/"
ORGC = {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}


def attribute(**more: Any) -> Json:
    """An attribute as a partner shows it."""
    known = {
        "uuid": new_uuid(), "type": "ip-dst", "category": "Network activity", "value": "198.51.100.1",
        "distribution": "5", "timestamp": "1700000000", "deleted": False,
    }  # fmt: skip
    return known | more


def event(**more: Any) -> Json:
    """An event as a partner shows it; a key that is None is left out."""
    known = {
        "uuid": new_uuid(), "info": "Theirs", "timestamp": "1700000000", "published": True, "distribution": "3",
        "Orgc": ORGC, "Attribute": [attribute()],
    }  # fmt: skip
    return {name: value for name, value in (known | more).items() if value is not None}


def row(item: Mapping[str, Any], **more: Any) -> Json:
    """Its line in the minimal index."""
    known = {
        "id": "7", "timestamp": item["timestamp"], "sighting_timestamp": "0", "published": True, "uuid": item["uuid"],
        "orgc_uuid": THEIR_ORG.uuid,
    }  # fmt: skip
    return known | more


def with_events(*events: Json, **rules: Any) -> dict[str, Any]:
    """A partner with these events and nothing else; `rules` come before its own."""

    def view(request: Received) -> bytes:
        ref = request.target.split("/")[3]
        found = [one for one in events if ref in (one["uuid"], "7")]
        return answer({"Event": found[0]}) if found else answer({"name": "Invalid event"}, "404 Not Found")

    own = {
        GET_VERSION: VERSION, INDEX: [row(one) for one in events], VIEW: view, PROPOSALS: [], NOTES: {},
        SIGHTINGS: {"response": []}, CLUSTERS: {"response": []},
    }  # fmt: skip
    return {**rules, **{beginning: rule for beginning, rule in own.items() if beginning not in rules}}


def instead(rules: Mapping[str, Any], beginning: str, told: Callable[[], bytes]) -> dict[str, Any]:
    """The same partner, that answers what begins so by something else."""
    return {beginning: lambda _: told(), **{name: rule for name, rule in rules.items() if name != beginning}}


def pull(ground: Ground, partner: HostileServer, technique: str = "full", **wish: Any) -> PullResult:
    """Pull over a fresh link."""
    return pull_from(ground.links(partner.url, pull=True, **wish), technique, OUTBOUND)


def stored(ground: Ground, rules: Mapping[str, Any], uuid: str, **wish: Any) -> Any:
    """The event as it is here after a full pull."""
    with played(rules) as partner:
        pull(ground, partner, **wish)
    return ground.sees(uuid)


# §4.3, the index

NOTHING_LISTED: Mapping[str, object] = {
    "empty list": [],
    "empty object": {},
    "empty response": {"response": []},
    "row without uuid": [{"timestamp": "1700000000", "published": True}],
    "row without timestamp": [{"uuid": new_uuid(), "published": True}],
    "unpublished as bool": [{"uuid": new_uuid(), "timestamp": "1", "published": False}],
    "unpublished as text": [{"uuid": new_uuid(), "timestamp": "1", "published": "0"}],
    "unpublished as number": [{"uuid": new_uuid(), "timestamp": 1, "published": 0}],
    "uuid is a number": [{"uuid": 12, "timestamp": 1}],
    "timestamp is a float": [{"uuid": new_uuid(), "timestamp": 1.5}],
    "timestamp is null": [{"uuid": new_uuid(), "timestamp": None}],
    "rows are texts": ["a", 1, None, []],
}


@pytest.mark.parametrize("shape", NOTHING_LISTED)
def test_4_3_what_names_no_published_event_is_no_row(ground: Ground, shape: str) -> None:
    with played(with_events(**{INDEX: NOTHING_LISTED[shape]})) as partner:
        result = pull(ground, partner)
        assert not [line for line in lines_of(partner) if line.startswith(VIEW)]
    assert (result.pulled, result.failed) == (0, 0)


@pytest.mark.parametrize("told", [None, "text", 7, True], ids=repr)
def test_4_3_what_is_no_list_at_all_ends_the_pull(ground: Ground, told: object) -> None:
    with played(with_events(**{INDEX: told})) as partner, pytest.raises(SaveFailed):
        pull(ground, partner)


@pytest.mark.parametrize("size", [1, 16, 17, 99, 101])
def test_4_3_an_index_of_any_size_is_taken_whole_and_from_its_end(ground: Ground, size: int) -> None:
    events = [event() for _ in range(size)]
    with played(with_events(*events)) as partner:
        assert pull(ground, partner).pulled == size
        asked = [line.split("/")[3] for line in lines_of(partner) if line.startswith(VIEW)]
    assert sorted(asked) == sorted(one["uuid"] for one in events)
    assert asked[0] == events[-1]["uuid"] or size > 16  # several connections ask beside each other


RULES: Mapping[str, tuple[Json, Json]] = {
    "none": ({}, {}),
    "tags or": ({"tags_or": ("a", "b")}, {"tag": ["a", "b"]}),
    "tags not": ({"tags_not": ("a",)}, {"tag": ["!a"]}),
    "tags or and not": ({"tags_or": ("a",), "tags_not": ("b",)}, {"tag": ["a", "!b"]}),
    "orgs or": ({"orgs_or": ("A",)}, {"org": ["A"]}),
    "orgs not": ({"orgs_not": ("A", "B")}, {"org": ["!A", "!B"]}),
    "types": ({"types_not": ("md5", "ip-dst")}, {"type_attribute": ["!md5", "!ip-dst"]}),
    "templates": ({"templates_not": ("x",)}, {"type_object": ["!x"]}),
    "params": ({"url_params": '{"timestamp":"7d"}'}, {"timestamp": "7d"}),
    "params win": ({"tags_or": ("a",), "url_params": '{"tag":"z"}'}, {"tag": "z"}),
}


@pytest.mark.parametrize("name", RULES)
def test_4_10_rules_are_keys_of_the_index_for_a_full_pull_alone(ground: Ground, name: str) -> None:
    names, asked = RULES[name]
    with played(with_events()) as partner:
        server = ground.links(partner.url, pull=True, pull_names=RuleNames(**names))
        for technique in ("full", "update"):
            pull_from(server, technique, OUTBOUND)
        bodies = [body_of(request) for request in partner.requests if request.target == "/events/index"]
    constant = {"minimal": 1, "published": 1}
    assert bodies == [asked | constant] * 2 + [constant] * 2


@pytest.mark.parametrize(
    ("known", "here", "asked"),
    [
        (None, {}, True),
        (1_699_999_999, {"locked": True}, True),
        (1_700_000_000, {"locked": True}, False),
        (1_700_000_001, {"locked": True}, False),
        (1_600_000_000, {"locked": False}, False),
    ],
    ids=["unknown", "older", "same", "newer here", "ours"],
)
def test_4_3_only_what_is_newer_and_not_ours_is_fetched(
    ground: Ground, known: int | None, here: Json, asked: bool
) -> None:
    theirs = event()
    if known is not None:
        add_event(ground.admin, a_draft(uuid=theirs["uuid"], timestamp=known, **here))
    with played(with_events(theirs)) as partner:
        pull(ground, partner)
        assert [line for line in lines_of(partner) if line.startswith(VIEW)] != [] or not asked
        assert bool([line for line in lines_of(partner) if line.startswith(VIEW)]) is asked


@pytest.mark.parametrize("kind", [Blocklist.EVENTS, Blocklist.ORGANISATIONS])
@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_4_1_a_blocklist_keeps_out_while_it_is_on(ground: Ground, kind: Blocklist, is_on: bool) -> None:
    theirs = event()
    with writing():
        block(kind, theirs["uuid"] if kind is Blocklist.EVENTS else str(THEIR_ORG.uuid), {})
        name = "event_blocklist" if kind is Blocklist.EVENTS else "org_blocklist"
        save_setting(name, is_on, user_id=None)
    with played(with_events(theirs)) as partner:
        assert pull(ground, partner).pulled == (not is_on)


# §4.4, one event

SHAPES: Mapping[str, Callable[[Json], object]] = {
    "wrapped": lambda e: {"Event": e},
    "in a response": lambda e: {"response": {"Event": e}},
    "in a list of a response": lambda e: {"response": [{"Event": e}]},
    "bare": lambda e: e,
    "numbers": lambda e: {"Event": {**e, "id": 7, "timestamp": 1_700_000_000, "distribution": 3, "published": 1,
                                    "analysis": 0, "threat_level_id": 4, "locked": 0}},
    "texts": lambda e: {"Event": {**e, "id": "7", "published": "1", "locked": "0", "analysis": "0"}},
    "nulls": lambda e: {"Event": {**e, "sharing_group_id": None, "extends_uuid": None, "Object": None, "Tag": None,
                                  "EventReport": None, "ShadowAttribute": None, "RelatedEvent": None, "Galaxy": None}},
    "numbered objects": lambda e: {"Event": {**e, "Attribute": {"0": e["Attribute"][0]}, "Tag": {"3": {"name": "x"}}}},
    "upper case": lambda e: {"Event": {**e, "uuid": e["uuid"].upper()}},
    "unknown keys": lambda e: {"Event": {**e, "Future": [{"a": 1}], "new": "x"}},
    "creator is a text": lambda e: {"Event": {**{k: v for k, v in e.items() if k != "Orgc"}, "orgc": "ORG_B"}},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_4_4_an_event_is_read_in_every_shape(ground: Ground, shape: str) -> None:
    theirs = event()
    kept = stored(ground, with_events(theirs, **{VIEW: SHAPES[shape](theirs)}), theirs["uuid"])
    assert (kept.event.info, kept.event.timestamp, kept.orgc.name) == ("Theirs", 1_700_000_000, "ORG_B")
    assert (kept.event.locked, kept.event.published, len(kept.attributes)) == (True, True, 1)


LEVELS = {"0": 0, "1": 0, "2": 1, "3": 3, 0: 0, 1: 0, 2: 1, 3: 3}


@pytest.mark.parametrize("trusted", [False, True], ids=["plain", "trusted"])
@pytest.mark.parametrize(("level", "lowered"), LEVELS.items(), ids=[repr(level) for level in LEVELS])
def test_4_4_levels_are_lowered_by_the_puller_in_every_element(
    ground: Ground, level: object, lowered: int, trusted: bool
) -> None:
    own = {"distribution": level}
    theirs = event(
        **own,
        Attribute=[attribute(**own)],
        Object=[{"uuid": new_uuid(), "name": "file", "meta-category": "file", "description": "d", "template_version": 1,
                 "template_uuid": new_uuid(), "timestamp": "1", **own,
                 "Attribute": [attribute(type="filename", value="a", object_relation="filename", **own)]}],
        EventReport=[{"uuid": new_uuid(), "name": "r", "content": "c", "timestamp": "1", **own}],
    )  # fmt: skip
    wish: Json = {"org": OUR_ORG, "internal": True} if trusted else {}
    kept = stored(ground, with_events(theirs), theirs["uuid"], **wish)
    found = [kept.event, *kept.attributes, *kept.objects, *kept.reports]
    assert {int(one.distribution) for one in found} == {int(str(level)) if trusted else lowered}
    assert len(found) == 5


ABSENT: Mapping[str, tuple[Json, int]] = {
    "event": ({"distribution": None}, int(Distribution.ORGANISATION)),
    "attribute": ({}, int(Distribution.INHERIT)),
    "object": ({}, int(Distribution.ORGANISATION)),
    "report": ({}, int(Distribution.ORGANISATION)),
}


@pytest.mark.parametrize("element", ABSENT)
def test_4_4_an_absent_level_is_what_rules_7_says(ground: Ground, element: str) -> None:
    more, level = ABSENT[element]
    bare = {name: value for name, value in attribute().items() if name != "distribution"}
    obj = {"uuid": new_uuid(), "name": "file", "meta-category": "file", "description": "d", "timestamp": "1",
           "Attribute": [attribute(type="filename", value="a", object_relation="filename")]}  # fmt: skip
    report = {"uuid": new_uuid(), "name": "r", "content": "c", "timestamp": "1"}
    theirs = event(**more, Attribute=[bare], Object=[obj], EventReport=[report])
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    found = {
        "event": kept.event, "object": kept.objects[0], "report": kept.reports[0],
        "attribute": next(a for a in kept.attributes if a.object_id is None),
    }  # fmt: skip
    assert int(found[element].distribution) == level


@pytest.mark.parametrize("trusted", [False, True], ids=["plain", "trusted"])
def test_4_4_local_tags_cross_a_trusted_link_alone(ground: Ground, trusted: bool) -> None:
    tags = [{"name": "near", "local": True}, {"name": "far", "local": False}, {"name": "number", "local": 1}]
    inside = attribute(type="filename", value="a", object_relation="filename", Tag=tags)
    obj = {"uuid": new_uuid(), "name": "file", "meta-category": "file", "description": "d", "timestamp": "1",
           "distribution": "5", "Attribute": [inside]}  # fmt: skip
    theirs = event(Tag=tags, Attribute=[attribute(Tag=tags)], Object=[obj])
    wish: Json = {"org": OUR_ORG, "internal": True} if trusted else {}
    with played(with_events(theirs)) as partner:
        pull(ground, partner, **wish)
        view = next(line for line in lines_of(partner) if line.startswith(VIEW))
    assert view.endswith("/excludeLocalTags:1") is not trusted
    kept = ground.sees(theirs["uuid"])
    wanted = {"near", "far", "number"} if trusted else {"far"}
    assert {tag.name for tag in kept.tags} == wanted
    assert [{tag.name for tag in kept.attribute_tags.get(a.id, ())} for a in kept.attributes] == [wanted, wanted]


DEAD: Mapping[str, Json] = {
    "nothing": {"Attribute": []},
    "deleted attribute": {"Attribute": [attribute(deleted=True)]},
    "deleted as text": {"Attribute": [attribute(deleted="1")]},
    "object without attributes": {"Attribute": [], "Object": [{"uuid": new_uuid(), "name": "file", "Attribute": []}]},
    "deleted object": {"Attribute": [], "Object": [
        {"uuid": new_uuid(), "name": "file", "meta-category": "file", "deleted": True,
         "Attribute": [attribute(deleted=True, object_relation="filename", type="filename", value="x")]}]},
    "deleted report": {"Attribute": [], "EventReport": [
        {"uuid": new_uuid(), "name": "r", "content": "c", "deleted": True}]},
}  # fmt: skip


@pytest.mark.parametrize("name", DEAD)
def test_4_4_an_event_of_which_nothing_lives_is_dropped_and_remembered(ground: Ground, name: str) -> None:
    theirs = event(**DEAD[name])
    with played(with_events(theirs)) as partner:
        server = ground.links(partner.url, pull=True)
        results = [pull_from(server, "full", OUTBOUND) for _ in range(2)]
        assert len([line for line in lines_of(partner) if line.startswith(VIEW)]) == 1
    assert [(r.pulled, r.failed) for r in results] == [(0, 1), (0, 0)]
    assert local_versions([theirs["uuid"]]) == {}


@pytest.mark.parametrize(
    ("live", "gone"),
    [(attribute(), attribute(deleted=True)), (attribute(), attribute(deleted=1))],
    ids=["bool", "number"],
)
def test_4_4_what_is_deleted_there_comes_deleted(ground: Ground, live: Json, gone: Json) -> None:
    obj = {"uuid": new_uuid(), "name": "file", "meta-category": "file", "description": "d", "timestamp": "5",
           "distribution": "5", "deleted": True,
           "Attribute": [attribute(type="filename", value="a", object_relation="filename", deleted=True)]}  # fmt: skip
    report = {"uuid": new_uuid(), "name": "r", "content": "c", "timestamp": "1", "distribution": "5", "deleted": True}
    theirs = event(Attribute=[live, gone | {"value": "198.51.100.2"}], Object=[obj], EventReport=[report])
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    assert sorted(a.value for a in kept.attributes if a.deleted) == ["198.51.100.2", "a"]
    assert (kept.objects[0].deleted, kept.reports[0].deleted, kept.event.attribute_count) == (True, True, 1)


GROUP_UUID = new_uuid()
THEIR_GROUP = {
    "id": "3", "uuid": GROUP_UUID, "name": "Banks", "releasability": "r", "description": "d", "active": True,
    "organisation_uuid": THEIR_ORG.uuid, "modified": "2026-01-01 00:00:00", "created": "2026-01-01 00:00:00",
    "Organisation": ORGC, "roaming": False,
    "SharingGroupOrg": [
        {"org_id": "1", "extend": True, "Organisation": ORGC},
        {"org_id": "2", "extend": False, "Organisation": {"uuid": OUR_ORG.uuid, "name": OUR_ORG.name}},
    ],
    "SharingGroupServer": [],
}  # fmt: skip
ANOTHER_SERVER = {"server_id": "9", "all_orgs": False, "Server": {"url": "https://x"}}
OF_THEM_ALONE = THEIR_GROUP | {"SharingGroupOrg": [{"org_id": "1", "extend": True, "Organisation": ORGC}]}
GROUPS: Mapping[str, tuple[object, int]] = {
    "whole": (THEIR_GROUP, 4),
    "no group": (None, 0),
    "empty": ({}, 0),
    "a list": ([], 0),
    "a text": ("Banks", 0),
    "without uuid": ({**THEIR_GROUP, "uuid": None}, 0),
    "without organisations": ({**THEIR_GROUP, "SharingGroupOrg": []}, 0),
    "other servers": ({**THEIR_GROUP, "SharingGroupServer": [ANOTHER_SERVER]}, 4),
    "other servers, and roams": ({**THEIR_GROUP, "roaming": True, "SharingGroupServer": [ANOTHER_SERVER]}, 4),
    "other servers, and not us": ({**OF_THEM_ALONE, "SharingGroupServer": [ANOTHER_SERVER]}, 0),
    "other servers with all theirs, and not us": (
        {**OF_THEM_ALONE, "SharingGroupServer": [ANOTHER_SERVER | {"all_orgs": True}]},
        0,
    ),
}


@pytest.mark.parametrize("name", GROUPS)
def test_7_9_an_event_whose_group_cannot_be_taken_stays_with_its_owner(ground: Ground, name: str) -> None:
    group, level = GROUPS[name]
    theirs = event(distribution="4", sharing_group_id="3", SharingGroup=group)
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    assert int(kept.event.distribution) == level
    [entry] = list_entries_of_event(theirs["uuid"])
    told = entry.receipt.state, entry.receipt.reason
    assert told == ((LedgerState.SENT, None) if level else (LedgerState.DEGRADED, Trouble.GROUP_REFUSED_HERE))
    assert ("Sharing group not accepted." in (entry.receipt.detail or "")) is not bool(level)


@pytest.mark.parametrize("name", ["no group", "other servers, and not us"])
def test_7_9_an_element_whose_group_is_refused_is_told_in_the_ledger_too(ground: Ground, name: str) -> None:
    narrow = attribute(distribution="4", sharing_group_id="3", SharingGroup=GROUPS[name][0])
    theirs = event(Attribute=[attribute(value="198.51.100.9"), narrow])
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    assert sorted(a.distribution for a in kept.attributes) == [0, 5]
    [entry] = list_entries_of_event(theirs["uuid"])
    assert (entry.receipt.state, entry.receipt.reason) == (LedgerState.DEGRADED, Trouble.GROUP_REFUSED_HERE)


@pytest.mark.parametrize("roaming", [False, True])
def test_7_9_what_came_by_such_a_group_goes_on_only_to_its_servers(ground: Ground, roaming: bool) -> None:
    """PROTOCOL §3.8: a server that the group does not name gets neither the event nor an element of it."""
    group = THEIR_GROUP | {"roaming": roaming, "SharingGroupServer": [ANOTHER_SERVER]}
    narrow = attribute(distribution="4", sharing_group_id="3", SharingGroup=group)
    theirs = event(distribution="4", sharing_group_id="3", SharingGroup=group, Attribute=[narrow])
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    [known] = kept.sharing_groups.values()
    third = Partner(server_id=77, remote_org_uuid=str(THEIR_ORG.uuid))
    assert (group_refusal(known, third), group_covers(known, third)) == (
        (None, True) if roaming else (Reason.GROUP_SERVER, False)
    )


@pytest.mark.parametrize("part", ["attribute", "object", "report"])
def test_7_9_an_element_whose_group_is_missing_reaches_nobody_more(ground: Ground, part: str) -> None:
    own = {"distribution": "4", "sharing_group_id": "3"}
    obj = {"uuid": new_uuid(), "name": "file", "meta-category": "file", "description": "d", "timestamp": "1",
           "Attribute": [attribute(type="filename", value="a", object_relation="filename")]}  # fmt: skip
    report = {"uuid": new_uuid(), "name": "r", "content": "c", "timestamp": "1"}
    parts: Json = {
        "attribute": {"Attribute": [attribute(), attribute(value="198.51.100.9", **own)]},
        "object": {"Object": [obj | own]},
        "report": {"EventReport": [report | own]},
    }
    theirs = event(**parts[part])
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    found = [*kept.attributes, *kept.objects, *kept.reports]
    assert {int(one.distribution) for one in found} <= {0, 5}
    assert all(one.sharing_group_id is None for one in found)


# §7.10, the same event again

OLD, NEW, THIRD = "1700000000", "1700000500", new_uuid()
CHANGES: Mapping[str, tuple[Json, str | None]] = {
    "same timestamp": ({"value": "198.51.100.9", "timestamp": OLD}, "198.51.100.1"),
    "older": ({"value": "198.51.100.9", "timestamp": "1600000000"}, "198.51.100.1"),
    "newer": ({"value": "198.51.100.9", "timestamp": NEW}, "198.51.100.9"),
    "newer as number": ({"value": "198.51.100.9", "timestamp": int(NEW)}, "198.51.100.9"),
    "without timestamp": ({"value": "198.51.100.9", "timestamp": None}, "198.51.100.9"),
    "deleted": ({"deleted": True, "timestamp": NEW}, None),
    "deleted as text": ({"deleted": "1", "timestamp": NEW}, None),
    "deleted but not newer": ({"deleted": True, "timestamp": OLD}, "198.51.100.1"),
    "of a value that is none": ({"value": "no address", "timestamp": NEW}, "198.51.100.1"),
    "in upper case": ({"uuid": "UPPER", "value": "198.51.100.9", "timestamp": NEW}, "198.51.100.9"),
    "absent": ({"uuid": "ABSENT"}, "198.51.100.1"),
}


def twice(ground: Ground, first: Json, second: Json) -> Any:
    """The event here, after two versions of it were pulled."""
    shown = [first]
    rules = with_events(first, **{VIEW: lambda _: answer({"Event": shown[0]})})
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True)
        for version in (first, second):
            shown[0] = version
            pull_from(server, first["uuid"], OUTBOUND)
    return ground.sees(first["uuid"])


@pytest.mark.parametrize("name", CHANGES)
def test_7_10_a_known_attribute_changes_if_it_is_newer(ground: Ground, name: str) -> None:
    known, other = attribute(), attribute(value="203.0.113.7")
    change, value = CHANGES[name]
    changed = {**known, **change}
    if change.get("uuid") == "UPPER":
        changed["uuid"] = known["uuid"].upper()
    later = [other] if change.get("uuid") == "ABSENT" else [changed, other]
    first = event(Attribute=[known, other])
    kept = twice(ground, first, {**first, "timestamp": NEW, "Attribute": later})
    alive = {a.uuid: a.value for a in kept.attributes if not a.deleted}
    assert alive.get(known["uuid"]) == value
    assert (alive[other["uuid"]], kept.event.timestamp, len(kept.attributes)) == ("203.0.113.7", int(NEW), 2)


OBJECTS: Mapping[str, tuple[Json, Json, tuple[str, str, bool]]] = {
    "object newer, child newer": ({"timestamp": NEW, "comment": "c"}, {"timestamp": NEW}, ("c", "b.exe", False)),
    "object not newer, child newer": ({"timestamp": OLD, "comment": "c"}, {"timestamp": NEW}, ("", "a.exe", False)),
    "object newer, child not": ({"timestamp": NEW, "comment": "c"}, {"timestamp": OLD}, ("c", "a.exe", False)),
    "deleted": ({"timestamp": NEW, "deleted": True}, {"timestamp": NEW, "deleted": True}, ("", "b.exe", True)),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_7_10_an_object_that_is_not_newer_is_skipped_with_what_it_holds(ground: Ground, name: str) -> None:
    of_object, of_child, expected = OBJECTS[name]
    child = attribute(type="filename", category="Payload delivery", value="a.exe", object_relation="filename")
    obj = {"uuid": new_uuid(), "name": "file", "meta-category": "file", "description": "d", "timestamp": OLD,
           "distribution": "5", "comment": "", "template_uuid": new_uuid(), "template_version": "1",
           "Attribute": [child]}  # fmt: skip
    first = event(Object=[obj])
    later = {**obj, **of_object, "Attribute": [{**child, "value": "b.exe", **of_child}]}
    kept = twice(ground, first, {**first, "timestamp": NEW, "Object": [later]})
    [stored_object] = kept.objects
    [inside] = [a for a in kept.attributes if a.object_id is not None]
    assert (stored_object.comment, inside.value, bool(stored_object.deleted)) == expected


REPORTS: Mapping[str, tuple[Json, tuple[str, bool]]] = {
    "newer": ({"content": "again", "timestamp": NEW}, ("again", False)),
    "not newer": ({"content": "again", "timestamp": OLD}, ("once", False)),
    "deleted": ({"deleted": True, "timestamp": NEW}, ("once", True)),
    "deleted but not newer": ({"deleted": True, "timestamp": OLD}, ("once", False)),
}


@pytest.mark.parametrize("name", REPORTS)
def test_7_10_a_known_report_changes_if_it_is_newer(ground: Ground, name: str) -> None:
    change, expected = REPORTS[name]
    report = {"uuid": new_uuid(), "name": "r", "content": "once", "timestamp": OLD, "distribution": "5"}
    first = event(EventReport=[report])
    kept = twice(ground, first, {**first, "timestamp": NEW, "EventReport": [{**report, **change}]})
    assert [(one.content, bool(one.deleted)) for one in kept.reports] == [expected]


LEVEL_CHANGES: Mapping[str, tuple[Json, Json, int]] = {
    "lowered": ({"distribution": "3"}, {"distribution": "2"}, 1),
    "lowered to the organisation": ({"distribution": "3"}, {"distribution": "0"}, 0),
    "raised by who delivered it": ({"distribution": "1"}, {"distribution": "3"}, 3),
    "absent": ({"distribution": "3"}, {"distribution": None}, 0),
    "unpublished": ({"distribution": "3"}, {"published": False}, 3),
}


@pytest.mark.parametrize("name", LEVEL_CHANGES)
def test_4_4_a_later_version_sets_the_level_as_the_puller_lowers_it(ground: Ground, name: str) -> None:
    before, after, level = LEVEL_CHANGES[name]
    first = event(**before)
    second = {key: value for key, value in {**first, "timestamp": NEW, **after}.items() if value is not None}
    kept = twice(ground, first, second)
    assert (int(kept.event.distribution), kept.event.locked) == (level, True)
    assert kept.event.published is bool(second["published"])


def test_7_10_an_element_of_another_event_stays_there(ground: Ground) -> None:
    mine = attribute(uuid=THIRD)
    report = {"uuid": new_uuid(), "name": "r", "content": "c", "timestamp": OLD, "distribution": "5"}
    first, thief = event(Attribute=[mine], EventReport=[report]), event()
    thief["Attribute"] = [attribute(), {**mine, "value": "203.0.113.1", "timestamp": NEW}]
    thief["EventReport"] = [{**report, "content": "stolen", "timestamp": NEW}]
    with played(with_events(thief, first)) as partner:  # a pull begins with the last
        pull(ground, partner)
    assert [a.value for a in ground.sees(first["uuid"]).attributes] == ["198.51.100.1"]
    assert [r.content for r in ground.sees(first["uuid"]).reports] == ["c"]
    assert len(ground.sees(thief["uuid"]).attributes) == 1
    assert ground.sees(thief["uuid"]).reports == []


# each step of a pull, answered by something else

BAD: Mapping[str, Callable[[], bytes]] = {
    "403": lambda: answer({"name": "no", "message": "no"}, "403 Forbidden"),
    "404": lambda: answer({"name": "no"}, "404 Not Found"),
    "405": lambda: answer({"name": "no"}, "405 Method Not Allowed"),
    "500": lambda: answer({"name": "An Internal Error Has Occurred."}, "500 Internal Server Error"),
    "302": lambda: answer(b"", "302 Found", "text/html", Location="/users/login"),
    "html": lambda: answer(b"<html>Log in</html>", kind="text/html"),
    "html 403": lambda: answer(b"<html>no</html>", "403 Forbidden", "text/html"),
    "nothing": lambda: answer(b"", kind="application/json"),
    "null": lambda: answer(None),
    "text": lambda: answer("no"),
    "list": lambda: answer(["a", 1, None]),
    "object": lambda: answer({"a": {"b": 1}}),
    "deep": lambda: answer(b"[" * 40 + b"]" * 40),
    "cut": lambda: answer(b'[{"uuid":"', length=5000, Connection="close"),
    "closed": lambda: b"Connection: close",
}
OPTIONAL = {
    "clusters": CLUSTERS, "cluster": CLUSTER, "proposals": PROPOSALS, "sightings": SIGHTINGS, "notes": NOTES,
    "note": NOTE,
}  # fmt: skip


def everything(theirs: Json) -> dict[str, Any]:
    """A partner with an event, a cluster, a sighting and a note to pull."""
    seen = {
        "uuid": new_uuid(), "attribute_uuid": theirs["Attribute"][0]["uuid"], "event_uuid": theirs["uuid"],
        "date_sighting": "1700000005", "type": "0", "source": "", "Organisation": ORGC,
    }  # fmt: skip
    note = {
        "uuid": new_uuid(), "object_uuid": theirs["uuid"], "object_type": "Event", "note": "n", "distribution": "3",
        "modified": "2026-01-01 00:00:00", "created": "2026-01-01 00:00:00", "orgc_uuid": THEIR_ORG.uuid, "Orgc": ORGC,
    }  # fmt: skip
    return with_events(
        theirs,
        **{
            INDEX: [row(theirs, sighting_timestamp="1700000005")], SIGHTINGS: {"response": [{"Sighting": seen}]},
            NOTES: {"Note": {note["uuid"]: note["modified"]}, "Opinion": [], "Relationship": []},
            NOTE: [{"Note": note}],
        },
    )  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("step", OPTIONAL)
def test_4_2_a_step_that_fails_costs_itself_alone(ground: Ground, step: str, bad: str) -> None:
    theirs = event()
    rules = everything(theirs)
    if step == "cluster":
        rules[CLUSTERS] = {"response": [{"GalaxyCluster": {"uuid": new_uuid(), "version": "5"}}]}
    with played(instead(rules, OPTIONAL[step], BAD[bad])) as partner:
        result = pull(ground, partner, pull_galaxy_clusters=True)
    assert (result.pulled, result.failed) == (1, 0)
    assert result.sightings == (step != "sightings")
    assert result.analyst_data == (step not in ("notes", "note"))


@pytest.mark.parametrize("bad", [name for name in BAD if name not in ("list", "object")])
def test_4_2_without_the_index_there_is_no_pull_and_the_next_one_asks_anew(ground: Ground, bad: str) -> None:
    theirs = event()
    rules = with_events(theirs)
    with played(instead(rules, INDEX, BAD[bad])) as partner:
        server = ground.links(partner.url, pull=True)
        with pytest.raises(SaveFailed):
            pull_from(server, "full", OUTBOUND)
    with played(rules) as partner:
        servers.update_server(server.id, {"url": partner.url})
        fresh = servers.find_any_server(server.id)
        assert fresh is not None
        assert pull_from(fresh, "full", OUTBOUND).pulled == 1


@pytest.mark.parametrize("bad", BAD)
def test_4_2_an_event_that_fails_is_counted_and_asked_for_again(ground: Ground, bad: str) -> None:
    good, broken = event(), event()
    rules = with_events(good, broken)
    with played(instead(rules, f"{VIEW}{broken['uuid']}", BAD[bad])) as partner:
        server = ground.links(partner.url, pull=True)
        result = pull_from(server, "full", OUTBOUND)
    assert (result.pulled, result.failed) == (1, 1)
    with played(rules) as partner:
        servers.update_server(server.id, {"url": partner.url})
        fresh = servers.find_any_server(server.id)
        assert fresh is not None
        assert pull_from(fresh, "full", OUTBOUND).pulled == 1


@pytest.mark.parametrize("bad", ["403", "404", "500", "302", "html", "nothing", "null", "list", "cut", "closed"])
def test_4_2_the_second_look_at_the_index_costs_the_sightings_alone(ground: Ground, bad: str) -> None:
    theirs = event()
    rules = everything(theirs)
    looks: list[int] = []

    def index(_: Received) -> bytes:
        looks.append(1)
        return answer(rules[INDEX]) if len(looks) == 1 else BAD[bad]()

    with played({**rules, INDEX: index}) as partner:
        result = pull(ground, partner)
    assert (result.pulled, result.failed, result.analyst_data) == (1, 0, 1)


@pytest.mark.parametrize("technique", ["full", "update", "7", "uuid", "upper uuid"])
def test_4_1_what_each_technique_asks(ground: Ground, technique: str) -> None:
    theirs = event()
    add_event(ground.admin, a_draft(uuid=theirs["uuid"], timestamp=1_600_000_000, locked=True, orgc=THEIR_ORG))
    ref = {"uuid": theirs["uuid"], "upper uuid": theirs["uuid"].upper()}.get(technique, technique)
    with played(with_events(theirs)) as partner:
        assert pull(ground, partner, ref, pull_galaxy_clusters=True).pulled == 1
        asked = ["/".join(line.split("/")[:2]) for line in lines_of(partner)]
    view = ["POST /galaxy_clusters", "GET /events"]
    listed = ["POST /galaxy_clusters", "POST /events", "GET /events", "GET /shadow_attributes", "POST /events",
              "POST /analyst_data"]  # fmt: skip
    assert asked == ["GET /servers", *(listed if technique in ("full", "update") else view)]


@pytest.mark.parametrize(
    ("technique", "more"),
    [("full", {}), ("update", {}), ("incremental", {}), ("7", {"eventid": "7"}), ("FULL", {})],
)
def test_4_7_clusters_are_asked_for_before_a_technique_is_judged(ground: Ground, technique: str, more: Json) -> None:
    """Recordings 31, 34."""
    with played(with_events(event())) as partner:
        with suppress(SaveFailed):
            pull(ground, partner, technique, pull_galaxy_clusters=True)
        [asked] = [body_of(request) for request in partner.requests if "galaxy_clusters" in request.target]
    assert asked == {"published": 1, "minimal": 1, "custom": 1} | more


@pytest.mark.parametrize("asks", [True, False], ids=["by somebody", "by itself"])
def test_4_4_who_pulls_creates_what_comes(ground: Ground, asks: bool) -> None:
    theirs = event()
    with writing():
        olga = {"email": "olga@a.test", "org": ground.admin.org_id, "role": 1, "created": 1, "modified": 1}
        user_id = insert_user(olga)
    with played(with_events(theirs)) as partner:
        server = ground.links(partner.url, pull=True)
        pull_from(server.asked_by(user_id if asks else None), "full", OUTBOUND)
    assert ground.sees(theirs["uuid"]).creator_email == ("olga@a.test" if asks else ground.admin.email)


# §4.5, proposals


def proposal(event_uuid: str, **more: Any) -> Json:
    """A proposal as a partner lists it."""
    known = {
        "id": "4", "uuid": new_uuid(), "event_uuid": event_uuid, "old_id": "0", "type": "ip-dst", "to_ids": False,
        "category": "Network activity", "value": "192.0.2.200", "comment": "", "deleted": False, "org_uuid": None,
        "timestamp": "1700000000", "proposal_to_delete": False, "Org": ORGC,
    }  # fmt: skip
    return {name: value for name, value in (known | more).items() if value is not None}


THE_SAME = new_uuid()
PROPOSED: Mapping[str, tuple[Callable[[str], list[Json]], int]] = {
    "plain": (lambda e: [proposal(e)], 1),
    "two values": (lambda e: [proposal(e), proposal(e, value="192.0.2.201")], 2),
    "the same again": (lambda e: [proposal(e, uuid=THE_SAME), proposal(e, uuid=THE_SAME)], 1),
    "deleted": (lambda e: [proposal(e, deleted=True)], 0),
    "unknown event": (lambda e: [proposal(new_uuid())], 0),
    "no event": (lambda e: [proposal("") | {"event_uuid": None}], 0),
    "no organisation": (lambda e: [proposal(e, Org=None)], 0),
    "unknown organisation": (lambda e: [proposal(e, Org={"uuid": new_uuid(), "name": "CSIRT X"})], 1),
    "unknown type": (lambda e: [proposal(e, type="no-such")], 1),
    "a bad one between": (lambda e: [proposal(e), {"value": 3}, proposal(e, value="192.0.2.201")], 2),
}


@pytest.mark.parametrize("name", PROPOSED)
def test_4_5_proposals_are_taken_for_events_that_are_here(ground: Ground, name: str) -> None:
    theirs = event()
    made, pending = PROPOSED[name]
    listed = [{"ShadowAttribute": one} for one in made(theirs["uuid"])]
    with played(with_events(theirs, **{PROPOSALS: listed})) as partner:
        result = pull(ground, partner)
    assert result.pulled == 1
    assert len(list_proposals(EVERYTHING, ProposalFilters())) == pending


# §4.6, sightings


def sighting(theirs: Json, **more: Any) -> Json:
    """A sighting as a partner finds it."""
    known = {
        "id": "1", "uuid": new_uuid(), "attribute_uuid": theirs["Attribute"][0]["uuid"], "attribute_id": "5",
        "event_id": "3", "org_id": "9", "event_uuid": theirs["uuid"], "date_sighting": "1700000005", "type": "0",
        "source": "", "Organisation": ORGC,
    }  # fmt: skip
    return {name: value for name, value in (known | more).items() if value is not None}


SEEN: Mapping[str, tuple[Callable[[Json], object], int]] = {
    "plain": (lambda e: {"response": [{"Sighting": sighting(e)}]}, 1),
    "numbers": (lambda e: {"response": [{"Sighting": sighting(e, date_sighting=1_700_000_005, type=0)}]}, 1),
    "bare": (lambda e: {"response": [sighting(e)]}, 1),
    "a numbered object": (lambda e: {"response": {"0": {"Sighting": sighting(e)}}}, 1),
    "nobody's": (lambda e: {"response": [{"Sighting": sighting(e, Organisation=None, org_id="0")}]}, 1),
    "unknown organisation": (
        lambda e: {"response": [{"Sighting": sighting(e, Organisation={"uuid": new_uuid(), "name": "X"})}]}, 1,
    ),
    "unknown attribute": (lambda e: {"response": [{"Sighting": sighting(e, attribute_uuid=new_uuid())}]}, 0),
    "other event": (lambda e: {"response": [{"Sighting": sighting(e, event_uuid=new_uuid())}]}, 0),
    "nothing": (lambda e: {"response": []}, 0),
    "three kinds": (lambda e: {"response": [{"Sighting": sighting(e, type=str(n))} for n in range(3)]}, 3),
    "no such kind": (lambda e: {"response": [{"Sighting": sighting(e, type="9")}]}, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEN)
def test_4_6_sightings_are_taken_as_they_come(ground: Ground, name: str) -> None:
    theirs = event()
    told, kept = SEEN[name]
    rules = with_events(theirs, **{INDEX: [row(theirs, sighting_timestamp="1700000005")], SIGHTINGS: told(theirs)})
    with played(rules) as partner:
        assert pull(ground, partner).sightings == kept
        [asked] = [body_of(request) for request in partner.requests if "sightings" in request.target]
    assert asked == {"returnFormat": "json", "last": 0, "includeUuid": True, "uuid": [theirs["uuid"]]}
    assert len(list_sightings(EVERYTHING, SightingFilters())) == kept


def test_4_6_events_are_asked_for_by_twenties_and_blocked_organisations_left_out(ground: Ground) -> None:
    events, unwanted = [event() for _ in range(45)], new_uuid()
    with writing():
        block(Blocklist.ORGANISATIONS, unwanted, {})
    rules = with_events(*events, **{INDEX: [row(one, sighting_timestamp="1700000005") for one in events]})
    with played(rules) as partner:
        pull(ground, partner)
        asked = [body_of(request) for request in partner.requests if "sightings" in request.target]
    assert [len(body["uuid"]) for body in asked] == [20, 20, 5]
    assert {uuid for body in asked for uuid in body["uuid"]} == {one["uuid"] for one in events}
    assert {tuple(body["org_id"]) for body in asked} == {(f"!{unwanted}",)}


# §4.8, notes

NOTED: Mapping[str, tuple[Json, int]] = {
    "all": ({"distribution": "3"}, 3),
    "connected": ({"distribution": "2"}, 1),
    "community": ({"distribution": "1"}, 0),
    "organisation": ({"distribution": "0"}, 0),
    "number": ({"distribution": 2}, 1),
    "absent": ({}, 0),
    "inherit": ({"distribution": "5"}, 5),
}


@pytest.mark.parametrize("trusted", [False, True], ids=["plain", "trusted"])
@pytest.mark.parametrize("name", NOTED)
def test_4_8_a_note_is_lowered_and_locked(ground: Ground, name: str, trusted: bool) -> None:
    theirs = event()
    more, level = NOTED[name]
    note = {
        "uuid": new_uuid(), "object_uuid": theirs["uuid"], "object_type": "Event", "note": "n", "locked": False,
        "modified": "2026-01-01 00:00:00", "created": "2026-01-01 00:00:00", "orgc_uuid": THEIR_ORG.uuid, "Orgc": ORGC,
        **more,
    }  # fmt: skip
    rules = with_events(theirs, **{NOTES: {"Note": {note["uuid"]: note["modified"]}}, NOTE: [{"Note": note}]})
    with played(rules) as partner:
        wish: Json = {"org": OUR_ORG, "internal": True} if trusted else {}
        assert pull(ground, partner, **wish).analyst_data == 1
    [(found, locked)] = sql.rows("SELECT distribution, locked FROM analyst_item WHERE uuid = ?", (note["uuid"],))
    assert (found, locked) == (int(str(more.get("distribution", 0))) if trusted else level, 1)


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_4_8_notes_are_fetched_by_hundreds_of_a_kind(ground: Ground, count: int, pages: int) -> None:
    listed = {new_uuid(): "2026-01-01 00:00:00" for _ in range(count)}
    with played(with_events(**{NOTES: {"Opinion": listed}, NOTE: []})) as partner:
        pull(ground, partner, pull_names=RuleNames(orgs_or=("A",), orgs_not=("B",)))
        asked = [line for line in lines_of(partner) if line.startswith(NOTE)]
        [body] = [body_of(request) for request in partner.requests if "indexMinimal" in request.target]
    assert body == {"orgc_name": ["A", "!B"]}
    assert len(asked) == pages
    assert all(line.startswith(f"{NOTE}Opinion/uuid[]:") and line.endswith(".json") for line in asked)
    assert sum(line.count("uuid[]:") for line in asked) == count


def test_4_4_a_file_comes_with_its_bytes_and_one_that_cannot_be_read_costs_its_attribute(ground: Ground) -> None:
    file = attribute(type="attachment", category="Payload delivery", value="a.txt", data="aGVsbG8=")
    broken = attribute(type="attachment", category="Payload delivery", value="b.txt", data="%%%")
    theirs = event(Attribute=[attribute(), file, broken])
    kept = stored(ground, with_events(theirs), theirs["uuid"])
    numbers = {a.value: a.id for a in kept.attributes}
    assert set(numbers) == {"198.51.100.1", "a.txt"}
    assert files_of(list(numbers.values())) == {numbers["a.txt"]: b"hello"}


# §4.9, looking without taking

LISTS: Mapping[str, Callable[[Json], object]] = {
    "a list": lambda e: [e],
    "one bare object": lambda e: e,
    "an object of numbers": lambda e: {"3": e},
    "wrapped": lambda e: {"response": [{"Event": e}]},
    "with what is none": lambda e: ["a", None, e],
}


@pytest.mark.parametrize("shape", LISTS)
def test_4_9_a_preview_reads_a_list_in_every_shape(ground: Ground, shape: str) -> None:
    item = row(event()) | {"info": "Theirs", "Orgc": ORGC}
    with played({"GET /events/index": LISTS[shape](item)}) as partner:
        found = preview_index(ground.links(partner.url), OUTBOUND, filters={})
    assert [one["info"] for one in found.items] == ["Theirs"]
    assert found.verdicts == (Verdict.NEW,)


@pytest.mark.parametrize("bad", [name for name in BAD if name not in ("list", "object")])
def test_4_9_a_preview_that_fails_says_so(ground: Ground, bad: str) -> None:
    with played({"GET /events": lambda _: BAD[bad]()}) as partner:
        server = ground.links(partner.url)
        with pytest.raises((SaveFailed, NotFound)):
            preview_index(server, OUTBOUND, filters={})
        with pytest.raises((SaveFailed, NotFound)):
            preview_event(server, OUTBOUND, "1")


@pytest.mark.parametrize(("internal", "kept"), [(False, ["case:one"]), (True, ["case:one", "theirs"])])
def test_tags_of_reports_are_pulled_but_for_local_ones(ground: Ground, internal: bool, kept: list[str]) -> None:
    tags = [{"name": "case:one"}, {"name": "theirs", "local": True}]
    report = {"uuid": new_uuid(), "name": "r", "content": "c", "timestamp": "1", "distribution": "5", "Tag": tags}
    theirs = event(EventReport=[report])
    draft = pulled(read_event({"Event": theirs}, from_partner=True), PullRules(), trusted=internal, filter_types=False)
    assert [tag.name for tag in draft.reports[0].tags] == kept
    found = stored(ground, with_events(theirs), theirs["uuid"])
    assert [tag.name for tag in found.report_tags[found.reports[0].id]] == ["case:one"]
