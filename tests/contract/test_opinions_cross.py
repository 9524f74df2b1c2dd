"""Two live servers: sightings and proposals go both ways by themselves, and come back to whose event it is."""

import base64
from collections.abc import Iterator

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json
from tests.contract.pair import Pair, linked_pair
from tests.live import eventually


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Both show sightings to everybody."""
    with linked_pair(push_sightings=True) as two:
        for admin in (two.alfa, two.beta):
            told = admin.post("/servers/serverSettingsEdit/Plugin.Sightings_policy", {"value": 2})
            assert told.status_code == 200, told.text
        yield two


def _sights(actor: Actor, event: Json, source: str) -> None:
    answer = actor.post("/sightings/add", {"value": event["Attribute"][0]["value"], "source": source})
    assert answer.status_code == 200, answer.text


def _seen(actor: Actor, event: Json) -> set[str]:
    return {s["source"] for a in actor.views(event)["Attribute"] for s in a.get("Sighting", ())}


def test_what_is_sighted_at_the_receiver_comes_back_to_the_owner_at_once(pair: Pair) -> None:
    event = pair.share()
    _sights(pair.bert, event, "bert's sensor")
    assert pair.bert.post(f"/events/publishSightings/{event['uuid']}").status_code == 200
    eventually(lambda: _seen(pair.alfa, event) == {"bert's sensor"})
    (found,) = [a["Sighting"] for a in pair.alfa.views(event)["Attribute"]]
    assert found[0]["Organisation"]["uuid"] == pair.bert.org_uuid


def test_what_the_owner_sights_is_pulled_when_it_moved(pair: Pair) -> None:
    event = pair.share()
    _sights(pair.alfa, event, "alfa's sensor")
    counts = [pair.beta.post(f"/servers/pull/{pair.to_alfa}/full").json()["message"] for _ in range(2)]
    assert "1 sightings pulled" in counts[0]
    assert "0 sightings pulled" in counts[1]
    assert _seen(pair.beta, event) == {"alfa's sensor"}


@pytest.mark.parametrize("way", ["push", "pull"])
def test_a_proposal_reaches_the_owner_who_accepts_it(pair: Pair, way: str) -> None:
    event = pair.share()
    value = f"{new_uuid()}.example"
    made = pair.bert.post(f"/shadow_attributes/add/{event['uuid']}", {"type": "domain", "value": value})
    assert made.json()["ShadowAttribute"]["Org"]["uuid"] == pair.bert.org_uuid
    if way == "push":
        assert pair.beta.post(f"/servers/push/{pair.to_alfa}/full").status_code == 200
    else:
        told = pair.alfa.post(f"/servers/pull/{pair.to_beta}/full").json()["message"]
        assert ", 0 proposals" not in told
    (proposal,) = pair.alfa.views(event)["ShadowAttribute"]
    assert proposal["value"] == value
    answer = pair.alfa.post(f"/shadow_attributes/accept/{proposal['id']}")
    assert answer.json()["message"] == "Proposed change accepted."
    changed = pair.alfa.views(event)
    assert changed["Attribute"][-1]["value"] == value
    assert changed["published"] is False, "a draft again (MODEL §7.12)"


@pytest.mark.parametrize("way", ["push", "pull"])
def test_a_proposed_file_reaches_the_owner_who_accepts_it(pair: Pair, way: str) -> None:
    event = pair.share()
    file = {"type": "malware-sample", "value": "a.exe", "data": base64.b64encode(b"MZ").decode(), "encrypt": 1}
    made = pair.bert.post(f"/shadow_attributes/add/{event['uuid']}", file).json()["ShadowAttribute"]
    for _ in range(2):
        if way == "push":
            assert pair.beta.post(f"/servers/push/{pair.to_alfa}/full").status_code == 200
        else:
            assert pair.alfa.post(f"/servers/pull/{pair.to_beta}/full").status_code == 200
    (proposal,) = pair.alfa.views(event)["ShadowAttribute"]
    assert (proposal["uuid"], proposal["value"], proposal["data"]) == (made["uuid"], made["value"], made["data"])
    shown = pair.alfa.get(f"/shadow_attributes/download/{proposal['id']}").content
    assert shown == base64.b64decode(made["data"])
    assert pair.alfa.post(f"/shadow_attributes/accept/{proposal['id']}").status_code == 200
    (taken,) = (one for one in pair.alfa.views(event)["Attribute"] if one["uuid"] == made["uuid"])
    assert taken["data"] == made["data"]


def test_another_file_for_an_attribute_crosses_and_takes_the_place_of_the_one_there(pair: Pair) -> None:
    file = {"type": "attachment", "value": "a.pdf", "data": base64.b64encode(b"first").decode(), "uuid": new_uuid()}
    event = pair.alfa.adds_event(distribution=Distribution.ALL, attributes=[file])
    pair.alfa.publishes(event)
    eventually(lambda: pair.beta.sees(event))
    second = base64.b64encode(b"second").decode()
    assert pair.bert.post(f"/shadow_attributes/edit/{file['uuid']}", {"data": second}).status_code == 200
    assert pair.beta.post(f"/servers/push/{pair.to_alfa}/full").status_code == 200
    (attribute,) = pair.alfa.views(event)["Attribute"]
    assert [attribute["data"], attribute["ShadowAttribute"][0]["data"]] == [file["data"], second]
    accepted = pair.alfa.post(f"/shadow_attributes/accept/{attribute['ShadowAttribute'][0]['id']}")
    assert accepted.status_code == 200
    assert pair.alfa.views(event)["Attribute"][0]["data"] == second


def test_a_user_of_another_organisation_may_propose_and_not_edit(pair: Pair) -> None:
    event = pair.share()
    theirs = pair.bert.views(event)["Attribute"][0]
    refused = pair.bert.post(f"/attributes/edit/{theirs['id']}", {"comment": "better"})
    assert (refused.status_code, refused.json()["message"]) == (403, "You do not have permission to do that.")
    made = pair.bert.post(f"/shadow_attributes/edit/{theirs['id']}", {"comment": "better"}).json()["ShadowAttribute"]
    assert (made["old_id"], made["comment"], made["value"]) == (theirs["id"], "better", theirs["value"])
    deleted = pair.bert.post(f"/shadow_attributes/delete/{theirs['id']}").json()
    assert (deleted["saved"], deleted["success"]) == (True, True)
    refused = pair.bert.post(f"/shadow_attributes/accept/{made['id']}")
    assert refused.status_code == 405
    discarded = pair.bert.post(f"/shadow_attributes/discard/{made['id']}")
    assert discarded.json()["message"] == "Proposal discarded."


BAD: tuple[tuple[str, object, int], ...] = (
    ("/sightings/add", {"id": "0", "type": "9"}, 403),
    ("/sightings/add", {"value": "x", "timestamp": "yesterday-ish"}, 403),
    ("/sightings/add", {"value": "x", "date": "2026-99-01"}, 403),
    ("/sightings/add", [1, None, "x"], 200),
    ("/sightings/restSearch", {"type": "9"}, 403),
    ("/sightings/restSearch/event", {}, 400),
    ("/sightings/restSearch/nonsense", {"id": 1}, 400),
    ("/sightings/restSearch", {"returnFormat": "yara"}, 404),
    ("/sightings/listSightings", {}, 405),
    ("/sightings/delete/0", {}, 404),
    ("/sightings/bulkSaveSightings/0", [], 405),
    ("/sightings/filterSightingUuidsForPush/x", [1], 404),
    ("/shadow_attributes/add/0", {"type": "domain", "value": "x"}, 404),
    ("/shadow_attributes/edit/0", {"value": "x"}, 404),
    ("/shadow_attributes/accept/0", {}, 405),
    ("/shadow_attributes/discard/0", {}, 404),
    ("/events/publishSightings/0", {}, 404),
)


@pytest.mark.parametrize(("path", "body", "status"), BAD, ids=[f"{path} {body}" for path, body, _ in BAD])
def test_bad_input_is_refused_in_json(pair: Pair, path: str, body: object, status: int) -> None:
    answer = pair.alfa.server.request("POST", path, body)
    assert answer.status_code == status, answer.text
    assert answer.json()


def test_a_proposal_that_does_not_fit_is_refused_in_misps_words(pair: Pair) -> None:
    event = pair.alfa.adds_event()
    answer = pair.alfa.post(f"/shadow_attributes/add/{event['id']}", {"type": "ip-dst", "value": "no address"})
    assert answer.status_code == 404
    assert answer.json()["message"].startswith("Could not save the proposal. Errors: [value]: ")


def test_sightings_are_exported_as_csv(pair: Pair) -> None:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    event = pair.alfa.adds_event(attributes=[attribute])
    _sights(pair.alfa, event, 'a "quoted", source')
    wanted = {"returnFormat": "csv", "uuid": event["uuid"], "includeUuid": True}
    lines = pair.alfa.post("/sightings/restSearch/event", wanted).text.splitlines()
    assert lines[0].startswith("id,attribute_id,event_id,org_id,date_sighting,uuid,source,type,value,attribute_uuid")
    assert '"a ""quoted"", source",0,' in lines[1]
    assert lines[1].endswith(f'"{event["uuid"]}"')
