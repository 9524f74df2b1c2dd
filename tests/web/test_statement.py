"""The one page for partners says what the settings say (RULES §10.11)."""

import re

from tests.web.callers import Browser, Caller
from tests.web.conftest import ADMIN, PUBLISHER, Site

PAGE = "/servers/statement"


def _sets(site: Site, name: str, value: object) -> None:
    answer = Caller(site, site.admin_key).post(f"/servers/serverSettingsEdit/{name}", {"value": value})
    assert answer.status_code == 200, answer.text


def test_it_says_what_the_settings_say(site: Site) -> None:
    admin = Caller(site, site.admin_key)
    told = admin.get(PAGE).json()
    assert (told["misp_version"], told["guarded"], told["audit_days"]) == ("2.5.1", "amber+strict", 180)
    assert told["readers"]
    _sets(site, "MISP.contact", "csirt@acme.example")
    _sets(site, "tlp_guard", "red")
    _sets(site, "audit_days", 30)
    now = admin.get(PAGE).json()
    assert (now["contact"], now["guarded"], now["audit_days"]) == ("csirt@acme.example", "red", 30)
    page = Browser(site, site.email(ADMIN), language="en").get(PAGE).text
    assert "csirt@acme.example" in page
    assert "TLP:RED does not leave its organisation" in page
    assert "kept for 30 days" in page
    sends, receives = re.findall(r'<pre id="sheet-\d">(.*?)</pre>', page, re.DOTALL)
    who = f"ORGNAME: {told['organisation']}\nUUID: {told['organisation_uuid']}\nContact: csirt@acme.example"
    assert sends == who
    assert receives.startswith(f"URL: {told['url']}\n{who}\nAuthkey: ")


def test_it_is_for_site_admins(site: Site) -> None:
    assert Caller(site, site.key(PUBLISHER)).get(PAGE).status_code == 403
