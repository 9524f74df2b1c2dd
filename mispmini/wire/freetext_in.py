"""What a client asks of the free text import (API §9.2, PyMISP's freetext)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mispmini.domain import sentences
from mispmini.domain.distribution import Distribution
from mispmini.wire.scalars import Fields, flag, plain_text

_DECIDED_HERE = -1


class Warned(StrEnum):
    """What becomes of a value that stands on a warninglist."""

    TAKEN = "taken"
    UNTICKED = "unticked"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class FreetextRequest:
    """A pasted text; `only_told` asks what it holds without saving anything."""

    text: str
    warned: Warned = Warned.TAKEN
    only_told: bool = False
    distribution: int | None = None
    sharing_group_id: int | None = None


def read_freetext(given: Mapping[str, object]) -> FreetextRequest:
    """The request, with named parameters among the others. Raises Invalid."""
    fields = Fields(given)
    text = plain_text(given.get("value")) or ""
    if not text.strip():
        fields.refuse("value", sentences.TEXT)
    level = fields.choice("distribution", _is_level, sentence=sentences.NUMBER)
    group = fields.reference_id("sharing_group_id")
    fields.check()
    return FreetextRequest(
        text=text,
        warned=_warned(given.get("adhereToWarninglists")),
        only_told=flag(given.get("returnMetaAttributes")) is True,
        distribution=None if level == _DECIDED_HERE else level,
        sharing_group_id=group,
    )


def _is_level(number: int) -> bool:
    return number == _DECIDED_HERE or number in {int(level) for level in Distribution}


def _warned(value: object) -> Warned:
    if value == "soft":
        return Warned.UNTICKED
    return Warned.LEFT_OUT if flag(value) else Warned.TAKEN
