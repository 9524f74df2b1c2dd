"""A MISP that wants and takes everything, for tests of what ours sends it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mispmini.domain.distribution import Distribution
from mispmini.domain.drafts import EventDraft, OrganisationDraft
from mispmini.domain.galaxies import ClusterDraft, GalaxyDraft
from mispmini.domain.group_forms import GroupForm, GroupServerForm, MemberForm
from mispmini.domain.ids import new_uuid
from mispmini.domain.permissions import Permission
from mispmini.domain.receipts import LedgerState
from mispmini.domain.servers import LinkedServer
from mispmini.domain.viewer import Viewer
from mispmini.services import clusters, groups_admin
from mispmini.store import cluster_writers, servers
from mispmini.store import clusters as cluster_store
from mispmini.store.database import writing
from mispmini.store.galaxies import insert_galaxy
from mispmini.sync.delivering import deliver_due
from tests.sync.ground import OUTBOUND, THEIR_ORG, Ground
from tests.sync.hostile import HostileServer, Received, answer
from tests.sync.recorded import body_of, played

Json = dict[str, Any]
ALL, GROUP, INHERIT = (int(level) for level in (Distribution.ALL, Distribution.SHARING_GROUP, Distribution.INHERIT))
VERSION: Json = {
    "version": "2.5.1", "perm_sync": True, "perm_sighting": True, "perm_galaxy_editor": True,
    "perm_analyst_data": True, "request_encoding": ["gzip"], "filter_sightings": True,
}  # fmt: skip
GET_VERSION = "GET /servers/getVersion"
SEARCH, CLUSTER = "POST /galaxy_clusters/restSearch", "POST /galaxies/pushCluster"
OFFER, INDEX = "POST /events/filterEventIdsForPush", "POST /events/index"
PROBE, ADD, EDIT = "GET /eventReports/add", "POST /events/add/metadata:1", "POST /events/edit/{}/metadata:1"
NOTES = "POST /analyst_data/filterAnalystDataForPush"
ABSENT = answer(b"", "404 Not Found", "text/html")
BASIC = GalaxyDraft(new_uuid(), "Sample", "sample", namespace="misp", version=1)


def took(request: Received) -> bytes:
    """What a MISP says to an event that it takes whole."""
    event = body_of(request)["Event"]
    inside = [a for obj in event["Object"] for a in obj["Attribute"]]
    count = sum(not a["deleted"] for a in [*event["Attribute"], *inside])
    return answer({"Event": {**event, "id": "7", "attribute_count": str(count)}})


def misp(**rules: object) -> HostileServer:
    """A partner that wants and takes everything; `rules` come before its own."""
    known = {
        GET_VERSION: VERSION,
        SEARCH: {"response": []},
        CLUSTER: {"saved": True},
        OFFER: lambda request: answer([item["Event"]["uuid"] for item in body_of(request)]),
        INDEX: [],
        PROBE: {"name": "add", "description": "POST a report"},
        "HEAD /events/view/": lambda _: ABSENT,
        "POST /events/add": took,
        "POST /events/edit": took,
        "POST /analyst_data": {"Note": [], "Opinion": [], "Relationship": []},
    }
    return played({**rules, **{key: rule for key, rule in known.items() if key not in rules}})


def fresh(server: LinkedServer) -> LinkedServer:
    """The link as it is now."""
    known = servers.find_any_server(server.id)
    assert known is not None
    return known


def sent_by(ground: Ground, draft: EventDraft, **wish: Any) -> Json:
    """The event as a partner is sent it at publish; AssertionError if it does not arrive."""
    with misp() as partner:
        server = ground.links(partner.url, push=True, **wish)
        uuid = ground.publishes(draft)
        deliver_due(server.id, OUTBOUND)
        assert ground.receipt(server, uuid).state is LedgerState.SENT, ground.receipt(server, uuid)
        [body] = [body_of(r) for r in partner.requests if r.target.startswith("/events/add")]
    event: Json = body["Event"]
    return event


def custom_tag(ground: Ground, **more: Any) -> str:
    """The tag of a published cluster that somebody here wrote, for everybody if `more` does not say."""
    uuid = new_uuid()
    with writing():
        insert_galaxy(BASIC)
        clusters.add(ground.admin, BASIC.uuid, ClusterDraft(value="Ours", uuid=uuid, **{"distribution": ALL} | more))
        number = cluster_store.find_cluster_id(Viewer.everything(), uuid)
        assert number is not None
        cluster_writers.update_cluster(number, {"published": True, "version": 5})
    return f'misp-galaxy:sample="{uuid}"'


def group_of(
    ground: Ground, *orgs: OrganisationDraft, at: Mapping[str, bool] | None = None, roaming: bool = False
) -> int:
    """A group of these organisations; `at` are servers by url, "0" for here, with `all_orgs`."""
    form = GroupForm(
        name=f"Group {new_uuid()}",
        uuid=new_uuid(),
        roaming=roaming,
        orgs=tuple(MemberForm(str(org.uuid)) for org in orgs),
        servers=tuple(GroupServerForm(url, all_orgs=every) for url, every in (at or {}).items()),
    )
    return groups_admin.add_group(ground.admin, form).id


def sync_user() -> Viewer:
    """An account of the partner's organisation here that syncs."""
    known = Viewer.of_organisation(2, org_uuid=str(THEIR_ORG.uuid), org_name=THEIR_ORG.name)
    return replace(known, role_permissions=frozenset(Permission) - {Permission.SITE_ADMIN})
