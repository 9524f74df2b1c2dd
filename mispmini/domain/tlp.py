"""The Traffic Light Protocol: what a tag's name says about passing on, both generations (RULES §9)."""

from collections.abc import Iterable
from enum import StrEnum


class Tlp(StrEnum):
    """How far a receiver may pass something on, strictest first."""

    RED = "red"
    AMBER_STRICT = "amber+strict"
    AMBER = "amber"
    GREEN = "green"
    CLEAR = "clear"


_ORDER = tuple(Tlp)
_LEVELS = {f"tlp:{level}": level for level in Tlp} | {"tlp:white": Tlp.CLEAR, "tlp:ex:chr": Tlp.AMBER}


def tlp_of(name: str) -> Tlp | None:
    """What a tag of this name says; exact names in any case, so that `tlp:white___test` is none."""
    return _LEVELS.get(name.lower())


def strictest(names: Iterable[str]) -> Tlp | None:
    """The strictest of what these tags say, None if none of them is a TLP tag."""
    return min((level for name in names if (level := tlp_of(name))), key=_ORDER.index, default=None)
