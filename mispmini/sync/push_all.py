"""`servers/push`: offers a partner every event that may go, or one, and sends what it wants (PROTOCOL §3.2, §3.3)."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from mispmini.domain.distribution import SEEN_BY_ALL_HERE, Distribution, Partner
from mispmini.domain.errors import NotFound, SaveFailed
from mispmini.domain.graphs import EventGraph
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp_guard import refusal_of
from mispmini.domain.viewer import Viewer
from mispmini.store import outbox, servers
from mispmini.store.database import writing
from mispmini.store.graphs import Parts, find_event_id, load_events
from mispmini.store.outbox import OutboxRow
from mispmini.store.versions import published_event_ids
from mispmini.sync.analyst_data import push_analyst_data
from mispmini.sync.clusters import push_known
from mispmini.sync.delivering import Patience, keep
from mispmini.sync.failures import BETWEEN, LINK_IS_DOWN
from mispmini.sync.judging import Then
from mispmini.sync.links import LinkRefused, Outbound, Progress, go_on, names_event, only_one_on, open_remote, said
from mispmini.sync.proposals import push_all_proposals
from mispmini.sync.pull_index import read_index
from mispmini.sync.push import Delivery, Pusher
from mispmini.sync.remote import Cause, RemoteFailure, json_text
from mispmini.sync.sightings import push_all_sightings
from mispmini.wire import scalars

FILTER = "/events/filterEventIdsForPush"
FULL = "full"
INCREMENTAL = "incremental"
NO_TECHNIQUE = "Technique parameter must be 'full', 'incremental' or event ID."
_BATCH = 500
_LOCK_WAIT_SECONDS = 10.0
_log = logging.getLogger(__name__)
_HEADS = Parts(elements=False, all_tags=True)


@dataclass(frozen=True, slots=True)
class PushResult:
    """How many events a push brought across, and how many were wanted and did not get there."""

    pushed: int
    failed: int

    @property
    def sentence(self) -> str:
        """MISP's words (API §9.7)."""
        return f"Push complete. {self.pushed} events pushed, {self.failed} events could not be pushed."


def push_to(server: LinkedServer, technique: str, outbound: Outbound, *, progress: Progress = go_on) -> PushResult:
    """Push everything (`full`), events with a higher id than the last (`incremental`), or one by id or uuid.

    `progress` hears (done, total) after each event and says whether to go on. Raises SaveFailed, AlreadyRunning.
    """
    if technique not in (FULL, INCREMENTAL) and not names_event(technique):
        raise SaveFailed("push", "Server", NO_TECHNIQUE, subject_id=server.id)
    with only_one_on(server.id, wait=_LOCK_WAIT_SECONDS):
        try:
            with open_remote(server, outbound) as remote:
                pusher = Pusher(server, remote)
                return _push(pusher, technique, progress)
        except LinkRefused as refusal:
            _note_failed(server.id, refusal)
            status = f" Returned response code: {refusal.http_status}" if refusal.http_status else ""
            sentence = f"Error: Connection to the server has failed.{status}"
            raise SaveFailed("push", "Server", sentence) from refusal
        except RemoteFailure as failure:
            _note_failed(server.id, failure)
            sentence = f"Error: Connection to the server has failed. {failure}"
            raise SaveFailed("push", "Server", sentence) from failure


def _note_failed(server_id: int, failure: LinkRefused | RemoteFailure) -> None:
    with writing(quiet=True):
        servers.note_push(server_id, arrived=False)
        if isinstance(failure, RemoteFailure) and failure.cause in LINK_IS_DOWN:
            servers.note_down(server_id, str(failure))


def _note_offered(server_id: int, *, arrived: bool) -> None:
    """Everything was offered: a partner that wanted nothing of it was pushed to as well."""
    with writing(quiet=True):
        servers.note_push(server_id, arrived=arrived)
        outbox.hurry_if_back(server_id)


def _push(pusher: Pusher, technique: str, progress: Progress) -> PushResult:
    """getVersion, then the offer, then each event that is wanted. Later features come behind, in §3.2's order."""
    version = pusher.version()
    if not (version.perm_sync or version.perm_sighting):
        sentence = "Remote instance is outdated or no permission to push."
        raise SaveFailed("push", "Server", sentence)
    if not (version.perm_sync and pusher.server.push):
        _push_opinions(pusher)
        _push_analyst_data(pusher)
        return PushResult(0, 0)
    if technique == FULL and pusher.server.push_galaxy_clusters:
        push_known(pusher.remote, version, pusher.partner)
        pusher.clusters_went = True
    offered = {graph.event.uuid: graph.event for graph in _candidates(pusher, technique)}
    wanted, refusal = _wanted(pusher, {uuid: event.timestamp for uuid, event in offered.items()})
    arrived, failed = _deliver_all(pusher, wanted, progress)
    if technique == FULL and not failed:
        _note_offered(pusher.server.id, arrived=not refusal and len(arrived) == len(wanted))
    if technique in (FULL, INCREMENTAL) and len(arrived) + len(failed) == len(wanted):
        ids = {uuid: event.id for uuid, event in offered.items()}
        _remember(pusher.server, arrived=[ids[uuid] for uuid in arrived], failed=[ids[uuid] for uuid in failed])
    _push_opinions(pusher)
    _push_analyst_data(pusher)
    if refusal:
        raise SaveFailed("push", "Server", f"Error: {refusal}")
    return PushResult(len(arrived), len(failed))


def _remember(server: LinkedServer, *, arrived: Sequence[int], failed: Sequence[int]) -> None:
    """From which event on an incremental push goes on: the lowest that failed, which waits in the outbox, else the
    highest that arrived (PROTOCOL §3.2 row 8)."""
    if arrived or failed:
        with writing():
            servers.update_server(server.id, {"lastpushedid": min(failed) if failed else max(arrived)})


def _push_analyst_data(pusher: Pusher) -> None:
    """Notes, opinions and relationships, whatever the technique (PROTOCOL §3.15)."""
    if pusher.server.push_analyst_data and pusher.version().perm_analyst_data:
        with _keeping_what_was_pushed("Notes and opinions", pusher):
            push_analyst_data(pusher)


@contextmanager
def _keeping_what_was_pushed(what: str, pusher: Pusher) -> Iterator[None]:
    """What fails inside does not undo what was pushed, nor stop what comes after it (PROTOCOL §3.2)."""
    try:
        yield
    except (LinkRefused, RemoteFailure) as failure:
        _log.warning("%s did not get to server %s: %s", what, pusher.server.id, failure)


def _push_opinions(pusher: Pusher) -> None:
    """Proposals, then sightings, of the events that the partner lists, whatever the technique (recordings 06d, 06e)."""
    server, version = pusher.server, pusher.version()
    listed = None
    if version.perm_sync and server.push:
        with _keeping_what_was_pushed("Proposals", pusher):
            listed = read_index(pusher.remote, server, with_rules=False)
            push_all_proposals(pusher, listed.rows)
    if server.push_sightings:
        with _keeping_what_was_pushed("Sightings", pusher):
            again = read_index(pusher.remote, server, with_rules=False, known_tag=listed.etag if listed else None)
            push_all_sightings(pusher, listed.rows if listed and again.unchanged else again.rows)


def _candidates(pusher: Pusher, technique: str) -> Iterator[EventGraph]:
    """Every event that is offered, without its elements."""
    ids = _event_ids(pusher.server, technique)
    for start in range(0, len(ids), _BATCH):
        for graph in load_events(Viewer.everything(), ids[start : start + _BATCH], _HEADS):
            if _is_offered(graph, pusher.partner):
                yield graph


def _event_ids(server: LinkedServer, technique: str) -> list[int]:
    levels = (*SEEN_BY_ALL_HERE, Distribution.SHARING_GROUP)
    if technique == FULL:
        return published_event_ids(levels)
    if technique == INCREMENTAL:
        return published_event_ids(levels, above=server.lastpushedid or 0)
    try:
        return [find_event_id(Viewer.everything(), technique)]
    except NotFound:
        return []


def _is_offered(graph: EventGraph, partner: Partner) -> bool:
    """What the rules let go; MISP offers "this community" too, and refuses it when it is wanted (§3.3, 06c)."""
    if graph.event.distribution == Distribution.COMMUNITY:
        graph = replace(graph, event=graph.event._replace(distribution=Distribution.CONNECTED))
    return refusal_of(graph, partner) is None


def _wanted(pusher: Pusher, offered: dict[str, int]) -> tuple[dict[str, int], str]:
    """What the partner picks, in its order, and why it would not pick; a uuid that was not offered is not sent.

    A refused offer costs the events alone: proposals, sightings and notes are still tried (PROTOCOL §3.2).
    """
    if not offered:
        return {}, ""
    offer = [{"Event": {"uuid": uuid, "timestamp": str(timestamp)}} for uuid, timestamp in offered.items()]
    gzip_allowed = pusher.version().takes_gzip
    try:
        answer = pusher.remote.post_json(FILTER, json_text(offer), gzip_allowed=gzip_allowed)
    except RemoteFailure as failure:
        if failure.cause not in {Cause.NOT_JSON, Cause.REDIRECT} | BETWEEN:
            raise
        return {}, str(failure)
    picks = scalars.listed(answer.json) if isinstance(answer.json, list | dict) else None
    if answer.status != 200 or picks is None or picks == [answer.json]:
        return {}, said(answer) or f"status {answer.status} for {FILTER}"
    picked = (uuid.lower() for uuid in picks if isinstance(uuid, str))
    return {uuid: offered[uuid] for uuid in picked if uuid in offered}, ""


def _deliver_all(pusher: Pusher, wanted: dict[str, int], progress: Progress) -> tuple[list[str], list[str]]:
    """Send what is wanted: what arrived, and what did not. Once the partner is gone, the rest is promised untried."""
    arrived: list[str] = []
    failed: list[str] = []
    for uuid, timestamp in wanted.items():
        delivery = _deliver(pusher, uuid, timestamp)
        (arrived if delivery.receipt.arrived else failed).append(uuid)
        if not progress(len(arrived) + len(failed), len(wanted)):
            break
        if delivery.link_is_down:
            rest = list(wanted)[len(arrived) + len(failed) :]
            with writing():
                for each in rest:
                    outbox.promise_event(pusher.server.id, each, wanted[each])
            failed += rest
            break
    return arrived, failed


def _deliver(pusher: Pusher, uuid: str, timestamp: int) -> Delivery:
    """Send one event; one that may get through later is promised, so that nobody has to push again."""
    server = pusher.server
    promise = outbox.find_row(server.id, uuid)
    delivery = pusher.deliver(uuid, promise)
    with writing():
        if promise is None and delivery.then is not Then.FINISH:
            outbox.promise_event(server.id, uuid, timestamp)
            promise = outbox.find_row(server.id, uuid)
        row = promise or OutboxRow(0, server.id, uuid, timestamp, 0, 0, 0, False, None)
        keep(server, row, delivery, Patience())
    return delivery
