"""The grammars of filter values: restSearch's and the event index's (API §8.2, PROTOCOL §4.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mispmini.domain import sentences
from mispmini.domain.errors import Invalid
from mispmini.domain.filters import Terms

_OPERATORS = ("OR", "AND", "NOT")


def search_terms(name: str, value: object) -> Terms:
    """A restSearch value: `x`, `!x`, `x&&y`, a list of them, or lists under OR, AND and NOT; empty ones ask nothing.

    Raises Invalid for anything else.
    """
    value = _unnumbered(value)
    if isinstance(value, Mapping):
        return _under_operators(name, value)
    return _signed(_pieces(name, value, "&&"))


def index_terms(name: str, value: object, *, with_and: bool = False) -> Terms:
    """An index value: `x|y`, `!x`, or a list of values, whose names may hold a `|`; `x&y` as well for tags.

    Raises Invalid for anything else.
    """
    value = _unnumbered(value)
    if isinstance(value, Mapping):
        return _under_operators(name, value)
    if with_and and isinstance(value, str) and "&" in value:
        terms = _signed(_pieces(name, value.replace("&&", "&"), "&"))
        return replace(terms, any=(), all=terms.any)
    return _signed(_pieces(name, value, None if isinstance(value, list) else "|"))


def _unnumbered(value: object) -> object:
    """What PHP clients send for a list with gaps, `{"0": "x", "2": "y"}`, is that list."""
    if isinstance(value, Mapping) and value and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return value


def boolean_choice(name: str, value: object, *, words: Mapping[str, bool] | None = None) -> bool | None:
    """True, False, or None for no filter: from a boolean, 0, 1, 2, their texts, or a list where both ask nothing."""
    chosen = {_truth(piece, words or {}) for piece in _pieces(name, _kept_zero(value), "&&")}
    return chosen.pop() if len(chosen) == 1 else None


def _kept_zero(value: object) -> object:
    """Here false and 0 are values, not "no filter"."""
    if isinstance(value, list):
        return [_kept_zero(item) for item in value]
    return int(value) if isinstance(value, bool) else value


def _truth(piece: str | int, words: Mapping[str, bool]) -> bool | None:
    text = str(piece).strip().lower()
    return {"1": True, "true": True, "0": False, "false": False, **words}.get(text)


def _under_operators(name: str, value: Mapping[str, object]) -> Terms:
    parts = {str(key).upper(): part for key, part in value.items()}
    if not parts.keys() <= set(_OPERATORS):
        refuse_terms(name)
    alternatives = _signed(_pieces(name, parts.get("OR"), "&&"))
    together = _signed(_pieces(name, parts.get("AND"), "&&"))
    unwanted = tuple(str(piece).removeprefix("!") for piece in _pieces(name, parts.get("NOT"), "&&"))
    return Terms(alternatives.any, together.any, alternatives.none + together.none + unwanted)


def refuse_terms(name: str) -> None:
    """Raise Invalid: no filter value looks like this."""
    raise Invalid({name: [sentences.TERMS]})


def _pieces(name: str, value: object, separator: str | None) -> list[str | int]:
    """The single values of a scalar or list; an int is one value and never a negation."""
    pieces: list[str | int] = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            parts = item.split(separator) if separator else [item]
            pieces += [part.strip() for part in parts if part.strip()]
        elif isinstance(item, int | float) and not isinstance(item, bool):
            pieces.append(item if isinstance(item, int) else str(item))
        elif item is True:
            pieces.append("1")
        elif item:
            refuse_terms(name)
    return pieces


def _signed(pieces: Iterable[str | int]) -> Terms:
    wanted: list[str] = []
    unwanted: list[str] = []
    for piece in pieces:
        if isinstance(piece, str) and piece.startswith("!") and len(piece) > 1:
            unwanted.append(piece[1:])
        else:
            wanted.append(str(piece))
    return Terms(any=tuple(wanted), none=tuple(unwanted))
