"""Galaxy clusters that come over a link, pushed or pulled: what of them is taken (PROTOCOL §3.12, §4.7; RULES §4)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import OrganisationDraft, TagDraft
from mispmini.domain.galaxies import ClusterDraft, ClusterRow, GalaxyRow, RelationDraft, tag_name_of
from mispmini.domain.origin import Origin
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record
from mispmini.services.capture import Groups, capture_tags
from mispmini.services.organisations import capture_organisation
from mispmini.store import cluster_writers
from mispmini.store import clusters as store
from mispmini.store.blocklists import org_is_blocked
from mispmini.store.database import writing
from mispmini.store.galaxies import find_galaxy, insert_galaxy
from mispmini.store.settings import load_settings

_ORGANISATION = int(Distribution.ORGANISATION)


class Taken(Enum):
    """What became of a cluster."""

    IMPORTED = "imported"
    IGNORED = "ignored"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many clusters of a push were taken."""

    imported: int = 0
    ignored: int = 0
    failed: int = 0

    @property
    def sentence(self) -> str:
        """MISP's words."""
        return f"{self.imported} imported, {self.ignored} ignored, {self.failed} failed."


def receive(viewer: Viewer, drafts: Iterable[ClusterDraft | None]) -> Tally:
    """Take what a partner pushes; None is one that could not be read."""
    counts = dict.fromkeys(Taken, 0)
    with writing():
        for draft in drafts:
            counts[Taken.FAILED if draft is None else take(viewer, Origin.of(viewer), draft)] += 1
    return Tally(*(counts[kind] for kind in (Taken.IMPORTED, Taken.IGNORED, Taken.FAILED)))


def import_clusters(viewer: Viewer, drafts: Iterable[ClusterDraft | None]) -> Tally:
    """Take what somebody uploads: who is no sync user is the creator of it (MODEL §5.5)."""
    keeps_creator = viewer.can(Permission.SYNC) or viewer.is_site_admin
    return receive(viewer, (one if one is None or keeps_creator else replace(one, orgc=None) for one in drafts))


def take(viewer: Viewer, origin: Origin, draft: ClusterDraft) -> Taken:
    """Add or renew one cluster, inside a writing(); it is locked from then on."""
    if draft.uuid is None or draft.is_default or not (draft.value or "").strip() or draft.galaxy is None:
        return Taken.FAILED
    if store.cluster_is_blocked(draft.uuid) or _is_of_blocked_org(draft.orgc):
        return Taken.IGNORED
    known = store.find_custom(draft.uuid)
    if known is None:
        return Taken.FAILED if store.uuid_is_packaged(draft.uuid) else _added(viewer, origin, draft)
    if not known.locked or not _may_renew(origin, known):
        return Taken.FAILED
    return _renewed(viewer, origin, draft, known) if (draft.version or 0) > known.version else Taken.IGNORED


def _is_of_blocked_org(orgc: OrganisationDraft | None) -> bool:
    blocks = load_settings().org_blocklist
    return bool(blocks and orgc is not None and orgc.uuid and org_is_blocked(orgc.uuid))


def _may_renew(origin: Origin, known: ClusterRow) -> bool:
    """The link that first brought it, or its creator's own; an upload of somebody here as well (RULES §4)."""
    return not origin.is_link or origin.link_org_id in (known.received_from, known.orgc_id)


def _added(viewer: Viewer, origin: Origin, draft: ClusterDraft) -> Taken:
    if draft.deleted:
        return Taken.IGNORED
    galaxy = _galaxy(draft)
    creator = viewer.org_id if draft.orgc is None else capture_organisation(viewer, draft.orgc).id
    level, group_id = _level(viewer, origin, draft)
    number = cluster_writers.insert_cluster({
        **_content(draft), "uuid": draft.uuid, "galaxy": galaxy.id, "type": galaxy.type,
        "tag_name": tag_name_of(galaxy.type, str(draft.uuid)), "org": origin.owner_org_id, "orgc": creator,
        "distribution": level, "sharing_group": group_id, "locked": True, "received_from": origin.link_org_id,
    })  # fmt: skip
    _write_parts(viewer, number, draft)
    record(viewer, "add", "GalaxyCluster", number, str(draft.value))
    return Taken.IMPORTED


def _renewed(viewer: Viewer, origin: Origin, draft: ClusterDraft, known: ClusterRow) -> Taken:
    level, group_id = _level(viewer, origin, draft)
    placed = {"distribution": level, "sharing_group": group_id, "deleted": draft.deleted}
    cluster_writers.update_cluster(known.id, {**_content(draft), **placed})
    _write_parts(viewer, known.id, draft)
    record(viewer, "edit", "GalaxyCluster", known.id, str(draft.value))
    return Taken.IMPORTED


def _content(draft: ClusterDraft) -> dict[str, object]:
    return {
        "value": draft.value,
        "collection_uuid": draft.collection_uuid or "",
        "description": draft.description or "",
        "source": draft.source or "",
        "authors": json.dumps(draft.authors or (), ensure_ascii=False),
        "version": draft.version or 0,
        "extends_uuid": draft.extends_uuid or "",
        "extends_version": draft.extends_version,
        "published": draft.published is True,
    }


def _galaxy(draft: ClusterDraft) -> GalaxyRow:
    """The galaxy that the cluster names, made if it is not here."""
    assert draft.galaxy is not None, "take() judges that"
    known = find_galaxy(draft.galaxy.uuid)
    if known is None:
        known = find_galaxy(str(insert_galaxy(draft.galaxy)))
    assert known is not None, "it was just made"
    return known


def _level(viewer: Viewer, origin: Origin, draft: ClusterDraft) -> tuple[int, int | None]:
    """What the sender says; a group that may not be used here, or no level at all, leaves it to the organisation."""
    level = _ORGANISATION if draft.distribution is None else draft.distribution
    groups = Groups(viewer, origin)
    if not groups.names_one(level):
        return level, None
    group_id = groups.of(level, draft.sharing_group, draft.sharing_group_id)
    return (level, group_id) if group_id is not None else (_ORGANISATION, None)


def _write_parts(viewer: Viewer, cluster_id: int, draft: ClusterDraft) -> None:
    """Elements and relations; a relation's group is a number of the sender's, so it stays with the organisation."""
    relations = draft.relations or ()
    capture_tags(viewer, [TagDraft(name) for relation in relations for name in relation.tags])
    cluster_writers.write_elements(cluster_id, draft.elements or ())
    cluster_writers.write_relations(
        cluster_id, [(replace(one, source_uuid=None), _own_level(one), None) for one in relations]
    )


def _own_level(relation: RelationDraft) -> int:
    level = relation.distribution
    return _ORGANISATION if level is None or level == Distribution.SHARING_GROUP else level
