"""What we send a partner at publish: the recorded conversations, and what becomes of each refusal."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import AttributeDraft, EventDraft, ReportDraft, TagDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.services.events import add_event, delete_event, edit_event, restore_event
from mispmini.services.publishing import publish_event, unpublish_event
from mispmini.store.database import connect
from mispmini.store.outbox import list_queue
from mispmini.store.versions import local_versions
from mispmini.sync.delivering import Patience, deliver_due
from mispmini.sync.push_all import push_to
from mispmini.wire.event_in import read_event
from tests.sync.ground import OUTBOUND, Ground, a_draft, queue_of
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, comparable, exchanges_of, lines_of, played, played_by, recorded_lines
from tests.wire.conftest import Recordings

VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True, "request_encoding": ["gzip"]}
NOT_NEWER = "Event could not be saved: Event in the request not newer than the local copy."


def _transcript(recordings: Recordings, name: str) -> dict[str, Any]:
    """One recorded conversation."""
    found: dict[str, Any] = json.loads((recordings.root / "transcripts" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def as_at_sender(recorded: dict[str, Any]) -> EventDraft:
    """The event as it stood at the sender."""
    return read_event(recorded["outcome"]["after"]["A"], from_partner=True)


def as_sent(recorded: dict[str, Any]) -> EventDraft:
    """The event as it left the sender, deleted elements too, with the sender's own levels."""
    at_sender = as_at_sender(recorded)
    sent = read_event(exchanges_of(recorded)[-1]["request"]["body"], from_partner=True)
    levels = {a.uuid: a.distribution for a in at_sender.attributes}
    kept = tuple(replace(a, distribution=levels.get(a.uuid, a.distribution)) for a in sent.attributes)
    return replace(at_sender, attributes=kept)


@pytest.fixture(params=["03-push-connected-communities", "04-push-all-communities"])
def added(request: pytest.FixtureRequest, recordings: Recordings) -> dict[str, Any]:
    """A recorded first push."""
    return _transcript(recordings, request.param)


def test_a_published_event_goes_out_as_a_misp_sends_it(ground: Ground, added: dict[str, Any]) -> None:
    with played_by(exchanges_of(added)) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(as_at_sender(added))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(added))
        expected = exchanges_of(added)[-1]["request"]
        assert comparable(body_of(partner.requests[-1])) == comparable(expected["body"])
        assert partner.requests[-1].headers["content-encoding"] == "gzip"
        assert ground.receipt(server, uuid).state is LedgerState.SENT
        assert queue_of(server) == []


@pytest.mark.parametrize("name", ["05-repush-after-edit", "05c-repush-after-soft-delete-attribute"])
def test_an_edit_goes_to_edit_with_what_was_deleted(ground: Ground, recordings: Recordings, name: str) -> None:
    recorded = _transcript(recordings, name)
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(as_sent(recorded))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
        sent, expected = body_of(partner.requests[-1]), exchanges_of(recorded)[-1]["request"]["body"]
        assert comparable(sent) == comparable(expected)
        assert ground.receipt(server, uuid).state is LedgerState.UPDATED


@pytest.mark.parametrize("level", [Distribution.ORGANISATION, Distribution.COMMUNITY])
def test_what_may_not_leave_causes_no_request_at_all(ground: Ground, level: Distribution) -> None:
    with played({}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=int(level)))
        deliver_due(server.id, OUTBOUND)
        assert partner.requests == []
        receipt = ground.receipt(server, uuid)
        assert (receipt.state, receipt.reason) == (LedgerState.SKIPPED, Reason.DISTRIBUTION)


@pytest.mark.parametrize(
    ("undo", "reason"),
    [(unpublish_event, Reason.UNPUBLISHED), (delete_event, Reason.DELETED)],
    ids=["unpublished", "deleted"],
)
def test_what_was_taken_back_before_sending_stays_here(ground: Ground, undo: Any, reason: Reason) -> None:
    with played({}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        undo(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        assert partner.requests == []
        assert queue_of(server) == []
        assert ground.receipt(server, uuid).reason == reason


class Misp:
    """A partner that takes events in, as far as a sender can tell."""

    def __init__(self, **held: Any) -> None:
        self.held: dict[str, Any] | None = held or None
        self.refusals: list[bytes] = []
        self.changes: dict[str, Any] = {}
        self.beside: dict[str, Any] = {}

    def server(self) -> HostileServer:
        """It, listening."""
        return played(
            {
                "GET /servers/getVersion": VERSION,
                "HEAD /events/view/": self.head,
                "POST /events/add": self.take,
                "POST /events/edit": self.take,
                "POST /events/index": lambda _: answer([self.held] if self.held else []),
                "GET /events/view/": lambda _: answer({"Event": self.held}),
            }
        )

    def head(self, _request: Received) -> bytes:
        """Whether it has it."""
        return answer(b"", "200 OK" if self.held else "404 Not Found", "text/html")

    def take(self, request: Received) -> bytes:
        """Add or edit."""
        if self.refusals:
            return self.refusals.pop(0)
        event = body_of(request)["Event"]
        if self.held and int(self.held["timestamp"]) >= int(event["timestamp"]):
            return answer({"saved": False, "errors": NOT_NEWER}, "403 Forbidden")
        attributes = event["Attribute"]
        self.held = {**event, "attribute_count": str(len(attributes)), "Attribute": attributes} | self.changes
        return answer({"Event": {k: v for k, v in self.held.items() if k != "Attribute"}, **self.beside})


@pytest.fixture
def misp() -> Misp:
    """A partner without any event."""
    return Misp()


@pytest.fixture
def partner(misp: Misp) -> Iterator[HostileServer]:
    """It, listening."""
    with misp.server() as server:
        yield server


@pytest.fixture
def link(ground: Ground, partner: HostileServer) -> LinkedServer:
    """The link to it."""
    return ground.links(partner.url, push=True)


def deliver(link: LinkedServer) -> None:
    """One run, that would try again at once."""
    deliver_due(link.id, OUTBOUND, patience=Patience(base=3600))


def test_equal_versions_are_unchanged_not_sent_twice(
    ground: Ground, link: LinkedServer, partner: HostileServer
) -> None:
    uuid = ground.publishes(a_draft())
    deliver(link)
    publish_event(ground.admin, uuid)
    deliver(link)
    assert ground.receipt(link, uuid).state is LedgerState.UNCHANGED
    assert lines_of(partner)[-1] == "POST /events/index"


def test_a_500_although_stored_closes_as_sent_after_the_retry(
    ground: Ground, link: LinkedServer, misp: Misp, partner: HostileServer
) -> None:
    draft = a_draft(timestamp=1_700_000_000)
    uuid = ground.publishes(draft)
    misp.refusals = [answer({"name": "An Internal Error Has Occurred."}, "500 Internal Server Error")]
    deliver_due(link.id, OUTBOUND, patience=Patience(base=0))
    misp.held = {"uuid": uuid, "timestamp": "1700000000", "distribution": "1", "attribute_count": "1"}
    deliver_due(link.id, OUTBOUND, patience=Patience(base=0))
    assert ground.receipt(link, uuid).state is LedgerState.SENT
    assert queue_of(link) == []
    assert sum(line.startswith("HEAD") for line in lines_of(partner)) >= 2, "the retry starts at HEAD"


def test_our_event_that_looks_newer_there_is_sent_once_more_above_it(
    ground: Ground, link: LinkedServer, misp: Misp
) -> None:
    uuid = ground.publishes(a_draft(timestamp=1_700_000_000))
    misp.held = {"uuid": uuid, "timestamp": "1700000500", "distribution": "1", "attribute_count": "1"}
    deliver(link)
    assert misp.held["timestamp"] == "1700000501"
    assert ground.receipt(link, uuid).state is LedgerState.UPDATED
    assert local_versions([uuid])[uuid].timestamp == 1_700_000_000, "our own version keeps its time"


def test_a_foreign_event_that_is_newer_there_is_a_conflict(ground: Ground, link: LinkedServer, misp: Misp) -> None:
    uuid = ground.publishes(a_draft(timestamp=1_700_000_000, locked=True))
    misp.held = {"uuid": uuid, "timestamp": "1700000500", "distribution": "1", "attribute_count": "1"}
    deliver(link)
    receipt = ground.receipt(link, uuid)
    assert (receipt.state, receipt.reason) == (LedgerState.CONFLICT, Trouble.NEWER_THERE)
    assert queue_of(link) == []


def test_what_is_delivered_already_is_no_conflict_when_their_clock_ran_ahead(
    ground: Ground, link: LinkedServer, misp: Misp
) -> None:
    uuid = ground.publishes(a_draft(locked=True))
    misp.changes = {"timestamp": "4102444800"}
    deliver(link)
    assert ground.receipt(link, uuid).reason == Trouble.NEWER_THERE
    publish_event(ground.admin, uuid)
    deliver(link)
    assert ground.receipt(link, uuid).state is LedgerState.UNCHANGED


def test_fewer_elements_stored_than_sent_are_named(ground: Ground, link: LinkedServer, misp: Misp) -> None:
    lost, kept = "0a0a0a0a-0000-4000-8000-00000000000a", "0b0b0b0b-0000-4000-8000-00000000000b"
    values = {lost: "198.51.100.7", kept: "198.51.100.8"}
    attributes = tuple(AttributeDraft(type="ip-dst", value=value, uuid=uuid) for uuid, value in values.items())
    misp.changes = {"attribute_count": "1", "Attribute": [{"uuid": kept}]}
    uuid = ground.publishes(a_draft(attributes=attributes))
    deliver(link)
    receipt = ground.receipt(link, uuid)
    assert receipt.state is LedgerState.PARTIAL
    assert lost in (receipt.detail or "")
    assert kept not in (receipt.detail or "")


def test_parts_that_a_partner_says_it_left_out_are_told(ground: Ground, link: LinkedServer, misp: Misp) -> None:
    misp.beside = {"errors": {"EventReport": {"name": ["too long"]}}}
    misp.changes = {"sharing_group_id": None}
    uuid = ground.publishes(a_draft())
    deliver(link)
    receipt = ground.receipt(link, uuid)
    assert (receipt.state, receipt.detail) == (LedgerState.PARTIAL, "{'EventReport': {'name': ['too long']}}")


def test_an_event_kept_narrower_there_is_degraded(ground: Ground, link: LinkedServer, misp: Misp) -> None:
    misp.changes = {"distribution": "0"}
    uuid = ground.publishes(a_draft(distribution=int(Distribution.ALL)))
    deliver(link)
    assert ground.receipt(link, uuid).state is LedgerState.DEGRADED


@pytest.mark.parametrize(
    ("refusal", "parked", "tries"),
    [
        (answer({"name": "Event blocked by event blocklist."}, "403 Forbidden"), True, 1),
        (answer({"name": "no"}, "405 Method Not Allowed"), True, 1),
        (answer({"name": "busy"}, "503 Service Unavailable"), False, 1),
        (answer({"name": "slow down"}, "429 Too Many Requests"), False, 1),
        (answer({"name": "too large"}, "413 Payload Too Large"), False, 1),
        (answer(b"<html>login</html>", kind="text/html"), False, 1),
        (answer(b"", "302 Found", Location="https://elsewhere.example/"), False, 1),
        (answer({"Event": {}}), False, 1),
        (answer([]), False, 1),
    ],
    ids=["403", "405", "503", "429", "413", "html", "redirect", "empty event", "list"],
)
def test_a_refusal_parks_or_waits_and_is_never_lost(
    ground: Ground, link: LinkedServer, misp: Misp, refusal: bytes, parked: bool, tries: int
) -> None:
    misp.refusals = [refusal]
    uuid = ground.publishes(a_draft())
    deliver(link)
    [(queued, tried, _, is_parked)] = queue_of(link)
    assert (queued, bool(is_parked), tried) == (uuid, parked, tries)
    assert ground.receipt(link, uuid).state is LedgerState.FAILED


def test_other_refusals_park_after_five_tries(ground: Ground, link: LinkedServer, misp: Misp) -> None:
    misp.refusals = [answer({"name": "too large"}, "413 Payload Too Large")] * 9
    ground.publishes(a_draft())
    deliver_due(link.id, OUTBOUND, patience=Patience(base=0))
    assert [(row.row.tries, bool(row.row.parked)) for row in list_queue(link.id)] == [(5, True)]
    assert len(misp.refusals) == 4


def test_a_partner_that_knows_the_uuid_by_location_gets_an_edit(
    ground: Ground, link: LinkedServer, misp: Misp, partner: HostileServer
) -> None:
    location = "http://elsewhere.example/events/77"
    misp.refusals = [answer({"name": "Event already exists"}, "404 Not Found", Location=location)]
    uuid = ground.publishes(a_draft())
    deliver(link)
    assert lines_of(partner)[-1] == "POST /events/edit/77/metadata:1"
    assert ground.receipt(link, uuid).state is LedgerState.UPDATED


def test_a_key_without_sync_is_asked_its_version_only(ground: Ground) -> None:
    with played({"GET /servers/getVersion": {**VERSION, "perm_sync": False}}) as partner:
        server = ground.links(partner.url, push=True)
        uuids = [ground.publishes(a_draft()) for _ in range(3)]
        deliver(server)
        assert lines_of(partner) == ["GET /servers/getVersion"]
        assert {ground.receipt(server, uuid).reason for uuid in uuids} == {Trouble.NO_SYNC_PERMISSION}
        assert all(parked for _, _, _, parked in queue_of(server))


def test_a_partner_that_is_down_costs_one_try_not_one_per_event(ground: Ground) -> None:
    with played({}) as gone:
        url = gone.url
    server = ground.links(url, push=True)
    for _ in range(3):
        ground.publishes(a_draft())
    deliver(server)
    assert sorted(tries for _, tries, _, _ in queue_of(server)) == [0, 0, 1]


def test_reports_go_only_to_who_knows_them_and_local_tags_to_nobody(
    ground: Ground, link: LinkedServer, partner: HostileServer
) -> None:
    draft = a_draft(
        reports=(ReportDraft(name="What happened", content="# It", distribution=int(Distribution.INHERIT)),),
        tags=(TagDraft(name="tlp:green"), TagDraft(name="workflow:todo", local=True)),
    )
    ground.publishes(draft)
    deliver(link)
    sent = body_of(partner.requests[-1])["Event"]
    assert lines_of(partner)[:2] == ["GET /servers/getVersion", "GET /eventReports/add"]
    assert "EventReport" not in sent
    assert [tag["name"] for tag in sent["Tag"]] == ["tlp:green"]


@pytest.mark.parametrize(
    "told",
    [answer({}, "503 Service Unavailable"), answer(b"<html>", "502 Bad Gateway", "text/html"), answer({}, "429 Slow")],
    ids=["503", "a proxy's page", "too many"],
)
def test_a_partner_that_cannot_say_whether_it_knows_reports_is_asked_again(
    ground: Ground, misp: Misp, told: bytes
) -> None:
    """Else the event would count as sent without them."""
    rules = {"GET /servers/getVersion": VERSION, "GET /eventReports/add": lambda _: told, "HEAD /": misp.head}
    with played({**rules, "POST /events/": misp.take}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(reports=(ReportDraft(name="What happened", content="# It"),)))
        deliver(server)
    assert ground.receipt(server, uuid).state is LedgerState.FAILED
    assert [(queued, tries) for queued, tries, _, _ in queue_of(server)] == [(uuid, 1)]
    assert misp.held is None


def test_what_waited_for_a_partner_waits_again_after_an_undo(ground: Ground, misp: Misp) -> None:
    server = ground.links("http://127.0.0.1:1", push=True)
    uuid = ground.publishes(a_draft())
    delete_event(ground.admin, uuid)
    assert queue_of(server) == []
    restore_event(ground.admin, uuid)
    assert [queued for queued, *_ in queue_of(server)] == [uuid]
    assert ground.receipt(server, uuid).state is LedgerState.QUEUED


def test_an_edit_while_sending_keeps_its_promise(ground: Ground, misp: Misp) -> None:
    uuid = ground.publishes(a_draft(timestamp=1_700_000_000))
    edited = EventDraft(info="Newer", timestamp=1_700_000_100, published=True)

    def take(request: Received) -> bytes:
        connect()
        if b"Newer" not in request.inflated:
            edit_event(ground.admin, uuid, edited)
        return misp.take(request)

    with played({"GET /servers/getVersion": VERSION, "HEAD /": misp.head, "POST /events/": take}) as partner:
        link = ground.links(partner.url, push=True)
        publish_event(ground.admin, uuid)
        deliver(link)
        assert queue_of(link) == [], "the newer promise was kept in the same run"
    assert misp.held is not None
    assert misp.held["info"] == "Newer"


def test_push_all_offers_what_may_go_and_sends_what_is_wanted(ground: Ground, misp: Misp) -> None:
    wanted, known, here_only = (a_draft(distribution=int(level)) for level in (3, 3, 1))
    for draft in (wanted, known, here_only):
        ground.publishes(draft)
    add_event(ground.admin, a_draft(distribution=3))
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/filterEventIdsForPush": [wanted.uuid, here_only.uuid, "not-a-uuid", 7],
        "HEAD /": misp.head,
        "POST /events/add": misp.take,
    }
    with played(rules) as partner:
        result = push_to(ground.links(partner.url, push=True), "full", OUTBOUND)
        offered = [item["Event"]["uuid"] for item in body_of(partner.requests[1])]
    assert offered == [wanted.uuid, known.uuid, here_only.uuid]
    assert result.sentence == "Push complete. 1 events pushed, 1 events could not be pushed."


def test_a_refused_key_stops_push_all_with_the_status(ground: Ground) -> None:
    with played({"GET /": lambda _: answer({"name": "no"}, "403 Forbidden")}) as partner:
        server = ground.links(partner.url, push=True)
        with pytest.raises(SaveFailed) as refused:
            push_to(server, "full", OUTBOUND)
    assert refused.value.errors == "Error: Connection to the server has failed. Returned response code: 403"
