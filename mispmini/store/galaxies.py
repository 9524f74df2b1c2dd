"""Galaxies, and how the package's are taken over into the tables (LIBRARIES; MODEL §7.6)."""

import json
from collections.abc import Collection, Sequence

from mispmini.domain.distribution import Distribution
from mispmini.domain.galaxies import GalaxyDraft, GalaxyRow, tag_name_of
from mispmini.domain.galaxy_files import Collection as Packaged
from mispmini.domain.galaxy_files import PackagedCluster, PackagedGalaxy
from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import must_be, or_else
from mispmini.store.sql import Predicate, Row, execute, execute_many, marks, row, rows, scalar
from mispmini.store.tags import fold
from mispmini.store.visibility import cluster_visible_to

_COLUMNS = ", ".join(GalaxyRow._fields)
DEFAULT_LEVEL = int(Distribution.ALL)
_CLUSTER = (
    "uuid", "galaxy_id", "collection_uuid", "type", "value", "tag_name", "folded_tag", "description", "source",
    "authors", "version", "distribution", "is_default", "locked", "extends_uuid", "published", "deleted",
)  # fmt: skip


def list_galaxies(search: str = "") -> list[GalaxyRow]:
    """All of them by id, or those whose name, type or namespace holds a text."""
    wanted = search.casefold()
    found = map(_galaxy, rows(f"SELECT {_COLUMNS} FROM galaxy ORDER BY id"))
    return [one for one in found if wanted in f"{one.name}\n{one.type}\n{one.namespace}".casefold()]


def find_galaxy(ref: str) -> GalaxyRow | None:
    """One by id or uuid, else by its type."""
    if is_row_number(ref):
        found = row(f"SELECT {_COLUMNS} FROM galaxy WHERE id = ?", (int(ref),))
    elif (uuid := canonical_uuid(ref)) is not None:
        found = row(f"SELECT {_COLUMNS} FROM galaxy WHERE uuid = ?", (uuid,))
    else:
        found = row(f"SELECT {_COLUMNS} FROM galaxy WHERE type = ? ORDER BY id", (ref,))
    return _galaxy(found) if found else None


def galaxies_by_id(ids: Collection[int]) -> dict[int, GalaxyRow]:
    """Galaxies by id."""
    wanted = tuple(ids)
    found = rows(f"SELECT {_COLUMNS} FROM galaxy WHERE id IN ({marks(wanted)})", wanted)
    return {r[0]: _galaxy(r) for r in found}


def cluster_counts(viewer: Viewer) -> dict[int, int]:
    """How many clusters that are not deleted, and that the viewer sees, each galaxy has."""
    shown = cluster_visible_to(viewer) & Predicate("NOT cluster.deleted")
    return dict(
        rows(
            "SELECT cluster.galaxy_id, count(*) FROM galaxy_cluster AS cluster"
            f" WHERE {shown.text} GROUP BY cluster.galaxy_id",
            shown.params,
        )
    )


def set_galaxy_enabled(galaxy_id: int, *, enabled: bool) -> None:
    """Offer a galaxy or not, inside a writing()."""
    execute("UPDATE galaxy SET enabled = ? WHERE id = ?", (enabled, galaxy_id))
    note_change()


def delete_galaxy(galaxy_id: int) -> None:
    """Remove a galaxy with its clusters, inside a writing(); tags stay."""
    execute("DELETE FROM galaxy WHERE id = ?", (galaxy_id,))
    note_change()


def insert_galaxy(draft: GalaxyDraft) -> int:
    """Add a galaxy that a partner's cluster named, inside a writing(); returns its id."""
    execute(
        "INSERT INTO galaxy (uuid, name, type, description, version, icon, namespace, enabled, local_only,"
        " cluster_version) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, 0)",
        (draft.uuid, draft.name, draft.type, draft.description, draft.version, draft.icon, draft.namespace),
    )
    note_change()
    return int(scalar("SELECT id FROM galaxy WHERE uuid = ?", (draft.uuid,)))


def note_change() -> None:
    """What answers show of galaxies or warninglists may differ from now on, inside a writing()."""
    execute("UPDATE counter SET value = value + 1 WHERE name = 'shared'")


def take_galaxy(packaged: PackagedGalaxy) -> int:
    """Add or renew a galaxy of the package, inside a writing(); what an admin switched stays. Returns its id."""
    said = (packaged.name, packaged.type, packaged.description, packaged.version, packaged.icon, packaged.namespace,
            packaged.kill_chain_order)  # fmt: skip
    execute(
        "INSERT INTO galaxy (uuid, name, type, description, version, icon, namespace, kill_chain_order, enabled,"
        " local_only, cluster_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 0, 0) ON CONFLICT (uuid) DO UPDATE SET"
        " name = excluded.name, type = excluded.type, description = excluded.description, version = excluded.version,"
        " icon = excluded.icon, namespace = excluded.namespace, kill_chain_order = excluded.kill_chain_order",
        (packaged.uuid, *said),
    )
    return int(scalar("SELECT id FROM galaxy WHERE uuid = ?", (packaged.uuid,)))


def take_clusters(galaxy_id: int, kind: str, packaged: Packaged) -> None:
    """Add or renew a galaxy's clusters with elements and relations, inside a writing(); ids stay."""
    known = _numbers(galaxy_id)
    _write_clusters(galaxy_id, kind, packaged, known)
    for table in ("galaxy_element", "galaxy_relation"):
        execute_many(f"DELETE FROM {table} WHERE cluster_id = ?", [(number,) for number in known.values()])
    _write_parts(packaged.clusters, _numbers(galaxy_id))
    execute("UPDATE galaxy SET cluster_version = ? WHERE id = ?", (packaged.version, galaxy_id))
    note_change()


def _numbers(galaxy_id: int) -> dict[str, int]:
    """Ids of a galaxy's packaged clusters by uuid."""
    return dict(rows("SELECT uuid, id FROM galaxy_cluster WHERE galaxy_id = ? AND is_default", (galaxy_id,)))


def _write_clusters(galaxy_id: int, kind: str, packaged: Packaged, known: dict[str, int]) -> None:
    authors = json.dumps(packaged.authors, ensure_ascii=False)

    def values(one: PackagedCluster) -> tuple[object, ...]:
        tag = tag_name_of(kind, one.value)
        shared = (packaged.source, authors, packaged.version, DEFAULT_LEVEL, True, False, "", False, False)
        return (one.uuid, galaxy_id, packaged.uuid, kind, one.value, tag, fold(tag), one.description, *shared)

    unique = {one.uuid: one for one in packaged.clusters}
    execute_many(
        f"INSERT INTO galaxy_cluster ({', '.join(_CLUSTER)}) VALUES ({marks(_CLUSTER)})",
        [values(one) for uuid, one in unique.items() if uuid not in known],
    )
    changed = ", ".join(f"{name} = ?" for name in _CLUSTER[2:11])
    execute_many(
        f"UPDATE galaxy_cluster SET {changed} WHERE id = ?",
        [(*values(one)[2:11], known[uuid]) for uuid, one in unique.items() if uuid in known],
    )


def _write_parts(clusters: Sequence[PackagedCluster], numbers: dict[str, int]) -> None:
    execute_many(
        "INSERT INTO galaxy_element (cluster_id, key, value) VALUES (?, ?, ?)",
        [(numbers[one.uuid], key, value) for one in clusters for key, value in one.elements],
    )
    execute_many(
        "INSERT INTO galaxy_relation (cluster_id, referenced_uuid, type, distribution, is_default, tags)"
        f" VALUES (?, ?, ?, {DEFAULT_LEVEL}, 1, ?)",
        [
            (numbers[one.uuid], relation.referenced_uuid, relation.type, json.dumps(relation.tags, ensure_ascii=False))
            for one in clusters
            for relation in one.relations
        ],
    )


def _galaxy(found: Row) -> GalaxyRow:
    galaxy = GalaxyRow._make(bool(value) if index in (8, 9) else value for index, value in enumerate(found))
    order = galaxy.kill_chain_order or ""
    is_json = or_else("galaxy", galaxy.id, lambda: must_be(dict, order), False)
    return galaxy if is_json else galaxy._replace(kill_chain_order=None)
