"""The pages in a real browser: nothing runs off the screen, nothing needs a script, and the script helps."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage, Scene

WIDEST_PAGES = (
    "/",
    "/events/index",
    "{event}",
    "{event}?tab=reports",
    "{event}?tab=related",
    "{event}?tab=sharing",
    "{event}?tab=history",
    "/event_reports/view/1",
    "/objects/add/1/2dad6f9d-d425-4217-8fda-0b0a2d815307",
    "{draft}",
    "/events/publish/1",
    "/attributes/edit/1",
    "/auth_keys/index",
    "/servers/serverSettings",
    "/logs/index",
    "/health",
)
PAGES = (
    *WIDEST_PAGES,
    "/events/index?q=nothing-is-called-so",
    "/tags/index",
    "/tags/add",
    "/taxonomies/index",
    "/taxonomies/view/tlp",
    "{event}?deleted=1",
    "{event}?extended=1",
    "/event_reports/edit/1",
    "/event_reports/add/1",
    "/event_reports/delete/1",
    "/objects/add/1",
    "/objects/edit/1",
    "/objects/delete/1",
    "/object_references/add/1",
    "/attributes/add_attachment/1",
    "/attributes/delete/1",
    "/event_blocklists/index",
    "/events/add",
    "/events/edit/1",
    "/events/delete/1",
    "/events/retract/1",
    "/organisations/index",
    "/organisations/view/1",
    "/admin/organisations/add",
    "/admin/users/index",
    "/admin/users/add",
    "/auth_keys/add",
    "/users/view/me",
    "/servers/serverSettingsEdit/sightings_policy",
    "/logs/view/1",
    "/help",
    "/events/view/999999",
)
MORE_PAGES = (
    "/events/index?tab=trash",
    "/events/freeTextImport/1",
    "/lookup",
    "/events/contact/1",
    "/shadow_attributes/index",
    "/shadow_attributes/add/1",
    "/shadow_attributes/edit/1",
    "/analyst_data/add/Note/{uuid}/Event",
    "/analyst_data/add/Opinion/{uuid}/Event",
    "/analyst_data/add/Relationship/{uuid}/Event",
    "/correlation_exclusions/index",
    "/tags/edit/1",
    "/galaxies/index",
    "/galaxies/pick/event/1",
    "/warninglists/index",
    "/warninglists/add",
    "/noticelists/index",
    "/noticelists/view/1",
    "/decayingModel/index",
    "/admin/organisations/edit/2",
    "/admin/organisations/merge/2",
    "/admin/organisations/import",
    "/admin/users/index?value=nobody",
    "/admin/users/edit/1",
    "/users/change_pw",
    "/users/registrations",
    "/auth_keys/refusals",
    "/roles/index",
    "/admin/roles/add",
    "/admin/roles/edit/3",
    "/sharing_groups/index",
    "/sharing_groups/add",
    "/servers/index",
    "/servers/view/1",
    "/servers/add",
    "/servers/edit/1",
    "/servers/import",
    "/servers/createSync",
    "/servers/statement",
    "/jobs/index",
    "/incoming/index",
    "/feeds/index",
    "/feeds/add",
    "/feeds/compareFeeds",
    "/feeds/searchCaches",
    "/api",
)
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
UNNAMED = """() => [...document.querySelectorAll("main input, main select, main textarea, main button")]
  .filter((field) => field.type !== "hidden" && !field.hidden)
  .filter((field) => !(field.labels?.length || field.textContent.trim() || field.ariaLabel))
  .map((field) => field.outerHTML)"""


@pytest.mark.parametrize(
    ("scheme", "language", "width", "patterns"),
    [
        pytest.param("dark", "pt-BR", 360, WIDEST_PAGES, id="small, dark, widest"),
        pytest.param("dark", "pt-BR", 360, PAGES, id="small, dark", marks=pytest.mark.slow),
        pytest.param("light", "en-GB", 360, PAGES + MORE_PAGES, id="small, light", marks=pytest.mark.slow),
        pytest.param("light", "pt-BR", 1280, PAGES + MORE_PAGES, id="wide, light", marks=pytest.mark.slow),
        pytest.param("dark", "en-GB", 1280, PAGES, id="wide, dark", marks=pytest.mark.slow),
    ],
)
def test_every_page_fits_the_screen_and_names_its_fields(
    new_page: NewPage, scene: Scene, scheme: str, language: str, width: int, patterns: tuple[str, ...]
) -> None:
    page = new_page(viewport={"width": width, "height": 800}, locale=language, color_scheme=scheme)
    for pattern in patterns:
        path = pattern.format(event=scene.event, draft=scene.draft, uuid=scene.uuid)
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in (200, 404), path
        assert page.locator("html").get_attribute("lang") == ("en" if language == "en-GB" else language)
        assert not page.evaluate(SIDEWAYS), path
        assert page.evaluate(UNNAMED) == [], path
        assert page.locator("h1").count() == 1, path


def test_an_event_is_written_without_script(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.get_by_role("link", name="New event").click()
    page.get_by_label("Event Info").fill("Written without script")
    page.get_by_label("Connected communities").check()
    page.get_by_label("TLP").select_option("tlp:amber")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("status")).to_have_text("Event added.")
    page.get_by_label("Value", exact=True).fill("192.0.2.7")
    page.get_by_role("button", name="Add attribute").click()
    expect(page.locator("td.value")).to_have_text("192.0.2.7")
    page.locator("tr summary").get_by_text("More").click()
    page.locator("tr").get_by_label("Add a tag").fill("tlp:amber")
    page.locator("tr").get_by_role("button", name="Add").click()
    expect(page.locator("tr .badge")).to_have_text("tlp:amber")
    page.get_by_role("link", name="Publish").click()
    expect(page.get_by_role("row", name=re.compile("CERT Beta"))).to_contain_text("Arrives as: This community only.")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_have_text("Event published.")
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete event").click()
    expect(page.get_by_role("status")).to_have_text("Event deleted.")


def test_what_cannot_be_undone_is_asked_in_a_dialog_that_escape_closes(new_page: NewPage, scene: Scene) -> None:
    page = new_page()
    page.goto(scene.event)
    _ask_to_delete(page)
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    assert page.locator("td.value").count() == 3
    _ask_to_delete(page)
    page.locator("#confirm").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_have_text("Attribute deleted.")
    assert page.locator("td.value").count() == 2


def test_the_slash_key_searches_but_not_while_one_writes(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/events/add")
    page.get_by_label("Event Info").press("/")
    expect(page.get_by_label("Event Info")).to_have_value("/")
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()


def test_the_choice_of_light_or_dark_is_remembered(new_page: NewPage) -> None:
    page = new_page(color_scheme="light")
    page.locator("header summary").click()
    page.get_by_role("button", name="Light or dark").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.goto("/events/index")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_the_uuid_is_copied_by_a_button(new_page: NewPage, scene: Scene) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(scene.draft)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#uuid").inner_text()


def _ask_to_delete(page: Page) -> None:
    page.locator("tr", has_text="a.example").last.get_by_role("button", name="Delete").click()
    expect(page.locator("#confirm")).to_contain_text("Delete this attribute?")


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_the_first_mistake_of_a_form_is_in_sight(new_page: NewPage, scene: Scene, script: bool) -> None:
    page = new_page(viewport={"width": 360, "height": 800}, java_script_enabled=script)
    page.goto(scene.event)
    page.get_by_text("Add an attribute", exact=True).click()
    page.locator("#add-attribute #type").select_option("md5")
    page.locator("#add-attribute #value").fill("no hash")
    page.locator("#add-attribute button.primary").click()
    page.wait_for_url("**/attributes/add/*")
    expect(page.locator("#value")).to_be_focused()
    expect(page.locator("#value-error")).to_be_in_viewport()


def test_who_reads_in_the_dark_prints_dark_on_white(new_page: NewPage, scene: Scene) -> None:
    page = new_page(color_scheme="dark")
    page.goto(scene.event)
    page.emulate_media(media="print", color_scheme="dark")
    assert (
        page.locator(".card").first.evaluate("card => getComputedStyle(card).backgroundColor") == "rgb(255, 255, 255)"
    )
    expect(page.locator("td.value").first).to_be_visible()
    for left_out in ("nav.tabs", "#add-attribute", "td.actions"):
        expect(page.locator(left_out).first).to_be_hidden()
