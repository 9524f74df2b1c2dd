"""Sends events to one partner and tells what became of each (PROTOCOL §3.4-§3.9, RULES §3)."""

from dataclasses import dataclass, replace

from mispmini.domain import clock
from mispmini.domain.attribute_types import is_attachment
from mispmini.domain.distribution import Reason
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, SharingGroup
from mispmini.domain.receipts import LedgerState, Receipt, Trouble
from mispmini.domain.retractions import marker_uuid
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp_guard import leaving_to
from mispmini.domain.viewer import Viewer
from mispmini.services.addresses import announced_url
from mispmini.services.audience import partner_of
from mispmini.services.opinions import attach_opinions
from mispmini.store import servers
from mispmini.store.attachments import files_of
from mispmini.store.database import reading, writing
from mispmini.store.graphs import Parts, load_event
from mispmini.store.outbox import OutboxRow
from mispmini.sync import judging
from mispmini.sync.clusters import push_of_event
from mispmini.sync.failures import LINK_IS_DOWN
from mispmini.sync.judging import Then
from mispmini.sync.links import LinkRefused, RemoteVersion, note_handshake, said, shake_hands
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer
from mispmini.sync.sending import Sending
from mispmini.sync.watching import Reading, Unanswered, waiting

PROBE = "/eventReports/add"
TOO_MANY = 429
_WHOLE = Parts(deleted=Deleted.BOTH, all_tags=True, tombstones=True)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt: the receipt, what becomes of the promise, the version it speaks of, whether the link is down, and
    what the promise is to keep of the partner's copy while that is watched."""

    receipt: Receipt
    then: Then
    timestamp: int
    link_is_down: bool = False
    reading: Reading | None = None


class Pusher:
    """One run over one link, for one thread: the partner is asked once who it is, and only if something may go."""

    def __init__(self, server: LinkedServer, remote: RemoteServer) -> None:
        self.server = server
        self.remote = remote
        self.partner = partner_of(server)
        self.cannot = frozenset(server.unstorable)
        self.clusters_went = False  # all of them, before the events: none is offered again with its event
        self._version: RemoteVersion | LinkRefused | None = None

    def version(self) -> RemoteVersion:
        """Who the partner is. Raises LinkRefused, for the whole run once it did, and RemoteFailure."""
        if self._version is None:
            try:
                self._version = shake_hands(self.remote)
                note_handshake(self.server, self._version)
            except LinkRefused as refusal:
                self._version = refusal
        if isinstance(self._version, LinkRefused):
            raise self._version
        return self._version

    def deliver(self, event_uuid: str, promise: OutboxRow | None = None) -> Delivery:
        """Send one event if it may go; `promise` tells what was tried. Raises nothing that a partner causes."""
        try:
            with reading():
                graph = load_event(Viewer.everything(), event_uuid, _WHOLE)
                _complete(graph)
        except NotFound:
            return _skipped(Reason.DELETED, clock.now())
        leaving = leaving_to(graph, self.partner)
        if leaving.refusal not in (None, Reason.EMPTY):  # an empty one the partner judges: it may have it (§3.3)
            return _skipped(leaving.refusal, graph.event.timestamp)
        delivery = self._attempt(graph, leaving.copy, promise)
        return replace(delivery, receipt=judging.without_held_back(delivery.receipt, leaving.held_back))

    def _attempt(self, graph: EventGraph, copy: EventGraph, promise: OutboxRow | None) -> Delivery:
        timestamp = graph.event.timestamp
        try:
            if not self.version().perm_sync:
                raise LinkRefused(Trouble.NO_SYNC_PERMISSION, "The partner's key has no permission to sync.")
            if self.server.push_galaxy_clusters and not self.clusters_went:
                push_of_event(self.remote, self.version(), self.partner, graph.event.uuid)
            delivery = self._sent(self._with_known_reports(copy), promise, owned=not graph.event.locked)
            if delivery.receipt.arrived and (retraction := marker_uuid(copy)):
                receipt = self._re_read(copy.event.uuid, retraction, delivery.receipt)
                delivery = replace(delivery, receipt=receipt)
            return delivery
        except LinkRefused as refusal:
            receipt = Receipt(LedgerState.FAILED, refusal.reason, refusal.sentence, refusal.http_status)
            return Delivery(receipt, Then.PARK, timestamp)
        except RemoteFailure as failure:
            receipt = Receipt(LedgerState.FAILED, failure.cause, failure.detail, failure.http_status)
            then = Then.RETRY_THEN_PARK if failure.cause is Cause.REDIRECT else Then.RETRY
            is_down = failure.cause in LINK_IS_DOWN or self._version is None
            return Delivery(receipt, then, timestamp, link_is_down=is_down)

    def _sent(self, copy: EventGraph, promise: OutboxRow | None, *, owned: bool) -> Delivery:
        """Sent, or judged by the partner's copy where an answer is missing (RULES §11)."""
        sending = Sending(
            self.remote, self.server.id, copy, owned, self.version().takes_gzip, self.cannot,
            tries=promise.tries if promise else 0, whole=bool(promise and promise.whole),
        )  # fmt: skip
        before = Reading.of(promise.watch) if promise and promise.watch else None
        version = copy.event.timestamp
        try:
            if before is None:
                return self._judged(sending, *sending.send())
            seen = before.then(sending.stored_there())
            if not seen.settled:
                return Delivery(waiting(), Then.WATCH, version, reading=seen)
            return self._judged(sending, *sending.go_on(seen))
        except Unanswered as silence:
            is_down = silence.failure.cause in LINK_IS_DOWN
            return Delivery(silence.receipt, Then.WATCH, version, is_down, Reading(version, silence.sent_as))
        finally:
            self._remember(sending)

    def _judged(self, sending: Sending, receipt: Receipt, then: Then) -> Delivery:
        version = sending.copy.event.timestamp
        return Delivery(receipt, then, version, reading=Reading(version, version) if then is Then.WATCH else None)

    def _remember(self, sending: Sending) -> None:
        """What the partner cannot store, so that the next event goes right at once."""
        if sending.learned:
            self.cannot = sending.cannot
            with writing(quiet=True):
                servers.update_server(self.server.id, {"unstorable": sorted(self.cannot)})

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

    def _re_read(self, uuid: str, retraction: str, receipt: Receipt) -> Receipt:
        """A retraction is confirmed by the partner's copy alone, also by there being none (RULES §2)."""
        answer = self.remote.get_json(f"/events/view/{uuid}")
        if answer.status == 404:
            return judging.retracted(receipt, ())
        event = answer.json.get("Event") if isinstance(answer.json, dict) else None
        if answer.status >= 300 or not isinstance(event, dict):
            raise RemoteFailure(Cause.HTTP, f"status {answer.status} for the copy of {uuid}: {said(answer)}")
        return judging.retracted(receipt, judging.live_in(event) - {retraction})


def _complete(graph: EventGraph) -> None:
    """Files, and the name by which partners know this instance in its groups (PROTOCOL §3.5)."""
    attach_opinions(Viewer.everything(), [graph], sightings=False)
    graph.attachments = files_of([a.id for a in graph.attributes if is_attachment(a.type)])
    graph.sharing_groups = {group_id: _with_our_url(group) for group_id, group in graph.sharing_groups.items()}


def _with_our_url(group: SharingGroup) -> SharingGroup:
    url = announced_url()
    servers = (replace(s, url=url, name=url) if s.server_id is None else s for s in group.servers)
    return replace(group, servers=tuple(servers))


def _skipped(reason: Reason, timestamp: int) -> Delivery:
    return Delivery(Receipt(LedgerState.SKIPPED, reason), Then.FINISH, timestamp)
