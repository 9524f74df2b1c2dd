"""API §10.4: the twelve conformance tests, and where each of them stands."""

from collections.abc import Iterator, Mapping

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Cast, hire
from tests.contract.pointing import leading_nowhere
from tests.live import live_server

MATRIX = "contract/test_distribution_matrix.py::test_what_crosses_and_how_far_it_may_go_then"
TWO = "contract/test_two_servers.py::"
EVENTS = "services/test_events.py::"
TRUST = "contract/test_trust_rows.py::"
OPINIONS = "contract/test_opinions_cross.py::"
PYMISP = "contract/test_pymisp.py::"
HERE = "contract/test_conformance.py::"

ROWS: Mapping[int, tuple[str, ...]] = {
    1: (
        MATRIX,
        TWO + "test_a_push_brings_what_may_leave_lowered_by_the_sender",
        "contract/test_group_recordings.py::test_an_event_of_a_group_without_the_partner_asks_it_nothing",
    ),
    2: (MATRIX, TWO + "test_a_pull_brings_what_is_visible_lowered_by_the_receiver"),
    3: (
        TRUST + "test_the_same_timestamp_is_not_newer_whatever_else_differs",
        EVENTS + "test_a_link_never_changes_an_unlocked_event",
        EVENTS + "test_only_the_creators_organisation_edits",
    ),
    4: (
        TWO + "test_an_edit_and_a_deleted_attribute_follow",
        EVENTS + "test_a_soft_deletion_arrives_and_a_stale_push_does_not_undo_it",
    ),
    5: (
        "contract/test_nobody_sees_what_is_not_his.py::test_what_is_hidden_is_answered_like_what_is_absent",
        HERE + "test_an_attribute_for_one_organisation_is_in_no_answer_to_another",
    ),
    6: (HERE + "test_an_attribute_for_a_group_is_hidden_with_the_object_that_it_leaves_empty",),
    7: (
        TWO + "test_elements_cross_at_their_own_level_and_local_tags_stay",
        "store/test_event_index.py::test_a_partner_is_told_no_local_tag",
        HERE + "test_a_tag_that_may_not_leave_is_in_no_list",
    ),
    8: (TRUST + "test_a_read_only_key_and_a_key_of_another_address_write_nothing",),
    9: (
        "wire/test_door.py::test_gzip_is_inflated",
        "wire/test_door.py::test_other_encodings_are_named_in_the_refusal",
        "sync/test_remote.py::test_only_large_bodies_are_compressed",
    ),
    10: (
        "contract/test_recordings_as_receiver.py::test_a_pushing_misp_gets_the_answers_it_got_from_a_misp",
        "sync/test_push.py::test_a_partner_that_knows_the_uuid_by_location_gets_an_edit",
        EVENTS + "test_a_taken_uuid_is_told_with_its_place_even_to_those_who_cannot_see_it",
    ),
    11: (
        "sync/test_push.py::test_reports_go_only_to_who_knows_them_and_local_tags_to_nobody",
        "contract/test_opinions.py::test_b_takes_pushed_sightings_and_says_which_it_had",
        OPINIONS + "test_a_proposal_reaches_the_owner_who_accepts_it",
        OPINIONS + "test_what_is_sighted_at_the_receiver_comes_back_to_the_owner_at_once",
    ),
    12: (
        PYMISP + "test_it_starts_and_knows_who_it_is",
        PYMISP + "test_an_event_keeps_attributes_objects_and_tags",
        PYMISP + "test_an_update_changes_what_was_changed",
        PYMISP + "test_a_search_finds_the_event_and_no_other",
        PYMISP + "test_tags_go_on_and_off_events_and_attributes",
        OPINIONS + "test_a_user_of_another_organisation_may_propose_and_not_edit",
    ),
}


def test_each_of_the_twelve_is_held_by_tests_that_are_there() -> None:
    assert set(ROWS) == set(range(1, 13))
    assert leading_nowhere(pointer for pointers in ROWS.values() for pointer in pointers) == []


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    """Everybody, on one server."""
    with live_server() as server:
        yield hire(server)


def test_an_attribute_for_one_organisation_is_in_no_answer_to_another(cast: Cast) -> None:
    secret, shown = (f"{new_uuid()}.example" for _ in range(2))
    attributes = [
        {"type": "domain", "value": secret, "distribution": int(Distribution.ORGANISATION)},
        {"type": "domain", "value": shown, "distribution": int(Distribution.INHERIT)},
    ]
    event = cast.alice.adds_event(distribution=Distribution.ALL, attributes=attributes)
    cast.alice.publishes(event)
    hidden = next(a for a in cast.alice.views(event)["Attribute"] if a["value"] == secret)
    cast.alice.post(f"/sightings/add/{hidden['id']}", {"source": "ours"})
    cast.bob.adds_event(attributes=[{"type": "domain", "value": secret}])
    for who in (cast.bob, cast.sam):
        answers = [
            who.get(f"/events/view/{event['uuid']}"),
            who.post("/events/restSearch", {"uuid": event["uuid"]}),
            who.post("/attributes/restSearch", {"returnFormat": "csv", "eventid": event["id"]}),
            who.get(f"/sightings/index/{event['id']}"),
            who.get("/shadow_attributes/index"),
        ]
        assert not [answer.url for answer in answers if secret in answer.text or hidden["uuid"] in answer.text]
        assert shown in answers[0].text
        for body in ({"value": secret}, {"attribute": secret}, {"all": secret}):
            assert event["uuid"] not in who.post("/events/index", body).text
        cache = who.post("/attributes/restSearch", {"returnFormat": "cache", "value": secret, "includeEventUuid": 1})
        assert event["uuid"] not in cache.text


def test_an_attribute_for_a_group_is_hidden_with_the_object_that_it_leaves_empty(cast: Cast) -> None:
    members = [{"Organisation": {"uuid": cast.charlie.org_uuid, "name": cast.charlie.org_name}}]
    wanted = {"name": f"Group {new_uuid()}", "releasability": "x", "SharingGroupOrg": members, "roaming": True}
    group = cast.dora.post("/sharing_groups/add", wanted).json()["SharingGroup"]
    level = {"distribution": int(Distribution.SHARING_GROUP), "sharing_group_id": group["id"]}
    loose, inside = (f"{new_uuid()}.example" for _ in range(2))
    obj = {
        "name": "domain-ip", "meta-category": "network", "description": "x", "distribution": 5,
        "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734", "template_version": "11",
        "Attribute": [{"object_relation": "domain", "type": "domain", "value": inside, **level}],
    }  # fmt: skip
    attributes = [{"type": "domain", "value": loose, **level}, {"type": "domain", "value": f"{new_uuid()}.example"}]
    event = cast.dora.adds_event(distribution=Distribution.ALL, attributes=attributes, Object=[obj])
    cast.dora.publishes(event)
    seen = cast.charlie.views(event)
    assert loose in [a["value"] for a in seen["Attribute"]]
    assert [o["Attribute"][0]["value"] for o in seen["Object"]] == [inside]
    for who in (cast.bob, cast.sam):
        view = who.views(event)
        assert len(view["Attribute"]) == 1
        assert view["Object"] == []


def test_a_tag_that_may_not_leave_is_in_no_list(cast: Cast) -> None:
    name = f"inside:{new_uuid()[:8]}"
    assert cast.dora.post("/tags/add", {"name": name, "colour": "#112233", "exportable": False}).status_code == 200
    event = cast.dora.adds_event(distribution=Distribution.ALL, Tag=[{"name": name}, {"name": "tlp:green"}])
    cast.dora.publishes(event)
    [item] = cast.sam.post("/events/index", {"eventid": [event["uuid"]]}).json()
    assert [link["Tag"]["name"] for link in item["EventTag"]] == ["tlp:green"]
    assert name not in cast.sam.get(f"/events/view/{event['uuid']}/excludeLocalTags:1").text
