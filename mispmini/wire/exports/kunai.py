"""kunai: what the sensor of kunai.rocks looks up, a JSON document a line (API §8.5; its "Builtin IoC matching")."""

from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring as quoted

from mispmini.domain.graphs import FoundAttribute
from mispmini.wire.exports.base import Export, ExportContext, halves

_HASHES = frozenset({"md5", "sha1", "sha256", "sha512"})
_FIRST = frozenset({"domain", "hostname", "hostname|port", "ip-src", "ip-dst", "ip-src|port", "ip-dst|port"}) | _HASHES
_SECOND = frozenset(f"filename|{name}" for name in _HASHES) | {"malware-sample"}
_BOTH = frozenset({"domain|ip"})
_PATHS = frozenset({"filename"})
_TYPES = _FIRST | _SECOND | _BOTH | _PATHS


def _kunai(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    source = quoted(context.base_url)
    for item in found:
        for value in _values(item):
            yield (
                f'{{"uuid": "{item.attribute.uuid}", "source": {source}, "value": {quoted(value)},'
                f' "event_uuid": "{item.event.event.uuid}"}}\n'
            )


def _values(item: FoundAttribute) -> Iterator[str]:
    """Hashes, names, addresses and absolute paths, which is all that it compares."""
    kind, (first, second) = item.attribute.type, halves(item)
    if kind in _FIRST or kind in _BOTH or (kind in _PATHS and first.startswith("/")):
        yield first
    if kind in _SECOND or kind in _BOTH:
        yield second


KUNAI = Export("kunai", _kunai, types=_TYPES)
