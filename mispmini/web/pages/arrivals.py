"""What pages say of how events came here, and of what partners were not allowed to do."""

from mispmini.web.pages.shared import Choice, Paging
from mispmini.web.pages.showing import shown


@shown
class ArrivalBox:
    """events/_arrival.html: how an event came; shown on its page to those whom it concerns."""

    event_id: int
    badge: str  # "In our name, delivered by CSIRT Beta"; "" for none
    notes: tuple[str, ...]  # sentences
    delivered_by: str  # the organisation of the delivering link; "" for none
    may_release: bool
    may_reassign: bool


@shown
class NamedRow:
    """An event in our name that a partner delivered."""

    event_id: int
    info: str
    partner: str
    changed: int
    waits: bool  # for its release


@shown
class RefusedRow:
    """An update that a partner was not allowed to make."""

    event_id: int | None  # None for one that is not here (any more)
    event: str  # its info, or its uuid
    partner: str
    version: int | None  # the timestamp that was sent
    reason: str
    at: int
    deliver_path: str  # where a POST lets its link deliver the event from now on; "" where that would not help


@shown
class IncomingPage:
    """incoming/index.html"""

    named: tuple[NamedRow, ...]
    refused: tuple[RefusedRow, ...]
    paging: Paging  # over the refused updates


@shown
class ReassignPage:
    """incoming/reassign.html: org"""

    event_id: int
    info: str
    delivered_by: str
    chosen: str
    organisations: tuple[Choice, ...]  # the first, "", stands for none
