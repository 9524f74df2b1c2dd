"""Messages that wait to be sent, and who is to hear of an event."""

from collections.abc import Sequence
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.store.jobs import JobKind, JobState
from mispmini.store.sql import Row, execute, execute_many, row, rows

_COLUMNS = "id, job_id, recipient, reply_to, subject, body, tries"


class Message(NamedTuple):
    """A message to one address; `tries` counts those that failed."""

    id: int
    job_id: int
    recipient: str
    reply_to: str | None
    subject: str
    body: str
    tries: int = 0


def queue_messages(job_id: int, messages: Sequence[tuple[str, str | None, str, str]]) -> None:
    """Keep messages (recipient, reply-to, subject, body) until a job sends them, inside a writing()."""
    now = clock.now()
    execute_many(
        "INSERT INTO mail (job_id, recipient, reply_to, subject, body, created, tries, next_try)"
        " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
        [(job_id, *message, now, now) for message in messages],
    )


def claim_due(now: int, until: int, limit: int) -> list[Message]:
    """Take what is to be sent now, oldest first, inside a writing(): until then (epoch seconds) nobody else gets it."""
    text = f"SELECT {_COLUMNS} FROM mail WHERE next_try <= ? ORDER BY id LIMIT ?"
    found = [Message._make(r) for r in rows(text, (now, limit))]
    execute_many("UPDATE mail SET next_try = ? WHERE id = ?", [(until, message.id) for message in found])
    return found


def release_messages(message_ids: Sequence[int]) -> None:
    """Let others take these, inside a writing()."""
    execute_many("UPDATE mail SET next_try = ? WHERE id = ?", [(clock.now(), number) for number in message_ids])


def is_unwatched_mail_due(now: int) -> bool:
    """Whether something is due that no job is there to send."""
    at_work = "SELECT 1 FROM job WHERE kind = ? AND state IN (?, ?)"
    if row(at_work, (JobKind.MAIL, JobState.WAITING, JobState.RUNNING)) is not None:
        return False
    return row("SELECT 1 FROM mail WHERE next_try <= ? LIMIT 1", (now,)) is not None


def forget_message(message_id: int) -> None:
    """It was sent, or given up: its text goes, inside a writing()."""
    execute("DELETE FROM mail WHERE id = ?", (message_id,))


def postpone_message(message_id: int, error: str, next_try: int) -> None:
    """It could not be sent: try again then (epoch seconds), inside a writing()."""
    execute("UPDATE mail SET tries = tries + 1, error = ?, next_try = ? WHERE id = ?", (error, next_try, message_id))


def count_waiting() -> int:
    """How many messages wait."""
    found = row("SELECT count(*) FROM mail")
    return 0 if found is None else int(found[0])


def alert_recipients() -> list[tuple[int, str]]:
    """Id and e-mail of the enabled accounts that want to hear of published events."""
    return _people(rows('SELECT id, email FROM "user" WHERE autoalert AND NOT disabled ORDER BY id'))


def contact_recipients(org_id: int, user_id: int | None) -> list[tuple[int, str]]:
    """Id and e-mail of an organisation's enabled accounts that take messages, and of the one who made the event."""
    text = 'SELECT id, email FROM "user" WHERE NOT disabled AND ((org_id = ? AND contactalert) OR id = ?) ORDER BY id'
    return _people(rows(text, (org_id, user_id or 0)))


def _people(found: list[Row]) -> list[tuple[int, str]]:
    return [(r[0], r[1]) for r in found]
