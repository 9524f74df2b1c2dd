"""One link in use: its lock, its client, and what the partner said about itself in the handshake."""

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mispmini import __version__
from mispmini.domain import clock
from mispmini.domain.errors import Busy, Refused
from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.domain.receipts import Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.store import outbox, sealing, servers
from mispmini.store.certificates import path_of
from mispmini.store.database import writing
from mispmini.store.sealing import data_folder
from mispmini.store.settings import load_settings
from mispmini.sync.failures import BETWEEN
from mispmini.sync.remote import Answer, Cause, Link, RemoteFailure, RemoteServer
from mispmini.wire.scalars import flag

GET_VERSION = "/servers/getVersion"
_PART = re.compile(r"\d{1,9}\Z", re.ASCII)
_POLL_SECONDS = 0.02
_SAME_CLOCK_SECONDS = 5

Progress = Callable[[int, int], bool]


class AlreadyRunning(Busy):
    """Another job, page or command works this link (TRUST §3.4, F38)."""


class LinkRefused(Refused):
    """The partner does not let us do this; `reason` is the ledger's word, `http_status` what it answered."""

    def __init__(self, reason: Trouble, sentence: str, http_status: int | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.http_status = http_status


@dataclass(frozen=True, slots=True)
class Outbound:
    """What this process allows towards all partners: open networks, and the longest a request may take in seconds if it
    is bounded beside the rule (RULES §11)."""

    allow_internal: tuple[str, ...] = ()
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class RemoteVersion:
    """getVersion, as far as it is believed (PROTOCOL §2.1). `document` is the answer as it came."""

    version: str
    perm_sync: bool
    perm_sighting: bool
    perm_galaxy_editor: bool
    perm_analyst_data: bool
    takes_gzip: bool
    document: dict[str, Any]
    skew: int | None = None  # seconds that its clock is ahead of ours, by the Date header

    @property
    def lists_proposals(self) -> bool:
        """Whether proposals can be asked for as a list (PROTOCOL §2.1, gates)."""
        return self._is_since(111)

    @property
    def finds_sightings(self) -> bool:
        """Whether sightings can be searched for; else they stand in whole events (PROTOCOL §2.1, gates)."""
        return self._is_since(165)

    @property
    def lists_orgs(self) -> bool:
        """Whether a rule of organisations may be a list; else it is one text (PROTOCOL §2.1, gates)."""
        return self._is_since(124)

    def _is_since(self, hotfix: int) -> bool:
        """2.4 from this hotfix on, and every 2.5: a MISP that calls itself otherwise is not asked (recording 62)."""
        parts = [int(part) if _PART.match(part) else -1 for part in self.version.split(".")[:3]]
        major, minor, fix = (*parts, -1, -1, -1)[:3]
        return major == 2 and (minor == 5 or (minor == 4 and fix >= hotfix))


def go_on(_done: int, _total: int) -> bool:
    """The Progress of a run that nobody watches: it hears (done, total) and says whether to go on."""
    return True


def names_event(ref: str) -> bool:
    """Whether a text is the id or uuid of an event."""
    return is_row_number(ref) or canonical_uuid(ref) is not None


def user_agent() -> str:
    """How we call ourselves: a name that begins with MISP gets compact JSON (RULES §7)."""
    return f"MISP {load_settings().announced_version} - mispmini/{__version__}"


def link_of(server: LinkedServer, outbound: Outbound) -> Link:
    """How the partner is reached. Raises LinkRefused when the key is not in the key file."""
    try:
        authkey = sealing.unseal(server.authkey_ref)
    except KeyError:
        raise LinkRefused(Trouble.KEY_REFUSED, "The partner's key is missing here: enter it again.") from None
    return Link(
        url=server.url,
        authkey=authkey,
        allow_internal=outbound.allow_internal + server.allow_internal,
        ca_file=path_of(server.cert_file) if server.cert_file else None,
        client_cert=path_of(server.client_cert_file) if server.client_cert_file else None,
        pinned_sha256=server.pinned_sha256,
        proxy=_proxy_of(server),
    )


def _proxy_of(server: LinkedServer) -> str | None:
    if server.skip_proxy or not server.proxy:
        return None
    try:
        return sealing.unseal(server.proxy)
    except KeyError:
        raise LinkRefused(Trouble.KEY_REFUSED, "The link's proxy is missing here: enter it again.") from None


def open_remote(server: LinkedServer, outbound: Outbound) -> RemoteServer:
    """A client for one thread; a context manager. Raises LinkRefused, RemoteFailure."""
    return RemoteServer(link_of(server, outbound), user_agent=user_agent(), deadline=outbound.deadline)


@contextmanager
def only_one_on(server_id: int, *, wait: float = 0.0, kind: str = "server") -> Iterator[None]:
    """Hold the link's lock file, waiting at most so many seconds; the system lets go of it with the process.

    `kind` names what else than a server may be worked: a feed. Raises AlreadyRunning.
    """
    folder = data_folder() / "locks"
    folder.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(folder / f"{kind}-{server_id}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, time.monotonic() + wait)
        yield
    finally:
        os.close(handle)


def is_at_work(server_id: int) -> bool:
    """Whether somebody, in this process or another, works the link at this moment."""
    try:
        with only_one_on(server_id):
            return False
    except AlreadyRunning:
        return True


def shake_hands(remote: RemoteServer) -> RemoteVersion:
    """Ask who is there. Raises LinkRefused for a refused key, RemoteFailure for everything else."""
    answer = remote.get_json(GET_VERSION)
    if answer.status in (401, 403, 405):
        raise LinkRefused(Trouble.KEY_REFUSED, f"The partner refused our key: {said(answer)}", answer.status)
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {GET_VERSION}: {said(answer)}")
    if not isinstance(answer.json, dict) or not isinstance(answer.json.get("version"), str):
        raise RemoteFailure(Cause.NOT_JSON, f"no version in the answer to {GET_VERSION}")
    document: dict[str, Any] = answer.json
    encodings = document.get("request_encoding")
    return RemoteVersion(
        version=document["version"],
        perm_sync=flag(document.get("perm_sync")) is True,
        perm_sighting=flag(document.get("perm_sighting")) is True,
        perm_galaxy_editor=flag(document.get("perm_galaxy_editor")) is True,
        perm_analyst_data=flag(document.get("perm_analyst_data")) is True,
        takes_gzip=isinstance(encodings, list) and "gzip" in encodings,
        document=document,
        skew=None if answer.date is None else answer.date - clock.now(),
    )


def note_handshake(server: LinkedServer, version: RemoteVersion) -> None:
    """The partner let us in: remember how far its clock is from ours, if that has changed (RULES §6), and let go what
    waited for somebody because it did not."""
    moved = version.skew is not None and abs(version.skew - (server.clock_skew or 0)) > _SAME_CLOCK_SECONDS
    if moved:
        with writing(quiet=True):
            servers.update_server(server.id, {"clock_skew": version.skew})
    let_go(server, may_sync=version.perm_sync)


def let_go(server: LinkedServer, *, may_sync: bool) -> None:
    """Our key is taken: what was parked because it was not, or as something stood between, goes out by itself."""
    causes = [*BETWEEN, Trouble.KEY_REFUSED, *([Trouble.NO_SYNC_PERMISSION] if may_sync else [])]
    if outbox.is_held(server.id, causes):
        with writing(quiet=True):
            outbox.release(server.id, causes)


def said(answer: Answer) -> str:
    """What a partner said about a failure: its errors or message, else the beginning of the body."""
    return answer.text


def _lock(handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise AlreadyRunning("A push or pull of this server is already running.") from None
            time.sleep(_POLL_SECONDS)
