"""Exports of found attributes and events, one module each; this is their registry (API §8.5, §8.6)."""

from mispmini.wire.exports import attack, context, csv, hosts, kunai, nids, openioc, plain, rpz, yara
from mispmini.wire.exports.base import Export, ExportContext, WholeEventsExport

__all__ = ["Export", "ExportContext", "WholeEventsExport", "export_named", "whole_events_export_named"]

_EXPORTS = {
    export.name: export
    for export in (
        csv.CSV, plain.TEXT, plain.HASHES, plain.CACHE, plain.COUNT, hosts.HOSTS, hosts.NETFILTER, rpz.RPZ,
        nids.SURICATA, nids.SNORT, yara.YARA, yara.YARA_JSON, openioc.OPENIOC, kunai.KUNAI, attack.SIGHTINGS,
    )
}  # fmt: skip
_OF_WHOLE_EVENTS = {
    export.name: export
    for export in (attack.ATTACK, attack.SIGHTINGS_OF_EVENTS, context.CONTEXT, context.CONTEXT_MARKDOWN)
}


def export_named(name: str) -> Export | None:
    """The export of a returnFormat; None for json, which is no export, and for what does not exist."""
    return _EXPORTS.get(name)


def whole_events_export_named(name: str) -> WholeEventsExport | None:
    """The export of whole events of that name, which a search for events prefers."""
    return _OF_WHOLE_EVENTS.get(name)
