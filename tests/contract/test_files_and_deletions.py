"""Recorded calls and conversations about files, objects, blocklists and deletions (samples 16j, 17, 20; 08, 17-43)."""

import base64
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from mispmini.domain.ids import new_uuid
from mispmini.domain.samples import PASSWORD
from tests.cast import assert_does_not_see
from tests.contract.conftest import ORG_C, Instance
from tests.contract.replay import (
    ANYTHING,
    OF_ANOTHER_ACCOUNT,
    OF_THE_CLOCK,
    Reasons,
    assert_same_answer,
    assert_same_shape,
    replay,
)
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]
OF_THE_RUN = OF_THE_CLOCK | OF_ANOTHER_ACCOUNT
INHERITS: Reasons = {"*Object.distribution": "RULES §7: a local author's object without a distribution inherits"}
NOT_KEPT: Reasons = {
    "*Galaxy": "MISP's galaxies are an extra",
    "*.GalaxyCluster": "MISP's galaxies are an extra",
    "Event.attribute_count": "an object without description is kept; a MISP drops it silently",
}
LISTS: dict[str, Reasons] = {
    "16j-attributes-index": {},
    "20j-eventBlocklists": {},
    "20k-orgBlocklists": {},
    "20p-eventReports-index": {},
}


def sent(instance: Instance, exchange: Exchange, words: dict[str, str] | None = None) -> Any:
    """The recorded call, sent to ours."""
    key = instance.key_for(exchange.headers.get("Authorization"))
    return replay(instance.url, exchange, key=key, words=words or {})


@pytest.fixture
def event(instance_a: Instance) -> Iterator[Json]:
    """An event with a report, deleted again."""
    report = {"name": "Report one", "content": "# Title", "distribution": "5"}
    made = instance_a.admin.adds_event(
        attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}], EventReport=[report]
    )
    yield made
    instance_a.admin.deletes(made)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_items_of_the_recorded_shape(
    instance_a: Instance, recordings: Recordings, event: Json, name: str
) -> None:
    gone = instance_a.admin.adds_event()
    instance_a.admin.deletes(gone)
    instance_a.admin.post("/orgBlocklists/add", {"uuids": [new_uuid()], "org_name": "Acme Finance", "comment": "c"})
    exchange = recordings.call(name)
    ours = sent(instance_a, exchange)
    assert ours.status_code == 200
    assert ours.json()
    for item in ours.json():
        assert_same_shape(exchange.answer[0], item, of_the_run=ANYTHING, except_=LISTS[name])


def test_an_object_is_viewed_as_it_was(instance_a: Instance, recordings: Recordings, event: Json) -> None:
    exchange = recordings.call("17-objects-view")
    recorded = exchange.answer["Object"]
    obj = recorded | {"uuid": new_uuid(), "Attribute": [one | {"uuid": new_uuid()} for one in recorded["Attribute"]]}
    made = instance_a.admin.post(f"/objects/add/{event['id']}", obj).json()["Object"]
    ours = sent(instance_a, exchange, {"3": made["id"]})
    of_the_event: Reasons = {"Object.Event.info": "another event", "Object.ObjectReference": "absent there without any"}
    assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, except_=of_the_event)


def test_an_object_is_added_by_a_template_in_the_path(
    instance_a: Instance, recordings: Recordings, event: Json
) -> None:
    exchange = recordings.call("17c-objects-add")
    ours = sent(instance_a, exchange, {"55": event["id"]})
    assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, except_=INHERITS)


def test_a_pushed_sample_is_stored_and_given_out_byte_for_byte(instance_b: Instance, recordings: Recordings) -> None:
    add = next(e for e in recordings.exchanges("08") if e.path.startswith("/events/add"))
    pushed = add.body["Event"]
    if not instance_b.admin.sees(pushed):
        assert_same_answer(
            add, sent(instance_b, add), except_={**NOT_KEPT, "Event.RelatedEvent*": "other tests use its values"}
        )
    ours = instance_b.admin.views(pushed)
    before, after = (_sample(one) for one in (pushed, ours))
    assert (after["value"], after["data"]) == (before["value"], before["data"])
    file = instance_b.admin.get(f"/attributes/downloadAttachment/download/{after['id']}").content
    assert file == base64.b64decode(before["data"])
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert archive.read(archive.namelist()[0], pwd=PASSWORD) == b"Hello World"
    described = {obj["uuid"] for obj in pushed["Object"]}
    assert {obj["uuid"] for obj in ours["Object"]} == described
    for obj in pushed["Object"]:
        mine = next(one for one in ours["Object"] if one["uuid"] == obj["uuid"])
        assert {_content(one) for one in mine["Attribute"]} == {_content(one) for one in obj["Attribute"]}
        assert {_target(one) for one in mine["ObjectReference"]} == {_target(one) for one in obj["ObjectReference"]}


def _sample(event: Json) -> Json:
    found: Json = next(one for one in event["Attribute"] if one["type"] == "malware-sample")
    return found


def _content(attribute: Json) -> tuple[str, ...]:
    return tuple(attribute[key] for key in ("uuid", "object_relation", "type", "value", "distribution"))


def _target(reference: Json) -> tuple[str, ...]:
    return tuple(reference[key] for key in ("uuid", "referenced_uuid", "relationship_type"))


def test_events_of_a_blocked_organisation_are_absent_and_then_refused(
    instance_b: Instance, recordings: Recordings
) -> None:
    look, add = [e for e in recordings.exchanges("20") if e.path.startswith("/events/")]
    creator = add.body["Event"]["Orgc"]
    assert creator["name"] == ORG_C[0]
    instance_b.admin.post("/orgBlocklists/add", {"uuids": [creator["uuid"]], "org_name": creator["name"]})
    try:
        for exchange in (look, add):
            assert_same_answer(exchange, sent(instance_b, exchange), except_={"errors": "RULES §10.10: which rule"})
        assert_does_not_see(instance_b.admin, add.body["Event"])
    finally:
        instance_b.admin.post(f"/orgBlocklists/delete/{creator['uuid']}")


def test_what_lies_in_the_trash_gives_its_uuids_up(instance_a: Instance) -> None:
    inside = {"uuid": new_uuid(), "type": "domain", "value": f"{new_uuid()}.example", "object_relation": "domain"}
    obj = {
        "uuid": new_uuid(),
        "name": "domain-ip",
        "meta-category": "network",
        "description": "x",
        "Attribute": [inside],
    }
    parts = {
        "Attribute": [{"uuid": new_uuid(), "type": "domain", "value": f"{new_uuid()}.example"}],
        "Object": [obj],
        "EventReport": [{"uuid": new_uuid(), "name": "Report", "content": "x"}],
    }
    first = instance_a.admin.post("/events/add", {"Event": {"info": "First"} | parts}).json()["Event"]
    instance_a.admin.deletes(first)
    again = instance_a.admin.post("/events/add", {"Event": {"info": "Again"} | parts}).json()
    assert "errors" not in again
    assert [len(again["Event"][kind]) for kind in parts] == [1, 1, 1]
    assert again["Event"]["Object"][0]["Attribute"][0]["uuid"] == inside["uuid"]
