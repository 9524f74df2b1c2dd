"""What we take over from a partner, and what we never do."""

import json
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mispmini.domain.audit_log import LogFilters
from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services import arrivals, audit, blocklists, jobs
from mispmini.services.blocklists import Blocklist
from mispmini.services.events import add_event, delete_event
from mispmini.store import servers, sql
from mispmini.store.logs import list_logs
from mispmini.store.versions import local_versions
from mispmini.sync.fetching import Reading, Window
from mispmini.sync.links import AlreadyRunning, only_one_on
from mispmini.sync.pull import NOT_AUTHORISED, pull_from
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, a_reading
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, exchanges_of, lines_of, played, played_by, recorded_lines
from tests.wire.conftest import Recordings

VIEW = (
    "/deleted[]:0/deleted[]:1/excludeGalaxy:1/includeEventCorrelations:0/includeFeedCorrelations:0"
    "/includeWarninglistHits:0/excludeLocalTags:1"
)
VERSION = {"version": "2.5.1", "perm_sync": True}
Json = dict[str, Any]


def event(**more: Any) -> Json:
    """An event as a partner shows it."""
    known = {
        "uuid": new_uuid(),
        "info": "From the partner",
        "timestamp": "1700000000",
        "published": True,
        "distribution": "3",
        "date": "2026-01-01",
        "threat_level_id": "4",
        "analysis": "0",
        "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name},
        "Attribute": [
            {"uuid": new_uuid(), "type": "ip-dst", "category": "Network activity", "value": "198.51.100.1",
             "distribution": "5", "timestamp": "1700000000"},
        ],
    }  # fmt: skip
    return known | more


class Source:
    """A partner with events, as far as a puller can tell."""

    def __init__(self, *events: Json) -> None:
        self.events = {item["uuid"]: item for item in events}
        self.tag = '"one"'
        self.answers: dict[str, Callable[[], bytes]] = {}

    def server(self) -> HostileServer:
        """It, listening."""
        return played(
            {
                "GET /servers/getVersion": VERSION,
                "POST /events/index": self._index,
                "GET /events/view/": self._view,
            }
        )

    def _index(self, request: Received) -> bytes:
        if request.headers.get("if-none-match") == self.tag:
            return answer(b"", "304 Not Modified", "text/html", ETag=self.tag)
        names = ("uuid", "timestamp", "published")
        listed = [{name: e[name] for name in names} | {"orgc_uuid": e["Orgc"]["uuid"]} for e in self.events.values()]
        return answer(listed, ETag=self.tag)

    def _view(self, request: Received) -> bytes:
        uuid = request.target.split("/")[3]
        if uuid in self.answers:
            return self.answers[uuid]()
        found = self.events.get(uuid)
        return answer({"Event": found}) if found else answer({"name": "Invalid event"}, "404 Not Found")


@pytest.fixture
def recording(recordings: Recordings) -> Json:
    """The recorded full pull."""
    path: Path = recordings.root / "transcripts" / "30-pull-full.json"
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_full_pull_asks_and_stores_as_a_misp_does(ground: Ground, recording: Json) -> None:
    asked = [e for e in exchanges_of(recording) if e["request"]["path"].startswith(("/servers/", "/events/"))][:-1]
    with played_by(asked) as partner:
        server = ground.links(partner.url, pull=True, remote_org=None)
        fetched = [line.split("/")[3] for line in recorded_lines(asked) if "/events/view/" in line]
        skip_what_was_here_before(ground, server, asked, fetched)
        result = pull_from(server, "full", OUTBOUND)
        assert lines_of(partner)[: len(asked)] == recorded_lines(asked)
        assert body_of(partner.requests[1]) == asked[1]["request"]["body"]
        assert partner.requests[1].headers["if-none-match"] == '""'
        assert result.sentence.startswith("Pull completed. 8 events pulled, 0 events could not be pulled")
    for name in ("d1", "d2", "d3"):
        expected = recording["outcome"]["after"][name]["Event"]
        stored = ground.sees(expected["uuid"])
        assert str(stored.event.distribution) == expected["distribution"]
        assert stored.event.locked
        assert stored.creator_email == ground.admin.email
        assert stored.orgc.uuid == expected["Orgc"]["uuid"]
        levels = {a.uuid: str(a.distribution) for a in stored.attributes if not a.deleted}
        assert levels == {a["uuid"]: a["distribution"] for a in expected["Attribute"]}


def skip_what_was_here_before(ground: Ground, server: LinkedServer, asked: Iterable[Json], fetched: list[str]) -> None:
    """The recorded puller had the rest of the index already."""
    index = next(e["response"]["body"] for e in asked if e["request"]["path"] == "/events/index")
    for row in index:
        if row["uuid"] not in fetched:
            add_event(ground.admin, a_draft(uuid=row["uuid"], timestamp=int(row["timestamp"])))


@pytest.fixture
def source() -> Source:
    """A partner with three events."""
    return Source(event(), event(), event())


def run(ground: Ground, source: Source, *, times: int = 1, **wish: Any) -> tuple[LinkedServer, list[str], str]:
    """Pull from it; the link, what it was asked, and the last sentence."""
    with source.server() as partner:
        server = ground.links(partner.url, pull=True, **wish)
        sentence = ""
        for _ in range(times):
            fresh = servers.find_any_server(server.id)
            assert fresh is not None
            sentence = pull_from(fresh, "full", OUTBOUND).sentence
        return server, lines_of(partner), sentence


def test_nothing_new_is_answered_by_one_304(ground: Ground, source: Source) -> None:
    _, lines, sentence = run(ground, source, times=2)
    assert sentence.startswith("Pull completed. 0 events pulled, 0 events could not be pulled")
    assert [line.partition("/timestamp")[0] for line in lines[-4:]] == [
        "GET /servers/getVersion",
        "POST /events/index",
        "GET /shadow_attributes/index/all:1",
        "POST /events/index",
    ]


@pytest.mark.parametrize(
    ("level", "kept"),
    [(0, 0), (1, 0), (2, 1), (3, 3)],
    ids=["organisation", "community", "connected", "all"],
)
def test_the_receiver_lowers_what_it_pulls(ground: Ground, level: int, kept: int) -> None:
    pulled = event(distribution=str(level))
    run(ground, Source(pulled))
    assert ground.sees(pulled["uuid"]).event.distribution == kept


def test_a_failed_event_is_asked_for_again_although_the_index_is_the_same(ground: Ground, source: Source) -> None:
    broken = next(iter(source.events))
    source.answers[broken] = lambda: answer({"name": "boom"}, "500 Internal Server Error")
    server, _, sentence = run(ground, source)
    assert sentence.startswith("Pull completed. 2 events pulled, 1 events could not be pulled")
    del source.answers[broken]
    with source.server() as partner:
        moved = replace(reread(server), url=partner.url)
        assert pull_from(moved, "full", OUTBOUND).pulled == 1
        assert [line for line in lines_of(partner) if "view" in line] == [f"GET /events/view/{broken}{VIEW}"]


def reread(server: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    fresh = servers.find_any_server(server.id)
    assert fresh is not None
    return fresh


def test_our_own_event_is_never_overwritten(ground: Ground) -> None:
    ours = a_draft(timestamp=1_700_000_000)
    add_event(ground.admin, ours)
    theirs = event(uuid=ours.uuid, timestamp="1800000000", info="Taken over")
    source = Source(theirs)
    server, lines, _ = run(ground, source)
    assert not any("view" in line for line in lines)
    with source.server() as partner:
        result = pull_from(replace(server, url=partner.url), str(ours.uuid), OUTBOUND)
    assert (result.pulled, result.failed) == (0, 1)
    assert ground.receipt(server, str(ours.uuid)).reason == Trouble.OURS
    assert ground.sees(str(ours.uuid)).event.info == ours.info


def test_an_event_in_our_name_that_we_do_not_know_is_taken_and_marked(ground: Ground) -> None:
    restored = event(Orgc={"uuid": OUR_ORG.uuid, "name": OUR_ORG.name})
    run(ground, Source(restored))
    assert ground.sees(restored["uuid"]).event.locked
    assert sql.scalar("SELECT in_our_name FROM event WHERE uuid = ?", (restored["uuid"],)) == 1


def test_another_event_than_asked_for_is_not_stored(ground: Ground, source: Source) -> None:
    asked_for, other = next(iter(source.events)), event()
    source.answers[asked_for] = lambda: answer({"Event": other})
    server, _, _ = run(ground, source)
    assert ground.receipt(server, asked_for).reason == Trouble.WRONG_UUID
    assert local_versions([other["uuid"], asked_for]) == {}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda: answer({"Event": "no"}), Trouble.WRONG_SHAPE),
        (lambda: answer([]), Trouble.WRONG_SHAPE),
        (lambda: answer(b"<html>login</html>", kind="text/html"), "not_json"),
        (lambda: answer(b'{"Event":{"info"', length=500, Connection="close"), "truncated"),
        (lambda: answer({"name": "Invalid event"}, "404 Not Found"), Trouble.REFUSED),
    ],
    ids=["no event", "list", "html", "truncated", "gone"],
)
def test_a_lie_costs_its_own_row_and_nothing_else(
    ground: Ground, source: Source, broken: Callable[[], bytes], reason: str
) -> None:
    victim = list(source.events)[1]
    source.answers[victim] = broken
    server, _, sentence = run(ground, source)
    assert sentence.startswith("Pull completed. 2 events pulled, 1 events could not be pulled")
    assert ground.receipt(server, victim).reason == reason


@pytest.mark.parametrize(
    ("pulled", "state", "reason", "said"),
    [
        (event(protected=True), LedgerState.SKIPPED, Reason.PROTECTED, "0 events could not be pulled"),
        (event(Attribute=[]), LedgerState.SKIPPED, Reason.EMPTY, "1 events could not be pulled"),
    ],
    ids=["protected", "empty"],
)
def test_what_is_not_taken_is_remembered_and_told(
    ground: Ground, pulled: Json, state: LedgerState, reason: str, said: str
) -> None:
    source = Source(pulled)
    server, _, sentence = run(ground, source)
    assert said in sentence
    assert (ground.receipt(server, pulled["uuid"]).state, ground.receipt(server, pulled["uuid"]).reason) == (
        state,
        reason,
    )
    source.tag = '"two"'
    with source.server() as partner:
        pull_from(replace(reread(server), url=partner.url), "full", OUTBOUND)
        assert not any("view" in line for line in lines_of(partner)), "judged for good until it changes"


def test_protected_events_are_counted(ground: Ground) -> None:
    _, _, sentence = run(ground, Source(event(protected=True), event(protected=True)))
    assert sentence.endswith("2 protected events not taken.")


def test_a_deleted_event_does_not_come_back(ground: Ground, source: Source) -> None:
    server, _, _ = run(ground, source)
    gone = next(iter(source.events))
    delete_event(ground.admin, gone)
    source.events[gone]["timestamp"], source.tag = "1700009999", '"two"'
    with source.server() as partner:
        pull_from(replace(reread(server), url=partner.url), "full", OUTBOUND)
        assert not any(gone in line for line in lines_of(partner))


def test_a_deleted_event_comes_back_once_its_uuid_is_let_in_again(ground: Ground, source: Source) -> None:
    server, _, _ = run(ground, source)
    gone = next(iter(source.events))
    delete_event(ground.admin, gone)
    blocklists.delete(ground.admin, Blocklist.EVENTS, gone)
    with source.server() as partner:
        pull_from(replace(reread(server), url=partner.url), "full", OUTBOUND)
    assert ground.sees(gone).event.info == "From the partner"


def test_what_an_organisations_block_kept_out_is_judged_anew_without_it(ground: Ground) -> None:
    stranger = {"uuid": new_uuid(), "name": f"CSIRT {new_uuid()[:8]}"}
    source = Source(theirs := event(Orgc=stranger))
    blocklists.add(ground.admin, Blocklist.ORGANISATIONS, [stranger["uuid"]], {})
    server, _, _ = run(ground, source)
    blocklists.delete(ground.admin, Blocklist.ORGANISATIONS, stranger["uuid"])
    with source.server() as partner:
        pull_from(replace(reread(server), url=partner.url), "full", OUTBOUND)
    assert ground.sees(theirs["uuid"]).orgc.uuid == stranger["uuid"]


def test_a_newer_version_updates_and_an_update_pull_takes_only_what_is_here(ground: Ground) -> None:
    known, unknown = event(), event()
    source = Source(known)
    server, _, _ = run(ground, source)
    known["timestamp"], known["info"], source.tag = "1700000100", "Edited there", '"two"'
    source.events[unknown["uuid"]] = unknown
    with source.server() as partner:
        result = pull_from(replace(reread(server), url=partner.url), "update", OUTBOUND)
    assert result.pulled == 1
    assert ground.sees(known["uuid"]).event.info == "Edited there"
    assert local_versions([unknown["uuid"]]) == {}


def test_an_update_over_a_link_that_did_not_deliver_it_is_refused_and_kept_for_people_to_see(ground: Ground) -> None:
    third = OrganisationDraft(new_uuid(), "ORG_C")
    delivered = event(Orgc={"uuid": third.uuid, "name": third.name})
    run(ground, Source(delivered))
    other = OrganisationDraft(new_uuid(), "ORG_D")
    changed, fine = delivered | {"timestamp": "1700000500", "info": "Taken over"}, event()
    server, _, sentence = run(ground, Source(changed, fine), org=other)
    assert sentence.startswith("Pull completed. 1 events pulled, 1 events could not be pulled")
    assert ground.receipt(server, delivered["uuid"]).state is LedgerState.FAILED
    assert ground.sees(delivered["uuid"]).event.info == delivered["info"]
    assert str(ground.receipt(server, delivered["uuid"]).detail).endswith("can let another link deliver it.")
    [refused], _ = arrivals.refused_updates(ground.admin, limit=9)
    assert refused.event_uuid == delivered["uuid"]
    told = arrivals.let_deliver(ground.admin, refused.id)
    assert told.server_name == server.name
    [job] = jobs.list_jobs(ground.admin, 9)
    with Source(changed).server() as partner:
        pull_from(replace(reread(server), url=partner.url), job.subject.partition(" ")[2], OUTBOUND)
    assert ground.sees(delivered["uuid"]).event.info == "Taken over"
    assert arrivals.refused_updates(ground.admin, limit=9) == ([], 0)


def test_pull_rules_become_keys_of_the_index_body(ground: Ground, source: Source) -> None:
    rules = json.dumps({"tags": {"OR": ["tlp:red"], "NOT": ["old"]}, "orgs": {"OR": [], "NOT": []}})
    with source.server() as partner:
        pull_from(ground.links(partner.url, pull=True, pull_rules=rules), "full", OUTBOUND)
        assert body_of(partner.requests[1]) == {"tag": ["tlp:red", "!old"], "minimal": 1, "published": 1}


def test_each_event_that_one_request_fetches_has_a_history_of_its_own(ground: Ground) -> None:
    source = Source(event(), event())

    def by_key(url: str) -> None:
        audit.begin("key")
        pull_from(ground.links(url, pull=True), "full", OUTBOUND)

    with source.server() as partner:
        copy_context().run(by_key, partner.url)  # the request ends with it
    numbers = [ground.sees(uuid).event.id for uuid in source.events]
    assert [len(list_logs(Viewer.everything(), LogFilters(event_id=number))) for number in numbers] == [1, 1]


def test_what_is_fetched_ahead_is_bounded_and_never_stops_what_is_waited_for() -> None:
    large = a_reading(EventDraft(attributes=(AttributeDraft(type="domain", value="a.example"),) * 5_001))
    begun: list[str] = []

    def fetch(ref: str) -> Reading:
        begun.append(ref)
        return large

    with ThreadPoolExecutor(4) as pool:
        refs = [str(number) for number in range(300)]
        taken = 0
        for item in Window(fetch).fetched(pool, refs):
            assert item is large
            taken += 1
            assert len(begun) <= taken + 5
    assert sorted(begun, key=int) == refs
    assert taken == 300


def test_files_weigh_in_what_is_fetched_ahead() -> None:
    sample = AttributeDraft(type="attachment", value="a.bin", data=bytes(2_000_000))
    begun: list[str] = []

    def fetch(ref: str) -> Reading:
        begun.append(ref)
        return a_reading(EventDraft(attributes=(sample,) * 12))

    with ThreadPoolExecutor(4) as pool:
        for taken, _ in enumerate(Window(fetch).fetched(pool, [str(number) for number in range(120)])):
            assert len(begun) <= taken + 6


def test_what_still_waits_for_room_is_never_fetched_once_nobody_takes_it() -> None:
    large = a_reading(EventDraft(attributes=(AttributeDraft(type="domain", value="a.example"),) * 5_001))
    begun: list[str] = []
    full = Event()

    def fetch(ref: str) -> Reading:
        begun.append(ref)
        if ref == "1":
            full.set()
        return large

    window = Window(fetch)
    with ThreadPoolExecutor(1) as pool:
        assert next(window.fetched(pool, [str(number) for number in range(120)])) is large
        assert full.wait(5)
        window.close()
    assert begun == ["0", "1"]


def test_a_gateway_that_says_the_partner_is_down_is_not_asked_for_every_event(ground: Ground) -> None:
    source = Source(*(event() for _ in range(160)))
    for uuid in source.events:
        source.answers[uuid] = lambda: answer(b"<h1>Bad Gateway</h1>", "502 Bad Gateway", "text/html")
    with source.server() as partner:
        server = ground.links(partner.url, pull=True)
        with pytest.raises(SaveFailed) as refused:
            pull_from(server, "full", OUTBOUND)
    assert "status 502" in str(refused.value.errors)


def test_a_long_list_is_fetched_by_several_connections_and_stored_whole(ground: Ground) -> None:
    source = Source(*(event() for _ in range(120)))
    _, lines, sentence = run(ground, source)
    assert sentence.startswith("Pull completed. 120 events pulled, 0 events could not")
    assert len([line for line in lines if "view" in line]) == 120
    assert len(local_versions(list(source.events))) == 120


@pytest.mark.parametrize(
    ("technique", "wish", "sentence"),
    [
        ("full", {"pull": False}, "Pull setting not enabled for this server."),
        ("incremental", {"pull": True}, "Invalid pull technique `incremental`."),
    ],
)
def test_what_cannot_be_pulled_is_said(
    ground: Ground, source: Source, technique: str, wish: dict[str, Any], sentence: str
) -> None:
    with source.server() as partner, pytest.raises(SaveFailed) as refused:
        pull_from(ground.links(partner.url, **wish), technique, OUTBOUND)
    assert refused.value.errors == sentence


def test_a_refused_key_is_said_in_misps_words(ground: Ground) -> None:
    with played({"GET /": lambda _: answer({"name": "no"}, "403 Forbidden")}) as partner:
        server = ground.links(partner.url, pull=True)
        with pytest.raises(SaveFailed) as refused:
            pull_from(server, "full", OUTBOUND)
    assert refused.value.errors == NOT_AUTHORISED
    assert reread(server).last_pull_result == NOT_AUTHORISED


def test_two_pulls_of_one_link_do_not_overlap(ground: Ground) -> None:
    server = ground.links("http://127.0.0.1:9", pull=True)
    with only_one_on(server.id), pytest.raises(AlreadyRunning), only_one_on(server.id):
        pytest.fail("two held the lock")


def test_an_unreachable_partner_is_an_answer_not_a_crash(ground: Ground) -> None:
    with played({}) as gone:
        url = gone.url
    with pytest.raises(SaveFailed, match="Could not pull Server") as refused:
        pull_from(ground.links(url, pull=True), "full", OUTBOUND)
    assert str(refused.value.errors).startswith("tcp:")


def test_the_level_word_is_the_partners_not_ours(ground: Ground) -> None:
    inherited = event(distribution="3")
    run(ground, Source(inherited))
    [attribute] = ground.sees(inherited["uuid"]).attributes
    assert attribute.distribution == Distribution.INHERIT
