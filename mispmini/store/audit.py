"""The audit trail: one row per request that changed something (FEATURES row 23)."""

from mispmini.domain import clock
from mispmini.domain.viewer import Viewer
from mispmini.store.sql import execute

MAX_CHANGE_BYTES = 64 * 1024


def insert_audit(viewer: Viewer, action: str, model: str, model_id: int | None, title: str, change: str | None) -> None:
    """Add a row, inside the verb's writing(); `change` is JSON text, cut at 64 kB."""
    execute(
        "INSERT INTO audit (time, user_id, org_id, authkey_id, address, action, model, model_id, title, change)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            clock.now(),
            viewer.user_id,
            viewer.org_id or None,
            viewer.key.id if viewer.key else None,
            viewer.address,
            action,
            model,
            model_id,
            title[:255],
            None if change is None else change[:MAX_CHANGE_BYTES],
        ),
    )
