"""Valid targets for every route: one of each noun that all share, and fresh ones for verbs that use theirs up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from mispmini.domain.distribution import Distribution
from mispmini.domain.ids import new_uuid
from tests.calling import new_session
from tests.cast import PUBLISHER, SYNC_USER, USER, Actor, Json, add_actor

ORG_ADMIN = 2
ROLES = ("site admin", "org admin", "publisher", "user", "sync user", "read-only key", "anonymous")


@dataclass(slots=True)
class Workshop:
    """Makes targets as the site admin, all of the one organisation in which every role is."""

    dora: Actor
    keys: dict[str, str] = field(init=False)
    session: requests.Session = field(default_factory=new_session)
    shared: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Hire everybody into the server's own organisation; the read-only key is the site admin's."""
        made = {
            role: add_actor(
                self.dora, role.replace(" ", "-"), org_name="", org_uuid=self.dora.org_uuid, role_id=number
            ).key
            for role, number in zip(ROLES[1:5], (ORG_ADMIN, PUBLISHER, USER, SYNC_USER), strict=True)
        }
        own, read_only = (
            self._post("/auth_keys/add", {"read_only": reads})["AuthKey"]["authkey_raw"] for reads in (False, True)
        )
        self.keys = {"site admin": own, **made, "read-only key": read_only}

    def ask(self, role: str, method: str, path: str, body: object) -> requests.Response:
        """One request as this role, over a connection that stays open."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if role in self.keys:
            headers["Authorization"] = self.keys[role]
        sent = None if method == "GET" else body
        url = f"{self.dora.server.url}{path}"
        answer = self.session.request(method, url, json=sent, headers=headers, timeout=60, allow_redirects=False)
        self._learn_new_key(role, answer)
        return answer

    def _learn_new_key(self, role: str, answer: requests.Response) -> None:
        """Whoever has reset the key in use goes on with the new one."""
        said = answer.json().get("message", "") if '"message": "Authkey updated: ' in answer.text else ""
        if said and answer.request.url == f"{self.dora.server.url}/users/resetauthkey":
            self.keys[role] = said.removeprefix("Authkey updated: ")

    def target(self, noun: str) -> str:
        """The id or uuid of `noun`; with an exclamation mark at the end, of a fresh one."""
        if noun.endswith("!"):
            return MAKERS[noun[:-1]](self)
        if noun not in self.shared:
            self.shared[noun] = MAKERS[noun](self)
        return self.shared[noun]

    def filled(self, text: str) -> str:
        """`text` with the targets that it names in braces, doubled ones the same."""
        for noun in dict.fromkeys(_braced(text)):
            text = text.replace(f"{{{noun}}}", new_uuid() if noun == "new" else self.target(noun))
        return text

    def _post(self, path: str, body: object) -> Json:
        headers = {"Authorization": self.dora.key, "Accept": "application/json"}
        answer = self.session.post(f"{self.dora.server.url}{path}", json=body, headers=headers, timeout=30)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        found: Json = answer.json()
        return found

    def event(self) -> str:
        """An event for everybody here."""
        return str(self.dora.adds_event(distribution=Distribution.COMMUNITY)["uuid"])

    def hidden_event(self) -> str:
        """One that no other organisation sees."""
        return str(self.dora.adds_event(distribution=Distribution.ORGANISATION)["uuid"])

    def hidden_attribute(self) -> str:
        """An attribute that no other organisation sees."""
        wanted = {"type": "domain", "value": f"{new_uuid()}.example"}
        return str(self._post(f"/attributes/add/{self.target('hidden_event')}", wanted)["Attribute"]["uuid"])

    def hidden_object(self) -> str:
        """An object that no other organisation sees."""
        return str(self._post(f"/objects/add/{self.target('hidden_event')}", new_object())["Object"]["uuid"])

    def hidden_report(self) -> str:
        """A report that no other organisation sees."""
        wanted = {"name": "A report", "content": "text"}
        return str(self._post(f"/event_reports/add/{self.target('hidden_event')}", wanted)["EventReport"]["uuid"])

    def hidden_proposal(self) -> str:
        """A proposal that no other organisation sees."""
        wanted = {"type": "domain", "value": f"{new_uuid()}.example"}
        made = self._post(f"/shadow_attributes/add/{self.target('hidden_event')}", wanted)
        return str(made["ShadowAttribute"]["id"])

    def published_event(self) -> str:
        """One that is published."""
        event = self.dora.adds_event(attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}])
        self.dora.publishes(event)
        return str(event["uuid"])

    def attribute(self) -> str:
        """An attribute of the shared event."""
        wanted = {"type": "domain", "value": f"{new_uuid()}.example"}
        return str(self._post(f"/attributes/add/{self.target('event')}", wanted)["Attribute"]["uuid"])

    def deleted_attribute(self) -> str:
        """One that can be brought back."""
        uuid = self.attribute()
        self._post(f"/attributes/delete/{uuid}", {})
        return uuid

    def file(self) -> str:
        """An attribute with an attachment."""
        wanted = {"type": "attachment", "value": "a.txt", "data": "aGk="}
        return str(self._post(f"/attributes/add/{self.target('event')}", wanted)["Attribute"]["uuid"])

    def object(self) -> str:
        """An object of the shared event."""
        return str(self._post(f"/objects/add/{self.target('event')}", new_object())["Object"]["uuid"])

    def deleted_object(self) -> str:
        """One that can be brought back."""
        uuid = self.object()
        self._post(f"/objects/delete/{uuid}", {})
        return uuid

    def reference(self) -> str:
        """A reference between two elements."""
        wanted = {
            "object_uuid": self.target("object"),
            "referenced_uuid": self.target("attribute"),
            "relationship_type": "related-to",
        }
        return str(self._post("/object_references/add", wanted)["ObjectReference"]["uuid"])

    def report(self) -> str:
        """A report of the shared event."""
        wanted = {"name": "A report", "content": "text"}
        return str(self._post(f"/event_reports/add/{self.target('event')}", wanted)["EventReport"]["uuid"])

    def deleted_report(self) -> str:
        """One that can be brought back."""
        uuid = self.report()
        self._post(f"/event_reports/delete/{uuid}", {})
        return uuid

    def proposal(self) -> str:
        """A proposal of a file for the shared event."""
        wanted = {"type": "attachment", "value": f"{new_uuid()}.txt", "data": "aGk="}
        return str(self._post(f"/shadow_attributes/add/{self.target('event')}", wanted)["ShadowAttribute"]["id"])

    def sighting(self) -> str:
        """A sighting of the shared attribute."""
        return str(self._post(f"/sightings/add/{self.target('attribute')}", {})["Sighting"]["id"])

    def tag(self) -> str:
        """The number of a tag."""
        return str(self._post("/tags/add", {"name": f"matrix:{new_uuid()}"})["Tag"]["id"])

    def attached(self) -> str:
        """The number of a tag on the shared event and on the shared attribute."""
        tag = self.tag()
        for uuid in (self.target("event"), self.target("attribute")):
            self._post("/tags/attachTagToObject", {"uuid": uuid, "tag": tag})
        return tag

    def group(self) -> str:
        """A sharing group of everybody's organisation."""
        members = {"SharingGroupOrg": [{"org_id": str(self.dora.org_id), "extend": True}]}
        return str(self._post("/sharing_groups/add", new_group() | members)["SharingGroup"]["uuid"])

    def group_with_org(self) -> str:
        """One with another organisation in it."""
        group = self.group()
        self._post("/sharing_groups/addOrg", {"sg_id": group, "org_id": self.target("organisation")})
        return group

    def group_with_server(self) -> str:
        """One with a server in it."""
        group = self.group()
        self._post("/sharing_groups/addServer", {"sg_id": group, "server_id": self.target("server")})
        return group

    def group_in_use(self) -> str:
        """One that an event is shared with."""
        group = self.group()
        number = self.dora.get(f"/sharing_groups/view/{group}").json()["SharingGroup"]["id"]
        self.dora.adds_event(distribution=Distribution.SHARING_GROUP, sharing_group_id=number)
        return group

    def organisation(self) -> str:
        """An organisation without anything in it."""
        return str(self._post("/admin/organisations/add", {"name": f"Org {new_uuid()}"})["Organisation"]["id"])

    def user(self) -> str:
        """A user of everybody's organisation."""
        wanted = {"email": f"{new_uuid()}@x.example", "org_id": self.dora.org_id, "role_id": USER}
        return str(self._post("/admin/users/add", wanted)["User"]["id"])

    def role(self) -> str:
        """A role that nobody has."""
        return str(self._post("/admin/roles/add", {"name": f"Role {new_uuid()[:8]}"})["Role"]["id"])

    def server(self) -> str:
        """A link to a server that answers nothing."""
        wanted = {
            "name": f"Server {new_uuid()[:8]}",
            "url": f"https://{new_uuid()}.invalid",
            "authkey": "a" * 40,
            "remote_org_id": self.target("organisation"),
        }
        return str(self._post("/servers/add", wanted)["Server"]["id"])

    def closed(self) -> str:
        """A link to a port of this machine that nobody listens on."""
        wanted = {
            "name": "Closed", "url": "http://127.0.0.1:9", "authkey": "a" * 40, "remote_org_id": self.dora.org_id,
        }  # fmt: skip
        return str(self._post("/servers/add", wanted)["Server"]["id"])

    def blocked_event(self) -> str:
        """A uuid on the blocklist of events."""
        uuid = new_uuid()
        self._post("/event_blocklists/add", {"uuids": [uuid]})
        return uuid

    def blocked_org(self) -> str:
        """A uuid on the blocklist of organisations."""
        uuid = new_uuid()
        self._post("/org_blocklists/add", {"uuids": [uuid]})
        return uuid

    def blocked_cluster(self) -> str:
        """A uuid on the blocklist of clusters."""
        uuid = new_uuid()
        self._post("/galaxy_cluster_blocklists/add", {"uuids": [uuid]})
        return uuid

    def blocked_analyst_data(self) -> str:
        """A uuid on the blocklist of analyst data."""
        uuid = new_uuid()
        self._post("/analyst_data_blocklists/add", {"uuids": [uuid]})
        return uuid

    def warninglist(self) -> str:
        """The number of a list in use, with two values."""
        wanted = {"name": f"List {new_uuid()}", "type": "string", "description": "d", "entries": "a.example\nb.example"}
        return str(self._post("/warninglists/add", wanted)["Warninglist"]["id"])

    def excluded(self) -> str:
        """The number of a value that does not correlate."""
        made = self._post("/correlation_exclusions/add", {"value": f"{new_uuid()}.example"})
        return str(made["CorrelationExclusion"]["id"])

    def allowed(self) -> str:
        """The number of an expression on the allow-list that finds nothing."""
        return str(self._post("/admin/allowedlists/add", {"name": f"/^{new_uuid()}$/"})["Allowedlist"]["id"])

    def note(self) -> str:
        """A note about the shared event."""
        path = f"/analyst_data/add/Note/{self.target('event')}/Event"
        return str(self._post(path, {"note": "A note", "distribution": 1})["Note"]["uuid"])

    def feed(self) -> str:
        """A feed that is fetched from nowhere."""
        wanted = {"name": "F", "provider": "P", "url": f"https://{new_uuid()}.invalid", "source_format": "freetext"}
        return str(self._post("/feeds/add", wanted)["Feed"]["id"])

    def key(self) -> str:
        """The number of a key of a user."""
        return str(self._post(f"/auth_keys/add/{self.target('user')}", {})["AuthKey"]["id"])

    def key_uuid(self) -> str:
        """The uuid of one."""
        return str(self._post(f"/auth_keys/add/{self.target('user')}", {})["AuthKey"]["uuid"])

    def setting(self) -> str:
        """The number of a setting of the site admin."""
        wanted = {"setting": "homepage", "value": {"path": "/events/index"}}
        return str(self._post("/user_settings/setSetting", wanted)["UserSetting"]["id"])

    def trashed_event(self) -> str:
        """An event that was deleted and can be brought back."""
        uuid = self.event()
        self._post(f"/events/delete/{uuid}", {})
        return uuid

    def log(self) -> str:
        """The first row of the audit log."""
        return "1"


Maker = Callable[[Workshop], str]
MAKERS: Mapping[str, Maker] = {
    name: member
    for name, member in vars(Workshop).items()
    if callable(member) and not name.startswith("_") and name not in {"ask", "target", "filled"}
}


def new_object() -> dict[str, Any]:
    """An object with one attribute."""
    attributes = [{"object_relation": "domain", "type": "domain", "value": f"{new_uuid()}.example"}]
    return {"name": "domain-ip", "meta-category": "network", "template_uuid": new_uuid(), "Attribute": attributes}


def new_group() -> dict[str, Any]:
    """A sharing group."""
    return {"name": f"Group {new_uuid()}", "releasability": "everybody here", "active": True}


def _braced(text: str) -> list[str]:
    return [piece.partition("}")[0] for piece in text.split("{")[1:] if piece[:1].isalpha() and "}" in piece]
