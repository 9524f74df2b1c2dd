"""Builds the pages of events: the list, one event, its forms, and what is told before publishing and deleting."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, cast, get_args

from flask import request

from mispmini.domain import clock
from mispmini.domain.errors import Forbidden
from mispmini.domain.filters import IndexFilters, Order, Terms
from mispmini.domain.graphs import AttributeRow, EventGraph, EventRow
from mispmini.domain.tlp import strictest, tlp_of
from mispmini.domain.viewer import Viewer
from mispmini.services import audience as audiences
from mispmini.services import bodies, searching, viewing
from mispmini.services.rights import NO_PERMISSION
from mispmini.services.viewing import Rights
from mispmini.web import pages, words
from mispmini.web.audience import audience_sentence, reach_sentence, recipient, warnings_before
from mispmini.web.badges import changed_since_publish, event_row, tag_badge, tag_badges
from mispmini.web.elements import Elements, attribute_choices, in_order
from mispmini.web.i18n import _
from mispmini.web.paging import Slice, asked_slice, paging
from mispmini.web.receipts import ledger_row

Tab = Literal["all", "ours", "received", "drafts"]
_FILTER_FIELDS = ("q", "tag", "org", "published")
_ELEMENTS = 100
_HEAD = bodies.View(metadata=True, attachments=False, correlations=False)
_USUAL_TYPE = "ip-dst"


def events_page(viewer: Viewer, filters: IndexFilters, given: Mapping[str, str]) -> pages.EventsPage:
    """The list of events, newest change first; `given` are the words of the query string."""
    tab = cast(Tab, given["tab"]) if given.get("tab") in get_args(Tab) else "all"
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


def in_tab(viewer: Viewer, tab: Tab, filters: IndexFilters) -> IndexFilters:
    """The filters narrowed to what a tab holds."""
    own = (str(viewer.org_id),)
    if tab == "received":
        return replace(filters, org=replace(filters.org, none=filters.org.none + own))
    if tab == "all":
        return filters
    narrowed = replace(filters, org=Terms(filters.org.any, filters.org.all + own, filters.org.none))
    return replace(narrowed, published=False) if tab == "drafts" else narrowed


def event_page(
    viewer: Viewer, graph: EventGraph, *, page_number: int = 1, form: pages.Form | None = None
) -> pages.EventPage:
    """One event; its objects and attributes are paged together."""
    event, rights = graph.event, viewing.rights_over(viewer, graph.event.id)
    part = Slice(page_number, _ELEMENTS)
    everything = in_order(graph)
    elements = Elements(graph, rights, everything[part.offset : part.offset + part.limit])
    deliveries = viewing.deliveries_of(viewer, graph)
    return pages.EventPage(
        id=event.id,
        uuid=event.uuid,
        info=event.info,
        owner_org=graph.org.name,
        owner_org_id=graph.org.id,
        creator_org=graph.orgc.name,
        creator_org_id=graph.orgc.id,
        date=event.date,
        threat_level=words.threat_level(event.threat_level_id),
        analysis=words.analysis(event.analysis),
        tlp=_strictest_badge(graph),
        audience=audience_sentence(graph),
        published=event.published,
        published_at=event.publish_timestamp or None,
        changed=event.timestamp,
        changed_since_publish=changed_since_publish(event),
        extends_uuid=event.extends_uuid,
        attribute_count=sum(not attribute.deleted for attribute in graph.attributes),
        tags=tag_badges(graph.tags),
        objects=elements.objects,
        attributes=elements.attributes,
        paging=_paging_in(event.id, part, len(everything)),
        attribute_form=form or pages.Form({"type": _USUAL_TYPE, "distribution": _inherit()}),
        choices=attribute_choices(viewer),
        deleted_shown=_deleted_shown(),
        deliveries=tuple(ledger_row(entry, with_detail=viewer.is_site_admin) for entry in deliveries),
        may_see_deliveries=viewer.is_site_admin or viewer.org_id in (event.org_id, event.orgc_id),
        may_edit=rights.edit,
        may_tag=rights.tag,
        may_tag_locally=rights.tag_locally,
        may_publish=rights.publish,
        may_unpublish=rights.publish and event.published,
        may_delete=rights.edit,
        edit_hint=_edit_hint(graph, rights),
    )


def event_form_page(viewer: Viewer, event: EventRow | None, form: pages.Form | None) -> pages.EventFormPage:
    """The form of a new event, or of one that is here; `form` is what was typed and refused.

    Raises Forbidden where saving it would be refused anyhow.
    """
    if event and form is None:
        _must_edit(viewer, event.id)
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    return pages.EventFormPage(
        id=event.id if event else None,
        form=form or pages.Form(_event_values(event) if event else _new_event_values()),
        distributions=words.event_levels(with_groups=bool(groups)),
        groups=groups,
        threat_levels=words.threat_levels(),
        analyses=words.analyses(),
    )


def attribute_form_page(viewer: Viewer, attribute: AttributeRow, form: pages.Form | None) -> pages.AttributeFormPage:
    """The form of an attribute that is here. Raises Forbidden where saving it would be refused anyhow."""
    if form is None:
        _must_edit(viewer, attribute.event_id)
    event = bodies.viewed_event(viewer, str(attribute.event_id), _HEAD).event
    return pages.AttributeFormPage(
        id=attribute.id,
        event_id=event.id,
        event_info=event.info,
        form=form or pages.Form(_attribute_values(attribute)),
        choices=attribute_choices(viewer),
    )


def publish_page(viewer: Viewer, event_id: int) -> pages.PublishPage:
    """What publishing would do, told before it is done. Raises NotFound."""
    audience = audiences.audience_of(viewer, str(event_id))
    may = viewing.rights_over(viewer, event_id).publish
    return pages.PublishPage(
        id=event_id,
        info=audience.event.info,
        audience=reach_sentence(audience.event, audience.owner.name, audience.group),
        here=audience.here,
        recipients=tuple(recipient(crossing) for crossing in audience.crossings),
        warnings=warnings_before(audience),
        refusal="" if may else _("Only %(organisation)s may publish it.", organisation=audience.creator.name),
    )


def delete_page(viewer: Viewer, event_id: int) -> pages.DeletePage:
    """What deleting would do, told before it is done. Raises NotFound and Forbidden."""
    event = bodies.viewed_event(viewer, str(event_id), _HEAD).event
    _must_edit(viewer, event.id)
    return pages.DeletePage(event.id, event.info, event.attribute_count, tuple(audiences.holders_of(event.uuid)))


def _must_edit(viewer: Viewer, event_id: int) -> None:
    if not viewing.rights_over(viewer, event_id).edit:
        raise Forbidden(NO_PERMISSION)


def _strictest_badge(graph: EventGraph) -> pages.TagBadge | None:
    strict = strictest(tag.name for tag in graph.tags)
    return next((tag_badge(tag) for tag in graph.tags if strict and tlp_of(tag.name) is strict), None)


def _edit_hint(graph: EventGraph, rights: Rights) -> str:
    if rights.edit and graph.event.locked:
        return _(
            "It came from %(organisation)s: what you change here stays here and is lost with their next version.",
            organisation=graph.orgc.name,
        )
    if rights.edit:
        return ""
    return _("Only %(organisation)s, who wrote it, can change it.", organisation=graph.orgc.name)


def _deleted_shown() -> bool:
    return request.args.get("deleted") == "1"


def _paging_in(event_id: int, part: Slice, total: int) -> pages.Paging:
    """Where one stands among the elements of an event, also on the answer to a form."""
    kept = "deleted=1&" if _deleted_shown() else ""
    stand = paging(part, total)
    return replace(
        stand,
        previous=f"/events/view/{event_id}?{kept}page={part.page - 1}" if stand.previous else None,
        next=f"/events/view/{event_id}?{kept}page={part.page + 1}" if stand.next else None,
    )


def _new_event_values() -> dict[str, str]:
    defaults = viewing.form_defaults()
    return {
        "date": clock.today(),
        "distribution": str(defaults.distribution),
        "threat_level_id": str(defaults.threat_level_id),
        "analysis": "0",
    }


def _event_values(event: EventRow) -> dict[str, str]:
    fields = ("info", "date", "distribution", "threat_level_id", "analysis", "extends_uuid", "sharing_group_id")
    return _texts(event, fields)


def _attribute_values(attribute: AttributeRow) -> dict[str, str]:
    fields = ("type", "category", "value", "comment", "distribution", "sharing_group_id")
    return _texts(attribute, fields) | {"to_ids": "1" if attribute.to_ids else "0"}


def _texts(row: EventRow | AttributeRow, fields: tuple[str, ...]) -> dict[str, str]:
    values = {name: getattr(row, name) for name in fields}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _inherit() -> str:
    return words.element_levels(with_groups=False)[0].value
