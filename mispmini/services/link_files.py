"""Certificates that an admin gives a link: judged before they are kept, and never shown again (TRUST §6)."""

import ssl

from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.store import certificates

MOST_BYTES = 256 * 1024
NO_AUTHORITY = (
    "This is no PEM file with the certificate of an authority. To trust one server's own certificate, pin it."
)
HOLDS_KEY = "This file holds a private key: send the certificate of the authority alone."
NO_PAIR = "This is no PEM file with a certificate and its private key, the key without a password."


def file_flaws(draft: ServerDraft) -> dict[str, str | None]:
    """The sentence for each file that cannot be used, by the names of the wire."""
    return {
        "submitted_cert": _authority_flaw(draft.ca_pem) if draft.ca_pem else None,
        "submitted_client_cert": _pair_flaw(draft.client_pem) if draft.client_pem else None,
    }


def file_columns(draft: ServerDraft) -> dict[str, object]:
    """Keep what was given; the columns that name it, None where a file is taken away."""
    given = {"cert_file": ("ca", draft.ca_pem), "client_cert_file": ("client", draft.client_pem)}
    return {
        column: certificates.keep(hint, pem) if pem else None
        for column, (hint, pem) in given.items()
        if pem is not None
    }


def forget_files(old: LinkedServer, new: LinkedServer | None) -> None:
    """Remove the files that a link had and has no more, after the transaction."""
    for column in ("cert_file", "client_cert_file"):
        name = getattr(old, column)
        if new is None or getattr(new, column) != name:
            certificates.forget(name)


def _authority_flaw(pem: str) -> str | None:
    if "PRIVATE KEY" in pem:
        return HOLDS_KEY
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=_short_ascii(pem))
    except (ssl.SSLError, ValueError):
        return NO_AUTHORITY
    return None if context.cert_store_stats()["x509_ca"] else NO_AUTHORITY


def _pair_flaw(pem: str) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    name = None
    try:
        name = certificates.keep("check", _short_ascii(pem))
        context.load_cert_chain(certificates.path_of(name), password="")  # else an encrypted key asks the terminal
    except (ssl.SSLError, ValueError):
        return NO_PAIR
    finally:
        certificates.forget(name)
    return None


def _short_ascii(pem: str) -> str:
    """The text, if it can be PEM at all. Raises ValueError."""
    if len(pem) > MOST_BYTES or not pem.isascii() or "\0" in pem:
        raise ValueError("no PEM text")
    return pem
