"""The connection test, as a MISP answers it and as our admins read it."""

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from mispmini.domain.drafts import OrganisationDraft
from mispmini.domain.ids import new_uuid
from mispmini.sync.explain import compared, test_connection
from mispmini.sync.failures import Cause
from mispmini.sync.findings import ConnectionReport, Finding, LayerName, Outcome
from mispmini.sync.links import Outbound
from mispmini.web.building import connection_pages
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, exchanges_of, lines_of, played
from tests.wire.conftest import Recordings

VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True, "request_encoding": ["gzip"], "uuid": "-"}


def echo(request: Received) -> bytes:
    """postTest, as it should be."""
    headers = {"Content-type": request.headers["content-type"], "Accept": request.headers["accept"]}
    return answer({"body": body_of(request), "headers": headers})


def partner(**more: Any) -> HostileServer:
    """A partner that passes the whole test, but for what `more` changes by path."""
    rules: dict[str, Any] = {
        "GET /servers/getVersion": VERSION,
        "POST /servers/postTest": echo,
        "GET /users/view/me": {"User": {}, "Organisation": {"uuid": OUR_ORG.uuid}},
        "GET /organisations/view/": {"Organisation": {"uuid": THEIR_ORG.uuid}},
    }
    return played(rules | more)


def run(ground: Ground, server: HostileServer) -> ConnectionReport:
    """Test the link to it."""
    with server as listening:
        return test_connection(ground.links(listening.url, push=True), OUTBOUND)


def layer(report: ConnectionReport, name: LayerName) -> tuple[Outcome, object]:
    """How one layer did."""
    [found] = [item for item in report.layers if item.name is name]
    return found.outcome, found.finding


@pytest.mark.parametrize(
    "name",
    [
        "01-testConnection-sync-user",
        "02-testConnection-wrong-key",
        "02b-testConnection-user-role",
        "02c-testConnection-readonly-role",
        "60-peer-version-2.4.200-testConnection",
        "62-peer-version-3.0.0-testConnection",
    ],
)
def test_the_answer_is_the_one_that_a_misp_gives(ground: Ground, recordings: Recordings, name: str) -> None:
    path = recordings.root / "transcripts" / f"{name}.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))
    told = exchanges_of(recorded)[0]["response"]
    line = "200 OK" if told["status"] == 200 else "403 Forbidden"
    with partner(**{"GET /servers/getVersion": lambda _: answer(told["body"], line)}) as listening:
        report = test_connection(ground.links(listening.url, push=True), OUTBOUND)
        asked = [line for line in lines_of(listening) if "/servers/" in line]
    assert report.reply == recorded["outcome"]["action_result"]
    assert asked == [f"{e['request']['method']} {e['request']['path']}" for e in exchanges_of(recorded)]


def test_a_good_link_is_good_in_every_layer_but_encryption(ground: Ground) -> None:
    report = run(ground, partner())
    assert {item.name for item in report.layers if item.outcome is not Outcome.GOOD} == {LayerName.TLS, LayerName.CLOCK}
    assert layer(report, LayerName.TLS) == (Outcome.WARNING, Finding.NOT_ENCRYPTED)
    assert layer(report, LayerName.CLOCK) == (Outcome.SKIPPED, Finding.NOT_TOLD)
    assert [item.name for item in report.layers] == list(LayerName)


@pytest.mark.parametrize(
    ("change", "name", "outcome", "finding"),
    [
        (
            {"GET /users/view/me": {"Organisation": {"uuid": new_uuid()}}},
            LayerName.ORGANISATIONS, Outcome.FAILING, Finding.WE_DIFFER_THERE,
        ),
        (
            {"GET /organisations/view/": lambda _: answer({"name": "Invalid organisation"}, "404 Not Found")},
            LayerName.ORGANISATIONS, Outcome.WARNING, Finding.THEY_DIFFER_HERE,
        ),
        (
            {"GET /servers/getVersion": lambda _: answer(VERSION, Date=formatdate(time.time() + 3600, usegmt=True))},
            LayerName.CLOCK, Outcome.WARNING, Finding.CLOCKS_DIFFER,
        ),
        (
            {"POST /servers/postTest": {"body": {"testString": "cut"}, "headers": {}}},
            LayerName.POST, Outcome.FAILING, Finding.POST_CHANGED,
        ),
        (
            {"POST /servers/postTest": lambda _: answer({"name": "no"}, "403 Forbidden")},
            LayerName.POST, Outcome.FAILING, Finding.POST_FAILED,
        ),
        ({"GET /servers/getVersion": {"hello": 1}}, LayerName.HTTP, Outcome.FAILING, Finding.NO_MISP),
        (
            {"GET /servers/getVersion": lambda _: answer(b"<html>", kind="text/html")},
            LayerName.HTTP, Outcome.FAILING, Cause.NOT_JSON,
        ),
        (
            {"GET /servers/getVersion": lambda _: answer({"name": "no"}, "403 Forbidden")},
            LayerName.KEY, Outcome.FAILING, Finding.KEY_REFUSED,
        ),
    ],
    ids=[
        "we have another uuid there", "they have another uuid here", "clock", "post cut", "post refused", "no version",
        "html", "wrong key",
    ],
)  # fmt: skip
def test_each_layer_says_what_is_wrong_with_it(
    ground: Ground, change: dict[str, Any], name: LayerName, outcome: Outcome, finding: object
) -> None:
    assert layer(run(ground, partner(**change)), name) == (outcome, finding)


def test_an_unreachable_partner_is_status_2_and_nothing_else_is_tested(ground: Ground) -> None:
    with played({}) as gone:
        url = gone.url
    report = test_connection(ground.links(url), OUTBOUND)
    assert report.reply == {"status": 2, "client_certificate": None}
    assert layer(report, LayerName.ADDRESS) == (Outcome.FAILING, Cause.TCP)
    assert layer(report, LayerName.ORGANISATIONS) == (Outcome.SKIPPED, Finding.NOT_TESTED)


def test_an_internal_address_is_named_as_such(ground: Ground) -> None:
    report = test_connection(ground.links("http://127.0.0.1:9", org=OrganisationDraft(new_uuid(), "X")), Outbound())
    assert layer(report, LayerName.ADDRESS) == (Outcome.FAILING, Cause.INTERNAL_ADDRESS)


@pytest.mark.parametrize(
    ("local", "remote", "told"),
    [
        ("2.5.1", "2.5.1", ("proposal", False)),
        ("2.5.1", "2.5.200", ("hotfix", "remote")),
        ("2.5.1", "2.4.200", ("minor", "local")),
        ("2.5.1", "3.0.0", ("major", "remote")),
    ],
)
def test_versions_are_compared_as_a_misp_does(local: str, remote: str, told: tuple[object, object]) -> None:
    assert compared(local, remote) == told


REST: dict[str, tuple[object, int, str | None, str]] = {
    "good": (VERSION, 1, "not_encrypted", "The connection is not encrypted."),
    "key refused": (lambda _: answer({"message": "no"}, "403 Forbidden"), 4, "key_refused", "Our key is refused: no"),
    "another program": (lambda _: answer(b"<html>", kind="text/html"), 3, "not_json", "not what a MISP server sends"),
    "elsewhere": (lambda _: answer(b"", "302 Found", Location="/login"), 3, "redirect", "redirects elsewhere"),
}


@pytest.mark.parametrize(("told", "status", "cause", "message"), REST.values(), ids=REST)
def test_a_program_is_told_the_cause_that_the_page_tells(
    ground: Ground, told: object, status: int, cause: str | None, message: str
) -> None:
    with partner(**{"GET /servers/getVersion": told}) as listening:
        server = ground.links(listening.url, push=True)
        report = test_connection(server, OUTBOUND)
    reply, page = connection_pages.test_reply(report), connection_pages.test_page(server, report, "")
    assert (reply["status"], reply["cause"]) == (status, cause)
    assert message in str(reply["message"])
    assert {name: reply[name] for name in report.reply} == report.reply, "MISP's own keys are as they were"
    shown = [(row.sentence, row.detail, row.advice) for row in page.layers]
    layers: Any = reply["layers"]
    assert [(one["message"], one["detail"], one["advice"]) for one in layers] == shown


def test_a_program_is_told_of_a_wrong_organisation_although_the_status_is_good(ground: Ground) -> None:
    there = new_uuid()
    with partner(**{"GET /users/view/me": {"User": {}, "Organisation": {"uuid": there}}}) as listening:
        reply = connection_pages.test_reply(test_connection(ground.links(listening.url, push=True), OUTBOUND))
    assert (reply["status"], reply["cause"], reply["layer"]) == (1, "we_differ_there", "organisations")
    assert there in str(reply["message"])
    assert "UUID" in str(reply["advice"])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_gone_is_the_cause_and_not_the_partner(ground: Ground, scheme: str) -> None:
    with partner() as proxy:
        gone = proxy.url
    server = ground.links(f"{scheme}://partner.invalid", push=True, proxy=gone)
    reply = connection_pages.test_reply(test_connection(server, OUTBOUND))
    assert (reply["status"], reply["cause"]) == (2, "our_proxy")
    assert "Check the proxy" in str(reply["advice"])
