"""Regular expressions that were saved where RE2 could be loaded, on a start where it cannot."""

from mispmini.domain import patterns
from mispmini.domain.errors import NotBuiltIn
from mispmini.domain.feeds import FeedRecord, ListSettings
from mispmini.services import warninglists
from mispmini.store.allowedlists import list_entries
from mispmini.store.feeds import list_any_feeds


def refuse_unmatched() -> None:
    """Raises NotBuiltIn, naming where they stand: what they leave out would be given away without them."""
    if patterns.can_match():
        return
    places = (
        ("allow-list", bool(list_entries())),
        ("warninglists", warninglists.holds_patterns()),
        ("feeds", _feeds()),
    )
    named = ", ".join(name for name, holds in places if holds)
    if named:
        raise NotBuiltIn(f"{patterns.WITHOUT_RE2} Expressions are saved in: {named}.")


def _feeds() -> bool:
    return any(feed.enabled and _holds_pattern(feed) for feed in list_any_feeds())


def _holds_pattern(feed: FeedRecord) -> bool:
    try:
        ListSettings.from_text(feed.settings)
    except NotBuiltIn:
        return True
    except ValueError:
        pass
    return False
