"""Sites of security vendors: a link to one tells where something was read, and is nothing to detect."""

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_LISTS = ("automated-malware-analysis", "security-provider-blogpost")
_KNOWN = frozenset({
    "abuseipdb.com", "any.run", "bazaar.abuse.ch", "cert.br", "cisa.gov", "hybrid-analysis.com", "joesandbox.com",
    "malwarebazaar.abuse.ch", "metadefender.com", "otx.alienvault.com", "securelist.com", "shodan.io",
    "talosintelligence.com", "threatfox.abuse.ch", "tria.ge", "urlhaus.abuse.ch", "urlscan.io", "virusshare.com",
    "virustotal.com",
})  # fmt: skip


def is_vendor(host: str) -> bool:
    """Whether a host in lower case is a vendor's, or under one."""
    labels = host.split(".")
    return any(".".join(labels[at:]) in _vendors() for at in range(len(labels) - 1))


@cache
def _vendors() -> frozenset[str]:
    """Our few, and those of the warninglists where that package is installed."""
    spec = find_spec("pymispwarninglists")
    if spec is None or not spec.submodule_search_locations:
        return _KNOWN
    folder = Path(spec.submodule_search_locations[0]) / "data" / "misp-warninglists" / "lists"
    return _KNOWN.union(*(_hosts(folder / name / "list.json") for name in _LISTS))


def _hosts(path: Path) -> frozenset[str]:
    """The host names of a list; entries that are parts of a site's path would name too much."""
    if not path.is_file():
        return frozenset()
    entries = json.loads(path.read_text(encoding="utf-8"))["list"]
    hosts = (entry.lower().removeprefix("www.").strip("./") for entry in entries)
    return frozenset(host for host in hosts if "." in host and "/" not in host)
