"""Files of attributes over REST: in, out, and never shown or run (MODEL §7.3, API §9.3, TRUST S3)."""

import base64
import io
import zipfile
from hashlib import md5, sha1, sha256
from typing import Any

import pytest
import requests

from mispmini.domain import samples
from mispmini.domain.distribution import Distribution
from mispmini.store import keeping_tidy
from mispmini.store.attachments import unreferenced_files
from mispmini.store.database import writing
from mispmini.store.settings import save_setting
from tests.web.analyst import Analyst, Json, a_stranger
from tests.web.conftest import Site

CONTENT = b"%PDF-1.4 invoice \x00\xff"


def encoded(content: bytes) -> str:
    """As the wire has it."""
    return base64.b64encode(content).decode()


def unpacked(archive: bytes) -> bytes:
    """The file in a sample's zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(opened.namelist()[0], pwd=samples.PASSWORD)


def attachment(content: bytes = CONTENT, name: str = "invoice.pdf", **fields: object) -> Json:
    """An attribute with a file."""
    return {"type": "attachment", "category": "External analysis", "value": name, "data": encoded(content), **fields}


@pytest.fixture
def analyst(site: Site) -> Analyst:
    """Somebody who adds."""
    return Analyst(site)


@pytest.fixture(scope="module")
def stranger(site: Site) -> Analyst:
    """Somebody of another organisation."""
    return a_stranger(site)


def added(analyst: Analyst, **fields: object) -> Json:
    """A fresh attribute with a file, in a fresh event."""
    event = analyst.adds_event()
    saved: Json = analyst.post(f"/attributes/add/{event['id']}", attachment(**fields))["Attribute"]  # type: ignore[arg-type]
    return saved


def test_a_file_comes_back_wherever_its_attribute_is_read(analyst: Analyst) -> None:
    event = analyst.adds_event(Attribute=[attachment()])
    ref = event["Attribute"][0]["id"]
    by_events = analyst.post("/events/restSearch", {"eventid": event["id"], "withAttachments": 1})["response"]
    by_attributes = analyst.post("/attributes/restSearch", {"eventid": event["id"], "withAttachments": 1})["response"]
    read = [
        event["Attribute"][0],
        analyst.get(f"/events/view/{event['id']}").json()["Event"]["Attribute"][0],
        analyst.get(f"/attributes/view/{ref}").json()["Attribute"],
        by_events[0]["Event"]["Attribute"][0],
        by_attributes["Attribute"][0],
    ]
    assert [one["data"] for one in read] == [encoded(CONTENT)] * 5
    without = analyst.post("/attributes/restSearch", {"eventid": event["id"]})["response"]["Attribute"][0]
    bare = analyst.get(f"/events/view/{event['id']}/includeAttachments:0").json()["Event"]["Attribute"][0]
    assert "data" not in without
    assert "data" not in bare


def test_an_object_carries_files_too(analyst: Analyst) -> None:
    event = analyst.adds_event()
    template = {"name": "file", "meta-category": "file", "template_uuid": "688c46fb-5edb-40a3-8273-1af7923e2215"}
    sample = {"object_relation": "malware-sample", "type": "malware-sample", "value": "a.exe", "encrypt": True}
    held = [attachment(object_relation="attachment"), {**sample, "data": encoded(b"MZ")}]
    analyst.post(f"/objects/add/{event['id']}", {**template, "Attribute": held})
    file, packed = analyst.get(f"/events/view/{event['id']}").json()["Event"]["Object"][0]["Attribute"]
    assert file["data"] == encoded(CONTENT)
    assert unpacked(base64.b64decode(packed["data"])) == b"MZ"


def test_an_edit_replaces_a_file(analyst: Analyst) -> None:
    saved = added(analyst)
    analyst.post(f"/attributes/edit/{saved['uuid']}", {"data": encoded(b"second")})
    assert analyst.get(f"/attributes/view/{saved['id']}").json()["Attribute"]["data"] == encoded(b"second")
    event = {"Event": {"uuid": analyst.get(f"/events/view/{saved['event_id']}").json()["Event"]["uuid"]}}
    event["Event"]["Attribute"] = [{"uuid": saved["uuid"], "data": encoded(b"third")}]
    analyst.post(f"/events/edit/{saved['event_id']}", event)
    assert analyst.get(f"/attributes/download/{saved['id']}").content == b"third"


def test_a_file_goes_with_the_type_that_may_have_one(analyst: Analyst) -> None:
    saved = added(analyst)
    for kind, category in (("filename", "Payload delivery"), ("attachment", "External analysis")):
        analyst.post(f"/attributes/edit/{saved['uuid']}", {"type": kind, "category": category})
        (shown,) = analyst.get(f"/events/view/{saved['event_id']}").json()["Event"]["Attribute"]
        assert (shown["type"], "data" in shown) == (kind, False)


@pytest.mark.parametrize("is_told", [True, False], ids=["encrypt", "raw all the same"])
def test_a_raw_sample_is_packed(analyst: Analyst, is_told: bool) -> None:
    event = analyst.adds_event()
    body = {"type": "malware-sample", "value": "a.exe", "data": encoded(CONTENT), **({"encrypt": 1} if is_told else {})}
    saved = analyst.post(f"/attributes/add/{event['id']}", body)["Attribute"]
    digest = md5(CONTENT, usedforsecurity=False).hexdigest()
    assert (saved["value"], saved["value1"], saved["value2"]) == (f"a.exe|{digest}", "a.exe", digest)
    assert unpacked(analyst.get(f"/attributes/downloadAttachment/download/{saved['id']}").content) == CONTENT


def test_a_packed_sample_is_kept_byte_for_byte(analyst: Analyst) -> None:
    packed = samples.pack(CONTENT, "a.exe")
    body = {"type": "malware-sample", "value": packed.value, "data": encoded(packed.archive)}
    saved = analyst.post(f"/attributes/add/{analyst.adds_event()['id']}", body)["Attribute"]
    assert analyst.get(f"/attributes/download/{saved['id']}").content == packed.archive


REFUSED: dict[str, tuple[Json, str]] = {
    "no base64": (attachment() | {"data": "!!"}, "base64"),
    "a file on a domain": ({"type": "domain", "value": "a.example", "data": encoded(b"x")}, "have a file"),
    "too large": (attachment(b"x" * 70_000), "larger than"),
}


@pytest.mark.parametrize(("body", "sentence"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_may_not_be_is_refused(analyst: Analyst, body: Json, sentence: str) -> None:
    with writing():
        save_setting("most_attachment_bytes", 65_536, user_id=None)
    told = analyst.post(f"/attributes/add/{analyst.adds_event()['id']}", body, status=403)
    assert sentence in told["errors"]["data"][0]


def test_a_sample_never_gets_a_raw_file_by_an_edit_without_its_type(analyst: Analyst) -> None:
    body = {"type": "malware-sample", "value": "a.exe", "data": encoded(CONTENT)}
    saved = analyst.post(f"/attributes/add/{analyst.adds_event()['id']}", body)["Attribute"]
    told = analyst.post(f"/attributes/edit/{saved['id']}", {"data": encoded(b"MZ raw")}, status=403)
    assert "infected" in told["errors"]["data"][0]


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\x\\evil.html": "evil.html",
    "a\r\nSet-Cookie: x.png": "aSet-Cookie: x.png",
    "x" * 300 + ".pdf": "x" * 200,
    "..": "file",
    "page.html": "page.html",
}


@pytest.mark.parametrize(("name", "shown"), NAMES.items(), ids=[*map(str, range(len(NAMES)))])
def test_a_download_is_never_shown_and_its_name_is_no_path(analyst: Analyst, name: str, shown: str) -> None:
    saved = added(analyst, name=name, content=b"<script>alert(1)</script>")
    answer = analyst.get(f"/attributes/downloadAttachment/download/{saved['id']}")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert shown in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/attributes/download/{}", "/attributes/downloadAttachment/download/{}"])
def test_a_hidden_file_is_as_absent_as_none(analyst: Analyst, stranger: Analyst, path: str) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    hidden = attachment(distribution=int(Distribution.ORGANISATION))
    ref = analyst.post(f"/attributes/add/{event['id']}", hidden)["Attribute"]["id"]
    told = stranger.get(path.format(ref), status=404)
    absent = stranger.get(path.format(99_999_999), status=404)
    assert told.text.replace(ref, "N") == absent.text.replace("99999999", "N")
    shown = analyst.post(f"/attributes/add/{event['id']}", attachment(name="shown.pdf"))["Attribute"]["id"]
    assert stranger.get(path.format(shown)).content == CONTENT


def test_an_attribute_without_a_file_has_none_to_download(analyst: Analyst) -> None:
    event = analyst.adds_event(Attribute=[{"type": "domain", "value": "a.example"}])
    told = analyst.get(f"/attributes/download/{event['Attribute'][0]['id']}", status=404).json()
    assert told["message"] == "Attribute not an attachment or malware-sample"


def test_uploaded_samples_come_with_their_hashes(analyst: Analyst) -> None:
    event = analyst.adds_event()
    body = {"request": {"files": [{"filename": "a.exe", "data": encoded(CONTENT)}], "comment": "by mail"}}
    told = analyst.post(f"/events/upload_sample/{event['id']}", body)
    assert told == {
        "name": "Success",
        "message": "Success, saved all attributes.",
        "url": f"/events/upload_sample/{event['id']}",
        "id": event["id"],
    }
    held = analyst.get(f"/events/view/{event['id']}").json()["Event"]["Attribute"]
    assert {one["type"]: one["value"] for one in held} == {
        "malware-sample": f"a.exe|{md5(CONTENT, usedforsecurity=False).hexdigest()}",
        "filename|sha1": f"a.exe|{sha1(CONTENT, usedforsecurity=False).hexdigest()}",
        "filename|sha256": f"a.exe|{sha256(CONTENT).hexdigest()}",
    }
    assert {one["comment"] for one in held} == {"by mail"}
    assert unpacked(base64.b64decode(held[0]["data"])) == CONTENT


def test_samples_are_found_by_their_hashes(analyst: Analyst, stranger: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.ORGANISATION))
    for name, content in (("a.exe", b"first of two"), ("b.exe", b"second of two")):
        body = {"files": [{"filename": name, "data": encoded(content)}]}
        analyst.post(f"/events/upload_sample/{event['id']}", body)
    one = md5(b"first of two", usedforsecurity=False).hexdigest()
    path = f"/attributes/downloadSample/{one}"
    [found] = analyst.get(path).json()["result"]
    assert (found["md5"], found["filename"], found["event_id"]) == (one, "a.exe", event["id"])
    assert unpacked(base64.b64decode(found["base64"])) == b"first of two"
    of_event = {"request": {"eventID": event["id"]}}
    other = {"hash": sha256(b"second of two").hexdigest(), "allSamples": 1}
    for asked in (of_event, other):
        told = analyst.post("/attributes/downloadSample/", asked)["result"]
        assert [sample["filename"] for sample in told] == ["a.exe", "b.exe"]
    none = {"message": "No hits with the given parameters."}
    assert stranger.get(path).json() == none
    assert analyst.post("/attributes/downloadSample", {"hash": sha256(b"second of two").hexdigest()}) == none
    assert set(analyst.get("/attributes/downloadSample").json()) == {"message"}


def test_samples_without_an_event_get_one(analyst: Analyst) -> None:
    body = {"files": [{"filename": "a.exe", "data": encoded(b"new")}], "info": "a wave", "distribution": 0}
    told = analyst.post("/events/upload_sample", body)
    event = analyst.get(f"/events/view/{told['id']}").json()["Event"]
    assert (event["info"], event["distribution"], event["attribute_count"]) == ("a wave", "0", "3")


BAD_UPLOADS: dict[str, Any] = {
    "nothing": {},
    "no list": {"files": "x"},
    "no records": {"files": ["x"]},
    "no name": {"files": [{"data": "eA=="}]},
    "no base64": {"files": [{"filename": "a", "data": "!"}]},
    "none": {"files": []},
}


@pytest.mark.parametrize("body", BAD_UPLOADS.values(), ids=BAD_UPLOADS)
def test_an_upload_that_cannot_be_read_is_refused(analyst: Analyst, body: Any) -> None:
    told = analyst.post(f"/events/upload_sample/{analyst.adds_event()['id']}", body, status=403)
    assert told["name"] == "Could not add Attribute"


@pytest.mark.parametrize(
    ("malware", "kinds"), [("0", {"attachment"}), ("1", {"malware-sample", "filename|sha1", "filename|sha256"})]
)
def test_a_form_adds_files(analyst: Analyst, malware: str, kinds: set[str]) -> None:
    event = analyst.adds_event()
    headers = {name: value for name, value in analyst.headers.items() if name != "Content-Type"}
    path = f"{analyst.site.url}/attributes/add_attachment/{event['id']}"
    files = [("files", ("a.bin", b"one")), ("files", ("b.bin", b"two"))]
    sent = requests.post(path, headers=headers, data={"malware": malware, "comment": "c"}, files=files, timeout=10)
    assert sent.status_code == 200, sent.text
    held = analyst.get(f"/events/view/{event['id']}").json()["Event"]["Attribute"]
    assert {one["type"] for one in held} == kinds
    assert {one["value"].partition("|")[0] for one in held} == {"a.bin", "b.bin"}


def test_only_those_who_may_change_an_event_add_files_to_it(analyst: Analyst, stranger: Analyst) -> None:
    event = analyst.adds_event(distribution=int(Distribution.COMMUNITY))
    body = {"files": [{"filename": "a", "data": "eA=="}]}
    stranger.post(f"/events/upload_sample/{event['id']}", body, status=403)
    stranger.post(f"/attributes/add_attachment/{event['id']}", body, status=403)
    stranger.post("/events/upload_sample/99999999", body, status=404)


def test_a_file_goes_when_nobody_names_it(analyst: Analyst, site: Site) -> None:
    saved, twin = added(analyst, content=b"shared bytes"), added(analyst, content=b"shared bytes")
    lone = added(analyst, content=b"lonely bytes")
    for one in (saved, lone):
        analyst.post(f"/attributes/delete/{one['id']}", {"hard": 1})
    digests = {sha256(content).hexdigest() for content in (b"shared bytes", b"lonely bytes")}
    assert {path.name for path in unreferenced_files()} & digests == {sha256(b"lonely bytes").hexdigest()}
    keeping_tidy.forget_what_ran_out()
    assert not {path.name for path in unreferenced_files()} & digests
    assert analyst.get(f"/attributes/download/{twin['id']}").content == b"shared bytes"


@pytest.mark.parametrize(
    ("name", "told", "silent"),
    [("logo.PNG", {}, True), ("logo.png", {"disable_correlation": False}, False), ("invoice.pdf", {}, False)],
    ids=["a picture", "one that its author lets correlate", "no picture"],
)
def test_pictures_do_not_correlate(analyst: Analyst, name: str, told: Json, silent: bool) -> None:
    assert added(analyst, name=name, **told)["disable_correlation"] is silent


def test_a_file_that_is_there_already_is_told(analyst: Analyst) -> None:
    event = analyst.adds_event(Attribute=[attachment(name="a.bin")])
    files = [{"filename": name, "data": "eA=="} for name in ("a.bin", "b.bin")]
    told = analyst.post(f"/attributes/add_attachment/{event['id']}", {"files": files})
    assert (told["name"], told["message"]) == ("Partial Failure", "1 of 2 attributes could not be saved.")


FORM_NAMES = {
    "nul": b"a\x00.png",
    "no utf-8": b"a\xff\xfe.png",
    "long": b"x" * 5_000,
    "none": b"",
    "quotes": b'a\\".png',
}


@pytest.mark.parametrize("name", FORM_NAMES.values(), ids=FORM_NAMES)
def test_a_form_may_name_its_file_as_it_likes(analyst: Analyst, name: bytes) -> None:
    event = analyst.adds_event()
    head = b'--B\r\nContent-Disposition: form-data; name="files"; filename="' + name + b'"\r\n\r\n'
    headers = {**analyst.headers, "Content-Type": "multipart/form-data; boundary=B"}
    path = f"{analyst.site.url}/attributes/add_attachment/{event['id']}"
    sent = requests.post(path, data=head + b"content\r\n--B--\r\n", headers=headers, timeout=10)
    assert sent.status_code in (200, 400, 403), sent.text
    for one in analyst.get(f"/events/view/{event['id']}").json()["Event"]["Attribute"]:
        assert analyst.get(f"/attributes/download/{one['id']}").content == b"content"
