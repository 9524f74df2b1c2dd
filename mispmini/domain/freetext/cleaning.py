"""Refanging a text, and taking off what stands around a piece of it (MODEL §7.17)."""

import re

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_WORDS = {
    ".": re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[(?:dot|ponto)\]|\((?:dot|ponto)\)|\{(?:dot|ponto)\}", re.IGNORECASE),
    "://": re.compile(r"\[://\]"),
    ":": re.compile(r"\[:\]"),
    "/": re.compile(r"\[/\]"),
    "@": re.compile(r"\[@\]|\(@\)|[\[({](?:at|arroba)[\])}]", re.IGNORECASE),
}
_SCHEMES = (
    (re.compile(r"(?<![^\W_])(?:h(?:xx|\*\*|tx|xt)p|meow)(?=s?\[?:)", re.IGNORECASE), "http"),
    (re.compile(r"(?<![^\W_])f(?:x|\*)p(?=s?\[?:)", re.IGNORECASE), "ftp"),
)
_ESCAPED_DOT = re.compile(r"(?<=[^\W_])\\\.(?=[^\W_])")
_QUOTES = "\"'`´“”‘’«»„*•…"
_AFTER = _QUOTES + ",;:!?."
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}
_OPENING = frozenset(_PAIRS.values())


def refang_text(text: str) -> str:
    """The text with defanged dots, colons, at signs and schemes as they were, without invisible characters."""
    text = _INVISIBLE.sub("", text)
    for plain, written in _WORDS.items():
        text = written.sub(plain, text)
    for written, plain in _SCHEMES:
        text = written.sub(plain, text)
    return " ".join(_with_plain_dots(word) for word in text.split()) if "\\." in text else text


def _with_plain_dots(word: str) -> str:
    """`evil\\.com` is a domain, but in a path a backslash is a backslash."""
    return word if ":\\" in word or word.startswith("\\\\") else _ESCAPED_DOT.sub(".", word)


def stripped(piece: str) -> str:
    """A piece without quotes, separators and brackets around it; brackets that belong to it stay.

    `[2001:db8::1]:443` and `https://a.example/x_(y)` keep theirs.
    """
    start, end = 0, len(piece)
    balance = {closing: piece.count(opening) - piece.count(closing) for closing, opening in _PAIRS.items()}
    while start < end:
        last, first = piece[end - 1], piece[start]
        if last in _AFTER or (last in _OPENING) or (last in _PAIRS and balance[last] < 0):
            if last in _PAIRS:
                balance[last] += 1
            end -= 1
        elif first in _QUOTES or first in ",;!?" or first in _PAIRS or _opens_for_nothing(first, balance):
            _note_opening_gone(first, balance)
            start += 1
        elif _PAIRS.get(last) == first and _encloses_all(piece, start, end):
            start, end = start + 1, end - 1
        else:
            break
    return piece[start:end]


def _opens_for_nothing(first: str, balance: dict[str, int]) -> bool:
    return any(opening == first and balance[closing] > 0 for closing, opening in _PAIRS.items())


def _note_opening_gone(first: str, balance: dict[str, int]) -> None:
    for closing, opening in _PAIRS.items():
        if opening == first:
            balance[closing] -= 1


def _encloses_all(piece: str, start: int, end: int) -> bool:
    """Whether the first bracket is closed by the last one, as nothing inside closes it."""
    return piece.find(piece[end - 1], start) == end - 1
