"""Feed out, feed in, between two live servers; and PyMISP's own feed tools on what we write."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from pymisp import MISPEvent, PyMISP
from pymisp.mispevent import MISPFeed
from pymisp.tools.feed import feed_meta_generator

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json, add_actor, admin_of
from tests.live import LiveServer, eventually, live_server

ALL = Distribution.ALL
VALUES = (
    {"type": "ip-dst", "value": "198.51.100.77", "to_ids": True},
    {"type": "domain", "value": "feed.example.org", "to_ids": True, "Tag": [{"name": "tlp:clear"}]},
    {"type": "domain", "value": "own-eyes.example.org", "distribution": "0"},
)


@dataclass(frozen=True, slots=True)
class Two:
    """The server that has the feed, and the one that reads it."""

    source: Actor
    reader: Actor
    event: Json
    amber: Json


@pytest.fixture(scope="module")
def two() -> Iterator[Two]:
    """Two instances; the first has published one clear event and one that is not for the public."""
    with live_server() as one, live_server() as other:
        source, reader = admin_of(one), admin_of(other)
        inside = [{"type": "md5", "object_relation": "md5", "value": "b" * 32, "to_ids": True}]
        template = {"template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215", "template_version": "25"}
        files = [{"name": "file", "meta-category": "file", "Attribute": inside, **template}]
        event = source.adds_event(
            "Clear", distribution=ALL, attributes=VALUES, Object=files, Tag=[{"name": "tlp:clear"}]
        )
        amber = source.adds_event("Amber", distribution=ALL, attributes=VALUES[:1], Tag=[{"name": "tlp:amber"}])
        source.adds_event("Draft", distribution=ALL, attributes=VALUES[:1], Tag=[{"name": "tlp:clear"}])
        source.publishes(event)
        source.publishes(amber)
        yield Two(source, reader, event, amber)


def feed_of(server: LiveServer, path: str, key: str | None = None, **headers: str) -> requests.Response:
    """One GET of a feed's reader: no word about JSON."""
    sent = headers | ({"Authorization": key} if key else {})
    return requests.get(f"{server.url}/feed/{path}", headers=sent, timeout=30, allow_redirects=False)


def public(two: Two, *, on: bool) -> None:
    two.source.post("/servers/serverSettingsEdit/public_feed", {"value": on})


def test_a_feed_out_is_a_feed_in(two: Two) -> None:
    key = add_actor(two.source, "Reader", org_name="CSIRT Reader").key
    wanted = {
        "name": "Alfa", "provider": "Alfa", "url": f"{two.source.server.url}/feed", "enabled": True,
        "headers": f"Authorization: {key}", "distribution": "1", "source_format": "misp", "caching_enabled": True,
    }  # fmt: skip
    feed = two.reader.post("/feeds/add", {"Feed": wanted}).json()["Feed"]
    assert key not in json.dumps(feed)
    listed = two.reader.get(f"/feeds/previewIndex/{feed['id']}").json()
    assert {item["info"] for item in listed} == {"Clear", "Amber"}
    told = two.reader.post(f"/feeds/fetchFromFeed/{feed['id']}").json()
    assert told["result"] == "Pull queued for background execution."
    event = eventually(lambda: _found(two.reader, two.event)) or {}
    assert {attribute["value"] for attribute in event["Attribute"]} == {"198.51.100.77", "feed.example.org"}
    assert [item["name"] for item in event["Object"]] == ["file"]
    assert (event["Orgc"]["uuid"], event["distribution"], event["published"]) == (two.source.org_uuid, "1", False)
    assert two.reader.get(f"/feeds/cacheFeeds/{feed['id']}").json()["message"] == "Feed caching job initiated."
    hits = eventually(lambda: two.reader.post("/feeds/searchCaches", {"value": "feed.example.org"}).json())
    assert hits[0]["Feed"]["uuid"] == [two.event["uuid"]]


def _found(actor: Actor, event: Json) -> Json | None:
    answer = actor.get(f"/events/view/{event['uuid']}")
    return answer.json()["Event"] if answer.status_code == 200 else None


def test_without_a_key_there_is_no_feed_until_it_is_public(two: Two) -> None:
    server, clear, amber = two.source.server, two.event["uuid"], two.amber["uuid"]
    assert [feed_of(server, path).status_code for path in ("manifest.json", "hashes.csv", f"{clear}.json")] == [403] * 3
    public(two, on=True)
    try:
        assert list(feed_of(server, "manifest.json").json()) == [clear]
        assert feed_of(server, f"{clear}.json").json()["Event"]["uuid"] == clear
        absent = feed_of(server, f"{amber}.json")
        never = feed_of(server, "00000000-0000-4000-8000-000000000000.json")
        assert (absent.status_code, never.status_code) == (404, 404)
        assert absent.text.replace(amber, "") == never.text.replace("00000000-0000-4000-8000-000000000000", "")
        assert amber not in feed_of(server, "hashes.csv").text
        assert feed_of(server, "ips.txt").status_code == 302
        assert feed_of(server, "manifest.json", "x" * 40).status_code == 403
    finally:
        public(two, on=False)


@pytest.mark.parametrize("path", ["manifest.json", "hashes.csv", "ips.txt"])
def test_who_comes_again_is_told_that_nothing_changed(two: Two, path: str) -> None:
    server, key = two.source.server, two.source.key
    first = feed_of(server, path, key)
    again = feed_of(server, path, key, **{"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_a_partners_reading_is_noted(two: Two) -> None:
    sam = add_actor(two.source, "Sam", org_name="CSIRT Sierra", role_id=5, local=False)
    assert feed_of(two.source.server, f"{two.event['uuid']}.json", sam.key).status_code == 200
    with sqlite3.connect(two.source.server.data / "mispmini.db") as database:
        noted = database.execute("SELECT org_id FROM served WHERE event_uuid = ?", (two.event["uuid"],)).fetchall()
    assert noted == [(sam.org_id,)]


def test_firewalls_get_lists_of_values(two: Two) -> None:
    server, key = two.source.server, two.source.key
    assert feed_of(server, "ips.txt", key).text == "198.51.100.77\n"
    assert feed_of(server, "domains.txt", key).text == "feed.example.org\nown-eyes.example.org\n"
    other = add_actor(two.source, "Firewall", org_name="CSIRT Firewall").key
    assert feed_of(server, "domains.txt", other).text == "feed.example.org\n"
    assert feed_of(server, "md5.txt", other).text == f"{'b' * 32}\n"
    assert feed_of(server, "passwords.txt", key).status_code == 404


def test_pymisp_reads_the_folder_and_makes_the_same_of_it(two: Two, tmp_path: Path) -> None:
    told = two.source.server.verb("export", "feed", str(tmp_path), "--for", "public")
    assert told["events"] == 1
    ours = {name: (tmp_path / name).read_text(encoding="utf-8") for name in ("manifest.json", "hashes.csv")}
    event = MISPEvent()
    event.load_file(str(tmp_path / f"{two.event['uuid']}.json"))
    assert {attribute.value for attribute in event.attributes} == {"198.51.100.77", "feed.example.org"}
    feed_meta_generator(tmp_path)
    theirs = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert _told(theirs) == _told(json.loads(ours["manifest.json"]))
    assert sorted((tmp_path / "hashes.csv").read_text(encoding="utf-8").split()) == sorted(ours["hashes.csv"].split())


def _told(manifest: dict[str, Any]) -> dict[str, Any]:
    names = ("info", "date", "timestamp", "analysis", "threat_level_id")
    return {
        uuid: {name: str(entry[name]) for name in names} | {"orgc": entry["Orgc"]["uuid"]}
        for uuid, entry in manifest.items()
    }


def test_pymisp_keeps_feeds(two: Two) -> None:
    misp = PyMISP(two.reader.server.url, two.reader.key, ssl=False)
    misp.load_default_feeds()
    found: Any = misp.feeds(pythonify=True)
    table = next(feed for feed in found if feed.name == "blockrules of rules.emergingthreats.net")
    switched: Any = misp.enable_feed(table, pythonify=True)
    assert (switched.enabled, switched.settings) == (True, table.settings)
    partial: Any = misp.disable_feed(table.id, pythonify=True)
    assert (partial.enabled, partial.settings) == (False, table.settings)
    cached: Any = misp.enable_feed_cache(table.id, pythonify=True)
    assert cached.caching_enabled
    mine = MISPFeed()
    mine.name, mine.provider, mine.url = "TestFeed", "TestFeed - Provider", "http://feeds.example.com"
    added: Any = misp.add_feed(mine, pythonify=True)
    added.name = "TestFeed - Update"
    edited: Any = misp.update_feed(added, pythonify=True)
    assert edited.name == "TestFeed - Update"
    deleted: Any = misp.delete_feed(edited)
    assert deleted["message"] == "Feed deleted."
    assert misp.search_feeds(value="203.0.113.200") == []


def test_a_feed_that_is_due_is_fetched_by_itself(two: Two) -> None:
    amber = two.source.adds_event("Green", distribution=ALL, attributes=VALUES[:1], Tag=[{"name": "tlp:green"}])
    two.source.publishes(amber)
    wanted = {
        "name": "Hourly", "provider": "Alfa", "url": f"{two.source.server.url}/feed/", "enabled": True,
        "headers": f"Authorization: {two.source.key}", "fetch_interval": 1,
    }  # fmt: skip
    feed = two.reader.post("/feeds/add", wanted).json()["Feed"]
    assert eventually(lambda: _found(two.reader, amber))
    two.reader.post(f"/feeds/delete/{feed['id']}")


def test_a_feed_names_nothing_that_it_leaves_out(two: Two) -> None:
    hidden, shown, holder = new_uuid(), new_uuid(), new_uuid()
    attributes = [
        {"type": "domain", "value": "left-out.example.org", "uuid": hidden, "distribution": "0"},
        {"type": "domain", "value": "goes.example.org", "uuid": shown},
    ]
    inside = [{"type": "md5", "object_relation": "md5", "value": "c" * 32}]
    template = {"template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215", "template_version": "25"}
    references = [
        {"object_uuid": holder, "referenced_uuid": uuid, "relationship_type": "drops", "comment": f"about {uuid}"}
        for uuid in (hidden, shown)
    ]
    file = {"name": "file", "meta-category": "file", "uuid": holder, "Attribute": inside, **template}
    objects = [{**file, "ObjectReference": references}]
    tags = [{"name": "tlp:clear"}]
    event = two.source.adds_event("Refers", distribution=ALL, attributes=attributes, Object=objects, Tag=tags)
    two.source.publishes(event)
    public(two, on=True)
    try:
        answers = [feed_of(two.source.server, f"{event['uuid']}.json", key) for key in (None, two.source.key)]
    finally:
        public(two, on=False)
    for answer in answers:
        assert shown in answer.text
        assert hidden not in answer.text
