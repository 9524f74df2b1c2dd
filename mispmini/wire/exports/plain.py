"""text, hashes, cache and count: one value a line (API §8.6)."""

import hashlib
from collections.abc import Iterable, Iterator

from mispmini.domain.errors import BadRequest
from mispmini.domain.graphs import FoundAttribute
from mispmini.wire.exports.base import Export, ExportContext

_SIMPLE_HASHES = frozenset({
    "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512/224", "sha512/256", "sha3-224", "sha3-256",
    "sha3-384", "sha3-512", "authentihash", "imphash", "pehash", "tlsh", "cdhash", "vhash", "telfhash", "ssdeep",
    "impfuzzy", "x509-fingerprint-md5", "x509-fingerprint-sha1", "x509-fingerprint-sha256",
})  # fmt: skip
_NAMED_HASHES = frozenset(f"filename|{name}" for name in _SIMPLE_HASHES) | {"malware-sample"}
# PHP writes sha512/256 and sha3-256 where Python has sha512_256 and sha3_256; a shake has no length of its own.
_DIGESTS = {
    spelling: name
    for name in sorted(hashlib.algorithms_available)
    if not name.startswith("shake")
    for spelling in (name, name.replace("sha512_", "sha512/"), name.replace("sha3_", "sha3-"))
}


def _text(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    return _values_once((item.attribute.value for item in found), context)


def _values_once(values: Iterable[str], _context: ExportContext) -> Iterator[str]:
    """Each value once, in the order in which it is met."""
    seen: set[str] = set()
    for value in values:
        if value not in seen:
            seen.add(value)
            yield f"{value}\n"


def _hashes(found: Iterable[FoundAttribute], _context: ExportContext) -> Iterator[str]:
    """Every hash, repeated ones too; of a file's name and hash the hash."""
    for item in found:
        attribute = item.attribute
        if attribute.type in _SIMPLE_HASHES:
            yield f"{attribute.value1}\n"
        elif attribute.type in _NAMED_HASHES:
            yield f"{attribute.value2}\n"


def _cache(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    """Digests of whole values, which a partner compares with its own (PROTOCOL §4.9). Raises BadRequest."""
    if context.options.hash_type not in _DIGESTS:
        raise BadRequest(f"Unknown hash type; known are {', '.join(sorted(_DIGESTS))}.")
    return _digests(found, context)


def _digests(found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    with_event, algorithm = context.options.include_event_uuid, _DIGESTS[context.options.hash_type]
    for item in found:
        digest = hashlib.new(algorithm, item.attribute.value.encode()).hexdigest()
        yield f"{digest},{item.event.event.uuid}\n" if with_event else f"{digest}\n"


def _count(_found: Iterable[FoundAttribute], context: ExportContext) -> Iterator[str]:
    yield str(context.count)


TEXT = Export("text", _text, kind_of_events="text", of_values=_values_once)
HASHES = Export("hashes", _hashes)
CACHE = Export("cache", _cache)
COUNT = Export("count", _count)
