"""context and context-markdown: which taxonomies and galaxies events use, to be read by people (API §8.5)."""

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mispmini.domain.graphs import EventGraph, TagRow
from mispmini.wire.exports.base import ExportContext, WholeEventsExport

_MACHINE = re.compile(r"(?P<namespace>[^:=\"]+):[^:].*", re.DOTALL)
_GALAXY = re.compile(r'misp-galaxy:(?P<galaxy>[^="]+)="(?P<cluster>.+)"', re.DOTALL)
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&])")
_SECTIONS = ("Taxonomies", "Galaxies", "Tags")


@dataclass(slots=True)
class _Used:
    """How many events and attributes carry what, by section and group; `descriptions` are those of clusters."""

    counts: Mapping[str, dict[str, Counter[str]]] = field(default_factory=lambda: {name: {} for name in _SECTIONS})
    descriptions: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, graph: EventGraph) -> None:
        """Take in what an event and its attributes are tagged with."""
        uses = [*graph.galaxies, *(use for held in graph.attribute_galaxies.values() for use in held)]
        clusters = {use.tag_id: use.cluster for use in uses}
        for held in graph.tags_shown():
            for tag in held:
                if tag.deleted:
                    continue
                section, group, name = _placed(tag)
                if cluster := clusters.get(tag.id):
                    group, name = cluster.galaxy.name, cluster.row.value
                    self.descriptions[group, name] = cluster.row.description
                self.counts[section].setdefault(group, Counter())[name] += 1

    def lines(self) -> Iterator[tuple[str, str, str, int, str]]:
        """Section, group, name, how often, and what is known of it, in order."""
        for section, groups in self.counts.items():
            for group, counts in sorted(groups.items()):
                for name, count in sorted(counts.items()):
                    yield section, group, name, count, self.descriptions.get((group, name), "")


def _placed(tag: TagRow) -> tuple[str, str, str]:
    """Section, group and name of a tag, by what its name says."""
    if galaxy := _GALAXY.fullmatch(tag.name):
        return "Galaxies", galaxy["galaxy"], galaxy["cluster"]
    if machine := _MACHINE.fullmatch(tag.name):
        return "Taxonomies", machine["namespace"], tag.name
    return "Tags", "", tag.name


def _used(found: Iterable[EventGraph]) -> _Used:
    used = _Used()
    for graph in found:
        used.add(graph)
    return used


def _html(found: Iterable[EventGraph], context: ExportContext) -> Iterator[str]:
    used, title = _used(found), f"Context of {context.count} events"
    yield f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n'
    yield f"<h1>{title}</h1>\n"
    place = ("", "")
    for section, group, name, count, description in used.lines():
        if place != (section, group):
            yield "</ul>\n" if place[0] else ""
            yield f"<h2>{section}</h2>\n" if place[0] != section else ""
            yield f"<h3>{html.escape(group)}</h3>\n<ul>\n" if group else "<ul>\n"
            place = section, group
        told = f": {html.escape(description)}" if description else ""
        yield f"<li><strong>{html.escape(name)}</strong> ({count}){told}</li>\n"
    yield f"{'</ul>' if place[0] else ''}\n</body>\n</html>\n"


def _markdown(found: Iterable[EventGraph], context: ExportContext) -> Iterator[str]:
    used = _used(found)
    yield f"# Context of {context.count} events\n"
    place = ("", "")
    for section, group, name, count, description in used.lines():
        if place != (section, group):
            yield f"\n## {section}\n" if place[0] != section else ""
            yield f"\n### {_plain(group)}\n\n" if group else "\n"
            place = section, group
        told = f": {_plain(description)}" if description else ""
        yield f"- **{_plain(name)}** ({count}){told}\n"


def _plain(text: str) -> str:
    """A text of one line, in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


CONTEXT = WholeEventsExport("context", _html, "text/html; charset=UTF-8", "html")
CONTEXT_MARKDOWN = WholeEventsExport("context-markdown", _markdown)
