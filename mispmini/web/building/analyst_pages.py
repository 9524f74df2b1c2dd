"""Builds what pages show of notes, opinions and relationships, and their forms."""

from collections.abc import Mapping

from mispmini.domain.analyst_data import IN_EVENTS, AnalystKind, AnalystRow, AnalystSheet
from mispmini.domain.errors import Forbidden
from mispmini.domain.graphs import EventGraph, SharingGroup
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services.analyst_data import Listed, attach_analyst_data
from mispmini.services.instance_settings import load_settings
from mispmini.services.rights import NO_PERMISSION
from mispmini.web import pages
from mispmini.web.building import words
from mispmini.web.building.badges import short_audience
from mispmini.web.building.elements import attribute_choices
from mispmini.web.i18n import _

_DEEPEST = 8
_HALF = 50


def event_box(viewer: Viewer, graph: EventGraph) -> pages.AnalystBox:
    """What is said about an event and its elements, as far as the viewer reads it."""
    attach_analyst_data(viewer, [graph])
    may_add = may_say(viewer)
    if graph.analyst_data is None:
        return pages.AnalystBox(graph.event.uuid, (), may_add)
    sheet = graph.analyst_data
    writer = _Cards(sheet, graph.sharing_groups, may_answer=may_add)
    inside = {row.uuid for rows in sheet.about.values() for row in rows}
    own = [
        row
        for uuid, rows in sheet.about.items()
        if uuid not in inside
        for row in rows
        if row.event_id == graph.event.id
    ]
    cards = tuple(writer.card(row) for row in sorted(own, key=lambda row: row.id))
    return pages.AnalystBox(graph.event.uuid, cards, may_add)


def may_say(viewer: Viewer) -> bool:
    """Whether a viewer may add notes and opinions."""
    return viewer.can(Permission.ADD) and viewer.can(Permission.ANALYST_DATA)


def item_page(viewer: Viewer, listed: Listed) -> pages.AnalystItemPage:
    """One of them alone."""
    row = listed.items[0]
    writer = _Cards(listed.sheet, listed.groups, may_answer=may_say(viewer))
    return pages.AnalystItemPage(writer.card(row), "" if row.event_id is None else f"/events/view/{row.event_id}")


class _Cards:
    """Writes cards from one sheet."""

    def __init__(self, sheet: AnalystSheet, groups: Mapping[int, SharingGroup], *, may_answer: bool) -> None:
        self._sheet = sheet
        self._groups = groups
        self._may_answer = may_answer

    def card(self, row: AnalystRow, depth: int = 0) -> pages.AnalystCard:
        """One with those below it."""
        group = self._groups.get(row.sharing_group_id or 0)
        target = self._sheet.related.get(row.related_uuid or "")
        below = self._sheet.about.get(row.uuid, ()) if depth < _DEEPEST else ()
        return pages.AnalystCard(
            id=row.id,
            uuid=row.uuid,
            kind=row.kind,
            title=_title(row),
            organisation=self._sheet.organisations[row.orgc_id].name,
            authors=row.authors,
            text=row.text,
            changed=row.modified,
            audience=_audience(row, group),
            about="" if depth or row.object_type == "Event" else _about(row),
            about_path=_place(row),
            target=target.label if target else row.related_uuid or "",
            target_path=f"/events/view/{target.event_id}" if target else "",
            may_edit=self._sheet.may_edit(row),
            may_answer=self._may_answer,
            below=tuple(self.card(inner, depth + 1) for inner in below),
        )


def _title(row: AnalystRow) -> str:
    if row.kind == AnalystKind.NOTE:
        return _("Note")
    if row.kind == AnalystKind.RELATIONSHIP:
        return row.relationship_type or _("Relationship")
    number = row.opinion or 0
    stance = _("agrees") if number > _HALF else _("disagrees") if number < _HALF else _("is neutral")
    return _("Opinion: %(stance)s (%(number)s of 100)", stance=stance, number=number)


def _audience(row: AnalystRow, group: SharingGroup | None) -> str:
    if str(row.distribution) == words.inherit():
        return _("whoever sees what it is about")
    return short_audience(row.distribution, group.name if group else "")


def _about(row: AnalystRow) -> str:
    names = {"Attribute": _("an attribute"), "Object": _("an object"), "EventReport": _("a report")}
    return names.get(row.object_type, row.object_type)


def _place(row: AnalystRow) -> str:
    if row.report_id is not None:
        return f"/event_reports/view/{row.report_id}"
    if row.attribute_id is not None:
        return f"#attribute-{row.attribute_id}"
    return f"#object-{row.object_id}" if row.object_id is not None else ""


def new_item_page(
    viewer: Viewer, kind: AnalystKind, uuid: str, object_type: str, form: pages.Form | None = None
) -> pages.AnalystFormPage:
    """The form of a new one."""
    values = {"distribution": str(load_settings().default_event_distribution), "opinion": str(_HALF)}
    values |= {"related_object_type": "Event"}
    action = f"/analyst_data/add/{kind}/{uuid}/{object_type}" if uuid else f"/analyst_data/add/{kind}"
    back = f"/events/view/{uuid}" if object_type == "Event" else "/events/index"
    return _form_page(viewer, kind, _new_title(kind), action, back, form or pages.Form(values))


def _new_title(kind: AnalystKind) -> str:
    titles = {AnalystKind.NOTE: _("Write a note"), AnalystKind.OPINION: _("Give an opinion")}
    return titles.get(kind) or _("Add a relationship")


def edit_item_page(viewer: Viewer, listed: Listed, form: pages.Form | None = None) -> pages.AnalystFormPage:
    """The form of one that is here. Raises Forbidden for who may not change it."""
    row = listed.items[0]
    if not listed.sheet.may_edit(row):
        raise Forbidden(NO_PERMISSION)
    values = {
        "note": row.text,
        "comment": row.text,
        "language": row.language or "",
        "opinion": str(row.opinion if row.opinion is not None else _HALF),
        "relationship_type": row.relationship_type or "",
        "related_object_uuid": row.related_uuid or "",
        "related_object_type": row.related_type or "",
        "distribution": str(row.distribution),
        "sharing_group_id": str(row.sharing_group_id or ""),
    }
    back = f"/events/view/{row.event_id}" if row.event_id else f"/analyst_data/view/{row.kind}/{row.id}"
    action = f"/analyst_data/edit/{row.kind}/{row.id}"
    return _form_page(viewer, AnalystKind(row.kind), _title(row), action, back, form or pages.Form(values))


def _form_page(
    viewer: Viewer, kind: AnalystKind, title: str, action: str, back: str, form: pages.Form
) -> pages.AnalystFormPage:
    choices = attribute_choices(viewer)
    targets = tuple(pages.Choice(name, name) for name in IN_EVENTS)
    return pages.AnalystFormPage(kind, title, action, back, form, choices.distributions, choices.groups, targets)
