"""The normal form of attribute values and whether a value fits its type (MODEL §7.14)."""

import re

from mispmini.domain.attribute_types import is_composite
from mispmini.domain.validation import dates, hashes, identifiers, network, numbers, texts
from mispmini.domain.validation.refanging import refang
from mispmini.domain.validation.rule import EMPTY, NOT_COMPOSITE, WRONG_FORMAT, Rule

__all__ = ["MAX_BYTES", "InvalidValue", "check", "normal_form", "normalise", "split_value"]

MAX_BYTES = 65_535
"""The longest value, in bytes of UTF-8."""

_STRIPPED = " \t\r\n\0\x0b"
_BLANK = re.compile(r"[\s\x00-\x20\x7f-\x9f]*")

_RULES: dict[str, Rule] = {
    **hashes.RULES,
    **network.RULES,
    **identifiers.RULES,
    **numbers.RULES,
    **dates.RULES,
    **texts.RULES,
}


class InvalidValue(ValueError):
    """A value that does not fit its type; `sentence` is what MISP's clients are told."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def normal_form(type: str, value: str) -> str:
    """The value as it is stored, or InvalidValue; a normal form is its own normal form (MODEL §7.14)."""
    normal = normalise(type, value)
    sentence = check(type, normal)
    if sentence is not None:
        raise InvalidValue(sentence)
    return normal


def normalise(type: str, value: str) -> str:
    """Strip, refang and rewrite `value` as its type wants it; what does not fit stays as it is for `check`.

    Values of an unknown type, which only partners send, are stripped. Code points outside the BMP are kept:
    replacing them (step 4) only serves old partners (MODEL §7.14 steps 2, 3 and 5).
    """
    value = value.strip(_STRIPPED)
    rule = _RULES.get(type)
    if rule is None:
        return value
    value = refang(type, value)
    return value if rule.change is None else rule.change(value)


def check(type: str, value: str) -> str | None:
    """None if `value`, already normalised, fits `type`; otherwise why not, in MISP's words (MODEL §7.14 step 7)."""
    sentence = _unstorable(value)
    if sentence is not None:
        return sentence
    rule = _RULES.get(type)
    if rule is None:
        return None
    if value.count("|") != 1 and is_composite(type):
        return NOT_COMPOSITE
    return None if rule.complaint is None else rule.complaint(value)


def split_value(type: str, value: str) -> tuple[str, str]:
    """value1 and value2 of a normal form; value2 is "" unless the type is composite (MODEL §7.14 step 8)."""
    if not is_composite(type):
        return value, ""
    first, _, second = value.partition("|")
    return first, second


def _unstorable(value: str) -> str | None:
    """What is wrong with `value` whatever its type: blank, only control characters, too long, no storable text."""
    if value.isascii() and value.isprintable() and 0 < len(value) <= MAX_BYTES and not value.isspace():
        return None
    if _BLANK.fullmatch(value):
        return EMPTY
    return WRONG_FORMAT if "\0" in value or not _fits(value) else None


def _fits(value: str) -> bool:
    try:
        return len(value.encode("utf-8")) <= MAX_BYTES
    except UnicodeEncodeError:  # a lone surrogate
        return False
