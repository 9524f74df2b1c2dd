"""Builds the pages of proposals: the inbox, and the forms that they are made by."""

from collections.abc import Iterator, Mapping

from mispmini.domain.attribute_types import is_attachment
from mispmini.domain.graphs import AttributeRow, OrganisationRow
from mispmini.domain.opinions import ProposalFilters, ProposalRow
from mispmini.domain.viewer import Viewer
from mispmini.services import attributes, event_sheets, proposals
from mispmini.services.attachments import safe_name
from mispmini.web import pages
from mispmini.web.building.elements import attribute_choices, files_page_of
from mispmini.web.i18n import _

_SHOWN = 100


def inbox(viewer: Viewer, *, everything: bool) -> pages.ProposalsPage:
    """What waits for the viewer's organisation; with `everything` all pending proposals that it sees."""
    found = proposals.list_proposals(viewer, ProposalFilters(to_me=not everything, limit=_SHOWN + 1))
    shown = found[:_SHOWN]
    more = max(0, proposals.count_waiting(viewer) - _SHOWN) if not everything else len(found) - len(shown)
    return pages.ProposalsPage(everything, cards(viewer, shown), more)


def cards(viewer: Viewer, rows: list[ProposalRow]) -> tuple[pages.ProposalCard, ...]:
    """Proposals as they are shown, each beside what is there now."""
    organisations, now = proposals.organisations_of(rows), proposals.current_attributes(rows)
    standing = {event_id: _Event(viewer, event_id) for event_id in {row.event_id for row in rows}}
    return tuple(_card(viewer, row, now.get(row.old_id or 0), organisations, standing[row.event_id]) for row in rows)


class _Event:
    """What is told of a proposal's event, and whether the viewer decides about it."""

    def __init__(self, viewer: Viewer, event_id: int) -> None:
        self.info = event_sheets.head_of(viewer, str(event_id)).event.info
        self.may_settle = proposals.may_settle(viewer, event_id)


def _card(
    viewer: Viewer,
    row: ProposalRow,
    now: AttributeRow | None,
    organisations: Mapping[int, OrganisationRow],
    event: _Event,
) -> pages.ProposalCard:
    org = organisations.get(row.org_id or 0)
    own = bool(row.email) and row.email == viewer.email
    return pages.ProposalCard(
        id=row.id,
        event_id=row.event_id,
        event_info=event.info,
        attribute_id=row.old_id,
        what=_what(row),
        organisation=org.name if org else "",
        proposed=row.timestamp,
        fields=tuple(_fields(row, now)),
        file=None if row.size is None else pages.ProposedFile(safe_name(row), row.size),
        may_accept=event.may_settle,
        may_discard=event.may_settle or own,
    )


def _what(row: ProposalRow) -> str:
    if row.old_id is None:
        return _("Add an attribute")
    return _("Delete an attribute") if row.proposal_to_delete else _("Change an attribute")


def _fields(row: ProposalRow, now: AttributeRow | None) -> Iterator[pages.ProposedField]:
    for name, label in (("value", _("Value")), ("type", _("Type")), ("category", _("Category")),
                        ("to_ids", _("For intrusion detection (IDS)")), ("comment", _("Comment"))):  # fmt: skip
        before = "" if now is None else _text(getattr(now, name))
        after = _text(getattr(row, name))
        changed = now is not None and not row.proposal_to_delete and before != after
        if before or after:
            yield pages.ProposedField(label, before, after, changed)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def new_form(viewer: Viewer, event_ref: str, form: pages.Form | None) -> pages.ProposalFormPage:
    """The form of a proposed attribute; `form` is what was typed and refused. Raises NotFound."""
    head = event_sheets.head_of(viewer, event_ref)
    return pages.ProposalFormPage(
        event_id=head.event.id,
        event_info=head.event.info,
        owner=head.orgc.name,
        attribute_id=None,
        action=f"/shadow_attributes/add/{head.event.id}",
        takes_file=False,
        form=form or pages.Form({"type": "ip-dst"}),
        choices=attribute_choices(viewer),
    )


def files_form(viewer: Viewer, event_ref: str, form: pages.Form | None) -> pages.FilesPage:
    """The form that files are proposed by. Raises NotFound."""
    head = event_sheets.head_of(viewer, event_ref)
    return files_page_of(head.event, form, owner=head.orgc.name)


def change_form(viewer: Viewer, attribute_ref: str, form: pages.Form | None) -> pages.ProposalFormPage:
    """The form of a proposed change, filled with what is there. Raises Refused for an attribute that is not seen."""
    stored = attributes.view_attribute(viewer, attribute_ref).attribute
    head = event_sheets.head_of(viewer, str(stored.event_id))
    return pages.ProposalFormPage(
        event_id=head.event.id,
        event_info=head.event.info,
        owner=head.orgc.name,
        attribute_id=stored.id,
        action=f"/shadow_attributes/edit/{stored.id}",
        takes_file=is_attachment(stored.type),
        form=form or pages.Form(_values(stored)),
        choices=attribute_choices(viewer),
    )


def _values(stored: AttributeRow) -> dict[str, str]:
    texts = {name: getattr(stored, name) for name in ("type", "category", "value", "comment")}
    return texts | {"to_ids": "1" if stored.to_ids else "0"}
