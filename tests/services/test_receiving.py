"""What a link may do here: our name, ownership, levels, the future, identity (RULES §4, §5, §6)."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from mispmini.domain import clock, ids
from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import (
    AttributeDraft,
    EventDraft,
    ObjectDraft,
    OrganisationDraft,
    ReportDraft,
    SharingGroupDraft,
)
from mispmini.domain.errors import Blocked, Forbidden, NotFound, Refused, SaveFailed
from mispmini.domain.graphs import EventGraph, SharingGroup
from mispmini.domain.group_forms import GroupForm, MemberForm
from mispmini.domain.notices import NoticeKind
from mispmini.domain.origin import Origin, Way
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import arrivals, groups_admin, receiving
from mispmini.services.events import add_event, edit_event
from mispmini.services.servers import add_server
from mispmini.store import notices
from mispmini.store.database import writing
from mispmini.store.events import wanted_for_push
from mispmini.store.graphs import load_event
from mispmini.store.outbox import list_queue
from mispmini.store.servers import delete_server, update_server
from mispmini.store.settings import save_setting
from mispmini.store.sql import execute, scalar
from mispmini.store.versions import local_versions
from mispmini.wire.sharing_group_in import read_sharing_group
from tests.services.conftest import BETA
from tests.services.conftest import Household as House

STRANGER = OrganisationDraft("57a90000-0000-4000-8000-00000000000d", "CSIRT Estranho")
NEVER_SENT = ids.new_authkey()
D = Distribution
FAR_AHEAD = 10 * 86400


@pytest.fixture
def any_policy(house: House) -> Iterator[None]:
    """MISP's behaviour: every link may update what is locked."""
    with writing():
        save_setting("update_policy", "any", user_id=None)
    yield
    with writing():
        save_setting("update_policy", "link", user_id=None)


@pytest.fixture
def gamas_server(house: House) -> Iterator[int]:
    """The link to Sam's organisation."""
    draft = ServerDraft(name="Gama", url="https://gama.example", authkey=NEVER_SENT, remote_org=house.gama.uuid)
    server_id = add_server(house.dora, replace(draft, push=True)).id
    yield server_id
    with writing():
        delete_server(server_id)


def set_on(server_id: int, **columns: object) -> None:
    """Change the link."""
    with writing():
        update_server(server_id, columns)


def came(viewer: Viewer, **fields: object) -> EventGraph:
    """An event as it stands after a link delivered it."""
    attribute = AttributeDraft("domain", f"{ids.new_uuid()}.example", uuid=ids.new_uuid(), timestamp=1000)
    draft = EventDraft(info="as it came", uuid=ids.new_uuid(), orgc=STRANGER, locked=True, attributes=(attribute,))
    return now(add_event(viewer, replace(draft, **fields)).uuid)  # type: ignore[arg-type]


def now(uuid: str) -> EventGraph:
    """An event as it stands."""
    return load_event(Viewer.everything(), uuid)


def over_beta(house: House) -> Origin:
    """A pull from Bob's organisation, which delivered nothing yet."""
    return Origin(Way.PULL, house.alfa.id, link_org_id=house.beta.id, server_id=99)


def refused(house: House, uuid: str) -> list[str]:
    """Why updates of an event were refused, as people are told."""
    found, _ = arrivals.refused_updates(house.dora, limit=500)
    return [item.reason for item in found if item.event_uuid == uuid]


def kinds(event: EventGraph) -> list[NoticeKind]:
    """What is noted about an event."""
    return [notice.kind for notice in notices.notices_of(event.event.id)]


# In our own name ---------------------------------------------------------------------------------------------------


def ours(house: House) -> OrganisationDraft:
    """The organisation that runs this instance."""
    return OrganisationDraft(house.alfa.uuid, house.alfa.name)


def test_an_event_in_our_name_is_accepted_and_marked(house: House, gamas_server: int) -> None:
    event = came(house.sam, orgc=ours(house), distribution=D.ALL)
    told = arrivals.arrival_of(house.alice, event.event)
    assert told is not None
    assert (event.event.distribution, told.in_our_name, told.review, told.delivered_by) == (
        3,
        True,
        False,
        "CSIRT Gama",
    )
    assert event.event.uuid in [row.event_uuid for row in arrivals.in_our_name(house.dora)]


def test_one_to_be_reviewed_is_its_organisations_alone_until_it_is_released(house: House, gamas_server: int) -> None:
    set_on(gamas_server, own_name_policy="review")
    draft = ServerDraft(name="Beta", url="https://beta.example", authkey=NEVER_SENT, remote_org=house.beta.uuid)
    betas = add_server(house.dora, replace(draft, push=True))
    event = came(house.sam, orgc=ours(house), distribution=D.ALL, published=True)
    uuid, sent = event.event.uuid, event.event.timestamp
    assert (event.event.distribution, kinds(event)) == (D.ORGANISATION, [NoticeKind.HELD])
    edit_event(house.sam, uuid, EventDraft(info="newer", distribution=D.CONNECTED, timestamp=sent + 1, published=True))
    assert (now(uuid).event.info, now(uuid).event.distribution) == ("newer", D.ORGANISATION)
    with pytest.raises(Forbidden):
        arrivals.release(house.alice, uuid)
    arrivals.release(house.dora, uuid)
    assert (now(uuid).event.distribution, kinds(now(uuid))) == (D.CONNECTED, [])
    assert [item.row.event_uuid for item in list_queue(betas.id)] == [uuid]
    assert list_queue(gamas_server) == []
    with pytest.raises(Refused):
        arrivals.release(house.dora, uuid)
    with writing():
        delete_server(betas.id)


def test_one_that_is_refused_is_not_stored_and_listed(house: House, gamas_server: int) -> None:
    set_on(gamas_server, own_name_policy="refuse")
    uuid = ids.new_uuid()
    with pytest.raises(Blocked, match="in the name of the organisation"):
        came(house.sam, uuid=uuid, orgc=ours(house))
    with pytest.raises(NotFound):
        now(uuid)
    assert refused(house, uuid) == [receiving.OUR_NAME]
    assert came(house.sam).event.distribution == D.COMMUNITY


def test_over_an_internal_link_our_name_is_no_news(house: House, gamas_server: int) -> None:
    set_on(gamas_server, internal=True, own_name_policy="refuse")
    told = arrivals.arrival_of(house.dora, came(house.sam, orgc=ours(house)).event)
    assert told is not None
    assert not told.in_our_name


def test_a_group_that_is_gone_at_the_release_leaves_it_to_its_organisation(house: House, gamas_server: int) -> None:
    event = came(house.sam, orgc=ours(house))
    with writing():
        execute("UPDATE event SET review = 1 WHERE id = ?", (event.event.id,))
        held = {"distribution": str(int(D.SHARING_GROUP)), "sharing_group_id": "987654"}
        notices.put_notice(event.event.id, NoticeKind.HELD, None, held)
    arrivals.release(house.dora, event.event.uuid)
    assert (now(event.event.uuid).event.distribution, now(event.event.uuid).event.sharing_group_id) == (0, None)


# Who may update ----------------------------------------------------------------------------------------------------


def test_reassigning_the_delivering_link_changes_who_may_update(house: House) -> None:
    event = came(house.sam)
    newer = EventDraft(info="over Beta", timestamp=event.event.timestamp + 1)
    with pytest.raises(SaveFailed, match="Could not edit Event"):
        edit_event(house.dora, event.event.uuid, newer, over_beta(house))
    with pytest.raises(SaveFailed):
        edit_event(house.dora, event.event.uuid, newer, over_beta(house))
    assert refused(house, event.event.uuid) == [receiving.NOT_OWNER], "a repeated update is listed once"
    arrivals.reassign(house.dora, event.event.uuid, str(house.beta.id))
    edit_event(house.dora, event.event.uuid, newer, over_beta(house))
    assert now(event.event.uuid).event.info == "over Beta"
    with pytest.raises(SaveFailed):
        edit_event(house.sam, event.event.uuid, replace(newer, timestamp=event.event.timestamp + 2))


@pytest.mark.parametrize("who", ["alice", "sam"])
def test_only_site_admins_reassign_release_and_read_the_lists(house: House, who: str) -> None:
    viewer, event = getattr(house, who), came(house.sam)
    verbs: list[Callable[[], object]] = [
        lambda: arrivals.reassign(viewer, event.event.uuid, ""),
        lambda: arrivals.release(viewer, event.event.uuid),
        lambda: arrivals.refused_updates(viewer, limit=1),
        lambda: arrivals.in_our_name(viewer),
    ]
    for verb in verbs:
        with pytest.raises(Forbidden):
            verb()


def test_reassigning_to_nobody_that_is_known_is_refused(house: House) -> None:
    with pytest.raises(Refused):
        arrivals.reassign(house.dora, came(house.sam).event.uuid, ids.new_uuid())


# Distribution ------------------------------------------------------------------------------------------------------

LEVELS = {
    "narrower": (D.ALL, D.COMMUNITY, D.COMMUNITY),
    "wider": (D.COMMUNITY, D.ALL, D.COMMUNITY),
    "from-the-organisation": (D.ORGANISATION, D.CONNECTED, D.ORGANISATION),
    "the-same": (D.CONNECTED, D.CONNECTED, D.CONNECTED),
}


@pytest.mark.parametrize(("stands", "sent", "after"), LEVELS.values(), ids=LEVELS)
def test_over_another_link_content_is_taken_and_a_raise_is_not(
    house: House, any_policy: None, stands: Distribution, sent: Distribution, after: Distribution
) -> None:
    event = came(house.sam, distribution=stands)
    newer = EventDraft(info="newer", distribution=sent, timestamp=event.event.timestamp + 1)
    edit_event(house.dora, event.event.uuid, newer, over_beta(house))
    stored = now(event.event.uuid)
    assert (stored.event.info, stored.event.distribution) == ("newer", after)
    assert kinds(stored) == ([NoticeKind.LEVEL_KEPT] if sent > stands else [])


@pytest.mark.parametrize("orgc", [STRANGER, BETA], ids=["delivered-it", "wrote-it"])
def test_the_delivering_link_and_the_creators_own_raise(house: House, orgc: OrganisationDraft) -> None:
    event = came(house.sam, orgc=orgc, distribution=D.COMMUNITY)
    newer = EventDraft(distribution=D.ALL, timestamp=event.event.timestamp + 1)
    if orgc is BETA:
        edit_event(house.dora, event.event.uuid, newer, over_beta(house))
    else:
        edit_event(house.sam, event.event.uuid, newer)
    assert now(event.event.uuid).event.distribution == D.ALL


def test_a_group_over_another_link_is_never_put_in_the_place_of_one(house: House, any_policy: None) -> None:
    groups = [
        groups_admin.add_group(
            house.dora,
            GroupForm(name=ids.new_uuid(), orgs=(MemberForm(house.alfa.uuid), MemberForm(house.gama.uuid))),
        )
        for _ in range(2)
    ]
    event = came(house.sam)
    level = {"distribution": int(D.SHARING_GROUP), "sharing_group_id": groups[0].id}
    with writing():
        execute(
            "UPDATE event SET distribution = ?, sharing_group_id = ? WHERE id = ?", (*level.values(), event.event.id)
        )
    newer = EventDraft(distribution=int(D.SHARING_GROUP), timestamp=event.event.timestamp + 1)
    draft = groups_admin.view_group(house.dora, groups[1].uuid).group
    edit_event(house.dora, event.event.uuid, replace(newer, sharing_group=as_sent(draft)), over_beta(house))
    assert now(event.event.uuid).event.sharing_group_id == groups[0].id


def as_sent(group: SharingGroup) -> SharingGroupDraft:
    """A known group as an event carries it, older than it stands here."""
    return read_sharing_group({"uuid": group.uuid, "name": group.name, "modified": "2000-01-01 00:00:00"})


def test_over_another_link_no_element_reaches_more(house: House, any_policy: None) -> None:
    attribute = AttributeDraft("domain", "a.example", uuid=ids.new_uuid(), timestamp=1000, distribution=D.ORGANISATION)
    held = AttributeDraft("domain", "b.example", uuid=ids.new_uuid(), timestamp=1000, object_relation="domain")
    obj = ObjectDraft("domain-ip", "network", uuid=ids.new_uuid(), timestamp=1000, distribution=D.ORGANISATION)
    report = ReportDraft("What happened", "text", uuid=ids.new_uuid(), timestamp=1000, distribution=D.ORGANISATION)
    obj = replace(obj, attributes=(held,))
    event = came(house.sam, distribution=D.ALL, attributes=(attribute,), objects=(obj,), reports=(report,))
    newer = EventDraft(
        timestamp=event.event.timestamp + 1,
        attributes=(replace(attribute, distribution=D.ALL, comment="newer", timestamp=2000),),
        objects=(replace(obj, distribution=D.INHERIT, comment="newer", timestamp=2000),),
        reports=(replace(report, distribution=D.INHERIT, content="newer", timestamp=2000),),
    )
    edit_event(house.dora, event.event.uuid, newer, over_beta(house))
    stored = now(event.event.uuid)
    loose = next(item for item in stored.attributes if item.uuid == attribute.uuid)
    assert (loose.comment, stored.objects[0].comment, stored.reports[0].content) == ("newer",) * 3
    assert {loose.distribution, stored.objects[0].distribution, stored.reports[0].distribution} == {0}
    later = replace(newer, timestamp=event.event.timestamp + 2)
    edit_event(house.sam, event.event.uuid, replace(later, attributes=(replace(newer.attributes[0], timestamp=3000),)))
    assert next(a for a in now(event.event.uuid).attributes if a.uuid == attribute.uuid).distribution == D.ALL


# The future --------------------------------------------------------------------------------------------------------


def test_a_future_update_over_another_link_is_refused_and_listed(house: House, any_policy: None) -> None:
    event = came(house.sam)
    ahead = EventDraft(info="2099", timestamp=clock.now() + FAR_AHEAD)
    with pytest.raises(SaveFailed) as refusal:
        edit_event(house.dora, event.event.uuid, ahead, over_beta(house))
    assert refusal.value.errors == receiving.IN_THE_FUTURE
    assert (now(event.event.uuid).event.info, refused(house, event.event.uuid)) == (
        "as it came",
        [receiving.IN_THE_FUTURE],
    )


def test_while_the_clocks_are_known_to_differ_the_future_is_taken(house: House, any_policy: None) -> None:
    draft = ServerDraft(name="Beta", url="https://beta.example", authkey=NEVER_SENT, remote_org=house.beta.uuid)
    server = add_server(house.dora, draft)
    set_on(server.id, clock_skew=FAR_AHEAD)
    event = came(house.sam)
    ahead = EventDraft(info="their clock", timestamp=clock.now() + FAR_AHEAD)
    edit_event(house.dora, event.event.uuid, ahead, over_beta(house))
    assert now(event.event.uuid).event.info == "their clock"
    with writing():
        delete_server(server.id)


def test_a_new_event_of_the_future_is_marked_and_mended_over_its_link(house: House) -> None:
    sane, ahead = clock.now() - 60, clock.now() + FAR_AHEAD
    event = came(house.sam, timestamp=sane)
    uuid = event.event.uuid
    edit_event(house.sam, uuid, EventDraft(info="frozen", timestamp=ahead))
    told = arrivals.arrival_of(house.dora, now(uuid).event)
    assert told is not None
    assert told.in_the_future
    assert wanted_for_push([(uuid, ahead)]) == []
    assert wanted_for_push([(uuid, sane + 1)]) == [uuid]
    assert local_versions([uuid])[uuid].is_older_than(sane + 1)
    for stale in (ahead, sane):
        with pytest.raises(SaveFailed, match="Could not edit Event"):
            edit_event(house.sam, uuid, EventDraft(info="again", timestamp=stale))
    edit_event(house.sam, uuid, EventDraft(info="mended", timestamp=sane + 1))
    assert (now(uuid).event.info, now(uuid).event.timestamp) == ("mended", sane + 1)
    with pytest.raises(SaveFailed):
        edit_event(house.sam, uuid, EventDraft(info="older", timestamp=sane))


def test_the_version_before_the_future_outlives_several_of_them(house: House) -> None:
    sane, ahead = clock.now() - 60, clock.now() + FAR_AHEAD
    event = came(house.sam, timestamp=sane)
    for step in range(2):
        edit_event(house.sam, event.event.uuid, EventDraft(info="frozen", timestamp=ahead + step))
    assert scalar("SELECT prev_timestamp FROM event WHERE uuid = ?", (event.event.uuid,)) == sane


# Identity ----------------------------------------------------------------------------------------------------------


def test_an_element_of_another_event_is_skipped_and_listed(house: House) -> None:
    one, other = came(house.sam), came(house.sam)
    thief = replace(AttributeDraft("domain", "stolen.example"), uuid=other.attributes[0].uuid, timestamp=2000)
    saved = edit_event(house.sam, one.event.uuid, EventDraft(timestamp=one.event.timestamp + 1, attributes=(thief,)))
    assert [item.uuid for item in saved.dropped] == [other.attributes[0].uuid]
    assert now(other.event.uuid).attributes == other.attributes
