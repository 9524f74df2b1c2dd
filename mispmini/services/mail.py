"""E-mail: handed to the mail server of the settings by a job, tried again when it fails (stdlib smtplib)."""

import smtplib
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from mispmini.domain import clock
from mispmini.domain.errors import MispminiError, SaveFailed
from mispmini.store import jobs, sealing
from mispmini.store import mail as store
from mispmini.store.database import writing
from mispmini.store.jobs import JobKind
from mispmini.store.mail import Message
from mispmini.store.settings import InstanceSettings, load_settings, source_of_fixed

IS_OFF = "E-mail is off on this server: nothing was sent."
NO_SENDER = "No sender is set: fill in the setting mail_from."
MOST_TRIES = 6
_WAIT_SECONDS = 300
_LEASE_SECONDS = 3600
_AT_ONCE = 100
_TIMEOUT_SECONDS = 20.0
_MOST_TOLD = 300
Progress = Callable[[int, int], bool]


class MailFailed(MispminiError):
    """The mail server did not take it; the sentence holds no secret."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    sent: int = 0
    failed: int = 0
    why: str = ""
    is_stopped: bool = False

    def __add__(self, other: "_Outcome") -> "_Outcome":
        return _Outcome(self.sent + other.sent, self.failed + other.failed, other.why or self.why, other.is_stopped)


def is_on() -> bool:
    """Whether e-mail is sent at all."""
    return load_settings().mail_enabled


def queue(messages: Sequence[tuple[str, str | None, str, str]], *, user_id: int | None, about: str) -> int | None:
    """Have a job send messages (recipient, reply-to, subject, body), inside a writing(); the job's id.

    None where e-mail is off or there is nobody to write to.
    """
    if not (messages and is_on()):
        return None
    job_id = jobs.create_job(JobKind.MAIL, about, user_id)
    store.queue_messages(job_id, messages)
    return job_id


def start_due() -> None:
    """Make a job for what is to be tried again, if none is there."""
    if is_on() and store.is_unwatched_mail_due(clock.now()):
        with writing(quiet=True):
            jobs.create_job(JobKind.MAIL, "again", None)


def send_due(progress: Progress) -> str:
    """Send what is due; the sentence that says how many. Raises SaveFailed if some failed.

    Several jobs at a time never send a message twice: each takes its own, for an hour.
    """
    if not load_settings().mail_enabled:
        raise SaveFailed("send", "Mail", IS_OFF)
    outcome = _Outcome()
    while not outcome.is_stopped and (waiting := _claimed()):
        outcome += _send_all(waiting, load_settings(), progress)
    if outcome.failed:
        told = f"{outcome.sent} sent, {outcome.failed} could not be sent and are tried again: {outcome.why}"
        raise SaveFailed("send", "Mail", told)
    return f"{outcome.sent} sent."


def _claimed() -> list[Message]:
    now = clock.now()
    with writing(quiet=True):
        return store.claim_due(now, now + _LEASE_SECONDS, _AT_ONCE)


def _give_back(left: list[Message]) -> None:
    """What somebody stopped, or the end of the process, waits for the next job."""
    with writing(quiet=True):
        store.release_messages([message.id for message in left])


def _send_all(waiting: list[Message], settings: InstanceSettings, progress: Progress) -> _Outcome:
    sent, failed, why = 0, 0, ""
    try:
        with _connected(settings) as server:
            for done, message in enumerate(waiting, 1):
                try:
                    _hand_over(server, message, settings)
                    sent += 1
                except (smtplib.SMTPException, MailFailed) as error:
                    failed, why = failed + 1, _told(error)
                    _postpone(message, why)
                if not progress(done, len(waiting)):
                    _give_back(waiting[done:])
                    return _Outcome(sent, failed, why, is_stopped=True)
    except (smtplib.SMTPException, OSError, MailFailed) as error:
        left = waiting[sent + failed :]
        for message in left:
            _postpone(message, _told(error))
        return _Outcome(sent, failed + len(left), _told(error))
    return _Outcome(sent, failed, why)


def _hand_over(server: smtplib.SMTP, message: Message, settings: InstanceSettings) -> None:
    """One message; it is forgotten only when the mail server took it."""
    server.send_message(_written(message, settings))
    with writing(quiet=True):
        store.forget_message(message.id)


def _written(message: Message, settings: InstanceSettings) -> EmailMessage:
    if not settings.mail_from:
        raise MailFailed(NO_SENDER)
    mail = EmailMessage()
    try:
        mail["From"] = settings.mail_from
        mail["To"] = message.recipient
        if message.reply_to:
            mail["Reply-To"] = message.reply_to
        mail["Subject"] = message.subject
    except (ValueError, AttributeError, LookupError):  # a line break; what the parser of addresses says to nonsense
        raise MailFailed("An address of the message cannot be used.") from None
    mail["Date"] = formatdate(clock.now())
    mail["Message-ID"] = make_msgid(domain="mispmini.invalid")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body)
    return mail


def _postpone(message: Message, why: str) -> None:
    """Later each time; after six tries it is given up, as the job that tried last says."""
    with writing(quiet=True):
        if message.tries + 1 >= MOST_TRIES:
            store.forget_message(message.id)
        else:
            store.postpone_message(message.id, why, clock.now() + _WAIT_SECONDS * 2**message.tries)


@contextmanager
def _connected(settings: InstanceSettings) -> Iterator[smtplib.SMTP]:
    """A session with the mail server, certificates checked, signed in if there is an account."""
    host, port, tls = settings.mail_host, settings.mail_port, ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=tls)
        if settings.mail_security == "tls"
        else smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    )
    with server:
        if settings.mail_security == "starttls":
            server.starttls(context=tls)
        if settings.mail_user:
            server.login(settings.mail_user, _password(settings))
        yield server


def _password(settings: InstanceSettings) -> str:
    """From file or environment as it stands there; else what is sealed under the name that the table holds."""
    if source_of_fixed("mail_password") is not None or not settings.mail_password:
        return settings.mail_password
    try:
        return sealing.unseal(settings.mail_password)
    except KeyError:
        raise MailFailed("The password of the mail account is missing here: enter it again.") from None


def _told(error: Exception) -> str:
    """What went wrong in a line, the mail server's own words cut short; a refused login tells no words at all."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refused the login ({error.smtp_code})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _words in error.recipients.values()})
        return f"the mail server refused the recipient ({', '.join(map(str, codes))})"
    told = error.sentence if isinstance(error, MailFailed) else f"{type(error).__name__}: {error}"
    return "".join(letter if letter.isprintable() else " " for letter in told)[:_MOST_TOLD]
