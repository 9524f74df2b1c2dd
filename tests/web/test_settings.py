"""Settings: each with its default, changed over REST, with its effect from the next request on (CLIENTS.md)."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mispmini.domain.instance_settings import BY_MISP_NAME, FACTS, SPECS, Kind, Spec
from mispmini.domain.setting_values import wire_value
from mispmini.services import instance_settings
from tests.conftest import FreshServer
from tests.live import Birth
from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, PASSWORD, PUBLISHER, USER, Site

Json = Any
Effect = Callable[[Site], None]
CLIENTS_KNOW = (
    "MISP.baseurl", "MISP.external_baseurl", "MISP.host_org_id", "MISP.live", "MISP.default_event_distribution",
    "MISP.default_attribute_distribution", "MISP.unpublishedprivate", "MISP.delegation", "MISP.enableEventBlocklisting",
    "MISP.enableOrgBlocklisting", "MISP.disable_user_login_change", "MISP.disable_user_password_change",
    "MISP.disable_user_add", "MISP.default_publish_alert", "MISP.log_paranoid", "MISP.log_paranoid_skip_db",
    "MISP.log_paranoid_include_post_body", "MISP.log_user_ips", "MISP.log_new_audit", "MISP.max_correlations_per_event",
    "MISP.enable_advanced_correlations", "MISP.background_jobs", "MISP.enable_synchronisation_filtering_on_type",
    "Plugin.Sightings_policy", "Security.advanced_authkeys", "Security.advanced_authkeys_validity",
    "Security.allow_self_registration", "Security.username_in_response_header", "Security.user_monitoring_enabled",
    "Security.hide_organisation_index_from_users", "Security.hide_organisations_in_sharing_groups",
    "Security.otp_disabled", "Security.authkey_keep_session",
)  # fmt: skip
CHANGEABLE = [spec for spec in SPECS.values() if not spec.is_internal]


def admin(site: Site) -> Caller:
    """The site admin with a key."""
    return Caller(site, site.admin_key)


@contextmanager
def setting(site: Site, name: str, value: object) -> Iterator[None]:
    """A setting as a client changes it, and back."""
    before = admin(site).get(f"/servers/getSetting/{name}").json()["value"]
    changed = admin(site).post(f"/servers/serverSettingsEdit/{name}", {"value": value})
    assert changed.json()["message"] == "Field updated", changed.text
    try:
        yield
    finally:
        admin(site).post(f"/servers/serverSettingsEdit/{name}", {"value": before})


def another(spec: Spec, site: Site) -> object:
    """A value that is not the default."""
    samples: dict[Kind, object] = {
        Kind.YES_NO: not spec.default,
        Kind.NUMBER: spec.default + 1 if isinstance(spec.default, int) else None,
        Kind.ORGANISATION: site.org_id,
        Kind.URL: "https://misp.example.org",
        Kind.URLS: ["https://one.example.org", "https://two.example.org"],
        Kind.NUMBERS: [3, 4],
        Kind.VERSION: "2.5.9",
        Kind.TEXT: "another",
        Kind.SECRET: "********",
    }
    others = (wire_value(spec, value) for value, _ in spec.choices if value != spec.default)
    return next(others) if spec.choices else samples[spec.kind]


@pytest.mark.parametrize("name", CLIENTS_KNOW)
def test_a_setting_that_clients_know_is_told_with_its_default(site: Site, name: str) -> None:
    told = admin(site).get(f"/servers/getSetting/{name}").json()
    assert told["setting"] == name
    assert told["description"]
    if name in BY_MISP_NAME and BY_MISP_NAME[name].kind is not Kind.ORGANISATION:
        assert told["value"] == told["default"] == wire_value(BY_MISP_NAME[name], BY_MISP_NAME[name].default)


@pytest.mark.parametrize("spec", CHANGEABLE, ids=lambda spec: spec.name)
def test_a_setting_is_changed_and_reset_over_rest(site: Site, spec: Spec) -> None:
    name, value = spec.misp or spec.name, another(spec, site)
    before = admin(site).get(f"/servers/getSetting/{name}").json()["value"]
    with setting(site, name, value):
        assert admin(site).get(f"/servers/getSetting/{name}").json()["value"] == value
    assert admin(site).get(f"/servers/getSetting/{name}").json()["value"] == before
    if spec.kind is not Kind.ORGANISATION:
        admin(site).post(f"/servers/serverSettingsReset/{name}")
        assert admin(site).get(f"/servers/getSetting/{name}").json()["value"] == wire_value(spec, spec.default)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MISP.live", "perhaps"),
        ("MISP.live", None),
        ("MISP.live", []),
        ("MISP.max_correlations_per_event", 0),
        ("MISP.max_correlations_per_event", "many"),
        ("MISP.max_correlations_per_event", True),
        ("MISP.default_event_distribution", 5),
        ("MISP.default_event_distribution", {"a": 1}),
        ("MISP.host_org_id", 4242),
        ("MISP.baseurl", "ftp://x"),
        ("MISP.baseurl", "https://user:pass@x"),
        ("MISP.baseurl", "https://[::1"),
        ("announced_version", "2.4.1"),
        ("monitored_users", ["x"]),
        ("MISP.uuid", "0b9a1b1e-5c62-4b69-8a43-000000000001"),
        *((fact.name, not fact.value) for fact in FACTS.values()),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_the_reason(site: Site, name: str, value: object) -> None:
    before = admin(site).get(f"/servers/getSetting/{name}").json()["value"]
    refusal = admin(site).post(f"/servers/serverSettingsEdit/{name}", {"value": value})
    assert refusal.status_code == 403
    assert refusal.json()["saved"] is False
    assert refusal.json()["errors"]
    assert admin(site).get(f"/servers/getSetting/{name}").json()["value"] == before


@pytest.mark.parametrize("path", ["/servers/getSetting/MISP.nothing", "/servers/getSetting/%00"])
def test_an_unknown_name_is_absent(site: Site, path: str) -> None:
    assert admin(site).get(path).status_code == 404
    assert admin(site).post(path.replace("getSetting", "serverSettingsEdit"), {"value": 1}).status_code == 404


@pytest.mark.parametrize("path", ["serverSettings", "getSetting/MISP.live", "getWorkers", "dbSchemaDiagnostic"])
def test_settings_are_for_site_admins(site: Site, path: str) -> None:
    assert Caller(site, site.key(PUBLISHER)).get(f"/servers/{path}").status_code == 403


def test_all_settings_come_with_what_clients_wait_for(site: Site) -> None:
    told = admin(site).get("/servers/serverSettings").json()
    assert {item["setting"] for item in told["finalSettings"]} >= set(CLIENTS_KNOW)
    assert told["workers"]["default"]["ok"] is told["workers"]["prio"]["ok"] is True
    assert told["version"]["current"].startswith("v2.5.")


def _closed(site: Site) -> None:
    answer = Caller(site, site.key(USER)).get("/users/view/me")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/json; charset=UTF-8")
    assert admin(site).get("/users/view/me").status_code == 200


def _names_user(site: Site) -> None:
    key = site.key(USER)
    answer = Caller(site, key).get("/users/view/me")
    email, key_id = answer.json()["User"]["email"], answer.headers["X-Username"].rpartition("/")[2]
    assert answer.headers["X-Username"] == f"{email}/API/{key_id}"
    browser = Browser(site, site.email(USER))
    assert browser.get("/users/view/me").headers["X-Username"].endswith("@acme.test")


def _keeps_email(site: Site) -> None:
    user = Caller(site, site.key(USER))
    before = user.get("/users/view/me").json()["User"]["email"]
    changed = user.post(f"/users/edit/{user.id()}", {"email": "somebody@else.example"})
    assert changed.status_code == 200
    assert user.get("/users/view/me").json()["User"]["email"] == before


def _keeps_password(site: Site) -> None:
    refused = Caller(site, site.key(USER)).post("/users/change_pw", {"password": f"{PASSWORD}, again"})
    assert refused.status_code == 405


def _adds_nobody(site: Site) -> None:
    wanted = {"email": "new@acme.test", "org_id": site.org_id, "role_id": USER}
    assert admin(site).post("/admin/users/add", wanted).status_code == 405


def _alerts(site: Site) -> None:
    wanted = {"email": f"alerted{next(site.numbers)}@acme.test", "org_id": site.org_id, "role_id": USER}
    assert admin(site).post("/admin/users/add", wanted).json()["User"]["autoalert"] is True


def _hides_list(site: Site) -> None:
    user = Caller(site, site.key(USER))
    other = admin(site).post("/admin/organisations/add", {"name": f"Org {next(site.numbers)}"}).json()["Organisation"]
    assert user.get("/organisations/index").status_code == 403
    assert user.get(f"/organisations/view/{other['id']}").status_code == 404
    assert user.get(f"/organisations/view/{site.org_id}").status_code == 200


def _hides_members(site: Site) -> None:
    other = admin(site).post("/admin/organisations/add", {"name": f"Org {next(site.numbers)}"}).json()["Organisation"]
    wanted: dict[str, Any] = {"name": f"Group {next(site.numbers)}", "releasability": "x", "active": True}
    wanted["SharingGroupOrg"] = [{"org_id": site.org_id}]
    group = admin(site).post("/sharing_groups/add", wanted).json()["SharingGroup"]
    admin(site).post(f"/sharing_groups/addOrg/{group['id']}/{other['id']}")
    account = {"email": f"member{next(site.numbers)}@other.test", "org_id": other["id"], "role_id": USER}
    user = admin(site).post("/admin/users/add", account).json()["User"]
    key = admin(site).post(f"/auth_keys/add/{user['id']}").json()["AuthKey"]["authkey_raw"]
    assert Caller(site, key).get(f"/sharing_groups/view/{group['id']}").json()["SharingGroupOrg"] == []
    assert admin(site).get(f"/sharing_groups/view/{group['id']}").json()["SharingGroupOrg"] != []


def _lists_one_relative(site: Site) -> None:
    attribute = {"type": "domain", "value": f"shared{next(site.numbers)}.example"}
    body = {"info": "related", "Attribute": [attribute]}
    newest = [admin(site).post("/events/add", body).json()["Event"]["id"] for _ in range(3)][-1]
    assert len(admin(site).get(f"/events/view/{newest}").json()["Event"]["RelatedEvent"]) == 1


def _limits_keys(site: Site) -> None:
    key = admin(site).post("/auth_keys/add", {"comment": "short"}).json()["AuthKey"]
    assert int(key["expiration"]) - int(key["created"]) == 3 * 86400


def _announces(site: Site) -> None:
    request = site.get("/", headers={"Accept": "text/html", "Host": "misp.example.org"})
    assert request.headers["Location"] == "https://misp.example.org/users/login"


def _defaults_event(site: Site) -> None:
    event = admin(site).post("/events/add", {"info": "without a distribution"}).json()["Event"]
    assert event["distribution"] == "3"


def _logs_reads(site: Site) -> None:
    assert _requests_logged(site) > 0


def _requests_logged(site: Site) -> int:
    user = Caller(site, site.key(USER))
    own = user.id()
    return len(admin(site).post("/admin/logs/index", {"action": "request", "user_id": own}).json())


def _keeps_no_address(site: Site) -> None:
    assert _newest_log(site)["ip"] == ""


def _keeps_no_change(site: Site) -> None:
    assert _newest_log(site)["change"] == ""


def _newest_log(site: Site) -> Json:
    added = admin(site).post("/admin/organisations/add", {"name": f"Org {next(site.numbers)}"}).json()["Organisation"]
    (found,) = admin(site).post("/admin/logs/index", {"model": "Organisation", "model_id": added["id"]}).json()
    return found["Log"]


@pytest.mark.parametrize(
    ("name", "value", "effect"),
    [
        ("MISP.live", False, _closed),
        ("Security.username_in_response_header", True, _names_user),
        ("MISP.disable_user_login_change", True, _keeps_email),
        ("MISP.disable_user_password_change", True, _keeps_password),
        ("MISP.disable_user_add", True, _adds_nobody),
        ("MISP.default_publish_alert", True, _alerts),
        ("Security.hide_organisation_index_from_users", True, _hides_list),
        ("Security.hide_organisations_in_sharing_groups", True, _hides_members),
        ("MISP.max_correlations_per_event", 1, _lists_one_relative),
        ("Security.advanced_authkeys_validity", 3, _limits_keys),
        ("MISP.baseurl", "https://misp.example.org", _announces),
        ("MISP.default_event_distribution", 3, _defaults_event),
        ("MISP.log_paranoid", True, _logs_reads),
        ("MISP.log_user_ips", False, _keeps_no_address),
        ("MISP.log_new_audit", False, _keeps_no_change),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_a_setting_has_its_effect_at_once(site: Site, name: str, value: object, effect: Effect) -> None:
    with setting(site, name, value):
        effect(site)
    if effect is not _announces:
        with pytest.raises((AssertionError, KeyError)):
            effect(site)


def test_the_requests_of_monitored_users_are_logged_while_it_is_on(site: Site) -> None:
    user = Caller(site, site.key(USER))
    own = user.id()
    assert admin(site).post(f"/admin/users/monitor/{own}", {"value": 1}).status_code == 200
    query = {"action": "request", "user_id": own}
    user.get("/users/view/me")
    assert admin(site).post("/admin/logs/index", query).json() == []
    with setting(site, "Security.user_monitoring_enabled", True):
        user.get("/users/view/me")
    assert len(admin(site).post("/admin/logs/index", query).json()) == 1
    admin(site).post(f"/admin/users/monitor/{own}", {"value": 0})


def test_logged_bodies_have_no_secrets_and_may_stay_out_of_the_database(site: Site) -> None:
    user = Caller(site, site.key(USER))
    own, query = user.id(), {"action": "request"}
    with setting(site, "MISP.log_paranoid", True), setting(site, "MISP.log_paranoid_include_post_body", True):
        user.post("/users/edit/" + own, {"password": "short", "authkey": "k" * 40})
        kept = admin(site).post("/admin/logs/index", {**query, "user_id": own, "title": "%users/edit%"}).json()
        assert "short" not in str(kept)
        assert "k" * 40 not in str(kept)
        assert "authkey" in str(kept)
        before = len(admin(site).post("/admin/logs/index", {**query, "user_id": own}).json())
        with setting(site, "MISP.log_paranoid_skip_db", True):
            user.get("/users/view/me")
        assert len(admin(site).post("/admin/logs/index", {**query, "user_id": own}).json()) == before


def test_what_a_file_says_is_locked(fresh_server: FreshServer) -> None:
    lines = ('allow_internal = ["127.0.0.0/8"]', "live = true", "audit_days = 30", 'base_url = "http://127.0.0.1:8080"')
    server = fresh_server(Birth(settings=lines))
    for name, value in (("MISP.live", False), ("MISP.baseurl", "https://x.example")):
        refusal = server.request("POST", f"/servers/serverSettingsEdit/{name}", {"value": value})
        assert (refusal.status_code, refusal.json()["errors"]) == (403, instance_settings.LOCKED["file"])
    told = server.request("GET", "/servers/getSetting/audit_days").json()
    assert (told["value"], told["locked"]) == (30, True)


def test_the_pages_list_find_and_change_settings(site: Site) -> None:
    browser = Browser(site, site.email(ADMIN))
    everything = browser.get("/servers/serverSettings").text
    assert all((spec.misp or spec.name) in everything for spec in SPECS.values())
    assert "trusted_proxy" in everything
    found = browser.get("/servers/serverSettings?q=audit_days").text
    assert re.findall(r'<tr id="(\w+)">', found) == ["audit_days"]
    edit = "/servers/serverSettingsEdit/audit_days"
    wrong = browser.post(edit, {"value": "soon"}, form_at=edit)
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (403, True)
    done = browser.post(edit, {"value": "90"}, form_at=edit)
    assert (done.status_code, done.headers["Location"]) == (303, "/servers/serverSettings/logs")
    assert "<strong>90</strong>" in browser.get("/servers/serverSettings/logs").text
    browser.post("/servers/serverSettingsReset/audit_days", {}, form_at=edit)
    assert "<strong>90</strong>" not in browser.get("/servers/serverSettings/logs").text
    assert "new value" not in browser.get("/servers/serverSettingsEdit/instance_uuid").text


@pytest.mark.parametrize(
    "path", ["restartWorkers", "restartDeadWorkers", "killAllWorkers", "startWorker/default", "stopWorker/1", "update"]
)
def test_what_this_server_has_no_use_for_is_answered_politely(site: Site, path: str) -> None:
    answer = admin(site).post(f"/servers/{path}")
    assert (answer.status_code, answer.json()["saved"]) == (200, True)


def test_schema_and_access_rules_are_told(site: Site) -> None:
    told = admin(site).get("/servers/dbSchemaDiagnostic").json()
    assert told["actual_db_version"] == told["expected_db_version"]
    assert admin(site).get("/events/queryACL/findMissingFunctionNames").json() == []
    assert "serverSettings" in admin(site).get("/servers/queryACL/printAllFunctionNames").json()["servers"]
