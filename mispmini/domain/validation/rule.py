"""What a rule for one attribute type is made of, and MISP's sentences for values that break one (MODEL §7.14)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase, ascii_uppercase

Change = Callable[[str], str]
Complaint = Callable[[str], str | None]

WRONG_FORMAT = 'Value not in the right type/format. Please double check the value or select type "other".'
EMPTY = "Value cannot be empty."
NEWLINE = "Value must not contain new line character."
NOT_COMPOSITE = "Composite type found but the value not in the composite (value1|value2) format."

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


@dataclass(frozen=True, slots=True)
class Rule:
    """How values of a type are rewritten and what is said of one that does not fit; None for nothing to do."""

    change: Change | None = None
    complaint: Complaint | None = None


ANYTHING = Rule()
"""Any text that can be stored."""


def lower(value: str) -> str:
    """Lower case of the ASCII letters alone; other letters stay, as partners compare them (MODEL §7.14)."""
    return value.lower() if value.isascii() else value.translate(_LOWER)


def upper(value: str) -> str:
    """Upper case of the ASCII letters alone (MODEL §7.14)."""
    return value.upper() if value.isascii() else value.translate(_UPPER)


def matching(pattern: str, sentence: str = WRONG_FORMAT) -> Complaint:
    """Complain with `sentence` unless the whole value matches `pattern`; \\s and \\d mean ASCII."""
    fullmatch = re.compile(pattern, re.ASCII).fullmatch

    def complaint(value: str) -> str | None:
        return None if fullmatch(value) else sentence

    return complaint


def single_line(value: str) -> str | None:
    """Complain about a line feed."""
    return NEWLINE if "\n" in value else None
