"""suricata and snort: rules for what can be seen on a network (API §8.6).

A text of an attribute never leaves its place in a rule: what could end a string is written as bytes. Addresses and
ports stand bare, and are nothing else.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from mispmini.domain.filters import Scope
from mispmini.domain.graphs import FoundAttribute
from mispmini.wire.exports.base import Export, ExportContext, fits_its_type, halves

_HEAD = """# MISP export of IDS rules - optimized for {dialect}
#
# These NIDS rules contain some variables that need to exist in your configuration.
# Make sure you have set:
#
# $HOME_NET     - Your internal network range
# $EXTERNAL_NET - The network considered as outside
# $SMTP_SERVERS - All your internal SMTP servers
# $HTTP_PORTS   - The ports used to contain HTTP traffic (not required with suricata export)
# """
_QUERY = 'content:"|01 00 00 01 00 00 00 00 00 01|"; depth:10; offset:2;'
_SESSION = "tag:session,600,seconds;"
_BEFORE = "(^|[^A-Za-z0-9-])"
_BARE = frozenset({"ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain|ip"})
_TO_WEB = "$HOME_NET any -> $EXTERNAL_NET"
_MAIL_IN = "$EXTERNAL_NET any -> $SMTP_SERVERS 25"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule: what traffic, what is said of it, what to look for, and what happens then."""

    traffic: str
    says: str
    match: str = ""
    tag: str = ""


Rules = Iterator[_Rule]
Maker = Callable[[str, str], Rules]


def _bytes_of(text: str) -> str:
    """A text for `content`: bytes in bars for what is no plain printable character."""
    plain = [chr(b) if 32 < b < 127 and chr(b) not in '"\\|;:`' else f"|{b:02x}|" for b in text.encode()]
    return "".join(plain).replace("||", " ")


def _pattern_of(text: str) -> str:
    """A text for `pcre`, literally: every byte but letters, digits and hyphens is escaped."""
    kept = (
        chr(b) if chr(b).isalnum() or b == 45 else f"\\{chr(b)}" if b == 46 else f"\\x{b:02x}" for b in _ascii(text)
    )
    return "".join(kept)


def _ascii(text: str) -> bytes:
    return text.encode("idna") if not text.isascii() and _is_name(text) else text.encode()


def _is_name(text: str) -> bool:
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return True


def _message(text: str) -> str:
    """A text for `msg`: what would end it is left out or escaped."""
    shown = "".join(character for character in text if character.isprintable())
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace(";", "\\;")


def _labels(name: str) -> str:
    """A name as DNS carries it: each part after its length."""
    parts = [part for part in name.split(".") if part]
    return "".join(f"|{min(len(part), 63):02X}|{_bytes_of(part)}" for part in parts) + "|00|"


def _incoming(address: str, _: str) -> Rules:
    yield _Rule(f"ip {address} any -> $HOME_NET any", f"Incoming From IP: {address}")


def _outgoing(address: str, _: str) -> Rules:
    yield _Rule(f"ip $HOME_NET any -> {address} any", f"Outgoing To IP: {address}")


def _incoming_port(address: str, port: str) -> Rules:
    for protocol in ("tcp", "udp"):
        yield _Rule(f"{protocol} {address} {port} -> $HOME_NET any", f"Incoming From IP: {address} port {port}")


def _outgoing_port(address: str, port: str) -> Rules:
    for protocol in ("tcp", "udp"):
        yield _Rule(f"{protocol} $HOME_NET any -> {address} {port}", f"Outgoing To IP: {address} port {port}")


def _dns(name: str, *, kind: str) -> Rules:
    yield _Rule(
        "dns any any -> any any",
        f"{kind} {name}",
        f'dns.query; content:"{_bytes_of(name)}"; nocase; pcre: "/{_BEFORE}{_pattern_of(name)}$/i";',
    )


def _suricata_http(name: str, *, kind: str) -> Rules:
    yield _Rule(
        f"http {_TO_WEB} any",
        f"Outgoing HTTP {kind} {name}",
        'flow:to_server,established; http.header; content: "Host|3a|"; nocase; http.header;'
        f' content:"{_bytes_of(name)}"; fast_pattern; nocase;'
        f' pcre: "/{_BEFORE}{_pattern_of(name)}[^A-Za-z0-9-\\.]/Hi";',
        _SESSION,
    )


def _suricata_name(kind: str) -> Maker:
    def make(name: str, _: str) -> Rules:
        yield from _dns(name, kind=kind)
        yield from _suricata_http(name, kind=kind)

    return make


def _snort_name(kind: str) -> Maker:
    def make(name: str, _: str) -> Rules:
        asked = f'{_QUERY} content:"{_labels(name)}"; fast_pattern; nocase;'
        yield _Rule("udp any any -> any 53", f"{kind}: {name}", asked)
        yield _Rule("tcp any any -> any 53", f"{kind}: {name}", f"{asked} flow:established;")
        yield _Rule(
            f"tcp {_TO_WEB} $HTTP_PORTS",
            f"Outgoing HTTP {kind}: {name}",
            'flow:to_server,established; content: "Host|3a|"; nocase; http_header;'
            f' content:"{_bytes_of(name)}"; fast_pattern; nocase; http_header;'
            f' pcre: "/{_BEFORE}{_pattern_of(name)}[^A-Za-z0-9-\\.]/H";',
            _SESSION,
        )

    return make


def _both(name_rules: Maker) -> Maker:
    """domain|ip: the address, then the name."""

    def make(name: str, address: str) -> Rules:
        yield from _outgoing(address, "")
        yield from name_rules(name, "")

    return make


def _mail(says: str, field: str) -> Maker:
    def make(text: str, _: str) -> Rules:
        match = (
            f'flow:established,to_server; content:"{field}"; nocase; content:"{_bytes_of(text)}"; fast_pattern; nocase;'
        )
        yield _Rule(f"tcp {_MAIL_IN}", f"{says}: {text}", match, _SESSION)

    return make


def _suricata_url(url: str, _: str) -> Rules:
    host, path = _pieces(url)
    match = f'flow:to_server,established; http.header; content:"{_bytes_of(host)}"; nocase;'
    if path:
        match += f' http.uri; content:"{_bytes_of(path)}"; fast_pattern; nocase;'
    yield _Rule(f"http {_TO_WEB} any", f"Outgoing HTTP URL: {url}", match, _SESSION)


def _snort_url(url: str, _: str) -> Rules:
    host, path = _pieces(url)
    match = f'flow:to_server,established; content:"{_bytes_of(host)}"; nocase; http_header;'
    if path:
        match += f' content:"{_bytes_of(path)}"; fast_pattern; nocase; http_uri;'
    yield _Rule(f"tcp {_TO_WEB} $HTTP_PORTS", f"Outgoing HTTP URL: {url}", match, _SESSION)


def _pieces(url: str) -> tuple[str, str]:
    """Host and path of a url; a url without a scheme begins with its host."""
    try:
        parts = urlsplit(url if "://" in url else f"//{url}")
        host = parts.hostname or url
    except ValueError:
        return url, ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return host, "" if path in ("", "/") else path


def _suricata_agent(text: str, _: str) -> Rules:
    match = f'flow:to_server,established; http.user_agent; content:"{_bytes_of(text)}"; fast_pattern;'
    yield _Rule(f"http {_TO_WEB} any", f"Outgoing User-Agent: {text}", match, _SESSION)


def _snort_agent(text: str, _: str) -> Rules:
    match = (
        'flow:to_server,established; content:"User-Agent|3a|"; nocase; http_header;'
        f' content:"{_bytes_of(text)}"; fast_pattern; http_header;'
    )
    yield _Rule(f"tcp {_TO_WEB} $HTTP_PORTS", f"Outgoing User-Agent: {text}", match, _SESSION)


def _fingerprint(text: str, _: str) -> Rules:
    yield _Rule("tls any any -> any any", f"JA3 fingerprint: {text}", f'ja3.hash; content:"{_bytes_of(text)}";')


_COMMON: dict[str, Maker] = {
    "ip-src": _incoming,
    "ip-dst": _outgoing,
    "ip-src|port": _incoming_port,
    "ip-dst|port": _outgoing_port,
    "email-src": _mail("Source Email Address", "MAIL FROM|3a|"),
    "email-dst": _mail("Destination Email Address", "RCPT TO|3a|"),
    "email-subject": _mail("Bad Email Subject", "Subject|3a|"),
    "email-attachment": _mail("Bad Email Attachment", "filename="),
}
_SURICATA: dict[str, Maker] = _COMMON | {
    "domain": _suricata_name("Domain"),
    "hostname": _suricata_name("Hostname"),
    "hostname|port": _suricata_name("Hostname"),
    "domain|ip": _both(_suricata_name("Domain")),
    "url": _suricata_url,
    "user-agent": _suricata_agent,
    "ja3-fingerprint-md5": _fingerprint,
}
_SNORT: dict[str, Maker] = _COMMON | {
    "domain": _snort_name("Domain"),
    "hostname": _snort_name("Hostname"),
    "hostname|port": _snort_name("Hostname"),
    "domain|ip": _both(_snort_name("Domain")),
    "url": _snort_url,
    "user-agent": _snort_agent,
}


def _exported(
    dialect: str, makers: dict[str, Maker]
) -> Callable[[Iterable[FoundAttribute], ExportContext], Iterator[str]]:
    def pieces(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
        yield _HEAD.format(dialect=dialect)
        for item in found:
            if item.attribute.type in _BARE and not fits_its_type(item):
                continue
            if maker := makers.get(item.attribute.type):
                for number, rule in enumerate(maker(*halves(item)), start=1):
                    yield _written(rule, item, context, number)
            elif item.attribute.type == dialect == "snort":
                yield f"\n{item.attribute.value.strip()}"

    return pieces


def _written(rule: _Rule, item: FoundAttribute, context: ExportContext, number: int) -> str:
    event = item.event.event
    tags = [*item.tags, *(item.event.tags if context.scope is Scope.EVENTS else ())]
    names = ",".join(tag.name for tag in tags if not tag.deleted)
    return (
        f'\nalert {rule.traffic} (msg: "MISP e{event.id} [{_message(names)}] {_message(rule.says)}"; {rule.match}'
        f" {rule.tag} classtype:trojan-activity; sid:{context.sid + item.attribute.id * 10 + number}; rev:1;"
        f" priority:{event.threat_level_id}; reference:url,{context.base_url}/events/view/{event.id};) "
    )


SURICATA = Export("suricata", _exported("suricata", _SURICATA))
SNORT = Export("snort", _exported("snort", _SNORT))
