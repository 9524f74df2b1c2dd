"""Bodies and headers made to break a parser: each is refused in JSON, and nothing of it is stored (TRUST §2.2)."""

import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest
import requests

from mispmini.domain.ids import new_uuid
from tests.cast import Actor, Json
from tests.sync.hostile import bomb

MIB = 1024 * 1024
JSON = {"Content-Type": "application/json", "Accept": "application/json"}
EVENT_ADD, EVENT_EDIT, ATTRIBUTE_ADD = "/events/add", "/events/edit/{event}", "/attributes/add/{event}"
OFFERS, INDEX, LOGIN = "/events/filterEventIdsForPush", "/events/index", "/users/login"
Maker = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Attack:
    """One request: what it tries, where, with which body (made late: some are large) and headers on top."""

    name: str
    path: str
    body: bytes | Maker
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> bytes:
        """The body."""
        return self.body if isinstance(self.body, bytes) else self.body()


def _info(text: str, more: str = "") -> bytes:
    return f'{{"info":{text}{more}}}'.encode()


def _attribute(value: str) -> bytes:
    return f'{{"type":"domain","value":{value}}}'.encode()


def _event_with(key: str, value: str) -> bytes:
    return f'{{"info":"x","{key}":{value}}}'.encode()


def _nested(depth: int, opening: str, closing: str) -> bytes:
    return f'{{"info":"x","Attribute":{opening * depth}1{closing * depth}}}'.encode()


def _in_text(key: str, text: str) -> bytes:
    """A feed or link one of whose fields is JSON in a text."""
    known = {"name": "x", "provider": "x", "url": "https://198.51.100.1", "authkey": "a" * 40, "remote_org_id": "1"}
    return json.dumps(known | {key: text}).encode()


def _pasted(name: str) -> str:
    organisation = f'{{"uuid":"{new_uuid()}","name":{name}}}'
    return f'{{"url":"https://198.51.100.1","authkey":"{"a" * 40}","Organisation":{organisation}}}'


def _bomb() -> bytes:
    return bomb(300, filling=b" ", end=b"{}")


GZIP = {"Content-Encoding": "gzip"}
HALF_PAIR = '"\\ud800"'
HUGE = "1" + "0" * 5000

ATTACKS = (
    Attack("broken JSON", EVENT_ADD, b'{"info": '),
    Attack("two JSON values", EVENT_ADD, b'{"info":"x"}{"info":"y"}'),
    Attack("a trailing comma", EVENT_ADD, b'{"info":"x",}'),
    Attack("single quotes", EVENT_ADD, b"{'info':'x'}"),
    Attack("not UTF-8", EVENT_ADD, b'{"info":"\xff\xfe"}'),
    Attack("UTF-16", EVENT_ADD, '{"info":"x"}'.encode("utf-16")),
    Attack("an empty body", EVENT_ADD, b""),
    Attack("null", EVENT_ADD, b"null"),
    Attack("a number", EVENT_ADD, b"7"),
    Attack("a text", EVENT_ADD, b'"info"'),
    Attack("a list", EVENT_ADD, b"[1,2,3]"),
    Attack("an empty list", EVENT_ADD, b"[]"),
    Attack("an event that is a text", EVENT_ADD, b'{"Event":"x"}'),
    Attack("an event that is a list of lists", EVENT_ADD, b'{"Event":[[]]}'),
    Attack("lists 100,000 deep", EVENT_ADD, lambda: _nested(100_000, "[", "]")),
    Attack("records 100,000 deep", EVENT_ADD, lambda: _nested(100_000, '{"a":', "}")),
    Attack("lists 33 deep", EVENT_ADD, _nested(33, "[", "]")),
    Attack("only opening brackets", EVENT_ADD, b"[" * 200_000),
    Attack("a key twice", EVENT_ADD, b'{"info":"x","info":"y"}'),
    Attack("NaN", EVENT_ADD, _event_with("timestamp", "NaN")),
    Attack("infinity", EVENT_ADD, _event_with("timestamp", "-Infinity")),
    Attack("an infinite exponent", EVENT_ADD, _event_with("timestamp", "1e999")),
    Attack("2^70", EVENT_ADD, _event_with("timestamp", str(2**70))),
    Attack("2^70 as a text", EVENT_ADD, _event_with("timestamp", f'"{2**70}"')),
    Attack("a number of 5,000 digits", EVENT_ADD, _event_with("timestamp", HUGE)),
    Attack("5,000 digits as a text", EVENT_ADD, _event_with("timestamp", f'"{HUGE}"')),
    Attack("a time before 1970", EVENT_ADD, _event_with("timestamp", "-1")),
    Attack("a fraction of a second", EVENT_ADD, _event_with("timestamp", "1.5")),
    Attack("a time in words", EVENT_ADD, _event_with("timestamp", '"1e9"')),
    Attack("a time that is a list", EVENT_ADD, _event_with("timestamp", "[1]")),
    Attack("half a surrogate pair", EVENT_ADD, _info(HALF_PAIR)),
    Attack("half a pair as a key", EVENT_ADD, f'{{"info":"x",{HALF_PAIR}:1}}'.encode()),
    Attack("NUL", EVENT_ADD, _info('"a\\u0000b"')),
    Attack("a bare control character", EVENT_ADD, b'{"info":"a\x00b"}'),
    Attack("a list for the info", EVENT_ADD, _info('["x"]')),
    Attack("a record for the info", EVENT_ADD, _info('{"x":"y"}')),
    Attack("no info", EVENT_ADD, _info("null")),
    Attack("a blank info", EVENT_ADD, _info('"  "')),
    Attack("a text of 2 MiB", EVENT_ADD, lambda: _info(json.dumps("x" * 2 * MIB))),
    Attack("distribution 9", EVENT_ADD, _event_with("distribution", "9")),
    Attack("distribution -1", EVENT_ADD, _event_with("distribution", '"-1"')),
    Attack("a record for the distribution", EVENT_ADD, _event_with("distribution", "{}")),
    Attack("inherit from nothing", EVENT_ADD, _event_with("distribution", "5")),
    Attack("threat level 99", EVENT_ADD, _event_with("threat_level_id", "99")),
    Attack("a day that is none", EVENT_ADD, _event_with("date", '"2026-02-30"')),
    Attack("a uuid in braces", EVENT_ADD, _event_with("uuid", f'"{{{new_uuid()}}}"')),
    Attack("a uuid without hyphens", EVENT_ADD, _event_with("uuid", f'"{new_uuid().replace("-", "")}"')),
    Attack("a list for the uuid", EVENT_ADD, _event_with("uuid", "[]")),
    Attack("a sharing group of nobody", EVENT_ADD, b'{"info":"x","distribution":4,"sharing_group_id":"9999999"}'),
    Attack("a sharing group that is a list", EVENT_ADD, b'{"info":"x","distribution":4,"sharing_group_id":[1]}'),
    Attack("gzip that is none", EVENT_ADD, b'{"info":"x"}', GZIP),
    Attack("gzip cut short", EVENT_ADD, gzip.compress(_info('"x"'))[:-6], GZIP),
    Attack("gzip with something behind it", EVENT_ADD, gzip.compress(_info('"x"')) + b"more", GZIP),
    Attack("gzip of gzip", EVENT_ADD, gzip.compress(gzip.compress(_info('"x"'))), GZIP),
    Attack("a gzip bomb", EVENT_ADD, _bomb, GZIP),
    Attack("brotli", EVENT_ADD, b"\x0b\x02\x80{}\x03", {"Content-Encoding": "br"}),
    Attack("an unknown encoding", EVENT_ADD, _info('"x"'), {"Content-Encoding": "rot13"}),
    Attack("two encodings", EVENT_ADD, gzip.compress(_info('"x"')), {"Content-Encoding": "gzip, gzip"}),
    Attack("an encoding of 60 kB", EVENT_ADD, _info('"x"'), {"Content-Encoding": "g" * 60_000}),
    Attack("JSON called XML", EVENT_ADD, b"<Event/>", {"Content-Type": "application/xml"}),
    Attack("multipart without a boundary", EVENT_ADD, _info('"x"'), {"Content-Type": "multipart/form-data"}),
    Attack("edit: broken JSON", EVENT_EDIT, b"{"),
    Attack("edit: a list", EVENT_EDIT, b"[[]]"),
    Attack("edit: a list for the info", EVENT_EDIT, _info("[]")),
    Attack("edit: 2^70", EVENT_EDIT, _event_with("timestamp", str(2**70))),
    Attack("edit: another event's uuid", EVENT_EDIT, _event_with("uuid", f'"{new_uuid()}"')),
    Attack("edit: half a surrogate pair", EVENT_EDIT, _info(HALF_PAIR)),
    Attack("edit: an old timestamp", EVENT_EDIT, _event_with("timestamp", '"1000"')),
    Attack("attribute: nothing", ATTRIBUTE_ADD, b"{}"),
    Attack("attribute: a text", ATTRIBUTE_ADD, b'"x"'),
    Attack("attribute: a number in a list", ATTRIBUTE_ADD, b"[1]"),
    Attack("attribute: an empty list", ATTRIBUTE_ADD, b"[]"),
    Attack("attribute: a record for the value", ATTRIBUTE_ADD, _attribute('{"x":1}')),
    Attack("attribute: null for the value", ATTRIBUTE_ADD, _attribute("null")),
    Attack("attribute: NUL", ATTRIBUTE_ADD, _attribute('"a\\u0000b"')),
    Attack("attribute: half a surrogate pair", ATTRIBUTE_ADD, _attribute(HALF_PAIR)),
    Attack("attribute: a value of 2 MiB", ATTRIBUTE_ADD, lambda: _attribute(json.dumps("x" * 2 * MIB))),
    Attack("attribute: an unknown type", ATTRIBUTE_ADD, b'{"type":"nonsense","value":"x"}'),
    Attack("attribute: a list for the type", ATTRIBUTE_ADD, b'{"type":["domain"],"value":"x.example"}'),
    Attack("attribute: an unknown category", ATTRIBUTE_ADD, b'{"type":"domain","category":"x","value":"x.example"}'),
    Attack("attribute: distribution 9", ATTRIBUTE_ADD, b'{"type":"domain","value":"x.example","distribution":9}'),
    Attack("attribute: seen in words", ATTRIBUTE_ADD, b'{"type":"domain","value":"x.example","first_seen":"soon"}'),
    Attack("attribute: data that is no base64", ATTRIBUTE_ADD, b'{"type":"attachment","value":"x","data":"%%%"}'),
    Attack("attribute: a list for the data", ATTRIBUTE_ADD, b'{"type":"attachment","value":"x","data":[1]}'),
    Attack("login: broken JSON", LOGIN, b"{"),
    Attack("login: lists for texts", LOGIN, b'{"email":["a"],"password":["b"]}'),
    Attack("login: a record for the password", LOGIN, b'{"email":"a@b.example","password":{}}'),
    Attack("login: NUL", LOGIN, b'{"email":"a\\u0000@b.example","password":"x"}'),
    Attack(
        "login: a password of 2 MiB", LOGIN, lambda: json.dumps({"email": "a@b.c", "password": "x" * 2 * MIB}).encode()
    ),
)
OFFER_ATTACKS = (
    Attack("broken JSON", OFFERS, b"[{"),
    Attack("lists 100,000 deep", OFFERS, b"[" * 100_000 + b"]" * 100_000),
    Attack("NaN", OFFERS, f'[{{"Event":{{"uuid":"{new_uuid()}","timestamp":NaN}}}}]'.encode()),
    Attack("2^70", OFFERS, f'[{{"Event":{{"uuid":"{new_uuid()}","timestamp":{2**70}}}}}]'.encode()),
    Attack("half a surrogate pair", OFFERS, b'[{"Event":{"uuid":"\\ud800","timestamp":"1"}}]'),
    Attack("a gzip bomb", OFFERS, _bomb, GZIP),
)
TEXTS_OF_JSON = (
    Attack("a pasted link", "/servers/import", _in_text("json", _pasted(HALF_PAIR))),
    Attack("a pasted link, deep", "/servers/import", _in_text("json", "[[]," * 9_000)),
    Attack("settings of a feed", "/feeds/add", _in_text("settings", f'{{"common":{{"excluderegex":{HALF_PAIR}}}}}')),
    Attack("settings of a feed, deep", "/feeds/add", _in_text("settings", "[[]," * 9_000)),
    Attack("rules of a feed", "/feeds/add", _in_text("rules", f'{{"tags":{{"OR":[{HALF_PAIR}]}}}}')),
    Attack("rules of a link", "/servers/add", _in_text("pull_rules", f'{{"orgs":{{"NOT":[{HALF_PAIR}]}}}}')),
)
HARMLESS = (
    Attack("index: a list", INDEX, b"[1]"),
    Attack("index: a text", INDEX, b'"x"'),
    Attack("index: records for texts", INDEX, b'{"eventinfo":{"a":1},"tag":[[["x"]]],"org":{"b":[]}}'),
    Attack("index: a page of 2^62", INDEX, f'{{"page":{2**62},"limit":{2**62}}}'.encode()),
    Attack("index: a page below one", INDEX, b'{"page":-5,"limit":-5}'),
    Attack("index: a sort by nonsense", INDEX, b'{"sort":"id; DROP TABLE event","direction":"sideways"}'),
    Attack("index: a time in words", INDEX, b'{"timestamp":"the day before"}'),
    Attack("index: 10,000 tags", INDEX, lambda: json.dumps({"tag": [f"t{n}" for n in range(10_000)]}).encode()),
    Attack("index: 10,000 uuids", INDEX, lambda: json.dumps({"eventid": [new_uuid() for _ in range(10_000)]}).encode()),
    Attack("index: patterns", INDEX, b'{"eventinfo":"%_%","value":"\'; --","all":"%"}'),
)


@pytest.fixture(scope="module")
def event(alice: Actor) -> Json:
    """An event of Alice's that the attacks aim at."""
    return alice.adds_event("Aimed at", attributes=[{"type": "domain", "value": f"{new_uuid()}.example"}])


@pytest.fixture(autouse=True)
def _nothing_is_stored(dora: Actor, alice: Actor, event: Json) -> Iterator[None]:
    """As many events afterwards as before, and the one that was aimed at unchanged."""
    before = _count(dora), alice.views(event)
    yield
    assert (_count(dora), alice.views(event)) == before


def _count(actor: Actor) -> int:
    return int(actor.get("/events/index/limit:1").headers["X-Result-Count"])


def _sent(actor: Actor, attack: Attack, event: Json) -> requests.Response:
    headers = {**JSON, "Authorization": actor.key, **attack.headers}
    url = f"{actor.server.url}{attack.path.format(event=event['uuid'])}"
    return requests.post(url, data=attack.sent, headers=headers, timeout=30, allow_redirects=False)


def _assert_refused(answer: requests.Response) -> None:
    assert 400 <= answer.status_code < 500, f"{answer.status_code} {answer.text[:500]}"
    assert answer.headers["Content-Type"].startswith("application/json"), answer.headers
    assert answer.json()["message"]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_body_is_refused_in_json(alice: Actor, event: Json, attack: Attack) -> None:
    _assert_refused(_sent(alice, attack, event))


@pytest.mark.parametrize("attack", OFFER_ATTACKS, ids=lambda attack: attack.name)
def test_a_hostile_offer_is_refused_in_json(sam: Actor, event: Json, attack: Attack) -> None:
    _assert_refused(_sent(sam, attack, event))


@pytest.mark.parametrize("attack", TEXTS_OF_JSON, ids=lambda attack: attack.name)
def test_json_in_a_text_is_read_as_strictly(dora: Actor, event: Json, attack: Attack) -> None:
    _assert_refused(_sent(dora, attack, event))


@pytest.mark.parametrize("attack", HARMLESS, ids=lambda attack: attack.name)
def test_a_hostile_filter_is_refused_or_finds_what_it_says(alice: Actor, event: Json, attack: Attack) -> None:
    answer = _sent(alice, attack, event)
    assert answer.headers["Content-Type"].startswith("application/json")
    if answer.status_code == 200:
        assert isinstance(answer.json(), list)
    else:
        _assert_refused(answer)


@pytest.mark.parametrize(
    "body", ["{}", "[]", '[{"Event":"x"}]', '[{"Event":{"uuid":[],"timestamp":{}}}]', "[[],1,null]"]
)
def test_an_offer_of_nothing_is_answered_with_nothing_or_refused(sam: Actor, event: Json, body: str) -> None:
    answer = _sent(sam, Attack("", OFFERS, body.encode()), event)
    if answer.status_code == 200:
        assert answer.json() == []
    else:
        _assert_refused(answer)


@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        ({"Authorization": "x" * 5000}, {403, 431}),
        ({"Authorization": "Bearer " + "a" * 40}, {403}),
        ({"Authorization": "\u00e9".encode("latin-1").decode("latin-1") * 40}, {403}),
        ({"Authorization": ",".join(["a" * 40] * 500)}, {403, 431}),
        ({"X-MISP-AUTH": "' OR 1=1 --"}, {403}),
    ],
    ids=["a long key", "a scheme word", "letters with accents", "500 keys", "SQL"],
)
def test_a_hostile_key_is_no_key(alice: Actor, headers: Mapping[str, str], statuses: set[int]) -> None:
    wanted = {name: value.encode("latin-1") for name, value in {**JSON, **headers}.items()}
    answer = requests.get(f"{alice.server.url}/events/index", headers=wanted, timeout=30)
    assert answer.status_code in statuses, answer.text[:300]


@pytest.mark.parametrize(
    "path", ["/events/view/%00", "/events/view/" + "9" * 400, "/events/view/%ff%fe", "/events/view/..%2f..%2fetc"]
)
def test_a_hostile_path_is_not_found(alice: Actor, path: str) -> None:
    answer = alice.get(path)
    assert answer.status_code in (400, 404), answer.text[:300]
    assert answer.json()["message"]
