"""Live servers for tests: the product as a process of its own, set up by its own command line."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

import requests

from mispmini.domain.ids import new_authkey, new_uuid
from tests.calling import call
from tests.forking import Forker
from tests.prepared import migrated_database, write_database

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct-Horse-battery-7"
PROGRAM = "mispmini"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What an instance is set up with; `settings` are lines of its config.toml, `program` is the module that runs."""

    org_name: str = "CSIRT Alfa"
    org_uuid: str = field(default_factory=new_uuid)
    email: str = "dora@alfa.example"
    password: str = PASSWORD
    key: str = field(default_factory=new_authkey)
    settings: Sequence[str] = ('allow_internal = ["127.0.0.0/8"]',)
    program: str = PROGRAM


def pymisp_suite_birth() -> Birth:
    """The instance that PyMISP's own live suite expects (CLIENTS.md); production never has these names."""
    return Birth(org_name="ORGNAME", email="admin@admin.test")


class Running(Protocol):
    """A process of the product."""

    pid: int
    stdout: IO[str] | None

    def terminate(self) -> None:
        """SIGTERM."""

    def kill(self) -> None:
        """SIGKILL."""

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code."""


@dataclass(slots=True)
class LiveServer:
    """One data folder, and the process that serves it while it runs."""

    data: Path
    birth: Birth
    url: str = ""
    setup_url: str = ""  # the printed link, until it was used
    process: Running | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.data.with_name(f"{self.data.name}.log")

    def set_up(self) -> None:
        """Make the folder with `init`."""
        self.data.mkdir(parents=True)
        (self.data / "config.toml").write_text("\n".join(self.birth.settings) + "\n", encoding="utf-8")
        if _forkers:
            write_database(self.data / "mispmini.db", migrated_database())
        verb = ["init", "--data", str(self.data), "--org-name", self.birth.org_name, "--org-uuid", self.birth.org_uuid]
        switches = ["--admin-email", self.birth.email, "--password-stdin", "--authkey-stdin"]
        with self.log.open("a", encoding="utf-8") as log:
            self.process = _begin([*verb, *switches], log, stdin=f"{self.birth.password}\n{self.birth.key}\n")
        assert self.process.stdout is not None
        self.process.stdout.read()
        assert self.wait() == 0, self.log.read_text(encoding="utf-8")

    def start(self) -> None:
        """Serve the folder; a restart keeps the port, so that partners find it again. Raises AssertionError."""
        port = self.url.rpartition(":")[2] or "0"
        with self.log.open("a", encoding="utf-8") as log:
            words = ["serve", "--data", str(self.data), "--port", port, "--json"]
            self.process = _begin(words, log, program=self.birth.program)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("{"), f"it did not start: {line}{self.log.read_text(encoding='utf-8')[-3000:]}"
        told = json.loads(line)
        self.url, self.setup_url = told["url"], told.get("setup_url", "")

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut for the process."""
        assert self.process is not None
        self.process.kill()
        self.wait()

    def wait(self) -> int:
        """The exit code of a process that was told to end."""
        assert self.process is not None
        code = self.process.wait(timeout=20)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return code

    def request(
        self, method: str, path: str, body: object = None, *, key: str | None = None, patience: float = 30
    ) -> requests.Response:
        """One REST call; with the admin's key unless another is given. `patience` is seconds."""
        headers = {"Authorization": key or self.birth.key, "Accept": "application/json"}
        return call(method, f"{self.url}{path}", json=body, headers=headers, timeout=patience)

    def verb(self, *words: str, stdin: str = "") -> Any:
        """What a verb of the command line answers on this folder, beside the serving process."""
        return json.loads(run_verb(*words, "--data", str(self.data), "--json", stdin=stdin).stdout)


_forkers: list[Forker] = []


@contextmanager
def forking() -> Iterator[None]:
    """Until the block ends, servers and verbs are forked, and a new folder gets a copy of one migrated database.

    Without it each of them starts cold. To be called while this process is bound to no database.
    """
    migrated_database()
    _forkers.append(Forker())
    yield
    _forkers.pop().close()


def _begin(words: Sequence[str], log: IO[str], stdin: str = "", *, program: str = PROGRAM) -> Running:
    if _forkers and program == PROGRAM:
        return _forkers[-1].start(words, log, clean_environment(), stdin)
    process = subprocess.Popen(
        [sys.executable, "-m", program, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
    )
    assert process.stdin is not None
    with process.stdin as writing:
        writing.write(stdin)
    return process


def run_verb(*words: str, stdin: str = "", expect: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a verb in a process of its own; AssertionError when it does not end with the exit code `expect`."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        process = _begin(words, log, stdin=stdin)
        assert process.stdout is not None
        with process.stdout as told:
            stdout = told.read()
        code = process.wait(timeout=90)
        log.seek(0)
        done = subprocess.CompletedProcess(words, code, stdout, log.read())
    assert code == expect, f"{words}: {code}\n{done.stdout}\n{done.stderr}"
    return done


def clean_environment() -> dict[str, str]:
    """This environment without settings of a server that somebody runs here, and with empty libraries."""
    theirs = ("MISPMINI_", "LC_", "LANG")
    plain = {name: value for name, value in os.environ.items() if not name.startswith(theirs)}
    return {**plain, "LANG": "C.UTF-8", "MISPMINI_TAKE_LIBRARIES": "false"}


@contextmanager
def live_server(birth: Birth | None = None) -> Iterator[LiveServer]:
    """A fresh instance, serving until the block ends."""
    with tempfile.TemporaryDirectory(prefix="mispmini-test-") as folder:
        server = LiveServer(Path(folder) / "instance", birth or Birth())
        server.set_up()
        server.start()
        try:
            yield server
        finally:
            if server.process is not None:
                server.stop()


def eventually(look: Callable[[], T], *, within: float = 15.0, every: float = 0.02) -> T:
    """The first true result of `look`; AssertionError with the last one when there is none in time (seconds)."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within} s: {look} gave {seen!r}"
        time.sleep(every)
    return seen
