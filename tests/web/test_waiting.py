"""Partners that are down, paused or refuse us, as pages, programs and watchers are told of them: all say the same."""

import fcntl
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest

from mispmini.domain import clock
from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.receipts import Direction, LedgerState, Receipt
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import diagnostics, servers
from mispmini.services.link_health import WELL, ailment_of
from mispmini.store import ledger, outbox
from mispmini.store import servers as rows
from mispmini.store.database import writing
from mispmini.store.sql import execute
from tests.web.callers import Browser, Client
from tests.web.conftest import ADMIN, PUBLISHER, Site, serving_site

HOUR = 3600


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Site]:
    """An instance at which a process pushes and pulls, as far as anybody can tell: its lock is held."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "locks").mkdir(parents=True)
    with open(folder / "locks" / "scheduler.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with serving_site(folder, password_hash) as site:
            yield site


@dataclass
class Link:
    """A partner, and what has happened to it."""

    site: Site
    id: int

    def is_down(self) -> None:
        """Nobody answers there for two hours, and it is left alone for another one."""
        now = clock.now()
        with writing():
            rows.note_down(self.id, "dns: no such name", until=now + HOUR)
            rows.update_server(self.id, {"down_since": now - 2 * HOUR})

    def changes(self, **columns: object) -> None:
        """Write columns of its row."""
        if columns:
            with writing():
                rows.update_server(self.id, columns)

    def failed(self, event: str, reason: str, *, parked: bool = False) -> None:
        """The promise of an event was tried."""
        uuid = Client(self.site, self.site.admin_key).get(f"/events/view/{event}")["Event"]["uuid"]
        with writing():
            ledger.write_receipt(self.id, Direction.PUSH, uuid, Receipt(LedgerState.FAILED, reason))
            values = (f"{reason}: told", parked, clock.now() + HOUR, self.id, uuid)
            text = "last_error = ?, parked = ?, next_try = ?, tries = 1 WHERE server_id = ? AND event_uuid = ?"
            execute(f"UPDATE outbox SET {text}", values)


@pytest.fixture
def link(site: Site) -> Iterator[Link]:
    """A partner that events are pushed to."""
    viewer = Viewer.everything(org_id=site.org_id)
    org = OrganisationDraft(new_uuid(), f"CERT {new_uuid()}")
    draft = ServerDraft(name="Beta", url="https://beta.example", authkey=new_authkey(), new_org=org, push=True)
    found = servers.add_server(viewer, draft)
    yield Link(site, found.id)
    servers.delete_server(viewer, found.id)


@pytest.fixture
def admin(site: Site) -> Client:
    """The site admin."""
    return Client(site, site.admin_key)


def publish(who: Client) -> str:
    """The id of a fresh event that is published."""
    event = who.adds_event("tlp:green")
    assert who.post(f"/events/publish/{event}").status_code == 200
    return event


def text_of(page: str) -> str:
    """What a person reads."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.partition("<main")[2])).split())


def test_a_partner_that_is_down_is_one_line_at_home(admin: Client, link: Link) -> None:
    link.is_down()
    for _ in range(3):
        link.failed(publish(admin), "dns")
    told = text_of(admin.page("/"))
    assert told.count("Beta") == 1
    assert "3 events wait to be sent" in told
    assert "The name of the server cannot be resolved." in told


def test_so_is_one_that_refuses_our_key(admin: Client, link: Link) -> None:
    for _ in range(3):
        link.failed(publish(admin), "key_refused", parked=True)
    told = text_of(admin.page("/"))
    assert told.count("Beta") == 1
    assert "3 events need somebody. They refused our auth key." in told


def test_what_is_wrong_with_one_event_still_has_its_line(admin: Client, link: Link) -> None:
    link.failed(publish(admin), "refused", parked=True)
    assert text_of(admin.page("/")).count("Beta") == 2


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("is_down", "It has not been reached since"),
        ("is_paused", "The server is paused: the event waits until it is resumed."),
    ],
)
def test_before_publishing_one_is_told_that_it_waits(site: Site, link: Link, what: str, told: str) -> None:
    link.is_down() if what == "is_down" else link.changes(paused=True)
    publisher = Client(site, site.key(PUBLISHER))
    page = text_of(publisher.page(f"/events/publish/{publisher.adds_event('tlp:green')}"))
    assert told in page
    assert "no such name" not in page, "what a machine said is for admins"


def test_before_publishing_nothing_is_said_of_a_partner_that_is_well(site: Site, link: Link) -> None:
    publisher = Client(site, site.key(PUBLISHER))
    page = text_of(publisher.page(f"/events/publish/{publisher.adds_event('tlp:green')}"))
    assert "Beta yes Arrives as: This community only." in page
    assert "waits" not in page


WHYS = {
    "down": ({}, "dns", False, "partner", "It has not been reached since"),
    "retry": ({}, "server_error", False, "retry", "The last try failed. Their server had an error."),
    "paused": ({"paused": True}, "server_error", False, "resuming", "until it is resumed"),
    "off": ({"push": False}, "server_error", False, "pushing", "Pushing to the server is switched off"),
    "parked": ({}, "key_refused", True, "somebody", "Ask them for a new one."),
}


@pytest.mark.parametrize(("columns", "reason", "parked", "word", "told"), WHYS.values(), ids=WHYS)
def test_an_event_says_why_it_waits(
    admin: Client, link: Link, columns: dict[str, object], reason: str, parked: bool, word: str, told: str
) -> None:
    event = publish(admin)
    link.failed(event, reason, parked=parked)
    link.changes(**columns)
    if word == "partner":
        link.is_down()
    assert "It waits to be sent to Beta." in text_of(admin.page(f"/events/view/{event}"))
    assert told in text_of(admin.page(f"/events/view/{event}?tab=sharing"))
    assert told in text_of(admin.page(f"/servers/view/{link.id}"))
    [delivery] = admin.get(f"/events/receipts/{event}")["deliveries"]
    assert delivery["waits_for"] == word
    assert delivery["next_try"] is None or int(delivery["next_try"]) >= clock.now()


def test_whom_it_does_not_concern_is_not_told(site: Site, admin: Client, link: Link) -> None:
    event = publish(admin)
    link.failed(event, "server_error")
    with writing():
        execute("UPDATE event SET org_id = 2, orgc_id = 2 WHERE id = ?", (event,))
    publisher = Client(site, site.key(PUBLISHER))
    assert "Beta" not in text_of(publisher.page(f"/events/view/{event}"))
    assert publisher.get(f"/events/receipts/{event}")["deliveries"] == []


def test_the_last_that_worked_stands_beside_the_last_try(admin: Client, link: Link) -> None:
    now = clock.now()
    link.changes(pull=True, last_pull=now - 9 * HOUR, last_pull_try=now - HOUR, last_pull_result="tcp: nobody")
    for path in ("/servers/index", f"/servers/view/{link.id}", "/jobs/index", "/health"):
        assert "last try" in admin.page(path), path
    [partner] = admin.get("/health.json")["partners"]
    assert (partner["last_pull"], partner["last_pull_try"]) == (now - 9 * HOUR, now - HOUR)


AILING: dict[str, dict[str, object]] = {
    "well": {"last_push": 1},
    "down": {"down_since": 1, "down_error": "tcp: gone"},
    "overdue": {"pull": True, "pull_interval": 60, "last_pull": 1, "last_pull_result": "Pull completed. 1 "},
    "never pulled": {"pull": True, "pull_interval": 60, "created": 1},
    "pull failed": {"pull": True, "last_pull_try": 1, "last_pull_result": "tcp: gone"},
}


@pytest.mark.parametrize("columns", AILING.values(), ids=AILING)
def test_page_program_doctor_and_metrics_agree(
    site: Site, admin: Client, link: Link, columns: dict[str, object]
) -> None:
    link.changes(**columns)
    is_well = columns == AILING["well"]
    health = admin.get("/health.json")
    [partner] = health["partners"]
    check = next(one for one in health["checks"] if one["check"] == "partners")
    assert (partner["health"] in ("good", "unused")) is is_well
    assert check["verdict"] == ("ok" if is_well else "warn")
    assert is_well or health["status"] != "ok"
    metrics = dict(
        line.split()
        for line in admin.site.get("/metrics", headers={"Authorization": admin.key}).text.splitlines()[1::2]
    )
    assert metrics["mispmini_partners_ailing"] == ("0" if is_well else "1")
    assert metrics["mispmini_health"] == str(["ok", "warn", "fail"].index(health["status"]))
    [ailment] = {ailment_of(link) for link in servers.list_servers(Viewer.everything())}
    assert (ailment in WELL, partner["cause"]) == (is_well, ailment)
    doctors = {one.name: one.verdict.value for one in diagnostics.run_checks()}
    assert doctors == {one["check"]: one["verdict"] for one in health["checks"]}
    page = Browser(site, site.email(ADMIN), language="en").get("/health").text
    assert ("Partners that need a look: Beta" in unescape(page)) is not is_well


def test_what_waits_too_long_is_not_ok(admin: Client, link: Link) -> None:
    publish(admin)
    assert next(c for c in admin.get("/health.json")["checks"] if c["check"] == "queue")["verdict"] == "ok"
    with writing():
        execute("UPDATE outbox SET created = created - ?", (outbox.LONGEST_DELIVERY_SECONDS + 1,))
    health = admin.get("/health.json")
    assert {c["check"]: c["verdict"] for c in health["checks"]}["queue"] == "warn"
    assert (health["partners"][0]["cause"], health["partners"][0]["late"]) == ("late", 1)
