"""How long a partner's certificate is still good: asked on a connection of its own, that sends no key."""

import ssl
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from mispmini.domain import clock
from mispmini.sync.addresses import Deadline, Gate, GuardedTlsConnection, TimedTlsSocket, networks
from mispmini.sync.failures import RemoteFailure
from mispmini.sync.remote import Link

_SECONDS = 10.0
_DAY = 86400


def days_left(link: Link) -> int | None:
    """Whole days until the partner's certificate expires; None for http, a proxy, a pin, or no answer.

    A pinned certificate is taken whatever its dates say, and Python tells the dates of verified ones alone.
    """
    target = urlsplit(link.url)
    if target.scheme != "https" or not target.hostname or link.proxy or link.pinned_sha256:
        return None
    context = ssl.create_default_context(cafile=str(link.ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.sslsocket_class = TimedTlsSocket
    connection = GuardedTlsConnection(
        target.hostname,
        target.port,
        gate=Gate(networks(link.allow_internal), Deadline(_SECONDS)),
        ssl_context=context,
    )
    try:
        connection.connect()
        return _days(connection.sock)
    except (RemoteFailure, OSError):
        return None
    finally:
        connection.close()


def _days(sock: object) -> int | None:
    shown = sock.getpeercert() if isinstance(sock, ssl.SSLSocket) else None
    ends = str(shown.get("notAfter", "")) if shown else ""
    return (int(ssl.cert_time_to_seconds(ends)) - clock.now()) // _DAY if ends else None
