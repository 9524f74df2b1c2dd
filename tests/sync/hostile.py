"""Small servers for tests of the outbound client: real sockets on loopback that answer as badly as they are told."""

import gzip
import json
import socket
import ssl
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from threading import Event, Thread
from typing import Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def inflated(self) -> bytes:
        """The body as the sender wrote it."""
        return gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body


MIB = 1024 * 1024
_TLS_HELLO = b"\x16"
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"

Script = Callable[[Received], Iterable[bytes]]


@dataclass(slots=True)
class HostileServer:
    """Answers every request with the bytes its script yields; closes when an answer says `Connection: close`.

    With `behind` it is a proxy too: it takes CONNECT, and plays the partner behind the tunnel with that context.
    """

    script: Script
    tls: ssl.SSLContext | None = None
    behind: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    bytes_received: int = 0
    stopping: Event = field(default_factory=Event)
    _listener: socket.socket = field(init=False)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, 0), family=family)
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for sock in (self._listener, *self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in (self._listener, *self._open):
            sock.close()

    @property
    def port(self) -> int:
        """The port the system chose."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The base address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    def pause(self, seconds: float) -> None:
        """Keep a client waiting; ends at once when the test is over."""
        self.stopping.wait(seconds)

    def vanish(self) -> None:
        """Take no connection any more."""
        self._listener.shutdown(socket.SHUT_RDWR)

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections += 1
                self._open.append(sock)
                self._spawn(self._converse, sock)

    def _converse(self, sock: socket.socket) -> None:
        with suppress(OSError):
            self._talk(self._secured(sock, self.tls) if self.tls else sock)

    def _secured(self, sock: socket.socket, context: ssl.SSLContext) -> socket.socket:
        secured = context.wrap_socket(sock, server_side=True)
        self._open.append(secured)
        return secured

    def _talk(self, sock: socket.socket) -> None:
        try:
            for request in self._requests(sock):
                self.requests.append(request)
                if request.method == "CONNECT" and self.behind:
                    sock.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                    return self._talk(self._secured(sock, self.behind))
                if self._says_goodbye(sock, request):
                    return None
        finally:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _says_goodbye(self, sock: socket.socket, request: Received) -> bool:
        said = b""
        for piece in self.script(request):
            sock.sendall(piece)
            said = said[:4096] + piece[:4096]
        return b"Connection: close" in said

    def _requests(self, sock: socket.socket) -> Iterator[Received]:
        with sock.makefile("rb") as stream:
            while stream.peek(1)[:1] != _TLS_HELLO and (line := stream.readline()):
                self.bytes_received += len(line)
                method, target, _ = line.decode("latin-1").split(" ", 2)
                headers = {}
                while (line := stream.readline().strip()) != b"":
                    name, _, value = line.decode("latin-1").partition(":")
                    headers[name.lower()] = value.strip()
                yield Received(method, target, headers, stream.read(int(headers.get("content-length", 0))))


def answer(
    body: object = None, status: str = "200 OK", kind: str = "application/json", length: int | None = None, **more: str
) -> bytes:
    """A whole HTTP answer; `length` lies about the body, `Set_Cookie="…"` adds a header."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": kind, "Content-Length": str(len(raw) if length is None else length)}
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + raw


@cache
def bomb(mebibytes: int, *, filling: bytes = b"0", begin: bytes = b"", end: bytes = b"") -> bytes:
    """A gzip bomb (1 MiB is about 1 kB on the wire); one packed MiB is repeated, as packing all would take seconds."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    piece = filling * (MIB // len(filling))
    first, packed = (packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in (begin, piece))
    checksum = zlib.crc32(begin)
    for _ in range(mebibytes):
        checksum = zlib.crc32(piece, checksum)
    size = len(begin) + mebibytes * len(piece) + len(end)
    trailer = struct.pack("<II", zlib.crc32(end, checksum), size)
    return _GZIP_HEAD + first + packed * mebibytes + packer.compress(end) + packer.flush() + trailer
