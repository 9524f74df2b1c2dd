"""Partners that are no MISP 2.5.1 in some respect: what they refuse costs that and nothing else (PROTOCOL §3, §4)."""

from collections.abc import Mapping
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, ReportDraft, SightingDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState
from mispmini.domain.rules import RuleNames
from mispmini.services.proposal_capture import save_pulled
from mispmini.services.sightings import take_sightings
from mispmini.services.tags import attach, event_target
from mispmini.store import servers, sql
from mispmini.store.blocklists import Blocklist, block
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.sync.delivering import Patience, deliver_due
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from mispmini.wire.proposal_in import read_proposals
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft
from tests.sync.hostile import Received, answer
from tests.sync.recorded import body_of, lines_of, played

Json = dict[str, Any]
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True, "perm_analyst_data": True}
HTML = answer(b"<html>Log in</html>", kind="text/html")
ELSEWHERE = answer(b"", "302 Found", "text/html", Location="/users/login")
FORBIDDEN = answer({"name": "no", "message": "no"}, "403 Forbidden")
OFFER, INDEX = "POST /events/filterEventIdsForPush", "POST /events/index"
THEIRS = str(THEIR_ORG.uuid)
ALL = int(Distribution.ALL)


def event(**more: Any) -> Json:
    """An event as a partner shows it."""
    attribute = {"uuid": new_uuid(), "type": "ip-dst", "value": "198.51.100.1", "distribution": "5", "timestamp": "17"}
    known = {
        "uuid": new_uuid(), "info": "Theirs", "timestamp": "1700000000", "published": True, "distribution": "3",
        "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}, "Attribute": [attribute],
    }  # fmt: skip
    return known | more


def taking(**rules: Any) -> dict[str, Any]:
    """A partner that takes what it is sent; `rules` come before its own."""
    told = lambda request: answer({"Event": {**body_of(request)["Event"], "attribute_count": "1"}})  # noqa: E731
    head = {"HEAD /": lambda _: answer(b"", "404 Not Found", "text/html"), "POST /events/add": told}
    return {"GET /servers/getVersion": VERSION, **rules, **head}


@pytest.mark.parametrize("page", [HTML, ELSEWHERE, FORBIDDEN], ids=["html", "redirect", "403"])
def test_who_does_not_know_reports_gets_the_event_without_them(ground: Ground, page: bytes) -> None:
    report = ReportDraft(name="What happened", content="# It", distribution=int(Distribution.INHERIT))
    with played(taking(**{"GET /eventReports/add": lambda _: page})) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL, reports=(report,)))
        deliver_due(server.id, OUTBOUND, patience=Patience(base=3600))
        sent = body_of(partner.requests[-1])["Event"]
    assert ground.receipt(server, uuid).state is LedgerState.SENT
    assert not sent.get("EventReport")


@pytest.mark.parametrize("status", ["405 Method Not Allowed", "403 Forbidden", "400 Bad Request"])
def test_who_does_not_answer_head_is_sent_the_event_as_new(ground: Ground, status: str) -> None:
    rules = taking() | {"HEAD /": lambda _: answer(b"", status, "text/html")}
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner)[-1] == "POST /events/add/metadata:1"
    assert ground.receipt(server, uuid).state is LedgerState.SENT


def test_a_base_url_with_a_sub_path_and_a_slash_at_its_end_is_asked_below_it(ground: Ground) -> None:
    rules = {name.replace(" /", " /misp/", 1): rule for name, rule in taking().items()}
    with played(rules) as partner:
        server = ground.links(f"{partner.url}/misp/", push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        asked = ["GET /misp/servers/getVersion", f"HEAD /misp/events/view/{uuid}", "POST /misp/events/add/metadata:1"]
        assert lines_of(partner) == asked
        assert server.url == f"{partner.url}/misp"


@pytest.mark.parametrize("yes", [True, 1, "1"], ids=["true", "1", "text"])
def test_permissions_are_read_in_every_spelling(ground: Ground, yes: object) -> None:
    with played(taking() | {"GET /servers/getVersion": {"version": "2.4.190", "perm_sync": yes}}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
    assert ground.receipt(server, uuid).state is LedgerState.SENT


@pytest.mark.parametrize(
    "said",
    [FORBIDDEN, HTML, ELSEWHERE, answer({"name": "no"}), answer()],
    ids=["403", "html", "redirect", "no", "null"],
)
def test_a_refused_offer_costs_the_events_and_is_told(ground: Ground, said: bytes) -> None:
    rules = {**taking(), OFFER: lambda _: said, INDEX: [], "POST /analyst_data": {}}
    with played(rules) as partner:
        server = ground.links(partner.url, push=True, push_sightings=True, push_analyst_data=True)
        ground.publishes(a_draft(distribution=ALL))
        with pytest.raises(SaveFailed):
            push_to(server, "full", OUTBOUND)
        asked = ["GET /servers/getVersion", OFFER, INDEX, INDEX, "POST /analyst_data/filterAnalystDataForPush"]
        assert lines_of(partner) == asked


def test_what_is_no_technique_asks_nobody_anything(ground: Ground) -> None:
    with played(taking()) as partner:
        with pytest.raises(SaveFailed) as refused:
            push_to(ground.links(partner.url, push=True), "everything", OUTBOUND)
        assert partner.requests == []
    assert refused.value.errors == "Technique parameter must be 'full', 'incremental' or event ID."


def test_an_offer_may_be_answered_with_an_object_of_numbers(ground: Ground) -> None:
    uuid = ground.publishes(a_draft(distribution=ALL))
    with played({**taking(), OFFER: {"0": uuid.upper(), "3": new_uuid()}, INDEX: []}) as partner:
        assert push_to(ground.links(partner.url, push=True), "full", OUTBOUND).pushed == 1


@pytest.mark.parametrize(("refused", "kept"), [("none", 2), ("first", 1), ("second", 2), ("both", 1)])
def test_an_incremental_push_goes_on_after_the_last_that_arrived_or_the_first_that_did_not(
    ground: Ground, refused: str, kept: int
) -> None:
    """PROTOCOL §3.2 row 8."""
    uuids = [ground.publishes(a_draft(distribution=ALL)) for _ in range(2)]
    unwanted = {"none": [], "first": uuids[:1], "second": uuids[1:], "both": uuids}[refused]

    def take(request: Received) -> bytes:
        sent = body_of(request)["Event"]
        return FORBIDDEN if sent["uuid"] in unwanted else answer({"Event": {**sent, "attribute_count": "1"}})

    with played({**taking(), "POST /events/add": take, OFFER: uuids, INDEX: []}) as partner:
        server = ground.links(partner.url, push=True)
        result = push_to(server, "full", OUTBOUND)
    assert (result.pushed, result.failed) == (2 - len(unwanted), len(unwanted))
    ids = [int(sql.scalar("SELECT id FROM event WHERE uuid = ?", (uuid,))) for uuid in uuids]
    assert sql.scalar("SELECT lastpushedid FROM server WHERE id = ?", (server.id,)) == ids[kept - 1]


def test_a_refused_proposal_stops_neither_the_others_nor_the_sightings(ground: Ground) -> None:
    uuids = [_with_opinions(ground) for _ in range(2)]
    rows = [{"uuid": uuid, "timestamp": "1", "published": True, "sighting_timestamp": "0"} for uuid in uuids]
    rules = {
        **taking(), OFFER: [], INDEX: rows, f"POST /events/pushProposals/{uuids[0]}": lambda _: FORBIDDEN,
        "POST /events/pushProposals": {"success": True},
        f"POST /sightings/bulkSaveSightings/{uuids[0]}": lambda _: HTML,
        "POST /sightings/bulkSaveSightings": {"saved": True},
    }  # fmt: skip
    with played(rules) as partner:
        server = ground.links(partner.url, push=True, push_sightings=True)
        assert push_to(server, "full", OUTBOUND).failed == 0
        asked = lines_of(partner)
    assert {line for line in asked if "/pushProposals/" in line} == {f"POST /events/pushProposals/{u}" for u in uuids}
    sent = {line for line in asked if "/bulkSave" in line}
    assert sent == {f"POST /sightings/bulkSaveSightings/{u}" for u in uuids}


def _with_opinions(ground: Ground) -> str:
    """An event for everybody, with a proposal and a sighting of everybody's; its uuid."""
    target = new_uuid()
    attribute = AttributeDraft(uuid=target, type="ip-dst", value="192.0.2.7", distribution=int(Distribution.INHERIT))
    uuid = ground.publishes(a_draft(distribution=ALL, attributes=(attribute,)))
    proposal = {
        "uuid": new_uuid(), "event_uuid": uuid, "type": "ip-dst", "value": "192.0.2.8", "timestamp": "1700000000",
        "old_id": "0", "Org": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name},
    }  # fmt: skip
    with writing():
        save_setting("sightings_policy", 2, user_id=None)
        assert save_pulled(ground.admin, read_proposals([proposal]), ground.admin.org_id) == 1
        sighting = SightingDraft(uuid=new_uuid(), attribute_uuid=target, date_sighting=1, organisation=THEIR_ORG)
        event_id = int(sql.scalar("SELECT id FROM event WHERE uuid = ?", (uuid,)))
        assert take_sightings(ground.admin, event_id, [sighting], trusts_names=True) == 1
    return uuid


def test_an_answer_that_tells_less_is_believed_where_the_index_is_closed(ground: Ground) -> None:
    lowered = lambda request: answer(  # noqa: E731
        {"Event": {**body_of(request)["Event"], "attribute_count": "1", "distribution": "0"}}
    )
    rules = taking() | {"POST /events/add": lowered, INDEX: lambda _: FORBIDDEN}
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
    assert ground.receipt(server, uuid).state is LedgerState.DEGRADED


def _minimal(item: Mapping[str, Any]) -> Json:
    return {"uuid": item["uuid"], "timestamp": item["timestamp"], "published": True, "orgc_uuid": THEIR_ORG.uuid}


INDEXES: Mapping[str, Any] = {
    "numbers as numbers": lambda e: [{**_minimal(e), "id": 1, "timestamp": int(e["timestamp"]), "published": 1}],
    "a number with a point": lambda e: [{**_minimal(e), "timestamp": float(e["timestamp"])}],
    "upper case": lambda e: [{**_minimal(e), "uuid": e["uuid"].upper()}],
    "one bare object": _minimal,
    "an object of numbers": lambda e: {"0": _minimal(e), "7": {"uuid": "none"}},
    "wrapped": lambda e: {"response": [{"Event": _minimal(e)}]},
    "whole items": lambda e: [{name: value for name, value in e.items() if name != "Attribute"} | {"extra": [1]}],
    "keys missing": lambda e: [{"uuid": e["uuid"], "timestamp": e["timestamp"]}],
}


@pytest.mark.parametrize("shape", INDEXES)
def test_an_index_is_read_in_every_shape(ground: Ground, shape: str) -> None:
    theirs = event()
    rules = {
        "GET /servers/getVersion": {"version": "2.4.100"}, INDEX: INDEXES[shape](theirs),
        "GET /events/view/": {"Event": theirs},
    }  # fmt: skip
    with played(rules) as partner:
        assert pull_from(ground.links(partner.url, pull=True), "full", OUTBOUND).pulled == 1
    assert ground.sees(theirs["uuid"]).event.info == "Theirs"


@pytest.mark.parametrize(
    "index",
    [
        HTML, ELSEWHERE, FORBIDDEN, answer(), answer({"errors": "no"}), answer({"name": "no", "message": "no"}),
    ],
    ids=["html", "redirect", "403", "null", "errors", "message"],
)  # fmt: skip
def test_what_is_no_index_is_not_taken_for_an_empty_one(ground: Ground, index: bytes) -> None:
    with (
        played({"GET /servers/getVersion": VERSION, INDEX: lambda _: index}) as partner,
        pytest.raises(SaveFailed),
    ):
        pull_from(ground.links(partner.url, pull=True), "full", OUTBOUND)


@pytest.mark.parametrize(
    ("version", "sent"),
    [
        ("2.4.123", "A|!B"), ("2.4.124", ["A", "!B"]), ("2.5.0", ["A", "!B"]), ("2.5.99", ["A", "!B"]),
        ("2.6.0", "A|!B"), ("3.0.0", "A|!B"), ("nonsense", "A|!B"),
    ],
)  # fmt: skip
def test_a_rule_of_organisations_is_a_list_or_a_text_by_the_partners_version(
    ground: Ground, version: str, sent: object
) -> None:
    """PROTOCOL §2.1, gates."""
    with played({"GET /servers/getVersion": {"version": version}, INDEX: []}) as partner:
        names = RuleNames(orgs_or=("A",), orgs_not=("B",), tags_or=("t",))
        pull_from(ground.links(partner.url, pull=True, pull_names=names), "full", OUTBOUND)
        asked = [body_of(request) for request in partner.requests if request.target == "/events/index"]
    assert asked == [{"tag": ["t"], "org": sent, "minimal": 1, "published": 1}] * 2


@pytest.mark.parametrize("row", [{"orgc_uuid": THEIRS}, {"Orgc": {"uuid": THEIRS.upper()}}])
def test_events_of_a_blocked_organisation_are_not_even_fetched(ground: Ground, row: Json) -> None:
    with writing():
        block(Blocklist.ORGANISATIONS, THEIRS, {})
    listed = [{"uuid": new_uuid(), "timestamp": "1700000000", **row}]
    with played({"GET /servers/getVersion": VERSION, INDEX: listed}) as partner:
        assert pull_from(ground.links(partner.url, pull=True), "full", OUTBOUND).failed == 0
        assert not [line for line in lines_of(partner) if "/events/view/" in line]


@pytest.mark.parametrize("listing", [HTML, ELSEWHERE, FORBIDDEN], ids=["html", "redirect", "403"])
def test_proposals_that_cannot_be_listed_do_not_keep_the_sightings_away(ground: Ground, listing: bytes) -> None:
    theirs = event()
    row = {**_minimal(theirs), "sighting_timestamp": "1700000005"}
    seen = {
        "uuid": new_uuid(), "attribute_uuid": theirs["Attribute"][0]["uuid"], "event_uuid": theirs["uuid"],
        "date_sighting": "1700000005", "type": "0", "source": "", "Organisation": event()["Orgc"],
    }  # fmt: skip
    rules = {
        "GET /servers/getVersion": VERSION, INDEX: [row], "GET /events/view/": {"Event": theirs},
        "GET /shadow_attributes": lambda _: listing,
        "POST /sightings/restSearch/event": {"response": [{"Sighting": seen}]},
    }  # fmt: skip
    with played(rules) as partner:
        result = pull_from(ground.links(partner.url, pull=True), "full", OUTBOUND)
    assert (result.pulled, result.proposals, result.sightings) == (1, 0, 1)


@pytest.mark.parametrize(("bad", "ends"), [(5, False), (100, True)])
def test_events_that_are_answered_badly_keep_nobody_from_those_behind_them(
    ground: Ground, bad: int, ends: bool
) -> None:
    theirs = [event() for _ in range(bad + 1)]
    good = theirs[0]["uuid"]  # a pull begins with the last of the list

    def view(request: Received) -> bytes:
        return answer({"Event": theirs[0]}) if good in request.target else HTML

    rules = {"GET /servers/getVersion": VERSION, INDEX: [_minimal(e) for e in theirs], "GET /events/view/": view}
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True)
        if ends:
            with pytest.raises(SaveFailed):
                pull_from(server, "full", OUTBOUND)
        else:
            result = pull_from(server, "full", OUTBOUND)
            assert (result.pulled, result.failed) == (1, bad)


@pytest.mark.parametrize("internal", [False, True], ids=["plain", "trusted"])
def test_type_rules_are_not_for_trusted_links(ground: Ground, internal: bool) -> None:
    with writing():
        save_setting("filter_types_on_sync", True, user_id=None)
    theirs = event()
    rules = {"GET /servers/getVersion": VERSION, INDEX: [_minimal(theirs)], "GET /events/view/": {"Event": theirs}}
    with played(rules) as partner:
        org = OUR_ORG if internal else THEIR_ORG
        names = RuleNames(types_not=("ip-dst",))
        server = ground.links(partner.url, org=org, pull=True, internal=internal, pull_names=names)
        assert pull_from(server, "full", OUTBOUND).pulled == internal


@pytest.mark.parametrize("removes", [True, False], ids=["removes", "keeps"])
def test_tags_that_are_gone_there_go_here_if_the_link_says_so(ground: Ground, removes: bool) -> None:
    """PROTOCOL §3.16, `remove_missing_tags`: global tags of what this link delivered, and no local one."""
    named = [{"name": "tlp:green"}, {"name": "kept"}]
    first = event(Tag=named)
    first["Attribute"][0] |= {"Tag": named}
    later = {**first, "timestamp": "1700000009", "Tag": named[1:]}
    later["Attribute"] = [{**first["Attribute"][0], "timestamp": "1700000009", "Tag": []}]
    shown = first
    rules = {"GET /servers/getVersion": VERSION, "GET /events/view/": lambda _: answer({"Event": shown})}
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True, remove_missing_tags=removes)
        pull_from(server, first["uuid"], OUTBOUND)
        _tags_locally(ground, first["uuid"])
        shown = later
        pull_from(server, first["uuid"], OUTBOUND)
    stored = ground.sees(first["uuid"])
    alive = sorted(tag.name for tag in stored.tags if not tag.deleted)
    assert alive == (["kept", "ours"] if removes else ["kept", "ours", "tlp:green"])
    inside = sorted(t.name for t in stored.attribute_tags.get(stored.attributes[0].id, []) if not t.deleted)
    assert inside == ([] if removes else ["kept", "tlp:green"])


def test_an_event_that_is_asked_for_by_name_is_merged_again_although_that_version_is_here(ground: Ground) -> None:
    """PROTOCOL §4.4: what got lost here comes back; the version stays, so that the next one is still newer."""
    whole = event()
    more = {**whole["Attribute"][0], "uuid": new_uuid(), "value": "198.51.100.2"}
    shown = whole
    rules = {"GET /servers/getVersion": VERSION, "GET /events/view/": lambda _: answer({"Event": shown})}
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True)
        assert pull_from(server, whole["uuid"], OUTBOUND).pulled == 1
        shown = {**whole, "Attribute": [*whole["Attribute"], more]}
        assert pull_from(server, whole["uuid"], OUTBOUND).pulled == 1
        shown = {**whole, "timestamp": "1699999999", "info": "Older"}
        assert pull_from(server, whole["uuid"], OUTBOUND).pulled == 0
    stored = ground.sees(whole["uuid"])
    assert sorted(a.value for a in stored.attributes) == ["198.51.100.1", "198.51.100.2"]
    assert (stored.event.timestamp, stored.event.info) == (1_700_000_000, "Theirs")


def _tags_locally(ground: Ground, uuid: str) -> None:
    """A tag of our own on their event."""
    attach(ground.admin, event_target(ground.admin, uuid), "ours", local=True)


def test_a_partner_that_vanishes_during_a_push_is_tried_once_and_the_rest_is_promised(ground: Ground) -> None:
    uuids = [ground.publishes(a_draft(distribution=ALL)) for _ in range(3)]

    def offered(_request: Received) -> bytes:
        partner.vanish()
        return answer(uuids, Connection="close")

    with played({**taking(), OFFER: offered}) as partner:
        server = ground.links(partner.url, push=True)
        result = push_to(server, "full", OUTBOUND)
    assert (result.pushed, result.failed) == (0, 3)
    assert sorted(sql.rows("SELECT tries FROM outbox WHERE server_id = ?", (server.id,))) == [(0,), (0,), (1,)]


def test_a_push_that_was_stopped_leaves_the_next_incremental_one_where_it_was(ground: Ground) -> None:
    uuids = [ground.publishes(a_draft(distribution=ALL)) for _ in range(2)]
    with played({**taking(), OFFER: list(reversed(uuids)), INDEX: []}) as partner:
        server = ground.links(partner.url, push=True)
        assert push_to(server, "full", OUTBOUND, progress=lambda _done, _total: False).pushed == 1
        fresh = servers.find_any_server(server.id)
        assert fresh is not None
        assert push_to(fresh, "incremental", OUTBOUND).pushed == 2


def test_an_old_partner_that_stumbles_over_one_events_sightings_is_asked_for_those_again(ground: Ground) -> None:
    theirs = [event() for _ in range(3)]
    stumbles = {theirs[1]["uuid"]}

    def view(request: Received) -> bytes:
        shown = next(one for one in theirs if one["uuid"] in request.target)
        if "noShadowAttributes" not in request.target:
            return answer({"Event": shown})
        if shown["uuid"] in stumbles:
            return answer({"name": "no"}, "503 Service Unavailable")
        sighting = {"uuid": new_uuid(), "date_sighting": "1700000005", "type": "0", "Organisation": shown["Orgc"]}
        return answer({"Event": {**shown, "Attribute": [{**shown["Attribute"][0], "Sighting": [sighting]}]}})

    listed = [{**_minimal(one), "sighting_timestamp": "1700000005"} for one in theirs]
    rules = {"GET /servers/getVersion": {"version": "2.4.160"}, INDEX: listed, "GET /events/view/": view}
    with played({**rules, "GET /shadow_attributes": []}) as partner:
        server = ground.links(partner.url, pull=True)
        assert pull_from(server, "full", OUTBOUND).sightings == 2
        stumbles.clear()
        assert pull_from(server, "full", OUTBOUND).sightings == 1
