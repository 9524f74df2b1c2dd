"""Files of proposals, with ours as the one that asks: in parts that a receiver takes, and fetched where a list lacks
them (PROTOCOL §3.13, §4.5)."""

import base64
from typing import Any

import pytest

from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.ids import new_uuid
from mispmini.domain.opinions import ProposalFilters
from mispmini.domain.viewer import Viewer
from mispmini.services.events import add_event
from mispmini.services.files import RAW_SAMPLE
from mispmini.services.instance_settings import change_setting
from mispmini.services.proposals import discard_proposal, file_of, list_proposals, propose_attribute
from mispmini.services.publishing import publish_event
from mispmini.store import sql
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from mispmini.sync.push_all import push_to
from tests.sync.ground import OUTBOUND, THEIR_ORG, Ground, a_draft
from tests.sync.hostile import Received, answer
from tests.sync.recorded import body_of, lines_of, played

Json = Any
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": False, "request_encoding": []}
EVERYTHING = Viewer.everything()


def _file(name: str, content: bytes) -> AttributeDraft:
    return AttributeDraft(type="attachment", value=name, data=content)


def test_proposals_go_out_with_their_files_in_parts_that_a_receiver_takes(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mispmini.sync.proposals.MOST_FILE_BYTES", 10)
    uuid = str(add_event(ground.admin, a_draft(distribution=3)).uuid)
    contents = {"a.bin": b"12345", "b.bin": b"12345", "c.bin": b"1", "d.bin": b"larger than all"}
    for name, content in contents.items():
        propose_attribute(ground.admin, uuid, _file(name, content))
    propose_attribute(ground.admin, uuid, AttributeDraft(type="domain", value="new.example"))
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/index": [{"uuid": uuid, "timestamp": "1", "published": True, "orgc_uuid": THEIR_ORG.uuid}],
        "POST /events/filterEventIdsForPush": [],
        "POST /events/pushProposals": {"success": True, "message": "1 Proposal(s) added.", "counter": 1},
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        push_to(server, "full", OUTBOUND)
        sent = [body_of(r) for r in partner.requests if r.target == f"/events/pushProposals/{uuid}"]
    assert [[item["value"] for item in part] for part in sent] == [
        ["a.bin", "b.bin"],
        ["c.bin"],
        ["d.bin"],
        ["new.example"],
    ]
    told = {item["value"]: base64.b64decode(item["data"]) for part in sent for item in part}
    assert told == {**contents, "new.example": b""}


def test_a_pushed_event_carries_no_files_of_proposals_which_no_receiver_takes(ground: Ground) -> None:
    uuid = str(add_event(ground.admin, a_draft(distribution=3)).uuid)
    propose_attribute(ground.admin, uuid, _file("a.bin", b"x"))
    rules = {
        "GET /servers/getVersion": VERSION,
        "POST /events/add": lambda r: answer(body_of(r)),
        "POST /events/index": [],
    }
    with played(rules) as partner:
        server = ground.links(partner.url, push=True)
        publish_event(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        pushed = next(body_of(r) for r in partner.requests if r.target.startswith("/events/add"))
    (nested,) = pushed["Event"]["ShadowAttribute"]
    assert (nested["value"], "data" in nested) == ("a.bin", False)


def test_a_file_that_may_not_be_kept_costs_neither_the_proposal_nor_a_second_download(ground: Ground) -> None:
    uuid = str(add_event(ground.admin, a_draft(locked=True)).uuid)
    large = base64.b64encode(b"larger than all").decode()
    sample = f"2.exe|{'0' * 32}"
    kinds = {"value": sample, "type": "malware-sample", "category": "Payload delivery"}
    listed = [_listed(uuid, 1), _listed(uuid, 2, **kinds), _listed(uuid, 3, data=large)]
    with played(_rules(lambda _: answer(listed), _bytes)) as partner:
        server = ground.links(partner.url, pull=True)

        def downloads() -> list[str]:
            partner.requests.clear()
            pull_from(server, "full", OUTBOUND)
            return [line.rpartition("/")[2] for line in lines_of(partner) if "/download/" in line]

        change_setting(ground.admin, "most_attachment_bytes", 9)
        assert [downloads(), downloads()] == [["1", "2"], []]
        assert _files() == {"1.bin": None, sample: None, "3.bin": None}
        assert _told(server.id) == [
            f"proposal 1.bin for event {uuid}: the answer is larger than 9 bytes",
            f"proposal {sample} for event {uuid}: the answer is larger than 9 bytes",
            f"proposal 3.bin for event {uuid}: The file is larger than 9 bytes.",
        ]
        change_setting(ground.admin, "most_attachment_bytes", 15)
        assert [downloads(), downloads()] == [["1", "2"], []], "more is allowed here now"
        assert _files() == {"1.bin": b"bytes of 1", sample: None, "3.bin": b"larger than all"}
        assert _told(server.id) == [f"proposal {sample} for event {uuid}: {RAW_SAMPLE}"]
        listed[1]["ShadowAttribute"] |= {"timestamp": "1700000009", "type": "attachment"}
        assert downloads() == ["2"], "it changed there"
        assert _told(server.id) == []


def _told(server_id: int) -> list[object]:
    """What a link's ledger says of files that were not kept."""
    text = "SELECT detail FROM ledger WHERE server_id = ? AND reason = 'file_refused' ORDER BY id"
    return [detail for (detail,) in sql.rows(text, (server_id,))]


def _listed(event_uuid: str, number: int, **more: object) -> Json:
    return {"ShadowAttribute": {
        "id": str(number), "uuid": new_uuid(), "event_uuid": event_uuid, "old_id": "0", "type": "attachment",
        "category": "External analysis", "value": f"{number}.bin", "to_ids": False, "comment": "", "deleted": False,
        "timestamp": "1700000000", "Org": {"uuid": THEIR_ORG.uuid, "name": THEIR_ORG.name}, **more,
    }}  # fmt: skip


def _pulls(ground: Ground, listed: list[Json], download: object) -> list[str]:
    """What was asked of a partner that lists these."""
    with played(_rules(listed, download)) as partner:
        server = ground.links(partner.url, pull=True)
        pull_from(server, "full", OUTBOUND)
        return [line for line in lines_of(partner) if "/download/" in line]


def _rules(listed: object, download: object) -> dict[str, Any]:
    return {
        "GET /servers/getVersion": VERSION,
        "POST /events/index": [],
        "GET /shadow_attributes/index": listed,
        "GET /shadow_attributes/download/": download,
    }


def _files() -> dict[str, bytes | None]:
    return {row.value: file_of(row) for row in list_proposals(EVERYTHING, ProposalFilters())}


def _bytes(request: Received) -> bytes:
    return answer(b"bytes of " + request.target.rpartition("/")[2].encode(), kind="application/octet-stream")


def _cut(_request: Received) -> bytes:
    return answer(b"byt", kind="application/octet-stream", length=10, Connection="close")


def test_a_pull_takes_files_from_the_list_and_asks_once_for_those_that_it_lacks(ground: Ground) -> None:
    uuid = str(add_event(ground.admin, a_draft(locked=True)).uuid)
    listed = [
        _listed(uuid, 1, data=base64.b64encode(b"inline").decode()),
        _listed(uuid, 2),
        _listed(new_uuid(), 3),
        _listed(uuid, 4, deleted=True),
        _listed(uuid, 5, type="ip-dst", value="192.0.2.5", category="Network activity"),
    ]
    asked = [_pulls(ground, listed, _bytes) for _ in range(2)]
    assert asked == [["GET /shadow_attributes/download/2"], []]
    assert _files() == {"1.bin": b"inline", "2.bin": b"bytes of 2", "192.0.2.5": None}


@pytest.mark.parametrize(
    "refusal",
    [answer({"name": "Not Found"}, "404 Not Found"), answer(b"<html>Log in</html>", kind="text/html; charset=UTF-8")],
    ids=["404", "a page"],
)
def test_a_file_that_was_not_to_be_had_is_asked_for_again_and_a_settled_one_never(
    ground: Ground, refusal: bytes
) -> None:
    uuid = str(add_event(ground.admin, a_draft(locked=True)).uuid)
    listed = [_listed(uuid, number) for number in range(1, 6)]
    refusing = _pulls(ground, listed, lambda _: refusal)
    assert len(refusing) == 3, "a partner that gives out none is not asked for all"
    assert list(_files().values()) == [None] * 5
    discard_proposal(ground.admin, listed[0]["ShadowAttribute"]["uuid"])
    assert len(_pulls(ground, listed, _bytes)) == 4
    assert _files() == {f"{number}.bin": f"bytes of {number}".encode() for number in range(2, 6)}


def test_what_came_before_a_partner_is_gone_is_stored_in_parts_that_memory_holds(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mispmini.sync.proposals.MOST_FILE_BYTES", 10)
    uuid = str(add_event(ground.admin, a_draft(locked=True)).uuid)
    listed = [_listed(uuid, number) for number in range(1, 4)]
    _pulls(ground, listed, lambda asked: _cut(asked) if asked.target.endswith("/3") else _bytes(asked))
    assert _files() == {"1.bin": b"bytes of 1"}
