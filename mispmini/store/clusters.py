"""Galaxy clusters: finders (MODEL §7.6)."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from mispmini.domain.galaxies import (
    Cluster,
    ClusterFilters,
    ClusterRow,
    ElementRow,
    GalaxyRow,
    RelationRow,
)
from mispmini.domain.ids import canonical_uuid, is_row_number
from mispmini.domain.viewer import Viewer
from mispmini.store.damage import must_be, one_of, readable
from mispmini.store.galaxies import galaxies_by_id
from mispmini.store.organisations import organisation_records
from mispmini.store.sql import Predicate, Row, in_batches, marks, row, rows, scalar
from mispmini.store.tags import find_tags, fold
from mispmini.store.visibility import attribute_readable_by, cluster_visible_to, relation_visible_to

_CLUSTER = ", ".join(f"cluster.{name}" for name in ClusterRow._fields)
_RELATION = (
    "relation.id, relation.cluster_id, cluster.uuid, {other}, relation.referenced_uuid, relation.type,"
    " relation.distribution, relation.sharing_group_id, relation.is_default, relation.tags"
)
_FLAGS = frozenset({15, 16, 19, 20})
Part = TypeVar("Part", ElementRow, RelationRow)


def find_cluster_id(viewer: Viewer, ref: str) -> int | None:
    """The id of a visible cluster by id or uuid; of several with one uuid somebody's own is meant."""
    shown = _reference(ref) & cluster_visible_to(viewer)
    return scalar_id(
        f"SELECT cluster.id FROM galaxy_cluster AS cluster WHERE {shown.text} ORDER BY cluster.is_default, cluster.id",
        shown.params,
    )


def scalar_id(text: str, params: Sequence[object]) -> int | None:
    """The id that a statement finds first."""
    found = scalar(text, params)
    return None if found is None else int(found)


def _reference(ref: str) -> Predicate:
    if is_row_number(ref):
        return Predicate("cluster.id = ?", (int(ref),))
    return Predicate("cluster.uuid = ?", (canonical_uuid(ref),))


def find_custom(uuid: str) -> ClusterRow | None:
    """The cluster of this uuid that somebody wrote, whoever asks."""
    found = row(f"SELECT {_CLUSTER} FROM galaxy_cluster AS cluster WHERE uuid = ? AND NOT is_default", (uuid,))
    return one_of("galaxy_cluster", found, _cluster) if found else None


def uuid_is_packaged(uuid: str) -> bool:
    """Whether a cluster of the package has this uuid."""
    return row("SELECT 1 FROM galaxy_cluster WHERE uuid = ? AND is_default", (uuid,)) is not None


def custom_versions(uuids: Sequence[str] | None = None) -> dict[str, int]:
    """Versions of clusters that somebody wrote, by uuid: of these, or of all."""
    if uuids is None:
        return dict(rows("SELECT uuid, version FROM galaxy_cluster WHERE NOT is_default"))
    found = rows(
        f"SELECT uuid, version FROM galaxy_cluster WHERE NOT is_default AND uuid IN ({marks(uuids)})", tuple(uuids)
    )
    return dict(found)


def count_clusters(viewer: Viewer, filters: ClusterFilters) -> int:
    """How many visible clusters there are of this kind."""
    wanted = _wanted(viewer, filters)
    return int(
        scalar(
            "SELECT count(*) FROM galaxy_cluster AS cluster JOIN galaxy ON galaxy.id = cluster.galaxy_id"
            f" WHERE {wanted.text}",
            wanted.params,
        )
    )


def find_cluster_ids(viewer: Viewer, filters: ClusterFilters) -> list[int]:
    """Ids of visible clusters, oldest first; one page of them if the filters have a limit."""
    wanted, page = _wanted(viewer, filters), ""
    if filters.limit:
        page = f" LIMIT {int(filters.limit)} OFFSET {(max(filters.page or 1, 1) - 1) * int(filters.limit)}"
    found = rows(
        "SELECT cluster.id FROM galaxy_cluster AS cluster JOIN galaxy ON galaxy.id = cluster.galaxy_id"
        f" WHERE {wanted.text} ORDER BY cluster.id{page}",
        wanted.params,
    )
    return [r[0] for r in found]


def _wanted(viewer: Viewer, filters: ClusterFilters) -> Predicate:
    wanted = cluster_visible_to(viewer)
    for column, values in (
        ("cluster.id", filters.ids or None), ("cluster.uuid", filters.uuids),
        ("cluster.galaxy_id", filters.galaxy_ids or None), ("galaxy.uuid", filters.galaxy_uuids or None),
        ("cluster.folded_tag", tuple(map(fold, filters.tag_names)) or None), ("cluster.value", filters.values or None),
        ("cluster.org_id", filters.org_ids or None), ("cluster.orgc_id", filters.orgc_ids or None),
    ):  # fmt: skip
        if values is not None:
            wanted &= Predicate(f"{column} IN ({marks(values)})", tuple(values))
    for condition in _conditions(filters):
        wanted &= condition
    return wanted


def _conditions(filters: ClusterFilters) -> Iterable[Predicate]:
    if not filters.any_deletion:
        yield Predicate("cluster.deleted" if filters.deleted else "NOT cluster.deleted")
    if filters.enabled_only:
        yield Predicate("galaxy.enabled")
    if filters.custom is not None:
        yield Predicate("NOT cluster.is_default" if filters.custom else "cluster.is_default")
    if filters.published is not None:
        yield Predicate("cluster.published" if filters.published else "NOT cluster.published")
    for key, values in filters.elements.items():
        held = f"SELECT cluster_id FROM galaxy_element WHERE lower(key) = ? AND lower(value) IN ({marks(values)})"
        yield Predicate(f"cluster.id IN ({held})", (key.lower(), *(value.lower() for value in values)))
    if filters.searchall:
        yield _holding(filters.searchall)


def _holding(text: str) -> Predicate:
    literal = text.lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    part = f"%{literal}%"
    like = r"lower({}) LIKE ? ESCAPE '\'"
    own = f"{like.format('cluster.value')} OR {like.format('cluster.description')}"
    synonyms = f"SELECT cluster_id FROM galaxy_element WHERE key = 'synonyms' AND {like.format('value')}"
    return Predicate(f"{own} OR cluster.uuid = ? OR cluster.id IN ({synonyms})", (part, part, text.lower(), part))


def load_clusters(
    viewer: Viewer, ids: Sequence[int], *, elements: bool = True, relations: bool = True
) -> list[Cluster]:
    """These clusters as the viewer sees them, in this order; invisible ones are left out."""
    found: dict[int, ClusterRow] = {}
    shown = cluster_visible_to(viewer)
    for batch in in_batches(ids):
        text = f"SELECT {_CLUSTER} FROM galaxy_cluster AS cluster WHERE cluster.id IN ({marks(batch)})"
        read = rows(f"{text} AND ({shown.text})", (*batch, *shown.params))
        found |= {one.id: one for one in readable("galaxy_cluster", read, _cluster)}
    kept = [found[number] for number in ids if number in found]
    around = _Around(viewer, kept, with_elements=elements, with_relations=relations)
    return [around.of(one) for one in kept]


class _Around:
    """What stands around some clusters, read for all of them at once."""

    def __init__(self, viewer: Viewer, kept: Sequence[ClusterRow], *, with_elements: bool, with_relations: bool):
        ids = [one.id for one in kept]
        self.galaxies: dict[int, GalaxyRow] = galaxies_by_id({one.galaxy_id for one in kept})
        self.elements = _grouped(_elements(ids)) if with_elements else {}
        self.relations = _grouped(_relations(viewer, ids)) if with_relations else {}
        self.inbound = _inbound(viewer, kept) if with_relations else {}
        self.orgs = organisation_records({org for one in kept for org in (one.org_id, one.orgc_id) if org is not None})
        every = [r for held in (*self.relations.values(), *self.inbound.values()) for r in held]
        self.tags = find_tags(sorted({tag for relation in every for tag in relation.tags}))

    def of(self, one: ClusterRow) -> Cluster:
        """One with what belongs to it."""
        return Cluster(
            row=one,
            galaxy=self.galaxies[one.galaxy_id],
            elements=self.elements.get(one.id, ()),
            relations=self.relations.get(one.id, ()),
            inbound=self.inbound.get(one.uuid, ()),
            org=self.orgs.get(one.org_id or 0),
            orgc=self.orgs.get(one.orgc_id or 0),
            relation_tags=self.tags,
        )


def _grouped(found: Iterable[Part]) -> dict[int, list[Part]]:
    grouped: dict[int, list[Part]] = {}
    for one in found:
        grouped.setdefault(one.cluster_id, []).append(one)
    return grouped


def _elements(ids: Sequence[int]) -> Iterable[ElementRow]:
    for batch in in_batches(ids):
        text = f"SELECT id, cluster_id, key, value FROM galaxy_element WHERE cluster_id IN ({marks(batch)}) ORDER BY id"
        yield from map(ElementRow._make, rows(text, batch))


def _other_id(viewer: Viewer) -> Predicate:
    """The other cluster of a relation, if the viewer sees it."""
    shown = cluster_visible_to(viewer, "other")
    named = f"other.uuid = relation.referenced_uuid AND ({shown.text})"
    return Predicate(f"(SELECT min(other.id) FROM galaxy_cluster AS other WHERE {named})", shown.params)


def _relations(viewer: Viewer, ids: Sequence[int]) -> Iterable[RelationRow]:
    shown, other = relation_visible_to(viewer), _other_id(viewer)
    for batch in in_batches(ids):
        found = rows(
            f"SELECT {_RELATION.format(other=other.text)} FROM galaxy_relation AS relation"
            " JOIN galaxy_cluster AS cluster ON cluster.id = relation.cluster_id"
            f" WHERE relation.cluster_id IN ({marks(batch)}) AND ({shown.text}) ORDER BY relation.id",
            (*other.params, *batch, *shown.params),
        )
        yield from readable("galaxy_relation", found, _relation)


def _inbound(viewer: Viewer, kept: Sequence[ClusterRow]) -> dict[str, list[RelationRow]]:
    """By uuid, what other visible clusters have to do with it."""
    shown = cluster_visible_to(viewer) & relation_visible_to(viewer) & Predicate("NOT cluster.deleted")
    own = {one.uuid: one.id for one in kept}
    grouped: dict[str, list[RelationRow]] = {}
    uuids = list(own)
    for start in range(0, len(uuids), 500):
        batch = uuids[start : start + 500]
        found = rows(
            f"SELECT {_RELATION.format(other='0')} FROM galaxy_relation AS relation"
            " JOIN galaxy_cluster AS cluster ON cluster.id = relation.cluster_id"
            f" WHERE relation.referenced_uuid IN ({marks(batch)}) AND ({shown.text}) ORDER BY relation.id",
            (*batch, *shown.params),
        )
        for one in readable("galaxy_relation", found, _relation):
            grouped.setdefault(one.referenced_uuid, []).append(one._replace(referenced_id=own[one.referenced_uuid]))
    return grouped


def find_relation(viewer: Viewer, ref: str) -> RelationRow | None:
    """A relation by id, of a cluster that the viewer sees."""
    if not is_row_number(ref):
        return None
    shown, other = cluster_visible_to(viewer) & relation_visible_to(viewer), _other_id(viewer)
    found = row(
        f"SELECT {_RELATION.format(other=other.text)} FROM galaxy_relation AS relation"
        f" JOIN galaxy_cluster AS cluster ON cluster.id = relation.cluster_id WHERE relation.id = ? AND ({shown.text})",
        (*other.params, int(ref), *shown.params),
    )
    return one_of("galaxy_relation", found, _relation) if found else None


def ids_by_tag(viewer: Viewer, tag_names: Collection[str]) -> dict[str, int]:
    """Visible clusters of enabled galaxies by the folded names of tags; a uuid in a tag is somebody's cluster."""
    folded = sorted({fold(name) for name in tag_names})
    shown = cluster_visible_to(viewer) & Predicate("NOT cluster.deleted AND galaxy.enabled")
    found: dict[str, int] = {}
    for start in range(0, len(folded), 500):
        batch = folded[start : start + 500]
        text = (
            "SELECT cluster.folded_tag, cluster.id FROM galaxy_cluster AS cluster"
            " JOIN galaxy ON galaxy.id = cluster.galaxy_id"
            f" WHERE cluster.folded_tag IN ({marks(batch)}) AND ({shown.text}) ORDER BY cluster.id DESC"
        )
        found |= dict(rows(text, (*batch, *shown.params)))
    return found


def tags_of_custom(event_uuid: str) -> list[str]:
    """Uuids of the clusters that somebody wrote and that global tags on an event or its attributes name."""
    found = rows(
        "SELECT tag.name FROM tag WHERE tag.is_custom_galaxy AND tag.id IN ("
        "SELECT link.tag_id FROM event_tag AS link JOIN event ON event.id = link.event_id WHERE event.uuid = ?"
        " AND NOT link.deleted AND NOT link.local UNION"
        " SELECT link.tag_id FROM attribute_tag AS link JOIN event ON event.id = link.event_id WHERE event.uuid = ?"
        " AND NOT link.deleted AND NOT link.local) ORDER BY tag.id",
        (event_uuid, event_uuid),
    )
    return _uuids(r[0] for r in found)


def custom_uuids_in_tags() -> list[str]:
    """Uuids of the clusters that somebody wrote and that any tag here names, known or not."""
    return _uuids(r[0] for r in rows("SELECT name FROM tag WHERE is_custom_galaxy ORDER BY id"))


def _uuids(names: Iterable[str]) -> list[str]:
    found = (canonical_uuid(name.rpartition('="')[2].rstrip('"')) for name in names)
    return list(dict.fromkeys(uuid for uuid in found if uuid is not None))


def tagged_in_event(viewer: Viewer, event_id: int) -> list[str]:
    """Names of the galaxy tags on an event that the viewer sees, and on its live attributes that it reads."""
    kept = " AND NOT link.local" if viewer.is_partner else ""
    shown = attribute_readable_by(viewer)
    found = rows(
        "SELECT DISTINCT tag.name FROM tag WHERE tag.is_galaxy AND tag.id IN ("
        f"SELECT link.tag_id FROM event_tag AS link WHERE link.event_id = ? AND NOT link.deleted{kept} UNION"
        " SELECT link.tag_id FROM attribute_tag AS link JOIN attribute ON attribute.id = link.attribute_id"
        f" JOIN event ON event.id = attribute.event_id WHERE link.event_id = ? AND NOT link.deleted{kept}"
        f" AND NOT attribute.deleted AND ({shown.text}))",
        (event_id, event_id, *shown.params),
    )
    return [r[0] for r in found]


def tags_of_clusters_like(viewer: Viewer, pattern: str) -> dict[str, int]:
    """Of the folded tags that are here those of visible clusters, with the ids of these, whose value or synonym is like
    this in any case; `%` stands for anything."""
    shown = cluster_visible_to(viewer) & Predicate("NOT cluster.deleted AND galaxy.enabled")
    literal = pattern.lower().replace("\\", "\\\\").replace("_", "\\_")
    like = "lower({}) LIKE ? ESCAPE '\\'"
    synonym = (
        f"SELECT 1 FROM galaxy_element WHERE cluster_id = cluster.id AND key = 'synonyms' AND {like.format('value')}"
    )
    found = rows(
        "SELECT cluster.folded_tag, cluster.id FROM galaxy_cluster AS cluster"
        " JOIN galaxy ON galaxy.id = cluster.galaxy_id"
        " WHERE cluster.folded_tag IN (SELECT folded_name FROM tag WHERE is_galaxy)"
        f" AND ({like.format('cluster.value')} OR EXISTS ({synonym})) AND ({shown.text})"
        " ORDER BY cluster.id DESC",
        (literal, literal, *shown.params),
    )
    return dict(found)


def cluster_is_blocked(uuid: str) -> bool:
    """Whether a cluster may not come in."""
    return row("SELECT 1 FROM galaxy_cluster_blocklist WHERE cluster_uuid = ?", (uuid,)) is not None


def _cluster(found: Row) -> ClusterRow:
    cluster = ClusterRow._make(bool(value) if index in _FLAGS else value for index, value in enumerate(found))
    must_be(list, cluster.authors)
    return cluster


def _relation(found: Row) -> RelationRow:
    *start, is_default, tags = found
    return RelationRow._make((*start, bool(is_default), tuple(json.loads(tags))))
