"""What admins change while running, as one typed table (HOUSE §1); what file, environment and flags say locks it."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mispmini.domain import clock
from mispmini.domain.instance_settings import SPECS, InstanceSettings
from mispmini.store.sql import execute, rows

__all__ = ["InstanceSettings", "load_settings", "save_setting"]
_fixed: Mapping[str, Any] = MappingProxyType({})
_fixed_by: Mapping[str, str] = MappingProxyType({})


def fix_settings(values: Mapping[str, object], sources: Mapping[str, str]) -> None:
    """What this process was started with, by name, and where that stands; said once at start."""
    global _fixed, _fixed_by
    _fixed, _fixed_by = MappingProxyType(dict(values)), MappingProxyType(dict(sources))


def source_of_fixed(name: str) -> str | None:
    """Where the value stands that nobody may change while running (`file`, `environment`, `flag`), else None."""
    return _fixed_by.get(name, "") if name in _fixed else None


def load_settings() -> InstanceSettings:
    """The settings as they are now."""
    return InstanceSettings(**{**_stored(), **_fixed})


def changed_settings() -> frozenset[str]:
    """Names of the settings that somebody set."""
    return frozenset(_stored())


def save_setting(name: str, value: object, *, user_id: int | None) -> None:
    """Store one setting, inside a writing(). Raises KeyError for a name that is none."""
    if name not in SPECS:
        raise KeyError(name)
    execute("DELETE FROM setting WHERE name = ?", (name,))
    execute(
        "INSERT INTO setting (name, value, modified, user_id) VALUES (?, ?, ?, ?)",
        (name, json.dumps(value), clock.now(), user_id),
    )


def forget_setting(name: str) -> None:
    """Take one back to its default, inside a writing()."""
    execute("DELETE FROM setting WHERE name = ?", (name,))


def _stored() -> dict[str, Any]:
    values = {name: json.loads(text) for name, text in rows("SELECT name, value FROM setting")}
    return {name: _as_stored(value) for name, value in values.items() if name in SPECS}


def _as_stored(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
