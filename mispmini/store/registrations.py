"""Requests for accounts by visitors: finders and writers."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from mispmini.domain import clock, ids
from mispmini.domain.ids import is_row_number
from mispmini.store.damage import one_of, readable
from mispmini.store.organisations import fold
from mispmini.store.sql import execute, row, rows, scalar

_SELECT = "SELECT id, uuid, wishes, address, user_agent, created FROM registration"


class Registration(NamedTuple):
    """A request for an account: `wishes` is what was typed, `created` epoch seconds."""

    id: int
    uuid: str
    wishes: Mapping[str, object]
    address: str
    user_agent: str
    created: int


def list_any_registrations() -> list[Registration]:
    """All of them, oldest first."""
    return list(readable("registration", rows(f"{_SELECT} ORDER BY id"), _registration))


def find_any_registration(ref: str) -> Registration | None:
    """A request by id or uuid."""
    column = "id" if is_row_number(ref) else "uuid"
    found = row(f"{_SELECT} WHERE {column} = ?", (ref.lower(),))
    return None if found is None else one_of("registration", found, _registration)


def count_any_registrations() -> int:
    """How many wait."""
    return int(scalar("SELECT count(*) FROM registration"))


def save_registration(email: str, wishes: Mapping[str, object], *, address: str, user_agent: str) -> None:
    """Keep a request, inside a writing(); an earlier one for the same address is replaced."""
    folded = fold(email)
    execute("DELETE FROM registration WHERE folded_email = ?", (folded,))
    execute(
        "INSERT INTO registration (uuid, folded_email, wishes, address, user_agent, created) VALUES (?, ?, ?, ?, ?, ?)",
        (ids.new_uuid(), folded, json.dumps(wishes), address, user_agent, clock.now()),
    )


def delete_registration(registration_id: int) -> None:
    """Remove a request, inside a writing()."""
    execute("DELETE FROM registration WHERE id = ?", (registration_id,))


def _registration(found: tuple[object, ...]) -> Registration:
    number, uuid, wishes, address, user_agent, created = found
    return Registration(
        int(str(number)), str(uuid), json.loads(str(wishes)), str(address), str(user_agent), int(str(created))
    )
