"""Live servers forked from one process that has imported the product already: importing costs a second of CPU each.

Only the servers of pytest's fixtures come from here. What shows the command line, and what measures, starts cold.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
_MODULES = ("application", "serving", "jobs", "cli.starting", "cli.setup")
_NUMBER = struct.Struct("q")
_REQUEST_BYTES = 1 << 17


class Forked:
    """A forked process, as far as tests use one of `subprocess`."""

    def __init__(self, stdout: IO[str], status: int) -> None:
        self.stdout: IO[str] | None = stdout
        self.pid = _told(status)
        self._status = status

    def terminate(self) -> None:
        """SIGTERM, unless it has ended."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        self._send(signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal. Raises TimeoutExpired after so many seconds."""
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        code = _told(self._status)
        os.close(self._status)
        return code

    def _send(self, number: signal.Signals) -> None:
        if not self._has_ended(0):
            os.kill(self.pid, number)

    def _has_ended(self, within: float | None) -> bool:
        return bool(select.select([self._status], [], [], within)[0])


class Forker:
    """The process that forks; it starts with the first request."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, words: Sequence[str], log: IO[str], env: dict[str, str], stdin: str = "") -> Forked:
        """`mispmini` with these words, its standard error in `log`."""
        if self._line is None:
            self._line = self._start_forking(env)
        with _pipe(stdin) as reading:
            stdout, its_stdout = os.pipe()
            status, its_status = os.pipe()
            request = json.dumps({"words": list(words), "env": env}).encode()
            socket.send_fds(self._line, [request], [reading, its_stdout, log.fileno(), its_status])
        os.close(its_stdout)
        os.close(its_status)
        return Forked(open(stdout, encoding="utf-8"), status)

    def close(self) -> None:
        """End the process that forks; what it forked goes on."""
        if self._line is not None and self._process is not None:
            self._line.close()
            self._process.wait(timeout=10)

    def _start_forking(self, env: dict[str, str]) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-m", "tests.forking", str(number)]
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[number], cwd=ROOT, env=env)
        return ours


@contextmanager
def _pipe(text: str) -> Iterator[int]:
    """The end to read `text` from; it must fit into a pipe."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    yield reading
    os.close(reading)


def _told(status: int) -> int:
    number: int = _NUMBER.unpack(os.read(status, _NUMBER.size))[0]
    return number


def _fork_when_asked(line: socket.socket) -> bool:
    """True in a fork that shall be the command line; False when nobody asks any more."""
    while True:
        request, fds, _, _ = socket.recv_fds(line, _REQUEST_BYTES, 4)
        if not request:
            return False
        if os.fork() == 0:
            line.close()
            _watch_over_a_fork(fds)
            _become(**json.loads(request))
            return True
        for fd in fds:
            os.close(fd)
        _bury()


def _watch_over_a_fork(fds: Sequence[int]) -> None:
    """Fork again; the first one tells pid and exit code and ends, the second one returns with its streams in place."""
    *streams, status = fds
    pid = os.fork()
    if pid:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for fd in (*range(3), *streams):
            os.close(fd)
        os.write(status, _NUMBER.pack(pid))
        os.write(status, _NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
        os._exit(0)
    os.close(status)
    for number, fd in enumerate(streams):
        os.dup2(fd, number)
        os.close(fd)


def _become(words: list[str], env: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["mispmini", *words]


def _bury() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    from mispmini.main import main
    from tests.cheap_passwords import make_cheap
    from tests.compiled_templates import share_compiled_templates

    make_cheap()
    share_compiled_templates()
    for name in _MODULES:
        importlib.import_module(f"mispmini.{name}")
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        is_fork = _fork_when_asked(asked)
    if is_fork:
        main()
