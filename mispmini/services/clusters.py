"""Galaxy clusters that somebody here writes: added, changed, published, deleted, related (MODEL §7.6, §5.4)."""

import json
from collections.abc import Sequence
from dataclasses import replace

from mispmini.domain import clock, sentences
from mispmini.domain.drafts import TagDraft
from mispmini.domain.errors import NotFound, Refused, SaveFailed
from mispmini.domain.galaxies import (
    Cluster,
    ClusterDraft,
    ClusterFilters,
    ClusterRow,
    RelationDraft,
    RelationRow,
    tag_name_of,
)
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.ids import new_uuid
from mispmini.domain.origin import Origin
from mispmini.domain.permissions import Permission
from mispmini.domain.records import TagRecord
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.services.capture import Groups, capture_tags
from mispmini.services.galaxies import existing_galaxy
from mispmini.store import cluster_writers
from mispmini.store import clusters as store
from mispmini.store.database import reading, writing
from mispmini.store.graphs import find_readable_event_id
from mispmini.store.groups import load_groups_for
from mispmini.store.outbox import forget_cluster, queue_cluster
from mispmini.store.settings import load_settings
from mispmini.store.tags import find_tags

UNKNOWN = "Invalid galaxy cluster"
UNKNOWN_RELATION = "Invalid galaxy cluster relation"
NOT_YOURS = "You are not authorised to edit this galaxy cluster."
PACKAGED = "Default galaxy cluster cannot be edited."
Level = tuple[int, int | None]
Placed = tuple[RelationDraft, int, int | None]


def find_clusters(viewer: Viewer, filters: ClusterFilters, *, relations: bool = True) -> list[Cluster]:
    """Visible clusters, oldest first. Raises NotFound for an event that is asked for and not seen."""
    with reading():
        wanted = _of_event(viewer, filters)
        ids = store.find_cluster_ids(viewer, wanted)
        return store.load_clusters(viewer, ids, relations=relations)


def count_clusters(viewer: Viewer, filters: ClusterFilters) -> int:
    """How many there are on all pages."""
    return store.count_clusters(viewer, filters)


def _of_event(viewer: Viewer, filters: ClusterFilters) -> ClusterFilters:
    if filters.event_ref is None:
        return filters
    names = store.tagged_in_event(viewer, find_readable_event_id(viewer, filters.event_ref))
    return replace(filters, tag_names=tuple(names) or ("",))


def view_cluster(viewer: Viewer, ref: str) -> Cluster:
    """One by id or uuid. Raises NotFound if absent or invisible."""
    with reading():
        number = store.find_cluster_id(viewer, ref)
        found = store.load_clusters(viewer, [number]) if number is not None else []
        if not found:
            raise NotFound(UNKNOWN)
        return found[0]


def group_of(viewer: Viewer, cluster: Cluster) -> SharingGroup | None:
    """The group that a cluster is shared with."""
    number = cluster.row.sharing_group_id
    return None if number is None else load_groups_for(viewer, [number]).get(number)


def may_edit(viewer: Viewer, row: ClusterRow) -> bool:
    """Whether the viewer may change it: somebody's own, by its creator's organisation (MODEL §5.4)."""
    if row.is_default:
        return False
    return viewer.is_site_admin or (viewer.can(Permission.GALAXY_EDITOR) and row.orgc_id == viewer.org_id)


def add(viewer: Viewer, galaxy_ref: str, draft: ClusterDraft, *, fork_of: str | None = None) -> Cluster:
    """Add a cluster to a galaxy, or one that extends another. Raises NotFound, SaveFailed."""
    with writing():
        galaxy = existing_galaxy(galaxy_ref)
        draft = _forked(viewer, draft, fork_of)
        uuid = draft.uuid or new_uuid()
        if store.find_custom(uuid) or store.uuid_is_packaged(uuid):
            raise SaveFailed("add", "GalaxyCluster", {"uuid": [sentences.UUID_TAKEN]})
        if not (draft.value or "").strip():
            raise SaveFailed("add", "GalaxyCluster", {"value": [sentences.NOT_EMPTY]})
        level, group_id = _level(viewer, "add", draft, load_settings().default_event_distribution, None)
        columns = {
            "uuid": uuid, "galaxy": galaxy.id, "type": galaxy.type, "value": draft.value,
            "tag_name": tag_name_of(galaxy.type, uuid), "description": draft.description or "",
            "source": draft.source or "", "authors": json.dumps(draft.authors or (), ensure_ascii=False),
            "version": clock.now(), "distribution": level, "sharing_group": group_id, "org": viewer.org_id,
            "orgc": viewer.org_id, "extends_uuid": draft.extends_uuid or "", "extends_version": draft.extends_version,
        }  # fmt: skip
        number = cluster_writers.insert_cluster(columns)
        _write_parts(viewer, number, draft)
        record(viewer, "add", "GalaxyCluster", number, str(draft.value))
        return view_cluster(viewer, str(number))


def _forked(viewer: Viewer, draft: ClusterDraft, fork_of: str | None) -> ClusterDraft:
    """What the draft leaves open is as in the cluster that it extends."""
    if fork_of is None:
        return draft
    parent = view_cluster(viewer, fork_of)
    elements = tuple((one.key, one.value) for one in parent.elements)
    return replace(
        draft,
        uuid=None if draft.uuid == parent.row.uuid else draft.uuid,
        value=draft.value or parent.row.value,
        description=parent.row.description if draft.description is None else draft.description,
        elements=elements if draft.elements is None else draft.elements,
        extends_uuid=draft.extends_uuid or parent.row.uuid,
        extends_version=draft.extends_version or parent.row.version,
    )


def edit(viewer: Viewer, ref: str, draft: ClusterDraft) -> Cluster:
    """Change what is given of a cluster; it has to be published again. Raises NotFound, Refused, SaveFailed."""
    with writing():
        row = _editable(viewer, ref)
        given = {
            "value": draft.value, "description": draft.description, "source": draft.source,
            "authors": None if draft.authors is None else json.dumps(draft.authors, ensure_ascii=False),
        }  # fmt: skip
        columns: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if draft.distribution is not None:
            level, group_id = _level(viewer, "edit", draft, row.distribution, row.sharing_group_id)
            columns |= {"distribution": level, "sharing_group": group_id}
        changed = {**columns, "version": clock.later_than(row.version), "published": False}
        cluster_writers.update_cluster(row.id, changed)
        _write_parts(viewer, row.id, draft)
        record(viewer, "edit", "GalaxyCluster", row.id, row.value, columns)
        return view_cluster(viewer, str(row.id))


def _editable(viewer: Viewer, ref: str) -> ClusterRow:
    row = view_cluster(viewer, ref).row
    if row.is_default:
        raise Refused(PACKAGED)
    if not may_edit(viewer, row):
        raise Refused(NOT_YOURS)
    return row


def _level(viewer: Viewer, action: str, draft: ClusterDraft, level: int, group_id: int | None) -> Level:
    """The level of a draft and its group. Raises SaveFailed."""
    groups = Groups(viewer, Origin.of(viewer))
    level = level if draft.distribution is None else draft.distribution
    if not groups.names_one(level):
        return level, None
    found = groups.of(level, None, draft.sharing_group_id or group_id)
    if found is None:
        raise SaveFailed(action, "GalaxyCluster", {"sharing_group_id": [sentences.NO_GROUP]})
    return level, found


def _write_parts(viewer: Viewer, cluster_id: int, draft: ClusterDraft) -> None:
    if draft.elements is not None:
        cluster_writers.write_elements(cluster_id, draft.elements)
    if draft.relations is not None:
        cluster_writers.write_relations(cluster_id, _placed(viewer, draft.relations, cluster_id))


def _placed(viewer: Viewer, drafts: Sequence[RelationDraft], cluster_id: int) -> list[Placed]:
    """Relations with their levels: that of their cluster unless they say another; their tags are made."""
    [cluster] = store.load_clusters(Viewer.everything(), [cluster_id], elements=False, relations=False)
    own = (cluster.row.distribution, cluster.row.sharing_group_id)
    capture_tags(viewer, [TagDraft(name) for draft in drafts for name in draft.tags])
    return [(draft, *_relation_level(viewer, draft, own)) for draft in drafts]


def _relation_level(viewer: Viewer, draft: RelationDraft, own: Level) -> Level:
    wanted = ClusterDraft(distribution=draft.distribution, sharing_group_id=draft.sharing_group_id)
    return own if draft.distribution is None else _level(viewer, "edit", wanted, *own)


def publish(viewer: Viewer, ref: str) -> ClusterRow:
    """Mark a cluster published and promise it to every link that takes clusters (PROTOCOL §3.1)."""
    with writing():
        row = _editable(viewer, ref)
        if row.deleted:
            raise Refused("A deleted galaxy cluster cannot be published.")
        cluster_writers.update_cluster(row.id, {"published": True})
        queue_cluster(row.uuid, row.version, exclude_org_id=row.received_from)
        record(viewer, "publish", "GalaxyCluster", row.id, row.value)
        return row


def unpublish(viewer: Viewer, ref: str) -> ClusterRow:
    """Take the publication back here; copies stay where they are."""
    with writing():
        row = _editable(viewer, ref)
        cluster_writers.update_cluster(row.id, {"published": False})
        forget_cluster(row.uuid)
        record(viewer, "unpublish", "GalaxyCluster", row.id, row.value)
        return row


def delete(viewer: Viewer, ref: str, *, hard: bool = False) -> ClusterRow:
    """Delete a cluster softly, or for good, which keeps it from coming back. Raises NotFound, Refused."""
    with writing():
        row = _editable(viewer, ref)
        forget_cluster(row.uuid)
        if hard:
            cluster_writers.block_cluster(row.uuid, info=row.value, orgc=viewer.org_name)
            cluster_writers.delete_cluster(row.id)
        else:
            gone = {"deleted": True, "published": False, "version": clock.later_than(row.version)}
            cluster_writers.update_cluster(row.id, gone)
        record(viewer, "delete" if hard else "soft_delete", "GalaxyCluster", row.id, row.value)
        return row


def restore(viewer: Viewer, ref: str) -> ClusterRow:
    """Bring a softly deleted cluster back. Raises NotFound, Refused."""
    with writing():
        row = _editable(viewer, ref)
        cluster_writers.update_cluster(row.id, {"deleted": False, "version": clock.later_than(row.version)})
        record(viewer, "undelete", "GalaxyCluster", row.id, row.value)
        return row


def add_relation(viewer: Viewer, draft: RelationDraft) -> RelationRow:
    """Relate a cluster of one's own to another one. Raises NotFound, Refused, SaveFailed."""
    with writing():
        row = _editable(viewer, draft.source_uuid or "")
        [placed] = _placed(viewer, [draft], row.id)
        number = cluster_writers.insert_relation(row.id, *placed)
        return _related(viewer, "add", row, number)


def edit_relation(viewer: Viewer, ref: str, draft: RelationDraft) -> RelationRow:
    """Change a relation. Raises NotFound, Refused, SaveFailed."""
    with writing():
        relation = existing_relation(viewer, ref)
        row = _editable(viewer, str(relation.cluster_id))
        [placed] = _placed(viewer, [draft], row.id)
        cluster_writers.update_relation(relation.id, *placed)
        return _related(viewer, "edit", row, relation.id)


def delete_relation(viewer: Viewer, ref: str) -> RelationRow:
    """Take a relation away. Raises NotFound, Refused."""
    with writing():
        relation = existing_relation(viewer, ref)
        row = _editable(viewer, str(relation.cluster_id))
        cluster_writers.delete_relation(relation.id)
        cluster_writers.touch_cluster(row.id, clock.later_than(row.version))
        record(viewer, "delete", "GalaxyClusterRelation", relation.id, relation.type)
        return relation


def existing_relation(viewer: Viewer, ref: str) -> RelationRow:
    """A relation of a visible cluster. Raises NotFound."""
    relation = store.find_relation(viewer, ref)
    if relation is None:
        raise NotFound(UNKNOWN_RELATION)
    return relation


def tags_of(relation: RelationRow) -> dict[str, TagRecord]:
    """The tags of a relation, by folded name."""
    return find_tags(relation.tags)


def _related(viewer: Viewer, action: str, row: ClusterRow, number: int) -> RelationRow:
    cluster_writers.touch_cluster(row.id, clock.later_than(row.version))
    relation = existing_relation(viewer, str(number))
    record(viewer, action, "GalaxyClusterRelation", number, relation.type)
    return relation
