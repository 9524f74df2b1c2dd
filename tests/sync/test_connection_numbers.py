"""PROTOCOL §2.2, §2.3: every number of the connection test, in answers that nobody recorded."""

from collections.abc import Mapping
from typing import Any

import pytest

from mispmini.sync.explain import test_connection
from tests.sync.ground import OUTBOUND, Ground
from tests.sync.hostile import Received, answer
from tests.sync.recorded import body_of
from tests.sync.test_explain import VERSION, partner

Json = dict[str, Any]
HEADERS = {"Content-type": "application/json", "Accept": "application/json"}
PASSWORD = (
    "Your user account is expecting a password change, please log in via the web interface and change it before"
    " proceeding."
)
TERMS = "You have not accepted the terms of use yet, please log in via the web interface and accept them."


def refusing(status: str, message: str) -> bytes:
    """A refusal in MISP's exception shape."""
    return answer({"name": message, "message": message, "url": "/servers/getVersion"}, status)


STATUS: Mapping[str, tuple[object, int]] = {
    "sync": (VERSION, 1),
    "sync alone": ({"version": "2.5.1", "perm_sync": True}, 1),
    "sightings alone": ({**VERSION, "perm_sync": False}, 8),
    "neither": ({**VERSION, "perm_sync": False, "perm_sighting": False}, 7),
    "no permission told": ({"version": "2.5.1"}, 7),
    "another version": ({**VERSION, "version": "2.4.60"}, 1),
    "two parts": ({**VERSION, "version": "2.5"}, 3),
    "four parts": ({**VERSION, "version": "2.5.1.1"}, 3),
    "a candidate": ({**VERSION, "version": "2.5.1-rc1"}, 3),
    "doubled dot": ({**VERSION, "version": "2..5.1"}, 3),
    "digits of another script": ({**VERSION, "version": "\u0662.\u0665.\u0661"}, 3),
    "a line behind": ({**VERSION, "version": "2.5.1\n"}, 3),
    "endless": ({**VERSION, "version": f"2.5.{'9' * 5000}"}, 3),
    "a number": ({**VERSION, "version": 2.5}, 3),
    "a list": ([VERSION], 3),
    "empty": (lambda _: answer(b""), 3),
    "html": (lambda _: answer(b"<html>", kind="text/html"), 3),
    "403": (lambda _: refusing("403 Forbidden", "Authentication failed."), 4),
    "403 in html": (lambda _: answer(b"<html>", "403 Forbidden", "text/html"), 4),
    "401": (lambda _: refusing("401 Unauthorized", "no"), 3),
    "404": (lambda _: refusing("404 Not Found", "no"), 3),
    "500": (lambda _: refusing("500 Internal Server Error", "no"), 3),
    "redirect": (lambda _: answer(b"", "302 Found", "text/html", Location="/users/login"), 3),
    "password": (lambda _: refusing("405 Method Not Allowed", PASSWORD), 5),
    "terms": (lambda _: refusing("405 Method Not Allowed", TERMS), 6),
    "405": (lambda _: refusing("405 Method Not Allowed", "no"), 3),
    "closed": (lambda _: b"HTTP/1.1 200 OK\r\nConnection: close\r\n", 3),
}


@pytest.mark.parametrize(("told", "status"), STATUS.values(), ids=STATUS)
def test_what_a_partner_says_has_its_number(ground: Ground, told: object, status: int) -> None:
    """§2.3."""
    with partner(**{"GET /servers/getVersion": told}) as listening:
        report = test_connection(ground.links(listening.url, push=True), OUTBOUND)
    assert (report.reply["status"], int(report.status)) == (status, status)


POSTS: Mapping[str, tuple[object, object]] = {
    "echoed": (lambda r: answer({"body": body_of(r), "headers": HEADERS}), 1),
    "echoed, and the key": (lambda r: answer({"body": body_of(r), "headers": {**HEADERS, "Authorization": "OK"}}), 1),
    "another text": ({"body": {"testString": "other"}, "headers": HEADERS}, 9),
    "no text": ({"body": {}, "headers": HEADERS}, 9),
    "no body": ({"headers": HEADERS}, 8),
    "a list": ([], 8),
    "accept lost": (lambda r: answer({"body": body_of(r), "headers": {**HEADERS, "Accept": 0}}), 10),
    "kind lost": (lambda r: answer({"body": body_of(r), "headers": {**HEADERS, "Content-type": 0}}), 10),
    "another kind": (
        lambda r: answer({"body": body_of(r), "headers": {**HEADERS, "Accept": "application/json;"}}),
        10,
    ),
    "headers lost": (lambda r: answer({"body": body_of(r)}), 10),
    "html": (lambda _: answer(b"<html>", kind="text/html"), 8),
    "500": (lambda _: refusing("500 Internal Server Error", "no"), 8),
}


@pytest.mark.parametrize(("told", "post"), POSTS.values(), ids=POSTS)
def test_what_comes_back_of_the_post_has_its_number(ground: Ground, told: object, post: int) -> None:
    """§2.2, §2.3: the text is longer than 1024 bytes, so that it goes packed where gzip is taken."""
    seen: list[Received] = []

    def listening(request: Received) -> bytes:
        seen.append(request)
        return told(request) if callable(told) else answer(told)

    with partner(**{"POST /servers/postTest": listening}) as there:
        report = test_connection(ground.links(there.url, push=True), OUTBOUND)
    assert report.reply["post"] == post
    [request] = seen
    assert request.headers["content-encoding"] == "gzip"
    assert len(body_of(request)["testString"]) > 1024


@pytest.mark.parametrize(
    ("version", "tested"), [("2.4.68", False), ("2.4.69", True), ("2.5.0", True), ("2.6.0", False)]
)
def test_an_old_partner_is_not_asked_to_echo(ground: Ground, version: str, tested: bool) -> None:
    """§2.1, gate of postTest."""
    with partner(**{"GET /servers/getVersion": {**VERSION, "version": version}}) as there:
        report = test_connection(ground.links(there.url, push=True), OUTBOUND)
        assert any(request.target == "/servers/postTest" for request in there.requests) is tested
    assert report.reply["post"] == (1 if tested else "too old")
