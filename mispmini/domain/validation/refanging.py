"""Undo what reports do to addresses so that nobody clicks them: hxxp, [.], [at] (MODEL §7.14, refang table)."""

import re

_LINKS = frozenset({"link", "url"})
_EMAILS = frozenset({"email", "email-src", "email-dst"})
_DOTTED = _LINKS | _EMAILS | {"ip-src", "ip-dst", "domain|ip", "domain", "hostname"}

_COLON = re.compile(r"(?<!\[)(\[+):(\]+)")
_DOT = re.compile(r"(?<!\[)(\[+)(?:\.|dot)(\]+)", re.IGNORECASE | re.ASCII)
_ROUND_DOT = re.compile(r"\(dot\)", re.IGNORECASE | re.ASCII)
_AT = re.compile(r"(?<!\[)(\[+)(?:@|at)(\]+)", re.IGNORECASE | re.ASCII)
_BRACKETED_SCHEME = re.compile(r"\[hxxp(s?)://\]", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"\A(?:hxxp|hxtp|htxp|meow|h\[tt\]p)", re.IGNORECASE | re.ASCII)


def refang(type: str, value: str) -> str:
    """The address `value` was before it was made harmless; other types stay as they are.

    Brackets in brackets go at once, so that a second pass finds nothing to do.
    """
    if type not in _DOTTED:
        return value
    if "[" in value or "(" in value:
        value = _without_brackets(type, value)
    if type in _LINKS:
        return _SCHEME.sub("http", value)
    return value


def _without_brackets(type: str, value: str) -> str:
    if type in _LINKS:
        value = _unwrap(_COLON, ":", value)
    value = _unwrap(_DOT, ".", _ROUND_DOT.sub(".", value))
    if type in _EMAILS:
        value = _unwrap(_AT, "@", value)
    if type in _LINKS:
        value = _BRACKETED_SCHEME.sub(r"http\1://", value)
    return value


def _unwrap(pattern: re.Pattern[str], character: str, value: str) -> str:
    def bare(match: re.Match[str]) -> str:
        opened, closed = len(match[1]), len(match[2])
        return "[" * (opened - closed) + character + "]" * (closed - opened)

    return pattern.sub(bare, value)
