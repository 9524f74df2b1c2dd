"""What site admins must be told without asking: which kinds there are, and in which words (services/alarms.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain import clock
from mispmini.domain.instance_settings import N_


class AlarmKind(StrEnum):
    """What can be wrong with something that is looked at again and again."""

    DATABASE = "database_damaged"
    BACKUP = "backup_failed"
    SECOND_PLACE = "second_backup_failed"


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind says, with `%(subject)s` and `%(reason)s`, and how to mend it."""

    sentence: str
    advice: str


WORDS: Mapping[AlarmKind, Words] = {
    AlarmKind.DATABASE: Words(
        N_("The database is damaged: %(reason)s"), N_("Stop the server and restore the newest backup.")
    ),
    AlarmKind.BACKUP: Words(
        N_("The newest backup could not be made: %(reason)s"),
        N_("Mend what it says, then run `mispmini backup`. Until then the older backups are kept."),
    ),
    AlarmKind.SECOND_PLACE: Words(
        N_("The newest backup did not reach %(subject)s: %(reason)s"),
        N_("Mend what it says, then run `mispmini backup`."),
    ),
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """What the last look at a subject said; `reason` is what is wrong, empty for nothing.

    `since` is when it began to say so, `looked` when it said so last, `good` when all was well last (epoch seconds).
    """

    kind: AlarmKind
    subject: str
    reason: str
    since: int
    looked: int
    good: int | None

    @classmethod
    def after(
        cls, before: "Alarm | None", kind: AlarmKind, subject: str, reason: str, good: int | None = None
    ) -> "Alarm":
        """What a look that found this says now, after what the one before it said; what is well is `good` since."""
        now = clock.now()
        is_new = before is None or bool(before.reason) is not bool(reason)
        good = (good or now) if not reason else before.good if before else None
        return cls(kind, subject, reason, now if is_new or before is None else before.since, now, good)

    @property
    def values(self) -> Mapping[str, object]:
        """What its sentence is filled with."""
        return {"subject": self.subject, "reason": self.reason}
