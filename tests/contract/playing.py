"""A recorded conversation played by a small server, and what it was asked, as far as it can be compared."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of

Json = dict[str, Any]
OF_OTHERS = re.compile(r"^\w+ /(galaxy_clusters|galaxies|analyst_data)/")
_STATUS = {
    200: "200 OK", 304: "304 Not Modified", 403: "403 Forbidden", 404: "404 Not Found",
    500: "500 Internal Server Error",
}  # fmt: skip
_EMPTY: Mapping[str, Json] = {
    "/galaxy_clusters": {"response": []},
    "/analyst_data": {"Note": [], "Opinion": [], "Relationship": []},
}
HEADERS = ("accept", "content-type", "content-encoding", "authorization")


def line_of(method: str, path: str) -> str:
    """A request in one line, without the moment from which on proposals are listed."""
    return f"{method} {re.sub(r'/timestamp:[0-9]+', '/timestamp:N', path)}"


def recorded(exchanges: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a MISP asked, without clusters and analyst data, which have tests of their own."""
    lines = (line_of(e["request"]["method"], e["request"]["path"]) for e in exchanges)
    return [line for line in lines if not OF_OTHERS.match(line)]


def asked(partner: HostileServer) -> list[str]:
    """What ours asked, likewise."""
    lines = (line_of(request.method, request.target) for request in partner.requests)
    return [line for line in lines if not OF_OTHERS.match(line)]


def playing(exchanges: Sequence[Mapping[str, Any]]) -> HostileServer:
    """A server that answers the same requests as they were answered; the last answer of a kind stays."""
    told: dict[str, list[bytes]] = {}
    for exchange in exchanges:
        line = line_of(exchange["request"]["method"], exchange["request"]["path"])
        told.setdefault(line, []).append(_answer(exchange["response"]))

    def script(request: Received) -> Iterable[bytes]:
        known = told.get(line_of(request.method, request.target), [])
        yield known.pop(0) if len(known) > 1 else known[0] if known else _unknown(request)

    return HostileServer(script)


def _answer(response: Mapping[str, Any]) -> bytes:
    kept = {name.replace("-", "_"): value for name, value in response["headers"] if name in ("ETag", "Location")}
    if response["body"] in ("", None):
        return answer(b"", _STATUS[response["status"]], kind="text/html", **kept)
    return answer(response["body"], _STATUS[response["status"]], **kept)


def _unknown(request: Received) -> bytes:
    for beginning, body in _EMPTY.items():
        if request.target.startswith(beginning):
            return answer(body)
    return answer({"name": "Not Found", "message": "Not Found", "url": request.target}, "404 Not Found")


def bodies(partner: HostileServer) -> list[tuple[str, Any]]:
    """What ours posted, in order."""
    posted = (request for request in partner.requests if request.method == "POST")
    pairs = ((line_of(request.method, request.target), body_of(request)) for request in posted)
    return [pair for pair in pairs if not OF_OTHERS.match(pair[0])]


def recorded_bodies(exchanges: Iterable[Mapping[str, Any]]) -> list[tuple[str, Any]]:
    """What a MISP posted, in order."""
    posted = (e["request"] for e in exchanges if e["request"]["method"] == "POST")
    pairs = ((line_of(request["method"], request["path"]), request["body"]) for request in posted)
    return [pair for pair in pairs if not OF_OTHERS.match(pair[0])]


def assert_headers_as_recorded(partner: HostileServer, exchanges: Sequence[Mapping[str, Any]]) -> None:
    """Each request carries those of HEADERS that a MISP's carried, and asks for an ETag where a MISP did.

    Requests for clusters and analyst data are left out on both sides; a key is compared by being there.
    """
    requests = [e["request"] for e in exchanges]
    spoken = [r for r in requests if not OF_OTHERS.match(line_of(r["method"], r["path"]))]
    ours = [r for r in partner.requests if not OF_OTHERS.match(line_of(r.method, r.target))]
    for request, theirs in zip(ours, spoken, strict=True):
        sent = {name.lower(): value for name, value in theirs["headers"]}
        where = f"{request.method} {request.target}"
        for name in HEADERS:
            known, own = sent.get(name), request.headers.get(name)
            assert (own is None) == (known is None), (where, name, own, known)
            assert name == "authorization" or own == known, (where, name, own, known)
        assert ("if-none-match" in request.headers) == ("if-none-match" in sent), where


def sentence(text: str) -> str:
    """A result's sentence without what was counted of clusters and analyst data."""
    return re.sub(r"\d+ (clusters|analyst data) pulled", r"N \1 pulled", text)
