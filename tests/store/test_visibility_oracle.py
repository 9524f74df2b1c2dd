"""MODEL §6 line by line: random events of random levels, and a second, independent account of who reads what.

TRUST G3a. The account below is written from the table of the specification, in terms of plain values; what it is held
against are lists, single items, counts, searches, correlations, sightings, proposals and notes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReportDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted, IndexFilters, Order, Scope, SearchFilters
from mispmini.domain.ids import new_uuid, uuid_bytes
from mispmini.domain.opinions import ProposalFilters, SightingFilters
from mispmini.domain.viewer import Viewer
from mispmini.services import searching
from mispmini.services.bodies import HEAD_ONLY, saved_event
from mispmini.services.events import add_event
from mispmini.services.proposals import list_proposals
from mispmini.services.sightings import list_sightings
from mispmini.store.correlations import related_events
from mispmini.store.database import writing
from mispmini.store.event_index import minimal_rows
from mispmini.store.event_sheets import Wanted, load_sheet
from mispmini.store.events import recount
from mispmini.store.figures import count_events
from mispmini.store.graphs import Parts, load_event
from mispmini.store.proposals import insert_proposal
from mispmini.store.settings import forget_setting, save_setting
from mispmini.store.sightings import NewSighting, insert_sightings
from mispmini.store.sql import execute, rows, scalar
from tests.store.conftest import World

D = Distribution
ORGS = (1, 2, 3, 4)
EVENTS = 24


@dataclass(slots=True)
class Thing:
    """An event, attribute, object or report, as the account knows it."""

    id: int
    level: int
    group: int | None
    deleted: bool = False
    org: int = 0
    delivered_by: int | None = None
    published: bool = False
    trashed: bool = False
    inside: "Thing | None" = None
    value: str = ""
    parts: dict[str, list["Thing"]] = field(default_factory=lambda: {"attribute": [], "object": [], "event_report": []})


@dataclass(slots=True)
class Account:
    """Who may read what, by MODEL §6.2 and §6.3."""

    members: dict[int, set[int]]
    everybody: set[int]
    owners: dict[int, int]
    private: bool
    policy: int
    host: int
    events: list[Thing]

    def in_group(self, group: int | None, org: int) -> bool:
        """Auth(user): every organisation of this instance, or this one, is a member."""
        return group in self.everybody or org in self.members.get(group or 0, set())

    def sees_event(self, event: Thing, viewer: Viewer) -> bool:
        """The line `Event`."""
        if event.trashed:
            return False
        if viewer.is_site_admin or event.org == viewer.org_id:
            return True
        reached = event.level in (1, 2, 3) or (event.level == 4 and self.in_group(event.group, viewer.org_id))
        return reached and (event.published or not self.private)

    def sees_element(self, element: Thing, event: Thing, viewer: Viewer) -> bool:
        """The lines `Attribute`, `Object` and `EventReport`, given the event."""
        if viewer.is_site_admin or event.org == viewer.org_id:
            return True
        if element.inside is not None and not self.sees_element(element.inside, event, viewer):
            return False
        return element.level in (1, 2, 3, 5) or (element.level == 4 and self.in_group(element.group, viewer.org_id))

    def is_lost_to(self, element: Thing, viewer: Viewer) -> bool:
        """The owner exception: its group, or that of what it is inside, cannot come with it."""
        chain = [element, element.inside] if element.inside else [element]
        return not viewer.is_site_admin and any(
            one.level == 4 and not self.in_group(one.group, viewer.org_id) for one in chain
        )

    def shows(self, kind: str, viewer: Viewer, *, deleted: bool = False, with_groups: bool = False) -> set[int]:
        """Ids of elements that a viewer reads; who asks for deleted ones gets its own, a partner all (§6.4)."""
        return {
            element.id
            for event in self.events
            if self.sees_event(event, viewer)
            for element in event.parts[kind]
            if self.sees_element(element, event, viewer)
            and not (with_groups and self.is_lost_to(element, viewer))
            and (not element.deleted or (deleted and (viewer.gets_deleted_of_all or event.org == viewer.org_id)))
        }

    def counts(self, event: Thing, viewer: Viewer) -> int:
        """How many live attributes of an event one reads, or all to the link that delivered it (RULES §3)."""
        delivered = viewer.is_partner and event.delivered_by == viewer.org_id
        return sum(
            not part.deleted and (delivered or self.sees_element(part, event, viewer))
            for part in event.parts["attribute"]
        )

    def knows_group(self, group: int, viewer: Viewer) -> bool:
        """Its members, its owner, and site admins."""
        return viewer.is_site_admin or self.in_group(group, viewer.org_id) or self.owners[group] == viewer.org_id

    def sightings(self, viewer: Viewer, made: list[tuple[int, int, int]]) -> set[int]:
        """The line `Sighting` and the policies of §7.7; `made` are (id, attribute, organisation)."""
        owners = {part.id: event for event in self.events for part in event.parts["attribute"]}
        reporters = {(owners[attribute].id, org) for _, attribute, org in made}
        shown = set()
        for number, attribute, org in made:
            event = owners[attribute]
            if attribute not in self.shows("attribute", viewer):
                continue
            mine, owner = org == viewer.org_id, event.org == viewer.org_id
            allowed = {
                0: owner or mine,
                1: owner or (event.id, viewer.org_id) in reporters,
                2: True,
                3: owner or mine or org == self.host,
            }[self.policy]
            if viewer.is_site_admin or allowed:
                shown.add(number)
        return shown


def _level(dice: Random, levels: tuple[int, ...], groups: list[int]) -> tuple[int, int | None]:
    level = dice.choice(levels)
    return level, dice.choice(groups) if level == 4 else None


def _groups(dice: Random) -> tuple[list[int], dict[int, set[int]], set[int]]:
    """Five sharing groups with random members; one for all organisations here, one that is not active."""
    made, members, everybody = [], {}, set()
    for number in range(5):
        owner = dice.choice(ORGS)
        execute(
            "INSERT INTO sharing_group (uuid, name, releasability, description, organisation_uuid, org_id, active,"
            " local, roaming, created, modified) VALUES (?, ?, '', '', '', ?, ?, 1, ?, 0, 0)",
            (new_uuid(), f"group {new_uuid()}", owner, number != 1, number == 2),
        )
        group = int(scalar("SELECT max(id) FROM sharing_group"))
        made.append(group)
        members[group] = {org for org in ORGS if dice.random() < 0.4}
        for org in members[group]:
            execute("INSERT INTO sharing_group_org VALUES (NULL, ?, ?, 0)", (group, org))
        if number in (3, 4):
            everyone = number == 3
            execute("INSERT INTO sharing_group_server (sharing_group_id, server_id, all_orgs) VALUES (?, NULL, ?)",
                    (group, everyone))  # fmt: skip
            everybody |= {group} if everyone else set()
    return made, members, everybody


def _draft(dice: Random, number: int) -> EventDraft:
    def attribute(name: str, **more: Any) -> AttributeDraft:
        return AttributeDraft(uuid=new_uuid(), type="domain", value=f"{name}.example", **more)

    shared = f"v{dice.randrange(8)}"
    return EventDraft(
        uuid=new_uuid(), info=f"event {number}", distribution=1,
        attributes=(attribute(shared), attribute(f"own{number}"), attribute(f"more{number}")),
        objects=tuple(
            ObjectDraft(uuid=new_uuid(), name="box", meta_category="misc", description="d", template_uuid=new_uuid(),
                        template_version=1, distribution=5,
                        attributes=(attribute(f"in{number}{place}", object_relation="domain"),))
            for place in range(2)
        ),
        reports=(ReportDraft(name="r", content="c", uuid=new_uuid(), distribution=5),),
    )  # fmt: skip


def _scatter(dice: Random, event_id: int, groups: list[int]) -> Thing:
    """Give an event and its elements random levels, groups, owners and deletions; as the account knows them."""
    level, group = _level(dice, (0, 1, 2, 3, 4), groups)
    org, published, trashed = dice.choice(ORGS), dice.random() < 0.5, dice.random() < 0.1
    link = dice.choice((None, *ORGS))
    execute(
        "UPDATE event SET distribution = ?, sharing_group_id = ?, org_id = ?, orgc_id = ?, published = ?, trashed = ?,"
        " received_from = ? WHERE id = ?",
        (level, group, org, dice.choice(ORGS), published, 1 if trashed else None, link, event_id),
    )
    event = Thing(event_id, level, group, org=org, delivered_by=link, published=published, trashed=trashed)
    holders: dict[int | None, Thing] = {}
    for kind in ("object", "event_report", "attribute"):
        column = "object_id, value1" if kind == "attribute" else "NULL, ''"
        for number, holder, value in rows(f"SELECT id, {column} FROM {kind} WHERE event_id = ?", (event_id,)):
            level, group = _level(dice, (0, 1, 2, 3, 4, 5, 5, 5), groups)
            inside = holders.get(holder)
            gone = dice.random() < 0.15 or (inside is not None and inside.deleted)
            execute(f"UPDATE {kind} SET distribution = ?, sharing_group_id = ?, deleted = ? WHERE id = ?",
                    (level, group, gone, number))  # fmt: skip
            thing = Thing(number, level, group, gone, inside=inside, value=value)
            event.parts[kind].append(thing)
            if kind == "object":
                holders[number] = thing
    recount(event_id)
    return event


@pytest.fixture(scope="module", params=range(6), ids=lambda seed: f"seed {seed}")
def account(request: pytest.FixtureRequest, empty_world: World) -> Iterator[tuple[World, Account, Random]]:
    """A fresh set of random events; the settings go round with the seeds."""
    seed = int(request.param)
    dice = Random(seed)
    private, policy = seed % 2 == 1, seed % 4
    with writing():
        save_setting("unpublished_private", private, user_id=None)
        save_setting("sightings_policy", policy, user_id=None)
        save_setting("host_org_id", 2, user_id=None)
        groups, members, everybody = _groups(dice)
    ids = [add_event(empty_world.dora, _draft(dice, number)).event_id for number in range(EVENTS)]
    with writing():
        events = [_scatter(dice, event_id, groups) for event_id in ids]
    owners: dict[int, int] = dict(rows("SELECT id, org_id FROM sharing_group"))
    yield empty_world, Account(members, everybody, owners, private, policy, 2, events), dice
    with writing():
        for name in ("unpublished_private", "sightings_policy", "host_org_id"):
            forget_setting(name)
        for event_id in ids:
            execute("UPDATE event SET trashed = 1 WHERE id = ?", (event_id,))


Drawn = tuple[World, Account, Random]


def test_6_3_events_are_listed_viewed_and_searched_alike(account: Drawn) -> None:
    world, known, _ = account
    ids = {event.id for event in known.events}
    for viewer in world.people().values():
        expected = {event.id for event in known.events if known.sees_event(event, viewer)}
        listed = {item.event.id for item in searching.index(viewer, IndexFilters())}
        found = {graph.event.id for graph in searching.search_events(viewer, SearchFilters(Scope.EVENTS))}
        assert listed & ids == expected
        assert found & ids == expected
        assert {event_id for event_id in ids if _views(viewer, event_id)} == expected


def _views(viewer: Viewer, event_id: int) -> bool:
    try:
        load_event(viewer, str(event_id))
    except NotFound:
        return False
    return True


@pytest.mark.parametrize("with_groups", [False, True], ids=["alone", "with their groups"])
@pytest.mark.parametrize("deleted", [False, True], ids=["live", "deleted too"])
def test_6_3_elements_are_shown_as_the_account_says(account: Drawn, deleted: bool, with_groups: bool) -> None:
    world, known, _ = account
    parts = Parts(deleted=Deleted.BOTH if deleted else Deleted.LIVE, with_groups=with_groups)
    for viewer in world.people().values():
        shown: dict[str, set[int]] = {"attribute": set(), "object": set(), "event_report": set()}
        for event in known.events:
            if known.sees_event(event, viewer):
                graph = load_event(viewer, str(event.id), parts)
                shown["attribute"] |= {a.id for a in graph.attributes}
                shown["object"] |= {o.id for o in graph.objects}
                shown["event_report"] |= {r.id for r in graph.reports}
        for kind in ("attribute", "event_report"):
            assert shown[kind] == known.shows(kind, viewer, deleted=deleted, with_groups=with_groups)
        holding = {a.inside.id for e in known.events for a in e.parts["attribute"]
                   if a.inside and a.id in shown["attribute"]}  # fmt: skip
        assert shown["object"] <= known.shows("object", viewer, deleted=True, with_groups=with_groups)
        assert holding <= shown["object"], "§6.5: an object is there with what it holds"


def test_a_count_is_of_what_one_reads_wherever_it_is_told(account: Drawn) -> None:
    world, known, _ = account
    for viewer in world.people().values():
        shown = {event.id: event for event in known.events if known.sees_event(event, viewer)}
        expected = {number: known.counts(event, viewer) for number, event in shown.items()}
        for filters in (IndexFilters(), IndexFilters(order=Order("attribute_count", descending=True))):
            listed = [item.event for item in searching.index(viewer, filters) if item.event.id in shown]
            assert {event.id: event.attribute_count for event in listed} == expected
        assert [event.attribute_count for event in listed] == sorted(expected.values(), reverse=True)
        found = searching.search_events(viewer, SearchFilters(Scope.EVENTS))
        assert {graph.event.id: graph.event.attribute_count for graph in found if graph.event.id in shown} == expected
        viewed = {number: load_event(viewer, str(number), Parts(elements=False)) for number in shown}
        assert {number: graph.event.attribute_count for number, graph in viewed.items()} == expected
        whole = {n: sum(not part.deleted for part in event.parts["attribute"]) for n, event in shown.items()}
        saved = {number: saved_event(viewer, number, HEAD_ONLY).event.attribute_count for number in shown}
        assert saved == (whole if viewer.is_partner else expected)
        minimal = {row.id for row in minimal_rows(viewer, IndexFilters(minimal=True))[0]} & set(shown)
        reports = known.shows("event_report", viewer)
        assert minimal == {
            number for number, event in shown.items()
            if expected[number] or any(report.id in reports for report in event.parts["event_report"])
        }  # fmt: skip
        assert count_events(viewer) == (len(shown), sum(expected.values()))


def test_a_group_that_comes_along_is_its_uuid_to_who_is_not_in_it(account: Drawn) -> None:
    world, known, _ = account
    for viewer in world.people().values():
        for event in known.events:
            if not known.sees_event(event, viewer):
                continue
            graph = load_event(viewer, str(event.id))
            sheet = load_sheet(viewer, Wanted([event.id]))
            for number, group in (*graph.sharing_groups.items(), *sheet.groups.items()):
                assert group.told is known.knows_group(number, viewer)
                assert group.told or group == replace(group.for_strangers(), uuid=group.uuid, name=group.uuid)
        items = {item.event.id: item for item in searching.index(viewer, IndexFilters())}
        for event in known.events:
            if event.id in items and event.group is not None:
                named = items[event.id].sharing_group
                assert named is not None
                assert (named.name is not None) is known.knows_group(event.group, viewer)


def test_6_3_attributes_are_found_as_they_are_shown(account: Drawn) -> None:
    world, known, _ = account
    ids = {part.id for event in known.events for part in event.parts["attribute"]}
    for viewer in world.people().values():
        found = {one.attribute.id for one in searching.search_attributes(viewer, SearchFilters(Scope.ATTRIBUTES))}
        assert found & ids == known.shows("attribute", viewer)


def test_6_3_events_are_related_by_what_one_sees_on_both_sides(account: Drawn) -> None:
    world, known, _ = account
    for viewer in world.people().values():
        shown = known.shows("attribute", viewer)
        values = {e.id: {p.value for p in e.parts["attribute"] if p.id in shown} for e in known.events}
        for event in known.events:
            if not known.sees_event(event, viewer):
                continue
            others = {number for number, held in values.items() if number != event.id and held & values[event.id]}
            related = {row.id for row in related_events(viewer, event.id, 1_000)}
            assert related & set(values) == others


def test_6_3_and_7_7_sightings_are_shown_by_the_policy(account: Drawn) -> None:
    world, known, dice = account
    targets = [(event.id, part.id) for event in known.events for part in event.parts["attribute"]]
    with writing():
        insert_sightings([
            NewSighting(uuid_bytes(new_uuid()), event_id, attribute_id, dice.choice(ORGS), None, 1, "", 0)
            for event_id, attribute_id in dice.sample(targets, 50)
        ])  # fmt: skip
    numbers = ", ".join(str(attribute_id) for _, attribute_id in targets)
    made = rows(f"SELECT id, attribute_id, org_id FROM sighting WHERE attribute_id IN ({numbers})")
    for viewer in world.people().values():
        listed = {row.id for row in list_sightings(viewer, SightingFilters())}
        assert listed & {number for number, *_ in made} == known.sightings(viewer, made)


def test_6_3_proposals_are_shown_with_the_attribute_that_they_are_about(account: Drawn) -> None:
    world, known, dice = account
    kind, category = rows("SELECT type_id, category_id FROM attribute LIMIT 1")[0]
    made: dict[int, tuple[Thing, Thing | None]] = {}
    with writing():
        for event in known.events:
            about = dice.choice([None, dice.choice(event.parts["attribute"])])
            values = {
                "uuid": uuid_bytes(new_uuid()), "event": event.id, "old": about.id if about else None, "type_id": kind,
                "category_id": category, "value1": "proposed.example", "org": dice.choice(ORGS), "timestamp": 1,
                "to_ids": False, "comment": "", "deleted": False, "proposal_to_delete": False,
                "disable_correlation": False, "email": "",
            }  # fmt: skip
            made[insert_proposal(values)] = (event, about)
    for viewer in world.people().values():
        listed = {row.id for row in list_proposals(viewer, ProposalFilters())}
        expected = {
            number
            for number, (event, about) in made.items()
            if known.sees_event(event, viewer) and (about is None or known.sees_element(about, event, viewer))
        }
        assert listed & set(made) == expected
