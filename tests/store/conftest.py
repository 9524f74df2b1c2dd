"""A file of its own for each module of store tests: four organisations, a sharing group, and a handful of events.

Alice's organisation holds most of it. Bob is of another one here, Charlie of the one in the sharing group, Dora is the
site admin, Sam a partner's sync user. Events and attributes are known by short names, which their uuids are made of.
"""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReportDraft, TagDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event, delete_event
from mispmini.store import database, vocabulary
from mispmini.store.authentication import find_any_active_viewer
from mispmini.store.database import writing
from mispmini.store.organisations import insert_organisation
from mispmini.store.people import insert_user
from mispmini.store.sql import execute, scalar
from mispmini.store.tables.links import Server
from tests.prepared import open_fresh_database
from tests.sync.ground import Ground, break_ground, leave_ground

# The module has no types.
count_queries: Any = importlib.import_module("playhouse.test_utils").count_queries
D = Distribution
ORG_ADMIN, SITE_ADMIN, USER, SYNC_USER = 2, 1, 3, 5
THEN = 1_700_000_000
GROUP_UUID = str(uuid5(NAMESPACE_DNS, "group"))


def uuid_of(name: str) -> str:
    """The uuid of what a test calls by this name."""
    return str(uuid5(NAMESPACE_DNS, name))


def attribute(name: str, kind: str, value: str, **more: Any) -> AttributeDraft:
    """An attribute by name; it inherits, and is of THEN."""
    return AttributeDraft(
        uuid=uuid_of(name), type=kind, value=value, **{"timestamp": THEN, "distribution": int(D.INHERIT), **more}
    )


def event(name: str, info: str, *attributes: AttributeDraft, **more: Any) -> EventDraft:
    """An event by name; for the community, of THEN."""
    defaults = {"distribution": int(D.COMMUNITY), "timestamp": THEN, "date": "2024-01-10"}
    return EventDraft(uuid=uuid_of(name), info=info, attributes=attributes, **{**defaults, **more})


@dataclass(frozen=True, slots=True)
class World:
    """Everybody and the sharing group; `add` stores an event as somebody and returns its id."""

    alice: Viewer
    bob: Viewer
    charlie: Viewer
    dora: Viewer
    sam: Viewer
    group_id: int

    def add(self, viewer: Viewer, draft: EventDraft) -> int:
        """Store an event; its id."""
        saved = add_event(viewer, draft)
        assert saved.dropped == ()
        return saved.event_id

    def people(self) -> dict[str, Viewer]:
        """Everybody by name."""
        return {name: getattr(self, name) for name in ("alice", "bob", "charlie", "dora", "sam")}


@pytest.fixture(scope="module")
def empty_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The people, without an event."""
    path: Path = tmp_path_factory.mktemp("store") / "mispmini.db"
    vocabulary.forget()
    open_fresh_database(path)
    with writing():
        found = _people()
    yield found
    database.close_database()
    vocabulary.forget()


def _people() -> World:
    orgs = {name: _organisation(name) for name in ("CSIRT Alpha", "CSIRT Bravo", "CSIRT Charlie", "CSIRT Sierra")}
    alpha, bravo, charlie, sierra = orgs.values()
    return World(
        alice=_person("alice", alpha, ORG_ADMIN),
        bob=_person("bob", bravo, ORG_ADMIN),
        charlie=_person("charlie", charlie, USER),
        dora=_person("dora", alpha, SITE_ADMIN),
        sam=_person("sam", sierra, SYNC_USER),
        group_id=_group(alpha, (alpha, charlie)),
    )


def _organisation(name: str) -> int:
    columns = {"uuid": uuid_of(name), "name": name, "local": True, "created": THEN, "modified": THEN}
    return insert_organisation({**columns, "sector": "bank" if name == "CSIRT Bravo" else "state"})


def _person(name: str, org_id: int, role_id: int) -> Viewer:
    email = f"{name}@{name}.example"
    user_id = insert_user({"email": email, "org_id": org_id, "role_id": role_id, "created": THEN, "modified": THEN})
    viewer = find_any_active_viewer(user_id, "127.0.0.1")
    assert viewer is not None
    return viewer


def _group(owner: int, members: tuple[int, ...]) -> int:
    execute(
        "INSERT INTO sharing_group (uuid, name, releasability, description, organisation_uuid, org_id, active, local,"
        " roaming, created, modified) VALUES (?, 'Banks', '', '', ?, ?, 1, 1, 0, ?, ?)",
        (GROUP_UUID, uuid_of("CSIRT Alpha"), owner, THEN, THEN),
    )
    group_id = int(scalar("SELECT id FROM sharing_group WHERE uuid = ?", (GROUP_UUID,)))
    for org_id in members:
        execute("INSERT INTO sharing_group_org (sharing_group_id, org_id, extend) VALUES (?, ?, 0)", (group_id, org_id))
    return group_id


@pytest.fixture(scope="module")
def world(empty_world: World) -> World:
    """The people with the events of the tables in the tests."""
    people = empty_world
    for owner, draft in _events(people):
        people.add(owner, draft)
    delete_event(people.alice, uuid_of("trashed"))
    return people


def _events(people: World) -> list[tuple[Viewer, EventDraft]]:
    grouped = {"distribution": int(D.SHARING_GROUP), "sharing_group_id": people.group_id}
    own = {"distribution": int(D.ORGANISATION)}
    bank = event(
        "bank",
        "Phishing against a bank",
        attribute("ip", "ip-dst", "198.51.100.7", to_ids=True, comment="Seen at the SOC", tags=(TagDraft("infra:c2"),)),
        attribute("domain", "domain", "open.example", to_ids=True, timestamp=THEN + 50),
        attribute("hidden", "domain", "hidden.example", tags=(TagDraft("hidden:tag"),), comment="hidden note", **own),
        attribute("grouped", "url", "http://grouped.example/a", comment="grouped note", **grouped),
        attribute("city", "text", "São Paulo", to_ids=False),
        attribute("gone", "domain", "gone.example", deleted=True),
        attribute("address", "ip-dst|port", "203.0.113.9|8443", first_seen=1_000_000, last_seen=3_000_000),
        threat_level_id=1,
        tags=(TagDraft("tlp:green"), TagDraft("todo", local=True)),
        published=True,
        objects=(
            _object("sample", "file", attribute("file", "filename", "a_b%c.exe", object_relation="filename")),
            _object("safe", "vault", attribute("inside", "hostname", "inside.example", object_relation="host"), **own),
        ),
    )
    return [
        (people.alice, bank),
        (
            people.bob,
            event(
                "clinic",
                "Ransomware at a clinic",
                attribute("hash", "md5", "d41d8cd98f00b204e9800998ecf8427e", to_ids=True, tags=(TagDraft("tlp:red"),)),
                attribute("same", "ip-src", "198.51.100.7", to_ids=False, timestamp=THEN + 500),
                tags=(TagDraft("tlp:green"), TagDraft("type:osint")),
                distribution=int(D.ALL),
                date="2024-02-20",
                timestamp=THEN + 1000,
                analysis=2,
            ),
        ),
        (people.alice, event("own", "Our own notes", attribute("note", "domain", "note.example"), **own)),
        (people.alice, event("circle", "For the banks", attribute("member", "domain", "member.example"), **grouped)),
        (
            people.bob,
            replace(
                event("report", "Only a report"),
                reports=(ReportDraft("Findings", "text", distribution=int(D.INHERIT)),),
                date="2024-03-01",
            ),
        ),
        (people.bob, event("bare", "Nothing in it", date="2024-03-02")),
        (people.alice, event("trashed", "Thrown away", attribute("thrown", "domain", "open.example"))),
    ]


def _object(name: str, kind: str, *attributes: AttributeDraft, **more: Any) -> ObjectDraft:
    return ObjectDraft(
        uuid=uuid_of(name),
        name=kind,
        meta_category="file",
        template_uuid=uuid_of(f"template {kind}"),
        template_version=7,
        timestamp=THEN,
        attributes=attributes,
        **{"distribution": int(D.INHERIT), **more},
    )


def link_with(push_rules: str) -> int:
    """A link to a partner with these push rules, inside a writing(); its id."""
    number = int(Server.select().count()) + 1
    columns = {"name": f"partner {number}", "url": f"https://p{number}.example", "authkey_ref": str(number)}
    row = Server.create(
        **columns, org=1, remote_org=4, push_rules=push_rules, pull_rules="", allow_internal=[], created=THEN
    )
    return int(row.id)


@pytest.fixture
def fresh(empty_world: World) -> Callable[[str], str]:
    """Makes values that no other test has."""
    return lambda label: f"{label}-{new_uuid()[:8]}.example"


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance of ORG_A in this process, for one test."""
    yield break_ground(tmp_path)
    leave_ground()
