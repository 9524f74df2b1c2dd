"""HEAD asks what GET would show, and changes nothing, whoever sends it from wherever (TRUST S9)."""

import pytest
import requests

from tests.web.callers import Browser, Caller
from tests.web.conftest import PUBLISHER, Site


@pytest.fixture(scope="module")
def event(site: Site) -> str:
    """The number of a draft."""
    number: str = Caller(site, site.admin_key).post("/events/add", {"info": "Stays as it is"}).json()["Event"]["id"]
    return number


@pytest.mark.parametrize("verb", ["delete", "publish", "alert", "edit"])
def test_no_head_of_a_session_writes(site: Site, event: str, verb: str) -> None:
    person = Browser(site, site.email(PUBLISHER))
    answer = person.http.head(f"{site.url}/events/{verb}/{event}", headers={"Accept": "text/html"}, timeout=10)
    assert (answer.status_code, answer.text) == (200, "")
    seen = Caller(site, site.admin_key).get(f"/events/view/{event}").json()["Event"]
    assert (seen["info"], seen["published"]) == ("Stays as it is", False)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("verb", ["delete", "publish", "alert", "edit", "unpublish", "addTag"])
def test_no_get_of_a_key_writes_either(site: Site, event: str, method: str, verb: str) -> None:
    headers = {"Authorization": site.admin_key, "Accept": "application/json"}
    answer = requests.request(method, f"{site.url}/events/{verb}/{event}", headers=headers, timeout=10)
    assert answer.status_code == 200
    seen = Caller(site, site.admin_key).get(f"/events/view/{event}").json()["Event"]
    assert (seen["info"], seen["published"]) == ("Stays as it is", False)


@pytest.mark.parametrize("path", ["/events/add", "/attributes/add/{event}", "/objects/add/{event}"])
def test_a_head_with_a_body_adds_nothing(site: Site, event: str, path: str) -> None:
    headers = {"Authorization": site.admin_key, "Accept": "application/json", "Content-Type": "application/json"}
    body = {"info": "Added by HEAD", "type": "domain", "value": "head.example", "name": "file", "meta-category": "file"}
    url = site.url + path.format(event=event)
    assert requests.head(url, json=body, headers=headers, timeout=10).status_code == 200
    found = Caller(site, site.admin_key)
    assert found.get("/events/index/searcheventinfo:Added by HEAD").json() == []
    seen = found.get(f"/events/view/{event}").json()["Event"]
    assert (seen["Attribute"], seen["Object"]) == ([], [])


@pytest.mark.parametrize("path", ["/events/edit/{no}", "/attributes/add/{no}", "/event_reports/add/{no}"])
def test_a_form_about_what_is_gone_ends_on_the_page_for_it(site: Site, path: str) -> None:
    fields = {"info": "x", "type": "domain", "value": "x.example", "name": "x", "content": "x"}
    person = Browser(site, site.email(PUBLISHER))
    answer = person.post(path.format(no=99_999_999), fields, form_at="/users/view/me")
    assert answer.status_code == 404
    assert "Something went wrong" not in answer.text
