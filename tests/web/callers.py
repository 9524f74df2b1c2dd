"""Who speaks to a served site: a program with a key, a person in a browser."""

from dataclasses import dataclass
from typing import Any

import requests

from mispmini.domain.ids import new_uuid
from tests.calling import call
from tests.web import browsing
from tests.web.conftest import MACHINE, PEOPLE, PUBLISHER, Site, csrf_of

DOMAIN_IP = "43b3b146-77eb-4931-b4cc-b66c60f28734"
Json = dict[str, Any]


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
        return call(method, self.site.url + path, json=body or {}, headers=headers, timeout=10)

    def id(self) -> str:
        """The account's own id."""
        own: str = self.get("/users/view/me").json()["User"]["id"]
        return own


class Browser:
    """Somebody in a browser, signed in with PASSWORD."""

    def __init__(self, site: Site, email: str, *, language: str = "") -> None:
        self.site, self.http = site, browsing.Browser(site)
        self.http.headers["Accept-Language"] = language
        self.http.sign_in(email).raise_for_status()

    def get(self, path: str) -> requests.Response:
        """Open a page."""
        return self.http.get(self.site.url + path, timeout=10)

    def post(self, path: str, fields: dict[str, str], *, form_at: str) -> requests.Response:
        """Send the form of a page."""
        return self.http.open(path, "POST", data={**fields, "csrf_token": csrf_of(self.get(form_at).text)})


class Client:
    """One account, over REST and with a browser's session."""

    def __init__(self, site: Site, key: str) -> None:
        self.site, self.key = site, key

    def get(self, path: str) -> Any:
        """What a program gets."""
        return self.site.get(path, headers={**MACHINE, "Authorization": self.key}).json()

    def post(self, path: str, body: object = None) -> requests.Response:
        """What a program's POST gets."""
        return self.site.post(path, headers={**MACHINE, "Authorization": self.key}, json={} if body is None else body)

    def page(self, path: str) -> str:
        """What a person sees."""
        answer = self.site.get(path, headers={**PEOPLE, "Authorization": self.key})
        assert answer.status_code == 200, answer.text
        return answer.text

    def sends(self, path: str, **fields: str) -> requests.Response:
        """What a person's form gets."""
        return self.site.post(path, headers={**PEOPLE, "Authorization": self.key}, data=fields)

    def adds_event(self, *tags: str, level: int = 2) -> str:
        """The id of a fresh event."""
        event = {
            "info": "An event",
            "distribution": level,
            "Attribute": [{"type": "domain", "value": f"{new_uuid()}.example"}],
            "Tag": [{"name": name} for name in tags],
        }
        event_id: str = self.post("/events/add", event).json()["Event"]["id"]
        return event_id


class Analyst:
    """A publisher with a key, who speaks JSON."""

    def __init__(self, site: Site, role_id: int = PUBLISHER) -> None:
        self.site = site
        self.headers = {**MACHINE, "Authorization": site.key(role_id)}

    def get(self, path: str) -> requests.Response:
        """One GET."""
        return self.site.get(path, headers=self.headers)

    def post(self, path: str, body: object = None, *, status: int = 200) -> Json:
        """One POST and its answer."""
        answer = self.site.post(path, json={} if body is None else body, headers=self.headers)
        assert answer.status_code == status, answer.text
        told: Json = answer.json()
        return told

    def adds_event(self) -> str:
        """The id of a fresh event."""
        return str(self.post("/events/add", {"info": "with objects"})["Event"]["id"])

    def adds_object(self, event: str, **fields: object) -> Json:
        """A fresh object, as it was answered."""
        obj: Json = self.post(f"/objects/add/{event}", an_object(**fields))["Object"]
        return obj


def an_object(**fields: object) -> Json:
    """An object of one attribute."""
    attribute = {"object_relation": "domain", "type": "domain", "value": f"{new_uuid()}.example"}
    template = {"name": "domain-ip", "meta-category": "network", "template_uuid": DOMAIN_IP, "template_version": "9"}
    return {**template, "description": "d", "Attribute": [attribute], **fields}
