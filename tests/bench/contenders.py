"""The two programs that are measured: both processes of their own, asked over a loopback socket by this one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench import limit
from tests.bench.base import Base
from tests.live import ROOT, LiveServer

_SETTLE_SECONDS = 2.5
_PYMISP = {"User-Agent": "PyMISP", "Accept": "application/json", "Content-Type": "application/json"}


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, in nanosecond steps: Linux makes the clock's number of the pid."""
    return time.clock_gettime((~pid << 3) | 2)


class Product:
    """The product, serving a copy of the base."""

    def __init__(self, base: Base, folder: Path) -> None:
        base.copy_to(folder)
        self.server = LiveServer(folder, base.birth)
        began = time.perf_counter()
        self.server.start()
        assert self.server.process is not None
        self.pid = self.server.process.pid
        address = urlsplit(self.server.url)
        self.connection = HTTPConnection(address.hostname or "", address.port, timeout=120)
        self.ask("GET", "/servers/getVersion")
        self.start_seconds = time.perf_counter() - began
        self.start_cpu_seconds = cpu_seconds(self.pid)
        self.idle_bytes = resident_bytes(self.pid)

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        """One request as PyMISP makes it, on the one connection; AssertionError unless it succeeds."""
        sent = {**_PYMISP, "Authorization": self.server.birth.key, **(headers or {})}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, f"{method} {path}: {answer.status} {content[:500]!r}"
        return content

    def settle(self) -> None:
        """Give it the time in which it moves its write-ahead log into the file: it looks twice before it is idle."""
        time.sleep(_SETTLE_SECONDS)

    def close(self) -> None:
        """Stop the server."""
        self.connection.close()
        self.server.stop()


class Limit:
    """The limit program, on another copy of the base."""

    def __init__(self, base: Base, folder: Path) -> None:
        path = base.copy_to(folder)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.limit", str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self.process.stdout is not None
        self.pid = self.process.pid
        self.connection = socket.create_connection(("127.0.0.1", int(self.process.stdout.readline())))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, verb: bytes, argument: bytes) -> bytes:
        """One verb; AssertionError when the program has died."""
        limit.send(self.connection, verb + argument)
        content = limit.receive(self.connection)
        assert content, "the limit program gave no answer"
        return content

    def settle(self) -> None:
        """The same here, where nobody else would do it."""
        self.ask(b"c", b"")

    def close(self) -> None:
        """End it."""
        self.connection.close()
        self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()


def resident_bytes(pid: int) -> int:
    """The memory a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
