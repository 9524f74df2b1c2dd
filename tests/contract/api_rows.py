"""Rows of the interface's tables: who asks what, and what has to come back (API §9)."""

import html
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import requests

from mispmini.domain.ids import new_uuid
from tests.cast import SYNC_USER, add_actor
from tests.contract.workshop import ORG_ADMIN, Workshop

ABSENT = "99999"
NOWHERE = "5e1d6f3a-7b52-4c44-9d0e-3f6a2b8c9d10"
NO_JSON = '{"name": "x'
FORBIDDEN = "You do not have permission to use this functionality."
BROKEN = (
    "Invalid JSON input. Make sure that the JSON input is a correctly formatted JSON string. This request has been"
    " blocked to avoid an unfiltered request."
)


class Row(NamedTuple):
    """Of `asked`, a method and a path, and of the body `{noun}` is a target of the workshop, with `!` a fresh one.

    A body of text is sent as it is. `told` is the sentence of the answer, or what `fits` compares with its JSON.
    """

    role: str
    asked: str
    body: object
    code: int
    told: Any = ...

    def __str__(self) -> str:
        body = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return f"{self.role} {self.asked} {body[:60]}"


class Keys(NamedTuple):
    """An object with just these keys."""

    names: str


def saved(message: str, **more: object) -> Mapping[str, object]:
    """A save-success (PROTOCOL §1.4)."""
    return {"saved": True, "success": True, "name": message, "message": message, "url": str, **more}


def unsaved(done: str, errors: object = ...) -> Mapping[str, object]:
    """A save-fail, always 403; `done` is verb and model."""
    sentence = f"Could not {done}"
    return {"saved": False, "name": sentence, "message": sentence, "url": str, "errors": errors}


def with_others(workshop: Workshop) -> Workshop:
    """The workshop with two people of another organisation, its admin and its sync user."""
    org_uuid = new_uuid()
    for role, number in (("other admin", ORG_ADMIN), ("other sync", SYNC_USER)):
        name = role.replace(" ", "-")
        actor = add_actor(workshop.dora, name, org_name="Others", org_uuid=org_uuid, role_id=number)
        workshop.keys[role] = actor.key
    return workshop


def check(workshop: Workshop, row: Row) -> None:
    """Ask, and compare code and answer. Raises AssertionError."""
    answer = _asked(workshop, row)
    assert answer.status_code == row.code, answer.text[:2000]
    if row.told is not ...:
        got = None if answer.request.method == "HEAD" else answer.json()
        if isinstance(row.told, str):
            assert got is not None
            assert html.unescape(got["message"]) == row.told
        else:
            assert fits(row.told, got), f"{row.told}\n{answer.text[:2000]}"


def fits(told: Any, got: Any) -> bool:
    """Whether an answer is as told: the keys named, of a list each item, a type for any of it, `...` for anything."""
    if told is ...:
        return True
    if isinstance(told, re.Pattern):
        return isinstance(got, str) and told.fullmatch(got) is not None
    if isinstance(told, type):
        return isinstance(got, told)
    if isinstance(told, Keys):
        return isinstance(got, dict) and set(got) == set(told.names.split())
    if isinstance(told, Mapping):
        return isinstance(got, dict) and all(name in got and fits(value, got[name]) for name, value in told.items())
    if isinstance(told, list) and len(told) == 1 and not isinstance(told[0], str):
        return isinstance(got, list) and bool(got) and all(fits(told[0], item) for item in got)
    return bool(told == got)


def _asked(workshop: Workshop, row: Row) -> requests.Response:
    method, path = row.asked.split(" ", 1)
    path = workshop.filled(path)
    if not isinstance(row.body, str):
        return workshop.ask(row.role, method, path, json.loads(workshop.filled(json.dumps(row.body))))
    headers = {"Authorization": workshop.keys[row.role], "Content-Type": "application/json"}
    url = f"{workshop.dora.server.url}{path}"
    return workshop.session.request(method, url, data=row.body, headers=headers, timeout=60)
