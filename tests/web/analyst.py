"""Somebody with a key, who speaks JSON to a served site."""

from typing import Any

import requests

from mispmini.domain import clock, ids
from mispmini.domain.people import OrganisationForm
from mispmini.domain.viewer import Viewer
from mispmini.services.organisations import add_organisation
from mispmini.store import authkeys, database, people
from tests.web.conftest import MACHINE, PUBLISHER, Site

Json = dict[str, Any]


class Analyst:
    """A person with an account of a role; a publisher unless said otherwise."""

    def __init__(self, site: Site, role_id: int = PUBLISHER, *, key: str = "") -> None:
        self.site = site
        self.headers = {**MACHINE, "Authorization": key or site.key(role_id)}

    def get(self, path: str, *, status: int = 200) -> requests.Response:
        """One GET."""
        answer = self.site.get(path, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer

    def post(self, path: str, body: object = None, *, status: int = 200) -> Any:
        """One POST and its answer."""
        answer = self.site.post(path, json={} if body is None else body, headers=self.headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def adds_event(self, **fields: object) -> Json:
        """A fresh event."""
        added: Json = self.post("/events/add", {"info": "with files", **fields})["Event"]
        return added


def a_stranger(site: Site, role_id: int = PUBLISHER) -> Analyst:
    """Somebody of an organisation of their own."""
    org = add_organisation(Viewer.everything(), OrganisationForm(name=f"Org {ids.new_uuid()}", uuid=ids.new_uuid()))
    login = people.find_any_login(site.email(role_id, org=org.id))
    assert login is not None
    raw = ids.new_authkey()
    with database.writing():
        authkeys.insert_key(raw, {"uuid": ids.new_uuid(), "user": login.user_id, "created": clock.now()})
    return Analyst(site, key=raw)
