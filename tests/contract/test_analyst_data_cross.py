"""Two live servers: notes and opinions reach the other side with a full push and with a pull, and come back."""

from collections.abc import Iterator

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json
from tests.contract.pair import Pair, linked_pair

D = Distribution


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Both push and pull."""
    with linked_pair(push_analyst_data=True) as two:
        yield two


def _says(actor: Actor, note: str, about: str, object_type: str, level: D = D.ALL) -> Json:
    answer = actor.post(f"/analyst_data/add/Note/{about}/{object_type}", {"note": note, "distribution": int(level)})
    assert answer.status_code == 200, answer.text
    item: Json = answer.json()["Note"]
    return item


def test_a_full_push_brings_notes_and_the_answers_to_them(pair: Pair) -> None:
    event = pair.share()
    note = _says(pair.alfa, "of the event", event["uuid"], "Event", D.CONNECTED)
    _says(pair.alfa, "an answer", note["uuid"], "Note")
    _says(pair.alfa, "of the attribute", event["Attribute"][0]["uuid"], "Attribute")
    _says(pair.alfa, "for us alone", event["uuid"], "Event", D.COMMUNITY)
    assert "Note" not in pair.beta.views(event)
    assert pair.alfa.post(f"/servers/push/{pair.to_beta}/full").status_code == 200
    shown = pair.beta.views(event)
    assert [(n["note"], n["distribution"], n["locked"]) for n in shown["Note"]] == [("of the event", "1", True)]
    assert [n["note"] for n in shown["Note"][0]["Note"]] == ["an answer"]
    assert [n["note"] for n in shown["Attribute"][0]["Note"]] == ["of the attribute"]
    assert shown["Note"][0]["Orgc"]["uuid"] == pair.alfa.org_uuid


def test_a_changed_note_replaces_the_one_over_there(pair: Pair) -> None:
    event = pair.share()
    note = _says(pair.alfa, "first", event["uuid"], "Event")
    pair.alfa.post(f"/servers/push/{pair.to_beta}/full")
    answer = pair.alfa.post(f"/analyst_data/edit/Note/{note['id']}", {"note": "second"})
    assert answer.json()["Note"]["modified"] > note["modified"]
    assert pair.alfa.post(f"/servers/push/{pair.to_beta}/full").status_code == 200
    assert [n["note"] for n in pair.beta.views(event)["Note"]] == ["second"]


def test_a_pull_brings_notes_and_says_how_many(pair: Pair) -> None:
    event = pair.share()
    _says(pair.bert, "what Bert thinks", event["uuid"], "Event")
    counts = [pair.alfa.post(f"/servers/pull/{pair.to_beta}/full").json()["message"] for _ in range(2)]
    assert "1 analyst data pulled." in counts[0]
    assert "0 analyst data pulled." in counts[1]
    (note,) = pair.alfa.views(event)["Note"]
    assert (note["note"], note["locked"], note["Orgc"]["name"]) == ("what Bert thinks", True, "CSIRT Bert")


def test_notes_inside_a_pulled_event_are_kept_and_lowered(pair: Pair) -> None:
    attribute = {"type": "domain", "value": f"{new_uuid()}.example"}
    event = pair.bert.adds_event(distribution=D.COMMUNITY, attributes=[attribute])
    _says(pair.bert, "inside", event["uuid"], "Event", D.CONNECTED)
    assert pair.bert.post(f"/events/publish/{event['uuid']}").status_code == 200
    told = pair.alfa.post(f"/servers/pull/{pair.to_beta}/{event['uuid']}").json()["message"]
    assert told.startswith("Pull completed. 1 events pulled")
    shown = pair.alfa.views(event)
    assert [(n["note"], n["distribution"], n["locked"]) for n in shown["Note"]] == [("inside", "1", True)]
