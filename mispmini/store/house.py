"""Counts and facts about the whole house, for the self-check and for monitoring; nobody's view of events."""

import sqlite3
from typing import NamedTuple

from mispmini.domain.permissions import Permission
from mispmini.store.sql import Row, row, rows, scalar

_MOST_BROKEN = 100
_JSON_COLUMNS = (
    ("event", "extra"), ("attribute", "extra"), ("object", "extra"), ("galaxy", "kill_chain_order"),
    ("galaxy_cluster", "authors"), ("galaxy_relation", "tags"), ("warninglist", "valid_attributes"),
    ("organisation", "restricted_to_domain"), ("role", "permissions"), ("auth_key", "allowed_ips"),
    ("server", "push_rules"), ("server", "pull_rules"), ("server", "allow_internal"), ("server", "trusted_orgs"),
    ("feed", "rules"), ("feed", "settings"), ("feed", "allow_internal"), ("audit", "change"), ("job", "result"),
    ("event_notice", "detail"), ("refused_group_change", "change"), ("registration", "wishes"),
    ("user_setting", "value"), ("setting", "value"), ("session", "data"),
)  # fmt: skip


class Backlog(NamedTuple):
    """What waits in the outbox: rows that wait, rows that need somebody, and since when the oldest waits."""

    waiting: int
    parked: int
    oldest: int | None


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite in use."""
    return sqlite3.sqlite_version_info


def database_bytes() -> int:
    """How large the database is."""
    return int(scalar("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"))


def rows_with_broken_json() -> list[tuple[str, object]]:
    """Tables and ids of the rows of which a column is no JSON, some of each table."""
    return [
        (table, r[0])
        for table, column in _JSON_COLUMNS
        for r in rows(
            f'SELECT rowid FROM "{table}" WHERE {column} <> ? AND NOT json_valid({column}) LIMIT ?', ("", _MOST_BROKEN)
        )
    ]


def backlog() -> Backlog:
    """The outbox as a whole."""
    found = row("SELECT COUNT(*), COALESCE(SUM(parked), 0), MIN(created) FROM outbox")
    return Backlog(int(found[0]), int(found[1]), found[2]) if found else Backlog(0, 0, None)


def is_any_user_called(email: str) -> bool:
    """Whether an account has this address."""
    return row('SELECT 1 FROM "user" WHERE LOWER(email) = ?', (email,)) is not None


def partners_who_administer() -> list[str]:
    """E-mails of accounts bound to a link whose role administers the server."""
    found = rows(
        'SELECT "user".email, role.permissions FROM "user" JOIN role ON role.id = "user".role_id'
        ' WHERE "user".server_id IS NOT NULL AND NOT "user".disabled ORDER BY "user".id'
    )
    return [email for email, permissions in found if f'"{Permission.SITE_ADMIN}"' in str(permissions)]


def site_admins_without_second_factor() -> list[str]:
    """E-mails of enabled site admins who sign in with a password alone."""
    found = rows(
        'SELECT "user".email, role.permissions FROM "user" JOIN role ON role.id = "user".role_id'
        ' WHERE "user".password_hash IS NOT NULL AND "user".totp_secret IS NULL AND NOT "user".disabled'
        ' ORDER BY "user".id'
    )
    return [email for email, permissions in found if f'"{Permission.SITE_ADMIN}"' in str(permissions)]


def keys_without_limits() -> int:
    """How many keys have neither an end nor a list of addresses."""
    return int(
        scalar("SELECT COUNT(*) FROM auth_key WHERE expiration IS NULL AND (allowed_ips IS NULL OR allowed_ips = '[]')")
    )


def counts() -> dict[str, int]:
    """Rows of the tables that monitoring likes to see grow."""
    tables = {
        "events": "event WHERE trashed IS NULL",
        "attributes": "attribute WHERE NOT deleted",
        "users": '"user"',
        "servers": "server",
        "jobs_waiting": "job WHERE state = 'waiting'",
        "jobs_failed": "job WHERE state = 'failed'",
    }
    return {name: int(scalar(f"SELECT COUNT(*) FROM {table}")) for name, table in tables.items()}


def oldest_pull() -> Row | None:
    """The name of the link whose last pull that worked is the oldest, and when that was; one that never worked counts
    from when it was made."""
    return row("SELECT name, coalesce(last_pull, created) AS worked FROM server WHERE pull ORDER BY worked LIMIT 1")
