"""Sightings cross: pushed for one event or for all that a partner lists, and pulled (PROTOCOL §3.14, §4.6)."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from mispmini.domain import clock
from mispmini.domain.drafts import SightingDraft
from mispmini.domain.errors import NotFound
from mispmini.domain.opinions import SightingRow
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services.sightings import organisations_of, queue_for_links, take_sightings
from mispmini.store import sightings as store
from mispmini.store.database import reading, writing
from mispmini.store.graphs import find_event_id
from mispmini.store.organisations import find_any_organisation
from mispmini.store.settings import load_settings
from mispmini.store.versions import blocked_organisations
from mispmini.sync import judging
from mispmini.sync.failures import Forbearance
from mispmini.sync.judging import Then
from mispmini.sync.links import LinkRefused, said
from mispmini.sync.pull_index import IndexRow
from mispmini.sync.push import Delivery, Pusher
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer, json_text
from mispmini.wire.scalars import flag
from mispmini.wire.sighting_in import read_sightings, read_uuids
from mispmini.wire.sighting_out import sighting_json

SEARCH = "/sightings/restSearch/event"
_VIEW = (
    "/deleted[]:0/deleted[]:1/excludeGalaxy:1/excludeLocalTags:1/includeAttachments:0/includeEventCorrelations:0"
    "/includeFeedCorrelations:0/includeWarninglistHits:0/noEventReports:1/noShadowAttributes:1"
)
_ABSENT, _NO_HEAD = 404, 405  # the latter tells of our account, or of a proxy, and never of an event (PROTOCOL §2.3)
_EVENTS_A_REQUEST = 20
_SIGHTINGS_A_REQUEST = 5_000
_log = logging.getLogger(__name__)


def partner_viewer(server: LinkedServer) -> Viewer:
    """Anybody of a link's remote organisation: what it may see of sightings and proposals is what goes to it."""
    org = find_any_organisation(server.remote_org_id)
    assert org is not None, "a link's organisation cannot be deleted"
    return Viewer.of_organisation(org.id, org_uuid=org.uuid, org_name=org.name)


def deliver_sightings(pusher: Pusher, event_uuid: str) -> Delivery:
    """Keep the promise of one event's sightings: to a partner that has the event. Raises nothing it causes."""
    now = clock.now()
    try:
        known = pusher.remote.head(f"/events/view/{event_uuid}")
        if known not in (200, _ABSENT, _NO_HEAD):
            # A HEAD has no body that would tell who said it: a partner, or something between (RULES §11).
            return Delivery(judging.refusal(known, "to HEAD events/view"), Then.RETRY_THEN_PARK, now)
        if known != _ABSENT:
            send_sightings(pusher, event_uuid)
        return Delivery(Receipt(LedgerState.SENT), Then.FINISH, now)
    except LinkRefused as refusal:
        receipt = Receipt(LedgerState.FAILED, refusal.reason, refusal.sentence, refusal.http_status)
        return Delivery(receipt, Then.PARK, now)
    except RemoteFailure as failure:
        return Delivery(Receipt(LedgerState.FAILED, failure.cause, failure.detail), Then.RETRY_THEN_PARK, now)


def send_along(pusher: Pusher, event_uuid: str) -> None:
    """After an event was delivered: its sightings, whatever the link's switch says (PROTOCOL §3.2).

    A failure costs nothing: the event has arrived, and the next publishing brings them.
    """
    try:
        send_sightings(pusher, event_uuid)
    except (LinkRefused, RemoteFailure) as failure:
        _log.warning("Sightings of %s did not get to server %s: %s", event_uuid, pusher.server.id, failure)


def send_sightings(pusher: Pusher, event_uuid: str) -> int:
    """Send what the partner does not have of an event's sightings; how many. Raises LinkRefused, RemoteFailure."""
    rows = _leaving(pusher.server, event_uuid)
    if not rows:
        return 0
    version = pusher.version()
    if not (version.perm_sync or version.perm_sighting):
        raise LinkRefused(Trouble.NO_SYNC_PERMISSION, "The partner's key has no permission to add sightings.")
    if flag(version.document.get("filter_sightings")):
        known = _known_there(pusher, event_uuid, rows)
        rows = [row for row in rows if row.uuid not in known]
    for start in range(0, len(rows), _SIGHTINGS_A_REQUEST):
        _post(pusher, f"/sightings/bulkSaveSightings/{event_uuid}", _bulk(rows[start : start + _SIGHTINGS_A_REQUEST]))
    return len(rows)


def _leaving(server: LinkedServer, event_uuid: str) -> list[SightingRow]:
    with reading():
        try:
            event_id = find_event_id(Viewer.everything(), event_uuid)
        except NotFound:
            return []
        return store.sightings_for_partner(partner_viewer(server), event_id)


def _known_there(pusher: Pusher, event_uuid: str, rows: Sequence[SightingRow]) -> set[str]:
    asked = json_text(sorted(row.uuid for row in rows))
    return set(read_uuids(_post(pusher, f"/sightings/filterSightingUuidsForPush/{event_uuid}", asked)))


def _bulk(rows: Sequence[SightingRow]) -> str:
    organisations = organisations_of(rows)
    return f"[{','.join(sighting_json(row, organisations) for row in rows)}]"


def _post(pusher: Pusher, path: str, body: str) -> Any:
    answer = pusher.remote.post_json(path, body, gzip_allowed=pusher.version().takes_gzip)
    if answer.status != 200:
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {path}: {said(answer)}")
    return answer.json


def push_all_sightings(pusher: Pusher, listed: Iterable[IndexRow]) -> int:
    """The sightings of every event that the partner lists and that was sighted here since; how many were sent."""
    there = {row.uuid: row.sighting_timestamp for row in listed}
    sent, bearing = 0, Forbearance("Sightings")
    for _, uuid, sighted in store.events_with_sightings(list(there)):
        if sighted > there[uuid]:
            with bearing.with_one():
                sent += send_sightings(pusher, uuid)
    return sent


def pull_sightings(
    remote: RemoteServer,
    server: LinkedServer,
    viewer: Viewer,
    listed: Iterable[IndexRow],
    *,
    by_search: bool = True,
    bearing: Forbearance,
) -> int:
    """Take the sightings of events that are here, where the partner's sighting_timestamp moved; how many were new.

    A partner that cannot search for them (not `by_search`) is asked for each event. What it fails with is asked for
    again by the next pull. Raises RemoteFailure when `bearing` has had enough; what was taken before stays.
    """
    there = {row.uuid: row.sighting_timestamp for row in listed if row.sighting_timestamp}
    until = store.taken_until(server.id, list(there))
    wanted = [uuid for uuid, moved in there.items() if uuid in until and moved > until[uuid]]
    taken = 0
    size = _EVENTS_A_REQUEST if by_search else 1
    for start in range(0, len(wanted), size):
        batch = wanted[start : start + size]
        with bearing.with_one():
            found = _fetch(remote, batch) if by_search else {uuid: _inside(remote, uuid) for uuid in batch}
            with writing():
                taken += _take(viewer, server, found)
                store.note_taken(server.id, [(uuid, there[uuid]) for uuid in batch])
    with writing(quiet=True):
        store.note_taken(server.id, [(uuid, there[uuid]) for uuid in until if uuid not in wanted])
    return taken


def _fetch(remote: RemoteServer, uuids: Sequence[str]) -> dict[str, list[SightingDraft]]:
    """By event what the partner has; of events that were not asked for nothing is taken."""
    blocked = blocked_organisations() if load_settings().org_blocklist else []
    unwanted = {"org_id": [f"!{uuid}" for uuid in blocked]} if blocked else {}
    asked = {"returnFormat": "json", "last": 0, "includeUuid": True, "uuid": list(uuids), **unwanted}
    answer = remote.post_json(SEARCH, json_text(asked))
    if answer.status != 200 or not isinstance(answer.json, dict):
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {SEARCH}: {said(answer)}")
    grouped: dict[str, list[SightingDraft]] = {}
    for draft in read_sightings(answer.json.get("response")):
        if draft.event_uuid is not None and draft.event_uuid in uuids:
            grouped.setdefault(draft.event_uuid, []).append(draft)
    return grouped


def _inside(remote: RemoteServer, uuid: str) -> list[SightingDraft]:
    """The sightings that a partner's whole event holds (recording 62)."""
    path = f"/events/view/{uuid}{_VIEW}"
    answer = remote.get_json(path)
    if answer.status not in (200, _ABSENT):
        raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {path}: {said(answer)}")
    event = answer.json.get("Event") if answer.status == 200 and isinstance(answer.json, dict) else None
    if not isinstance(event, dict):
        return []
    inside = (a for item in _records(event.get("Object")) for a in _records(item.get("Attribute")))
    found = [
        {**sighting, "attribute_uuid": attribute.get("uuid"), "event_uuid": uuid}
        for part in (_records(event.get("Attribute")), inside)
        for attribute in part
        for sighting in _records(attribute.get("Sighting"))
    ]
    return list(read_sightings(found))


def _records(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _take(viewer: Viewer, server: LinkedServer, found: dict[str, list[SightingDraft]]) -> int:
    taken = 0
    for uuid, drafts in found.items():
        try:
            event_id = find_event_id(viewer, uuid)
        except NotFound:
            continue
        added = take_sightings(viewer, event_id, drafts, trusts_names=True)
        if added:
            queue_for_links(event_id, exclude_org_id=server.remote_org_id)
        taken += added
    return taken
