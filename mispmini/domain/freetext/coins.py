"""Addresses of crypto currencies, by their checksum where they have one."""

import hashlib
import re

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {letter: value for value, letter in enumerate(_ALPHABET)}
_BASE58 = re.compile(r"[13X][1-9A-HJ-NP-Za-km-z]{25,34}")
_BECH32 = re.compile(r"bc1[02-9ac-hj-np-z]{11,71}")
_MONERO = re.compile(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}")
_VERSIONS = {0: "btc", 5: "btc", 16: "dash", 76: "dash"}
_BYTES = 25


def coin_of(piece: str) -> str | None:
    """The type of an address: btc, dash or xmr; None if it is none."""
    if _BECH32.fullmatch(piece):
        return "btc"
    if _MONERO.fullmatch(piece):
        return "xmr"
    return _by_checksum(piece) if _BASE58.fullmatch(piece) else None


def _by_checksum(piece: str) -> str | None:
    number = 0
    for letter in piece:
        number = number * 58 + _DIGITS[letter]
    if number.bit_length() > _BYTES * 8:
        return None
    raw = number.to_bytes(_BYTES, "big")
    digest = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()
    return _VERSIONS.get(raw[0]) if digest[:4] == raw[-4:] else None
