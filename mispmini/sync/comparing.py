"""Index against index: the only way to find silently lost attributes and conflicts on a link (RULES §10.9)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from mispmini.domain.comparisons import Difference, DifferenceKind
from mispmini.domain.distribution import SEEN_BY_ALL_HERE, Distribution, Partner, pulled
from mispmini.domain.errors import SaveFailed
from mispmini.domain.graphs import EventGraph
from mispmini.domain.ids import canonical_uuid
from mispmini.domain.receipts import Direction
from mispmini.domain.servers import LinkedServer
from mispmini.domain.tlp_guard import leaving_to, refusal_of
from mispmini.domain.unstorable import fitted
from mispmini.domain.viewer import Viewer
from mispmini.services.audience import partner_of
from mispmini.services.gone import note_listed
from mispmini.store import comparisons, outbox
from mispmini.store.attributes import uuids_in_event
from mispmini.store.database import reading, writing
from mispmini.store.graphs import Parts, load_event, load_events
from mispmini.store.ledger import Delivered, delivered_above, judged_versions
from mispmini.store.versions import local_counts, published_event_ids
from mispmini.sync import judging
from mispmini.sync.fetching import Reading, fetch_event
from mispmini.sync.judging import Sent
from mispmini.sync.keeping import Store
from mispmini.sync.links import LinkRefused, Outbound, Progress, go_on, only_one_on, open_remote, said, shake_hands
from mispmini.sync.preview import WOULD_COME, Verdict, verdicts_on
from mispmini.sync.pull_index import MOST_BYTES
from mispmini.sync.remote import Cause, RemoteFailure, RemoteServer, json_text

INDEX = "/events/index"
STOPPED = "The comparison was stopped."
TOO_MANY = "The server lists more events than can be compared."
PAGE = 1_000
MOST_ROWS = 250_000
MOST_READ = 100
_LOCK_WAIT_SECONDS = 10.0
_BATCH = 500
_NAMED = 10
_HEADS = Parts(elements=False, all_tags=True)
_LEVELS = (*SEEN_BY_ALL_HERE, Distribution.SHARING_GROUP)


class Listed(NamedTuple):
    """An event as the partner lists it, and what a pull would do to it."""

    uuid: str
    timestamp: int
    attribute_count: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many events the partner lists, and how many differ."""

    listed: int
    different: int

    @property
    def sentence(self) -> str:
        """What it came to."""
        return f"Comparison completed. {self.listed} events listed, {self.different} differences found."


def compare_with(server: LinkedServer, outbound: Outbound, *, progress: Progress = go_on) -> Comparison:
    """Compare both indexes of a link and keep what differs; nothing is changed on either side.

    `progress` hears (listed, 0) after each page. Raises SaveFailed, AlreadyRunning.
    """
    with only_one_on(server.id, wait=_LOCK_WAIT_SECONDS):
        try:
            with open_remote(server, outbound) as remote:
                shake_hands(remote)
                listed, is_whole = _listed(remote, server, progress)
                found = [*_of_push(remote, server, listed), *_of_pull(remote, server, listed)]
        except (LinkRefused, RemoteFailure) as failure:
            raise _refused(server, str(failure)) from failure
        with writing(quiet=True):
            comparisons.replace_differences(server.id, found)
            # An event without a live element is in no list that a pull asks for: here it neither marks nor unmarks.
            living = {row.uuid for row in listed.values() if row.attribute_count}
            note_listed(server, living, whole=listed if is_whole else None)
    return Comparison(len(listed), len(found))


def _listed(remote: RemoteServer, server: LinkedServer, progress: Progress) -> tuple[dict[str, Listed], bool]:
    """Everything that the partner shows us, page by page; a page without news ends it, and then something may be
    missing."""
    found: dict[str, Listed] = {}
    for page in range(1, MOST_ROWS // PAGE + 1):
        asked = {"published": 1, "sort": "id", "direction": "asc", "limit": PAGE, "page": page}
        answer = remote.post_json(INDEX, json_text(asked), max_bytes=MOST_BYTES)
        if answer.status != 200 or not isinstance(answer.json, list):
            raise RemoteFailure(Cause.HTTP, f"status {answer.status} for {INDEX}: {said(answer)}")
        known = len(found)
        found |= {row.uuid: row for row in _rows(server, [i for i in answer.json[:PAGE] if isinstance(i, dict)])}
        if len(answer.json) < PAGE or len(found) == known:
            total = judging.number_in(answer.headers.get("X-Result-Count")) or 0
            return found, len(answer.json) < PAGE and len(found) >= total
        if not progress(len(found), 0):
            raise _refused(server, STOPPED)
    raise _refused(server, TOO_MANY)


def _refused(server: LinkedServer, sentence: str) -> SaveFailed:
    return SaveFailed("compare", "Server", sentence, subject_id=server.id)


def _rows(server: LinkedServer, items: Sequence[Mapping[str, Any]]) -> Iterator[Listed]:
    for item, verdict in zip(items, verdicts_on(server, items), strict=True):
        uuid, timestamp = canonical_uuid(str(item.get("uuid", ""))), judging.number_in(item.get("timestamp"))
        if uuid is not None and timestamp is not None:
            yield Listed(uuid, timestamp, judging.number_in(item.get("attribute_count")) or 0, verdict)


def _of_push(remote: RemoteServer, server: LinkedServer, listed: Mapping[str, Listed]) -> Iterator[Difference]:
    """What the partner should have from us as it is here; what still waits to be sent is no difference."""
    if not server.push:
        return
    partner, left, above = partner_of(server), MOST_READ, delivered_above(server.id)
    waiting = {item.row.event_uuid for item in outbox.list_queue(server.id, MOST_ROWS)}
    for graph in _due_there(server, partner, waiting):
        uuid = graph.event.uuid
        kind = _kind(graph, _as_sent(listed.get(uuid), above.get(uuid)), partner, server.unstorable)
        if kind is DifferenceKind.FEWER and left:
            left -= 1
            if missing := _missing_there(remote, uuid, partner, server.unstorable):
                yield Difference(Direction.PUSH, uuid, kind, _named(missing))
        elif kind not in (None, DifferenceKind.FEWER):
            yield Difference(Direction.PUSH, uuid, kind)


def _due_there(server: LinkedServer, partner: Partner, waiting: set[str]) -> Iterator[EventGraph]:
    ids = published_event_ids(_LEVELS)
    for start in range(0, len(ids), _BATCH):
        for graph in load_events(Viewer.everything(), ids[start : start + _BATCH], _HEADS):
            came_from_there = graph.event.received_from == server.remote_org_id
            if not came_from_there and graph.event.uuid not in waiting and refusal_of(graph, partner) is None:
                yield graph


def _as_sent(there: Listed | None, above: Delivered | None) -> Listed | None:
    """A copy that we had to send as a newer one (RULES §3, §11) counts as the version that it is."""
    if there is None or above is None or there.timestamp != above.there:
        return there
    return there._replace(timestamp=above.version)


def _kind(graph: EventGraph, there: Listed | None, partner: Partner, cannot: Collection[str]) -> DifferenceKind | None:
    """What the numbers say; the whole event is only read where they leave it open."""
    event = graph.event
    if there is None:
        return None if leaving_to(_whole(event.uuid), partner).refusal else DifferenceKind.ABSENT
    if there.timestamp != event.timestamp:
        return DifferenceKind.OLDER if there.timestamp < event.timestamp else DifferenceKind.NEWER
    may_lack = there.attribute_count < event.attribute_count
    return (
        DifferenceKind.FEWER
        if may_lack and there.attribute_count < len(_sent(event.uuid, partner, cannot).attributes)
        else None
    )


def _sent(uuid: str, partner: Partner, cannot: Collection[str]) -> Sent:
    return Sent.of(fitted(leaving_to(_whole(uuid), partner).copy, cannot).copy)


def _missing_there(remote: RemoteServer, uuid: str, partner: Partner, cannot: Collection[str]) -> frozenset[str]:
    sent = _sent(uuid, partner, cannot)
    answer = remote.get_json(f"/events/view/{uuid}")
    event = answer.json.get("Event") if isinstance(answer.json, dict) else None
    return judging.missing_in(sent, event) if isinstance(event, dict) else frozenset()


def _whole(uuid: str) -> EventGraph:
    with reading():
        return load_event(Viewer.everything(), uuid, Parts(all_tags=True))


def _of_pull(remote: RemoteServer, server: LinkedServer, listed: Mapping[str, Listed]) -> Iterator[Difference]:
    """What we should have from the partner as it is there; what a pull judged for good is no difference."""
    if not server.pull:
        return
    judged, counts, left = judged_versions(server.id), local_counts(list(listed)), MOST_READ
    for row in listed.values():
        if row.verdict in WOULD_COME and (row.uuid in counts or judged.get(row.uuid, -1) < row.timestamp):
            kind = DifferenceKind.ABSENT if row.verdict is Verdict.NEW else DifferenceKind.OLDER
            yield Difference(Direction.PULL, row.uuid, kind)
        elif row.verdict is Verdict.HERE and _may_lack(row, counts) and left:
            left -= 1
            if missing := _missing_here(remote, server, row.uuid):
                yield Difference(Direction.PULL, row.uuid, DifferenceKind.FEWER, _named(missing))


def _may_lack(row: Listed, counts: Mapping[str, tuple[int, int]]) -> bool:
    timestamp, count = counts.get(row.uuid, (0, 0))
    return timestamp == row.timestamp and count < row.attribute_count


def _missing_here(remote: RemoteServer, server: LinkedServer, uuid: str) -> frozenset[str]:
    """Live attributes that a pull would have taken; deleted ones of ours count as taken."""
    fetched = fetch_event(remote, server, uuid)
    if not isinstance(fetched, Reading):
        return frozenset()
    store = Store.over(server)
    draft = pulled(fetched.draft, store.rules, trusted=store.trusted, filter_types=store.filter_types)
    inside = (a for item in draft.objects if not item.deleted for a in item.attributes)
    live = {a.uuid for part in (draft.attributes, inside) for a in part if not a.deleted and a.uuid}
    return frozenset(live - uuids_in_event(uuid))


def _named(missing: Iterable[str]) -> str:
    uuids = sorted(missing)
    return ", ".join(uuids[:_NAMED]) + (" …" if len(uuids) > _NAMED else "")
