"""By which URL this instance is known: partners recognise it by that in sharing groups (MODEL §7.9)."""

from mispmini.store.settings import load_settings

_base_url = ""


def announce(base_url: str) -> None:
    """The base URL this process was started with; said once at start."""
    global _base_url
    _base_url = base_url


def base_url() -> str:
    """The base URL that an admin or the configuration chose, else the one we were started with; no slash at the end."""
    return (load_settings().base_url or _base_url).rstrip("/")


def announced_url() -> str:
    """The URL that partners are told: the external base URL, else the base URL."""
    return load_settings().external_baseurl.rstrip("/") or base_url()
