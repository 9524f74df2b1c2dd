"""Feeds read from a small server on loopback: events, lists, caches, previews, and what a feed may not do."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, TagDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.feeds import FeedDraft, FeedRecord, FeedVerb, ListSettings, SourceFormat
from mispmini.domain.ids import new_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services import feeds
from mispmini.services.events import add_event
from mispmini.services.feed_output import Audience, Reader
from mispmini.services.publishing import publish_event
from mispmini.store import feeds as store
from mispmini.store import sql
from mispmini.store.database import writing
from mispmini.store.graphs import find_event_id
from mispmini.sync.feeds.choosing import FeedVerdict
from mispmini.sync.feeds.folder import write_feed
from mispmini.sync.feeds.preview import preview_event, preview_feed
from mispmini.sync.feeds.work import run_feed
from mispmini.sync.links import Outbound
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground

ELSEWHERE = OrganisationDraft("33333333-cccc-4ccc-8ccc-0000000000c1", "ORG_C")


class Source:
    """A feed's folder on a small server; what it holds is changed between fetches."""

    def __init__(self, server: HTTPServer) -> None:
        self.server = server
        self.events: dict[str, dict[str, Any]] = {}

    def holds(self, *, timestamp: int = 1_700_000_000, creator: OrganisationDraft = ELSEWHERE, **more: Any) -> str:
        """One more event, or another version of one."""
        uuid = more.pop("uuid", None) or new_uuid()
        attribute = {
            "uuid": new_uuid(),
            "type": "domain",
            "value": f"{uuid[:8]}.example.org",
            "category": "Network activity",
        }
        self.events[uuid] = {
            "uuid": uuid, "info": "From the feed", "date": "2026-01-02", "timestamp": str(timestamp), "analysis": "2",
            "threat_level_id": "3", "published": True, "Orgc": {"uuid": creator.uuid, "name": creator.name},
            "Tag": [{"name": "tlp:clear"}], "Attribute": [attribute], **more,
        }  # fmt: skip
        self.serve()
        return uuid

    def serve(self) -> None:
        self.server.clear()
        manifest = {
            uuid: {name: event[name] for name in ("info", "date", "timestamp", "Orgc", "Tag")}
            for uuid, event in self.events.items()
        }
        self.server.expect_request("/osint/manifest.json").respond_with_json(manifest)
        for uuid, event in self.events.items():
            self.server.expect_request(f"/osint/{uuid}.json").respond_with_json({"Event": event})


@pytest.fixture
def source(httpserver: HTTPServer) -> Source:
    return Source(httpserver)


def a_feed(ground: Ground, server: HTTPServer, path: str = "/osint", **more: Any) -> FeedRecord:
    known: dict[str, Any] = {"name": "OSINT", "provider": "Elsewhere", "url": server.url_for(path), "enabled": True}
    return feeds.add_feed(ground.admin, FeedDraft(**known | more))


def fetch(feed: FeedRecord, outbound: Outbound = OUTBOUND) -> str:
    return run_feed(feed.id, FeedVerb.FETCH, outbound)


def test_a_fetch_takes_what_is_new_and_later_what_is_newer(ground: Ground, source: Source) -> None:
    feed = a_feed(ground, source.server, distribution=1)
    uuid, other = source.holds(), source.holds()
    assert fetch(feed) == "Feed fetched. 2 events added, 0 updated, 0 failed."
    event = ground.sees(uuid).event
    assert (event.distribution, event.locked, event.published, event.received_from) == (1, True, False, None)
    assert ground.sees(uuid).orgc.uuid == ELSEWHERE.uuid
    source.holds(uuid=uuid, timestamp=1_700_000_001, info="Corrected")
    assert fetch(feed) == "Feed fetched. 0 events added, 1 updated, 0 failed."
    assert ground.sees(uuid).event.info == "Corrected"
    assert ground.sees(uuid).event.distribution == 1
    assert ground.sees(other).event.info == "From the feed"
    assert fetch(feed) == "Feed fetched. 0 events added, 0 updated, 0 failed."


def test_a_feed_changes_nothing_that_came_another_way(ground: Ground, source: Source) -> None:
    feed = a_feed(ground, source.server)
    ours = ground.publishes(EventDraft(info="Ours", attributes=(AttributeDraft(type="domain", value="a.example"),)))
    source.holds(uuid=ours, timestamp=2_000_000_000, creator=THEIR_ORG, info="Taken over")
    in_our_name = source.holds(creator=OUR_ORG, info="In our name")
    other_feed = a_feed(ground, source.server, "/osint/", name="The same again")
    delivered = source.holds()
    fetch(feed)
    source.holds(uuid=delivered, timestamp=2_000_000_000, info="By another feed")
    assert fetch(other_feed).startswith("Feed fetched. 0 events added, 0 updated")
    assert ground.sees(ours).event.info == "Ours"
    assert ground.sees(delivered).event.info == "From the feed"
    assert sql.scalar("SELECT count(*) FROM event WHERE uuid = ?", (in_our_name,)) == 0
    shown = preview_feed(other_feed, OUTBOUND)
    verdicts = {entry.uuid: verdict for entry, verdict in zip(shown.entries, shown.verdicts, strict=True)}
    assert verdicts == {
        ours: FeedVerdict.OURS, in_our_name: FeedVerdict.OURS, delivered: FeedVerdict.ELSEWHERE,
    }  # fmt: skip


def test_the_level_is_the_feeds_and_objects_without_one_stay_here(ground: Ground, source: Source) -> None:
    template = {"name": "file", "meta-category": "file", "template_uuid": new_uuid(), "template_version": "1"}
    inside = [{"type": "md5", "value": "a" * 32, "object_relation": "md5", "uuid": new_uuid()}]
    uuid = source.holds(
        distribution="3", Object=[{**template, "uuid": new_uuid(), "Attribute": inside, "timestamp": "1700000000"}]
    )
    fetch(a_feed(ground, source.server, distribution=int(Distribution.COMMUNITY)))
    graph = ground.sees(uuid)
    assert graph.event.distribution == Distribution.COMMUNITY
    assert [item.distribution for item in graph.objects] == [Distribution.ORGANISATION]


def test_the_tag_is_local_flags_are_overridden_and_it_is_published_on_wish(ground: Ground, source: Source) -> None:
    feed = a_feed(ground, source.server, tag_name="source:osint", override_ids=True, publish=True)
    uuid = source.holds()
    fetch(feed)
    graph = ground.sees(uuid)
    assert {tag.name: tag.local for tag in graph.tags} == {"tlp:clear": False, "source:osint": True}
    assert [attribute.to_ids for attribute in graph.attributes] == [False]
    assert graph.event.published


@pytest.mark.parametrize(
    ("rules", "comes"),
    [
        ('{"tags":{"OR":["tlp:clear"],"NOT":[]}}', True),
        ('{"tags":{"OR":["tlp:red"],"NOT":[]}}', False),
        ('{"tags":{"OR":[],"NOT":["TLP:CLEAR"]}}', False),
        ('{"orgs":{"OR":["ORG_C"],"NOT":[]}}', True),
        ('{"orgs":{"OR":[],"NOT":["org_c"]}}', False),
    ],
)
def test_rules_decide_by_names(ground: Ground, source: Source, rules: str, comes: bool) -> None:
    source.holds()
    preview = preview_feed(a_feed(ground, source.server, rules=rules), OUTBOUND)
    assert (preview.total, preview.coming) == (1, int(comes))


def test_an_event_that_is_not_what_the_manifest_says_is_left_out(ground: Ground, source: Source) -> None:
    feed = a_feed(ground, source.server, rules='{"tags":{"OR":[],"NOT":["tlp:red"]}}')
    uuid = source.holds()
    source.events[uuid]["Tag"] = [{"name": "tlp:clear"}]
    source.serve()
    source.server.expect_oneshot_request(f"/osint/{uuid}.json").respond_with_json(
        {"Event": source.events[uuid] | {"Tag": [{"name": "tlp:red"}]}}
    )
    assert fetch(feed) == "Feed fetched. 0 events added, 0 updated, 1 failed."


@pytest.mark.parametrize(
    ("settings", "body", "values"),
    [
        ('{"csv":{"value":"1","delimiter":","}}', "198.51.100.7,bad.example.org\n", [("ip-dst", "198.51.100.7")]),
        ('{"csv":{"value":"2","delimiter":";"},"common":{"excluderegex":"/^#/"}}',
         "# a;b\n1;http://bad.example.org/x\n", [("url", "http://bad.example.org/x")]),
        ("", "198.51.100.7,198.51.100.8\n", [("ip-dst", "198.51.100.7"), ("ip-dst", "198.51.100.8")]),
    ],
    ids=["one column", "delimiter and excluded lines", "all columns"],
)  # fmt: skip
def test_a_table_is_read_by_its_columns(
    ground: Ground, httpserver: HTTPServer, settings: str, body: str, values: list[tuple[str, str]]
) -> None:
    httpserver.expect_request("/list.csv").respond_with_data(body, content_type="text/csv")
    feed = a_feed(ground, httpserver, "/list.csv", source_format=SourceFormat.CSV, settings=settings)
    assert [value.key for value in preview_feed(feed, OUTBOUND).values] == values


def test_a_fixed_event_follows_its_list(ground: Ground, httpserver: HTTPServer) -> None:
    text = "198.51.100.7\nhxxp://bad.example[.]org/x\n"
    httpserver.expect_ordered_request("/list.txt").respond_with_data(text, content_type="text/plain")
    feed = a_feed(
        ground, httpserver, "/list.txt", source_format=SourceFormat.FREETEXT, fixed_event=True, delta_merge=True
    )
    assert fetch(feed) == "Feed fetched. 2 values added, 0 removed."
    event_id = feeds.find_feed(ground.admin, feed.id).event_id
    httpserver.expect_ordered_request("/list.txt").respond_with_data("198.51.100.7\n198.51.100.9\n")
    assert fetch(feed) == "Feed fetched. 1 values added, 1 removed."
    graph = ground.sees(str(event_id))
    assert {row.value: row.deleted for row in graph.attributes} == {
        "198.51.100.7": False, "http://bad.example.org/x": True, "198.51.100.9": False,
    }  # fmt: skip
    httpserver.expect_ordered_request("/list.txt").respond_with_data("198.51.100.7\n198.51.100.9\n")
    assert fetch(feed) == "Feed fetched. 0 values added, 0 removed."
    assert ground.sees(str(event_id)).event.timestamp == graph.event.timestamp


def test_an_empty_list_empties_nothing(ground: Ground, httpserver: HTTPServer) -> None:
    feed = a_feed(ground, httpserver, "/l.txt", source_format=SourceFormat.FREETEXT, fixed_event=True, delta_merge=True)
    httpserver.expect_ordered_request("/l.txt").respond_with_data("198.51.100.7\n")
    httpserver.expect_ordered_request("/l.txt").respond_with_data("maintenance\n")
    fetch(feed)
    assert fetch(feed) == "Feed fetched. 0 values added, 0 removed."


def test_without_a_fixed_event_each_fetch_makes_one(ground: Ground, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/list.txt").respond_with_data("198.51.100.7\n")
    feed = a_feed(ground, httpserver, "/list.txt", source_format=SourceFormat.FREETEXT)
    fetch(feed)
    fetch(feed)
    assert sql.scalar("SELECT count(*) FROM event WHERE info = 'OSINT feed'") == 2


def test_caches_are_asked_by_value_and_compared(ground: Ground, httpserver: HTTPServer) -> None:
    uuid = new_uuid()
    digest = hashlib.md5(b"198.51.100.7").hexdigest()
    httpserver.expect_request("/osint/hashes.csv").respond_with_data(f"{digest},{uuid}\nnonsense\n")
    httpserver.expect_request("/list.txt").respond_with_data("198.51.100.7\n198.51.100.8\n")
    one = a_feed(ground, httpserver, caching_enabled=True)
    two = a_feed(
        ground, httpserver, "/list.txt", name="List", caching_enabled=True, source_format=SourceFormat.FREETEXT,
        lookup_visible=True,
    )  # fmt: skip
    assert run_feed(one.id, FeedVerb.CACHE, OUTBOUND) == "Feed cached. 1 values."
    assert run_feed(two.id, FeedVerb.CACHE, OUTBOUND) == "Feed cached. 2 values."
    hits = feeds.search_caches(ground.admin, ["198.51.100.7", "203.0.113.1"])
    assert [(hit.feed.id, hit.value, hit.event_uuids) for hit in hits] == [
        (one.id, "198.51.100.7", (uuid,)), (two.id, "198.51.100.7", ()),
    ]  # fmt: skip
    compared = {feed.id: [(o.feed.id, o.count, o.percentage) for o in shared]
                for feed, shared in feeds.compare_feeds(ground.admin)}  # fmt: skip
    assert compared == {one.id: [(two.id, 1, 100)], two.id: [(one.id, 1, 50)]}


def test_a_feed_without_hashes_is_cached_by_its_events(ground: Ground, source: Source) -> None:
    uuid = source.holds()
    source.server.expect_request("/osint/hashes.csv").respond_with_data("gone", status=404)
    feed = a_feed(ground, source.server, caching_enabled=True)
    assert run_feed(feed.id, FeedVerb.CACHE, OUTBOUND) == "Feed cached. 1 values."
    assert feeds.search_caches(ground.admin, [f"{uuid[:8]}.example.org"])[0].event_uuids == (uuid,)


def test_an_event_is_looked_at_without_being_taken(ground: Ground, source: Source) -> None:
    uuid = source.holds()
    assert preview_event(a_feed(ground, source.server), OUTBOUND, uuid)["Event"]["info"] == "From the feed"
    assert sql.scalar("SELECT count(*) FROM event") == 0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"response_data": "<html>", "status": 200}, "no JSON"),
        ({"response_data": "gone", "status": 404}, "status 404"),
        ({"response_data": "", "status": 302, "headers": {"Location": "http://127.0.0.1:1/x"}}, "redirect"),
        ({"response_data": "[1]", "status": 200}, "no JSON object"),
    ],
    ids=["a page", "nothing there", "a redirect", "a list"],
)
def test_what_is_no_feed_is_told_and_remembered(
    ground: Ground, httpserver: HTTPServer, answer: dict[str, Any], told: str
) -> None:
    httpserver.expect_request("/osint/manifest.json").respond_with_data(**answer)
    feed = a_feed(ground, httpserver)
    with pytest.raises(SaveFailed) as refusal:
        fetch(feed)
    assert told in str(refusal.value.errors)
    assert told in str(feeds.find_feed(ground.admin, feed.id).last_result)


def test_internal_addresses_are_refused_unless_opened_for_the_feed(ground: Ground, source: Source) -> None:
    source.holds()
    feed = a_feed(ground, source.server)
    with pytest.raises(SaveFailed) as refusal:
        fetch(feed, Outbound())
    assert "internal" in str(refusal.value.errors)
    feeds.edit_feed(ground.admin, feed.id, FeedDraft(allow_internal=("127.0.0.0/8",)))
    assert fetch(feed, Outbound()).startswith("Feed fetched. 1 events added")


def test_headers_go_along_and_are_never_shown(ground: Ground, source: Source) -> None:
    source.holds()
    feed = a_feed(ground, source.server, headers="Authorization: Bearer top-secret-word\nX-Feed: yes")
    fetch(feed)
    sent = source.server.log[0][0].headers
    assert (sent["Authorization"], sent["X-Feed"]) == ("Bearer top-secret-word", "yes")
    shown = feeds.shown_headers(feed)
    assert shown == "Authorization: ****\nX-Feed: ****"
    kept = feeds.edit_feed(ground.admin, feed.id, FeedDraft(headers=shown, name="Renamed"))
    assert feeds.headers_of(kept)[0] == ("Authorization", "Bearer top-secret-word")
    assert "top-secret-word" not in json.dumps(sql.rows("SELECT change, title FROM audit"))
    without = a_feed(ground, source.server, name="No key")
    fetch(without)
    assert "Authorization" not in source.server.log[-1][0].headers


def test_what_is_due_is_found_by_its_time(ground: Ground, source: Source) -> None:
    feed = a_feed(ground, source.server, fetch_interval=60)
    assert store.feeds_due(1) == []
    with writing():
        store.update_feed(feed.id, {"next_fetch": 1})
    assert [found.id for found in store.feeds_due(2)] == [feed.id]
    feeds.edit_feed(ground.admin, feed.id, FeedDraft(enabled=False))
    assert store.feeds_due(2) == []


@pytest.mark.parametrize("expression", ["/(?=a)/", "(", "/" + "a" * 600 + "/"])
def test_an_expression_that_is_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="express"):
        ListSettings.from_text(json.dumps({"common": {"excluderegex": expression}}))


def test_an_expression_that_an_older_version_took_is_told_of(ground: Ground, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/list.txt").respond_with_data("198.51.100.7\n", content_type="text/plain")
    feed = a_feed(ground, httpserver, "/list.txt", source_format=SourceFormat.FREETEXT)
    with writing():
        store.update_feed(feed.id, {"settings": json.dumps({"common": {"excluderegex": "/^(?!198)/"}})})
    feed = feeds.find_feed(ground.admin, feed.id)
    told = "The settings cannot be read: no expression"
    for ask in (lambda: preview_feed(feed, OUTBOUND), lambda: fetch(feed)):
        with pytest.raises(SaveFailed) as refusal:
            ask()
        assert str(refusal.value.errors).startswith(told)


def published(ground: Ground, **more: Any) -> str:
    known = {"info": "Ours", "distribution": 3, "tags": (TagDraft("tlp:clear"), TagDraft("internal", local=True))}
    attributes = (
        AttributeDraft(type="ip-dst|port", value="198.51.100.7|443"),
        AttributeDraft(type="domain", value="own.example.org", distribution=0),
        AttributeDraft(type="domain", value="amber.example.org", tags=(TagDraft("tlp:amber"),)),
    )
    return ground.publishes(EventDraft(**{**known, "attributes": attributes, **more}))


def test_the_public_folder_holds_clear_events_for_all_and_nothing_stricter(ground: Ground, tmp_path: Path) -> None:
    shown = published(ground)
    hidden = [
        published(ground, distribution=2),
        published(ground, tags=(TagDraft("tlp:green"),)),
        published(ground, tags=()),
        add_event(ground.admin, EventDraft(info="Draft", distribution=3, tags=(TagDraft("tlp:clear"),))).uuid,
    ]
    theirs = add_event(
        Viewer.everything(org_id=ground.admin.org_id),
        EventDraft(info="Theirs", orgc=THEIR_ORG, distribution=3, tags=(TagDraft("tlp:clear"),),
                   attributes=(AttributeDraft(type="domain", value="t.example"),)),
    ).uuid  # fmt: skip
    publish_event(Viewer.everything(), str(find_event_id(Viewer.everything(), theirs)))
    folder = tmp_path / "feed"
    (folder).mkdir()
    (folder / f"{hidden[0]}.json").write_text("{}")
    (folder / "index.html").write_text("ours")
    assert write_feed(folder, Reader(Viewer.everything(), Audience.PUBLIC)) == 1
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{shown}.json", "hashes.csv", "index.html", "manifest.json"]
    )
    event = json.loads((folder / f"{shown}.json").read_text())["Event"]
    assert [attribute["value"] for attribute in event["Attribute"]] == ["198.51.100.7|443"]
    assert [tag["name"] for tag in event["Tag"]] == ["tlp:clear"]
    assert event.keys().isdisjoint({"id", "org_id", "orgc_id", "distribution", "sharing_group_id", "user_id"})
    lines = (folder / "hashes.csv").read_text().splitlines()
    assert lines == [f"{hashlib.md5(part).hexdigest()},{shown}" for part in (b"198.51.100.7", b"443")]
    assert theirs not in json.loads((folder / "manifest.json").read_text())
