"""The names of MISP's threat levels (MODEL §7.2)."""

_NAMES = {1: "High", 2: "Medium", 3: "Low", 4: "Undefined"}


def threat_level_name(level: int) -> str:
    """The name of a level; an unknown one is undefined."""
    return _NAMES.get(level, _NAMES[4])
