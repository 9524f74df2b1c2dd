"""Users' own settings by MISP's names: finders and writers."""

import json
from typing import NamedTuple

from mispmini.domain import clock
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import readable
from mispmini.store.sql import TRUE, Predicate, execute, rows
from mispmini.store.visibility import user_visible_to


class UserSettingRow(NamedTuple):
    """A setting of an account; `value` is any JSON value, `modified` epoch seconds."""

    id: int
    user_id: int
    name: str
    value: object
    modified: int
    email: str


def list_settings(viewer: Viewer, *, user_id: int | None = None, name: str | None = None) -> list[UserSettingRow]:
    """Settings of the accounts that the viewer may see, by id."""
    where = user_visible_to(viewer, "u")
    where &= TRUE if user_id is None else Predicate("u.id = ?", (user_id,))
    where &= TRUE if name is None else Predicate("own.name = ?", (name,))
    found = rows(
        "SELECT own.id, own.user_id, own.name, own.value, own.modified, u.email FROM user_setting AS own"
        f' JOIN "user" AS u ON u.id = own.user_id WHERE {where.text} ORDER BY own.id',
        where.params,
    )
    return list(
        readable(
            "user_setting", found, lambda r: UserSettingRow(r[0], r[1], r[2], json.loads(r[3] or "null"), r[4], r[5])
        )
    )


def save_setting_of(user_id: int, name: str, value: object) -> None:
    """Keep a setting of an account, inside a writing()."""
    text, now = json.dumps(value), clock.now()
    known = execute(
        "UPDATE user_setting SET value = ?, modified = ? WHERE user_id = ? AND name = ?", (text, now, user_id, name)
    )
    if not known:
        execute(
            "INSERT INTO user_setting (user_id, name, value, modified) VALUES (?, ?, ?, ?)", (user_id, name, text, now)
        )


def delete_setting_of(user_id: int, name: str) -> bool:
    """Remove a setting of an account, inside a writing(); False if there was none."""
    return execute("DELETE FROM user_setting WHERE user_id = ? AND name = ?", (user_id, name)) > 0
