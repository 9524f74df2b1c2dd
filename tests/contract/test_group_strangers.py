"""What somebody who holds an event, but left its sharing group, is shown of the group: its uuid (MODEL §6.2)."""

from dataclasses import dataclass
from typing import Any

import pytest
from pymisp import MISPEvent, PyMISP

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.calling import call
from tests.cast import Actor, Json, add_actor

ORG_ADMIN = 2
NAME = f"group{new_uuid()[:8]}"


@dataclass(frozen=True, slots=True)
class Left:
    """An event of Olga's in a group that she is no longer in, and the group's uuid."""

    olga: Actor
    event: Json
    uuid: str


@pytest.fixture(scope="module")
def left(dora: Actor, charlie: Actor) -> Left:
    olga = add_actor(dora, f"Olga-{new_uuid()[:8]}", org_name=f"CSIRT {new_uuid()[:8]}", role_id=ORG_ADMIN)
    made = {"name": NAME, "description": NAME, "releasability": NAME}
    group = dora.post("/sharing_groups/add", made).json()["SharingGroup"]
    for member in (olga, charlie):
        dora.post(f"/sharing_groups/addOrg/{group['id']}/{member.org_id}")
    in_group = {"distribution": int(Distribution.SHARING_GROUP), "sharing_group_id": group["id"]}
    event = olga.adds_event(
        **in_group,
        attributes=[{"type": "domain", "value": f"{new_uuid()}.example", **in_group}],
        EventReport=[{"name": "r", "content": "c", **in_group}],
    )
    assert event["SharingGroup"]["name"] == NAME
    note = {"note": "n", **in_group}
    assert (
        olga.post(f"/analyst_data/add/Note/{event['uuid']}/Event", note).json()["Note"]["SharingGroup"]["name"] == NAME
    )
    dora.post(f"/sharing_groups/removeOrg/{group['id']}/{olga.org_id}")
    return Left(olga, event, group["uuid"])


@pytest.mark.parametrize(
    "path",
    ["/events/view/{uuid}", "/events/index", "/events/view/{uuid}/extended:1", "/events/restSearch/eventid:{uuid}",
     "/attributes/restSearch/eventid:{uuid}/includeContext:1", "/event_reports/index/event_id:{id}",
     "/events/index.csv", "/analyst_data/index/Note", "/events/restSearch/returnFormat:stix2/eventid:{uuid}",
     "/events/restSearch/returnFormat:xml/eventid:{uuid}", "/attributes/view/{attribute}",
     "/eventReports/view/{report}"],
)  # fmt: skip
def test_programs_are_told_the_uuid_alone(left: Left, charlie: Actor, path: str) -> None:
    parts = {"attribute": left.event["Attribute"][0]["uuid"], "report": left.event["EventReport"][0]["uuid"]}
    answer = left.olga.get(path.format(**left.event | parts))
    assert answer.status_code == 200, answer.text
    assert NAME not in answer.text
    if "json" in answer.headers["Content-Type"]:
        assert all(group in ({"uuid": left.uuid}, []) for group in _groups_in(answer.json()))


def _groups_in(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [group for one in value for group in _groups_in(one)]
    if not isinstance(value, dict):
        return []
    own = [value["SharingGroup"]] if "SharingGroup" in value else []
    return own + [group for one in value.values() for group in _groups_in(one)]


def test_it_is_there_for_who_is_in_it(left: Left, charlie: Actor, dora: Actor) -> None:
    assert left.olga.views(left.event)["SharingGroup"] == {"uuid": left.uuid}
    for member in (charlie, dora):
        whole = member.views(left.event)
        for one in (whole, whole["Attribute"][0], whole["EventReport"][0], whole["Note"][0]):
            assert one["SharingGroup"]["name"] == NAME
        assert {item["Organisation"]["name"] for item in whole["SharingGroup"]["SharingGroupOrg"]} >= {charlie.org_name}


@pytest.mark.parametrize(
    "path",
    ["/events/view/{uuid}", "/events/index", "/events/publish/{uuid}", "/events/view/{uuid}?tab=sharing",
     "/events/view/{uuid}?tab=reports", "/events/view/{uuid}?tab=history", "/events/edit/{id}"],
)  # fmt: skip
def test_pages_show_the_uuid_where_the_name_stood(left: Left, charlie: Actor, path: str) -> None:
    headers = {"Authorization": left.olga.key, "Accept": "text/html"}
    page = call("GET", f"{left.olga.server.url}{path.format(**left.event)}", headers=headers)
    assert page.status_code == 200
    assert NAME not in page.text
    assert charlie.org_name not in page.text


def test_pymisp_reads_it(left: Left) -> None:
    event = PyMISP(left.olga.server.url, left.olga.key).get_event(left.event["uuid"], pythonify=True)
    assert isinstance(event, MISPEvent)
    assert event.SharingGroup.uuid == left.uuid
