"""Our own published events as a feed: for a key as far as it sees, for the public what is TLP:CLEAR (RULES §9)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from mispmini.domain.distribution import Distribution, effective
from mispmini.domain.errors import NotFound
from mispmini.domain.filters import Scope, SearchFilters, Terms
from mispmini.domain.graphs import EventGraph, TagRow
from mispmini.domain.tlp import Tlp, strictest
from mispmini.domain.tlp_guard import Verdict, tlp_of_event, verdict_on, without_stricter
from mispmini.domain.viewer import Viewer
from mispmini.services.searching import search_attributes
from mispmini.store.attachments import attributes_with_files, files_of
from mispmini.store.database import reading
from mispmini.store.deadline import anew_each
from mispmini.store.gone import gone_in_events
from mispmini.store.graphs import Parts, load_event, load_events
from mispmini.store.search.finding import find_event_ids
from mispmini.store.settings import load_settings
from mispmini.store.sql import in_batches
from mispmini.store.tlp_guard import guard_of

_HEADS = Parts(elements=False, local_tags=False)
_WHOLE = Parts(local_tags=False)
_HEADS_A_READ, _EVENTS_A_READ = 500, 50
_D = Distribution


class Audience(StrEnum):
    """Whom a feed is for: holders of a key here, or anybody at all."""

    PARTNERS = "partners"
    PUBLIC = "public"


_LEVELS = {Audience.PARTNERS: (_D.COMMUNITY, _D.CONNECTED, _D.ALL), Audience.PUBLIC: (_D.ALL,)}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a feed: `viewer` bounds what is seen at all, `audience` what may stand in it."""

    viewer: Viewer
    audience: Audience

    @classmethod
    def of(cls, viewer: Viewer | None) -> "Reader":
        """A key's holder, or the public while that is switched on. Raises NotFound."""
        if viewer is not None:
            return cls(viewer, Audience.PARTNERS)
        if not load_settings().public_feed:
            raise NotFound("Not Found")
        return cls(Viewer.everything(), Audience.PUBLIC)


def heads(reader: Reader) -> Iterator[EventGraph]:
    """The events of the feed without what they hold, oldest first."""
    for batch in anew_each(in_batches(_published_ids(reader), _HEADS_A_READ)):
        with reading():
            found = load_events(reader.viewer, batch, _HEADS)
        yield from (_with_plain_tags(graph) for graph in found if _belongs(graph, reader.audience))


def events(reader: Reader) -> Iterator[EventGraph]:
    """The events of the feed with all that may stand in it."""
    for batch in anew_each(in_batches(_published_ids(reader), _EVENTS_A_READ)):
        with reading():
            found = load_events(reader.viewer, batch, _WHOLE)
        yield from (_cut(graph, reader.audience) for graph in found if _belongs(graph, reader.audience))


def event(reader: Reader, uuid: str) -> EventGraph:
    """One event of the feed with its files. Raises NotFound, the same for what is not here and what may not leave."""
    with reading():
        graph = load_event(reader.viewer, uuid, _WHOLE)
    if not _belongs(graph, reader.audience):
        raise NotFound("Invalid event")
    return with_files(_cut(graph, reader.audience))


def with_files(graph: EventGraph) -> EventGraph:
    """The same event with the bytes of its attached files."""
    kept = {attribute.id for attribute in graph.attributes}
    named = [number for number in attributes_with_files([graph.event.id]) if number in kept]
    return replace(graph, attachments=files_of(named)) if named else graph


def _published_ids(reader: Reader) -> Sequence[int]:
    levels = tuple(str(int(level)) for level in _LEVELS[reader.audience])
    filters = SearchFilters(Scope.EVENTS, published=True, distribution=Terms(any=levels))
    found, _total = find_event_ids(reader.viewer, filters)
    return found


def _belongs(graph: EventGraph, audience: Audience) -> bool:
    """Published, of an organisation here, of a level that may be passed on; and as far as TLP lets it leave."""
    row = graph.event
    if not (row.published and graph.orgc.local and row.distribution in _LEVELS[audience]):
        return False
    if audience is Audience.PUBLIC:
        return tlp_of_event(graph) is Tlp.CLEAR
    return tlp_of_event(graph) is None or verdict_on(graph, guard_of(load_settings())) is not Verdict.REFUSE


def _cut(graph: EventGraph, audience: Audience) -> EventGraph:
    """Without what is stricter than the event, by its level or its TLP, and what its source no longer shows (RULES §2);
    groups are for those who sync."""
    milder, _held_back = without_stricter(graph, guard_of(load_settings()))
    levels, outer, gone = _LEVELS[audience], graph.event.distribution, gone_in_events([graph.event.id])

    def may_leave(level: int) -> bool:
        return effective(level, outer) in levels

    objects = [obj for obj in milder.objects if may_leave(obj.distribution)]
    kept = {obj.id for obj in objects}
    attributes = [
        row
        for row in milder.attributes
        if may_leave(row.distribution)
        and row.id not in gone
        and (row.object_id is None or row.object_id in kept)
        and (audience is Audience.PARTNERS or _is_clear(milder.attribute_tags.get(row.id, ())))
    ]
    reports = [
        report
        for report in milder.reports
        if may_leave(report.distribution)
        and (audience is Audience.PARTNERS or _is_clear(milder.report_tags.get(report.id, ())))
    ]
    tags, of_reports = (
        {number: _plain(named) for number, named in held.items()}
        for held in (milder.attribute_tags, milder.report_tags)
    )
    going = {element.uuid for part in (attributes, objects) for element in part}
    references = {
        source: [reference for reference in held if reference.referenced_uuid in going]
        for source, held in milder.references.items()
    }
    cut = replace(milder, objects=objects, attributes=attributes, reports=reports, references=references)
    return _with_plain_tags(replace(cut, attribute_tags=tags, report_tags=of_reports))


def _is_clear(tags: Sequence[TagRow]) -> bool:
    own = strictest(tag.name for tag in tags if not tag.deleted)
    return own in (None, Tlp.CLEAR)


def _with_plain_tags(graph: EventGraph) -> EventGraph:
    return replace(graph, tags=_plain(graph.tags))


def _plain(tags: Sequence[TagRow]) -> list[TagRow]:
    return [tag for tag in tags if tag.exportable and not tag.local and not tag.deleted]


class ValueKind(StrEnum):
    """A list of values; its name is the file's."""

    IPS = "ips"
    DOMAINS = "domains"
    URLS = "urls"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"


_FIRST, _SECOND = 1, 2
_PARTS: Mapping[ValueKind, Mapping[str, int]] = MappingProxyType({
    ValueKind.IPS: {"ip-src": _FIRST, "ip-dst": _FIRST, "ip-src|port": _FIRST, "ip-dst|port": _FIRST,
                    "domain|ip": _SECOND},
    ValueKind.DOMAINS: {"domain": _FIRST, "hostname": _FIRST, "domain|ip": _FIRST, "hostname|port": _FIRST},
    ValueKind.URLS: {"url": _FIRST},
    ValueKind.MD5: {"md5": _FIRST, "filename|md5": _SECOND, "malware-sample": _SECOND},
    ValueKind.SHA1: {"sha1": _FIRST, "filename|sha1": _SECOND},
    ValueKind.SHA256: {"sha256": _FIRST, "filename|sha256": _SECOND},
})  # fmt: skip


def values(viewer: Viewer, kind: ValueKind) -> list[str]:
    """What firewalls ask for: values for detection in published events that the viewer sees, each once, sorted."""
    parts = _PARTS[kind]
    wanted = Terms(any=tuple(parts))
    filters = SearchFilters(Scope.ATTRIBUTES, return_format="text", type=wanted, published=True, to_ids=True)
    found = search_attributes(viewer, filters)
    rows = (item.attribute for item in found)
    return sorted({(row.value1 if parts[row.type] == _FIRST else row.value2) or "" for row in rows} - {""})
