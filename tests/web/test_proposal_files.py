"""Files of proposals over REST and on the pages: in, out, taken and dropped (MODEL §7.8, API §9.5, TRUST S3)."""

import base64
from collections.abc import Callable, Iterator
from hashlib import sha256

import pytest
import requests

from mispmini.domain import samples
from mispmini.domain.distribution import Distribution
from mispmini.store import backups, keeping_tidy
from mispmini.store.attachments import files_of, path_of_file, unreferenced_files
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from mispmini.store.trash import purge_event
from tests.web.analyst import Analyst, Json, a_stranger
from tests.web.conftest import Site
from tests.web.test_attachments import CONTENT, attachment, encoded, unpacked

SAMPLE = {"type": "malware-sample", "value": "a.exe", "data": encoded(CONTENT)}


@pytest.fixture(scope="module")
def analyst(site: Site) -> Analyst:
    """Whose events they are."""
    return Analyst(site)


@pytest.fixture(scope="module")
def stranger(site: Site) -> Analyst:
    """Somebody of another organisation, who proposes."""
    return a_stranger(site)


@pytest.fixture(scope="module")
def event(analyst: Analyst) -> Json:
    """An event that both see."""
    return analyst.adds_event(distribution=int(Distribution.COMMUNITY))


def proposed(by: Analyst, event: Json, body: Json | None = None) -> Json:
    """A fresh proposal of a new attribute."""
    made: Json = by.post(f"/shadow_attributes/add/{event['id']}", body or attachment())["ShadowAttribute"]
    return made


def test_a_proposed_file_comes_back_wherever_its_proposal_is_read(analyst: Analyst, stranger: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY), Attribute=[attachment()])
    made = proposed(stranger, event)
    change = f"/shadow_attributes/edit/{event['Attribute'][0]['id']}"
    stranger.post(change, {"data": encoded(b"second")})
    searched = {"eventid": event["id"], "withAttachments": 1}
    whole = analyst.get(f"/events/view/{event['id']}").json()["Event"]
    found = analyst.post("/events/restSearch", searched)["response"][0]["Event"]
    [attribute] = analyst.post("/attributes/restSearch", {**searched, "includeProposals": 1})["response"]["Attribute"]
    read = [
        made,
        analyst.get(f"/shadow_attributes/view/{made['id']}").json()["ShadowAttribute"],
        analyst.get(f"/shadow_attributes/index/{event['id']}").json()[0]["ShadowAttribute"],
        whole["ShadowAttribute"][0],
        found["ShadowAttribute"][0],
    ]
    assert [one["data"] for one in read] == [encoded(CONTENT)] * 5
    changes = [held["ShadowAttribute"][0] for held in (whole["Attribute"][0], found["Attribute"][0], attribute)]
    assert [one["data"] for one in changes] == [encoded(b"second")] * 3
    del searched["withAttachments"]
    without = analyst.post("/events/restSearch", searched)["response"][0]["Event"]
    bare = analyst.get(f"/events/view/{event['id']}/includeAttachments:0").json()["Event"]
    for one in (without, bare):
        assert "data" not in one["ShadowAttribute"][0]


def test_files_beyond_a_measure_are_to_be_downloaded(
    analyst: Analyst, stranger: Analyst, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mispmini.services.opinions.MOST_PROPOSED_BYTES", 10)
    monkeypatch.setattr("mispmini.web.views.shadow_attributes.MOST_FILE_BYTES", 10)
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    made = [proposed(stranger, event, attachment(b"x" * size, name=f"{size}.bin")) for size in (6, 5, 4)]
    whole = analyst.get(f"/events/view/{event['id']}").json()["Event"]["ShadowAttribute"]
    listed = [one["ShadowAttribute"] for one in analyst.get(f"/shadow_attributes/index/{event['id']}").json()]
    for told in (whole, listed):
        assert {one["value"] for one in told if "data" in one} == {"6.bin", "4.bin"}
    assert analyst.get(f"/shadow_attributes/download/{made[1]['id']}").content == b"x" * 5


def test_a_file_is_read_when_it_is_asked_for_and_not_before(analyst: Analyst) -> None:
    made = analyst.adds_event(Attribute=[attachment(b"x" * 30, name="here"), attachment(b"y" * 30, name="gone")])
    here, gone = (int(one["id"]) for one in made["Attribute"])
    files = files_of([here, gone])
    assert set(files) == {here, gone}
    found = path_of_file(gone)
    assert found is not None
    found[1].unlink()
    assert (files.get(here), files.get(gone)) == (b"x" * 30, None)


@pytest.mark.parametrize("is_told", [True, False], ids=["encrypt", "raw all the same"])
def test_a_proposed_raw_sample_is_packed(stranger: Analyst, event: Json, is_told: bool) -> None:
    made = proposed(stranger, event, SAMPLE | ({"encrypt": 1} if is_told else {}))
    assert made["value"].startswith("a.exe|")
    assert unpacked(stranger.get(f"/shadow_attributes/download/{made['id']}").content) == CONTENT


def test_a_proposed_packed_sample_is_kept_byte_for_byte(stranger: Analyst, event: Json) -> None:
    packed = samples.pack(CONTENT, "a.exe")
    made = proposed(stranger, event, SAMPLE | {"value": packed.value, "data": encoded(packed.archive)})
    assert stranger.get(f"/shadow_attributes/download/{made['id']}").content == packed.archive


@pytest.fixture
def small_files() -> Iterator[None]:
    """At most 64 KiB each."""
    _set_most(65_536)
    yield
    _set_most(52_428_800)


def _set_most(size: int) -> None:
    with writing():
        save_setting("most_attachment_bytes", size, user_id=None)


REFUSED: dict[str, tuple[Json, str]] = {
    "no base64": (attachment() | {"data": "!!"}, "base64"),
    "a file on a domain": ({"type": "domain", "value": "a.example", "data": encoded(b"x")}, "have a file"),
    "too large": (attachment(b"x" * 70_000), "larger than"),
}


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize(("body", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_may_not_be_is_not_proposed(stranger: Analyst, event: Json, body: Json, sentence: str) -> None:
    told = stranger.post(f"/shadow_attributes/add/{event['id']}", body, status=404)
    assert told["message"].startswith("Could not save the proposal. Errors: [data]: ")
    assert sentence in told["message"]


@pytest.mark.parametrize(
    ("name", "told", "silent"),
    [("logo.PNG", {}, True), ("logo.png", {"disable_correlation": False}, False), ("invoice.pdf", {}, False)],
    ids=["a picture", "one that its author lets correlate", "no picture"],
)
def test_proposed_pictures_do_not_correlate(
    stranger: Analyst, event: Json, name: str, told: Json, silent: bool
) -> None:
    assert proposed(stranger, event, attachment(name=name, **told))["disable_correlation"] is silent


def test_a_proposed_file_is_never_shown_and_its_name_is_no_path(stranger: Analyst, event: Json) -> None:
    made = proposed(stranger, event, attachment(b"<script>", name="../../evil.html"))
    answer = stranger.get(f"/shadow_attributes/download/{made['uuid']}")
    assert answer.content == b"<script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename=evil.html"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_a_proposed_file_of_what_is_hidden_is_as_absent_as_none(analyst: Analyst, stranger: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    hidden = attachment(distribution=int(Distribution.ORGANISATION))
    attribute = analyst.post(f"/attributes/add/{event['id']}", hidden)["Attribute"]["id"]
    change = {"data": encoded(b"ours alone")}
    ref = analyst.post(f"/shadow_attributes/edit/{attribute}", change)["ShadowAttribute"]["id"]
    told = stranger.get(f"/shadow_attributes/download/{ref}", status=404)
    absent = stranger.get("/shadow_attributes/download/99999999", status=404)
    assert told.text.replace(f"/{ref}", "/N") == absent.text.replace("/99999999", "/N")
    assert stranger.get(f"/shadow_attributes/index/{event['id']}").json() == []
    assert "ShadowAttribute" in (whole := stranger.get(f"/events/view/{event['id']}").json()["Event"])
    assert encoded(b"ours alone") not in str(whole)
    assert analyst.get(f"/shadow_attributes/download/{ref}").content == b"ours alone"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"type": "domain", "value": "a.example"}, "Attribute not an"),
        ({"type": "attachment", "value": "a"}, "File not"),
    ],
    ids=["no such type", "no file"],
)
def test_a_proposal_without_a_file_has_none_to_download(
    stranger: Analyst, event: Json, body: Json, sentence: str
) -> None:
    made = proposed(stranger, event, body)
    assert "data" not in made
    told = stranger.get(f"/shadow_attributes/download/{made['id']}", status=404)
    assert told.json()["message"].startswith(sentence)


def test_an_accepted_file_becomes_an_attribute_that_keeps_it(analyst: Analyst, stranger: Analyst, event: Json) -> None:
    made = proposed(stranger, event, SAMPLE | {"value": "accepted.exe"})
    content = stranger.get(f"/shadow_attributes/download/{made['id']}").content
    analyst.post(f"/shadow_attributes/accept/{made['id']}")
    assert analyst.get(f"/attributes/download/{made['uuid']}").content == content
    keeping_tidy.forget_what_ran_out()
    assert stranger.get(f"/attributes/download/{made['uuid']}").content == content
    stranger.get(f"/shadow_attributes/download/{made['id']}", status=404)


@pytest.mark.parametrize(
    ("change", "after"),
    [({"data": encoded(b"second")}, b"second"), ({"comment": "seen in May"}, CONTENT)],
    ids=["another file", "another comment alone"],
)
def test_an_accepted_change_replaces_the_file_if_it_brings_one(
    analyst: Analyst, stranger: Analyst, change: Json, after: bytes
) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY), Attribute=[attachment()])
    ref = event["Attribute"][0]["id"]
    made = stranger.post(f"/shadow_attributes/edit/{ref}", change)["ShadowAttribute"]
    assert analyst.get(f"/attributes/download/{ref}").content == CONTENT
    analyst.post(f"/shadow_attributes/accept/{made['id']}")
    assert analyst.get(f"/attributes/download/{ref}").content == after


def _discarded(analyst: Analyst, _event: Json, made: Json) -> None:
    analyst.post(f"/shadow_attributes/discard/{made['id']}")


def _gone_with_its_event(analyst: Analyst, event: Json, _made: Json) -> None:
    analyst.post(f"/events/delete/{event['id']}")
    with writing():
        purge_event(int(event["id"]))


@pytest.mark.parametrize("ends", [_discarded, _gone_with_its_event])
def test_a_proposed_file_goes_when_nobody_names_it(
    analyst: Analyst, stranger: Analyst, ends: Callable[[Analyst, Json, Json], None]
) -> None:
    event, other = (analyst.adds_event(distribution=int(Distribution.COMMUNITY)) for _ in range(2))
    content = ends.__name__.encode()
    made, twin = (proposed(stranger, one, attachment(content)) for one in (event, other))
    digest = sha256(content).hexdigest()
    ends(analyst, event, made)
    assert digest not in {path.name for path in unreferenced_files()}
    analyst.post(f"/shadow_attributes/discard/{twin['id']}")
    assert digest in {path.name for path in unreferenced_files()}
    keeping_tidy.forget_what_ran_out()
    assert digest not in {path.name for path in unreferenced_files()}


def test_a_backup_holds_the_files_of_proposals(
    stranger: Analyst, event: Json, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = proposed(stranger, event, attachment(b"to be kept"))
    folder = tmp_path_factory.mktemp("backups")
    with backups.fresh_backup(folder) as backup:
        backups.restore_into(backup.path, folder / "restored")
    digest = sha256(base64.b64decode(made["data"])).hexdigest()
    assert (folder / "restored" / "attachments" / digest[:2] / digest).read_bytes() == b"to be kept"


@pytest.mark.parametrize(
    ("path", "files", "kinds"),
    [
        ("/shadow_attributes/add_attachment/{}", ("a.bin", "b.bin"), {"attachment"}),
        ("/shadow_attributes/add_attachment/{}?malware=1", ("a.bin", "b.bin"), {"malware-sample"}),
    ],
    ids=["attachments", "samples"],
)
def test_a_form_proposes_files(
    analyst: Analyst, stranger: Analyst, path: str, files: tuple[str, ...], kinds: set[str]
) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    sent = _form(stranger, path.format(event["id"]), {"comment": "c"}, files)
    assert sent.status_code == 200, sent.text
    made = [one["ShadowAttribute"] for one in sent.json()]
    assert {one["type"] for one in made} == kinds
    assert [one["value"].partition("|")[0] for one in made] == list(files)
    assert [one["comment"] for one in made] == ["c"] * 2


def _form(by: Analyst, path: str, fields: dict[str, str], names: tuple[str, ...]) -> requests.Response:
    headers = {name: value for name, value in by.headers.items() if name != "Content-Type"}
    files = [("files", (name, f"content of {name}".encode())) for name in names]
    return requests.post(f"{by.site.url}{path}", headers=headers, data=fields, files=files, timeout=10)


def test_a_form_proposes_another_file_for_a_sample(analyst: Analyst, stranger: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY), Attribute=[SAMPLE])
    stored = event["Attribute"][0]
    fields = {"type": stored["type"], "category": stored["category"], "value": stored["value"], "to_ids": "1"}
    sent = _form(stranger, f"/shadow_attributes/edit/{stored['id']}", fields, ("b.exe",))
    made = sent.json()["ShadowAttribute"]
    assert made["value"] != stored["value"], "its MD5 is the new file's"
    assert unpacked(base64.b64decode(made["data"])) == b"content of b.exe"


def test_the_pages_show_a_proposed_file(analyst: Analyst, stranger: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY), Attribute=[attachment()])
    made = proposed(stranger, event, attachment(b"x" * 1_234, name="evil.html"))
    html = {"Accept": "text/html", "Content-Type": "text/html", "Accept-Language": "en"}
    pages = {
        path: analyst.site.get(path, headers=stranger.headers | html).text
        for path in (
            f"/events/view/{event['id']}",
            "/shadow_attributes/index?all=1",
            f"/shadow_attributes/add_attachment/{event['id']}",
            f"/shadow_attributes/edit/{event['Attribute'][0]['id']}",
        )
    }
    shown, inbox, form, change = pages.values()
    for page in (shown, inbox):
        assert f'<a href="/shadow_attributes/download/{made["id"]}">evil.html</a>' in page
        assert "1,234 bytes" in page
    assert f'href="/shadow_attributes/add_attachment/{event["id"]}"' in shown
    for page in (form, change):
        assert 'type="file"' in page
        assert 'enctype="multipart/form-data"' in page
