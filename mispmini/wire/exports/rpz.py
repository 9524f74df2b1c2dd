"""rpz: a response policy zone for a resolver (API §8.6)."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from mispmini.domain.graphs import FoundAttribute
from mispmini.wire.exports.base import Export, ExportContext, fits_its_type, halves
from mispmini.wire.scalars import plain_text

_WORDS = re.compile(r"(?:\$date)?[A-Za-z0-9._@:-]*", re.ASCII)
_POLICIES: dict[str, tuple[str, str]] = {
    "nxdomain": (".", "NXDOMAIN (name does not exist)"),
    "nodata": ("*.", "NODATA (name exists but no answers returned)"),
    "drop": ("rpz-drop.", "DROP (timeout)"),
    "local-data": ("{walled_garden}", "redirect to {walled_garden}"),
    "walled-garden": ("{walled_garden}", "redirect to {walled_garden}"),
    "passthru": ("rpz-passthru.", "PASSTHRU (lets queries through)"),
    "tcp-only": ("rpz-tcp-only.", "TCP-Only (force the client to use TCP)"),
}
_BY_NUMBER = ("drop", "nxdomain", "nodata", "local-data", "passthru", "tcp-only")
_DEFAULTS = {
    "policy": "nxdomain", "walled_garden": "127.0.0.1", "serial": "$date00", "refresh": "2h", "retry": "30m",
    "expiry": "30d", "minimum_ttl": "1h", "ttl": "1w", "ns": "localhost.", "ns_alt": "", "email": "root.localhost",
}  # fmt: skip
_RETURNED = "will return {action} irrespective of actual result received."
_SECTIONS = (
    (("ip-src", "ip-dst", "ip-src|port", "ip-dst|port"), "; The following list of IP addresses " + _RETURNED),
    (("domain",), "; The following domain names and all of their sub-domains " + _RETURNED),
    (("hostname", "hostname|port"), "; The following hostnames " + _RETURNED),
)
_TYPES = frozenset({"domain|ip"}).union(*(types for types, _sentence in _SECTIONS))


def _rpz(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    options = {name: _option(context, name, default) for name, default in _DEFAULTS.items()}
    target, action = _policy(options)
    yield _head(options, context.now)
    by_section = _sorted_in(found)
    for number, (_types, sentence) in enumerate(_SECTIONS):
        if names := by_section[number]:
            records = (record for name in names for record in _owners(name, number))
            lines = "".join(f"{owner} CNAME {target}\n" for owner in records)
            yield f"{sentence.format(action=action)}\n{lines}\n"


def _option(context: ExportContext, name: str, default: str) -> str:
    """A parameter, if it is a word that cannot leave its place in the zone."""
    given = plain_text(context.parameters.get(name)) or default
    if name == "policy" and given.isdecimal() and int(given) < len(_BY_NUMBER):
        return _BY_NUMBER[int(given)]
    return given if _WORDS.fullmatch(given) else default


def _policy(options: dict[str, str]) -> tuple[str, str]:
    target, action = _POLICIES.get(options["policy"].lower(), _POLICIES["nxdomain"])
    return target.format_map(options), action.format_map(options)


def _head(options: dict[str, str], now: int) -> str:
    serial = options["serial"].replace("$date", f"{datetime.fromtimestamp(now, UTC):%Y%m%d}")
    times = f"{serial} {options['refresh']} {options['retry']} {options['expiry']} {options['minimum_ttl']}"
    second = f"                NS {options['ns_alt']}\n" if options["ns_alt"] else ""
    return (
        f"$TTL {options['ttl']};\n"
        f"@               SOA {options['ns']} {options['email'].replace('@', '.')} ({times})\n"
        f"                NS {options['ns']}\n{second}\n"
    )


def _sorted_in(found: Iterable[FoundAttribute]) -> tuple[dict[str, None], ...]:
    """Addresses, domains and host names, each once, in the order in which they are met."""
    sections: tuple[dict[str, None], ...] = ({}, {}, {})
    for item in found:
        if item.attribute.type not in _TYPES or not fits_its_type(item):
            continue
        first, second = halves(item)
        if item.attribute.type == "domain|ip":
            sections[1][first], sections[0][second] = None, None
        for number, (types, _sentence) in enumerate(_SECTIONS):
            if item.attribute.type in types:
                sections[number][first] = None
    return sections


def _owners(name: str, section: int) -> Iterator[str]:
    if section == 0:
        yield from _address_owner(name)
    else:
        yield name
    if section == 1:
        yield f"*.{name}"


def _address_owner(text: str) -> Iterator[str]:
    """`32.1.2.0.192.rpz-ip`: the prefix and the address from its end; what is no address has none."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return
    exploded = network.network_address.exploded
    pieces = exploded.split(".") if network.version == 4 else [f"{int(group, 16):x}" for group in exploded.split(":")]
    yield f"{network.prefixlen}.{'.'.join(reversed(pieces))}.rpz-ip"


RPZ = Export("rpz", _rpz)
