"""Events as a MISP pushes them, and the partner's verbs that tests say in one line."""

from collections.abc import Mapping
from typing import Any

import requests

from mispmini.domain.ids import new_uuid
from tests.cast import Actor
from tests.contract.test_refusals import pushed

Json = dict[str, Any]
ADD = "/events/add/metadata:1"
THEN, LATER = "1700000000", "1700000001"
NO_FUNCTION = "You do not have permission to use this functionality."


def attribute(**more: object) -> Json:
    """An attribute as a MISP sends it."""
    value = f"{new_uuid()}.example"
    known = {"uuid": new_uuid(), "type": "domain", "value": value, "distribution": "5", "timestamp": THEN}
    return known | more


def an_object(**more: object) -> Json:
    """An object with one attribute."""
    known = {
        "uuid": new_uuid(), "name": "sample", "meta-category": "misc", "template_uuid": new_uuid(), "description": "d",
        "template_version": "3", "distribution": "5", "timestamp": THEN, "deleted": False,
        "Attribute": [attribute(object_relation="a")], "ObjectReference": [],
    }  # fmt: skip
    return known | more


def report(**more: object) -> Json:
    """A report."""
    return {"uuid": new_uuid(), "name": "What", "content": "# It", "distribution": "5", "timestamp": THEN} | more


def add(sam: Actor, **more: object) -> Json:
    """An event that the partner pushed, as it sent it; AssertionError if it was not taken whole."""
    body = pushed(sam, **more)
    answer = sam.post(ADD, body)
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json(), answer.text
    event: Json = body["Event"]
    return event


def edit(sam: Actor, event: Mapping[str, Any], **more: object) -> requests.Response:
    """The same event in its next version, pushed."""
    newer = {**event, "timestamp": str(int(event["timestamp"]) + 1), **more}
    return sam.post(f"/events/edit/{event['uuid']}/metadata:1", {"Event": newer})


def whole(actor: Actor, event: Mapping[str, Any]) -> Json:
    """The event with what is deleted of it."""
    answer = actor.get(f"/events/view/{event['uuid']}/deleted[]:0/deleted[]:1")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()["Event"]
    return found
