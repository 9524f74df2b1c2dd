"""The Traffic Light Protocol: what a tag's name says about passing on, both generations (RULES §9)."""

from collections.abc import Iterable
from dataclasses import dataclass
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


def names_of(level: Tlp) -> tuple[str, ...]:
    """The tags that say this level, in lower case."""
    return tuple(name for name, said in _LEVELS.items() if said is level)


@dataclass(frozen=True, slots=True)
class Guard:
    """How strictly TLP is kept on leaving: what is milder than `mildest` is only warned about (RULES §9)."""

    mildest: Tlp | None = Tlp.AMBER_STRICT
    relay_amber: bool = True
    needs_tlp: bool = False

    def enforces(self, level: Tlp) -> bool:
        """Whether this level is kept, not only warned about."""
        return self.mildest is not None and _ORDER.index(level) <= _ORDER.index(self.mildest)
