"""An analyst's day in plain PyMISP, from the first look in the morning to the log at night (issue 5)."""

from collections.abc import Callable

from pymisp import PyMISP

from tests.cast import Actor
from tests.contract import analyst_afternoon as afternoon
from tests.contract import analyst_morning as morning
from tests.contract.analyst import Day

STEPS: tuple[Callable[[Day], None], ...] = (
    morning.asks_who_she_is, morning.is_turned_away_with_a_wrong_key, morning.asks_which_server_and_types_there_are,
    morning.reads_what_came_in_over_night, morning.looks_a_domain_up, morning.asks_the_warninglists,
    morning.has_the_campaign_tag_made, morning.writes_the_event, morning.sees_that_it_exists,
    morning.adds_it_twice_by_mistake, morning.adds_one_attribute, morning.adds_a_handful_at_once,
    morning.is_told_which_of_a_list_is_bad, morning.pastes_a_text, morning.adds_an_object,
    morning.adds_the_sample_that_came_by_mail, morning.gets_the_sample_back, morning.joins_object_and_attribute,
    morning.corrects_a_comment, morning.takes_one_out_of_detection, morning.deletes_a_mistake_and_takes_it_back,
    morning.tags_an_attribute_and_takes_it_off, morning.names_the_actor_with_a_cluster, morning.notes_what_she_thinks,
    morning.notes_sightings, morning.keeps_something_for_her_organisation, morning.publishes,
    morning.a_colleague_finds_it, morning.the_colleague_proposes_and_she_accepts,
    morning.the_colleague_proposes_another_value_and_she_discards, morning.the_colleague_may_not_change_the_event,
    afternoon.searches_by_value_type_tag_and_date, afternoon.searches_with_a_complex_query,
    afternoon.searches_objects, afternoon.finds_the_day_in_the_index, afternoon.publishes_again_what_was_changed,
    afternoon.exports_for_the_firewall, afternoon.exports_a_table, afternoon.exports_rules_for_the_sensor,
    afternoon.exports_stix, afternoon.counts, afternoon.writes_a_report, afternoon.closes_the_analysis,
    afternoon.has_a_group_made_for_a_few, afternoon.keeps_one_attribute_for_the_few, afternoon.extends_the_event,
    afternoon.deletes_a_draft, afternoon.looks_at_what_the_log_says,
)  # fmt: skip


def _client(actor: Actor, key: str) -> PyMISP:
    return PyMISP(actor.server.url, key, timeout=60)


def test_a_day_of_an_analyst(alice: Actor, bob: Actor, charlie: Actor, dora: Actor) -> None:
    misp, colleague, outsider, admin = (_client(one, one.key) for one in (alice, bob, charlie, dora))
    day = Day(misp, colleague, outsider, admin, bob.org_uuid, lambda key: _client(alice, key))
    assert len(STEPS) >= 30
    for step in STEPS:
        try:
            step(day)
        except Exception as error:
            error.add_note(f"in the step: {step.__name__}")  # one test, many steps: say which
            raise
