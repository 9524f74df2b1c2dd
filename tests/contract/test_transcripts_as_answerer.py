"""Whole recorded conversations with ours as the one that answers: full pushes, pulls, previews, names, the cache."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
import requests

from mispmini.domain.distribution import Distribution
from tests.cast import Actor
from tests.contract.conftest import Instance, play_a, play_b
from tests.contract.playing import OF_OTHERS, line_of
from tests.contract.replay import (
    ANYTHING,
    OF_ANOTHER_ACCOUNT,
    OF_THE_CLOCK,
    assert_same_answer,
    assert_same_shape,
    replay,
)
from tests.contract.test_recordings_as_receiver import DECIDED_OTHERWISE
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]
INDEX, OFFER = "/events/index", "/events/filterEventIdsForPush"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ORGANISATIONS = ("11111111", "22222222", "33333333")
ADDRESSES = {"A": "http://127.0.0.1:8201", "B": "http://127.0.0.1:8202"}
OF_THE_RUN = OF_THE_CLOCK | OF_ANOTHER_ACCOUNT | {"uuid"}
FULL_PUSHES = (
    "06c-unpublished-servers-push-full",
    "06d-push-incremental",
    "06e-push-by-event-id-unpublished",
    "07d-servers-push-full",
    "08c-servers-push-full",
    "09-push-to-user-role-full",
    "09b-push-to-readonly-role-full",
    "09c-push-wrong-key-full",
    "13g-push-rule-org-NOT-own-full",
    "17b-full-push-with-blocklisted",
    "23-push-incremental",
    "26-push-full-many",
    "27-push-B-to-A-full-with-proposal",
    "60-peer-version-2.4.200-push-full",
    "62-peer-version-3.0.0-push-full",
)
SINGLE = (
    "07b-publishSightings",
    "08b-publishSightings-policy2",
    "28-push-B-own-event-to-A",
    "60-peer-version-2.4.200-push",
    "60-peer-version-2.4.200-testConnection",
    "62-peer-version-3.0.0-push",
    "62-peer-version-3.0.0-testConnection",
)
PULLS = (
    "30b-pull-full-again-nothing-new",
    "31-pull-incremental",
    "32-pull-full-after-update-and-attr-delete",
    "33-pull-incremental-new",
    "38b-pull-rule-tag-NOT-green",
    "42-pull-event-blocklisted-at-puller",
    "43-pull-after-remote-delete",
    "60-peer-version-2.4.200-pull-by-A",
    "62-peer-version-3.0.0-pull-by-A",
)
OF_OTHER_TESTS = {
    "Event.RelatedEvent": "events of other tests share values",
    "*.SharingGroup.name": "a group of this name is here already, with another uuid",
}
WITHOUT_PARTS = {
    "Event.EventReport": "what was not asked for is an empty list of ours, and no key of a MISP's",
    "Event.ShadowAttribute": "likewise",
    "Event.proposal_email_lock": "nobody proposed anything here",
    "Event.Note[].org_uuid": "delivered by another link there",
    "Event.Note[].locked": "likewise",
    "*.Org": "of another instance",
    "Event.Org": "delivered by another link there",
    "*.restricted_to_domain": "of another instance",
}
BLOCKED = "Event blocked by event blocklist."


@pytest.fixture(scope="module")
def instance_a() -> Iterator[Instance]:
    """A of these tests' own: what they leave there would be related to what others replay."""
    yield from play_a()


@pytest.fixture(scope="module")
def instance_b() -> Iterator[Instance]:
    """B, likewise."""
    yield from play_b()


def told_to(recordings: Recordings, name: str) -> list[Exchange]:
    """What was said to the one that was asked, with uuids of this recording's own: instances are shared by tests."""
    found = recordings.exchanges(name)
    spoken = (e for e in found if e.to == found[0].to and not OF_OTHERS.match(line_of(e.method, e.path)))
    return [
        replace(e, path=_own(name, e.path), body=_renamed(name, e.body), answer=_renamed(name, e.answer))
        for e in spoken
    ]


def _renamed(name: str, value: Any) -> Any:
    return json.loads(_own(name, json.dumps(value)))


def _own(name: str, text: str) -> str:
    def other(found: re.Match[str]) -> str:
        return found[0] if found[0].startswith(ORGANISATIONS) else str(uuid5(NAMESPACE_URL, name + found[0]))

    return UUID.sub(other, text)


def pusher(instance: Instance, exchanges: Sequence[Exchange]) -> Actor:
    """The account that spoke, or any that may sync where it may not."""
    known = instance.accounts.get(exchanges[0].headers["Authorization"][:8])
    may = known is not None and known.get("/servers/getVersion").json()["perm_sync"] is True
    return known if known is not None and may else instance.accounts.get("G6XQ0ejC") or instance.accounts["ImX7firE"]


def seed(instance: Instance, exchanges: Sequence[Exchange]) -> None:
    """What the recorded receiver had: offered events that it did not pick, with their proposals and sightings."""
    actor = pusher(instance, exchanges)
    for uuid, timestamp in _had(exchanges).items():
        targets = {key: f"192.0.2.{place}" for place, key in enumerate(_targets(exchanges, uuid), 4)}
        made = [{"uuid": key, "type": "ip-dst", "value": value} for key, value in targets.items()]
        level = Distribution.ALL
        actor.adds_event(uuid=uuid, timestamp=timestamp, distribution=level, attributes=made or [_any_attribute()])
    for exchange in exchanges:
        if exchange.path.startswith("/events/pushProposals/") and not exchange.answer["counter"]:
            assert actor.post(exchange.path, exchange.body).json()["success"]
        if exchange.path.startswith("/sightings/filter") and exchange.answer:
            known = [_sighting(key) for key in exchange.answer]
            assert actor.post(exchange.path.replace("filterSightingUuidsForPush", "bulkSaveSightings"), known).ok
    refused = [e for e in exchanges if e.status == 403 and e.answer.get("message") == BLOCKED]
    for exchange in refused:
        uuids = [exchange.body["Event"]["uuid"]]
        assert instance.admin.post("/eventBlocklists/add", {"uuids": uuids}).status_code == 200


def _any_attribute() -> Json:
    return {"type": "domain", "value": "any.example"}


def _sighting(uuid: str) -> Json:
    own = {"uuid": uuid, "attribute_uuid": uuid, "date_sighting": "1700000000", "source": "", "type": "0"}
    return own | {"Organisation": {"uuid": "11111111-aaaa-4aaa-8aaa-0000000000a1", "name": "ORG_A"}}


def _had(exchanges: Sequence[Exchange]) -> dict[str, str]:
    """By uuid the timestamp of events that were there before."""
    there: dict[str, str] = {}
    for exchange in exchanges:
        kind, uuid = exchange.path.split("/")[2], exchange.path.rpartition("/")[2]
        if exchange.path == OFFER:
            offered = {item["Event"]["uuid"]: item["Event"]["timestamp"] for item in exchange.body}
            there |= {key: value for key, value in offered.items() if key not in exchange.answer}
        elif kind in ("pushProposals", "filterSightingUuidsForPush") or (exchange.method, exchange.status) == (
            "HEAD",
            200,
        ):
            there.setdefault(uuid, "1700000000")
    added = {e.body["Event"]["uuid"] for e in exchanges if e.path.startswith("/events/add")}
    return {uuid: timestamp for uuid, timestamp in there.items() if uuid not in added}


def _is_there(exchange: Exchange) -> bool:
    return (exchange.method, exchange.status) == ("HEAD", 200)


def _targets(exchanges: Iterable[Exchange], uuid: str) -> list[str]:
    """Uuids that attributes need so that the proposals and sightings of an event find theirs."""
    found: dict[str, None] = {}
    for exchange in exchanges:
        if not exchange.path.endswith(uuid):
            continue
        if "/pushProposals/" in exchange.path:
            found |= dict.fromkeys(item["uuid"] for item in exchange.body if int(item["old_id"]))
        if "/bulkSaveSightings/" in exchange.path:
            found |= dict.fromkeys(item["attribute_uuid"] for item in exchange.body)
        if "/filterSightingUuidsForPush/" in exchange.path:
            found |= dict.fromkeys(exchange.answer)
    return list(found)


def compare(instance: Instance, exchange: Exchange, *, tag: str, words: Mapping[str, str] | None = None) -> str:
    """Replay one request; an index by its form, the rest as it was. The ETag that came, else the one that was known."""
    words = {ADDRESSES[exchange.to]: instance.url, **(words or {})}
    key = instance.key_for(exchange.headers.get("Authorization"))
    headers = {"If-None-Match": tag} if exchange.path == INDEX else {}
    ours = replay(instance.url, exchange, key=key, words=words, headers=headers)
    if exchange.path == INDEX:
        _assert_index(exchange, ours)
    elif exchange.path.startswith("/sightings/filter") or exchange.path == OFFER:
        assert (ours.status_code, sorted(ours.json())) == (exchange.status, sorted(exchange.answer))
    elif exchange.path.startswith(("/shadow_attributes/", "/sightings/restSearch")):
        assert ours.status_code == exchange.status, ours.text
        assert type(ours.json()) is type(exchange.answer)
    else:
        assert_same_answer(exchange, ours, of_the_run=OF_THE_RUN, words=words, except_=_reasons(exchange))
    return ours.headers.get("ETag", tag)


def _reasons(exchange: Exchange) -> dict[str, str]:
    tables = (table for path, table in DECIDED_OTHERWISE.items() if exchange.path.startswith(path))
    found = {pattern: reason for table in tables for pattern, reason in table.items()}
    if exchange.path == "/servers/getVersion":
        found["version"] = "the recording proxy made the partner claim another version"
    return found | OF_OTHER_TESTS | (WITHOUT_PARTS if "noEventReports:1" in exchange.path else {})


def _assert_index(exchange: Exchange, ours: requests.Response) -> None:
    assert ours.status_code == exchange.status, ours.text
    if exchange.status != 200:
        assert ours.text == ""
        return
    assert ours.headers["ETag"].startswith('"')
    for item in ours.json():
        assert_same_shape(exchange.answer[0], item, of_the_run=ANYTHING)


def converse(instance: Instance, exchanges: Sequence[Exchange], words: Mapping[str, str] | None = None) -> None:
    """Everything in its order; who was told an ETag before the recording began asks for it first."""
    tag = '""'
    indexes = [e for e in exchanges if e.path == INDEX]
    if indexes and indexes[0].status == 304:
        asked = replay(instance.url, indexes[0], key=_key(instance, indexes[0]), headers={"If-None-Match": tag})
        tag = asked.headers["ETag"]
    for exchange in exchanges:
        tag = compare(instance, exchange, tag=tag, words=words)


def _key(instance: Instance, exchange: Exchange) -> str | None:
    return instance.key_for(exchange.headers.get("Authorization"))


def instance_of(exchanges: Sequence[Exchange], a: Instance, b: Instance) -> Instance:
    """The one that was asked."""
    return a if exchanges[0].to == "A" else b


@pytest.mark.parametrize("name", [*FULL_PUSHES, *SINGLE])
def test_a_pushing_misp_is_answered_as_by_a_misp(
    instance_a: Instance, instance_b: Instance, recordings: Recordings, name: str
) -> None:
    exchanges = told_to(recordings, name)
    instance = instance_of(exchanges, instance_a, instance_b)
    seed(instance, exchanges)
    converse(instance, exchanges)


@pytest.mark.parametrize("name", PULLS)
def test_a_pulling_misp_is_answered_as_by_a_misp(
    instance_a: Instance, instance_b: Instance, recordings: Recordings, name: str
) -> None:
    exchanges = told_to(recordings, name)
    instance = instance_of(exchanges, instance_a, instance_b)
    for event in (e.answer["Event"] for e in exchanges if e.path.startswith("/events/view/")):
        author = instance.other if event["Orgc"]["name"] == "ORG_C" else instance.admin
        if exchanges[0].to == "B":
            author = instance.accounts["G6XQ0ejC"]
        added = author.post("/events/add", {"Event": event})
        assert added.status_code == 200, added.text
    converse(instance, exchanges)


@pytest.mark.parametrize("name", ["40-", "40b"])
def test_a_preview_lists_events_as_a_misp_does(instance_a: Instance, recordings: Recordings, name: str) -> None:
    [exchange] = told_to(recordings, name)
    for number in range(3):
        tags = [{"name": "tlp:green"}]
        added = instance_a.admin.adds_event(f"rich {number}", distribution=Distribution.ALL, Tag=tags)
        instance_a.admin.publishes(added)
    ours = replay(instance_a.url, exchange, key=instance_a.key_for(exchange.headers["Authorization"]))
    assert ours.status_code == 200
    assert int(ours.headers["X-Result-Count"]) >= len(ours.json()) > 0
    if name == "40b":
        assert len(ours.json()) == 3
        assert all("rich" in item["info"] for item in ours.json())
    listed = [int(item["timestamp"]) for item in ours.json()]
    assert listed == sorted(listed, reverse=True)
    tagged = next(item for item in exchange.answer if item["EventTag"])
    plain = {key: value for key, value in tagged.items() if key != "EventTag"}
    for item in ours.json():
        mine = {key: value for key, value in item.items() if key not in ("EventTag", "SharingGroup")}
        assert_same_shape(plain, mine, of_the_run=ANYTHING, except_={"GalaxyCluster": "none", "SharingGroup": "none"})
        for link in item["EventTag"]:
            assert_same_shape(tagged["EventTag"][0], link, of_the_run=ANYTHING)


def test_a_preview_of_one_event_is_answered_as_by_a_misp(instance_a: Instance, recordings: Recordings) -> None:
    [exchange] = told_to(recordings, "41")
    added = instance_a.admin.post("/events/add", {"Event": exchange.answer["Event"]})
    assert added.status_code == 200, added.text
    ours = instance_a.accounts["aaaaAdmi"].get(exchange.path)
    assert ours.status_code == exchange.status
    reasons = {
        "*Galaxy": "galaxies have tests of their own",
        "*.GalaxyCluster": "galaxies have tests of their own",
        "*.Tag": "local tags and tags of galaxies were put on by hand there",
        "Event.attribute_count": "the object without a description is kept",
        "*.SharingGroupServer": "ours has no link to the recorded partner",
        "*.Note": "notes have tests of their own",
        "Event.event_creator_email": "a site admin of ours is told",
        "Event.proposal_email_lock": "nobody proposed anything here",
        "*.ShadowAttribute": "made by others there",
        "*.Sighting": "made by others there",
        **OF_OTHER_TESTS,
    }
    assert_same_shape(exchange.answer, ours.json(), of_the_run=OF_THE_RUN, except_=reasons)


@pytest.mark.parametrize("name", ["02d", "02e"])
def test_who_asks_for_its_account_and_for_names_is_answered_in_misps_form(
    instance_b: Instance, recordings: Recordings, name: str
) -> None:
    [exchange] = told_to(recordings, name)
    ours = replay(instance_b.url, exchange, key=instance_b.key_for(exchange.headers["Authorization"]))
    assert ours.status_code == 200
    assert exchange.answer.keys() <= ours.json().keys()
    if name == "02d":
        assert isinstance(ours.json()["User"]["email"], str)
        assert ours.json()["Role"]["name"] == exchange.answer["Role"]["name"]
        assert ours.json()["Role"]["perm_sync"] is True
    else:
        assert set(exchange.answer["organisations"]) <= set(ours.json()["organisations"])
        assert all(isinstance(tag, str) for tag in ours.json()["tags"])


def test_a_caching_misp_gets_its_digests_on_the_first_page_and_nothing_after(
    instance_a: Instance, recordings: Recordings
) -> None:
    """45: the recorded version answered 500 (do not copy); API §10.2 row 21."""
    [exchange] = told_to(recordings, "45")
    value = "cached.example"
    event = instance_a.admin.adds_event(
        distribution=Distribution.ALL, attributes=[{"type": "domain|ip", "value": f"{value}|192.0.2.99"}]
    )
    instance_a.admin.publishes(event)
    key = instance_a.key_for(exchange.headers["Authorization"])
    first = replay(instance_a.url, exchange, key=key)
    assert (first.status_code, first.headers["Content-Type"]) == (200, "text/plain; charset=UTF-8")
    digest = hashlib.md5(f"{value}|192.0.2.99".encode(), usedforsecurity=False).hexdigest()
    assert f"{digest},{event['uuid']}" in first.text.splitlines()
    second = replay(instance_a.url, replace(exchange, body=exchange.body | {"page": 2}), key=key)
    assert (second.status_code, second.text.strip()) == (200, "")
