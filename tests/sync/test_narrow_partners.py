"""Partners that cannot store everything: what they lack is left out, named and remembered (RULES §11)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.comparisons import DifferenceKind
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, ReportDraft, TagDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.services import deliveries
from mispmini.services.events import edit_event
from mispmini.services.publishing import publish_event
from mispmini.services.servers import forget_unstorable
from mispmini.store.comparisons import list_differences
from mispmini.store.versions import local_versions
from mispmini.sync.comparing import compare_with
from mispmini.sync.delivering import Patience, deliver_due
from mispmini.sync.push_all import push_to
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, queue_of
from tests.sync.hostile import Received, answer
from tests.sync.narrow import STUMBLE, NarrowMisp
from tests.sync.taking import GROUP, INHERIT, fresh, group_of

FOX, PLAIN = "\U0001f98a", "�"
HASH = "filename|impfuzzy"


@pytest.fixture
def misp() -> NarrowMisp:
    """A partner on utf8mb3."""
    return NarrowMisp()


@pytest.fixture
def link(ground: Ground, misp: NarrowMisp) -> Iterator[LinkedServer]:
    """The link to it."""
    with misp.listening() as partner:
        yield ground.links(partner.url, push=True)


def deliver(link: LinkedServer) -> None:
    """One run, that would try again in an hour."""
    deliver_due(link.id, OUTBOUND, patience=Patience(base=3600))


def an_attribute(value: str, kind: str = "domain", **more: Any) -> AttributeDraft:
    """With a uuid of its own."""
    return AttributeDraft(type=kind, value=value, uuid=new_uuid(), **more)


def in_all_fields() -> EventDraft:
    """An event with such a character wherever a partner may not store it, and in a value."""
    inside = an_attribute("b.example", comment=f"in an object {FOX}", object_relation="domain")
    item = ObjectDraft(name="domain-ip", meta_category="network", description="d", comment=f"about it {FOX}",
                       template_uuid=new_uuid(), template_version=1, uuid=new_uuid(), attributes=(inside,))  # fmt: skip
    return a_draft(
        info=f"Fox {FOX}",
        attributes=(
            an_attribute(f"https://a.example/{FOX}", "url", comment=f"{FOX} seen"),
            an_attribute("c.example", tags=(TagDraft(f"den:{FOX}"), TagDraft("tlp:green"))),
        ),
        objects=(item,),
        reports=(ReportDraft(name=f"Report {FOX}", content=f"# {FOX}", distribution=INHERIT, uuid=new_uuid()),),
        tags=(TagDraft(f"fox:{FOX}"), TagDraft("tlp:clear")),
    )


FIELDS: dict[str, EventDraft] = {
    "info": a_draft(info=f"Fox {FOX}"),
    "the last plane": a_draft(info="Last \U0010ffff"),
    "a tag": a_draft(tags=(TagDraft(f"fox:{FOX}"),)),
    "an attribute's tag": a_draft(attributes=(an_attribute("a.example", tags=(TagDraft(f"fox:{FOX}"),)),)),
    "a comment": a_draft(attributes=(an_attribute("a.example"), an_attribute("b.example", comment=FOX))),
    "a report's name": a_draft(reports=(ReportDraft(name=FOX, content="# It", distribution=INHERIT, uuid=new_uuid()),)),
    "all of them": in_all_fields(),
}


@pytest.mark.parametrize("draft", FIELDS.values(), ids=FIELDS)
def test_what_a_partner_cannot_store_goes_without_those_characters(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, draft: EventDraft
) -> None:
    uuid = ground.publishes(draft)
    deliver(link)
    receipt, held = ground.receipt(link, uuid), misp.shown(uuid)
    assert (receipt.state, receipt.reason) == (LedgerState.DEGRADED, Trouble.CANNOT_STORE), receipt
    assert len(misp.sent) == 2
    assert queue_of(link) == []
    assert misp.values(uuid) == {a.value for a in ground.sees(uuid).attributes}
    assert held["info"] == draft.info.replace(FOX, PLAIN).replace("\U0010ffff", PLAIN) if draft.info else True
    assert len(held["EventReport"]) == len(draft.reports)
    deliver(link)
    assert len(misp.sent) == 2, "nothing is sent again by itself"


def test_the_ledger_names_what_was_replaced_and_which_tag_was_left_out(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    draft = in_all_fields()
    uuid = ground.publishes(draft)
    deliver(link)
    detail = ground.receipt(link, uuid).detail or ""
    commented, tagged = draft.attributes
    for named in (f"info of {uuid}", f"comment of {commented.uuid}", f"tag fox:{FOX}", f"tag den:{FOX}"):
        assert named in detail
    held = misp.shown(uuid)
    assert [tag["name"] for tag in held["Tag"]] == ["tlp:clear"]
    by_uuid = {a["uuid"]: a for a in held["Attribute"]}
    assert by_uuid[commented.uuid]["comment"] == f"{PLAIN} seen"
    assert by_uuid[commented.uuid]["value"] == f"https://a.example/{FOX}", "values are fine"
    assert [tag["name"] for tag in by_uuid[tagged.uuid]["Tag"]] == ["tlp:green"]
    assert held["EventReport"][0]["name"] == f"Report {PLAIN}"
    assert held["EventReport"][0]["content"] == f"# {FOX}"
    assert ground.sees(uuid).event.info == f"Fox {FOX}", "here it stays as it was written"


def test_the_link_remembers_and_the_next_event_goes_right_at_once(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    ground.publishes(FIELDS["info"])
    deliver(link)
    assert fresh(link).unstorable == ("U+10000",)
    uuid = ground.publishes(in_all_fields())
    deliver(link)
    assert len(misp.sent) == 3
    assert ground.receipt(link, uuid).state is LedgerState.DEGRADED
    forget_unstorable(ground.admin, link.id)
    ground.publishes(FIELDS["a tag"])
    deliver(link)
    assert len(misp.sent) == 5, "after a reset it is asked anew"
    assert fresh(link).unstorable == ("U+10000",)


def test_a_partner_that_stores_everything_gets_everything_once(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    misp.wide = True
    uuid = ground.publishes(in_all_fields())
    deliver(link)
    assert ground.receipt(link, uuid).state is LedgerState.SENT
    assert len(misp.sent) == 1
    assert fresh(link).unstorable == ()


def test_sent_whole_again_it_arrives_once_the_partner_can(ground: Ground, misp: NarrowMisp, link: LinkedServer) -> None:
    draft = in_all_fields()
    uuid = ground.publishes(draft)
    deliver(link)
    misp.wide = True
    deliveries.resend(ground.admin, link.id, uuid, whole=True)
    deliver(link)
    receipt, held = ground.receipt(link, uuid), misp.shown(uuid)
    assert (receipt.state, receipt.reason) == (LedgerState.UPDATED, None), receipt
    assert held["info"] == draft.info
    assert {tag["name"] for tag in held["Tag"]} == {f"fox:{FOX}", "tlp:clear"}
    assert {a["comment"] for a in held["Attribute"]} == {f"{FOX} seen", ""}
    assert held["Object"][0]["comment"] == f"about it {FOX}"
    assert held["Object"][0]["Attribute"][0]["comment"] == f"in an object {FOX}"
    assert held["EventReport"][0]["name"] == f"Report {FOX}"
    assert fresh(link).unstorable == (), "what was shown to be stored is no longer left out"
    assert len(misp.sent) == 3
    compare_with(fresh(link), OUTBOUND)
    assert list_differences(link.id, 10) == [], "its newer timestamp there is of our own making"


def test_sent_whole_again_too_early_it_is_there_as_before(ground: Ground, misp: NarrowMisp, link: LinkedServer) -> None:
    uuid = ground.publishes(in_all_fields())
    deliver(link)
    deliveries.resend(ground.admin, link.id, uuid, whole=True)
    deliver(link)
    assert ground.receipt(link, uuid).state is LedgerState.DEGRADED
    assert fresh(link).unstorable == ("U+10000",)
    assert len(misp.sent) == 4
    assert queue_of(link) == []


def test_an_edit_that_brings_such_characters_updates_what_is_there(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    first = AttributeDraft(type="domain", value="phish.example.org", uuid=new_uuid(), timestamp=1_700_000_000)
    draft = a_draft(timestamp=1_700_000_000, attributes=(first,))
    uuid = ground.publishes(draft)
    deliver(link)
    commented = AttributeDraft(type="domain", value="phish.example.org", uuid=first.uuid,
                               comment=f"now {FOX}", timestamp=1_700_000_100)  # fmt: skip
    new = an_attribute("new.example")
    edit_event(
        ground.admin, uuid, EventDraft(info=f"Newer {FOX}", attributes=(commented, new), timestamp=1_700_000_100)
    )
    publish_event(ground.admin, uuid)
    deliver(link)
    held = misp.shown(uuid)
    assert ground.receipt(link, uuid).state is LedgerState.DEGRADED
    assert held["info"] == f"Newer {PLAIN}"
    assert {a["value"]: a["comment"] for a in held["Attribute"]} == {
        "phish.example.org": f"now {PLAIN}",
        "new.example": "",
    }


def test_an_edit_of_the_second_that_a_copy_was_raised_to_is_no_equal_version(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    uuid = ground.publishes(a_draft(timestamp=1_700_000_000, attributes=(an_attribute("a.example", comment=FOX),)))
    deliver(link)
    assert misp.held[uuid]["timestamp"] == "1700000001"
    edit_event(ground.admin, uuid, EventDraft(info="Plain", timestamp=1_700_000_001))
    publish_event(ground.admin, uuid)
    deliver(link)
    assert misp.held[uuid]["info"] == "Plain"
    assert local_versions([uuid])[uuid].timestamp == 1_700_000_001


def test_published_again_as_it_is_it_stays_degraded_and_is_not_sent_anew(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    uuid = ground.publishes(in_all_fields())
    deliver(link)
    before = misp.shown(uuid)
    publish_event(ground.admin, uuid)
    deliver(link)
    push_to(fresh(link), uuid, OUTBOUND)
    assert ground.receipt(link, uuid).state is LedgerState.DEGRADED
    assert misp.shown(uuid) == before


@pytest.mark.parametrize(
    ("name", "is_there", "state"),
    [
        ("a comment", False, LedgerState.PARTIAL),
        ("info", False, LedgerState.DEGRADED),
        ("info", True, LedgerState.PARTIAL),
    ],
    ids=["dropped with us", "not there yet", "an older one is there"],
)
def test_somebody_elses_event_is_lessened_only_where_the_partner_has_nothing(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, name: str, is_there: bool, state: LedgerState
) -> None:
    draft = FIELDS[name]
    uuid = ground.publishes(a_draft(info=draft.info, attributes=draft.attributes, locked=True, timestamp=1_700_000_100))
    if is_there:
        misp.held[uuid] = {"uuid": uuid, "info": "Old", "timestamp": "1700000000", "distribution": "1",
                           "sharing_group_id": "0", "Attribute": {}, "Object": {}, "EventReport": {}}  # fmt: skip
    deliver_due(link.id, OUTBOUND, patience=Patience(base=0))
    assert ground.receipt(link, uuid).state is state
    assert queue_of(link) == []
    assert misp.held[uuid]["info"] == ("Old" if is_there else (draft.info or "").replace(FOX, PLAIN))
    if state is LedgerState.PARTIAL:
        assert all(PLAIN not in sent["info"] for sent in misp.sent)


def test_what_somebody_elses_event_shows_is_remembered_for_the_next(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    """It is lost on this one, which is not ours to raise, and on no other."""
    for state in (LedgerState.PARTIAL, LedgerState.DEGRADED):
        attributes = (an_attribute("a.example"), an_attribute("b.example", comment=FOX))
        uuid = ground.publishes(a_draft(attributes=attributes, locked=True))
        deliver(link)
        assert ground.receipt(link, uuid).state is state
    assert misp.values(uuid) == {"a.example", "b.example"}
    assert len(misp.sent) == 2


@pytest.mark.parametrize("accepted", [True, False])
def test_an_event_in_a_sharing_group_is_lessened_as_any_other(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, accepted: bool
) -> None:
    group = group_of(ground, OUR_ORG, THEIR_ORG, at={link.url: False})
    misp.refuses_groups = not accepted
    uuid = ground.publishes(replace(in_all_fields(), distribution=GROUP, sharing_group_id=group))
    deliver(link)
    receipt = ground.receipt(link, uuid)
    assert receipt.state is LedgerState.DEGRADED
    assert receipt.reason == (Trouble.CANNOT_STORE if accepted else Trouble.GROUP_NOT_ACCEPTED)
    assert f"info of {uuid}" in (receipt.detail or "")
    assert misp.values(uuid) == {a.value for a in ground.sees(uuid).attributes}


def test_a_500_for_another_reason_teaches_nothing(ground: Ground, misp: NarrowMisp) -> None:
    with misp.listening(**{"POST /events/add": lambda _: STUMBLE}) as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(in_all_fields())
        deliver(link)
        assert ground.receipt(link, uuid).state is LedgerState.FAILED
        assert [tries for _, tries, _, _ in queue_of(link)] == [1]
        assert fresh(link).unstorable == ()


def stopping(*, inside: bool) -> EventDraft:
    """An event whose second attribute makes the partner drop what follows."""
    bad = an_attribute("a.exe|3:a:b", HASH, object_relation="impfuzzy" if inside else None)
    behind = an_attribute("d.exe", "filename", object_relation="filename" if inside else None)
    item = ObjectDraft(name="file", meta_category="file", description="d", template_uuid=new_uuid(),
                       template_version=1, uuid=new_uuid(), attributes=(bad, behind))  # fmt: skip
    if inside:
        return a_draft(attributes=(an_attribute("a.example"),), objects=(item,))
    return a_draft(attributes=(an_attribute("a.example"), bad, behind, an_attribute("e.example")))


@pytest.mark.parametrize("inside", [False, True], ids=["loose", "in an object"])
def test_a_type_at_which_a_partner_stops_is_left_out_so_that_its_companions_arrive(
    ground: Ground, misp: NarrowMisp, link: LinkedServer, inside: bool
) -> None:
    misp.stops = frozenset({HASH})
    draft = stopping(inside=inside)
    uuid = ground.publishes(draft)
    deliver(link)
    receipt = ground.receipt(link, uuid)
    values = {a.value for a in ground.sees(uuid).attributes}
    assert misp.values(uuid) == values - {"a.exe|3:a:b"}
    assert (receipt.state, receipt.reason) == (LedgerState.DEGRADED, Trouble.CANNOT_STORE)
    bad = (draft.objects[0] if inside else draft).attributes[0 if inside else 1]
    assert f"left out: {HASH} {bad.uuid}" in (receipt.detail or "")
    assert fresh(link).unstorable == (HASH,)
    assert len(misp.sent) == 2
    compare_with(fresh(link), OUTBOUND)
    assert [item.difference.kind for item in list_differences(link.id, 9)] == []
    other = ground.publishes(stopping(inside=inside))
    deliver(link)
    assert len(misp.sent) == 3, "the next one goes right at once"
    assert ground.receipt(link, other).state is LedgerState.DEGRADED
    misp.stops = frozenset()
    deliveries.resend(ground.admin, link.id, uuid, whole=True)
    deliver(link)
    assert misp.values(uuid) == values
    assert fresh(link).unstorable == ()


def test_characters_and_a_type_at_once_cost_one_sending_each(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    misp.stops = frozenset({HASH})
    attributes = (
        an_attribute("a.exe|3:a:b", HASH),
        an_attribute("b.example", comment=FOX),
        an_attribute("c.exe", "filename"),
    )
    uuid = ground.publishes(a_draft(attributes=attributes))
    deliver(link)
    assert misp.values(uuid) == {"b.example", "c.exe"}
    assert len(misp.sent) <= 4
    assert ground.receipt(link, uuid).state is LedgerState.DEGRADED


def test_a_partner_with_utf8mb4_that_stops_keeps_its_characters(
    ground: Ground, misp: NarrowMisp, link: LinkedServer
) -> None:
    misp.wide, misp.stops = True, frozenset({HASH})
    attributes = (
        an_attribute("a.exe|3:a:b", HASH),
        an_attribute("b.example", comment=FOX),
        an_attribute("c.exe", "filename"),
    )
    uuid = ground.publishes(a_draft(info=FOX, attributes=attributes))
    deliver(link)
    held = misp.shown(uuid)
    assert {a["value"]: a["comment"] for a in held["Attribute"]} == {"b.example": FOX, "c.exe": ""}
    assert held["info"] == FOX
    assert fresh(link).unstorable == (HASH,)


def test_attributes_that_are_refused_one_by_one_are_partial_and_nothing_is_sent_again(
    ground: Ground, misp: NarrowMisp
) -> None:
    """It did not stop: a second try would bring nothing."""
    draft = a_draft(attributes=tuple(an_attribute(f"{n}.example") for n in range(3)))

    def add(request: Received) -> bytes:
        misp.add(request)
        del misp.held[str(draft.uuid)]["Attribute"][draft.attributes[1].uuid]
        return answer({"Event": misp.told(str(draft.uuid))})

    with misp.listening(**{"POST /events/add": add}) as partner:
        link = ground.links(partner.url, push=True)
        uuid = ground.publishes(draft)
        deliver(link)
        assert ground.receipt(link, uuid).state is LedgerState.PARTIAL
        assert len(misp.sent) == 1
        compare_with(fresh(link), OUTBOUND)
        assert [item.difference.kind for item in list_differences(link.id, 9)] == [DifferenceKind.FEWER]
