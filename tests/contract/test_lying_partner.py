"""A partner that lies costs nothing but its own ledger row: another event, endless or broken answers, a flood."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.store import sql
from mispmini.store.versions import local_versions
from mispmini.sync.delivering import deliver_due
from mispmini.sync.failures import Cause
from mispmini.sync.pull import pull_from
from tests.sync.ground import OUTBOUND, THEIR_ORG, Ground, a_draft, break_ground, leave_ground
from tests.sync.hostile import HostileServer, Received, answer, bomb

Json = dict[str, Any]
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance in this process."""
    yield break_ground(tmp_path)
    leave_ground()


def event(uuid: str) -> Json:
    """What an honest partner shows."""
    attribute = {"uuid": new_uuid(), "type": "domain", "category": "Network activity", "value": f"{uuid}.example"}
    return {
        "uuid": uuid, "info": "Honest", "timestamp": "1700000000", "published": True, "distribution": "3",
        "date": "2026-01-01", "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name},
        "Attribute": [attribute | {"distribution": "5", "timestamp": "1700000000"}],
    }  # fmt: skip


def row(uuid: str) -> Json:
    """Its row of the index."""
    return {"uuid": uuid, "timestamp": "1700000000", "published": True, "orgc_uuid": THEIR_ORG.uuid}


def endless(beginning: bytes) -> Iterator[bytes]:
    """Never comes to an end by itself."""
    yield HEAD + beginning
    while True:
        yield b'{"uuid":"00000000-0000-4000-8000-000000000000","timestamp":"1"},' * 16_384


def a_million_rows() -> Iterator[bytes]:
    """A list of 10^6 events, each well-formed."""
    yield HEAD + b"["
    for start in range(0, 1_000_000, 10_000):
        texts = (
            f'{{"id":"{n}","timestamp":"1795485436","sighting_timestamp":"0","published":true,'
            f'"uuid":"{n:08x}-0000-4000-8000-000000000000","orgc_uuid":"{THEIR_ORG.uuid}"}}'
            for n in range(start, start + 10_000)
        )
        yield (",".join(texts) + ("," if start < 990_000 else "]")).encode()


@dataclass(frozen=True)
class Lie:
    """How one event is answered, and the ledger's word for it."""

    name: str
    tells: Callable[[], Iterable[bytes]]
    reason: str


LIES = (
    Lie("another uuid", lambda: [answer({"Event": event(new_uuid())})], Trouble.WRONG_UUID),
    Lie("HTML", lambda: [answer(b"<html>Please log in</html>", kind="text/html")], Cause.NOT_JSON),
    Lie("cut off", lambda: [answer(b'{"Event":{"info":"', length=5000, Connection="close")], Cause.TRUNCATED),
    Lie("deep, never closed", lambda: [answer(b"[[]," * 50_000)], Cause.NOT_JSON),
    Lie("bomb", lambda: [answer(bomb(300), Content_Encoding="gzip")], Cause.TOO_BIG),
    Lie("endless", lambda: endless(b"["), Cause.TOO_BIG),
    Lie("no event", lambda: [answer({"Event": [1, 2, 3]})], Trouble.WRONG_SHAPE),
    Lie("redirect", lambda: [answer(b"", "302 Found", Location="http://192.0.2.1/")], Cause.REDIRECT),
)
TO_A_PUSH = [lie for lie in LIES if lie.name in ("HTML", "cut off", "bomb", "redirect")]


def partner(uuids: list[str], lies: dict[str, Lie]) -> HostileServer:
    """Honest about every event but those."""

    def script(request: Received) -> Iterable[bytes]:
        if request.target == "/servers/getVersion":
            return [answer(VERSION)]
        if request.target == "/events/index":
            return [answer([row(uuid) for uuid in uuids])]
        if request.target.startswith("/events/view/"):
            uuid = request.target.split("/")[3]
            return lies[uuid].tells() if uuid in lies else [answer({"Event": event(uuid)})]
        return [answer([])]

    return HostileServer(script)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_lie_costs_nothing_but_its_own_row(ground: Ground, lie: Lie) -> None:
    uuids = [new_uuid() for _ in range(3)]
    bomb(300)
    with partner(uuids, {uuids[1]: lie}) as there:
        server = ground.links(there.url, pull=True)
        began = time.monotonic()
        result = pull_from(server, "full", OUTBOUND)
        assert time.monotonic() - began < 10
    assert (result.pulled, result.failed) == (2, 1)
    receipt = ground.receipt(server, uuids[1])
    assert (receipt.state, receipt.reason) == (LedgerState.FAILED, lie.reason)
    assert set(local_versions(uuids)) == {uuids[0], uuids[2]}
    assert sql.scalar("SELECT count(*) FROM event") == 2


@pytest.mark.parametrize(
    "tells",
    [a_million_rows, lambda: endless(b"["), lambda: [answer(bomb(300), Content_Encoding="gzip")]],
    ids=["10^6 rows", "endless", "bomb"],
)
def test_a_flood_instead_of_a_list_ends_the_run_and_says_so(
    ground: Ground, tells: Callable[[], Iterable[bytes]]
) -> None:
    def script(request: Received) -> Iterable[bytes]:
        return tells() if request.target == "/events/index" else [answer(VERSION)]

    with HostileServer(script) as there:
        server = ground.links(there.url, pull=True)
        with pytest.raises(SaveFailed) as caught:
            pull_from(server, "full", OUTBOUND)
    assert Cause.TOO_BIG in str(caught.value.errors)
    honest = [new_uuid()]
    with partner(honest, {}) as there:
        assert pull_from(ground.links(there.url, pull=True), "full", OUTBOUND).pulled == 1


@pytest.mark.parametrize("lie", TO_A_PUSH, ids=lambda lie: lie.name)
def test_a_lie_to_a_push_costs_its_own_promise_and_no_others(ground: Ground, lie: Lie) -> None:
    def script(request: Received) -> Iterable[bytes]:
        if request.target == "/servers/getVersion":
            return [answer(VERSION)]
        if request.method == "HEAD":
            return [answer(b"", "404 Not Found", "text/html")]
        return lie.tells()

    bomb(300)
    with HostileServer(script) as liar, partner([], {}) as honest:
        bad, good = ground.links(liar.url, push=True), ground.links(honest.url, push=True)
        uuid = ground.publishes(a_draft())
        for server in (bad, good):
            deliver_due(server.id, OUTBOUND)
        assert _state(ground, bad, uuid) == (LedgerState.FAILED, lie.reason)
        assert ground.receipt(good, uuid).reason is not Trouble.KEY_REFUSED
    assert sql.scalar("SELECT count(*) FROM event") == 1


def _state(ground: Ground, server: LinkedServer, uuid: str) -> tuple[LedgerState, str | None]:
    receipt = ground.receipt(server, uuid)
    return receipt.state, receipt.reason
