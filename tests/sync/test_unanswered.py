"""Our own time-out is no verdict: what became of an event is read off the partner's copy until two readings agree, and
what something between the servers answered is no answer of the partner (RULES §11)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.drafts import AttributeDraft, EventDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.services.events import edit_event
from mispmini.services.publishing import publish_event
from mispmini.store.outbox import servers_with_due_rows
from mispmini.sync.addresses import Deadline
from mispmini.sync.delivering import Patience, deliver_due
from mispmini.sync.explain import test_connection as try_connection
from mispmini.sync.failures import Cause
from mispmini.sync.links import Outbound
from mispmini.sync.push_all import push_to
from tests.sync.ground import OUTBOUND, Ground, a_draft, queue_of
from tests.sync.hostile import Received, answer
from tests.sync.narrow import NarrowMisp
from tests.sync.recorded import body_of, played
from tests.sync.taking import GET_VERSION, INDEX, VERSION, fresh

IMPATIENT = replace(OUTBOUND, deadline=0.15)
COUNT = 5


class Moving:
    """A clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def passes(self, seconds: int) -> None:
        """So much later."""
        self.at += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Moving:
    """The clock, held still."""
    return Moving(monkeypatch)


@pytest.fixture
def misp() -> NarrowMisp:
    """A partner that goes on writing after its client left."""
    return NarrowMisp(hangs=True)


@pytest.fixture
def link(ground: Ground, misp: NarrowMisp) -> Iterator[LinkedServer]:
    """The link to it."""
    with misp.listening() as partner:
        yield ground.links(partner.url, push=True)


def large(**more: Any) -> EventDraft:
    """An event with some attributes."""
    values = (f"{n}.example.org" for n in range(COUNT))
    attributes = tuple(AttributeDraft(type="domain", value=value, uuid=new_uuid()) for value in values)
    return a_draft(attributes=attributes, **more)


def run(link: LinkedServer, outbound: Outbound = IMPATIENT) -> None:
    """What is due."""
    deliver_due(link.id, outbound, patience=Patience(base=30))


def asked_for_copy(misp: NarrowMisp) -> int:
    """How often its index was read."""
    assert misp.partner is not None
    return sum(f"{r.method} {r.target}" == INDEX for r in misp.partner.requests)


def test_what_arrives_after_our_time_out_is_judged_by_two_readings_that_agree(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, time: Moving
) -> None:
    uuid = ground.publishes(large())
    run(link)
    receipt = ground.receipt(link, uuid)
    assert (receipt.state, receipt.reason) == (LedgerState.QUEUED, Trouble.UNANSWERED)
    for _ in range(COUNT):
        misp.goes_on(1)
        time.passes(61)
        run(link)
        assert ground.receipt(link, uuid).state is LedgerState.QUEUED, "its copy still grows"
    assert [queued for queued, *_ in queue_of(link)] == [uuid]
    time.passes(61)
    run(link)
    receipt = ground.receipt(link, uuid)
    assert (receipt.state, receipt.reason) == (LedgerState.SENT, None)
    assert queue_of(link) == []
    assert len(misp.sent) == 1, "it is never sent twice"


def test_readings_are_a_minute_apart_however_often_the_runner_comes(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, time: Moving
) -> None:
    uuid = ground.publishes(large())
    run(link)
    misp.goes_on(COUNT)
    for _ in range(12):
        time.passes(10)
        if link.id in servers_with_due_rows(clock.now()):
            run(link)
    assert ground.receipt(link, uuid).state is LedgerState.SENT
    assert asked_for_copy(misp) == 2


def test_what_is_still_missing_then_is_partial(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, time: Moving
) -> None:
    draft = large()
    uuid = ground.publishes(draft)
    run(link)
    misp.goes_on(COUNT - 1)
    for _ in range(2):
        assert ground.receipt(link, uuid).state is LedgerState.QUEUED
        time.passes(61)
        run(link)
    receipt = ground.receipt(link, uuid)
    assert receipt.state is LedgerState.PARTIAL
    assert str(draft.attributes[-1].uuid) in (receipt.detail or "")
    assert queue_of(link) == []


def test_what_is_not_there_after_two_readings_is_sent_again(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, time: Moving
) -> None:
    uuid = ground.publishes(large())
    run(link)
    misp.held.clear()
    misp.unwritten.clear()
    misp.hangs = False
    time.passes(61)
    run(link)
    assert len(misp.sent) == 1, "one reading is none"
    time.passes(61)
    run(link)
    assert len(misp.sent) == 2
    assert ground.receipt(link, uuid).state is LedgerState.SENT
    assert misp.values(uuid) == {a.value for a in ground.sees(uuid).attributes}


def test_an_edit_meanwhile_waits_for_the_readings_and_goes_out_then(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, time: Moving
) -> None:
    uuid = ground.publishes(large(timestamp=1_700_000_000))
    run(link)
    misp.hangs = False
    edit_event(ground.admin, uuid, EventDraft(info="Newer", timestamp=1_700_000_100))
    publish_event(ground.admin, uuid)
    run(link)
    assert len(misp.sent) == 1, "the partner is still at work on the version before"
    misp.goes_on(COUNT)
    for _ in range(3):
        time.passes(61)
        run(link)
    assert misp.held[uuid]["info"] == "Newer"
    assert len(misp.sent) == 2
    assert ground.receipt(link, uuid).state is LedgerState.UPDATED


def test_a_full_push_does_not_send_what_is_being_watched(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, time: Moving
) -> None:
    uuid = ground.publishes(large())
    run(link)
    held = misp.held.pop(uuid)  # the partner's list shows nothing yet: it wants the event
    push_to(fresh(link), "full", OUTBOUND)
    assert len(misp.sent) == 1
    misp.held[uuid] = held
    misp.goes_on(COUNT)
    for _ in range(2):
        time.passes(61)
        run(link)
    assert len(misp.sent) == 1
    assert ground.receipt(link, uuid).state is LedgerState.SENT


@pytest.mark.parametrize("order", ["full push first", "runner first"])
def test_a_row_that_a_full_push_finds_pending_is_sent_once(
    ground: Ground, link: LinkedServer, misp: NarrowMisp, order: str
) -> None:
    misp.hangs = False
    uuid = ground.publishes(large())
    if order == "runner first":
        run(link, OUTBOUND)
    push_to(fresh(link), "full", OUTBOUND)
    run(link, OUTBOUND)
    assert len(misp.sent) == 1
    assert queue_of(link) == []
    assert ground.receipt(link, uuid).state is LedgerState.SENT


def test_what_failed_keeps_its_tries_when_a_full_push_fails_too(ground: Ground) -> None:
    """Else it would begin anew with each full push, and never be parked or given up."""
    misp = NarrowMisp()
    with misp.listening(**{"POST /events/add": lambda _: answer({"name": "no"}, "413 Payload Too Large")}) as partner:
        link = ground.links(partner.url, push=True)
        ground.publishes(a_draft())
        deliver_due(link.id, OUTBOUND, patience=Patience(base=3600))
        push_to(fresh(link), "full", OUTBOUND)
    assert [tries for _, tries, _, _ in queue_of(link)] == [2]


GATEWAYS = {
    "504": answer(b"<html>Gateway Time-out</html>", "504 Gateway Time-out", "text/html"),
    "502": answer(b"", "502 Bad Gateway", "text/html"),
    "cut off": answer(b'{"Event":', length=100, Connection="close"),
    "hung up": b"",
}


@pytest.mark.parametrize("said", GATEWAYS.values(), ids=GATEWAYS)
def test_a_gateway_that_waits_no_longer_and_a_lost_connection_are_no_verdict_either(
    ground: Ground, time: Moving, said: bytes
) -> None:
    misp = NarrowMisp()

    def add(request: Received) -> bytes:
        misp.add(request)
        event = misp.held[body_uuid(request)]
        misp.unwritten = [(event["uuid"], a) for a in event["Attribute"].values()]
        event["Attribute"] = {}
        if not said:
            raise OSError
        return said

    def body_uuid(request: Received) -> str:
        return str(body_of(request)["Event"]["uuid"])

    with misp.listening(**{"POST /events/add": add}) as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(large())
        run(link, OUTBOUND)
        assert ground.receipt(link, uuid).state is LedgerState.FAILED
        time.passes(61)
        run(link, OUTBOUND)
        assert ground.receipt(link, uuid).state is LedgerState.QUEUED, "it is being read"
        misp.goes_on(COUNT)
        for _ in range(2):
            time.passes(61)
            run(link, OUTBOUND)
        assert ground.receipt(link, uuid).state is LedgerState.SENT
        assert len(misp.sent) == 1


@pytest.mark.parametrize(
    ("attributes", "silence"),
    [(0, 60), (1_000, 63), (60_000, 240), (1_000_000, 600)],
    ids=["none", "few", "many", "most"],
)
def test_the_limit_of_silence_grows_with_what_was_sent(attributes: int, silence: int) -> None:
    deadline = Deadline()
    deadline.restart(attributes)
    assert (deadline.silence, deadline.seconds) == (silence, silence + 300)
    assert deadline.wait() == pytest.approx(silence)


HTML = b"<html><body>Blocked</body></html>"
LOGIN = b'<html><form action="/login"><input name="user"><input type="password" name="p"></form></html>'
BETWEEN: dict[str, tuple[bytes, Cause]] = {
    "basic auth": (answer(HTML, "401 Unauthorized", "text/html", WWW_Authenticate='Basic realm="x"'), Cause.BASIC_AUTH),
    "basic auth, empty": (answer(b"", "401 Unauthorized", "text/plain", WWW_Authenticate="Basic"), Cause.BASIC_AUTH),
    "a login page": (answer(LOGIN, "403 Forbidden", "text/html"), Cause.LOGIN_PAGE),
    "a login page that says 200": (answer(LOGIN, kind="text/html"), Cause.LOGIN_PAGE),
    "a firewall": (answer(HTML, "403 Forbidden", "text/html", Server="waf"), Cause.PROXY),
    "nothing": (answer(b"", "403 Forbidden", "text/html"), Cause.PROXY),
    "a proxy's own": (answer(HTML, "407 Proxy Authentication Required", "text/html", Via="1.1 p"), Cause.PROXY),
    "too large": (answer(HTML, "413 Payload Too Large", "text/html", Server="nginx"), Cause.PROXY),
    "unavailable": (answer(HTML, "503 Service Unavailable", "text/html"), Cause.PROXY),
}


@pytest.mark.parametrize("where", [GET_VERSION, "POST /events/add"], ids=["handshake", "event"])
@pytest.mark.parametrize(("said", "cause"), BETWEEN.values(), ids=BETWEEN)
def test_what_stands_between_is_named_and_never_parks(
    ground: Ground, time: Moving, said: bytes, cause: Cause, where: str
) -> None:
    misp = NarrowMisp()
    told = [said]
    begin = {GET_VERSION: lambda _: told[0] if told else answer(VERSION)} if where == GET_VERSION else {}
    add = {"POST /events/add": lambda r: told[0] if told else misp.add(r)} if where != GET_VERSION else {}
    with misp.listening(**begin, **add) as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        for _ in range(7):
            deliver_due(link.id, OUTBOUND, patience=Patience(base=60))
            time.passes(6 * 3600)
        receipt = ground.receipt(link, uuid)
        assert (receipt.state, receipt.reason) == (LedgerState.FAILED, cause)
        assert [bool(parked) for *_, parked in queue_of(link)] == [False]
        told.clear()
        deliver_due(link.id, OUTBOUND)
        assert ground.receipt(link, uuid).state is LedgerState.SENT


def test_the_looks_of_what_stands_between_are_told_to_the_admin(ground: Ground) -> None:
    said = answer(HTML, "403 Forbidden", "text/html", Server="squid/6", Via="1.1 gate")
    with played({"GET /": lambda _: said}) as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        run(link, OUTBOUND)
    receipt = ground.receipt(link, uuid)
    assert receipt.http_status == 403
    assert "Server: squid/6; Via: 1.1 gate" in (receipt.detail or "")


@pytest.mark.parametrize("refused", [answer({"name": "no"}, "403 Forbidden"), answer({**VERSION, "perm_sync": False})],
                         ids=["key", "permission"])  # fmt: skip
@pytest.mark.parametrize("by", ["test", "push", "runner"])
def test_what_the_link_parked_goes_out_by_itself_when_the_link_works(ground: Ground, refused: bytes, by: str) -> None:
    misp, told = NarrowMisp(), [refused]
    with misp.listening(**{GET_VERSION: lambda _: told[0] if told else answer(VERSION)}) as partner:
        link = ground.links(partner.url, push=True)
        parked = ground.publishes(a_draft())
        run(link, OUTBOUND)
        assert [bool(p) for *_, p in queue_of(link)] == [True]
        told.clear()
        if by == "test":
            try_connection(fresh(link), OUTBOUND)
        elif by == "push":
            push_to(fresh(link), new_uuid(), OUTBOUND)
        else:
            ground.publishes(a_draft())
        run(link, OUTBOUND)
        assert ground.receipt(link, parked).state is LedgerState.SENT
        assert queue_of(link) == []


def test_a_connection_that_works_again_sends_what_waited_for_it_at_once(ground: Ground) -> None:
    misp, told = NarrowMisp(), [BETWEEN["basic auth"][0]]
    with misp.listening(**{GET_VERSION: lambda _: told[0] if told else answer(VERSION)}) as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        deliver_due(link.id, OUTBOUND, patience=Patience(base=3600))
        told.clear()
        assert servers_with_due_rows(clock.now()) == []
        try_connection(fresh(link), OUTBOUND)
        assert servers_with_due_rows(clock.now()) == [link.id]
        run(link, OUTBOUND)
        assert ground.receipt(link, uuid).state is LedgerState.SENT
