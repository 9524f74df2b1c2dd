"""What a body costs the server that refuses it, and what a whole event costs the one that takes it (TRUST §2.2).

`python -m tests.bench.door [--only "escapes"] [--events]`; exit code 1 when one costs more than it may.
"""

import gzip
import json
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from uuid import UUID

import click
import requests

from tests.bench.contenders import cpu_seconds
from tests.live import LiveServer, live_server

MEGABYTE = 1_000_000
MOST_MEGABYTES, MOST_SECONDS = 300, 5
_INFLATED, _PLAIN = 195 * MEGABYTE, 50 * MEGABYTE
_JSON = {"Accept": "application/json", "Content-Type": "application/json"}
_FORM = "application/x-www-form-urlencoded"
Make = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests at one time cost a server: megabytes beyond what it held, at most, and seconds of CPU."""

    statuses: tuple[int, ...]
    megabytes: float
    seconds: float


def _repeated(piece: str, before: str = "[", after: str = "1]") -> Make:
    return lambda size: f"{before}{piece * (size // len(piece))}{after}".encode()


def _keys(size: int) -> bytes:
    return ("{" + ",".join(f'"{n:09x}":1' for n in range(size // 14)) + "}").encode()


SHAPES: Mapping[str, Make] = {
    "arrays in arrays": _repeated("[[[[]]]],"),
    "empty arrays": _repeated("[],"),
    "small objects": _repeated('{"a":1},'),
    "empty objects": _repeated("{},"),
    "one long text": _repeated("x", '{"info":"', '"}'),
    "one long wide text": _repeated("😀", '{"data":"', '"}'),
    "texts of a megabyte": _repeated(f'"{"é" * 500_000}",'),
    "numbers": _repeated("12345,"),
    "long numbers": _repeated("1" * 5_000 + ","),
    "fractions": _repeated("1.5e300,"),
    "escapes": _repeated('"\\ud83d\\ude00 \\u0000",'),
    "keys": _keys,
    "one key again and again": _repeated('"a":1,', "{", '"a":1}'),
    "deep": _repeated("[", "", ""),
    "quotes": _repeated('"\\"",'),
    "backslashes": _repeated("\\\\", '{"info":"', '"}'),
    "blanks": _repeated(" ", "", ""),
    "zeros": _repeated("\0", "", ""),
    "cut short": _repeated('{"a":[1,"b"', "[", ""),
}
FORMS: Mapping[str, tuple[str, Make]] = {
    "a form of many fields": (_FORM, _repeated("a=1&", "", "")),
    "a form of one field": (_FORM, _repeated("x", "info=", "")),
    "a form of many parts": (
        "multipart/form-data; boundary=b",
        _repeated('--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n', "", "--b--\r\n"),
    ),
}
_RUNNING = count(1)
PLACES = ("/users/login", "/events/restSearch", "/events/add")


@cache
def _packed(name: str) -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return packer.compress(SHAPES[name](_INFLATED)) + packer.flush()


def cost_of(server: LiveServer, sent: Sequence[Callable[[], int]]) -> Cost:
    """What these calls at one time cost."""
    assert server.process is not None
    pid = server.process.pid
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    held, spent = _megabytes(pid, "VmRSS"), cpu_seconds(pid)
    statuses: list[int] = []
    callers = [threading.Thread(target=lambda call=call: statuses.append(call())) for call in sent]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return Cost(tuple(sorted(statuses)), _megabytes(pid, "VmHWM") - held, cpu_seconds(pid) - spent)


def _megabytes(pid: int, what: str) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) * 1024 / MEGABYTE


def posting(server: LiveServer, path: str, body: bytes, key: str | None, **headers: str) -> Callable[[], int]:
    """A call that posts a body, and takes the answer apart piece by piece."""
    wanted = {
        **_JSON,
        **({"Authorization": key} if key else {}),
        **{n.replace("_", "-"): v for n, v in headers.items()},
    }

    def call() -> int:
        with requests.post(f"{server.url}{path}", data=body, headers=wanted, timeout=600, stream=True) as answer:
            for _piece in answer.raw.stream(65536):
                pass
            return answer.status_code

    return call


def hostile_calls(server: LiveServer, reading_key: str, name: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """One shape at every place: of a stranger, of a key that only reads, of one that may add."""
    body, packed = SHAPES[name](_PLAIN), _packed(name)
    for path, key, who in (
        (PLACES[0], None, "stranger"),
        (PLACES[1], reading_key, "reader"),
        (PLACES[2], reading_key, "reader"),
        (PLACES[2], server.birth.key, "author"),
    ):
        yield f"{path} {who} plain", posting(server, path, body, key)
        yield f"{path} {who} gzip", posting(server, path, packed, key, Content_Encoding="gzip")


def form_calls(server: LiveServer, name: str) -> Iterator[tuple[str, Callable[[], int]]]:
    """One form of a stranger, and of an author."""
    kind, make = FORMS[name]
    for path, key, who in ((PLACES[0], None, "stranger"), (PLACES[2], server.birth.key, "author")):
        yield f"{path} {who} form", posting(server, path, make(_PLAIN), key, Content_Type=kind)


def reading_key(server: LiveServer) -> str:
    """A key that only reads."""
    made = server.request("POST", "/auth_keys/add/1", {"read_only": True}).json()
    return str(made["AuthKey"]["authkey_raw"])


def whole_event(attributes: int, *, in_objects: bool = False) -> bytes:
    """An event as PyMISP sends one: uuids, comments, times, every fourth attribute tagged."""
    made = (_attribute(number) for number in range(attributes))
    event: dict[str, object] = {"info": f"{attributes} attributes", "distribution": "0"}
    if in_objects:
        event["Object"] = [_object(number, [next(made) for _ in range(5)]) for number in range(attributes // 5)]
    else:
        event["Attribute"] = list(made)
    return json.dumps({"Event": event}, ensure_ascii=False, separators=(",", ":")).encode()


def _attribute(number: int) -> dict[str, object]:
    tags = [{"name": "tlp:green"}, {"name": f"campaign:{number % 20}"}]
    return {
        "uuid": _uuid(number, 2),
        "type": "domain",
        "category": "Network activity",
        "value": f"host-{number}.example",
        "to_ids": True,
        "comment": f"visto na campanha {number % 50} 😀",
        "distribution": "5",
        "timestamp": "1700000000",
        "first_seen": "2026-11-01T00:00:00.000000+00:00",
        "disable_correlation": False,
        "object_relation": "domain",
        **({"Tag": tags} if number % 4 == 0 else {}),
    }


def _object(number: int, attributes: list[dict[str, object]]) -> dict[str, object]:
    return {
        "uuid": _uuid(number, 3),
        "name": "domain-ip",
        "meta-category": "network",
        "description": "A domain and an address",
        "template_uuid": "43b3b146-77eb-4931-b4cc-b66c60f28734",
        "template_version": "11",
        "timestamp": "1700000000",
        "distribution": "5",
        "Attribute": attributes,
    }


def _uuid(number: int, kind: int) -> str:
    """Of each event its own: a uuid that stands here already is refused."""
    return str(UUID(int=(next(_RUNNING) << 96) + (kind << 64) + number, version=4))


@click.command()
@click.option("--only", default="", help="Shapes whose name has this in it.")
@click.option("--events", is_flag=True, help="Whole events alone.")
@click.option("--at-once", default=1, help="Requests at one time.")
def main(only: str, events: bool, at_once: int) -> None:
    """A line for each shape and place, then for whole events."""
    with live_server() as server:
        failed = [] if events else _refused(server, only, at_once)
        failed += _taken(server) if events or not only else []
    sys.exit(bool(failed))


def _refused(server: LiveServer, only: str, at_once: int) -> list[str]:
    failed, key = [], reading_key(server)
    calls = [(name, call) for name in SHAPES if only in name for call in [hostile_calls(server, key, name)]]
    calls += [(name, call) for name in FORMS if only in name for call in [form_calls(server, name)]]
    for name, made in calls:
        for place, call in made:
            cost = cost_of(server, [call] * at_once)
            click.echo(f"{name:<26}{place:<36}{cost.statuses!s:>8}{cost.megabytes:>8.0f} MB{cost.seconds:>7.2f} s")
            if cost.megabytes > MOST_MEGABYTES or cost.seconds > MOST_SECONDS * at_once:
                failed.append(name)
    return failed


def _taken(server: LiveServer) -> list[str]:
    failed = []
    for in_objects in (False, True):
        for attributes in (20_000, 200_000):
            body = whole_event(attributes, in_objects=in_objects)
            may = 3 * len(body) / MEGABYTE + 150
            call = posting(server, "/events/add", gzip.compress(body, 1), server.birth.key, Content_Encoding="gzip")
            cost = cost_of(server, [call])
            name = f"{attributes:,} attributes{' in objects' if in_objects else ''}"
            each = cost.seconds / attributes * 1e6
            size = len(body) / MEGABYTE
            click.echo(
                f"{name:<30}{size:>6.0f} MB{cost.megabytes:>7.0f} of {may:.0f} MB{each:>6.0f} µs each {cost.statuses}"
            )
            failed += [name] if cost.megabytes > may else []
    return failed


if __name__ == "__main__":
    main()
