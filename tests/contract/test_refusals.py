"""What a partner is refused, and by which rule: told to the partner and to people here (RULES §1, §10.10)."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor

Json = dict[str, Any]
ADD = "/events/add/metadata:1"
UNSIGNED = "Protected event failed signature validation as no key was provided."


def pushed(sam: Actor, **more: object) -> Json:
    """An event as a partner pushes it."""
    attribute = {"uuid": new_uuid(), "type": "domain", "value": f"{new_uuid()}.example", "distribution": "5"}
    known = {
        "uuid": new_uuid(), "info": "Pushed", "timestamp": "1700000000", "distribution": "1", "published": False,
        "Orgc": {"uuid": sam.org_uuid, "name": sam.org_name}, "Attribute": [attribute],
    }  # fmt: skip
    return {"Event": {**known, **more}}


def group(sam: Actor, *members: Actor, servers: tuple[str, ...] = ()) -> Json:
    """A sharing group as it stands inside an event."""
    listed = [{"Organisation": {"uuid": member.org_uuid, "name": member.org_name}} for member in members]
    lists = {"SharingGroupOrg": listed, "SharingGroupServer": [{"Server": {"url": url}} for url in servers]}
    owner = {"uuid": sam.org_uuid, "name": sam.org_name}
    return {"uuid": new_uuid(), "name": f"Group {new_uuid()}", "roaming": True, "Organisation": owner, **lists}


def refused_updates(dora: Actor) -> dict[str, str]:
    """By uuid why it was refused, as site admins see it."""
    listed = dora.get("/incoming/index").json()["refused_updates"]
    return {row["event_uuid"]: row["reason"] for row in listed}


@pytest.mark.parametrize("way", ["add", "edit"])
def test_a_signature_that_came_along_is_named_as_not_valid(sam: Actor, way: str) -> None:
    """PROTOCOL §3.6.1 row 4, §3.6.2 row 3: it cannot be checked here."""
    body = pushed(sam)
    path = ADD if way == "add" else f"/events/edit/{body['Event']['uuid']}/metadata:1"
    if way == "edit":
        assert sam.post(ADD, body).status_code == 200
    headers = {"Authorization": sam.key, "Accept": "application/json", "x-pgp-signature": "c2lnbmF0dXJl"}
    sent = {"Event": {**body["Event"], "protected": True, "timestamp": "1700000009"}}
    answer = requests.post(f"{sam.server.url}{path}", json=sent, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["message"]) == (405, "Protected event failed signature validation.")


@pytest.mark.parametrize("mark", [True, 1, "1"], ids=["true", "1", "text"])
def test_a_protected_event_is_refused_told_and_listed(sam: Actor, dora: Actor, mark: object) -> None:
    body = pushed(sam, protected=mark, CryptographicKey=[{"type": "pgp", "key_data": "x", "fingerprint": "F" * 40}])
    answer = sam.post(ADD, body)
    assert (answer.status_code, answer.json()["errors"]) == (405, UNSIGNED)
    assert refused_updates(dora)[body["Event"]["uuid"]] == UNSIGNED
    assert not dora.sees(body["Event"])


def test_an_update_that_protects_an_event_changes_nothing_and_is_listed(sam: Actor, dora: Actor) -> None:
    body = pushed(sam)
    assert sam.post(ADD, body).status_code == 200
    newer = {"Event": {**body["Event"], "timestamp": "1700000009", "info": "Changed", "protected": True}}
    answer = sam.post(f"/events/edit/{body['Event']['uuid']}/metadata:1", newer)
    assert (answer.status_code, answer.json()["errors"]) == (405, UNSIGNED)
    assert refused_updates(dora)[body["Event"]["uuid"]] == UNSIGNED
    assert dora.views(body["Event"])["info"] == "Pushed"


def test_a_protected_event_of_an_author_here_is_refused_and_no_partners_matter(alice: Actor, dora: Actor) -> None:
    wanted = {"uuid": new_uuid(), "info": "Mine", "protected": True}
    assert alice.post("/events/add", {"Event": wanted}).status_code == 405
    assert wanted["uuid"] not in refused_updates(dora)


def _block_event(dora: Actor, body: Json) -> None:
    assert dora.post("/eventBlocklists/add", {"uuids": [body["Event"]["uuid"]]}).status_code == 200


def _block_creator(dora: Actor, body: Json) -> None:
    body["Event"]["Orgc"] = {"uuid": new_uuid(), "name": f"Unwanted {new_uuid()}"}
    assert dora.post("/orgBlocklists/add", {"uuids": [body["Event"]["Orgc"]["uuid"]]}).status_code == 200


@pytest.mark.parametrize(
    ("block", "rule"), [(_block_event, "event blocklist"), (_block_creator, "organisation blocklist")], ids=["e", "o"]
)
def test_a_blocklist_is_named_under_errors(
    sam: Actor, dora: Actor, block: Callable[[Actor, Json], None], rule: str
) -> None:
    body = pushed(sam)
    block(dora, body)
    answer = sam.post(ADD, body)
    sentence = f"Event blocked by {rule}."
    assert (answer.status_code, answer.json()["message"], answer.json()["errors"]) == (403, sentence, sentence)


def test_an_event_with_a_blocked_tag_is_refused_and_the_rule_named(sam: Actor, dora: Actor) -> None:
    """PROTOCOL §3.6.1 row 10."""
    setting, tag = "/servers/serverSettingsEdit/blocked_tags", f"unwanted:{new_uuid()}"
    assert dora.post(setting, {"value": f"other, {tag}"}).status_code == 200
    answer = sam.post(ADD, pushed(sam, Tag=[{"name": tag.upper()}]))
    sentence = "Blocked by event block rules."
    assert (answer.status_code, answer.json()["message"], answer.json()["errors"]) == (403, sentence, sentence)
    assert sam.post(ADD, pushed(sam, Tag=[{"name": "tlp:green"}])).status_code == 200
    assert dora.post(setting, {"value": ""}).status_code == 200


@pytest.mark.parametrize(
    ("members", "servers", "said"),
    [
        (("alice",), (), "It does not list the organisation of the sync user."),
        (("sam",), ("https://other.example",), "It lists other servers and not this one."),
    ],
    ids=["not listed", "not here"],
)
def test_a_group_that_is_not_accepted_leaves_the_event_to_its_organisation_and_is_named(
    sam: Actor, alice: Actor, members: tuple[str, ...], servers: tuple[str, ...], said: str
) -> None:
    actors = {"sam": sam, "alice": alice}
    brought = group(sam, *(actors[m] for m in members), servers=servers)
    answer = sam.post(ADD, pushed(sam, distribution="4", sharing_group_id="77", SharingGroup=brought))
    assert answer.status_code == 200
    stored, errors = answer.json()["Event"], answer.json()["errors"]
    assert (stored["distribution"], stored["sharing_group_id"]) == (str(int(Distribution.ORGANISATION)), "0")
    assert list(errors.values()) == [{"sharing_group_id": [f"Sharing group not accepted. {said}"]}]


def test_a_group_named_by_a_number_alone_is_refused_as_misp_refuses_it(sam: Actor) -> None:
    answer = sam.post(ADD, pushed(sam, distribution="4", sharing_group_id="77"))
    assert (answer.status_code, answer.json()["message"]) == (405, "Invalid Sharing Group or not authorised.")


def test_a_group_that_is_accepted_has_no_errors_beside_it(sam: Actor) -> None:
    answer = sam.post(ADD, pushed(sam, distribution="4", sharing_group_id="77", SharingGroup=group(sam, sam)))
    assert answer.status_code == 200
    assert "errors" not in answer.json()
    assert answer.json()["Event"]["distribution"] == "4"


def test_what_a_partner_may_not_see_is_absent_whatever_the_reason(sam: Actor, alice: Actor) -> None:
    hidden = alice.adds_event(distribution=Distribution.ORGANISATION)
    absent = {"uuid": new_uuid()}
    for ref in (hidden["uuid"], absent["uuid"]):
        told = sam.post(f"/events/edit/{ref}/metadata:1", pushed(sam, uuid=ref))
        assert (told.status_code, told.json()["message"]) == (404, "Invalid event")
        assert "errors" not in told.json()
