"""Notes and opinions as two MISPs were recorded, with our server in the place of the one that answered."""

from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.contract.conftest import Instance
from tests.contract.replay import OF_THE_CLOCK, assert_same_answer, assert_same_shape, replay
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]
OF_THEIR_ORG = {"*Org": "an organisation of ours", "*Orgc": "an organisation of ours", "*Orgc.type": ""}
OF_THE_RUN = OF_THE_CLOCK - {"uuid"} | {"authors"}


def _said(recordings: Recordings, name: str, to: str) -> list[Exchange]:
    found = [e for e in recordings.exchanges(name) if e.to == to and e.path.startswith("/analyst_data")]
    assert found
    return found


def _replayed(instance: Instance, exchange: Exchange, **more: Any) -> Any:
    ours = replay(instance.url, exchange, key=instance.key_for(exchange.headers.get("Authorization")))
    assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, **more)
    return ours.json()


def _item(instance: Instance, kind: str, uuid: str) -> Json:
    answer = instance.admin.get(f"/analyst_data/view/{kind}/{uuid}")
    assert answer.status_code == 200, answer.text
    item: Json = answer.json()[kind]
    return item


@pytest.fixture(scope="module")
def taken(instance_b: Instance, recordings: Recordings) -> list[Json]:
    """What a full push brings to B, twice: what it has it does not want again; the items that were sent."""
    exchanges = [*_said(recordings, "07d", "B"), *_said(recordings, "08c", "B")]
    for exchange in exchanges:
        _replayed(instance_b, exchange)
    return [e.body for e in exchanges if e.path.endswith("pushAnalystData")]


def test_b_takes_what_a_full_push_brings_as_it_was_sent(instance_b: Instance, taken: list[Json]) -> None:
    assert len(taken) == 3
    for body in taken:
        ((kind, sent),) = body.items()
        kept = _item(instance_b, kind, sent["uuid"])
        except_ = {**OF_THEIR_ORG, "_canEdit": "a site admin may", "id": "", "org_uuid": "who holds it here"}
        except_["_max_depth_reached"] = "of a view alone"
        assert_same_shape(sent, kept | {"id": ""} if "id" in sent else _without(kept, "id"), except_=except_)
        assert kept["locked"] is True
        assert kept["Orgc"]["name"] == "ORG_A"


def _without(item: Json, key: str) -> Json:
    return {name: value for name, value in item.items() if name != key}


def test_what_is_here_is_ignored_until_it_is_newer(instance_b: Instance, taken: list[Json]) -> None:
    pusher, note = instance_b.accounts["G6XQ0ejC"], taken[0]["Note"]
    again = pusher.post("/analyst_data/pushAnalystData", {"Note": note})
    assert (again.status_code, again.json()["message"]) == (
        403, "Analyst Data imported. 0 imported, 1 ignored, 0 failed. ",
    )  # fmt: skip
    newer = note | {"note": "changed there", "modified": "2030-01-01 00:00:00"}
    assert pusher.post("/analyst_data/pushAnalystData", {"Note": newer}).status_code == 200
    assert _item(instance_b, "Note", note["uuid"])["note"] == "changed there"


@pytest.mark.parametrize("change", [{"note": ""}, {"uuid": "x"}, {"object_type": "Nothing"}, {"distribution": "9"}])
def test_what_cannot_be_read_is_a_refusal_that_counts(instance_b: Instance, taken: list[Json], change: Json) -> None:
    body = {"Note": taken[0]["Note"] | {"uuid": new_uuid()} | change}
    answer = instance_b.accounts["G6XQ0ejC"].post("/analyst_data/pushAnalystData", body)
    assert answer.status_code == 403
    assert answer.json()["message"].endswith("1 failed. ")


def test_a_key_that_may_not_sync_is_refused_as_recorded(instance_b: Instance, recordings: Recordings) -> None:
    (offer,) = _said(recordings, "09-push-to-user-role-full", "B")
    _replayed(instance_b, offer)


def test_a_receivers_own_note_is_not_changed_by_a_partner(instance_b: Instance) -> None:
    uuid = new_uuid()
    own = instance_b.admin.post(f"/analyst_data/add/Note/{new_uuid()}/Event", {"uuid": uuid, "note": "ours"})
    item = own.json()["Note"]
    pusher = instance_b.accounts["G6XQ0ejC"]
    offer = {"Note": {uuid: "2030-01-01 00:00:00"}}
    assert pusher.post("/analyst_data/filterAnalystDataForPush", offer).json()["Note"] == []
    pushed = {"Note": item | {"note": "theirs", "modified": "2030-01-01 00:00:00"}}
    assert pusher.post("/analyst_data/pushAnalystData", pushed).status_code == 403
    assert _item(instance_b, "Note", uuid)["note"] == "ours"


def test_what_was_deleted_here_is_not_wanted_again(instance_b: Instance, taken: list[Json]) -> None:
    note = taken[2]["Note"]
    told = instance_b.admin.post(f"/analyst_data/delete/Note/{note['uuid']}").json()
    assert (told["success"], told["message"]) == (True, "Note deleted.")
    pusher = instance_b.accounts["G6XQ0ejC"]
    offer = {"Note": {note["uuid"]: "2030-01-01 00:00:00"}}
    assert pusher.post("/analyst_data/filterAnalystDataForPush", offer).json()["Note"] == []
    assert pusher.post("/analyst_data/pushAnalystData", {"Note": note}).status_code == 403
    assert instance_b.admin.get(f"/analyst_data/view/Note/{note['uuid']}").status_code == 404


def test_a_puller_gets_notes_as_a_misp_lists_them(instance_a: Instance, recordings: Recordings) -> None:
    listed, fetched = _said(recordings, "36c", "A")
    note = fetched.answer[0]["Note"]
    event = instance_a.admin.adds_event(uuid=note["object_uuid"], distribution=Distribution.ALL)
    wanted = {key: note[key] for key in ("uuid", "note", "language", "distribution")}
    added = instance_a.admin.post(f"/analyst_data/add/Note/{event['uuid']}/Event", wanted)
    assert added.status_code == 200, added.text
    _replayed(instance_a, fetched, except_=OF_THEIR_ORG)
    key = instance_a.key_for(listed.headers.get("Authorization"))
    ours = replay(instance_a.url, listed, key=key).json()
    assert ours["Note"][note["uuid"]] == added.json()["Note"]["modified"]
    nobody = instance_a.accounts["ImX7firE"].post("/analyst_data/indexMinimal", {"orgc_name": ["NOBODY"]})
    assert nobody.json() == []
    others = instance_a.accounts["ImX7firE"].post("/analyst_data/indexMinimal", {"orgc_name": ["!ORG_A"]})
    assert note["uuid"] not in str(others.json())


def test_an_event_shows_its_notes_where_a_misp_has_them(instance_a: Instance, recordings: Recordings) -> None:
    recorded = recordings.transcript("54")["outcome"]["after"]["A"]["Event"]
    opinion = recordings.transcript("07-push-rich")["outcome"]["after"]["A"]["Event"]["Attribute"][4]["Opinion"][0]
    event = instance_a.admin.adds_event(attributes=[{"type": "ip-dst", "value": "192.0.2.3", "uuid": new_uuid()}])
    attribute = event["Attribute"][0]["uuid"]
    instance_a.admin.post(f"/analyst_data/add/Note/{event['uuid']}/Event", _own(recorded["Note"][0], "note"))
    body = _own(opinion, "opinion") | {"comment": opinion["comment"]}
    instance_a.admin.post(f"/analyst_data/add/Opinion/{attribute}/Attribute", body)
    shown = instance_a.admin.views(event)
    run = OF_THE_RUN | {"uuid", "object_uuid"}
    assert_same_shape(recorded["Note"], shown["Note"], of_the_run=run, except_=OF_THEIR_ORG)
    assert_same_shape([opinion], shown["Attribute"][0]["Opinion"], of_the_run=run, except_=OF_THEIR_ORG)


def _own(item: Json, *names: str) -> Json:
    return {name: item[name] for name in ("distribution", *names)} | (
        {"language": item["language"]} if "language" in item else {}
    )
