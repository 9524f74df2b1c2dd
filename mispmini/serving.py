"""One serving process: its lock, its socket, waitress in front of the app, and a clean end (TRUST §3.5, F8, F40)."""

import ctypes
import fcntl
import gc
import importlib
import json
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

import click

from mispmini.cli.frame import PortTaken, make_private
from mispmini.domain.errors import MispminiError
from mispmini.domain.masking import long_masked
from mispmini.hearing import channel_for, most_bytes
from mispmini.services import expressions, identity
from mispmini.services.setup_links import new_setup_secret
from mispmini.settings import Settings
from mispmini.store import database, served

STOP_SECONDS = 9.5
_DRAIN_SECONDS = 7.0
_FAREWELL_SECONDS = 0.5
_TURN_SECONDS = 1.0
_CONNECTIONS = 500
_MEGABYTE = 1024 * 1024
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # numbers of glibc's malloc.h
_QUIET = {"waitress.queue": logging.ERROR, "apscheduler": logging.WARNING}
_FORWARDED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
_waitress: Any = importlib.import_module("waitress.server")
_wasyncore: Any = importlib.import_module("waitress.wasyncore")


class AlreadyServing(MispminiError):
    """Another process serves this data folder (TRUST F40)."""


class MaskingFormatter(logging.Formatter):
    """Whatever has the length of a key, a session or a one-time link is shown by its ends only (FEATURES row 96)."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, or the lines of a traceback, without secrets."""
        return long_masked(super().format(record))


class Runner(Protocol):
    """The background jobs of a serving process."""

    def stop(self) -> None:
        """End what runs, in seconds."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What main assembles a serving process from, once the database is open."""

    make_app: Callable[[Settings], Any]
    start_jobs: Callable[[Settings], Runner]


def serve(settings: Settings, parts: Parts, *, as_json: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; tells the address on standard output once requests are answered.

    Port 0 lets the system choose. Raises AlreadyServing, PortTaken, and what opening the database raises.
    """
    make_private(settings.data)
    _log_plainly(settings.log_level)
    with only_one_here(settings), _bound(settings) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        database.open_database(settings.database_path)
        try:
            expressions.refuse_unmatched()
            secret = new_setup_secret()
            server = _Server(parts.make_app(settings), settings, listener)
            identity.note_start()
            jobs = parts.start_jobs(settings)
            _hold_little_memory()
            _announce(settings, secret, as_json=as_json)
            server.run()
            ending = threading.Thread(target=jobs.stop)
            ending.start()
            server.drain()
            ending.join()
            with suppress(MispminiError):
                served.write_readings()
        finally:
            database.close_database()


def _hold_little_memory() -> None:
    """For a process that lives long and now and then reads a body of many megabytes (SPEED §2.7).

    What was made so far stays, so that the collector need not look at it again. What large bodies leave behind goes
    back to the system at once, where glibc is the C library.
    """
    gc.freeze()
    with suppress(AttributeError, OSError):  # no such function; a program that loads no libraries at all
        mallopt = ctypes.CDLL(None).mallopt
        for switch, value in ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, _MEGABYTE), (_TRIM_THRESHOLD, _MEGABYTE)):
            mallopt(switch, value)


@contextmanager
def only_one_here(settings: Settings) -> Iterator[None]:
    """Hold the folder's serve lock; the system lets go of it when the process ends, however it ends."""
    settings.locks_dir.mkdir(exist_ok=True)
    with open(settings.locks_dir / "serve.lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyServing(f"Another mispmini serves {settings.data} already.") from None
        yield


def _cause(error: OSError) -> str:
    return str(error) if error.errno is None or error.errno < 0 else os.strerror(error.errno)


@contextmanager
def _bound(settings: Settings) -> Iterator[socket.socket]:
    """The listening socket, made before anything is told or migrated."""
    try:
        family, *_, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address, family=family)
    except OSError as error:
        raise PortTaken(f"Port {settings.port} on {settings.host} cannot be used: {_cause(error)}.") from None
    with listener:
        yield listener


def _announce(settings: Settings, secret: str | None, *, as_json: bool) -> None:
    here = replace(settings, base_url="").effective_base_url
    setup_url = None if secret is None else f"{settings.effective_base_url}/setup/{secret}"
    if as_json:
        told = {"url": here, "base_url": settings.effective_base_url, "pid": os.getpid(), "setup_url": setup_url}
        click.echo(json.dumps({name: value for name, value in told.items() if value is not None}))
        return
    click.echo(f"mispmini serves {settings.data} on {here} (Ctrl-C stops it)")
    if setup_url:
        click.echo(f"Set it up, once and within 24 hours, at {setup_url}")


class _Threads(_waitress.ThreadedTaskDispatcher):  # type: ignore[misc]
    """waitress's threads, of which there may be more for a while."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._counting, self._wanted = threading.RLock(), 0
        self.set_thread_count(count)

    def lend(self, by: int) -> None:
        """Work with so many more, or fewer; not any more when all are to end."""
        with self._counting:
            if self._wanted:
                self.set_thread_count(self._wanted + by)

    def set_thread_count(self, count: int) -> None:
        """So many from now on."""
        with self._counting:
            self._wanted = count
            super().set_thread_count(count)

    def handler_thread(self, thread_no: int) -> None:
        """The life of one of them."""
        try:
            super().handler_thread(thread_no)
        finally:
            database.disconnect()


class _Server:
    """waitress with an end that lets running requests finish: its own run() drops their answers."""

    def __init__(self, app: Any, settings: Settings, listener: socket.socket) -> None:
        self.stopping = threading.Event()
        threads = _Threads(settings.threads)
        app.extensions["turns"].lend = threads.lend
        self.sockets: dict[int, Any] = {}
        self.waitress = _waitress.create_server(
            app,
            map=self.sockets,
            sockets=[listener],
            _dispatcher=threads,
            ident=None,
            expose_tracebacks=False,
            max_request_body_size=2 * most_bytes(settings),  # so that the 413 is ours, in JSON
            connection_limit=_CONNECTIONS,
            clear_untrusted_proxy_headers=True,
            **_proxy(settings),
        )
        self.waitress.channel_class = channel_for(settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def run(self) -> None:
        """Answer requests until a signal comes."""
        while not self.stopping.is_set():
            self._turn(_TURN_SECONDS)

    def drain(self) -> None:
        """Close the door, then each connection as it falls idle; what is not done in time is dropped.

        Two turns first: who called before the signal is let in, and heard.
        """
        self._turn(0)
        self._turn(0)
        _wasyncore.dispatcher.close(self.waitress)
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self.waitress.active_channels and time.monotonic() < deadline:
            for channel in tuple(self.waitress.active_channels.values()):
                channel.will_close = channel.will_close or _is_idle(channel)
            self._turn(0.05)
        self.waitress.task_dispatcher.shutdown(timeout=_FAREWELL_SECONDS)

    def _stop(self, *_: object) -> None:
        if self.stopping.is_set():
            os._exit(1)
        self.stopping.set()
        self.waitress.pull_trigger()
        _leave_in(STOP_SECONDS)

    def _turn(self, seconds: float) -> None:
        _wasyncore.loop(timeout=seconds, use_poll=True, map=self.sockets, count=1)


def _is_idle(channel: Any) -> bool:
    return not (channel.requests or channel.request or channel.total_outbufs_len)


def _proxy(settings: Settings) -> dict[str, object]:
    if not settings.trusted_proxy:
        return {}
    return {
        "trusted_proxy": settings.trusted_proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": _FORWARDED,
    }


def _leave_in(seconds: float) -> None:
    """A job that hangs must not hold up the end: what it had not committed is redone at the next start."""
    last_resort = threading.Timer(seconds, os._exit, (0,))
    last_resort.daemon = True
    last_resort.start()


def _log_plainly(level: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(MaskingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(least)
