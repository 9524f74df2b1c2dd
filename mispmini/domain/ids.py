"""Uuids and keys: made here, and judged here."""

import base64
import re
import secrets
import string
import uuid
from functools import lru_cache

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
_KEY = re.compile(r"[A-Za-z0-9]{40}\Z")
_ALPHABET = string.ascii_letters + string.digits


def new_uuid() -> str:
    """A random uuid, lower case."""
    return str(uuid.uuid4())


def canonical_uuid(text: str) -> str | None:
    """The lower-case uuid, or None if `text` is not in 8-4-4-4-12 form (TRUST §2.2 row 10)."""
    lowered = text.lower()
    return lowered if _CANONICAL.match(lowered) else None


def is_row_number(text: str) -> bool:
    """Whether a reference is a number that a table could hold: plain digits, at most 18 of them."""
    return text.isascii() and text.isdigit() and len(text) < 19


@lru_cache(maxsize=8_192)
def uuid_bytes(text: str) -> bytes:
    """The 16 bytes a canonical uuid is stored as."""
    return bytes.fromhex(text.replace("-", ""))


def uuid_text(raw: bytes) -> str:
    """The canonical uuid of 16 stored bytes."""
    h = raw.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def new_authkey() -> str:
    """An authkey: 40 letters and digits (MODEL §5.6)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(40))


def is_authkey(text: str) -> bool:
    """Whether `text` has the form of an authkey."""
    return _KEY.match(text) is not None


def new_secret() -> str:
    """A url-safe secret of 256 bits, for sessions and one-time links."""
    return secrets.token_urlsafe(32)


def new_recovery_code() -> str:
    """A code of 80 bits that a person can type: 16 letters and digits, none that look alike."""
    return base64.b32encode(secrets.token_bytes(10)).decode()
