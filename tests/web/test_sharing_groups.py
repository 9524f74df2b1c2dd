"""Sharing groups over REST and as pages without script (API §9.7, samples 14)."""

import re
from html import unescape
from typing import Any

import pytest
import requests

from mispmini.domain.ids import new_uuid
from tests.web.browsing import Browser
from tests.web.callers import Analyst
from tests.web.conftest import ORG_ADMIN, USER, Site, csrf_of

Json = dict[str, Any]
NO_RIGHTS = "Invalid sharing group or no editing rights."


@pytest.fixture
def keeper(site: Site) -> Analyst:
    """An organisation's admin, who may make groups."""
    return Analyst(site, ORG_ADMIN)


@pytest.fixture(scope="module")
def other_org(site: Site) -> Json:
    """Another organisation of this instance."""
    headers = {"Authorization": site.admin_key, "Accept": "application/json"}
    body = {"name": "CSIRT Beta", "uuid": new_uuid()}
    made: Json = site.post("/admin/organisations/add", json=body, headers=headers).json()["Organisation"]
    return made


@pytest.fixture
def stranger(site: Site, other_org: Json) -> Analyst:
    """An admin of the other organisation."""
    somebody = Analyst(site, USER)
    somebody.headers["Authorization"] = key_in(site, other_org, ORG_ADMIN)
    return somebody


def key_in(site: Site, org: Json, role_id: int) -> str:
    """A key of a new account of another organisation."""
    headers = {"Authorization": site.admin_key, "Accept": "application/json"}
    body = {"email": f"{new_uuid()}@beta.test", "org_id": org["id"], "role_id": role_id, "change_pw": False}
    user = site.post("/admin/users/add", json=body, headers=headers).json()["User"]
    made = site.post(f"/auth_keys/add/{user['id']}", json={}, headers=headers).json()
    return str(made["AuthKey"]["authkey_raw"])


def added(keeper: Analyst, **fields: object) -> Json:
    """A fresh group, as it was answered."""
    return keeper.post("/sharingGroups/add", {"name": f"group {new_uuid()}", "releasability": "Us", **fields})


def ref_of(group: Json) -> str:
    """Its uuid."""
    return str(group["SharingGroup"]["uuid"])


def test_a_plain_group_lists_nobody_and_this_server(site: Site, keeper: Analyst) -> None:
    """As in MISP: who makes it over REST is not in it by that (RULES §11)."""
    made = added(keeper)
    group, server = made["SharingGroup"], made["SharingGroupServer"][0]
    assert set(made) == {"SharingGroup", "Organisation", "SharingGroupOrg", "SharingGroupServer"}
    assert (group["releasability"], group["active"], group["roaming"], group["local"]) == ("Us", True, False, True)
    assert (made["SharingGroupOrg"], made["Organisation"]["name"]) == ([], "ACME")
    assert (server["server_id"], server["all_orgs"]) == ("0", False)
    assert server["Server"] == {"id": "0", "url": site.url, "name": site.url}
    assert keeper.get(f"/sharing_groups/view/{group['id']}").json() == made


def test_a_verb_that_leaves_out_the_server_changes_nothing(site: Site, keeper: Analyst) -> None:
    """0 is this instance where a server is named: what is left out of a path is never filled in there."""
    made = added(keeper)
    group = made["SharingGroup"]["id"]
    for verb in ("addServer", "removeServer"):
        answer = site.post(f"/sharing_groups/{verb}/{group}", json={}, headers=keeper.headers)
        assert answer.status_code == 404, (verb, answer.text)
    assert keeper.get(f"/sharing_groups/view/{group}").json() == made


def test_lists_come_inside_or_beside_the_group(keeper: Analyst, other_org: Json) -> None:
    lists = {
        "SharingGroupOrg": [{"extend": True, "Organisation": {"uuid": other_org["uuid"], "name": other_org["name"]}}],
        "SharingGroupServer": [{"server_id": 0, "all_orgs": True}],
    }
    inside = added(keeper, **lists)
    beside = keeper.post("/sharingGroups/add", {"SharingGroup": {"name": f"group {new_uuid()}"}, **lists})
    for made in (inside, beside):
        assert [(m["org_id"], m["extend"]) for m in made["SharingGroupOrg"]] == [(other_org["id"], True)]
        assert [s["all_orgs"] for s in made["SharingGroupServer"]] == [True]


def test_an_edit_with_pymisps_empty_list_keeps_the_members(site: Site, keeper: Analyst) -> None:
    made = added(keeper, SharingGroupOrg=[{"org_id": str(site.org_id)}])
    assert made["SharingGroupOrg"]
    edited = keeper.post(f"/sharing_groups/edit/{ref_of(made)}", {"description": "x", "SharingGroupOrg": []})
    assert edited["SharingGroup"]["description"] == "x"
    assert edited["SharingGroupOrg"] == made["SharingGroupOrg"]


def test_organisations_and_servers_come_and_go(keeper: Analyst, other_org: Json) -> None:
    ref = ref_of(added(keeper))

    def members() -> list[tuple[str, bool]]:
        view = keeper.get(f"/sharing_groups/view/{ref}").json()
        return [(m["Organisation"]["name"], m["extend"]) for m in view["SharingGroupOrg"]]

    def servers() -> list[bool]:
        return [s["all_orgs"] for s in keeper.get(f"/sharing_groups/view/{ref}").json()["SharingGroupServer"]]

    told = keeper.post("/sharingGroups/addOrg", {"sg_id": ref, "org_id": other_org["uuid"], "extend": True})
    assert (told["name"], members()[:1]) == ("Organisation added to the sharing group.", [("CSIRT Beta", True)])
    keeper.post(f"/sharingGroups/addOrg/{ref}/{other_org['id']}")
    assert members()[:1] == [("CSIRT Beta", False)]
    told = keeper.post("/sharingGroups/removeOrg", {"sg_id": ref, "org_id": other_org["id"]})
    assert (told["name"], members()) == ("Organisation removed from the sharing group.", [])
    told = keeper.post("/sharingGroups/addServer", {"sg_id": ref, "server_id": 0, "all_orgs": True})
    assert (told["name"], servers()) == ("Server added to the sharing group.", [True])
    told = keeper.post("/sharingGroups/removeServer", {"sg_id": ref, "server_id": "0"})
    assert (told["name"], servers()) == ("Server removed from the sharing group.", [])


REFUSED = {
    "org": ("addOrg", {"org_id": 4711}, "Invalid organisation."),
    "server": ("addServer", {"server_id": 4711}, "Invalid Server."),
    "not-a-member": ("removeOrg", {"org_id": new_uuid()}, "Invalid organisation."),
    "group": ("addOrg", {"sg_id": new_uuid(), "org_id": 1}, NO_RIGHTS),
}


@pytest.mark.parametrize(("action", "body", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_is_refused(keeper: Analyst, action: str, body: Json, sentence: str) -> None:
    told = keeper.post(f"/sharingGroups/{action}", {"sg_id": ref_of(added(keeper)), **body}, status=405)
    assert told["message"] == sentence


def test_the_index_says_what_one_may(site: Site, keeper: Analyst, stranger: Analyst, other_org: Json) -> None:
    ref = ref_of(added(keeper))
    keeper.post("/sharingGroups/addOrg", {"sg_id": ref, "org_id": other_org["id"]})
    for somebody, rights in ((keeper, (True, True)), (stranger, (False, False)), (Analyst(site), (False, False))):
        items = somebody.get("/sharing_groups").json()["response"]
        item = next(item for item in items if item["SharingGroup"]["uuid"] == ref)
        assert (item["editable"], item["deletable"]) == rights
        assert item["SharingGroup"]["org_count"] == "1"


def test_the_index_is_of_active_or_inactive_ones_with_or_without_a_member(keeper: Analyst, other_org: Json) -> None:
    active, retired = ref_of(added(keeper)), ref_of(added(keeper, active=False))
    keeper.post("/sharingGroups/addOrg", {"sg_id": active, "org_id": other_org["id"]})

    def listed(tail: str) -> set[str]:
        answer = keeper.get(f"/sharingGroups/index{tail}").json()["response"]
        return {item["SharingGroup"]["uuid"] for item in answer} & {active, retired}

    assert (listed(""), listed("/true")) == ({active}, {retired})
    assert (listed(f"/searchorg:{other_org['id']}"), listed(f"/searchorg:!{other_org['id']}")) == ({active}, set())


def test_an_invisible_group_is_405_to_view_and_404_to_head(keeper: Analyst, stranger: Analyst) -> None:
    hidden = ref_of(added(keeper))
    for ref in (hidden, new_uuid()):
        seen = stranger.get(f"/sharing_groups/view/{ref}")
        url = f"{stranger.site.url}/sharing_groups/view/{ref}"
        assert seen.status_code == 405
        assert "exist or you do not have permission to access it." in seen.json()["message"]
        assert requests.head(url, headers=stranger.headers, timeout=10).status_code == 404
        for action in ("edit", "delete"):
            assert stranger.post(f"/sharing_groups/{action}/{ref}", status=405)["message"] == NO_RIGHTS
    assert keeper.get(f"/sharing_groups/view/{hidden}").status_code == 200


def test_a_user_may_not_make_groups(site: Site) -> None:
    told = Analyst(site, USER).post("/sharingGroups/add", {"name": "x"}, status=403)
    assert told["message"] == "You do not have permission to use this functionality."


def test_a_group_is_deleted_unless_it_is_used(keeper: Analyst) -> None:
    used, unused = added(keeper), added(keeper)
    event = {"info": "x", "distribution": 4, "sharing_group_id": used["SharingGroup"]["id"]}
    seen = keeper.post("/events/add", event)["Event"]
    assert seen["SharingGroup"]["SharingGroupServer"][0]["Server"]["url"] == keeper.site.url
    assert "in use" in keeper.post(f"/sharingGroups/delete/{ref_of(used)}", status=403)["errors"]
    assert keeper.post(f"/sharingGroups/delete/{ref_of(unused)}")["message"] == "SharingGroup deleted"
    assert keeper.get(f"/sharing_groups/view/{ref_of(unused)}").status_code == 405


# Pages ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def reader(site: Site) -> Browser:
    """An organisation's admin in a browser."""
    signed_in = Browser(site)
    signed_in.sign_in(site.email(ORG_ADMIN))
    return signed_in


def read(reader: Browser, path: str) -> str:
    """A page's markup, entities undone."""
    answer = reader.open(path)
    assert answer.status_code == 200, answer.text[:500]
    return unescape(answer.text)


def ticked(page: str) -> set[str]:
    """The boxes that are ticked, as name and value."""
    boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
    found = (re.search(r'name="([^"]+)" value="([^"]+)"[^>]* checked', box) for box in boxes)
    return {f"{box[1]}={box[2]}" for box in found if box}


@pytest.mark.parametrize("filling", [0, 50], ids=["made of rows", "worth keeping"])
def test_what_is_for_a_group_that_its_owner_is_not_in_comes_without_its_group_alone(
    site: Site, keeper: Analyst, other_org: Json, filling: int
) -> None:
    """MODEL §6.3, owner exception: not where the group would have to be told."""
    members = [{"Organisation": {"uuid": other_org["uuid"], "name": other_org["name"]}}]
    away = {"distribution": 4, "sharing_group_id": added(keeper, SharingGroupOrg=members)["SharingGroup"]["id"]}
    item, own = f"{new_uuid()}.example", f"{new_uuid()}.example"
    attributes = [{"type": "domain", "value": f"{new_uuid()}.example"} for _ in range(filling)]
    attributes += [{"type": "domain", "value": own}, {"type": "domain", "value": item, **away}]
    report = {"name": "Theirs", "content": "text", **away}
    event = {"info": "Split", "distribution": 1, "Attribute": attributes, "EventReport": [report]}
    number = keeper.post("/events/add", event)["Event"]["id"]
    admin = site.get(f"/events/view/{number}.json", headers={"Authorization": site.admin_key}).json()["Event"]
    assert (len(admin["Attribute"]), len(admin["EventReport"])) == (filling + 2, 1)

    def found(**more: object) -> Json:
        (one,) = keeper.post("/events/restSearch", {"eventid": number, **more})["response"]
        return {**one["Event"]}

    for shown in (keeper.get(f"/events/view/{number}").json()["Event"], found()):
        assert (len(shown["Attribute"]), shown["EventReport"]) == (filling + 1, [])
        assert item not in {a["value"] for a in shown["Attribute"]}
    bare = found(sgReferenceOnly=1)
    assert (len(bare["Attribute"]), len(bare["EventReport"])) == (filling + 2, 1)
    listed = keeper.post("/attributes/restSearch", {"eventid": number, "value": item})["response"]["Attribute"]
    assert [a["value"] for a in listed] == [item]


def test_a_group_is_made_changed_and_deleted_on_pages(site: Site, reader: Browser, other_org: Json) -> None:
    form = read(reader, "/sharing_groups/add")
    assert ticked(form) == {"active=1", f"orgs[]={site.org_id}", f"extend[]={site.org_id}", "servers[]=0"}
    fields = {"csrf_token": csrf_of(form), "name": f"page {new_uuid()}", "active": "1", "servers[]": "0"}
    lists = {"orgs[]": [str(site.org_id), other_org["id"]], "extend[]": [other_org["id"]], "all_orgs[]": ["0"]}
    sent = reader.open("/sharing_groups/add", "POST", data={**fields, **lists})
    assert sent.status_code == 303
    path = sent.headers["Location"]
    page = read(reader, path)
    assert "The partner must know us as:" in page
    assert f'<code id="own-url">{site.url}</code>' in page
    edit = path.replace("/view/", "/edit/")
    expected = {f"orgs[]={site.org_id}", f"orgs[]={other_org['id']}", f"extend[]={other_org['id']}"}
    assert ticked(read(reader, edit)) == {"active=1", "servers[]=0", "all_orgs[]=0", *expected}
    fields |= {"active": "0", "roaming": "1", "orgs[]": str(site.org_id)}
    assert reader.open(edit, "POST", data=fields).status_code == 303
    assert fields["name"] in read(reader, "/sharing_groups/index/true")
    assert fields["name"] not in read(reader, "/sharing_groups/index")
    assert reader.open(path.replace("/view/", "/delete/"), "POST", data=fields).status_code == 303
    assert reader.open(path).status_code == 405


def test_a_refused_form_keeps_what_was_typed_and_ticked(site: Site, reader: Browser, other_org: Json) -> None:
    fields = {"csrf_token": csrf_of(read(reader, "/sharing_groups/add")), "name": " ", "releasability": "kept text"}
    lists = {"orgs[]": [other_org["id"]], "servers[]": ["0"], "roaming": "1"}
    again = reader.open("/sharing_groups/add", "POST", data={**fields, **lists})
    assert again.status_code == 403
    assert "kept text" in again.text
    assert ticked(unescape(again.text)) == {f"orgs[]={other_org['id']}", "servers[]=0", "roaming=1"}


def test_pages_offer_only_what_one_may(site: Site, keeper: Analyst) -> None:
    group, user = added(keeper)["SharingGroup"], Browser(site)
    user.sign_in(site.email(USER))
    page = read(user, f"/sharing_groups/view/{group['id']}")
    assert group["name"] in page
    assert f"/sharing_groups/edit/{group['id']}" not in page
    assert "/sharing_groups/add" not in read(user, "/sharing_groups/index")
    assert user.open(f"/sharing_groups/edit/{group['id']}").status_code == 403
