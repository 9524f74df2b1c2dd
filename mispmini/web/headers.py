"""The headers that make browsers careful, and the host names we answer to (TRUST §5, S15)."""

import re
from urllib.parse import urlsplit

from flask import Flask, Response, request

from mispmini.domain.errors import BadRequest
from mispmini.services import addresses
from mispmini.settings import Settings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_A_YEAR = "max-age=31536000"
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]*)(?::[0-9]*)?\Z")


def init(app: Flask, settings: Settings) -> None:
    """Refuse foreign host names, and mark every answer."""
    hosts = frozenset(host.lower() for host in settings.allowed_hosts)
    headers = dict(_ALWAYS)
    if settings.effective_base_url.startswith("https:"):
        headers["Strict-Transport-Security"] = _A_YEAR

    @app.before_request
    def check_host() -> None:
        asked = host_name(request.environ.get("HTTP_HOST", ""))
        if asked not in hosts and asked not in _announced_hosts():
            raise BadRequest("This server does not answer to that host name.")

    @app.after_request
    def mark(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _announced_hosts() -> set[str]:
    """Hosts of the URLs that an admin has set while running; looked up only when the usual ones do not match."""
    return {host_name(urlsplit(url).netloc) for url in addresses.own_addresses()} - {""}


def host_name(header: str) -> str:
    """The host of a Host header, lower case, without the port; an IPv6 address keeps its brackets. Empty for what is
    no host and port."""
    found = _HOST.match(header.strip().lower())
    return found[1] if found else ""
