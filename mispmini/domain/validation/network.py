"""Rules for IP addresses, names, ports, links and what else travels a network (MODEL §7.14)."""

import re
from socket import AF_INET6, inet_ntop, inet_pton

from mispmini.domain.validation.rule import WRONG_FORMAT, Rule, lower, matching, single_line, upper

WRONG_IP = "IP address has an invalid format."
WRONG_PREFIX = "Invalid CIDR notation value found."

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_V6_WITH_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]:|([0-9A-Fa-f:.]+)(?:[|:.#p]| port ))([0-9]+)")
_DOMAIN = re.compile(r"[A-Za-z0-9.\-_]+\.[A-Za-z0-9\-]{2,}")
_LINK = (
    r"(?=[!-~]*\Z)[A-Za-z][A-Za-z0-9+.\-]*://(?:[^/?#@]*@)?"
    r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9.])?)(?::[0-9]{1,5})?(?:[/?#].*)?"
)
_MAC_SEPARATORS = re.compile(r"[.:\- ]")
_AS_NUMBER = re.compile(r"[0-9]{1,10}")
_AS_DOT = re.compile(r"([0-9]{1,10})\.([0-9]{1,10})")
_METHODS = (
    "ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY "
    "MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PRI PROPFIND PROPPATCH PUT "
    "REBIND REPORT SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL"
)
_KNOWN_METHOD = re.compile("|".join(map(re.escape, _METHODS.split())))

# UTS #46 transitional processing, which the idna package no longer offers: MISP maps straße.de to strasse.de.
_DEVIATIONS = str.maketrans({"ß": "ss", "ẞ": "ss", "ς": "σ", "\u200c": None, "\u200d": None})
_LONGEST_NAME = 253
_LONGEST_LABEL = 63


def canonical_ip(address: str) -> str | None:
    """The address as inet_ntop writes it, or None if it is neither IPv4 (no leading zeros) nor IPv6 (no zone)."""
    if _IPV4.fullmatch(address):
        return address
    if ":" not in address:
        return None
    try:
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, address))
    except (OSError, ValueError):  # ValueError: a NUL or a lone surrogate
        return None


def _change_ip(value: str) -> str:
    address, slash, prefix = value.partition("/")
    canonical = canonical_ip(address)
    if canonical is None:
        return value
    return canonical if prefix == _full_prefix(canonical) else canonical + slash + prefix


def _ip_complaint(value: str) -> str | None:
    address, slash, prefix = value.partition("/")
    if canonical_ip(address) is None:
        return WRONG_IP
    if slash and not (_PREFIX.fullmatch(prefix) and int(prefix) <= int(_full_prefix(address))):
        return WRONG_PREFIX
    return None


def _full_prefix(address: str) -> str:
    return "128" if ":" in address else "32"


def _change_ip_port(value: str) -> str:
    address, bar, port = value.partition("|")
    if not bar and value.count(":") == 1:
        address, _, port = value.partition(":")
    if _IPV4.fullmatch(address):
        return f"{address}|{port}" if port else value
    match = _V6_WITH_PORT.fullmatch(value)
    canonical = canonical_ip(match[1] or match[2]) if match else None
    if match is None or canonical is None or ":" not in canonical:
        return value
    return f"{canonical}|{match[3]}"


def _ip_port_complaint(value: str) -> str | None:
    address, _, port = value.partition("|")
    return WRONG_IP if canonical_ip(address) is None else _port_complaint(port)


def _port_complaint(port: str) -> str | None:
    return None if _PORT.fullmatch(port) and int(port) <= 65_535 else WRONG_FORMAT


def _change_domain(value: str) -> str:
    name = lower(value).strip(".")
    return name if name.isascii() else _ascii_name(name)


def _ascii_name(name: str) -> str:
    """The xn-- form of a name with other letters, as lenient as MISP's: mapped, not judged; unmappable names stay."""
    if len(name) > _LONGEST_NAME:
        return name
    import idna  # late: most servers meet no such name for days

    try:
        mapped = idna.uts46_remap(name.translate(_DEVIATIONS), std3_rules=False)
        labels = [_ascii_label(label) for label in mapped.split(".")]
    except UnicodeError:  # idna.IDNAError is one
        return name
    return name if any(len(label) > _LONGEST_LABEL for label in labels) else lower(".".join(labels)).strip(".")


def _ascii_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _domain_complaint(value: str) -> str | None:
    return None if _DOMAIN.fullmatch(value) else WRONG_FORMAT


def _change_domain_ip(value: str) -> str:
    name, bar, address = value.partition("|")
    if not bar:
        return value
    return f"{_change_domain(name)}|{canonical_ip(address) or address}"


def _domain_ip_complaint(value: str) -> str | None:
    name, _, address = value.partition("|")
    return _domain_complaint(name) or (WRONG_IP if canonical_ip(address) is None else None)


def _change_hostname_port(value: str) -> str:
    return lower(value).replace(":", "|")


def _hostname_port_complaint(value: str) -> str | None:
    name, _, port = value.partition("|")
    return _domain_complaint(name) or _port_complaint(port)


def _known_method(value: str) -> str | None:
    return None if _KNOWN_METHOD.search(value) else WRONG_FORMAT


def _change_mac(value: str) -> str:
    digits = _MAC_SEPARATORS.sub("", lower(value))
    return ":".join(digits[start : start + 2] for start in range(0, len(digits), 2))


def _change_as(value: str) -> str:
    number = value[2:] if value[:2] in ("AS", "as", "As", "aS") else value
    match = _AS_DOT.fullmatch(number)
    return str(int(match[1]) * 65_536 + int(match[2])) if match else number


def _as_complaint(value: str) -> str | None:
    return None if _AS_NUMBER.fullmatch(value) and int(value) < 2**32 else WRONG_FORMAT


_IP = Rule(_change_ip, _ip_complaint)
_IP_PORT = Rule(_change_ip_port, _ip_port_complaint)

RULES: dict[str, Rule] = {
    "ip-src": _IP,
    "ip-dst": _IP,
    "ip-src|port": _IP_PORT,
    "ip-dst|port": _IP_PORT,
    "port": Rule(None, _port_complaint),
    "domain": Rule(_change_domain, _domain_complaint),
    "hostname": Rule(lower, _domain_complaint),
    "domain|ip": Rule(_change_domain_ip, _domain_ip_complaint),
    "hostname|port": Rule(_change_hostname_port, _hostname_port_complaint),
    "url": Rule(None, single_line),
    "link": Rule(None, matching(_LINK)),
    "mac-address": Rule(_change_mac, matching(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")),
    "mac-eui-64": Rule(_change_mac, matching(r"[0-9a-f]{2}(?::[0-9a-f]{2}){7}")),
    "AS": Rule(_change_as, _as_complaint),
    "onion-address": Rule(lower, matching(r"(?:[a-z2-7]{16}|[a-z2-7]{56})\.onion")),
    "http-method": Rule(upper, _known_method),
}
