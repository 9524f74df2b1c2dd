"""Who did what: called by every verb inside its writing(); a request's steps become one row (FEATURES row 23)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from types import MappingProxyType

from mispmini.domain import ids
from mispmini.domain.audit_log import Change, Step
from mispmini.domain.viewer import Viewer
from mispmini.store import audit as store
from mispmini.store.audit import Context
from mispmini.store.settings import load_settings

HIDDEN = "******"
_SECRETS = frozenset({
    "password", "password_hash", "confirm_password", "current_password", "authkey", "authkey_raw", "authkey_ref", "key",
    "secret", "totp", "csrf_token", "client_key", "cert_file", "client_cert_file", "headers",
    "submitted_client_cert", "proxy", "seed", "code", "json",
})  # fmt: skip
_JOB = "job"
_MOST_WATCHED = 100


@dataclass(slots=True)
class _Request:
    """The request of this thread, and its row once it has one."""

    how: str
    request: str
    session_id: int | None
    row_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A record as it stood before, and its event."""

    columns: Mapping[str, object]
    event_id: int | None


_request: ContextVar[_Request | None] = ContextVar("audited request", default=None)
_NOTHING: Mapping[tuple[str, int | None], _Seen] = MappingProxyType({})
_watched: ContextVar[Mapping[tuple[str, int | None], _Seen]] = ContextVar("watched records", default=_NOTHING)


def begin(how: str, *, request: str = "", session_id: int | None = None) -> None:
    """A new request (or command) of this thread: what it changes from now on is one row."""
    _watched.set(_NOTHING)
    _request.set(_Request(how, request or ids.new_secret()[:12], session_id))


def end() -> None:
    """The request is over: what this thread does next is no step of it."""
    _watched.set(_NOTHING)
    _request.set(None)


@contextmanager
def apart() -> Iterator[None]:
    """What is done inside is a row of its own: each event that one request fetches has its own history."""
    now = _request.get()
    if now is None:
        yield
        return
    kept = _request.set(replace(now, row_id=None))
    try:
        yield
    finally:
        _request.reset(kept)


def record(
    viewer: Viewer,
    action: str,
    model: str,
    model_id: int | None,
    title: str,
    change: Change | None = None,
    *,
    event_id: int | None = None,
) -> None:
    """Note an action by MISP's words (`add`, `edit`, `delete`, `publish` …) and what it changed, field by field.

    `change` holds `[before, after]`; what is no pair counts as new; what was watched adds its difference. `event_id`
    is needed where the record is gone already or has no row of its own.
    """
    settings, seen = load_settings(), _taken(model, model_id)
    if seen is not None and model_id is not None:
        others = {name: value for name, value in (change or {}).items() if name not in seen.columns}
        change = {**others, **difference(seen.columns, store.snapshot(model, model_id))}
        event_id = event_id or seen.event_id
    kept = change if settings.audit_changes else None
    step = Step(action, model, model_id, str(title), masked(_in_pairs(kept or {})))
    event_id = event_id or store.event_of(model, model_id)
    now = _request.get()
    if now is None:
        job = Context(_JOB, ids.new_secret()[:12], keeps_address=settings.log_addresses)
        store.insert_audit(viewer, job, step, event_id)
    elif now.row_id is None or not store.extend_audit(now.row_id, now.request, step, event_id):
        context = Context(now.how, now.request, now.session_id, settings.log_addresses)
        now.row_id = store.insert_audit(viewer, context, step, event_id)


def watch(model: str, model_id: int) -> None:
    """Remember a record as it stands before a verb changes it: the verb's record() then tells the difference."""
    watched = _watched.get()
    if len(watched) >= _MOST_WATCHED:
        watched = {}
    seen = _Seen(store.snapshot(model, model_id), store.event_of(model, model_id))
    _watched.set({**watched, (model, model_id): seen})


def _taken(model: str, model_id: int | None) -> "_Seen | None":
    watched = dict(_watched.get())
    seen = watched.pop((model, model_id), None)
    if seen is not None:
        _watched.set(watched)
    return seen


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """`[before, after]` by field, of those that differ; a field that `after` lacks did not change."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def masked(values: Change) -> dict[str, object]:
    """The same without secrets, however deep they lie (TRUST S13)."""
    return {name: _hidden(value) if name in _SECRETS else _masked(value) for name, value in values.items()}


def _masked(value: object) -> object:
    if isinstance(value, Mapping):
        return masked(value)
    return [_masked(item) for item in value] if isinstance(value, list | tuple) else value


def _hidden(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_hidden(item) for item in value]
    return HIDDEN if value else value


def _in_pairs(change: Change) -> dict[str, object]:
    return {name: value if _is_pair(value) else [None, value] for name, value in change.items()}


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2
