"""Who did what: called by every verb inside its writing()."""

import json
from collections.abc import Mapping

from mispmini.domain.viewer import Viewer
from mispmini.store.audit import insert_audit


def record(
    viewer: Viewer,
    action: str,
    model: str,
    model_id: int | None,
    title: str,
    change: Mapping[str, object] | None = None,
) -> None:
    """Note an action by MISP's words (`add`, `edit`, `delete`, `publish` …) and what it changed, field by field."""
    text = None if not change else json.dumps(change, ensure_ascii=False, default=str)
    insert_audit(viewer, action, model, model_id, title, text)
