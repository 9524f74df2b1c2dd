"""API §10.1 to §10.3: what stops sync, what was lost or leaked elsewhere, versions that differ; and where each stands.

Those that stand nowhere else follow the tables.
"""

from collections.abc import Iterator, Mapping

import pytest
import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Cast, Json, hire
from tests.contract.pointing import leading_nowhere
from tests.contract.workshop import new_object
from tests.live import live_server

HERE, TWO, RING = "contract/test_pitfalls.py::", "contract/test_two_servers.py::", "contract/test_ring.py::"
EVENTS, GROUPS, TRUST = (
    "services/test_events.py::",
    "services/test_sharing_groups.py::",
    "contract/test_trust_rows.py::",
)
ADDED, EDITED = "contract/test_push_received.py::", "contract/test_push_edits.py::"
PULLED, PULLS = "sync/test_pull_tables.py::", "contract/test_pulls_as_asker.py::"
ODD, PUSH, STEPS = "sync/test_odd_partners.py::", "sync/test_push.py::", "sync/test_push_steps.py::"
CONTENTS, REMOTE, JUDGING = "sync/test_push_contents.py::", "sync/test_remote.py::", "sync/test_judging.py::"
REFUSED, CROSSING = "contract/test_refusals.py::", "contract/test_group_crossing.py::"
OPINIONS, THEIRS = "services/test_opinions.py::", "sync/test_opinions.py::"
INSTANCE = "contract/test_api_9_1.py::test_the_instance_answers"
LINKS = "contract/test_api_9_7.py::test_servers_and_groups_answer"
NOT_LEAVING = "store/test_event_index.py::test_minimal_items_have_content"

STOPS_SYNC: Mapping[int, tuple[str, ...]] = {
    1: (
        "contract/test_hostile_bodies.py::test_a_hostile_body_is_refused_in_json",
        "contract/test_openapi.py::test_what_is_no_route_is_404_in_json",
        "contract/test_api_errors.py::test_a_body_that_is_no_json_is_refused_by_each_verb",
    ),
    2: (
        HERE + "test_a_program_is_answered_where_it_asked",
        REMOTE + "test_a_redirect_is_refused_and_its_target_never_contacted",
    ),
    3: (INSTANCE, STEPS + "test_a_partner_that_names_no_version_is_not_pushed_to"),
    4: ("web/test_event_reports.py::test_a_partner_that_probes_gets_a_description",),
    5: (
        EDITED + "test_head_tells_who_may_see_an_event_that_it_is_here",
        ODD + "test_who_does_not_answer_head_is_sent_the_event_as_new",
    ),
    6: (
        ADDED + "test_add_row_15_a_known_uuid_is_told_by_its_place_even_if_it_is_hidden",
        STEPS + "test_an_add_that_is_told_where_the_event_is_becomes_an_edit_here",
    ),
    7: (
        "web/test_answer.py::test_an_etag_comes_only_when_asked_for_and_answers_304",
        "contract/test_serving_pulls.py::test_1_6_the_same_list_is_304_however_a_proxy_spells_its_tag_and_another_is_not",
        REMOTE + "test_an_etag_goes_out_as_it_came_and_304_has_no_body",
    ),
    8: ("wire/test_door.py::test_other_encodings_are_named_in_the_refusal", LINKS),
    9: (
        EVENTS + "test_unknown_types_and_keys_are_kept_when_they_come_by_sync_only",
        CONTENTS + "test_what_nobody_here_knows_is_sent_on_as_it_came",
    ),
    10: (
        EVENTS + "test_a_bad_element_is_dropped_and_named_and_the_event_stays",
        "services/test_objects.py::test_one_bad_attribute_refuses_the_whole_object",
    ),
    11: (
        ADDED + "test_add_row_11_before_row_15_an_empty_published_event_is_refused_whatever_is_here",
        CONTENTS + "test_an_event_of_which_nothing_leaves_is_sent_and_the_partner_judges",
        STEPS + "test_a_refused_event_stops_neither_the_run_nor_the_others",
    ),
    12: (LINKS, ODD + "test_what_is_no_technique_asks_nobody_anything"),
    13: (
        EDITED + "test_an_offered_event_is_wanted_by_the_table",
        ODD + "test_a_refused_offer_costs_the_events_and_is_told",
    ),
}
LOST_OR_LEAKED: Mapping[int, tuple[str, ...]] = {
    1: (
        REFUSED + "test_a_group_that_is_not_accepted_leaves_the_event_to_its_organisation_and_is_named",
        "services/test_group_receiving.py::test_why_a_group_was_not_accepted_is_noted_at_its_event",
    ),
    2: (
        CROSSING + "test_all_organisations_of_a_server_are_members_there_because_the_owner_says_so",
        CROSSING + "test_members_that_join_between_two_deliveries_join_there_and_none_is_removed",
    ),
    3: ("services/test_group_receiving.py::test_the_page_tells_per_server_what_the_push_would_do",),
    4: (GROUPS + "test_a_roaming_group_lists_no_server",),
    5: (
        "contract/test_retraction.py::test_what_is_retracted_is_gone_at_the_partner_but_for_one_element_that_says_why",
        TWO + "test_a_tag_that_is_taken_off_is_taken_off_there_and_a_local_one_stays_untold",
    ),
    6: (
        "web/test_blocklists.py::test_a_deleted_event_is_blocked_and_listed_with_what_it_was",
        REFUSED + "test_a_blocklist_is_named_under_errors",
    ),
    7: (EVENTS + "test_a_link_never_changes_an_unlocked_event", STEPS + "test_head_says_edit_and_everything_else_add"),
    8: (JUDGING + "test_missing_attributes_are_found_by_uuid_also_in_objects_and_not_among_the_deleted",),
    9: (HERE + "test_what_is_changed_in_an_object_makes_the_object_newer",),
    10: (EVENTS + "test_the_event_keeps_the_senders_timestamp_when_an_object_is_new",),
    11: (ODD + "test_an_event_that_is_asked_for_by_name_is_merged_again_although_that_version_is_here",),
    12: (HERE + "test_a_tag_that_comes_local_stays_local",),
    13: (
        OPINIONS + "test_only_a_partner_speaks_for_others",
        EDITED + "test_edit_row_11_a_report_of_another_event_is_not_moved",
        "services/test_reports.py::test_adding_needs_the_right_to_modify",
    ),
    14: (
        EVENTS + "test_a_taken_uuid_is_told_with_its_place_even_to_those_who_cannot_see_it",
        EDITED + "test_an_offer_needs_the_sync_permission",
    ),
    15: (HERE + "test_a_deleted_report_is_seen_by_those_who_sync_and_who_ask_for_it",),
    16: (THEIRS + "test_a_pull_asks_for_proposals_and_for_sightings_that_moved",),
    17: (OPINIONS + "test_every_sighting_moves_the_events_sighting_timestamp",),
    18: (LINKS, ODD + "test_tags_that_are_gone_there_go_here_if_the_link_says_so"),
    19: (HERE + "test_an_index_ignores_what_it_does_not_know", PULLED + "test_4_1_what_each_technique_asks"),
    20: (HERE + "test_an_unwanted_value_is_left_out", "domain/test_validation.py::test_a_value_has_its_normal_form"),
    21: (
        "contract/test_transcripts_as_answerer.py::test_a_caching_misp_gets_its_digests_on_the_first_page_and_nothing_after",
        "sync/test_caching.py::test_an_empty_first_page_is_an_empty_cache_and_no_failure",
    ),
    22: (HERE + "test_every_script_comes_back_as_it_was",),
    23: (
        "wire/test_replies.py::test_errors_are_escaped_as_php_does",
        JUDGING + "test_only_the_exact_refusal_is_not_newer",
    ),
    24: ("web/test_galaxies.py::test_what_cannot_be_attached_is_told_with_http_200",),
    25: (HERE + "test_who_uploaded_an_event_may_change_it_as_long_as_it_is_locked",),
    26: (
        "sync/test_feeds.py::test_rules_decide_by_names",
        "contract/test_links.py::test_the_form_takes_rules_by_name_and_shows_them_again",
    ),
    27: (
        "sync/test_receiving_over_links.py::test_a_pull_remembers_how_far_the_partners_clock_is_off",
        EVENTS + "test_edits_that_nobody_was_told_of_do_not_run_ahead_of_the_clock",
    ),
    28: (
        RING + "test_a_ring_settles_with_the_computed_number_of_deliveries",
        TRUST + "test_the_same_timestamp_is_not_newer_whatever_else_differs",
    ),
}
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "2.4.x": (PULLS + "test_a_partner_of_another_version_is_asked_for_what_it_can_answer",),
    "before 2.4.111": (ODD + "test_proposals_that_cannot_be_listed_do_not_keep_the_sightings_away",),
    "before 2.4.123": (ODD + "test_a_rule_of_organisations_is_a_list_or_a_text_by_the_partners_version",),
    "before 2.4.156": (
        TRUST + "test_a_protected_event_is_neither_made_nor_changed_and_this_is_said",
        "sync/test_pull.py::test_protected_events_are_counted",
    ),
    "before 2.4.165": (THEIRS + "test_sightings_inside_a_pulled_event_are_kept_with_their_organisation",),
    "no flag in getVersion": (
        "sync/test_clusters.py::test_a_partner_that_takes_no_clusters_is_not_asked",
        "sync/test_analyst_data.py::test_the_switch_and_the_partners_word_decide",
        STEPS + "test_sightings_are_asked_about_first_where_the_partner_can_tell",
    ),
    "older key mode": (INSTANCE,),
    "very old": (
        ODD + "test_an_index_is_read_in_every_shape",
        ADDED + "test_add_row_16_the_legacy_text_orgc_names_the_creator",
    ),
    "from 2.5.3": (HERE + "test_rights_that_are_not_here_are_not_claimed",),
    "newer getVersion": (
        STEPS + "test_no_version_keeps_events_away",
        HERE + "test_rights_that_are_not_here_are_not_claimed",
    ),
    "newer data": (EVENTS + "test_unknown_types_and_keys_are_kept_when_they_come_by_sync_only",),
    "2.5.36": (REFUSED + "test_a_protected_event_is_refused_told_and_listed",),
    "PyMISP newer": ("contract/test_openapi.py::test_what_is_no_route_is_404_in_json",),
}  # fmt: skip


def test_each_is_held_by_tests_that_are_there() -> None:
    assert list(STOPS_SYNC) == list(range(1, 14))
    assert list(LOST_OR_LEAKED) == list(range(1, 29))
    assert len(VERSIONS) == 13
    tables = (*STOPS_SYNC.values(), *LOST_OR_LEAKED.values(), *VERSIONS.values())
    assert leading_nowhere(pointer for pointers in tables for pointer in pointers) == []


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    """Everybody on one server."""
    with live_server() as server:
        yield hire(server)


@pytest.mark.parametrize(
    "asked", ["GET /events", *(f"{method} {path}" for method in ("GET", "POST") for path in (
        "/events/index", "/events/index/", "//events//index", "/Events/index.json"))],
)  # fmt: skip
def test_a_program_is_answered_where_it_asked(cast: Cast, asked: str) -> None:
    """§10.1 row 2: whoever is sent elsewhere loses its POST."""
    method, path = asked.split(" ")
    url, headers = cast.sam.server.url + path, {"Authorization": cast.sam.key}
    answer = requests.request(method, url, headers=headers, json={"limit": 1}, timeout=30, allow_redirects=False)
    assert (answer.status_code, "Location" in answer.headers) == (200, False)


def test_what_is_changed_in_an_object_makes_the_object_newer(cast: Cast) -> None:
    """§10.2 row 9: a receiver that finds the object as old as its own ignores what it holds."""
    event = cast.alice.adds_event(Object=[new_object() | {"timestamp": "1700000000"}])
    obj = event["Object"][0]
    number = obj["Attribute"][0]["id"]

    def timestamp() -> int:
        return int(cast.alice.views(event)["Object"][0]["timestamp"])

    assert timestamp() == 1700000000
    assert cast.alice.post(f"/attributes/edit/{number}", {"comment": "c"}).status_code == 200
    edited = timestamp()
    assert edited > 1700000000
    assert cast.alice.post("/tags/attachTagToObject", {"uuid": obj["Attribute"][0]["uuid"], "tag": "tlp:green"}).ok
    assert timestamp() >= edited


TAG = {"name": "tlp:green", "local": True}


@pytest.mark.parametrize("verb", ["attributes/add", "objects/add", "events/edit"])
def test_a_tag_that_comes_local_stays_local(cast: Cast, verb: str) -> None:
    """§10.2 row 12."""
    event = cast.dora.adds_event(timestamp="1700000000")
    attribute = {"type": "domain", "value": f"{new_uuid()}.example", "Tag": [TAG]}
    obj = new_object() | {"Attribute": [attribute | {"object_relation": "domain"}]}
    bodies: Mapping[str, Json] = {"attributes/add": attribute, "objects/add": obj, "events/edit": {"Object": [obj]}}
    told = cast.dora.post(f"/{verb}/{event['uuid']}", bodies[verb])
    assert told.status_code == 200, told.text
    whole = cast.dora.views(event)
    held = [*whole["Attribute"], *(inner for one in whole["Object"] for inner in one["Attribute"])]
    assert [(tag["name"], tag["local"]) for one in held for tag in one["Tag"]] == [("tlp:green", True)]


def test_a_deleted_report_is_seen_by_those_who_sync_and_who_ask_for_it(cast: Cast) -> None:
    """§10.2 row 15: MISP shows it to everybody."""
    reports = [{"name": "kept", "distribution": "5"}, {"name": "taken back", "distribution": "5"}]
    attributes = [{"type": "domain", "value": f"{new_uuid()}.example"}]
    event = cast.alice.adds_event(distribution=Distribution.ALL, attributes=attributes, EventReport=reports)
    gone = next(one for one in event["EventReport"] if one["name"] == "taken back")
    assert cast.alice.post(f"/event_reports/delete/{gone['uuid']}").status_code == 200
    cast.alice.publishes(event)

    def names(who: str, path: str = "") -> set[str]:
        answer = getattr(cast, who).get(f"/events/view/{event['uuid']}{path}").json()
        return {one["name"] for one in answer["Event"]["EventReport"]}

    assert names("bob") == names("bob", "/deleted:1") == {"kept"}
    assert names("sam", "/deleted[]:0/deleted[]:1") == {"kept", "taken back"}


def test_an_index_ignores_what_it_does_not_know(cast: Cast) -> None:
    """§10.2 row 19: rules on types are sent along, and newer pullers send more."""
    event = cast.alice.adds_event(attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}])
    cast.alice.publishes(event)
    plain = {"minimal": 1, "published": 1}
    more = {"type_attributes": {"NOT": ["domain"]}, "type_objects": {"NOT": ["x"]}, "newer": [1], "tags2": "x"}
    listed = [cast.sam.post("/events/index", body).json() for body in (plain, plain | more)]
    assert listed[0] == listed[1]
    assert event["uuid"] in {item["uuid"] for item in listed[0]}


def test_an_unwanted_value_is_left_out(cast: Cast) -> None:
    """§10.2 row 20: MISP drops the first character of what is not wanted."""
    values = [f"{new_uuid()}.example" for _ in range(2)]
    event = cast.alice.adds_event(attributes=[{"type": "domain", "value": value} for value in values])
    wanted = {"eventid": event["uuid"], "value": f"!{values[0]}"}
    found = cast.alice.post("/attributes/restSearch", wanted).json()["response"]["Attribute"]
    assert [one["value"] for one in found] == values[1:]


@pytest.mark.parametrize("text", ["🦠 worm", "𝔅ank", "São Paulo", "пример", "例え\u200d👩‍💻"])
def test_every_script_comes_back_as_it_was(cast: Cast, text: str) -> None:
    """§10.2 row 22: MISP keeps `?` for what takes four bytes."""
    event = cast.alice.adds_event(text, attributes=[{"type": "text", "value": text, "comment": text}])
    whole = cast.alice.views(event)
    assert (whole["info"], whole["Attribute"][0]["value"], whole["Attribute"][0]["comment"]) == (text, text, text)
    found = cast.alice.post("/attributes/restSearch", {"value": text, "eventid": event["id"]}).json()["response"]
    assert [one["value"] for one in found["Attribute"]] == [text]


def test_who_uploaded_an_event_may_change_it_as_long_as_it_is_locked(cast: Cast) -> None:
    """§10.2 row 25: the account that brought an event owns the copy, whoever created it."""
    creator = {"uuid": new_uuid(), "name": f"Elsewhere {new_uuid()[:8]}"}
    event = cast.sam.adds_event(timestamp="1700000000", Orgc=creator, locked=True)
    newer = {"Event": {"uuid": event["uuid"], "info": "newer", "timestamp": "1700000001", "locked": True}}
    assert cast.bob.post(f"/events/edit/{event['uuid']}", newer).status_code == 403
    assert cast.sam.post(f"/events/edit/{event['uuid']}", newer).status_code == 200
    assert cast.sam.views(event)["info"] == "newer"


def test_rights_that_are_not_here_are_not_claimed(cast: Cast) -> None:
    """§10.3: newer pullers read these flags before they pull, and features in getVersion before they use one."""
    role = cast.sam.get("/users/view/me").json()["Role"]
    assert not any(role.get(name) for name in ("perm_sync_internal", "perm_sync_authoritative", "perm_server_sign"))
    version = cast.sam.get("/servers/getVersion").json()
    assert not {"collection_sync", "analyst_graph"} & version.keys()
