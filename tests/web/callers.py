"""Who speaks to a served site: a program with a key, a person in a browser."""

import re
from dataclasses import dataclass

import requests

from tests.web.conftest import MACHINE, PASSWORD, Site


@dataclass
class Caller:
    """Somebody who speaks REST with a key."""

    site: Site
    key: str

    def get(self, path: str) -> requests.Response:
        """GET as a program."""
        return self.site.get(path, headers={**MACHINE, "Authorization": self.key})

    def post(self, path: str, body: object = None, method: str = "POST") -> requests.Response:
        """Send a JSON body as a program."""
        headers = {**MACHINE, "Authorization": self.key}
        return requests.request(method, self.site.url + path, json=body or {}, headers=headers, timeout=10)

    def id(self) -> str:
        """The account's own id."""
        own: str = self.get("/users/view/me").json()["User"]["id"]
        return own


class Browser:
    """Somebody in a browser, signed in with PASSWORD."""

    def __init__(self, site: Site, email: str, *, language: str = "") -> None:
        self.site, self.http = site, requests.Session()
        self.http.headers.update({"Accept-Language": language} if language else {})
        page = self.get("/users/login").text
        fields = {"data[User][email]": email, "data[User][password]": PASSWORD, "csrf_token": token_of(page)}
        self.http.post(f"{site.url}/users/login", data=fields, timeout=10).raise_for_status()

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self.http.get(self.site.url + path, timeout=10, headers={"Accept": "text/html"})

    def post(self, path: str, fields: dict[str, str], *, form_at: str) -> requests.Response:
        """Send the form of a page."""
        fields = {**fields, "csrf_token": token_of(self.get(form_at).text)}
        return self.http.post(
            self.site.url + path, data=fields, timeout=10, allow_redirects=False, headers={"Accept": "text/html"}
        )


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]
