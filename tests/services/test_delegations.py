"""Who hands an event over to whom, and what does not correlate (MODEL §5.3, §6.3, §7.16)."""

from collections.abc import Iterator

import pytest

from mispmini.domain.audit_log import TAKEN_OVER
from mispmini.domain.delegations import DelegationWish, Excluded
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft
from mispmini.domain.errors import Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services.attributes import add_attributes, delete_attribute, edit_attribute
from mispmini.services.correlating import related_events
from mispmini.services.correlation_exclusions import add_exclusion, common_values, delete_exclusion
from mispmini.services.delegations import accept, delegate, give_up, list_delegations
from mispmini.services.events import add_event
from mispmini.services.logs import history_of
from mispmini.store.database import writing
from mispmini.store.events import event_standing
from mispmini.store.graphs import find_event_id
from mispmini.store.settings import save_setting
from tests.services.conftest import Household


@pytest.fixture(autouse=True)
def _switched_on(house: Household) -> Iterator[None]:
    _switch(on=True)
    yield
    _switch(on=False)


def _switch(*, on: bool) -> None:
    with writing():
        save_setting("delegation", on, user_id=None)


def _own_event(viewer: Viewer) -> str:
    draft = EventDraft(info="to hand over", uuid=new_uuid(), distribution=int(Distribution.ORGANISATION))
    return add_event(viewer, draft).uuid


def test_who_is_asked_sees_the_event_and_takes_it_over(house: Household) -> None:
    uuid = _own_event(house.alice)
    with pytest.raises(NotFound):
        find_event_id(house.bob, uuid)
    request = delegate(house.alice, uuid, DelegationWish(org=str(house.beta.id), distribution=1))
    event_id = find_event_id(house.bob, uuid)
    assert [one.id for one in list_delegations(house.bob)] == [request.id]
    accept(house.bob, request.id)
    taken = event_standing(event_id)
    assert (taken.org_id, taken.orgc_id, taken.user_id) == (house.beta.id, house.beta.id, house.bob.user_id)
    assert (taken.distribution, taken.locked) == (1, False)
    assert list_delegations(house.alice) == []


def test_without_a_wish_it_is_for_who_took_it_alone(house: Household) -> None:
    uuid = _own_event(house.alice)
    request = delegate(house.alice, uuid, DelegationWish(org=house.beta.uuid))
    accept(house.bob, request.id)
    with pytest.raises(NotFound):
        find_event_id(house.alice, uuid)


def test_what_was_taken_out_before_is_not_told_to_who_takes_it_over(house: Household) -> None:
    uuid = _own_event(house.alice)
    secret, kept = (AttributeDraft(type="domain", value=v, uuid=new_uuid()) for v in ("sting.example", "kept.example"))
    add_attributes(house.alice, uuid, [secret, kept])
    delete_attribute(house.alice, str(secret.uuid), hard=True)
    accept(house.bob, delegate(house.alice, uuid, DelegationWish(org=house.beta.uuid)).id)
    edit_attribute(house.bob, str(kept.uuid), AttributeDraft(comment="seen since"))
    told = history_of(house.bob, uuid)
    assert "sting.example" not in str(told)
    assert [(one.action, bool(one.title)) for one in told[:3]] == [
        ("edit", True),
        (TAKEN_OVER, True),
        ("delegate", False),
    ]
    assert "sting.example" in str(history_of(house.dora, uuid))


def test_who_asked_may_not_accept_and_others_do_not_know_of_it(house: Household) -> None:
    request = delegate(house.alice, _own_event(house.alice), DelegationWish(org=str(house.beta.id)))
    with pytest.raises(Forbidden):
        accept(house.alice, request.id)
    for verb in (accept, give_up):
        with pytest.raises(NotFound):
            verb(house.charlie, request.id)
    assert request.id not in [one.id for one in list_delegations(house.charlie)]


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_either_side_gives_it_up_and_nothing_has_changed(house: Household, who: str) -> None:
    uuid = _own_event(house.alice)
    request = delegate(house.alice, uuid, DelegationWish(org=str(house.beta.id)))
    give_up({"alice": house.alice, "bob": house.bob}[who], request.id)
    with pytest.raises(NotFound):
        find_event_id(house.bob, uuid)
    assert event_standing(find_event_id(house.alice, uuid)).orgc_id == house.alfa.id


def test_what_cannot_be_handed_over(house: Household) -> None:
    uuid = _own_event(house.alice)
    with pytest.raises(NotFound):
        delegate(house.bob, uuid, DelegationWish(org=str(house.gama.id)))
    for org in (str(house.alfa.id), "999", "nobody"):
        with pytest.raises(SaveFailed):
            delegate(house.alice, uuid, DelegationWish(org=org))
    delegate(house.alice, uuid, DelegationWish(org=str(house.beta.id)))
    with pytest.raises(Forbidden):
        delegate(house.bob, uuid, DelegationWish(org=str(house.gama.id)))
    with pytest.raises(Refused, match="already"):
        delegate(house.alice, uuid, DelegationWish(org=str(house.gama.id)))


def test_switched_off_it_is_refused_and_nobody_sees_more(house: Household) -> None:
    uuid = _own_event(house.alice)
    request = delegate(house.alice, uuid, DelegationWish(org=str(house.beta.id)))
    _switch(on=False)
    with pytest.raises(NotFound):
        find_event_id(house.bob, uuid)
    with pytest.raises(Refused, match="disabled"):
        accept(house.bob, request.id)


@pytest.mark.parametrize(
    ("pattern", "value", "is_out"),
    [
        ("a.example", "a.example", True),
        ("A.Example", "a.example", True),
        ("a.example", "ba.example", False),
        ("%.example", "x.example", True),
        ("%.example", "x.example.org", False),
        ("192.0.2.%", "192.0.2.7", True),
        ("%bank%", "my-bank.example", True),
        ("%", "anything", False),
    ],
)
def test_patterns_at_both_ends(pattern: str, value: str, is_out: bool) -> None:
    assert (value in Excluded([pattern])) is is_out


def test_an_excluded_value_relates_no_events_until_it_is_let_in_again(house: Household) -> None:
    value = f"{new_uuid()}.example"
    ids = [_with_value(house.alice, value) for _ in range(2)]
    assert [row.id for row in related_events(house.alice, ids[0])] == [ids[1]]
    made = add_exclusion(house.dora, value, "an exercise")
    assert related_events(house.alice, ids[0]) == []
    with pytest.raises(SaveFailed):
        add_exclusion(house.dora, value, "again")
    delete_exclusion(house.dora, made.id)
    assert len(related_events(house.alice, ids[0])) == 1


def _with_value(viewer: Viewer, value: str) -> int:
    attribute = AttributeDraft(type="domain", value=value)
    draft = EventDraft(info="x", uuid=new_uuid(), distribution=1, attributes=(attribute,))
    return add_event(viewer, draft).event_id


def test_values_above_the_cap_are_listed(house: Household) -> None:
    with writing():
        save_setting("correlation_limit", 2, user_id=None)
    value = f"{new_uuid()}.example"
    for _ in range(3):
        _with_value(house.alice, value)
    assert [(one.value, one.events) for one in common_values()] == [(value, 3)]
