"""Sends events to one partner and tells what became of each (PROTOCOL §3.4-§3.9, RULES §3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mispmini.domain import clock
from mispmini.domain.attribute_types import is_attachment
from mispmini.domain.distribution import Reason
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, SharingGroup, TagRow
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.retractions import marker_uuid
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp_guard import leaving_to
from mispmini.domain.viewer import Viewer
from mispmini.services.addresses import announced_url
from mispmini.services.audience import partner_of
from mispmini.services.opinions import attach_opinions
from mispmini.store.attachments import files_of
from mispmini.store.database import reading
from mispmini.store.graphs import Parts, load_event
from mispmini.store.ledger import delivered_version
from mispmini.sync import judging
from mispmini.sync.clusters import push_of_event
from mispmini.sync.failures import LINK_IS_DOWN
from mispmini.sync.judging import Sent, Stored, Then
from mispmini.sync.links import LinkRefused, RemoteVersion, names_event, note_skew, said, shake_hands
from mispmini.sync.remote import Answer, Cause, RemoteFailure, RemoteServer, json_text
from mispmini.wire.event_out import OutOptions, event_json

ADD = "/events/add/metadata:1"
PROBE = "/eventReports/add"
TOO_MANY = 429
_WHOLE = Parts(deleted=Deleted.BOTH, all_tags=True, tombstones=True)
_AS_PUSHED = OutOptions(for_push=True, with_creator_email=True)
_FARTHEST_AHEAD = 86400


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt: the receipt, what becomes of the promise, the version it speaks of, and whether the link is down."""

    receipt: Receipt
    then: Then
    timestamp: int
    link_is_down: bool = False


class Pusher:
    """One run over one link, for one thread: the partner is asked once who it is, and only if something may go."""

    def __init__(self, server: LinkedServer, remote: RemoteServer) -> None:
        self.server = server
        self.remote = remote
        self.partner = partner_of(server)
        self.clusters_went = False  # all of them, before the events: none is offered again with its event
        self._version: RemoteVersion | LinkRefused | None = None

    def version(self) -> RemoteVersion:
        """Who the partner is. Raises LinkRefused, for the whole run once it did, and RemoteFailure."""
        if self._version is None:
            try:
                self._version = shake_hands(self.remote)
                note_skew(self.server, self._version)
            except LinkRefused as refusal:
                self._version = refusal
        if isinstance(self._version, LinkRefused):
            raise self._version
        return self._version

    def deliver(self, event_uuid: str, *, tries: int = 0) -> Delivery:
        """Send one event if it may go; `tries` is how often that has failed. Raises nothing that a partner causes."""
        try:
            with reading():
                graph = load_event(Viewer.everything(), event_uuid, _WHOLE)
                _complete(graph)
        except NotFound:
            return _skipped(Reason.DELETED, clock.now())
        leaving = leaving_to(graph, self.partner)
        if leaving.refusal not in (None, Reason.EMPTY):  # an empty one the partner judges: it may have it (§3.3)
            return _skipped(leaving.refusal, graph.event.timestamp)
        delivery = self._attempt(graph, leaving.copy, tries)
        return replace(delivery, receipt=judging.without_held_back(delivery.receipt, leaving.held_back))

    def _attempt(self, graph: EventGraph, copy: EventGraph, tries: int) -> Delivery:
        timestamp = graph.event.timestamp
        try:
            if not self.version().perm_sync:
                raise LinkRefused(Trouble.NO_SYNC_PERMISSION, "The partner's key has no permission to sync.")
            if self.server.push_galaxy_clusters and not self.clusters_went:
                push_of_event(self.remote, self.version(), self.partner, graph.event.uuid)
            receipt, then = self._send(self._with_known_reports(copy), owned=not graph.event.locked, tries=tries)
            if receipt.arrived and (retraction := marker_uuid(copy)):
                receipt = self._re_read(copy.event.uuid, retraction, receipt)
            return Delivery(receipt, then, timestamp)
        except LinkRefused as refusal:
            receipt = Receipt(LedgerState.FAILED, refusal.reason, refusal.sentence, refusal.http_status)
            return Delivery(receipt, Then.PARK, timestamp)
        except RemoteFailure as failure:
            receipt = Receipt(LedgerState.FAILED, failure.cause, failure.detail)
            then = Then.RETRY_THEN_PARK if failure.cause is Cause.REDIRECT else Then.RETRY
            return Delivery(receipt, then, timestamp, link_is_down=failure.cause in LINK_IS_DOWN)

    def _with_known_reports(self, copy: EventGraph) -> EventGraph:
        """Reports go only to a partner that knows them; it is asked once for each (PROTOCOL §3.9)."""
        known = [report for report in copy.reports if self._knows_reports()]
        return replace(copy, reports=known) if copy.reports else copy

    def _knows_reports(self) -> bool:
        """A partner that answers with a page or sends elsewhere does not know them; one that is not reached may."""
        try:
            answer = self.remote.get_json(PROBE)
        except RemoteFailure as failure:
            if failure.cause in (Cause.NOT_JSON, Cause.REDIRECT):
                return False
            raise
        if answer.status == TOO_MANY or answer.status >= 500:
            raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {PROBE}: {said(answer)}")
        return answer.status < 300 and isinstance(answer.json, dict) and bool(answer.json.get("description"))

    def _send(self, copy: EventGraph, *, owned: bool, tries: int) -> tuple[Receipt, Then]:
        known = self.remote.head(f"/events/view/{copy.event.uuid}")
        if known >= 500:
            return judging.refusal(known, "to HEAD events/view"), Then.RETRY
        answer, updated = self._upload(copy, known=known == 200)
        sent = Sent.of(copy)
        if judging.is_not_newer(answer.status, answer.json):
            return self._not_newer(copy, sent, owned=owned, tries=tries)
        if judging.is_empty(answer.status, answer.json):
            return Receipt(LedgerState.SKIPPED, Reason.EMPTY, http_status=answer.status), Then.FINISH
        if answer.status >= 300:
            return judging.refusal(answer.status, said(answer)), judging.next_step(answer.status)
        return self._accepted(sent, answer, updated=updated)

    def _upload(self, copy: EventGraph, *, known: bool) -> tuple[Answer, bool]:
        """Add or edit, the other one if the partner says so; whether it was an edit (PROTOCOL §3.6)."""
        uuid = copy.event.uuid
        if not known:
            answer = self._add(copy)
            if answer.status == 404 and answer.location:
                return self._edit(copy, _last_piece(answer.location, uuid)), True
            return answer, False
        answer = self._edit(copy, uuid)
        return (self._add(copy), False) if answer.status == 404 else (answer, True)

    def _add(self, copy: EventGraph) -> Answer:
        return self._post(ADD, event_json(_without_tombstones(copy), options=_AS_PUSHED))

    def _edit(self, copy: EventGraph, ref: str) -> Answer:
        return self._post(f"/events/edit/{ref}/metadata:1", event_json(copy, options=_AS_PUSHED))

    def _post(self, path: str, body: str) -> Answer:
        return self.remote.post_json(path, body, gzip_allowed=self.version().takes_gzip)

    def _accepted(self, sent: Sent, answer: Answer, *, updated: bool) -> tuple[Receipt, Then]:
        receipt, then = self._compared(sent, answer, updated=updated)
        return judging.with_told_errors(receipt, answer.json, said(answer)), then

    def _compared(self, sent: Sent, answer: Answer, *, updated: bool) -> tuple[Receipt, Then]:
        state = LedgerState.UPDATED if updated else LedgerState.SENT
        event = answer.json.get("Event") if isinstance(answer.json, dict) else None
        stored = judging.stored_in(event) if isinstance(event, dict) else None
        if stored is not None and judging.flaw_of(sent, stored) is None:
            return Receipt(state, http_status=answer.status, version=sent.timestamp), Then.FINISH
        seen = self._stored_there(sent.uuid) or stored
        if seen is None or seen.timestamp < sent.timestamp:
            detail = "the partner said yes, and does not have it"
            return Receipt(LedgerState.FAILED, Trouble.NOT_STORED, detail, answer.status), Then.RETRY
        return self._arrived(sent, seen, state), Then.FINISH

    def _not_newer(self, copy: EventGraph, sent: Sent, *, owned: bool, tries: int) -> tuple[Receipt, Then]:
        """The partner has this version or a newer one: which, its index tells (RULES §3)."""
        seen = self._stored_there(sent.uuid)
        if seen is None or seen.timestamp < sent.timestamp:
            detail = "refused as not newer, and an older copy or none is shown to us"
            return Receipt(LedgerState.FAILED, Trouble.NOT_STORED, detail, 403), Then.RETRY_THEN_PARK
        if seen.timestamp == sent.timestamp:
            state = LedgerState.SENT if tries else LedgerState.UNCHANGED
            return self._arrived(sent, seen, state), Then.FINISH
        if delivered_version(self.server.id, sent.uuid) >= sent.timestamp:
            return Receipt(LedgerState.UNCHANGED, Trouble.NEWER_THERE, version=sent.timestamp), Then.FINISH
        if owned and seen.timestamp <= clock.now() + _FARTHEST_AHEAD:
            return self._send_above(copy, sent, seen.timestamp + 1)
        return _conflict(seen), Then.FINISH

    def _send_above(self, copy: EventGraph, sent: Sent, timestamp: int) -> tuple[Receipt, Then]:
        """Our own event whose copy there looks newer: once more, one second above it."""
        above = replace(copy, event=copy.event._replace(timestamp=timestamp))
        answer, _ = self._upload(above, known=True)
        if answer.status >= 300:
            return Receipt(LedgerState.CONFLICT, Trouble.NEWER_THERE, said(answer), answer.status), Then.FINISH
        receipt, then = self._accepted(Sent.of(above), answer, updated=True)
        return replace(receipt, version=sent.timestamp if receipt.arrived else None), then

    def _arrived(self, sent: Sent, seen: Stored, state: LedgerState) -> Receipt:
        """It is there; for whom and how whole is seen on the partner's copy."""
        if flaw := judging.level_flaw(sent, seen):
            return judging.degraded(sent, flaw, seen)
        if seen.attribute_count < len(sent.attributes) and (missing := self._missing(sent)):
            return judging.partial(sent, missing)
        reason = Trouble.NEWER_THERE if seen.timestamp > sent.timestamp else None
        return Receipt(state, reason, http_status=200, version=sent.timestamp)

    def _stored_there(self, uuid: str) -> Stored | None:
        answer = self.remote.post_json("/events/index", json_text({"eventid": [uuid]}))
        for item in answer.json if isinstance(answer.json, list) else []:
            if isinstance(item, dict) and str(item.get("uuid", "")).lower() == uuid:
                return judging.stored_in(item)
        return None

    def _re_read(self, uuid: str, retraction: str, receipt: Receipt) -> Receipt:
        """A retraction is confirmed by the partner's copy alone, also by there being none (RULES §2)."""
        answer = self.remote.get_json(f"/events/view/{uuid}")
        if answer.status == 404:
            return judging.retracted(receipt, ())
        event = answer.json.get("Event") if isinstance(answer.json, dict) else None
        if answer.status >= 300 or not isinstance(event, dict):
            raise RemoteFailure(Cause.HTTP, f"status {answer.status} for the copy of {uuid}: {said(answer)}")
        return judging.retracted(receipt, judging.live_in(event) - {retraction})

    def _missing(self, sent: Sent) -> frozenset[str]:
        answer = self.remote.get_json(f"/events/view/{sent.uuid}")
        document: Any = answer.json
        event = document.get("Event") if isinstance(document, dict) else None
        return judging.missing_in(sent, event) if isinstance(event, dict) else frozenset()


def _complete(graph: EventGraph) -> None:
    """Files, and the name by which partners know this instance in its groups (PROTOCOL §3.5)."""
    attach_opinions(Viewer.everything(), [graph], sightings=False)
    graph.attachments = files_of([a.id for a in graph.attributes if is_attachment(a.type)])
    graph.sharing_groups = {group_id: _with_our_url(group) for group_id, group in graph.sharing_groups.items()}


def _with_our_url(group: SharingGroup) -> SharingGroup:
    url = announced_url()
    servers = (replace(s, url=url, name=url) if s.server_id is None else s for s in group.servers)
    return replace(group, servers=tuple(servers))


def _without_tombstones(copy: EventGraph) -> EventGraph:
    """For a partner that does not have the event: it has no tag to remove, and might add what it is told of."""
    tags = {attribute: _alive(held) for attribute, held in copy.attribute_tags.items()}
    of_reports = {report: _alive(held) for report, held in copy.report_tags.items()}
    return replace(copy, tags=_alive(copy.tags), attribute_tags=tags, report_tags=of_reports)


def _alive(tags: Sequence[TagRow]) -> list[TagRow]:
    return [tag for tag in tags if not tag.deleted]


def _skipped(reason: Reason, timestamp: int) -> Delivery:
    return Delivery(Receipt(LedgerState.SKIPPED, reason), Then.FINISH, timestamp)


def _conflict(seen: Stored) -> Receipt:
    detail = f"the partner's copy is newer: {clock.datetime_text(seen.timestamp)} UTC"
    return Receipt(LedgerState.CONFLICT, Trouble.NEWER_THERE, detail, 403)


def _last_piece(location: str, uuid: str) -> str:
    """The event that a Location names, if it is an id or uuid at all."""
    piece = location.rstrip("/").rpartition("/")[2]
    return piece if names_event(piece) else uuid
