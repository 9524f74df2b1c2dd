"""Galaxies and clusters as MISP answers them, and inside events (MODEL §7.6, API §9.6)."""

import json
from collections.abc import Iterable, Mapping, Sequence

from mispmini.domain.galaxies import Cluster, ClusterRow, ElementRow, GalaxyRow, GalaxyUse, RelationRow
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.records import OrganisationRecord, TagRecord
from mispmini.wire.account_replies import organisation_columns
from mispmini.wire.fragments import compact, sharing_group_json
from mispmini.wire.replies import Reply
from mispmini.wire.tag_out import tag_columns

# MISP: what the package brings belongs to an organisation that is not there.
_NOBODY: Reply = {
    "id": "0",
    "name": "MISP",
    "date_created": "",
    "date_modified": "",
    "description": "Automatically generated MISP organisation",
    "type": "",
    "nationality": "Not specified",
    "sector": "",
    "created_by": "0",
    "uuid": "0",
    "contacts": "",
    "local": True,
    "restricted_to_domain": [],
    "landingpage": None,
}


def galaxy_columns(galaxy: GalaxyRow) -> Reply:
    """A galaxy's own fields."""
    columns: Reply = {
        "id": str(galaxy.id),
        "uuid": galaxy.uuid,
        "name": galaxy.name,
        "type": galaxy.type,
        "description": galaxy.description,
        "version": str(galaxy.version),
        "icon": galaxy.icon,
        "namespace": galaxy.namespace,
        "enabled": galaxy.enabled,
        "local_only": galaxy.local_only,
    }
    if galaxy.kill_chain_order:
        columns["kill_chain_order"] = json.loads(galaxy.kill_chain_order)
    return columns


def galaxy_item(galaxy: GalaxyRow) -> Reply:
    """One of galaxies/index."""
    return {"Galaxy": galaxy_columns(galaxy)}


def galaxy_view(galaxy: GalaxyRow, clusters: Iterable[Cluster]) -> Reply:
    """galaxies/view."""
    return {"Galaxy": galaxy_columns(galaxy), "GalaxyCluster": [_with_elements(one) for one in clusters]}


def galaxy_file(galaxy: GalaxyRow, clusters: Sequence[Cluster]) -> Reply:
    """A galaxy's clusters as the field's file of them."""
    authors = {author for one in clusters for author in json.loads(one.row.authors or "[]")}
    return {
        "authors": sorted(authors),
        "description": galaxy.description,
        "name": galaxy.name,
        "source": next((one.row.source for one in clusters if one.row.source), ""),
        "type": galaxy.type,
        "uuid": galaxy.uuid,
        "values": [
            {
                "uuid": one.row.uuid,
                "value": one.row.value,
                "description": one.row.description,
                "meta": _meta(one.elements),
            }
            for one in clusters
        ],
        "version": galaxy.version,
    }


def cluster_item(cluster: Cluster) -> Reply:
    """One of galaxy_clusters/index."""
    return {"GalaxyCluster": {**_with_elements(cluster), "Galaxy": galaxy_columns(cluster.galaxy)}}


def _with_elements(cluster: Cluster) -> Reply:
    return {**cluster_columns(cluster.row), "GalaxyElement": list(map(_element, cluster.elements))}


def minimal_cluster(cluster: Cluster) -> Reply:
    """What a partner compares (PROTOCOL §3.12)."""
    return {"GalaxyCluster": {"uuid": cluster.row.uuid, "version": str(cluster.row.version)}}


def cluster_view(cluster: Cluster, group: SharingGroup | None = None) -> Reply:
    """galaxy_clusters/view and what add and edit answer."""
    return {
        "GalaxyCluster": {
            **cluster_columns(cluster.row),
            "Galaxy": galaxy_columns(cluster.galaxy),
            "GalaxyElement": list(map(_element, cluster.elements)),
            "GalaxyClusterRelation": [_relation(one, cluster.relation_tags) for one in cluster.relations],
            "Org": _organisation(cluster.org),
            "Orgc": _organisation(cluster.orgc),
            **_group(group),
            "RelationshipInbound": [_relation(one, cluster.relation_tags) for one in cluster.inbound],
        }
    }


def pushed_cluster(cluster: Cluster, group: SharingGroup | None) -> Reply:
    """What a partner gets, of a copy that `cluster_crossing.for_partner` made: without our ids (PROTOCOL §3.12)."""
    viewed = cluster_view(cluster, group)["GalaxyCluster"]
    assert isinstance(viewed, dict)
    ours = {"id", "galaxy_id", "org_id", "orgc_id", "RelationshipInbound"}
    relations = [_leaving(relation) for relation in viewed["GalaxyClusterRelation"]]
    elements = [{"key": one.key, "value": one.value} for one in cluster.elements]
    kept = {name: value for name, value in viewed.items() if name not in ours}
    return {"GalaxyCluster": {**kept, "GalaxyElement": elements, "GalaxyClusterRelation": relations}}


def _leaving(relation: Reply) -> Reply:
    ours = {"id", "galaxy_cluster_id", "referenced_galaxy_cluster_id"}
    return {name: value for name, value in relation.items() if name not in ours}


def cluster_columns(row: ClusterRow) -> Reply:
    """A cluster's own fields."""
    return {
        "id": str(row.id),
        "uuid": row.uuid,
        "collection_uuid": row.collection_uuid,
        "type": row.type,
        "value": row.value,
        "tag_name": row.tag_name,
        "description": row.description,
        "galaxy_id": str(row.galaxy_id),
        "source": row.source,
        "authors": json.loads(row.authors),
        "version": str(row.version),
        "distribution": str(row.distribution),
        "sharing_group_id": None if row.sharing_group_id is None else str(row.sharing_group_id),
        "org_id": str(row.org_id or 0),
        "orgc_id": str(row.orgc_id or 0),
        "default": row.is_default,
        "locked": row.locked,
        **_extended(row),
        "published": row.published,
        "deleted": row.deleted,
    }


def _extended(row: ClusterRow) -> Reply:
    """MISP: a cluster that extends nothing says so in two ways."""
    if row.is_default:
        return {"extends_uuid": row.extends_uuid, "extends_version": str(row.extends_version or 0)}
    version = None if row.extends_version is None else str(row.extends_version)
    return {"extends_uuid": row.extends_uuid or None, "extends_version": version}


def _element(row: ElementRow) -> Reply:
    return {"id": str(row.id), "galaxy_cluster_id": str(row.cluster_id), "key": row.key, "value": row.value}


def relation_reply(row: RelationRow, tags: Mapping[str, TagRecord]) -> Reply:
    """What galaxy_cluster_relations/add and edit answer."""
    return {"GalaxyClusterRelation": _relation(row, tags)}


def _relation(row: RelationRow, tags: Mapping[str, TagRecord]) -> Reply:
    known = (tags.get(name.casefold()) for name in row.tags)
    reply: Reply = {
        "id": str(row.id),
        "galaxy_cluster_id": str(row.cluster_id),
        "referenced_galaxy_cluster_id": str(row.referenced_id or 0),
        "referenced_galaxy_cluster_uuid": row.referenced_uuid,
        "referenced_galaxy_cluster_type": row.type,
        "galaxy_cluster_uuid": row.cluster_uuid,
        "distribution": str(row.distribution),
        "sharing_group_id": None if row.sharing_group_id is None else str(row.sharing_group_id),
        "default": row.is_default,
    }
    if row.tags:
        reply["Tag"] = [tag_columns(tag) for tag in known if tag is not None]
    return reply


def _organisation(org: OrganisationRecord | None) -> Reply:
    return dict(_NOBODY) if org is None else organisation_columns(org)


def _group(group: SharingGroup | None) -> Reply:
    return {} if group is None else {"SharingGroup": json.loads(sharing_group_json(group))}


class GalaxyTexts:
    """`Galaxy` of events and attributes as JSON text; what is long is written once for each cluster."""

    def __init__(self) -> None:
        self._clusters: dict[int, str] = {}

    def of_event(self, uses: Sequence[GalaxyUse]) -> str:
        """The value of an event's `Galaxy`."""
        return self._list(uses, "event_tag_id") if uses else "[]"

    def of_attribute(self, uses: Sequence[GalaxyUse]) -> str:
        """The value of an attribute's `Galaxy`."""
        return self._list(uses, "attribute_tag_id") if uses else "[]"

    def _list(self, uses: Sequence[GalaxyUse], link: str) -> str:
        galaxies: dict[int, tuple[GalaxyRow, list[str]]] = {}
        for use in uses:
            galaxy = use.cluster.galaxy
            galaxies.setdefault(galaxy.id, (galaxy, []))[1].append(self._used(use, link))
        texts = (
            f'{compact(galaxy_columns(galaxy))[:-1]},"GalaxyCluster":[{",".join(clusters)}]}}'
            for galaxy, clusters in galaxies.values()
        )
        return f"[{','.join(texts)}]"

    def _used(self, use: GalaxyUse, link: str) -> str:
        """MISP: tag_id is a number here, and no relationship is false."""
        number = use.cluster.row.id
        if number not in self._clusters:
            self._clusters[number] = compact(_in_event(use.cluster))[:-1]
        told = {"tag_id": use.tag_id, link: str(use.link_id), "local": use.local}
        tail = compact({**told, "relationship_type": use.relationship_type or False})[1:]
        return f"{self._clusters[number]},{tail}"


def _meta(elements: Iterable[ElementRow]) -> dict[str, list[str]]:
    meta: dict[str, list[str]] = {}
    for element in elements:
        meta.setdefault(element.key, []).append(element.value)
    return meta


def _in_event(cluster: Cluster) -> Reply:
    return {
        **cluster_columns(cluster.row),
        "GalaxyClusterRelation": [_relation(one, cluster.relation_tags) for one in cluster.relations],
        "Org": _organisation(cluster.org),
        "Orgc": _organisation(cluster.orgc),
        "TargetingClusterRelation": [_relation(one, cluster.relation_tags) for one in cluster.inbound],
        "meta": _meta(cluster.elements),
    }
