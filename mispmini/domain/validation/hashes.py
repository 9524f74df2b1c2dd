"""Rules for digests, fuzzy hashes, fingerprints and the composites of a filename and a hash (MODEL §7.14)."""

from mispmini.domain.validation.rule import Change, Complaint, Rule, lower, matching

_DIGITS_OF = {
    32: "md5 imphash ja3-fingerprint-md5 hassh-md5 hasshserver-md5 dom-hash",
    40: "sha1 pehash",
    56: "sha224 sha512/224 sha3-224",
    62: "jarm-fingerprint",
    64: "sha256 sha512/256 sha3-256 authentihash",
    96: "sha384 sha3-384",
    128: "sha512 sha3-512",
}
_LENGTHS = {name: length for length, names in _DIGITS_OF.items() for name in names.split()}
_NAMED_HASHES = (
    "md5 sha1 sha224 sha256 sha384 sha512 sha512/224 sha512/256 sha3-224 sha3-256 sha3-384 sha3-512 "
    "authentihash imphash pehash"
)

_SSDEEP = r"[0-9]+:[A-Za-z0-9/+]*:[A-Za-z0-9/+]*"
_IMPFUZZY = r"[0-9]+:[^:\n]*:[^:\n]*"
_TLSH = r"t?[0-9a-f]{36,}"
_VHASH = r"[^\n]+"


def _checksum(length: int) -> Complaint:
    return matching(
        rf"[0-9a-f]{{{length}}}",
        f"Checksum has an invalid length or format (expected: {length} hexadecimal characters). "
        'Please double check the value or select type "other".',
    )


def _fingerprint(value: str) -> str:
    return lower(value.replace(":", ""))


def _lower_hash(value: str) -> str:
    """Lower case from the first bar on: a filename keeps its letters."""
    name, bar, digest = value.partition("|")
    return name + bar + lower(digest)


def _named(pattern: str, change: Change | None = _lower_hash) -> Rule:
    return Rule(change, matching(rf"[^\n|]+\|{pattern}"))


RULES: dict[str, Rule] = {
    **{name: Rule(lower, _checksum(length)) for name, length in _LENGTHS.items()},
    **{f"filename|{name}": _named(rf"[0-9a-f]{{{_LENGTHS[name]}}}") for name in _NAMED_HASHES.split()},
    "git-commit-id": Rule(None, matching(r"[0-9a-fA-F]{40}")),
    "x509-fingerprint-md5": Rule(_fingerprint, matching(r"[0-9a-f]{32}")),
    "x509-fingerprint-sha1": Rule(_fingerprint, matching(r"[0-9a-f]{40}")),
    "x509-fingerprint-sha256": Rule(_fingerprint, matching(r"[0-9a-f]{64}")),
    "ssh-fingerprint": Rule(
        None, matching(r"SHA256:[A-Za-z0-9+/]{43}=?|(?:MD5:)?[0-9a-fA-F]{2}(?::?[0-9a-fA-F]{2}){15}")
    ),
    "cdhash": Rule(lower, matching(r"[0-9a-f]{40,}")),
    "tlsh": Rule(lower, matching(_TLSH)),
    "telfhash": Rule(lower, matching(r"(?s:.{70}|.{72})")),
    "vhash": Rule(lower, matching(_VHASH)),
    "ssdeep": Rule(None, matching(_SSDEEP)),
    "impfuzzy": Rule(None, matching(_IMPFUZZY)),
    "filename|tlsh": _named(_TLSH),
    "filename|vhash": _named(_VHASH),
    "filename|ssdeep": _named(_SSDEEP, change=None),
    # MISP 2.5.1 has no rule for filename|impfuzzy and answers 500; it is accepted here.
    "filename|impfuzzy": _named(_IMPFUZZY, change=None),
}
