"""Negotiation, the form of answers, ETags, compression, and refusals (PROTOCOL §1.2-§1.6, HOUSE §4)."""

import gzip
from collections.abc import Mapping
from typing import Any

import pytest
import requests
from flask import Response
from werkzeug.test import EnvironBuilder

from mispmini.domain import errors
from mispmini.web.answer import wants_json
from mispmini.web.asking import MispPaths
from tests.web.conftest import MACHINE, READ_ONLY, Site

KEY = "a" * 40
PYMISP = "PyMISP 2.5.1 - Python 3.11"


@pytest.mark.parametrize(
    ("path", "headers", "is_json"),
    [
        pytest.param("/events/index", {"Accept": "application/json"}, True, id="accept-json"),
        pytest.param("/events/index", {"Accept": "text/html"}, False, id="accept-html"),
        pytest.param("/events/index", {"Accept": "*/*"}, False, id="anything"),
        pytest.param("/events/index", {}, False, id="nothing-said"),
        pytest.param("/events/index.json", {"Accept": "*/*"}, True, id="extension"),
        pytest.param("/events/index.json", {"Accept": "text/html"}, True, id="extension-wins"),
        pytest.param("/events/restSearch", {"Accept": "text/html"}, True, id="always-rest"),
        pytest.param("/Events/restsearch/json", {}, True, id="always-rest-by-any-spelling"),
        pytest.param("/events/index", {"Content-Type": "application/json", "Accept": "*/*"}, True, id="content-type"),
        pytest.param("/events/index", {"Accept": "*/*", "Authorization": KEY}, True, id="key"),
        pytest.param("/events/index", {"Accept": "application/xml", "X-MISP-AUTH": KEY}, True, id="key-and-xml"),
        pytest.param(
            "/events/index", {"Accept": "text/html,*/*;q=0.1", "Authorization": KEY}, False, id="key-and-html"
        ),
        pytest.param("/events/index", {"Authorization": "Basic dTpw"}, False, id="a-proxys-own-login-is-no-key"),
        pytest.param("/events/index", {"Accept": "application/json, text/html;q=0.5"}, True, id="json-preferred"),
        pytest.param("/events/index", {"Accept": "text/html, application/json;q=0.5"}, False, id="html-preferred"),
        pytest.param("/events/index", {"Accept": "text/html, application/json"}, False, id="a-tie-is-for-people"),
        pytest.param("/events/index", {"Accept": "application/json, text/plain, */*"}, True, id="script-library"),
        pytest.param("/events/index", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, False, id="browser"),
    ],
)
def test_who_gets_json(site: Site, path: str, headers: Mapping[str, str], is_json: bool) -> None:
    seen: list[bool] = []

    def look(environ: dict[str, Any], _start: Any) -> list[bytes]:
        with site.app.request_context(environ):
            seen.append(wants_json())
        return []

    builder = EnvironBuilder(path=path, headers=list(headers.items()))
    MispPaths(look, site.app.url_map)(builder.get_environ(), None)  # type: ignore[arg-type]
    assert seen == [is_json]


def test_people_get_indented_json_and_machines_compact(site: Site) -> None:
    people, machine = (site.get("/rare_specimens/view/7", headers=keyed(site, agent)) for agent in ("curl/8", PYMISP))
    assert people.json() == machine.json()
    assert people.text.startswith('{\n    "ref"')
    assert machine.text.startswith('{"ref":"7"')
    assert people.headers["Content-Type"] == machine.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_an_etag_comes_only_when_asked_for_and_answers_304(site: Site) -> None:
    plain = site.get("/rare_specimens/big", headers=keyed(site))
    first = site.get("/rare_specimens/big", headers={**keyed(site), "If-None-Match": '""'})
    assert "ETag" not in plain.headers
    assert (first.status_code, first.json()) == (200, plain.json())
    for suffix in ("", "-gzip", "-br"):
        known = f'{first.headers["ETag"][:-1]}{suffix}"'
        again = site.get("/rare_specimens/big", headers={**keyed(site), "If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")


def test_an_etag_follows_the_answer_of_a_post_too(site: Site) -> None:
    one, other = (
        site.post("/rare_specimens/index", json={"a": a}, headers={**keyed(site), "If-None-Match": '""'}) for a in "12"
    )
    assert one.headers["ETag"] != other.headers["ETag"]


@pytest.mark.parametrize("path", ["/rare_specimens/big", "/rare_specimens/stream"])
def test_large_answers_are_compressed_for_who_takes_it(site: Site, path: str) -> None:
    plain = site.get(path, headers={**keyed(site), "Accept-Encoding": "identity"})
    small = site.get(path, headers={**keyed(site), "Accept-Encoding": "gzip"}, stream=True)
    raw = small.raw.read(decode_content=False)
    assert gzip.decompress(raw) == plain.content
    assert len(raw) < len(plain.content) / 2
    assert (small.headers["Content-Encoding"], small.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert "Content-Encoding" not in plain.headers


def test_small_answers_are_not_compressed(site: Site) -> None:
    assert "Content-Encoding" not in site.get("/rare_specimens/view/7", headers=keyed(site)).headers


@pytest.mark.parametrize(("path", "status"), [("/rare_specimens/big", 200), ("/nonsense/index", 404)])
def test_head_has_no_body(site: Site, path: str, status: int) -> None:
    response = requests.head(site.url + path, headers=keyed(site), timeout=10)
    assert (response.status_code, response.headers["Content-Length"]) == (status, "0")


def test_a_saved_thing_is_told_to_programs_and_shown_to_people(site: Site) -> None:
    told = site.post("/rareSpecimens/change/7", headers=keyed(site)).json()
    assert told == {
        "saved": True, "success": True, "name": "Specimen changed", "message": "Specimen changed",
        "url": "/rare_specimens/change/7", "id": "7",
    }  # fmt: skip
    shown = site.post("/rareSpecimens/change", headers={"Authorization": site.admin_key, "Accept": "text/html"})
    assert (shown.status_code, shown.headers["Location"]) == (303, "/rare_specimens/both")


def test_an_unknown_route_is_not_found(site: Site) -> None:
    response = site.get("/events/nonsense", headers=keyed(site))
    assert (response.status_code, response.json()) == (
        404, {"name": "Not Found", "message": "Not Found", "url": "/events/nonsense"},
    )  # fmt: skip


def test_a_wrong_method_is_told_with_the_right_ones(site: Site) -> None:
    response = requests.put(f"{site.url}/rare_specimens/change", headers=keyed(site), timeout=10)
    assert (response.status_code, response.json()["name"]) == (405, "Method Not Allowed")
    assert "POST" in response.headers["Allow"]


def test_a_mistake_of_ours_leaks_nothing(site: Site) -> None:
    response = site.get("/rare_specimens/fail", headers=keyed(site))
    assert response.status_code == 500
    assert response.json()["message"] == "An Internal Error Has Occurred."
    assert "secret" not in response.text


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        pytest.param(errors.NotFound("Invalid event"), 404, "Invalid event", id="not-found"),
        pytest.param(errors.NotAuthenticated("No."), 403, "No.", id="not-authenticated"),
        pytest.param(errors.Forbidden("No."), 403, "No.", id="forbidden"),
        pytest.param(errors.Refused("Invalid Sharing Group"), 405, "Invalid Sharing Group", id="refused"),
        pytest.param(errors.Blocked("Blocked."), 403, "Blocked.", id="blocked"),
        pytest.param(errors.BadRequest('It\'s "<b>" & so'), 400, "It&#039;s &quot;&lt;b&gt;&quot; &amp; so", id="bad"),
        pytest.param(errors.Malformed("Broken."), 405, "Broken.", id="malformed"),
        pytest.param(errors.TooLarge("Large."), 413, "Large.", id="too-large"),
        pytest.param(errors.Busy("Busy."), 503, "Busy.", id="busy"),
        pytest.param(errors.OutOfSpace("Full."), 507, "Full.", id="out-of-space"),
    ],
)
def test_each_refusal_has_its_status(site: Site, error: errors.MispminiError, status: int, message: str) -> None:
    response = refusal(site, "/events/edit/7", error)
    body = {"name": message, "message": message, "url": "/events/edit/7"}
    assert (response.status_code, response.get_json()) == (status, body)


def test_a_busy_server_says_when_to_come_back(site: Site) -> None:
    assert refusal(site, "/events/add", errors.Busy("Busy.")).headers["Retry-After"] == "5"


def test_an_existing_event_is_pointed_to(site: Site) -> None:
    response = refusal(site, "/events/add", errors.EventExists(7))
    assert (response.status_code, response.headers["Location"]) == (404, f"{site.url}/events/7")


def test_a_failed_save_has_misps_shape(site: Site) -> None:
    failed = errors.SaveFailed("edit", "Event", "Event could not be saved: not newer.", subject_id=55)
    response = refusal(site, "/events/edit/55", failed)
    assert (response.status_code, response.get_json()) == (403, {
        "saved": False, "name": "Could not edit Event", "message": "Could not edit Event", "url": "/events/edit/55",
        "errors": "Event could not be saved: not newer.", "id": "55",
    })  # fmt: skip


def test_a_failed_save_of_an_admin_action_names_it_whole(site: Site) -> None:
    failed = errors.SaveFailed("add", "User", {"email": ["Please enter a valid email address."]})
    told = refusal(site, "/admin/users/add", failed).get_json()
    assert told["url"] == "/admin/users/add"
    assert told["errors"] == {"email": ["Please enter a valid email address."]}


def test_people_get_a_page_with_advice(site: Site) -> None:
    response = site.get("/rare_specimens/nothing", headers={"Accept": "text/html", "Accept-Language": "en"})
    assert response.status_code == 404
    assert "There is no such page." in response.text
    assert "What to do:" in response.text


def test_a_read_only_role_may_not_write(site: Site) -> None:
    response = site.post("/events/add", json={"info": "x"}, headers={**MACHINE, "Authorization": site.key(READ_ONLY)})
    assert response.status_code == 403
    assert response.json() == {
        "name": "You do not have permission to use this functionality.",
        "message": "You do not have permission to use this functionality.",
        "url": "/events/add",
    }


def refusal(site: Site, path: str, error: errors.MispminiError) -> Response:
    """What becomes of an error that a program's request ran into."""
    headers = {"Accept": "application/json"}
    with site.app.test_request_context(path, base_url=site.url, method="POST", headers=headers):
        return site.app.make_response(site.app.handle_user_exception(error))


def keyed(site: Site, agent: str = "sampler") -> dict[str, str]:
    """A program's headers with the site admin's key."""
    return {**MACHINE, "Authorization": site.admin_key, "User-Agent": agent}
