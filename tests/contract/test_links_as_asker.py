"""Our links in the place of the MISP that asked: the same requests, the same outcome (wire/README)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import AttributeDraft, EventDraft, TagDraft
from mispmini.domain.errors import SaveFailed
from mispmini.domain.receipts import LedgerState
from mispmini.domain.rules import RuleNames
from mispmini.services.events import add_event
from mispmini.services.publishing import publish_event
from mispmini.sync.delivering import deliver_due
from mispmini.sync.preview import preview_event, preview_index
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from mispmini.sync.remote_user import available_rules, remote_user
from mispmini.wire.event_in import read_event
from tests.sync.ground import OUTBOUND, THEIR_ORG, Ground, a_draft, break_ground, leave_ground
from tests.sync.recorded import body_of, comparable, exchanges_of, lines_of, played, played_by, recorded_lines
from tests.wire_files import Recordings

GREEN, AMBER = TagDraft("tlp:green"), TagDraft("tlp:amber")
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": True, "request_encoding": ["gzip"]}
ALL = int(Distribution.ALL)


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """One instance of ORG_A in this process."""
    yield break_ground(tmp_path)
    leave_ground()


def test_an_event_that_the_tag_rule_lets_through_goes_as_a_misp_sends_it(
    ground: Ground, recordings: Recordings
) -> None:
    recorded = recordings.transcript("13-push")
    sent = exchanges_of(recorded)[-1]["request"]["body"]
    saved = add_event(ground.admin, read_event(sent, from_partner=True))
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, push=True, push_names=RuleNames(tags_or=("TLP:Green",)))
        publish_event(ground.admin, saved.uuid)
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
        assert _without_the_tags_own(comparable(body_of(partner.requests[-1]))) == _without_the_tags_own(
            comparable(sent)
        )
    assert ground.receipt(server, saved.uuid).state is LedgerState.SENT


def _without_the_tags_own(body: dict[str, Any]) -> dict[str, Any]:
    """A tag's row belongs to the instance that keeps it."""
    tags = [{"name": tag["name"], "exportable": tag["exportable"]} for tag in body["Event"].pop("Tag")]
    return {**body, "Event": {**body["Event"], "Tag": tags}}


@pytest.mark.parametrize(
    ("name", "rules", "tag", "reason"),
    [
        ("13b", {"push_names": RuleNames(tags_or=("tlp:green",))}, AMBER, Reason.TAG_RULE),
        ("13d", {"push_names": RuleNames(tags_not=("tlp:amber",))}, AMBER, Reason.TAG_RULE),
        ("13f", {"push_names": RuleNames(orgs_not=("ORG_A",))}, GREEN, Reason.ORG_RULE),
        ("13f", {"push_names": RuleNames(orgs_or=("ORG_B",))}, GREEN, Reason.ORG_RULE),
        ("24", {"push": False}, GREEN, None),
    ],
    ids=["tag OR", "tag NOT", "organisation NOT", "organisation OR", "push off"],
)
def test_what_a_rule_keeps_here_causes_no_request(
    ground: Ground, recordings: Recordings, name: str, rules: dict[str, Any], tag: TagDraft, reason: Reason | None
) -> None:
    recorded = recordings.transcript(name)
    assert recorded["exchanges"] == []
    add_event(ground.admin, EventDraft(info="The tags and organisations exist", tags=(GREEN, AMBER)))
    with played({"GET /servers/getVersion": VERSION}) as partner:
        server = ground.links(partner.url, **({"push": True} | rules))
        uuid = ground.publishes(a_draft(distribution=ALL, tags=(tag,)))
        deliver_due(server.id, OUTBOUND)
        assert partner.requests == []
    if reason is not None:
        receipt = ground.receipt(server, uuid)
        assert (receipt.state, receipt.reason) == (LedgerState.SKIPPED, reason)


def test_a_full_push_offers_nothing_that_a_rule_keeps_here(ground: Ground, recordings: Recordings) -> None:
    """Clusters, proposals and analyst data, which the recording has between, are not kept here."""
    recorded = recordings.transcript("13g")
    assert not [line for line in recorded_lines(exchanges_of(recorded)) if "filterEventIdsForPush" in line]
    ground.publishes(a_draft(distribution=ALL))
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, push=True, push_names=RuleNames(orgs_not=("ORG_A",)))
        result = push_to(server, "full", OUTBOUND)
        assert lines_of(partner)[0] == recorded_lines(exchanges_of(recorded))[0]
        assert not [line for line in lines_of(partner) if "/events/add" in line or "filterEvent" in line]
    assert result.sentence == recorded["outcome"]["action_result"]["message"]


def test_attributes_with_an_unwanted_tag_stay_and_the_event_goes(ground: Ground) -> None:
    kept = AttributeDraft(type="domain", value="kept.example", tags=(AMBER,))
    goes = AttributeDraft(type="domain", value="goes.example", tags=(GREEN,))
    saved = add_event(ground.admin, a_draft(distribution=ALL, attributes=(kept, goes)))
    with played({"GET /servers/getVersion": VERSION}) as partner:
        server = ground.links(partner.url, push=True, push_names=RuleNames(tags_not=("tlp:amber",)))
        publish_event(ground.admin, saved.uuid)
        deliver_due(server.id, OUTBOUND)
        sent = body_of(partner.requests[-1])["Event"]
    assert [attribute["value"] for attribute in sent["Attribute"]] == ["goes.example"]


@pytest.mark.parametrize(("unpublish", "published"), [(True, False), (False, True)])
def test_the_unpublish_flag_is_in_what_is_sent(ground: Ground, unpublish: bool, published: bool) -> None:
    with played({"GET /servers/getVersion": VERSION}) as partner:
        server = ground.links(partner.url, push=True, unpublish_event=unpublish)
        ground.publishes(a_draft(distribution=ALL))
        deliver_due(server.id, OUTBOUND)
        assert body_of(partner.requests[-1])["Event"]["published"] is published


def test_a_pull_with_a_wrong_key_ends_in_misps_sentence(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("44c")
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, pull=True)
        with pytest.raises(SaveFailed) as caught:
            pull_from(server, "full", OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
    expected = recorded["outcome"]["action_result"]
    assert (caught.value.sentence, caught.value.errors) == (expected["name"], expected["errors"])


@pytest.mark.parametrize(("name", "ask"), [("02d", remote_user), ("02e", available_rules)], ids=["02d", "02e"])
def test_what_a_partner_says_of_our_account_and_its_names(
    ground: Ground, recordings: Recordings, name: str, ask: Any
) -> None:
    recorded = recordings.transcript(name)
    with played_by(exchanges_of(recorded)) as partner:
        told = ask(ground.links(partner.url), OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
    assert told == recorded["outcome"]["action_result"]


@pytest.mark.parametrize(
    ("name", "limit", "filters"),
    [("40-", 60, {}), ("40b", 3, {"searcheventinfo": "rich"})],
    ids=["40", "40b"],
)
def test_a_preview_asks_as_a_misp_does_and_shows_what_came(
    ground: Ground, recordings: Recordings, name: str, limit: int, filters: dict[str, str]
) -> None:
    recorded = recordings.transcript(name)
    with played_by(exchanges_of(recorded)) as partner:
        found = preview_index(ground.links(partner.url), OUTBOUND, limit=limit, filters=filters)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
    assert [{"Event": item} for item in found.items] == recorded["outcome"]["action_result"]


def test_a_preview_of_one_event_is_what_the_partner_tells(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("41")
    ref = exchanges_of(recorded)[0]["request"]["path"].rpartition("/")[2]
    with played_by(exchanges_of(recorded)) as partner:
        found = preview_event(ground.links(partner.url), OUTBOUND, ref)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
    assert found == recorded["outcome"]["action_result"]


def test_a_preview_says_why_an_event_would_not_come(ground: Ground) -> None:
    def listed(uuid: str, **more: object) -> dict[str, object]:
        orgc = {"name": "ORG_B", "uuid": THEIR_ORG.uuid}
        usual = {"uuid": uuid, "timestamp": "2000000000", "published": True, "attribute_count": "1", "Orgc": orgc}
        return usual | more

    own = ground.publishes(a_draft())
    fresh = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(5)]
    amber = [{"Tag": {"name": "TLP:amber"}}]
    items = [
        listed(own),
        listed(fresh[0]),
        listed(fresh[1], published=False),
        listed(fresh[2], EventTag=amber),
        listed(fresh[3], attribute_count="0"),
        listed(fresh[4], protected=True),
        {"uuid": None, "Orgc": "?", "EventTag": 7},
    ]
    with played({"GET /events/index": items}) as partner:
        server = ground.links(partner.url, pull_names=RuleNames(tags_not=("tlp:amber",)))
        found = preview_index(server, OUTBOUND, filters={})
    assert [str(verdict) for verdict in found.verdicts][:6] == [
        "ours", "new", "unpublished", "left_out", "empty", "protected",
    ]  # fmt: skip


def test_a_partner_that_ignores_the_pull_rules_is_held_to_them_here(ground: Ground) -> None:
    event: dict[str, Any] = {
        "uuid": "00000000-0000-4000-8000-0000000000aa",
        "info": "x",
        "timestamp": "1700000000",
        "date": "2026-01-01",
    }
    event |= {"distribution": "3", "Orgc": {"name": "ORG_B", "uuid": THEIR_ORG.uuid}, "Tag": [{"name": "TLP:Red"}]}
    event |= {"Attribute": [{"type": "domain", "category": "Network activity", "value": "a.example"}]}
    row = {"uuid": event["uuid"], "timestamp": event["timestamp"], "published": True, "orgc_uuid": THEIR_ORG.uuid}
    rules = {"GET /servers/getVersion": VERSION, "POST /events/index": [row], "GET /events/view/": {"Event": event}}
    with played(rules) as partner:
        server = ground.links(partner.url, pull=True, pull_names=RuleNames(tags_not=("tlp:red",)))
        assert pull_from(server, "full", OUTBOUND).pulled == 0
        assert body_of(partner.requests[1])["tag"] == ["!tlp:red"]
        assert ground.receipt(server, str(event["uuid"])).reason == "filtered"
        assert pull_from(server, str(event["uuid"]), OUTBOUND).pulled == 1
