"""What is measured: for each item what both programs are asked, how often, and how much more the product may take."""

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from tests.bench import gen
from tests.bench.base import Base
from tests.bench.contenders import Product

WARM_UP = 3
EXPORTED = 10_000
Arguments = Callable[[Base, str, int], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`arguments(base, stream, count)` are the same for both programs; `gate` is the largest ratio, None for none.

    `most_empty` is how many times the CPU of an empty route a call may take. `essence` is what the two answers must
    have in common: they did the same work.
    """

    name: str
    repeats: int
    verb: bytes
    ask: Callable[[Product, bytes], bytes]
    arguments: Arguments
    essence: Callable[[Any], object]
    parse: Callable[[bytes], Any] = json.loads
    gate: float | None = None
    most_empty: float | None = None
    size: int | None = None
    long: bool = False
    writes: bool = False


def _bodies(size: int) -> Arguments:
    return lambda _base, stream, count: map(gen.as_body, islice(gen.sized_events(size, stream), count))


def _ids(size: int) -> Arguments:
    return lambda base, _stream, count: islice((b"%d" % number for number in cycle(base.sized[size])), count)


def _values(base: Base, _stream: str, count: int) -> Iterable[bytes]:
    return islice((value.encode() for value in cycle(base.values)), count)


def _nothing(_base: Base, _stream: str, count: int) -> Iterable[bytes]:
    return [b""] * count


def _add(product: Product, body: bytes) -> bytes:
    return product.ask("POST", "/events/add", body)


def _view(product: Product, number: bytes) -> bytes:
    return product.ask("GET", f"/events/view/{number.decode()}")


def _view_gzip(product: Product, number: bytes) -> bytes:
    wanted = {"Accept-Encoding": "gzip"}
    return gzip.decompress(product.ask("GET", f"/events/view/{number.decode()}", headers=wanted))


def _index(product: Product, _: bytes) -> bytes:
    return product.ask("GET", "/events/index?limit=60&page=1&sort=id&direction=desc")


def _find(product: Product, value: bytes) -> bytes:
    wanted = {"returnFormat": "json", "value": value.decode()}
    return product.ask("POST", "/attributes/restSearch", json.dumps(wanted).encode())


def _export(product: Product, name: bytes) -> bytes:
    wanted = {"returnFormat": name.decode(), "limit": EXPORTED, "published": [0, 1], "to_ids": [0, 1]}
    return product.ask("POST", "/attributes/restSearch", json.dumps(wanted).encode())


def _named(name: str) -> Arguments:
    return lambda _base, _stream, count: [name.encode()] * count


def _exported(name: str, verb: bytes, essence: Callable[[Any], object], parse: Callable[[bytes], Any]) -> Item:
    return Item(
        name=f"{name} {EXPORTED:,}", repeats=6, verb=verb, ask=_export, arguments=_named(name), essence=essence,
        parse=parse, gate=2.5,
    )  # fmt: skip


def _tagged_attributes(answer: Any) -> object:
    found = answer["response"]["Attribute"]
    return [(one["uuid"], one["value"], one["Event"]["uuid"], len(one.get("Tag", ()))) for one in found]


def _version(product: Product, _: bytes) -> bytes:
    return product.ask("GET", "/servers/getVersion")


def _whole_event(answer: Any) -> object:
    event = answer["Event"]
    loose, held = event["Attribute"], [a for obj in event["Object"] for a in obj["Attribute"]]
    attributes = sorted((a["uuid"], a["value"], a["to_ids"], len(a.get("Tag", ()))) for a in [*loose, *held])
    return event["uuid"], attributes, sorted(related["Event"]["uuid"] for related in event["RelatedEvent"])


def _listed_events(answer: Any) -> object:
    return [(item["uuid"], len(item["EventTag"])) for item in answer]


def _found_attributes(answer: Any) -> object:
    return sorted((found["uuid"], found["value"]) for found in answer["response"]["Attribute"])


def _cells(text: str) -> object:
    """What stands in each line, in whatever order the tags of a cell come."""
    return [sorted(line.replace('"', "").split(",")) for line in text.splitlines()]


def _no_matter(_: Any) -> object:
    return None


def _added(size: int, repeats: int, *, gate: float | None = None, long: bool = False) -> Item:
    return Item(
        name=f"add {size:,}", repeats=repeats, verb=b"a", ask=_add, arguments=_bodies(size), essence=_whole_event,
        gate=gate, long=long, writes=True,
    )  # fmt: skip


def _viewed(size: int, repeats: int, *, gate: float | None = None, long: bool = False, packed: bool = False) -> Item:
    name, ask = (f"view {size:,} gzip", _view_gzip) if packed else (f"view {size:,}", _view)
    return Item(
        name=name, repeats=repeats, verb=b"v", ask=ask, arguments=_ids(size), essence=_whole_event, gate=gate,
        size=size, long=long,
    )  # fmt: skip


ITEMS: Sequence[Item] = (
    Item(name="empty route", repeats=200, verb=b"f", ask=_version, arguments=_nothing, essence=_no_matter),
    _added(10, 150, gate=5.0),
    _added(1_000, 15, gate=4.0),
    _added(5_000, 3, long=True),
    _added(50_000, 1, long=True),
    _viewed(10, 150),
    _viewed(1_000, 50, gate=4.0),
    _viewed(1_000, 50, packed=True),
    _viewed(50_000, 2, long=True),
    Item(name="index 60", repeats=100, verb=b"i", ask=_index, arguments=_nothing, essence=_listed_events),
    Item(
        name="exact value",
        repeats=200,
        verb=b"x",
        ask=_find,
        arguments=_values,
        essence=_found_attributes,
        most_empty=4.0,
    ),
    _exported("json", b"j", _tagged_attributes, json.loads),
    _exported("csv", b"s", _cells, bytes.decode),
    _exported("text", b"t", str.splitlines, bytes.decode),
)
