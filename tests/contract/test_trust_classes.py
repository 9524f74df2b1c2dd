"""TRUST: its decisions D, MISP's classes of flaws S and its goals G, each with the tests that hold it.

Those that stand nowhere else follow the tables.
"""

import time
from collections.abc import Iterator, Mapping

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Cast, Json, hire
from tests.contract.pointing import leading_nowhere
from tests.live import live_server

HERE = "contract/test_trust_classes.py::"
DATABASE, OUTBOX, REMOTE = "store/test_database.py::", "store/test_outbox.py::", "sync/test_remote.py::"
LOGIN, KEYS, ROWS = "web/test_login.py::", "services/test_authkeys.py::", "contract/test_trust_rows.py::"
ACCOUNTS, FILES, ROUTES = (
    "services/test_accounts.py::",
    "web/test_attachments.py::",
    "contract/test_permission_matrix.py::",
)
HIDDEN, ORACLE = "contract/test_nobody_sees_what_is_not_his.py::", "store/test_visibility_oracle.py::"
PLANTED, CANARY = "browser/test_nothing_is_executed.py::", "contract/test_canary.py::"
EVERY_ROUTE, DEPLOYED, CARING = "web/test_every_route_is_guarded.py::", "test_deployment.py::", "test_caring.py::"
RUNNER, PAIR = "jobs/test_outbox_runner.py::", "contract/test_two_servers.py::"
LATER: tuple[str, ...] = ()

DECISIONS: Mapping[str, tuple[str, ...]] = {
    "D1": (DATABASE + "test_the_pragmas_are_those_that_lose_nothing",),
    "D2": (DATABASE + "test_the_pragmas_are_those_that_lose_nothing",),
    "D3": (DATABASE + "test_read_modify_write_by_many_threads_loses_nothing",),
    "D4": (DATABASE + "test_another_process_that_writes_is_waited_for_and_then_refused",),
    "D5": (
        RUNNER + "test_one_folder_has_one_scheduler",
        "jobs/test_puller.py::test_what_fell_due_while_nothing_ran_is_caught_up",
    ),
    "D6": (DEPLOYED + "test_the_proxy_of_the_page_serves_the_public_address_with_its_certificate",),
    "D7": (
        REMOTE + "test_netrc_proxies_and_bundles_of_the_environment_are_ignored",
        REMOTE + "test_a_redirect_is_refused_and_its_target_never_contacted",
        REMOTE + "test_a_gzip_bomb_is_stopped_at_the_cap",
        REMOTE + "test_the_deadline_ends_a_request_however_slow_the_partner",
    ),
    "D8": ("contract/test_hostile_bodies.py::test_a_hostile_body_is_refused_in_json",),
    "D9": (LOGIN + "test_logout_kills_a_copied_cookie", LOGIN + "test_a_new_password_ends_every_session"),
    "D10": (KEYS + "test_a_key_works_and_is_nowhere_in_the_files",),
    "D11": (
        OUTBOX + "test_what_is_not_committed_is_not_promised",
        OUTBOX + "test_a_kill_after_the_partner_has_it_leaves_one_copy_and_no_debt",
    ),
    "D12": (ROWS + "test_a_bodys_uuid_never_chooses_the_row",),
}
CLASSES: Mapping[str, tuple[str, ...]] = {
    "S1 stored XSS": (
        PLANTED + "test_no_page_has_an_element_that_came_from_data",
        PLANTED + "test_no_page_runs_anything_in_a_browser",
    ),
    "S2 reflected XSS": ("web/test_headers.py::test_nothing_that_was_asked_is_echoed_raw",),
    "S3 files": (
        FILES + "test_a_download_is_never_shown_and_its_name_is_no_path",
        FILES + "test_a_file_that_may_not_be_is_refused",
        FILES + "test_a_raw_sample_is_packed",
    ),
    "S4 read leaks": (
        HIDDEN + "test_what_is_hidden_is_answered_like_what_is_absent",
        HIDDEN + "test_no_list_or_page_names_it",
        "contract/test_hidden_equals_absent.py::test_what_is_hidden_changes_no_byte_of_any_answer",
        ORACLE + "test_a_count_is_of_what_one_reads_wherever_it_is_told",
        ORACLE + "test_6_3_attributes_are_found_as_they_are_shown",
        ORACLE + "test_6_3_events_are_related_by_what_one_sees_on_both_sides",
        "store/test_analyst_visibility.py::test_a_note_is_judged_by_what_its_uuid_is_whatever_kind_it_claims",
        "store/test_analyst_visibility.py::test_what_is_said_of_a_thing_that_the_author_cannot_see_tells_nobody_of_it",
    ),
    "S5 sharing groups": (
        "contract/test_group_strangers.py::test_programs_are_told_the_uuid_alone",
        "contract/test_refusals.py::test_a_group_named_by_a_number_alone_is_refused_as_misp_refuses_it",
        "contract/test_group_crossing.py::test_all_organisations_of_a_server_are_members_there_because_the_owner_says_so",
        "sync/test_pull_tables.py::test_7_9_an_element_whose_group_is_missing_reaches_nobody_more",
        HERE + "test_an_element_is_never_bound_to_a_group_by_the_senders_number",
    ),
    "S6 writes across organisations": (
        ROWS + "test_a_bodys_uuid_never_chooses_the_row",
        ROWS + "test_an_element_of_another_event_is_left_there_and_named",
        HERE + "test_numbers_of_others_in_a_body_change_nothing_of_theirs",
    ),
    "S7 privilege": (
        ACCOUNTS + "test_who_may_do_what_to_whom",
        ACCOUNTS + "test_the_last_site_admin_stays",
        "web/test_people.py::test_an_org_admin_has_no_power_over_a_site_admin",
    ),
    "S8 guessing": (
        LOGIN + "test_the_sixth_guess_is_refused_by_every_door_and_spelling",
        LOGIN + "test_a_changed_clock_unlocks_nothing",
        LOGIN + "test_parallel_guesses_do_not_outrun_the_lock",
    ),
    "S9 CSRF": (
        EVERY_ROUTE + "test_a_cookie_without_our_form_is_refused_by_every_route_that_changes_something",
        EVERY_ROUTE + "test_no_get_of_a_site_admin_changes_anything",
        LOGIN + "test_a_cookie_alone_changes_nothing",
        "web/test_key_authentication.py::test_a_key_never_makes_a_session",
    ),
    "S10 SSRF": (
        REMOTE + "test_internal_addresses_are_refused_without_a_connection",
        REMOTE + "test_a_name_that_changes_its_answer_gets_one_question",
        LOGIN + "test_where_a_login_leads",
    ),
    "S11 injection": (
        "store/test_event_index.py::test_events_are_listed_by",
        "store/test_search.py::test_attributes_are_found_by",
        "contract/test_hostile_bodies.py::test_a_hostile_filter_is_refused_or_finds_what_it_says",
    ),
    "S12 commands": ("test_architecture.py::test_calls_to_machines_and_clocks_are_in_few_hands",),
    "S13 secrets": (CANARY + "test_no_answer_tells_a_secret", CANARY + "test_no_file_holds_a_secret_but_the_key_files"),
    "S14 identity": (
        "web/test_administration.py::test_an_admins_own_password_and_address_want_the_present_one_on_every_page",
        "web/test_people.py::test_json_from_a_session_needs_the_present_password_too",
        "services/test_accounts.py::test_whoever_changes_their_password_or_address_proves_the_present_password",
        "services/test_mail.py::test_whose_password_or_address_changes_is_told_at_the_address_they_had",
        "web/test_key_authentication.py::test_what_is_no_key_lets_nobody_in",
    ),
    "S15 enumeration": (
        LOGIN + "test_a_stranger_and_a_wrong_password_look_the_same",
        "web/test_administration.py::test_whether_an_address_is_known_is_not_told",
        "web/test_headers.py::test_only_our_own_names_are_answered_to",
    ),
    "S16 sync trust": (ROWS + "test_every_row_is_held_by_tests_that_are_there",),
    "S17 costly questions": (
        HERE + "test_a_pattern_full_of_wildcards_is_answered_at_once",
        "contract/test_broke_it_once.py::test_a_text_too_long_to_search_for_is_refused",
    ),
}
GOALS: Mapping[str, tuple[str, ...]] = {
    "G1": (
        OUTBOX + "test_a_kill_after_the_partner_has_it_leaves_one_copy_and_no_debt",
        PAIR + "test_a_pull_that_was_killed_is_resumed_with_nothing_lost_or_doubled",
    ),
    "G2": (DATABASE + "test_the_pragmas_are_those_that_lose_nothing",),
    "G3a": (
        ORACLE + "test_6_3_events_are_listed_viewed_and_searched_alike",
        ORACLE + "test_6_3_elements_are_shown_as_the_account_says",
    ),
    "G3b": ("contract/test_distribution_matrix.py::test_what_crosses_and_how_far_it_may_go_then",),
    "G4": ("contract/test_fuzz.py::test_nothing_that_is_sent_breaks_the_server",),
    "G5": (
        DATABASE + "test_a_full_disk_refuses_and_reads_go_on",
        "jobs/test_clock.py::test_a_clock_that_is_set_back_stops_nothing",
        "contract/test_lying_partner.py::test_a_lie_costs_nothing_but_its_own_row",
        CARING + "test_a_damaged_backup_is_noticed_and_nothing_is_made",
    ),
    "G6": (HERE + "test_each_is_held_by_tests_that_are_there",),
    "G8": (ROUTES + "test_each_role_gets_its_answer", ROUTES + "test_every_route_is_in_the_table_once"),
    "G9": (PLANTED + "test_no_page_runs_anything_in_a_browser",),
    "G10": (DEPLOYED + "test_who_never_ends_a_request_is_hung_up_on_and_keeps_nobody_from_the_door",),
    "G11": (ROWS + "test_a_bomb_costs_a_moment", REMOTE + "test_a_gzip_bomb_is_stopped_at_the_cap"),
    "G12": ("contract/test_ring.py::test_a_ring_settles_with_the_computed_number_of_deliveries",),
    "G13": (RUNNER + "test_a_partner_that_hangs_delays_nobody",),
    "G14": LATER,
    "G15": (
        CARING + "test_a_restored_folder_answers_as_the_first_did",
        CARING + "test_a_backup_holds_files_and_one_moment_of_the_database",
    ),
    "G16": (CANARY + "test_no_file_holds_a_secret_but_the_key_files",),
    "G17": (
        REMOTE + "test_internal_addresses_are_refused_without_a_connection",
        REMOTE + "test_the_peer_is_checked_after_connecting",
    ),
    "G18": (
        REMOTE + "test_a_bad_certificate_is_refused_with_its_reason",
        REMOTE + "test_tls_below_1_2_is_refused",
        REMOTE + "test_another_certificate_than_the_pinned_one_is_refused",
        REMOTE + "test_a_client_certificate_is_shown",
    ),
    "G19": (LOGIN + "test_the_sixth_guess_is_refused_by_every_door_and_spelling",),
    "G20": LATER,
    "G21": ("test_architecture.py::test_calls_to_machines_and_clocks_are_in_few_hands",),
    "G22": (DEPLOYED + "test_the_unit_is_sound_and_exposes_little",),
    "G23": LATER,
    "G24": LATER,
    "G25": LATER,
    "G26": (
        CARING + "test_doctor_names_what_fails_and_how_to_mend_it",
        CARING + "test_doctor_refuses_what_others_on_the_machine_may_read",
        DATABASE + "test_folder_and_file_are_for_their_owner_alone",
    ),
}


def test_each_is_held_by_tests_that_are_there() -> None:
    assert len(DECISIONS) == 12
    assert len(CLASSES) == 17
    assert {name for name, pointers in GOALS.items() if not pointers} == {"G14", "G20", "G23", "G24", "G25"}
    tables = (DECISIONS, CLASSES, GOALS)
    assert leading_nowhere(one for table in tables for pointers in table.values() for one in pointers) == []


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    """Everybody on one server."""
    with live_server() as server:
        yield hire(server)


def test_numbers_of_others_in_a_body_change_nothing_of_theirs(cast: Cast) -> None:
    """CVE-2018-8949: an attribute's id without a uuid; and every other number that a body may hold."""
    theirs = cast.bob.adds_event(attributes=[{"type": "domain", "value": "theirs.example"}])
    before = cast.bob.views(theirs)
    numbers = {
        "id": theirs["Attribute"][0]["id"], "event_id": theirs["id"], "object_id": "1", "org_id": str(cast.bob.org_id),
        "orgc_id": str(cast.bob.org_id), "user_id": str(cast.bob.user_id), "attribute_id": theirs["Attribute"][0]["id"],
    }  # fmt: skip
    element = {"type": "domain", "value": "mine.example", **numbers}
    inside = {"name": "file", "meta-category": "file", "Attribute": [element | {"object_relation": "domain"}]}
    body = {"Attribute": [element], "Object": [{**inside, **numbers}], **numbers, "id": theirs["id"]}
    mine = cast.alice.post("/events/add", {"info": "Mine", "distribution": "0", **body}).json()["Event"]
    assert (mine["org_id"], mine["orgc_id"]) == (str(cast.alice.org_id),) * 2
    assert mine["id"] != theirs["id"]
    for path in (f"/events/edit/{mine['id']}", f"/attributes/add/{mine['id']}", f"/objects/add/{mine['id']}"):
        cast.alice.post(path, {"info": "Mine", **body, **element})
    own = mine["Attribute"][0]
    told = cast.alice.post(f"/attributes/edit/{own['id']}", {**element, "value": "again.example"})
    assert told.status_code == 200
    assert told.json()["Attribute"]["event_id"] == mine["id"]
    assert cast.bob.views(theirs) == before


def test_an_element_is_never_bound_to_a_group_by_the_senders_number(cast: Cast) -> None:
    """CVE-2021-31780: the number of a group here that the sender is not in, beside no or another group's object."""
    made = cast.dora.post("/sharing_groups/add", {"name": f"Closed {new_uuid()}", "active": True}).json()
    group = made["SharingGroup"]
    other = {"uuid": new_uuid(), "name": "Another", "id": group["id"], "SharingGroupOrg": []}
    value = {"type": "domain", "value": "a.example", "distribution": "4", "sharing_group_id": group["id"]}
    kinds: tuple[Json, ...] = ({}, {"SharingGroup": other}, {"SharingGroup": {}})
    for number, named in enumerate(kinds):
        grouped = value | {"uuid": new_uuid(), "value": f"{number}.example"} | named
        event = cast.sam.adds_event(
            distribution=Distribution.COMMUNITY, attributes=[{"type": "domain", "value": "b.example"}, grouped]
        )
        whole = cast.dora.views(event)
        assert {a["sharing_group_id"] for a in whole["Attribute"]} == {"0"}
        assert all(a["distribution"] in ("0", "5") for a in whole["Attribute"])


def test_a_pattern_full_of_wildcards_is_answered_at_once(cast: Cast) -> None:
    long = [{"type": "text", "value": f"{number}{'a' * 3_000}"} for number in range(20)]
    cast.alice.adds_event(attributes=long)
    began = time.monotonic()
    for pattern in ("%a" * 20 + "%b", "%" * 20 + "b", "%a_" * 20 + "b", "%aa" * 20 + "%b%"):
        answer = cast.alice.post("/attributes/restSearch", {"returnFormat": "json", "value": pattern})
        assert answer.json()["response"]["Attribute"] == []
    assert time.monotonic() - began < 5
