"""Requests that broke the server once, found by fuzzing (`make fuzz`): each is refused or answered now."""

import pytest

from mispmini.store.deadline import TERM_TOO_LONG
from tests.cast import Actor

_LONG = f"%{'a' * 60_000}%"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("/events/index", {"attribute": _LONG}, id="index of events"),
        pytest.param("/attributes/restSearch", {"value": _LONG}, id="search of attributes"),
        pytest.param("/tags/search", {"tag": _LONG}, id="search of tags"),
        pytest.param("/organisations/index", {"searchall": _LONG}, id="index of organisations"),
        pytest.param("/admin/logs/index", {"title": _LONG}, id="log"),
    ],
)
def test_a_text_too_long_to_search_for_is_refused(dora: Actor, path: str, body: dict[str, str]) -> None:
    dora.adds_event(attributes=[{"type": "domain", "value": "short.example"}])
    answer = dora.post(path, body)
    assert (answer.status_code, answer.json()["message"]) == (400, TERM_TOO_LONG)
