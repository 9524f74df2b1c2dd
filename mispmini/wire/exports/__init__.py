"""Exports of found attributes, one module each; this is their registry (API §8.5, §8.6)."""

from mispmini.wire.exports import csv, hosts, nids, plain, rpz, yara
from mispmini.wire.exports.base import Export, ExportContext

__all__ = ["Export", "ExportContext", "export_named"]

_EXPORTS = {
    export.name: export
    for export in (
        csv.CSV, plain.TEXT, plain.HASHES, plain.CACHE, plain.COUNT, hosts.HOSTS, hosts.NETFILTER, rpz.RPZ,
        nids.SURICATA, nids.SNORT, yara.YARA, yara.YARA_JSON,
    )
}  # fmt: skip


def export_named(name: str) -> Export | None:
    """The export of a returnFormat; None for json, which is no export, and for what does not exist."""
    return _EXPORTS.get(name)
