"""What waits to be published again is known by its version: within one second nothing is older than anything else."""

import time
from collections.abc import Callable

import pytest

from mispmini.domain.drafts import AttributeDraft, EventDraft, ReportDraft
from mispmini.domain.graphs import EventGraph
from mispmini.services.attributes import add_attributes, delete_attribute, edit_attribute
from mispmini.services.events import add_event, edit_event
from mispmini.services.publishing import publish_event, unpublish_event
from mispmini.services.reports import add_report
from mispmini.services.tags import attach, event_target
from mispmini.store.graphs import Parts, load_event
from tests.services.conftest import Household as House

Change = Callable[[House, EventGraph], object]
A_MOMENT = 1_900_000_000
CHANGES: dict[str, Change] = {
    "delete": lambda house, event: delete_attribute(house.alice, event.attributes[0].uuid),
    "comment": lambda house, event: edit_attribute(house.alice, event.attributes[0].uuid, AttributeDraft(comment="c")),
    "add": lambda house, event: add_attributes(house.alice, event.event.uuid, [_attribute("more.example")]),
    "report": lambda house, event: add_report(house.alice, event.event.uuid, ReportDraft("r", "content")),
    "tag": lambda house, event: attach(house.dora, event_target(house.dora, event.event.uuid), "tlp:green"),
    "info": lambda house, event: edit_event(house.alice, event.event.uuid, EventDraft(info="Another name")),
}


@pytest.fixture
def _stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's clock stands still."""
    monkeypatch.setattr(time, "time", lambda: float(A_MOMENT))


def _attribute(value: str) -> AttributeDraft:
    return AttributeDraft(type="domain", value=value)


def _seen(house: House, uuid: str) -> EventGraph:
    return load_event(house.alice, uuid, Parts())


def _published(house: House, *, changed: int) -> EventGraph:
    """An event as it stands when it is published, last changed so many seconds after this one."""
    draft = EventDraft(info="Out", timestamp=A_MOMENT + changed, attributes=(_attribute("first.example"),))
    uuid = add_event(house.alice, draft).uuid
    publish_event(house.alice, uuid)
    return _seen(house, uuid)


@pytest.mark.usefixtures("_stopped")
@pytest.mark.parametrize("changed", [-10, -1, 0, 1, 10])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_in_the_second_of_publishing_waits_to_be_published(house: House, change: str, changed: int) -> None:
    event = _published(house, changed=changed)
    assert not event.event.changed_since_publish
    CHANGES[change](house, event)
    now = _seen(house, event.event.uuid).event
    assert now.changed_since_publish
    assert now.timestamp > event.event.timestamp
    publish_event(house.alice, now.uuid)
    assert not _seen(house, now.uuid).event.changed_since_publish


@pytest.mark.usefixtures("_stopped")
@pytest.mark.parametrize("changed", [-10, -1, 0, 1, 10])
def test_taking_the_mark_off_is_no_change_and_a_change_after_it_is_newer(house: House, changed: int) -> None:
    event = _published(house, changed=changed).event
    unpublish_event(house.alice, event.uuid)
    assert not _seen(house, event.uuid).event.changed_since_publish
    edit_event(house.alice, event.uuid, EventDraft(info="Another name"))
    now = _seen(house, event.uuid).event
    assert now.changed_since_publish
    assert now.timestamp > event.timestamp, "who has what was published takes nothing that is as old"


@pytest.mark.usefixtures("_stopped")
def test_what_was_never_published_does_not_wait_for_the_next_time(house: House) -> None:
    uuid = add_event(house.alice, EventDraft(info="Draft")).uuid
    edit_event(house.alice, uuid, EventDraft(info="Another name"))
    assert not _seen(house, uuid).event.changed_since_publish
