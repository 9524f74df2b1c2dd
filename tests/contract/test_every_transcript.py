"""Each recorded conversation, and the tests that show it: with ours as the one that asks, and as the one that answers.

A recording without any exchange has only the first role. Those of clusters and of analyst data lie with their subjects.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from tests.contract.pointing import leading_nowhere
from tests.wire_files import Recordings

RECEIVER = "contract/test_recordings_as_receiver.py::"
ANSWERER = "contract/test_transcripts_as_answerer.py::"
PULLS = "contract/test_pulls_as_asker.py::"
PUSHES = "contract/test_pushes_as_asker.py::"
LINKS = "contract/test_links_as_asker.py::"
GROUPS = "contract/test_group_recordings.py::"
FILES = "contract/test_files_and_deletions.py::"
OPINIONS = "contract/test_opinions.py::"
CLUSTERS = "sync/test_clusters.py::"

PUSHED = RECEIVER + "test_a_pushing_misp_gets_the_answers_it_got_from_a_misp"
PULLED = RECEIVER + "test_a_pulling_misp_gets_the_answers_it_got_from_a_misp"
WHOLE_PUSH = ANSWERER + "test_a_pushing_misp_is_answered_as_by_a_misp"
WHOLE_PULL = ANSWERER + "test_a_pulling_misp_is_answered_as_by_a_misp"
NAMES = ANSWERER + "test_who_asks_for_its_account_and_for_names_is_answered_in_misps_form"
EXPLAIN = "sync/test_explain.py::test_the_answer_is_the_one_that_a_misp_gives"
SENT = PUSHES + "test_a_published_event_goes_as_a_misp_sends_it"
FULL_PUSH = PUSHES + "test_a_full_push_offers_and_sends_as_a_misp_does"
KEY = PUSHES + "test_a_key_that_may_not_sync_costs_one_request_and_is_told"
KEY_FULL = PUSHES + "test_a_full_push_with_such_a_key_says_what_a_misp_says"
NOTHING = PUSHES + "test_a_push_of_nothing_still_looks_at_the_index"
FULL_PULL = PULLS + "test_a_full_pull_asks_as_a_misp_does_and_ends_as_it_did"
INCREMENTAL = PULLS + "test_incremental_is_refused_word_for_word_after_the_handshake"
OTHER_VERSION = PULLS + "test_a_partner_of_another_version_is_asked_for_what_it_can_answer"
KEPT = LINKS + "test_what_a_rule_keeps_here_causes_no_request"
STAYS = "sync/test_push.py::test_what_may_not_leave_causes_no_request_at_all"
REFUSAL = GROUPS + "test_a_refusal_is_told_in_the_partners_words_and_waits_for_somebody"
ACCOUNT = LINKS + "test_what_a_partner_says_of_our_account_and_its_names"
PREVIEW = LINKS + "test_a_preview_asks_as_a_misp_does_and_shows_what_came"
SIGHTED = "sync/test_opinions.py::test_a_pull_asks_for_proposals_and_for_sightings_that_moved"
PROPOSED = OPINIONS + "test_a_puller_gets_proposals_as_a_misp_lists_them"


class Shown(NamedTuple):
    """By which tests a recording is shown in each role; no answerer for one without exchanges."""

    asks: str
    answers: str | None


TABLE: Mapping[str, Shown] = {
    "01-testConnection-sync-user": Shown(EXPLAIN, PUSHED),
    "02-testConnection-wrong-key": Shown(EXPLAIN, PUSHED),
    "02b-testConnection-user-role": Shown(EXPLAIN, PUSHED),
    "02c-testConnection-readonly-role": Shown(EXPLAIN, PUSHED),
    "02d-getRemoteUser": Shown(ACCOUNT, NAMES),
    "02e-queryAvailableSyncFilteringRules": Shown(ACCOUNT, NAMES),
    "03-push-connected-communities": Shown(
        "sync/test_push.py::test_a_published_event_goes_out_as_a_misp_sends_it", PUSHED
    ),
    "04-push-all-communities": Shown("sync/test_push.py::test_a_published_event_goes_out_as_a_misp_sends_it", PUSHED),
    "05-repush-after-edit": Shown("sync/test_push.py::test_an_edit_goes_to_edit_with_what_was_deleted", PUSHED),
    "05c-repush-after-soft-delete-attribute": Shown(
        "sync/test_push.py::test_an_edit_goes_to_edit_with_what_was_deleted", PUSHED
    ),
    "06-push-org-only": Shown(STAYS, None),
    "06b-push-this-community": Shown(STAYS, None),
    "06c-unpublished-servers-push-full": Shown(FULL_PUSH, WHOLE_PUSH),
    "06d-push-incremental": Shown(NOTHING, WHOLE_PUSH),
    "06e-push-by-event-id-unpublished": Shown(NOTHING, WHOLE_PUSH),
    "07-push-rich": Shown(SENT, PUSHED),
    "07b-publishSightings": Shown("sync/test_opinions.py::test_with_policy_0_nothing_but_a_look_goes_out", WHOLE_PUSH),
    "07d-servers-push-full": Shown(FULL_PUSH, WHOLE_PUSH),
    "08-push-rich-objects-sightings": Shown(
        "sync/test_files_and_deletions.py::test_objects_and_samples_go_out_as_a_misp_sends_them",
        FILES + "test_a_pushed_sample_is_stored_and_given_out_byte_for_byte",
    ),
    "08b-publishSightings-policy2": Shown(
        "sync/test_opinions.py::test_published_sightings_go_as_a_misp_sends_them", WHOLE_PUSH
    ),
    "08c-servers-push-full": Shown(
        "sync/test_opinions.py::test_a_full_push_brings_proposals_and_sightings_after_the_events", WHOLE_PUSH
    ),
    "09-push-to-user-role": Shown(KEY, PUSHED),
    "09-push-to-user-role-full": Shown(KEY_FULL, WHOLE_PUSH),
    "09b-push-to-readonly-role": Shown(KEY, PUSHED),
    "09b-push-to-readonly-role-full": Shown(KEY_FULL, WHOLE_PUSH),
    "09c-push-wrong-key": Shown(KEY, PUSHED),
    "09c-push-wrong-key-full": Shown(KEY_FULL, WHOLE_PUSH),
    "12-push-sharing-group-with-B": Shown(GROUPS + "test_an_event_of_a_group_goes_as_a_misp_sends_it", PUSHED),
    "12b-push-sharing-group-without-B": Shown(
        GROUPS + "test_an_event_of_a_group_without_the_partner_asks_it_nothing", None
    ),
    "13-push-rule-tag-OR-green--green-event": Shown(
        LINKS + "test_an_event_that_the_tag_rule_lets_through_goes_as_a_misp_sends_it", PUSHED
    ),
    "13b-push-rule-tag-OR-green--amber-event": Shown(KEPT, None),
    "13d-push-rule-tag-NOT-amber--amber-event": Shown(KEPT, None),
    "13f-push-rule-org-NOT-own": Shown(KEPT, None),
    "13g-push-rule-org-NOT-own-full": Shown(
        LINKS + "test_a_full_push_offers_nothing_that_a_rule_keeps_here", WHOLE_PUSH
    ),
    "17-push-event-blocklisted-at-receiver": Shown(
        REFUSAL, RECEIVER + "test_a_blocked_event_is_absent_and_then_refused"
    ),
    "17b-full-push-with-blocklisted": Shown(FULL_PUSH, WHOLE_PUSH),
    "18-push-onto-foreign-owned-same-uuid": Shown(
        REFUSAL, RECEIVER + "test_an_event_of_the_receivers_own_is_not_changed_by_a_push"
    ),
    "19-push-event-created-by-other-org": Shown(
        GROUPS + "test_an_event_of_a_third_organisation_goes_with_its_creator", PUSHED
    ),
    "20-push-org-blocklisted-at-receiver": Shown(
        SENT, FILES + "test_events_of_a_blocked_organisation_are_absent_and_then_refused"
    ),
    "23-push-incremental": Shown(
        PUSHES + "test_an_incremental_push_offers_what_came_after_the_last_and_sends_it", WHOLE_PUSH
    ),
    "24-publish-with-push-flag-off": Shown(KEPT, None),
    "25-delete-event-at-A-after-push": Shown(
        "sync/test_files_and_deletions.py::test_a_deletion_is_not_told_to_those_who_have_it", None
    ),
    "26-push-full-many": Shown(FULL_PUSH, WHOLE_PUSH),
    "27-push-B-to-A-full-with-proposal": Shown(FULL_PUSH, WHOLE_PUSH),
    "28-push-B-own-event-to-A": Shown(SENT, WHOLE_PUSH),
    "30-pull-full": Shown(FULL_PULL, PULLED),
    "30b-pull-full-again-nothing-new": Shown(
        PULLS + "test_nothing_new_costs_a_look_at_the_index_and_at_the_proposals", WHOLE_PULL
    ),
    "31-pull-incremental": Shown(INCREMENTAL, WHOLE_PULL),
    "32-pull-full-after-update-and-attr-delete": Shown(FULL_PULL, WHOLE_PULL),
    "33-pull-incremental-new": Shown(INCREMENTAL, WHOLE_PULL),
    "34-pull-single-event-id": Shown(PULLS + "test_one_event_is_fetched_by_its_number_there", PULLED),
    "35-pull-relevant-clusters": Shown(
        CLUSTERS + "test_relevant_clusters_are_those_that_tags_name",
        "contract/test_clusters.py::test_a_shows_its_clusters_to_a_pulling_partner",
    ),
    "36-pull-sightings": Shown(SIGHTED, PROPOSED),
    "36b-pull-sightings": Shown(SIGHTED, OPINIONS + "test_a_puller_gets_sightings_as_a_misp_finds_them"),
    "36c-pull-analyst-data": Shown(
        "sync/test_analyst_data.py::test_a_pull_fetches_what_is_not_here_and_lowers_it",
        "contract/test_analyst_data.py::test_a_puller_gets_notes_as_a_misp_lists_them",
    ),
    "37-pull-update-technique": Shown(PULLS + "test_update_fetches_what_is_here_and_older_and_nothing_else", PULLED),
    "38-pull-rule-tag-OR-red": Shown(FULL_PULL, PULLED),
    "38b-pull-rule-tag-NOT-green": Shown(FULL_PULL, WHOLE_PULL),
    "38c-pull-rule-org-OR-ORG_C": Shown(FULL_PULL, PULLED),
    "39-pull-rule-type-filter": Shown(FULL_PULL, PULLED),
    "40-previewIndex": Shown(PREVIEW, ANSWERER + "test_a_preview_lists_events_as_a_misp_does"),
    "40b-previewIndex-page-limit-filter": Shown(PREVIEW, ANSWERER + "test_a_preview_lists_events_as_a_misp_does"),
    "41-previewEvent": Shown(
        LINKS + "test_a_preview_of_one_event_is_what_the_partner_tells",
        ANSWERER + "test_a_preview_of_one_event_is_answered_as_by_a_misp",
    ),
    "42-pull-event-blocklisted-at-puller": Shown(
        "sync/test_files_and_deletions.py::test_a_pull_neither_takes_what_is_blocked_nor_drops_what_is_gone", WHOLE_PULL
    ),
    "43-pull-after-remote-delete": Shown(
        "sync/test_files_and_deletions.py::test_a_pull_neither_takes_what_is_blocked_nor_drops_what_is_gone", WHOLE_PULL
    ),
    "44-pull-with-readonly-key": Shown(FULL_PULL, PULLED),
    "44c-pull-with-wrong-key": Shown(
        LINKS + "test_a_pull_with_a_wrong_key_ends_in_misps_sentence",
        "contract/test_links.py::test_a_puller_with_an_unknown_key_is_refused_as_a_misp_refuses_it",
    ),
    "45-cache-server": Shown(
        "sync/test_caching.py::test_it_is_asked_for_as_a_misp_asks",
        ANSWERER + "test_a_caching_misp_gets_its_digests_on_the_first_page_and_nothing_after",
    ),
    "50-galaxy-cluster-publish-push": Shown(
        CLUSTERS + "test_a_published_cluster_goes_as_a_misp_sends_it",
        "contract/test_clusters.py::test_b_takes_a_pushed_cluster_once",
    ),
    "51-galaxy-cluster-pull": Shown(
        CLUSTERS + "test_clusters_are_pulled_as_a_misp_pulls_them",
        "contract/test_clusters.py::test_a_shows_its_clusters_to_a_pulling_partner",
    ),
    "53-push-1000-attributes": Shown(SENT, PUSHED),
    "54-push-event-with-note": Shown(SENT, PUSHED),
    "60-peer-version-2.4.200-pull-by-A": Shown(OTHER_VERSION, WHOLE_PULL),
    "60-peer-version-2.4.200-push": Shown(SENT, WHOLE_PUSH),
    "60-peer-version-2.4.200-push-full": Shown(FULL_PUSH, WHOLE_PUSH),
    "60-peer-version-2.4.200-testConnection": Shown(EXPLAIN, WHOLE_PUSH),
    "62-peer-version-3.0.0-pull-by-A": Shown(OTHER_VERSION, WHOLE_PULL),
    "62-peer-version-3.0.0-push": Shown(SENT, WHOLE_PUSH),
    "62-peer-version-3.0.0-push-full": Shown(FULL_PUSH, WHOLE_PUSH),
    "62-peer-version-3.0.0-testConnection": Shown(EXPLAIN, WHOLE_PUSH),
}


def test_no_recording_is_without_an_entry(recordings: Recordings) -> None:
    assert {path.stem for path in (recordings.root / "transcripts").glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_a_recording_is_shown_in_each_role_that_it_has(recordings: Recordings, name: str) -> None:
    shown = TABLE[name]
    assert bool(recordings.exchanges(name)) == (shown.answers is not None)
    assert leading_nowhere(pointer for pointer in shown if pointer) == []
