"""Every endpoint that clients and partners call exists, in each spelling of its path (API §9)."""

import re

import pytest

from tests.web.callers import Caller
from tests.web.conftest import Site

# Method and path as API §9 writes them; {x} stands for a reference, {n} for a number, [a|b] for one of several words.
ENDPOINTS = """
GET servers/getVersion
GET servers/getPyMISPVersion
GET attributes/describeTypes
GET users/view/me
POST servers/postTest
GET servers/serverSettings
GET servers/getSetting/{x}
POST servers/serverSettingsEdit/{x}
GET servers/getWorkers
POST servers/[restartWorkers|restartDeadWorkers|killAllWorkers|update]
POST servers/[startWorker|stopWorker]/{x}
GET users/heartbeat
GET servers/[dbSchemaDiagnostic|queryACL]
GET events/queryACL/{x}
GET events/index
POST events/index
GET events/view/{x}
POST events/view/{x}
HEAD events/view/{x}
POST events/add
POST events/edit/{x}
PUT events/edit/{x}
POST events/delete/{x}
DELETE events/delete/{x}
POST events/delete
POST events/[publish|alert|unpublish|contact]/{x}
POST events/[addTag|removeTag]/{x}/{x}
POST events/filterEventIdsForPush
POST events/pushProposals/{x}
POST events/restSearch
POST events/freeTextImport/{x}
POST events/upload_stix/{x}
POST events/[enrichEvent|pushEventToZMQ]/{x}
POST cryptographicKeys/serverSign
GET eventDelegations/index
POST eventDelegations/delegateEvent/{x}
POST eventDelegations/[acceptDelegation|deleteDelegation]/{n}
GET attributes/index
GET attributes/view/{x}
HEAD attributes/view/{x}
POST attributes/add/{x}
POST attributes/edit/{x}
PUT attributes/edit/{x}
POST attributes/delete/{x}
POST attributes/delete/{x}/1
DELETE attributes/delete/{x}
POST attributes/restore/{x}
POST attributes/[addTag|removeTag]/{x}/{x}
POST attributes/restSearch
POST attributes/enrich/{x}
GET attributes/attributeStatistics/type/1
GET attributes/downloadAttachment/download/{x}
GET objects/view/{x}
HEAD objects/view/{x}
POST objects/[add|edit|delete]/{x}
POST objects/delete/{x}/1
POST objectReferences/add
POST objectReferences/delete/{x}
POST objectReferences/delete/{x}/1
GET objectTemplates/index
GET objectTemplates/view/{x}
GET objectTemplates/getRaw/{x}
POST objectTemplates/update
POST objects/restSearch
GET eventReports/add
GET eventReports/view/{x}
GET eventReports/index
POST eventReports/[add|edit|delete]/{x}
POST eventReports/delete/{x}/1
POST eventReports/importReportFromUrl/{x}
GET shadowAttributes/index
GET shadowAttributes/index/{x}
GET shadowAttributes/view/{x}
GET shadowAttributes/download/{x}
POST shadowAttributes/[add|edit|delete|accept|discard]/{x}
POST sightings/add
POST sightings/add/{x}
GET sightings/listSightings/{x}/event
POST sightings/listSightings/{x}/event
POST sightings/delete/{x}
POST sightings/restSearch
POST sightings/restSearch/[event|attribute]
POST sightings/[filterSightingUuidsForPush|bulkSaveSightings]/{x}
GET analyst_data/view/Note/{x}
POST analyst_data/add/Note/{x}/Event
POST analyst_data/[edit|delete]/Note/{x}
POST analyst_data/delete/Note/{x}/1
POST analyst_data/[indexMinimal|filterAnalystDataForPush|pushAnalystData]
GET analyst_data/index/Note
GET tags/index
GET tags/view/{x}
POST tags/add
POST tags/[edit|delete]/{x}
GET tags/search/{x}
GET tags/search/{x}/1
GET tags/search/{x}/1/1
POST tags/search
POST tags/[attachTagToObject|removeTagFromObject]
GET tags/tagStatistics
POST favourite_tags/toggle
GET taxonomies/index
GET taxonomies/view/{x}
POST taxonomies/[enable|disable|addTag|disableTag|toggleRequired]/{x}
POST taxonomies/update
GET warninglists/index
GET warninglists/view/{x}
POST warninglists/[checkValue|toggleEnable|update]
GET noticelists/index
GET noticelists/view/{x}
POST noticelists/enableNoticelist/{x}
POST noticelists/update
GET correlation_exclusions/index
GET correlation_exclusions/view/{n}
POST correlation_exclusions/[add|clean]
POST correlation_exclusions/delete/{n}
GET galaxies/index
GET galaxies/view/{x}
POST galaxies/[index|update|pushCluster]
GET galaxy_clusters/view/{x}
POST galaxy_clusters/[index|add|edit|publish|delete]/{x}
POST galaxy_cluster_relations/[edit|delete]/{x}
POST galaxy_cluster_relations/add
POST galaxy_clusters/restSearch
GET feeds/index
GET feeds/view/{n}
POST feeds/add
POST feeds/[edit|delete]/{n}
GET feeds/fetchFromFeed/{n}
GET feeds/[fetchFromAllFeeds|compareFeeds]
GET feeds/cacheFeeds/{n}
POST feeds/[loadDefaultFeeds|searchCaches]
GET decayingModel/index
POST decayingModel/[enable|disable]/{x}
POST decayingModel/update
GET communities/index
GET communities/view/{x}
GET servers/index
POST servers/add
POST servers/[edit|delete]/{n}
GET servers/testConnection/{n}
POST servers/testConnection/{n}
GET servers/[pull|push]/{n}
POST servers/[pull|push]/{n}
POST servers/[pull|push]/{n}/full
GET servers/cache/{x}
GET servers/createSync
POST servers/import
GET servers/[getAvailableSyncFilteringRules|getInstanceUUID]
GET sharingGroups/index
GET sharingGroups/index/true
GET sharing_groups/view/{x}
HEAD sharing_groups/view/{x}
POST sharingGroups/add
POST sharing_groups/[edit|delete]/{x}
POST sharingGroups/[addOrg|removeOrg|addServer|removeServer]
GET organisations/index
GET organisations/view/{x}
HEAD organisations/view/{x}
POST admin/organisations/add
POST admin/organisations/[edit|delete]/{x}
GET admin/users/index
GET users/view/{x}
GET admin/users/view/{x}
POST admin/users/add
POST admin/users/[edit|delete]/{x}
POST users/edit
POST auth_keys/add/{x}
GET auth_keys/index
GET auth_keys/view/{x}
POST auth_keys/[edit|delete]/{x}
POST users/change_pw
POST users/resetauthkey/{x}
GET users/registrations/index
POST users/[acceptRegistrations|discardRegistrations]/{x}
GET users/statistics/[data|orgs|users|tags]
GET roles/index
GET roles/view/{x}
POST admin/roles/add
POST admin/roles/[edit|delete|set_default]/{x}
GET userSettings/index
POST userSettings/[getSetting|setSetting|delete]
GET eventBlocklists/index
POST eventBlocklists/add
POST eventBlocklists/[edit|delete]/{x}
GET eventBlocklists/delete/{x}
GET [galaxyClusterBlocklists|analystDataBlocklists]/index
POST [galaxyClusterBlocklists|analystDataBlocklists]/add
POST galaxyClusterBlocklists/[edit|delete]/{x}
POST analystDataBlocklists/[edit|delete]/{x}
GET orgBlocklists/index
POST orgBlocklists/add
POST orgBlocklists/[edit|delete]/{x}
POST admin/logs/index
"""
UUID = "5e1d6f3a-7b52-4c44-9d0e-3f6a2b8c9d10"


def _spelt_out() -> list[tuple[str, str]]:
    """Each endpoint with one of its words."""
    found = []
    for line in ENDPOINTS.split("\n")[1:-1]:
        method, path = line.split(" ")
        words = re.search(r"\[(.*)\]", path)
        for word in words[1].split("|") if words else [""]:
            found.append((method, path.replace(words[0], word) if words else path))
    return found


def _other_spelling(path: str) -> str:
    """The controller in under_score for camelCase, and the other way round."""
    admin, controller, rest = re.fullmatch(r"(admin/)?([^/]+)(.*)", path).groups("")  # type: ignore[union-attr]
    if "_" in controller:
        return admin + re.sub("_(.)", lambda found: found[1].upper(), controller) + rest
    return admin + re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", controller) + rest


@pytest.mark.parametrize(("method", "path"), _spelt_out(), ids=str)
def test_an_endpoint_is_there_in_each_spelling(site: Site, method: str, path: str) -> None:
    caller = Caller(site, site.admin_key)
    path = path.replace("{n}", "1")
    by_number, by_uuid = path.replace("{x}", "1"), path.replace("{x}", UUID)
    for spelt in (by_number, by_uuid, _other_spelling(by_number), f"{by_number}.json", f"{by_number}/limit:1"):
        allowed = caller.post(f"/{spelt}", method="OPTIONS").headers.get("Allow", "")
        assert method in allowed, spelt
    unknown = f"/{path.split('/')[0]}/noSuchThing"
    assert caller.post(unknown, method="OPTIONS").status_code == 404
