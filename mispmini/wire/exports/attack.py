"""attack and attack-sightings: the ATT&CK techniques that tags name, as a Navigator layer and as sightings (API §8.5).

Formats: the Navigator's layer 4.5, and MITRE's "ATT&CK Sightings" (direct-technique-sighting).
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from mispmini.domain.graphs import EventGraph, EventRow, FoundAttribute, TagRow
from mispmini.domain.opinions import SightingRow, SightingType
from mispmini.wire.exports.base import Export, ExportContext, WholeEventsExport

_JSON = "application/json; charset=UTF-8"
_TECHNIQUE = re.compile(
    r'misp-galaxy:mitre-(?:[a-z]+-)*attack-pattern=".* - (T\d{4}(?:\.\d{3})?)"\Z', re.ASCII | re.IGNORECASE
)
_COLOURS = ["#ffffff", "#ff6666"]


def _techniques(tags: Iterable[TagRow]) -> Iterator[str]:
    """The numbers of the techniques that tags name; a tombstone names none."""
    for tag in tags:
        if tag.is_galaxy and not tag.deleted and (match := _TECHNIQUE.match(tag.name)):
            yield match[1].upper()


def _layer(found: Iterable[EventGraph], context: ExportContext) -> Iterator[str]:
    """A layer; the score of a technique is how many events and attributes are tagged with it."""
    counts: Counter[str] = Counter()
    for graph in found:
        for held in graph.tags_shown():
            counts.update(set(_techniques(held)))
    yield json.dumps({
        "name": f"MISP {context.base_url}",
        "versions": {"layer": "4.5"},
        "domain": "enterprise-attack",
        "description": f"How many events and attributes name each technique, in {context.count} events.",
        "techniques": [{"techniqueID": name, "score": counts[name], "enabled": True} for name in sorted(counts)],
        "gradient": {"colors": _COLOURS, "minValue": 0, "maxValue": max(counts.values(), default=1)},
    })  # fmt: skip


@dataclass(slots=True)
class _Seen:
    """What was seen of one event: its techniques, and the first and last time (epoch seconds), if ever."""

    event: EventRow
    techniques: set[str] = field(default_factory=set)
    times: tuple[int, int] | None = None

    def add(self, tags: Iterable[TagRow], sightings: Iterable[SightingRow]) -> None:
        """Take in what an element is tagged with, and when it was seen."""
        self.techniques.update(_techniques(tags))
        moments = [one.date_sighting for one in sightings if one.type == SightingType.SEEN]
        if moments:
            known = self.times or (moments[0], moments[0])
            self.times = min(*moments, known[0]), max(*moments, known[1])

    def text(self) -> str:
        """The sighting; an event that was never sighted happened on its day."""
        day = int(datetime.combine(date.fromisoformat(self.event.date), datetime.min.time(), UTC).timestamp())
        first, last = self.times or (day, day)
        return json.dumps({
            "id": self.event.uuid,
            "sightingType": "direct-technique-sighting",
            "startTime": _moment(first),
            "endTime": _moment(last),
            "detectionType": "raw",
            "techniques": [{"techniqueID": name} for name in sorted(self.techniques)],
        })  # fmt: skip


def _moment(seconds: int) -> str:
    """A time of RFC 3339 in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _sightings_of_events(found: Iterable[EventGraph], _context: ExportContext) -> Iterator[str]:
    def seen_in(graph: EventGraph) -> _Seen:
        seen = _Seen(graph.event)
        seen.add(graph.tags, ())
        for attribute in graph.attributes:
            seen.add(graph.attribute_tags.get(attribute.id, ()), graph.sightings.get(attribute.id, ()))
        return seen

    return _listed(map(seen_in, found))


def _sightings_of_attributes(found: Iterable[FoundAttribute], _context: ExportContext) -> Iterator[str]:
    by_event: dict[int, _Seen] = {}
    for item in found:
        seen = by_event.setdefault(item.event.event.id, _Seen(item.event.event))
        seen.add((*item.event.tags, *item.tags), item.event.sightings.get(item.attribute.id, ()))
    return _listed(by_event.values())


def _listed(found: Iterable[_Seen]) -> Iterator[str]:
    """A list of those that name a technique, without which there is no sighting of one."""
    before = "["
    for seen in found:
        if seen.techniques:
            yield before + seen.text()
            before = ","
    yield "]" if before == "," else "[]"


ATTACK = WholeEventsExport("attack", _layer, _JSON, "json")
SIGHTINGS_OF_EVENTS = WholeEventsExport("attack-sightings", _sightings_of_events, _JSON, "json")
SIGHTINGS = Export("attack-sightings", _sightings_of_attributes, _JSON, "json")
