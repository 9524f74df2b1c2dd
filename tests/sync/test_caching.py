"""What a partner holds, by digest: recording 45's request, what is kept, and what an odd answer costs."""

import hashlib

import pytest

from mispmini.domain.errors import SaveFailed
from mispmini.domain.ids import new_uuid
from mispmini.store import server_values, servers
from mispmini.sync.caching import CACHED, cache_partner
from tests.sync.ground import OUTBOUND, Ground
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, exchanges_of, lines_of, played, recorded_lines
from tests.wire.conftest import Recordings

EVENT = new_uuid()


def md5(value: str) -> str:
    """The digest of a value."""
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


def holding(*pages: str) -> HostileServer:
    """A partner that has so many pages, then nothing."""

    def page(request: Received) -> bytes:
        number = body_of(request)["page"]
        return answer(pages[number - 1].encode() if number <= len(pages) else b"", kind="text/plain; charset=UTF-8")

    return played({"POST /attributes/restSearch.json": page})


def test_it_is_asked_for_as_a_misp_asks(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("45")
    [asked] = exchanges_of(recorded)
    with holding(f"{md5('a.example')},{EVENT}\n") as partner:
        cache_partner(ground.links(partner.url, caching_enabled=True), OUTBOUND)
        assert lines_of(partner)[:1] == recorded_lines([asked])
        assert body_of(partner.requests[0]) == asked["request"]["body"]
        wanted = {name.lower(): value for name, value in asked["request"]["headers"]}
        for name in ("accept", "content-type"):
            assert partner.requests[0].headers[name] == wanted[name]
    assert recorded["outcome"]["action_result"]["message"] == CACHED


def test_what_it_holds_is_found_by_value_until_the_cache_is_switched_off(ground: Ground) -> None:
    with holding(f"{md5('a.example')},{EVENT}\n{md5('b.example')}\n", f"{md5('c.example')}\nno digest\n") as partner:
        server = ground.links(partner.url, caching_enabled=True)
        assert cache_partner(server, OUTBOUND) == 3
        assert [body_of(request)["page"] for request in partner.requests] == [1, 2, 3]
    digests = [bytes.fromhex(md5(f"{name}.example")) for name in "abcd"]
    hits = server_values.server_hits(digests)
    assert [(hit.digest, hit.server_id, hit.event_uuid) for hit in hits] == [
        (digests[0], server.id, EVENT), (digests[1], server.id, None), (digests[2], server.id, None),
    ]  # fmt: skip
    fresh = servers.find_any_server(server.id)
    assert fresh is not None
    assert fresh.cache_timestamp is not None
    servers.update_server(server.id, {"caching_enabled": False})
    assert server_values.server_hits(digests) == []


def test_an_empty_first_page_is_an_empty_cache_and_no_failure(ground: Ground) -> None:
    with holding(f"{md5('a.example')}\n") as partner:
        server = ground.links(partner.url, caching_enabled=True)
        cache_partner(server, OUTBOUND)
    assert server_values.count_cached(server.id) == 1
    with holding() as partner:
        servers.update_server(server.id, {"url": partner.url})
        moved = servers.find_any_server(server.id)
        assert moved is not None
        assert cache_partner(moved, OUTBOUND) == 0
    assert server_values.count_cached(server.id) == 0


def test_a_page_again_and_again_ends_it(ground: Ground) -> None:
    always = answer(f"{md5('a.example')}\n".encode(), kind="text/plain")
    with played({"POST /attributes/": lambda _: always}) as partner:
        assert cache_partner(ground.links(partner.url), OUTBOUND) == 1
        assert len(partner.requests) == 2


@pytest.mark.parametrize(
    "told",
    [
        answer({"name": "An Internal Error Has Occurred."}, "500 Internal Server Error"),
        answer(b"<html>Please log in</html>", kind="text/html"),
        answer(b"x" * 10, kind="text/plain", length=1000, Connection="close"),
    ],
    ids=["500, as recorded", "a page", "cut off"],
)
def test_an_answer_that_is_none_leaves_what_was_kept(ground: Ground, told: bytes) -> None:
    with holding(f"{md5('a.example')}\n") as partner:
        server = ground.links(partner.url, caching_enabled=True)
        cache_partner(server, OUTBOUND)
    with played({"POST /attributes/": lambda _: told}) as partner:
        servers.update_server(server.id, {"url": partner.url})
        moved = servers.find_any_server(server.id)
        assert moved is not None
        with pytest.raises(SaveFailed):
            cache_partner(moved, OUTBOUND)
    assert server_values.count_cached(server.id) == 1
