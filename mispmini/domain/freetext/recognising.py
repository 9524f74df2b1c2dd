"""What one piece of a text is; the first test that fits wins (MODEL §7.17)."""

import re
import socket
from collections.abc import Callable

from mispmini.domain.freetext.candidates import BOTH_ADDRESSES, Candidate, candidate
from mispmini.domain.freetext.coins import coin_of
from mispmini.domain.freetext.files import is_file_name, looks_like_file
from mispmini.domain.freetext.suffixes import labels_above_suffix
from mispmini.domain.freetext.vendors import is_vendor

_LONGEST = 65_535
_HEX = re.compile(r"[0-9A-Fa-f]+")
_SSDEEP = re.compile(r"\d{1,9}:[A-Za-z0-9/+]{3,}:[A-Za-z0-9/+]{3,}")
_HASHES: dict[int, tuple[str, ...]] = {
    32: ("md5", "imphash", "x509-fingerprint-md5"),
    40: ("sha1", "pehash", "x509-fingerprint-sha1"),
    56: ("sha224", "sha512/224"),
    64: ("sha256", "sha512/256", "authentihash", "x509-fingerprint-sha256"),
    96: ("sha384",),
    128: ("sha512",),
}
_WITH_NAME = frozenset({"md5", "imphash", "sha1", "pehash", "sha224", "sha512/224", "sha256", "sha512/256",
                        "authentihash", "sha384", "sha512"})  # fmt: skip
_EMAIL_TYPES = ("email-src", "email-dst", "email", "whois-registrant-email", "target-email")
_LOCAL_PART = re.compile(r"[^\s@\"<>()\[\],;:\\]{1,64}")
_CVE = re.compile(r"CVE[-–]\d{4}[-–]\d{4,19}", re.IGNORECASE)
_AS = re.compile(r"ASN?(\d{1,10})", re.IGNORECASE)
_QUAD = re.compile(r"(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}", re.ASCII)
_PHONE = re.compile(r"\+\d[\d().-]{7,20}\d")
_NAME = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[\w])?|_[\w-]{0,62})(?:\.[\w-]{1,63})+\.?")
_SENTENCES = re.compile(r".*[^\W\d_A-Z]\.[A-ZÀ-Þ][a-zß-ÿ]+")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,15})://(?:[^/?#@\s]*@)?(?P<host>\[[^\]]+\]|[^/?#:\s]+)"
                  r"(?P<port>:\d{1,5})?(?P<rest>[/?#][^\s\"<>]*)?")  # fmt: skip
_BARE_URL = re.compile(r"(?P<host>[^/?#:@\s\\]+)(?P<port>:\d{1,5})?(?P<rest>/[^\s\"<>]*)")
_SEVERAL = re.compile(r"[,;|][A-Za-z]{2,8}://")
_HIGHEST_PORT = 65_535
_HIGHEST_AS = 4_294_967_295


def recognise(piece: str) -> Candidate | None:
    """The candidate that a piece is, None if it is nothing of interest."""
    if not 3 <= len(piece) <= _LONGEST:
        return None
    return next((found for test in _TESTS if (found := test(piece)) is not None), None)


def _email(piece: str) -> Candidate | None:
    local, at, host = piece.partition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or labels_of(host) is None:
        return None
    return candidate(f"{local}@{host}".lower().rstrip("."), *_EMAIL_TYPES)


def _vulnerability(piece: str) -> Candidate | None:
    return candidate(piece.upper().replace("–", "-"), "vulnerability") if _CVE.fullmatch(piece) else None


def _address_with_port(piece: str) -> Candidate | None:
    host, separator, port = piece.rpartition("|" if "|" in piece else ":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not separator or not _is_port(port) or (":" in host and not bracketed and separator == ":"):
        return None
    address = plain_address(host.strip("[]") if bracketed else host)
    return candidate(f"{address}|{port}", "ip-dst|port", "ip-src|port") if address else None


def _address(piece: str) -> Candidate | None:
    host, slash, prefix = piece.partition("/")
    address = plain_address(host)
    if address is None or (slash and not _is_prefix(prefix, of_six=":" in address)):
        return None
    return candidate(address + slash + prefix, "ip-dst", "ip-src", BOTH_ADDRESSES)


def _hash(piece: str) -> Candidate | None:
    if _SSDEEP.fullmatch(piece):
        return candidate(piece, "ssdeep")
    if "|" in piece:
        return _named_pair(piece)
    types = _HASHES.get(len(piece))
    return candidate(piece.lower(), *types) if types and _HEX.fullmatch(piece) else None


def _named_pair(piece: str) -> Candidate | None:
    """`name|hash` and `domain|ip`."""
    first, _, second = piece.partition("|")
    types = _HASHES.get(len(second), ()) if _HEX.fullmatch(second) else ()
    if types and first and "|" not in first:
        return candidate(f"{first}|{second.lower()}", *(f"filename|{name}" for name in types if name in _WITH_NAME))
    if first and _SSDEEP.fullmatch(second):
        return candidate(piece, "filename|ssdeep")
    address = plain_address(second)
    if address and labels_of(first) is not None:
        return candidate(f"{first.lower()}|{address}", "domain|ip")
    return None


def _url(piece: str) -> Candidate | None:
    found = None if _SEVERAL.search(piece) else _URL.fullmatch(piece)
    if found is None or not _is_host(found["host"]) or not _port_fits(found["port"]):
        return None
    if found["scheme"].lower() in ("http", "https") and is_vendor(found["host"].lower()):
        return candidate(piece, "link", "url", to_ids=False)
    return candidate(piece, "url", "link")


def _bare_url(piece: str) -> Candidate | None:
    found = _BARE_URL.fullmatch(piece)
    if found is None or not _is_host(found["host"]) or not _port_fits(found["port"]):
        return None
    if plain_address(found["host"]) and found["rest"][1:].isdigit():
        return None  # a network with a prefix that is none
    if is_vendor(found["host"].lower()):
        return candidate(piece, "url", to_ids=False)
    return candidate(piece, "url")


def _name(piece: str) -> Candidate | None:
    host, colon, port = piece.partition(":")
    labels = labels_of(host)
    if labels is None:
        return None
    name = host.lower().rstrip(".")
    if colon:
        return candidate(f"{name}|{port}", "hostname|port") if _is_port(port) else None
    types = ("domain", "hostname") if labels == 1 else ("hostname", "domain")
    also = ("filename",) if looks_like_file(name) else ()
    return candidate(name, *types, *also, to_ids=False if is_vendor(name) else None)


def _file(piece: str) -> Candidate | None:
    return candidate(piece, "filename") if is_file_name(piece) else None


def _coin(piece: str) -> Candidate | None:
    coin = coin_of(piece)
    return candidate(piece, coin) if coin else None


def _system(piece: str) -> Candidate | None:
    found = _AS.fullmatch(piece)
    return candidate(f"AS{int(found[1])}", "AS") if found and int(found[1]) <= _HIGHEST_AS else None


def _phone(piece: str) -> Candidate | None:
    digits = sum(letter.isdigit() for letter in piece)
    if not _PHONE.fullmatch(piece) or not 9 <= digits <= 15:
        return None
    return candidate(piece, "phone-number", "whois-registrant-phone")


_TESTS: tuple[Callable[[str], Candidate | None], ...] = (
    _email, _vulnerability, _address_with_port, _address, _hash, _url, _bare_url, _name, _file, _coin, _system, _phone,
)  # fmt: skip


def labels_of(host: str) -> int | None:
    """Labels above the public suffix of what could be a host's name.

    Two sentences without a space between them are none: `servidor.No` would be under Norway's suffix.
    """
    if not _NAME.fullmatch(host) or _SENTENCES.fullmatch(host):
        return None
    return labels_above_suffix(host.lower().rstrip("."))


def plain_address(text: str) -> str | None:
    """An address in its normal form; leading zeros and zones make none."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    if not (family == socket.AF_INET6 or _QUAD.fullmatch(text)):
        return None
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, text))
    except (OSError, ValueError):
        return None


def _is_host(host: str) -> bool:
    return plain_address(host.strip("[]")) is not None or labels_of(host) is not None


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= _HIGHEST_PORT


def _port_fits(text: str | None) -> bool:
    return text is None or _is_port(text[1:])


def _is_prefix(text: str, *, of_six: bool) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= (128 if of_six else 32)
