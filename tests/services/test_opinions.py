"""Who sees and does what with sightings and proposals (MODEL §5.4, §6.3, §7.7, §7.8)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, ProposalDraft, SightingDraft
from mispmini.domain.errors import Forbidden, NotFound, Refused
from mispmini.domain.filters import IndexFilters, Scope, SearchFilters, SearchOptions, Terms
from mispmini.domain.ids import new_uuid
from mispmini.domain.opinions import ProposalFilters, SightingContext, SightingFilters, SightingType, SightingWish
from mispmini.domain.viewer import Viewer
from mispmini.services import bodies, proposal_capture, proposals, searching, sightings
from mispmini.services.events import add_event
from mispmini.services.sightings import NotAdded
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.store.sql import scalar
from tests.services.conftest import Household

D = Distribution


@pytest.fixture(autouse=True)
def _usual_settings(house: Household) -> Iterator[None]:
    """Each test begins with MISP's defaults."""
    yield
    _set("sightings_policy", 0)
    _set("sightings_anonymise", False)


def _set(name: str, value: object) -> None:
    with writing():
        save_setting(name, value, user_id=None)


def _attribute(value: str, level: D = D.INHERIT) -> AttributeDraft:
    return AttributeDraft(uuid=new_uuid(), type="domain", value=value, distribution=int(level))


def _event(viewer: Viewer, *attributes: AttributeDraft, level: D = D.COMMUNITY) -> str:
    draft = EventDraft(info="Case", uuid=new_uuid(), distribution=int(level), attributes=attributes)
    return add_event(viewer, draft).uuid


def _sights(viewer: Viewer, value: str, kind: SightingType = SightingType.SEEN, **more: Any) -> None:
    sightings.add_sightings(viewer, [SightingWish(values=(value,), type=kind, **more)], _no_filters)


def _no_filters(_given: object) -> SearchFilters:
    return SearchFilters(Scope.ATTRIBUTES)


def _seen_by(viewer: Viewer, event: str) -> Sequence[int | None]:
    where = SightingFilters(SightingContext.EVENT, uuids=(event,))
    return sorted(row.org_id or 0 for row in sightings.list_sightings(viewer, where))


@pytest.mark.parametrize(
    ("policy", "alice", "bob", "charlie"),
    [(0, "ab", "b", ""), (1, "ab", "ab", ""), (2, "ab", "ab", "ab"), (3, "ab", "ab", "a")],
    ids=["owner", "reporters", "everyone", "owner and host"],
)
def test_who_sees_sightings_is_the_policys_to_say(
    house: Household, policy: int, alice: str, bob: str, charlie: str
) -> None:
    """Alice's event (of the host organisation), sighted by her and by Bob; Charlie sighted nothing."""
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value))
    for viewer in (house.alice, house.bob):
        _sights(viewer, value)
    _set("sightings_policy", policy)
    orgs = {"a": house.alfa.id, "b": house.beta.id}
    told = {house.alice: alice, house.bob: bob, house.charlie: charlie, house.dora: "ab"}
    for viewer, letters in told.items():
        expected = [orgs[letter] for letter in letters]
        assert _seen_by(viewer, event) == expected
        nested = bodies.viewed_event(viewer, event, bodies.View()).sightings
        assert sorted(row.org_id or 0 for rows in nested.values() for row in rows) == expected


@pytest.mark.parametrize("level", [D.ORGANISATION, D.COMMUNITY], ids=["its attribute", "neither"])
def test_a_sighting_of_what_is_hidden_is_hidden_under_every_policy(house: Household, level: D) -> None:
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value, level))
    _sights(house.alice, value)
    _set("sightings_policy", 2)
    visible = level is not D.ORGANISATION
    assert bool(_seen_by(house.bob, event)) == visible
    found = sightings.search_sightings(house.bob, SightingFilters(uuids=(event,), context=SightingContext.EVENT))
    assert (found[0] > 0) == visible
    row = sightings.list_sightings(house.alice, SightingFilters(SightingContext.EVENT, uuids=(event,)))[0]
    if not visible:
        with pytest.raises(NotFound):
            sightings.delete_sighting(house.bob, row.uuid)
        with pytest.raises(NotAdded):
            _sights(house.bob, value)


def test_an_anonymous_sighting_names_ones_own_organisation_alone(house: Household) -> None:
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value))
    for viewer in (house.alice, house.bob):
        _sights(viewer, value)
    _set("sightings_policy", 2)
    _set("sightings_anonymise", True)
    assert _seen_by(house.bob, event) == [0, house.beta.id]
    assert _seen_by(house.charlie, event) == [0, 0]
    assert _seen_by(house.dora, event) == [house.alfa.id, house.beta.id]


@pytest.mark.parametrize("half", ["left.example", "198.51.100.7"], ids=["left", "right"])
def test_a_half_of_a_composite_is_sighted_and_a_whole_one_never(house: Household, half: str) -> None:
    own = f"{new_uuid()[:8]}.{half}" if half.startswith("left") else half
    whole = f"{own}|198.51.100.7" if half.startswith("left") else f"{new_uuid()[:8]}.example|{own}"
    attribute = AttributeDraft(uuid=new_uuid(), type="domain|ip", value=whole, distribution=5)
    _event(house.alice, attribute)
    _sights(house.alice, own)
    with pytest.raises(NotAdded, match="No valid attributes found that match the criteria"):
        _sights(house.alice, whole)


def test_a_new_expiration_takes_the_place_of_ones_own_and_of_no_others(house: Household) -> None:
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value))
    for viewer in (house.alice, house.alice, house.bob):
        _sights(viewer, value, SightingType.EXPIRATION)
    assert _seen_by(house.dora, event) == [house.alfa.id, house.beta.id]


def test_only_ones_own_organisations_sighting_is_deleted(house: Household) -> None:
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value))
    _sights(house.bob, value)
    (row,) = sightings.list_sightings(house.dora, SightingFilters(SightingContext.EVENT, uuids=(event,)))
    with pytest.raises(Forbidden):
        sightings.delete_sighting(house.alice, str(row.id))
    sightings.delete_sighting(house.bob, str(row.id))
    assert _seen_by(house.dora, event) == []


def test_every_sighting_moves_the_events_sighting_timestamp(house: Household) -> None:
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value))
    moments = []
    for _ in range(2):
        _sights(house.alice, value)
        moments.append(scalar("SELECT sighting_timestamp FROM event WHERE uuid = ?", (event,)))
    assert 0 < moments[0] < moments[1]


@pytest.mark.parametrize("syncs", [True, False], ids=["a partner", "a user"])
def test_only_a_partner_speaks_for_others(house: Household, syncs: bool) -> None:
    attribute = _attribute(f"{new_uuid()}.example")
    event = _event(house.alice, attribute)
    stranger = OrganisationDraft(new_uuid(), f"CSIRT {new_uuid()[:8]}")
    draft = SightingDraft(new_uuid(), str(attribute.uuid), 1_700_000_000, organisation=stranger, names_org=True)
    nobodys = SightingDraft(new_uuid(), str(attribute.uuid), 1_700_000_000, names_org=True)
    viewer = house.sam if syncs else house.bob
    assert sightings.save_pushed(viewer, event, [draft, nobodys, draft]) == 2
    known = scalar("SELECT id FROM organisation WHERE uuid = ?", (stranger.uuid,))
    assert _seen_by(house.dora, event) == ([0, known] if syncs else [house.beta.id] * 2)


def test_a_search_is_narrowed_by_type_source_organisation_and_time(house: Household) -> None:
    value = f"{new_uuid()}.example"
    event = _event(house.alice, _attribute(value))
    _set("sightings_policy", 2)
    _sights(house.alice, value, source="sensor", date_sighting=1_700_000_000)
    _sights(house.bob, value, SightingType.FALSE_POSITIVE)
    where: dict[str, Any] = {"context": SightingContext.EVENT, "uuids": (event,)}
    cases = (
        (SightingFilters(**where, type=(1,)), [house.beta.id]),
        (SightingFilters(**where, source=Terms(any=("sensor",))), [house.alfa.id]),
        (SightingFilters(**where, org=Terms(any=(house.beta.uuid,))), [house.beta.id]),
        (SightingFilters(**where, org=Terms(none=(house.beta.name,))), [house.alfa.id]),
        (SightingFilters(**where, limit=1, page=2), [house.beta.id]),
    )
    for filters, expected in cases:
        assert [row.org_id for row in sightings.list_sightings(house.charlie, filters)] == expected


def test_attributes_found_bring_their_sightings_and_proposals_if_asked(house: Household) -> None:
    attribute = _attribute(f"{new_uuid()}.example")
    _event(house.alice, attribute)
    _sights(house.alice, str(attribute.value))
    proposals.propose_change(house.bob, str(attribute.uuid), AttributeDraft(comment="better"))
    for wanted in (True, False):
        options = SearchOptions(include_sightings=wanted, include_proposals=wanted)
        filters = SearchFilters(Scope.ATTRIBUTES, uuid=Terms(any=(str(attribute.uuid),)), options=options)
        (found,) = searching.search_attributes(house.alice, filters)
        assert (bool(found.event.sightings), bool(found.event.proposals)) == (wanted, wanted)


def _propose(viewer: Viewer, event: str, value: str = "proposed.example") -> str:
    return str(proposals.propose_attribute(viewer, event, AttributeDraft(type="domain", value=value)).id)


@pytest.mark.parametrize("level", [D.COMMUNITY, D.ORGANISATION], ids=["seen", "hidden"])
def test_a_proposal_is_seen_where_its_attribute_is(house: Household, level: D) -> None:
    hidden = _attribute(f"{new_uuid()}.example", level)
    event = _event(house.alice, hidden)
    row = proposals.propose_change(house.alice, str(hidden.uuid), AttributeDraft(value="changed.example"))
    visible = level is D.COMMUNITY
    assert bool(proposals.proposals_of(house.bob, event)) == visible
    assert bool(bodies.viewed_event(house.bob, event, bodies.View()).proposals) == visible
    index = searching.index(house.bob, IndexFilters(eventid=Terms(any=(event,)), has_proposal=True))
    assert (index.count == 1) == visible
    [listed] = searching.index(house.bob, IndexFilters(eventid=Terms(any=(event,))))
    assert listed.proposed == visible
    if not visible:
        with pytest.raises(NotFound):
            proposals.view_proposal(house.bob, str(row.id))
        with pytest.raises(Refused, match="Proposal not found"):
            proposals.accept_proposal(house.bob, str(row.id))


def test_proposals_for_a_hidden_event_do_not_exist(house: Household) -> None:
    event = _event(house.alice, _attribute(f"{new_uuid()}.example"), level=D.ORGANISATION)
    number = _propose(house.alice, event)
    with pytest.raises(NotFound, match="Invalid Event"):
        _propose(house.bob, event)
    for verb in (proposals.view_proposal, proposals.discard_proposal):
        with pytest.raises(NotFound):
            verb(house.bob, number)


def test_the_owner_accepts_a_new_attribute_and_the_event_is_no_longer_published(house: Household) -> None:
    event = _event(house.alice, _attribute(f"{new_uuid()}.example"))
    value = f"{new_uuid()}.example"
    number = _propose(house.bob, event, value)
    with pytest.raises(Refused, match="not authorised to accept"):
        proposals.accept_proposal(house.bob, number)
    proposals.accept_proposal(house.alice, number)
    graph = bodies.viewed_event(house.bob, event, bodies.View())
    assert graph.attributes[-1].value == value
    assert (list(graph.proposals), graph.event.published) == ([], False)
    with pytest.raises(Refused):
        proposals.accept_proposal(house.alice, number)


@pytest.mark.parametrize("deletes", [False, True], ids=["change", "deletion"])
def test_an_accepted_change_is_made(house: Household, deletes: bool) -> None:
    attribute = _attribute(f"{new_uuid()}.example")
    event = _event(house.alice, attribute)
    if deletes:
        row = proposals.propose_deletion(house.bob, str(attribute.uuid))
    else:
        row = proposals.propose_change(house.bob, str(attribute.uuid), AttributeDraft(comment="seen in May"))
    proposals.accept_proposal(house.alice, str(row.id))
    live = bodies.viewed_event(house.bob, event, bodies.View()).attributes
    assert [a.comment for a in live] == ([] if deletes else ["seen in May"])


@pytest.mark.parametrize(
    ("who", "may"), [("alice", True), ("bob", True), ("charlie", False), ("dora", True)], ids=lambda value: str(value)
)
def test_a_proposal_is_discarded_by_its_owner_and_by_who_made_it(house: Household, who: str, may: bool) -> None:
    event = _event(house.alice, _attribute(f"{new_uuid()}.example"))
    number = _propose(house.bob, event)
    viewer: Viewer = getattr(house, who)
    if not may:
        with pytest.raises(Forbidden):
            proposals.discard_proposal(viewer, number)
        return
    proposals.discard_proposal(viewer, number)
    assert proposals.proposals_of(house.alice, event) == []


def test_what_waits_for_an_organisation_is_what_is_proposed_for_its_own_events(house: Household) -> None:
    mine = _event(house.alice, _attribute(f"{new_uuid()}.example"))
    theirs = _event(house.bob, _attribute(f"{new_uuid()}.example"))
    numbers = {_propose(house.charlie, mine), _propose(house.charlie, theirs)}
    waiting = proposals.list_proposals(house.alice, ProposalFilters(to_me=True))
    assert {row.event_uuid for row in waiting if str(row.id) in numbers} == {mine}
    assert len(waiting) == proposals.count_waiting(house.alice)


@pytest.mark.parametrize(
    ("who", "kept"),
    [("another link", True), ("the link that delivered the event", False), ("the proposer's link", False)],
)
def test_a_link_settles_no_proposal_that_is_not_its_to_settle(house: Household, who: str, kept: bool) -> None:
    """RULES §4: it stays as it is, comment and all, whatever a third partner says of it."""
    draft = EventDraft(info="Case", uuid=new_uuid(), distribution=1, locked=True, orgc=OrganisationDraft(
        new_uuid(), f"CSIRT {new_uuid()[:8]}"))  # fmt: skip
    event = add_event(house.sam, draft).uuid
    value = f"{new_uuid()}.example"
    row = proposals.propose_attribute(house.alice, event, AttributeDraft(type="domain", value=value, comment="mine"))
    pushed = ProposalDraft(
        AttributeDraft(type="domain", value=value, category=row.category, comment="theirs", to_ids=row.to_ids),
        row.uuid, event, None, None, row.timestamp + 10, deleted=True,
    )  # fmt: skip
    sender = {
        "another link": replace(house.sam, user_id=None, org_id=house.beta.id, org_uuid=house.beta.uuid),
        "the proposer's link": replace(house.sam, user_id=None, org_id=house.alfa.id, org_uuid=house.alfa.uuid),
    }.get(who, house.sam)
    assert proposal_capture.save_pushed(sender, event, [pushed]) == (0 if kept else 1)
    assert [p.comment for p in proposals.proposals_of(house.alice, event)] == (["mine"] if kept else [])
