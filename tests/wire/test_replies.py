"""The bodies of answers, beside those of a real MISP."""

import json
from dataclasses import fields
from typing import Any

import pytest

from mispmini.domain.permissions import SIX_ROLES, Permission
from mispmini.domain.records import AuthKeyRecord, OrganisationRecord, RoleRecord, ServerRecord, UserRecord
from mispmini.domain.viewer import Viewer
from mispmini.wire import account_replies as accounts
from mispmini.wire import replies
from mispmini.wire.sharing_group_out import report_view, sharing_group_index_item, sharing_group_view
from tests.wire import example
from tests.wire.conftest import Recordings
from tests.wire.test_event_out import shape, without

OWNER = OrganisationRecord(
    1,
    example.NORTH.uuid,
    "CERT North",
    True,
    1770000000,
    1770000060,
    description="d",
    restricted_to_domain=("a.example",),
)
USER = UserRecord(5, 1, 3, "ana@north.example", gpgkey="", external_auth_key="", date_created=1, date_modified=2,
                  last_pw_change=3)  # fmt: skip
ROLE = RoleRecord(3, "User", SIX_ROLES[2].permissions, 1770000000, 1770000000, default_role=True)
KEY = AuthKeyRecord(28, example.EVENT.uuid, 5, "PShw", "gzE6", 1770000000, comment="c", allowed_ips=("127.0.0.1",))
SERVER = ServerRecord(1, "B", "https://b.example", 1, 2, push=True, lastpushedid=16)
SYNC = Viewer(7, 1, OWNER.uuid, OWNER.name, "sync@a", 5, "Sync user", SIX_ROLES[4].permissions)


def test_errors_are_escaped_as_php_does() -> None:
    body = replies.exception('Sharing group doesn\'t <exist> & "more"', "/x")
    assert body["message"] == "Sharing group doesn&#039;t &lt;exist&gt; &amp; &quot;more&quot;"
    assert body["name"] == body["message"]


@pytest.mark.parametrize(
    ("sample", "ours"),
    [
        ("19b-events-publish", replies.saved("Event published without alerts", "/events/publish/55", subject_id=55)),
        ("13e-attach", replies.saved("Global tag sample-tag(21) successfully attached to Event(55).",
                                     "/tags/attachTagToObject")),
        ("19e-events-edit", replies.save_failed(
            "Could not edit Event", "/events/edit/55",
            "Event could not be saved: Event in the request not newer than the local copy.", subject_id=55)),
        ("16b-attributes", replies.save_failed("Could not add Attribute", "/attributes/add",
                                               {"value": ["IP address has an invalid format."]})),
        ("14d-sharing", replies.exception(
            "Sharing group doesn't exist or you do not have permission to access it.", "/sharing_groups/view/1")),
        ("13g-events-addTag", replies.ajax_saved("Tag added.", check_publish=True)),
        ("16g-attributes-delete", replies.message("Attribute deleted.")),
        ("97c-postTest", replies.post_test("abc", {"Content-Type": "application/json", "Accept": "application/json"})),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_answers_are_misps_word_for_word(recordings: Recordings, sample: str, ours: object) -> None:
    assert ours == recordings.answer(sample)


@pytest.mark.parametrize("sample", ["15h-servers-add-GET", "93g-events-add-GET"])
def test_a_description_is_shaped_like_misps(recordings: Recordings, sample: str) -> None:
    theirs = recordings.answer(sample)
    mandatory, optional = theirs["mandatory_fields"], theirs["optional_fields"]
    ours = replies.api_description(theirs["url"], theirs["description"], mandatory=mandatory, optional=optional)
    assert ours == theirs


def version_document(viewer: Viewer) -> replies.Reply:
    return replies.version_document(
        viewer,
        announced_version="2.5.1",
        server_version="0.1",
        instance_uuid="u",
        takes_clusters=True,
    )


def test_the_version_document_has_all_that_misps_has(recordings: Recordings) -> None:
    theirs = recordings.answer("01-servers-getVersion")
    assert without(version_document(SYNC), "server", "server_version", "uuid") == without(theirs, "uuid")
    reader = version_document(Viewer(1, 1, "", "", "", 6, "", SIX_ROLES[5].permissions))
    assert without(reader, "server", "server_version") == recordings.answer("01c-getVersion-readonly")


def test_what_is_not_taken_is_announced_as_not_permitted() -> None:
    document = replies.version_document(SYNC, announced_version="2.5.1", server_version="0.1", instance_uuid="u")
    assert document["perm_galaxy_editor"] is False


def test_a_missing_header_is_0_in_the_post_test() -> None:
    body: Any = replies.post_test("x", {})
    assert body["headers"] == {"Content-type": 0, "Accept": 0, "Authorization": "OK"}


@pytest.mark.parametrize(
    ("sample", "pick", "ours"),
    [
        ("02b-users-view-me", lambda b: without(b, "UserSetting"),
         without(accounts.user_reply(USER, ROLE, OWNER), "UserSetting")),
        ("03-admin-users-index", lambda b: b[4], accounts.user_index_item(USER, ROLE, OWNER)),
        ("96-admin-users-add", lambda b: {"User": without(b["User"], "authkey")}, accounts.saved_user_reply(USER)),
        ("05b-roles-index", lambda b: b[2], accounts.role_index_item(ROLE)),
        ("06b-auth_keys-add", lambda b: {**b["AuthKey"], "allowed_ips": [""]}, accounts.auth_key_columns(KEY, raw="x")),
        ("04c-organisations-view", lambda b: {"Organisation": without(b["Organisation"], "user_count")},
         accounts.organisation_view_reply(OWNER)),
        ("15-servers-index", lambda b: b[0], accounts.server_index_item(SERVER, OWNER, OWNER)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_accounts_have_the_shape_of_misps(recordings: Recordings, sample: str, pick: Any, ours: Any) -> None:
    assert loose(shape(ours)) == loose(shape(pick(recordings.answer(sample))))


def loose(value: Any) -> Any:
    """Lists may be empty here or there."""
    if isinstance(value, dict):
        return {key: loose(part) for key, part in value.items()}
    return "list" if isinstance(value, list) else value


def test_groups_and_reports_have_the_shape_of_misps(recordings: Recordings) -> None:
    theirs = recordings.answer("14b-sharing_groups-view")
    assert shape(sharing_group_view(example.GROUP, OWNER, example.NORTH)["SharingGroup"]) == shape(
        theirs["SharingGroup"]
    )
    assert shape(sharing_group_view(example.GROUP, OWNER, None)["SharingGroupOrg"]) == shape(theirs["SharingGroupOrg"])
    index = recordings.answer("14-sharing_groups")["response"][0]
    item = sharing_group_index_item(example.GROUP, editable=True, deletable=True)
    assert shape(without(item, "SharingGroupServer")) == shape(without(index, "SharingGroupServer"))
    report = report_view(example.REPORT, example.EVENT, example.NORTH, example.SOUTH, None)
    assert shape(report) == shape(recordings.answer("20p-eventReports-index")[0])


def test_no_secret_has_a_place_in_an_account() -> None:
    names = {f.name for record in (UserRecord, AuthKeyRecord, ServerRecord) for f in fields(record)}
    assert names.isdisjoint({"password", "authkey", "authkey_hash", "totp", "hotp_counter"})
    assert "authkey_raw" not in accounts.auth_key_columns(KEY)


def test_a_read_only_keys_flags_are_those_that_count() -> None:
    reply: Any = accounts.user_reply(USER, ROLE, OWNER, permissions=frozenset({Permission.AUTH}), key=KEY)
    assert reply["Role"]["perm_auth"]
    assert not reply["Role"]["perm_add"]
    assert reply["AuthKey"] == {"read_only": False}


def test_json_for_people_is_indented_like_phps() -> None:
    assert replies.dump({"a": ["ü/", []], "b": {}}, pretty=True) == (
        '{\n    "a": [\n        "ü/",\n        []\n    ],\n    "b": {}\n}'
    )
    assert replies.dump({"a": ["ü/", None]}, pretty=False) == '{"a":["ü/",null]}'
    assert replies.reindent('{"a":1}') == json.dumps({"a": 1}, indent=4)
