"""Builds the pages of events: the list, their forms, and what is told before publishing and deleting."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast, get_args

from mispmini.domain import clock
from mispmini.domain.distribution import Distribution
from mispmini.domain.errors import Forbidden
from mispmini.domain.filters import IndexFilters, Order, Terms
from mispmini.domain.graphs import AttributeRow, EventRow
from mispmini.domain.viewer import Viewer
from mispmini.services import audience as audiences
from mispmini.services import event_sheets, mail, retracting, searching, trash, viewing
from mispmini.services.rights import NO_PERMISSION
from mispmini.web import pages
from mispmini.web.building import event_starts, words
from mispmini.web.building.audience import obstacles_to, questions_before, reach_sentence, recipient, warnings_before
from mispmini.web.building.badges import event_row
from mispmini.web.building.elements import attribute_choices, files_page_of
from mispmini.web.building.group_pages import unready_group
from mispmini.web.i18n import _, moment_text
from mispmini.web.paging import asked_slice, paging

Tab = Literal["all", "ours", "received", "drafts"]
_DAY = 86400
_FILTER_FIELDS = ("q", "tag", "org", "published")


def events_page(viewer: Viewer, filters: IndexFilters, given: Mapping[str, str]) -> pages.EventsPage:
    """The list of events, newest change first; `given` are the words of the query string."""
    tab = _tab(given)
    part = asked_slice()
    found = searching.index(
        viewer,
        replace(
            in_tab(viewer, tab, filters),
            everything=given.get("q", "").strip() or filters.everything,
            order=filters.order or Order("timestamp", descending=True),
            limit=part.limit,
            page=part.page,
        ),
    )
    return pages.EventsPage(
        tab=tab,
        form=pages.Form({name: given.get(name, "") for name in _FILTER_FIELDS}),
        rows=tuple(event_row(item) for item in found),
        paging=paging(part, found.count),
        filtered=any(given.get(name) for name in _FILTER_FIELDS),
    )


def unread_page(form: pages.Form, given: Mapping[str, str]) -> pages.EventsPage:
    """The same with what was asked, and why there is no list."""
    asked = pages.Form({name: given.get(name, "") for name in _FILTER_FIELDS}, message=form.message)
    return pages.EventsPage(_tab(given), asked, (), paging(asked_slice(), 0), filtered=True)


def trash_page(viewer: Viewer) -> pages.TrashPage:
    """What was deleted here and the viewer may bring back."""
    days = trash.days_kept()
    rows = (
        pages.TrashRow(one.uuid, one.info, one.creator, one.deleted, one.deleted + days * _DAY)
        for one in trash.list_trash(viewer)
    )
    return pages.TrashPage(tuple(rows), days)


def _tab(given: Mapping[str, str]) -> Tab:
    return cast(Tab, given["tab"]) if given.get("tab") in get_args(Tab) else "all"


def in_tab(viewer: Viewer, tab: Tab, filters: IndexFilters) -> IndexFilters:
    """The filters narrowed to what a tab holds."""
    own = (str(viewer.org_id),)
    if tab == "received":
        return replace(filters, org=replace(filters.org, none=filters.org.none + own))
    if tab == "all":
        return filters
    narrowed = replace(filters, org=Terms(filters.org.any, filters.org.all + own, filters.org.none))
    return replace(narrowed, published=False) if tab == "drafts" else narrowed


def event_form_page(
    viewer: Viewer, event: EventRow | None, form: pages.Form | None, *, start: str = ""
) -> pages.EventFormPage:
    """The form of a new event, or of one that is here; `form` is what was typed and refused, `start` a usual incident.

    Raises Forbidden where saving it would be refused anyhow.
    """
    if event and form is None:
        _must_edit(viewer, event.id)
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    classes = () if event else event_starts.incident_classes(viewer)
    return pages.EventFormPage(
        id=event.id if event else None,
        form=form or pages.Form(_event_values(event) if event else _new_event_values(start)),
        distributions=words.event_levels(with_groups=bool(groups)),
        groups=groups,
        threat_levels=words.threat_levels(),
        analyses=words.analyses(),
        tlps=() if event else words.tlp_choices(),
        classes=classes,
        starts=event_starts.starts(classes),
    )


def attribute_form_page(viewer: Viewer, attribute: AttributeRow, form: pages.Form | None) -> pages.AttributeFormPage:
    """The form of an attribute that is here. Raises Forbidden where saving it would be refused anyhow."""
    if form is None:
        _must_edit(viewer, attribute.event_id)
    event = event_sheets.head_of(viewer, str(attribute.event_id)).event
    return pages.AttributeFormPage(
        id=attribute.id,
        event_id=event.id,
        event_info=event.info,
        relation=attribute.object_relation or "",
        form=form or pages.Form(_attribute_values(attribute)),
        choices=attribute_choices(viewer),
    )


def files_page(viewer: Viewer, event_ref: str, form: pages.Form | None) -> pages.FilesPage:
    """The form that files are attached by. Raises NotFound, Forbidden."""
    event = event_sheets.head_of(viewer, event_ref).event
    _must_edit(viewer, event.id)
    return files_page_of(event, form)


def publish_page(viewer: Viewer, event_id: int, form: pages.Form | None = None) -> pages.PublishPage:
    """What publishing would do, told before it is done; `form` is what was refused. Raises NotFound.

    Who may not publish it is told that alone.
    """
    if not viewing.rights_over(viewer, event_id).publish:
        head = event_sheets.head_of(viewer, str(event_id))
        refusal = _("Only %(organisation)s may publish it.", organisation=head.orgc.name)
        return pages.PublishPage(id=event_id, info=head.event.info, refusal=refusal)
    audience = audiences.audience_of(viewer, str(event_id))
    return pages.PublishPage(
        id=event_id,
        info=audience.event.info,
        audience=reach_sentence(audience.event, audience.owner.name, audience.group),
        here=audience.here,
        recipients=tuple(recipient(crossing) for crossing in audience.crossings),
        warnings=warnings_before(audience),
        questions=questions_before(audience.fitness),
        obstacles=(*obstacles_to(audience.fitness), *unready_group(audience.group)),
        form=form or pages.Form(),
        sends_mail=mail.is_on(),
    )


def delete_page(viewer: Viewer, event_id: int) -> pages.DeletePage:
    """What deleting would do, told before it is done. Raises NotFound and Forbidden."""
    event = event_sheets.head_of(viewer, str(event_id)).event
    _must_edit(viewer, event.id)
    holders = tuple(audiences.holders_of(event.uuid))
    may_retract = retracting.may_retract(viewer, event.id)
    return pages.DeletePage(event.id, event.info, event.uuid, event.attribute_count, holders, may_retract)


def _must_edit(viewer: Viewer, event_id: int) -> None:
    if not viewing.rights_over(viewer, event_id).edit:
        raise Forbidden(NO_PERMISSION)


def _new_event_values(start: str) -> dict[str, str]:
    return event_starts.first_values(start) | {
        "date": clock.today(),
        "distribution": str(int(Distribution.ORGANISATION)),
        "threat_level_id": str(viewing.usual_threat_level()),
        "analysis": "0",
    }


def _event_values(event: EventRow) -> dict[str, str]:
    fields = ("info", "date", "distribution", "threat_level_id", "analysis", "extends_uuid", "sharing_group_id")
    return _texts(event, fields)


def _attribute_values(attribute: AttributeRow) -> dict[str, str]:
    fields = ("type", "category", "value", "comment", "distribution", "sharing_group_id")
    flags = {name: "1" if getattr(attribute, name) else "0" for name in ("to_ids", "disable_correlation")}
    seen = {name: moment_text(getattr(attribute, name)) for name in ("first_seen", "last_seen")}
    return _texts(attribute, fields) | flags | seen


def _texts(row: EventRow | AttributeRow, fields: tuple[str, ...]) -> dict[str, str]:
    values = {name: getattr(row, name) for name in fields}
    return {name: "" if value is None else str(value) for name, value in values.items()}
