"""Partners behind TLS for tests of links: real sockets, certificates of an authority made for the test."""

import ssl
from typing import Any

import trustme

from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, played

SYNC_KEY = "SyncKeyOfThePartner000000000000000000000"
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True, "request_encoding": ["gzip"], "uuid": "-"}


def tls_of(leaf: trustme.LeafCert, *, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """A server's context with this certificate; with `clients` it asks for one of theirs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # a missing client certificate then ends the handshake itself
    leaf.configure_cert(context)
    if clients:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def secured_partner(context: ssl.SSLContext | None, **more: Any) -> HostileServer:
    """A partner that passes the connection test, but for what `more` changes by path."""
    rules: dict[str, Any] = {
        "GET /servers/getVersion": VERSION,
        "POST /servers/postTest": _echo,
        "GET /users/view/me": {"User": {"email": "us@there.example"}, "Role": {"name": "Sync user", "perm_sync": True}},
    }
    partner = played(rules | more)
    partner.tls = context
    return partner


def pem_of(*blobs: trustme.Blob) -> str:
    """PEM text."""
    return b"".join(blob.bytes() for blob in blobs).decode()


def _echo(request: Received) -> bytes:
    headers = {"Content-type": request.headers["content-type"], "Accept": request.headers["accept"]}
    return answer({"body": body_of(request), "headers": headers})
