"""Where else the values of an event are, as JSON text: `Feed`, `Server` and `RelatedTags` (API §8.4)."""

from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import EventGraph, HolderRow
from mispmini.wire.fragments import compact, tag_json


class ElsewhereTexts:
    """The texts of one event, and of its attributes by id; empty where nothing is known or asked for."""

    def __init__(self, graph: EventGraph) -> None:
        self._graph = graph
        self.is_asked = bool(graph.feeds or graph.servers or graph.related_tags)

    def of_attribute(self, attribute_id: int) -> str:
        """`,"Feed":[…],"Server":[…],"RelatedTags":[…]` of an attribute."""
        graph = self._graph
        tags = ",".join(map(tag_json, graph.related_tags.get(attribute_id, ())))
        related = f',"RelatedTags":[{tags}]' if tags else ""
        return f"{_feeds(graph.feeds.get(attribute_id, ()))}{_servers(graph.servers.get(attribute_id, ()))}{related}"

    def of_event(self) -> str:
        """`,"Feed":[…],"Server":[…]` of the event: each holder once, with what it holds of all attributes."""
        return f"{_feeds(_merged(self._graph.feeds))}{_servers(_merged(self._graph.servers))}"


def _merged(held: Mapping[int, Sequence[HolderRow]]) -> Iterable[HolderRow]:
    by_id: dict[int, HolderRow] = {}
    for row in (row for rows in held.values() for row in rows):
        known = by_id.get(row.id, row)
        by_id[row.id] = row._replace(event_uuids=tuple(dict.fromkeys(known.event_uuids + row.event_uuids)))
    return by_id.values()


def _feeds(rows: Iterable[HolderRow]) -> str:
    texts = ",".join(
        f'{{{_named(row)},"provider":{quoted(row.provider)},"source_format":{quoted(row.source_format)}{_uuids(row)}}}'
        for row in rows
    )
    return f',"Feed":[{texts}]' if texts else ""


def _servers(rows: Iterable[HolderRow]) -> str:
    texts = ",".join(f"{{{_named(row)}{_uuids(row)}}}" for row in rows)
    return f',"Server":[{texts}]' if texts else ""


def _named(row: HolderRow) -> str:
    return f'"id":"{row.id}","name":{quoted(row.name)},"url":{quoted(row.url)}'


def _uuids(row: HolderRow) -> str:
    return f',"event_uuids":{compact(row.event_uuids)}' if row.event_uuids else ""
