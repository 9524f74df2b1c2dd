"""No page is a dead end: each says what was wrong, keeps what was typed, and leads on."""

import re

import pytest

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import EventDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import events
from tests.web.analyst import a_stranger
from tests.web.browsing import Reader, an_attribute, number_of
from tests.web.callers import Caller
from tests.web.conftest import ADMIN, PUBLISHER, USER, Site, csrf_of

FILE = "688c46fb-5edb-40a3-8273-1af7923e2215"
PARTNER_TABS = ("/servers/index", "/jobs/index", "/feeds/index", "/incoming/index", "/servers/statement")


@pytest.fixture(scope="module")
def reader(site: Site) -> Reader:
    """A site admin in front of a browser."""
    reader = Reader(site)
    reader.sign_in(site.email(ADMIN))
    return reader


def an_event(site: Site) -> str:
    """The path of an event of the host organisation's."""
    viewer = Viewer.everything(org_id=site.org_id)
    draft = EventDraft(info="One to go on with", distribution=int(Distribution.COMMUNITY))
    return f"/events/view/{events.add_event(viewer, draft).event_id}"


def chosen(page: str, name: str) -> str:
    """What is chosen in a list of a form."""
    found = re.search(rf'<select id="{name}".*?<option value="([^"]*)" selected', page, re.DOTALL)
    return found[1] if found else ""


def mistakes(page: str) -> list[str]:
    """What the box above a refused form lists."""
    alert = re.search(r'<div class="alert error" role="alert">(.*?)</div>', page, re.DOTALL)
    return re.findall(r"<li>(.*?)</li>", alert[1]) if alert else []


# A new event ----------------------------------------------------------------------------------------------------------
def test_a_usual_incident_begins_with_its_class_and_tlp(reader: Reader) -> None:
    form = reader.open("/events/add?start=ddos").text
    assert 'value="DDOS: "' in form
    assert chosen(form, "tlp") == "tlp:amber"
    assert chosen(form, "rsit") == "rsit:availability=&#34;ddos&#34;"
    page = reader.read(reader.adds_event("DDOS: [A bank] - 4711", tlp="tlp:amber", rsit='rsit:availability="ddos"'))
    assert 'rsit:availability="ddos"' in page
    assert "No TLP" not in page


@pytest.mark.parametrize("name", ['rsit:availability="nonsense"', "workflow:state", "rsit:"])
def test_what_is_no_class_of_incident_becomes_no_tag(reader: Reader, name: str) -> None:
    assert f"</svg>{name}" not in reader.read(reader.adds_event("A forged form", rsit=name))


def test_a_new_event_leads_to_the_page_where_a_text_is_pasted(reader: Reader) -> None:
    page = reader.adds_event("From an e-mail", then="paste")
    assert page.startswith("/events/freeTextImport/")
    assert "From an e-mail" in reader.read(page)


# Forms that were refused ----------------------------------------------------------------------------------------------
def test_the_first_wrong_field_has_the_focus_and_each_mistake_is_listed(reader: Reader) -> None:
    page = reader.adds_event("   ", extends_uuid="no uuid")
    assert re.search(r'<input id="info"[^>]* autofocus', page)
    assert len(mistakes(page)) == 2


def test_a_file_that_is_too_large_is_told_so(site: Site, reader: Reader) -> None:
    admin, event = Caller(site, site.key(ADMIN)), number_of(an_event(site))
    admin.post("/servers/serverSettingsEdit/most_attachment_bytes", {"value": 10})
    path = f"/attributes/add_attachment/{event}"
    fields = {"csrf_token": csrf_of(reader.read(path))}
    page = reader.open(path, "POST", data=fields, files={"files": ("a.bin", b"x" * 11)}).text
    admin.post("/servers/serverSettingsReset/most_attachment_bytes")
    assert mistakes(page) == ["The file is larger than 10 bytes."]


def test_a_form_that_came_too_late_is_sent_again_by_one_button(reader: Reader) -> None:
    given = {"info": 'Typed "for an hour"', "date": "2026-03-01", "distribution": "0", "csrf_token": "old"}
    same = {"Sec-Fetch-Site": "same-origin"}
    answer = reader.open("/events/add", "POST", data=given, headers=same)
    assert answer.status_code == 400
    kept = re.findall(r'<input type="hidden" name="(?!csrf)([^"]+)" value="([^"]*)">', answer.text)
    assert ("info", "Typed &#34;for an hour&#34;") in kept
    assert '<form method="post" action="/events/add">' in answer.text


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        pytest.param({}, {"info": "x"}, id="a-browser-that-does-not-say-whence"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, {"info": "x"}, id="another-site-of-the-domain"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, {"info": "x", "password": "secret"}, id="with-a-password"),
    ],
)
def test_only_what_our_own_page_sent_is_kept(reader: Reader, headers: dict[str, str], fields: dict[str, str]) -> None:
    answer = reader.open("/events/add", "POST", data={"csrf_token": "old", **fields}, headers=headers)
    assert answer.status_code == 400
    assert 'name="info"' not in answer.text


# Ways on --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("came_from", "leads"),
    [
        ("{site}/servers/view/7?page=2", "/servers/view/7?page=2"),
        ("{site}//evil.example/", ""),
        ("{site}.evil.example/x", ""),
        ("https://evil.example/x", ""),
        ("", ""),
    ],
)
def test_an_error_leads_back_to_the_page_before_if_it_is_ours(
    site: Site, reader: Reader, came_from: str, leads: str
) -> None:
    page = reader.open("/events/view/999999", headers={"Referer": came_from.format(site=site.url)}).text
    found = re.search(r'href="([^"]*)">Back to the page before', page)
    assert (found[1] if found else "") == leads


@pytest.mark.parametrize("path", PARTNER_TABS)
def test_pages_about_partners_share_their_tabs(reader: Reader, path: str) -> None:
    tabs = re.search(r'<nav class="tabs no-print".*?</nav>', reader.open(path).text, re.DOTALL)
    assert tabs
    assert tuple(re.findall(r'href="([^"]+)"', tabs[0])) == PARTNER_TABS
    assert f'href="{path}" aria-current="page"' in tabs[0]


def test_who_may_edit_but_not_publish_is_told_so(site: Site) -> None:
    hints = []
    for role in (USER, PUBLISHER):
        one = Reader(site)
        one.sign_in(site.email(role))
        hints.append("Publishing it needs a role that may publish" in one.read(one.adds_event("Mine")))
    assert hints == [True, False]


def test_tags_and_facts_stand_on_the_first_tab_only(site: Site, reader: Reader) -> None:
    event = an_event(site)
    assert [' id="facts"' in reader.read(event + tab) for tab in ("", "?tab=history", "?tab=reports")] == [
        True,
        False,
        False,
    ]


def test_the_address_of_a_new_attribute_opens_its_form(site: Site, reader: Reader) -> None:
    event = an_event(site)
    reader.adds_attribute(event, type="domain", value="a.example", distribution="5")
    opened = '<details class="fold card no-print" id="add-attribute" open>'
    assert opened not in reader.read(event)
    assert opened in reader.read(f"/attributes/add/{number_of(event)}")


def test_of_an_object_that_needs_one_of_several_those_stand_together(site: Site, reader: Reader) -> None:
    page = reader.read(f"/objects/add/{number_of(an_event(site))}/{FILE}")
    together = re.search(r"<legend>At least one of these</legend>.*?</fieldset>", page, re.DOTALL)
    assert together
    inside = set(re.findall(r'name="relation-([^"]+)"', together[0]))
    assert {"filename", "md5", "sha256"} <= inside
    assert "entropy" not in inside


def test_a_history_names_what_was_changed_in_words(site: Site, reader: Reader) -> None:
    event = an_event(site)
    reader.submit(f"/shadow_attributes/add/{number_of(event)}", reader.read(event), type="domain", value="p.example")
    reader.adds_attribute(event, type="domain", value="seen.example", distribution="5")
    shown = reader.read(event)
    reader.submit(f"/sightings/add/{an_attribute(shown)}", shown, type="0")
    page = reader.read(f"{event}?tab=history")
    assert "Proposal: added" in page
    assert re.search(r"Sighting: added<br><span class=\"quiet\">seen\.example<", page)
    assert "ShadowAttribute" not in page


# Have we seen these? --------------------------------------------------------------------------------------------------
def test_a_text_tells_which_of_its_values_are_known_to_who_asks(site: Site, reader: Reader) -> None:
    hidden = reader.adds_event("With a part for us alone")
    reader.adds_attribute(hidden, type="domain", value="seen-before.org", distribution="0")
    text = "hxxp://never-seen[.]org/x and seen-before[.]org"
    page = reader.submit("/lookup", reader.read("/lookup"), value=text)
    assert "2 values were found in the text. 1 of them is in events here." in page
    assert '<a href="/events/index?q=seen-before.org">in 1 event</a>' in page
    assert re.search(r'<pre id="unknown-values">http://never-seen.org/x</pre>', page)
    look_inside = f'href="{hidden}?q=seen-before.org#attributes"'
    assert look_inside in reader.read("/events/index?q=seen-before.org")
    told = a_stranger(site).post("/lookup", {"value": text})
    assert [one["known_in_events"] for one in told] == [0, 0]


@pytest.mark.parametrize("text", ["", "nothing of the sort"])
def test_a_text_without_values_says_so(reader: Reader, text: str) -> None:
    page = reader.submit("/lookup", reader.read("/lookup"), value=text)
    assert bool(mistakes(page)) is not bool(text)
    assert ("holds nothing that could be an attribute" in page) is bool(text)
