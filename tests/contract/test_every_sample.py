"""Every recorded single call is compared with ours by some test, or it stands here why not (wire/README)."""

from collections.abc import Iterable, Mapping

from tests.contract import test_account_samples, test_exports, test_files_and_deletions, test_samples
from tests.contract.pointing import leading_nowhere
from tests.wire_files import Recordings

SAMPLES = "contract/test_samples.py::"
GROUPS = "contract/test_group_recordings.py::"
LINKS = "contract/test_links.py::"
OPINIONS = "contract/test_opinions.py::"
EXPORT = "contract/test_exports.py::test_an_export_is_the_one_that_a_misp_makes"
# Those that no table names: the test that compares them.
BY_NAME: Mapping[str, str] = {
    "11c": SAMPLES + "test_a_page_of_values_and_a_count_are_written_as_they_were",
    "11d": SAMPLES + "test_an_export_is_written_as_it_was",
    "11g": SAMPLES + "test_a_page_of_values_and_a_count_are_written_as_they_were",
    "11h": SAMPLES + "test_an_export_is_written_as_it_was",
    "14-sharing_groups": GROUPS + "test_the_list_of_groups_is_as_it_was",
    "14b": GROUPS + "test_a_group_is_viewed_as_it_was",
    "14c": GROUPS + "test_the_list_of_groups_is_as_it_was",
    "14d": GROUPS + "test_a_group_of_others_is_not_there",
    "15-servers": LINKS + "test_the_list_of_links_has_items_as_it_had",
    **dict.fromkeys(
        ("15b", "15c", "15d", "15e", "15f", "15g", "15h"), LINKS + "test_the_samples_of_links_are_answered_as_they_were"
    ),
    "17-objects-view": "contract/test_files_and_deletions.py::test_an_object_is_viewed_as_it_was",
    "17c": "contract/test_files_and_deletions.py::test_an_object_is_added_by_a_template_in_the_path",
    **dict.fromkeys(
        ("18-sightings-add", "18b", "18c", "18d"), OPINIONS + "test_samples_of_sightings_are_answered_as_a_misp_did"
    ),
    "20d": "contract/test_clusters.py::test_no_list_in_use_knows_a_value",
    "20g": OPINIONS + "test_the_sample_list_of_proposals_has_our_shape",
    "20n": "contract/test_account_samples.py::test_counts_have_the_names_that_they_had",
    "92f": SAMPLES + "test_a_head_of_what_is_there_is_answered_as_it_was",
    "97b": SAMPLES + "test_filter_rules_are_names_of_organisations_and_tags",
    **dict.fromkeys(
        ("fmt-attributes-json", "fmt-events-json"),
        "contract/test_exports.py::test_the_json_of_a_search_is_as_a_misp_has_it",
    ),
}
NOT_COMPARED: Mapping[str, str] = {
    "11i": "MISP's converter failed there with 500, ours makes a bundle; in web/test_rest_search.py",
    "16h": "MISP redirects to the attribute, ours answers it (API §9.3); in test_api_9_3.py",
    "90d": "without a wish for JSON MISP leads to the login, ours answers a key in JSON (wire/README); test_answer.py",
}


def _named() -> Iterable[str]:
    for module in (test_samples, test_account_samples):
        yield from (case.name for case in module.CASES)
    for lists in (test_samples.LISTS, test_account_samples.LISTS, test_files_and_deletions.LISTS):
        yield from lists
    yield from (f"fmt-{scope}-{name}" for scope in ("attributes", "events") for name in test_exports.FORMATS)
    yield from BY_NAME


def test_no_sample_is_left_out(recordings: Recordings) -> None:
    samples = {path.stem for path in (recordings.root / "samples").glob("*.json")}
    compared = {recordings.path_of("samples", name).stem for name in _named()}
    excused = {recordings.path_of("samples", name).stem for name in NOT_COMPARED}
    assert (samples - compared - excused, excused & compared) == (set(), set())


def test_each_that_is_named_alone_leads_to_a_test() -> None:
    assert leading_nowhere([*BY_NAME.values(), EXPORT]) == []
