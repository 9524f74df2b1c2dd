"""How a retraction looks: one live element that says so, and the name of the event (RULES §2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain.graphs import EventGraph
from mispmini.domain.receipts import Receipt

PREFIX = "[RETRACTED] "
MOST_OF_A_REASON = 500
_SAYS = "RETRACTED by "


class Stage(StrEnum):
    """How far a retraction is with one partner that has a copy."""

    CONFIRMED = "confirmed"
    WAITING = "waiting"
    BY_MAIL = "by_mail"


@dataclass(frozen=True, slots=True)
class Partner:
    """A server that got the event from us, and what it did with the retraction."""

    server_name: str
    stage: Stage
    receipt: Receipt
    time: int


def marker(org_name: str, date: str, reason: str) -> str:
    """The value of the one live element; `date` is YYYY-MM-DD."""
    return f"{_SAYS}{org_name} {date}: {reason}; please delete"


def marker_uuid(graph: EventGraph) -> str | None:
    """The uuid of the element that retracts an event, None if the event is not retracted."""
    if any(not item.deleted for item in graph.objects) or any(not report.deleted for report in graph.reports):
        return None
    live = [attribute for attribute in graph.attributes if not attribute.deleted]
    return live[0].uuid if len(live) == 1 and live[0].value.startswith(_SAYS) else None


def is_settled(partners: Iterable[Partner]) -> bool:
    """Whether nobody's answer is waited for."""
    return all(partner.stage is not Stage.WAITING for partner in partners)
