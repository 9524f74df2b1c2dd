"""TRUST §2.2, what the receiver must check: each row with the tests that hold it, and those that stand nowhere else."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_authkey, new_uuid
from tests.cast import SYNC_USER, Actor, add_actor, admin_of
from tests.contract.pointing import leading_nowhere
from tests.live import Birth, live_server
from tests.sync.hostile import bomb

Json = dict[str, Any]
HERE = "contract/test_trust_rows.py::"
EVENTS, RECEIVING = "services/test_events.py::", "services/test_receiving.py::"
HOSTILE = "contract/test_hostile_bodies.py::"
PULL, PARTNER = "sync/test_pull.py::", "contract/test_lying_partner.py::"
NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."

ROWS: Mapping[int, tuple[str, ...]] = {
    1: (
        HERE + "test_a_third_partner_does_not_take_over_what_another_delivered",
        EVENTS + "test_a_third_partner_may_not_update_what_another_delivered",
        PULL + "test_an_update_over_a_link_that_did_not_deliver_it_is_refused_and_kept_for_people_to_see",
    ),
    2: (HERE + "test_a_bodys_uuid_never_chooses_the_row", EVENTS + "test_a_body_uuid_must_be_the_urls"),
    3: (PULL + "test_our_own_event_is_never_overwritten", RECEIVING + "test_over_an_internal_link_our_name_is_no_news"),
    4: (HERE + "test_locked_is_believed_from_who_syncs_alone", EVENTS + "test_a_link_never_changes_an_unlocked_event"),
    5: (
        HERE + "test_a_creator_is_believed_from_who_syncs_alone_and_names_never_merge",
        EVENTS + "test_an_author_creates_for_the_own_organisation_whatever_is_claimed",
    ),
    6: (
        HERE + "test_an_organisation_is_not_renamed_by_a_push",
        "services/test_organisations.py::test_capture_finds_by_uuid_and_overwrites_nothing",
    ),
    7: (
        HERE + "test_a_strange_timestamp_is_refused_or_a_number",
        RECEIVING + "test_a_future_update_over_another_link_is_refused_and_listed",
        RECEIVING + "test_a_new_event_of_the_future_is_marked_and_mended_over_its_link",
    ),
    8: (HERE + "test_the_same_timestamp_is_not_newer_whatever_else_differs", EVENTS + "test_an_edit_must_be_newer"),
    9: (
        HERE + "test_an_element_of_another_event_is_left_there_and_named",
        EVENTS + "test_an_element_of_another_event_is_never_moved",
    ),
    10: (HERE + "test_spellings_of_a_uuid_are_one_row_or_refused",),
    11: (HERE + "test_a_doubled_attribute_is_stored_once", EVENTS + "test_a_repeated_value_is_stored_once"),
    12: (
        HERE + "test_a_body_over_a_limit_is_refused_whole",
        EVENTS + "test_nothing_of_a_refused_event_is_stored",
        "contract/test_refused_whole.py::test_an_event_too_large_for_the_partner_is_refused_whole_and_told",
    ),
    13: (
        HERE + "test_a_bomb_costs_a_moment",
        "wire/test_door.py::test_a_bomb_is_refused_before_it_is_whole",
        "wire/test_door.py::test_other_encodings_are_named_in_the_refusal",
        "wire/test_door.py::test_broken_gzip_is_refused",
    ),
    14: (
        HOSTILE + "test_a_hostile_body_is_refused_in_json",
        "wire/test_door.py::test_whatever_comes_is_json_or_a_named_refusal",
    ),
    15: (
        HERE + "test_a_protected_event_is_neither_made_nor_changed_and_this_is_said",
        PULL + "test_protected_events_are_counted",
        "store/test_event_index.py::test_a_protected_event_is_not_in_the_minimal_index",
    ),
    16: (
        "contract/test_distribution_matrix.py::test_what_crosses_and_how_far_it_may_go_then",
        RECEIVING + "test_over_another_link_content_is_taken_and_a_raise_is_not",
        RECEIVING + "test_over_another_link_no_element_reaches_more",
        "sync/test_push.py::test_reports_go_only_to_who_knows_them_and_local_tags_to_nobody",
    ),
    17: (
        HERE + "test_a_hundred_thousand_tags_are_refused",
        "services/test_tags.py::test_a_tag_of_one_organisation_or_user_is_nobody_elses",
        "services/test_tags.py::test_a_hidden_tag_is_not_offered_until_it_is_asked_for_again",
    ),
    18: (
        HERE + "test_what_a_partner_says_beside_the_event_is_kept_and_not_acted_on",
        "sync/test_opinions.py::test_what_a_lying_partner_says_of_other_events_is_not_taken",
        "sync/test_analyst_data.py::test_only_what_was_asked_for_is_taken",
        "sync/test_clusters.py::test_a_partner_that_lies_about_clusters_gains_nothing",
    ),
    19: (PARTNER + "test_a_lie_costs_nothing_but_its_own_row", PULL + "test_a_lie_costs_its_own_row_and_nothing_else"),
    20: (
        "contract/test_ring.py::test_a_ring_settles_with_the_computed_number_of_deliveries",
        "contract/test_two_servers.py::test_two_that_push_each_other_settle",
        "sync/test_opinions.py::test_never_back_to_who_sent_them",
    ),
    21: (
        HERE + "test_two_pushes_of_one_event_at_once_make_one_row_and_no_error",
        PULL + "test_two_pulls_of_one_link_do_not_overlap",
        "contract/test_two_servers.py::test_a_pull_that_was_killed_is_resumed_with_nothing_lost_or_doubled",
    ),
    22: (
        HERE + "test_a_read_only_key_and_a_key_of_another_address_write_nothing",
        "services/test_authkeys.py::test_a_read_only_key_reads_and_touches_no_key",
    ),
}  # fmt: skip


def test_every_row_is_held_by_tests_that_are_there() -> None:
    assert set(ROWS) == set(range(1, 23))
    assert leading_nowhere(pointer for pointers in ROWS.values() for pointer in pointers) == []


@pytest.fixture(scope="module")
def dora() -> Iterator[Actor]:
    """The admin of a receiver."""
    settings = ('allow_internal = ["127.0.0.0/8"]', "max_body_bytes = 8000000", "max_inflated_bytes = 16000000")
    with live_server(Birth(settings=settings)) as server:
        yield admin_of(server)


@pytest.fixture(scope="module")
def sam(dora: Actor) -> Actor:
    """A partner's sync user."""
    return add_actor(dora, "Sam", org_name="CSIRT Sierra", role_id=SYNC_USER, local=False)


@pytest.fixture(scope="module")
def tina(dora: Actor) -> Actor:
    """Another partner's."""
    return add_actor(dora, "Tina", org_name="CSIRT Tango", role_id=SYNC_USER, local=False)


@pytest.fixture(scope="module")
def alice(dora: Actor) -> Actor:
    """An author of here."""
    return add_actor(dora, "Alice", org_name=dora.org_name, org_uuid=dora.org_uuid)


def delivered(by: Actor, **more: Any) -> Json:
    """An event that a partner pushed."""
    value = {"type": "domain", "value": f"{new_uuid()}.example", "distribution": "5"}
    return by.adds_event(distribution=Distribution.ALL, timestamp="1700000000", locked=True, attributes=[value], **more)


def newer(event: Json, **more: object) -> Json:
    """The event again, changed."""
    names = ("uuid", "date", "distribution", "threat_level_id", "analysis", "Orgc")
    return {name: event[name] for name in names} | {"info": "Changed", "timestamp": "1700000900"} | more


def pushes(actor: Actor, event: Json, *, ref: str | None = None) -> requests.Response:
    """As a MISP pushes an update."""
    return actor.post(f"/events/edit/{ref or event['uuid']}/metadata:1", {"Event": event})


def test_a_third_partner_does_not_take_over_what_another_delivered(dora: Actor, sam: Actor, tina: Actor) -> None:
    event = delivered(sam)
    refused = pushes(tina, newer(event))
    assert (refused.status_code, dora.views(event)["info"]) == (403, event["info"])
    assert event["uuid"] in dora.get("/incoming/index").text
    assert pushes(sam, newer(event)).status_code == 200
    assert dora.views(event)["info"] == "Changed"


def test_a_bodys_uuid_never_chooses_the_row(dora: Actor, sam: Actor, alice: Actor) -> None:
    theirs = delivered(sam)
    ours = alice.adds_event(distribution=Distribution.ALL)
    refused = pushes(sam, newer(theirs, uuid=ours["uuid"], timestamp="1999999999"), ref=theirs["uuid"])
    assert refused.status_code == 403
    assert refused.json()["saved"] is False
    assert (dora.views(ours)["info"], dora.views(theirs)["info"]) == (ours["info"], theirs["info"])


def test_locked_is_believed_from_who_syncs_alone(sam: Actor, alice: Actor) -> None:
    assert alice.adds_event(locked=True)["locked"] is False
    assert sam.adds_event(locked=True, distribution=Distribution.ALL)["locked"] is True


def test_a_creator_is_believed_from_who_syncs_alone_and_names_never_merge(sam: Actor, alice: Actor) -> None:
    stranger = {"uuid": new_uuid(), "name": f"CSIRT {new_uuid()[:8]}"}
    assert alice.adds_event(Orgc=stranger)["Orgc"]["uuid"] == alice.org_uuid
    assert delivered(sam, Orgc=stranger)["Orgc"]["uuid"] == stranger["uuid"]
    namesake = delivered(sam, Orgc=stranger | {"uuid": new_uuid()})["Orgc"]
    assert namesake["uuid"] != stranger["uuid"]
    assert namesake["id"] != delivered(sam, Orgc=stranger)["Orgc"]["id"]


def test_an_organisation_is_not_renamed_by_a_push(dora: Actor, sam: Actor) -> None:
    before = dora.get(f"/organisations/view/{dora.org_uuid}").json()["Organisation"]
    delivered(sam, Orgc={"uuid": sam.org_uuid, "name": "Renamed", "description": "x"})
    delivered(sam, Orgc={"uuid": dora.org_uuid, "name": "Renamed", "description": "x"})
    assert dora.get(f"/organisations/view/{dora.org_uuid}").json()["Organisation"] == before
    assert dora.get(f"/organisations/view/{sam.org_uuid}").json()["Organisation"]["name"] == sam.org_name


@pytest.mark.parametrize("moment", [2**31, 2**40, 2**63, -1, "1e9", 1.5, True, "soon", [], {}], ids=str)
def test_a_strange_timestamp_is_refused_or_a_number(sam: Actor, moment: object) -> None:
    wanted = {"uuid": new_uuid(), "info": "x", "distribution": 3, "timestamp": moment, "locked": True}
    answer = sam.post("/events/add/metadata:1", {"Event": wanted})
    assert answer.status_code in (200, 400, 403, 405), answer.text
    if answer.status_code == 200:
        assert str(answer.json()["Event"]["timestamp"]).isdigit()
    assert sam.get(f"/events/view/{wanted['uuid']}").status_code in (200, 404)


def test_the_same_timestamp_is_not_newer_whatever_else_differs(dora: Actor, sam: Actor) -> None:
    event = delivered(sam)
    again = pushes(sam, newer(event, timestamp=event["timestamp"]))
    assert (again.status_code, again.json()["errors"]) == (403, NOT_NEWER)
    assert dora.views(event)["info"] == event["info"]


def test_an_element_of_another_event_is_left_there_and_named(dora: Actor, sam: Actor) -> None:
    first = delivered(sam)
    taken = dora.views(first)["Attribute"][0]
    fresh = {"type": "domain", "value": f"{new_uuid()}.example"}
    wanted = {"uuid": new_uuid(), "info": "Takes it", "distribution": 3, "Attribute": [taken, fresh], "locked": True}
    answer = sam.post("/events/add", {"Event": wanted})
    assert answer.status_code == 200
    assert taken["uuid"] in json.dumps(answer.json()["errors"])
    assert [a["value"] for a in answer.json()["Event"]["Attribute"]] == [fresh["value"]]
    assert [a["uuid"] for a in dora.views(first)["Attribute"]] == [taken["uuid"]]


@pytest.mark.parametrize("spelt", ["{%s}", "urn:uuid:%s", "bare"])
def test_spellings_of_a_uuid_are_one_row_or_refused(sam: Actor, spelt: str) -> None:
    event = delivered(sam)
    upper = {"uuid": event["uuid"].upper(), "info": "x", "distribution": 3}
    assert sam.post("/events/add", {"Event": upper}).status_code == 404
    odd = event["uuid"].replace("-", "") if spelt == "bare" else spelt % event["uuid"]
    refused = sam.post("/events/add", {"Event": upper | {"uuid": odd}})
    assert refused.status_code == 403
    assert "uuid" in json.dumps(refused.json()["errors"])
    assert sam.get(f"/events/view/{event['uuid'].upper()}").json()["Event"]["id"] == event["id"]


def test_a_doubled_attribute_is_stored_once(dora: Actor, sam: Actor) -> None:
    value = {"type": "domain", "value": f"{new_uuid()}.example"}
    event = sam.adds_event(distribution=Distribution.ALL, attributes=[value, dict(value)])
    assert len(dora.views(event)["Attribute"]) == 1


def test_a_body_over_a_limit_is_refused_whole(dora: Actor, sam: Actor) -> None:
    uuid = new_uuid()
    attributes = [{"type": "comment", "value": f"{place} {'x' * 900}"} for place in range(19_000)]
    wanted = {"Event": {"uuid": uuid, "info": "Large", "distribution": 3, "Attribute": attributes}}
    assert sam.post("/events/add/metadata:1", wanted).status_code == 413
    assert not dora.sees({"uuid": uuid})


def test_a_bomb_costs_a_moment(sam: Actor) -> None:
    headers = {"Authorization": sam.key, "Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = bomb(191, filling=b"x", begin=b'{"Event":{"info":"', end=b'"}}')
    began = time.monotonic()
    answer = requests.post(f"{sam.server.url}/events/add", data=body, headers=headers, timeout=30)
    assert answer.status_code == 413
    assert answer.json()["message"]
    assert time.monotonic() - began < 2.0


def test_a_protected_event_is_neither_made_nor_changed_and_this_is_said(dora: Actor, sam: Actor) -> None:
    uuid = new_uuid()
    wanted = {"uuid": uuid, "info": "Signed", "distribution": 3, "protected": True, "Attribute": []}
    refused = sam.post("/events/add/metadata:1", {"Event": wanted})
    assert (refused.status_code, "rotected" in refused.json()["message"]) == (405, True)
    assert not dora.sees({"uuid": uuid})
    event = delivered(sam)
    changed = pushes(sam, newer(event, protected=True))
    assert changed.status_code == 405
    assert dora.views(event)["info"] == event["info"]


def test_a_hundred_thousand_tags_are_refused(dora: Actor, sam: Actor) -> None:
    uuid, before = new_uuid(), len(dora.get("/tags/index").json()["Tag"])
    tags = [{"name": f"t:{place}"} for place in range(100_000)]
    answer = sam.post("/events/add/metadata:1", {"Event": {"uuid": uuid, "info": "x", "distribution": 3, "Tag": tags}})
    assert answer.status_code in (403, 413), answer.text[:200]
    assert not dora.sees({"uuid": uuid})
    assert len(dora.get("/tags/index").json()["Tag"]) == before


def test_what_a_partner_says_beside_the_event_is_kept_and_not_acted_on(dora: Actor, sam: Actor) -> None:
    event = delivered(sam, something_new={"a": [1, 2]}, org_id="1", user_id="1", orgc_id="1", id="1")
    kept = dora.views(event)
    assert kept["something_new"] == {"a": [1, 2]}
    assert (kept["org_id"], kept["Orgc"]["uuid"]) == (str(sam.org_id), sam.org_uuid)


def test_two_pushes_of_one_event_at_once_make_one_row_and_no_error(dora: Actor, sam: Actor) -> None:
    attributes = [{"type": "domain", "value": f"{place}.{new_uuid()}.example"} for place in range(50)]
    body = {"Event": {"uuid": new_uuid(), "info": "Twice", "distribution": 3, "Attribute": attributes, "locked": True}}
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(sam.post("/events/add/metadata:1", body).status_code))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 404, 404, 404]
    assert len(dora.views(body["Event"])["Attribute"]) == 50


def test_a_read_only_key_and_a_key_of_another_address_write_nothing(dora: Actor, sam: Actor) -> None:
    body = {"Event": {"uuid": new_uuid(), "info": "x", "distribution": 3}}
    for limits in ({"read_only": True}, {"allowed_ips": ["192.0.2.1"]}, {"expiration": "2020-01-01"}):
        made = dora.post(f"/auth_keys/add/{sam.user_id}", {"comment": "limited", **limits})
        key = made.json()["AuthKey"]["authkey_raw"] if made.status_code == 200 else new_authkey()
        answer = dora.server.request("POST", "/events/add", body, key=key)
        assert (answer.status_code, bool(answer.json()["message"])) == (403, True), limits
    assert not dora.sees(body["Event"])
