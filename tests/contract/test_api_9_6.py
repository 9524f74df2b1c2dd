"""What tags, taxonomies, galaxies, lists, feeds and models answer over REST, row by row (API §9.6)."""

import re
from collections.abc import Iterator

import pytest

from tests.cast import admin_of
from tests.contract.api_rows import ABSENT, BROKEN, FORBIDDEN, NO_JSON, NOWHERE, Keys, Row, check, saved, unsaved
from tests.contract.workshop import Workshop
from tests.live import live_server

SA, OA, USER, READER = "site admin", "org admin", "user", "read-only key"
TAG = Keys("id name colour exportable org_id user_id hide_tag numerical_value is_galaxy is_custom_galaxy local_only")
LISTED = Keys(f"{TAG.names} favourite count attribute_count")
NO_NAME = {"name": ["A tag needs a name of at most 255 bytes."]}
NO_COLOUR = {"colour": ["Expected a colour like #1a2b3c."]}
ATTACH, REMOVE = "POST /tags/attachTagToObject", "POST /tags/removeTagFromObject"
NOT_FOUND = "Failed to attach 1 tags. Reasons: "
TAXONOMY = Keys("id namespace description version enabled exclusive required highlighted")
WARNINGLIST = {"name": "w {new}", "type": "string", "description": "d", "entries": "a.example\nb.example"}
FEED = {"name": "F", "provider": "P", "url": "http://127.0.0.1:9/feed", "source_format": "misp"}
NO_FEED_URL = {"url": ["Please give an address that begins with http:// or https://, without login."]}
QUEUED = {"result": "Pull queued for background execution."}

TAGS = (
    Row(SA, "POST /tags/add", {"name": "t:{new}", "colour": "#112233"}, 200, {"Tag": TAG}),
    Row(SA, "POST /tags/add", {"Tag": {"name": "TLP:Red"}}, 200, {"Tag": {"name": "tlp:red", "org_id": "0"}}),
    Row(SA, "POST /tags/add", {"request": {"Tag": {"name": "r:{new}"}}}, 200, {"Tag": TAG}),
    Row(SA, "POST /tags/add", {"name": "e:{new}", "exportable": False, "hide_tag": 1, "numerical_value": "5"}, 200,
        {"Tag": {"exportable": False, "hide_tag": True, "numerical_value": "5"}}),
    Row(SA, "POST /tags/add", {}, 403, unsaved("add Tag", NO_NAME)),
    Row(SA, "POST /tags/add", [], 403, unsaved("add Tag", NO_NAME)),
    Row(SA, "POST /tags/add", NO_JSON, 405, BROKEN),
    Row(SA, "POST /tags/add", {"name": "x:{new}", "colour": 7}, 403, unsaved("add Tag", NO_COLOUR)),
    Row(SA, "POST /tags/add", {"name": ["x"]}, 403, unsaved("add Tag", {"name": ["Expected a text."]})),
    Row(USER, "POST /tags/add", {"name": "x"}, 403, FORBIDDEN),
    Row(READER, "POST /tags/add", {"name": "x"}, 403, FORBIDDEN),
    Row(SA, "GET /tags/add", {}, 200, {"name": "/tags/add API description", "mandatory_fields": ["name"]}),
    Row(SA, "GET /tags/view/{tag}", {}, 200, Keys(f"{TAG.names} count attribute_count")),
    Row(SA, "GET /Tags/view/{tag}.json", {}, 200, {"count": 0, "attribute_count": 0}),
    Row(SA, f"GET /tags/view/{ABSENT}", {}, 405, "Invalid Tag"),
    Row(SA, "GET /tags/view/abc", {}, 405, "Invalid Tag"),
    Row(SA, f"HEAD /tags/view/{ABSENT}", {}, 404),
    Row(USER, "GET /tags", {}, 200, {"Tag": [LISTED]}),
    Row(USER, "GET /tags/index/name:TLP:RED", {}, 200, {"Tag": [{"name": "tlp:red"}]}),
    Row(USER, "GET /tags/index/filter:tlp:red", {}, 200, {"Tag": [{"name": "tlp:red"}]}),
    Row(USER, "GET /tags/index/search:tlp:red", {}, 200, {"Tag": [{"name": "tlp:red"}]}),
    Row(USER, "GET /tags/index/searchall:LP:RE", {}, 200, {"Tag": [{"name": "tlp:red"}]}),
    Row(USER, "GET /tags/index/searchall:LP:RE/exclude_statistics:1", {}, 200,
        {"Tag": [Keys(f"{TAG.names} favourite")]}),
    Row(SA, "POST /tags/edit/{tag!}", {"name": "edited:{new}", "colour": "#ffffff"}, 200,
        {"Tag": {"colour": "#ffffff"}}),
    Row(SA, "PUT /tags/edit/{tag!}", {"Tag": {"exportable": False}}, 200, {"Tag": {"exportable": False}}),
    Row(SA, "POST /tags/edit/{tag}", {"name": "tlp:red"}, 403,
        unsaved("edit Tag", {"name": ["A tag with this name already exists."]})),
    Row(SA, f"POST /tags/edit/{ABSENT}", {"name": "x"}, 405, "Invalid Tag"),
    Row("publisher", "POST /tags/edit/{tag}", {"name": "x"}, 403, FORBIDDEN),
    Row(SA, "POST /tags/delete/{tag!}", {}, 200, saved("Tag deleted.")),
    Row(SA, "DELETE /tags/delete/{tag!}", {}, 200, saved("Tag deleted.")),
    Row(SA, f"POST /tags/delete/{ABSENT}", {}, 405, "Invalid Tag"),
    Row("publisher", "POST /tags/delete/{tag}", {}, 403, FORBIDDEN),
    Row(USER, "GET /tags/search/tlp", {}, 200, []),
    Row(USER, "GET /tags/search/%25lp:re%25", {}, 200, [{"Tag": {"name": "tlp:red"}}]),
    Row(USER, "POST /tags/search", {"tag": "%lp:re%"}, 200,
        [{"Tag": TAG, "Taxonomy": TAXONOMY, "TaxonomyPredicate": {"value": "red"}}]),
    Row(USER, "POST /tags/search", {"tag": ["%lp:re%", "tlp:green"]}, 200, [{"Tag": TAG}]),
    Row(USER, "POST /tags/search", {"tag": "tlp:red", "strict_tagname": 1}, 200, [{"Tag": {"name": "tlp:red"}}]),
    Row(USER, "POST /tags/search", {}, 200, []),
    Row(SA, ATTACH, {"uuid": "{event}", "tag": "tlp:green"}, 200,
        {"success": True, "name": re.compile(r"Global tag tlp:green\(\d+\) successfully attached to Event\(\d+\)\.")}),
    Row(SA, ATTACH, {"uuid": "{attribute}", "tag": "made:{new}", "local": True}, 200, {"saved": True, "success": True}),
    Row(SA, ATTACH, {"uuid": "{event}", "tag": ["l:{new}", "m:{new}"], "local": "1"}, 200, {"saved": True}),
    Row(SA, ATTACH, {"uuid": "{event}", "tag": ABSENT}, 403,
        unsaved("attach Tag", f"{NOT_FOUND}{ABSENT} - Tag not found.")),
    Row(USER, ATTACH, {"uuid": "{event}", "tag": "new:one"}, 403,
        unsaved("attach Tag", f"{NOT_FOUND}new:one - Tag not found.")),
    Row(SA, ATTACH, {"uuid": "{event}"}, 403, unsaved("attach Tag", f"{NOT_FOUND} - Tag not found.")),
    Row(SA, ATTACH, {"tag": "tlp:red"}, 404, "Invalid Target."),
    Row(SA, ATTACH, {"uuid": NOWHERE, "tag": "tlp:red"}, 404, "Invalid Target."),
    Row(SA, REMOVE, {"uuid": "{event}", "tag": "{attached!}"}, 200,
        {"message": re.compile(r"Global tag matrix:\S+ \(\d+\) successfully removed from Event\(\d+\)\.")}),
    Row(SA, REMOVE, {"uuid": "{event}", "tag": "{tag!}"}, 404, "Invalid Target."),
    Row(SA, REMOVE, {"uuid": "{event}", "tag": "never:seen"}, 405, "Invalid Tag."),
    Row(SA, REMOVE, {"tag": "tlp:red"}, 404, "Invalid Target."),
    Row(SA, "GET /tags/tagStatistics", {}, 200, Keys("tags taxonomies")),
    Row(SA, "POST /favourite_tags/toggle", {"FavouriteTag": {"data": "{tag!}"}}, 200,
        {"saved": True, "success": "Tag added to favourites."}),
    Row(USER, "POST /favouriteTags/toggle", {"data": ABSENT}, 200, {"saved": False, "errors": "Invalid Tag"}),
    Row(READER, "POST /favourite_tags/toggle", {"data": "{tag}"}, 403, FORBIDDEN),
)  # fmt: skip

LISTS = (
    Row(USER, "GET /taxonomies", {}, 200, [{"Taxonomy": TAXONOMY, "total_count": int, "current_count": int}]),
    Row(USER, "GET /taxonomies/index/enabled:1/value:tlp", {}, 200, [{"Taxonomy": {"namespace": "tlp"}}]),
    Row(USER, "GET /taxonomies/view/tlp", {}, 200, {"Taxonomy": TAXONOMY, "entries": [
        {"tag": str, "expanded": str, "exclusive_predicate": bool, "existing_tag": ...}]}),
    Row(USER, f"GET /taxonomies/view/{ABSENT}", {}, 404, "Invalid taxonomy"),
    Row(USER, "GET /taxonomies/taxonomy_tags/tlp", {}, 200, {"Taxonomy": TAXONOMY, "entries": [
        {"tag": str, "existing_tag": ..., "events": int, "attributes": int}]}),
    Row(USER, "GET /taxonomies/export/admiralty-scale", {}, 200, {
        "namespace": "admiralty-scale", "version": int, "exclusive": bool, "predicates": [{"value": str}],
        "values": [{"predicate": str, "entry": [{"value": str}]}]}),
    Row(USER, f"GET /taxonomies/export/{ABSENT}", {}, 404, "Invalid taxonomy"),
    Row(SA, "POST /taxonomies/enable/pfc", {}, 200, saved("Taxonomy enabled")),
    Row(SA, "POST /taxonomies/disable/pfc", {}, 200, saved("Taxonomy disabled")),
    Row(SA, "POST /taxonomies/addTag/tlp", {"Taxonomy": {"name": ["tlp:red"]}}, 200,
        saved("The tag(s) has been saved.")),
    Row(SA, "POST /taxonomies/addTag", {"Taxonomy": {"taxonomy_id": "tlp", "name": "tlp:red"}}, 200,
        saved("The tag(s) has been saved.")),
    Row(SA, "POST /taxonomies/addTag/cssa", {}, 403, unsaved("add Tag", "The taxonomy is not enabled.")),
    Row(SA, "POST /taxonomies/disableTag/pfc", {}, 200, saved("The tag(s) has been hidden.")),
    Row(SA, "POST /taxonomies/toggleRequired/pfc", {"Taxonomy": {"required": True}}, 200,
        saved("Taxonomy toggleRequireded")),
    Row(SA, "POST /taxonomies/toggleRequired/pfc", {"required": 0}, 200, saved("Taxonomy toggleRequireded")),
    Row(SA, "POST /taxonomies/update", {}, 200, saved("All taxonomy libraries are up to date already.")),
    *(Row(SA, f"POST /taxonomies/{verb}/{ABSENT}", {}, 404, "Invalid taxonomy")
      for verb in ("enable", "disable", "addTag", "disableTag", "toggleRequired")),
    *(Row(OA, f"POST /taxonomies/{verb}/tlp", {}, 403, FORBIDDEN)
      for verb in ("enable", "disable", "addTag", "disableTag", "toggleRequired")),
    Row(SA, "POST /warninglists/add", WARNINGLIST, 200, {"Warninglist": {
        "id": str, "type": "string", "enabled": True, "default": False, "category": "false_positive",
        "warninglist_entry_count": "2", "WarninglistEntry": [{"value": str}], "WarninglistType": [{"type": str}]}}),
    Row(SA, "POST /warninglists/add", {"Warninglist": WARNINGLIST}, 200, {"Warninglist": {"enabled": True}}),
    Row(SA, "POST /warninglists/add", {}, 403,
        unsaved("add Warninglist", {"name": ["valueNotEmpty"], "entries": ["valueNotEmpty"]})),
    Row(USER, "GET /warninglists", {}, 200, {"Warninglists": [{"Warninglist": Keys(
        "id name type description version enabled default category warninglist_entry_count valid_attributes")}]}),
    Row(USER, "GET /warninglists/view/{warninglist}", {}, 200,
        {"Warninglist": {"WarninglistEntry": list, "WarninglistType": list}}),
    Row(USER, f"GET /warninglists/view/{ABSENT}", {}, 404, "Invalid Warninglist."),
    Row(USER, "POST /warninglists/checkValue", ["nowhere.example"], 200, []),
    Row(USER, "POST /warninglists/checkValue", '"nowhere.example"', 200, []),
    Row(USER, "POST /warninglists/checkValue", [1, None, ["x"]], 200, []),
    Row(USER, "POST /warninglists/checkValue/limit:{warninglist!}", ["a.example"], 200,
        {"a.example": [Keys("id name matched")]}),
    Row(SA, "POST /warninglists/toggleEnable", {"id": ["{warninglist}"], "enabled": True}, 200,
        {"saved": True, "success": "1 warninglist(s) enabled"}),
    Row(SA, "POST /warninglists/toggleEnable", {"id": "{warninglist}", "enabled": False}, 200,
        {"saved": True, "success": "1 warninglist(s) disabled"}),
    Row(SA, "POST /warninglists/toggleEnable", {"name": ["none of them"]}, 200,
        {"saved": False, "errors": "Warninglist(s) not found."}),
    Row(USER, "POST /warninglists/toggleEnable", {"id": [1]}, 403, FORBIDDEN),
    Row(SA, "POST /warninglists/edit/{warninglist}", {"description": "e"}, 200, {"Warninglist": {"description": "e"}}),
    Row(SA, f"POST /warninglists/edit/{ABSENT}", {}, 404, "Invalid Warninglist."),
    Row(SA, "POST /warninglists/delete/{warninglist!}", {}, 200, saved("Warninglist deleted.", id=str)),
    Row(USER, "GET /noticelists", {}, 200, [{"Noticelist": Keys(
        "id name expanded_name ref geographical_area version enabled")}]),
    Row(USER, "GET /noticelists/view/1", {}, 200, {"Noticelist": {"NoticelistEntry": [{"data": dict}]}}),
    Row(USER, f"GET /noticelists/view/{ABSENT}", {}, 404, "Invalid Noticelist."),
    Row(SA, "POST /noticelists/enableNoticelist/1/true", {}, 200, {"Noticelist": {"enabled": True}}),
    Row(SA, "POST /noticelists/enableNoticelist/1", {}, 200, {"Noticelist": {"enabled": False}}),
    Row(USER, "POST /noticelists/enableNoticelist/1/true", {}, 403, FORBIDDEN),
    Row(SA, "POST /noticelists/toggleEnable/2", {}, 200, saved("Noticelist enabled")),
    Row(SA, f"POST /noticelists/toggleEnable/{ABSENT}", {}, 404, "Invalid Noticelist."),
    Row(SA, "POST /noticelists/update", {}, 200, saved("All noticelists are up to date already.")),
    Row(SA, "POST /correlation_exclusions/add", {"value": "v {new}", "comment": "c"}, 200,
        {"CorrelationExclusion": {"id": str, "comment": "c", "from_json": False}}),
    Row(SA, "POST /correlationExclusions/add", {"CorrelationExclusion": {"value": "w {new}"}}, 200,
        {"CorrelationExclusion": {"id": str}}),
    Row(SA, "POST /correlation_exclusions/add", {}, 403,
        unsaved("add CorrelationExclusion", {"value": ["Please enter a value."]})),
    Row(SA, f"GET /correlation_exclusions/view/{ABSENT}", {}, 404, "Invalid CorrelationExclusion"),
    Row(SA, f"POST /correlation_exclusions/delete/{ABSENT}", {}, 404, "Invalid CorrelationExclusion"),
    Row(SA, "POST /correlation_exclusions/clean", {}, 200, {"saved": True}),
    Row(OA, "GET /correlation_exclusions", {}, 403, FORBIDDEN),
    Row(USER, "GET /decayingModel/index", {}, 200, [{"DecayingModel": {
        "id": str, "uuid": str, "name": str, "parameters": {"lifetime": ..., "threshold": ...}, "enabled": bool}}]),
    Row(USER, f"GET /decaying_model/view/{ABSENT}", {}, 404, "Invalid Decaying Model."),
    Row(USER, "POST /decayingModel/disable/1", {}, 200, {"DecayingModel": {"enabled": False}}),
    Row(USER, "POST /decayingModel/enable/1", {}, 200, {"DecayingModel": {"enabled": True}}),
    Row(READER, "POST /decayingModel/enable/1", {}, 403, FORBIDDEN),
    Row(SA, "POST /decayingModel/update", {}, 200, saved("Default decaying models updated")),
    Row(SA, "GET /communities", {}, 200, [{"Community": {"id": str, "name": str, "url": str}}]),
    Row(SA, f"GET /communities/view/{ABSENT}", {}, 404, "Community not found."),
    Row(USER, "GET /communities", {}, 403, FORBIDDEN),
)  # fmt: skip

GALAXIES = (
    Row(USER, "GET /galaxies", {}, 200, []),
    Row(USER, "POST /galaxies", {"value": "x"}, 200, []),
    Row(USER, f"GET /galaxies/view/{ABSENT}", {}, 404, "Invalid galaxy"),
    Row(USER, f"GET /galaxies/view/{NOWHERE}", {}, 404, "Invalid galaxy"),
    *(Row(SA, f"POST /galaxies/{verb}/{ABSENT}", {}, 404, "Invalid galaxy")
      for verb in ("enable", "disable", "delete")),
    *(Row(USER, f"POST /galaxies/{verb}/1", {}, 403, FORBIDDEN) for verb in ("enable", "disable", "delete")),
    Row(USER, "POST /galaxies/update", {}, 403, FORBIDDEN),
    Row(USER, "POST /galaxies/attachCluster/{event}/event", {"Galaxy": {"target_id": ABSENT}}, 200,
        {"saved": False, "errors": "Invalid Galaxy cluster."}),
    Row(USER, f"POST /galaxies/attachCluster/{ABSENT}/event", {"Galaxy": {"target_id": 1}}, 200,
        {"saved": False, "errors": "Invalid event"}),
    Row(USER, f"POST /galaxy_clusters/index/{ABSENT}", {}, 404, "Invalid galaxy"),
    Row(USER, f"POST /galaxyClusters/add/{ABSENT}", {"value": "x"}, 404, "Invalid galaxy"),
    *(Row(USER, f"POST /galaxy_clusters/{verb}/{ref}", {"value": "x"}, 404, "Invalid galaxy cluster")
      for verb in ("edit", "publish", "delete") for ref in (ABSENT, NOWHERE)),
    Row(READER, "POST /galaxy_clusters/edit/1", {}, 403, FORBIDDEN),
    Row(USER, f"GET /galaxy_clusters/view/{NOWHERE}", {}, 404, "Invalid galaxy cluster"),
    Row(USER, "POST /galaxy_cluster_relations/add", {}, 403, unsaved("add GalaxyClusterRelation")),
    Row(USER, f"POST /galaxyClusterRelations/delete/{ABSENT}", {}, 404, "Invalid galaxy cluster relation"),
)  # fmt: skip

FEEDS = (
    Row(SA, "POST /feeds/add", FEED, 200, {"Feed": {"id": str, "enabled": False, "source_format": "misp",
        "distribution": "0", "sharing_group_id": "0", "tag_id": "0", "default": False}}),
    Row(SA, "POST /feeds/add", {"Feed": FEED}, 200, {"Feed": {"name": "F"}}),
    Row(SA, "POST /feeds/add", {"name": "F"}, 403, unsaved("add Feed", NO_FEED_URL)),
    Row(SA, "POST /feeds/add", {**FEED, "enabled": "maybe"}, 403,
        unsaved("add Feed", {"enabled": ["Expected a boolean."]})),
    Row(SA, "POST /feeds/add", NO_JSON, 405, BROKEN),
    Row(SA, "POST /feeds/edit/{feed}", {"Feed": {"url": "x"}}, 403, unsaved("edit Feed", NO_FEED_URL)),
    Row(SA, "PUT /feeds/edit/{feed}", {"name": "Fy"}, 200, {"Feed": {"name": "Fy"}}),
    Row(SA, "GET /feeds", {}, 200, [{"Feed": {"id": str, "url": str}}]),
    Row(SA, "GET /feeds/index/scope:default", {}, 200, []),
    Row(SA, "GET /feeds/index/scope:enabled", {}, 200, []),
    Row(SA, "GET /feeds/index/value:none of them", {}, 200, []),
    Row(SA, "GET /feeds/view/{feed}", {}, 200, {"Feed": {"id": str}}),
    Row(SA, f"GET /feeds/view/{ABSENT}", {}, 404, "Invalid feed."),
    Row(SA, "GET /feeds/fetchFromFeed/{feed}", {}, 405, "Feed is currently not enabled. Make sure you enable it."),
    Row(SA, f"POST /feeds/fetchFromFeed/{ABSENT}", {}, 404, "Invalid feed."),
    Row(SA, "GET /feeds/fetchFromAllFeeds", {}, 200, QUEUED),
    Row(SA, "POST /feeds/fetchFromAllFeeds", {}, 200, QUEUED),
    Row(SA, "HEAD /feeds/fetchFromAllFeeds", {}, 405),
    Row(SA, "GET /feeds/cacheFeeds/freetext", {}, 200, saved("Feed caching job initiated.")),
    Row(SA, "POST /feeds/cacheFeeds/misp", {}, 200, saved("Feed caching job initiated.")),
    Row(SA, "POST /feeds/cacheFeeds/nonsense", {}, 404, "Invalid feed."),
    Row(SA, "POST /feeds/enable/{feed!}", {}, 200, saved("Feed enabled.", id=str)),
    Row(SA, "POST /feeds/disable/{feed}", {}, 200, saved("Feed disabled.", id=str)),
    Row(SA, "GET /feeds/compareFeeds", {}, 200, []),
    Row(USER, "POST /feeds/searchCaches", {"value": ["8.8.8.8", "x"]}, 200, []),
    Row(USER, "GET /feeds/searchCaches/value:8.8.8.8", {}, 200, []),
    Row(SA, "POST /feeds/delete/{feed!}", {}, 200, saved("Feed deleted.", id=str)),
    Row(SA, f"POST /feeds/delete/{ABSENT}", {}, 404, "Invalid feed."),
    *(Row(OA, f"POST /feeds/{verb}/{{feed}}", {}, 403, FORBIDDEN) for verb in ("edit", "delete", "enable")),
)  # fmt: skip


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """A server with a person of each role."""
    with live_server() as running:
        yield Workshop(admin_of(running))


@pytest.mark.parametrize("row", [*TAGS, *LISTS, *GALAXIES, *FEEDS], ids=str)
def test_a_row_is_answered_as_told(workshop: Workshop, row: Row) -> None:
    check(workshop, row)
