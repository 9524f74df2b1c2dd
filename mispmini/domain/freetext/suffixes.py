"""Which names could be registered domains, by the public suffix list that comes with its package, offline."""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

_LONGEST = 253


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=4096)
def labels_above_suffix(name: str) -> int | None:
    """How many labels a name in lower case has above its public suffix; None for no name under one, or a suffix."""
    plain = _ascii(name)
    if plain is None:
        return None
    registered = _suffixes().privatesuffix(plain)
    return None if registered is None else plain.count(".") - registered.count(".") + 1


def _ascii(name: str) -> str | None:
    """The name as DNS knows it; None if it is none."""
    if name.isascii():
        return name
    if len(name) > _LONGEST:
        return None
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
