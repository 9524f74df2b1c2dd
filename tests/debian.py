"""A clean Debian in a folder, with namespaces of its own: an administrator's page is run there word by word."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.live import ROOT

SUITE = "bookworm"
CHECKOUT = "/root/mispmini"  # a home folder, which the service's account cannot look into
LENT = "/mnt/lent"
NEEDED = ("debootstrap", "unshare", "nsenter", "ip")
_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
_PIP_FILES = (Path("/etc/pip.conf"), Path("/etc/xdg/pip"))
_HANDED_ON = ("PIP_", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy")
_HOLD = """
mount -t proc proc {root}/proc; mount --rbind /dev {root}/dev; ip link set lo up; {binds}
echo up; while :; do sleep 1 & wait; done
"""
_ASK = """
import json, sys, requests
method, url, key, body, verify, host = json.load(sys.stdin)
headers = {"Authorization": key, "Accept": "application/json", "Host": host}
answer = requests.request(method, url, json=body, headers=headers, verify=verify, allow_redirects=False, timeout=30)
print(json.dumps([answer.status_code, dict(answer.headers), answer.text]))
"""


def why_not() -> str:
    """Why no clean Debian can be made here; empty where one can."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid():
        return "only root can make a clean Debian"
    if missing or not _SOURCES.exists():
        return f"there is no {' '.join(missing) or 'mirror in debian.sources'} here"
    return ""


def make_root(root: Path) -> None:
    """The smallest Debian, from where this machine has its own; DEBIAN_MINBASE names a folder with one made before."""
    mirror = next(line.split()[1] for line in _SOURCES.read_text().splitlines() if line.startswith("URIs:"))
    if made := os.environ.get("DEBIAN_MINBASE"):
        copy_root(Path(made), root)
    else:
        _run(["debootstrap", "--variant=minbase", SUITE, str(root), mirror])
    shutil.copy("/etc/resolv.conf", root / "etc" / "resolv.conf")
    for name in ("systemctl", "journalctl"):
        shutil.copy(ROOT / "tests" / f"stand_in_{name}.sh", root / "usr" / "local" / "bin" / name)


def copy_root(root: Path, to: Path) -> None:
    """With its accounts and rights."""
    _run(["cp", "--archive", str(root), str(to)])


def put_checkout(root: Path, folder: str = CHECKOUT) -> Path:
    """What git knows of this checkout, as it stands in the working folder, without its history."""
    listed = subprocess.check_output(("git", "ls-files", "-z", "mispmini", "templates", "static"), cwd=ROOT, text=True)
    target = root / folder[1:]
    for name in (*listed.split("\0")[:-1], "pyproject.toml", "README.md", ".ci/commit_hook.py"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    return target


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.text)


@dataclass(frozen=True, slots=True)
class Machine:
    """A Debian whose processes, mounts and network end with it."""

    root: Path
    pid: int

    def run(self, lines: str, *, outside: bool = False, stdin: str = "", expect: int = 0) -> str:
        """What root's lines printed, run in the checkout; `outside` lends them this machine's network."""
        words = [*self._entered(outside), "chroot", str(self.root), "bash", "-euo", "pipefail", "-c"]
        done = subprocess.run(
            [*words, f"cd {CHECKOUT}\n{lines}"], input=stdin, env=_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == expect, f"{lines}\n{done.returncode}: {done.stdout[-3000:]}"
        return done.stdout

    def verb(self, *words: str, stdin: str = "", expect: int = 0) -> Any:
        """What a verb answers, in JSON."""
        quoted = " ".join(f"'{word}'" for word in words)
        return json.loads(self.run(f"mispmini {quoted} --json", stdin=stdin, expect=expect))

    def ask(
        self,
        method: str,
        url: str,
        *,
        key: str = "",
        body: object = None,
        ca: str | None = None,
        host: str | None = None,
    ) -> Answer:
        """One request from here; `host` is another name than the URL's."""
        asked = json.dumps([method, url, key, body, ca or True, host])
        return Answer(*json.loads(self.run(f"/opt/mispmini/bin/python -c '{_ASK}'", stdin=asked)))

    def put(self, path: str, content: str | bytes) -> None:
        """A file, as an administrator would write it."""
        target = self.root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def joined(self, other: "Machine", mine: str, theirs: str) -> None:
        """A cable between two machines, with an address at each end."""
        _run(["nsenter", f"--target={self.pid}", "--net", "ip", "link", "add", "eth0", "type", "veth", "peer", "name",
              "eth0", "netns", str(other.pid)])  # fmt: skip
        for machine, address in ((self, mine), (other, theirs)):
            ip = ["nsenter", f"--target={machine.pid}", "--net", "ip"]
            _run([*ip, "address", "add", f"{address}/24", "dev", "eth0"])
            _run([*ip, "link", "set", "eth0", "up"])

    def _entered(self, outside: bool) -> Sequence[str]:
        return ["nsenter", f"--target={self.pid}", "--mount", "--pid", *(() if outside else ("--net",))]


@contextmanager
def machine(root: Path) -> Iterator[Machine]:
    """A root with namespaces of its own: no network but its loopback."""
    script = _HOLD.format(root=root, binds=_binds(root))
    holder = subprocess.Popen(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "bash", "-euc", script],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        yield Machine(root, int(children[0]))
    finally:
        holder.kill()
        holder.communicate()


def _binds(root: Path) -> str:
    """pip's settings here, and the files that they name: shown there, never copied."""
    named = [Path(value) for name, value in os.environ.items() if _is_handed_on(name) and Path(value).is_absolute()]
    shown = {path: LENT + str(path) for path in named} | {path: str(path) for path in _PIP_FILES}
    return "; ".join(_bind(path, f"{root}{inside}") for path, inside in shown.items() if path.exists())


def _bind(path: Path, inside: str) -> str:
    fresh = f"mkdir -p {inside}" if path.is_dir() else f"mkdir -p $(dirname {inside}); touch {inside}"
    return f"{fresh}; mount --bind {path} {inside}"


def _environment() -> Mapping[str, str]:
    told = {name: value for name, value in os.environ.items() if _is_handed_on(name)}
    lent = {name: f"{LENT}{value}" if Path(value).is_absolute() else value for name, value in told.items()}
    return {**lent, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", "HOME": "/root", "LANG": "C.UTF-8"}


def _is_handed_on(name: str) -> bool:
    return name.startswith(_HANDED_ON)


def _run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr}"
