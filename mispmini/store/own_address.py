"""By which URL this instance is known: partners recognise it by that in sharing groups (MODEL §7.9)."""

from mispmini.store.settings import load_settings

_base_url = ""
_is_guess = False


def announce(base_url: str, *, is_guess: bool = False) -> None:
    """The base URL this process was started with; said once at start. A verb of the command line guesses where none is
    set: what `serve` was started with it cannot know."""
    global _base_url, _is_guess
    _base_url, _is_guess = base_url, is_guess


def knows_itself() -> bool:
    """Whether this process knows the URL of this instance."""
    settings = load_settings()
    return bool(settings.base_url or settings.external_baseurl) or not _is_guess


def base_url() -> str:
    """The base URL that an admin or the configuration chose, else the one we were started with; no slash at the end."""
    return (load_settings().base_url or _base_url).rstrip("/")


def announced_url() -> str:
    """The URL that partners are told: the external base URL, else the base URL."""
    return load_settings().external_baseurl.rstrip("/") or base_url()
