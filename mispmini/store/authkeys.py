"""Authkeys: only the SHA-256 of a key is kept, and looked up with one probe of an index (TRUST D10)."""

import hashlib
import json
from collections.abc import Mapping
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.records import AuthKeyRecord
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import NO_ADDRESS, or_else
from mispmini.store.sql import TRUE, Predicate, Row, execute, rows
from mispmini.store.tables.people import AuthKey
from mispmini.store.visibility import user_visible_to

_RECORD = (
    "SELECT auth_key.id, auth_key.uuid, auth_key.user_id, auth_key.authkey_start, auth_key.authkey_end,"
    " auth_key.created, auth_key.expiration, auth_key.read_only, auth_key.comment, auth_key.allowed_ips,"
    " auth_key.last_used, u.email, u.org_id"
    ' FROM auth_key JOIN "user" AS u ON u.id = auth_key.user_id'
)


class SeenAddress(NamedTuple):
    """An address that a key was used from; `last_seen` is epoch seconds."""

    address: str
    last_seen: int


class OwnedKey(NamedTuple):
    """An authkey with what is always said of its owner; `seen` are its addresses, newest first."""

    key: AuthKeyRecord
    email: str
    org_id: int
    seen: tuple[SeenAddress, ...] = ()


class Refusal(NamedTuple):
    """A refused key, with the cause in a word; `email` is None where no account is known (FEATURES row 30)."""

    time: int
    address: str
    authkey_start: str
    cause: str
    email: str | None


def key_hash(raw: str) -> bytes:
    """The 32 bytes a key is stored as."""
    return hashlib.sha256(raw.encode()).digest()


def find_any_key_of(raw: str) -> OwnedKey | None:
    """The key with these 40 characters, expired or not."""
    return _one(Predicate("auth_key.key_hash = ?", (key_hash(raw),)))


def find_any_key(key_id: int) -> OwnedKey | None:
    """A key by id."""
    return _one(Predicate("auth_key.id = ?", (key_id,)))


def find_key(viewer: Viewer, key_id: int) -> OwnedKey | None:
    """A key of an account that the viewer may see (MODEL §5.6)."""
    return _one(user_visible_to(viewer, "u") & Predicate("auth_key.id = ?", (key_id,)))


def find_key_id(viewer: Viewer, uuid: str) -> int | None:
    """The id of such a key by its uuid."""
    found = _one(user_visible_to(viewer, "u") & Predicate("auth_key.uuid = ?", (uuid,)))
    return None if found is None else found.key.id


def list_keys(viewer: Viewer, *, user_id: int | None = None) -> list[OwnedKey]:
    """Keys of the accounts that the viewer may see, or of one of them, by id."""
    owner = TRUE if user_id is None else Predicate("auth_key.user_id = ?", (user_id,))
    return _keys(user_visible_to(viewer, "u") & owner)


def insert_key(raw: str, values: Mapping[str, object]) -> int:
    """Add a key by column names, inside a writing(); of `raw` the hash and the ends are kept. Returns its id."""
    kept = {"key_hash": key_hash(raw), "authkey_start": raw[:4], "authkey_end": raw[-4:]}
    return int(AuthKey.insert({**values, **kept}).execute())


def update_key(key_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a key, inside a writing(); none is no change."""
    if values:
        AuthKey.update(dict(values)).where(AuthKey.id == key_id).execute()


def delete_key(key_id: int) -> None:
    """Remove a key, inside a writing(): it is refused from now on."""
    execute("DELETE FROM auth_key WHERE id = ?", (key_id,))


def list_refusals(viewer: Viewer, limit: int) -> list[Refusal]:
    """The newest refusals of keys of accounts that the viewer may see; a site admin sees those of unknown keys too."""
    seen = user_visible_to(viewer, "u")
    found = rows(
        "SELECT refusal.time, refusal.address, refusal.authkey_start, refusal.cause, u.email"
        ' FROM key_refusal AS refusal LEFT JOIN "user" AS u ON u.id = refusal.user_id'
        f" WHERE {seen.text} ORDER BY refusal.id DESC LIMIT ?",
        (*seen.params, limit),
    )
    return [Refusal._make(r) for r in found]


def expire_keys_of(user_id: int, *, only: int | None = None) -> None:
    """End the valid keys of an account now, or `only` the one, inside a writing()."""
    now = clock.now()
    execute(
        "UPDATE auth_key SET expiration = ? WHERE user_id = ? AND (expiration IS NULL OR expiration > ?)"
        " AND (? IS NULL OR id = ?)",
        (now, user_id, now, only, only),
    )


def _one(where: Predicate) -> OwnedKey | None:
    return next(iter(_keys(where)), None)


def _keys(where: Predicate) -> list[OwnedKey]:
    found = rows(f"{_RECORD} WHERE {where.text} ORDER BY auth_key.id", where.params)
    seen = _addresses(where)
    return [_owned(r, seen.get(r[0], ())) for r in found]


def _addresses(where: Predicate) -> dict[int, tuple[SeenAddress, ...]]:
    """By key the addresses it was used from, newest first."""
    seen: dict[int, tuple[SeenAddress, ...]] = {}
    found = rows(
        "SELECT seen.auth_key_id, seen.address, seen.last_seen FROM key_address AS seen"
        ' JOIN auth_key ON auth_key.id = seen.auth_key_id JOIN "user" AS u ON u.id = auth_key.user_id'
        f" WHERE {where.text} ORDER BY seen.last_seen DESC, seen.id DESC",
        where.params,
    )
    for key_id, address, last_seen in found:
        seen[key_id] = (*seen.get(key_id, ()), SeenAddress(address, last_seen))
    return seen


def _owned(r: Row, seen: tuple[SeenAddress, ...]) -> OwnedKey:
    key = AuthKeyRecord(
        id=r[0],
        uuid=r[1],
        user_id=r[2],
        authkey_start=r[3],
        authkey_end=r[4],
        created=r[5],
        expiration=r[6],
        read_only=bool(r[7]),
        comment=r[8],
        allowed_ips=or_else("auth_key", r[0], lambda: tuple(json.loads(r[9] or "[]")), NO_ADDRESS),
        unique_ips=tuple(found.address for found in seen),
        last_used=r[10],
    )
    return OwnedKey(key, r[11], r[12], seen)
