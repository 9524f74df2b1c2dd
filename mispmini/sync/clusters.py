"""Galaxy clusters that somebody wrote cross: pushed one by one or all, and pulled (PROTOCOL §3.12, §4.7)."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from mispmini.domain.cluster_crossing import for_partner, may_leave, pulled
from mispmini.domain.distribution import Partner
from mispmini.domain.errors import Invalid, MispminiError
from mispmini.domain.galaxies import Cluster, ClusterDraft, ClusterFilters
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.origin import Origin
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.viewer import Viewer
from mispmini.services.cluster_capture import Taken, take
from mispmini.store import clusters as store
from mispmini.store.database import reading, writing
from mispmini.store.groups import load_groups
from mispmini.sync import judging
from mispmini.sync.judging import Then
from mispmini.sync.links import LinkRefused, RemoteVersion, said
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer, json_text
from mispmini.wire.cluster_in import read_cluster, read_versions
from mispmini.wire.galaxy_out import pushed_cluster

SEARCH = "/galaxy_clusters/restSearch"
PUSH = "/galaxies/pushCluster"
MOST_PULLED = 20_000
_MINIMAL = {"published": 1, "minimal": 1, "custom": 1}
_log = logging.getLogger(__name__)
Leaving = tuple[Cluster, SharingGroup | None]


def push_known(
    remote: RemoteServer, version: RemoteVersion, partner: Partner, uuids: Sequence[str] | None = None
) -> int:
    """Send what the partner does not have of these clusters, or of all; how many went. Costs nothing but itself."""
    if not version.perm_galaxy_editor:
        return 0
    try:
        leaving = _leaving(partner, uuids)
        return _push_newer(remote, version, partner, leaving) if leaving else 0
    except (LinkRefused, RemoteFailure) as failure:
        _log.warning("Galaxy clusters did not get to server %s: %s", partner.server_id, failure)
        return 0


def push_of_event(remote: RemoteServer, version: RemoteVersion, partner: Partner, event_uuid: str) -> int:
    """The same for the clusters that an event's tags name, before the event goes (PROTOCOL §3.2)."""
    named = store.tags_of_custom(event_uuid)
    return push_known(remote, version, partner, named) if named else 0


def _leaving(partner: Partner, uuids: Sequence[str] | None) -> list[Leaving]:
    """Those that may go to the partner, each with its group."""
    everything = Viewer.everything()
    filters = ClusterFilters(uuids=None if uuids is None else tuple(uuids), custom=True, published=True)
    with reading():
        found = store.load_clusters(everything, store.find_cluster_ids(everything, filters))
        groups = load_groups({one.row.sharing_group_id for one in found if one.row.sharing_group_id is not None})
    grouped = ((one, groups.get(one.row.sharing_group_id or 0)) for one in found)
    return [(one, group) for one, group in grouped if may_leave(one, group, partner)]


def _push_newer(remote: RemoteServer, version: RemoteVersion, partner: Partner, leaving: Iterable[Leaving]) -> int:
    by_uuid = {one.row.uuid: (one, group) for one, group in leaving}
    there = _versions(remote, {**_MINIMAL, "uuid": list(by_uuid)})
    wanted = [(one, group) for uuid, (one, group) in by_uuid.items() if one.row.version > there.get(uuid, -1)]
    return sum(_send(remote, version, partner, one, group)[1] is Then.FINISH for one, group in wanted)


def _versions(remote: RemoteServer, asked: dict[str, Any]) -> dict[str, int]:
    answer = remote.post_json(SEARCH, json_text(asked))
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {SEARCH}: {said(answer)}")
    return read_versions(answer.json)


def _send(
    remote: RemoteServer, version: RemoteVersion, partner: Partner, cluster: Cluster, group: SharingGroup | None
) -> tuple[Receipt, Then]:
    body = [pushed_cluster(for_partner(cluster, partner), group)]
    answer = remote.post_json(PUSH, json_text(body), gzip_allowed=version.takes_gzip)
    if answer.status == 200:
        return Receipt(LedgerState.SENT, http_status=200), Then.FINISH
    if answer.status == 403:  # not newer, or not wanted: asking again changes nothing
        return Receipt(LedgerState.SKIPPED, Trouble.FILTERED, said(answer), 403), Then.FINISH
    return judging.refusal(answer.status, said(answer)), judging.next_step(answer.status)


def send_published(
    remote: RemoteServer, version: RemoteVersion, partner: Partner, cluster_uuid: str
) -> tuple[Receipt, Then]:
    """Keep the promise of one cluster that was published here. Raises LinkRefused, RemoteFailure."""
    leaving = _leaving(partner, [cluster_uuid])
    if not leaving or not version.perm_galaxy_editor:
        return Receipt(LedgerState.SKIPPED), Then.FINISH
    [(cluster, group)] = leaving
    return _send(remote, version, partner, cluster, group)


def pull_clusters(
    remote: RemoteServer, viewer: Viewer, origin: Origin, *, trusted: bool, asked: dict[str, Any] | None = None
) -> int:
    """Take what the partner has and we do not, or only older: of what is asked for, or all; how many were taken.

    Raises RemoteFailure; what was taken before stays.
    """
    there = _versions(remote, {**_MINIMAL, **(asked or {})})
    here = store.custom_versions()
    wanted = [
        uuid for uuid, version in there.items() if version > here.get(uuid, -1) and not store.cluster_is_blocked(uuid)
    ]
    taken = 0
    for uuid in wanted[:MOST_PULLED]:
        draft = _fetch(remote, uuid)
        if draft is not None:
            taken += _keep(viewer, origin, pulled(draft, trusted=trusted))
    return taken


def pull_relevant_clusters(remote: RemoteServer, viewer: Viewer, origin: Origin, *, trusted: bool) -> int:
    """Those that tags here name (PROTOCOL §4.1)."""
    named = store.custom_uuids_in_tags()
    return pull_clusters(remote, viewer, origin, trusted=trusted, asked={"uuid": named}) if named else 0


def _fetch(remote: RemoteServer, uuid: str) -> ClusterDraft | None:
    """The cluster of this uuid; None for an answer that is none, or about another one."""
    answer = remote.get_json(f"/galaxy_clusters/view/{uuid}")
    if answer.status != 200 or not isinstance(answer.json, dict):
        return None
    try:
        draft = read_cluster(answer.json)
    except Invalid:
        return None
    return draft if draft.uuid == uuid else None


def _keep(viewer: Viewer, origin: Origin, draft: ClusterDraft) -> bool:
    try:
        with writing():
            return take(viewer, origin, draft) is Taken.IMPORTED
    except MispminiError as refusal:
        _log.warning("Galaxy cluster %s was not taken: %s", draft.uuid, refusal)
        return False
