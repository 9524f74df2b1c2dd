"""Writes the audit log: one row per request that changed something (FEATURES row 23)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mispmini.domain import clock
from mispmini.domain.audit_log import READS, SYSTEM, Step
from mispmini.domain.viewer import Viewer
from mispmini.store import vocabulary
from mispmini.store.sql import execute, row, scalar
from mispmini.store.tables.base import database

MAX_CHANGE_BYTES = 64 * 1024
_LONGEST_VALUE = 1024
_LONGEST_TITLE = 255
_NO_CHANGE = frozenset({
    "id", "uuid", "rev", "h1", "h2", "timestamp", "prev_timestamp", "modified", "publish_timestamp", "published_as",
    "attribute_count", "sighting_timestamp", "restricted", "password_hash", "event_id", "object_id", "extra", "review",
})  # fmt: skip
_TABLES: Mapping[str, str] = {
    "Event": "event",
    "Attribute": "attribute",
    "Object": "object",
    "EventReport": "event_report",
    "SharingGroup": "sharing_group",
    "Tag": "tag",
    "AuthKey": "auth_key",
    "Server": "server",
    "Feed": "feed",
    "Sighting": "sighting",
    "ShadowAttribute": "proposal",
    "Note": "analyst_item",
    "Opinion": "analyst_item",
    "Relationship": "analyst_item",
}
_WITH_EVENT = frozenset({
    "Attribute", "Object", "EventReport", "ObjectReference", "Sighting", "ShadowAttribute", "Note", "Opinion",
    "Relationship",
})  # fmt: skip
_untyped: Any = database


@dataclass(frozen=True, slots=True)
class Context:
    """How a request came: `how` is key, page, command or job, `request` its number in the process's log."""

    how: str
    request: str
    session_id: int | None = None
    keeps_address: bool = True


def insert_audit(viewer: Viewer, context: Context, step: Step, event_id: int | None) -> int:
    """Add a request's row with its first step, inside the verb's writing(); returns its id."""
    columns = {
        "time": clock.now(),
        "user_id": viewer.user_id,
        "org_id": viewer.org_id or None,
        "authkey_id": viewer.key.id if viewer.key else None,
        "address": viewer.address if context.keeps_address else "",
        "email": viewer.email or SYSTEM,
        "org_name": viewer.org_name or SYSTEM,
        "how": context.how,
        "request": context.request,
        "session_id": context.session_id,
        **_headline(step, event_id),
        "change": _told([step]),
    }
    marks = ", ".join("?" * len(columns))
    execute(f"INSERT INTO audit ({', '.join(columns)}) VALUES ({marks})", tuple(columns.values()))
    return int(scalar("SELECT last_insert_rowid()"))


def extend_audit(row_id: int, request: str, step: Step, event_id: int | None) -> bool:
    """Add a further step to a request's row; False when the row is not there, as after a transaction taken back."""
    found = row("SELECT change, event_id FROM audit WHERE id = ? AND request = ?", (row_id, request))
    if found is None:
        return False
    headline = {} if step.action == READS else _headline(step, event_id or found[1])
    steps, is_cut = steps_of(found[0])
    columns = {**headline, "change": found[0] if is_cut else _told([*steps, step])}
    assigned = ", ".join(f"{name} = ?" for name in columns)
    execute(f"UPDATE audit SET {assigned} WHERE id = ?", (*columns.values(), row_id))
    return True


def steps_of(text: str | None) -> tuple[list[Step], bool]:
    """The steps of a stored row, and whether some were cut."""
    told = json.loads(text) if text else []
    if not isinstance(told, list):
        return [], False
    return [Step(**item) for item in told if "cut" not in item], any("cut" in item for item in told)


def snapshot(model: str, model_id: int) -> dict[str, object]:
    """The columns of a record as they stand, for a difference; empty for one that is not there."""
    table = _TABLES[model]
    cursor = _untyped.execute_sql(f"SELECT * FROM {table} WHERE id = ?", (model_id,))
    found = cursor.fetchone()
    names = [item[0] for item in cursor.description]
    columns = dict(zip(names, found, strict=True)) if found else {}
    return _named({name: value for name, value in columns.items() if name not in _NO_CHANGE})


def event_of(model: str, model_id: int | None) -> int | None:
    """The event that a record belongs to, None for none."""
    if model == "Event" or model_id is None:
        return model_id if model == "Event" else None
    if model not in _WITH_EVENT:
        return None
    table = {"ObjectReference": "object_reference", **_TABLES}[model]
    found: int | None = scalar(f"SELECT event_id FROM {table} WHERE id = ?", (model_id,))
    return found


def delete_audit_before(moment: int) -> int:
    """Forget rows older than `moment`; returns how many."""
    return execute("DELETE FROM audit WHERE time < ?", (moment,))


def _headline(step: Step, event_id: int | None) -> dict[str, object]:
    return {
        "action": step.action,
        "model": step.model,
        "model_id": step.model_id,
        "title": step.title[:_LONGEST_TITLE],
        "event_id": event_id,
    }


def _told(steps: Sequence[Step]) -> str:
    """JSON of at most 64 kB: long values are shortened, then the last steps are left out."""
    items = [_item(step) for step in steps]
    text = _dump(items)
    if len(text.encode()) <= MAX_CHANGE_BYTES:
        return text
    items = [{**item, "change": _shortened(item["change"])} for item in items]
    kept: list[dict[str, Any]] = []
    size = len(_dump([{"cut": len(items)}])) + 2
    for item in items:
        size += len(_dump(item).encode()) + 2
        if size > MAX_CHANGE_BYTES:
            return _dump([*kept, {"cut": len(items) - len(kept)}])
        kept.append(item)
    return _dump(kept)


def _item(step: Step) -> dict[str, Any]:
    return {
        "action": step.action,
        "model": step.model,
        "model_id": step.model_id,
        "title": step.title[:_LONGEST_TITLE],
        "change": dict(step.change),
    }


def _shortened(change: Mapping[str, Any]) -> dict[str, object]:
    return {name: [_short(value) for value in pair] for name, pair in change.items()}


def _short(value: object) -> object:
    text = value if isinstance(value, str) else _dump(value)
    return value if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _named(columns: dict[str, object]) -> dict[str, object]:
    """Types and categories by name, values as one, bytes left out."""
    if "type_id" in columns:
        columns["type"] = vocabulary.type_names().get(int(str(columns.pop("type_id"))))
        columns["category"] = vocabulary.category_names().get(int(str(columns.pop("category_id"))))
    return {name: value for name, value in columns.items() if not isinstance(value, bytes)}
