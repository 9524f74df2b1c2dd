"""Puts into loaded events where else their values are: other events, feeds and partners (API §8.4, PROTOCOL §4.4)."""

from collections.abc import Collection, Iterable

from mispmini.domain.filters import Elsewhere
from mispmini.domain.graphs import AttributeRow, EventGraph, HolderRow
from mispmini.domain.viewer import Viewer
from mispmini.services.correlating import attach_granular, attach_related_tags
from mispmini.services.feeds import search_caches
from mispmini.services.known_elsewhere import partner_hits
from mispmini.store import feeds, server_values
from mispmini.store.graphs import Parts

Held = dict[str, list[HolderRow]]


def is_known(wanted: Elsewhere) -> bool:
    """Whether there may be anything to tell of what a caller wants to know."""
    return (
        wanted.granular
        or wanted.related_tags
        or (wanted.feeds and feeds.any_cached())
        or (wanted.servers and server_values.any_cached())
    )


def attach_elsewhere(viewer: Viewer, graphs: Collection[EventGraph], wanted: Elsewhere, parts: Parts) -> None:
    """Fill what a caller wants to know, as far as the viewer may; `parts` says which tags are shown."""
    if wanted.granular:
        attach_granular(viewer, graphs)
    if wanted.related_tags:
        attach_related_tags(viewer, graphs, parts)
    if wanted.feeds and feeds.any_cached():
        _attach_feeds(viewer, graphs)
    if wanted.servers:
        _attach_servers(viewer, graphs)


def _attach_feeds(viewer: Viewer, graphs: Collection[EventGraph]) -> None:
    """By attribute the feeds that hold its value, or one of its halves."""
    found: Held = {}
    for hit in search_caches(viewer, _once(part for one in _attributes(graphs) for part in _halves(one))):
        feed = hit.feed
        row = HolderRow(feed.id, feed.name, feed.url, hit.event_uuids, feed.provider, feed.source_format)
        found.setdefault(hit.value, []).append(row)
    for graph in graphs:
        held = {one.id: [row for part in _halves(one) for row in found.get(part, ())] for one in graph.attributes}
        graph.feeds = {number: rows for number, rows in held.items() if rows}


def _attach_servers(viewer: Viewer, graphs: Collection[EventGraph]) -> None:
    """By attribute the partners that hold its whole value."""
    found: Held = {}
    for hit in partner_hits(viewer, _once(one.value for one in _attributes(graphs))):
        row = HolderRow(hit.server_id, hit.server_name, hit.server_url, hit.event_uuids)
        found.setdefault(hit.value, []).append(row)
    for graph in graphs if found else ():
        graph.servers = {one.id: found[one.value] for one in graph.attributes if one.value in found}


def _attributes(graphs: Collection[EventGraph]) -> Iterable[AttributeRow]:
    return (attribute for graph in graphs for attribute in graph.attributes)


def _halves(attribute: AttributeRow) -> list[str]:
    return [part for part in (attribute.value1, attribute.value2) if part]


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
