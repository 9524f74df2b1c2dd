"""What the last look at each watched subject said (domain/alarms.py)."""

from mispmini.domain.alarms import Alarm, AlarmKind
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import Row, execute, row, rows
from mispmini.store.visibility import alarm_visible_to

_COLUMNS = "kind, subject, reason, since, looked, good"


def find_any_alarm(kind: AlarmKind, subject: str) -> Alarm | None:
    """What the last look said; None before the first one."""
    found = row(f"SELECT {_COLUMNS} FROM alarm WHERE kind = ? AND subject = ?", (kind, subject))
    return None if found is None else _alarm(found)


def put_alarm(alarm: Alarm, org_id: int | None) -> None:
    """Keep what a look said in the place of what the one before it said, inside a writing()."""
    execute(
        f"INSERT INTO alarm (org_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (kind, subject) DO UPDATE SET org_id = excluded.org_id, reason = excluded.reason,"
        " since = excluded.since, looked = excluded.looked, good = excluded.good",
        (org_id, alarm.kind, alarm.subject, alarm.reason, alarm.since, alarm.looked, alarm.good),
    )


def standing_alarms(viewer: Viewer) -> list[Alarm]:
    """Those that stand and the viewer may see, newest first; kinds of another version are left out."""
    seen = alarm_visible_to(viewer)
    found = rows(f"SELECT {_COLUMNS} FROM alarm WHERE reason != '' AND ({seen.text}) ORDER BY since DESC", seen.params)
    return [_alarm(r) for r in found if r[0] in set(AlarmKind)]


def who_hears(org_id: int | None) -> list[str]:
    """E-mails of the enabled accounts that may see such an alarm: site admins, and the organisation's own."""
    found = rows(
        'SELECT "user".email, "user".org_id, role.permissions FROM "user" JOIN role ON role.id = "user".role_id'
        ' WHERE NOT "user".disabled AND "user".server_id IS NULL ORDER BY "user".id'
    )
    return [r[0] for r in found if f'"{Permission.SITE_ADMIN}"' in str(r[2]) or (org_id and r[1] == org_id)]


def _alarm(r: Row) -> Alarm:
    return Alarm(AlarmKind(r[0]), *r[1:])
