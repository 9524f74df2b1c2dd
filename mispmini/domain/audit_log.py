"""The audit log in words: one row per request, its steps with what was before and after, and how one asks for rows."""

from collections.abc import Mapping
from dataclasses import dataclass

Change = Mapping[str, object]
SYSTEM = "SYSTEM"
READS = "request"
TAKEN_OVER = "accept delegation"  # the action by which an event gets another owner


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a request did; `change` is `[before, after]` by field."""

    action: str
    model: str
    model_id: int | None
    title: str
    change: Change


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One row. `time` is epoch seconds; `how` is key, page, command or job; `key` the ends of the authkey's text.

    Its headline (action, model, model_id, title) is that of the last step; `is_cut` when not all steps were kept.
    """

    id: int
    time: int
    user_id: int | None
    email: str
    org_name: str
    key: str
    address: str
    how: str
    request: str
    event_id: int | None
    action: str
    model: str
    model_id: int | None
    title: str
    steps: tuple[Step, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilters:
    """Which rows: texts are equal, or with % around them parts; times are epoch seconds, `until` excluded."""

    id: int | None = None
    user_id: int | None = None
    model_id: int | None = None
    event_id: int | None = None
    model: str = ""
    action: str = ""
    email: str = ""
    org: str = ""
    address: str = ""
    title: str = ""
    change: str = ""
    since: int | None = None
    until: int | None = None
    limit: int | None = None
    offset: int = 0
    newest_first: bool = False
