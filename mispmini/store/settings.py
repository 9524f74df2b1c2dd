"""What admins change while running: one typed table (HOUSE §1). What file, environment or flags say is settings.py."""

import json
from dataclasses import dataclass, field, fields
from typing import Any

from mispmini.domain import clock
from mispmini.store.sql import execute, rows


def _setting(default: Any, sentence: str) -> Any:
    return field(default=default, metadata={"sentence": sentence})


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """Every setting with its type, default and one sentence."""

    instance_uuid: str = _setting("", "Identity of this instance, made once.")
    host_org_id: int | None = _setting(None, "The organisation that runs this instance.")
    announced_version: str = _setting("2.5.1", "The MISP version that partners are told; always 2.5.n.")
    external_baseurl: str = _setting("", "The URL by which partners know this instance, if it is not the base URL.")
    url_aliases: tuple[str, ...] = _setting((), "Further URLs of this instance that sharing groups may name.")
    default_event_distribution: int = _setting(1, "Distribution of an event added over REST without one.")
    default_attribute_distribution: int = _setting(5, "Distribution of an element added here without one.")
    default_event_threat_level: int = _setting(4, "Threat level of an event without one.")
    unpublished_private: bool = _setting(False, "Unpublished events are seen by their owner only.")
    update_policy: str = _setting("link", "Who may update a received event: 'link' (who delivered it) or 'any'.")
    filter_types_on_sync: bool = _setting(False, "Type and object rules of links are applied.")
    event_blocklist: bool = _setting(True, "Blocked event uuids are refused.")
    org_blocklist: bool = _setting(True, "Events of blocked organisations are refused.")
    correlation_limit: int = _setting(20, "Occurrences of a value above which only a count and the newest are shown.")
    give_up_after_days: int = _setting(7, "Days after which an unreachable partner's delivery is given up.")
    key_validity_days: int = _setting(0, "Longest validity of a new authkey in days; 0 is without end.")
    key_needs_ips: bool = _setting(False, "A new authkey must name the addresses it may be used from.")


def load_settings() -> InstanceSettings:
    """The settings as they are now."""
    known = {f.name for f in fields(InstanceSettings)}
    values: dict[str, Any] = {name: json.loads(text) for name, text in rows("SELECT name, value FROM setting")}
    return InstanceSettings(**{name: _as_stored(value) for name, value in values.items() if name in known})


def _as_stored(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def save_setting(name: str, value: object, *, user_id: int | None) -> None:
    """Store one setting, inside a writing(). Raises KeyError for a name that is none."""
    if name not in {f.name for f in fields(InstanceSettings)}:
        raise KeyError(name)
    execute("DELETE FROM setting WHERE name = ?", (name,))
    execute(
        "INSERT INTO setting (name, value, modified, user_id) VALUES (?, ?, ?, ?)",
        (name, json.dumps(value), clock.now(), user_id),
    )
