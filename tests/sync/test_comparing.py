"""Index against index: what was lost on the way without anybody noticing (RULES §10.9)."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest

from mispmini.domain.comparisons import DifferenceKind
from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import Direction
from mispmini.domain.servers import LinkedServer
from mispmini.jobs.comparer import EVERY_SECONDS, Comparer
from mispmini.store import comparisons, servers, sql
from mispmini.store.database import writing
from mispmini.sync import comparing
from mispmini.sync.comparing import compare_with
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from tests.sync.ground import OUTBOUND, THEIR_ORG, Ground, a_draft
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, lines_of, played

Json = dict[str, Any]
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True}
PUSH, PULL = Direction.PUSH, Direction.PULL
K = DifferenceKind


class Partner:
    """A partner with events, which keeps what is pushed to it."""

    def __init__(self, *events: Json) -> None:
        self.events = {event["uuid"]: event for event in events}

    def server(self) -> HostileServer:
        """It, listening."""
        return played({
            "GET /servers/getVersion": VERSION,
            "POST /events/index": self._index,
            "GET /events/view/": lambda r: answer({"Event": self.events[r.target.split("/")[3]]}),
            "HEAD /events/view/": answer_absent,
            "POST /events/add": self._take,
            "GET /shadow_attributes/": [],
        })  # fmt: skip

    def _index(self, request: Received) -> bytes:
        page, limit = (body_of(request).get(name) for name in ("page", "limit"))
        listed = [self._row(event) for event in self.events.values()]
        return answer(listed[(page - 1) * limit : page * limit] if limit else listed)

    def _row(self, event: Json) -> Json:
        names = ("uuid", "timestamp", "Orgc")
        told = {name: event[name] for name in names} | {"published": True, "orgc_uuid": event["Orgc"]["uuid"]}
        return told | {"attribute_count": str(len(event["Attribute"]))}

    def _take(self, request: Received) -> bytes:
        event = body_of(request)["Event"]
        self.events[event["uuid"]] = event
        return answer({"Event": event | {"attribute_count": str(len(event["Attribute"]))}})


def answer_absent(_request: Received) -> bytes:
    """No."""
    return answer(b"", "404 Not Found", "text/html")


def theirs(*, timestamp: int = 1_700_000_000, values: Sequence[str] = ("a.example",)) -> Json:
    """An event of the partner's."""
    attributes = [
        {"uuid": new_uuid(), "type": "domain", "category": "Network activity", "value": v, "distribution": "5",
         "timestamp": str(timestamp)} for v in values
    ]  # fmt: skip
    return {
        "uuid": new_uuid(), "info": "Theirs", "timestamp": str(timestamp), "date": "2026-01-01", "distribution": "3",
        "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}, "Attribute": attributes,
    }  # fmt: skip


def compared(server: LinkedServer) -> list[tuple[Direction, str, DifferenceKind, str]]:
    """What a comparison kept."""
    result = compare_with(server, OUTBOUND)
    found = [f.difference for f in comparisons.list_differences(server.id, 100)]
    assert result.different == len(found) == comparisons.count_differences(server.id)
    return [(d.direction, d.event_uuid, d.kind, d.detail) for d in found]


def test_what_stands_alike_on_both_sides_is_no_difference(ground: Ground) -> None:
    partner = Partner(theirs())
    with partner.server() as there:
        server = ground.links(there.url, push=True, pull=True)
        ground.publishes(a_draft())
        deliver_due(server.id, OUTBOUND)
        pull_from(server, "full", OUTBOUND)
        assert compared(server) == []
        fresh = servers.find_any_server(server.id)
        assert fresh is not None
        assert fresh.last_compared


def test_each_way_in_which_their_copy_of_ours_can_differ_is_named(ground: Ground) -> None:
    partner = Partner()
    with partner.server() as there:
        server = ground.links(there.url, push=True)
        two = (AttributeDraft(type="domain", value=f"{name}.example", uuid=new_uuid()) for name in ("kept", "lost"))
        drafts = {"absent": a_draft(), "older": a_draft(), "newer": a_draft(), "fewer": a_draft(attributes=tuple(two))}
        uuids = {name: ground.publishes(draft) for name, draft in drafts.items()}
        deliver_due(server.id, OUTBOUND)
        del partner.events[uuids["absent"]]
        for name, by in (("older", -5), ("newer", 5)):
            event = partner.events[uuids[name]]
            event["timestamp"] = str(int(event["timestamp"]) + by)
        lost = partner.events[uuids["fewer"]]["Attribute"].pop()["uuid"]
        found = compared(server)
    assert sorted(found) == sorted([
        (PUSH, uuids["absent"], K.ABSENT, ""), (PUSH, uuids["older"], K.OLDER, ""),
        (PUSH, uuids["newer"], K.NEWER, ""), (PUSH, uuids["fewer"], K.FEWER, lost),
    ])  # fmt: skip


def test_each_way_in_which_our_copy_of_theirs_can_differ_is_named(ground: Ground) -> None:
    absent, older, fewer = theirs(), theirs(), theirs(values=("one.example", "two.example"))
    partner = Partner(older, fewer)
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        pull_from(server, "full", OUTBOUND)
        partner.events[absent["uuid"]] = absent
        older["timestamp"] = "1700000500"
        lost = fewer["Attribute"][0]["uuid"]
        with writing():
            sql.execute("DELETE FROM attribute WHERE uuid = ?", (bytes.fromhex(lost.replace("-", "")),))
            sql.execute("UPDATE event SET attribute_count = 1 WHERE uuid = ?", (fewer["uuid"],))
        found = compared(server)
    assert sorted(found) == sorted([
        (PULL, absent["uuid"], K.ABSENT, ""), (PULL, older["uuid"], K.OLDER, ""), (PULL, fewer["uuid"], K.FEWER, lost),
    ])  # fmt: skip


def test_what_rules_or_levels_keep_back_is_no_difference(ground: Ground) -> None:
    empty = theirs() | {"Attribute": []}
    with Partner(empty).server() as there:
        server = ground.links(there.url, push=True, pull=True)
        ground.publishes(a_draft(distribution=1))
        assert compared(server) == []


def test_every_page_is_read_and_a_partner_that_repeats_itself_ends_it(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "PAGE", 2)
    with Partner(*(theirs() for _ in range(5))).server() as there:
        server = ground.links(there.url, pull=True)
        assert compare_with(server, OUTBOUND).listed == 5
        assert lines_of(there).count("POST /events/index") == 3
    again = [Partner()._row(event) for event in (theirs(), theirs())]
    with played({"GET /servers/getVersion": VERSION, "POST /events/index": again}) as there:
        server = ground.links(there.url, pull=True)
        assert compare_with(server, OUTBOUND).listed == 2
        assert lines_of(there).count("POST /events/index") == 2


def test_a_stopped_or_failed_comparison_leaves_what_was_known(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "PAGE", 1)
    partner = Partner(theirs(), theirs())
    with partner.server() as there:
        server = ground.links(there.url, pull=True)
        before = compared(server)
        assert len(before) == 2
        with pytest.raises(SaveFailed):
            compare_with(server, OUTBOUND, progress=lambda _done, _total: False)
    broken = {"GET /servers/getVersion": VERSION, "POST /events/index": {"name": "no list"}}
    with played(broken) as there, pytest.raises(SaveFailed):
        compare_with(ground.links(there.url, pull=True), OUTBOUND)
    assert comparisons.count_differences(server.id) == 2


def test_a_link_is_compared_by_itself_after_a_week_and_not_before(ground: Ground) -> None:
    with Partner().server() as there:
        server = ground.links(there.url, pull=True)
        comparer = Comparer(OUTBOUND, threading.Event())
        comparer.start_due()
        assert there.requests == []
        with writing():
            servers.update_server(server.id, {"created": server.created - EVERY_SECONDS - 1})
        comparer.start_due()
        comparer._crew.wait(10)
        assert "POST /events/index" in lines_of(there)
        asked = len(there.requests)
        comparer.start_due()
        comparer._crew.wait(10)
        assert len(there.requests) == asked
