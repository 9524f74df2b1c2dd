"""Tags and taxonomies over REST and as pages, and what the publish page asks (API §9.6, RULES §9, §10.4)."""

import pytest

from mispmini.domain.ids import new_uuid
from tests.web.callers import Client
from tests.web.conftest import MACHINE, PUBLISHER, SYNC_USER, USER, Site, refused


@pytest.fixture(scope="module")
def dora(site: Site) -> Client:
    """The site admin."""
    return Client(site, site.admin_key)


@pytest.fixture(scope="module")
def user(site: Site) -> Client:
    """Somebody who may tag and may not make tags."""
    return Client(site, site.key(USER))


@pytest.fixture(scope="module")
def alice(site: Site) -> Client:
    """A publisher."""
    return Client(site, site.key(PUBLISHER))


def test_a_taxonomy_answers_as_a_misp_does(dora: Client) -> None:
    listed = {item["Taxonomy"]["namespace"]: item for item in dora.get("/taxonomies/index")}
    tlp = listed["tlp"]
    assert (tlp["total_count"], tlp["current_count"], tlp["Taxonomy"]["enabled"]) == (8, 8, True)
    assert (tlp["Taxonomy"]["exclusive"], tlp["Taxonomy"]["required"]) == (True, False)
    viewed = dora.get(f"/taxonomies/view/{tlp['Taxonomy']['id']}")
    assert viewed == dora.get("/taxonomies/view/tlp")
    red = viewed["entries"][0]
    assert (red["tag"], red["exclusive_predicate"]) == ("tlp:red", False)
    assert red["existing_tag"]["Tag"]["name"] == "tlp:red"


@pytest.mark.parametrize(
    ("verb", "sentence"),
    [
        ("enable/kill-chain", "Taxonomy enabled"),
        ("addTag/kill-chain", "The tag(s) has been saved."),
        ("toggleRequired/kill-chain", "Taxonomy toggleRequireded"),
        ("disableTag/kill-chain", "The tag(s) has been hidden."),
        ("disable/kill-chain", "Taxonomy disabled"),
        ("update", "All taxonomy libraries are up to date already."),
    ],
)
def test_a_taxonomys_verbs_answer_in_misps_words_and_are_the_site_admins(
    dora: Client, user: Client, verb: str, sentence: str
) -> None:
    assert user.post(f"/taxonomies/{verb}").status_code == 403
    told = dora.post(f"/taxonomies/{verb}")
    assert (told.status_code, told.json()["message"], told.json()["saved"]) == (200, sentence, True)


def test_what_is_not_there_is_refused(dora: Client) -> None:
    for path in ("/taxonomies/view/999999", "/taxonomies/view/99999999999999999999", "/taxonomies/view/no-such"):
        answer = dora.site.get(path, headers={**MACHINE, "Authorization": dora.key})
        assert (answer.status_code, answer.json()) == (404, refused("Invalid taxonomy", path))
    for number in ("999999", "9" * 30, "no-such"):
        assert dora.post(f"/tags/delete/{number}").status_code == 405


def test_tags_are_made_changed_hidden_and_deleted(dora: Client) -> None:
    wanted = {"name": f"own:{new_uuid()}", "colour": "#112233", "numerical_value": 4, "exportable": False}
    tag = dora.post("/tags/add", {"Tag": wanted}).json()["Tag"]
    assert (tag["colour"], tag["numerical_value"], tag["exportable"]) == ("#112233", "4", False)
    edited = dora.post(f"/tags/edit/{tag['id']}", {"hide_tag": True, "numerical_value": None}).json()["Tag"]
    assert edited == {**tag, "hide_tag": True, "numerical_value": None}
    assert dora.get(f"/tags/index/name:{wanted['name']}")["Tag"][0]["hide_tag"] is True
    gone = dora.post(f"/tags/delete/{tag['id']}").json()
    assert (gone["message"], gone["saved"]) == ("Tag deleted.", True)
    assert dora.post(f"/tags/edit/{tag['id']}", {"name": "x"}).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 256},
        {"name": ["x"]},
        {"name": "x", "colour": "red"},
        {"name": "x", "org_id": -1},
        {"name": "x", "numerical_value": "many"},
        {},
        {"Tag": None},
    ],
    ids=str,
)
def test_a_tag_that_is_none_is_refused(dora: Client, body: object) -> None:
    answer = dora.post("/tags/add", body)
    assert (answer.status_code, answer.json()["name"]) == (403, "Could not add Tag")


def test_a_search_tells_of_taxonomy_and_predicate(dora: Client) -> None:
    assert dora.get("/tags/search/tlp") == []
    found = dora.post("/tags/search", {"tag": "TLP:RE%"}).json()
    assert [item["Tag"]["name"] for item in found] == ["tlp:red"]
    assert (found[0]["Taxonomy"]["namespace"], found[0]["TaxonomyPredicate"]["value"]) == ("tlp", "red")
    assert dora.post("/tags/search", {"tagname": "tlp:re%", "strict_tagname": True}).json() == []
    free = dora.post("/tags/add", {"name": f"free {new_uuid()}"}).json()["Tag"]["name"]
    assert [item.keys() for item in dora.get(f"/tags/search/{free}/1/1")] == [{"Tag"}]
    assert dora.get(f"/tags/search/{free[:-1]}%25/1") == []
    assert len(dora.get(f"/tags/search/{free[:-1].upper()}%25")) == 1
    listed = dora.post("/tags/search", {"tag": ["tlp:red", "pap:%"]}).json()
    assert len(listed) == 6
    assert dora.post("/tags/search", {"tag": "t_p:red"}).json() == []


def test_favourites_are_ones_own(dora: Client, user: Client) -> None:
    tag = dora.post("/tags/search", {"tag": "tlp:clear"}).json()[0]["Tag"]
    assert user.post(f"/tags/favourite/{tag['id']}").status_code == 200
    assert [item["name"] for item in user.get("/tags/index/favouritesOnly:1")["Tag"]] == ["tlp:clear"]
    assert dora.get("/tags/index/favouritesOnly:1")["Tag"] == []


def test_several_tags_go_on_and_off_at_once_and_are_counted(dora: Client) -> None:
    event = dora.get(f"/events/view/{dora.adds_event()}")["Event"]
    names = [f"counted:{new_uuid()}", f"counted:{new_uuid()}"]
    told = dora.post("/tags/attachTagToObject", {"uuid": event["uuid"], "tag": names, "local": True}).json()
    assert told["message"].startswith(f"Local tag {names[0]}(")
    statistics = dora.get("/tags/tagStatistics/false/true")
    assert [statistics["tags"][name] for name in names] == ["1", "1"]
    shares = dora.get("/tags/tagStatistics/true/false")["tags"]
    assert sum(float(share.removesuffix("%")) for share in shares.values()) == pytest.approx(100, abs=1)
    assert dora.post("/tags/removeTagFromObject", {"uuid": event["uuid"], "tag": names}).status_code == 200
    assert dora.get(f"/events/view/{event['id']}")["Event"].get("Tag", []) == []


def test_no_statistics_tell_a_partner_of_a_local_tag(site: Site, dora: Client) -> None:
    event_id, name = dora.adds_event(), f"counted:{new_uuid()}"
    assert dora.post(f"/events/addTag/{event_id}", {"tag": dora.post("/tags/add", {"name": name}).json()["Tag"]["id"],
                                                    "local": 1}).status_code == 200  # fmt: skip
    partner = Client(site, site.key(SYNC_USER))
    for path in ("/users/statistics/tags", "/tags/tagStatistics"):
        assert name in str(dora.get(path))
        assert name not in str(partner.get(path)), path


def test_a_partner_is_told_of_a_local_tag_as_of_one_that_is_not_there(site: Site, dora: Client) -> None:
    partner, event_id = Client(site, site.key(SYNC_USER)), dora.adds_event()
    local, absent = (dora.post("/tags/add", {"name": f"own:{new_uuid()}"}).json()["Tag"]["id"] for _ in range(2))
    assert dora.post(f"/events/addTag/{event_id}", {"tag": local, "local": 1}).status_code == 200
    uuid = dora.get(f"/events/view/{event_id}")["Event"]["uuid"]
    told = [partner.post("/tags/removeTagFromObject", {"uuid": uuid, "tag": tag}) for tag in (local, absent)]
    assert [(answer.status_code, answer.text) for answer in told] == [(404, told[1].text)] * 2


def test_the_lists_are_pages_with_what_one_may_do(dora: Client, user: Client) -> None:
    assert "/taxonomies/enable/" in dora.page("/taxonomies/index?value=kill")
    assert "/taxonomies/enable/" not in user.page("/taxonomies/index?value=kill")
    assert "/taxonomies/toggleRequired/" in dora.page("/taxonomies/view/tlp")
    assert "tlp:red" in user.page("/tags/index?searchall=tlp")
    assert 'value="#112233"' in _edit_page(dora)


def _edit_page(dora: Client) -> str:
    tag = dora.post("/tags/add", {"name": f"own:{new_uuid()}", "colour": "#112233"}).json()["Tag"]
    return dora.page(f"/tags/edit/{tag['id']}")


def test_a_program_is_told_that_there_is_no_tlp(alice: Client) -> None:
    plain = alice.post(f"/events/publish/{alice.adds_event()}")
    assert (plain.status_code, plain.headers["X-TLP"]) == (200, "missing")
    assert plain.json()["warnings"] == ["The event has no TLP tag: nobody is told how far it may be passed on."]
    green = alice.post(f"/events/publish/{alice.adds_event('tlp:green')}")
    assert "X-TLP" not in green.headers
    assert "warnings" not in green.json()


def test_a_program_is_told_which_rule_keeps_an_event(dora: Client, alice: Client) -> None:
    dora.post("/taxonomies/toggleRequired/PAP", {"Taxonomy": {"required": True}})
    answer = alice.post(f"/events/publish/{alice.adds_event('tlp:red')}")
    dora.post("/taxonomies/toggleRequired/PAP", {"Taxonomy": {"required": False}})
    assert answer.status_code == 403
    assert answer.json()["name"] == "Could not publish Event"
    assert answer.json()["errors"] == {
        "taxonomies": ["A tag of each required taxonomy is needed before publishing. Missing: PAP."],
        "tlp": ["TLP:RED does not leave its organisation or sharing group: choose one of these distributions."],
    }


def test_a_partners_key_is_never_asked(site: Site, dora: Client) -> None:
    sam = Client(site, site.key(SYNC_USER))
    event = {
        "info": "From afar",
        "uuid": new_uuid(),
        "distribution": 3,
        "published": True,
        "Tag": [{"name": "tlp:red"}],
    }
    answer = sam.post("/events/add", {**event, "Attribute": [{"type": "domain", "value": f"{new_uuid()}.example"}]})
    assert answer.json()["Event"]["published"] is True


def test_a_person_confirms_what_the_page_asks_about(alice: Client) -> None:
    event_id = alice.adds_event("tlp:amber", level=3)
    asked = alice.page(f"/events/publish/{event_id}")
    assert "TLP:AMBER allows less than its distribution." in asked
    refused = alice.sends(f"/events/publish/{event_id}", confirmed="0")
    assert (refused.status_code, "Please confirm that you want this." in refused.text) == (403, True)
    assert alice.get(f"/events/view/{event_id}")["Event"]["published"] is False
    assert alice.sends(f"/events/publish/{event_id}", confirmed="1").status_code == 303
    assert alice.get(f"/events/view/{event_id}")["Event"]["published"] is True


def test_the_page_says_what_stands_against_publishing_and_offers_no_button(dora: Client, alice: Client) -> None:
    event_id = alice.adds_event("tlp:red", "tlp:green", level=3)
    page = alice.page(f"/events/publish/{event_id}")
    assert "TLP:RED does not leave its organisation or sharing group" in page
    assert "There is more than one TLP tag, and the strictest counts: tlp:red, tlp:green." in page
    assert f'action="/events/publish/{event_id}"' in page
    assert "Publish it all the same" not in page
    assert alice.sends(f"/events/publish/{event_id}", confirmed="1").status_code == 403
    assert alice.sends("/events/publish/999999", confirmed="1").status_code == 404


def test_the_picker_of_an_event_offers_tags_with_their_meaning(alice: Client) -> None:
    page = alice.page(f"/events/view/{alice.adds_event()}")
    assert "rsit:fraud=&#34;phishing&#34;" in page
    assert "Fraud: Phishing" in page


def test_a_number_names_nothing_to_tag(alice: Client) -> None:
    event = alice.post("/events/add", {"info": "Numbered"}).json()["Event"]
    for ref in (event["id"], int(event["id"])):
        answer = alice.post("/tags/attachTagToObject", {"uuid": ref, "tag": "tlp:green"})
        assert (answer.status_code, answer.json()["message"]) == (404, "Invalid Target.")


@pytest.mark.parametrize("path", ["/tags/attachTagToObject", "/events/addTag"])
def test_of_several_tags_all_or_none_are_attached(alice: Client, path: str) -> None:
    event = alice.post("/events/add", {"info": "Several tags"}).json()["Event"]
    alice.post(path, {"uuid": event["uuid"], "event": event["uuid"], "tag": ["tlp:green", "never heard of it"]})
    assert "Tag" not in alice.get(f"/events/view/{event['uuid']}")["Event"]
    alice.post(path, {"uuid": event["uuid"], "event": event["uuid"], "tag": ["tlp:green", "PAP:RED"]})
    tags = alice.get(f"/events/view/{event['uuid']}")["Event"]["Tag"]
    assert {tag["name"] for tag in tags} == {"tlp:green", "PAP:RED"}
