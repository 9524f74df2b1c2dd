"""People in front of a browser: they read, click and type, and know no address but the first."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Locator, Page

from mispmini.domain.ids import new_uuid
from tests.live import Birth, LiveServer, eventually


@dataclass
class Person:
    """The administrator of one server, in Brazilian Portuguese."""

    server: LiveServer
    page: Page
    organisation: str
    email: str
    password: str = "quatro palavras bem longas"
    org_uuid: str = field(default_factory=new_uuid)
    key: str = ""

    @property
    def main(self) -> Locator:
        """What the page holds between its bars."""
        return self.page.locator("main")

    def opens(self, *names: str) -> None:
        """Click one link after the other."""
        for name in names:
            self.page.get_by_role("link", name=name, exact=True).first.click()

    def types(self, **fields: str) -> None:
        """Fill fields, by what they are called on the wire; a fold that hides one is opened."""
        for name, text in fields.items():
            self._field(name).fill(text)

    def chooses(self, **fields: str) -> None:
        """Choose options by what they are called."""
        for name, label in fields.items():
            self._field(name).select_option(label=label)

    def ticks(self, *labels: str) -> None:
        """Tick boxes and radio buttons by what stands beside them: every one that is called so."""
        for label in labels:
            boxes = self.main.get_by_label(label, exact=True).and_(self.page.locator("[type=checkbox], [type=radio]"))
            boxes.first.check()
            for box in boxes.all():
                box.check()

    def presses(self, name: str) -> None:
        """Click a button, and say yes when the page asks whether one means it."""
        button = self.main.get_by_role("button", name=name, exact=True).first
        is_asked = button.locator("xpath=ancestor::form").get_attribute("data-confirm") is not None
        button.click()
        if is_asked:
            self.page.locator("#confirm button[value=yes]").click()

    def shows(self, text: str, *, within: float = 15.0) -> None:
        """The page says it, if need be after it was opened again, as somebody does who waits."""
        eventually(lambda: self._looks_again(text), within=within, every=0.2)

    def _looks_again(self, text: str) -> bool:
        if self.main.get_by_text(text).count():
            return True
        self.page.reload()
        return self.main.get_by_text(text).count() > 0

    def _field(self, name: str) -> Locator:
        found = self.main.locator(f"[name='{name}']:not([type=hidden])").first
        fold = found.locator("xpath=ancestor::details[not(@open)]/summary")
        if fold.count():
            fold.first.click()
        return found


@contextmanager
def person(browser: Browser, organisation: str, email: str) -> Iterator[Person]:
    """Somebody with an empty data folder, a server just started, and its set-up link open."""
    with TemporaryDirectory(prefix="mispmini-test-") as folder:
        server = LiveServer(Path(folder) / "instance", Birth())
        server.start()
        context = browser.new_context(locale="pt-BR", permissions=["clipboard-read", "clipboard-write"])
        context.set_default_timeout(10_000)
        try:
            page = context.new_page()
            page.goto(server.setup_url)
            yield Person(server, page, organisation, email)
        finally:
            context.close()
            server.stop()
