"""Takes back an event that partners have: they are told by the event itself, and what they did is read (RULES §2)."""

from dataclasses import dataclass
from itertools import chain

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, ObjectDraft, ReportDraft
from mispmini.domain.errors import Forbidden, Refused, SaveFailed
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, EventRow
from mispmini.domain.origin import Origin
from mispmini.domain.receipts import Direction, Trouble
from mispmini.domain.retractions import MOST_OF_A_REASON, PREFIX, Partner, Stage, is_settled, marker, marker_uuid
from mispmini.domain.viewer import Viewer
from mispmini.services.audit import record, watch
from mispmini.services.capture import Groups
from mispmini.services.elements import Intake
from mispmini.services.preparing import defaults_for
from mispmini.services.readings import Readership, readers_of
from mispmini.services.relations import take_reports
from mispmini.services.rights import NO_PERMISSION, may_modify, may_publish
from mispmini.store.database import reading, writing
from mispmini.store.events import EventStanding, event_standing, recount, update_event
from mispmini.store.graphs import Parts, find_event_id, load_event_by_id
from mispmini.store.ledger import LedgerEntry, list_entries_of_event
from mispmini.store.objects import drop_references_of
from mispmini.store.outbox import find_row, promise_event
from mispmini.store.servers import find_any_server, push_servers

NEVER_LEFT = "The event was never published, so there is nothing to retract. Delete it."
FOREIGN = "Only an event that was written here can be retracted."
ALREADY = "The event is retracted already."
UNSETTLED = "The event is being retracted: wait for the receipts of the partners first."
NO_REASON = "valueNotEmpty"
TOO_LONG = f"At most {MOST_OF_A_REASON} characters."
_WHOLE = Parts(deleted=Deleted.LIVE)
_COPIED_FURTHER = (Distribution.CONNECTED, Distribution.ALL)


@dataclass(frozen=True, slots=True)
class Retraction:
    """How far taking back an event is. `readers` fetched it and are to be asked by mail; it `spreads` if partners
    may have passed it on to others."""

    event: EventRow
    retracted: bool
    partners: tuple[Partner, ...]
    readers: tuple[Readership, ...]
    spreads: bool

    @property
    def settled(self) -> bool:
        """Whether its distribution may be lowered and its publication taken back."""
        return self.retracted and is_settled(self.partners)


def retract_event(viewer: Viewer, ref: str, reason: str) -> int:
    """Delete every element softly, leave one that says why, and send that to whom the event went. Returns its id.

    Distribution and group stay, or partners would not be told. Raises NotFound, Forbidden, Refused, SaveFailed.
    """
    reason = " ".join(reason.split())
    with writing():
        event = event_standing(find_event_id(viewer, ref))
        _must_be_retractable(viewer, event)
        if not reason or len(reason) > MOST_OF_A_REASON:
            raise SaveFailed("retract", "Event", {"reason": [TOO_LONG if reason else NO_REASON]}, subject_id=event.id)
        graph = load_event_by_id(Viewer.everything(), event.id, _WHOLE)
        if marker_uuid(graph) is not None:
            raise Refused(ALREADY)
        watch("Event", event.id)
        moment = _later_than_all(graph)
        _replace_elements(viewer, graph, marker(graph.orgc.name, clock.today(), reason), moment)
        _publish(event, moment)
        record(viewer, "retract", "Event", event.id, event.info, {"reason": reason})
        return event.id


def may_retract(viewer: Viewer, event_id: int) -> bool:
    """Whether a page offers it: an event of ours that has left, to those who may change and publish it."""
    try:
        _must_be_retractable(viewer, event_standing(event_id))
    except (Forbidden, Refused):
        return False
    return True


def _must_be_retractable(viewer: Viewer, event: EventStanding) -> None:
    if not (may_modify(viewer, event) and may_publish(viewer, event)):
        raise Forbidden(NO_PERMISSION)
    if event.locked:
        raise Refused(FOREIGN)
    if not (event.published or event.publish_timestamp):
        raise Refused(NEVER_LEFT)


def _later_than_all(graph: EventGraph) -> int:
    elements = (
        [a.timestamp for a in graph.attributes],
        [o.timestamp for o in graph.objects],
        [r.timestamp for r in graph.reports],
    )
    return clock.later_than(max(chain([graph.event.timestamp], *elements)))


def _replace_elements(viewer: Viewer, graph: EventGraph, text: str, moment: int) -> None:
    defaults = defaults_for(from_link=False, default_level=int(Distribution.INHERIT), now=moment)
    intake = Intake(viewer, graph.event.id, defaults, Groups(viewer, Origin.of(viewer)), fresh=False)
    left = AttributeDraft("comment", text, "Other", to_ids=False, timestamp=moment, disable_correlation=True)
    loose = [_gone(a.uuid, moment) for a in graph.attributes if a.object_id is None]
    intake.take_elements([*loose, left], [_object_gone(graph, item.id, item.uuid, moment) for item in graph.objects])
    for item in graph.objects:
        drop_references_of(item.id, moment)
    take_reports(
        intake, [ReportDraft(r.name, r.content, uuid=r.uuid, timestamp=moment, deleted=True) for r in graph.reports]
    )
    if intake.dropped:
        raise SaveFailed("retract", "Event", dict(intake.dropped[0].errors), subject_id=graph.event.id)


def _gone(uuid: str, moment: int) -> AttributeDraft:
    return AttributeDraft(uuid=uuid, deleted=True, timestamp=moment)


def _object_gone(graph: EventGraph, object_id: int, uuid: str, moment: int) -> ObjectDraft:
    inside = tuple(_gone(a.uuid, moment) for a in graph.attributes if a.object_id == object_id)
    return ObjectDraft(uuid=uuid, deleted=True, timestamp=moment, attributes=inside)


def _publish(event: EventStanding, moment: int) -> None:
    """Told to those that may have it alone: whoever does not would first learn of it by what was taken back."""
    recount(event.id)
    columns = {"info": PREFIX + event.info, "timestamp": moment, "published": True, "publish_timestamp": moment}
    update_event(event.id, columns)
    known = {entry.server_id for entry in _sent(event.uuid)}
    for server in push_servers():
        if server.id in known or find_row(server.id, event.uuid):
            promise_event(server.id, event.uuid, moment)


def retraction_of(viewer: Viewer, ref: str) -> Retraction:
    """How far the retraction of an event is, for those who may retract it. Raises NotFound, Forbidden, Refused."""
    with reading():
        event = event_standing(find_event_id(viewer, ref))
        _must_be_retractable(viewer, event)
        graph = load_event_by_id(Viewer.everything(), event.id, _WHOLE)
    entries = _sent(event.uuid)
    reached = {server.remote_org_id for entry in entries if (server := find_any_server(entry.server_id))}
    readers = {r.org_id: r for r in reversed(readers_of(viewer, graph.event)) if r.org_id not in reached}
    return Retraction(
        event=graph.event,
        retracted=marker_uuid(graph) is not None,
        partners=_partners(event, entries),
        readers=tuple(readers.values()),
        spreads=event.distribution in _COPIED_FURTHER,
    )


def must_be_settled(event: EventStanding) -> None:
    """Whoever is not told any more keeps what was to be taken back. Raises Refused (RULES §2 step 3)."""
    if not (event.published and event.info.startswith(PREFIX)):
        return
    if marker_uuid(load_event_by_id(Viewer.everything(), event.id, _WHOLE)) is None:
        return
    if not is_settled(_partners(event, _sent(event.uuid))):
        raise Refused(UNSETTLED)


def _sent(event_uuid: str) -> list[LedgerEntry]:
    """Servers that have it from us, or may have although it looked otherwise."""
    entries = [entry for entry in list_entries_of_event(event_uuid) if entry.direction is Direction.PUSH]
    return [entry for entry in entries if entry.receipt.version or find_row(entry.server_id, event_uuid)]


def _partners(event: EventStanding, entries: list[LedgerEntry]) -> tuple[Partner, ...]:
    return tuple(Partner(entry.server_name, _stage(event, entry), entry.receipt, entry.time) for entry in entries)


def _stage(event: EventStanding, entry: LedgerEntry) -> Stage:
    promise = find_row(entry.server_id, event.uuid)
    if promise is not None and not promise.parked:
        return Stage.WAITING
    receipt = entry.receipt
    confirmed = receipt.reason == Trouble.RETRACTED and (receipt.version or 0) >= event.timestamp
    return Stage.CONFIRMED if confirmed else Stage.BY_MAIL
