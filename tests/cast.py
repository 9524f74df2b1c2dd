"""The cast: Alice (creator's organisation), Bob (another one here), Charlie (in the sharing group), Dora (site admin),
Sam (a partner's sync user), each with an account and a key on a live server, all made over REST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.live import PASSWORD, LiveServer

PUBLISHER, USER, SYNC_USER = 4, 3, 5
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with an account on one server; speaks REST with an authkey."""

    name: str
    server: LiveServer
    email: str
    key: str
    user_id: int
    org_id: int
    org_name: str
    org_uuid: str

    def get(self, path: str) -> requests.Response:
        """GET as this person."""
        return self.server.request("GET", path, key=self.key)

    def post(self, path: str, body: object = None) -> requests.Response:
        """POST a JSON body as this person."""
        return self.server.request("POST", path, {} if body is None else body, key=self.key)

    def adds_event(
        self,
        info: str = "Phishing against a bank",
        *,
        distribution: Distribution = Distribution.COMMUNITY,
        attributes: Sequence[Mapping[str, object]] = (),
        **more: object,
    ) -> Json:
        """A fresh event, as the server answered it."""
        wanted = {"uuid": new_uuid(), "info": info, "distribution": int(distribution), "Attribute": list(attributes)}
        return _event_of(self.post("/events/add", {"Event": wanted | more}))

    def publishes(self, event: Mapping[str, Any]) -> None:
        """Publish it."""
        answer = self.post(f"/events/publish/{event['uuid']}")
        assert answer.status_code == 200, answer.text

    def views(self, event: Mapping[str, Any]) -> Json:
        """The event as this person sees it; AssertionError when they do not."""
        return _event_of(self.get(f"/events/view/{event['uuid']}"))

    def sees(self, event: Mapping[str, Any]) -> bool:
        """Whether the event exists for this person; AssertionError when the server says neither yes nor no."""
        status = self.get(f"/events/view/{event['uuid']}").status_code
        assert status in (200, 404), status
        return status == 200

    def deletes(self, event: Mapping[str, Any]) -> None:
        """Delete it."""
        answer = self.post(f"/events/delete/{event['uuid']}")
        assert answer.status_code == 200, answer.text


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody on one server."""

    alice: Actor
    bob: Actor
    charlie: Actor
    dora: Actor
    sam: Actor


def hire(server: LiveServer) -> Cast:
    """Make the accounts; Alice is of the server's own organisation, Sam of a partner's."""
    dora = admin_of(server)
    return Cast(
        alice=add_actor(dora, "Alice", org_name=dora.org_name, org_uuid=dora.org_uuid),
        bob=add_actor(dora, "Bob", org_name="CSIRT Bravo"),
        charlie=add_actor(dora, "Charlie", org_name="CSIRT Charlie", role_id=USER),
        dora=dora,
        sam=add_actor(dora, "Sam", org_name="CSIRT Sierra", role_id=SYNC_USER, local=False),
    )


def admin_of(server: LiveServer) -> Actor:
    """Dora: the account that the server was set up with."""
    me = _json(server.request("GET", "/users/view/me"))
    user, org = me["User"], me["Organisation"]
    key = server.birth.key
    return Actor("Dora", server, user["email"], key, int(user["id"]), int(org["id"]), org["name"], org["uuid"])


def add_actor(
    dora: Actor,
    name: str,
    *,
    org_name: str,
    org_uuid: str = "",
    role_id: int = PUBLISHER,
    local: bool = True,
    signs_in: bool = False,
) -> Actor:
    """An account with a key; the organisation is made when its uuid is new here.

    Who `signs_in` has PASSWORD as well: hashing it takes a server longer than all the rest.
    """
    org_uuid = org_uuid or new_uuid()
    org_id = organisation_id(dora, org_name, org_uuid, local=local)
    email = f"{name.lower()}@{org_uuid[:8]}.example"
    wanted = {"email": email, "org_id": org_id, "role_id": role_id, "change_pw": False}
    secret = {"password": PASSWORD} if signs_in else {}
    user = _json(dora.post("/admin/users/add", wanted | secret))["User"]
    key = _json(dora.post(f"/auth_keys/add/{user['id']}", {"comment": name}))["AuthKey"]["authkey_raw"]
    return Actor(name, dora.server, email, key, int(user["id"]), org_id, org_name, org_uuid)


def organisation_id(dora: Actor, name: str, uuid: str, *, local: bool = False) -> int:
    """The id of an organisation, made when it is not here yet."""
    found = dora.get(f"/organisations/view/{uuid}")
    if found.status_code == 404:
        found = dora.post("/admin/organisations/add", {"name": name, "uuid": uuid, "local": local})
    return int(_json(found)["Organisation"]["id"])


def link(
    here: Actor, there: Actor, *, push: bool = False, pull: bool = False, every: int | None = None, **more: object
) -> int:
    """A server entry of Dora's for another Dora's server, with a sync user there in our organisation; its id.

    `every` is the pull interval in seconds.
    """
    sync_user = add_actor(
        there, f"sync-{new_uuid()[:8]}", org_name=here.org_name, org_uuid=here.org_uuid, role_id=SYNC_USER
    )
    wanted = {
        "name": there.org_name,
        "url": there.server.url,
        "remote_org_id": organisation_id(here, there.org_name, there.org_uuid),
        "authkey": sync_user.key,
        "push": push,
        "pull": pull,
    }
    wanted |= {} if every is None else {"pull_interval": every}
    return int(_json(here.post("/servers/add", wanted | more))["Server"]["id"])


def assert_sees(actor: Actor, event: Mapping[str, Any]) -> None:
    """The event is there for this person."""
    assert actor.sees(event), f"{actor.name} does not see {event['uuid']}"


def assert_does_not_see(actor: Actor, event: Mapping[str, Any]) -> None:
    """The event is absent or invisible, which is the same, for this person."""
    assert not actor.sees(event), f"{actor.name} sees {event['uuid']}"


def _event_of(answer: requests.Response) -> Json:
    event: Json = _json(answer)["Event"]
    return event


def _json(answer: requests.Response) -> Any:
    assert answer.status_code == 200, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:2000]}"
    return answer.json()
