"""A served application with something on it, and a headless Chromium in front of it; skipped where there is none."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import AttributeDraft, EventDraft, ObjectDraft, OrganisationDraft, ReportDraft, TagDraft
from mispmini.domain.ids import new_authkey, new_uuid
from mispmini.domain.receipts import Direction, LedgerState, Receipt
from mispmini.domain.servers import ServerDraft
from mispmini.domain.viewer import Viewer
from mispmini.services import events, publishing, servers, setting_up
from mispmini.store.database import writing
from mispmini.store.ledger import write_receipt
from tests.web.conftest import PASSWORD, Served

ADMIN = "admin@acme.test"
LONG = "x" * 300
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REFUSED = "Failed to load resource: the server responded with a status of 40"  # a page not found, a form refused
NewPage = Callable[..., Page]


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the application is, and what stands on it."""

    url: str
    event: str
    draft: str
    uuid: str  # of the event


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An instance with a partner, a published event with everything that is hard to lay out, and a draft."""
    served = Served(tmp_path_factory.mktemp("scene"))
    founded = setting_up.set_up(setting_up.FirstRun(org_name="ACME", email=ADMIN, password=PASSWORD))
    viewer = Viewer.everything(org_id=founded.organisation.id)
    server = servers.add_server(viewer, _partner())
    shared = events.add_event(viewer, _wide_event())
    publishing.publish_event(viewer, shared.uuid)
    draft = events.add_event(viewer, EventDraft(info="A draft"))
    with writing():
        receipt = Receipt(LedgerState.FAILED, "refused", LONG, 403)
        write_receipt(server.id, Direction.PUSH, shared.uuid, receipt)
    yield Scene(served.url, f"/events/view/{shared.event_id}", f"/events/view/{draft.event_id}", shared.uuid)
    served.stop()


@pytest.fixture
def new_page(chromium: Browser, scene: Scene) -> Iterator[NewPage]:
    """Opens pages of fresh contexts for a signed-in admin; a message on the console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=scene.url, **{"locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.text} at {message.location.get('url')}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/users/login")
        page.locator("#email").fill(ADMIN)
        page.locator("#password").fill(PASSWORD)
        page.locator("main button").click()
        page.wait_for_url(f"{scene.url}/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [text for text in complaints if not text.startswith(REFUSED) or "/static/" in text] == []


def _partner() -> ServerDraft:
    organisation = OrganisationDraft(new_uuid(), "CERT Beta")
    url = "https://misp.beta.example"
    return ServerDraft(name="CERT Beta", url=url, authkey=new_authkey(), new_org=organisation, push=True)


def _wide_event() -> EventDraft:
    return EventDraft(
        info=f"Phishing {LONG}",
        distribution=int(Distribution.ALL),
        attributes=(
            AttributeDraft(type="url", value=f"https://a.example/{LONG}", comment=LONG, tags=(TagDraft("tlp:amber"),)),
            AttributeDraft(type="domain", value="a.example", distribution=int(Distribution.ORGANISATION)),
        ),
        objects=(
            ObjectDraft(
                name="file",
                meta_category="file",
                template_uuid=new_uuid(),
                template_version=1,
                attributes=(AttributeDraft(type="filename", value=f"{LONG}.exe", object_relation="filename"),),
            ),
        ),
        reports=(ReportDraft(f"Report {LONG}", f"# {LONG}\n\n| {LONG} |\n|---|\n| a |\n\n```\n{LONG}\n```"),),
        tags=(TagDraft("tlp:green"), TagDraft(f"long:tag={LONG[:200]}"), TagDraft("local:one", local=True)),
    )
