"""The recorded conversations, with our server in the place of the MISP that answered (wire/README)."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from tests.cast import Actor
from tests.contract.conftest import Instance, play_a, play_b
from tests.contract.replay import Reasons, assert_same_answer, assert_same_shape, replay
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]

SIGHTINGS = "Plugin.Sightings_policy"
RECORDED_ADDRESS = "http://127.0.0.1:8202"
ANSWERED = re.compile(
    r"/(servers/(getVersion|postTest)|eventReports/add|events/(view|add|edit|index|filterEventIdsForPush|[0-9a-f-]{36}$))"
)
_OF_AN_ORGANISATION = ("type", "sector", "nationality", "description")
DECIDED_OTHERWISE: Mapping[str, Reasons] = {
    "/servers/getVersion": {
        "uuid": "the instance's own",
        "server": "RULES §7: says what we are",
        "server_version": "RULES §7: says what we are",
    },
    "/eventReports/add": {
        "description": "in our own words; a sender wants it not to be empty (PROTOCOL §3.9)",
        "optional_fields": "ours takes more",
    },
    "/events/edit": {
        "errors": "RULES §10.10: a refusal names its rule, behind MISP's own words",
    },
    "/events/add": {
        "errors": "RULES §10.10: a refusal names its rule",
        "Event.attribute_count": "an object without description is kept; a MISP drops it silently",
        "Event.Galaxy": "the recorded receiver had MISP's galaxies, which are an extra (07 names one by its tag)",
    },
    "/events/view/": {"Event.attribute_count": "it counts what this key did not see, and so ours does not have"},
    "/events/": {
        "*.SharingGroup.modified": "when it was captured",
        "*.SharingGroupServer": "ours has no link to the recorded partner",
        **{f"*.{org}.{name}": "filled in by hand there" for org in ("Org", "Orgc") for name in _OF_AN_ORGANISATION},
        "*.ShadowAttribute[].old_id": "of the run",
        "*.ShadowAttribute[].Org": "proposed by others there",
    },
}

PUSHED = (
    ("01",),
    ("02",),
    ("02b",),
    ("02c",),
    ("03",),
    ("04", "05", "05c"),
    ("07",),
    ("09-push-to-user-role",),
    ("09b-push-to-readonly-role",),
    ("09c-push-wrong-key",),
    ("12",),
    ("13",),
    ("19",),
    ("53",),
    ("54",),
)
PULLED = ("30", "34", "37", "38", "38c", "39", "44")


@pytest.fixture(scope="module")
def instance_a() -> Iterator[Instance]:
    """A of these recordings' own, with the sighting policy that it had."""
    for instance in play_a():
        assert instance.admin.post(f"/servers/serverSettingsEdit/{SIGHTINGS}", {"value": "2"}).status_code == 200
        yield instance


@pytest.fixture(scope="module")
def instance_b() -> Iterator[Instance]:
    """B, of their own too: other tests bring events of the same uuids."""
    yield from play_b()


def _name(story: tuple[str, ...]) -> str:
    return "+".join(name.strip(".") for name in story)


@pytest.mark.parametrize("story", PUSHED, ids=_name)
def test_a_pushing_misp_gets_the_answers_it_got_from_a_misp(
    instance_b: Instance, recordings: Recordings, story: tuple[str, ...]
) -> None:
    for name in story:
        exchanges = _answered(recordings, name, "B")
        assert exchanges
        for exchange in exchanges:
            _replay_and_compare(instance_b, exchange)


@pytest.mark.parametrize("name", ["03", "04"])
def test_what_was_pushed_stands_there_as_it_stood_on_the_misp(
    instance_b: Instance, recordings: Recordings, name: str
) -> None:
    pushed = _answered(recordings, name, "B")[-1].body["Event"]
    if not instance_b.admin.sees(pushed):
        _replay_and_compare(instance_b, _answered(recordings, name, "B")[-1])
    ours = instance_b.admin.views(pushed)
    theirs = recordings.transcript(name)["outcome"]["after"]["B"]["Event"]
    edited = {"timestamp", "publish_timestamp", "attribute_count", "info", "Attribute"} if name == "04" else set()
    assert_same_shape(_without(theirs, edited), _without(ours, edited), except_=DECIDED_OTHERWISE["/events/"])


def test_a_blocked_event_is_absent_and_then_refused(instance_b: Instance, recordings: Recordings) -> None:
    look, add = _answered(recordings, "17", "B")[1:]
    known = instance_b.admin.get(f"/events/view/{add.body['Event']['uuid']}").status_code == 200
    if not known:
        added = instance_b.admin.adds_event(uuid=add.body["Event"]["uuid"])
        instance_b.admin.deletes(added)
    else:
        instance_b.admin.deletes(add.body["Event"])
    for exchange in (look, add):
        _replay_and_compare(instance_b, exchange)


def test_an_event_of_the_receivers_own_is_not_changed_by_a_push(instance_b: Instance, recordings: Recordings) -> None:
    look, edit = _answered(recordings, "18", "B")[1:]
    wanted = edit.body["Event"]
    own = instance_b.admin.adds_event(
        uuid=wanted["uuid"], timestamp=str(int(wanted["timestamp"]) - 10), distribution=Distribution.ALL
    )
    for exchange in (look, edit):
        _replay_and_compare(instance_b, exchange, words={"15": own["id"]})
    assert instance_b.admin.views(own) == own


@pytest.mark.parametrize("name", PULLED)
def test_a_pulling_misp_gets_the_answers_it_got_from_a_misp(
    instance_a: Instance, recordings: Recordings, name: str
) -> None:
    exchanges = _answered(recordings, name, "A")
    ids = _stand(instance_a, exchanges)
    _with_proposals(instance_a, exchanges)
    here = {event["uuid"] for event in _seen(exchanges)}
    tag = '""'
    for exchange in exchanges:
        headers = {"If-None-Match": tag} if exchange.path == "/events/index" else {}
        tag = _replay_and_compare(instance_a, exchange, words=ids, headers=headers, here=here) or tag


def test_an_offer_is_answered_with_what_is_not_here(instance_b: Instance, recordings: Recordings) -> None:
    offer = next(e for e in _answered(recordings, "06c", "B") if "filterEventIdsForPush" in e.path)
    sam = instance_b.accounts["G6XQ0ejC"]
    for offered in (item["Event"] for item in offer.body):
        if offered["uuid"] not in offer.answer and not sam.sees(offered):
            sam.adds_event(uuid=offered["uuid"], timestamp=offered["timestamp"])
    _replay_and_compare(instance_b, offer)


def _answered(recordings: Recordings, name: str, to: str) -> list[Exchange]:
    found = recordings.exchanges(name)
    return [exchange for exchange in found if exchange.to == to and ANSWERED.match(exchange.path)]


def _stand(instance: Instance, exchanges: list[Exchange]) -> dict[str, str]:
    """Have the events that were read then; recorded ids and ours."""
    return {event["id"]: _standing(_author(instance, event), event)["id"] for event in _seen(exchanges)}


def _seen(exchanges: list[Exchange]) -> list[Json]:
    return [e.answer["Event"] for e in exchanges if isinstance(e.answer, dict) and "Event" in e.answer]


def _author(instance: Instance, event: Json) -> Actor:
    return instance.other if event["Orgc"]["name"] == "ORG_C" else instance.admin


def _standing(author: Actor, event: Json) -> Json:
    if author.sees(event):
        return author.views(event)
    answer = author.post("/events/add", {"Event": event})
    assert answer.status_code == 200, answer.text
    added: Json = answer.json()["Event"]
    return added


def _with_proposals(instance: Instance, exchanges: list[Exchange]) -> None:
    """Proposals do not come with an event: they are brought apart."""
    for event in _seen(exchanges):
        if event.get("ShadowAttribute"):
            told = instance.accounts["ImX7firE"].post(
                f"/events/pushProposals/{event['uuid']}", event["ShadowAttribute"]
            )
            assert told.json()["success"], told.text


def _replay_and_compare(
    instance: Instance,
    exchange: Exchange,
    *,
    words: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    here: Collection[str] = (),
) -> str | None:
    """The ETag of the answer, None without one. `here` are uuids that an index must list."""
    words = {RECORDED_ADDRESS: instance.url} | dict(words or {})
    key = instance.key_for(exchange.headers.get("Authorization"))
    ours = replay(instance.url, exchange, key=key, words=words, headers=headers)
    tables = (table for path, table in DECIDED_OTHERWISE.items() if exchange.path.startswith(path))
    reasons = {pattern: reason for table in tables for pattern, reason in table.items()}
    if exchange.path == "/events/index" and exchange.status == 200:
        assert ours.status_code == 200
        assert ours.headers["X-Result-Count"] == str(len(ours.json()))
        _assert_lists_the_same(exchange.answer, ours.json(), here)
    elif exchange.status == 304:
        assert (ours.status_code, ours.text) == (304, "")
    else:
        assert_same_answer(exchange, ours, words=words, except_=reasons)
    return ours.headers.get("ETag")


def _assert_lists_the_same(recorded: list[Json], ours: list[Json], here: Collection[str]) -> None:
    """Of the events that stand here, each is listed as it was; the recorded instance had more."""
    theirs, listed = ({item["uuid"]: item for item in items} for items in (recorded, ours))
    for uuid in here:
        assert_same_shape(theirs[uuid], listed[uuid])


def _without(event: Json, keys: set[str]) -> Json:
    return {key: value for key, value in event.items() if key not in keys}
