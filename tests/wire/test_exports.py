"""Whatever a value or a tag says stays data in every export: each is read back by a reader of its format (API §8.6)."""

import csv
import html.parser
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping

import pytest
from markdown_it import MarkdownIt

from mispmini.domain.filters import Scope, SearchOptions
from mispmini.domain.graphs import EventGraph, FoundAttribute, TagRow
from mispmini.wire.exports import ExportContext, export_named, whole_events_export_named
from mispmini.wire.exports.xml import xml_pieces
from tests.wire.example import EVENT, GREEN, INSIDE, NORTH, OBJECT, SOUTH

HOSTILE = {
    "a double quote": 'a"b', "a doubled one": 'a""b', "a single quote": "a'b", "a newline": "a\nalert tcp any",
    "a return": "a\r\nevil.example", "a semicolon": "a;reboot", "a percent": "%s%n%00", "a comma": "a,b,c",
    "other letters": "ação ☃ 𝕏", "a command": "$(reboot)", "backticks": "`reboot`", "a backslash": "a\\",
    "a tab": "a\tb", "a tag": "</Content><script>alert(1)</script>", "an end of data": "]]>", "an entity": "&amp;&x;",
    "a formula": "=1+1", "a list": "- # x", "emphasis": "**x** _y_ [z](http://evil.example)",
    "a comment": "<!-- x --> /* y */ # z", "a bar": "a:|41|b", "braces": "{a} %(b)s {{c}}",
}  # fmt: skip
values = pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
FREE_TEXT = ("user-agent", "email-src", "email-dst", "email-subject", "email-attachment", "url")
NAME_RULES = {"suricata": 6, "snort": 9}  # of a domain, a hostname, and one with a port
BARE = ("ip-src", "ip-dst", "domain", "hostname", "ip-dst|port", "domain|ip", "hostname|port")
BASE = "https://misp.example"


def _tag(name: str) -> TagRow:
    return GREEN._replace(id=99, name=name, is_galaxy=name.startswith("misp-galaxy:"))


def _graph(tag: str = "tlp:green") -> EventGraph:
    return EventGraph(EVENT._replace(info=tag), NORTH, SOUTH, None, tags=[_tag(tag)])


def _found(kind: str, value: str, second: str | None = None, *, tag: str = "tlp:green") -> FoundAttribute:
    row = INSIDE._replace(type=kind, value1=value, value2=second, comment=value, category="Other")
    return FoundAttribute(row, _graph(tag), OBJECT._replace(name=value), [_tag(tag)], {})


def _written(
    name: str,
    found: Iterable[FoundAttribute],
    *,
    options: SearchOptions | None = None,
    parameters: Mapping[str, object] | None = None,
) -> str:
    export = export_named(name)
    assert export is not None
    context = ExportContext(
        Scope.EVENTS, BASE, 1_772_600_000, options=options or SearchOptions(), parameters=parameters or {}
    )
    return "".join(export.pieces(found, context))


def _of_whole(name: str, graph: EventGraph) -> str:
    export = whole_events_export_named(name)
    assert export is not None
    return "".join(export.pieces([graph], ExportContext(Scope.EVENTS, BASE, 1_772_600_000, count=1)))


@values
@pytest.mark.parametrize("kind", ["text", 'x","y'])
def test_csv(value: str, kind: str) -> None:
    options = SearchOptions(include_context=True)
    for given in (None, options):
        text = _written("csv", [_found(kind, value, tag=value)], options=given)
        head, row, *rest = csv.reader(io.StringIO(text, newline=""))
        told = dict(zip(head, row, strict=True))
        assert rest == [[]]
        assert (told["type"], told["value"], told["comment"]) == (kind, value, value)
        assert (told["attribute_tag"], told["object_name"]) == (value, value)
        assert given is None or (told["event_info"], told["event_tag"]) == (value, value)


@values
@pytest.mark.parametrize("name", ["hosts", "netfilter", "rpz"])
def test_a_list_of_names_and_addresses_holds_nothing_else(value: str, name: str) -> None:
    nothing = _written(name, [])
    found = [_found(kind, value, value if "|" in kind else None) for kind in BARE]
    found += [_found("domain|ip", "good.example", value), _found("ip-dst|port", "198.51.100.9", value)]
    assert _written(name, found) == nothing


@values
def test_parameters_of_a_zone_stay_in_their_places(value: str) -> None:
    names = ("walled_garden", "serial", "refresh", "retry", "expiry", "minimum_ttl", "ttl", "ns", "ns_alt", "email")
    for policy, usual in (("walled-garden", "walled-garden"), (value, "NXDOMAIN")):
        given = {**dict.fromkeys(names, value), "policy": policy}
        hostile = _written("rpz", [_found("domain", "good.example")], parameters=given)
        assert hostile == _written("rpz", [_found("domain", "good.example")], parameters={"policy": usual})


@values
@pytest.mark.parametrize("name", ["suricata", "snort"])
def test_a_rule_has_one_end(value: str, name: str) -> None:
    found = [_found(kind, value, tag=value) for kind in FREE_TEXT]
    found += [_found(kind, value, value if "|" in kind else None) for kind in BARE]
    rules = [line for line in _written(name, found).splitlines() if not line.startswith("#")]
    assert len(rules) == len(FREE_TEXT) + NAME_RULES[name]
    for rule in rules:
        assert re.fullmatch(r'alert [^"(]* -> [^"(]* \((?:[^"\\;]|"(?:[^"\\]|\\.)*"|;)*\) ', rule), rule
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', "", rule)
        assert (outside.count("sid:"), outside.count("msg:"), outside.count("classtype:")) == (1, 1, 1), rule
        assert all(not re.search(r'(?<!\\)[;"]', text[1:-1]) for text in re.findall(r'"(?:[^"\\]|\\.)*"', rule)), rule


@values
def test_openioc(value: str) -> None:
    found = [_found("user-agent", value), _found("regkey|value", value, value), _found("filename", value)]
    root = ET.fromstring(_written("openioc", found))
    contents = [element.text for element in root.iter("{http://schemas.mandiant.com/2010/ioc}Content")]
    assert contents == [value] * 4


@values
def test_kunai(value: str) -> None:
    (line,) = _written("kunai", [_found("filename", f"/{value}")]).removesuffix("\n").split("\n")
    assert json.loads(line)["value"] == f"/{value}"


@values
def test_yara(value: str) -> None:
    assert _written("yara", [_found("yara", value)]) == f"{value.strip()}\n\n"
    assert json.loads(_written("yara-json", [_found("yara", value)])) == {"generic": [{"value": value}]}


@values
def test_one_value_a_line(value: str) -> None:
    assert _written("text", [_found("text", value), _found("comment", value)]) == f"{value}\n"
    assert re.fullmatch(r"[0-9a-f]{32}\n", _written("cache", [_found("text", value)]))
    assert _written("hashes", [_found("text", value)]) == ""


@values
def test_attack(value: str) -> None:
    tag = f'misp-galaxy:mitre-attack-pattern="{value} - T1566"'
    layer = json.loads(_of_whole("attack", _graph(tag)))
    assert layer["techniques"] in ([], [{"techniqueID": "T1566", "score": 1, "enabled": True}])
    for text in (
        _of_whole("attack-sightings", _graph(tag)),
        _written("attack-sightings", [_found("md5", "x", tag=tag)]),
    ):
        assert all(one["techniques"] == [{"techniqueID": "T1566"}] for one in json.loads(text))
    assert json.loads(_of_whole("attack", _graph(value)))["techniques"] == []


class _Page(html.parser.HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


TAGGED = ("{}", "kind:{}", 'misp-galaxy:kind="{}"')


@values
@pytest.mark.parametrize("form", TAGGED)
def test_context(value: str, form: str) -> None:
    graph = _graph(form.format(value))
    page = _Page(_of_whole("context", graph))
    assert page.elements == {"html", "head", "meta", "title", "body", "h1", "h2", "ul", "li", "strong"} | (
        {"h3"} if "h3" in page.elements else set()
    )
    assert value in "".join(page.texts)
    tokens = MarkdownIt("commonmark").parse(_of_whole("context-markdown", graph))
    inside = [child.type for token in tokens for child in token.children or ()]
    assert set(inside) <= {"text", "text_special", "strong_open", "strong_close"}
    assert inside.count("strong_open") == 1
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert " ".join(value.split()) in shown


@values
def test_xml(value: str) -> None:
    text = "".join(xml_pieces([json.dumps({"value": value, value: "named"})], "Attribute"))
    attribute = ET.fromstring(text).find("Attribute")
    assert attribute is not None
    assert attribute.findtext("value") == value


def test_what_is_in_several_parts_is_whole_in_each_place() -> None:
    both = _found("domain|ip", "two.example", "2001:db8::2")
    file = _found("filename|md5", "a.exe", "d" * 32)
    assert _written("hosts", [both]).splitlines()[2:] == ["0.0.0.0 two.example"]
    assert _written("netfilter", [both]) == "ip6tables -A INPUT -s 2001:db8::2 -j DROP\n"
    assert _written("hashes", [file, file]) == f"{'d' * 32}\n" * 2
    assert _written("text", [both, file, both]) == f"two.example|2001:db8::2\na.exe|{'d' * 32}\n"
    zone = _written("rpz", [both])
    assert "128.2.0.0.0.0.0.db8.2001.rpz-ip CNAME .\n" in zone
    assert "two.example CNAME .\n*.two.example CNAME .\n" in zone


def test_a_zone_is_headed_by_its_parameters() -> None:
    given = {
        "policy": "walled-garden", "walled_garden": "sinkhole.example", "serial": "$date07", "refresh": "1h",
        "retry": "5m", "expiry": "9d", "minimum_ttl": "2h", "ttl": "3d", "ns": "ns1.example.", "ns_alt": "ns2.example.",
        "email": "host@example.org",
    }  # fmt: skip
    assert _written("rpz", [_found("hostname", "www.bad.example")], parameters=given) == (
        "$TTL 3d;\n@               SOA ns1.example. host.example.org (2026030407 1h 5m 9d 2h)\n"
        "                NS ns1.example.\n                NS ns2.example.\n\n"
        "; The following hostnames will return redirect to sinkhole.example irrespective of actual result received.\n"
        "www.bad.example CNAME sinkhole.example\n\n"
    )


def test_a_rule_of_a_name_is_written_once() -> None:
    first, other = "rule one { condition: true }", "private rule two { condition: true }"
    again = "rule one { condition: false }"
    found = [_found("yara", text) for text in (first, again, other)]
    assert _written("yara", found) == f"{first}\n\n{other}\n\n"
