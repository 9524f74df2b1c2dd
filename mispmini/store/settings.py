"""What admins change while running, as one typed table (HOUSE §1); what file, environment and flags say locks it."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from mispmini.domain import clock
from mispmini.domain.instance_settings import SPECS, InstanceSettings
from mispmini.store.damage import readable
from mispmini.store.sql import Row, execute, rows

__all__ = ["InstanceSettings", "load_settings", "save_setting"]
_fixed: Mapping[str, Any] = MappingProxyType({})
_fixed_by: Mapping[str, str] = MappingProxyType({})


def fix_settings(values: Mapping[str, object], sources: Mapping[str, str]) -> None:
    """What this process was started with, by name, and where that stands; said once at start."""
    global _fixed, _fixed_by
    _fixed, _fixed_by = MappingProxyType(dict(values)), MappingProxyType(dict(sources))
    _read.cache_clear()


def source_of_fixed(name: str) -> str | None:
    """Where the value stands that nobody may change while running (`file`, `environment`, `flag`), else None."""
    return _fixed_by.get(name, "") if name in _fixed else None


def load_settings() -> InstanceSettings:
    """The settings as they are now."""
    return _read(tuple(_rows()))


def changed_settings() -> frozenset[str]:
    """Names of the settings that somebody set."""
    return frozenset(_values(_rows()))


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


def _rows() -> list[Row]:
    return rows("SELECT name, value FROM setting")


@lru_cache(maxsize=8)
def _read(stored: tuple[Row, ...]) -> InstanceSettings:
    """A request asks ten times over, and the rows hardly ever change: they alone are read each time."""
    return InstanceSettings(**{**_values(stored), **_fixed})


def _values(stored: Iterable[Row]) -> dict[str, Any]:
    ours = [r for r in stored if r[0] in SPECS]
    return dict(readable("setting", ours, lambda r: (r[0], _as_stored(json.loads(r[1])))))


def _as_stored(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
