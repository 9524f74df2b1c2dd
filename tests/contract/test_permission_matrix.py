"""Who gets which answer from which route: the table of all routes, asked of a live server (MODEL §5.3, issue 5)."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mispmini.application import create_app
from mispmini.settings import Settings
from mispmini.store import database
from tests.cast import admin_of
from tests.contract.permissions_table import ROUTES, UNASKED, UNSAVED, Route
from tests.contract.workshop import ROLES, Workshop
from tests.live import live_server
from tests.prepared import open_fresh_database


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """A server with a person of each role."""
    with live_server() as running:
        yield Workshop(admin_of(running))


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_each_role_gets_its_answer(workshop: Workshop, route: Route) -> None:
    for method in route.methods.split():
        got = tuple(_asked(workshop, route, method, role) for role in ROLES)
        assert dict(zip(ROLES, got, strict=True)) == dict(zip(ROLES, route.codes, strict=True)), (
            f"{method} {route.rule}"
        )


def _asked(workshop: Workshop, route: Route, method: str, role: str) -> int:
    if route.codes[ROLES.index(role)] == UNASKED:
        return UNASKED
    body = json.loads(workshop.filled(json.dumps(route.body)))
    answer = workshop.ask(role, method, workshop.filled(route.path), body)
    return UNSAVED if answer.status_code == 403 and "errors" in answer.json() else answer.status_code


def test_every_route_is_in_the_table_once(tmp_path: Path) -> None:
    open_fresh_database(tmp_path / "mispmini.db")
    try:
        rules = list(create_app(Settings(data=tmp_path)).url_map.iter_rules())
    finally:
        database.close_database()
    there = {
        (rule.rule, method)
        for rule in rules
        for method in (rule.methods or set()) & {"GET", "POST"}
        if rule.endpoint != "static"
    }
    told = [(route.rule, method) for route in ROUTES for method in route.methods.split()]
    assert sorted(told) == sorted(there), f"missing: {sorted(there - set(told))}; gone: {sorted(set(told) - there)}"
