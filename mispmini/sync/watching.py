"""After an answer that was not waited for: the partner's copy is read until two readings agree (RULES §11)."""

import json
from dataclasses import astuple, dataclass, replace

from mispmini.domain import clock
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.sync.judging import Stored
from mispmini.sync.remote import Cause, RemoteFailure

APART_SECONDS = 60
_OUR_OWN = frozenset({Cause.TIMEOUT, Cause.DEADLINE})
_MAY_GO_ON = _OUR_OWN | {Cause.TCP, Cause.TRUNCATED}
_GATEWAYS_THAT_WAIT_NO_LONGER = (502, 504)


class Unanswered(Exception):
    """An event was sent as of this timestamp; what the partner makes of it is not known, it may still be at work."""

    def __init__(self, failure: RemoteFailure, sent_as: int) -> None:
        super().__init__(failure, sent_as)
        self.failure = failure
        self.sent_as = sent_as

    @property
    def receipt(self) -> Receipt:
        """What the ledger says: that we waited no longer is no failure of the partner's."""
        failure = self.failure
        if failure.cause in _OUR_OWN:
            return waiting(str(failure))
        return Receipt(LedgerState.FAILED, failure.cause, failure.detail, failure.http_status)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a version of an event, sent as of a timestamp of its own: what the partner's copy is `since` then
    (epoch seconds, None before the first look); None where it has none."""

    version: int
    sent_as: int
    since: int | None = None
    stored: Stored | None = None

    @classmethod
    def of(cls, text: str) -> "Reading":
        """As a promise keeps it."""
        version, sent_as, since, stored = json.loads(text)
        return cls(version, sent_as, since, None if stored is None else Stored(*stored))

    @property
    def text(self) -> str:
        """For the promise to keep."""
        return json.dumps(
            [self.version, self.sent_as, self.since, None if self.stored is None else astuple(self.stored)]
        )

    @property
    def settled(self) -> bool:
        """Whether it has been the same for long enough."""
        return self.since is not None and clock.now() - self.since >= APART_SECONDS

    def then(self, stored: Stored | None) -> "Reading":
        """With what is read now: while that is the same, since when stays."""
        is_same = self.since is not None and stored == self.stored
        return self if is_same else replace(self, since=clock.now(), stored=stored)


def may_go_on(failure: RemoteFailure) -> bool:
    """Whether a partner may still be at work on what was sent when this ended the request."""
    return failure.cause in _MAY_GO_ON or failure.http_status in _GATEWAYS_THAT_WAIT_NO_LONGER


def waiting(told: str | None = None) -> Receipt:
    """What the ledger says meanwhile."""
    return Receipt(LedgerState.QUEUED, Trouble.UNANSWERED, told)
