"""Which addresses may be reached, and connections that check it before their first byte and keep the deadline."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import SSLError as FingerprintError

from mispmini.sync.failures import Cause, RemoteFailure

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 60.0
LONGEST_SILENCE_SECONDS = 600.0
SECONDS_PER_ATTRIBUTE = 0.003
BEYOND_SILENCE_SECONDS = 300.0
_SEND_BYTES = 256 * 1024

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Found = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]

# Python 3.11 calls these global, or has called them so.
_NEVER_PUBLIC = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "2002::/16", "192.0.0.0/24")))
_GLOBAL_UNICAST_6 = ipaddress.ip_network("2000::/3")

_EXPIRED, _NOT_YET_VALID, _NAME_DIFFERS, _ADDRESS_DIFFERS = 10, 9, 62, 64  # OpenSSL's X509_V_ERR_* numbers
_CERTIFICATE_CAUSES = {
    _EXPIRED: Cause.TLS_EXPIRED,
    _NOT_YET_VALID: Cause.TLS_EXPIRED,
    _NAME_DIFFERS: Cause.TLS_NAME,
    _ADDRESS_DIFFERS: Cause.TLS_NAME,
}


def networks(texts: Iterable[str]) -> tuple[_Network, ...]:
    """The networks an admin opened for one link (`10.0.0.0/8`, `::1`). Raises ValueError for anything else."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def may_reach(address: str, allowed: Iterable[_Network]) -> bool:
    """Whether a link may talk to this address: public, or inside a network opened for it (TRUST §2.4)."""
    plain = _unmapped(ipaddress.ip_address(address))
    return _is_public(plain) or any(plain in network for network in allowed)


def _unmapped(address: _Address) -> _Address:
    return (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped) or address


def _is_public(address: _Address) -> bool:
    if not address.is_global or address.is_multicast or any(address in network for network in _NEVER_PUBLIC):
        return False
    return address.version == 4 or address in _GLOBAL_UNICAST_6


class Deadline:
    """The wall-clock end of the request under way; every blocking call of its sockets asks here first.

    It grows with what the partner has to work through, as a MISP answers only behind that (RULES §11); `at_most` bounds
    it in seconds whatever that is.
    """

    def __init__(self, at_most: float | None = None) -> None:
        self._at_most = at_most
        self.restart()

    def restart(self, attributes: int = 0) -> None:
        """Begin a new request, about an event of so many attributes."""
        self.silence = min(LONGEST_SILENCE_SECONDS, SILENCE_SECONDS + SECONDS_PER_ATTRIBUTE * attributes)
        self.seconds = self.silence + BEYOND_SILENCE_SECONDS
        if self._at_most is not None:
            self.seconds = min(self.seconds, self._at_most)
        self._ends = time.monotonic() + self.seconds

    def wait(self, at_most: float | None = None) -> float:
        """Seconds a blocking call may take, as long as silence is borne if not told. Raises RemoteFailure(DEADLINE)."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.missed("")
        return min(self.silence if at_most is None else at_most, left)

    def missed(self, otherwise: str) -> RemoteFailure:
        """The failure behind a timeout: the deadline if it has passed, else the silence that `otherwise` describes."""
        if self._ends <= time.monotonic():
            return RemoteFailure(Cause.DEADLINE, f"the request was not over after {self.seconds:g} s")
        return RemoteFailure(Cause.TIMEOUT, otherwise)


@dataclass(frozen=True, slots=True)
class Gate:
    """What the connections of one link are bound to: the networks opened for it, and the deadline."""

    allowed: tuple[_Network, ...]
    deadline: Deadline

    def connect(self, host: str, port: int) -> "TimedSocket":
        """A connected socket that has sent nothing yet.

        Blocked addresses are not even contacted; the peer's address is checked once more after connecting, since
        0.0.0.0 and the like lead elsewhere than they say. Raises RemoteFailure: dns, internal_address, tcp, deadline.
        """
        failure = RemoteFailure(Cause.INTERNAL_ADDRESS, f"{host} is an internal address, not opened for this link")
        for found in self._resolve(host, port):
            if may_reach(found[4][0], self.allowed):
                try:
                    return self._connected(found)
                except OSError as error:
                    failure = RemoteFailure(Cause.TCP, f"no connection to {host} port {port}: {_reason(error)}")
        raise failure

    def _resolve(self, host: str, port: int) -> list[_Found]:
        # The C library's look-up takes no timeout, so that it waits in a thread of its own.
        answer: SimpleQueue[list[_Found] | Exception] = SimpleQueue()
        Thread(target=_look_up, args=(host, port, answer), daemon=True).start()
        try:
            found = answer.get(timeout=self.deadline.wait(CONNECT_SECONDS))
        except Empty:
            raise RemoteFailure(Cause.DNS, f"the name {host} was not resolved in time") from None
        if isinstance(found, Exception):
            raise RemoteFailure(Cause.DNS, f"the name {host} cannot be resolved: {_reason(found)}")
        return found

    def _connected(self, found: _Found) -> "TimedSocket":
        family, kind, protocol, _, address = found
        sock = TimedSocket(family, kind, protocol)
        sock.deadline = self.deadline
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self.deadline.wait(CONNECT_SECONDS))
            sock.connect(address)
            peer = sock.getpeername()[0]
            if not may_reach(peer, self.allowed):
                raise RemoteFailure(Cause.INTERNAL_ADDRESS, f"{address[0]} led to {peer}, not opened for this link")
        except BaseException:
            sock.close()
            raise
        return sock


def _look_up(host: str, port: int, answer: "SimpleQueue[list[_Found] | Exception]") -> None:
    try:
        answer.put(list(socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)))
    except (OSError, ValueError) as error:  # ValueError: UnicodeError for labels no name may have
        answer.put(error)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


class TimedSocket(socket.socket):
    """A socket whose every read and write ends with the request's deadline or after too long a silence."""

    deadline: Deadline

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Read as the base class does. Raises RemoteFailure: timeout, deadline."""
        self.settimeout(self.deadline.wait())
        try:
            return super().recv_into(*args, **kwargs)
        except TimeoutError:
            raise self.deadline.missed(f"nothing came for {self.deadline.silence:g} s") from None

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Write all, in pieces: a large body on a slow line is no silence. Raises RemoteFailure: timeout, deadline."""
        rest = memoryview(data).cast("B")
        while rest:
            self.settimeout(self.deadline.wait())
            try:
                rest = rest[self.send(rest[:_SEND_BYTES], flags) :]
            except TimeoutError:
                raise self.deadline.missed(f"nothing was taken for {self.deadline.silence:g} s") from None


class TimedTlsSocket(TimedSocket, ssl.SSLSocket):
    """The same over TLS; an SSLContext makes it when it is its `sslsocket_class`."""


class _RawBrackets:
    """A MISP sends `deleted[]:0` as it stands, urllib3 would write `%5B%5D` (PROTOCOL §1.1)."""

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Begin a request with the brackets of named parameters as they were."""
        super().putrequest(method, url.replace("%5B%5D:", "[]:"), *args, **kwargs)  # type: ignore[misc]


class GuardedConnection(_RawBrackets, HTTPConnection):
    """Plain HTTP through a gate."""

    def __init__(self, *args: Any, gate: Gate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = gate

    def _new_conn(self) -> TimedSocket:
        return self._gate.connect(self._dns_host, self.port)


class GuardedTlsConnection(_RawBrackets, HTTPSConnection):
    """HTTPS through a gate; what TLS refuses is named."""

    def __init__(self, *args: Any, gate: Gate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._gate = gate

    def _new_conn(self) -> TimedSocket:
        return self._gate.connect(self._dns_host, self.port)

    def connect(self) -> None:
        """Connect and shake hands. Raises RemoteFailure: what Gate.connect raises, tls_*, timeout."""
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            cause = _CERTIFICATE_CAUSES.get(error.verify_code, Cause.TLS_CHAIN)
            raise RemoteFailure(cause, f"the certificate was refused: {error.verify_message}") from None
        except FingerprintError:
            raise RemoteFailure(Cause.TLS_PIN, "the certificate is not the pinned one") from None
        except ssl.SSLError as error:
            raise RemoteFailure(Cause.TLS_OTHER, f"no TLS connection: {error.reason or error}") from None
        except TimeoutError:
            raise self._gate.deadline.missed(f"no TLS connection after {CONNECT_SECONDS:g} s") from None
        if isinstance(self.sock, TimedTlsSocket):
            self.sock.deadline = self._gate.deadline
