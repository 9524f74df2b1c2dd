"""How galaxy clusters cross between servers, pure (PROTOCOL §3.12, §4.7)."""

from dataclasses import replace

from mispmini.domain.distribution import Distribution, Partner, after_pull, after_push, group_covers, needs_group
from mispmini.domain.galaxies import Cluster, ClusterDraft
from mispmini.domain.graphs import SharingGroup


def may_leave(cluster: Cluster, group: SharingGroup | None, partner: Partner) -> bool:
    """Whether a cluster, shared with `group` if its level names one, goes to a partner (PROTOCOL §3.8, §3.12)."""
    row = cluster.row
    if row.is_default or row.deleted or not row.published:
        return False
    if needs_group(row.distribution):
        return _group_leaves(group, partner)
    return row.distribution >= Distribution.CONNECTED or (partner.internal and row.distribution > 0)


def _group_leaves(group: SharingGroup | None, partner: Partner) -> bool:
    if group is None:
        return False
    listed = any(server.server_id == partner.server_id for server in group.servers)
    return (listed if group.servers else group.roaming) and group_covers(group, partner)


def for_partner(cluster: Cluster, partner: Partner) -> Cluster:
    """The partner's copy: levels lowered, relations that stay here left out."""
    lowered = after_push(cluster.row.distribution, internal=partner.internal)
    relations = [
        relation._replace(distribution=after_push(relation.distribution, internal=partner.internal))
        for relation in cluster.relations
        if relation.distribution >= Distribution.CONNECTED
        and (not needs_group(relation.distribution) or relation.sharing_group_id == cluster.row.sharing_group_id)
    ]
    return replace(cluster, row=cluster.row._replace(distribution=lowered), relations=relations)


def pulled(draft: ClusterDraft, *, trusted: bool) -> ClusterDraft:
    """What the receiver makes of a cluster it pulled: lowered, its relations too (PROTOCOL §4.7)."""
    relations = tuple(
        replace(relation, distribution=_pulled_level(relation.distribution, trusted=trusted))
        for relation in draft.relations or ()
    )
    level = _pulled_level(draft.distribution, trusted=trusted)
    return replace(draft, distribution=level, relations=relations)


def _pulled_level(level: int | None, *, trusted: bool) -> int:
    return int(Distribution.ORGANISATION) if level is None else after_pull(level, trusted=trusted)
