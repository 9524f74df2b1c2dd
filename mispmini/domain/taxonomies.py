"""Taxonomies and the tags they define, from the data files of the pytaxonomies package (RULES §10.4)."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

ENABLED_BY_DEFAULT = (
    "tlp",
    "PAP",
    "rsit",
    "admiralty-scale",
    "workflow",
    "false-positive",
    "estimative-language",
)
_PARTS = re.compile(r'(?P<namespace>[^:="]+):(?P<predicate>[^="]+)(="(?P<value>.*)")?\Z')
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True, slots=True)
class Outline:
    """What the list of taxonomies says of one."""

    namespace: str
    description: str
    version: int


class TaxonomyRecord(NamedTuple):
    """A taxonomy as it stands on this instance; what its tags are is in the package's files."""

    id: int
    namespace: str
    description: str
    version: int
    enabled: bool
    required: bool
    highlighted: bool


class Extent(NamedTuple):
    """What a list shows of a taxonomy without its tags."""

    tags: int
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Predicate:
    """The middle part of a tag; of an exclusive one only one value goes on an element."""

    value: str
    expanded: str
    description: str
    colour: str | None
    exclusive: bool
    numerical_value: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One tag that a taxonomy defines; `value` is None where the predicate stands alone."""

    tag: str
    expanded: str
    description: str
    colour: str | None
    numerical_value: int | None
    predicate: Predicate
    value: str | None


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A whole taxonomy; of an `exclusive` one only one tag goes on an element."""

    namespace: str
    description: str
    version: int
    exclusive: bool
    entries: tuple[Entry, ...]


def namespace_of(tag: str) -> str | None:
    """The taxonomy that a tag's name speaks of, None if it is no triple tag."""
    found = _PARTS.match(tag)
    return found["namespace"] if found else None


def predicate_of(tag: str) -> str | None:
    """The predicate in a tag's name, None if it is no triple tag."""
    found = _PARTS.match(tag)
    return found["predicate"] if found else None


@cache
def outlines() -> tuple[Outline, ...]:
    """Every taxonomy of the package, by namespace."""
    listed = json.loads((_folder() / "MANIFEST.json").read_text(encoding="utf-8"))["taxonomies"]
    found = (Outline(item["name"], item["description"], int(item["version"])) for item in listed)
    return tuple(sorted(found, key=lambda outline: outline.namespace.casefold()))


@lru_cache(maxsize=32)
def find_taxonomy(namespace: str) -> Taxonomy | None:
    """A taxonomy with its tags, None if the package has none of this name."""
    found = machine_tags(namespace)
    return None if found is None else _taxonomy(found)


def machine_tags(namespace: str) -> dict[str, Any] | None:
    """The package's file of a taxonomy, None if the package has none of this name."""
    if all(outline.namespace != namespace for outline in outlines()):
        return None
    found: dict[str, Any] = json.loads((_folder() / namespace / "machinetag.json").read_text(encoding="utf-8"))
    return found


@cache
def extent_of(namespace: str) -> Extent:
    """How many tags a taxonomy defines and whether it is exclusive; nothing if there is none of this name."""
    found = find_taxonomy.__wrapped__(namespace)
    return Extent(len(found.entries), found.exclusive) if found else Extent(0, False)


@lru_cache(maxsize=4096)
def find_entry(tag: str) -> tuple[Taxonomy, Entry] | None:
    """What the taxonomies say of a tag, by its name in any case."""
    folded = (namespace_of(tag) or "").casefold()
    namespace = next((o.namespace for o in outlines() if o.namespace.casefold() == folded), None)
    taxonomy = find_taxonomy(namespace) if namespace else None
    entry = next((e for e in taxonomy.entries if e.tag.casefold() == tag.casefold()), None) if taxonomy else None
    return (taxonomy, entry) if taxonomy and entry else None


def conflicts(tags: Iterable[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Tags that exclude each other: taxonomy, or taxonomy and predicate, with those that are on one element."""
    groups: dict[str, dict[str, str]] = {}
    for tag in tags:
        if found := find_entry(tag):
            name = _exclusive_group(*found)
            if name is not None:
                groups.setdefault(name, {}).setdefault(found[1].tag, tag)
    return [(name, tuple(group.values())) for name, group in groups.items() if len(group) > 1]


def _exclusive_group(taxonomy: Taxonomy, entry: Entry) -> str | None:
    if taxonomy.exclusive:
        return taxonomy.namespace
    return f"{taxonomy.namespace}:{entry.predicate.value}" if entry.predicate.exclusive else None


def _taxonomy(raw: dict[str, Any]) -> Taxonomy:
    values = {item["predicate"]: item["entry"] for item in raw.get("values") or []}
    entries = (
        entry
        for item in raw["predicates"]
        for entry in _entries(raw["namespace"], _predicate(item), values.get(item["value"]) or [])
    )
    return Taxonomy(
        namespace=raw["namespace"],
        description=raw["description"],
        version=int(raw["version"]),
        exclusive=bool(raw.get("exclusive")),
        entries=tuple(entries),
    )


def _predicate(raw: dict[str, Any]) -> Predicate:
    return Predicate(
        value=raw["value"],
        expanded=raw.get("expanded") or raw["value"],
        description=raw.get("description") or "",
        colour=_colour(raw),
        exclusive=bool(raw.get("exclusive")),
        numerical_value=raw.get("numerical_value"),
    )


def _entries(namespace: str, predicate: Predicate, values: list[dict[str, Any]]) -> Iterator[Entry]:
    if not values:
        yield Entry(
            tag=f"{namespace}:{predicate.value}",
            expanded=predicate.expanded,
            description=predicate.description,
            colour=predicate.colour,
            numerical_value=predicate.numerical_value,
            predicate=predicate,
            value=None,
        )
    for raw in values:
        yield Entry(
            tag=f'{namespace}:{predicate.value}="{raw["value"]}"',
            expanded=f"{predicate.expanded}: {raw.get('expanded') or raw['value']}",
            description=raw.get("description") or "",
            colour=_colour(raw) or predicate.colour,
            numerical_value=raw.get("numerical_value"),
            predicate=predicate,
            value=raw["value"],
        )


def _colour(raw: dict[str, Any]) -> str | None:
    colour = raw.get("colour")
    return colour if isinstance(colour, str) and _COLOUR.match(colour) else None


@cache
def _folder() -> Path:
    # Finding the package does not run it: its own code would load every taxonomy.
    spec = find_spec("pytaxonomies")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The pytaxonomies package, which brings the taxonomies, is not installed.")
    return Path(spec.submodule_search_locations[0]) / "data" / "misp-taxonomies"
