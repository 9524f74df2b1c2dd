"""The error side of each verb of API §9.2-§9.5: what it says of what is absent or hidden, to whom it may not be for,
and to bodies that make no sense; first whether there is such a thing, then whose it is, then what is wrong with what was
sent (MODEL §5.1 row 8)."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.contract.rest_rows import (
    BROKEN,
    FAILED,
    NOT_ALLOWED,
    NOT_YOURS,
    NOWHERE,
    Expected,
    Row,
    Scene,
    described,
    each,
    ok,
    refused,
    unsaved,
)

NONSENSE = each([], [1], "x", 5, None, {}, {"distribution": "77"}, {"id": {"a": 1}}, {"uuid": ["x"]})
NO_EVENT = refused(404, "Invalid event")
NOT_THEIRS = refused(403, NOT_YOURS)
_CREATOR_ALONE = (
    "Cannot alter the tags of this data, only the organisation that has created the data (orgc) can modify global tags."
)


def failed(text: str) -> Expected:
    """The ajax shape of a refusal, HTTP 200 always (API §9.2)."""
    return ok({"saved": False, "errors": text})


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb about a noun: what it says of an absent one, and to another organisation of one that this sees."""

    path: str
    noun: str
    absent: Expected
    not_theirs: Expected | None = NOT_THEIRS
    sent: object = None

    @property
    def url(self) -> str:
        """/controller/action."""
        return "/".join(self.path.split("/")[:3])


DELETED = unsaved("/events/delete", "delete Event", "Event was not deleted.")
NO_ATTRIBUTE, ATTRIBUTE_GONE = refused(405, "Invalid attribute"), refused(404, "Invalid attribute")
NO_OBJECT = refused(404, "Invalid object.")
NO_REPORT, NOT_THEIR_REPORT = refused(404, "Invalid Event Report"), refused(401, NOT_YOURS)
NOT_TO_ACCEPT = refused(405, "Proposal not found or you are not authorised to accept it.")
UNSIGHTED = ok({"message": "Could not add the Sighting. Reason: No valid attributes found."})
TAG = {"tag": "{tag}"}
ATTRIBUTE = {"type": "domain", "value": "{new}.example"}
VERBS = (
    Verb("/events/edit/", "event", NO_EVENT, refused(403, "You are not authorised to do that."), {"info": "x"}),
    Verb("/events/delete/", "event", DELETED, DELETED),
    Verb("/events/publish/", "event", refused(404, "Invalid event."), refused(405, "You do not have the permission to do that.")),
    Verb("/events/alert/", "event", refused(404, "Invalid event."), refused(405, "You do not have the permission to do that.")),
    Verb("/events/unpublish/", "event", NO_EVENT),
    Verb("/events/contact/", "event", NO_EVENT, None),
    Verb("/events/addTag/", "event", failed("Invalid event"), failed(_CREATOR_ALONE), TAG),
    Verb("/events/removeTag/", "event", failed("Invalid event"), failed("Invalid Target."), TAG),
    Verb("/events/freeTextImport/", "event", NO_EVENT, NOT_THEIRS, {"value": "198.51.100.7"}),
    Verb("/attributes/add/", "event", NO_EVENT, NOT_THEIRS, ATTRIBUTE),
    Verb("/attributes/add_attachment/", "event", NO_EVENT, NOT_THEIRS, {"files": [{"filename": "a", "data": "YQ=="}]}),
    Verb("/events/upload_sample/", "event", NO_EVENT, NOT_THEIRS, {"files": [{"filename": "a", "data": "YQ=="}]}),
    Verb("/attributes/edit/", "attribute", NO_ATTRIBUTE, NOT_THEIRS, {"comment": "x"}),
    Verb("/attributes/delete/", "attribute", ATTRIBUTE_GONE),
    Verb("/attributes/restore/", "attribute", NO_ATTRIBUTE),
    Verb("/attributes/addTag/", "attribute", failed("Invalid attribute"), failed(_CREATOR_ALONE), TAG),
    Verb("/attributes/removeTag/", "attribute", failed("Invalid attribute"), failed("Invalid Target."), TAG),
    Verb("/objects/add/", "event", NO_EVENT, NOT_THEIRS, {"name": "x"}),
    Verb("/objects/edit/", "object", NO_OBJECT, NOT_THEIRS, {"comment": "x"}),
    Verb("/objects/delete/", "object", NO_OBJECT),
    Verb("/object_references/delete/", "reference", refused(404, "Invalid object reference.")),
    Verb("/event_reports/add/", "event", NO_EVENT, NOT_THEIRS, {"name": "x"}),
    Verb("/event_reports/edit/", "report", NO_REPORT, NOT_THEIR_REPORT, {"name": "x"}),
    Verb("/event_reports/delete/", "report", NO_REPORT, NOT_THEIR_REPORT),
    Verb("/event_reports/restore/", "report", NO_REPORT, NOT_THEIR_REPORT),
    Verb("/shadow_attributes/add/", "event", refused(404, "Invalid Event"), None, ATTRIBUTE),
    Verb("/shadow_attributes/edit/", "attribute", ATTRIBUTE_GONE, None, {"comment": "x"}),
    Verb("/shadow_attributes/delete/", "attribute", ATTRIBUTE_GONE, None),
    Verb("/shadow_attributes/accept/", "proposal", NOT_TO_ACCEPT, NOT_TO_ACCEPT),
    Verb("/shadow_attributes/discard/", "proposal", refused(404, "Invalid proposal."), NOT_THEIRS),
    Verb("/sightings/add/", "attribute", UNSIGHTED, None),
    Verb("/sightings/delete/", "sighting", refused(404, "Invalid sighting"), None),
    Verb("/analyst_data/edit/Note/", "note", refused(404, "Invalid Note"), NOT_THEIRS, {"note": "x"}),
    Verb("/analyst_data/delete/Note/", "note", refused(404, "Invalid Note")),
)  # fmt: skip
# A verb of these nouns names an id alone, or nothing of the sort can be hidden.
NEVER_HIDDEN = ("reference", "sighting", "note")
READS = (
    ("/events/view/", "event", NO_EVENT),
    ("/attributes/view/", "attribute", NO_ATTRIBUTE),
    ("/attributes/downloadAttachment/download/", "attribute", ATTRIBUTE_GONE),
    ("/objects/view/", "object", NO_OBJECT),
    ("/event_reports/view/", "report", NO_REPORT),
    ("/shadow_attributes/view/", "proposal", refused(404, "Invalid proposal.")),
    ("/shadow_attributes/index/", "event", NO_EVENT),
    ("/sightings/index/", "event", NO_EVENT),
)


def _rows() -> Iterator[Row]:
    for verb in VERBS:
        for ref in ("99999999", NOWHERE, "abc"):
            yield Row("alice", f"POST {verb.path}{ref}", verb.absent, verb.sent)
        if verb.noun not in NEVER_HIDDEN:
            yield Row("bob", f"POST {verb.path}{{hidden_{verb.noun}}}", verb.absent, verb.sent)
        if verb.not_theirs is not None:
            yield Row("bob", f"POST {verb.path}{{{verb.noun}}}", verb.not_theirs, verb.sent)
        yield Row("reader", f"POST {verb.path}{{{verb.noun}}}", refused(403, NOT_ALLOWED), verb.sent)
        yield Row("stranger", f"POST {verb.path}{{{verb.noun}}}", refused(403, FAILED), verb.sent)
    for path, noun, absent in READS:
        for ref in ("99999999", NOWHERE, "abc"):
            yield Row("alice", f"GET {path}{ref}", absent)
        yield Row("bob", f"GET {path}{{hidden_{noun}}}", absent)
        yield Row("stranger", f"GET {path}{{{noun}}}", refused(403, FAILED))


ROWS = [row for row in _rows() if row.who != "reader" or "/contact/" not in row.asked]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_verb_says_of_each_reference_what_it_should(scene: Scene, row: Row) -> None:
    scene.check(row)


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb.sent is not None], ids=lambda verb: verb.path)
def test_whether_it_is_there_and_whose_it_is_comes_before_what_was_sent(scene: Scene, verb: Verb) -> None:
    told_by_body = (
        "/shadow_attributes/",
        "/sightings/add/",
        "/events/addTag",
        "/attributes/addTag",
        "/events/removeTag",
        "/attributes/removeTag",
    )
    for body in NONSENSE:
        if not verb.path.startswith(told_by_body):
            scene.check(Row("alice", f"POST {verb.path}{NOWHERE}", verb.absent, body))
            if verb.not_theirs is not None:
                scene.check(Row("bob", f"POST {verb.path}{{{verb.noun}}}", verb.not_theirs, body))
        mine = scene.filled(
            f"{verb.path}{{{verb.noun}!}}" if verb.noun in ("event",) else f"{verb.path}{{{verb.noun}}}"
        )
        told = scene.ask("dora", "POST", mine, body)
        assert told.status_code < 500, f"{mine} {body}: {told.text}"
        assert {"saved", "name", "message"} & told.json().keys() or told.status_code == 200, told.text


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_a_body_that_is_no_json_is_refused_by_each_verb(scene: Scene, verb: Verb) -> None:
    if verb.sent is not None:
        scene.check(Row("dora", f"POST {verb.path}{{{verb.noun}}}", refused(405, BROKEN), raw='{"a": '))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.path)
def test_a_get_of_a_verb_describes_it_to_whom_it_is_for(scene: Scene, verb: Verb) -> None:
    path = f"{verb.path}{{{verb.noun}}}"
    scene.check(Row("dora", f"GET {path}", described(verb.url)))
    scene.check(Row("dora", f"HEAD {path}", described(verb.url)))
    scene.check(Row("stranger", f"GET {path}", refused(403, FAILED)))
    if "/contact/" not in path:
        scene.check(Row("reader", f"GET {path}", refused(403, NOT_ALLOWED)))


def test_the_one_verb_that_is_refused_by_get(scene: Scene) -> None:
    """PROTOCOL §3.14."""
    path = f"/sightings/filterSightingUuidsForPush/{NOWHERE}"
    scene.check(Row("sam", f"GET {path}", refused(405, "Method Not Allowed")))


@pytest.mark.parametrize("path", ["/attributes/view/{attribute}", "/objects/view/{object}", "/servers/getVersion"])
def test_what_only_shows_is_shown_to_a_post_as_well(scene: Scene, path: str) -> None:
    path = scene.filled(path)
    by_get, by_post = scene.ask("alice", "GET", path), scene.ask("alice", "POST", path, {})
    assert (by_post.status_code, by_post.json()) == (200, by_get.json())
    assert scene.ask("stranger", "POST", path, {}).status_code == 403
    assert scene.ask("alice", "PUT", path, {}).status_code == 405
