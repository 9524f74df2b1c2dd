"""Builds the pages of handed-over events and of correlation exclusions."""

from collections.abc import Sequence

from mispmini.domain.delegations import Delegation
from mispmini.domain.errors import Forbidden
from mispmini.domain.permissions import Permission
from mispmini.domain.viewer import Viewer
from mispmini.services import correlation_exclusions, delegations, event_sheets, organisations, viewing
from mispmini.services.rights import NOT_AUTHORISED
from mispmini.web.building import words
from mispmini.web.i18n import _
from mispmini.web.pages import Choice, Form
from mispmini.web.pages import delegations as pages


def list_page(viewer: Viewer, found: Sequence[Delegation]) -> pages.DelegationsPage:
    """The pending requests of or to one's organisation."""
    may_act = viewer.can(Permission.ADD)
    return pages.DelegationsPage(
        tuple(
            pages.DelegationRow(
                id=one.id,
                event_id=one.event_id,
                event_info=one.event_info,
                requester=one.requester.name,
                organisation=one.org.name,
                message=one.message,
                may_accept=may_act and (viewer.is_site_admin or one.org.id == viewer.org_id),
                may_discard=may_act,
            )
            for one in found
        )
    )


def form_page(viewer: Viewer, ref: str, form: Form | None = None) -> pages.DelegationFormPage:
    """The form that offers an event. Raises NotFound, Forbidden."""
    event = event_sheets.head_of(viewer, ref).event
    if not delegations.may_delegate_event(viewer, event.id):
        raise Forbidden(NOT_AUTHORISED)
    groups = words.group_choices(viewing.groups_to_choose(viewer))
    orgs = organisations.list_organisations(viewer)
    return pages.DelegationFormPage(
        event_id=event.id,
        event_info=event.info,
        form=form or Form({"distribution": "-1"}),
        organisations=tuple(Choice(str(org.id), org.name) for org in orgs if org.id != event.orgc_id),
        distributions=(Choice("-1", _("whoever takes it over decides")), *words.event_levels(with_groups=bool(groups))),
        groups=groups,
    )


def correlation_page(form: Form | None = None) -> pages.CorrelationPage:
    """What does not correlate, and what is too common to."""
    rows = correlation_exclusions.list_exclusions()
    return pages.CorrelationPage(
        rows=tuple(pages.ExclusionRow(row.id, row.value, row.comment) for row in rows),
        common=tuple(pages.CommonRow(one.value, one.events) for one in correlation_exclusions.common_values()),
        cap=correlation_exclusions.correlation_cap(),
        form=form or Form(),
    )
