"""How events came here, in the words of the reader's language (RULES §1, §4, §6)."""

from mispmini.domain.graphs import EventRow
from mispmini.domain.notices import Arrival, GroupRefusal, NamedByOthers, Notice, NoticeKind, RefusedUpdate
from mispmini.domain.viewer import Viewer
from mispmini.services import addresses, arrivals, organisations, receiving
from mispmini.services.organisations import Scope
from mispmini.web.building.sentences import for_people
from mispmini.web.building.words import distribution_name
from mispmini.web.i18n import N_, _, gettext, ngettext
from mispmini.web.pages import Choice, Paging
from mispmini.web.pages.arrivals import ArrivalBox, IncomingPage, NamedRow, ReassignPage, RefusedRow

_GROUP_REASONS = {
    GroupRefusal.NO_GROUP: N_("It did not say which group."),
    GroupRefusal.NOT_ALLOWED: N_("The role of the partner's account here may not bring sharing groups."),
    GroupRefusal.NOT_HERE: N_("The group does not list this server: the partner must know us as %(url)s."),
    GroupRefusal.NOT_LISTED: N_("The group lists neither %(owner)s nor all organisations of this server."),
    GroupRefusal.NO_MEMBER: N_("The group is known here, and %(owner)s is no member of it."),
}
_REFUSED_UPDATES = {
    receiving.NOT_OWNER: N_("It came over another link than the one that delivered the event."),
    receiving.IN_THE_FUTURE: N_("Its timestamp is more than a day ahead."),
    **dict.fromkeys(receiving.GROUP_REFUSALS, N_("Its sharing group is not accepted here.")),
    receiving.OUR_NAME: N_("It is a new event in our name, which this link may not bring."),
    **dict.fromkeys(
        (receiving.UNSIGNED, receiving.UNCHECKED),
        N_("It is a protected event, whose signature cannot be checked here."),
    ),
}


def arrival_box(viewer: Viewer, event: EventRow, owner: str) -> ArrivalBox | None:
    """How an event came, None for nothing to say; `owner` is the name of its organisation here."""
    arrival = arrivals.arrival_of(viewer, event)
    if arrival is None:
        return None
    notes = tuple(_note(notice, owner, knows_groups=viewer.is_site_admin) for notice in arrival.notices)
    if arrival.in_the_future:
        notes += (_("Its timestamp is more than a day ahead: the sender's clock may be wrong."),)
    badge = _badge(arrival)
    if not (badge or notes or arrival.delivered_by):
        return None
    return ArrivalBox(
        event_id=event.id,
        badge=badge,
        notes=notes,
        delivered_by=arrival.delivered_by,
        may_release=arrival.review and viewer.is_site_admin,
        may_reassign=viewer.is_site_admin,
    )


def _badge(arrival: Arrival) -> str:
    return _("In our name, delivered by %(partner)s", partner=arrival.delivered_by) if arrival.in_our_name else ""


def _note(notice: Notice, owner: str, *, knows_groups: bool) -> str:
    if notice.kind is NoticeKind.GROUP_REFUSED:
        reason = gettext(_GROUP_REASONS[GroupRefusal(notice.detail["reason"])], url=_our_url(), owner=owner)
        told = _(
            "It came for the sharing group %(group)s, which was not accepted: only %(owner)s sees it here.",
            group=notice.detail.get("name" if knows_groups else "uuid") or "–",
            owner=owner,
        )
        return f"{told} {reason}"
    if notice.kind is NoticeKind.ELEMENTS_REFUSED:
        return _refused_elements(notice, owner)
    level = distribution_name(int(notice.detail["distribution"]))
    if notice.kind is NoticeKind.HELD:
        return _(
            "It waits to be released: until then only %(owner)s sees it. It came as: %(level)s.",
            owner=owner,
            level=level,
        )
    return _(
        "%(partner)s sent a version for more readers (%(level)s). Its content was taken; who may read it stayed.",
        partner=notice.org_name,
        level=level,
    )


def _refused_elements(notice: Notice, owner: str) -> str:
    kept, left_out = (int(notice.detail[name]) for name in ("kept", "left_out"))
    told = []
    if kept:
        told.append(
            ngettext(
                "%(num)d element came for a sharing group that was not accepted: only %(owner)s sees it here.",
                "%(num)d elements came for sharing groups that were not accepted: only %(owner)s sees them here.",
                kept,
                owner=owner,
            )
        )
    if left_out:
        told.append(
            ngettext(
                "%(num)d element that %(partner)s sent is not here: its sharing group was not accepted.",
                "%(num)d elements that %(partner)s sent are not here: their sharing groups were not accepted.",
                left_out,
                partner=notice.org_name,
            )
        )
    return " ".join(told)


def _our_url() -> str:
    return addresses.announced_url()


def incoming_page(named: list[NamedByOthers], refused: list[RefusedUpdate], paging: Paging) -> IncomingPage:
    """What came in our name, and what was refused."""
    return IncomingPage(
        named=tuple(NamedRow(row.event_id, row.info, row.org_name, row.timestamp, row.review) for row in named),
        refused=tuple(_refused_row(row) for row in refused),
        paging=paging,
    )


def _refused_row(row: RefusedUpdate) -> RefusedRow:
    return RefusedRow(
        event_id=row.event_id,
        event=row.event_info or row.event_uuid,
        partner=row.org_name,
        version=row.timestamp,
        reason=_why_refused(row),
        at=row.time,
        deliver_path=f"/incoming/let_deliver/{row.id}" if row.may_deliver else "",
    )


def _why_refused(row: RefusedUpdate) -> str:
    if row.reason == receiving.NOT_OWNER and row.event_id is not None and not row.may_deliver:
        return _("The event was written here: no partner updates it.")
    said = next((words for known, words in _REFUSED_UPDATES.items() if row.reason.startswith(known)), None)
    return gettext(said) if said else for_people(row.reason)


def delivery_told(delivery: arrivals.Delivery) -> str:
    """What happens after another link was let deliver an event."""
    told = _("From now on %(partner)s delivers this event.", partner=delivery.org_name)
    if delivery.server_name is not None:
        return told + " " + _("What was refused is being fetched from %(server)s.", server=delivery.server_name)
    return told + " " + _("What was refused is not here: ask them to publish it once more.")


def reassign_page(viewer: Viewer, event: EventRow) -> ReassignPage:
    """Which organisation's link may update an event. Raises Forbidden."""
    delivered_by = arrivals.delivering_organisation(viewer, event)
    known = sorted(organisations.list_organisations(viewer, Scope.ALL), key=lambda org: org.name.casefold())
    chosen = next((str(org.id) for org in known if org.name == delivered_by), "")
    none = Choice("", _("nobody but its creator"))
    return ReassignPage(
        event_id=event.id,
        info=event.info,
        delivered_by=delivered_by,
        chosen=chosen,
        organisations=(none, *(Choice(str(org.id), org.name) for org in known)),
    )
