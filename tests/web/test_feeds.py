"""Feeds over REST and as pages: shapes, refusals, forms; the pages of messages to reporters."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from mispmini.domain.feeds import value_digest
from mispmini.store import jobs, sql
from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, SYNC_USER, USER, Site

FEED: dict[str, Any] = {
    "name": "OSINT",
    "provider": "Elsewhere",
    "url": "http://feeds.example.com/osint",
    "source_format": "misp",
    "distribution": "1",
}


def admin(site: Site) -> Caller:
    """The site admin with a key."""
    return Caller(site, site.admin_key)


@pytest.fixture
def feed(site: Site) -> Iterator[dict[str, Any]]:
    """A feed, as it was answered; gone afterwards."""
    answer = admin(site).post("/feeds/add", {"Feed": FEED})
    assert answer.status_code == 200, answer.text
    kept: dict[str, Any] = answer.json()["Feed"]
    yield kept
    admin(site).post(f"/feeds/delete/{kept['id']}")


def test_a_feed_has_misps_columns(feed: dict[str, Any]) -> None:
    expected = {
        "name": "OSINT", "url": "http://feeds.example.com/osint", "enabled": False, "distribution": "1",
        "sharing_group_id": "0", "tag_id": "0", "default": False, "source_format": "misp", "fixed_event": False,
        "delta_merge": False, "event_id": "0", "publish": False, "override_ids": False, "input_source": "network",
        "lookup_visible": False, "caching_enabled": False, "settings": "[]", "orgc_id": "0",
    }  # fmt: skip
    assert expected.items() <= feed.items()
    assert isinstance(feed["id"], str)


def test_a_feed_is_listed_viewed_edited_and_deleted(site: Site, feed: dict[str, Any]) -> None:
    number = feed["id"]
    assert [item["Feed"]["id"] for item in admin(site).get("/feeds").json()] == [number]
    edited = admin(site).post(f"/feeds/edit/{number}", {"Feed": {"id": number, "enabled": True}}).json()["Feed"]
    assert edited == feed | {"enabled": True}
    assert admin(site).get(f"/feeds/view/{number}").json()["Feed"] == edited
    assert admin(site).post(f"/feeds/disable/{number}").json()["message"] == "Feed disabled."
    assert admin(site).post(f"/feeds/enable/{number}").json()["message"] == "Feed enabled."
    assert admin(site).post(f"/feeds/delete/{number}").json()["message"] == "Feed deleted."
    assert admin(site).get(f"/feeds/view/{number}").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://user:word@example.com/"}, "url"),
        ({"url": "http://example.com:99999/"}, "url"),
        ({"url": ["x"]}, "url"),
        ({"name": ""}, "name"),
        ({"input_source": "local"}, "input_source"),
        ({"source_format": "stix"}, "source_format"),
        ({"distribution": "4"}, "sharing_group_id"),
        ({"distribution": "5"}, "distribution"),
        ({"rules": "{"}, "rules"),
        ({"rules": {"tags": {"OR": "x"}}}, "rules"),
        ({"settings": "{"}, "settings"),
        ({"settings": {"csv": {"value": "0"}}}, "settings"),
        ({"settings": {"common": {"excluderegex": "/(?=a)/"}}}, "settings"),
        ({"tag_id": "4711"}, "tag_id"),
        ({"orgc_id": "4711"}, "orgc_id"),
        ({"allow_internal": ["anything"]}, "allow_internal"),
        ({"headers": "no colon"}, "headers"),
        ({"headers": "X-Y: a\r\nInjected"}, "headers"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"fetch_interval": -1}, "fetch_interval"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_by_field(site: Site, change: dict[str, Any], field: str) -> None:
    answer = admin(site).post("/feeds/add", {"Feed": FEED | change})
    assert answer.status_code == 403, answer.text
    assert field in answer.json()["errors"]
    assert admin(site).get("/feeds/index").json() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/feeds/index"), ("GET", "/feeds/view/1"), ("POST", "/feeds/add"), ("POST", "/feeds/edit/1"),
        ("POST", "/feeds/delete/1"), ("POST", "/feeds/enable/1"), ("POST", "/feeds/fetchFromFeed/1"),
        ("GET", "/feeds/fetchFromAllFeeds"), ("POST", "/feeds/cacheFeeds/all"), ("GET", "/feeds/compareFeeds"),
        ("POST", "/feeds/loadDefaultFeeds"), ("GET", "/feeds/previewIndex/1"),
        ("GET", "/feeds/previewEvent/1/00000000-0000-4000-8000-000000000000"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", [USER, SYNC_USER])
def test_feeds_are_for_site_admins(site: Site, method: str, path: str, role: int) -> None:
    assert Caller(site, site.key(role)).post(path, method=method).status_code == 403


def test_hits_of_a_feed_that_is_not_for_everybody_are_hidden(site: Site, feed: dict[str, Any]) -> None:
    digest = bytes.fromhex("5d41402abc4b2a76b9719d911017c592")  # of "hello"
    sql.execute("INSERT INTO feed_value (feed_id, digest) VALUES (?, ?)", (int(feed["id"]), digest))
    admin(site).post(f"/feeds/edit/{feed['id']}", {"caching_enabled": True})
    anybody = Caller(site, site.key(USER))
    assert anybody.post("/feeds/searchCaches", {"value": "hello"}).json() == []
    assert len(admin(site).post("/feeds/searchCaches", {"value": ["hello", "x"]}).json()) == 1
    admin(site).post(f"/feeds/edit/{feed['id']}", {"lookup_visible": True})
    assert anybody.post("/feeds/searchCaches", {"value": "hello"}).json()[0]["Feed"]["name"] == "OSINT"
    assert anybody.post("/feeds/searchCaches", {"value": {"a": []}}).json() == []


def test_a_feed_that_is_off_is_not_fetched(site: Site, feed: dict[str, Any]) -> None:
    answer = admin(site).post(f"/feeds/fetchFromFeed/{feed['id']}")
    assert answer.status_code == 405
    assert answer.json()["message"] == "Feed is currently not enabled. Make sure you enable it."


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_programs_ask_by_get_and_by_post(site: Site, feed: dict[str, Any], method: str) -> None:
    admin(site).post(f"/feeds/enable/{feed['id']}")
    fetched = admin(site).post(f"/feeds/fetchFromFeed/{feed['id']}", method=method)
    cached = admin(site).post(f"/feeds/cacheFeeds/{feed['id']}", method=method)
    assert fetched.json()["result"] == "Pull queued for background execution."
    assert cached.json()["message"] == "Feed caching job initiated."
    assert {job.subject for job in jobs.list_any_jobs(2)} == {f"{feed['id']} fetch", f"{feed['id']} cache"}


def test_well_known_feeds_come_switched_off_and_once(site: Site) -> None:
    for _ in range(2):
        answer = admin(site).post("/feeds/loadDefaultFeeds")
        assert answer.json()["message"] == "Default feed metadata loaded."
    found = [item["Feed"] for item in admin(site).get("/feeds/index").json()]
    assert len({one["url"] for one in found}) == len(found) > 3
    assert all(one["default"] and not one["enabled"] for one in found)
    for one in found:
        admin(site).post(f"/feeds/delete/{one['id']}")


def test_the_form_makes_and_keeps_a_list(site: Site, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/list.csv").respond_with_data("1;198.51.100.7\n#;no\n", content_type="text/csv")
    browser = Browser(site, site.email(ADMIN))
    fields = {
        "name": "<b>List</b>", "provider": "Us", "url": httpserver.url_for("/list.csv"), "source_format": "csv",
        "enabled": "1", "fixed_event": "1", "csv_columns": "2", "csv_delimiter": ";", "excluderegex": "/^#/",
        "fetch_interval": "60", "distribution": "1", "tag_name": "", "allow_internal": "127.0.0.0/8", "tags_or": "",
    }  # fmt: skip
    made = browser.post("/feeds/add", fields, form_at="/feeds/add")
    assert made.status_code == 303
    number = made.headers["Location"].rpartition("/")[2]
    record = admin(site).get(f"/feeds/view/{number}").json()["Feed"]
    assert (record["fetch_interval"], record["allow_internal"]) == ("3600", ["127.0.0.0/8"])
    preview = browser.get(f"/feeds/previewIndex/{number}").text
    assert "198.51.100.7" in preview
    assert "<b>List</b>" not in preview
    form = browser.get(f"/feeds/edit/{number}").text
    assert 'name="csv_columns" type="text" value="2"' in form
    for page in ("/feeds/index", f"/feeds/view/{number}", "/feeds/compareFeeds", "/feeds/searchCaches?value=x"):
        assert browser.get(page).status_code == 200
    browser.post(f"/feeds/delete/{number}", {}, form_at=f"/feeds/edit/{number}")
    assert admin(site).get(f"/feeds/view/{number}").status_code == 404


def test_a_form_that_is_refused_keeps_what_was_typed(site: Site) -> None:
    browser = Browser(site, site.email(ADMIN))
    fields = {"name": "Kept", "provider": "", "url": "ftp://example.com", "source_format": "misp"}
    again = browser.post("/feeds/add", fields, form_at="/feeds/add")
    assert again.status_code == 403
    assert 'value="Kept"' in again.text


def test_a_link_that_somebody_is_lured_to_starts_nothing(site: Site, feed: dict[str, Any]) -> None:
    browser = Browser(site, site.email(ADMIN))
    before = len(jobs.list_any_jobs(50))
    assert browser.get(f"/feeds/cacheFeeds/{feed['id']}").status_code == 405
    assert len(jobs.list_any_jobs(50)) == before


def test_a_feeds_job_has_a_page(site: Site, feed: dict[str, Any]) -> None:
    browser = Browser(site, site.email(ADMIN))
    started = browser.post(f"/feeds/cacheFeeds/{feed['id']}", {}, form_at=f"/feeds/view/{feed['id']}")
    page = browser.get(started.headers["Location"])
    assert page.status_code == 200
    assert "OSINT" in page.text
    assert browser.get("/jobs/index").status_code == 200


def an_event(site: Site) -> str:
    answer = admin(site).post("/events/add", {"Event": {"info": "Reported", "distribution": "1"}})
    number: str = answer.json()["Event"]["id"]
    return number


def test_contact_says_misps_sentence_and_that_mail_is_off(site: Site) -> None:
    event_id = an_event(site)
    anybody = Caller(site, site.key(USER))
    answer = anybody.post(f"/events/contact/{event_id}", {"message": "Hello"}).json()
    assert answer["message"] == "Email sent to the reporter."
    assert answer["warnings"] == ["E-mail is off on this server: nothing was sent."]
    assert anybody.post(f"/events/contact/{event_id}", {}).status_code == 403
    assert anybody.post("/events/contact/4711", {"message": "Hello"}).status_code == 404
    assert "message" in anybody.get(f"/events/contact/{event_id}").json()["mandatory_fields"]


def test_one_account_has_so_many_letters_written_and_no_more(site: Site) -> None:
    """TRUST §5, rate limit: by account, whatever its keys; what is only shown is not counted."""
    address, (one, other) = f"/events/contact/{an_event(site)}", (Caller(site, site.key(USER)) for _ in range(2))
    told = [one.post(address, {"message": "Hello"}).status_code for _ in range(11)]
    assert told == [200] * 10 + [429]
    assert one.get(address).status_code == 200
    assert other.post(address, {"message": "Hello"}).status_code == 200


def test_people_write_to_a_reporter_where_mail_is_on(site: Site) -> None:
    event_id, browser = an_event(site), Browser(site, site.email(USER))
    assert "<textarea" not in browser.get(f"/events/contact/{event_id}").text
    admin(site).post("/servers/serverSettingsEdit/mail_enabled", {"value": True})
    try:
        form = f"/events/contact/{event_id}"
        sent = browser.post(form, {"message": "Is that so?"}, form_at=form)
        assert (sent.status_code, sent.headers["Location"]) == (303, f"/events/view/{event_id}")
        again = browser.post(form, {"message": " "}, form_at=form)
        assert again.status_code == 403
        answer = admin(site).post(f"/events/alert/{event_id}")
        assert answer.json()["message"] == "Job queued"
        inline = f"/events/alert/{event_id}/disable_background_processing:1"
        assert admin(site).post(inline).json()["message"] == "Event published without alerts"  # nobody wants any
        site.email(USER, autoalert=True)
        assert admin(site).post(inline).json()["message"] == "Job queued"
    finally:
        admin(site).post("/servers/serverSettingsEdit/mail_enabled", {"value": False})


def test_an_event_tells_which_of_its_values_feeds_know(site: Site, feed: dict[str, Any]) -> None:
    value = {"type": "domain", "value": "known.example.org"}
    event = admin(site).post("/events/add", {"Event": {"info": "Seen", "distribution": "1", "Attribute": [value]}})
    event_id, number = event.json()["Event"]["id"], feed["id"]
    digest, uuid = value_digest(value["value"]), "11111111-1111-4111-8111-111111111111"
    sql.execute("INSERT INTO feed_value (feed_id, digest, event_uuid) VALUES (?, ?, ?)", (int(number), digest, uuid))
    sql.execute("UPDATE feed SET cached_elements = 1, caching_enabled = TRUE WHERE id = ?", (int(number),))
    related = f"/events/view/{event_id}?tab=related"
    page = Browser(site, site.email(ADMIN)).get(related).text
    assert f"/feeds/previewEvent/{number}/{uuid}" in page
    anybody = Browser(site, site.email(USER))
    assert "Elsewhere" not in anybody.get(related).text
    admin(site).post(f"/feeds/edit/{number}", {"lookup_visible": True})
    shown = anybody.get(related).text
    assert "Elsewhere" in shown
    assert "previewEvent" not in shown
