"""A user's `publish_alert_filter`: which published events an account wants to hear of (MISP's user setting). Pure."""

from collections.abc import Mapping

Facts = Mapping[str, tuple[str, ...]]
_DEEPEST = 8


def lets_through(wish: object, facts: Facts) -> bool:
    """Whether a filter lets an event through; none, or one that is not understood, lets everything through.

    `{"Tag.name": ["a", "b"], "Orgc.name": "X"}`: each condition holds if one of its values does, `%` at either end
    standing for anything; `AND`, `OR` and `NOT` hold further ones.
    """
    return _all(wish, facts, _DEEPEST) if isinstance(wish, dict) and wish else True


def _all(wish: object, facts: Facts, left: int) -> bool:
    if left == 0:
        return True
    if isinstance(wish, list):
        return all(_all(part, facts, left - 1) for part in wish)
    return not isinstance(wish, dict) or all(_holds(name, value, facts, left) for name, value in wish.items())


def _holds(name: str, value: object, facts: Facts, left: int) -> bool:
    if name.upper() in ("AND", "OR", "NOT"):
        parts = value if isinstance(value, list) else [{key: each} for key, each in _items(value)]
        held = [_all(part, facts, left - 1) for part in parts]
        return {"AND": all(held), "OR": any(held) or not held, "NOT": not any(held)}[name.upper()]
    if name not in facts:
        return True
    wanted = [str(item) for item in (value if isinstance(value, list) else [value])]
    return any(_matches(term, text) for term in wanted for text in facts[name])


def _items(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _matches(term: str, text: str) -> bool:
    term, text = term.casefold(), text.casefold()
    inner = term.strip("%")
    if term.startswith("%") and term.endswith("%"):
        return inner in text
    if term.startswith("%"):
        return text.endswith(inner)
    return text.startswith(inner) if term.endswith("%") else term == text
