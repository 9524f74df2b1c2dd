"""hosts and netfilter: what a resolver or a firewall is fed with; its names and addresses stand bare (API §8.6)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from mispmini.domain.graphs import FoundAttribute
from mispmini.wire.exports.base import Export, ExportContext, fits_its_type, halves

_NAMED = frozenset({"domain", "hostname", "domain|ip", "hostname|port"})
_ADDRESSED = frozenset({"ip-src", "ip-dst", "ip-src|port", "ip-dst|port", "domain|ip"})


def _hosts(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    moment = datetime.fromtimestamp(context.now, UTC)
    yield f"# Blocklist in the HOSTS format\n# Generated: {moment:%Y-%m-%d %H:%M:%S} +0000\n"
    seen: set[str] = set()
    for item in found:
        name = item.attribute.value1
        if item.attribute.type in _NAMED and name not in seen and fits_its_type(item):
            seen.add(name)
            yield f"0.0.0.0 {name}\n"


def _netfilter(found: Iterable[FoundAttribute], _context: ExportContext) -> Iterator[str]:
    seen: set[str] = set()
    for item in found:
        if item.attribute.type not in _ADDRESSED:
            continue
        first, second = halves(item)
        address = second if item.attribute.type == "domain|ip" else first
        if address not in seen and fits_its_type(item):
            seen.add(address)
            program = "ip6tables" if ":" in address else "iptables"
            yield f"{program} -A INPUT -s {address} -j DROP\n"


HOSTS = Export("hosts", _hosts, types=_NAMED)
NETFILTER = Export("netfilter", _netfilter, types=_ADDRESSED)
