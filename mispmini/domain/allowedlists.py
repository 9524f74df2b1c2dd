"""The instance's allow-list: regular expressions for values that no search and no export answers (API §8.5)."""

from collections.abc import Iterable
from typing import NamedTuple

from mispmini.domain.patterns import compiled
from mispmini.domain.warninglists import halves

MOST_ENTRIES = 500


class AllowedlistRow(NamedTuple):
    """One expression."""

    id: int
    name: str


class Allowed:
    """All expressions together."""

    __slots__ = ("_patterns",)

    def __init__(self, expressions: Iterable[str]) -> None:
        self._patterns = [compiled(one) for one in expressions]

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def covers(self, value1: str, value2: str | None) -> bool:
        """Whether a value, or a half of it, is one of those that are left out."""
        return any(pattern.found_in(value) for value in halves(value1, value2) for pattern in self._patterns)
