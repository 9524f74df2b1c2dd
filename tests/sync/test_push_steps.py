"""PROTOCOL §2.1, §3.1-§3.3, §3.6, §3.7 with ours as the sender: a sentence each, in exchanges that nobody recorded."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import (
    AttributeDraft,
    OrganisationDraft,
    ReportDraft,
    SightingDraft,
    TagDraft,
)
from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState
from mispmini.services.events import add_event, find_event
from mispmini.services.sightings import take_sightings
from mispmini.store import outbox, servers
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.sync.delivering import Patience, deliver_due
from mispmini.sync.push_all import push_to
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, queue_of
from tests.sync.hostile import Received, answer
from tests.sync.recorded import body_of, lines_of
from tests.sync.taking import (
    ABSENT,
    ADD,
    ALL,
    CLUSTER,
    EDIT,
    GET_VERSION,
    INDEX,
    INHERIT,
    NOTES,
    OFFER,
    PROBE,
    SEARCH,
    VERSION,
    custom_tag,
    fresh,
    misp,
    sync_user,
    took,
)

Json = dict[str, Any]
D = Distribution
EVERYTHING: Json = {"push_sightings": True, "push_galaxy_clusters": True, "push_analyst_data": True}
NO_CLUSTERS, NO_SIGHTINGS = {"push_galaxy_clusters": False}, {"push_sightings": False}
UPLOAD = [PROBE, "HEAD", ADD]
STEPS: Mapping[str, tuple[Json, Json, str, list[str]]] = {
    "everything": ({}, {}, "full", [GET_VERSION, SEARCH, CLUSTER, OFFER, *UPLOAD, INDEX, INDEX, NOTES]),
    "clusters are switched off": (
        {}, NO_CLUSTERS, "full", [GET_VERSION, OFFER, *UPLOAD, INDEX, INDEX, NOTES],
    ),
    "no galaxy editor there": (
        {"perm_galaxy_editor": False}, {}, "full", [GET_VERSION, OFFER, *UPLOAD, INDEX, INDEX, NOTES],
    ),
    "sightings are switched off": (
        {}, NO_SIGHTINGS, "full", [GET_VERSION, SEARCH, CLUSTER, OFFER, *UPLOAD, INDEX, NOTES],
    ),
    "analyst data is switched off": (
        {}, {"push_analyst_data": False}, "full", [GET_VERSION, SEARCH, CLUSTER, OFFER, *UPLOAD, INDEX, INDEX],
    ),
    "no analyst data there": (
        {"perm_analyst_data": False}, {}, "full", [GET_VERSION, SEARCH, CLUSTER, OFFER, *UPLOAD, INDEX, INDEX],
    ),
    "the link does not push": ({}, {"push": False}, "full", [GET_VERSION, INDEX, NOTES]),
    "sightings alone are allowed": ({"perm_sync": False}, {}, "full", [GET_VERSION, INDEX, NOTES]),
    "sightings alone, switched off": ({"perm_sync": False}, NO_SIGHTINGS, "full", [GET_VERSION, NOTES]),
    "no permission is told": (
        {key: None for key in VERSION if key.startswith("perm_")}, {}, "full", [GET_VERSION],
    ),
    "an event's own clusters go before it when it goes alone": (
        {}, NO_SIGHTINGS, "one", [GET_VERSION, OFFER, SEARCH, CLUSTER, *UPLOAD, INDEX, NOTES],
    ),
    "incremental": ({}, NO_SIGHTINGS, "incremental", [GET_VERSION, OFFER, SEARCH, CLUSTER, *UPLOAD, INDEX, NOTES]),
}  # fmt: skip


@pytest.mark.parametrize(("told", "wish", "technique", "steps"), STEPS.values(), ids=STEPS)
def test_the_steps_of_a_push_and_their_gates(
    ground: Ground, told: Json, wish: Json, technique: str, steps: list[str]
) -> None:
    """§3.2, with an event that bears a cluster of ours and a report."""
    version = {key: value for key, value in (VERSION | told).items() if value is not None}
    with misp(**{GET_VERSION: version}) as partner:
        options: Json = EVERYTHING | wish | {"push": False}
        server = ground.links(partner.url, **options)
        tag, report = TagDraft(custom_tag(ground)), ReportDraft(name="What", content="# It", distribution=INHERIT)
        uuid = ground.publishes(a_draft(distribution=ALL, tags=(tag,), reports=(report,)))
        with writing():
            servers.update_server(server.id, {"push": wish.get("push", True)})
        with pytest.raises(SaveFailed, match="push") if steps == [GET_VERSION] else nullcontext():
            push_to(fresh(server), uuid if technique == "one" else technique, OUTBOUND)
        asked = ["HEAD" if line.startswith("HEAD") else line for line in lines_of(partner)]
    assert asked == steps


@pytest.mark.parametrize("named", ["id", "uuid", "UUID"])
def test_one_event_is_pushed_by_its_id_or_uuid_and_no_other(ground: Ground, named: str) -> None:
    """§3.1: the scope of `servers/push/{id}/{eventid}`."""
    with misp() as partner:
        server = ground.links(partner.url)
        uuid = ground.publishes(a_draft(distribution=ALL))
        ground.publishes(a_draft(distribution=ALL))
        with writing():
            servers.update_server(server.id, {"push": True})
        ref = {"id": str(find_event(ground.admin, uuid)), "uuid": uuid, "UUID": uuid.upper()}[named]
        assert push_to(fresh(server), ref, OUTBOUND).pushed == 1
        assert [line for line in lines_of(partner) if line.startswith("HEAD")] == [f"HEAD /events/view/{uuid}"]
        assert fresh(server).lastpushedid is None


def test_what_is_offered_is_published_reaches_further_and_is_named_with_its_version(ground: Ground) -> None:
    """§3.3: one body with everything that may go, distribution 1 among it, empty events too, numbers as texts."""
    with misp(**{OFFER: []}) as partner:
        server = ground.links(partner.url)
        for level in (D.ORGANISATION, D.COMMUNITY, D.CONNECTED, D.ALL):
            ground.publishes(a_draft(info=level.name, distribution=int(level), timestamp=1_700_000_000 + level))
        ground.publishes(a_draft(info="EMPTY", distribution=ALL, timestamp=1_700_000_009, attributes=()))
        with writing():
            servers.update_server(server.id, {"push": True})
        push_to(fresh(server), "full", OUTBOUND)
        [offer] = [body_of(r) for r in partner.requests if r.target == "/events/filterEventIdsForPush"]
    assert [item["Event"]["timestamp"] for item in offer] == ["1700000001", "1700000002", "1700000003", "1700000009"]
    assert all(set(item) == {"Event"} and set(item["Event"]) == {"uuid", "timestamp"} for item in offer)


@pytest.mark.parametrize(
    ("encodings", "long", "packed"),
    [(["gzip"], True, True), (["br", "gzip"], True, True), (["br"], True, False), ([], True, False),
     (None, True, False), ("gzip", True, False), (["gzip"], False, False)],
    ids=["gzip", "two", "br", "none", "not told", "text", "short"],
)  # fmt: skip
def test_a_body_is_packed_above_1024_bytes_for_who_takes_it(
    ground: Ground, encodings: object, long: bool, packed: bool
) -> None:
    """§1.2 `Content-Encoding`, §2.1 `request_encoding`."""
    version = {**VERSION, "request_encoding": encodings}
    with misp(**{GET_VERSION: version}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL, info="x" * (2000 if long else 1)))
        ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        [request] = [r for r in partner.requests if r.method == "POST" and uuid.encode() in r.inflated]
    if long:
        assert ("content-encoding" in request.headers) is packed
    else:
        assert ("content-encoding" in request.headers) is (len(request.inflated) > 1024)
    assert request.headers["accept"] == request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "then"),
    [("200 OK", EDIT), ("404 Not Found", ADD), ("204 No Content", ADD), ("304 Not Modified", ADD),
     ("400 Bad Request", ADD), ("401 Unauthorized", ADD), ("403 Forbidden", ADD), ("405 Method Not Allowed", ADD),
     ("410 Gone", ADD), ("429 Too Many", ADD)],
)  # fmt: skip
def test_head_says_edit_and_everything_else_add(ground: Ground, status: str, then: str) -> None:
    """§3.6 a."""
    with misp(**{"HEAD /": lambda _: answer(b"", status, "text/html")}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner)[-1] == then.format(uuid)


def exists(location: str) -> bytes:
    """What a MISP says to an event that it has and does not show."""
    return answer({"name": "Event already exists"}, "404 Not Found", Location=location)


@pytest.mark.parametrize(
    ("location", "ref"),
    [("http://other.example/misp/events/77", "77"), ("/events/77", "77"), ("/events/view/77/", "77"),
     ("/events/{uuid}", "{uuid}"), ("/users/login", "{uuid}"), ("/", "{uuid}")],
    ids=["another host", "relative", "a slash at its end", "uuid", "a page", "root"],
)  # fmt: skip
def test_an_add_that_is_told_where_the_event_is_becomes_an_edit_here(ground: Ground, location: str, ref: str) -> None:
    """§3.6 b1: the last path piece of Location, at the same partner; what names no event is not followed."""
    draft = a_draft(distribution=ALL)
    uuid = str(draft.uuid)
    with misp(**{"POST /events/add": lambda _: exists(location.format(uuid=uuid))}) as partner:
        server = ground.links(partner.url, push=True)
        ground.publishes(draft)
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner)[-1] == EDIT.format(ref.format(uuid=uuid))
        assert ground.receipt(server, uuid).state is LedgerState.UPDATED


@pytest.mark.parametrize(
    ("known", "add", "edit", "steps", "state"),
    [
        (True, took, ABSENT, ["edit", "add"], LedgerState.SENT),
        (False, ABSENT, took, ["add"], LedgerState.FAILED),
        (True, ABSENT, ABSENT, ["edit", "add"], LedgerState.FAILED),
        (False, exists("/events/7"), ABSENT, ["add", "edit"], LedgerState.FAILED),
    ],
    ids=["gone since HEAD", "404 without a place", "gone and not taken", "a place that is gone"],
)
def test_an_edit_of_what_is_gone_is_tried_as_an_add_and_no_more(
    ground: Ground, known: bool, add: Any, edit: Any, steps: list[str], state: LedgerState
) -> None:
    """§3.6 b1, b2."""

    def said(wish: Any) -> Callable[[Received], bytes]:
        return wish if callable(wish) else lambda _: wish

    head = answer(b"", "200 OK", "text/html") if known else ABSENT
    with misp(**{"HEAD /": lambda _: head, "POST /events/add": said(add), "POST /events/edit": said(edit)}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND, patience=Patience(base=3600))
        asked = [line.split("/")[2] for line in lines_of(partner) if line.startswith("POST /events/")]
    assert asked == steps
    assert ground.receipt(server, uuid).state is state


REFUSALS: Mapping[str, tuple[bytes, bool]] = {
    "403 without JSON": (answer(b"<html>no</html>", "403 Forbidden", "text/html"), False),
    "403 with a list": (answer([], "403 Forbidden"), True),
    "405": (answer({"message": "no"}, "405 Method Not Allowed"), True),
    "500 without JSON": (answer(b"oops", "500 Internal Server Error", "text/plain"), False),
    "2xx without JSON": (answer(b"<html>ok</html>", kind="text/html"), False),
    "no HTTP": (b"Connection: close\r\n\r\n", False),
    "half an answer": (answer(b'{"Event":', length=100, Connection="close"), False),
}


@pytest.mark.parametrize(("said", "parked"), REFUSALS.values(), ids=REFUSALS)
def test_a_refused_event_stops_neither_the_run_nor_the_others(ground: Ground, said: bytes, parked: bool) -> None:
    """§3.7: a MISP breaks off at a 403 without JSON; ours counts it and goes on."""
    drafts = [a_draft(distribution=ALL) for _ in range(3)]

    def take(request: Received) -> bytes:
        return (
            (said or answer(b"", Connection="close", length=9))
            if body_of(request)["Event"]["uuid"] == bad
            else took(request)
        )

    bad = str(drafts[1].uuid)
    with misp(**{"POST /events/add": take}) as partner:
        server = ground.links(partner.url)
        for draft in drafts:
            ground.publishes(draft)
        with writing():
            servers.update_server(server.id, {"push": True})
        result = push_to(fresh(server), "full", OUTBOUND)
    assert (result.pushed, result.failed) == (2, 1)
    assert [(uuid, bool(is_parked)) for uuid, _, _, is_parked in queue_of(server)] == [(bad, parked)]


STUMBLES: Mapping[str, bytes] = {
    "403": answer({"message": "no"}, "403 Forbidden"),
    "500": answer({"message": "no"}, "500 Internal Server Error"),
    "elsewhere": answer(b"", "302 Found", "text/html", Location="/users/login"),
    "a page": answer(b"<html>", kind="text/html"),
    "no HTTP": b"Connection: close\r\n\r\n",
}
LOST = {OFFER: tuple(STUMBLES), PROBE: ("500", "no HTTP"), "HEAD /": ("500", "elsewhere", "no HTTP"),
        "POST /events/add": tuple(STUMBLES)}  # fmt: skip
BROKEN_OFF = ((OFFER, "no HTTP"),)


@pytest.mark.parametrize("stumble", STUMBLES)
@pytest.mark.parametrize("step", [SEARCH, CLUSTER, OFFER, PROBE, "HEAD /", "POST /events/add", INDEX, NOTES])
def test_a_step_that_fails_costs_what_depends_on_it_and_nothing_else(ground: Ground, step: str, stumble: str) -> None:
    """§3.2, "on failure": clusters are skipped, an event is counted and waits, what comes behind is silent."""
    with misp(**{step: lambda _: STUMBLES[stumble]}) as partner:
        server = ground.links(partner.url, **EVERYTHING)
        report = ReportDraft(name="What", content="# It", distribution=INHERIT)
        tag = TagDraft(custom_tag(ground))
        uuid = ground.publishes(a_draft(distribution=ALL, tags=(tag,), reports=(report,)))
        with writing():
            servers.update_server(server.id, {"push": True})
        lost = stumble in LOST.get(step, ())
        with pytest.raises(SaveFailed) if step == OFFER else nullcontext():
            result = push_to(fresh(server), "full", OUTBOUND)
            assert (result.pushed, result.failed) == ((0, 1) if lost else (1, 0))
        asked = [NOTES in line for line in lines_of(partner)]
    assert any(asked) is ((step, stumble) not in BROKEN_OFF)
    assert [queued for queued, *_ in queue_of(server)] == ([uuid] if lost and step != OFFER else [])


@pytest.mark.parametrize(("told", "asked_first"), [(True, True), (False, False), (None, False)])
def test_sightings_are_asked_about_first_where_the_partner_can_tell(
    ground: Ground, told: bool | None, asked_first: bool
) -> None:
    """§2.1 `filter_sightings`: false or absent, all go blindly."""
    version = {key: value for key, value in (VERSION | {"filter_sightings": told}).items() if value is not None}
    attribute = AttributeDraft(type="ip-dst", value="192.0.2.7", uuid=new_uuid(), distribution=INHERIT)
    sighting = SightingDraft(uuid=new_uuid(), attribute_uuid=str(attribute.uuid), date_sighting=1, organisation=OUR_ORG)
    rules = {"POST /sightings/filter": [], "POST /sightings/bulk": {"saved": True}, GET_VERSION: version}
    with misp(**rules) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL, attributes=(attribute,)))
        with writing():
            save_setting("sightings_policy", 2, user_id=None)
            take_sightings(ground.admin, find_event(ground.admin, uuid), [sighting], trusts_names=True)
        deliver_due(server.id, OUTBOUND)
        lines = lines_of(partner)
    assert (f"POST /sightings/filterSightingUuidsForPush/{uuid}" in lines) is asked_first
    assert lines[-1] == f"POST /sightings/bulkSaveSightings/{uuid}"


@pytest.mark.parametrize("document", [{}, {"version": 2.5}, {"version": None}, [], None, "2.5.1"], ids=str)
def test_a_partner_that_names_no_version_is_not_pushed_to(ground: Ground, document: object) -> None:
    """§2.1: `version` is mandatory."""
    with misp(**{GET_VERSION: document}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND, patience=Patience(base=3600))
        assert lines_of(partner) == [GET_VERSION]
    assert ground.receipt(server, uuid).state is LedgerState.FAILED


@pytest.mark.parametrize(
    "version",
    ["2.4.110", "2.4.200", "2.5.99", "2.6.0", "3.0.0", "nonsense", f"2.5.{'9' * 5000}"],
    ids=lambda text: text[:9],
)
def test_no_version_keeps_events_away(ground: Ground, version: str) -> None:
    """§2.1: the verdict on compatibility is for people, nobody acts on it (recordings 60, 62)."""
    with misp(**{GET_VERSION: {"version": version, "perm_sync": True}}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
    assert ground.receipt(server, uuid).state is LedgerState.SENT


def test_partners_are_worked_by_priority_and_then_by_age(ground: Ground) -> None:
    """§3.1, §3.16 `priority`."""
    wishes = (3, 1, 2, 1)
    links = [ground.links(f"http://127.0.0.1:{9000 + n}", push=True) for n in range(len(wishes))]
    with writing():
        for link, priority in zip(links, wishes, strict=True):
            servers.update_server(link.id, {"priority": priority})
    ground.publishes(a_draft(distribution=ALL))
    wanted = [links[1].id, links[3].id, links[2].id, links[0].id]
    assert outbox.servers_with_due_rows(clock.now()) == wanted


def test_an_event_that_is_received_goes_on_but_not_back(ground: Ground) -> None:
    """§3.1, loop guard: never to a link whose remote organisation sent it."""
    back = ground.links("http://127.0.0.1:9001", push=True)
    on = ground.links("http://127.0.0.1:9002", push=True, org=OrganisationDraft(new_uuid(), "ORG_C"))
    assert back.remote_org_id == sync_user().org_id
    saved = add_event(sync_user(), a_draft(distribution=ALL, published=True, orgc=THEIR_ORG))
    assert [uuid for uuid, *_ in queue_of(on)] == [saved.uuid]
    assert queue_of(back) == []
    assert ground.receipt(back, saved.uuid).reason == Reason.SENDER
