"""Proposals cross: pushed for the events that a partner lists, and pulled (PROTOCOL §3.13, §4.5)."""

import logging
from collections.abc import Iterable

from mispmini.domain import clock
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.proposals import save_pulled
from mispmini.store.database import reading
from mispmini.store.proposals import proposals_for_partner
from mispmini.sync.failures import Forbearance
from mispmini.sync.links import said
from mispmini.sync.pull_index import IndexRow
from mispmini.sync.push import Pusher
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer
from mispmini.sync.sightings import partner_viewer
from mispmini.wire.proposal_in import read_proposals
from mispmini.wire.proposal_out import pushed_proposals_json

PAGE = 1_000
MOST_PAGES = 100
SECONDS_BACK = 90 * 86400
_log = logging.getLogger(__name__)


def push_all_proposals(pusher: Pusher, listed: Iterable[IndexRow]) -> int:
    """Send the pending proposals of every event that the partner lists; for how many events. Raises RemoteFailure.

    A refusal of one event's does not stop the others.
    """
    with reading():
        leaving = proposals_for_partner(partner_viewer(pusher.server), [row.uuid for row in listed])
    bearing = Forbearance("Proposals")
    for uuid, rows in leaving.items():
        with bearing.with_one():
            _send(pusher, uuid, pushed_proposals_json(rows))
    return len(leaving) - bearing.failures


def _send(pusher: Pusher, uuid: str, body: str) -> None:
    path = f"/events/pushProposals/{uuid}"
    answer = pusher.remote.post_json(path, body, gzip_allowed=pusher.version().takes_gzip)
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {path}: {said(answer)}")


def pull_proposals(remote: RemoteServer, server: LinkedServer, viewer: Viewer) -> int:
    """Take what was proposed at the partner in the last 90 days, page by page; how many were new or newer.

    Raises RemoteFailure; what was taken before stays.
    """
    since = clock.now() - SECONDS_BACK
    taken = 0
    for page in range(1, MOST_PAGES + 1):
        path = f"/shadow_attributes/index/all:1/timestamp:{since}/limit:{PAGE}/page:{page}/deleted[]:0/deleted[]:1.json"
        answer = remote.get_json(path)
        if answer.status != 200 or not isinstance(answer.json, list | dict):
            _log.warning("Server %s lists no proposals: status %s, %s", server.id, answer.status, said(answer))
            break
        taken += save_pulled(viewer, read_proposals(answer.json), server.remote_org_id)
        if len(answer.json) < PAGE:
            break
    return taken
