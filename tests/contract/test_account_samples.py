"""Organisations, accounts, keys, roles and counts, answered as a MISP answered them (samples 02-06, 20n, 20o, 96)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.contract.conftest import Instance
from tests.contract.replay import (
    ANYTHING,
    OF_ANOTHER_ACCOUNT,
    OF_THE_CLOCK,
    Reasons,
    assert_same_answer,
    assert_same_shape,
    replay,
)
from tests.wire_files import Recordings

OF_THE_RUN = OF_THE_CLOCK | OF_ANOTHER_ACCOUNT | {"invited_by", "last_pw_change", "last_used", "authkey", "created_by"}
USER_ID, KEY_ID = "5", "28"
FILLED_IN: Reasons = {
    f"*Organisation.{name}": "was filled in for the recorded instance"
    for name in ("description", "type", "nationality", "sector", "user_count")
}
DOMAINS: Reasons = {"*Organisation.restricted_to_domain": "null or a list (CLIENTS): ours is always a list"}
TERMS: Reasons = {"User.termsaccepted": "there are no terms to accept"}
EMPTY: Reasons = dict.fromkeys(("User.gpgkey", "User.external_auth_key"), "null or empty: none")
OF_OURS: Reasons = {"AuthKey": "RULES §7: says whether the key only reads"}


@dataclass(frozen=True, slots=True)
class Case:
    """A sample, and where ours differ."""

    name: str
    except_: Reasons = field(default_factory=dict)


CASES = (
    Case("02b", {**FILLED_IN, **DOMAINS, **TERMS, **EMPTY, **OF_OURS}),
    Case("03d", {**FILLED_IN, **DOMAINS, **TERMS, **EMPTY}),
    Case("04c", {**FILLED_IN, **DOMAINS}),
    Case("04d", {**FILLED_IN, **DOMAINS}),
    Case("06d", {"AuthKey.last_used": "MODEL §5.6 names it"}),
    Case(
        "06f",
        {
            "AuthKey.expiration": 'a number where all other answers have text: ours is "0" (MODEL §5.6)',
            "AuthKey.allowed_ips": "JSON in a text where all other answers have a list",
            "AuthKey.unique_ips": "null where all other answers have a list",
            "AuthKey.last_used": "MODEL §5.6 names it",
            "User.org_id": "ours answers as view does",
            "User.email": "ours answers as view does",
        },
    ),
    Case("06g", {"id": "a number where save-success has text (PROTOCOL §1.4)"}),
    Case("96-admin-users", EMPTY),
    Case("96b"),
    Case("96c"),
    Case("96d", DOMAINS),
    Case("96e"),
    Case("96f"),
    Case("20o"),
)
LISTS: Mapping[str, Reasons] = {
    "03-admin-users-index": EMPTY,
    "04b": {**FILLED_IN, **DOMAINS},
    "06c": {"AuthKey.last_used": "MODEL §5.6 names it", "AuthKey.unique_ips": "as many as there were"},
}


@pytest.fixture(scope="module")
def words(instance_a: Instance) -> dict[str, str]:
    """The sampled account and a key of it, by the recorded ids."""
    user = instance_a.accounts["MyK5QvZ4"]
    wanted = {"comment": "sample", "allowed_ips": ["127.0.0.1"]}
    key = instance_a.admin.post(f"/auth_keys/add/{user.user_id}", wanted).json()["AuthKey"]
    return {USER_ID: str(user.user_id), KEY_ID: str(key["id"])}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_call_is_answered_as_it_was(
    instance_a: Instance, recordings: Recordings, words: dict[str, str], case: Case
) -> None:
    exchange = recordings.call(case.name)
    told = words if case.name.startswith(("03", "06")) else {}
    ours = replay(instance_a.url, exchange, key=instance_a.key_for(exchange.headers.get("Authorization")), words=told)
    assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, words=told, except_=case.except_)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_items_as_it_had(instance_a: Instance, recordings: Recordings, name: str) -> None:
    exchange = recordings.call(name)
    ours = replay(instance_a.url, exchange, key=instance_a.key_for(exchange.headers.get("Authorization")))
    assert ours.status_code == 200
    filled = [item for item in exchange.answer if _is_whole(item)]
    mine = [item for item in ours.json() if _is_whole(item)]
    assert mine
    for item in mine:
        assert_same_shape(filled[0], item, of_the_run=ANYTHING, except_=LISTS[name])


def test_counts_have_the_names_that_they_had(instance_a: Instance, recordings: Recordings) -> None:
    exchange = recordings.call("20n")
    ours: requests.Response = replay(instance_a.url, exchange, key=instance_a.admin.key)
    assert_same_shape(exchange.answer, ours.json(), of_the_run=ANYTHING)
    assert list(ours.json()["stats"]) == list(exchange.answer["stats"])


def _is_whole(item: dict[str, Any]) -> bool:
    """One whose nullable fields are filled: the first admin and unlimited keys have none."""
    if "Role" in item:
        return item["User"]["date_created"] is not None
    return "AuthKey" not in item or item["AuthKey"]["allowed_ips"] is None
