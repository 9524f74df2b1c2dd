"""How two servers of a link can differ in an event that both should have alike (RULES §10.9)."""

from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain.receipts import Direction


class DifferenceKind(StrEnum):
    """What is wrong with the copy of the side that gets it: the partner's for PUSH, ours for PULL."""

    ABSENT = "absent"
    OLDER = "older"
    NEWER = "newer"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class Difference:
    """One event; `detail` names uuids of what is missing, "" for nothing more to say."""

    direction: Direction
    event_uuid: str
    kind: DifferenceKind
    detail: str = ""
