"""Recorded conversations about files and deletions, with ours as the one that asks (08, 25, 42, 43)."""

import base64
import io
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from mispmini.domain.drafts import AttributeDraft
from mispmini.domain.receipts import LedgerState
from mispmini.domain.samples import PASSWORD
from mispmini.services.blocklists import Blocklist, add
from mispmini.services.bodies import View, viewed_event
from mispmini.services.events import add_event, delete_event
from mispmini.store.versions import local_versions
from mispmini.sync.delivering import deliver_due
from mispmini.sync.pull import pull_from
from mispmini.wire.attribute_in import read_attribute
from mispmini.wire.event_in import read_event
from tests.sync.ground import OUTBOUND, Ground, a_draft
from tests.sync.recorded import body_of, comparable, exchanges_of, lines_of, played, played_by
from tests.wire_files import Recordings

Json = Any
VERSION = {"version": "2.5.1", "perm_sync": True, "perm_sighting": False, "request_encoding": []}
OF_THE_RUN = frozenset({"object_id", "referenced_id"})
OF_THE_INSTANCE = frozenset({"Galaxy", "Sighting", "ShadowAttribute", "SharingGroupServer", "colour"})


def without(keys: frozenset[str], value: Json) -> Json:
    """A body without some keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(keys, inner) for key, inner in value.items() if key not in keys}
    return [without(keys, item) for item in value] if isinstance(value, list) else value


def test_objects_and_samples_go_out_as_a_misp_sends_them(ground: Ground, recordings: Recordings) -> None:
    recorded = recordings.transcript("08-push-rich-objects-sightings")
    exchanges = [e for e in exchanges_of(recorded) if e["to"] == "B"]
    expected = next(e for e in exchanges if e["request"]["path"].startswith("/events/add"))["request"]["body"]["Event"]
    with played_by(exchanges) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(read_event(recorded["outcome"]["after"]["A"], from_partner=True))
        deliver_due(server.id, OUTBOUND)
        sent = next(body_of(r) for r in partner.requests if r.target.startswith("/events/add"))["Event"]
    for part in ("Attribute", "Object"):
        ours, theirs = (without(OF_THE_RUN | OF_THE_INSTANCE, comparable(body[part])) for body in (sent, expected))
        assert ours == theirs
    assert ground.receipt(server, uuid).state in (LedgerState.SENT, LedgerState.PARTIAL)


def test_files_cross_by_push_and_by_pull(ground: Ground) -> None:
    sample = {"type": "malware-sample", "value": "a.exe", "data": base64.b64encode(b"MZ").decode(), "encrypt": True}
    held = (read_attribute(sample, from_partner=False), AttributeDraft(type="attachment", value="b.pdf", data=b"%PDF"))
    with played({"GET /servers/getVersion": VERSION, "POST /events/add": {"Event": {}}}) as partner:
        server = ground.links(partner.url, push=True, pull=True)
        ground.publishes(a_draft(attributes=held))
        deliver_due(server.id, OUTBOUND)
        sent = next(body_of(r) for r in partner.requests if r.target.startswith("/events/add"))
    packed, plain = (base64.b64decode(one["data"]) for one in sent["Event"]["Attribute"])
    assert plain == b"%PDF"
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.read(archive.namelist()[0], pwd=PASSWORD) == b"MZ"
    back = a_draft()
    answer = {"Event": sent["Event"] | {"uuid": back.uuid, "Attribute": [
        {key: value for key, value in one.items() if key != "uuid"} for one in sent["Event"]["Attribute"]
    ]}}  # fmt: skip
    with played({"GET /servers/getVersion": VERSION, "GET /events/view": answer}) as partner:
        pull_from(replace(server, url=partner.url), str(back.uuid), OUTBOUND)
    files = viewed_event(ground.admin, str(back.uuid), View()).attachments
    assert sorted(files.values()) == sorted([packed, plain])


def test_a_deletion_is_not_told_to_those_who_have_it(ground: Ground) -> None:
    with played({"GET /servers/getVersion": VERSION, "POST /events/add": {"Event": {}}}) as partner:
        server = ground.links(partner.url, push=True)
        uuid = ground.publishes(a_draft())
        deliver_due(server.id, OUTBOUND)
        before = len(partner.requests)
        delete_event(ground.admin, uuid)
        deliver_due(server.id, OUTBOUND)
        assert len(partner.requests) == before


@pytest.mark.parametrize("name", ["42-pull-event-blocklisted-at-puller", "43-pull-after-remote-delete"])
def test_a_pull_neither_takes_what_is_blocked_nor_drops_what_is_gone(
    ground: Ground, recordings: Recordings, name: str
) -> None:
    recorded = recordings.transcript(name)
    asked = [e for e in exchanges_of(recorded) if e["request"]["path"].startswith(("/servers/", "/events/"))]
    index = next(e["response"]["body"] for e in asked if e["request"]["path"] == "/events/index")
    blocked = "b53424b9-9512-436e-8fae-952e2ecd1164"
    for row in index:
        if row["uuid"] != blocked:
            add_event(ground.admin, a_draft(uuid=row["uuid"], timestamp=int(row["timestamp"])))
    gone = a_draft(uuid="ea0725b0-b5c8-42be-90d6-642d2111fc59") if name.startswith("43") else None
    if gone is not None:
        add_event(ground.admin, gone)
    add(ground.admin, Blocklist.EVENTS, [blocked], {})
    with played_by(asked) as partner:
        server = ground.links(partner.url, pull=True)
        pull_from(server, "full", OUTBOUND)
        assert not [line for line in lines_of(partner) if "/events/view/" in line]
    assert blocked not in local_versions([blocked])
    if gone is not None:
        assert local_versions([str(gone.uuid)])[str(gone.uuid)].trashed is False
