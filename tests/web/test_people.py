"""Organisations, users, authkeys and roles over REST and as pages: MISP's shapes and refusals (API §9.8, MODEL §5)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mispmini.domain.ids import is_authkey, new_uuid
from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, ORG_ADMIN, PASSWORD, READ_ONLY, SYNC_USER, USER, Site, csrf_of, serving_site

Json = Any
NO_FUNCTION = "You do not have permission to use this functionality."
NO_AUTHKEY_RIGHT = "Invalid user or insufficient privileges to interact with an authkey for the given user."
USER_COLUMNS = {
    "id", "org_id", "server_id", "email", "autoalert", "invited_by", "gpgkey", "certif_public", "nids_sid",
    "termsaccepted", "newsread", "role_id", "change_pw", "contactalert", "disabled", "expiration", "current_login",
    "last_login", "force_logout", "date_created", "date_modified", "sub", "external_auth_required",
    "external_auth_key", "last_api_access", "notification_daily", "notification_weekly", "notification_monthly",
    "last_pw_change",
}  # fmt: skip
SECRETS = {"password", "totp", "hotp_counter", "totp_is_set"}
ORGANISATION_COLUMNS = {
    "id", "name", "date_created", "date_modified", "description", "type", "nationality", "sector", "created_by",
    "uuid", "contacts", "local", "restricted_to_domain", "landingpage",
}  # fmt: skip
KEY_COLUMNS = {
    "id", "uuid", "authkey_start", "authkey_end", "created", "expiration", "read_only", "user_id", "comment",
    "allowed_ips", "unique_ips",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, password_hash: str) -> Iterator[Site]:
    """An instance whose pages are in English."""
    with serving_site(tmp_path_factory.mktemp("site"), password_hash, language="en") as site:
        yield site


@pytest.fixture(scope="module")
def dora(site: Site) -> Caller:
    """The site admin."""
    return Caller(site, site.admin_key)


@pytest.fixture(scope="module")
def alice(site: Site) -> Caller:
    """A user."""
    return Caller(site, site.key(USER))


def hired(site: Site, role: int) -> Caller:
    return Caller(site, site.key(role))


# Oneself --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/users/view/me", "/users/view/me.json", "/users/view"])
def test_users_view_me_has_misps_shape(alice: Caller, path: str) -> None:
    told = alice.get(path).json()
    assert set(told) == {"User", "Role", "UserSetting", "Organisation", "AuthKey"}
    assert set(told["User"]) == (USER_COLUMNS - {"server_id"}) | SECRETS
    assert (told["User"]["password"], told["User"]["totp"], told["UserSetting"]) == ("*****", "*****", [])
    assert (told["Role"]["name"], told["Role"]["permission"], told["Role"]["perm_sync"]) == ("User", "2", False)
    assert set(told["Organisation"]) == ORGANISATION_COLUMNS
    assert told["AuthKey"] == {"read_only": False}


def test_a_read_only_key_is_told_what_is_left_of_its_role(site: Site, dora: Caller) -> None:
    owner = hired(site, SYNC_USER)
    made = owner.post("/auth_keys/add", {"read_only": True, "expiration": "2199-01-01"}).json()["AuthKey"]
    answer = Caller(site, made["authkey_raw"]).get("/users/view/me")
    assert answer.headers["X-Auth-Key-Expiration"] == "2199-01-01T00:00:00+00:00"
    told = answer.json()
    assert (told["Role"]["perm_sync"], told["Role"]["perm_auth"], told["AuthKey"]) == (False, True, {"read_only": True})


def test_what_is_not_ones_own_is_not_changed_by_a_put_of_oneself(dora: Caller, alice: Caller) -> None:
    before = dora.get(f"/users/view/{alice.id()}").json()["User"]
    wish = {"role_id": "1", "org_id": "2", "disabled": True, "server_id": "1", "autoalert": True}
    assert alice.post("/users/edit", wish, "PUT").status_code == 200
    after = dora.get(f"/users/view/{alice.id()}").json()["User"]
    changing = {"date_modified", "last_api_access"}
    assert {k: v for k, v in after.items() if k not in changing} == {
        k: v for k, v in (before | {"autoalert": True}).items() if k not in changing
    }


@pytest.mark.parametrize("path", ["/users/view/1", "/users/edit/1", "/users/view/999", "/users/view/nobody"])
def test_another_account_is_as_absent(alice: Caller, path: str) -> None:
    answer = alice.get(path)
    assert (answer.status_code, answer.json()) == (
        404,
        {"name": "Invalid user", "message": "Invalid user", "url": path},
    )


def test_a_key_changes_its_owners_password(site: Site) -> None:
    somebody = hired(site, USER)
    weak = somebody.post("/users/change_pw", {"password": "short"})
    assert weak.status_code == 403
    assert list(weak.json()["errors"]) == ["password"]
    assert somebody.post("/users/change_pw", {"password": new_uuid()}).json()["saved"] is True


def test_a_reset_tells_the_new_key_in_misps_words(site: Site) -> None:
    somebody = hired(site, SYNC_USER)
    told = somebody.post("/users/resetauthkey/me", []).json()
    words, fresh = told["message"].rsplit(" ", 1)
    assert (words, told["saved"], is_authkey(fresh)) == ("Authkey updated:", True, True)
    assert somebody.get("/users/view/me").status_code == 403
    assert Caller(site, fresh).get("/users/view/me").status_code == 200


# Accounts that one administers ----------------------------------------------------------------------------------------


def test_the_index_has_misps_shape(dora: Caller) -> None:
    first = dora.get("/admin/users/index").json()[0]
    hidden = {"sub", "external_auth_required", "external_auth_key"}
    assert set(first["User"]) == {name for name in USER_COLUMNS - hidden if not name.startswith("notification_")}
    assert first["Role"] == {"id": "1", "name": "admin", "perm_auth": True, "perm_site_admin": True, "perm_admin": True}
    assert first["Organisation"] == {"id": "1", "name": "ACME"}


def test_the_index_is_narrowed_by_the_path(dora: Caller) -> None:
    found = dora.get("/admin/users/index/value:ADMIN@/searchorg:1").json()
    assert [item["User"]["email"] for item in found] == ["admin@acme.test"]
    assert dora.get("/admin/users/index/searchorg:999").json() == []


def test_users_index_does_not_exist(dora: Caller) -> None:
    answer = dora.get("/users/index")
    expected = {"name": "Not Found", "message": "Not Found", "url": "/users/index"}
    assert (answer.status_code, answer.json()) == (404, expected)


def test_the_admins_view_names_the_organisations_admins(dora: Caller, alice: Caller) -> None:
    assert dora.get(f"/admin/users/view/{alice.id()}").json()["User"]["orgAdmins"]["1"] == "admin@acme.test"


def test_adding_an_account(dora: Caller) -> None:
    added = dora.post("/admin/users/add", {"email": "sample@a.test", "org_id": "1", "role_id": "3"}).json()
    assert set(added) == {"User"}
    assert set(added["User"]) == USER_COLUMNS | SECRETS | {"authkey"}
    assert Caller(dora.site, added["User"]["authkey"]).id() == added["User"]["id"]
    told = {name: added["User"][name] for name in ("email", "org_id", "role_id", "change_pw", "password", "invited_by")}
    assert told == {
        "email": "sample@a.test", "org_id": "1", "role_id": "3", "change_pw": True, "password": "******",
        "invited_by": "1",
    }  # fmt: skip
    again = dora.post("/admin/users/add", {"email": "Sample@A.test", "org_id": "1", "role_id": "3"})
    assert (again.status_code, again.json()) == (
        403,
        {
            "saved": False,
            "name": "Could not add User",
            "message": "Could not add User",
            "url": "/admin/users/add",
            "errors": {"email": ["An account with this email address already exists."]},
        },
    )


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"email": "nope"}, {"email": ["Please enter a valid email address."]}),
        ({"email": ["x@a.test"]}, {"email": ["Expected a text."]}),
        ({"email": "x@a.test", "role_id": "77"}, {"role_id": ["Please select a role."]}),
        ({"email": "x@a.test", "role_id": {"a": 1}}, {"role_id": ["Expected a whole number."]}),
        ({"email": "x@a.test", "org_id": "999"}, {"org_id": ["Please select an organisation."]}),
    ],
)
def test_an_account_that_does_not_fit_is_refused_by_field(dora: Caller, body: Json, errors: Json) -> None:
    answer = dora.post("/admin/users/add", body)
    assert (answer.status_code, answer.json()["errors"]) == (403, errors)


def test_a_get_of_a_write_path_describes_it(dora: Caller) -> None:
    told = dora.get("/admin/users/add").json()
    assert (told["name"], told["url"]) == ("/admin/users/add API description", "/admin/users/add")
    assert told["mandatory_fields"] == ["email"]


def test_an_account_is_disabled_at_once_and_deleted(site: Site, dora: Caller) -> None:
    victim = hired(site, USER)
    user_id = victim.id()
    dora.post(f"/admin/users/edit/{user_id}", {"disabled": True})
    refused = victim.get("/users/view/me")
    sentence = "Authentication failed. Your user account has been disabled."
    assert (refused.status_code, refused.json()["message"]) == (403, sentence)
    deleted = dora.post(f"/admin/users/delete/{user_id}", method="DELETE").json()
    assert (deleted["saved"], deleted["url"]) == (True, f"/admin/users/delete/{user_id}")
    assert dora.get(f"/users/view/{user_id}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        pytest.param("/admin/users/edit/1", {"email": "mine@acme.test"}, 403, id="edit"),
        pytest.param("/admin/users/edit/1", {"password": new_uuid()}, 403, id="password"),
        pytest.param("/admin/users/edit/1", {"disabled": True}, 403, id="disable"),
        pytest.param("/admin/users/edit/1", {"role_id": 3}, 403, id="role"),
        pytest.param("/admin/users/delete/1", {}, 403, id="delete"),
        pytest.param("/users/resetauthkey/1", {}, 405, id="reset key"),
        pytest.param("/auth_keys/add/1", {}, 405, id="make key"),
        pytest.param("/auth_keys/add", {"user_id": "1"}, 405, id="make key by body"),
        pytest.param("/auth_keys/edit/1", {"read_only": False}, 405, id="edit key"),
        pytest.param("/auth_keys/delete/1", {}, 405, id="delete key"),
    ],
)
def test_an_org_admin_has_no_power_over_a_site_admin(
    site: Site, dora: Caller, path: str, body: Json, status: int
) -> None:
    org_admin = hired(site, ORG_ADMIN)
    before = dora.get("/users/view/1").json()["User"], dora.get("/auth_keys/index/1").json()
    answer = org_admin.post(path, body)
    assert answer.status_code == status
    assert answer.json()["message"] == (NO_FUNCTION if status == 403 else NO_AUTHKEY_RIGHT)
    assert (dora.get("/users/view/1").json()["User"], dora.get("/auth_keys/index/1").json()) == before


def test_the_last_site_admin_cannot_be_removed(dora: Caller) -> None:
    for path, body in (
        ("/admin/users/edit/1", {"role_id": 3}),
        ("/admin/users/edit/1", {"disabled": 1}),
        ("/admin/users/delete/1", {}),
    ):
        assert dora.post(path, body).status_code == 403
    assert dora.get("/users/view/me").json()["Role"]["perm_site_admin"] is True


@pytest.mark.parametrize("role", [USER, SYNC_USER, READ_ONLY])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/users/index"), ("GET", "/admin/users/view/1"), ("POST", "/admin/users/add"),
        ("POST", "/admin/users/edit/1"), ("POST", "/admin/users/delete/1"), ("POST", "/admin/organisations/add"),
        ("POST", "/admin/organisations/edit/1"), ("POST", "/admin/organisations/delete/1"),
    ],
)  # fmt: skip
def test_administration_is_for_admins(site: Site, role: int, method: str, path: str) -> None:
    answer = hired(site, role).post(path, {"name": "x"}, method)
    expected = {"name": NO_FUNCTION, "message": NO_FUNCTION, "url": path}
    assert (answer.status_code, answer.json()) == (403, expected)


# Authkeys -------------------------------------------------------------------------------------------------------------


def test_a_new_key_has_misps_shape_and_is_told_once(alice: Caller) -> None:
    body = {"comment": "sample", "allowed_ips": ["127.0.0.1"], "read_only": False}
    made = alice.post("/auth_keys/add", body).json()["AuthKey"]
    assert set(made) == KEY_COLUMNS | {"authkey_raw"}
    raw = made.pop("authkey_raw")
    assert (raw[:4], raw[-4:]) == (made["authkey_start"], made["authkey_end"])
    assert (made["expiration"], made["allowed_ips"], made["unique_ips"]) == ("0", ["127.0.0.1"], [])
    view = alice.get(f"/auth_keys/view/{made['id']}")
    assert view.json() == {
        "AuthKey": {**made, "last_used": None},
        "User": {"id": made["user_id"], "email": alice.get("/users/view/me").json()["User"]["email"]},
    }
    assert raw not in view.text + alice.get("/auth_keys/index").text


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"expiration": "2027-01-01"}, {"expiration": "1798761600"}),
        ({"expiration": "1798761600"}, {"expiration": "1798761600"}),
        ({"expiration": 1798761600}, {"expiration": "1798761600"}),
        ({"expiration": "2027-01-01 00:00:00"}, {"expiration": "1798761600"}),
        ({"expiration": ""}, {"expiration": "0"}),
        ({"expiration": 0}, {"expiration": "0"}),
        ({"allowed_ips": "192.0.2.1\r\n198.51.100.0/24, 2001:db8::/32"},
         {"allowed_ips": ["192.0.2.1", "198.51.100.0/24", "2001:db8::/32"]}),
        ({"allowed_ips": ""}, {"allowed_ips": None}),
        ({"AuthKey": {"comment": "wrapped"}}, {"comment": "wrapped"}),
        ({"read_only": "1", "authkey": "A" * 40, "id": 1, "uuid": "0ce49628-a704-4e1e-94d0-ed1f7f170434"},
         {"read_only": True}),
    ],
    ids=str,
)  # fmt: skip
def test_options_of_a_key_are_read_leniently(alice: Caller, given: Json, stored: Json) -> None:
    made = alice.post("/auth_keys/add/me", given).json()["AuthKey"]
    assert {name: made[name] for name in stored} == stored
    assert made["authkey_raw"] != "A" * 40


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"expiration": "soon"}, "expiration"),
        ({"expiration": [1]}, "expiration"),
        ({"expiration": -5}, "expiration"),
        ({"allowed_ips": ["10.0.0.0/40"]}, "allowed_ips"),
        ({"allowed_ips": [1]}, "allowed_ips"),
        ({"allowed_ips": 5}, "allowed_ips"),
        ({"read_only": "perhaps"}, "read_only"),
        ({"comment": {"a": 1}}, "comment"),
    ],
    ids=str,
)
def test_options_that_do_not_fit_are_refused_by_field(alice: Caller, given: Json, field: str) -> None:
    before = len(alice.get("/auth_keys/index").json())
    answer = alice.post("/auth_keys/add", given)
    assert (answer.status_code, answer.json()["name"]) == (403, "Could not add AuthKey")
    assert list(answer.json()["errors"]) == [field]
    assert len(alice.get("/auth_keys/index").json()) == before


def test_a_key_is_edited_and_deleted(site: Site) -> None:
    owner = hired(site, USER)
    made = owner.post("/auth_keys/add", {"comment": "before"}).json()["AuthKey"]
    edited = owner.post(f"/auth_keys/edit/{made['id']}", {"comment": "after"}).json()
    assert (edited["AuthKey"]["comment"], edited["User"]["id"]) == ("after", made["user_id"])
    deleted = owner.post(f"/auth_keys/delete/{made['id']}", method="DELETE").json()
    assert (deleted["message"], deleted["url"]) == ("AuthKey deleted.", f"/auth_keys/delete/{made['id']}")
    assert Caller(site, made["authkey_raw"]).get("/users/view/me").status_code == 403
    assert owner.get(f"/auth_keys/view/{made['id']}").status_code == 404


@pytest.mark.parametrize("path", ["/auth_keys/add", "/auth_keys/edit/{id}", "/auth_keys/delete/{id}",
                                  "/users/resetauthkey/me", "/users/change_pw", "/users/edit"])  # fmt: skip
def test_a_read_only_key_changes_nothing_of_its_owner(site: Site, path: str) -> None:
    owner = hired(site, ADMIN)
    made = owner.post("/auth_keys/add", {"read_only": True}).json()["AuthKey"]
    body = {"password": new_uuid(), "read_only": False}
    answer = Caller(site, made["authkey_raw"]).post(path.format(id=made["id"]), body)
    assert (answer.status_code, answer.json()["message"]) == (403, NO_FUNCTION)


# Organisations and roles ----------------------------------------------------------------------------------------------


def test_adding_an_organisation(dora: Caller) -> None:
    added = dora.post("/admin/organisations/add", {"name": "SampleOrg"}).json()["Organisation"]
    assert set(added) == ORGANISATION_COLUMNS
    assert (added["name"], added["local"], added["created_by"]) == ("SampleOrg", True, "1")
    again = dora.post("/admin/organisations/add", {"name": "SampleOrg"})
    assert (again.status_code, again.json()) == (
        403,
        {
            "saved": False,
            "name": "Could not add Organisation",
            "message": "Could not add Organisation",
            "url": "/admin/organisations/add",
            "errors": {"name": ["An organisation with this name already exists."]},
        },
    )


def test_the_index_of_organisations_by_scope(dora: Caller, alice: Caller) -> None:
    dora.post("/admin/organisations/add", {"name": "Far away", "local": False})
    names = {
        scope: {item["Organisation"]["name"] for item in dora.get(f"/organisations/index{scope}").json()}
        for scope in ("", "/scope:local", "/scope:external", "/scope:all", "/scope:all/searchall:FAR")
    }
    assert names[""] == names["/scope:local"]
    assert "Far away" not in names[""]
    assert names["/scope:external"] == {"Far away"} == names["/scope:all/searchall:FAR"]
    assert names["/scope:all"] == names[""] | {"Far away"}
    first = dora.get("/organisations").json()[0]["Organisation"]
    assert set(first) == ORGANISATION_COLUMNS | {"user_count", "created_by_email"}
    assert "created_by_email" not in alice.get("/organisations/index").json()[0]["Organisation"]


def test_an_organisation_is_seen_by_id_and_uuid_and_asked_for_by_head(dora: Caller, alice: Caller) -> None:
    by_id = alice.get("/organisations/view/1").json()
    assert set(by_id["Organisation"]) == (ORGANISATION_COLUMNS - {"landingpage"}) | {"user_count"}
    uuid = by_id["Organisation"]["uuid"]
    assert alice.get(f"/organisations/view/{uuid.upper()}").json() == by_id
    assert alice.post(f"/organisations/view/{uuid}", method="HEAD").status_code == 200
    assert alice.post(f"/organisations/view/{new_uuid()}", method="HEAD").status_code == 404


def test_an_organisation_is_edited_and_deleted(dora: Caller) -> None:
    added = dora.post("/admin/organisations/add", {"name": "Passing"}).json()["Organisation"]
    whole = {**added, "sector": "Bank", "user_count": "0"}
    edited = dora.post(f"/admin/organisations/edit/{added['id']}", {"Organisation": whole}).json()["Organisation"]
    assert edited == {**added, "sector": "Bank", "date_modified": edited["date_modified"]}
    deleted = dora.post(f"/admin/organisations/delete/{added['id']}", method="DELETE").json()
    assert (deleted["saved"], deleted["url"]) == (True, f"/admin/organisations/delete/{added['id']}")
    refused = dora.post("/admin/organisations/delete/1")
    assert (refused.status_code, refused.json()["name"]) == (403, "Could not delete Organisation")


def test_roles_are_misps_six(alice: Caller) -> None:
    found = alice.get("/roles").json()
    names = ["admin", "Org Admin", "User", "Publisher", "Sync user", "Read Only"]
    assert [item["Role"]["name"] for item in found] == names
    assert [item["Role"]["default"] for item in found] == [False, False, True, False, False, False]
    assert alice.get("/roles/view/5").json()["Role"]["perm_sync"] is True
    assert alice.get("/roles/view/77").status_code == 404


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def admin(site: Site) -> Browser:
    """A site admin in a browser."""
    return Browser(site, site.email(ADMIN, language="en"))


@pytest.mark.parametrize(
    "path",
    [
        "/organisations/index", "/organisations/index?scope=all&q=acme", "/organisations/view/1",
        "/admin/organisations/add", "/admin/organisations/edit/1", "/admin/users/index", "/admin/users/add",
        "/admin/users/edit/1", "/users/view/me", "/auth_keys/index", "/auth_keys/add", "/auth_keys/add/1",
    ],
)  # fmt: skip
def test_every_page_opens(admin: Browser, path: str) -> None:
    page = admin.get(path)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=UTF-8")


def test_a_form_adds_an_organisation_and_leads_to_it(admin: Browser, dora: Caller) -> None:
    fields = {"name": "By form", "uuid": "", "local": "1", "description": "<b>bold</b>"}
    answer = admin.post("/admin/organisations/add", fields, form_at="/admin/organisations/add")
    assert answer.status_code == 303
    page = admin.get(answer.headers["Location"]).text
    assert "By form" in page
    assert "<b>bold</b>" not in page


def test_a_form_that_does_not_fit_comes_back_with_what_was_typed(admin: Browser) -> None:
    fields = {"name": "ACME", "uuid": "no-uuid", "sector": "Kept text"}
    answer = admin.post("/admin/organisations/add", fields, form_at="/admin/organisations/add")
    assert answer.status_code == 403
    assert "Kept text" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_form_adds_an_account_and_a_key_that_is_shown_once(site: Site, admin: Browser, dora: Caller) -> None:
    fields = {
        "email": "form@acme.test",
        "password": "",
        "org_id": "1",
        "role_id": "5",
        "server_id": "",
        "disabled": "0",
    }
    assert admin.post("/admin/users/add", fields, form_at="/admin/users/add").status_code == 303
    user_id = dora.get("/admin/users/index/value:form@acme.test").json()[0]["User"]["id"]
    options = {"user_id": user_id, "comment": "by form", "allowed_ips": "", "expiration": "", "read_only": "0"}
    page = admin.post("/auth_keys/add", options, form_at=f"/auth_keys/add/{user_id}")
    raw = next(word for word in re.findall(r"[A-Za-z0-9]{40}", page.text) if Caller(site, word).get("/roles").ok)
    assert page.status_code == 200
    assert f"{site.url}/servers/getVersion" in page.text
    assert raw not in admin.get("/auth_keys/index").text


def test_a_form_with_a_weak_password_keeps_the_rest_and_not_the_password(admin: Browser) -> None:
    fields = {"email": "kept@acme.test", "password": "tooweak", "org_id": "1", "role_id": "3"}
    page = admin.post("/admin/users/add", fields, form_at="/admin/users/add")
    assert page.status_code == 403
    assert "kept@acme.test" in page.text
    assert "tooweak" not in page.text


def test_the_password_form_asks_for_the_present_one(site: Site) -> None:
    person = Browser(site, site.email(USER, language="en"))
    fresh = {"password": "an entirely new one", "confirm_password": "an entirely new one"}
    wrong = person.post("/users/change_pw", {**fresh, "current_password": "guess"}, form_at="/users/view/me")
    assert (wrong.status_code, "The current password is wrong." in wrong.text) == (403, True)
    differ = {**fresh, "confirm_password": "another", "current_password": PASSWORD}
    assert person.post("/users/change_pw", differ, form_at="/users/view/me").status_code == 403
    assert person.post("/users/change_pw", {**fresh, "current_password": PASSWORD}, form_at="/users/view/me").ok
    assert person.get("/users/view/me").status_code == 200


def test_json_from_a_session_needs_the_present_password_too(site: Site) -> None:
    person = Browser(site, site.email(USER, language="en"))
    token = csrf_of(person.get("/users/view/me").text)
    answer = person.http.post(
        f"{site.url}/users/change_pw", json={"password": new_uuid()}, headers={"X-CSRFToken": token}, timeout=10
    )
    assert (answer.status_code, list(answer.json()["errors"])) == (403, ["current_password"])


def test_a_language_is_kept_and_leads_back(site: Site) -> None:
    person = Browser(site, site.email(USER))
    wish = {"language": "en", "go_to": "/organisations/index"}
    answer = person.post("/users/language", wish, form_at="/users/view/me")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/organisations/index")
    assert '<html lang="en">' in person.get("/organisations/index").text
    away = person.post("/users/language", {"language": "en", "go_to": "//evil.example"}, form_at="/users/view/me")
    assert away.headers["Location"] == "/"


def test_no_key_is_in_the_database_or_any_file(site: Site, dora: Caller, caplog: pytest.LogCaptureFixture) -> None:
    raw = dora.post("/auth_keys/add/me", {"comment": "canary of this test"}).json()["AuthKey"]["authkey_raw"]
    assert Caller(site, raw).get("/users/view/me").status_code == 200
    folder: Path = site.app.config["SETTINGS"].data
    files = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"canary of this test" in files
    assert raw.encode() not in files
    assert raw not in caplog.text
