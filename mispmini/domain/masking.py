"""Secrets in what other programs say, and in our own log: shown by their ends, or not at all."""

import re
from collections.abc import Iterable

HIDDEN = "…"
_LONG = re.compile(r"(?<![\w-])([\w-]{4})[\w-]{32,}([\w-]{4})(?![\w-])")
_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_NAMED = re.compile(
    r"(?i)([\w-]*(?:pass|secret|token|key|credential|authorization)[\w-]*[\"']?\s*[=:]\s*)(?:(?:bearer|basic)\s+)?\S+"
)
_SHORTEST = 4


def long_masked(text: str) -> str:
    """Whatever has the length of a key, a session or a one-time link is shown by its ends only (FEATURES row 96)."""
    return _LONG.sub(rf"\1{HIDDEN}\2", text)


def masked(text: str, known: Iterable[str] = ()) -> str:
    """Without what is known to be secret, logins in addresses, and what is named like a secret."""
    for secret in sorted(known, key=len, reverse=True):
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, HIDDEN)
    return long_masked(_NAMED.sub(rf"\1{HIDDEN}", _IN_URL.sub(HIDDEN, text)))
