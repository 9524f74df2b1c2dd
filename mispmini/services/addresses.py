"""By which addresses this instance is known, and when two spellings are one (RULES §1)."""

from urllib.parse import urlsplit

from mispmini.store.own_address import announce as announce
from mispmini.store.own_address import announced_url as announced_url
from mispmini.store.own_address import base_url as base_url
from mispmini.store.own_address import knows_itself as knows_itself
from mispmini.store.settings import load_settings

_DEFAULT_PORTS = {"http": 80, "https": 443}


def own_addresses() -> tuple[str, ...]:
    """Every address of this instance."""
    settings = load_settings()
    return tuple(url for url in (base_url(), settings.external_baseurl, *settings.url_aliases) if url)


def same_address(one: str, other: str) -> bool:
    """Whether two URLs are one server: scheme and host in any case, default port and trailing slash as nothing."""
    return _canonical(one) == _canonical(other)


def _canonical(url: str) -> tuple[str, str, int | None, str]:
    try:
        parts = urlsplit(url.strip())
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme.lower())
    except ValueError:
        return "", url, None, ""
    return parts.scheme.lower(), (parts.hostname or "").lower(), port, parts.path.rstrip("/")
