"""One instance in this process, on a database of its own, with a partner that a small server plays."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import Receipt
from mispmini.domain.servers import LinkedServer, ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import addresses
from mispmini.services.authentication import viewer_of_user
from mispmini.services.events import add_event
from mispmini.services.organisations import capture_organisation
from mispmini.services.publishing import publish_event
from mispmini.services.servers import add_server
from mispmini.services.setting_up import FirstRun, set_up
from mispmini.store import ledger, sql
from mispmini.store.database import close_database, writing
from mispmini.store.graphs import Parts, load_event
from mispmini.store.tables.base import database
from mispmini.store.vocabulary import forget
from mispmini.sync.fetching import Reading
from mispmini.sync.links import Outbound
from tests.prepared import open_fresh_database

OUTBOUND = Outbound(allow_internal=("127.0.0.0/8", "::1/128"), deadline=5.0)
KEY = "SyncKeyOfThePartner000000000000000000000"
OUR_ORG = OrganisationDraft("11111111-aaaa-4aaa-8aaa-0000000000a1", "ORG_A")
THEIR_ORG = OrganisationDraft("22222222-bbbb-4bbb-8bbb-0000000000b1", "ORG_B")


@dataclass(frozen=True, slots=True)
class Ground:
    """The instance: its admin, and verbs that tests say in one line."""

    folder: Path
    admin: Viewer

    def links(self, url: str, *, org: OrganisationDraft = THEIR_ORG, **wish: Any) -> LinkedServer:
        """Add a link to the partner at `url`."""
        draft = ServerDraft(name=f"partner at {url}", url=url, authkey=KEY, new_org=org, **wish)
        return add_server(self.admin, draft)

    def publishes(self, draft: EventDraft) -> str:
        """Add an event and publish it; its uuid."""
        saved = add_event(self.admin, draft)
        publish_event(self.admin, str(saved.event_id))
        return saved.uuid

    def sees(self, uuid: str) -> EventGraph:
        """The event here with everything."""
        return load_event(Viewer.everything(), uuid, Parts(deleted=Deleted.BOTH, all_tags=True))

    def receipt(self, server: LinkedServer, uuid: str) -> Receipt:
        """What the ledger says of an event on a link; AssertionError when it says nothing."""
        entries = [e.receipt for e in ledger.list_entries_of_event(uuid) if e.server_id == server.id]
        assert entries, f"nothing in the ledger about {uuid}"
        return entries[0]


def a_draft(**more: Any) -> EventDraft:
    """A fresh event with one attribute, for connected communities."""
    known: dict[str, Any] = {
        "info": "Phishing against a bank",
        "uuid": new_uuid(),
        "distribution": int(Distribution.CONNECTED),
        "attributes": (AttributeDraft(type="domain", value="phish.example.org", uuid=new_uuid()),),
    }
    return EventDraft(**(known | more))


def a_reading(draft: EventDraft) -> Reading:
    """A draft as if it had been fetched, long after it was published."""
    return Reading(draft, digest="", settled=True)


def queue_of(server: LinkedServer) -> list[tuple[Any, ...]]:
    """The outbox rows of a link: uuid, tries, next_try, parked."""
    text = "SELECT event_uuid, tries, next_try, parked FROM outbox WHERE server_id = ? ORDER BY id"
    return sql.rows(text, (server.id,))


def break_ground(folder: Path, *, ours: OrganisationDraft = OUR_ORG, url: str = "http://127.0.0.1:8201") -> Ground:
    """A fresh instance of ORG_A in this folder, the process bound to it; the partner's organisation is known."""
    content, user_id = _founded(ours)
    forget()
    open_fresh_database(folder / "mispmini.db", content)
    addresses.announce(url)
    admin = viewer_of_user(user_id, "127.0.0.1")
    assert admin is not None
    return Ground(folder, admin)


@cache
def _founded(ours: OrganisationDraft) -> tuple[bytes, int]:
    """What a database of this organisation's holds once it is set up, and the admin's number."""
    with tempfile.TemporaryDirectory(prefix="mispmini-test-") as folder:
        path = Path(folder) / "mispmini.db"
        forget()
        open_fresh_database(path)
        founded = set_up(FirstRun(org_name=ours.name, org_uuid=ours.uuid, email="dora@a.test"))
        with writing():
            capture_organisation(None, THEIR_ORG if ours is OUR_ORG else OUR_ORG)
        close_database()
        return path.read_bytes(), founded.user_id


def leave_ground() -> None:
    """Unbind."""
    close_database()
    assert database.is_closed()
