"""The one-time link that an empty server prints, and the set-up behind it (FEATURES row 2)."""

from mispmini.domain import ids
from mispmini.domain.errors import Forbidden
from mispmini.services import addresses, identity
from mispmini.services.setting_up import FirstRun, Founded, is_set_up, set_up
from mispmini.store import one_time_links
from mispmini.store.database import writing
from mispmini.store.settings import save_setting

_KIND = "setup"
_SECONDS = 24 * 3600
DEAD_LINK = "This set-up link is used up or older than a day. Restart the server: it prints a new one."


def new_setup_secret() -> str | None:
    """The secret of a fresh set-up link, good once and for 24 hours; None for a server that has an account."""
    if is_set_up():
        return None
    secret = ids.new_secret()
    with writing(quiet=True):
        one_time_links.insert_link(_KIND, secret, seconds=_SECONDS)
    return secret


def check_setup_secret(secret: str) -> None:
    """Refuse a link that is not good (any more). Raises Forbidden."""
    if not one_time_links.is_any_link(_KIND, secret):
        raise Forbidden(DEAD_LINK)


def set_up_once(secret: str, first: FirstRun, *, base_url: str) -> Founded:
    """Set the server up and use the link up, both or neither. Raises Forbidden, Refused, Invalid by field."""
    with writing():
        if not one_time_links.use_link(_KIND, secret):
            raise Forbidden(DEAD_LINK)
        founded = set_up(first)
        if base_url and not addresses.same_address(base_url, addresses.base_url()):
            save_setting("external_baseurl", base_url.rstrip("/"), user_id=founded.user_id)
        identity.note_start()
        return founded
