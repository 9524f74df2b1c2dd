"""MISP's URL grammar (PROTOCOL §1.1), and bodies at the door (PROTOCOL §1.7, TRUST §2.2)."""

import gzip
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule

from mispmini.web.asking import MispPaths
from tests.sync.hostile import bomb
from tests.web.conftest import MACHINE, Site

ROUTES = (
    "/events/index", "/events/view/<ref>", "/events/add", "/events/edit/<ref>", "/events/delete/<ref>",
    "/events/restSearch", "/attributes/restSearch", "/attributes/restSearch/<path:placed>",
    "/attributes/downloadSample", "/tags/attachTagToObject", "/attributes/index", "/attributes/view/<ref>",
    "/attributes/delete/<ref>", "/attributes/describeTypes", "/sharing_groups/index", "/auth_keys/add/<user>",
    "/event_reports/add/<ref>", "/shadow_attributes/index", "/analyst_data/indexMinimal", "/object_references/add",
    "/galaxy_clusters/restSearch", "/eventBlocklists/index", "/admin/users/add", "/admin/organisations/edit/<ref>",
    "/users/view/<ref>", "/servers/getVersion", "/servers/pull/<ref>/<technique>", "/setup/<secret>", "/healthz", "/",
)  # fmt: skip
UUID = "2b7c9a3e-5d1f-4c7e-9f00-1234567890ab"


def unreached(_environ: dict[str, Any], _start: Any) -> list[bytes]:
    raise AssertionError


grammar = MispPaths(unreached, Map([Rule(route) for route in ROUTES]))


@pytest.mark.parametrize(
    ("method", "path", "route", "named", "extension"),
    [
        pytest.param("GET", "/events/view/7", "/events/view/7", {}, "", id="plain"),
        pytest.param("GET", "/", "/", {}, "", id="root"),
        pytest.param("GET", "/events", "/events/index", {}, "", id="index-is-implied"),
        pytest.param("GET", "/events/", "/events/index", {}, "", id="trailing-slash"),
        pytest.param("GET", "//events//view//7", "/events/view/7", {}, "", id="double-slashes"),
        pytest.param("GET", "/sharingGroups", "/sharing_groups/index", {}, "", id="camel-controller"),
        pytest.param("GET", "/SHARING_GROUPS/Index", "/sharing_groups/index", {}, "", id="shouting"),
        pytest.param("POST", "/authKeys/add/me", "/auth_keys/add/me", {}, "", id="auth-keys"),
        pytest.param("GET", "/eventReports/add/1", "/event_reports/add/1", {}, "", id="event-reports"),
        pytest.param("GET", "/event_blocklists", "/eventBlocklists/index", {}, "", id="canonical-is-camel"),
        pytest.param("POST", "/analystData/indexminimal", "/analyst_data/indexMinimal", {}, "", id="action-case"),
        pytest.param("GET", "/servers/getversion.json", "/servers/getVersion", {}, "json", id="action-with-extension"),
        pytest.param("GET", f"/events/{UUID}", f"/events/view/{UUID}", {}, "", id="shortcut-view"),
        pytest.param("HEAD", f"/events/{UUID}", f"/events/view/{UUID}", {}, "", id="shortcut-head"),
        pytest.param("GET", f"/events/{UUID.upper()}", f"/events/view/{UUID.upper()}", {}, "", id="shortcut-upper"),
        pytest.param("POST", "/events", "/events/add", {}, "", id="shortcut-add"),
        pytest.param("PUT", "/events/7", "/events/edit/7", {}, "", id="shortcut-put"),
        pytest.param("POST", "/events/7", "/events/edit/7", {}, "", id="shortcut-post"),
        pytest.param("DELETE", "/attributes/7.json", "/attributes/delete/7", {}, "json", id="shortcut-delete"),
        pytest.param("POST", "/events/index", "/events/index", {}, "", id="posted-index-stays"),
        pytest.param("GET", "/organisations/7", "/organisations/7", {}, "", id="no-shortcut-for-others"),
        pytest.param("POST", "/admin/users/add", "/admin/users/add", {}, "", id="admin"),
        pytest.param("POST", "/Admin/Organisations/EDIT/3", "/admin/organisations/edit/3", {}, "", id="admin-case"),
        pytest.param("GET", "/servers/pull/3/update", "/servers/pull/3/update", {}, "", id="positionals"),
        pytest.param("POST", "/events/add/metadata:1", "/events/add", {"metadata": "1"}, "", id="named"),
        pytest.param("GET", "/events/index/limit:1/page:2", "/events/index", {"limit": "1", "page": "2"}, "", id="two"),
        pytest.param("GET", "/events/limit:1", "/events/index", {"limit": "1"}, "", id="named-without-action"),
        pytest.param("GET", "/events/view/deleted:1/7", "/events/view/7", {"deleted": "1"}, "", id="named-in-between"),
        pytest.param(
            "GET", "/shadow_attributes/index/page:1/deleted[]:0/deleted[]:1.json", "/shadow_attributes/index",
            {"page": "1", "deleted": ("0", "1")}, "json", id="list-and-extension",
        ),
        pytest.param(
            "GET", "/events/index/uuid%5B%5D:a/uuid%5B%5D%3Ab", "/events/index", {"uuid": ("a", "b")}, "", id="encoded"
        ),
        pytest.param("GET", "/events/index/limit:1/limit:2", "/events/index", {"limit": "2"}, "", id="last-one-wins"),
        pytest.param("GET", "/events/index/a:b:c", "/events/index", {"a": "b:c"}, "", id="first-colon-splits"),
        pytest.param("GET", "/events/index/a:b;c", "/events/index", {"a": "b;c"}, "", id="semicolon-is-left-to-search"),
        pytest.param("GET", "/events/index/a:", "/events/index", {"a": ""}, "", id="empty-value"),
        pytest.param("GET", "/events/index/v:a%2Fb", "/events/index", {"v": "a/b"}, "", id="encoded-slash"),
        pytest.param("GET", "/events/index/v:a+b%2Bc", "/events/index", {"v": "a b+c"}, "", id="plus-is-a-blank"),
        pytest.param("GET", "/events/index/v:%C3%A9", "/events/index", {"v": "é"}, "", id="utf-8"),
        pytest.param("GET", "/events/index/v:%FF", "/events/index", {"v": "\ufffd"}, "", id="no-utf-8"),
        pytest.param("GET", "/users/view/2001:db8::1", "/users/view/2001:db8::1", {}, "", id="address-is-no-name"),
        pytest.param("GET", "/events/index.XML", "/events/index", {}, "xml", id="xml"),
        pytest.param("GET", "/events/index/.csv", "/events/index", {}, "csv", id="bare-extension"),
        pytest.param("GET", "/nonsense/index", "/nonsense/index", {}, "", id="unknown-controller"),
        pytest.param("GET", "/events/nonsense", "/events/nonsense", {}, "", id="unknown-action"),
        pytest.param("GET", "/static/a:b.json", "/static/a:b.json", {}, "", id="static-is-left-alone"),
        pytest.param("GET", "/setup/AbC_d.json", "/setup/AbC_d.json", {}, "", id="setup-is-left-alone"),
        pytest.param("GET", "/healthz", "/healthz", {}, "", id="healthz"),
        pytest.param("GET", "/events/view/7/whatever/8", "/events/view/7", {}, "", id="surplus-is-ignored"),
        pytest.param("GET", "/servers/getVersion/1", "/servers/getVersion", {}, "", id="surplus-where-none-is-taken"),
        pytest.param(
            "POST", "/servers/pull/3/full/9", "/servers/pull/3/full", {}, "", id="surplus-after-two-arguments"
        ),
        pytest.param(
            "POST", "/attributes/restSearch/json/a/b/c", "/attributes/restSearch/json/a/b/c", {}, "", id="none-too-many"
        ),
        pytest.param(
            "GET", "/events/xml/download.json", "/events/restSearch", {"returnFormat": "xml"}, "json", id="old-xml"
        ),
        pytest.param(
            "GET", "/events/csv/download/false/1/a&&!b/Network%20activity/domain", "/attributes/restSearch",
            {"returnFormat": "csv", "published": "1", "to_ids": "1", "ignore": "1", "tags": "a&&!b",
             "category": "Network activity", "type": "domain"}, "", id="old-csv",
        ),
        pytest.param(
            "GET", "/events/nids/Suricata/download/null/true/tlp:green/last:5d", "/attributes/restSearch",
            {"returnFormat": "suricata", "frame": "true", "tags": "tlp:green", "tlp": "green", "last": "5d"}, "",
            id="old-rules-of-a-tag-with-a-colon",
        ),
        pytest.param(
            "GET", "/events/hids/sha1/download/x/null/null/4d", "/attributes/restSearch",
            {"returnFormat": "hashes", "type": "sha1||filename|sha1", "tags": "x", "last": "4d"}, "", id="old-hashes",
        ),
        pytest.param("GET", "/events/hids/crc/download", "/events/hids/crc/download", {}, "", id="no-such-hash"),
        pytest.param(
            "GET", "/attributes/text/download/all/null/5/true/", "/attributes/restSearch",
            {"returnFormat": "text", "eventid": "5", "allowNonIDS": "true"}, "", id="old-text-of-all-types",
        ),
        pytest.param(
            "GET", "/attributes/returnAttributes/download/5/md5&&!filename/true", "/attributes/restSearch",
            {"returnFormat": "json", "eventid": "5", "type": "md5&&!filename", "to_ids": "true"}, "",
            id="old-attributes",
        ),
        pytest.param(
            "POST", f"/tags/attachTagToObject/{UUID}/tlp:green/local:1", "/tags/attachTagToObject",
            {"uuid": UUID, "tag": "tlp:green", "tlp": "green", "local": "1"}, "", id="tag-by-place",
        ),
        pytest.param(
            "GET", "/attributes/downloadSample/abc", "/attributes/downloadSample", {"hash": "abc"}, "", id="sample"
        ),
    ],
)  # fmt: skip
def test_paths_read_as_misp_reads_them(
    method: str, path: str, route: str, named: dict[str, object], extension: str
) -> None:
    read = grammar.read(path, method)
    assert (read.route, dict(read.named), read.extension, read.url) == (route, named, extension, path)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=60), st.sampled_from(["GET", "POST", "PUT"]))
def test_no_path_breaks_the_grammar(path: str, method: str) -> None:
    assert grammar.read("/" + path, method).route.startswith("/")


def test_an_encoded_slash_survives_the_server(site: Site) -> None:
    told = site.get("/rareSpecimens/view/x/url:http%3A%2F%2Fa.test%2Fb+c", headers=keyed(site)).json()
    assert told["named"] == {"url": "http://a.test/b c"}
    assert told["url"] == "/rareSpecimens/view/x/url:http%3A%2F%2Fa.test%2Fb+c"


def test_what_the_path_names_wins_over_the_body_and_that_over_the_query(site: Site) -> None:
    body = {"request": {"a": "body", "b": "body"}}
    told = site.post("/rare_specimens/index/a:path?b=query&c=query", json=body, headers=keyed(site)).json()
    assert told["parameters"] == {"a": "path", "b": "body", "c": "query"}


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
def test_json_is_json_whatever_it_is_called(site: Site, kind: str) -> None:
    headers = {"Authorization": site.admin_key, "Accept": "application/json", "Content-Type": kind}
    told = site.post("/rare_specimens/index", data=' {"url": "http://x.test/?a=1&b=2", "t": ["%"]}', headers=headers)
    assert told.json()["parameters"] == {"url": "http://x.test/?a=1&b=2", "t": ["%"]}
    broken = site.post("/rare_specimens/index", data='{"url"', headers=headers)
    assert broken.status_code == 405


def test_a_form_is_read_by_its_plain_names(site: Site) -> None:
    fields = [
        ("data[Event][info]", "x"),
        ("data[distribution]", "1"),
        ("published", "0"),
        ("published", "1"),
        ("t[]", "a"),
    ]
    headers = {"Authorization": site.admin_key, "Accept": "application/json"}
    told = site.post("/rare_specimens/index", data=fields, headers=headers).json()
    assert told["parameters"] == {"info": "x", "distribution": "1", "published": "1", "t": ["a"]}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        pytest.param("/rare_specimens/index", {"info": "a\0b"}, id="form"),
        pytest.param("/rare_specimens/index", {"t[]": "a\0b"}, id="list"),
        pytest.param("/rare_specimens/index?info=a%00b", {}, id="query"),
        pytest.param("/rare_specimens/index/info:a%00b", {}, id="path"),
    ],
)
def test_a_nul_is_refused_wherever_it_stands(site: Site, path: str, fields: dict[str, str]) -> None:
    headers = {"Authorization": site.admin_key, "Accept": "application/json"}
    refusal = site.post(path, data=fields, headers=headers)
    assert (refusal.status_code, refusal.json()["message"]) == (400, "A field holds a NUL character.")


@pytest.mark.parametrize(
    ("body", "encoding", "status", "sentence"),
    [
        pytest.param(b'{"info": ', None, 405, "Invalid JSON input. Make sure that", id="cut-off"),
        pytest.param(b"[" * 100_000, None, 400, "nested deeper", id="deep"),
        pytest.param(b'"' + b"x" * 300_000 + b'"', None, 413, "larger", id="too-large"),
        pytest.param(gzip.compress(b'{"info": "x"}'), "gzip", 200, "", id="gzip"),
        pytest.param(b"{}", "identity", 200, "", id="identity"),
        pytest.param(b"{}", "br", 400, "Unsupported content encoding 'br'.".replace("'", "&#039;"), id="brotli"),
        pytest.param(b"{}", "zstd", 400, "Unsupported content encoding", id="zstd"),
        pytest.param(b"no gzip", "gzip", 400, "Invalid compressed data.", id="not-compressed"),
    ],
)
def test_bodies_at_the_door(site: Site, body: bytes, encoding: str | None, status: int, sentence: str) -> None:
    headers = keyed(site) | ({"Content-Encoding": encoding} if encoding else {})
    response = site.post("/rare_specimens/index", data=body, headers=headers)
    assert response.status_code == status
    assert sentence in response.json().get("message", "")


def test_a_compressed_bomb_is_stopped_at_the_limit(site: Site) -> None:
    body = bomb(96, filling=b"\0")
    before = time.monotonic()
    response = site.post("/events/add", data=body, headers={**keyed(site), "Content-Encoding": "gzip"})
    assert response.status_code == 413
    assert time.monotonic() - before < 1
    assert response.json()["url"] == "/events/add"


def keyed(site: Site) -> dict[str, str]:
    """A program's headers with the site admin's key."""
    return {**MACHINE, "Authorization": site.admin_key}
