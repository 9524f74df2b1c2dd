"""Small things that many pages show: tags with TLP first, rows of events, who can see something in three words."""

from collections.abc import Iterable
from dataclasses import replace

from mispmini.domain.distribution import Distribution, needs_group
from mispmini.domain.graphs import TagRow
from mispmini.domain.index_items import IndexItem
from mispmini.domain.records import IndexTag, TagRecord
from mispmini.domain.tlp import Tlp, tlp_of
from mispmini.services.viewing import Rights
from mispmini.web import pages
from mispmini.web.building.words import distribution_name

_TLP_COLOURS: dict[Tlp | None, pages.Tlp] = {
    Tlp.RED: "red",
    Tlp.AMBER_STRICT: "amber",
    Tlp.AMBER: "amber",
    Tlp.GREEN: "green",
    Tlp.CLEAR: "clear",
    None: "",
}


def tag_badge(tag: TagRow) -> pages.TagBadge:
    """An attached tag."""
    return pages.TagBadge(tag.id, tag.name, tag.colour, tag.local, _TLP_COLOURS[tlp_of(tag.name)])


def bare_badge(tag: TagRecord) -> pages.TagBadge:
    """A tag on its own, attached to nothing."""
    return pages.TagBadge(tag.id, tag.name, tag.colour, False, _TLP_COLOURS[tlp_of(tag.name)])


def tag_badges(tags: Iterable[TagRow], rights: Rights | None = None) -> tuple[pages.TagBadge, ...]:
    """Attached tags, TLP first; with the viewer's rights over the event, which of them may be taken off."""
    return _tlp_first(_removable(tag_badge(tag), rights) for tag in tags if not tag.deleted)


def _removable(badge: pages.TagBadge, rights: Rights | None) -> pages.TagBadge:
    may = rights is not None and (rights.tag_locally if badge.local else rights.tag)
    return replace(badge, may_remove=True) if may else badge


def event_row(item: IndexItem) -> pages.EventRow:
    """An event of the index as lists show it."""
    event = item.event
    group = (item.sharing_group.name or item.sharing_group.uuid) if item.sharing_group else ""
    return pages.EventRow(
        id=event.id,
        info=event.info,
        organisation=item.orgc.name,
        attribute_count=event.attribute_count,
        tags=_tlp_first(_index_badge(tag) for tag in item.tags),
        audience=short_audience(event.distribution, group),
        date=event.date,
        changed=event.timestamp,
        published=event.published,
        changed_since_publish=event.changed_since_publish,
    )


def short_audience(level: int, group_name: str = "") -> str:
    """Who can see it, in the words of the form; a sharing group by its name."""
    return group_name if needs_group(level) and group_name else distribution_name(level)


def element_audience(level: int, group_name: str = "") -> str:
    """The same for an element; nothing if it inherits."""
    return "" if level == Distribution.INHERIT else short_audience(level, group_name)


def _index_badge(tag: IndexTag) -> pages.TagBadge:
    return pages.TagBadge(tag.tag_id, tag.name, tag.colour, tag.local, _TLP_COLOURS[tlp_of(tag.name)])


def _tlp_first(badges: Iterable[pages.TagBadge]) -> tuple[pages.TagBadge, ...]:
    return tuple(sorted(badges, key=lambda badge: not badge.tlp))
