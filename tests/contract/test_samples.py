"""Single REST calls, replayed against a live server and answered as a MISP answered them (wire/README)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from mispmini.domain.ids import new_uuid
from tests.contract.conftest import Instance, play_a
from tests.contract.replay import (
    ANYTHING,
    OF_ANOTHER_ACCOUNT,
    OF_THE_CLOCK,
    Reasons,
    assert_same_answer,
    assert_same_search_headers,
    assert_same_shape,
    replay,
)
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]

EVENT_ID, EVENT_UUID = "55", "7ef4cb91-dcb9-445f-a93a-b8122802f1d8"
ATTRIBUTE_ID, ATTRIBUTE_UUID = "105", "6ce874e5-fd07-4b48-ab72-ab819ca7ce0e"
TAG_ID = "21"
AMBER_ID = "6"
LASTING_KEY = "Vn0nUgtM"
OF_THE_RUN = OF_THE_CLOCK | OF_ANOTHER_ACCOUNT
_OF_THE_RUN = re.compile(r'"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",\d+|\b\d{10}\b')

GALAXIES: Reasons = dict.fromkeys(("*Galaxy", "*.GalaxyCluster"), "MISP's galaxies are an extra")
VERSION: Reasons = {
    "uuid": "the instance's own",
    "server": "RULES §7: says what we are",
    "server_version": "RULES §7: says what we are",
}
EVENT: Reasons = {
    **GALAXIES,
    "Event.Object[].distribution": "RULES §7: a local author's object without a distribution inherits",
}
GROWN: Reasons = {
    "Event.Attribute": "other calls had added some",
    "Event.Object": "other calls had added one",
    "Event.Tag": "other calls had added one",
    "Event.attribute_count": "other calls had added some",
}
ORGANISATION: Reasons = {
    f"*Organisation.{name}": "was filled in for the recorded instance"
    for name in ("description", "type", "nationality", "sector", "user_count")
}
ORGANISATIONS: Reasons = {
    **ORGANISATION,
    "*.restricted_to_domain": "null or a list (CLIENTS): ours is always a list",
}
FIRST_ADMIN: Reasons = {
    "AuthKey": "RULES §7",
    "User.date_created": "MISP's first account has no dates",
    "User.last_pw_change": "MISP's first account has no dates",
    "User.termsaccepted": "there are no terms to accept",
}
OBJECT_INHERITS: Reasons = {
    "Event.Object": "RULES §7: a local author's object without a distribution inherits, so others see it",
    "*.Object.distribution": "RULES §7: a local author's object without a distribution inherits",
}
TAG_USE: Reasons = {"count": "how often it is used here", "attribute_count": "how often it is used here"}
TODAY: Reasons = {"Event.date": "the day of the call"}
DROPPED: Reasons = {"errors": "RULES §5: what was left out is listed"}
SHAPE_ALONE: Reasons = {
    **dict.fromkeys(("EventTag", "*Tag", "*SharingGroup"), "which ones is a matter of the run"),
    "Event.event_creator_email": "for events of one's own organisation alone (MODEL §6.5)",
}


@pytest.fixture(scope="module")
def instance_a() -> Iterator[Instance]:
    """A of these samples' own: what other tests leave there would be related to theirs."""
    yield from play_a()


@dataclass(frozen=True, slots=True)
class Case:
    """A sample: whether it is about the sample event, which samples come `before` it, and where ours differ."""

    name: str
    about_event: bool = False
    before: tuple[str, ...] = ()
    except_: Reasons = field(default_factory=dict)


def on_event(name: str, *before: str, but: Reasons | None = None) -> Case:
    """A case on the sample event."""
    return Case(name, True, before, but or {})


INLINE = "the recorded instance had no workers, ours tells of a job"
CASES = (
    Case("01", except_=VERSION),
    Case("01b", except_=VERSION),
    Case("01c", except_=VERSION),
    Case("01d"),
    Case("02", except_={**ORGANISATION, **FIRST_ADMIN}),
    Case("03b"),
    Case("03c"),
    Case("04", except_=ORGANISATIONS),
    Case("05"),
    Case("05b"),
    Case("06"),
    Case("06b"),
    Case("06e"),
    Case("07", except_=EVENT),
    Case("07b", except_=TODAY),
    Case("07c", except_=TODAY),
    on_event("07d"),
    Case("07e", except_={**DROPPED, **TODAY}),
    on_event("08", but=EVENT),
    on_event("08b", but=EVENT),
    on_event("08c", but=EVENT),
    on_event("08d", but=EVENT),
    on_event("08e", but={**EVENT, **OBJECT_INHERITS}),
    on_event("08f", but=EVENT),
    on_event("10", but={**GALAXIES, "*.Object[].distribution": "RULES §7: it inherits"}),
    Case("10c"),
    Case("10e"),
    Case("fmt-attributes-host"),
    Case("fmt-attributes-values"),
    Case("fmt-events-host"),
    Case("fmt-events-values"),
    on_event("09c", but=GALAXIES),
    on_event("11", but=OBJECT_INHERITS),
    on_event("11b"),
    Case("11e"),
    on_event("11f"),
    Case("13b"),
    Case("13d"),
    on_event("13c", but=TAG_USE),
    Case("13h", before=("13b",)),
    on_event("13e", "13b"),
    on_event("13f", "13b", "13e"),
    on_event("13g", "13b"),
    on_event("16"),
    on_event("16b"),
    on_event("16c", "16"),
    on_event("16d"),
    on_event("16e"),
    on_event("16f"),
    on_event("16g"),
    Case("16i"),
    on_event("19", "16f", but={**EVENT, **GROWN}),
    on_event("19b", but={"name": INLINE, "message": INLINE}),
    on_event("19c"),
    on_event("19d", "19b"),
    on_event("19e"),
    on_event("19f"),
    on_event("19g"),
    Case("19h"),
    on_event("19i", "19g"),
    Case("90-no-key"),
    Case("90b"),
    Case("90c"),
    Case("90e", except_=VERSION),
    Case("91-wrong-key"),
    Case("91b"),
    Case("91c"),
    Case("92-event"),
    Case("92b"),
    Case("92c"),
    Case("92d"),
    Case("92e"),
    Case("93-invalid"),
    Case("93b"),
    Case("93c"),
    Case("93d"),
    Case("93e"),
    Case("93f"),
    Case("93g"),
    Case("94-readonly"),
    Case("94b"),
    Case("95-permission"),
    on_event("95b"),
    on_event("95c"),
    Case("95d"),
    Case("95e"),
    Case("95f"),
    Case("95g"),
    Case("97-sync"),
    Case("97c"),
)
LISTS: Mapping[str, Reasons] = {
    "09": SHAPE_ALONE,
    "09b": SHAPE_ALONE,
    "09d": SHAPE_ALONE,
    "10b": SHAPE_ALONE,
    "10d": SHAPE_ALONE,
    "13": {"numerical_value": "a text where there is one"},
    "20h": {},
    "94c": SHAPE_ALONE,
    "94d": SHAPE_ALONE,
}


@pytest.fixture
def words(instance_a: Instance, recordings: Recordings) -> Iterator[dict[str, str]]:
    """Recorded ids and uuids and those of a fresh copy of the sample event, deleted again: nothing correlates."""
    asked = recordings.call("07-events-add").body
    event = instance_a.admin.post("/events/add", asked | {"uuid": new_uuid()}).json()["Event"]
    attribute = event["Attribute"][0]
    yield {
        EVENT_ID: event["id"],
        EVENT_UUID: event["uuid"],
        ATTRIBUTE_ID: attribute["id"],
        ATTRIBUTE_UUID: attribute["uuid"],
        AMBER_ID: next(tag["id"] for tag in event["Tag"] if tag["name"] == "tlp:amber"),
    }
    instance_a.admin.post(f"/events/delete/{event['id']}")


@pytest.fixture(scope="module")
def keys(instance_a: Instance) -> Mapping[str, str]:
    """The keys that no account had from the beginning: one that may only read."""
    user = instance_a.accounts["MyK5QvZ4"]
    wanted = {"read_only": True, "expiration": "2100-01-01"}
    made = instance_a.admin.post(f"/auth_keys/add/{user.user_id}", wanted).json()
    return {LASTING_KEY: made["AuthKey"]["authkey_raw"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_call_is_answered_as_it_was(
    instance_a: Instance,
    recordings: Recordings,
    keys: Mapping[str, str],
    request: pytest.FixtureRequest,
    case: Case,
) -> None:
    told: dict[str, str] = request.getfixturevalue("words") if case.about_event else {}
    user = {"5": str(instance_a.accounts["MyK5QvZ4"].user_id)} if case.name.startswith("06") else {}
    for name in case.before:
        told = told | _tag_word(_sent(instance_a, recordings.call(name), keys, told))
    exchange = recordings.call(case.name)
    ours = _sent(instance_a, exchange, keys, told | user)
    try:
        assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, words=told | user, except_=case.except_)
    finally:
        _forget(instance_a, case, ours)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_items_as_it_had(
    instance_a: Instance, recordings: Recordings, keys: Mapping[str, str], words: dict[str, str], name: str
) -> None:
    exchange = recordings.call(name)
    ours = _sent(instance_a, exchange, keys, {})
    assert ours.status_code == 200
    theirs, mine = (_items(answer) for answer in (exchange.answer, ours.json()))
    assert mine
    for item in mine:
        assert_same_shape(theirs[0], item, of_the_run=ANYTHING, except_=LISTS[name])
    for header in exchange.answer_headers.keys() - {"Content-Length", "X-Auth-Key-Expiration"}:
        assert header in ours.headers


@pytest.mark.parametrize("name", ["11d", "11h"])
def test_an_export_is_written_as_it_was(
    instance_a: Instance, recordings: Recordings, words: dict[str, str], name: str
) -> None:
    exchange = recordings.call(name)
    ours = _sent(instance_a, exchange, {}, words)
    assert ours.headers["Content-Type"] == exchange.answer_headers["Content-Type"]
    assert_same_search_headers(exchange, ours, words)
    assert _OF_THE_RUN.sub("…", ours.text) == _OF_THE_RUN.sub("…", exchange.answer)


def test_a_page_of_values_and_a_count_are_written_as_they_were(
    instance_a: Instance, recordings: Recordings, words: dict[str, str]
) -> None:
    values = [f"198.51.100.{number}" for number in range(2, 6)]
    attributes = [{"type": "ip-dst", "value": value, "to_ids": True} for value in values]
    event = instance_a.admin.adds_event(attributes=attributes)
    assert instance_a.admin.post(f"/events/publish/{event['id']}").status_code == 200
    page = recordings.call("11c")
    ours = instance_a.admin.post(page.path, {**page.body, "eventid": event["id"]})
    assert ours.headers["Content-Type"] == page.answer_headers["Content-Type"]
    assert_same_search_headers(page, ours, {})
    assert ours.text == page.answer
    count = recordings.call("11g")
    ours = _sent(instance_a, count, {}, {})
    assert ours.headers["Content-Type"] == count.answer_headers["Content-Type"]
    assert ours.text == ours.headers["X-Result-Count"]
    assert count.answer_headers["X-Result-Count"] == str(count.answer)
    instance_a.admin.post(f"/events/delete/{event['id']}")


def test_a_head_of_what_is_there_is_answered_as_it_was(
    instance_a: Instance, recordings: Recordings, words: dict[str, str]
) -> None:
    exchange = recordings.call("92f")
    ours = _sent(instance_a, exchange, {}, {"1": words[EVENT_ID]})
    assert (ours.status_code, ours.headers["Content-Length"]) == (exchange.status, "0")


def test_filter_rules_are_names_of_organisations_and_tags(instance_a: Instance, recordings: Recordings) -> None:
    exchange = recordings.call("97b")
    ours = _sent(instance_a, exchange, {}, {}).json()
    assert ours.keys() == exchange.answer.keys()
    assert {"ORG_A", "ORG_B", "ORG_C"} <= set(ours["organisations"])
    assert all(isinstance(name, str) for names in ours.values() for name in names)


def _sent(
    instance: Instance, exchange: Exchange, keys: Mapping[str, str], words: Mapping[str, str]
) -> requests.Response:
    recorded = exchange.headers.get("Authorization")
    key = keys.get((recorded or "")[:8]) or instance.key_for(recorded)
    return replay(instance.url, exchange, key=key, words=words)


def _tag_word(answer: requests.Response) -> dict[str, str]:
    body = answer.json()
    return {TAG_ID: body["Tag"]["id"]} if isinstance(body, dict) and "Tag" in body else {}


def _items(answer: Any) -> list[Json]:
    found: list[Json] = answer if isinstance(answer, list) else answer.get("response") or answer["Tag"]
    return found


def _forget(instance: Instance, case: Case, ours: requests.Response) -> None:
    """Delete an event that a case made: its values would correlate with the next ones'."""
    if ours.status_code == 200 and case.name.startswith("07"):
        instance.admin.post(f"/events/delete/{ours.json()['Event']['id']}")
