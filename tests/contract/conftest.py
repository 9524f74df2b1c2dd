"""The two instances of the recordings, played by ours: B, which was pushed to, and A, which was pulled from."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cast import SYNC_USER, USER, Actor, add_actor, admin_of, hire
from tests.contract.rest_rows import Scene
from tests.contract.workshop import Workshop
from tests.live import Birth, LiveServer, live_server
from tests.wire_files import recordings

__all__ = ["recordings"]

ORG_A = ("ORG_A", "11111111-aaaa-4aaa-8aaa-0000000000a1")
ORG_B = ("ORG_B", "22222222-bbbb-4bbb-8bbb-0000000000b1")
ORG_C = ("ORG_C", "33333333-cccc-4ccc-8ccc-0000000000c1")
ORG_ADMIN, READ_ONLY = 2, 6
_RECORDED_TAXONOMIES = ("tlp:", "estimative-language:")
UNKNOWN_KEYS = ("ZzZzZzZz", "ZZZZZZZZ", "abc")


@dataclass(frozen=True, slots=True)
class Instance:
    """A live server with the accounts of a recorded instance, by the beginning of the keys they had there."""

    server: LiveServer
    admin: Actor
    other: Actor
    accounts: dict[str, Actor]

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.server.url

    def key_for(self, recorded: str | None) -> str | None:
        """Our key of the account that a recorded request spoke for; an unknown key stays unknown."""
        if recorded is None or recorded.startswith(UNKNOWN_KEYS):
            return recorded
        return self.accounts[recorded[:8]].key


@pytest.fixture(scope="session")
def instance_b() -> Iterator[Instance]:
    """B: pushed to by ORG_A's sync user."""
    yield from play_b()


@pytest.fixture(scope="session")
def instance_a() -> Iterator[Instance]:
    """A: pulled from by ORG_B's sync user, and where the samples were taken."""
    yield from play_a()


def play_b() -> Iterator[Instance]:
    """A fresh B."""
    with live_server(_birth(ORG_B, "admin@b.test")) as server:
        admin = admin_of(server)
        yield _peopled(
            server,
            other=_hire(admin, "org-c", ORG_C, ORG_ADMIN),
            accounts={
                "G6XQ0ejC": _hire(admin, "sync-orga", ORG_A, SYNC_USER),
                "jy6MyB7f": _hire(admin, "user-orga", ORG_A, USER),
                "xpEs7zHe": _hire(admin, "reader-orga", ORG_A, READ_ONLY),
            },
        )


def play_a() -> Iterator[Instance]:
    """A fresh A."""
    with live_server(_birth(ORG_A, "admin@admin.test")) as server:
        admin = admin_of(server)
        partner = _hire(admin, "sync-orgb", ORG_B, SYNC_USER)
        yield _peopled(
            server,
            other=_hire(admin, "org-c", ORG_C, ORG_ADMIN),
            accounts={
                "aaaaAdmi": admin,
                "ImX7firE": partner,
                "pEwON8sM": _hire(admin, "reader-orgb", ORG_B, READ_ONLY),
                "MyK5QvZ4": _hire(admin, "user-orga", ORG_A, USER),
                "fAYKJqH4": _hire(admin, "user-orgc", ORG_C, USER),
            },
        )


def _birth(org: tuple[str, str], email: str) -> Birth:
    return Birth(org_name=org[0], org_uuid=org[1], email=email)


def _hire(admin: Actor, name: str, org: tuple[str, str], role_id: int) -> Actor:
    return add_actor(admin, name, org_name=org[0], org_uuid=org[1], role_id=role_id)


def _as_recorded(admin: Actor) -> None:
    """The recorded instances had no taxonomy enabled, tags had the colours that events brought, and no TLP guard."""
    assert admin.post("/servers/serverSettingsEdit/tlp_guard", {"value": ""}).status_code == 200
    for tag in admin.get("/tags/index/exclude_statistics:1").json()["Tag"]:
        if tag["name"].startswith(_RECORDED_TAXONOMIES):
            assert admin.post(f"/tags/delete/{tag['id']}").status_code == 200


def _peopled(server: LiveServer, *, other: Actor, accounts: dict[str, Actor]) -> Instance:
    _as_recorded(admin_of(server))
    return Instance(server, admin_of(server), other, accounts)


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """Who asks, and what there is to ask about, for the tables of API §9: on a server of their own, which they set."""
    with live_server() as running:
        cast = hire(running)
        yield Scene(cast, Workshop(cast.dora))
