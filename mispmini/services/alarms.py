"""Alarms: raised and cleared by whoever looks, told on pages and once each by e-mail to those who may see them."""

import logging

from mispmini.domain.alarms import WORDS, Alarm, AlarmKind
from mispmini.domain.errors import MispminiError
from mispmini.domain.viewer import Viewer
from mispmini.services import mail
from mispmini.services.addresses import base_url
from mispmini.store import alarms as store
from mispmini.store.database import damage_named, writing

_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())  # a command that looks tells what it found by itself
# What a damaged or full disk did not take is told by this process as long as it lives.
_unwritten: dict[tuple[AlarmKind, str], Alarm] = {}


def raise_alarm(kind: AlarmKind, reason: str, *, subject: str = "", org_id: int | None = None) -> None:
    """Say what is wrong; `org_id` may see it beside site admins. Said again it only changes the reason."""
    _note(kind, subject, reason, org_id)


def clear_alarm(kind: AlarmKind, *, subject: str = "", org_id: int | None = None, good: int | None = None) -> None:
    """Say that all is well, whether it was before or not; `good` is when it was (epoch seconds), unless now."""
    _note(kind, subject, "", org_id, good)


def last_look(kind: AlarmKind, subject: str = "") -> Alarm | None:
    """What the last look said; None before the first one."""
    return _unwritten.get((kind, subject)) or store.find_any_alarm(kind, subject)


def standing_alarms(viewer: Viewer) -> list[Alarm]:
    """Those that the viewer may see, newest first."""
    kept = [alarm for alarm in store.standing_alarms(viewer) if (alarm.kind, alarm.subject) not in _unwritten]
    untold = [alarm for alarm in _unwritten.values() if alarm.reason] if viewer.is_site_admin else []
    return untold + kept


def _note(kind: AlarmKind, subject: str, reason: str, org_id: int | None, good: int | None = None) -> None:
    before = last_look(kind, subject)
    alarm = Alarm.after(before, kind, subject, reason, good)
    if reason and (before is None or before.reason != reason):
        _log.error(_sentence(alarm))
    try:
        with damage_named(), writing(quiet=True):
            store.put_alarm(alarm, org_id)
            if bool(reason) is not bool(before and before.reason):
                _queue_mail(alarm, before, org_id)
        _unwritten.pop((kind, subject), None)
    except MispminiError as refusal:
        _log.error("It could not be noted: %s", refusal.sentence)
        _unwritten[kind, subject] = alarm


def _queue_mail(alarm: Alarm, before: Alarm | None, org_id: int | None) -> None:
    is_over = not alarm.reason
    subject = f"[mispmini] {'Resolved' if is_over else 'Alarm'}: {alarm.kind.replace('_', ' ')}"
    told = before if is_over and before is not None else alarm
    lines = (
        *(("This is over:", "") if is_over else ()),
        _sentence(told),
        *(() if is_over else (WORDS[alarm.kind].advice,)),
        "",
        f"Server: {base_url()}/health/index",
    )
    mail.queue(
        [(email, None, subject, "\n".join(lines)) for email in store.who_hears(org_id)],
        user_id=None,
        about=f"alarm {alarm.kind}",
    )


def _sentence(alarm: Alarm) -> str:
    return WORDS[alarm.kind].sentence % alarm.values
