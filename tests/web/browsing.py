"""Somebody in front of a browser without script: signs in, reads pages, sends their forms."""

import re
from html import unescape
from typing import Any

import requests

from tests.web.conftest import PASSWORD, PEOPLE, Site, csrf_of


class Browser(requests.Session):
    """Keeps cookies, follows no redirect, and fills in the one form of the login page."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self.site = site
        self.trust_env = False
        self.headers.update(PEOPLE)

    def open(self, path: str, method: str = "GET", **options: Any) -> requests.Response:
        """One request, no redirect followed."""
        return self.request(method, self.site.url + path, allow_redirects=False, timeout=20, **options)

    def secret(self) -> str:
        """The hidden field of the form on the login page."""
        return csrf_of(self.open("/users/login").text)

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> requests.Response:
        """Fill in the form as it is and send it."""
        form = {"csrf_token": self.secret(), "data[User][email]": email, "data[User][password]": password}
        return self.open("/users/login", "POST", data={**form, **fields})

    def cookie(self) -> tuple[str, str]:
        """Name and value of the one cookie we set."""
        ((name, value),) = self.cookies.items()
        return name, value


class Reader(Browser):
    """Somebody signed in, who reads pages and sends forms."""

    def read(self, path: str, *, status: int = 200) -> str:
        """A page's markup, entities undone."""
        response = self.open(path)
        assert response.status_code == status, response.text[:500]
        return unescape(response.text)

    def submit(self, path: str, page: str, **fields: str) -> str:
        """Send a form of `page`; the path of the page it leads to, or the markup of the page shown again."""
        response = self.open(path, "POST", data={"csrf_token": csrf_of(page), **fields})
        if response.status_code == 303:
            return response.headers["Location"].removeprefix(self.site.url)
        return unescape(response.text)

    def adds_event(self, info: str, **fields: str) -> str:
        """The path of a fresh event's page."""
        form = {"info": info, "date": "2026-03-01", "distribution": "1", "threat_level_id": "2", "analysis": "1"}
        return self.submit("/events/add", self.read("/events/add"), **form, **fields)

    def adds_attribute(self, event: str, **fields: str) -> str:
        """Where adding an attribute leads."""
        return self.submit(f"/attributes/add/{number_of(event)}", self.read(event), **fields)


def number_of(event: str) -> str:
    """The number at the end of an event's path."""
    return event.rpartition("/")[2]


def rows_of(page: str) -> list[str]:
    """The texts of the rows of attributes on a page, in one line each."""
    found = re.findall(r'<tr id="attribute-\d+".*?</tr>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in found]


def an_attribute(page: str) -> str:
    """The number of the first attribute on a page."""
    found = re.search(r'<tr id="attribute-(\d+)"', page)
    assert found
    return found[1]
