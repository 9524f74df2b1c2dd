"""Galaxies and clusters of the pymispgalaxies package, if it is installed: its files, read without importing it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mispmini.domain.ids import canonical_uuid

_WORDS = 255


@dataclass(frozen=True, slots=True)
class PackagedGalaxy:
    """What a file says of a galaxy; `clusters` names the file with its clusters. `kill_chain_order` is JSON text."""

    uuid: str
    name: str
    type: str
    description: str
    version: int
    icon: str
    namespace: str
    kill_chain_order: str | None
    clusters: Path


@dataclass(frozen=True, slots=True)
class PackagedRelation:
    """A relation to another cluster."""

    referenced_uuid: str
    type: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackagedCluster:
    """One cluster of a file."""

    uuid: str
    value: str
    description: str
    elements: tuple[tuple[str, str], ...]
    relations: tuple[PackagedRelation, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """The clusters of one galaxy with what they share."""

    uuid: str
    version: int
    source: str
    authors: tuple[str, ...]
    clusters: tuple[PackagedCluster, ...]


def is_installed() -> bool:
    """Whether the package is here at all."""
    return _folder() is not None


def packaged_galaxies() -> Iterator[PackagedGalaxy]:
    """Every galaxy of the package, by the name of its file; none without the package."""
    folder = _folder()
    for path in sorted((folder / "galaxies").glob("*.json")) if folder else ():
        clusters = path.parent.parent / "clusters" / path.name
        if clusters.is_file():
            yield _galaxy(json.loads(path.read_text(encoding="utf-8")), clusters)


def collection_of(galaxy: PackagedGalaxy) -> Collection:
    """A galaxy's clusters."""
    raw: Mapping[str, Any] = json.loads(galaxy.clusters.read_text(encoding="utf-8"))
    return Collection(
        uuid=str(raw.get("uuid", "")),
        version=int(raw.get("version", 0)),
        source=str(raw.get("source", "")),
        authors=tuple(map(str, raw.get("authors", ()))),
        clusters=tuple(_cluster(item) for item in raw["values"] if canonical_uuid(str(item.get("uuid", "")))),
    )


def _galaxy(raw: Mapping[str, Any], clusters: Path) -> PackagedGalaxy:
    order = raw.get("kill_chain_order")
    return PackagedGalaxy(
        uuid=raw["uuid"].lower(),
        name=raw["name"],
        type=raw["type"],
        description=raw.get("description", ""),
        version=int(raw.get("version", 0)),
        icon=raw.get("icon", ""),
        namespace=raw.get("namespace", ""),
        kill_chain_order=json.dumps(order, ensure_ascii=False) if order else None,
        clusters=clusters,
    )


def _cluster(raw: Mapping[str, Any]) -> PackagedCluster:
    return PackagedCluster(
        uuid=raw["uuid"].lower(),
        value=raw["value"],
        description=raw.get("description") or "",
        elements=tuple(_elements(raw.get("meta") or {})),
        relations=tuple(_relations(raw.get("related") or ())),
    )


def _elements(meta: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in meta.items():
        for item in value if isinstance(value, list) else [value]:
            yield key, item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)


def _relations(related: Any) -> Iterator[PackagedRelation]:
    for item in related:
        uuid = canonical_uuid(str(item.get("dest-uuid", "")))
        if uuid is not None:
            tags = tuple(tag for tag in item.get("tags") or () if isinstance(tag, str))
            yield PackagedRelation(uuid, str(item.get("type", ""))[:_WORDS], tags)


@cache
def _folder() -> Path | None:
    # Finding the package does not run it: its own code would load every galaxy.
    spec = find_spec("pymispgalaxies")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "data" / "misp-galaxy"
