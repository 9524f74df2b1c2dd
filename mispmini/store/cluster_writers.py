"""Galaxy clusters: writers, all of them inside a writing() (MODEL §7.6)."""

import json
from collections.abc import Iterable, Mapping

from mispmini.domain import clock
from mispmini.domain.galaxies import RelationDraft
from mispmini.store.galaxies import note_change
from mispmini.store.sql import execute, execute_many
from mispmini.store.tables.galaxies import GalaxyCluster, GalaxyRelation
from mispmini.store.tags import fold


def insert_cluster(values: Mapping[str, object]) -> int:
    """Add a cluster by column names, inside a writing(); returns its id."""
    note_change()
    return int(GalaxyCluster.insert({**values, "folded_tag": fold(str(values["tag_name"]))}).execute())


def update_cluster(cluster_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a cluster, inside a writing()."""
    note_change()
    GalaxyCluster.update(dict(values)).where(GalaxyCluster.id == cluster_id).execute()


def touch_cluster(cluster_id: int, version: int) -> None:
    """A part of a cluster changed, inside a writing(): it is newer, and to be published again."""
    update_cluster(cluster_id, {"version": version, "published": False})


def delete_cluster(cluster_id: int) -> None:
    """Remove a cluster for good, inside a writing()."""
    note_change()
    execute("DELETE FROM galaxy_cluster WHERE id = ?", (cluster_id,))


def write_elements(cluster_id: int, elements: Iterable[tuple[str, str]]) -> None:
    """Put these words in the place of what was said about a cluster, inside a writing()."""
    execute("DELETE FROM galaxy_element WHERE cluster_id = ?", (cluster_id,))
    execute_many(
        "INSERT INTO galaxy_element (cluster_id, key, value) VALUES (?, ?, ?)",
        [(cluster_id, key, value) for key, value in elements],
    )


def write_relations(cluster_id: int, relations: Iterable[tuple[RelationDraft, int, int | None]]) -> None:
    """Put these relations, each with its level and group, in the place of a cluster's own, inside a writing()."""
    execute("DELETE FROM galaxy_relation WHERE cluster_id = ?", (cluster_id,))
    for draft, level, group_id in relations:
        insert_relation(cluster_id, draft, level, group_id)


def insert_relation(cluster_id: int, draft: RelationDraft, level: int, group_id: int | None) -> int:
    """Add a relation, inside a writing(); returns its id."""
    written = GalaxyRelation.insert(
        cluster=cluster_id,
        referenced_uuid=draft.referenced_uuid,
        type=draft.type,
        distribution=level,
        sharing_group=group_id,
        tags=json.dumps(draft.tags, ensure_ascii=False),
    )
    return int(written.execute())


def update_relation(relation_id: int, draft: RelationDraft, level: int, group_id: int | None) -> None:
    """Write a relation that is here, inside a writing()."""
    execute(
        "UPDATE galaxy_relation SET referenced_uuid = ?, type = ?, distribution = ?, sharing_group_id = ?, tags = ?"
        " WHERE id = ?",
        (draft.referenced_uuid, draft.type, level, group_id, json.dumps(draft.tags, ensure_ascii=False), relation_id),
    )


def delete_relation(relation_id: int) -> None:
    """Remove a relation, inside a writing()."""
    execute("DELETE FROM galaxy_relation WHERE id = ?", (relation_id,))


def block_cluster(uuid: str, *, info: str, orgc: str) -> None:
    """Keep a cluster that was deleted here from coming back, inside a writing(); once is enough."""
    execute(
        "INSERT INTO galaxy_cluster_blocklist (cluster_uuid, created, cluster_info, comment, cluster_creator)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT (cluster_uuid) DO NOTHING",
        (uuid, clock.now(), info, "Deleted here.", orgc),
    )
