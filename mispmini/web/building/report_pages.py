"""Builds the pages of event reports."""

from markupsafe import Markup

from mispmini.domain.viewer import Viewer
from mispmini.services import event_sheets
from mispmini.services.reports import ViewedReport
from mispmini.web import pages
from mispmini.web.building import markdown, words
from mispmini.web.building.badges import element_audience, tag_badges
from mispmini.web.building.elements import attribute_choices

_EXCERPT = 200


def report_row(viewed: ViewedReport) -> pages.ReportRow:
    """A report in the list of its event."""
    report = viewed.report
    return pages.ReportRow(
        id=report.id,
        name=report.name,
        audience=_audience(viewed),
        changed=report.timestamp,
        deleted=report.deleted,
        tags=tag_badges(viewed.tags),
        excerpt=" ".join(report.content[: 2 * _EXCERPT].split())[:_EXCERPT],
    )


def report_page(viewer: Viewer, viewed: ViewedReport) -> pages.ReportPage:
    """A report as it reads."""
    report = viewed.report
    rendered = markdown.rendered(report.content)
    return pages.ReportPage(
        id=report.id,
        uuid=report.uuid,
        event_id=viewed.event.id,
        event_info=viewed.event.info,
        name=report.name,
        html=rendered or Markup(),
        source="" if rendered is not None else report.content,
        audience=_audience(viewed),
        changed=report.timestamp,
        deleted=report.deleted,
        tags=tag_badges(viewed.tags),
        may_edit=event_sheets.may_change_elements(viewer, viewed.event.id),
    )


def new_report_page(viewer: Viewer, event_ref: str, form: pages.Form | None) -> pages.ReportFormPage:
    """The form of a new report. Raises NotFound."""
    event = event_sheets.head_of(viewer, event_ref).event
    event_sheets.must_change_elements(viewer, event.id)
    values = {"distribution": words.inherit()}
    return pages.ReportFormPage(None, event.id, event.info, form or pages.Form(values), attribute_choices(viewer))


def report_form_page(viewer: Viewer, viewed: ViewedReport, form: pages.Form | None) -> pages.ReportFormPage:
    """The form of a report that is here."""
    event_sheets.must_change_elements(viewer, viewed.event.id)
    report = viewed.report
    values = {
        "name": report.name,
        "content": report.content,
        "distribution": str(report.distribution),
        "sharing_group_id": str(report.sharing_group_id or ""),
    }
    return pages.ReportFormPage(
        report.id, viewed.event.id, viewed.event.info, form or pages.Form(values), attribute_choices(viewer)
    )


def _audience(viewed: ViewedReport) -> str:
    group = viewed.group
    return element_audience(viewed.report.distribution, (group.name or group.uuid) if group else "")
