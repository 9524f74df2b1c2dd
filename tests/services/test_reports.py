"""Event reports (MODEL §5.4, §7.4; RULES §2, §7)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain import clock, ids
from mispmini.domain.drafts import AttributeDraft, EventDraft, OrganisationDraft, ReportDraft
from mispmini.domain.errors import Forbidden, NotFound, SaveFailed
from mispmini.domain.filters import Deleted
from mispmini.domain.graphs import EventRow
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event
from mispmini.services.publishing import publish_event
from mispmini.services.reports import (
    ViewedReport,
    add_report,
    delete_report,
    edit_report,
    reports_of,
    restore_report,
    view_report,
)
from mispmini.store.graphs import load_event
from tests.services.conftest import Household as House

Verb = Callable[[Viewer, str], object]


@pytest.fixture
def event(house: House) -> int:
    """A published event of Alice's, half a minute old."""
    draft = EventDraft(info="with reports", timestamp=clock.now() - 30, attributes=(AttributeDraft("text", "anchor"),))
    saved = add_event(house.alice, draft)
    publish_event(house.alice, saved.uuid)
    return saved.event_id


def added(viewer: Viewer, event: int, **fields: Any) -> ViewedReport:
    """A report, half a minute old."""
    draft = ReportDraft("Findings", "# Findings", timestamp=clock.now() - 30)
    return add_report(viewer, str(event), replace(draft, **fields))


def row_of(viewer: Viewer, event: int) -> EventRow:
    """The event's own columns."""
    return load_event(viewer, str(event)).event


def test_an_added_report_inherits_and_makes_its_event_a_newer_draft(house: House, event: int) -> None:
    before = row_of(house.alice, event)
    made = added(house.alice, event)
    after = row_of(house.alice, event)
    assert (made.report.distribution, made.event.id, made.orgc.uuid, made.group) == (5, event, house.alfa.uuid, None)
    assert (after.published, after.timestamp > before.timestamp) == (False, True)


def test_a_report_that_a_partner_adds_without_a_level_stays(house: House) -> None:
    saved = add_event(house.sam, EventDraft(info="theirs", distribution=1))
    assert added(house.sam, saved.event_id).report.distribution == 0


def test_a_taken_uuid_is_refused(house: House, event: int) -> None:
    taken = added(house.alice, event).report
    other = add_event(house.alice, EventDraft(info="other"))
    for where in (event, other.event_id):
        with pytest.raises(SaveFailed, match="Could not add EventReport"):
            added(house.alice, where, uuid=taken.uuid, timestamp=clock.now() + 60)
    assert view_report(house.alice, taken.uuid).report == taken


def test_an_edit_is_newer_whatever_time_it_gives(house: House, event: int) -> None:
    made = added(house.alice, event).report
    edited = edit_report(house.alice, made.uuid, ReportDraft("Better", "text", timestamp=1)).report
    assert (edited.name, edited.content, edited.timestamp > made.timestamp) == ("Better", "text", True)


def test_a_report_is_never_moved(house: House, event: int) -> None:
    made = added(house.alice, event).report
    with pytest.raises(SaveFailed, match="Could not edit EventReport"):
        edit_report(house.alice, made.uuid, ReportDraft("x", "", uuid=ids.new_uuid()))


def test_a_soft_deletion_is_newer_and_is_undone_by_a_restore(house: House, event: int) -> None:
    made = added(house.alice, event).report
    delete_report(house.alice, made.uuid)
    gone = view_report(house.alice, made.uuid).report
    assert (gone.deleted, gone.timestamp > made.timestamp) == (True, True)
    assert not row_of(house.alice, event).published
    restore_report(house.alice, made.uuid)
    back = view_report(house.alice, made.uuid).report
    assert (back.deleted, back.timestamp > gone.timestamp) == (False, True)


def test_a_hard_deletion_leaves_no_row(house: House, event: int) -> None:
    made = added(house.alice, event).report
    delete_report(house.alice, str(made.id), hard=True)
    with pytest.raises(NotFound):
        view_report(house.dora, made.uuid)


def test_an_index_holds_live_ones_unless_told_otherwise(house: House, event: int) -> None:
    live, gone = added(house.alice, event, name="A quiet one").report, added(house.alice, event).report
    delete_report(house.alice, gone.uuid)

    def listed(state: Deleted, viewer: Viewer = house.alice, search: str = "") -> list[int]:
        return [viewed.report.id for viewed in reports_of(viewer, event, state, search=search)]

    assert listed(Deleted.LIVE) == [live.id]
    assert listed(Deleted.ONLY) == [gone.id]
    assert listed(Deleted.BOTH) == [live.id, gone.id]
    assert listed(Deleted.BOTH, house.bob) == [live.id]
    assert listed(Deleted.LIVE, search="QUIET") == [live.id]
    assert listed(Deleted.LIVE, search="loud") == []


VERBS: dict[str, Verb] = {
    "edit": lambda viewer, ref: edit_report(viewer, ref, ReportDraft("x", "")),
    "delete": delete_report,
    "restore": restore_report,
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_only_the_creators_organisation_changes_a_report(house: House, event: int, verb: Verb) -> None:
    made = added(house.alice, event).report
    with pytest.raises(Forbidden):
        verb(house.bob, made.uuid)
    assert view_report(house.alice, made.uuid).report == made
    verb(house.dora, made.uuid)


def test_the_account_that_delivered_an_event_adds_reports_and_does_not_change_them(house: House) -> None:
    """canModify reaches further than the right over reports (MODEL §5.4)."""
    orgc = OrganisationDraft(house.beta.uuid, house.beta.name)
    saved = add_event(house.sam, EventDraft(info="theirs", distribution=1, orgc=orgc))
    made = added(house.sam, saved.event_id, distribution=1).report
    with pytest.raises(Forbidden):
        delete_report(house.sam, made.uuid)
    delete_report(house.bob, made.uuid)


def test_adding_needs_the_right_to_modify(house: House, event: int) -> None:
    with pytest.raises(Forbidden):
        added(house.bob, event)


@pytest.mark.parametrize("verb", [*VERBS.values(), view_report], ids=[*VERBS, "view"])
@pytest.mark.parametrize("way", ["hidden", "absent", "nonsense"])
def test_an_invisible_report_is_an_absent_one(house: House, event: int, way: str, verb: Verb) -> None:
    hidden = added(house.alice, event, distribution=0).report
    ref = {"hidden": hidden.uuid, "absent": ids.new_uuid(), "nonsense": "1 OR 1"}[way]
    with pytest.raises(NotFound, match="Invalid Event Report"):
        verb(house.bob, ref)
