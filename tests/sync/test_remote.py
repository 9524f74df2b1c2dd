"""The outbound client against real sockets: what it sends, whom it refuses, and where every bad answer ends."""

import base64
import gzip
import logging
import socket
import ssl
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import trustme

from mispmini.sync.addresses import may_reach, networks
from mispmini.sync.remote import Answer, Cause, Link, RemoteFailure, RemoteServer, json_text, leaf_fingerprint
from tests.sync.hostile import HostileServer, Received, Script, answer, bomb

KEY = "Abc4" + "x" * 32 + "9xyZ"
AGENT = "MISP 2.5.1"
MIB = 1024 * 1024
LOOPBACK = ("127.0.0.0/8",)

Serve = Callable[..., HostileServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:

        def start(script: Script, **options: Any) -> HostileServer:
            return stack.enter_context(HostileServer(script, **options))

        yield start


def always(*pieces: bytes) -> Script:
    return lambda request: pieces


def fetch(server: HostileServer, *, path: str = "/servers/getVersion", **options: Any) -> Answer:
    link = Link(server.url, KEY, allow_internal=LOOPBACK)
    with RemoteServer(link, user_agent=AGENT, **options) as remote:
        return remote.get_json(path)


def failure_of(server: HostileServer, **options: Any) -> RemoteFailure:
    with pytest.raises(RemoteFailure) as caught:
        fetch(server, **options)
    assert KEY not in str(caught.value)
    return caught.value


# What is sent


def test_a_request_looks_like_one_of_a_misp_sender(serve: Serve) -> None:
    server = serve(always(answer({"version": "2.5.1"}, Date="Tue, 24 Nov 2026 04:00:00 GMT")))
    got = fetch(server)
    (request,) = server.requests
    assert (request.method, request.target) == ("GET", "/servers/getVersion")
    assert request.headers == {
        "host": f"127.0.0.1:{server.port}",
        "authorization": KEY,
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": AGENT,
        "accept-encoding": "gzip",
    }
    assert (got.status, got.json) == (200, {"version": "2.5.1"})
    assert got.date == int(datetime(2026, 11, 24, 4, tzinfo=UTC).timestamp())


def test_a_base_address_keeps_its_sub_path(serve: Serve) -> None:
    server = serve(always(answer({})))
    link = Link(server.url + "/misp/", KEY, allow_internal=LOOPBACK)
    with RemoteServer(link, user_agent=AGENT) as remote:
        remote.get_json("/events/index")
    assert server.requests[0].target == "/misp/events/index"


def test_netrc_proxies_and_bundles_of_the_environment_are_ignored(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, proxy = serve(always(answer({}))), serve(always(answer({})))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login u password p\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    assert fetch(server).status == 200
    assert server.requests[0].headers["authorization"] == KEY
    assert proxy.connections == 0


def test_the_proxy_of_the_link_is_used(serve: Serve) -> None:
    proxy = serve(always(answer({"by": "proxy"})))
    link = Link(
        "http://partner.invalid", KEY, allow_internal=LOOPBACK, proxy=f"http://me:s3cret@127.0.0.1:{proxy.port}"
    )
    with RemoteServer(link, user_agent=AGENT) as remote:
        assert remote.get_json("/x").json == {"by": "proxy"}
    (request,) = proxy.requests
    assert request.target == "http://partner.invalid/x"
    assert request.headers["proxy-authorization"] == "Basic " + base64.b64encode(b"me:s3cret").decode()


def test_the_address_of_a_proxy_is_checked(serve: Serve) -> None:
    proxy = serve(always(answer({})))
    link = Link("http://partner.invalid", KEY, proxy=proxy.url)
    with RemoteServer(link, user_agent=AGENT) as remote, pytest.raises(RemoteFailure) as caught:
        remote.get_json("/x")
    assert caught.value.cause is Cause.INTERNAL_ADDRESS
    assert proxy.connections == 0


@pytest.mark.parametrize(
    ("size", "allowed", "compressed"),
    [(1024, True, False), (1025, True, True), (1025, False, False)],
    ids=["at the limit", "above the limit", "above but not allowed"],
)
def test_only_large_bodies_are_compressed(serve: Serve, size: int, allowed: bool, compressed: bool) -> None:
    server = serve(always(answer({})))
    body = json_text({"a": "é" * ((size - 8) // 2) + "x" * (size % 2)})
    assert len(body.encode()) == size
    with RemoteServer(Link(server.url, KEY, allow_internal=LOOPBACK), user_agent=AGENT) as remote:
        remote.post_json("/events/add", body, gzip_allowed=allowed)
    (request,) = server.requests
    assert (request.headers.get("content-encoding") == "gzip") is compressed
    assert request.inflated == body.encode()
    assert int(request.headers["content-length"]) == len(request.body)


def test_an_etag_goes_out_as_it_came_and_304_has_no_body(serve: Serve) -> None:
    def index(request: Received) -> Iterable[bytes]:
        if request.headers.get("if-none-match") == '"abc"':
            yield b'HTTP/1.1 304 Not Modified\r\nETag: "abc"\r\n\r\n'
        else:
            yield answer([{"uuid": "u"}], ETag='"abc"')

    server = serve(index)
    with RemoteServer(Link(server.url, KEY, allow_internal=LOOPBACK), user_agent=AGENT) as remote:
        first = remote.post_json("/events/index", "{}", etag='""')
        second = remote.post_json("/events/index", "{}", etag=first.etag)
    assert server.requests[0].headers["if-none-match"] == '""'
    assert (first.status, first.json) == (200, [{"uuid": "u"}])
    assert (second.status, second.json, second.etag) == (304, None, '"abc"')


def test_cookies_are_not_sent_back_and_the_connection_is_kept(serve: Serve) -> None:
    server = serve(always(answer({}, Set_Cookie="session=1; Path=/")))
    with RemoteServer(Link(server.url, KEY, allow_internal=LOOPBACK), user_agent=AGENT) as remote:
        remote.get_json("/a")
        remote.get_json("/b")
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]
    assert server.connections == 1


def test_head_tells_the_status_and_the_connection_is_kept(serve: Serve) -> None:
    def script(request: Received) -> Iterable[bytes]:
        status = "200 OK" if request.target == "/there" else "404 Not Found"
        yield answer(b"", status, "text/html", length=9, Content_Encoding="gzip")

    server = serve(script)
    with RemoteServer(Link(server.url, KEY, allow_internal=LOOPBACK), user_agent=AGENT) as remote:
        assert [remote.head("/there"), remote.head("/gone")] == [200, 404]
    assert server.connections == 1


# What comes back


def test_errors_are_answers_for_the_caller_to_judge(serve: Serve) -> None:
    body = {"name": "Event already exists", "url": "/events/add"}
    server = serve(always(answer(body, "404 Not Found", Location="https://b.example/events/7")))
    got = fetch(server)
    assert (got.status, got.json, got.location) == (404, body, "https://b.example/events/7")
    assert got.text == "Event already exists"


@pytest.mark.parametrize("name", ["errors", "message", "name"])
@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "500 Internal Server Error"])
def test_what_a_partner_says_of_a_failure_is_told_without_our_key(serve: Serve, status: str, name: str) -> None:
    """TRUST §2.3 row 8: it goes into ledger and log, where a line ends nothing either."""
    got = fetch(serve(always(answer({name: f"Who is\n{KEY}?" + "x" * 1000}, status))))
    assert got.text.startswith("Who is ****?x")
    assert len(got.text) == 500


def test_an_error_page_is_text_without_our_key(serve: Serve) -> None:
    server = serve(always(answer(f"<h1>{KEY}</h1>".encode() + b"x" * 1000, "500 Internal Server Error", "text/html")))
    got = fetch(server)
    assert (got.status, got.json) == (500, None)
    assert got.text.startswith("<h1>****</h1>")
    assert len(got.text) == 500


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8", "Application/JSON"])
def test_json_is_known_by_its_type(serve: Serve, kind: str) -> None:
    assert fetch(serve(always(answer(["é"], kind=kind)))).json == ["é"]


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (rb'["\ud83d x", {"\uDE00": "\ud83d\ude00"}]', ["? x", {"?": "😀"}]),
        (rb'["\\ud83d"]', [r"\ud83d"]),
        (b'\xef\xbb\xbf["behind a proxy that adds a mark"]', ["behind a proxy that adds a mark"]),
    ],
    ids=["half a pair", "no escape", "byte order mark"],
)
def test_what_json_comes_as_can_be_stored(serve: Serve, raw: bytes, value: object) -> None:
    assert fetch(serve(always(answer(raw)))).json == value


def test_an_empty_body_is_none(serve: Serve) -> None:
    assert fetch(serve(always(answer(b"")))).json is None


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Login</html>", "text/html"),
        (b"", "text/html"),
        (b'{"a": 1}', "text/plain"),
        (b'{"a": ', "application/json"),
        (b'{"a": NaN}', "application/json"),
        (b'{"a": -Infinity}', "application/json"),
        (b'{"a": 1e999}', "application/json"),
        (b"[" * 33 + b"]" * 33, "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'["\xff"]', "application/json"),
        (b"1" * 5000, "application/json"),
    ],
    ids=[
        "login page",
        "empty page",
        "wrong type",
        "cut",
        "NaN",
        "Infinity",
        "1e999",
        "33 deep",
        "endless",
        "bytes",
        "int",
    ],
)
def test_what_is_not_json_is_named(serve: Serve, body: bytes, kind: str) -> None:
    assert failure_of(serve(always(answer(body, kind=kind)))).cause is Cause.NOT_JSON


def test_32_levels_are_read(serve: Serve) -> None:
    assert fetch(serve(always(answer(b"[" * 32 + b"]" * 32)))).status == 200


def test_a_page_that_echoes_our_key_is_masked_in_the_failure(serve: Serve) -> None:
    failure = failure_of(serve(always(answer(f"<p>{KEY}</p>\n".encode(), kind="text/html"))))
    assert "<p>****</p>" in failure.detail
    assert failure.detail.isprintable()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_refused_and_its_target_never_contacted(serve: Serve, status: str) -> None:
    target = serve(always(answer({})))
    there = target.url.replace("//", "//user:pass@") + f"/login?key={KEY}"
    server = serve(always(answer(b"moved", status, "text/html", Location=there)))
    link = Link(server.url, KEY, allow_internal=LOOPBACK)
    with RemoteServer(link, user_agent=AGENT) as remote:
        for ask in (remote.get_json, remote.head, lambda path: remote.post_json(path, "{}")):
            with pytest.raises(RemoteFailure) as caught:
                ask("/x")
            assert caught.value.cause is Cause.REDIRECT
            assert caught.value.detail == f"status {status[:3]} to {target.url}/login"
    assert target.connections == 0


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "500 Error"])
def test_a_gzip_bomb_is_stopped_at_the_cap(serve: Serve, status: str) -> None:
    server = serve(always(answer(bomb(64), status, Content_Encoding="gzip", Location="/elsewhere")))
    tracemalloc.start()
    try:
        failure = failure_of(server, max_bytes=MIB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert failure.cause is (Cause.REDIRECT if status.startswith("302") else Cause.TOO_BIG)
    assert peak < 6 * MIB


def test_a_plain_body_is_stopped_at_the_cap(serve: Serve) -> None:
    assert failure_of(serve(always(answer(b"1" * 2000))), max_bytes=1999).cause is Cause.TOO_BIG
    assert fetch(serve(always(answer(b'"' + b"1" * 1998 + b'"'))), max_bytes=2000).status == 200


def test_a_compressed_answer_is_read(serve: Serve) -> None:
    server = serve(always(answer(gzip.compress(b'{"a": [1, 2]}'), Content_Encoding="gzip")))
    assert fetch(server).json == {"a": [1, 2]}


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
)


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (answer(b'{"a": 1}', length=20, Connection="close"), Cause.TRUNCATED),
        (CHUNKED + b'8\r\n{"a": 1}\r\n', Cause.TRUNCATED),
        (CHUNKED + b'20\r\n{"a": 1}', Cause.TRUNCATED),
        (CHUNKED + b'zz\r\n{"a": 1}', Cause.TRUNCATED),
        (answer(gzip.compress(b'{"a": 1}')[:-9], Content_Encoding="gzip"), Cause.TRUNCATED),
        (answer(gzip.compress(b"{}") + b"more", Content_Encoding="gzip"), Cause.HTTP),
        (answer(b"no gzip at all", Content_Encoding="gzip"), Cause.HTTP),
        (answer(b"{}", Content_Encoding="br"), Cause.HTTP),
        (b"SSH-2.0-OpenSSH_9.2\r\nConnection: close\r\n\r\n", Cause.HTTP),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\nConnection: close\r\n\r\n", Cause.HTTP),
    ],
    ids=[
        "short of its length",
        "no last chunk",
        "half a chunk",
        "no chunk size",
        "half a gzip",
        "more than gzip",
        "no gzip",
        "brotli unasked",
        "no HTTP",
        "endless header",
    ],
)
def test_broken_answers_are_named(serve: Serve, raw: bytes, cause: Cause) -> None:
    assert failure_of(serve(always(raw))).cause is cause


def test_hanging_up_without_an_answer_is_a_lost_connection(serve: Serve) -> None:
    def hang_up(request: Received) -> Iterable[bytes]:
        raise ConnectionError

    server = serve(hang_up)
    assert failure_of(server).cause is Cause.TCP


@pytest.mark.parametrize(
    ("method", "path", "asked"),
    [
        ("GET", "/events/view/1", 3),
        ("HEAD", "/events/view/1", 3),
        ("POST", "/events/index", 3),
        ("POST", "/events/add/metadata:1", 2),
    ],
)
def test_what_only_reads_is_asked_again_where_a_kept_connection_was_closed(
    serve: Serve, method: str, path: str, asked: int
) -> None:
    def closes_at_the_second(_request: Received) -> Iterable[bytes]:
        if len(server.requests) == 2:
            raise ConnectionError
        yield answer(b"" if method == "HEAD" else {})

    server = serve(closes_at_the_second)
    link = Link(f"{server.url}/index", KEY, allow_internal=LOOPBACK)  # where it stands says nothing of what is asked
    with RemoteServer(link, user_agent=AGENT) as remote:
        _ask(remote, method, path)
        with pytest.raises(RemoteFailure) if asked == 2 else ExitStack():
            _ask(remote, method, path)
    assert (len(server.requests), server.connections) == (asked, asked - 1)


def _ask(remote: RemoteServer, method: str, path: str) -> object:
    if method == "HEAD":
        return remote.head(path)
    return remote.get_json(path) if method == "GET" else remote.post_json(path, "{}")


@pytest.mark.parametrize("silent", ["hang", "drip headers", "drip body", "drip chunks"])
def test_the_deadline_ends_a_request_however_slow_the_partner(serve: Serve, silent: str) -> None:
    def script(request: Received) -> Iterable[bytes]:
        start = {"drip body": answer(b"", length=10_000), "drip chunks": CHUNKED.replace(b"close", b"keep")}
        yield start.get(silent, b"" if silent == "hang" else b"HTTP/1.1 200 OK\r\nX: ")
        while not server.stopping.is_set():
            server.pause(0.02)
            yield {"hang": b"", "drip chunks": b"1\r\n1\r\n"}.get(silent, b"1")

    server = serve(script)
    began = time.monotonic()
    failure = failure_of(server, deadline=0.15)
    assert failure.cause is Cause.DEADLINE
    assert 0.14 < time.monotonic() - began < 1.0


@pytest.mark.parametrize("sip", [0, 64 * 1024], ids=["not at all", "in sips"])
def test_the_deadline_ends_an_upload_read(sip: int) -> None:
    over = Event()

    def read_slowly(listener: socket.socket) -> None:
        with listener.accept()[0] as sock:
            while not over.wait(0.01):
                if sip:
                    sock.recv(sip)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = Thread(target=read_slowly, args=(listener,))
        reader.start()
        link = Link(f"http://127.0.0.1:{listener.getsockname()[1]}", KEY, LOOPBACK)
        began = time.monotonic()
        with RemoteServer(link, user_agent=AGENT, deadline=0.15) as remote, pytest.raises(RemoteFailure) as caught:
            remote.post_json("/events/add", b"1" * (32 * MIB))
        took = time.monotonic() - began
        over.set()
        reader.join()
    assert caught.value.cause is Cause.DEADLINE
    assert took < 1.0


def test_the_deadline_ends_a_handshake_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        link = Link(f"https://127.0.0.1:{listener.getsockname()[1]}", KEY, allow_internal=LOOPBACK)
        with RemoteServer(link, user_agent=AGENT, deadline=0.15) as remote, pytest.raises(RemoteFailure) as caught:
            remote.get_json("/x")
    assert caught.value.cause is Cause.DEADLINE


def test_the_deadline_ends_a_look_up_nobody_answers(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(always(answer({})))

    def slow(*args: object, **options: object) -> list[Any]:
        server.pause(2)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    with pytest.raises(RemoteFailure) as caught:
        leaf_fingerprint(Link("https://slow.example", KEY), 0.1)
    assert caught.value.cause is Cause.DNS


def test_every_request_has_its_own_deadline(serve: Serve) -> None:
    def slow(request: Received) -> Iterable[bytes]:
        server.pause(0.1)
        yield answer({})

    server = serve(slow)
    with RemoteServer(Link(server.url, KEY, allow_internal=LOOPBACK), user_agent=AGENT, deadline=0.18) as remote:
        assert [remote.get_json("/x").status for _ in range(3)] == [200, 200, 200]


def test_a_closed_port_is_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    link = Link(f"http://127.0.0.1:{port}", KEY, allow_internal=LOOPBACK)
    with RemoteServer(link, user_agent=AGENT) as remote, pytest.raises(RemoteFailure, match="refused") as caught:
        remote.get_json("/x")
    assert caught.value.cause is Cause.TCP


# Whom it may reach

contacted: list[object] = []
_watching = False


def _watch(event: str, args: tuple[object, ...]) -> None:
    if _watching and event == "socket.connect":
        contacted.append(args[1])


sys.addaudithook(_watch)


@pytest.fixture
def no_contact() -> Iterator[None]:
    """Fails when any socket was connected."""
    global _watching
    contacted.clear()
    _watching = True
    yield
    _watching = False
    assert contacted == []


@pytest.mark.usefixtures("no_contact")
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "0",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "2852039166",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
    ],
)
def test_internal_addresses_are_refused_without_a_connection(serve: Serve, host: str) -> None:
    server = serve(always(answer({})))
    link = Link(f"http://{host}:{server.port}", KEY)
    with RemoteServer(link, user_agent=AGENT) as remote, pytest.raises(RemoteFailure) as caught:
        remote.get_json("/latest/meta-data")
    assert caught.value.cause is Cause.INTERNAL_ADDRESS
    assert (server.connections, server.bytes_received) == (0, 0)


@pytest.mark.usefixtures("no_contact")
def test_the_fingerprint_of_an_internal_server_is_not_fetched() -> None:
    with pytest.raises(RemoteFailure) as caught:
        leaf_fingerprint(Link("https://127.0.0.1", KEY), 5)
    assert caught.value.cause is Cause.INTERNAL_ADDRESS


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"])
def test_an_opened_network_is_reached_in_every_spelling(serve: Serve, host: str) -> None:
    server = serve(always(answer({})))
    link = Link(f"http://{host}:{server.port}", KEY, allow_internal=LOOPBACK)
    with RemoteServer(link, user_agent=AGENT) as remote:
        assert remote.get_json("/x").status == 200


def test_ipv6_is_reached_when_opened(serve: Serve) -> None:
    server = serve(always(answer({})), host="::1")
    with RemoteServer(Link(server.url, KEY, allow_internal=("::1",)), user_agent=AGENT) as remote:
        assert remote.get_json("/x").status == 200


def test_the_peer_is_checked_after_connecting(serve: Serve) -> None:
    """0.0.0.0 is opened here, but leads to 127.0.0.1, which is not."""
    server = serve(always(answer({})))
    link = Link(f"http://0.0.0.0:{server.port}", KEY, allow_internal=("0.0.0.0/32",))
    with RemoteServer(link, user_agent=AGENT) as remote, pytest.raises(RemoteFailure) as caught:
        remote.get_json("/x")
    assert caught.value.cause is Cause.INTERNAL_ADDRESS
    assert server.bytes_received == 0


def test_a_name_that_changes_its_answer_gets_one_question(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    opened, closed = serve(always(answer({})), host="127.0.0.2"), serve(always(answer({})))
    questions: list[str] = []

    def rebinding(host: str, port: int, *args: object, **options: object) -> list[Any]:
        questions.append(host)
        place = ("127.0.0.2", opened.port) if len(questions) == 1 else ("127.0.0.1", closed.port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    link = Link("http://rebinding.example", KEY, allow_internal=("127.0.0.2/32",))
    with RemoteServer(link, user_agent=AGENT) as remote:
        assert remote.get_json("/x").status == 200
        with RemoteServer(link, user_agent=AGENT) as another, pytest.raises(RemoteFailure) as caught:
            another.get_json("/x")
    assert caught.value.cause is Cause.INTERNAL_ADDRESS
    assert (len(questions), closed.connections) == (2, 0)


def test_of_several_addresses_only_the_opened_ones_are_tried(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(always(answer({})), host="127.0.0.2")
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, server.port)) for host in ("10.0.0.1", "127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    link = Link("http://several.example", KEY, allow_internal=("127.0.0.2",))
    with RemoteServer(link, user_agent=AGENT) as remote:
        assert remote.get_json("/x").status == 200


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_may_be_reached(address: str) -> None:
    assert may_reach(address, ())


def test_opened_networks_are_written_as_networks_or_addresses() -> None:
    assert may_reach("10.1.2.3", networks(["10.1.2.9/24"]))
    assert not may_reach("10.1.3.3", networks(["10.1.2.9/24"]))
    with pytest.raises(ValueError, match="does not appear"):
        networks(["intranet"])


@pytest.mark.usefixtures("no_contact")
@pytest.mark.parametrize(
    ("host", "cause"),
    [("１２７.0.0.1", Cause.BAD_URL), ("a" * 64 + ".example", Cause.DNS)],
    ids=["full-width digits", "label of 64 letters"],
)
def test_what_is_no_name_is_refused(host: str, cause: Cause) -> None:
    with RemoteServer(Link(f"http://{host}", KEY), user_agent=AGENT) as remote, pytest.raises(RemoteFailure) as caught:
        remote.get_json("/x")
    assert caught.value.cause is cause


def test_a_name_that_does_not_exist_is_a_failure_of_dns(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: object, **options: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with (
        RemoteServer(Link("http://gone.example", KEY), user_agent=AGENT) as remote,
        pytest.raises(RemoteFailure) as caught,
    ):
        remote.get_json("/x")
    assert caught.value.cause is Cause.DNS
    assert caught.value.detail == "the name gone.example cannot be resolved: Name or service not known"


# TLS


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def tls_of(leaf: trustme.LeafCert, *, clients: trustme.CA | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    if clients:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.fixture(scope="module")
def good(authority: trustme.CA) -> ssl.SSLContext:
    return tls_of(authority.issue_cert("127.0.0.1", "localhost"))


def ask_over_tls(link: Link) -> Answer:
    with RemoteServer(link, user_agent=AGENT) as remote:
        return remote.get_json("/x")


def tls_failure(link: Link) -> RemoteFailure:
    with pytest.raises(RemoteFailure) as caught:
        ask_over_tls(link)
    return caught.value


@pytest.fixture
def secure(serve: Serve, good: ssl.SSLContext) -> HostileServer:
    return serve(always(answer({"tls": True})), tls=good)


def test_a_certificate_of_the_links_authority_is_taken(secure: HostileServer, ca_file: Path) -> None:
    assert ask_over_tls(Link(secure.url, KEY, LOOPBACK, ca_file)).json == {"tls": True}


def test_an_unknown_authority_is_refused_whatever_the_environment_says(
    secure: HostileServer, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(ca_file))
    assert tls_failure(Link(secure.url, KEY, LOOPBACK)).cause is Cause.TLS_CHAIN
    assert secure.requests == []


@pytest.mark.parametrize(
    ("names", "until", "cause"),
    [
        (["other.example"], None, Cause.TLS_NAME),
        (["127.0.0.2"], None, Cause.TLS_NAME),
        (["127.0.0.1"], datetime(2020, 1, 1, tzinfo=UTC), Cause.TLS_EXPIRED),
    ],
    ids=["another name", "another address", "expired"],
)
def test_a_bad_certificate_is_refused_with_its_reason(
    serve: Serve, authority: trustme.CA, ca_file: Path, names: list[str], until: datetime | None, cause: Cause
) -> None:
    server = serve(always(answer({})), tls=tls_of(authority.issue_cert(*names, not_after=until)))
    assert tls_failure(Link(server.url, KEY, LOOPBACK, ca_file)).cause is cause
    assert server.requests == []


def test_tls_below_1_2_is_refused(serve: Serve, authority: trustme.CA, ca_file: Path) -> None:
    context = tls_of(authority.issue_cert("127.0.0.1"))
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    server = serve(always(answer({})), tls=context)
    assert tls_failure(Link(server.url, KEY, LOOPBACK, ca_file)).cause is Cause.TLS_OTHER


def test_plain_http_behind_https_is_no_tls(serve: Serve) -> None:
    server = serve(always(answer({})))
    link = Link(server.url.replace("http", "https"), KEY, LOOPBACK)
    assert tls_failure(link).cause in (Cause.TLS_OTHER, Cause.TCP)
    assert server.requests == []


def test_a_pinned_certificate_is_taken_whatever_its_name_and_issuer(serve: Serve) -> None:
    server = serve(always(answer({"tls": True})), tls=tls_of(trustme.CA().issue_cert("other.example")))
    link = Link(server.url, KEY, LOOPBACK)
    pin = leaf_fingerprint(link, 5)
    assert server.requests == []
    colons = ":".join(pin[i : i + 2] for i in range(0, 64, 2)).upper()
    assert [ask_over_tls(replace(link, pinned_sha256=text)).status for text in (pin, colons)] == [200, 200]


def test_another_certificate_than_the_pinned_one_is_refused(secure: HostileServer, ca_file: Path) -> None:
    assert tls_failure(Link(secure.url, KEY, LOOPBACK, ca_file, pinned_sha256="0" * 64)).cause is Cause.TLS_PIN
    assert secure.requests == []


def test_a_tunnel_of_the_links_proxy_leads_to_the_partners_certificate(
    serve: Serve, authority: trustme.CA, ca_file: Path
) -> None:
    behind = tls_of(authority.issue_cert("partner.invalid"))
    proxy = serve(always(answer({"tls": True})), behind=behind)
    link = Link(
        "https://partner.invalid/misp", KEY, LOOPBACK, ca_file, proxy=f"http://me:s3cret@127.0.0.1:{proxy.port}"
    )
    pinned = replace(link, pinned_sha256=leaf_fingerprint(link, 5))
    assert [ask_over_tls(way).json for way in (link, pinned)] == [{"tls": True}] * 2
    assert tls_failure(replace(link, pinned_sha256="0" * 64)).cause is Cause.TLS_PIN
    tunnels = [request for request in proxy.requests if request.method == "CONNECT"]
    assert {request.target for request in tunnels} == {"partner.invalid:443"}
    assert all("proxy-authorization" in request.headers for request in tunnels)
    assert all("authorization" not in request.headers for request in tunnels)


def test_a_proxy_that_refuses_the_tunnel_is_named(serve: Serve) -> None:
    proxy = serve(always(answer(b"", "407 Proxy Authentication Required", Connection="close")))
    link = Link("https://partner.invalid", KEY, LOOPBACK, proxy=proxy.url)
    failure = tls_failure(link)
    assert failure.cause is Cause.OUR_PROXY
    assert "407" in failure.detail
    with pytest.raises(RemoteFailure, match="407"):
        leaf_fingerprint(link, 5)


@pytest.mark.usefixtures("no_contact")
@pytest.mark.parametrize("pin", ["", "abc", "0" * 32, "0" * 40], ids=["empty", "short", "MD5", "SHA-1"])
def test_a_pin_must_be_a_sha256(pin: str) -> None:
    assert tls_failure(Link("https://127.0.0.1", KEY, LOOPBACK, pinned_sha256=pin)).cause is Cause.TLS_PIN


@pytest.mark.usefixtures("no_contact")
def test_a_pinned_link_is_guarded_too() -> None:
    assert tls_failure(Link("https://127.0.0.1", KEY, pinned_sha256="0" * 64)).cause is Cause.INTERNAL_ADDRESS


def test_a_client_certificate_is_shown(serve: Serve, authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    clients = trustme.CA()
    clients.issue_cert("me@example.org").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "me.pem"))
    server = serve(always(answer({})), tls=tls_of(authority.issue_cert("127.0.0.1"), clients=clients))
    link = Link(server.url, KEY, LOOPBACK, ca_file)
    assert ask_over_tls(replace(link, client_cert=tmp_path / "me.pem")).status == 200
    assert tls_failure(link).cause in (Cause.TLS_OTHER, Cause.TCP)


def test_a_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for link in (
        Link("https://a.example", KEY, ca_file=tmp_path / "ca.pem"),
        Link("https://a.example", KEY, ca_file=tmp_path / "no"),
    ):
        assert tls_failure(link).cause is Cause.TLS_OTHER


def test_the_deadline_holds_over_tls(serve: Serve, good: ssl.SSLContext, ca_file: Path) -> None:
    def drip(request: Received) -> Iterable[bytes]:
        yield answer(b"", length=10_000)
        while not server.stopping.is_set():
            server.pause(0.02)
            yield b"1"

    server = serve(drip, tls=good)
    link = Link(server.url, KEY, LOOPBACK, ca_file)
    with RemoteServer(link, user_agent=AGENT, deadline=0.15) as remote, pytest.raises(RemoteFailure) as caught:
        remote.get_json("/x")
    assert caught.value.cause is Cause.DEADLINE


def test_a_large_body_arrives_whole_over_tls(secure: HostileServer, ca_file: Path) -> None:
    body = b'"' + b"x" * (4 * MIB) + b'"'
    with RemoteServer(Link(secure.url, KEY, LOOPBACK, ca_file), user_agent=AGENT) as remote:
        remote.post_json("/events/add", body)
    assert secure.requests[0].body == body


# Links and secrets


@pytest.mark.parametrize(
    "url",
    [
        "",
        "partner.example",
        "ftp://partner.example",
        "file:///etc/passwd",
        "http://",
        "https://user:pass@partner.example",
        "https://partner.example/?a=1",
        "https://partner.example/#a",
        "https://partner.example:99999",
        "https://[::1",
        "https://partner.example/\r\nX: y",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(RemoteFailure) as caught:
        RemoteServer(Link(url, KEY), user_agent=AGENT)
    assert caught.value.cause is Cause.BAD_URL


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "https://127.0.0.1:1", "127.0.0.1:1"])
def test_only_http_proxies_are_taken(proxy: str) -> None:
    with pytest.raises(RemoteFailure) as caught:
        RemoteServer(Link("https://a.example", KEY, proxy=proxy), user_agent=AGENT)
    assert caught.value.cause is Cause.BAD_URL


def test_a_path_begins_with_a_slash(serve: Serve) -> None:
    assert failure_of(serve(always(answer({}))), path="@evil.example/").cause is Cause.BAD_URL


def test_the_key_is_in_no_repr_and_no_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server = serve(always(answer({}, "403 Forbidden")))
    link = Link(server.url, KEY, LOOPBACK, proxy=None)
    fetch(server)
    assert caplog.records
    assert KEY not in caplog.text
    assert KEY not in repr(link)
    assert "s3cret" not in repr(replace(link, proxy="http://me:s3cret@127.0.0.1:1"))


def test_a_key_no_header_can_carry_is_not_quoted(serve: Serve) -> None:
    server = serve(always(answer({})))
    broken = KEY + "\r\nX-Other: 1"
    with (
        RemoteServer(Link(server.url, broken, LOOPBACK), user_agent=AGENT) as remote,
        pytest.raises(RemoteFailure) as caught,
    ):
        remote.get_json("/x")
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert server.requests == []


def test_details_are_short() -> None:
    assert len(RemoteFailure(Cause.HTTP, "x" * 1000).detail) == 500
