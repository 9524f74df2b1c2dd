"""Warninglists: values that are rarely an indicator, and how a value is looked up in them (MODEL §7.15)."""

import ipaddress
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mispmini.domain.patterns import Pattern, compiled

FALSE_POSITIVE = "false_positive"
CATEGORIES = (FALSE_POSITIVE, "known")
TYPES = ("string", "substring", "hostname", "cidr", "regex")
ANY_TYPE = "ALL"
LARGEST_BYTES = 1_500_000
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class WarninglistRow(NamedTuple):
    """A list without its values; `valid_attributes` are the types it speaks of."""

    id: int
    name: str
    type: str
    description: str
    version: int
    enabled: bool
    is_default: bool
    category: str
    entry_count: int
    valid_attributes: tuple[str, ...]
    revision: int


class EntryRow(NamedTuple):
    """One value of a list."""

    id: int
    warninglist_id: int
    value: str
    comment: str


@dataclass(frozen=True, slots=True)
class WarninglistDraft:
    """A list to be added or changed; None means "not given"."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    version: int | None = None
    enabled: bool | None = None
    category: str | None = None
    valid_attributes: tuple[str, ...] | None = None
    entries: tuple[tuple[str, str], ...] | None = None


class Hit(NamedTuple):
    """A value that stands on a list; `match` is the entry, `value` the half that was found."""

    warninglist: WarninglistRow
    match: str
    value: str


@dataclass(slots=True)
class Matcher:
    """All lists that are in use, put together so that a value costs a few look-ups however many they are."""

    strings: dict[str, list[WarninglistRow]] = field(default_factory=dict)
    hosts: dict[str, list[WarninglistRow]] = field(default_factory=dict)
    networks: dict[tuple[int, int], dict[int, list[tuple[str, WarninglistRow]]]] = field(default_factory=dict)
    substrings: list[tuple[str, WarninglistRow]] = field(default_factory=list)
    patterns: list[tuple[Pattern, str, WarninglistRow]] = field(default_factory=list)

    def add(self, row: WarninglistRow, entries: Iterable[str]) -> None:
        """Take a list in."""
        add = {"hostname": self._add_host, "cidr": self._add_network, "substring": self._add_part,
               "regex": self._add_pattern}.get(row.type, self._add_string)  # fmt: skip
        for entry in entries:
            add(entry, row)

    def hits(self, values: Sequence[str], kind: str | None = None) -> list[Hit]:
        """On which lists a value's halves stand, each list once; `kind` leaves lists that do not speak of it out."""
        found: dict[int, Hit] = {}
        for value in values:
            for match, row in self._of(value):
                if row.id not in found and (kind is None or speaks_of(row, kind)):
                    found[row.id] = Hit(row, match, value)
        return sorted(found.values(), key=lambda hit: hit.warninglist.id)

    def is_false_positive(self, value: str) -> bool:
        """Whether a value stands on a list of false positives, whatever types that speaks of (RULES §10.12)."""
        return any(row.category == FALSE_POSITIVE for _match, row in self._of(value))

    def __bool__(self) -> bool:
        return bool(self.strings or self.hosts or self.networks or self.substrings or self.patterns)

    def _add_string(self, entry: str, row: WarninglistRow) -> None:
        self.strings.setdefault(entry, []).append(row)

    def _add_host(self, entry: str, row: WarninglistRow) -> None:
        self.hosts.setdefault(entry.lower().strip("."), []).append(row)

    def _add_network(self, entry: str, row: WarninglistRow) -> None:
        with suppress(ValueError):
            network = ipaddress.ip_network(entry.strip(), strict=False)
            by_address = self.networks.setdefault((network.version, network.prefixlen), {})
            by_address.setdefault(int(network.network_address), []).append((entry, row))

    def _add_part(self, entry: str, row: WarninglistRow) -> None:
        if entry:
            self.substrings.append((entry, row))

    def _add_pattern(self, entry: str, row: WarninglistRow) -> None:
        with suppress(ValueError):
            self.patterns.append((compiled(entry), entry, row))

    def _of(self, value: str) -> Iterator[tuple[str, WarninglistRow]]:
        yield from ((value, row) for row in self.strings.get(value, ()))
        if self.hosts:
            yield from self._hosts_of(value)
        if self.networks:
            yield from self._networks_of(value)
        yield from ((part, row) for part, row in self.substrings if part in value)
        yield from ((entry, row) for pattern, entry, row in self.patterns if pattern.found_in(value))

    def _hosts_of(self, value: str) -> Iterator[tuple[str, WarninglistRow]]:
        host = host_of(value)
        while host:
            yield from ((host, row) for row in self.hosts.get(host, ()))
            host = host.partition(".")[2]

    def _networks_of(self, value: str) -> Iterator[tuple[str, WarninglistRow]]:
        own = _network_of(value)
        if own is None:
            return
        address = int(own.network_address)
        for (version, length), known in self.networks.items():
            if version == own.version and length <= own.prefixlen:
                spare = own.max_prefixlen - length
                yield from known.get(address >> spare << spare, ())


def speaks_of(row: WarninglistRow, kind: str) -> bool:
    """Whether a list is about attributes of a type."""
    return kind in row.valid_attributes or ANY_TYPE in row.valid_attributes


def halves(kind_value1: str, value2: str | None) -> tuple[str, ...]:
    """What of an attribute is looked up: the value, and each half of a composite."""
    return (kind_value1,) if not value2 else (f"{kind_value1}|{value2}", kind_value1, value2)


def host_of(value: str) -> str:
    """The host of a URL, or what stands before the first slash, in lower case."""
    if "://" in value:
        with suppress(ValueError):
            return (urlsplit(value).hostname or "").strip(".").lower()
        return ""
    return value.partition("/")[0].strip(".").lower()


def _network_of(value: str) -> _Network | None:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None


def packaged_lists() -> list[Path]:
    """The files of the pymispwarninglists package, by folder, but the giants; none without the package."""
    folder = _folder()
    found = sorted((folder / "lists").glob("*/list.json")) if folder else []
    return [path for path in found if path.stat().st_size <= LARGEST_BYTES]


def read_packaged(path: Path) -> WarninglistDraft:
    """One of them."""
    return _packaged(json.loads(path.read_text(encoding="utf-8")))


def is_installed() -> bool:
    """Whether the package is here at all."""
    return _folder() is not None


def _packaged(raw: dict[str, Any]) -> WarninglistDraft:
    category = raw.get("category")
    return WarninglistDraft(
        name=raw["name"],
        type=raw["type"] if raw.get("type") in TYPES else "string",
        description=raw.get("description", ""),
        version=int(raw.get("version", 0)),
        category=category if category in CATEGORIES else FALSE_POSITIVE,
        valid_attributes=tuple(raw.get("matching_attributes") or (ANY_TYPE,)),
        entries=tuple((str(entry), "") for entry in dict.fromkeys(raw["list"])),
    )


@cache
def _folder() -> Path | None:
    # Finding the package does not run it: its own code would load every list.
    spec = find_spec("pymispwarninglists")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "data" / "misp-warninglists"
