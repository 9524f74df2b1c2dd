"""Attributes and objects as the page of their event shows them, and what the form of an attribute offers."""

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property

from mispmini.domain import attribute_types
from mispmini.domain.graphs import AttributeRow, EventRow, ObjectRow, ReferenceRow
from mispmini.domain.viewer import Viewer
from mispmini.services import viewing
from mispmini.services.event_sheets import Elements as Loaded
from mispmini.services.viewing import Rights
from mispmini.web import pages
from mispmini.web.building import words
from mispmini.web.building.badges import element_audience, tag_badges
from mispmini.web.i18n import _, moment
from mispmini.web.pages.showing import shown

_NONE = Rights(edit=False, tag=False, tag_locally=False, publish=False, delete_attributes=False)


@shown
class Elements:
    """What of an event is on one page: objects with all their attributes, and attributes outside of objects.

    Elements of other events, which extend it, are shown beside them but not changed there.
    """

    event_id: int
    loaded: Loaded
    rights: Rights
    sighted: Mapping[int, pages.SeenBox] = field(default_factory=dict)
    may_propose: bool = False
    warned: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    known_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def objects(self) -> tuple[pages.ObjectGroup, ...]:
        """The objects of this page."""
        return tuple(self._group(item) for item in self.loaded.sheet.objects)

    @cached_property
    def attributes(self) -> tuple[pages.AttributeRow, ...]:
        """The attributes of this page outside of objects."""
        return tuple(self._row(item) for item in self.loaded.sheet.loose)

    @property
    def any_gone(self) -> bool:
        """Whether the partner that delivered one of these no longer shows it."""
        return bool(self.loaded.sheet.gone or self.loaded.sheet.gone_objects)

    @cached_property
    def _anchors(self) -> dict[str, str]:
        """By uuid, where on the page an element is."""
        sheet = self.loaded.sheet
        held = (one for inside in sheet.inside.values() for one in inside)
        anchors = {item.uuid: f"attribute-{item.id}" for item in (*sheet.loose, *held)}
        return anchors | {item.uuid: f"object-{item.id}" for item in sheet.objects}

    def _rights_over(self, event_id: int) -> Rights:
        return self.rights if event_id == self.event_id else _NONE

    def _group(self, item: ObjectRow) -> pages.ObjectGroup:
        sheet, rights = self.loaded.sheet, self._rights_over(item.event_id)
        return pages.ObjectGroup(
            id=item.id,
            uuid=item.uuid,
            event_id=item.event_id,
            name=item.name,
            comment=item.comment,
            audience=element_audience(item.distribution, self._group_name(item.sharing_group_id)),
            attributes=tuple(self._row(attribute) for attribute in sheet.inside.get(item.id, ())),
            references=tuple(self._reference(one, rights) for one in sheet.references.get(item.id, ())),
            deleted=item.deleted,
            foreign=item.event_id != self.event_id,
            may_edit=rights.edit and not item.deleted,
            may_restore=rights.edit and item.deleted,
            gone=item.id in sheet.gone_objects and not item.deleted,
        )

    def _row(self, item: AttributeRow) -> pages.AttributeRow:
        sheet, rights = self.loaded.sheet, self._rights_over(item.event_id)
        matches = self.loaded.matches.get(item.id)
        return pages.AttributeRow(
            id=item.id,
            uuid=item.uuid,
            event_id=item.event_id,
            relation=item.object_relation or "",
            value=item.value,
            type=item.type,
            category=item.category,
            to_ids=item.to_ids,
            comment=item.comment,
            audience=element_audience(item.distribution, self._group_name(item.sharing_group_id)),
            seen=_seen(item),
            tags=tag_badges(sheet.tags.get(item.id, ()), rights),
            changed=item.timestamp,
            elsewhere=matches.total if matches else 0,
            has_file=item.id in sheet.with_files,
            deleted=item.deleted,
            foreign=item.event_id != self.event_id,
            may_edit=rights.edit,
            may_delete=rights.delete_attributes and not item.deleted,
            may_tag=(rights.tag or rights.tag_locally) and not item.deleted,
            sighted=pages.SeenBox() if item.deleted else self.sighted.get(item.id, pages.SeenBox()),
            may_propose=self.may_propose and item.event_id == self.event_id and not item.deleted,
            warnings=() if item.deleted else self.warned.get(item.id, ()),
            gone=item.id in sheet.gone and not item.deleted,
            known_at=() if item.deleted else self.known_at.get(item.value, ()),
        )

    def _reference(self, item: ReferenceRow, rights: Rights) -> pages.ReferenceRow:
        return pages.ReferenceRow(
            id=item.id,
            relationship=item.relationship_type,
            target=self.loaded.sheet.targets.get(item.referenced_uuid, item.referenced_uuid),
            anchor=self._anchors.get(item.referenced_uuid, ""),
            comment=item.comment,
            may_delete=rights.edit,
        )

    def _group_name(self, group_id: int | None) -> str:
        group = self.loaded.sheet.groups.get(group_id or 0)
        return group.name if group else ""


def files_page_of(event: EventRow, form: pages.Form | None, *, owner: str = "") -> pages.FilesPage:
    """The form that files are attached by, or proposed to the organisation `owner`."""
    usual = pages.Choice("", _("the usual one for the type"))
    return pages.FilesPage(
        event_id=event.id,
        event_info=event.info,
        owner=owner,
        form=form or pages.Form({"malware": "0"}),
        categories=(usual, *(pages.Choice(name, name) for name in attribute_types.categories_of("attachment"))),
    )


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


def _seen(item: AttributeRow) -> str:
    first, last = moment(item.first_seen), moment(item.last_seen)
    if item.first_seen is not None and item.last_seen is not None:
        return _("Seen from %(first)s to %(last)s", first=first, last=last)
    if item.first_seen is not None:
        return _("First seen %(when)s", when=first)
    return "" if item.last_seen is None else _("Last seen %(when)s", when=last)
