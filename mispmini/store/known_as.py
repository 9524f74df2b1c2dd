"""Who partners know this instance as, and who of them does: what a change of its URL or uuid would break."""

from typing import NamedTuple

from mispmini.domain.permissions import Permission
from mispmini.domain.receipts import ARRIVED
from mispmini.store.sql import execute, row, rows, scalar

_ARRIVED = ", ".join(f"'{state}'" for state in sorted(ARRIVED))
_SHARED_GROUP = (
    "(sync_user_id IS NOT NULL OR received_from IS NOT NULL OR roaming OR EXISTS (SELECT 1 FROM sharing_group_server"
    " AS other WHERE other.sharing_group_id = sharing_group.id AND other.server_id IS NOT NULL))"
)


class KnownAs(NamedTuple):
    """The URL, and the uuid of the organisation that runs this instance; "" for none yet."""

    url: str
    org_uuid: str


class HeldInName(NamedTuple):
    """What an organisation's uuid stands in at partners: their copies of its events, sharing groups, their accounts."""

    events: int = 0
    groups: int = 0
    servers: int = 0


class LedHere(NamedTuple):
    """What leads partners to this instance's URL: sharing groups, their entries of this server, their accounts."""

    groups: int = 0
    servers: int = 0
    accounts: int = 0


def known_as() -> KnownAs | None:
    """As partners know this instance, None before it was first started."""
    found = row("SELECT url, org_uuid FROM known_as")
    return None if found is None else KnownAs._make(found)


def know_as(known: KnownAs) -> None:
    """From now on partners are to know it so, inside a writing()."""
    execute("DELETE FROM known_as")
    execute("INSERT INTO known_as (url, org_uuid) VALUES (?, ?)", known)


def owners_of_links() -> dict[int, int]:
    """By link the id of our organisation that the partner knows."""
    return dict(rows("SELECT id, org_id FROM server"))


def held_in_name_of(org_id: int) -> HeldInName:
    """What partners hold of an organisation of here."""
    events = (
        f"SELECT COUNT(*) FROM event WHERE orgc_id = ? AND (uuid IN (SELECT event_uuid FROM ledger WHERE state IN"
        f" ({_ARRIVED})) OR uuid IN (SELECT event_uuid FROM served))"
    )
    groups = (
        f"SELECT COUNT(*) FROM sharing_group WHERE {_SHARED_GROUP} AND (org_id = ? OR id IN"
        " (SELECT sharing_group_id FROM sharing_group_org WHERE org_id = ?))"
    )
    servers = "SELECT COUNT(*) FROM server WHERE org_id = ?"
    return HeldInName(
        int(scalar(events, (org_id,))), int(scalar(groups, (org_id, org_id))), int(scalar(servers, (org_id,)))
    )


def led_here() -> LedHere:
    """What of partners leads to this instance by its URL."""
    groups = (
        f"SELECT COUNT(*) FROM sharing_group WHERE {_SHARED_GROUP} AND id IN"
        " (SELECT sharing_group_id FROM sharing_group_server WHERE server_id IS NULL)"
    )
    accounts = rows(
        'SELECT role.permissions, "user".server_id FROM "user" JOIN role ON role.id = "user".role_id'
        ' WHERE NOT "user".disabled'
    )
    return LedHere(
        int(scalar(groups)),
        int(scalar("SELECT COUNT(*) FROM server WHERE push OR pull")),
        sum(_is_partners(str(permissions), server_id) for permissions, server_id in accounts),
    )


def _is_partners(permissions: str, server_id: int | None) -> bool:
    syncs = f'"{Permission.SYNC}"' in permissions and f'"{Permission.SITE_ADMIN}"' not in permissions
    return syncs or server_id is not None
