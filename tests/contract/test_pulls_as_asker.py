"""The recorded pulls with ours as the one that asks: the same requests, bodies and headers, and the same outcome."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain.errors import SaveFailed
from mispmini.domain.rules import RuleNames
from mispmini.domain.servers import LinkedServer
from mispmini.services.events import add_event
from mispmini.services.proposal_capture import save_pulled
from mispmini.store import servers
from mispmini.store import sightings as sightings_store
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.sync.keeping import Batch, Store
from mispmini.sync.pull import pull_from
from mispmini.wire.event_in import read_event
from mispmini.wire.proposal_in import read_proposals
from tests.contract.playing import (
    asked,
    assert_headers_as_recorded,
    bodies,
    line_of,
    playing,
    recorded,
    recorded_bodies,
    sentence,
)
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, a_reading, break_ground, leave_ground
from tests.sync.recorded import body_of, exchanges_of
from tests.wire_files import Recordings

Json = dict[str, Any]
INDEX = "/events/index"
SEARCH = "/sightings/restSearch/event"
TYPES = RuleNames(types_not=("ip-dst",), templates_not=("43b3b146-77eb-4931-b4cc-b66c60f28734",))
FULL: Mapping[str, RuleNames | None] = {
    "30-pull-full": None,
    "32-pull-full-after-update-and-attr-delete": None,
    "38-pull-rule-tag-OR-red": RuleNames(tags_or=("tlp:red",)),
    "38b-pull-rule-tag-NOT-green": RuleNames(tags_not=("tlp:green",)),
    "38c-pull-rule-org-OR-ORG_C": RuleNames(orgs_or=("ORG_C",)),
    "39-pull-rule-type-filter": TYPES,
    "42-pull-event-blocklisted-at-puller": None,
    "43-pull-after-remote-delete": None,
    "44-pull-with-readonly-key": None,
}
REFUSED = ("31-pull-incremental", "33-pull-incremental-new")
OTHER_VERSIONS = ("60-peer-version-2.4.200-pull-by-A", "62-peer-version-3.0.0-pull-by-A")


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """B, which pulled from A."""
    yield break_ground(tmp_path, ours=THEIR_ORG, url="http://127.0.0.1:8202")
    leave_ground()


def told(exchanges: Sequence[Json], beginning: str) -> list[Any]:
    """The answers of 200 to requests that begin so."""
    found = (e for e in exchanges if e["request"]["path"].startswith(beginning) and e["response"]["status"] == 200)
    return [e["response"]["body"] for e in found]


def stand(ground: Ground, server: LinkedServer, exchanges: Sequence[Json], *, updates: bool = False) -> None:
    """What the recorded puller had: all that it did not fetch; with `updates` older copies of what it did."""
    fetched = {body["Event"]["uuid"]: body for body in told(exchanges, "/events/view/")}
    rows = [row for index in told(exchanges, INDEX) for row in index]
    for row in rows:
        if row["uuid"] not in fetched:
            add_event(ground.admin, a_draft(uuid=row["uuid"], timestamp=int(row["timestamp"])))
    if updates:
        batch = Batch()
        for uuid, body in fetched.items():
            draft = read_event(body, from_partner=True)
            batch.add(uuid, a_reading(replace(draft, timestamp=(draft.timestamp or 0) - 1000, info="older")))
        assert all(receipt.arrived for receipt in Store.over(server).keep_all(batch))
    moved = {uuid for body in _searched(exchanges) for uuid in body["uuid"]}
    with writing():
        listed = [(row["uuid"], int(row["sighting_timestamp"])) for row in rows if row["uuid"] not in moved]
        sightings_store.note_taken(server.id, listed)
        for listing in told(exchanges, "/shadow_attributes/"):
            save_pulled(ground.admin, read_proposals(listing), server.remote_org_id)


def _searched(exchanges: Sequence[Json]) -> list[Json]:
    return [e["request"]["body"] for e in exchanges if e["request"]["path"] == SEARCH]


def expected(recording: Json) -> str:
    """The recorded outcome in a sentence."""
    return sentence(recording["outcome"]["action_result"]["message"])


@pytest.mark.parametrize("name", FULL)
def test_a_full_pull_asks_as_a_misp_does_and_ends_as_it_did(ground: Ground, recordings: Recordings, name: str) -> None:
    recording = recordings.transcript(name)
    exchanges = exchanges_of(recording)
    with playing(exchanges) as partner:
        if FULL[name] is TYPES:
            with writing():
                save_setting("filter_types_on_sync", True, user_id=None)
        server = ground.links(partner.url, org=OUR_ORG, pull=True, pull_names=FULL[name])
        stand(ground, server, exchanges, updates=name.startswith("32"))
        result = pull_from(server, "full", OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert bodies(partner) == recorded_bodies(exchanges)
        assert_headers_as_recorded(partner, exchanges)
    counted = sentence(result.sentence)
    assert counted == expected(recording) or (name.startswith("30") and counted.startswith("Pull completed. 8 events"))
    for body in told(exchanges, "/events/view/"):
        assert_stands(ground, recording, body["Event"])


WHOLE = {
    **dict.fromkeys(FULL, "full"), **dict.fromkeys(REFUSED, "incremental"), "34-pull-single-event-id": "36",
    "37-pull-update-technique": "update", "51-galaxy-cluster-pull": "full",
    "36-pull-sightings": "full", "36b-pull-sightings": "full", "36c-pull-analyst-data": "full",
}  # fmt: skip
_ITEM = re.compile(r"GET /(galaxy_clusters/view|analyst_data/index)/")


@pytest.mark.parametrize("name", WHOLE)
def test_clusters_come_before_the_events_and_notes_after_them(
    ground: Ground, recordings: Recordings, name: str
) -> None:
    """Every request but those for single clusters and notes, which the recorded puller had in part."""
    exchanges = exchanges_of(recordings.transcript(name))
    with playing(exchanges) as partner:
        names = FULL.get(name)
        server = ground.links(partner.url, org=OUR_ORG, pull=True, pull_galaxy_clusters=True, pull_names=names)
        stand(ground, server, exchanges, updates=name.startswith(("32", "37")))
        with suppress(SaveFailed):
            pull_from(server, WHOLE[name], OUTBOUND)
        ours = [(line_of(r.method, r.target), body_of(r) if r.body else "") for r in partner.requests]
    theirs = [(line_of(e["request"]["method"], e["request"]["path"]), e["request"]["body"]) for e in exchanges]
    assert [pair for pair in ours if not _ITEM.match(pair[0])] == [pair for pair in theirs if not _ITEM.match(pair[0])]


def assert_stands(ground: Ground, recording: Json, event: Json) -> None:
    """A fetched event stands here at its lowered level, with the attributes that the rules let in."""
    stored = ground.sees(event["uuid"])
    lowered = {"1": 0, "2": 1}
    assert stored.event.distribution == lowered.get(event["distribution"], int(event["distribution"]))
    assert stored.event.locked
    assert stored.event.info == event["info"]
    kept = {a["uuid"] for a in event["Attribute"]}
    if recording["case"].startswith("39"):
        kept = {a["uuid"] for a in event["Attribute"] if a["type"] != "ip-dst"}
    own = {a.uuid for a in stored.attributes if a.object_id is None}
    assert own == kept
    deleted = {a["uuid"] for a in event["Attribute"] if a["deleted"]}
    assert {a.uuid for a in stored.attributes if a.deleted and a.object_id is None} == deleted & kept


def test_nothing_new_costs_a_look_at_the_index_and_at_the_proposals(ground: Ground, recordings: Recordings) -> None:
    recording = recordings.transcript("30b")
    exchanges = exchanges_of(recording)
    tag = dict(exchanges[2]["request"]["headers"])["If-None-Match"]
    with playing(exchanges) as partner:
        server = ground.links(partner.url, org=OUR_ORG, pull=True)
        stand(ground, server, exchanges)
        with writing():
            servers.remember_index(server.id, tag)
        known = servers.find_any_server(server.id)
        assert known is not None
        result = pull_from(known, "full", OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert bodies(partner) == recorded_bodies(exchanges)
        assert_headers_as_recorded(partner, exchanges)
        assert {r.headers["if-none-match"] for r in partner.requests if r.target == INDEX} == {tag}
    assert sentence(result.sentence) == expected(recording)


@pytest.mark.parametrize("name", REFUSED)
def test_incremental_is_refused_word_for_word_after_the_handshake(
    ground: Ground, recordings: Recordings, name: str
) -> None:
    recording = recordings.transcript(name)
    with playing(exchanges_of(recording)) as partner:
        server = ground.links(partner.url, org=OUR_ORG, pull=True)
        with pytest.raises(SaveFailed) as caught:
            pull_from(server, "incremental", OUTBOUND)
        assert asked(partner) == recorded(exchanges_of(recording))
    said = recording["outcome"]["action_result"]
    assert (caught.value.sentence, caught.value.errors) == (said["name"], said["errors"])


def test_one_event_is_fetched_by_its_number_there(ground: Ground, recordings: Recordings) -> None:
    recording = recordings.transcript("34")
    exchanges = exchanges_of(recording)
    with playing(exchanges) as partner:
        server = ground.links(partner.url, org=OUR_ORG, pull=True)
        result = pull_from(server, "36", OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert_headers_as_recorded(partner, exchanges)
    assert sentence(result.sentence) == expected(recording)
    assert_stands(ground, recording, told(exchanges, "/events/view/")[0]["Event"])


def test_update_fetches_what_is_here_and_older_and_nothing_else(ground: Ground, recordings: Recordings) -> None:
    recording = recordings.transcript("37")
    exchanges = exchanges_of(recording)
    with playing(exchanges) as partner:
        server = ground.links(partner.url, org=OUR_ORG, pull=True, pull_names=RuleNames(tags_or=("tlp:never",)))
        stand(ground, server, exchanges, updates=True)
        result = pull_from(server, "update", OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert bodies(partner) == recorded_bodies(exchanges)
        assert_headers_as_recorded(partner, exchanges)
    assert sentence(result.sentence) == expected(recording)
    assert_stands(ground, recording, told(exchanges, "/events/view/")[0]["Event"])


@pytest.mark.parametrize("name", OTHER_VERSIONS)
def test_a_partner_of_another_version_is_asked_for_what_it_can_answer(
    ground: Ground, recordings: Recordings, name: str
) -> None:
    """The recorded puller knew the list; ours reads it first, and keeps up to where it took sightings instead."""
    recording = recordings.transcript(name)
    exchanges = exchanges_of(recording)
    fetched = [e["request"]["path"].split("/")[3] for e in exchanges if "/events/view/" in e["request"]["path"]]
    moved = [uuid for body in _searched(exchanges) for uuid in body["uuid"]] or fetched
    first = next(e for e in exchanges if e["request"]["path"] == INDEX)
    first["response"] = {"status": 200, "headers": [["ETag", '"x"']], "body": [_row(uuid) for uuid in moved]}
    with playing(exchanges) as partner:
        server = ground.links(partner.url, org=OUR_ORG, pull=True)
        for row in first["response"]["body"]:
            add_event(ground.admin, a_draft(uuid=row["uuid"], timestamp=int(row["timestamp"])))
        result = pull_from(server, "full", OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert bodies(partner) == recorded_bodies(exchanges)
        assert_headers_as_recorded(partner, exchanges)
    assert sentence(result.sentence).startswith("Pull completed. 0 events pulled, 0 events could not be pulled")


def _row(uuid: str) -> Json:
    row = {"id": "1", "uuid": uuid, "timestamp": "1700000000", "sighting_timestamp": "1700000100"}
    return row | {"published": True, "orgc_uuid": "22222222-bbbb-4bbb-8bbb-0000000000b1"}
