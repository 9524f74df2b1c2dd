"""Reads the audit log: who may see which rows is a predicate, as everywhere (MODEL §5.2: perm_audit is the own
organisation's)."""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from mispmini.domain.audit_log import LogFilters, LogRecord
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.store.audit import steps_of
from mispmini.store.damage import one_of, readable
from mispmini.store.sql import TRUE, Predicate, Row, marks, row, rows, scalar
from mispmini.store.visibility import attribute_readable_by, element_visible_to

_SELECT = (
    "SELECT audit.id, audit.time, audit.user_id, COALESCE(audit.email, 'SYSTEM'), COALESCE(audit.org_name, ''),"
    " COALESCE(auth_key.authkey_start || '…' || auth_key.authkey_end, ''), audit.address, COALESCE(audit.how, ''),"
    " COALESCE(audit.request, ''), audit.event_id, audit.action, audit.model, audit.model_id, audit.title, audit.change"
    " FROM audit LEFT JOIN auth_key ON auth_key.id = audit.authkey_id"
)
_EQUAL = {"id": "id", "user_id": "user_id", "model_id": "model_id", "event_id": "event_id"}
_ALIKE = {
    "model": "model", "action": "action", "email": "email", "org": "org_name", "address": "address", "title": "title",
    "change": "change",
}  # fmt: skip
_TOLD_TITLE = (  # as answers have it
    "(audit.model || CASE WHEN audit.model_id IS NULL THEN '' ELSE ' (' || audit.model_id || ')' END || CASE"
    " WHEN audit.title = '' THEN '' ELSE ': ' || audit.title END)"
)
_SAMPLE = 1_000


class LogSize(NamedTuple):
    """How much there is: rows, about how many bytes, and since when (epoch seconds, None for an empty log)."""

    rows: int
    bytes: int
    since: int | None


def log_visible_to(viewer: Viewer) -> Predicate:
    """Site admins see all rows, auditors those of their organisation.

    What a site admin of it did names events and accounts of everybody: of that, what was done to its own events.
    """
    if viewer.is_site_admin:
        return TRUE
    if not viewer.can(Permission.AUDIT):
        return Predicate("1 = 0")
    return Predicate(
        "audit.org_id = ? AND (audit.event_id IN (SELECT id FROM event WHERE org_id = ?)"
        ' OR audit.user_id IN (SELECT colleague.id FROM "user" AS colleague'
        " JOIN role ON role.id = colleague.role_id WHERE role.permissions NOT LIKE ?))",
        (viewer.org_id, viewer.org_id, f'%"{Permission.SITE_ADMIN.value}"%'),
    )


def list_logs(viewer: Viewer, filters: LogFilters) -> list[LogRecord]:
    """Rows that the viewer sees, oldest first unless told otherwise."""
    wanted = log_visible_to(viewer) & _wanted(filters)
    order = "DESC" if filters.newest_first else "ASC"
    part = "" if filters.limit is None else f" LIMIT {filters.limit} OFFSET {filters.offset}"
    found = rows(f"{_SELECT} WHERE {wanted.text} ORDER BY audit.id {order}{part}", wanted.params)
    return list(readable("audit", found, _record))


def count_logs(viewer: Viewer, filters: LogFilters) -> int:
    """How many rows there are."""
    wanted = log_visible_to(viewer) & _wanted(filters)
    return int(scalar(f"SELECT COUNT(*) FROM audit WHERE {wanted.text}", wanted.params))


def find_log(viewer: Viewer, row_id: int) -> LogRecord | None:
    """One row that the viewer sees."""
    visible = log_visible_to(viewer)
    found = row(f"{_SELECT} WHERE audit.id = ? AND ({visible.text})", (row_id, *visible.params))
    return None if found is None else one_of("audit", found, _record)


def words_in_use(viewer: Viewer, column: str) -> list[str]:
    """The actions or models that occur in the rows that the viewer sees, for a form."""
    shown = log_visible_to(viewer)
    found = rows(f"SELECT DISTINCT {_ALIKE[column]} FROM audit WHERE {shown.text} ORDER BY 1", shown.params)
    return [name for (name,) in found]


def log_size() -> LogSize:
    """Rows and days exactly, bytes by the newest thousand rows."""
    count, since = row("SELECT COUNT(*), MIN(time) FROM audit") or (0, None)
    mean = scalar(
        "SELECT AVG(LENGTH(CAST(COALESCE(change, '') AS BLOB)) + LENGTH(title) + 100)"
        f" FROM (SELECT change, title FROM audit ORDER BY id DESC LIMIT {_SAMPLE}) AS newest"
    )
    return LogSize(int(count), int((mean or 0) * count), since)


def history_rows(event_id: int, limit: int) -> list[LogRecord]:
    """The newest rows about an event, whoever asks; the caller leaves out what its viewer must not see."""
    found = rows(f"{_SELECT} WHERE audit.event_id = ? ORDER BY audit.id DESC LIMIT ?", (event_id, limit))
    return list(readable("audit", found, _record))


def visible_elements(viewer: Viewer, model: str, ids: Collection[int]) -> set[int]:
    """Which of these attributes, objects or reports the viewer sees, given that it sees their event."""
    wanted = tuple(ids)
    table = {"Attribute": "attribute", "Object": "object", "EventReport": "event_report"}[model]
    visible = attribute_readable_by(viewer) if model == "Attribute" else element_visible_to(viewer, table)
    found = rows(
        f"SELECT {table}.id FROM {table} JOIN event ON event.id = {table}.event_id"
        f" WHERE {table}.id IN ({marks(wanted)}) AND NOT {table}.deleted AND ({visible.text})",
        (*wanted, *visible.params),
    )
    return {r[0] for r in found}


def _wanted(filters: LogFilters) -> Predicate:
    wanted = TRUE
    for name, column in _EQUAL.items():
        if (value := getattr(filters, name)) is not None:
            wanted &= Predicate(f"audit.{column} = ?", (value,))
    for name, column in _ALIKE.items():
        if text := getattr(filters, name):
            kept = _alike(f"audit.{column}", text)
            wanted &= _either(kept, _alike(_TOLD_TITLE, text)) if name == "title" else kept
    if filters.since is not None:
        wanted &= Predicate("audit.time >= ?", (filters.since,))
    if filters.until is not None:
        wanted &= Predicate("audit.time < ?", (filters.until,))
    return wanted


def _either(one: Predicate, other: Predicate) -> Predicate:
    return Predicate(f"({one.text}) OR ({other.text})", one.params + other.params)


def _alike(column: str, text: str) -> Predicate:
    if "%" not in text:
        return Predicate(f"{column} = ?", (text,))
    literal = text.replace("\\", "\\\\").replace("_", "\\_")
    return Predicate(f"{column} LIKE ? ESCAPE '\\'", (literal,))


def _record(r: Row) -> LogRecord:
    steps, is_cut = steps_of(r[14])
    return replace(LogRecord(*r[:14]), steps=tuple(steps), is_cut=is_cut)
