"""Two live servers: an event is taken back, and confirmed only by what is left of the partner's copy (RULES §2)."""

from collections.abc import Iterator

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, Actor, Json, add_actor
from tests.contract.pair import Pair, linked_pair
from tests.live import eventually

OBJECT = {
    "name": "file",
    "meta-category": "file",
    "description": "x",
    "template_uuid": new_uuid(),
    "template_version": 1,
}
BOTH = {"deleted": [0, 1]}


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Alfa and Beta, linked both ways."""
    with linked_pair() as both:
        yield both


def _rich(pair: Pair) -> Json:
    """An event of Alfa's with an attribute, an object and a report, that has reached Beta."""
    inside = {"type": "filename", "value": f"{new_uuid()}.exe", "object_relation": "filename"}
    event = pair.alfa.adds_event(
        f"Case {new_uuid()}",
        distribution=Distribution.ALL,
        attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}],
        Object=[OBJECT | {"uuid": new_uuid(), "Attribute": [inside], "distribution": "5"}],
        EventReport=[{"name": "What happened", "content": "Much.", "distribution": "5"}],
    )
    pair.alfa.publishes(event)
    eventually(lambda: pair.beta.sees(event))
    return event


def _retracts(actor: Actor, event: Json, reason: str = "a false alarm") -> None:
    answer = actor.post(f"/events/retract/{event['uuid']}", {"reason": reason})
    assert (answer.status_code, answer.json()["message"]) == (200, "Event retracted."), answer.text


def _state(actor: Actor, event: Json) -> Json:
    told: Json = actor.get(f"/events/retract/{event['uuid']}").json()
    return told


def _stages(actor: Actor, event: Json) -> list[str]:
    return [server["stage"] for server in _state(actor, event)["servers"]]


def test_what_is_retracted_is_gone_at_the_partner_but_for_one_element_that_says_why(pair: Pair) -> None:
    event = _rich(pair)
    _retracts(pair.alfa, event)
    eventually(lambda: _state(pair.alfa, event)["settled"])
    assert _stages(pair.alfa, event) == ["confirmed"]
    for actor in (pair.alfa, pair.beta):
        copy = actor.views(event)
        assert copy["info"] == f"[RETRACTED] {event['info']}"
        assert (copy["distribution"], copy["published"]) == (str(int(Distribution.ALL)), True)
        assert (copy["Object"], copy["EventReport"]) == ([], [])
        (left,) = copy["Attribute"]
        assert left["value"].startswith(f"RETRACTED by {pair.alfa.org_name} ")
        assert left["value"].endswith(": a false alarm; please delete")
    theirs = pair.beta.post(f"/events/view/{event['uuid']}", BOTH).json()["Event"]
    assert {a["value"] for a in theirs["Attribute"] if a["deleted"]} == {event["Attribute"][0]["value"]}
    assert [item["deleted"] for item in theirs["Object"]] == [True]


def test_the_ledger_tells_what_is_left_of_the_partners_copy(pair: Pair) -> None:
    event = _rich(pair)
    added = pair.beta.post(f"/attributes/add/{event['uuid']}", {"type": "domain", "value": f"{new_uuid()}.example"})
    assert added.status_code == 200, added.text
    _retracts(pair.alfa, event)
    eventually(lambda: _stages(pair.alfa, event) == ["by_mail"])
    (delivery,) = pair.alfa.get(f"/events/receipts/{event['uuid']}").json()["deliveries"]
    assert (delivery["state"], delivery["reason"]) == ("partial", "not_retracted")
    assert added.json()["Attribute"]["uuid"] in delivery["detail"]


def test_until_the_receipts_are_in_it_stays_as_far_as_it_went(pair: Pair) -> None:
    event = _rich(pair)
    pair.beta.server.stop()
    try:
        _retracts(pair.alfa, event)
        assert _stages(pair.alfa, event) == ["waiting"]
        narrower = {"distribution": "0", "published": True}
        assert pair.alfa.post(f"/events/unpublish/{event['uuid']}").status_code == 405
        assert pair.alfa.post(f"/events/edit/{event['uuid']}", narrower).status_code == 405
        assert pair.alfa.post(f"/events/delete/{event['uuid']}").status_code == 405
    finally:
        pair.beta.server.start()
    eventually(lambda: _state(pair.alfa, event)["settled"], within=15.0)
    assert pair.alfa.post(f"/events/unpublish/{event['uuid']}").status_code == 200


def test_who_fetched_it_is_to_be_asked(pair: Pair) -> None:
    event = _rich(pair)
    hub = add_actor(pair.alfa, "Hub", org_name="CSIRT Hub", role_id=SYNC_USER)
    assert hub.sees(event)
    hub.get(f"/events/view/{event['uuid']}")
    state = _state(pair.alfa, event)
    assert [one["organisation"] for one in state["to_be_asked"]] == ["CSIRT Hub"]
    assert (state["retracted"], state["may_have_spread"]) == (False, True)


def test_what_never_left_and_what_is_another_organisations_is_not_retracted(pair: Pair) -> None:
    draft = pair.alfa.adds_event(attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}])
    assert pair.alfa.post(f"/events/retract/{draft['uuid']}", {"reason": "x"}).status_code == 405
    foreign = pair.share()
    assert pair.beta.post(f"/events/retract/{foreign['uuid']}", {"reason": "x"}).status_code == 405
    assert pair.alfa.post(f"/events/retract/{foreign['uuid']}", {"reason": " "}).status_code == 403
    _retracts(pair.alfa, foreign)
    assert pair.alfa.post(f"/events/retract/{foreign['uuid']}", {"reason": "x"}).status_code == 405
    assert pair.alfa.post(f"/events/retract/{new_uuid()}", {"reason": "x"}).status_code == 404
