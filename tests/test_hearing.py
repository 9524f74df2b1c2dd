"""How a live server hears requests: where a body ends, and how much of it is kept while it arrives."""

import json
import os
import re
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cast import Actor
from tests.live import LiveServer

MIB = 1024 * 1024
LOGIN = b"/users/login"


def _connected(server: LiveServer) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20)


def _answers(server: LiveServer, sent: bytes) -> list[int]:
    """The status of each answer to these bytes; the server closes, or is told that no more follows."""
    with _connected(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        heard = b"".join(iter(lambda: connection.recv(65536), b""))
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", heard)]


def _request(*headers: bytes, body: bytes = b"", version: bytes = b"1.1") -> bytes:
    first = b"POST /servers/getVersion HTTP/" + version
    return b"\r\n".join([first, b"Host: 127.0.0.1", b"Accept: application/json", *headers, b"", body])


CHUNKED = b"2\r\n{}\r\n0\r\n\r\n"
SMUGGLED = CHUNKED + _request(b"Content-Length: 0")
LENGTH = b"Content-Length: %d" % len(SMUGGLED)
ODD = [
    pytest.param([LENGTH, b"Transfer-Encoding: chunked"], b"1.1", id="both"),
    pytest.param([b"Transfer-Encoding: chunked", LENGTH], b"1.1", id="both, the other way round"),
    pytest.param([LENGTH, b"transfer-ENCODING:chunked"], b"1.1", id="both, in other letters"),
    pytest.param([LENGTH, b"Transfer-Encoding:\r\n\tchunked"], b"1.1", id="both, folded"),
    pytest.param([LENGTH, b"Transfer-Encoding: CHUNKED"], b"1.1", id="both, in capitals"),
    pytest.param([LENGTH, b"Transfer-Encoding: xchunked"], b"1.1", id="both, of no known coding"),
    pytest.param([LENGTH, b"Transfer-Encoding: identity"], b"1.1", id="both, of none"),
    pytest.param([LENGTH, b"Transfer-Encoding:"], b"1.1", id="both, of nothing"),
    pytest.param([LENGTH, b"Transfer-Encoding: \x0bchunked"], b"1.1", id="both, behind a control character"),
    pytest.param([LENGTH, b"Transfer-Encoding : chunked"], b"1.1", id="both, with a blank before the colon"),
    pytest.param([LENGTH, b"Transfer_Encoding: chunked"], b"1.1", id="both, underlined"),
    pytest.param([b"Content_Length: 3", b"Transfer-Encoding: chunked"], b"1.1", id="both, the length underlined"),
    pytest.param([LENGTH, b"Content-Length: 0"], b"1.1", id="two lengths"),
    pytest.param([b"Content-Length: +3"], b"1.1", id="a length with a sign"),
    pytest.param([b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"], b"1.1", id="two codings"),
    pytest.param([b"Transfer-Encoding: chunked, chunked"], b"1.1", id="chunked twice"),
    pytest.param([b"Transfer-Encoding: chunked"], b"1.0", id="chunked in HTTP/1.0"),
    pytest.param([LENGTH, b"Transfer-Encoding: chunked"], b"1.0", id="both in HTTP/1.0"),
]


@pytest.mark.parametrize(("headers", "version"), ODD)
def test_a_request_that_ends_in_two_places_is_refused_and_nothing_after_it_heard(
    server: LiveServer, headers: list[bytes], version: bytes
) -> None:
    assert _answers(server, _request(*headers, body=SMUGGLED, version=version)) == [400]


def test_a_request_that_ends_in_one_place_is_heard(server: LiveServer, alice: Actor) -> None:
    key = b"Authorization: " + alice.key.encode()
    chunked = _request(key, b"Content-Type: application/json", b"Transfer-Encoding: chunked", body=CHUNKED)
    told = _request(key, b"Content-Length: 2", b"Content-Type: application/json", body=b"{}")
    assert _answers(server, chunked) == _answers(server, told) == [200]
    assert _answers(server, told + told) == [200, 200]


def _kept(pid: int) -> int:
    """Bytes of the files without a name that a process has open: what it keeps of bodies that are still arriving."""
    sizes = [0]
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if os.readlink(handle).endswith("(deleted)"):
                sizes.append(handle.stat().st_size)
    return sum(sizes)


@pytest.mark.parametrize("how", ["told", "chunked"])
def test_of_a_strangers_large_body_nothing_is_kept(server: LiveServer, how: str) -> None:
    assert server.process is not None
    size, piece = 12 * MIB, b"x" * MIB
    length = b"Content-Length: %d" % size if how == "told" else b"Transfer-Encoding: chunked"
    with _connected(server) as connection:
        connection.sendall(_request(length, b"Content-Type: application/json").replace(b"/servers/getVersion", LOGIN))
        for sent in range(0, size, MIB):
            if sent == 11 * MIB:
                assert _kept(server.process.pid) < MIB
            connection.sendall(piece if how == "told" else b"%x\r\n%s\r\n" % (MIB, piece))
        connection.sendall(b"" if how == "told" else b"0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        head, _blank, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert json.loads(body)["url"] == "/users/login"


def test_who_offers_a_key_may_send_more(server: LiveServer, alice: Actor) -> None:
    assert alice.post("/events/restSearch", {"value": ["x" * 1000] * 300}).status_code == 200
    assert server.request("POST", "/events/restSearch", {"value": "x" * 100_000}, key="a" * 40).status_code == 403
