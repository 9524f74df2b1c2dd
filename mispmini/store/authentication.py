"""Whose key or session it is: one query a request on the hot path (MODEL §5.1, §5.6, TRUST D10)."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache

from mispmini.domain import clock
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import KeyInUse, Viewer
from mispmini.store.damage import NO_ADDRESS, or_else
from mispmini.store.sql import Row, execute, row

_ACCOUNT = (
    "u.id, o.id, o.uuid, o.name, u.email, r.id, r.name, r.permissions, u.server_id, u.language, u.theme, u.change_pw"
)
_JOINS = "JOIN organisation o ON o.id = u.org_id JOIN role r ON r.id = u.role_id"
_OF_KEY = (
    f"SELECT {_ACCOUNT}, u.disabled, u.expiration, k.id, k.read_only, k.expiration, k.allowed_ips"
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


def find_any_presented_key(raw: str, address: str) -> PresentedKey | None:
    """The key behind 40 characters, with its account as the viewer it would make; expired and disabled ones too."""
    r = row(_OF_KEY, (hashlib.sha256(raw.encode()).digest(),))
    if r is None:
        return None
    key = KeyInUse(r[14], bool(r[15]), r[16])
    disabled = bool(r[12]) or (r[13] is not None and r[13] <= clock.now())
    return PresentedKey(
        _viewer(r, key, address),
        disabled,
        r[16],
        or_else("auth_key", r[14], lambda: tuple(json.loads(r[17] or "[]")), NO_ADDRESS),
    )


def find_any_active_viewer(user_id: int, address: str) -> Viewer | None:
    """An account that may log in, as a viewer without a key; None once it is disabled, expired or gone."""
    r = row(_OF_USER, (user_id, clock.now()))
    return None if r is None else _viewer(r, None, address)


def note_key_use(key_id: int, user_id: int, address: str) -> None:
    """Keep when and from where a key was used, inside a quiet writing(); of the addresses the newest hundred."""
    now = clock.now()
    execute("UPDATE auth_key SET last_used = ? WHERE id = ?", (now, key_id))
    execute('UPDATE "user" SET last_api_access = ? WHERE id = ?', (now, user_id))
    if not address:
        return
    known = execute(
        "UPDATE key_address SET last_seen = ? WHERE auth_key_id = ? AND address = ?", (now, key_id, address)
    )
    if not known:
        execute("INSERT INTO key_address (auth_key_id, address, last_seen) VALUES (?, ?, ?)", (key_id, address, now))
        execute(
            "DELETE FROM key_address WHERE auth_key_id = ? AND id NOT IN (SELECT id FROM key_address"
            " WHERE auth_key_id = ? ORDER BY last_seen DESC, id DESC LIMIT ?)",
            (key_id, key_id, _MOST_ADDRESSES),
        )


def note_key_refusal(raw: str, cause: str, *, address: str, user_id: int | None) -> None:
    """Keep that a key was refused and why, inside a quiet writing(); of the key only its first four characters."""
    execute(
        "INSERT INTO key_refusal (time, address, authkey_start, cause, user_id) VALUES (?, ?, ?, ?, ?)",
        (clock.now(), address, raw[:4], cause, user_id),
    )


def note_refused_write(key_id: int, *, address: str) -> None:
    """Keep that a read-only key tried to write, inside a quiet writing()."""
    execute(
        "INSERT INTO key_refusal (time, address, authkey_start, cause, user_id)"
        " SELECT ?, ?, authkey_start, 'read_only', user_id FROM auth_key WHERE id = ?",
        (clock.now(), address, key_id),
    )


def _viewer(r: Row, key: KeyInUse | None, address: str) -> Viewer:
    held = or_else("role of user", r[0], lambda: _permissions(r[7]), frozenset[Permission]())
    return Viewer(
        *(r[0], r[1], r[2], r[3], r[4], r[5], r[6], held),
        key=key,
        linked_server_id=r[8],
        language=r[9],
        theme=r[10],
        address=address,
        must_change_password=bool(r[11]),
    )


@lru_cache(maxsize=256)
def _permissions(text: str) -> frozenset[Permission]:
    """A role's flags by their stored text: a changed role has another text."""
    return frozenset(Permission(name) for name in json.loads(text))
