"""What admins do with roles, keys, requests for accounts and organisations, over REST and as pages (API §9.8)."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from mispmini.domain.ids import is_authkey, new_uuid
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, MACHINE, ORG_ADMIN, PASSWORD, PEOPLE, SYNC_USER, USER, Site, csrf_of, serving_site

Json = Any
NO_FUNCTION = "You do not have permission to use this functionality."
FRESH = "an entirely new one, for sure"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Site]:
    """An instance whose pages are in English, where visitors may ask for an account."""
    with serving_site(tmp_path_factory.mktemp("site"), password_hash, language="en") as site:
        with writing():
            save_setting("self_registration", True, user_id=None)
        yield site


@pytest.fixture(scope="module")
def dora(site: Site) -> Caller:
    """The site admin's program."""
    return Caller(site, site.admin_key)


@pytest.fixture(scope="module")
def oscar(site: Site) -> Caller:
    """An organisation's admin's program."""
    return Caller(site, site.key(ORG_ADMIN))


@pytest.fixture(scope="module")
def alice(site: Site) -> Caller:
    """A user's program."""
    return Caller(site, site.key(USER))


@pytest.fixture(scope="module")
def admin(site: Site) -> Browser:
    """A site admin in a browser."""
    return Browser(site, site.email(ADMIN, language="en"))


def new_org(dora: Caller, name: str, **more: object) -> Json:
    """An organisation, as the server answered it."""
    return dora.post("/admin/organisations/add", {"name": name, **more}).json()["Organisation"]


# Roles ----------------------------------------------------------------------------------------------------------------


def test_a_role_without_a_level_only_reads(dora: Caller) -> None:
    made = dora.post("/admin/roles/add", {"name": "reader", "perm_add": True}).json()["Role"]
    assert (made["perm_add"], made["permission"], made["permission_description"]) == (False, "0", "read_only")


def test_a_role_is_edited_field_by_field_and_counts_at_once(site: Site, dora: Caller) -> None:
    body = {"name": "tagger", "permission": "publish", "perm_auth": True, "perm_tagger": True}
    made = dora.post("/admin/roles/add", body).json()["Role"]
    person = Caller(site, site.key(int(made["id"])))
    edited = dora.post(f"/admin/roles/edit/{made['id']}", {"perm_tagger": "0", "max_execution_time": 1234}).json()[
        "Role"
    ]
    assert (edited["perm_tagger"], edited["perm_publish"], edited["max_execution_time"]) == (False, True, "1234")
    assert person.get("/users/view/me").json()["Role"]["perm_tagger"] is False
    dora.post(f"/admin/roles/edit/{made['id']}", {"perm_auth": False})
    assert person.get("/users/view/me").status_code == 403
    refused = dora.post(f"/admin/roles/delete/{made['id']}")
    assert (refused.status_code, "still have this role" in refused.json()["errors"]) == (403, True)


def test_the_default_role_is_one(dora: Caller) -> None:
    assert dora.post("/admin/roles/set_default/4").json()["message"] == "Default role set."
    assert [r["Role"]["id"] for r in dora.get("/roles/index").json() if r["Role"]["default"]] == ["4"]
    assert dora.post("/admin/roles/delete/4").status_code == 403
    dora.post("/admin/roles/set_default/3")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"), ({"name": "Publisher"}, "name"), ({"name": "x" * 101}, "name"),
        ({"name": "n", "perm_sync": "perhaps"}, "perm_sync"),
        ({"name": "n", "rate_limit_count": -1}, "rate_limit_count"),
    ],
    ids=str,
)  # fmt: skip
def test_a_role_that_does_not_fit_is_refused_by_field(dora: Caller, body: Json, field: str) -> None:
    answer = dora.post("/admin/roles/add", body)
    assert (answer.status_code, answer.json()["name"], list(answer.json()["errors"])) == (
        403, "Could not add Role", [field],
    )  # fmt: skip


def test_the_role_of_the_last_site_admins_stays_one(dora: Caller) -> None:
    answer = dora.post("/admin/roles/edit/1", {"perm_site_admin": False})
    assert (answer.status_code, list(answer.json()["errors"])) == (403, ["perm_site_admin"])
    assert dora.get("/users/view/me").json()["Role"]["perm_site_admin"] is True


@pytest.mark.parametrize("path", ["/admin/roles/add", "/admin/roles/edit/1", "/admin/roles/delete/6",
                                  "/admin/roles/set_default/1", "/admin/organisations/merge/1",
                                  "/admin/organisations/import", "/users/acceptRegistrations/1",
                                  "/users/discardRegistrations/1"])  # fmt: skip
def test_what_is_for_site_admins_is_not_for_an_organisations_admin(oscar: Caller, path: str) -> None:
    answer = oscar.post(path, {"name": "mine"})
    assert (answer.status_code, answer.json()["message"]) == (403, NO_FUNCTION)


# Keys -----------------------------------------------------------------------------------------------------------------


def test_a_rotated_key_and_its_successor_work_side_by_side(site: Site, alice: Caller) -> None:
    body = {"comment": "feed", "read_only": True, "allowed_ips": ["127.0.0.0/8"]}
    old = alice.post("/auth_keys/add", body).json()["AuthKey"]
    new = alice.post(f"/auth_keys/rotate/{old['id']}", {"hours": 2}).json()["AuthKey"]
    kept = ("comment", "read_only", "allowed_ips", "user_id", "expiration")
    assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
    for key in (old, new):
        assert Caller(site, key["authkey_raw"]).get("/roles").status_code == 200
    end = int(alice.get(f"/auth_keys/view/{old['id']}").json()["AuthKey"]["expiration"])
    assert 7100 < end - int(new["created"]) <= 7200
    gone = alice.post(f"/auth_keys/rotate/{new['id']}", {"hours": 0}).json()["AuthKey"]
    assert Caller(site, new["authkey_raw"]).get("/roles").status_code == 403
    assert Caller(site, gone["authkey_raw"]).get("/roles").status_code == 200


@pytest.mark.parametrize("hours", [-1, 721, "soon", [1]])
def test_an_overlap_that_does_not_fit_is_refused(alice: Caller, hours: object) -> None:
    key = alice.get("/auth_keys/index").json()[0]["AuthKey"]
    answer = alice.post(f"/auth_keys/rotate/{key['id']}", {"hours": hours})
    assert (answer.status_code, list(answer.json()["errors"])) == (403, ["hours"])


def test_another_ones_key_is_not_rotated(alice: Caller, oscar: Caller) -> None:
    assert alice.post("/auth_keys/rotate/1").status_code == 404
    assert oscar.post("/auth_keys/rotate/1").status_code == 405


def test_a_key_tells_where_it_was_used_from(site: Site, alice: Caller, dora: Caller) -> None:
    raw = alice.post("/auth_keys/add", {"comment": "seen"}).json()["AuthKey"]
    Caller(site, raw["authkey_raw"]).get("/roles")
    assert dora.get(f"/auth_keys/view/{raw['id']}").json()["AuthKey"]["unique_ips"] == ["127.0.0.1"]


def test_each_refusal_is_told_to_who_administers_the_account(site: Site, dora: Caller, oscar: Caller) -> None:
    reader = Caller(site, site.key(USER, read_only=True))
    for caller in (Caller(site, "unkn" + "x" * 36), Caller(site, site.key(USER, expiration=1)), reader):
        assert caller.post("/events/add", {"info": "x"}).status_code == 403
    mine = [item["KeyRefusal"] for item in oscar.get("/auth_keys/refusals").json()]
    all_of_them = [item["KeyRefusal"] for item in dora.get("/auth_keys/refusals").json()]
    assert [item["cause"] for item in all_of_them[:3]] == ["read_only", "expired", "unknown"]
    assert [item["cause"] for item in mine[:2]] == ["read_only", "expired"]
    assert all_of_them[0]["authkey_start"] == reader.key[:4]
    assert "unknown" not in {item["cause"] for item in mine}
    assert reader.key not in dora.get("/auth_keys/refusals").text


def test_refusals_are_not_for_users(alice: Caller) -> None:
    assert alice.get("/auth_keys/refusals").status_code == 403


def test_a_key_must_end_where_an_admin_wants_that(alice: Caller) -> None:
    with writing():
        save_setting("key_needs_expiration", True, user_id=None)
    try:
        refused = alice.post("/auth_keys/add", {"comment": "for ever"})
        assert (refused.status_code, list(refused.json()["errors"])) == (403, ["expiration"])
        assert alice.post("/auth_keys/add", {"expiration": "2199-01-01"}).status_code == 200
    finally:
        with writing():
            save_setting("key_needs_expiration", False, user_id=None)


# Passwords ------------------------------------------------------------------------------------------------------------


def test_a_password_that_somebody_else_chose_is_changed_before_anything_else(site: Site) -> None:
    person = Browser(site, site.email(USER, language="en", change_pw=True))
    page = person.get("/events/index")
    assert page.url.endswith("/users/change_pw")
    assert "Somebody else has chosen your password" in page.text
    blocked = person.http.get(f"{site.url}/events/index", headers={"Accept": "application/json"}, timeout=10)
    assert (blocked.status_code, blocked.json()["message"]) == (403, "Password change required.")
    fields = {"current_password": PASSWORD, "password": FRESH, "confirm_password": FRESH}
    changed = person.post("/users/change_pw", fields, form_at="/users/change_pw")
    assert (changed.status_code, changed.headers["Location"]) == (303, "/")
    assert person.get("/events/index").url.endswith("/events/index")


def test_a_key_is_never_stopped_by_a_pending_change(site: Site, dora: Caller) -> None:
    added = dora.post("/admin/users/add", {"email": f"{new_uuid()}@acme.test", "role_id": 3}).json()["User"]
    assert (added["change_pw"], is_authkey(added["authkey"])) == (True, True)
    assert Caller(site, added["authkey"]).get("/events/index").status_code == 200


def test_a_server_that_is_none_is_refused(dora: Caller) -> None:
    answer = dora.post("/admin/users/add", {"email": "link@acme.test", "server_id": 77})
    assert (answer.status_code, answer.json()["errors"]) == (403, {"server_id": ["Please select a server."]})


@pytest.mark.parametrize("role_id", [1, 5])
def test_an_org_admin_that_gives_a_higher_role_is_refused(oscar: Caller, role_id: int) -> None:
    answer = oscar.post("/admin/users/add", {"email": "up@acme.test", "role_id": role_id})
    assert (answer.status_code, answer.json()["message"]) == (
        403, "You are not authorised to assign that role to a user.",
    )  # fmt: skip


# Requests for accounts ------------------------------------------------------------------------------------------------


def asks(site: Site, **wish: object) -> requests.Response:
    """A visitor's program asks for an account."""
    return site.post("/users/register", json=wish, headers=MACHINE)


def waiting(dora: Caller, email: str) -> Json:
    """The request of this address."""
    return next(
        item["Inbox"]
        for item in dora.get("/users/registrations/index").json()
        if item["Inbox"]["data"]["email"] == email
    )


def test_a_request_becomes_an_account(site: Site, dora: Caller) -> None:
    email = f"{new_uuid()}@wish.test"
    told = asks(site, email=email, org_name="ACME", message="please", perm_sync=True)
    assert (told.status_code, told.json()["saved"]) == (200, True)
    item = waiting(dora, email)
    assert (item["type"], item["data"]["perm_sync"], item["data"]["message"]) == ("registration", True, "please")
    without = dora.post(f"/users/acceptRegistrations/{item['id']}", {"User": {"org_id": None, "role_id": 3}})
    assert without.json()["message"] == "No organisation selected. Supply an Organisation ID"
    accepted = dora.post(f"/users/acceptRegistrations/{item['uuid']}", {"User": {"org_id": "1", "role_id": 3}})
    assert accepted.json()["saved"] is True
    (user,) = dora.get(f"/admin/users/index/value:{email}").json()
    assert (user["Role"]["id"], user["User"]["change_pw"]) == ("3", True)
    assert dora.post(f"/users/acceptRegistrations/{item['id']}", {"org_id": "1"}).status_code == 404


def test_a_request_is_discarded(site: Site, dora: Caller) -> None:
    asks(site, email="discard@wish.test")
    item = waiting(dora, "discard@wish.test")
    assert dora.post(f"/users/discardRegistrations/{item['id']}").json()["name"] == "1 registration(s) discarded."
    assert dora.post(f"/users/discardRegistrations/{item['id']}").status_code == 404


def test_whether_an_address_is_known_is_not_told(site: Site) -> None:
    known, unknown = (asks(site, email=email) for email in ("admin@acme.test", "nobody@wish.test"))
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())


@pytest.mark.parametrize("wish", [{}, {"email": "nope"}, {"email": ["a@b"]}, {"email": "a@b.test", "perm_sync": "x"}])
def test_a_request_that_does_not_fit_is_refused(site: Site, wish: Json) -> None:
    assert asks(site, **wish).status_code == 403


def test_where_requests_are_off_there_are_none(site: Site) -> None:
    with writing():
        save_setting("self_registration", False, user_id=None)
    try:
        assert asks(site, email="late@wish.test").status_code == 405
        assert "/users/register" not in site.get("/users/login", headers=PEOPLE).text
    finally:
        with writing():
            save_setting("self_registration", True, user_id=None)


def test_a_visitor_asks_by_form_and_an_admin_is_shown_the_first_password(site: Site, admin: Browser) -> None:
    visitor = requests.Session()
    page = visitor.get(f"{site.url}/users/register", headers=PEOPLE, timeout=10)
    fields = {"email": "form@wish.test", "org_name": "<b>Org</b>", "csrf_token": csrf_of(page.text)}
    sent = visitor.post(f"{site.url}/users/register", data=fields, headers=PEOPLE, timeout=10)
    assert "Your request was sent" in sent.text
    stale = visitor.post(f"{site.url}/users/register", data={"email": "x@wish.test"}, headers=PEOPLE, timeout=10)
    assert stale.status_code == 400
    listed = admin.get("/users/registrations").text
    assert "form@wish.test" in listed
    assert "<b>Org</b>" not in listed
    number = listed.rpartition('aria-labelledby="request-')[2].partition('"')[0]
    made = admin.post(
        f"/users/acceptRegistrations/{number}", {"org_id": "1", "role_id": "3"}, form_at="/users/registrations"
    )
    assert (made.status_code, "Account created" in made.text) == (200, True)


# Users' own settings --------------------------------------------------------------------------------------------------


def test_a_setting_is_kept_read_and_removed(alice: Caller, dora: Caller) -> None:
    value = {"Tag.name": "tlp:green"}
    kept = alice.post(
        "/userSettings/setSetting", {"setting": "publish_alert_filter", "value": '{"Tag.name":"tlp:green"}'}
    )
    assert (kept.json()["UserSetting"]["setting"], kept.json()["UserSetting"]["value"]) == (
        "publish_alert_filter",
        value,
    )
    assert alice.get("/users/view/me").json()["UserSetting"] == {"publish_alert_filter": value}
    asked = {"setting": "publish_alert_filter", "user_id": alice.id()}
    assert dora.post("/user_settings/getSetting", asked).json()["UserSetting"]["value"] == value
    assert [item["UserSetting"]["setting"] for item in alice.get("/user_settings").json()] == ["publish_alert_filter"]
    assert alice.post("/user_settings/delete", {"setting": "publish_alert_filter"}).json()["saved"] is True
    assert alice.post("/user_settings/getSetting", {"setting": "publish_alert_filter"}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"setting": "nonsense", "value": 1}, 405), ({"value": 1}, 405),
        ({"setting": "dashboard_access", "value": 1}, 403), ({"setting": "homepage", "value": "x" * 70_000}, 403),
        ({"setting": "homepage", "value": 1, "user_id": "1"}, 404),
    ],
    ids=["unknown", "none", "for admins", "long", "another's"],
)  # fmt: skip
def test_a_setting_that_is_not_ones_to_make(alice: Caller, body: Json, status: int) -> None:
    assert alice.post("/user_settings/setSetting", body).status_code == status


def test_an_admins_own_password_and_address_want_the_present_one_on_every_page(site: Site, dora: Caller) -> None:
    """TRUST S14: whoever finds an open browser does not get to keep the account."""
    email = site.email(ADMIN, language="en")
    [own] = (u["User"]["id"] for u in dora.get("/admin/users/index").json() if u["User"]["email"] == email)
    path, browser = f"/admin/users/edit/{own}", Browser(site, email)
    assert 'name="current_password"' in browser.get(path).text
    for wish in ({"email": email, "password": FRESH}, {"email": f"taken.{email}", "password": ""}):
        for current in ({}, {"current_password": "a guess"}):
            refused = browser.post(path, {**wish, **current}, form_at=path)
            assert (refused.status_code, "The current password is wrong." in refused.text) == (403, True)
    proven = {"email": email, "password": FRESH, "current_password": PASSWORD}
    assert browser.post(path, proven, form_at=path).status_code == 303
    assert browser.get("/users/checkIfLoggedIn").url.endswith("/users/login")


# Statistics -----------------------------------------------------------------------------------------------------------


def test_counts_are_of_what_one_sees(site: Site, dora: Caller) -> None:
    other = new_org(dora, "Counted")
    added = dora.post("/admin/users/add", {"email": "count@acme.test", "org_id": other["id"]}).json()["User"]
    stranger = Caller(site, added["authkey"])
    body = {"info": "secret", "distribution": 0, "Attribute": [{"type": "ip-src", "value": "192.0.2.77"}]}
    assert dora.post("/events/add", body).status_code == 200
    shown = [caller.get("/users/statistics/data").json()["stats"] for caller in (dora, stranger)]
    assert (int(shown[0]["event_count"]) - int(shown[1]["event_count"]), shown[1]["attribute_count"]) == (1, "0")
    assert stranger.get("/users/statistics/orgs").json()["ACME"]["eventCount"] == "0"
    assert dora.get("/users/statistics/orgs").json()["ACME"]["eventCount"] == "1"
    assert stranger.get("/users/statistics/attributehistogram").json() == []
    assert dora.get("/users/statistics/attributehistogram").json()[0]["data"] == {"ip-src": 1}


def test_counts_leave_out_what_one_does_not_see_of_an_event(site: Site, dora: Caller) -> None:
    other = new_org(dora, "Counted in part")
    stranger = Caller(site, dora.post("/admin/users/add", {"email": "part@acme.test", "org_id": other["id"]}).json()
                      ["User"]["authkey"])  # fmt: skip
    before = stranger.get("/users/statistics/orgs").json()["ACME"]
    hidden = {"type": "ip-src", "value": "192.0.2.78", "distribution": 0}
    body = {"info": "half", "distribution": 1, "Attribute": [{"type": "ip-src", "value": "192.0.2.79"}, hidden]}
    assert dora.post("/events/add", body).status_code == 200
    after = stranger.get("/users/statistics/orgs").json()["ACME"]
    assert [int(after[name]) - int(before[name]) for name in ("eventCount", "attributeCount")] == [1, 1]
    page = site.get("/", headers={**PEOPLE, "Authorization": stranger.key}).text
    assert f"<dt>Attributes</dt><dd>{after['attributeCount']}</dd>" in page


def test_counts_name_no_organisation_while_their_list_is_kept_from_users(site: Site, dora: Caller) -> None:
    met, unmet = new_org(dora, "Met"), new_org(dora, "Unmet")
    writer, reader = (
        Caller(site, dora.post("/admin/users/add", {"email": email, "org_id": org}).json()["User"]["authkey"])
        for email, org in (("met@acme.test", met["id"]), ("reads@acme.test", site.org_id))
    )
    assert writer.post("/events/add", {"info": "seen", "distribution": 1}).status_code == 200
    with writing():
        save_setting("hide_organisation_index", True, user_id=None)
    try:
        told, all_of_them = (caller.get("/users/statistics/orgs").json() for caller in (reader, dora))
        rules = reader.get("/servers/getAvailableSyncFilteringRules").json()["organisations"]
    finally:
        with writing():
            save_setting("hide_organisation_index", False, user_id=None)
    assert {"ACME", "Met"} <= told.keys() & set(rules)
    assert unmet["name"] not in rules
    assert unmet["name"] not in told
    assert unmet["name"] in all_of_them


@pytest.mark.parametrize(
    ("context", "keys"),
    [
        ("users", ["user", "org_local", "org_external"]), ("tags", ["flatData", "treemap"]),
        ("sightings", ["toplist", "eventids"]),
    ],
)  # fmt: skip
def test_each_count_has_misps_keys(alice: Caller, context: str, keys: list[str]) -> None:
    assert list(alice.get(f"/users/statistics/{context}").json()) == keys


def test_an_unknown_count_is_none(alice: Caller) -> None:
    assert alice.get("/users/statistics/secrets").status_code == 404


# Organisations --------------------------------------------------------------------------------------------------------


def test_a_uuid_that_is_taken_names_whose_it_is(dora: Caller) -> None:
    first, second = new_org(dora, "First"), new_org(dora, "Second")
    answer = dora.post(f"/admin/organisations/edit/{second['id']}", {"uuid": first["uuid"].upper()})
    assert answer.json()["errors"]["uuid"] == ["An organisation with this UUID already exists: First."]
    fresh = new_uuid()
    assert (
        dora.post(f"/admin/organisations/edit/{second['id']}", {"uuid": fresh}).json()["Organisation"]["uuid"] == fresh
    )


def test_a_merge_is_shown_first_and_then_moves_everything(site: Site, dora: Caller) -> None:
    double, kept = new_org(dora, "Double"), new_org(dora, "Kept", local=False)
    added = dora.post("/admin/users/add", {"email": f"{new_uuid()}@double.test", "org_id": double["id"]}).json()["User"]
    member = Caller(site, added["authkey"])
    event = member.post("/events/add", {"info": "of the double", "distribution": 0}).json()["Event"]
    path = f"/admin/organisations/merge/{double['id']}"
    shown = dora.get(f"{path}?target={kept['id']}").json()
    assert shown["counts"] == {
        "users": "1", "events_created": "1", "events_held": "1", "servers": "0", "groups": "0",
    }  # fmt: skip
    assert dora.get(f"/organisations/view/{double['id']}").status_code == 200
    merged = dora.post(path, {"target": kept["uuid"]}).json()
    assert (merged["saved"], merged["data"]["counts"]) == (True, shown["counts"])
    assert dora.get(f"/organisations/view/{double['id']}").status_code == 404
    assert member.get(f"/events/view/{event['uuid']}").json()["Event"]["Orgc"]["uuid"] == kept["uuid"]
    own = member.get("/users/view/me").json()["Organisation"]
    assert (own["id"], own["local"]) == (kept["id"], True)


def test_what_push_rules_kept_from_a_partner_stays_kept_after_a_merge(dora: Caller) -> None:
    double, kept, partner = (new_org(dora, f"Ruled {number}") for number in range(3))
    rules = {
        "tags": {"OR": [], "NOT": []},
        "orgs": {"OR": [], "NOT": [double["id"], int(kept["id"])]}, "type_attributes": {"NOT": ["comment"]},
    }  # fmt: skip
    wanted = {"name": "p", "url": "https://p.example", "remote_org_id": partner["id"], "authkey": "k" * 40}
    link = dora.post("/servers/add", wanted | {"push_rules": json.dumps(rules)}).json()["Server"]
    assert dora.post(f"/admin/organisations/merge/{double['id']}", {"target": kept["id"]}).status_code == 200
    after = json.loads(dora.get(f"/servers/view/{link['id']}").json()["Server"]["push_rules"])
    assert after["orgs"] == {"OR": [], "NOT": [int(kept["id"])]}
    assert after["type_attributes"] == {"NOT": ["comment"]}


def test_members_of_a_group_merge_into_one(dora: Caller) -> None:
    double, kept = new_org(dora, "Double member"), new_org(dora, "Kept member")
    group = dora.post("/sharing_groups/add", {"name": new_uuid(), "releasability": "x"}).json()["SharingGroup"]
    for org in (double, kept):
        assert dora.post(f"/sharing_groups/addOrg/{group['id']}/{org['id']}", {}).status_code == 200
    assert dora.post(f"/admin/organisations/merge/{double['id']}", {"target": kept["id"]}).status_code == 200
    members = dora.get(f"/sharing_groups/view/{group['id']}").json()["SharingGroupOrg"]
    assert [member["org_id"] for member in members].count(kept["id"]) == 1
    assert double["id"] not in {member["org_id"] for member in members}


@pytest.mark.parametrize(("source", "target"), [("1", "{org}"), ("{org}", "{org}"), ("{org}", ""), ("{org}", "99999")])
def test_a_merge_that_cannot_be_changes_nothing(dora: Caller, source: str, target: str) -> None:
    org = new_org(dora, f"Stays {new_uuid()}")
    before = dora.get("/organisations/index/scope:all").json()
    answer = dora.post(
        f"/admin/organisations/merge/{source.format(org=org['id'])}", {"target": target.format(org=org["id"])}
    )
    assert answer.status_code in (403, 404)
    assert dora.get("/organisations/index/scope:all").json() == before


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(lambda name, uuid: [{"name": name, "uuid": uuid}], id="list"),
        pytest.param(lambda name, uuid: [{"Organisation": {"name": name, "uuid": uuid, "id": "1"}}], id="index"),
        pytest.param(lambda name, uuid: {"response": [{"name": name, "uuid": uuid}]}, id="response"),
        pytest.param(lambda name, uuid: {"list": f"name,uuid\n{name},{uuid}\n"}, id="csv"),
        pytest.param(lambda name, uuid: {"list": f"id;UUID;Name\r\n1;{uuid};{name}"}, id="csv-semicolon"),
        pytest.param(lambda name, uuid: {"list": f"{uuid}\t{name}"}, id="without-heads"),
        pytest.param(lambda name, uuid: {"list": f'[{{"name": "{name}", "uuid": "{uuid}"}}]'}, id="json-text"),
    ],
)
def test_a_partners_list_is_taken_in(dora: Caller, shape: Any) -> None:
    name, uuid = f"Partner {new_uuid()}", new_uuid()
    (told,) = dora.post("/admin/organisations/import", shape(name, uuid)).json()
    assert told == {"Organisation": {"name": name, "uuid": uuid}, "state": "added", "ours": None}
    added = dora.get(f"/organisations/view/{uuid}").json()["Organisation"]
    assert (added["name"], added["local"]) == (name, False)


def test_what_is_here_already_is_not_changed_by_a_list(dora: Caller) -> None:
    known = new_org(dora, f"Known {new_uuid()}")
    lines = [
        {"name": known["name"], "uuid": known["uuid"]}, {"name": "Other", "uuid": known["uuid"]},
        {"name": known["name"].upper(), "uuid": new_uuid()}, {"name": "No uuid", "uuid": "none"},
        {"name": " ", "uuid": new_uuid()},
    ]  # fmt: skip
    told = dora.post("/admin/organisations/import", lines).json()
    assert [item["state"] for item in told] == ["known", "known_by_another_name", "name_taken", "invalid", "invalid"]
    after = dora.get(f"/organisations/view/{known['id']}").json()["Organisation"]
    assert {name: after[name] for name in ("name", "uuid", "local")} == {
        name: known[name] for name in ("name", "uuid", "local")
    }


@pytest.mark.parametrize(
    "body", [{}, [], {"list": ""}, {"list": "nonsense"}, [1], [{"name": "x"}], {"list": "[{"}], ids=str
)
def test_what_is_no_list_is_refused(dora: Caller, body: Json) -> None:
    headers = {**MACHINE, "Authorization": dora.key}
    answer = dora.site.post("/admin/organisations/import", json=body, headers=headers)
    assert (answer.status_code, list(answer.json()["errors"])) == (403, ["list"])


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/roles/index", "/admin/roles/add", "/admin/roles/edit/1", "/auth_keys/refusals", "/auth_keys/edit/1",
        "/users/change_pw", "/users/register", "/users/registrations", "/admin/organisations/import",
        "/admin/organisations/merge/{org}", "/admin/organisations/merge/{org}?target=1",
    ],
)  # fmt: skip
def test_every_page_opens(admin: Browser, dora: Caller, path: str) -> None:
    org = new_org(dora, f"Page {new_uuid()}")["id"] if "{org}" in path else ""
    page = admin.get(path.format(org=org))
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")


def test_a_user_sees_the_roles_and_no_way_to_change_them(site: Site) -> None:
    page = Browser(site, site.email(USER, language="en")).get("/roles/index")
    assert "Publisher" in page.text
    assert "/admin/roles" not in page.text


def test_a_form_makes_and_changes_a_role(admin: Browser, dora: Caller) -> None:
    fields = {"name": "By form", "permission": "3", "perm_auth": "1", "perm_sync": "0"}
    assert admin.post("/admin/roles/add", fields, form_at="/admin/roles/add").headers["Location"] == "/roles/index"
    made = next(item["Role"] for item in dora.get("/roles").json() if item["Role"]["name"] == "By form")
    assert (made["perm_publish"], made["perm_auth"]) == (True, True)
    path = f"/admin/roles/edit/{made['id']}"
    bad = admin.post(path, {**fields, "name": "admin"}, form_at=path)
    assert (bad.status_code, "A role with this name already exists." in bad.text) == (403, True)
    assert admin.post(f"/admin/roles/delete/{made['id']}", {}, form_at=path).status_code == 303


def test_a_form_edits_and_replaces_a_key_and_leads_back(admin: Browser, alice: Caller) -> None:
    key = alice.post("/auth_keys/add", {"comment": "before"}).json()["AuthKey"]
    path = f"/auth_keys/edit/{key['id']}"
    fields = {"comment": "after", "allowed_ips": "127.0.0.1", "expiration": "2199-01-01", "read_only": "1"}
    assert admin.post(path, fields, form_at=path).status_code == 303
    page = admin.get(path).text
    assert "2199-01-01" in page
    wrong = admin.post(path, {**fields, "allowed_ips": "here"}, form_at=path)
    assert (wrong.status_code, "Not an IP address or range" in wrong.text) == (403, True)
    shown = admin.post(f"/auth_keys/rotate/{key['id']}", {"hours": "1", "go_to": path}, form_at=path)
    assert (shown.status_code, f'href="{path}"' in shown.text) == (200, True)


def test_a_key_that_ends_within_thirty_days_is_marked(site: Site) -> None:
    person = Browser(site, site.email(USER, language="en"))
    for days, mark in ((29, True), (31, False)):
        end = (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
        fields = {"comment": str(days), "expiration": end, "user_id": ""}
        assert person.post("/auth_keys/add", fields, form_at="/auth_keys/add").status_code == 200
        row = person.get("/users/view/me").text.partition(f">{days}<")[2].partition("</tr>")[0]
        assert ("Expires soon" in row) is mark


@pytest.mark.parametrize(
    ("wish", "way"), [("/admin/users/edit/1", "/admin/users/edit/1"), ("//evil.test", "/users/view/me")]
)
def test_a_new_key_leads_back_to_where_its_maker_came_from(admin: Browser, wish: str, way: str) -> None:
    fields = {"user_id": "1", "comment": "x", "go_to": wish}
    page = admin.post("/auth_keys/add", fields, form_at="/auth_keys/add/1")
    assert f'<a class="button" href="{way}">' in page.text


def test_a_form_merges_after_showing_what_moves(admin: Browser, dora: Caller) -> None:
    double, kept = new_org(dora, "Form double"), new_org(dora, "Form kept")
    path = f"/admin/organisations/merge/{double['id']}"
    shown = admin.get(f"{path}?target={kept['id']}").text
    assert "What moves to Form kept" in shown
    answer = admin.post(path, {"target": kept["id"]}, form_at=f"{path}?target={kept['id']}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/organisations/view/{kept['id']}")


def test_a_form_takes_in_a_file(site: Site, admin: Browser) -> None:
    uuid = new_uuid()
    token = csrf_of(admin.get("/admin/organisations/import").text)
    file = {"file": ("orgs.csv", f"\ufeffname;uuid\nDe São Paulo;{uuid}\n".encode(), "text/csv")}
    page = admin.http.post(
        f"{site.url}/admin/organisations/import", data={"csrf_token": token, "list": "", "local": "1"}, files=file,
        headers=PEOPLE, timeout=10,
    )  # fmt: skip
    assert "1 organisation was added." in page.text
    assert "De São Paulo" in page.text


def test_accounts_are_found_by_part_of_their_address(site: Site, admin: Browser) -> None:
    wanted, other = site.email(USER), site.email(USER)
    page = admin.get(f"/admin/users/index?value={wanted.partition('@')[0]}%40").text
    assert (wanted in page, other in page) == (True, False)
    assert "No user matches." in admin.get("/admin/users/index?value=nobody-is-called-so").text


def test_a_links_form_keeps_what_becomes_of_deletions_and_what_else_crosses(admin: Browser, dora: Caller) -> None:
    link = {"name": "Gone", "url": "https://192.0.2.3", "authkey": "a" * 40, "push_analyst_data": True}
    made = dora.post("/servers/add", link | {"remote_org_name": "Gone there", "remote_org_uuid": new_uuid()}).json()
    path = f"/servers/edit/{made['Server']['id']}"
    page = admin.get(path).text
    assert re.search(r'<option value="mark" selected>', page)
    assert re.search(r'name="push_analyst_data" value="1" checked', page)
    form = {"name": "Gone", "url": "https://192.0.2.3", "remote_org_id": made["Server"]["remote_org_id"]}
    form |= {"gone_policy": "delete", "push_analyst_data": "0", "remove_missing_tags": "1"}
    assert admin.post(path, form, form_at=path).status_code == 303
    page = admin.get(path).text
    assert re.search(r'<option value="delete" selected>', page)
    assert re.search(r'name="remove_missing_tags" value="1" checked', page)
    assert not re.search(r'name="push_analyst_data" value="1" checked', page)


def test_a_preview_of_a_partner_that_is_away_says_why_and_what_to_do(admin: Browser, dora: Caller) -> None:
    link = {"name": "Away", "url": "https://127.0.0.1:9", "authkey": "a" * 40}
    made = dora.post("/servers/add", link | {"remote_org_name": "Away there", "remote_org_uuid": new_uuid()}).json()
    page = admin.get(f"/servers/previewIndex/{made['Server']['id']}")
    assert (page.status_code, "Not possible" in page.text) == (403, True)
    assert "list its address under “Allow internal addresses”" in page.text


def test_a_configuration_is_offered_to_sync_users_alone(site: Site, admin: Browser) -> None:
    assert 'action="/servers/createSync"' not in admin.get("/servers/createSync").text
    sam = Browser(site, site.email(SYNC_USER))
    assert 'action="/servers/createSync"' in sam.get("/servers/createSync").text
    assert 'href="/servers/createSync"' in sam.get("/users/view/me").text
