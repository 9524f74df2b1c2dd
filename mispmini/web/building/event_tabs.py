"""Builds the tabs of one event: its elements, reports, kin, deliveries, history, and the head above them all."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventGraph, EventRow
from mispmini.domain.receipts import TROUBLES, Direction, Trouble
from mispmini.domain.tlp import strictest, tlp_of
from mispmini.domain.viewer import Viewer
from mispmini.services import event_sheets, feeds, logs, reports, viewing
from mispmini.services.delegations import may_delegate_event
from mispmini.services.event_sheets import Kin, Wanted
from mispmini.services.known_elsewhere import PartnerHit, holders_by_value, partner_hits_in_event
from mispmini.services.link_health import Obstacle, Wait, waits_of
from mispmini.services.logs import Moment
from mispmini.services.readings import Readership, readers_of
from mispmini.services.retracting import may_retract
from mispmini.services.viewing import LedgerEntry, Rights
from mispmini.web import pages
from mispmini.web.building import analyst_pages, feed_pages, opinion_boxes, removals, tag_pages, words
from mispmini.web.building.arrival_pages import arrival_box
from mispmini.web.building.audience import audience_sentence
from mispmini.web.building.badges import tag_badge, tag_badges
from mispmini.web.building.change_words import change_rows
from mispmini.web.building.elements import Elements, attribute_choices
from mispmini.web.building.galaxy_pages import cluster_badges
from mispmini.web.building.link_health import wait_sentence
from mispmini.web.building.log_pages import deed
from mispmini.web.building.receipts import ledger_row
from mispmini.web.building.report_pages import report_row
from mispmini.web.building.warninglist_pages import warned_names
from mispmini.web.i18n import _
from mispmini.web.pages.showing import shown
from mispmini.web.paging import Slice, asked_slice, paging_at
from mispmini.web.who import note_given_out

_ELEMENTS = 100
_SHOWN_VALUES = 5
_MOST_HITS = 100
_USUAL_TYPE = "ip-dst"
TABS = ("attributes", "reports", "related", "sharing", "history")


@shown
class Asked:
    """How somebody wants to see the elements: words of the query string."""

    page: int = 1
    needle: str = ""
    deleted: bool = False
    extended: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        """What the query string asks for; nonsense counts as nothing."""
        page = given.get("page", "")
        return cls(
            page=int(page) if page.isdecimal() and len(page) < 7 and int(page) else 1,
            needle=given.get("q", "").strip()[:200],
            deleted=given.get("deleted") == "1",
            extended=given.get("extended") == "1",
        )

    def query(self) -> dict[str, str]:
        """The words that a link keeps, without the page."""
        words_kept = {"q": self.needle, "deleted": "1" * self.deleted, "extended": "1" * self.extended}
        return {name: value for name, value in words_kept.items() if value}


@shown
class Shown:
    """An event in front of a viewer, with what every tab needs."""

    viewer: Viewer
    graph: EventGraph
    rights: Rights
    deliveries: tuple[LedgerEntry, ...]
    waits: Mapping[int, Wait]  # by link, what it has not gone for

    @classmethod
    def of(cls, viewer: Viewer, ref: str) -> "Shown":
        """The event named by id or uuid. Raises NotFound."""
        graph = event_sheets.head_of(viewer, ref)
        rights = viewing.rights_over(viewer, graph.event.id)
        deliveries = tuple(viewing.deliveries_of(viewer, graph))
        return cls(viewer, graph, rights, deliveries, waits_of(graph.event.uuid) if deliveries else {})

    @property
    def is_ours(self) -> bool:
        """Whether the viewer is told what became of it, and who changed what."""
        event = self.graph.event
        return viewing.is_told_of_partners(self.viewer, event)

    @property
    def deletes_for_good(self) -> bool:
        """Whether deleting an element on a page removes it."""
        return event_sheets.is_gone_for_good(self.viewer, self.graph.event.id)


def tab_page(viewer: Viewer, ref: str, given: Mapping[str, str]) -> tuple[str, object]:
    """The template and page of the tab that the query string names. Raises NotFound."""
    shown = Shown.of(viewer, ref)
    note_given_out([shown.graph.event.id])
    makers: Mapping[str, Callable[[], object]] = {
        "reports": lambda: reports_page(shown, deleted=given.get("deleted") == "1"),
        "related": lambda: related_page(shown),
        "sharing": lambda: sharing_page(shown),
        "history": lambda: history_page(shown),
    }
    tab = given.get("tab", "")
    if tab in makers:
        return f"events/{tab}.html", makers[tab]()
    return "events/view.html", elements_page(shown, Asked.of(given))


def elements_page(
    shown: Shown, asked: Asked, form: pages.Form | None = None, *, adding: bool = False
) -> pages.EventPage:
    """The tab of attributes and objects; `adding` opens the form of a new one, `form` is what was typed and refused."""
    event = shown.graph.event
    more = event_sheets.extending_ids(shown.viewer, event) if asked.extended else []
    part = Slice(asked.page, _ELEMENTS)
    wanted = Wanted(
        [event.id, *more],
        Deleted.BOTH if asked.deleted else Deleted.LIVE,
        asked.needle,
        part.limit,
        part.offset,
    )
    loaded = event_sheets.elements_of(shown.viewer, wanted)
    sheet = loaded.sheet
    may_propose = opinion_boxes.may_propose(shown.viewer, may_edit=shown.rights.edit)
    sighted = opinion_boxes.seen_boxes(shown.viewer, loaded.sheet.attribute_ids)
    values = [one.value for held in (sheet.loose, *sheet.inside.values()) for one in held]
    known_at = holders_by_value(shown.viewer, values)
    elements = Elements(event.id, loaded, shown.rights, sighted, may_propose, warned_names(loaded), known_at)
    return pages.EventPage(
        head=head_page(shown, "attributes", attributes=loaded.sheet.live),
        attribute_count=loaded.sheet.live,
        objects=elements.objects,
        any_gone=elements.any_gone,
        attributes=elements.attributes,
        paging=paging_at(f"/events/view/{event.id}", asked.query(), part, loaded.sheet.total),
        filter=pages.Form(asked.query()),
        filtered=bool(asked.needle),
        extended=asked.extended,
        extending_count=len(more),
        attribute_form=form or pages.Form({"type": _USUAL_TYPE, "distribution": words.inherit()}),
        adding=adding or not (loaded.sheet.total or asked.needle),
        choices=attribute_choices(shown.viewer),
        proposals=opinion_boxes.proposal_cards(shown.viewer, event.id),
        may_propose=may_propose,
        notes=analyst_pages.event_box(shown.viewer, shown.graph),
    )


def reports_page(shown: Shown, *, deleted: bool) -> pages.EventReportsPage:
    """The tab of reports."""
    state = Deleted.BOTH if deleted else Deleted.LIVE
    found = reports.reports_of(shown.viewer, shown.graph.event.id, state)
    return pages.EventReportsPage(head_page(shown, "reports"), tuple(map(report_row, found)), deleted)


def related_page(shown: Shown) -> pages.RelatedPage:
    """The tab of events that share values with this one or extend it."""
    event = shown.graph.event
    return pages.RelatedPage(
        head=head_page(shown, "related"),
        related=tuple(_related_row(kin) for kin in event_sheets.related(shown.viewer, event)),
        cap=event_sheets.correlation_cap(),
        extending=tuple(map(_link, event_sheets.extending(shown.viewer, event))),
        feed_hits=feed_pages.hit_rows(shown.viewer, feeds.hits_in_event(shown.viewer, event.id, _MOST_HITS)),
        partner_hits=tuple(
            _partner_hit_row(shown.viewer, hit) for hit in partner_hits_in_event(shown.viewer, event.id, _MOST_HITS)
        ),
    )


def _partner_hit_row(viewer: Viewer, hit: PartnerHit) -> pages.PartnerHitRow:
    paths = ((uuid, f"/servers/previewEvent/{hit.server_id}/{uuid}") for uuid in hit.event_uuids)
    return pages.PartnerHitRow(hit.value, hit.server_name, tuple(paths) if viewer.is_site_admin else ())


def sharing_page(shown: Shown) -> pages.SharingPage:
    """The tab of what each partner got, pushed or fetched."""
    with_detail = shown.viewer.is_site_admin
    rows = tuple(
        ledger_row(entry, with_detail=with_detail, waits=_why(shown.waits, entry)) for entry in shown.deliveries
    )
    readings = tuple(_reading_row(shown.graph.event, one) for one in readers_of(shown.viewer, shown.graph.event))
    return pages.SharingPage(head_page(shown, "sharing"), rows, shown.is_ours, readings)


def _why(waits: Mapping[int, Wait], entry: LedgerEntry) -> str:
    wait = waits.get(entry.server_id) if entry.direction is Direction.PUSH else None
    return wait_sentence(wait) if wait else ""


def _reading_row(event: EventRow, one: Readership) -> pages.ReadingRow:
    return pages.ReadingRow(one.org_name, one.org_id, one.version, one.version >= event.timestamp, one.time)


def history_page(shown: Shown) -> pages.HistoryPage:
    """The tab of who changed what, as far as the viewer is told."""
    part, event_id = asked_slice(), shown.graph.event.id
    found = logs.history_of(shown.viewer, str(event_id))
    return pages.HistoryPage(
        head=head_page(shown, "history"),
        rows=tuple(map(_history_row, found[part.offset : part.offset + part.limit])),
        paging=paging_at(f"/events/view/{event_id}", {"tab": "history"}, part, len(found)),
    )


def _history_row(moment: Moment) -> pages.HistoryRow:
    what, changes = deed(moment.model, moment.action), change_rows(moment.changes)
    return pages.HistoryRow(moment.time, moment.who, moment.organisation, what, moment.title, changes)


def head_page(shown: Shown, tab: str, *, attributes: int | None = None) -> pages.EventHead:
    """What stands above each tab."""
    graph, rights = shown.graph, shown.rights
    event = graph.event
    parent = event_sheets.extended_by(shown.viewer, event)
    return pages.EventHead(
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
        changed_since_publish=event.changed_since_publish,
        extends_uuid=event.extends_uuid,
        extends=pages.EventLink(parent.id, parent.info, "", parent.date) if parent else None,
        tags=tag_badges(graph.tags, rights),
        tag_choices=tag_pages.tag_choices(shown.viewer),
        tab=tab,
        tabs=_tabs(shown, attributes),
        may_edit=rights.edit,
        may_tag=rights.tag,
        may_tag_locally=rights.tag_locally,
        may_publish=rights.publish,
        may_unpublish=rights.publish and event.published,
        may_delegate=may_delegate_event(shown.viewer, event.id),
        may_retract=may_retract(shown.viewer, event.id),
        edit_hint=_edit_hint(shown),
        delete_question=removals.attribute_question(for_good=shown.deletes_for_good),
        delete_object_question=removals.object_question(for_good=shown.deletes_for_good),
        arrival=arrival_box(shown.viewer, event, graph.org.name),
        clusters=cluster_badges(shown.viewer, graph.tags, rights),
        waits_for=tuple(wait.server.name for wait in shown.waits.values() if wait.obstacle is not Obstacle.TURN),
        no_longer_at=tuple(e.server_name for e in shown.deliveries if e.receipt.reason == Trouble.NO_LONGER_SHOWN),
    )


def _tabs(shown: Shown, attributes: int | None) -> tuple[pages.EventTab, ...]:
    event = shown.graph.event
    trouble = any(entry.receipt.state in TROUBLES for entry in shown.deliveries)
    counts: dict[str, int | None] = {
        "attributes": event.attribute_count if attributes is None else attributes,
        "reports": event_sheets.count_reports(shown.viewer, event.id),
        "sharing": len(shown.deliveries) if shown.is_ours else None,
    }
    labels = {
        "attributes": _("Attributes"),
        "reports": _("Reports"),
        "related": _("Related events"),
        "sharing": _("Sharing"),
        "history": _("History"),
    }
    return tuple(
        pages.EventTab(name, labels[name], tab_path(event.id, name), counts.get(name), trouble and name == "sharing")
        for name in TABS
        if shown.is_ours or name != "sharing"
    )


def tab_path(event_id: int, tab: str) -> str:
    """Where a tab is."""
    return f"/events/view/{event_id}" if tab == "attributes" else f"/events/view/{event_id}?tab={tab}"


def _related_row(kin: Kin) -> pages.RelatedRow:
    return pages.RelatedRow(_link(kin), kin.event.published, tuple(kin.values[:_SHOWN_VALUES]), len(kin.values))


def _link(kin: Kin) -> pages.EventLink:
    return pages.EventLink(kin.event.id, kin.event.info, kin.creator.name, kin.event.date)


def _strictest_badge(graph: EventGraph) -> pages.TagBadge | None:
    strict = strictest(tag.name for tag in graph.tags)
    found = next((tag_badge(tag) for tag in graph.tags if strict and tlp_of(tag.name) is strict), None)
    return None if found is None else replace(found, may_remove=False)


def _edit_hint(shown: Shown) -> str:
    graph, creator = shown.graph, shown.graph.orgc.name
    if shown.rights.edit and graph.event.locked:
        return _(
            "It came from %(organisation)s: what you change here stays here and is lost with their next version.",
            organisation=creator,
        )
    if shown.rights.edit:
        return "" if shown.rights.publish else _("Publishing it needs a role that may publish, such as Publisher.")
    if event_sheets.lacks_right_to_write(shown.viewer):
        return _("You cannot change it, because your role or key only reads.")
    if shown.viewer.org_id == graph.event.orgc_id:
        return _("You cannot change it, because your role changes only what you wrote yourself.")
    return _("Only %(organisation)s can change it, because they wrote it.", organisation=creator)
