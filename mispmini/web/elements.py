"""Attributes and objects as the page of their event shows them, and what the form of an attribute offers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mispmini.domain import attribute_types
from mispmini.domain.graphs import AttributeRow, EventGraph, ObjectRow, ReferenceRow
from mispmini.domain.viewer import Viewer
from mispmini.services import viewing
from mispmini.services.viewing import Rights
from mispmini.web import pages, words
from mispmini.web.badges import element_audience, tag_badges
from mispmini.web.i18n import _

Shown = Sequence[ObjectRow | AttributeRow]


@dataclass(frozen=True)
class Elements:
    """What of an event is on one page: objects with all their attributes, and attributes outside of objects."""

    graph: EventGraph
    rights: Rights
    shown: Shown

    @cached_property
    def objects(self) -> tuple[pages.ObjectGroup, ...]:
        """The objects of this page."""
        return tuple(self._group(item) for item in self.shown if isinstance(item, ObjectRow))

    @cached_property
    def attributes(self) -> tuple[pages.AttributeRow, ...]:
        """The attributes of this page outside of objects."""
        return tuple(self._row(item) for item in self.shown if isinstance(item, AttributeRow))

    @cached_property
    def _by_object(self) -> Mapping[int, Sequence[AttributeRow]]:
        inside: dict[int, list[AttributeRow]] = {}
        for attribute in self.graph.attributes:
            if attribute.object_id is not None:
                inside.setdefault(attribute.object_id, []).append(attribute)
        return inside

    @cached_property
    def _targets(self) -> Mapping[str, tuple[str, str]]:
        """What references name: by uuid the text to show and the anchor, which is empty for what is on another page."""
        here = {(type(item), item.id) for item in self.shown}
        inside = {item.id for item in self.shown if isinstance(item, ObjectRow)}
        targets = {
            a.uuid: (a.value, f"attribute-{a.id}" if (AttributeRow, a.id) in here or a.object_id in inside else "")
            for a in self.graph.attributes
        }
        return targets | {
            o.uuid: (o.name, f"object-{o.id}" if (ObjectRow, o.id) in here else "") for o in self.graph.objects
        }

    def _group(self, item: ObjectRow) -> pages.ObjectGroup:
        references = self.graph.references.get(item.id, ())
        return pages.ObjectGroup(
            id=item.id,
            uuid=item.uuid,
            name=item.name,
            comment=item.comment,
            audience=element_audience(item.distribution, self._group_name(item.sharing_group_id)),
            attributes=tuple(self._row(attribute) for attribute in self._by_object.get(item.id, ())),
            references=tuple(self._reference(reference) for reference in references if not reference.deleted),
            deleted=item.deleted,
            may_edit=self.rights.edit and not item.deleted,
        )

    def _row(self, item: AttributeRow) -> pages.AttributeRow:
        return pages.AttributeRow(
            id=item.id,
            uuid=item.uuid,
            relation=item.object_relation or "",
            value=item.value,
            type=item.type,
            category=item.category,
            to_ids=item.to_ids,
            comment=item.comment,
            audience=element_audience(item.distribution, self._group_name(item.sharing_group_id)),
            tags=tag_badges(self.graph.attribute_tags.get(item.id, ())),
            changed=item.timestamp,
            deleted=item.deleted,
            may_edit=self.rights.edit,
            may_delete=self.rights.delete_attributes and not item.deleted,
            may_tag=self.rights.tag and not item.deleted,
        )

    def _reference(self, reference: ReferenceRow) -> pages.ReferenceRow:
        target, anchor = self._targets.get(reference.referenced_uuid, (reference.referenced_uuid, ""))
        return pages.ReferenceRow(reference.relationship_type, target, anchor)

    def _group_name(self, group_id: int | None) -> str:
        group = self.graph.sharing_groups.get(group_id or 0)
        return group.name if group else ""


def in_order(graph: EventGraph) -> Shown:
    """What the pages of an event divide among them: objects in their order, then attributes, newest first."""
    return [*graph.objects, *sorted(_loose(graph), key=lambda item: (item.timestamp, item.id), reverse=True)]


def attribute_choices(viewer: Viewer) -> pages.AttributeChoices:
    """What the form of an attribute offers."""
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    types = sorted(attribute_types.TYPES, key=str.casefold)
    return pages.AttributeChoices(
        types=tuple(pages.Choice(name, name) for name in types),
        categories=(
            pages.Choice("", _("the usual one for the type")),
            *(pages.Choice(name, name) for name in attribute_types.CATEGORIES),
        ),
        to_ids=(
            pages.Choice("", _("as usual for the type")),
            pages.Choice("1", _("yes")),
            pages.Choice("0", _("no")),
        ),
        distributions=words.element_levels(with_groups=bool(groups)),
        groups=groups,
    )


def _loose(graph: EventGraph) -> Iterator[AttributeRow]:
    return (attribute for attribute in graph.attributes if attribute.object_id is None)
