"""What each verb does to its event's timestamp and mark of publication (MODEL §7.12), told over REST."""

from typing import NamedTuple

import pytest

from mispmini.domain.ids import new_uuid
from tests.contract.rest_rows import Json, Scene
from tests.contract.workshop import new_object


class Mark(NamedTuple):
    """A verb on a published event: what it makes of the mark, and whether the event is newer with it."""

    asked: str
    body: Json
    published: bool
    newer: bool

    def __str__(self) -> str:
        return self.asked


def changes(asked: str, body: Json = None) -> Mark:
    """A verb that partners have to hear of: the event is newer, and unpublished."""
    return Mark(asked, body, published=False, newer=True)


def leaves(asked: str, body: Json = None) -> Mark:
    """A verb that leaves the event as it is."""
    return Mark(asked, body, published=True, newer=False)


FRESH = {"type": "domain", "value": "<new>.example"}
MARKS = (
    changes("POST /attributes/add/<event>", FRESH),
    changes("POST /attributes/edit/<attribute>", {"comment": "c"}),
    changes("POST /attributes/delete/<attribute>"),
    changes("POST /attributes/delete/<attribute>/1"),
    changes("POST /objects/add/<event>", new_object()),
    changes("POST /objects/edit/<object>", {"comment": "c"}),
    changes("POST /objects/delete/<object>"),
    changes("POST /object_references/add", {"object_uuid": "<object>", "referenced_uuid": "<attribute>", "relationship_type": "x"}),
    changes("POST /event_reports/add/<event>", {"name": "n"}),
    changes("POST /event_reports/edit/<report>", {"name": "n"}),
    changes("POST /event_reports/delete/<report>"),
    changes("POST /shadow_attributes/accept/<proposal>"),
    changes("POST /events/addTag/<event>", {"tag": "<tag>"}),
    changes("POST /attributes/addTag/<attribute>", {"tag": "<tag>"}),
    changes("POST /tags/attachTagToObject", {"uuid": "<attribute>", "tag": "<tag>"}),
    changes("POST /events/edit/<event>", {"info": "x"}),
    Mark("POST /events/edit/<event>", {"info": "x", "published": True}, published=True, newer=True),
    Mark("POST /events/unpublish/<event>", None, published=False, newer=False),
    leaves("POST /events/publish/<event>"),
    leaves("POST /events/addTag/<event>/local:1", {"tag": "<tag>"}),
    leaves("POST /attributes/addTag/<attribute>/local:1", {"tag": "<tag>"}),
    leaves("POST /sightings/add/<attribute>"),
    leaves("POST /analyst_data/add/Note/<event>/Event", {"note": "n"}),
    leaves("POST /shadow_attributes/add/<event>", FRESH),
    leaves("POST /shadow_attributes/discard/<proposal>"),
    leaves("POST /shadow_attributes/delete/<attribute>"),
)  # fmt: skip


def _whole_event(scene: Scene) -> dict[str, str]:
    """A published event with one of each part, by noun."""

    def made(path: str, body: Json) -> Json:
        answer = scene.ask("dora", "POST", path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    attributes = [{"type": "domain", "value": f"{new_uuid()}.example"}]
    parts = {"Attribute": attributes, "Object": [new_object()], "EventReport": [{"name": "n"}]}
    event = made("/events/add", {"info": "x", "timestamp": "1700000000", "published": True, **parts})["Event"]
    uuid = event["uuid"]
    return {
        "event": uuid,
        "attribute": event["Attribute"][0]["uuid"],
        "object": event["Object"][0]["uuid"],
        "report": event["EventReport"][0]["uuid"],
        "proposal": made(f"/shadow_attributes/add/{uuid}", {"type": "domain", "value": f"{new_uuid()}.example"})[
            "ShadowAttribute"
        ]["id"],
        "tag": scene.workshop.target("tag"),
        "new": new_uuid(),
    }


def _filled(value: Json, words: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {name: _filled(inner, words) for name, inner in value.items()}
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"<{name}>", word)
    return value


@pytest.mark.parametrize("mark", MARKS, ids=str)
def test_a_verb_leaves_its_event_marked_as_it_should_be(scene: Scene, mark: Mark) -> None:
    words = _whole_event(scene)
    method, path = _filled(mark.asked, words).split(" ")

    def event() -> Json:
        return scene.ask("dora", "GET", f"/events/view/{words['event']}").json()["Event"]

    before = event()
    told = scene.ask("dora", method, path, _filled(mark.body or {}, words))
    assert told.status_code == 200, told.text
    after = event()
    newer = int(after["timestamp"]) - int(before["timestamp"])
    assert (before["published"], after["published"], newer > 0) == (True, mark.published, mark.newer), told.text
    assert newer >= 0
