"""Notices about events, inside the verb's writing(); read by pages alone, so that no finder takes a viewer."""

import json
from collections.abc import Mapping

from mispmini.domain import clock
from mispmini.domain.notices import NamedByOthers, Notice, NoticeKind
from mispmini.store.damage import readable
from mispmini.store.sql import execute, row, rows

_BY_OTHERS = (
    "SELECT event.id, event.uuid, event.info, coalesce(organisation.name, ''), event.timestamp, event.review"
    " FROM event LEFT JOIN organisation ON organisation.id = event.received_from"
    " WHERE event.in_our_name AND event.trashed IS NULL"
)


def put_notice(event_id: int, kind: NoticeKind, org_id: int | None, detail: Mapping[str, str]) -> None:
    """Note something about an event in the place of what was noted of this kind."""
    execute(
        "INSERT INTO event_notice (event_id, kind, org_id, detail, time) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (event_id, kind) DO UPDATE"
        " SET org_id = excluded.org_id, detail = excluded.detail, time = excluded.time",
        (event_id, kind, org_id, json.dumps(dict(detail), ensure_ascii=False), clock.now()),
    )


def drop_notice(event_id: int, kind: NoticeKind) -> None:
    """What was noted is true no more."""
    execute("DELETE FROM event_notice WHERE event_id = ? AND kind = ?", (event_id, kind))


def notices_of(event_id: int) -> list[Notice]:
    """What is noted about an event, oldest first."""
    found = rows(
        "SELECT event_notice.id, kind, coalesce(organisation.name, ''), detail, time FROM event_notice"
        " LEFT JOIN organisation ON organisation.id = event_notice.org_id WHERE event_id = ? ORDER BY event_notice.id",
        (event_id,),
    )
    return list(readable("event_notice", found, lambda r: Notice(NoticeKind(r[1]), r[2], json.loads(r[3]), r[4])))


def named_by_others() -> list[NamedByOthers]:
    """Events in our name that partners delivered: those that wait first, newest first."""
    found = rows(f"{_BY_OTHERS} ORDER BY event.review DESC, event.id DESC")
    return [NamedByOthers._make((*r[:5], bool(r[5]))) for r in found]


def arrival_columns(event_id: int) -> tuple[str, bool, bool]:
    """Which organisation's link delivered an event ("" for none), whether in our name, whether it waits."""
    found = row(
        "SELECT coalesce(organisation.name, ''), in_our_name, review FROM event"
        " LEFT JOIN organisation ON organisation.id = event.received_from WHERE event.id = ?",
        (event_id,),
    )
    assert found is not None, "the caller sees the event"
    return found[0], bool(found[1]), bool(found[2])
