"""`/.well-known/security.txt`: whom somebody tells of a flaw in this server (RFC 9116)."""

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response

from mispmini.domain import clock
from mispmini.domain.errors import NotFound
from mispmini.services import addresses
from mispmini.services.instance_settings import load_settings
from mispmini.web.needs import public

bp = Blueprint("security_txt", __name__)
_GOOD_FOR = timedelta(days=180)


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """The contact of the settings; nothing where that is neither an e-mail address nor an https address."""
    contact = load_settings().contact.strip()
    if "@" in contact and "://" not in contact:
        contact = f"mailto:{contact.removeprefix('mailto:')}"
    if not contact.startswith(("mailto:", "https://")) or not contact.isprintable() or " " in contact:
        raise NotFound("No contact has been set.")
    ends = datetime.fromtimestamp(clock.now(), UTC) + _GOOD_FOR
    lines = (
        f"Contact: {contact}",
        f"Expires: {ends:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: pt-BR, en",
        f"Canonical: {addresses.announced_url()}/.well-known/security.txt",
    )
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
