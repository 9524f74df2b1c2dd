"""The recorded pushes with ours as the one that sends: the same requests, bodies and headers, and the same outcome."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, SightingDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.services.events import add_event
from mispmini.services.proposal_capture import save_pulled
from mispmini.services.publishing import publish_event
from mispmini.services.sightings import take_sightings
from mispmini.store import servers, sql
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.sync.delivering import deliver_due
from mispmini.sync.push_all import push_to
from mispmini.wire.proposal_in import read_proposals
from tests.contract.playing import (
    OF_OTHERS,
    asked,
    assert_headers_as_recorded,
    bodies,
    line_of,
    playing,
    recorded,
    recorded_bodies,
)
from tests.contract.replay import assert_same_shape
from tests.contract.test_group_recordings import before_sending
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, break_ground, leave_ground
from tests.sync.recorded import comparable, exchanges_of
from tests.wire_files import Recordings

Json = dict[str, Any]
OFFER = "/events/filterEventIdsForPush"
ALL = int(Distribution.ALL)
D = Distribution
PUBLISHED = (
    "07-push-rich",
    "20-push-org-blocklisted-at-receiver",
    "28-push-B-own-event-to-A",
    "53-push-1000-attributes",
    "54-push-event-with-note",
    "60-peer-version-2.4.200-push",
    "62-peer-version-3.0.0-push",
)
FULL = (
    "06c-unpublished-servers-push-full",
    "07d-servers-push-full",
    "17b-full-push-with-blocklisted",
    "26-push-full-many",
    "27-push-B-to-A-full-with-proposal",
    "60-peer-version-2.4.200-push-full",
    "62-peer-version-3.0.0-push-full",
)
WISER = {"*.Object[].description": "an object without one is dropped by a MISP: always send one (wire/README, 07)"}
LOOKED_AT = ["POST /events/index", "GET /events/view/15a773bb-27df-4621-84f0-daae86828f4d"]
KEYS: Mapping[str, Trouble] = {
    "09-push-to-user-role": Trouble.NO_SYNC_PERMISSION,
    "09b-push-to-readonly-role": Trouble.NO_SYNC_PERMISSION,
    "09c-push-wrong-key": Trouble.KEY_REFUSED,
}
COUNTED_AS_EVENTS = {
    "07d-servers-push-full": 3,
    "27-push-B-to-A-full-with-proposal": 4,
    "60-peer-version-2.4.200-push-full": 1,
}  # a MISP counts proposals and analyst data that it pushed as events; ours counts events
OF_THE_INSTANCE = frozenset({
    "colour", "Galaxy", "SharingGroup", "sharing_group_id", "object_id", "referenced_id", "org_uuid", "old_id", "email",
    "attribute_count",
})  # fmt: skip


@pytest.fixture
def ground(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ground]:
    """A, which pushed to B; in recordings 27 and 28 it was B."""
    name = getattr(request.node, "callspec", None)
    is_b = name is not None and str(name.params.get("name", "")).startswith(("27", "28"))
    yield break_ground(tmp_path, ours=THEIR_ORG if is_b else OUR_ORG)
    leave_ground()


def of_partner(recording: Json) -> list[Json]:
    """What was said to the one that got the push; what it told on is its own affair."""
    found = exchanges_of(recording)
    return [e for e in found if e["to"] == found[0]["to"]]


def sent_in(exchanges: Sequence[Json]) -> dict[str, Json]:
    """By uuid the events that were sent."""
    ways = ("/events/add/", "/events/edit/")
    found = (e["request"]["body"]["Event"] for e in exchanges if e["request"]["path"].startswith(ways))
    return {event["uuid"]: event for event in found}


def partner_org(ground: Ground) -> OrganisationDraft:
    """The other one."""
    return OUR_ORG if ground.admin.org_uuid == THEIR_ORG.uuid else THEIR_ORG


def plain(value: Any) -> Any:
    """A body without what belongs to the instance that made it."""
    if isinstance(value, dict):
        own = OF_THE_INSTANCE | ({"local"} if "uuid" in value else set())  # an organisation's, not a tag's
        return {key: plain(inner) for key, inner in value.items() if key not in own}
    return [plain(item) for item in value] if isinstance(value, list) else value


def without_own_order(body: Any) -> Any:
    """As `plain`, with attributes, objects, tags and reports by their names, whatever their order."""
    if isinstance(body, dict):
        return {key: without_own_order(inner) for key, inner in body.items()}
    if isinstance(body, list):
        items = [without_own_order(item) for item in body]
        return sorted(items, key=lambda item: _name_of(item))
    return body


def _name_of(item: Any) -> str:
    return str(item.get("uuid") or item.get("name")) if isinstance(item, dict) else ""


def assert_bodies_as_recorded(ours: list[tuple[str, Any]], theirs: list[tuple[str, Any]]) -> None:
    """Everything that was posted, but for ids of the instance and the order of elements."""
    assert [line for line, _ in ours] == [line for line, _ in theirs]
    for (line, mine), (_line, them) in zip(ours, theirs, strict=True):
        here, there = (without_own_order(plain(comparable(body))) for body in (mine, them))
        assert_same_shape({line: there}, {line: here}, of_the_run=frozenset(), except_=WISER)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_event_goes_as_a_misp_sends_it(ground: Ground, recordings: Recordings, name: str) -> None:
    recording = recordings.transcript(name)
    exchanges = of_partner(recording)
    [event] = sent_in(exchanges).values()
    with playing([*exchanges, *_what_arrived(name, recording)]) as partner:
        server = ground.links(partner.url, org=partner_org(ground), push=True)
        uuid = add_event(ground.admin, before_sending(event)).uuid
        save_pulled(ground.admin, read_proposals(event.get("ShadowAttribute")), server.remote_org_id)
        publish_event(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        lines, theirs = asked(partner), recorded(exchanges)
        assert lines[: len(theirs)] == theirs
        assert lines[len(theirs) :] == (LOOKED_AT if name.startswith("07") else [])
        assert_bodies_as_recorded(bodies(partner)[:1], recorded_bodies(exchanges))
        if not name.startswith("07"):
            assert_headers_as_recorded(partner, exchanges)
    receipt = ground.receipt(server, uuid)
    if name.startswith("07"):
        assert (receipt.state, receipt.reason) == (LedgerState.PARTIAL, Trouble.ELEMENTS_MISSING)
        return
    if name.startswith("20"):
        told = exchanges[-1]["response"]["body"]
        assert (receipt.state, receipt.reason, receipt.http_status) == (LedgerState.FAILED, Trouble.REFUSED, 403)
        assert receipt.detail == told["message"]
    else:
        assert receipt.state is LedgerState.SENT, receipt


def _what_arrived(name: str, recording: Json) -> list[Json]:
    """07: the recorded MISP dropped an object, so that ours looks what it has (RULES §3)."""
    if not name.startswith("07"):
        return []
    event = recording["outcome"]["after"]["B"]["Event"]
    return [_told("POST", "/events/index", [event]), _told("GET", f"/events/view/{event['uuid']}", {"Event": event})]


def _told(method: str, path: str, body: Any) -> Json:
    request = {"method": method, "path": path, "headers": [], "body": ""}
    return {"to": "B", "request": request, "response": {"status": 200, "headers": [], "body": body}}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_that_may_not_sync_costs_one_request_and_is_told(
    ground: Ground, recordings: Recordings, name: str
) -> None:
    exchanges = of_partner(recordings.transcript(name))
    with playing(exchanges) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert_headers_as_recorded(partner, exchanges)
    assert ground.receipt(server, uuid).reason == KEYS[name]


@pytest.mark.parametrize("name", [f"{name}-full" for name in KEYS])
def test_a_full_push_with_such_a_key_says_what_a_misp_says(ground: Ground, recordings: Recordings, name: str) -> None:
    recording = recordings.transcript(name)
    exchanges = of_partner(recording)
    result = recording["outcome"]["action_result"]
    with playing(exchanges) as partner:
        server = ground.links(partner.url, push=True, push_sightings=True)
        ground.publishes(a_draft(distribution=ALL))
        if "errors" in result:
            with pytest.raises(SaveFailed) as caught:
                push_to(server, "full", OUTBOUND)
            assert (caught.value.sentence, caught.value.errors) == (result["name"], result["errors"])
        else:
            assert push_to(server, "full", OUTBOUND).sentence == result["message"]
        assert asked(partner) == recorded(exchanges)
        assert_headers_as_recorded(partner, exchanges)


@pytest.mark.parametrize("name", FULL)
def test_a_full_push_offers_and_sends_as_a_misp_does(ground: Ground, recordings: Recordings, name: str) -> None:
    recording = recordings.transcript(name)
    exchanges = of_partner(recording)
    with playing(exchanges) as partner:
        sightings = any("/sightings/" in e["request"]["path"] for e in exchanges)
        server = ground.links(partner.url, org=partner_org(ground), push=True, push_sightings=sightings)
        with writing():
            servers.update_server(server.id, {"push": False})  # what is published now is not promised
        stand(ground, exchanges)
        with writing():
            servers.update_server(server.id, {"push": True})
        known = servers.find_any_server(server.id)
        assert known is not None
        result = push_to(known, "full", OUTBOUND)
        theirs = recorded(exchanges)
        assert _without_second_look(asked(partner)) == _without_second_look(theirs)
        assert_bodies_as_recorded(_posted(bodies(partner)), _posted(recorded_bodies(exchanges)))
    assert result.sentence == _events_alone(name, recording["outcome"]["action_result"]["message"])


def _events_alone(name: str, message: str) -> str:
    counted = COUNTED_AS_EVENTS.get(name, 0)
    return message.replace(f"{counted} events pushed", "0 events pushed") if counted else message


def _without_second_look(lines: Sequence[str]) -> list[str]:
    """MISP looks at the index once more although nothing but its cache hears of it."""
    return [line for place, line in enumerate(lines) if line not in lines[:place] or "index" not in line]


def _posted(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [pair for place, pair in enumerate(found) if pair not in found[:place]]


def stand(ground: Ground, exchanges: Sequence[Json]) -> None:
    """The events that were offered then, those that were sent as they were, with their proposals and sightings."""
    [offer] = [e for e in exchanges if e["request"]["path"] == OFFER]
    own = {"uuid": ground.admin.org_uuid, "name": ground.admin.org_name}
    sent, picked = sent_in(exchanges), set(offer["response"]["body"])
    proposals, sightings = _listed(exchanges, "/events/pushProposals/"), _listed(exchanges, "/sightings/filter")
    for item in (offered["Event"] for offered in offer["request"]["body"]):
        uuid = item["uuid"]
        targets = [p["uuid"] for p in proposals.get(uuid, ()) if int(p["old_id"])]
        if uuid in sent:
            ground.publishes(before_sending(sent[uuid]))
        else:
            level = D.COMMUNITY if uuid in picked else D.ALL
            ground.publishes(_stub(uuid, int(item["timestamp"]), level, [*targets, *sightings.get(uuid, ())]))
        theirs = [p | {"Org": own} for p in proposals.get(uuid, ())]
        if uuid not in sent and theirs:
            assert save_pulled(ground.admin, read_proposals(theirs), 0) == len(theirs)
        _sight(ground, uuid, sightings.get(uuid, ()))
    with writing():
        save_setting("sightings_policy", 2, user_id=None)


def _listed(exchanges: Sequence[Json], beginning: str) -> dict[str, Any]:
    found = (e["request"] for e in exchanges if e["request"]["path"].startswith(beginning))
    return {request["path"].rpartition("/")[2]: request["body"] for request in found}


def _stub(uuid: str, timestamp: int, level: Distribution, attributes: Sequence[str]) -> EventDraft:
    drafts = tuple(
        AttributeDraft(uuid=key, type="ip-dst", value=f"198.51.100.{place}", distribution=int(D.INHERIT))
        for place, key in enumerate([*attributes, new_uuid()])
    )
    return a_draft(uuid=uuid, timestamp=timestamp, distribution=int(level), attributes=drafts)


def _sight(ground: Ground, uuid: str, uuids: Sequence[str]) -> None:
    """One sighting for each attribute of the same uuid."""
    own = OrganisationDraft(ground.admin.org_uuid, ground.admin.org_name)
    drafts = [
        SightingDraft(uuid=key, attribute_uuid=key, date_sighting=clock.now(), type=0, source="", organisation=own)
        for key in uuids
    ]
    if drafts:
        with writing():
            event_id = sql.scalar("SELECT id FROM event WHERE uuid = ?", (uuid,))
            take_sightings(ground.admin, event_id, drafts, trusts_names=True)


@pytest.mark.parametrize(
    ("name", "technique"), [("06d", "incremental"), ("06e", None)], ids=["incremental", "one event"]
)
def test_a_push_of_nothing_still_looks_at_the_index(
    ground: Ground, recordings: Recordings, name: str, technique: str | None
) -> None:
    """06d: nothing is new since the last push. 06e: the event is not published, and its id does not help."""
    recording = recordings.transcript(name)
    exchanges = of_partner(recording)
    with playing(exchanges) as partner:
        server = ground.links(partner.url, push=True, push_sightings=True)
        unpublished = add_event(ground.admin, a_draft(distribution=ALL))
        result = push_to(server, technique or str(unpublished.event_id), OUTBOUND)
        assert asked(partner) == recorded(exchanges)
        assert_headers_as_recorded(partner, exchanges)
    assert result.sentence == recording["outcome"]["action_result"]["message"]


def test_an_incremental_push_offers_what_came_after_the_last_and_sends_it(
    ground: Ground, recordings: Recordings
) -> None:
    """23: the recorded MISP broke off after the offer (do not copy); ours goes on."""
    recording = recordings.transcript("23")
    exchanges = of_partner(recording)
    [offer] = [e for e in exchanges if e["request"]["path"] == OFFER]
    with playing(exchanges) as partner:
        server = ground.links(partner.url, push=True)
        before = ground.publishes(a_draft(distribution=ALL))
        with writing():
            found = sql.scalar("SELECT id FROM event WHERE uuid = ?", (before,))
            servers.update_server(server.id, {"push": False, "lastpushedid": found})
        for item in (offered["Event"] for offered in offer["request"]["body"]):
            ground.publishes(_stub(item["uuid"], int(item["timestamp"]), D.ALL, ()))
        with writing():
            servers.update_server(server.id, {"push": True})
        known = servers.find_any_server(server.id)
        assert known is not None
        push_to(known, "incremental", OUTBOUND)
        lines = asked(partner)
        assert lines[:2] == recorded(exchanges)
        assert bodies(partner)[0] == recorded_bodies(exchanges)[0]
        tried = [line for line in lines if line.startswith("HEAD")]
    assert tried == [line_of("HEAD", f"/events/view/{uuid}") for uuid in offer["response"]["body"]]


def test_what_is_left_to_others_is_clusters_and_analyst_data_alone() -> None:
    assert OF_OTHERS.match("POST /galaxies/pushCluster")
    assert not OF_OTHERS.match("POST /events/index")
