"""What became of an event on a link: the words of the ledger (GUIDE, delivery ledger; RULES §3)."""

from dataclasses import dataclass
from enum import StrEnum

MAX_DETAIL = 500


class Direction(StrEnum):
    """Which way an event went."""

    PUSH = "push"
    PULL = "pull"


class LedgerState(StrEnum):
    """How it ended, or `queued` while it has not."""

    QUEUED = "queued"
    SENT = "sent"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    DEGRADED = "degraded"
    CONFLICT = "conflict"
    SKIPPED = "skipped"
    FAILED = "failed"
    GAVE_UP = "gave_up"


ARRIVED = frozenset(
    {LedgerState.SENT, LedgerState.UPDATED, LedgerState.UNCHANGED, LedgerState.PARTIAL, LedgerState.DEGRADED}
)
TROUBLES = frozenset(
    {LedgerState.PARTIAL, LedgerState.DEGRADED, LedgerState.CONFLICT, LedgerState.FAILED, LedgerState.GAVE_UP}
)


class Trouble(StrEnum):
    """Reasons of the ledger that are neither a rule of distribution nor a cause of a connection's failure."""

    NEWER_THERE = "newer_there"
    GROUP_NOT_ACCEPTED = "group_not_accepted"
    GROUP_REFUSED_HERE = "group_refused_here"
    NARROWER_THERE = "narrower_there"
    ELEMENTS_MISSING = "elements_missing"
    OLDER_THERE = "older_there"
    KEY_REFUSED = "key_refused"
    NO_SYNC_PERMISSION = "no_sync_permission"
    REFUSED = "refused"
    SERVER_ERROR = "server_error"
    WRONG_SHAPE = "wrong_shape"
    WRONG_UUID = "wrong_uuid"
    NOT_STORED = "not_stored"
    OURS = "ours"
    BLOCKED = "blocked"
    FILTERED = "filtered"
    HELD_BACK_BY_TLP = "held_back_by_tlp"
    RETRACTED = "retracted"
    NOT_RETRACTED = "not_retracted"
    NO_LONGER_SHOWN = "no_longer_shown"
    FILE_REFUSED = "file_refused"
    CANNOT_STORE = "cannot_store"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One outcome. `reason` is a word (a Reason, Cause or Trouble), `detail` at most 500 characters for the admin.

    `version` is the event's timestamp that the other side has from us, or that we have judged of theirs; None leaves
    what the ledger knows of that. `there` is the timestamp of the other side's copy, given with a version.
    """

    state: LedgerState
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    version: int | None = None
    there: int | None = None

    @property
    def arrived(self) -> bool:
        """Whether the event now stands at the other end, whole or not."""
        return self.state in ARRIVED
