"""Conditions on one column from a filter's terms (API §8.2). Text of a request only ever becomes a parameter."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import fields

from mispmini.domain.errors import BadRequest
from mispmini.domain.filters import Days, IndexFilters, SearchFilters, Span, Terms, is_pattern
from mispmini.domain.ids import is_row_number
from mispmini.store.deadline import TERM_TOO_LONG
from mispmini.store.sql import TRUE, Predicate, marks

Whole = Callable[[Sequence[str]], Predicate]
Pattern = Callable[[str], Predicate]

FALSE = Predicate("1 = 0")
TOO_MANY = "Too many search terms. Please send them in several requests."
_MOST_TERMS = 10_000
_MOST_COSTLY_TERMS = 200
_LONGEST_PATTERN = 10_000
_STRAY_BACKSLASH = re.compile(r"\\(?![%_\\])")


def refuse_excess(filters: SearchFilters | IndexFilters) -> None:
    """Raise BadRequest for a search that would pass SQLite's limits on parameters and on the depth of an expression."""
    groups = [value for field in fields(filters) if isinstance(value := getattr(filters, field.name), Terms)]
    groups += [terms for _key, terms in filters.galaxy] if isinstance(filters, SearchFilters) else []
    terms = [term for group in groups for part in (group.any, group.all, group.none) for term in part]
    costly = sum(map(is_pattern, terms)) + sum(len(group.all) for group in groups)
    if len(terms) > _MOST_TERMS or costly > _MOST_COSTLY_TERMS:
        raise BadRequest(TOO_MANY)
    if any(len(term) > _LONGEST_PATTERN and is_pattern(term) for term in terms):
        raise BadRequest(TERM_TOO_LONG)


def all_of(conditions: Iterable[Predicate]) -> Predicate:
    """Every one holds; none at all is true."""
    return _joined(" AND ", [one for one in conditions if one is not TRUE], TRUE)


def any_of(conditions: Iterable[Predicate]) -> Predicate:
    """At least one holds; none at all is false."""
    return _joined(" OR ", [one for one in conditions if one is not FALSE], FALSE)


def _joined(word: str, conditions: list[Predicate], empty: Predicate) -> Predicate:
    if not conditions:
        return empty
    text = word.join(f"({one.text})" for one in conditions)
    return Predicate(text, tuple(param for one in conditions for param in one.params))


def none_of(condition: Predicate) -> Predicate:
    """The condition does not hold."""
    return TRUE if condition is FALSE else Predicate(f"NOT ({condition.text})", condition.params)


def one_of(column: str, values: Collection[object]) -> Predicate:
    """The column has one of these values."""
    wanted = tuple(values)
    return Predicate(f"{column} IN ({marks(wanted)})", wanted) if wanted else FALSE


def within(column: str, selected: Predicate) -> Predicate:
    """The column is in a subselect; of one that selects nothing for sure, false."""
    return FALSE if selected is FALSE else Predicate(f"{column} IN ({selected.text})", selected.params)


def like(column: str, pattern: str) -> Predicate:
    """The column matches a LIKE pattern in any case; a backslash is itself unless it stands before a wildcard.

    SQLite folds ASCII letters only, so that a pattern with others is also tried in lower and in upper case.
    """
    written = _STRAY_BACKSLASH.sub(r"\\\\", pattern)
    spellings = [written] if written.isascii() else sorted({written, written.lower(), written.upper()})
    return any_of(Predicate(f"{column} LIKE ? ESCAPE '\\'", (spelling,)) for spelling in spellings)


def contains(column: str, part: str) -> Predicate:
    """The column holds this text, in any case; wildcards at its ends are taken off, others stand for themselves."""
    literal = part.strip("%").replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return like(column, f"%{literal}%")


def grammar(terms: Terms, whole: Whole, pattern: Pattern) -> Predicate:
    """(one of `any`) and each pattern of `all`, with its whole values as alternatives, and none of `none` (API §8.2).

    `whole` makes the condition of several whole values, `pattern` that of one pattern.
    """

    def one_among(wanted: Sequence[str]) -> Predicate:
        values = [term for term in wanted if not is_pattern(term)]
        patterns = [pattern(term) for term in wanted if is_pattern(term)]
        return any_of([whole(values) if values else FALSE, *patterns])

    together = [term for term in terms.all if not is_pattern(term)]
    return all_of(
        [
            one_among(terms.any) if terms.any else TRUE,
            one_among(together) if together else TRUE,
            *(pattern(term) for term in terms.all if is_pattern(term)),
            none_of(one_among(terms.none)),
        ]
    )


def text_matches(column: str, terms: Terms) -> Predicate:
    """A text column by the list grammar; NULL counts as empty."""
    filled = f"coalesce({column}, '')"
    return grammar(terms, lambda values: one_of(filled, values), lambda term: like(filled, term))


def number_matches(column: str, terms: Terms) -> Predicate:
    """A number column by the list grammar; a term that is no number matches nothing, and excludes nothing."""
    return grammar(terms, lambda values: one_of(f"coalesce({column}, 0)", numbers(values)), lambda _: FALSE)


def numbers(terms: Iterable[str]) -> list[int]:
    """The terms that are natural numbers."""
    return [int(term) for term in terms if is_row_number(term)]


def spans(column: str, bounds: Span | Days) -> Predicate:
    """A column between two bounds, both included; NULL is in none."""
    return all_of(
        Predicate(f"{column} {sign} ?", (bound,))
        for sign, bound in ((">=", bounds.since), ("<=", bounds.until))
        if bound is not None
    )


def is_flag(column: str, wanted: bool | None) -> Predicate:
    """A flag column, if it is asked for."""
    return TRUE if wanted is None else Predicate(column if wanted else f"NOT {column}")
