"""Sightings and proposals as two MISPs were recorded, with our server in the place of the one that answered."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor
from tests.contract.conftest import Instance
from tests.contract.replay import OF_ANOTHER_ACCOUNT, OF_THE_CLOCK, assert_same_answer, assert_same_shape, replay
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]
OF_THE_RUN = OF_THE_CLOCK | OF_ANOTHER_ACCOUNT | {"attribute_id", "date_sighting", "attribute_uuid"}
SYNC_OF_A, SYNC_OF_B = "G6XQ0ejC", "ImX7firE"


ORGANISATIONS = ("11111111", "22222222", "33333333")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _sent(recordings: Recordings, name: str, path: str, to: str) -> list[Exchange]:
    """The recorded requests, with uuids of our own: other tests replay the same events on the same instances."""
    found = [e for e in recordings.exchanges(name) if e.to == to and e.path.startswith(path)]
    return [replace(e, path=_ours(e.path), body=_renamed(e.body), answer=_renamed(e.answer)) for e in found]


def _renamed(value: Any) -> Any:
    return json.loads(_ours(json.dumps(value)))


def _ours(text: str) -> str:
    return UUID.sub(lambda found: found[0] if found[0].startswith(ORGANISATIONS) else _other(found[0]), text)


def _other(uuid: str) -> str:
    return str(uuid5(NAMESPACE_DNS, uuid))


def _uuid_in(path: str) -> str:
    return path.rpartition("/")[2]


def _event_with(actor: Actor, uuid: str, attributes: Mapping[str, str]) -> Json:
    """An event of the actor with these attributes: values by uuid; one that is here already is taken."""
    if actor.sees({"uuid": uuid}):
        return actor.views({"uuid": uuid})
    made = [{"uuid": key, "type": "ip-dst", "value": value} for key, value in attributes.items()]
    return actor.adds_event(uuid=uuid, distribution=Distribution.ALL, attributes=made)


def _replayed(instance: Instance, exchange: Exchange, words: Mapping[str, str] | None = None) -> Any:
    key = instance.key_for(exchange.headers.get("Authorization"))
    ours = replay(instance.url, exchange, key=key, words=words)
    assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, words=words)
    return ours.json() if ours.text else None


def _sightings_of(actor: Actor, event: Json) -> list[Json]:
    found: list[Json] = actor.get(f"/sightings/index/{event['id']}").json()
    return found


def test_b_takes_pushed_sightings_and_says_which_it_had(instance_b: Instance, recordings: Recordings) -> None:
    (save,) = _sent(recordings, "08b", "/sightings/bulkSaveSightings/", "B")
    (offer,) = _sent(recordings, "08b", "/sightings/filterSightingUuidsForPush/", "B")
    pusher, uuid = instance_b.accounts[SYNC_OF_A], _uuid_in(save.path)
    event = _event_with(pusher, uuid, {item["attribute_uuid"]: "192.0.2.5" for item in save.body})
    known = [save.body[0] | {"uuid": each} for each in offer.answer]
    assert pusher.post(save.path, known).json() == {"saved": True, "success": "2 sightings added."}
    answered = pusher.post(offer.path, offer.body).json()
    assert sorted(answered) == sorted(offer.answer)
    _replayed(instance_b, save)
    assert pusher.post(save.path, save.body).json() == {"saved": False, "success": "No sightings added."}
    kept = next(s for s in _sightings_of(instance_b.admin, event) if s["uuid"] == save.body[0]["uuid"])
    assert_same_shape(save.body[0], kept, of_the_run={"id", "attribute_id", "event_id", "org_id"})
    listed = pusher.post("/events/index", {"minimal": 1, "eventid": [uuid]}).json()
    assert int(listed[0]["sighting_timestamp"]) > 0


def test_the_sightings_of_a_full_push_are_taken(instance_b: Instance, recordings: Recordings) -> None:
    (offer,) = _sent(recordings, "08c", "/sightings/filterSightingUuidsForPush/", "B")
    (save,) = _sent(recordings, "08c", "/sightings/bulkSaveSightings/", "B")
    targets = {item["attribute_uuid"]: f"198.51.100.{place}" for place, item in enumerate(save.body, 1)}
    event = _event_with(instance_b.accounts[SYNC_OF_A], _uuid_in(save.path), targets)
    for uuid in targets.keys() - {attribute["uuid"] for attribute in event["Attribute"]}:
        instance_b.accounts[SYNC_OF_A].post(
            f"/attributes/add/{event['id']}", {"uuid": uuid, "type": "ip-dst", "value": targets[uuid]}
        )
    assert _replayed(instance_b, offer) == []
    _replayed(instance_b, save)
    assert {s["uuid"] for s in _sightings_of(instance_b.admin, event)} >= {item["uuid"] for item in save.body}


def test_the_proposals_of_a_full_push_are_taken_once(instance_b: Instance, recordings: Recordings) -> None:
    pushed = _sent(recordings, "08c", "/events/pushProposals/", "B")[-1]
    pusher = instance_b.accounts[SYNC_OF_A]
    event = _event_with(pusher, _uuid_in(pushed.path), {pushed.body[0]["uuid"]: "192.0.2.4"})
    if pushed.body[0]["uuid"] not in {attribute["uuid"] for attribute in event["Attribute"]}:
        wanted = {"uuid": pushed.body[0]["uuid"], "type": "ip-dst", "value": "192.0.2.4"}
        assert pusher.post(f"/attributes/add/{event['id']}", wanted).status_code == 200
    _replayed(instance_b, pushed)
    again = pusher.post(pushed.path, pushed.body).json()
    assert again == {"success": True, "message": "Nothing to update.", "counter": 0}
    shown = instance_b.admin.views(event)
    theirs = _renamed(recordings.transcript("08c")["outcome"]["after"]["B"]["Event"])
    assert shown["proposal_email_lock"] is theirs["proposal_email_lock"]
    assert_same_shape(theirs["ShadowAttribute"], shown["ShadowAttribute"], of_the_run=OF_THE_RUN | {"old_id"})
    changed = next(a for a in shown["Attribute"] if a["uuid"] == pushed.body[0]["uuid"])
    recorded = next(a for a in theirs["Attribute"] if a["uuid"] == pushed.body[0]["uuid"])
    assert_same_shape(recorded["ShadowAttribute"], changed["ShadowAttribute"], of_the_run=OF_THE_RUN | {"old_id"})


def test_the_owner_takes_a_proposal_that_a_partner_pushes_back(instance_a: Instance, recordings: Recordings) -> None:
    pushed = next(e for e in _sent(recordings, "27", "/events/pushProposals/", "A") if e.answer["counter"])
    event = _event_with(instance_a.admin, _uuid_in(pushed.path), {new_uuid(): "100.66.0.7"})
    _replayed(instance_a, pushed)
    (shown,) = instance_a.admin.views(event)["ShadowAttribute"]
    assert (shown["value"], shown["Org"]["name"]) == ("100.66.0.200", "ORG_B")
    missing = instance_a.accounts[SYNC_OF_B].post(f"/events/pushProposals/{new_uuid()}", pushed.body)
    assert missing.json() == {"success": False, "message": "Event not found.", "counter": 0}


@pytest.mark.parametrize("name", ["36", "36b"])
def test_a_puller_gets_proposals_as_a_misp_lists_them(instance_a: Instance, recordings: Recordings, name: str) -> None:
    (asked,) = _sent(recordings, name, "/shadow_attributes/index/", "A")
    for item in (i["ShadowAttribute"] for i in reversed(asked.answer)):
        _stand(instance_a, item)
    key = instance_a.key_for(asked.headers.get("Authorization"))
    ours = {i["ShadowAttribute"]["uuid"]: i for i in replay(instance_a.url, asked, key=key).json()}
    for recorded in asked.answer:
        uuid = recorded["ShadowAttribute"]["uuid"]
        except_ = {"*org_uuid": "made by others here", "*Org": "made by others here"}
        assert_same_shape(recorded, ours[uuid], of_the_run=OF_THE_RUN | {"old_id"}, except_=except_)


def _stand(instance: Instance, item: Json) -> None:
    """Have the recorded proposal here: pushed by the partner, as it then was."""
    old = {item["old_uuid"]: "192.0.2.4"} if "old_uuid" in item else {}
    event = _event_with(instance.admin, item["event_uuid"], old or {new_uuid(): "192.0.2.77"})
    if old and item["old_uuid"] not in {attribute["uuid"] for attribute in event["Attribute"]}:
        wanted = {"uuid": item["old_uuid"], "type": "ip-dst", "value": "192.0.2.4"}
        assert instance.admin.post(f"/attributes/add/{event['id']}", wanted).status_code == 200
    instance.accounts[SYNC_OF_B].post(f"/events/pushProposals/{item['event_uuid']}", [item])


def test_a_puller_gets_sightings_as_a_misp_finds_them(instance_a: Instance, recordings: Recordings) -> None:
    (asked,) = _sent(recordings, "36b", "/sightings/restSearch/event", "A")
    (recorded,) = (item["Sighting"] for item in asked.answer["response"])
    event = _event_with(instance_a.admin, recorded["event_uuid"], {recorded["attribute_uuid"]: recorded["value"]})
    partner, admin = instance_a.accounts[SYNC_OF_B], instance_a.admin
    hidden = partner.post(asked.path, asked.body).json()
    bulk = f"/sightings/bulkSaveSightings/{event['uuid']}"
    assert admin.post(bulk, [recorded]).json() == {"saved": True, "success": "1 sightings added."}
    assert hidden == partner.post(asked.path, asked.body).json() == {"response": []}
    found = admin.post(asked.path, asked.body).json()
    assert_same_shape(asked.answer, found, of_the_run=OF_THE_RUN)


def test_samples_of_sightings_are_answered_as_a_misp_did(instance_a: Instance, recordings: Recordings) -> None:
    attribute = {"type": "ip-dst", "value": "192.0.2.150"}
    event = instance_a.admin.adds_event(attributes=[attribute])
    words = {"55": event["id"]}
    add = recordings.call("18-sightings-add")
    _replayed(instance_a, add, words)
    ours = _replayed(instance_a, recordings.call("18b"), words)
    assert [one["attribute_uuid"] for one in ours] == [event["Attribute"][0]["uuid"]]
    _replayed(instance_a, recordings.call("18c"), words)
    _replayed(instance_a, recordings.call("18d"), words)


def test_the_sample_list_of_proposals_has_our_shape(instance_a: Instance, recordings: Recordings) -> None:
    call = recordings.call("20g")
    event = instance_a.admin.adds_event(attributes=[{"type": "ip-dst", "value": "192.0.2.44"}])
    instance_a.admin.post(
        f"/shadow_attributes/add/{event['id']}", {"type": "ip-dst", "value": "100.66.0.200", "comment": "new"}
    )
    wanted = {"value": "192.0.2.45", "comment": "edit"}
    instance_a.admin.post(f"/shadow_attributes/edit/{event['Attribute'][0]['uuid']}", wanted)
    ours = replay(instance_a.url, call, key=instance_a.admin.key)
    assert ours.status_code == call.status
    fresh, change = [item for item in ours.json() if item["ShadowAttribute"]["event_id"] == event["id"]]
    texts = {"comment", "value", "old_id", "old_uuid", "org_uuid", "name"}
    recorded = {bool(int(item["ShadowAttribute"]["old_id"])): item for item in call.answer}
    assert_same_shape(recorded[False], fresh, of_the_run=OF_THE_RUN | texts)
    assert_same_shape(recorded[True], change, of_the_run=OF_THE_RUN | texts)
