"""What auth_keys/index is asked for: a POST has columns of keys, and moments as all searches do (API §8.3, CLIENTS)."""

from collections.abc import Mapping, Sequence

from mispmini.wire.moments import seconds_of
from mispmini.wire.replies import Reply
from mispmini.wire.scalars import as_record, flag, plain_text, whole_number

_TEXTS = ("id", "uuid", "authkey_start", "authkey_end", "user_id", "comment")
_MOMENTS = ("created", "expiration", "last_used")
_MOST = 100_000


def asked_keys(found: Sequence[Reply], given: Mapping[str, object], now: int) -> list[Reply]:
    """Of the rows of auth_keys/index those that are asked for, or one page of them; `now` is epoch seconds."""
    fitting = [row for row in found if _fits(as_record(row["AuthKey"]) or {}, given, now)]
    limit, page = whole_number(given.get("limit")) or _MOST, whole_number(given.get("page")) or 1
    start = (max(page, 1) - 1) * max(limit, 1)
    return fitting[start : start + max(limit, 1)]


def _fits(key: Mapping[str, object], given: Mapping[str, object], now: int) -> bool:
    wanted = {name: text for name in _TEXTS if (text := plain_text(given.get(name)))}
    if any(str(key[name]).casefold() != text.casefold() for name, text in wanted.items()):
        return False
    reads = flag(given.get("read_only"))
    if reads is not None and key["read_only"] is not reads:
        return False
    return all(_is_in(key[name], given[name], now) for name in _MOMENTS if given.get(name))


def _is_in(moment: object, asked: object, now: int) -> bool:
    """Not before the moment that is asked for, or between two; what names no moment matches nothing."""
    texts = asked if isinstance(asked, list) else [asked]
    bounds = [seconds_of(text, now) or 0 if isinstance(text, int | float | str) else now + 1 for text in texts[:2]]
    at = int(str(moment or 0))
    return min(bounds) <= at <= max(bounds) if len(bounds) == 2 else bool(bounds) and at >= bounds[0]
