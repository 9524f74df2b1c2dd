"""Galaxies and their clusters: what is stored, what is shown, and what comes in (MODEL §7.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mispmini.domain.drafts import OrganisationDraft, SharingGroupDraft
from mispmini.domain.records import OrganisationRecord, TagRecord


class GalaxyRow(NamedTuple):
    """A galaxy; `kill_chain_order` is JSON text, `cluster_version` that of the package's clusters."""

    id: int
    uuid: str
    name: str
    type: str
    description: str
    version: int
    icon: str
    namespace: str
    enabled: bool
    local_only: bool
    kill_chain_order: str | None
    cluster_version: int


class ClusterRow(NamedTuple):
    """A cluster without its elements and relations; `authors` is JSON text."""

    id: int
    uuid: str
    collection_uuid: str
    type: str
    value: str
    tag_name: str
    description: str
    galaxy_id: int
    source: str
    authors: str
    version: int
    distribution: int
    sharing_group_id: int | None
    org_id: int | None
    orgc_id: int | None
    is_default: bool
    locked: bool
    extends_uuid: str
    extends_version: int | None
    published: bool
    deleted: bool
    received_from: int | None


class ElementRow(NamedTuple):
    """A word about a cluster."""

    id: int
    cluster_id: int
    key: str
    value: str


class RelationRow(NamedTuple):
    """A relation of a cluster; `referenced_id` is None where the other one is not here or not shown."""

    id: int
    cluster_id: int
    cluster_uuid: str
    referenced_id: int | None
    referenced_uuid: str
    type: str
    distribution: int
    sharing_group_id: int | None
    is_default: bool
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster with what the viewer may see around it. `org` and `orgc` None are the package's.

    `inbound` are relations of other clusters to this one; `relation_tags` are the tags that relations name, by their
    folded names.
    """

    row: ClusterRow
    galaxy: GalaxyRow
    elements: Sequence[ElementRow] = ()
    relations: Sequence[RelationRow] = ()
    inbound: Sequence[RelationRow] = ()
    org: OrganisationRecord | None = None
    orgc: OrganisationRecord | None = None
    relation_tags: Mapping[str, TagRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GalaxyDraft:
    """A galaxy as a cluster from elsewhere names it."""

    uuid: str
    name: str
    type: str
    description: str = ""
    version: int = 0
    icon: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class RelationDraft:
    """A relation to be added; `source_uuid` where it does not stand inside its cluster."""

    referenced_uuid: str
    type: str
    distribution: int | None = None
    sharing_group_id: int | None = None
    tags: tuple[str, ...] = ()
    source_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterDraft:
    """A cluster to be added or changed; None means "not given". `version` and what follows is for links alone."""

    value: str | None = None
    description: str | None = None
    source: str | None = None
    authors: tuple[str, ...] | None = None
    distribution: int | None = None
    sharing_group_id: int | None = None
    sharing_group: SharingGroupDraft | None = None
    elements: tuple[tuple[str, str], ...] | None = None
    relations: tuple[RelationDraft, ...] | None = None
    extends_uuid: str | None = None
    extends_version: int | None = None
    uuid: str | None = None
    collection_uuid: str | None = None
    version: int | None = None
    is_default: bool = False
    published: bool | None = None
    deleted: bool = False
    galaxy: GalaxyDraft | None = None
    orgc: OrganisationDraft | None = None


@dataclass(frozen=True, slots=True)
class ClusterFilters:
    """Which clusters are wanted; an empty filter asks for nothing (PROTOCOL §3.12)."""

    ids: tuple[int, ...] = ()
    uuids: tuple[str, ...] | None = None
    galaxy_ids: tuple[int, ...] = ()
    galaxy_uuids: tuple[str, ...] = ()
    tag_names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    org_ids: tuple[int, ...] = ()
    orgc_ids: tuple[int, ...] = ()
    elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    event_ref: str | None = None
    searchall: str = ""
    custom: bool | None = None
    published: bool | None = None
    deleted: bool = False
    any_deletion: bool = False
    enabled_only: bool = False
    limit: int | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class GalaxyUse:
    """A cluster that a tag on an event or attribute names; `link_id` is the id of what attaches the tag."""

    cluster: Cluster
    tag_id: int
    link_id: int
    local: bool
    relationship_type: str | None


def tag_name_of(galaxy_type: str, cluster: str) -> str:
    """The tag of a cluster: of its value if it is the package's, else of its uuid."""
    return f'misp-galaxy:{galaxy_type}="{cluster}"'
