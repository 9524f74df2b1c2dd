"""Rows of the audit log as a MISP tells them (sample 20h)."""

import json
from collections.abc import Mapping

from mispmini.domain import clock
from mispmini.domain.audit_log import LogRecord

Reply = dict[str, object]
_DONE = {
    "add": "added", "edit": "edited", "delete": "deleted", "login": "logged in", "publish": "published",
    "unpublish": "unpublished", "tag": "tagged", "untag": "untagged", "restore": "restored", "request": "made",
}  # fmt: skip


def log_item(record: LogRecord) -> Reply:
    """One row; `change` is the sentence of its headline's step."""
    what = f"{record.model} ({record.model_id})" if record.model_id is not None else record.model
    done = _DONE.get(record.action, record.action)
    return {
        "Log": {
            "id": str(record.id),
            "title": f"{what}: {record.title}" if record.title else what,
            "created": clock.datetime_text(record.time),
            "model": record.model,
            "model_id": str(record.model_id or 0),
            "action": record.action,
            "user_id": str(record.user_id or 0),
            "change": _sentence(record),
            "email": record.email,
            "org": record.org_name,
            "description": f'{what} {done} by User "{record.email}" ({record.user_id or 0}).',
            "ip": record.address,
        }
    }


def _sentence(record: LogRecord) -> str:
    changes: Mapping[str, object] = record.steps[-1].change if record.steps else {}
    return ", ".join(f"{name} ({_said(pair, 0)}) => ({_said(pair, 1)})" for name, pair in changes.items())


def _said(pair: object, place: int) -> str:
    value = pair[place] if isinstance(pair, list | tuple) and len(pair) > place else pair
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
