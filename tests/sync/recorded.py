"""A partner played from a recording: answers what a MISP answered, and notes what it was asked."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.sync.hostile import HostileServer, Received, answer

Json = Any
Rule = Callable[[Received], bytes]
IDS_OF_THE_RUN = frozenset(
    {"id", "event_id", "user_id", "publish_timestamp", "event_creator_email", "org_id", "orgc_id"}
)


def exchanges_of(transcript: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The exchanges of a transcript."""
    found: list[dict[str, Any]] = transcript["exchanges"]
    return found


def played_by(exchanges: Iterable[Mapping[str, Any]]) -> HostileServer:
    """A server that gives each request the recorded answer to the same method and path; 404 for others."""
    answers: dict[tuple[str, str], list[bytes]] = {}
    for exchange in exchanges:
        asked, told = exchange["request"], exchange["response"]
        answers.setdefault((asked["method"], asked["path"]), []).append(_told(told))

    def script(request: Received) -> Iterable[bytes]:
        known = answers.get((request.method, request.target), [])
        yield (
            known.pop(0) if len(known) > 1 else (known[0] if known else answer({"name": "Not Found"}, "404 Not Found"))
        )

    return HostileServer(script)


def played(rules: Mapping[str, Rule | object]) -> HostileServer:
    """A server by rules: `METHOD /path` (or a beginning of it) gives a JSON value or a function's bytes; else 404."""

    def script(request: Received) -> Iterable[bytes]:
        asked = f"{request.method} {request.target}"
        for beginning, rule in rules.items():
            if asked.startswith(beginning):
                yield rule(request) if callable(rule) else answer(rule)
                return
        yield answer({"name": "Not Found", "message": "Not Found"}, "404 Not Found")

    return HostileServer(script)


def lines_of(partner: HostileServer) -> list[str]:
    """What it was asked, as `METHOD /path`."""
    return [f"{request.method} {request.target}" for request in partner.requests]


def recorded_lines(exchanges: Iterable[Mapping[str, Any]]) -> list[str]:
    """What a MISP asked, as `METHOD /path`."""
    return [f"{e['request']['method']} {e['request']['path']}" for e in exchanges]


def body_of(request: Received) -> Json:
    """The JSON that a request carried."""
    return json.loads(request.inflated)


def comparable(value: Json) -> Json:
    """A body without what differs from run to run, numbers as MISP's texts."""
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items() if key not in IDS_OF_THE_RUN}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _told(told: Mapping[str, Any]) -> bytes:
    status, body = told["status"], told["body"]
    line = {200: "200 OK", 304: "304 Not Modified", 403: "403 Forbidden", 404: "404 Not Found"}[status]
    kept = {name.replace("-", "_"): value for name, value in told["headers"] if name in ("ETag", "Location")}
    if body in ("", None):
        return answer(b"", line, kind="text/html", **kept)
    return answer(body, line, **kept)
