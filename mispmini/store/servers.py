"""Links to partners: finders and writers. Only site admins see them, so that no finder here takes a viewer."""

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache
from typing import Any

from mispmini.domain import clock
from mispmini.domain.servers import LinkedServer
from mispmini.store.damage import must_be, readable
from mispmini.store.sql import Predicate, Row, execute, row, rows
from mispmini.store.tables.links import Server

INDEX_TAG_SECONDS = 24 * 3600
_NAMES = tuple(item.name for item in fields(LinkedServer))
_FLAGS = frozenset(item.name for item in fields(LinkedServer) if item.type is bool)
_LISTS = ("allow_internal", "trusted_orgs", "unstorable")
_SELECT = f"SELECT {', '.join(_NAMES)} FROM server"


def list_any_servers() -> list[LinkedServer]:
    """Every link in the order of its priority."""
    return servers_where(Predicate("1 = 1"))


def find_any_server(server_id: int) -> LinkedServer | None:
    """A link by id."""
    return next(iter(servers_where(Predicate("id = ?", (server_id,)))), None)


def find_any_servers_named(name: str) -> list[LinkedServer]:
    """Links that an admin calls so, for the command line."""
    return servers_where(Predicate("name = ?", (name,)))


def servers_of_organisation(org_id: int) -> list[LinkedServer]:
    """Links whose remote organisation this is."""
    return servers_where(Predicate("remote_org_id = ?", (org_id,)))


def push_servers() -> list[LinkedServer]:
    """Links that get what is published here."""
    return servers_where(Predicate("push"))


def sighting_servers() -> list[LinkedServer]:
    """Links that get what is sighted here."""
    return servers_where(Predicate("push_sightings"))


def servers_due_for_pull(now: int) -> list[LinkedServer]:
    """Links whose scheduled pull is due."""
    return servers_where(Predicate("pull AND NOT paused AND pull_interval > 0 AND next_pull <= ?", (now,)))


def servers_due_for_comparison(before: int) -> list[LinkedServer]:
    """Links in use whose two indexes were last compared before then (epoch seconds); a new one has its time."""
    where = "(pull OR push) AND NOT paused AND coalesce(last_compared, created) < ?"
    return servers_where(Predicate(where, (before,)))


def server_ids_by_url() -> dict[str, int]:
    """The id of the link behind each address."""
    return dict(rows("SELECT url, id FROM server ORDER BY id DESC"))


def next_priority() -> int:
    """The place behind all links."""
    found = row("SELECT coalesce(max(priority), 0) + 1 FROM server")
    return 1 if found is None else int(found[0])


def insert_server(values: Mapping[str, object]) -> int:
    """Add a link by column names, inside a writing(); returns its id."""
    return int(Server.insert({**values, "created": clock.now()}).execute())


def update_server(server_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a link, inside a writing(). Names come from code, never from a request."""
    Server.update(dict(values)).where(Server.id == server_id).execute()


def delete_server(server_id: int) -> None:
    """Remove a link with its queue and ledger, inside a writing(); events stay."""
    execute("UPDATE user SET server_id = NULL WHERE server_id = ?", (server_id,))
    execute("DELETE FROM sharing_group_server WHERE server_id = ?", (server_id,))
    execute("DELETE FROM server WHERE id = ?", (server_id,))


def schedule_pull(server_id: int, at: int | None) -> None:
    """Say when the next pull is due (epoch seconds), inside a writing()."""
    execute("UPDATE server SET next_pull = ? WHERE id = ?", (at, server_id))


def note_pull(server_id: int, result: str, *, worked: bool) -> None:
    """Remember how a pull of everything ended, inside a writing()."""
    now = clock.now()
    execute(
        "UPDATE server SET last_pull_try = ?, last_pull_result = ?, last_pull = iif(?, ?, last_pull) WHERE id = ?",
        (now, result, worked, now, server_id),
    )


def note_push(server_id: int, *, arrived: bool) -> None:
    """Something was sent to the partner, and arrived there or did not, inside a writing()."""
    now = clock.now()
    execute(
        "UPDATE server SET last_push_try = ?, last_push = iif(?, ?, last_push) WHERE id = ?",
        (now, arrived, now, server_id),
    )


def note_down(server_id: int, error: str, *, until: int | None = None) -> None:
    """The partner cannot be reached; with `until` (epoch seconds) nothing is sent before, inside a writing()."""
    execute(
        "UPDATE server SET down_since = coalesce(down_since, ?), down_error = ?,"
        " breaker_until = coalesce(?, breaker_until) WHERE id = ?",
        (clock.now(), error, until, server_id),
    )


def note_up(server_id: int) -> bool:
    """The partner answers, inside a writing(); whether it did not before."""
    was_down = "UPDATE server SET down_since = NULL, down_error = NULL, breaker_until = NULL WHERE id = ?"
    return execute(f"{was_down} AND coalesce(down_since, breaker_until) IS NOT NULL", (server_id,)) > 0


def remember_index(server_id: int, etag: str | None) -> None:
    """Keep the tag of an index whose every event was judged; None forgets it, inside a writing()."""
    kept = None if etag is None else f"{clock.now()} {etag}"
    execute("UPDATE server SET index_etag = ? WHERE id = ?", (kept, server_id))


def forget_indexes() -> None:
    """Whatever was judged of any partner's list is to be judged anew, inside a writing()."""
    execute("UPDATE server SET index_etag = NULL WHERE index_etag IS NOT NULL")


def known_index_tag(server: LinkedServer) -> str | None:
    """The tag of the index as it was last judged whole, for a day: what is deleted here may be wanted again."""
    taken, _, etag = (server.index_etag or "0 ").partition(" ")
    return etag if etag and clock.now() - int(taken) < INDEX_TAG_SECONDS else None


def servers_where(where: Predicate) -> list[LinkedServer]:
    """Links of which this is true, the most urgent first."""
    return list(readable("server", rows(f"{_SELECT} WHERE {where.text} ORDER BY priority, id", where.params), _server))


@lru_cache(maxsize=128)
def _server(r: Row) -> LinkedServer:
    values: dict[str, Any] = dict(zip(_NAMES, r, strict=True))
    values |= {name: bool(values[name]) for name in _FLAGS if name in values}
    values |= {name: tuple(json.loads(values[name] or "[]") or ()) for name in _LISTS}
    for name in ("push_rules", "pull_rules"):
        must_be(dict, values[name])
    return LinkedServer(**values)
