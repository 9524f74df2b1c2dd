"""Splitting a word that is nothing as a whole (MODEL §7.17). Letters with accents are letters, never a boundary."""

import re
from collections.abc import Iterator

_SEPARATORS = re.compile(r"[,;|\"'<>“”«»]+")
_SCHEME = re.compile(r"(?:https?|ftps?|sftp|wss?|tcp|udp)://", re.IGNORECASE)
_LABEL = re.compile(r"[^\W\d][\w.-]{0,30}[:=]+(?=[^/:=])")


def pieces_of(word: str) -> Iterator[str]:
    """The parts of a word between separators; a URL begins at its scheme, whatever is stuck to it."""
    for part in _SEPARATORS.split(word):
        found = _SCHEME.search(part)
        yield part[found.start() :] if found is not None and found.start() else part


def without_label(piece: str) -> str:
    """`IP:192.0.2.1`, `mailto:a@b.example` or `href=https://…` without what says what it is."""
    found = _LABEL.match(piece)
    return piece[found.end() :] if found else piece
