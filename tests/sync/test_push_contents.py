"""PROTOCOL §3.3-§3.5, §3.8 with ours as the sender: what of an event goes, in exchanges that nobody recorded."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from mispmini.domain.analyst_data import AnalystKind
from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import (
    AttributeDraft,
    EventDraft,
    ObjectDraft,
    OrganisationDraft,
    ReferenceDraft,
    ReportDraft,
    TagDraft,
)
from mispmini.domain.ids import new_uuid
from mispmini.domain.receipts import LedgerState
from mispmini.domain.servers import LinkedServer
from mispmini.services import tags
from mispmini.services.analyst_data import add_item
from mispmini.services.capture import capture_tags
from mispmini.services.events import add_event
from mispmini.services.publishing import publish_event
from mispmini.store import servers, sql
from mispmini.store.database import writing
from mispmini.sync.delivering import deliver_due
from mispmini.sync.push_all import push_to
from mispmini.wire.analyst_data_in import read_item
from mispmini.wire.event_in import read_event
from tests.sync.ground import OUR_ORG, OUTBOUND, THEIR_ORG, Ground, a_draft, queue_of
from tests.sync.hostile import Received, answer
from tests.sync.recorded import body_of
from tests.sync.taking import ABSENT, ALL, GROUP, INHERIT, custom_tag, fresh, group_of, misp, sent_by, sync_user, took

Json = dict[str, Any]
D = Distribution


def grouped(group_id: int) -> EventDraft:
    """An event for everybody whose elements of every kind are for a group, beside one that inherits."""
    level: Json = {"distribution": GROUP, "sharing_group_id": group_id}
    inside = AttributeDraft(type="text", value="inside", object_relation="text", uuid=new_uuid(), **level)
    held = AttributeDraft(type="text", value="held", object_relation="text", uuid=new_uuid(), distribution=INHERIT)
    template: Json = {"meta_category": "misc", "template_uuid": new_uuid(), "template_version": 1}
    return a_draft(
        distribution=ALL,
        attributes=(
            AttributeDraft(type="text", value="loose", uuid=new_uuid(), **level),
            AttributeDraft(type="text", value="everybody", uuid=new_uuid(), distribution=INHERIT),
        ),
        objects=(
            ObjectDraft(name="of-group", attributes=(held,), **template, **level),
            ObjectDraft(name="of-all", attributes=(inside,), distribution=INHERIT, **template),
        ),
        reports=(ReportDraft(name="Of the group", content="#", **level),),
    )


def names_in(event: Json) -> set[str]:
    """What of `grouped` was sent."""
    values = {a["value"] for a in event["Attribute"]}
    objects = {obj["name"] for obj in event["Object"]} | {a["value"] for o in event["Object"] for a in o["Attribute"]}
    return values | objects | {report["name"] for report in event.get("EventReport", ())}


OF_ALL = {"everybody", "of-all"}
OF_GROUP = {"loose", "of-group", "held", "inside", "Of the group"}
COVERING: Mapping[str, tuple[tuple[OrganisationDraft, ...], Json, bool, bool]] = {
    "organisation and server": ((OUR_ORG, THEIR_ORG), {"0": False, "there": False}, False, True),
    "all organisations of the server": ((OUR_ORG,), {"0": False, "there": True}, False, True),
    "organisation, no server of it": ((OUR_ORG, THEIR_ORG), {"0": False}, False, False),
    "server alone": ((OUR_ORG,), {"0": False, "there": False}, False, False),
    "roams with the organisation": ((OUR_ORG, THEIR_ORG), {}, True, True),
    "roams with the organisation past its servers": ((OUR_ORG, THEIR_ORG), {"0": False}, True, True),
    "roams without it": ((OUR_ORG,), {"there": True}, True, False),
}


@pytest.mark.parametrize(("orgs", "at", "roaming", "goes"), COVERING.values(), ids=COVERING)
def test_elements_of_a_group_leave_only_to_whom_it_covers(
    ground: Ground, orgs: tuple[OrganisationDraft, ...], at: Json, roaming: bool, goes: bool
) -> None:
    """§3.8 for attributes, objects, attributes inside and reports; the whole group goes along (MODEL §7.9)."""
    with misp() as partner:
        server = ground.links(partner.url, push=True)
        servers_by_url = {partner.url if name == "there" else name: every for name, every in at.items()}
        uuid = ground.publishes(grouped(group_of(ground, *orgs, at=servers_by_url, roaming=roaming)))
        deliver_due(server.id, OUTBOUND)
        assert ground.receipt(server, uuid).state is LedgerState.SENT
        event = body_of(partner.requests[-1])["Event"]
    assert names_in(event) == OF_ALL | (OF_GROUP if goes else set())
    for element in [a for a in event["Attribute"] if a["value"] == "loose"] + event.get("EventReport", []):
        listed = {entry["server_id"]: entry["Server"] for entry in element["SharingGroup"]["SharingGroupServer"]}
        assert element["distribution"] == "4"
        assert {o["Organisation"]["uuid"] for o in element["SharingGroup"]["SharingGroupOrg"]} == {o.uuid for o in orgs}
        assert "0" not in listed or listed["0"] == {"id": "0", "url": OUR_URL, "name": OUR_URL}


ALONE: Mapping[str, bool] = {
    "organisation and server": True,
    "all organisations of the server": True,
    "organisation, no server of it": False,
    "server alone": False,
    "roams with the organisation": True,
    "roams with the organisation past its servers": False,
    "roams without it": False,
}


@pytest.mark.parametrize("name", COVERING)
def test_clusters_and_notes_of_a_group_need_its_server_or_roam_without_any(ground: Ground, name: str) -> None:
    """§3.8, last row: they do not travel with an event."""
    orgs, at, roaming, _ = COVERING[name]
    with misp(**{"POST /analyst_data": lambda request: answer(body_of(request) or {"Note": []})}) as partner:
        server = ground.links(partner.url, push=True, push_galaxy_clusters=True, push_analyst_data=True)
        listed = {partner.url if key == "there" else key: every for key, every in at.items()}
        level: Json = {"distribution": GROUP, "sharing_group_id": group_of(ground, *orgs, at=listed, roaming=roaming)}
        custom_tag(ground, **level)
        body = {"note": "words", "object_uuid": new_uuid(), "object_type": "Event", **level}
        add_item(ground.admin, read_item(AnalystKind.NOTE, body))
        push_to(fresh(server), "full", OUTBOUND)
        sent = {request.target.split("/")[2] for request in partner.requests if request.method == "POST"}
    assert ("pushCluster" in sent, "pushAnalystData" in sent) == (ALONE[name], ALONE[name])


OUR_URL = "http://127.0.0.1:8201"


def test_over_an_internal_link_elements_of_every_level_and_local_tags_go_as_they_are(ground: Ground) -> None:
    """§3.5, column by column with `internal`."""
    levels = (D.ORGANISATION, D.COMMUNITY, D.CONNECTED, D.ALL, D.INHERIT)
    attributes = tuple(
        AttributeDraft(type="text", value=level.name, uuid=new_uuid(), distribution=int(level)) for level in levels
    )
    reports = tuple(ReportDraft(name=level.name, content="#", distribution=int(level)) for level in levels)
    draft = a_draft(
        distribution=int(D.CONNECTED), attributes=attributes, reports=reports, tags=(TagDraft("ours", local=True),)
    )
    event = sent_by(ground, draft, internal=True, org=OUR_ORG)
    assert {a["value"]: a["distribution"] for a in event["Attribute"]} == {one.name: str(int(one)) for one in levels}
    assert {r["name"]: r["distribution"] for r in event["EventReport"]} == {one.name: str(int(one)) for one in levels}
    assert (event["distribution"], [tag["name"] for tag in event["Tag"]]) == ("2", ["ours"])


def test_tags_go_whole_but_for_local_ones_and_those_that_may_not_leave(ground: Ground) -> None:
    """§3.5, on events, attributes and attributes inside; §3.5 "non-exportable tags always removed", galaxies' too."""
    kept = TagDraft("kept", colour="#123456", relationship_type="related-to")
    named = (kept, TagDraft("ours", local=True), TagDraft('misp-galaxy:sample="Hidden"', exportable=False))
    inside = AttributeDraft(type="text", value="in", object_relation="text", tags=named, distribution=INHERIT)
    obj = ObjectDraft(
        name="x", meta_category="misc", template_uuid=new_uuid(), distribution=INHERIT, attributes=(inside,)
    )
    loose = AttributeDraft(type="text", value="out", tags=named, distribution=INHERIT)
    event = sent_by(ground, a_draft(distribution=ALL, tags=named, attributes=(loose,), objects=(obj,)))
    holders = [event, event["Attribute"][0], event["Object"][0]["Attribute"][0]]
    for holder in holders:
        [tag] = holder["Tag"]
        assert (tag["name"], tag["colour"], tag["relationship_type"]) == ("kept", "#123456", "related-to")
        assert (tag["local"], tag["exportable"], tag["is_galaxy"]) == (False, True, False)
        assert holder["Galaxy"] == []


def test_an_attribute_is_sent_again_once_the_tag_of_a_rule_is_off_it(ground: Ground) -> None:
    """§3.4: `tags.NOT` strips what bears the tag, and not what bore it."""
    attribute = AttributeDraft(type="text", value="kept", uuid=new_uuid(), tags=(TagDraft("keep"),))
    draft = a_draft(distribution=ALL, attributes=(*a_draft().attributes, attribute))
    with misp() as partner:
        server = ground.links(partner.url, push=True)
        number = _rule_against(ground, server, "keep")
        uuid = ground.publishes(draft)
        deliver_due(server.id, OUTBOUND)
        target = tags.attribute_target(ground.admin, str(attribute.uuid))
        tags.detach(ground.admin, target, str(number))
        publish_event(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        bodies = [body_of(r)["Event"]["Attribute"] for r in partner.requests if "/events/add" in r.target]
    assert [any(a["value"] == "kept" for a in sent) for sent in bodies] == [False, True]


def _rule_against(ground: Ground, server: LinkedServer, name: str) -> int:
    """A push rule against a tag, which is made; its id."""
    with writing():
        capture_tags(ground.admin, [TagDraft(name)])
        number = int(sql.scalar("SELECT id FROM tag WHERE name = ?", (name,)))
        servers.update_server(server.id, {"push_rules": json.dumps({"tags": {"OR": [], "NOT": [number]}})})
    return number


def test_what_is_sent_of_attributes_objects_and_references_is_all_there_is(ground: Ground) -> None:
    """§3.4, §3.5: files, moments to the microsecond, deleted ones, types and fields that nobody here knows."""
    target = new_uuid()
    first, last = 1_577_872_800_123_456, 1_577_872_800_123_457
    attributes = (
        AttributeDraft(type="attachment", value="a.txt", data=b"\0text", uuid=new_uuid(), distribution=INHERIT),
        AttributeDraft(type="text", value="seen", uuid=target, first_seen=first, last_seen=last, distribution=INHERIT),
        AttributeDraft(type="text", value="gone", uuid=new_uuid(), deleted=True, distribution=INHERIT),
    )
    held = AttributeDraft(type="text", value="held", object_relation="text", uuid=new_uuid(), distribution=INHERIT)
    obj = ObjectDraft(
        name="x", meta_category="misc", template_uuid=new_uuid(), uuid=new_uuid(), distribution=INHERIT,
        first_seen=first, comment="c", attributes=(held,), references=(ReferenceDraft(target, "drops", comment="r"),),
    )  # fmt: skip
    event = sent_by(ground, a_draft(distribution=ALL, attributes=attributes, objects=(obj,), extends_uuid=target))
    by_value = {a["value"]: a for a in event["Attribute"]}
    assert base64.b64decode(by_value["a.txt"]["data"]) == b"\0text"
    assert by_value["seen"]["first_seen"] == "2020-01-01T10:00:00.123456+00:00"
    assert by_value["seen"]["last_seen"] == "2020-01-01T10:00:00.123457+00:00"
    assert [by_value[value]["deleted"] for value in ("seen", "gone")] == [False, True]
    [sent] = event["Object"]
    [reference] = sent["ObjectReference"]
    assert (sent["first_seen"], sent["comment"]) == ("2020-01-01T10:00:00.123456+00:00", "c")
    assert (reference["referenced_uuid"], reference["relationship_type"], reference["comment"]) == (
        target,
        "drops",
        "r",
    )
    assert (reference["source_uuid"], reference["referenced_type"]) == (obj.uuid, "0")
    assert event["extends_uuid"] == target


NOTHING = AttributeDraft(type="text", value="here", distribution=int(D.ORGANISATION))
EMPTY = {"saved": False, "errors": {"Event": "Received a published event that was empty. Event add process blocked."}}


@pytest.mark.parametrize("attributes", [(), (NOTHING,)], ids=["no attribute", "none that leaves"])
@pytest.mark.parametrize(
    ("known", "unpublish", "state"),
    [(False, False, LedgerState.SKIPPED), (True, False, LedgerState.UPDATED), (False, True, LedgerState.SENT)],
    ids=["new there", "known there", "not published there"],
)
def test_an_event_of_which_nothing_leaves_is_sent_and_the_partner_judges(
    ground: Ground, attributes: tuple[AttributeDraft, ...], known: bool, unpublish: bool, state: LedgerState
) -> None:
    """§3.3, "empty events are also candidates"; §3.6.1 row 11 refuses a new one, and that is no trouble."""

    def take(request: Received) -> bytes:
        return answer(EMPTY, "403 Forbidden") if body_of(request)["Event"]["published"] else took(request)

    head = answer(b"", "200 OK", "text/html") if known else ABSENT
    with misp(**{"HEAD /": lambda _: head, "POST /events/add": take}) as partner:
        server = ground.links(partner.url, push=True, unpublish_event=unpublish)
        uuid = ground.publishes(a_draft(distribution=ALL, attributes=attributes))
        deliver_due(server.id, OUTBOUND)
        sent = body_of(partner.requests[2])["Event"]
    assert (sent["Attribute"], sent["Object"]) == ([], [])
    receipt = ground.receipt(server, uuid)
    assert (receipt.state, receipt.reason) == (state, Reason.EMPTY if state is LedgerState.SKIPPED else None)
    assert queue_of(server) == []


OURS_ALONE = ("Org", "org", "org_id", "orgc", "orgc_id", "proposal_email_lock", "EventTag", "RelatedEvent", "Note")
ADDED = ("Attribute", "Object", "Orgc", "ShadowAttribute", "CryptographicKey", "ThreatLevel", "Galaxy")


def test_the_keys_of_a_pushed_event_are_those_that_a_misp_sends(ground: Ground) -> None:
    """§3.5, keys removed and added; the body has `Event` and nothing beside it."""
    with misp() as partner:
        server = ground.links(partner.url, push=True, unpublish_event=True)
        ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        body = body_of(partner.requests[-1])
    event = body["Event"]
    assert list(body) == ["Event"]
    assert not set(OURS_ALONE) & set(event)
    assert set(ADDED) <= set(event)
    assert not {"id", "value1", "value2", "AttributeTag"} & set(event["Attribute"][0])
    assert (event["locked"], event["published"], event["Galaxy"]) == (1, False, []), "§3.16 unpublish_event"


def test_what_nobody_here_knows_is_sent_on_as_it_came(ground: Ground) -> None:
    """RULES §7: types, categories and columns that came by sync, at every level."""
    with misp() as partner:
        server = ground.links(partner.url, push=True, org=OrganisationDraft(new_uuid(), "ORG_C"))
        held: Json = {"type": "newest", "category": "Newest", "value": "v", "uuid": new_uuid(), "new": {"a": [1]}}
        obj = {"name": "x", "meta-category": "misc", "template_uuid": new_uuid(), "uuid": new_uuid(), "new": 2}
        body: Json = {
            "info": "i", "uuid": new_uuid(), "distribution": "3", "published": True, "timestamp": "1700000000",
            "Orgc": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}, "new": None,
            "Attribute": [held | {"distribution": "3"}],
            "Object": [obj | {"distribution": "3", "Attribute": [held | {"uuid": new_uuid(), "object_relation": "r"}]}],
        }  # fmt: skip
        saved = add_event(sync_user(), read_event({"Event": body}, from_partner=True))
        deliver_due(server.id, OUTBOUND)
        assert ground.receipt(server, saved.uuid).state is LedgerState.SENT
        event = body_of(partner.requests[-1])["Event"]
    [loose], [sent] = event["Attribute"], event["Object"]
    assert ("new" in event, event["new"], sent["new"]) == (True, None, 2)
    for attribute in (loose, sent["Attribute"][0]):
        assert (attribute["type"], attribute["category"], attribute["new"]) == ("newest", "Newest", {"a": [1]})


def test_tags_of_reports_go_with_them_but_for_local_ones(ground: Ground) -> None:
    both = (TagDraft("case:one"), TagDraft("ours:alone", local=True))
    tagged = ReportDraft("r", "c", uuid=new_uuid(), distribution=INHERIT, tags=both)
    sent = sent_by(ground, a_draft(reports=(tagged,)))
    [report] = sent["EventReport"]
    assert [tag["name"] for tag in report["Tag"]] == ["case:one"]
    assert [tag.name for tag in read_event({"Event": sent}, from_partner=True).reports[0].tags] == ["case:one"]


def test_a_report_whose_tlp_is_stricter_stays_and_is_named(ground: Ground) -> None:
    red = ReportDraft("red", "c", uuid=new_uuid(), distribution=INHERIT, tags=(TagDraft("tlp:red"),))
    plain = ReportDraft("plain", "c", uuid=new_uuid(), distribution=INHERIT)
    with misp() as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft(reports=(red, plain), tags=(TagDraft("tlp:green"),)))
        deliver_due(server.id, OUTBOUND)
        [body] = [body_of(r) for r in partner.requests if r.target.startswith("/events/add")]
    assert [report["name"] for report in body["Event"]["EventReport"]] == ["plain"]
    assert str(red.uuid) in str(ground.receipt(server, uuid).detail)
