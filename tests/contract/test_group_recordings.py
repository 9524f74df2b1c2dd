"""Recordings 12, 12b, 17-19 with us as the one that pushes, what is left of 12 at the receiver, and samples 14."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain.distribution import Distribution, Reason
from mispmini.domain.drafts import EventDraft
from mispmini.domain.graphs import SharingGroup
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.domain.receipts import LedgerState, Trouble
from mispmini.domain.servers import LinkedServer
from mispmini.services import groups_admin
from mispmini.sync.delivering import deliver_due
from mispmini.wire.event_in import read_event
from tests.contract.conftest import ORG_B, ORG_C, Instance, play_a
from tests.contract.replay import OF_THE_CLOCK, Reasons, assert_same_answer, assert_same_shape, replay
from tests.sync.ground import OUTBOUND, Ground, break_ground, leave_ground, queue_of
from tests.sync.recorded import body_of, comparable, exchanges_of, lines_of, played_by, recorded_lines
from tests.wire_files import Exchange, Recordings

Json = dict[str, Any]
OF_THIS_GROUP = ("created", "modified", "sync_user_id", "SharingGroupServer", "SharingGroupOrg")
RECORDED_SERVER = "http://127.0.0.1:8202"
OF_THESE = OF_THE_CLOCK - {"uuid"} | {"server_id"}
D = Distribution


@pytest.fixture(scope="module")
def instance_a() -> Iterator[Instance]:
    """An A of our own: its groups are those of the recordings."""
    yield from play_a()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    """ORG_A in this process."""
    yield break_ground(tmp_path)
    leave_ground()


def last_body(recorded: Mapping[str, Any]) -> Json:
    """The event as it was sent."""
    body: Json = exchanges_of(recorded)[-1]["request"]["body"]["Event"]
    return body


def before_sending(event: Json) -> EventDraft:
    """The event as it stood at its sender, which sends connected communities as this community."""
    draft = read_event({"Event": event}, from_partner=True)
    attributes = tuple(replace(a, distribution=_raised(a.distribution)) for a in draft.attributes)
    level = _raised(draft.distribution)
    return replace(draft, distribution=level, attributes=attributes, locked=False, published=False)


def _raised(level: int | None) -> int | None:
    return int(D.CONNECTED) if level == D.COMMUNITY else level


def group_at_sender(ground: Ground, server: LinkedServer, recorded: Json) -> SharingGroup:
    """The recorded group, for the partner's server."""
    orgs = tuple(
        MemberForm(o["Organisation"]["uuid"], extend=o["extend"], known_as=o["Organisation"]["name"])
        for o in recorded["SharingGroupOrg"]
    )
    names = {name: recorded[name] for name in ("uuid", "name", "releasability", "description")}
    form = GroupForm(**names, local=False, orgs=orgs, servers=(GroupServerForm(str(server.id)),))
    return groups_admin.add_group(ground.admin, form)


def test_an_event_of_a_group_goes_as_a_misp_sends_it(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("12-push-sharing-group-with-B")
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, push=True)
        group_at_sender(ground, server, last_body(recorded)["SharingGroup"])
        uuid = ground.publishes(before_sending(last_body(recorded)))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
        ours, theirs = (comparable(event) for event in (body_of(partner.requests[-1])["Event"], last_body(recorded)))
        mine, them = ours.pop("SharingGroup"), theirs.pop("SharingGroup")
        assert ours == theirs
        assert _without(mine) == _without(them)
        assert _members(mine) == _members(them)
        assert [s["Server"]["url"] for s in mine["SharingGroupServer"]] == [partner.url]
        assert ground.receipt(server, uuid).state is LedgerState.SENT


def _without(group: Json) -> Json:
    return {key: value for key, value in group.items() if key not in OF_THIS_GROUP}


def _members(group: Json) -> dict[str, bool]:
    return {member["Organisation"]["uuid"]: member["extend"] for member in group["SharingGroupOrg"]}


def test_an_event_of_a_group_without_the_partner_asks_it_nothing(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("12b-push-sharing-group-without-B")
    event = recorded["outcome"]["after"]["A"]["Event"]
    assert exchanges_of(recorded) == []
    with played_by([]) as partner:
        server = ground.links(partner.url, push=True)
        group_at_sender(ground, server, event["SharingGroup"])
        uuid = ground.publishes(before_sending(event))
        deliver_due(server.id, OUTBOUND)
        assert partner.requests == []
        receipt = ground.receipt(server, uuid)
        assert (receipt.state, receipt.reason) == (LedgerState.SKIPPED, Reason.GROUP_ORG)


REFUSED = {
    "17-push-event-blocklisted-at-receiver": "Event blocked by event blocklist.",
    "18-push-onto-foreign-owned-same-uuid": "Event could not be saved: The user used to edit the event",
}


@pytest.mark.parametrize(("name", "said"), REFUSED.items(), ids=REFUSED)
def test_a_refusal_is_told_in_the_partners_words_and_waits_for_somebody(
    ground: Ground, recordings: Recordings, name: str, said: str
) -> None:
    recorded = recordings.transcript(name)
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(before_sending(last_body(recorded)))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
        receipt = ground.receipt(server, uuid)
        assert (receipt.state, receipt.reason, receipt.http_status) == (LedgerState.FAILED, Trouble.REFUSED, 403)
        assert (receipt.detail or "").startswith(said)
        assert [(row[0], bool(row[3])) for row in queue_of(server)] == [(uuid, True)]


def test_an_event_of_a_third_organisation_goes_with_its_creator(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("19-push-event-created-by-other-org")
    with played_by(exchanges_of(recorded)) as partner:
        server = ground.links(partner.url, push=True)
        ground.publishes(before_sending(last_body(recorded)))
        deliver_due(server.id, OUTBOUND)
        assert lines_of(partner) == recorded_lines(exchanges_of(recorded))
        sent = body_of(partner.requests[-1])["Event"]
        assert sent["Orgc"]["uuid"] == last_body(recorded)["Orgc"]["uuid"] == ORG_C[1]
        assert "event_creator_email" not in sent or sent["event_creator_email"]


def test_what_was_pushed_for_a_group_stands_at_the_receiver_as_at_a_misp(
    instance_b: Instance, recordings: Recordings
) -> None:
    recorded = recordings.transcript("12-push-sharing-group-with-B")
    theirs = recorded["outcome"]["after"]["B"]["Event"]
    for exchange in map(Exchange.of, exchanges_of(recorded)[1:]):
        key = instance_b.key_for(exchange.headers.get("Authorization"))
        replay(instance_b.url, exchange, key=key, words={RECORDED_SERVER: instance_b.url})
    ours = instance_b.admin.views(theirs)
    assert (ours["distribution"], ours["orgc_id"]) == ("4", ours["SharingGroup"]["org_id"])
    reasons: Reasons = {
        "SharingGroupServer": "the recorded MISP did not know itself by the address of the recording proxy",
        "modified": "the sender's, so that its next change is newer",
        "sync_user_id": "another account",
    }
    assert_same_shape(theirs["SharingGroup"], ours["SharingGroup"], except_=reasons)


# Samples 14: groups over REST --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def groups(instance_a: Instance, recordings: Recordings) -> Iterator[Mapping[str, str]]:
    """The three groups of the sampled instance, with recorded ids and ours."""
    admin, words = instance_a.admin, {}
    wanted = {
        "name": "B via proxy", "url": RECORDED_SERVER, "authkey": "S" * 40, "push": False, "pull": False,
        "remote_org_id": next(a.org_id for a in instance_a.accounts.values() if a.org_name == ORG_B[0]),
    }  # fmt: skip
    added = admin.post("/servers/add", wanted)
    assert added.status_code == 200, added.text
    server = added.json()["Server"]["id"]
    recorded = recordings.call("14-sharing_groups").answer["response"]
    for group in recorded:
        fields = {key: value for key, value in group["SharingGroup"].items() if key not in ("id", "org_count")}
        servers = [
            {"server_id": "0" if entry["server_id"] == "0" else server, "all_orgs": entry["all_orgs"]}
            for entry in group["SharingGroupServer"]
        ]
        body = {**fields, "SharingGroupOrg": group["SharingGroupOrg"], "SharingGroupServer": servers}
        made = admin.post("/sharing_groups/add", body)
        assert made.status_code == 200, made.text
        words[group["SharingGroup"]["id"]] = made.json()["SharingGroup"]["id"]
    yield words
    for number in words.values():
        admin.post(f"/sharing_groups/delete/{number}")
    admin.post(f"/servers/delete/{server}")


@pytest.mark.parametrize("name", ["14-sharing_groups", "14c"])
def test_the_list_of_groups_is_as_it_was(
    instance_a: Instance, recordings: Recordings, groups: Mapping[str, str], name: str
) -> None:
    exchange = recordings.call(name)
    ours = replay(instance_a.url, exchange, key=instance_a.key_for(exchange.headers.get("Authorization")))
    assert ours.status_code == exchange.status
    uuids = {item["SharingGroup"]["uuid"] for item in exchange.answer["response"]}
    listed = [item for item in ours.json()["response"] if item["SharingGroup"]["uuid"] in uuids]
    reasons: Reasons = {"[].SharingGroupServer[].Server": "a MISP leaves this instance without a name"}
    assert_same_shape(
        exchange.answer["response"], listed, of_the_run=OF_THESE, except_=reasons if name != "14c" else {}
    )


def test_a_group_is_viewed_as_it_was(instance_a: Instance, recordings: Recordings, groups: Mapping[str, str]) -> None:
    exchange = recordings.call("14b")
    words = {"/sharing_groups/view/1": f"/sharing_groups/view/{groups['1']}"}
    ours = replay(instance_a.url, exchange, key=instance_a.admin.key, words=words)
    details = ("description", "type", "nationality", "sector", "restricted_to_domain", "created_by")
    reasons: Reasons = {f"Organisation.{name}": "was filled in for the recorded instance" for name in details} | {
        "SharingGroup.sync_org": "made here, not by a sync user",
        "SharingGroup.sync_org_name": "made here, not by a sync user",
        "SharingGroup.sync_user_id": "made here, not by a sync user",
    }
    assert_same_answer(exchange, ours, of_the_run=OF_THESE, words=words, except_=reasons)


def test_a_group_of_others_is_not_there(
    instance_a: Instance, recordings: Recordings, groups: Mapping[str, str]
) -> None:
    exchange = recordings.call("14d")
    outsider = instance_a.accounts["fAYKJqH4"]
    words = {"/sharing_groups/view/1": f"/sharing_groups/view/{groups['1']}"}
    ours = replay(instance_a.url, exchange, key=outsider.key, words=words)
    assert_same_answer(exchange, ours, words=words)
    assert outsider.get("/sharing_groups/view/987654").status_code == ours.status_code
