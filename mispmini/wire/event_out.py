"""An event with all its parts as MISP's JSON text: viewed, pushed, or metadata alone (MODEL §7.2, PROTOCOL §3.5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import EventGraph, EventRow, RelatedEventRow
from mispmini.wire.attribute_out import event_attribute_texts
from mispmini.wire.fragments import (
    BOOL,
    extra_json,
    organisation_json,
    report_json,
    short_organisation_json,
)
from mispmini.wire.known_keys import EVENT_KEYS
from mispmini.wire.object_out import event_object_texts
from mispmini.wire.proposal_out import nested_proposals_json
from mispmini.wire.shared_texts import SharedTexts

_CHUNK = 500
_THREAT_LEVELS = {1: "High", 2: "Medium", 3: "Low", 4: "Undefined"}


@dataclass(frozen=True, slots=True)
class OutOptions:
    """Which shape an event is written in.

    `metadata`: without Attribute, ShadowAttribute, Object and EventReport. `for_push`: as a partner gets it, of a graph
    that `distribution.for_partner` has made. `with_creator_email`: the viewer may know who created it (MODEL §6.5).
    """

    metadata: bool = False
    for_push: bool = False
    with_creator_email: bool = False


VIEW = OutOptions()


def event_json(graph: EventGraph, *, options: OutOptions = VIEW) -> str:
    """`{"Event":{…}}` as compact JSON text."""
    return "".join(event_chunks(graph, options=options))


def event_chunks(graph: EventGraph, *, options: OutOptions = VIEW) -> Iterator[str]:
    """The same text in pieces of about 500 attributes."""
    shared = SharedTexts(graph, for_push=options.for_push)
    yield head_text(graph, shared, options)
    if not options.metadata:
        yield from element_texts(graph, shared)
    yield tail_text(graph, shared)


def head_text(graph: EventGraph, shared: SharedTexts, options: OutOptions) -> str:
    """An event's text up to its elements."""
    return f'{{"Event":{{{_head(graph, shared, options)}'


def element_texts(graph: EventGraph, shared: SharedTexts) -> Iterator[str]:
    """An event's elements, in pieces of about 500 attributes."""
    loose = (row for row in graph.attributes if row.object_id is None or graph.flat)
    yield ',"Attribute":['
    yield from _joined(event_attribute_texts(loose, graph, shared))
    fresh = (proposal for proposal in graph.proposals if proposal.old_id is None)
    yield f'],"ShadowAttribute":[{nested_proposals_json(fresh, graph)}],"Object":['
    yield from _joined(event_object_texts(graph, shared))
    yield f"]{_reports(graph, shared)}"


def tail_text(graph: EventGraph, shared: SharedTexts) -> str:
    """What comes after an event's elements."""
    return f"{_tail(graph, shared)}}}}}"


def _joined(texts: Iterator[str]) -> Iterator[str]:
    """Batches of list items, with the commas between them."""
    before = ""
    while batch := list(islice(texts, _CHUNK)):
        yield before + ",".join(batch)
        before = ","


def _head(graph: EventGraph, shared: SharedTexts, options: OutOptions) -> str:
    event = graph.event
    email = graph.creator_email if options.with_creator_email else None
    creator = f',"event_creator_email":{quoted(email)}' if email else ""
    orgc = f',"Orgc":{organisation_json(graph.orgc)}{shared.group(event)}'
    if options.for_push:
        return f"{_pushed_fields(event)}{creator}{orgc}"
    return f'{_viewed_fields(event, told=bool(graph.proposals))}{creator},"Org":{organisation_json(graph.org)}{orgc}'


def _tail(graph: EventGraph, shared: SharedTexts) -> str:
    tags, extra = shared.tags(graph.tags), extra_json(graph.event.extra, EVENT_KEYS)
    between = _threat_level(graph.event) if shared.for_push else _related(graph)
    said = f"{shared.elsewhere.of_event()}{shared.said(graph.event.uuid)}{_extensions(graph)}{extra}"
    return f',"CryptographicKey":[]{between},"Galaxy":{shared.event_galaxies()}{tags}{said}'


def _extensions(graph: EventGraph) -> str:
    """MISP: no extensions are an empty list, some are an object by id."""
    if graph.extensions is None:
        return ""
    texts = ",".join(
        f'"{one.id}":{{"id":"{one.id}","info":{quoted(one.info)},"Orgc":{organisation_json(one.orgc)}}}'
        for one in graph.extensions
    )
    return f',"extensionEvents":{{{texts}}}' if texts else ',"extensionEvents":[]'


def _viewed_fields(event: EventRow, *, told: bool) -> str:
    """`told` says that somebody proposed something, which the owner hears of once: `proposal_email_lock`."""
    return (
        f'"id":"{event.id}","orgc_id":"{event.orgc_id}","org_id":"{event.org_id}",{_common_start(event)},'
        f'"proposal_email_lock":{BOOL[told]},"locked":{BOOL[event.locked]},{_common_end(event)}'
    )


def _pushed_fields(event: EventRow) -> str:
    """A partner gets no org ids, and `locked` as the number 1."""
    return f'"id":"{event.id}",{_common_start(event)},"user_id":"{event.user_id or 0}","locked":1,{_common_end(event)}'


def _common_start(event: EventRow) -> str:
    return (
        f'"date":"{event.date}","threat_level_id":"{event.threat_level_id}","info":{quoted(event.info)},'
        f'"published":{BOOL[event.published]},"uuid":"{event.uuid}","attribute_count":"{event.attribute_count}",'
        f'"analysis":"{event.analysis}","timestamp":"{event.timestamp}","distribution":"{event.distribution}"'
    )


def _common_end(event: EventRow) -> str:
    protected = "null" if event.protected is None else BOOL[event.protected]
    return (
        f'"publish_timestamp":"{event.publish_timestamp}","sharing_group_id":"{event.sharing_group_id or 0}",'
        f'"disable_correlation":{BOOL[event.disable_correlation]},"extends_uuid":"{event.extends_uuid}",'
        f'"protected":{protected}'
    )


def _threat_level(event: EventRow) -> str:
    name = _THREAT_LEVELS.get(event.threat_level_id, _THREAT_LEVELS[4])
    return f',"ThreatLevel":{{"name":"{name}","id":"{event.threat_level_id}"}}'


def _related(graph: EventGraph) -> str:
    if graph.related is None:
        return ""
    texts = ",".join(_related_event(event, graph) for event in graph.related)
    return f',"RelatedEvent":[{texts}]{_related_attributes(graph)}'


def _related_attributes(graph: EventGraph) -> str:
    """MISP: none at all are an empty list, some are an object by attribute."""
    if graph.related_attributes is None:
        return ""
    values = {row.id: row.value for row in graph.attributes}
    texts = ",".join(
        f'"{number}":[{",".join(_sharing_event(event, values.get(number, "")) for event in events)}]'
        for number, events in graph.related_attributes.items()
    )
    return f',"RelatedAttribute":{{{texts}}}' if texts else ',"RelatedAttribute":[]'


def _sharing_event(event: RelatedEventRow, value: str) -> str:
    return (
        f'{{"id":"{event.id}","org_id":"{event.org_id}","info":{quoted(event.info)},"date":"{event.date}",'
        f'"value":{quoted(value)}}}'
    )


def _related_event(event: RelatedEventRow, graph: EventGraph) -> str:
    orgs = graph.organisations
    return (
        f'{{"Event":{{"id":"{event.id}","date":"{event.date}","threat_level_id":"{event.threat_level_id}",'
        f'"info":{quoted(event.info)},"published":{BOOL[event.published]},"uuid":"{event.uuid}",'
        f'"analysis":"{event.analysis}","timestamp":"{event.timestamp}","distribution":"{event.distribution}",'
        f'"org_id":"{event.org_id}","orgc_id":"{event.orgc_id}",'
        f'"Org":{short_organisation_json(orgs.get(event.org_id))},'
        f'"Orgc":{short_organisation_json(orgs.get(event.orgc_id))}}}}}'
    )


def _reports(graph: EventGraph, shared: SharedTexts) -> str:
    """The reports; a push without any has no such key."""
    if shared.for_push and not graph.reports:
        return ""
    texts = (
        report_json(row, f"{shared.group(row)}{shared.tags(graph.report_tags.get(row.id, ()))}{shared.said(row.uuid)}")
        for row in graph.reports
    )
    return f',"EventReport":[{",".join(texts)}]'
