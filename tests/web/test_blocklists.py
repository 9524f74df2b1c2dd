"""Blocklists over REST, and what becomes of deleted events (samples 20j, 20k; API §9.8; RULES §2)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from mispmini.domain import clock
from mispmini.domain.ids import new_uuid
from mispmini.store import keeping_tidy
from mispmini.store.sql import execute, scalar
from mispmini.web.building.blocklist_pages import PATHS
from tests.web.analyst import Analyst, Json, a_stranger
from tests.web.browsing import Reader
from tests.web.conftest import ADMIN, ORG_ADMIN, PUBLISHER, SYNC_USER, Site

LISTS = {
    "eventBlocklists": "event_uuid", "orgBlocklists": "org_uuid", "galaxyClusterBlocklists": "cluster_uuid",
    "analystDataBlocklists": "analyst_data_uuid",
}  # fmt: skip
MODELS = {
    "eventBlocklists": "EventBlocklist", "orgBlocklists": "OrgBlocklist",
    "galaxyClusterBlocklists": "GalaxyClusterBlocklist", "analystDataBlocklists": "AnalystDataBlocklist",
}  # fmt: skip


@pytest.fixture(scope="module")
def admin(site: Site) -> Analyst:
    """The site admin."""
    return Analyst(site, key=site.admin_key)


@pytest.fixture(scope="module")
def reader(site: Site) -> Reader:
    """The site admin in front of a browser."""
    reader = Reader(site)
    reader.sign_in(site.email(ADMIN))
    return reader


@pytest.fixture
def analyst(site: Site) -> Analyst:
    """Somebody who adds events."""
    return Analyst(site)


def entry_of(admin: Analyst, name: str, uuid: str) -> Json | None:
    """The entry of a uuid in a list."""
    listed: list[Json] = admin.get(f"/{name}/index").json()
    return next((entry for entry in listed if entry[LISTS[name]] == uuid), None)


@pytest.mark.parametrize("path", PATHS.values())
def test_a_list_is_a_page_with_a_form(reader: Reader, path: str) -> None:
    uuid = new_uuid()
    page = reader.read(f"{path}/index")
    assert reader.submit(f"{path}/add", page, uuids=f"{uuid}\nnonsense", comment="spam, twice") == f"{path}/index"
    page = reader.read(f"{path}/index")
    assert "1 entry was added." in page
    assert uuid in page
    assert "spam, twice" in page
    (entry,) = re.findall(rf'action="({path}/delete/\d+)"', page[page.index(uuid) :])[:1]
    assert reader.submit(entry, page) == f"{path}/index"
    assert uuid not in reader.read(f"{path}/index")


@pytest.mark.parametrize("name", LISTS)
def test_entries_are_added_changed_and_removed(admin: Analyst, name: str) -> None:
    uuid, other = new_uuid(), new_uuid()
    told = admin.post(f"/{name}/add", {"uuids": [uuid, "nonsense", other.upper()], "comment": "spam"})
    assert told["result"] == {"successes": [uuid, other], "fails": ["nonsense"]}
    assert told["message"] == "Done. Added 2 new entries to the blocklist. 1 entries could not be saved."
    assert admin.post(f"/{name}/add", {"uuids": uuid})["result"] == {"successes": [], "fails": [uuid]}
    entry = entry_of(admin, name, uuid)
    assert entry is not None
    assert entry["comment"] == "spam"
    changed = admin.post(f"/{name}/edit/{uuid}", {"comment": "still spam", "id": "1", LISTS[name]: new_uuid()})
    assert changed[MODELS[name]] == entry | {"comment": "still spam"}
    assert admin.get(f"/{name}/view/{entry['id']}").json() == changed
    gone = admin.post(f"/{name}/delete/{entry['id']}")
    assert (gone["success"], gone["id"]) == (True, entry["id"])
    assert entry_of(admin, name, uuid) is None
    admin.post(f"/{name}/delete/{uuid}", status=404)


def a_note(uuid: str) -> tuple[str, Json]:
    """Where a partner pushes analyst data to, and a note with this uuid."""
    told = {"object_uuid": new_uuid(), "object_type": "Event", "distribution": "1", "modified": "2026-01-01 00:00:00"}
    return "/analyst_data/pushAnalystData", {"Note": {"uuid": uuid, "note": "Seen before", **told}}


def a_cluster(uuid: str) -> tuple[str, Json]:
    """Where a partner pushes clusters to, and one with this uuid."""
    galaxy = {"uuid": new_uuid(), "name": "Weather", "type": f"weather-{uuid}", "version": "1"}
    cluster = {"uuid": uuid, "value": "Hail", "version": "1", "distribution": "1", "Galaxy": galaxy}
    return "/galaxies/pushCluster", {"GalaxyCluster": cluster}


@pytest.mark.parametrize(
    ("name", "pushed"),
    [("analystDataBlocklists", a_note), ("galaxyClusterBlocklists", a_cluster)],
    ids=["note", "cluster"],
)
def test_what_is_blocked_stays_out_until_it_is_let_in(
    site: Site, admin: Analyst, name: str, pushed: Callable[[str], tuple[str, Json]]
) -> None:
    uuid, partner = new_uuid(), a_stranger(site, SYNC_USER)
    path, body = pushed(uuid)
    admin.post(f"/{name}/add", {"uuids": [uuid]})
    assert "0 imported, 1 ignored" in str(partner.post(path, body, status=403))
    admin.post(f"/{name}/delete/{uuid}")
    assert "1 imported" in partner.post(path, body)["message"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("body", [{}, {"uuids": 5}, {"uuids": [1]}, {"uuids": []}], ids=str)
def test_a_body_without_uuids_is_refused(admin: Analyst, name: str, body: Any) -> None:
    told = admin.post(f"/{name}/add", body, status=403)
    assert "uuids" in told["errors"]


def test_a_list_can_be_read_in_parts(admin: Analyst) -> None:
    admin.post("/eventBlocklists/add", {"uuids": [new_uuid() for _ in range(3)]})
    whole = admin.get("/eventBlocklists").json()
    pages = [admin.get(f"/eventBlocklists/index/limit:2/page:{page}").json() for page in (1, 2)]
    assert [*pages[0], *pages[1]] == whole[:4]


@pytest.mark.parametrize("role_id", [ORG_ADMIN, PUBLISHER, SYNC_USER])
@pytest.mark.parametrize("path", ["index", "add", "edit/1", "delete/1", "view/1"])
@pytest.mark.parametrize("name", LISTS)
def test_only_site_admins_keep_the_lists(site: Site, name: str, path: str, role_id: int) -> None:
    asker = Analyst(site, role_id)
    answer = site.get if path.startswith(("index", "view")) else site.post
    assert answer(f"/{name}/{path}", headers=asker.headers).status_code == 403


def test_a_blocked_event_does_not_come_in(admin: Analyst, analyst: Analyst) -> None:
    uuid = new_uuid()
    admin.post("/eventBlocklists/add", {"uuids": [uuid]})
    told = analyst.post("/events/add", {"uuid": uuid, "info": "x"}, status=403)
    assert told["message"] == "Event blocked by event blocklist."
    admin.post(f"/eventBlocklists/delete/{uuid}")
    assert analyst.post("/events/add", {"uuid": uuid, "info": "x"})["Event"]["uuid"] == uuid


def test_a_blocked_organisation_adds_nothing_named_or_not(site: Site, admin: Analyst) -> None:
    blocked = a_stranger(site)
    me = blocked.get("/users/view/me").json()["Organisation"]
    admin.post("/orgBlocklists/add", {"uuids": [me["uuid"]], "org_name": me["name"]})
    for body in ({"info": "mine"}, {}):
        told = blocked.post("/events/add", body or {"errors": [403]}, status=403)
        assert told["message"] == "Event blocked by organisation blocklist."
    in_their_name = {"info": "x", "Orgc": {"uuid": me["uuid"], "name": me["name"]}}
    Analyst(site, SYNC_USER).post("/events/add", {"Event": in_their_name}, status=403)


def test_a_deleted_event_is_blocked_and_listed_with_what_it_was(admin: Analyst, analyst: Analyst) -> None:
    event = analyst.adds_event(info="to be deleted")
    analyst.post(f"/events/delete/{event['uuid']}")
    entry = entry_of(admin, "eventBlocklists", event["uuid"])
    assert entry is not None
    assert (entry["event_info"], entry["comment"], entry["event_orgc"]) == (
        "to be deleted", "Automatically blocked by deleting event", "ACME",
    )  # fmt: skip
    analyst.get(f"/events/view/{event['id']}", status=404)
    analyst.post("/events/add", {"uuid": event["uuid"], "info": "again"}, status=403)


def test_a_list_of_events_is_deleted_together(analyst: Analyst) -> None:
    events = [analyst.adds_event() for _ in range(2)]
    told = analyst.post("/events/delete", {"id": [event["id"] for event in events]})
    assert told["message"] == "Event deleted."
    for event in events:
        analyst.get(f"/events/view/{event['id']}", status=404)


def test_a_restored_event_is_whole_and_no_longer_blocked(site: Site, admin: Analyst, analyst: Analyst) -> None:
    event = analyst.adds_event(Attribute=[{"type": "domain", "value": "a.example"}])
    analyst.post(f"/events/delete/{event['id']}")
    a_stranger(site).post(f"/events/restore/{event['uuid']}", status=404)
    analyst.post(f"/events/restore/{event['uuid']}")
    assert analyst.get(f"/events/view/{event['id']}").json()["Event"] == event
    assert entry_of(admin, "eventBlocklists", event["uuid"]) is None
    analyst.post(f"/events/restore/{event['uuid']}", status=404)


def test_once_it_is_let_in_again_an_event_takes_the_place_of_its_deleted_self(admin: Analyst, analyst: Analyst) -> None:
    attribute = {"type": "domain", "value": "a.example", "uuid": new_uuid()}
    event = analyst.adds_event(Attribute=[attribute])
    analyst.post(f"/events/delete/{event['id']}")
    analyst.post("/events/add", {"uuid": event["uuid"], "info": "too early"}, status=403)
    admin.post(f"/eventBlocklists/delete/{event['uuid']}")
    again = analyst.adds_event(uuid=event["uuid"], info="second life", Attribute=[attribute])
    assert again["id"] != event["id"]
    assert again["Attribute"][0]["uuid"] == attribute["uuid"]
    found = analyst.post("/attributes/restSearch", {"uuid": attribute["uuid"]})["response"]["Attribute"]
    assert [one["event_id"] for one in found] == [again["id"]]


def test_the_trash_is_emptied_after_a_month(analyst: Analyst) -> None:
    old, young = (analyst.adds_event(Attribute=[{"type": "domain", "value": "old.example"}]) for _ in range(2))
    for event, days in ((old, 31), (young, 29)):
        analyst.post(f"/events/delete/{event['id']}")
        execute("UPDATE event SET trashed = ? WHERE id = ?", (clock.now() - days * 86400, event["id"]))
    keeping_tidy.empty_the_trash()
    left = [scalar("SELECT count(*) FROM event WHERE id = ?", (event["id"],)) for event in (old, young)]
    assert left == [0, 1]
    for table in ("attribute", "value_hash"):
        assert scalar(f"SELECT count(*) FROM {table} WHERE event_id = ?", (old["id"],)) == 0
    analyst.post("/events/add", {"uuid": old["uuid"], "info": "again"}, status=403)
