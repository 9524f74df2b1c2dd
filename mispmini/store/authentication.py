"""Whose key or session it is: one query a request on the hot path (MODEL §5.1, §5.6, TRUST D10)."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import KeyInUse, Viewer
from mispmini.store.sql import Row, execute, row, scalar

_ACCOUNT = "u.id, o.id, o.uuid, o.name, u.email, r.id, r.name, r.permissions, u.server_id, u.language, u.theme"
_JOINS = "JOIN organisation o ON o.id = u.org_id JOIN role r ON r.id = u.role_id"
_OF_KEY = (
    f"SELECT {_ACCOUNT}, u.disabled, u.expiration, k.id, k.read_only, k.expiration, k.allowed_ips, k.last_used"
    f' FROM auth_key k JOIN "user" u ON u.id = k.user_id {_JOINS} WHERE k.key_hash = ?'
)
_OF_USER = (
    f'SELECT {_ACCOUNT} FROM "user" u {_JOINS}'
    " WHERE u.id = ? AND NOT u.disabled AND (u.expiration IS NULL OR u.expiration > ?)"
)
_MOST_ADDRESSES = 100


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """A key that a request carries, before anything is decided about it; times are epoch seconds."""

    viewer: Viewer
    disabled: bool
    expiration: int | None
    allowed_ips: tuple[str, ...]
    last_used: int | None


def find_any_presented_key(raw: str, address: str) -> PresentedKey | None:
    """The key behind 40 characters, with its account as the viewer it would make; expired and disabled ones too."""
    r = row(_OF_KEY, (hashlib.sha256(raw.encode()).digest(),))
    if r is None:
        return None
    key = KeyInUse(r[13], bool(r[14]), r[15])
    disabled = bool(r[11]) or (r[12] is not None and r[12] <= clock.now())
    return PresentedKey(_viewer(r, key, address), disabled, r[15], _addresses(r[16]), r[17])


def find_any_active_viewer(user_id: int, address: str) -> Viewer | None:
    """An account that may log in, as a viewer without a key; None once it is disabled, expired or gone."""
    r = row(_OF_USER, (user_id, clock.now()))
    return None if r is None else _viewer(r, None, address)


def note_key_use(key_id: int, user_id: int, address: str) -> None:
    """Keep when and from where a key was used, inside a quiet writing()."""
    text = scalar("SELECT unique_ips FROM auth_key WHERE id = ?", (key_id,))
    seen = _addresses(text)
    if address and address not in seen and len(seen) < _MOST_ADDRESSES:
        text = json.dumps([*seen, address])
    execute("UPDATE auth_key SET last_used = ?, unique_ips = ? WHERE id = ?", (clock.now(), text, key_id))
    execute('UPDATE "user" SET last_api_access = ? WHERE id = ?', (clock.now(), user_id))


def note_key_refusal(raw: str, cause: str, *, address: str, user_id: int | None) -> None:
    """Keep that a key was refused and why, inside a quiet writing(); of the key only its first four characters."""
    execute(
        "INSERT INTO key_refusal (time, address, authkey_start, cause, user_id) VALUES (?, ?, ?, ?, ?)",
        (clock.now(), address, raw[:4], cause, user_id),
    )


def _viewer(r: Row, key: KeyInUse | None, address: str) -> Viewer:
    return Viewer(r[0], r[1], r[2], r[3], r[4], r[5], r[6], _permissions(r[7]), key, r[8], r[9], r[10], address)


@lru_cache(maxsize=256)
def _permissions(text: str) -> frozenset[Permission]:
    """A role's flags by their stored text: a changed role has another text."""
    return frozenset(Permission(name) for name in json.loads(text))


def _addresses(text: str | None) -> tuple[str, ...]:
    return tuple(json.loads(text)) if text else ()
