"""What is told of requests to take over an event, and of values that are too common to correlate."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from mispmini.domain.graphs import OrganisationRow

MOST_EXCLUSIONS = 10_000


@dataclass(frozen=True, slots=True)
class DelegationWish:
    """To whom an event is offered; a level of None leaves it to who accepts."""

    org: str
    message: str = ""
    distribution: int | None = None
    sharing_group_id: int | None = None


class Delegation(NamedTuple):
    """A pending request."""

    id: int
    event_id: int
    event_uuid: str
    event_info: str
    event_orgc_id: int
    org: OrganisationRow
    requester: OrganisationRow
    message: str
    distribution: int | None
    sharing_group_id: int | None


class ExclusionRow(NamedTuple):
    """A value that does not correlate."""

    id: int
    value: str
    comment: str


class CommonValue(NamedTuple):
    """A value in more events than correlate."""

    value: str
    events: int


class Excluded:
    """Whether a folded value does not correlate: exactly, or by its beginning, its end or a part (MODEL §7.16)."""

    __slots__ = ("_ends", "_exact", "_parts", "_starts")

    def __init__(self, patterns: Iterable[str]) -> None:
        self._exact: set[str] = set()
        starts, ends, parts = [], [], []
        for pattern in (text.lower() for text in patterns):
            core = pattern.strip("%")
            if not core:
                continue
            if pattern.startswith("%") and pattern.endswith("%"):
                parts.append(core)
            elif pattern.startswith("%"):
                ends.append(core)
            elif pattern.endswith("%"):
                starts.append(core)
            else:
                self._exact.add(pattern)
        self._starts, self._ends, self._parts = tuple(starts), tuple(ends), tuple(parts)

    def __contains__(self, folded: str) -> bool:
        if folded in self._exact or folded.startswith(self._starts) or folded.endswith(self._ends):
            return True
        return any(part in folded for part in self._parts)
