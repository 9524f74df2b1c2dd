"""Push and pull rules as links store them (PROTOCOL §3.10, §4.10)."""

import pytest

from mispmini.domain.rules import PullRules, PushRules


@pytest.mark.parametrize("text", [None, "", "[]", "null", "{", "{}", '{"tags":[]}', '{"tags":{"OR":"x"}}', "3"])
def test_no_rules_and_nonsense_mean_no_rule(text: str | None) -> None:
    assert PushRules.from_text(text) == PushRules()
    assert PullRules.from_text(text) == PullRules()


def test_push_rules_are_local_ids_as_numbers_or_texts() -> None:
    rules = PushRules.from_text(
        '{"tags":{"OR":["1",2],"NOT":["x"]},"orgs":{"NOT":["5"]},"type_attributes":{"NOT":["md5"]}}'
    )
    assert rules == PushRules(tags_or=frozenset({1, 2}), orgs_not=frozenset({5}), types_not=frozenset({"md5"}))


def test_pull_rules_become_keys_of_the_index() -> None:
    rules = PullRules.from_text(
        '{"tags":{"OR":["tlp:red"],"NOT":["tlp:green"]},"orgs":{"OR":["Alfa"]},"type_attributes":{"NOT":["md5"]},'
        '"type_objects":{"NOT":[]},"url_params":"{\\"timestamp\\":\\"7d\\"}"}'
    )
    assert rules.index_filters() == {
        "tag": ["tlp:red", "!tlp:green"],
        "org": ["Alfa"],
        "type_attribute": ["!md5"],
        "timestamp": "7d",
    }
